"""Splits a bulk file of Comext that a person downloaded into the inbox."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from schemas.forms.fetch import Fetched
from tasks.domain.errors import Refused
from tasks.fetch.inbox import drop
from tasks.sources.eurostat_archive import SOURCE, asked, split_parts
from tasks.sources.eurostat_comext import ZONE
from tasks.sources.protocol import Answer, Question
from tasks.sources.registry import read_file


def split_file(
    file: Path, inbox: Path, chosen: Mapping[str, str], flows: tuple[str, ...], released_on: date | None
) -> Iterator[Fetched]:
    """Split an archive that a person downloaded, or the text in it, into the inbox; yield what became of each part. A part
    that cannot be read is refused by name, and the others are kept.

    Raises Refused for another file, and for reporters in it that are not chosen where none of those chosen is there.
    """
    there = Answer(b"", datetime.fromtimestamp(file.stat().st_mtime, UTC), "")
    whole = Question(file.stem, SOURCE, "", "7z", ZONE, f"Eurostat Comext {file.name}", {})
    count = 0
    for question, answer in split_parts(chosen, flows, whole, there, file):
        count += 1
        try:
            parsed = read_file(SOURCE, answer.body, question.name)
            months = sorted(parsed.reported["period"].unique().drop_nulls().cast(str))
            if not months:
                raise Refused("no month", where=question.name, found="rows without a month", advice="Download the archive again.")  # fmt: skip
        except Refused as refusal:
            why = f"{refusal} The parts named new are whole and lie in {inbox}; download the archive again for this one, with --reporter"
            yield Fetched(name=question.name, outcome="refused", reason=f"{why} {question.declared['reporter']}")
            continue
        span, newest = f"{months[0]}..{months[-1]}", replace(question, name=f"{question.name}_{months[-1]}")
        declared = {**question.declared, "products": asked(parsed), "months": span, "released_on": released_on}
        yield Fetched(name=question.name, outcome="new", reason="split", file=drop(inbox, newest, answer, declared))
    if not count:
        raise Refused(
            "no reporter", where=str(file), found="no row of the reporters and directions that were asked for", advice="Leave out --reporter and --flow to see what is in it."
        )  # fmt: skip
