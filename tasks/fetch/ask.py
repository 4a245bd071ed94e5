"""Asks a source each question, and drops what is new into the inbox.

Belongs here: the handling of an answer. `transport` sends the requests, the modules of the sources make the questions.
One question that fails does not delay the others; after three failures in a row to reach the source the rest is left
for another run.
"""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from schemas.forms.fetch import Fetched
from tasks.domain.errors import Refused
from tasks.domain.periods import read_period
from tasks.fetch.drop import drop
from tasks.fetch.judge import refuse_other
from tasks.fetch.question import Answer, Key, Question
from tasks.fetch.seen import Seen, bytes_sha256, read_seen, records_sha256, write_seen
from tasks.fetch.transport import Transport, Unreachable
from tasks.sources.protocol import Parsed
from tasks.sources.registry import SOURCES

FAILURES_MAX = 3
PAGES_MAX = 500
NO_RECORDS = ("no records", "empty answer", "status 404")
log = logging.getLogger("tidewaiter.fetch")


def ask_all(
    questions: Iterable[Question], transport: Transport, inbox: Path, key: Key | None = None
) -> Iterator[Fetched]:
    """Yield the result of each question, one after another. Raises Refused if the record of earlier fetches is
    damaged.
    """
    failures = 0
    for question in questions:
        if failures >= FAILURES_MAX:
            yield Fetched(
                name=question.name,
                outcome="skipped",
                reason=f"the source did not answer {failures} times in a row; left for another run",
            )
            continue
        seen = read_seen(inbox, question.source)
        try:
            fetched, entry = _ask(question, transport, inbox, seen.get(question.name), key)
            failures = 0
        except Unreachable as problem:
            failures += 1
            fetched, entry = Fetched(name=question.name, outcome="failed", reason=str(problem)), None
        except Refused as refusal:
            failures = 0
            outcome = "not out" if refusal.rule in NO_RECORDS else "refused"
            fetched, entry = (
                Fetched.model_validate({"name": question.name, "outcome": outcome, "reason": str(refusal)}),
                None,
            )
        if entry is not None:
            write_seen(inbox, question.source, {**seen, question.name: entry})
        log.info("%s: %s, %s", question.name, fetched.outcome, fetched.reason)
        yield fetched


def _ask(
    question: Question, transport: Transport, inbox: Path, before: Seen | None, key: Key | None
) -> tuple[Fetched, Seen | None]:
    is_same_place = before is not None and before.address == question.address
    if before is not None and is_same_place and not question.again:
        return Fetched(
            name=question.name, outcome="unchanged", reason="it was fetched before, and its address is the same"
        ), None
    answer = _answer(question, transport, before if is_same_place else None, key)
    if answer is None:
        return Fetched(name=question.name, outcome="unchanged", reason="the source says so"), None
    sha256 = bytes_sha256(answer.body)
    if before is not None and before.sha256 == sha256:
        return Fetched(name=question.name, outcome="unchanged", reason="the same bytes"), _entry(
            question, answer, before.records_sha256, before.file
        )
    taken = _readable(question, answer, transport, key)
    records = records_sha256(question.source, taken.answer.body)
    if before is not None and records is not None and before.records_sha256 == records:
        why = "the same records, in another order or with a newer stamp"
        return Fetched(name=question.name, outcome="unchanged", reason=why), _entry(
            question, answer, records, before.file
        )
    file = drop(inbox, taken.question, taken.answer, _declared(taken))
    why = "never seen before" if before is None else "it has changed"
    return Fetched(name=question.name, outcome="new", reason=why, file=file), _entry(
        question, answer, records, file.name
    )


class _Taken(NamedTuple):
    """What goes into the inbox: the answer or the attachment in its place, and what the adapter reads of it."""

    question: Question
    answer: Answer
    parsed: Parsed | None


def _readable(question: Question, answer: Answer, transport: Transport, key: Key | None) -> _Taken:
    """Return the answer, or its attachment if the adapter cannot read it. Raises Refused if there are no records."""
    parsed = _parsed(question, answer)
    instead = question.attachment(question, answer) if parsed is None and question.attachment else None
    if instead is None:
        return _Taken(question, answer, parsed)
    try:
        found = transport.get(instead.address, key=key, retry_on=instead.retry_on)
        assert found is not None  # no condition was sent
        refuse_other(found, instead.form)
    except Refused as refusal:
        # The unreadable page goes into the inbox all the same; the release reports what is wrong with it.
        log.warning("%s: the page cannot be read, and its attachment is refused: %s", question.name, refusal)
        return _Taken(question, answer, None)
    return _Taken(instead, found, _parsed(instead, found))


def _entry(question: Question, answer: Answer, records: str | None, file: str) -> Seen:
    return Seen(
        address=question.address, sha256=bytes_sha256(answer.body), records_sha256=records, answered_at=answer.answered_at.isoformat(),
        file=file, etag=answer.etag, last_modified=answer.last_modified,
    )  # fmt: skip


def _answer(question: Question, transport: Transport, before: Seen | None, key: Key | None) -> Answer | None:
    """Return the answer with all its pages; None if nothing has changed. Raises Refused and Unreachable."""
    etag, last_modified = (before.etag, before.last_modified) if before else (None, None)
    if question.page_size is None:
        found = transport.get(
            question.address, key=key, etag=etag, last_modified=last_modified, retry_on=question.retry_on
        )
        if found is not None:
            refuse_other(found, question.form)
        return found
    pages: list[Answer] = []
    for number in range(PAGES_MAX):
        page = transport.get(
            f"{question.address}&$skip={number * question.page_size}" if number else question.address,
            key=key,
            retry_on=question.retry_on,
        )
        assert page is not None  # no condition was sent
        refuse_other(page, question.form)
        pages.append(page)
        if page.body.count(b'"MonthId"') < question.page_size:
            break
    else:
        raise Refused(
            "too many pages",
            where=question.address,
            found=f"{PAGES_MAX} full pages",
            advice="Ask for fewer products or months at once.",
        )
    # An empty page at the end is kept: it shows that the one before it was the last.
    return replace(pages[0], body=b"\n".join(page.body for page in pages))


def _parsed(question: Question, answer: Answer) -> Parsed | None:
    """Parse an answer with the adapter; None if the adapter refuses the file, which the release reports.

    Raises Refused if there are no records: there is nothing to drop then.
    """
    try:
        return SOURCES[question.source].parse(answer.body, question.name)
    except Refused as refusal:
        if refusal.rule in NO_RECORDS:
            raise
        return None


def _declared(taken: _Taken) -> dict[str, Any]:
    """Return the declaration of an answer: what was requested, the months as far as there are records, and the day.

    The day is the later of the printed one and the one on which it was seen, by the source's clock.
    """
    question, parsed = taken.question, taken.parsed
    day = taken.answer.answered_at.astimezone(question.zone).date()
    if parsed is not None and parsed.printed_on is not None:
        day = max(day, parsed.printed_on)
    declared: dict[str, Any] = {**question.declared, "released_on": day}
    if question.first_month is not None and parsed is not None:
        spans = [read_period(text) for text in parsed.reported["period"].unique().drop_nulls().cast(pl.String)]
        last = max((end for span in spans if span for end in span), default=None)
        if last is not None:
            declared["months"] = f"{question.first_month}..{last:%Y-%m}"
    return declared
