"""Computes when releases are due, from the official calendar, and whether they are published."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl

from schemas.forms.watch import Expectation, Expected, ReleaseKind
from schemas.reference.code_tables import code_table
from tasks.domain.decisions import counting
from tasks.domain.periods import first_day, month_name, month_number
from tasks.sources import gacc_query, published
from tasks.store.parquet import read_table
from tasks.store.snapshot import open_snapshot


def expect(store: Path, kinds: Sequence[ReleaseKind], day: date) -> Expected:
    """The last release of each kind due on `day`, and whether it is published.

    A year missing from the calendar gives a warning; its releases are ingested all the same.
    """
    return Expected(kinds=[_expect(store, kind, day) for kind in kinds])


def _expect(store: Path, kind: ReleaseKind, day: date) -> Expectation:
    rows = code_table("release_calendar").filter(kind=kind).with_columns(pl.col("expected_on").str.to_date())
    reported = str(day.year if day.month > 1 else day.year - 1)
    if reported not in rows["year"]:
        warning = (
            f"the calendar has no {kind} release for {reported}: add its rows to schemas/reference/release_calendar.csv"
        )
        return Expectation(kind=kind, warnings=[warning])
    due = rows.filter(pl.col("expected_on") <= day)
    if not due.height:
        return Expectation(kind=kind)
    due_on = due["expected_on"].max()
    assert isinstance(due_on, date)
    months = sorted(
        f"{year}-{int(month):02d}" for year, month in due.filter(expected_on=due_on).select("year", "month").iter_rows()
    )
    missing = [month for month in months if month not in _published(store, kind)]
    late = (day - due_on).days if missing else 0
    return Expectation(kind=kind, months=months, due_on=due_on, missing=missing, days_overdue=late)


def last_opened(day: date) -> date:
    """First day of the last month that the online query had on `day`.

    Where the calendar has no entry, the rule applies: a month opens on the 20th of the next, January with February.
    """
    month = month_number(day) - 1
    rows = code_table("release_calendar").filter(kind="query")
    known = {
        (int(year), int(number)): on for year, number, on in rows.select("year", "month", "expected_on").iter_rows()
    }
    while True:
        year, number = month // 12, month % 12 + 1
        rule = first_day(month + (2 if number == 1 else 1)).replace(day=20).isoformat()
        if known.get((year, number), rule) <= day.isoformat():
            return first_day(month)
        month -= 1


def _published(store: Path, kind: str) -> set[str]:
    """Months that a release of this kind covers, one that counts.

    Figures of preliminary release and bulletin may also be collected by hand.
    """
    kinds = [kind] if kind == gacc_query.SOURCE.kind else [kind, published.SOURCE.kind]
    snapshot = open_snapshot(store)
    releases = counting(read_table(snapshot, "release"), read_table(snapshot, "decision"))
    covered = releases.filter(pl.col("kind").is_in(kinds)).select("first_month", "last_month")
    return {
        month_name(number)
        for first, last in covered.iter_rows()
        for number in range(month_number(first), month_number(last) + 1)
    }
