"""Says for each source what is in, what is due next, what is overdue, and since when it fails.

Due days come from the calendar; for months that it lacks, from the usual delay of the source, and the page says so.
Nothing is overdue before a first month is in: a source that nobody uses is not late.
"""

import functools
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from schemas.forms.fetch import SourceState, SourceStates, read_state, state_file
from schemas.reference.code_tables import code_table
from schemas.store_address import S3Url
from tasks.domain.coverage import GROUPS
from tasks.domain.decisions import counting
from tasks.domain.errors import StoreError
from tasks.domain.periods import Month, first_day, month_end, month_name, month_number
from tasks.reading.groups import members_of
from tasks.sources.registry import SOURCES
from tasks.store.bucket.working_copy import at_hand
from tasks.store.files.snapshot import open_snapshot
from tasks.store.places.reporters import stores_of
from tasks.store.snapshots.parquet import read_table

MONTHS_AHEAD, YEAR_MONTHS = 4, 12
# China's kinds of release, of which people are told only where they expect them.
KINDS, PAGES = ("preliminary", "bulletin", "query"), ("preliminary", "bulletin")
NO_YEAR = "the calendar has no {} release for {}: add its rows to schemas/reference/release_calendar.csv"
COLUMNS = ("reporter", "source", "released_on", "first_month", "last_month")


class Due(NamedTuple):
    """The day on which a month is due, and whether that follows from the usual delay."""

    day: date
    is_estimated: bool


@functools.cache
def calendars() -> dict[str, str]:
    """The sources with a rhythm of their own, and the name of each in the calendar. Every source is imported for it."""
    return {name: source.calendar for name, source in SOURCES.items() if source.calendar}


def source_states(
    root: Path | S3Url, inboxes: Sequence[Path], day: date, expected: Collection[str] = ()
) -> SourceStates:
    """The state of each source on a day; what it fetched last is noted in one of the inboxes.

    Of China's kinds of release people are told only of those that are `expected`, and of these also before the first is
    in. Raises StoreError where the only store cannot be read.
    """
    releases, unread = _releases(root)
    states = [_state(source, kind, releases, inboxes, day, expected) for source, kind in calendars().items()]
    return SourceStates(sources=states, unread=unread)


def states_of(root: Path | S3Url, sources: Collection[str], inboxes: Sequence[Path], day: date) -> list[SourceState]:
    """The state on a day of those of some sources that have a rhythm of their own, and of others what is in."""
    releases, _ = _releases(root)
    return [_state(one, calendars().get(one, ""), releases, inboxes, day, ()) for one in sources if one in SOURCES]


def due_on(kind: str, month: int) -> Due | None:
    """When a source publishes a month, by its number; None where neither calendar nor delay is known."""
    year, number = map(str, Month(month).pair)
    rows = code_table("release_calendar").filter(kind=kind, year=year, month=number)
    if rows.height:
        return Due(date.fromisoformat(rows["expected_on"][0]), is_estimated=False)
    delays = code_table("release_delays").filter(kind=kind)
    if not delays.height:
        return None
    return Due(month_end(first_day(month)) + timedelta(days=int(delays["days"][0])), is_estimated=True)


def _releases(root: Path | S3Url) -> tuple[pl.DataFrame, list[str]]:
    """The releases of all stores that count, and a sentence for each of several stores that cannot be read."""
    stores, unread = stores_of(root), list[str]()
    frames = [read_table(None, "release").select(COLUMNS)]
    for reporter, store in stores.items():
        try:
            snapshot = open_snapshot(at_hand(store))
            frames.append(counting(read_table(snapshot, "release"), read_table(snapshot, "decision")).select(COLUMNS))
        except StoreError as error:
            if len(stores) == 1:
                raise
            unread.append(f"{reporter}: {error}")
    return pl.concat(frames), unread


