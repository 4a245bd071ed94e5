"""Answers what moved in a month, from the table `mover`: one comparison of one measure. Of one product or partner its
rows are made on request."""

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import polars as pl

from schemas.layouts import FLOWS
from schemas.questions.movers import Movers
from tasks.analysis.reporter import list_movers
from tasks.analysis.reporter.movers import AGAINST, EVERYTHING, MEASURES, PUBLISHED, Comparison, TradeScope
from tasks.analysis.reporter.of_reporter import movers_about, rows_of
from tasks.answers.form.answer import Answer, day_of, store_of
from tasks.answers.form.quotes import with_caveats
from tasks.answers.trade.read import with_names
from tasks.domain.coverage import WORLD
from tasks.domain.export_controls.control_lists import is_list
from tasks.domain.labels import country, product_name
from tasks.domain.period_words import is_latest, read_months
from tasks.domain.periods import month_number
from tasks.domain.text import counted
from tasks.reading.query import newest_month, open_published, reporter_of
from tasks.reading.resolver import Resolver
from tasks.store.files.snapshot import Snapshot


@dataclass(frozen=True)
class MoversAnswer(Answer):
    """Rows of the table `mover`; what was expected of the month and measure, with names; and whose trade they explain
    where it is not all: in words, and whether it is that in some products."""

    expected: pl.DataFrame = field(kw_only=True)
    subject: str = field(default="", kw_only=True)
    is_of_products: bool = field(default=False, kw_only=True)


def movers(question: Movers) -> MoversAnswer:
    """Return what made the change of a month. Raises ValueError where no product is known in both months."""
    snapshot = open_published(store_of(question))
    resolver = Resolver(snapshot)
    if question.list is not None or is_list(question.product or ""):
        return _of_list(question, snapshot, resolver)
    scope, flow, subject = _scope(question, snapshot, resolver)
    day, (month, against) = (
        day_of(question.as_of),
        compared_month(snapshot, flow, question.month, question.against, scope),
    )
    comparison = {"measure": question.measure or "", "against": against, "day": day}
    changes = changes_of_month(snapshot, flow, month, **comparison, scope=scope)  # type: ignore[arg-type]
    usual = expected(snapshot, changes.rows, day)
    usual = usual.clear() if scope.partner != WORLD or against not in PUBLISHED else usual.filter(scope.where)
    rows = with_caveats(_of_partner(changes.rows, scope.partner), snapshot, day)
    return MoversAnswer(
        with_names(rows, resolver),
        snapshot,
        (*resolver.notes, *changes.notes),
        as_of=day,
        table="mover",
        expected=with_names(usual, resolver),
        subject=subject,
        is_of_products=bool(scope.products),
    )


def _scope(question: Movers, snapshot: Snapshot, resolver: Resolver) -> tuple[TradeScope, str, str]:
    """Return whose trade is asked for, in which direction, and in words what is not all of it."""
    partner = resolver.partner(question.partner) if question.partner else WORLD
    if question.product is None:
        flow, of = flow_of(snapshot, question.flow), ""
        products: tuple[str, ...] = ()
    else:
        meant = resolver.product_keys(question.product)
        products, flow = meant.keys, resolver.flow(meant.keys, question.flow)
        resolver.notes += [meant.note] if meant.note else []
        named = product_name(products[0], reporter_of(snapshot).nomenclature)
        of = f" of {named if len(products) == 1 else counted(len(products), 'code')}"
    return TradeScope(partner, products), flow, of + _with_partner(flow, partner)


def _with_partner(flow: str, partner: str) -> str:
    """Name the partner of a flow, ` to United States`; empty of all partners."""
    return "" if partner == WORLD else f" {'to' if flow == 'export' else 'from'} {country(partner)}"


def _of_partner(rows: pl.DataFrame, partner: str) -> pl.DataFrame:
    """Return rows of trade with one partner with its code; null stands for all partners."""
    return rows if partner == WORLD else rows.with_columns(partner=pl.lit(partner).cast(rows.schema["partner"]))


