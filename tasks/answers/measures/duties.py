"""Answers what duty was assessed on imports, month by month or around a day, with placebos."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import polars as pl

from schemas.questions.duties import Duties
from schemas.questions.question import texts
from schemas.table import polars_schema
from tasks.analysis.measures import duty
from tasks.analysis.measures.duty import MEASURES
from tasks.answers.form.answer import Answer, day_of, store_of
from tasks.domain.coverage import TOTALS, WORLD
from tasks.domain.doubt.doubt_words import as_text, once_each
from tasks.domain.errors import NoFigure
from tasks.domain.export_controls.control_lists import is_list, rates_of
from tasks.domain.period_words import is_latest, read_months
from tasks.domain.periods import Month, first_day, month_end, month_name, month_number
from tasks.domain.refunds import refund_note
from tasks.domain.text import counted
from tasks.domain.units import CONSUMPTION
from tasks.reading import query
from tasks.reading.query import newest_month, open_published
from tasks.reading.resolver import Resolver
from tasks.reading.series import levels
from tasks.store.files.snapshot import Snapshot

FLOW = "import"
PLACEBOS_MAX = 30


class DutyGoods(NamedTuple):
    """What is asked of every partner alike: the name of the goods and the products of the store that they are."""

    store: Path
    name: str
    keys: tuple[str, ...]
    day: date | None
    # Of a list with rates, by listed code: first day, last day, rate in per cent.
    rates: Mapping[str, Sequence[tuple[str, str, float]]] = MappingProxyType({})


@dataclass(frozen=True)
class DutiesAnswer(Answer):
    """Rows of the table `duty`."""


def duties(question: Duties) -> DutiesAnswer:
    """Return what was assessed. Raises ValueError for a name that is not in the store, and NoFigure where no duty is
    known at all."""
    store, day = store_of(question), day_of(question.as_of)
    snapshot = open_published(store)
    resolver = Resolver(snapshot)
    keys, notes = _keys(resolver, question.product)
    rates = rates_of(question.product) if is_list(question.product) else {}
    duty_goods = DutyGoods(store, question.product if len(keys) > 1 else keys[0], keys, day, rates)
    partners = list(dict.fromkeys(map(resolver.partner, texts(question.partner) or (WORLD,))))
    if question.around is None:
        rows = list(_by_month(duty_goods, partners, _months(snapshot, question.month)))
    else:
        rows, more = _around(duty_goods, partners, question)
        notes += more
    if all(row["consumption_usd"] is None for row in rows):
        raise NoFigure(
            f"no imports for consumption of {duty_goods.name} are known; the statistics of the United States state"
            " them (docs/controls.md)"
        )
    frame = pl.DataFrame(rows, schema=polars_schema("duty"))
    span = (month_number(min(frame["first_month"])), month_number(max(frame["last_month"])))
    notes += filter(None, (refund_note(*span), _note_on_rates(frame, duty_goods)))
    doubts = _doubts(snapshot, frame, duty_goods)
    return DutiesAnswer(
        frame.with_columns(as_text(doubts)),
        snapshot,
        tuple(notes),
        once_each(doubts),
        as_of=day,
        table="duty",
    )


def _keys(resolver: Resolver, product: str) -> tuple[tuple[str, ...], list[str]]:
    if is_list(product):
        listed = resolver.listed([product])
        return listed.keys, list(listed.notes())
    meant = resolver.product_keys(product)
    return meant.keys, [meant.note] if meant.note else []


def _months(snapshot: Snapshot, text: str) -> range:
    newest = None
    if is_latest(text):
        newest = newest_month(snapshot, FLOW, pl.col("measure").cast(pl.String) == CONSUMPTION, ("measure",))
        if newest is None:
            raise NoFigure(
                "this store has no imports for consumption; those of the United States have (docs/controls.md)"
            )
    first, last = read_months(text, newest)
    return range(month_number(first), month_number(last) + 1)


def _parts(
    duty_goods: DutyGoods, partners: Sequence[str], months: Sequence[int]
) -> dict[tuple[str, int], list[tuple[Any, ...]]]:
    """The three values of each product, by partner and month."""
    frames = [
        levels(duty_goods.store, FLOW, duty_goods.keys, partners, months, measure, duty_goods.day).rename(
            {"level": measure}
        )
        for measure in MEASURES
    ]
    keys = ["product", "partner", "month"]
    both = frames[0].select(*keys, MEASURES[0])
    for measure, frame in zip(MEASURES[1:], frames[1:], strict=True):
        both = both.join(frame.select(*keys, measure), on=keys)
    by_partner: dict[tuple[str, int], list[tuple[Any, ...]]] = {}
    for product, partner, month, *values in both.select(*keys, *MEASURES).iter_rows():
        rate = _rate(duty_goods, product, month)
        stated = None if rate is None or values[0] is None else values[0] * rate / 100
        by_partner.setdefault((partner, month), []).append((*values, stated))
    return by_partner


def _rate(duty_goods: DutyGoods, product: str, month: int) -> float | None:
    """What the list adds on a product through a whole month, its tiers together; None where the list has no rate of the
    code, or one that begins or ends within the month."""
    rows = [row for code, rows in duty_goods.rates.items() if product.startswith(code) for row in rows]
    first, last = f"{first_day(month):%Y-%m-%d}", f"{month_end(first_day(month)):%Y-%m-%d}"
    spans = [
        (begin and begin.ljust(10, "-").replace("---", "-01"), end and end.ljust(10, "-").replace("---", "-31"), rate)
        for begin, end, rate in rows
    ]
    if not spans or any(first < begin <= last or first <= (end or "9999") < last for begin, end, _ in spans):
        return None
    return sum(rate for begin, end, rate in spans if begin <= first and (end or "9999") >= last)


def _note_on_rates(rows: pl.DataFrame, duty_goods: DutyGoods) -> str | None:
    if not duty_goods.rates:
        return None
    known = rows["list_rate_pct"].is_not_null().sum()
    return (
        f"list_rate_pct is what {duty_goods.name} alone would have added on all these imports; it is known of {known}"
        f" of {rows.height} rows: those in which each code has a rate through each month. What was assessed has other"
        " duties in it, and free entries"
    )


def _by_month(duty_goods: DutyGoods, partners: Sequence[str], months: range) -> Iterator[dict[str, Any]]:
    parts = _parts(duty_goods, partners, months)
    for partner in partners:
        for month in months:
            yield _row(duty_goods, partner, (month, month), parts[partner, month])


def _row(
    duty_goods: DutyGoods,
    partner: str,
    months: tuple[int, int],
    parts: Sequence[tuple[Any, ...]],
    role: str = "asked",
    side: str | None = None,
) -> dict[str, Any]:
    first, last = map(first_day, months)
    place = {"product": duty_goods.name, "partner": partner, "role": role, "side": side}
    assessed, stated = duty.together([one[:3] for one in parts]), [one[3] for one in parts]
    listed = None if None in stated or not duty_goods.rates else sum(stated)
    rate = listed / assessed.consumption * 100 if listed is not None and assessed.consumption else None
    row = place | {"first_month": first, "last_month": last} | duty.row_of(assessed)
    return row | {"list_duty_usd": listed, "list_rate_pct": rate}


def _one_month(day: str) -> int:
    """The month of the day of a tariff. Raises ValueError for a text that is several months, or no day."""
    if is_latest(day):
        raise ValueError(f"{day!r} is no day; name the one on which the tariff began, as 2025-04-09")
    first, last = read_months(day)
    if first != last:
        raise ValueError(f"{day!r} is several months; name the day on which the tariff began, as 2025-04-09")
    return month_number(first)


def _around(duty_goods: DutyGoods, partners: Sequence[str], question: Duties) -> tuple[list[dict[str, Any]], list[str]]:
    """The months before and from the month of a day on, for the partners and for others of the same goods, and how many
    of these rose by as much."""
    middle = _one_month(str(question.around))
    sides = {"before": range(middle - question.months, middle), "after": range(middle, middle + question.months)}
    span = range(sides["before"].start, sides["after"].stop)
    others = _placebos(duty_goods, partners, span)
    parts = _parts(duty_goods, [*partners, *others], span)
    rows, shifts = [], dict[str, float | None]()
    for partner in (*partners, *others):
        of_side = {side: [one for month in months for one in parts[partner, month]] for side, months in sides.items()}
        assessed = {side: duty.together([one[:3] for one in of_side[side]]) for side in sides}
        shifts[partner] = duty.shift_of(assessed["before"], assessed["after"])
        role = "asked" if partner in partners else "placebo"
        rows += [
            _row(duty_goods, partner, (sides[side].start, sides[side].stop - 1), one, role, side)
            for side, one in of_side.items()
        ]
    notes = []
    for partner in partners:
        if (shift := shifts[partner]) is None:
            notes.append(f"{partner}: no rate of both sides of {month_name(middle)} is known")
            continue
        at_least, known = duty.rank_of(shift, [shifts[other] for other in others])
        share = f" ({100 * at_least / known:.0f} %)" if known else ""
        notes.append(
            f"{partner}: {shift:+.1f} percentage points from before to after {month_name(middle)}; {at_least} of"
            f" {counted(known, 'other partner')} of the same goods rose by as much{share}. The month itself counts as"
            " after"
        )
    return rows, notes


def _placebos(duty_goods: DutyGoods, partners: Sequence[str], months: range) -> list[str]:
    """Other partners of the goods, the largest."""
    pairs = [Month(month).pair for month in months]
    rows = query.query(
        duty_goods.store,
        "metric",
        flow=FLOW,
        product=duty_goods.keys,
        measure=CONSUMPTION,
        month=pairs,
        as_of=duty_goods.day,
    )
    known = rows.filter(pl.col("level") > 0, ~pl.col("partner").is_in([*partners, *TOTALS]))
    single = known.filter(pl.col("partner").cast(pl.String).str.contains("^[A-Z]{3}$"))
    sums = single.group_by(pl.col("partner").cast(pl.String)).agg(pl.col("level").sum())
    return sums.sort("level", "partner", descending=[True, False]).head(PLACEBOS_MAX)["partner"].to_list()


def _doubts(snapshot: Snapshot, rows: pl.DataFrame, duty_goods: DutyGoods) -> pl.Series:
    """What is in doubt of the numbers behind each row (DOUBTS)."""
    keys = [
        (place, FLOW, key, row["partner"], measure, month_number(row["first_month"]), month_number(row["last_month"]))
        for place, row in enumerate(rows.iter_rows(named=True))
        for key in duty_goods.keys
        for measure in MEASURES
    ]
    names = ["at", "flow", "product", "partner", "measure", "begin", "end"]
    table = pl.DataFrame(keys, names, orient="row").with_columns(pl.col("begin", "end").cast(pl.Int32))
    return query.doubts_of(snapshot, duty_goods.day).each_of_keys(table.cast({"at": pl.UInt32}), rows.height)
