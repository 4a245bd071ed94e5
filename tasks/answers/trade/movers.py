"""Answers what moved in a month, from the table `mover`: one comparison of one measure."""

from datetime import date
from typing import NamedTuple

import polars as pl

from schemas.layouts import FLOWS
from schemas.questions.movers import Movers
from tasks.analysis.reporter import list_movers
from tasks.analysis.reporter.movers import AGAINST, MEASURES
from tasks.analysis.reporter.of_reporter import rows_of
from tasks.answers.form.answer import Answer, day_of, store_of
from tasks.answers.trade.read import with_names
from tasks.domain.coverage import WORLD
from tasks.domain.period_words import is_latest, read_months
from tasks.domain.periods import month_name, month_number
from tasks.reading.query import newest_month, open_published
from tasks.reading.resolver import Resolver
from tasks.store.files.snapshot import Snapshot

OTHER = {"month": "year", "year": "month"}


def movers(question: Movers) -> Answer:
    """Return what made the change of a month. Raises ValueError where no product is known in both months."""
    snapshot, day = open_published(store_of(question)), day_of(question.as_of)
    flow = flow_of(snapshot, question.flow)
    month = month_of(snapshot, flow, question.month)
    if question.list is not None:
        return _of_list(question, snapshot, flow, month)
    changes = changes_of_month(snapshot, flow, month, measure=question.measure or "", against=question.against, day=day)
    return Answer(
        with_names(changes.rows, Resolver(snapshot)), snapshot, tuple(changes.notes), as_of=day, table="mover"
    )


def _of_list(question: Movers, snapshot: Snapshot, flow: str, month: date) -> Answer:
    """Return what made the change of the codes of a list. Raises ValueError where none is known in both months."""
    day, resolver = day_of(question.as_of), Resolver(snapshot)
    listed = resolver.listed([question.list or ""])
    comparison = list_movers.MonthCompared(flow, month, question.against, question.measure, day)
    rows, notes = list_movers.list_movers(store_of(question), snapshot, listed, comparison)
    doubts = rows["doubt"].drop_nulls().unique(maintain_order=True).to_list()
    return Answer(
        with_names(rows, resolver), snapshot, (*listed.notes, *notes), tuple(doubts), as_of=day, table="mover"
    )


class MonthChanges(NamedTuple):
    """Rows of the table `mover` of one comparison, without those of kind `left_out`, whose notes stand beside."""

    rows: pl.DataFrame
    notes: list[str]


def expected(snapshot: Snapshot, rows: pl.DataFrame, day: date | None = None) -> pl.DataFrame:
    """Return what was expected of the month and measure of rows of `mover`: rows of the table `expectation` that have
    one."""
    flow, month, measure = rows.select("flow", "period", "measure").row(0)
    expectations = rows_of(snapshot, "expectation", flow, [month_number(month)], day)
    return expectations.filter(pl.col("unusual").is_not_null(), measure=measure)


def flow_of(snapshot: Snapshot, wanted: str | None) -> str:
    """Return the direction asked for; otherwise the only one of the store, exports of both."""
    return wanted or next((flow for flow in FLOWS if snapshot.entries("metric", flow)), FLOWS[0])


def month_of(snapshot: Snapshot, flow: str, text: str) -> date:
    """Return the first day of the month of a text; `latest` is the newest in which a product has a world total. Raises
    ValueError."""
    newest = None
    if is_latest(text):
        has_total = (pl.col("partner") == WORLD) & pl.col("measure").is_in(MEASURES) & pl.col("level").is_not_null()
        newest = newest_month(snapshot, flow, has_total, ("level",))
        if newest is None:
            raise ValueError(f"no world total of {flow}s is known in this store")
    first, last = read_months(text, newest)
    if first != last:
        raise ValueError(f"{text!r} is {first:%Y-%m} to {last:%Y-%m}; name one month")
    return first


def changes_of_month(
    snapshot: Snapshot, flow: str, month: date, *, measure: str = "", against: str = "month", day: date | None = None
) -> MonthChanges:
    """Return what made the change of a month on the month or the year before, now or as it was known on a day.

    Raises ValueError for another `against`, and for a measure of which no product has both months.
    """
    if against not in AGAINST:
        raise ValueError(f"there is no comparison with the {against!r} before; there are {' and '.join(AGAINST)}")
    rows = rows_of(snapshot, "mover", flow, [month_number(month)], day)
    compared = rows.filter(pl.col("kind") == "product", against=against)["measure"].unique()
    known = [one for one in MEASURES if one in compared]
    measure = measure or next(iter(known), "")
    if measure not in known:
        number = month_number(month) - AGAINST[against][0]
        remedy = f". Ask for another month, or compare with the {OTHER[against]} before."
        remedy = f"; there is {', '.join(known)}" if known else remedy
        both = f"{month:%Y-%m} and {month_name(number)}"
        raise ValueError(f"no {measure or 'measure'} of {flow}s is known for the world in both {both}{remedy}")
    is_revision = pl.col("kind") == "revision"
    changes = rows.filter((pl.col("against") == against) | is_revision, measure=measure).sort(is_revision, "position")
    return MonthChanges(changes.filter(pl.col("kind") != "left_out"), changes.filter(kind="left_out")["note"].to_list())
