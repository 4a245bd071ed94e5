"""Answers what moved in a month, from the table `mover`: one comparison of one measure, and writes it for people, a
table each for products, partners, what began and stopped, and revisions.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from schemas.layouts import FLOWS
from tasks.analysis.expectation import days_share
from tasks.analysis.movers import AGAINST, MEASURES
from tasks.analysis.of_reporter import rows_of
from tasks.answers.numbers import amount
from tasks.domain.coverage import WORLD
from tasks.domain.labels import capitalised, country, partner_name, trade_of
from tasks.domain.period_words import is_latest, read_months
from tasks.domain.periods import first_day, month_name, month_number
from tasks.domain.reporter import CHN
from tasks.pages.brief.wording import month_words
from tasks.pages.page_templates import translated, words
from tasks.reading.query import newest_month
from tasks.store.snapshot import Snapshot

OTHER = {"month": "year", "year": "month"}
GROWTHS = ("product", "partner")
NAME_MAX = 60
UNUSUAL_MAX = 5
# Larger amounts are in millions.
MILLIONS_MIN = 1e7
PER_CENT_MAX = 1_000
# Of the days around the Lunar New Year, from which on a month cannot be compared with another without a word.
HOLIDAY_MIN = 0.25


class Moved(NamedTuple):
    """Rows of the table `mover` of one comparison, without those of kind `left_out`, whose notes stand beside."""

    rows: pl.DataFrame
    notes: list[str]


def expected(snapshot: Snapshot, rows: pl.DataFrame, day: date | None = None) -> pl.DataFrame:
    """Return what was expected of the month and measure of rows of `mover`: rows of the table `expectation` that have
    one."""
    flow, month, measure = rows.select("flow", "period", "measure").row(0)
    found = rows_of(snapshot, "expectation", flow, [month_number(month)], day)
    return found.filter(pl.col("unusual").is_not_null(), measure=measure)


def flow_of(snapshot: Snapshot, asked: str | None) -> str:
    """Return the direction asked for; otherwise the only one of the store, exports of both."""
    return asked or next((flow for flow in FLOWS if snapshot.entries("metric", flow)), FLOWS[0])


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


def moved(
    snapshot: Snapshot, flow: str, month: date, *, measure: str = "", against: str = "month", day: date | None = None
) -> Moved:
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
        there = f". Ask for another month, or compare with the {OTHER[against]} before."
        there = f"; there is {', '.join(known)}" if known else there
        both = f"{month:%Y-%m} and {month_name(number)}"
        raise ValueError(f"no {measure or 'measure'} of {flow}s is known for the world in both {both}{there}")
    is_revision = pl.col("kind") == "revision"
    found = rows.filter((pl.col("against") == against) | is_revision, measure=measure).sort(is_revision, "position")
    return Moved(found.filter(pl.col("kind") != "left_out"), found.filter(kind="left_out")["note"].to_list())


class Section(NamedTuple):
    """A table: its title, its columns by their titles, the lines below, and of each row the product that it names
    alone."""

    title: str
    columns: dict[str, list[str]]
    below: Sequence[str]
    products: Sequence[str | None]

    @property
    def numbers(self) -> list[str]:
        """The titles of the columns of numbers."""
        return [*self.columns][1:6]


def sections(
    rows: pl.DataFrame, against: str, reporter: str, expected: pl.DataFrame, language: str = "en"
) -> Iterator[Section]:
    """Yield the tables in their order; `rows` are those of `moved` and `expected` what was expected of the month, both
    with the column product_name.
    """
    t, (factor, unit) = words("movers", language), _scale(rows, language)
    flow, month = rows["flow"][0], rows["period"][0]
    about = t["about"].format(
        trade=capitalised(trade_of(reporter, flow, language)),
        month=month_words(f"{month:%Y-%m}", language),
        against=t["against"][against],
        unit=unit,
    )
    total = rows.filter(kind="total")
    for kind, title in t["titles"].items():
        part = rows.filter(kind=kind)
        if not part.height:
            continue
        if kind == "product" and part.filter(depth=0).height > 1:
            # A single product is its own total.
            part = pl.concat([total, part])
        columns = {"": [_name(row, language) for row in part.iter_rows(named=True)]}
        for name in ("level", "before", "change"):
            columns[t["columns"][name]] = [_number(value, factor, signed=name == "change") for value in part[name]]
        growths = ["change_pct", *(["contribution_pp"] if total.height else [])] if kind in GROWTHS else []
        columns |= {t["columns"][name]: [_per_cent(value) for value in part[name]] for name in growths}
        notes = [_note(row, t) for row in part.iter_rows(named=True)]
        columns |= {t["columns"]["note"]: notes} if any(notes) else {}
        below = [t["doubt"].format(words=doubt) for doubt in part["doubt"].drop_nulls().unique(maintain_order=True)]
        if kind == "product":
            below += [*_new_year(month, against, reporter, language), *_split(total, factor, t)]
            below += _unusual(expected, factor, t)
        products = [None if kind == "revision" else product for product in part["product"]]
        colon = ": " if language == "en" else "："
        yield Section(f"{about}{colon}{title}" if kind == "product" else title, columns, below, products)


def _new_year(month: date, against: str, reporter: str, language: str) -> Iterator[str]:
    """Say of China's trade that the Lunar New Year lies in one of the months more than in the other."""
    t, other = words("movers", language), month_number(month) - AGAINST[against][0]
    now, then = days_share(month_number(month)), days_share(other)
    if reporter == CHN and abs(now - then) >= HOLIDAY_MIN:
        names = [month_words(f"{one:%Y-%m}", language) for one in (month, first_day(other))]
        yield t["new_year"].format(now=100 * now, month=names[0], then=100 * then, other=names[1])