def _state(
    source: str, kind: str, releases: pl.DataFrame, inboxes: Sequence[Path], day: date, expected: Collection[str]
) -> SourceState:
    # Figures of a page of customs may also be collected by hand.
    by_hand = pl.col("source").is_in([name for name, one in SOURCES.items() if one.says_day])
    collected = _reporters_by_month(releases.filter(by_hand)) if kind in PAGES else {}
    releases = releases.filter(source=source)
    by_month = _reporters_by_month(releases)
    is_awaited = kind in expected or (by_month and kind not in KINDS)
    late = _late(kind, by_month | collected, day) if is_awaited else {}
    lacking = _lacking_members(SOURCES[source].group, by_month)
    return SourceState(
        source=source,
        reporters=releases["reporter"].unique().sort().to_list(),
        last_month=month_name(max(by_month)) if by_month else "",
        lacking=lacking,
        late_members=[member for member in lacking if any(member in reporters for reporters in by_month.values())],
        released_on=releases["released_on"].max(),
        late=[month_name(month) for month in late],
        late_since=min(late.values(), default=None),
        is_fetched=SOURCES[source].questions is not None,
        days_late=(day - min(late.values())).days if late else 0,
        warning=_calendar_warning(kind, day) if kind in expected else "",
        **_due(kind, by_month, day),
        **_last_asked(source, inboxes),
    )


def _due(kind: str, months_in: Collection[int], day: date) -> dict[str, Any]:
    """The fields of the month that comes next, and of those that are due and not in."""
    today = month_number(day)
    months = range(min(months_in, default=today - 1), today + MONTHS_AHEAD)
    due = {
        month: due_day for month in months if month not in months_in and (due_day := due_on(kind, month)) is not None
    }
    fields: dict[str, Any] = {}
    ahead = next((month for month, when in due.items() if when.day >= day), None)
    if ahead is not None:
        fields |= {
            "next_month": month_name(ahead),
            "next_due": due[ahead].day,
            "is_estimated": due[ahead].is_estimated,
        }
    overdue = [month for month, when in due.items() if months_in and when.day < day]
    if overdue:
        fields |= {
            "overdue": [month_name(month) for month in overdue],
            "days_overdue": (day - due[overdue[0]].day).days,
        }
    return fields


def _lacking_members(group: str, by_month: Mapping[int, Collection[str]]) -> list[str]:
    """The members of a group of reporters that lack the newest month, once any of them is in."""
    if group not in GROUPS or not by_month:
        return []
    newest = max(by_month)
    members = members_of(group, first_day(newest))
    is_by_member = any({*reporters} & {*members} for reporters in by_month.values())
    return [member for member in members if is_by_member and member not in by_month[newest]]


def _calendar_warning(kind: str, day: date) -> str:
    """What is wrong with the calendar: it lacks the year of the months that come now."""
    year = str(day.year if day.month > 1 else day.year - 1)
    has_year = code_table("release_calendar").filter(kind=kind, year=year).height > 0
    return "" if has_year else NO_YEAR.format(kind, day.year)


def _last_asked(source: str, inboxes: Sequence[Path]) -> dict[str, Any]:
    """The fields of the last fetch; none where there was none."""
    notes = filter(None, (read_state(state_file(inbox, source)) for inbox in inboxes))
    note = max(notes, key=lambda note: note.asked_at, default=None)
    if note is None:
        return {}
    return {"asked_at": note.asked_at, "failing_since": note.failing_since, "reason": note.reason}


def _late(kind: str, months_in: Collection[int], day: date) -> dict[int, date]:
    """The months that were due last before a day and are not in, with the day on which they were due."""
    today = month_number(day)
    due = {month: when.day for month in range(today - YEAR_MONTHS, today) if (when := due_on(kind, month))}
    last = max((on for on in due.values() if on <= day), default=day)
    return {month: on for month, on in due.items() if on == last < day and month not in months_in}


def _reporters_by_month(releases: pl.DataFrame) -> dict[int, set[str]]:
    """The months that releases cover, each with its reporters; a month can be in only when it had ended."""
    reporters: dict[int, set[str]] = {}
    spans = releases.select("reporter", "released_on", "first_month", "last_month")
    for reporter, released_on, first, last in spans.iter_rows():
        for month in range(month_number(first), min(month_number(last), month_number(released_on) - 1) + 1):
            reporters.setdefault(month, set()).add(reporter)
    return reporters
