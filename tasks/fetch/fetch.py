"""Runs one fetch of one source, its questions one after another; or splits into the inbox what a person downloaded.

A source that needs a key and has none is skipped with the name of the variable to set; the key itself is passed as an
argument.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from schemas.forms.fetch import Fetched, FetchReport, FetchRequest
from tasks.domain.errors import Refused
from tasks.fetch.ask import ask_all
from tasks.fetch.judge import AskedSite, unanswered
from tasks.fetch.transport import Transport
from tasks.inbox.fetched import drop
from tasks.sources.adapter.protocol import Key, Source
from tasks.sources.registry import SOURCES, read_file, splitter


def fetch(
    request: FetchRequest,
    today: date,
    transport: Transport,
    secret: str | None = None,
    hear: Callable[[Fetched], None] = lambda one: None,
) -> FetchReport:
    """Ask a source what is new and drop it into the inbox; `hear` gets each answer as it comes. Raises Refused for a
    source that cannot be asked.
    """
    source = SOURCES[request.source]
    if source.questions is None:
        raise Refused(
            "not fetched",
            "source",
            f"{source.name}, whose files a person downloads or collects",
            "Put the file into the inbox. These are fetched:"
            f" {', '.join(one.name for one in SOURCES.values() if one.questions)}.",
        )
    source.refuse_other_reporters(request.reporters, "reporters")
    request.inbox.mkdir(parents=True, exist_ok=True)
    if source.key and source.key.required and not secret:
        set_it = f"set {source.key.variable}, or the secret block {block_of(source.key.variable)}"
        reason = f"{source.name} wants a free key with each call: {set_it}"
        return FetchReport(source=source.name, fetched=[Fetched(name=source.name, outcome="skipped", reason=reason)])
    key = Key(source.key.parameter, secret) if source.key and secret else None
    fetched = []
    for one in _fetched(source, request, today, transport, key):
        hear(one)
        fetched.append(one)
    return FetchReport(source=source.name, fetched=fetched)


def block_of(variable: str) -> str:
    """Return the name of the Prefect secret block that replaces an environment variable."""
    return variable.lower().replace("_", "-")


def _fetched(
    source: Source, request: FetchRequest, today: date, transport: Transport, key: Key | None
) -> Iterator[Fetched]:
    assert source.questions is not None
    try:
        questions = list(source.questions(request, today, AskedSite(transport, has_key=key is not None)))
    except Exception as problem:
        yield unanswered(f"{source.name}, list of what is there", problem)
        return
    yield from ask_all(questions, transport, request.inbox, request.base or source.base, key)


def split_file(
    file: Path, inbox: Path, reporters: list[str], flows: tuple[str, ...], released_on: date | None
) -> Iterator[Fetched]:
    """Split a bulk file that a person downloaded, or the text in it, into the inbox; yield what became of each part. A
    part that cannot be read is refused by name, and the others are kept.

    Raises Refused for another file, for a reporter that the source does not have, and where the file has none of the
    chosen reporters.
    """
    source, count = splitter(), 0
    assert source.split is not None
    for question, answer in source.split(file, reporters, flows, datetime.fromtimestamp(file.stat().st_mtime, UTC)):
        count += 1
        try:
            parsed = read_file(source.name, answer.body, question.name)
            months = sorted(parsed.reported["period"].unique().drop_nulls().cast(str))
            if not months:
                raise Refused("no month", question.name, "rows without a month", "Download the archive again.")
        except Refused as refusal:
            why = (
                f"{refusal} The parts named new are whole and lie in {inbox}; download the archive again for this one,"
                " with --reporter"
            )
            yield Fetched(name=question.name, outcome="refused", reason=f"{why} {question.declared['reporter']}")
            continue
        newest = replace(question, name=f"{question.name}_{months[-1]}")
        declared = {
            "products": question.covers(parsed) if question.covers else None,
            "months": f"{months[0]}..{months[-1]}",
            "released_on": released_on,
        }
        declared = {**question.declared, **declared}
        yield Fetched(name=question.name, outcome="new", reason="split", file=drop(inbox, newest, answer, declared))
    if not count:
        raise Refused(
            "no reporter",
            str(file),
            "no row of the reporters and directions that were asked for",
            "Leave out --reporter and --flow to see what is in it.",
        )