def _split(total: pl.DataFrame, factor: float, t: dict[str, Any]) -> list[str]:
    """Say what volume, price and exchange rate make of the change of all products, where it is split."""
    if total["volume_effect"].is_null().all():
        return []
    terms = [(name, total[f"{name}_effect"][0]) for name in ("volume", "price", "currency")]
    told = [f"{t['effects'][name]} {_number(value, factor, signed=True)}" for name, value in terms if value is not None]
    return [t["split"].format(terms=t["comma"].join(told))]


def _unusual(expected: pl.DataFrame, factor: float, t: dict[str, Any]) -> Iterator[str]:
    """Say which series are unusual, the least likely first, or that none is."""
    if not expected.height:
        return
    apart = (pl.col("level") / pl.col("expected")).log().abs() / (pl.col("high") / pl.col("low")).log()
    rows = expected.filter("unusual").sort(apart, "product", descending=[True, False])
    for row in rows.head(UNUSUAL_MAX).iter_rows(named=True):
        numbers = {name: _number(row[name], factor, signed=False) for name in ("level", "expected", "low", "high")}
        yield t["unusual"].format(**numbers, name=f"{row['product']} {row['product_name'] or ''}".strip())
    if rows.height > UNUSUAL_MAX or not rows.height:
        yield t["usual"].format(unusual=rows.height, count=expected.height)


def _scale(rows: pl.DataFrame, language: str) -> tuple[float, str]:
    """Return the factor and the unit of all numbers of the tables."""
    if rows["measure"][0] == "quantity_kg":
        return 1e-3, words("brief", language)["units"].get("t", "t")
    money = rows["measure"][0].removeprefix("value_").upper()
    money = words("brief", language)["units"].get(money, money)
    if rows["level"].max() >= MILLIONS_MIN:  # type: ignore[operator]
        return 1e-6, words("movers", language)["millions"].format(money=money)
    return 1.0, money


def _name(row: dict[str, Any], language: str) -> str:
    t = words("movers", language)
    if row["kind"] == "total":
        return str(t["all"])
    partner = row["partner"] and (
        partner_name(row["partner"]) if language == "en" else country(row["partner"], language)
    )
    if row["kind"] == "revision":
        return f"{row['product']} {partner}, {row['revised_month']:%Y-%m}"
    indent = "  " * row["depth"]
    if row["product"]:
        code = row["product"] if row["product"].isdigit() or not row["product_name"] else ""
        name = f"{code} {row['product_name'] or ''}".strip()
        return f"{indent}{name if len(name) <= NAME_MAX else name[: NAME_MAX - 1] + '…'}"
    return f"{indent}{partner or t['others']}"


def _number(value: float | None, factor: float, *, signed: bool) -> str:
    if value is None:
        return "–"
    sign = "+" if signed and value > 0 else ""
    return sign + amount(value * factor)


def _per_cent(value: float | None) -> str:
    # Of a base that is nearly nothing a percentage says only that.
    return "–" if value is None else f"{value:+,.1f}" if value < PER_CENT_MAX else f"> +{PER_CENT_MAX:,}"


def _note(row: dict[str, Any], t: dict[str, Any]) -> str:
    note = translated(row["note"] or "", t["notes"])
    return str(t["semicolon"]).join(
        filter(None, (note, t["quotes"].get(row["quote"], ""), t["in_doubt"] if row["doubt"] else ""))
    )
