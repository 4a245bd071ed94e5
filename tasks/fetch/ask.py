"""Asks a source each question, and drops what is new into the inbox.

Belongs here: the handling of an answer. `transport` sends the requests, the modules of the sources make the questions.
One question that fails does not delay the others; after three failures in a row to reach the source the rest is left
for another run.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from schemas.forms.fetch import Fetched
from tasks.domain.errors import Refused
from tasks.domain.periods import read_period
from tasks.fetch.judge import refuse_elsewhere, refuse_other, unanswered
from tasks.fetch.transport import AHEAD_MAX, Transport
from tasks.inbox.fetched import Seen, bytes_sha256, drop, read_seen, records_sha256, write_seen
from tasks.sources.adapter.protocol import Key, Parsed, Response, WantedFile
from tasks.sources.registry import read_file

FAILURES_MAX = 3
PAGES_MAX = 500
NO_RECORDS = ("no records", "empty answer", "status 404", "no file yet")
# The source says why it has no answer: there is nothing to drop.
MESSAGE = "message instead of data"
# What came of a question or of a part of its answer, and what to remember under its name.
Result = tuple[Fetched, Seen | None]
log = logging.getLogger("tidewaiter.fetch")


def ask_all(
    questions: Iterable[WantedFile | Fetched], transport: Transport, inbox: Path, origin: str, key: Key | None = None
) -> Iterator[Fetched]:
    """Yield the result of each question, one after another; one that is answered already is passed on.

    `origin` is the address of the source: no other host is asked.
    """
    failures = 0
    for question in questions:
        if isinstance(question, Fetched):
            yield question
            continue
        if failures >= FAILURES_MAX:
            why = f"the source did not answer {failures} times in a row; left for another run"
            yield Fetched(name=question.name, outcome="skipped", reason=why)
            continue
        for fetched, entry in _results(question, transport, inbox, origin, key):
            failures = failures + 1 if fetched.outcome == "failed" else 0
            if entry is not None:
                write_seen(inbox, question.source, {**read_seen(inbox, question.source), fetched.name: entry})
            log.info("%s: %s, %s", fetched.name, fetched.outcome, fetched.reason)
            yield fetched


def _results(question: WantedFile, transport: Transport, inbox: Path, origin: str, key: Key | None) -> Iterator[Result]:
    """Yield what came of a question: one result, or one for each part of its answer."""
    seen = read_seen(inbox, question.source)
    try:
        refuse_elsewhere(question.address, origin)
        if question.parts is None:
            yield _ask(question, transport, inbox, seen.get(question.name), key)
        else:
            yield from _ask_parts(question, transport, inbox, seen, key)
    except Exception as problem:
        fetched = unanswered(question.name, problem)
        if isinstance(problem, Refused) and problem.rule in NO_RECORDS:
            fetched = fetched.model_copy(update={"outcome": "not out"})
        yield fetched, None


def _ask(question: WantedFile, transport: Transport, inbox: Path, before: Seen | None, key: Key | None) -> Result:
    is_same_place = before is not None and before.address == question.address
    if before is not None and is_same_place and not question.again:
        return _unchanged(question, "it was fetched before, and its address is the same")
    answer = _answer(question, transport, before if is_same_place else None, key)
    if answer is None:
        return _unchanged(question, "the source says so")
    return _take(question, answer, transport, inbox, before, key)


def _ask_parts(
    question: WantedFile, transport: Transport, inbox: Path, seen: Mapping[str, Seen], key: Key | None
) -> Iterator[Result]:
    """Ask for one file and take each of its parts; the file itself is remembered last, when all of them are there."""
    assert question.parts is not None
    before = seen.get(question.name)
    answer = _answer(question, transport, before, key)
    if answer is None:
        yield _unchanged(question, "the source says so")
    elif before is not None and before.sha256 == bytes_sha256(answer.body):
        yield _unchanged(question, "the same bytes", _entry(question, answer, None, before.file))
    else:
        count = 0
        for part, of_part in question.parts(question, answer):
            yield _take(part, of_part, transport, inbox, seen.get(part.name), key)
            count += 1
        entry = _entry(question, answer, None, "")
        yield _unchanged(question, f"it was split into {count} files, each named above", entry)


def _unchanged(question: WantedFile, reason: str, entry: Seen | None = None) -> Result:
    return Fetched(name=question.name, outcome="unchanged", reason=reason), entry


def _take(
    question: WantedFile, answer: Response, transport: Transport, inbox: Path, before: Seen | None, key: Key | None
) -> Result:
    """Drop an answer into the inbox where it says something new."""
    sha256 = bytes_sha256(answer.body)
    if before is not None and before.sha256 == sha256:
        return _unchanged(question, "the same bytes", _entry(question, answer, before.records_sha256, before.file))
    taken = _readable(question, answer, transport, key)
    records = None if taken.parsed is None else records_sha256(taken.parsed)
    if before is not None and records is not None and before.records_sha256 == records:
        why = "the same records, in another order or with a newer stamp"
        return _unchanged(question, why, _entry(question, answer, records, before.file))
    day, doubt = _day(taken)
    file = drop(inbox, taken.question, taken.answer, _declared(taken, day))
    why = "; ".join(filter(None, ["never seen before" if before is None else "it has changed", doubt]))
    fetched = Fetched(name=question.name, outcome="new", reason=why, file=file)
    return fetched, _entry(question, answer, records, file.name)


class _Taken(NamedTuple):
    """What goes into the inbox: the answer or the attachment in its place, and what the adapter reads of it."""

    question: WantedFile
    answer: Response
    parsed: Parsed | None


def _readable(question: WantedFile, answer: Response, transport: Transport, key: Key | None) -> _Taken:
    """Return the answer, or its attachment if the adapter cannot read it. Raises Refused if there are no records."""
    parsed = _parsed(question, answer)
    instead = question.attachment(question, answer) if parsed is None and question.attachment else None
    if instead is None:
        return _Taken(question, answer, parsed)
    try:
        refuse_elsewhere(instead.address, question.address)
        attachment = transport.get(instead.address, key=key, retry_on=instead.retry_on)
        assert attachment is not None  # no condition was sent
        refuse_other(attachment, instead.form)
    except Refused as refusal:
        # The unreadable page goes into the inbox all the same; the release reports what is wrong with it.
        log.warning("%s: the page cannot be read, and its attachment is refused: %s", question.name, refusal)
        return _Taken(question, answer, None)
    return _Taken(instead, attachment, _parsed(instead, attachment))


def _entry(question: WantedFile, answer: Response, records: str | None, file: str) -> Seen:
    return Seen(
        address=question.address,
        sha256=bytes_sha256(answer.body),
        records_sha256=records,
        answered_at=answer.answered_at.isoformat(),
        file=file,
        etag=answer.etag,
        last_modified=answer.last_modified,
    )


def _answer(question: WantedFile, transport: Transport, before: Seen | None, key: Key | None) -> Response | None:
    """Return the answer with all its pages; None if nothing has changed. Raises Refused and Unreachable."""
    if question.page_size is None:
        since = {"etag": before.etag, "last_modified": before.last_modified} if before else {}
        response = transport.get(question.address, key=key, retry_on=question.retry_on, **since)
        if response is not None:
            refuse_other(response, question.form)
        return response
    pages: list[Response] = []
    for number in range(PAGES_MAX):
        address = f"{question.address}&$skip={number * question.page_size}" if number else question.address
        page = transport.get(address, key=key, retry_on=question.retry_on)
        assert page is not None  # no condition was sent
        refuse_other(page, question.form)
        pages.append(page)
        if page.body.count(b'"MonthId"') < question.page_size:
            break
    else:
        raise Refused(
            "too many pages", question.address, f"{PAGES_MAX} full pages", "Ask for fewer products or months at once."
        )
    # An empty page at the end is kept: it shows that the one before it was the last.
    return replace(pages[0], body=b"\n".join(page.body for page in pages))


def _parsed(question: WantedFile, answer: Response) -> Parsed | None:
    """Parse an answer with the adapter; None if the adapter refuses the file, which the release reports.

    Raises Refused if there are no records, or a message in their place: there is nothing to drop then.
    """
    try:
        return read_file(question.source, answer.body, question.name)
    except Refused as refusal:
        if refusal.rule in (*NO_RECORDS, MESSAGE):
            raise
        return None


def _day(taken: _Taken) -> tuple[date, str]:
    """The later of the printed day and the one on which an answer was seen, by the source's clock; and why it is
    another.

    A file of a day that has not come would wait in the inbox, and nobody would hear of it.
    """
    seen = taken.answer.answered_at.astimezone(taken.question.zone).date()
    printed = taken.parsed.printed_on if taken.parsed is not None else None
    if printed is None or printed <= seen:
        return seen, taken.answer.doubt
    if printed > seen + AHEAD_MAX:
        return seen, f"it prints {printed}, which has not come, so the day is that on which it was seen"
    return printed, taken.answer.doubt


def _declared(taken: _Taken, day: date) -> dict[str, Any]:
    """Return the declaration of an answer: what was requested, the months as far as there are records, and the day."""
    question, parsed = taken.question, taken.parsed
    declared: dict[str, Any] = {**question.declared, "released_on": day}
    if question.covers is not None and parsed is not None:
        declared["products"] = question.covers(parsed)
    if question.first_month is not None and parsed is not None:
        spans = [read_period(text) for text in parsed.reported["period"].unique().drop_nulls().cast(pl.String)]
        last = max((end for span in spans if span for end in span), default=None)
        if last is not None:
            declared["months"] = f"{question.first_month}..{last:%Y-%m}"
    return declared