def _of_list(question: Movers, snapshot: Snapshot, resolver: Resolver) -> MoversAnswer:
    """Return what made the change of the codes of a list. Raises ValueError where none is known in both months, and
    where another product is named."""
    if question.list is not None and question.product is not None:
        raise ValueError(f"{question.product!r} and the list {question.list!r}: name the product or the list")
    flow, day = flow_of(snapshot, question.flow), day_of(question.as_of)
    month, against = compared_month(snapshot, flow, question.month, question.against)
    listed = resolver.listed([question.list or question.product or ""])
    partner = resolver.partner(question.partner) if question.partner else WORLD
    comparison = list_movers.MonthCompared(flow, month, against, question.measure, day, partner)
    rows, notes = list_movers.list_movers(store_of(question), snapshot, listed, comparison)
    usual = expected(snapshot, rows, day)
    # What was expected is of all partners and of all goods.
    is_expected = partner == WORLD and against in PUBLISHED
    usual = usual.clear() if not is_expected else usual.filter(pl.col("product").cast(pl.String).is_in([*listed.keys]))
    return MoversAnswer(
        with_names(with_caveats(_of_partner(rows, partner), snapshot, day), resolver),
        snapshot,
        (*resolver.notes, *listed.notes(), *(note.sentence() for note in notes)),
        as_of=day,
        table="mover",
        expected=with_names(usual, resolver),
        subject=_with_partner(flow, partner),
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


def compared_month(
    snapshot: Snapshot, flow: str, text: str, against: str, scope: TradeScope = EVERYTHING
) -> tuple[date, str]:
    """Return the first day of the month of a text, and the comparison. Of a range that is held against the year before
    it is the last month: from January on by the year to date, of twelve others by twelve months. Raises ValueError."""
    if against != "month" and not is_latest(text):
        first, last = read_months(text)
        span = range(month_number(first), month_number(last) + 1)
        added = next((one for one in ("ytd", "12m") if AGAINST[one].spans(span[-1])[1] == span), None)
        if added is not None and len(span) > 1:
            return last, added
    return month_of(snapshot, flow, text, scope), against


def month_of(snapshot: Snapshot, flow: str, text: str, scope: TradeScope = EVERYTHING) -> date:
    """Return the first day of the month of a text; `latest` is the newest in which a product has a figure of all
    partners, or of the one, and a month before it. Raises ValueError."""
    newest = None
    if is_latest(text):
        has_total = (pl.col("partner") == scope.partner) & pl.col("measure").is_in(MEASURES)
        has_total &= pl.col("level").is_not_null() & scope.where
        newest = newest_month(snapshot, flow, has_total, ("level",))
        if newest is None:
            whose = "world total" if scope.partner == WORLD else f"trade with {country(scope.partner)}"
            raise ValueError(f"no {whose} of {flow}s is known in this store")
    first, last = read_months(text, newest)
    if first != last:
        raise ValueError(
            f"{text!r} is {first:%Y-%m} to {last:%Y-%m}; name one month, or ask against the year: of months from"
            " January on, or of twelve"
        )
    return first


def changes_of_month(
    snapshot: Snapshot,
    flow: str,
    month: date,
    *,
    measure: str = "",
    against: str = "month",
    day: date | None = None,
    scope: TradeScope = EVERYTHING,
) -> MonthChanges:
    """Return what made the change of a month on the month or the year before, of a year to date or of twelve months,
    now or as it was known on a day; of all trade, or of that with one partner or in some products.

    Raises ValueError for another `against`, and for a measure of which no product has both months.
    """
    if against not in AGAINST:
        raise ValueError(f"there is no comparison with the {against!r} before; there are {', '.join(AGAINST)}")
    number = month_number(month)
    if scope == EVERYTHING and against in PUBLISHED:
        rows = rows_of(snapshot, "mover", flow, [number], day)
    else:
        rows = movers_about(snapshot, flow, number, scope, day, against)
    compared = rows.filter(pl.col("kind") == "product", against=against)["measure"].unique()
    known = [one for one in MEASURES if one in compared]
    measure = measure or next(iter(known), "")
    if measure not in known:
        others = ", ".join(one for one in AGAINST if one != against)
        remedy = f". Ask for another month, or compare against {others}."
        remedy = f"; there is {', '.join(known)}" if known else remedy
        both = " and ".join(reversed(Comparison(number, against, measure).names))
        whose = "the world" if scope.partner == WORLD else country(scope.partner)
        raise ValueError(f"no {measure or 'measure'} of {flow}s is known for {whose} in both {both}{remedy}")
    is_revision = pl.col("kind") == "revision"
    changes = rows.filter((pl.col("against") == against) | is_revision, measure=measure).sort(is_revision, "position")
    return MonthChanges(changes.filter(pl.col("kind") != "left_out"), changes.filter(kind="left_out")["note"].to_list())
