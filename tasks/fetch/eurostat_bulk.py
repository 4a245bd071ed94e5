"""Fetches Eurostat's bulk files: an archive for each month, which is split into a release for each reporter and direction.

Signal of news: `ETag` or `Last-Modified` of the archive, so an unchanged month costs one request. Many earlier months are
replaced on each of Eurostat's days; of a replaced archive only those parts are new whose records have changed. A month
that is not out is answered with a page and status 200. CC BY 4.0, no key.
"""

import logging
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from urllib.parse import quote

from schemas.forms.fetch import Fetched, FetchRequest
from tasks.domain.errors import Refused
from tasks.domain.text import counted
from tasks.fetch.comext_split import split
from tasks.fetch.drop import drop
from tasks.fetch.eurostat_comext import BASE, ZONE, reporters
from tasks.fetch.plan import months_of
from tasks.fetch.question import Answer, Question
from tasks.sources.eurostat_bulk import asked
from tasks.sources.registry import read_file

SOURCE = "eurostat_bulk"
PATH = "/eurostat/api/dissemination/files"
FILE = "comext/COMEXT_DATA/PRODUCTS/full_v2_{}.7z"
FLOWS = ("export", "import")
log = logging.getLogger("tidewaiter.fetch")


def questions(request: FetchRequest, today: date) -> Iterator[Question]:
    """Yield a question for each month, the newest first. Raises Refused for a reporter that Eurostat does not have."""
    chosen = wanted(request.reporters)
    if request.products:
        raise Refused(
            "products", where="products", found=", ".join(request.products[:6]), advice="A bulk file has every code; leave them out, or fetch eurostat_comext."
        )  # fmt: skip
    # An archive that was split for some reporters may be asked for again for others.
    some = [*sorted(request.reporters), *(f"{flow}s" for flow in request.flows if {*request.flows} != {*FLOWS})]
    for month in reversed(months_of(request, today)):
        file = FILE.format(month.replace("-", ""))
        yield Question(
            name="_".join(["comext_archive", month, *some]), source=SOURCE, form="7z", zone=ZONE,
            address=f"{request.base or BASE}{PATH}?file={quote(file, safe='')}", title=f"Eurostat Comext {Path(file).name}", declared={"months": month},
            parts=partial(_parts, chosen, tuple(request.flows)),
        )  # fmt: skip


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
    for question, answer in _split(chosen, flows, whole, there, file):
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


def wanted(chosen: list[str]) -> dict[str, str]:
    """Eurostat's code of each chosen reporter; of all where none is chosen. Raises Refused for one that it does not have."""
    codes = reporters()
    unknown = [reporter for reporter in chosen if reporter not in codes]
    if unknown:
        raise Refused(
            "unknown reporter", where="reporters", found=", ".join(unknown), advice=f"It is one of {', '.join(codes)}."
        )
    return {reporter: codes[reporter] for reporter in chosen or codes}


def _parts(
    chosen: Mapping[str, str], flows: tuple[str, ...], question: Question, answer: Answer
) -> Iterator[tuple[Question, Answer]]:
    return _split(chosen, flows, question, answer, answer.body)


def _split(
    chosen: Mapping[str, str], flows: tuple[str, ...], question: Question, answer: Answer, archive: bytes | Path
) -> Iterator[tuple[Question, Answer]]:
    """Yield the question and the answer of each part; one part at a time is in memory."""
    months = question.declared.get("months")
    with tempfile.TemporaryDirectory(prefix="tidewaiter-comext-") as folder:
        found = split(archive, question.name, Path(folder), chosen, flows)
        others = {code: rows for code, rows in found.left_out.items() if code not in reporters().values()}
        if others:
            log.warning("%s: left out, because they are no reporters of this source: %s", question.name, ", ".join(f"{code} ({counted(rows, 'row')})" for code, rows in others.items()))  # fmt: skip
        there = {part.reporter for part in found.parts}
        if absent := [reporter for reporter in chosen if reporter not in there and reporter != "EU27"]:
            log.warning(
                "%s: no row of %s: the month of a reporter that is not in the file is not out yet, and is no month without trade",
                question.name, ", ".join(absent),
            )  # fmt: skip
        for part in found.parts:
            declared = {**question.declared, "reporter": part.reporter, "flow": part.flow, "partners": "all"}
            name = "_".join(filter(None, ["comext_bulk", part.reporter, part.flow, months]))
            title = f"{question.title}, {part.reporter}, {part.flow}s"
            asked_for = replace(
                question, name=name, form="csv", title=title, declared=declared, parts=None, covers=asked
            )
            yield asked_for, replace(answer, body=part.file.read_bytes())
