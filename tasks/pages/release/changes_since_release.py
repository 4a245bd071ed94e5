"""Writes what moved in a month for people: a table each for products, partners, what began and stopped, and
revisions.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from schemas.forms.doubt import NumberDoubt
from tasks.analysis.reporter.expectation import days_share
from tasks.analysis.reporter.movers import AGAINST
from tasks.answers.form.quotes import PER_CENT_MAX
from tasks.domain.doubt.doubt_words import doubt_sentences
from tasks.domain.doubt.verdict_words import from_words, quote_words
from tasks.domain.labels import capitalised, country, in_full, partner_name, trade_of
from tasks.domain.numbers import amount, in_unit
from tasks.domain.periods import first_day, month_number
from tasks.domain.reporter import CHN
from tasks.ledger.doubts import Doubts
from tasks.pages.text.page_templates import translated, words
from tasks.pages.text.wording import month_words

GROWTHS = ("product", "partner")
NAME_MAX = 50
UNUSUAL_MAX = 5
# Larger amounts are in millions.
MILLIONS_MIN = 1e7
# More kilograms than these are in thousands of tonnes.
THOUSANDS_MIN = 1e10
# Of the days around the Lunar New Year, from which on a month cannot be compared with another without a word.
HOLIDAY_MIN = 0.25


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
        return [*self.columns][1:7]


def sections(
    rows: pl.DataFrame,
    reporter: str,
    expected: pl.DataFrame,
    in_doubt: Doubts,
    language: str = "en",
    *,
    about: tuple[str, bool] = ("", False),
) -> Iterator[Section]:
    """Yield the tables in their order; `rows` are those of `changes_of_month`, `expected` is what was expected of the
    month, both with the column product_name, and `in_doubt` what is in doubt of the state. `about` says which part of
    the trade they explain, and whether it is one in some products.
    """
    t, (factor, unit) = words("movers", language), _scale(rows, language)
    flow, month, against = rows.select("flow", "period", "against").row(0)
    subject, is_of_products = about
    heading = t["about"].format(
        trade=capitalised(trade_of(reporter, flow, language)) + subject,
        period=t["period"][against].format(month=month_words(f"{month:%Y-%m}", language)),
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
        growths = ["change_pct", *(["contribution_pp"] if total.height else [])] if kind in GROWTHS else []
        growths += ["share_pct"] if kind == "partner" else []
        columns = _columns(part, growths, factor, language, t["whole"] if is_of_products else t["all"])
        # Rows that share one doubt have others of their own.
        doubts = in_doubt.named(part["findings"].explode().drop_nulls())
        below = [t["doubt"].format(words=one) for one in doubt_sentences(doubts, language)]
        if kind == "product":
            below += [*_new_year(month, against, reporter, language), *_split(total, factor, t)]
            below += _unusual(expected, factor, t)
        products = [None if kind == "revision" else product for product in part["product"]]
        colon = ": " if language == "en" else "："
        yield Section(f"{heading}{colon}{title}" if kind == "product" else title, columns, below, products)


def _columns(
    part: pl.DataFrame, growths: Sequence[str], factor: float, language: str, whole: str
) -> dict[str, list[str]]:
    """Return the columns of a table by their titles; `whole` is the name of the total."""
    t = words("movers", language)
    columns = {"": [whole if row["kind"] == "total" else _name(row, language) for row in part.iter_rows(named=True)]}
    for name in ("level", "before", "change"):
        columns[t["columns"][name]] = [_number(value, factor, signed=name == "change") for value in part[name]]
    columns |= {t["columns"][name]: [_growth(row, name, language) for row in part.to_dicts()] for name in growths}
    notes = [_note(row, language) for row in part.iter_rows(named=True)]
    return columns | ({t["columns"]["note"]: notes} if any(notes) else {})


class Line(NamedTuple):
    """One line of news: the product that it is about, its name, a sentence, and the doubts about it."""

    product: str | None
    name: str
    sentence: str
    doubts: Sequence[NumberDoubt] = ()


def largest(rows: pl.DataFrame, products: pl.Series, in_doubt: Doubts, language: str = "en") -> list[Line]:
    """Return what moved these products, in their order: change, per cent, and what it is of the change of the total."""
    t, (factor, unit) = words("movers", language), _scale(rows, language)
    parts = rows.filter(pl.col("product").is_in(products.implode()), kind="product")
    of_product = {row["product"]: row for row in parts.iter_rows(named=True)}
    lines = []
    for product in products:
        row = of_product[product]
        growth, points = _growth(row, "change_pct", language), row["contribution_pp"]
        growth += in_unit("", "%", language) * (row["quote"] != "no")
        sentence = t["moved"].format(change=_number(row["change"], factor, signed=True), unit=unit, growth=growth)
        sentence += t["moved_of_total"].format(pp=f"{points:+,.1f}") if points is not None else ""
        sentence = t["semicolon"].join(filter(None, (sentence, _quote(row, language)))).replace("-", "−")
        lines.append(Line(product, _name({**row, "depth": 0}, language), sentence, in_doubt.named(row["findings"])))
    return lines


def unusual(rows: pl.DataFrame, expected: pl.DataFrame, language: str = "en") -> list[Line]:
    """Return the series that are unusual in the month, the least likely first."""
    t, (factor, unit) = words("movers", language), _scale(rows, language)
    lines = []
    for row in _least_likely(expected).head(UNUSUAL_MAX).iter_rows(named=True):
        numbers = {name: _number(row[name], factor, signed=False) for name in ("level", "expected", "low", "high")}
        name = _name({**row, "kind": "product", "depth": 0}, language)
        lines.append(Line(row["product"], name, t["unusual_said"].format(**numbers, unit=unit)))
    return lines


def revised(rows: pl.DataFrame, in_doubt: Doubts, language: str = "en") -> list[Line]:
    """Return the largest revisions by the releases of the month."""
    t, (factor, unit) = words("movers", language), _scale(rows, language)
    lines = []
    for row in rows.filter(kind="revision").head(UNUSUAL_MAX).iter_rows(named=True):
        now, before = (_number(row[name], factor, signed=False) for name in ("level", "before"))
        sentence = t["revised_said"].format(now=now, before=before, unit=unit)
        lines.append(Line(row["product"], _name(row, language), sentence, in_doubt.named(row["findings"])))
    return lines


def _new_year(month: date, against: str, reporter: str, language: str) -> Iterator[str]:
    """Say of China's trade that the Lunar New Year lies in one of the months more than in the other."""
    t, other = words("movers", language), month_number(month) - AGAINST[against].back
    now, then = days_share(month_number(month)), days_share(other)
    if reporter == CHN and AGAINST[against].is_of_month and abs(now - then) >= HOLIDAY_MIN:
        names = [month_words(f"{one:%Y-%m}", language) for one in (month, first_day(other))]
        yield t["new_year"].format(now=100 * now, month=names[0], then=100 * then, other=names[1])


def _split(total: pl.DataFrame, factor: float, t: dict[str, Any]) -> list[str]:
    """Say what volume, price and exchange rate make of the change of all products, where it is split."""
    if total["volume_effect"].is_null().all():
        return []
    terms = [(name, total[f"{name}_effect"][0]) for name in ("volume", "price", "currency")]
    effects = [
        f"{t['effects'][name]} {_number(value, factor, signed=True)}" for name, value in terms if value is not None
    ]
    return [t["split"].format(terms=t["comma"].join(effects))]


def _unusual(expected: pl.DataFrame, factor: float, t: dict[str, Any]) -> Iterator[str]:
    """Say which series are unusual, the least likely first, or that none is."""
    if not expected.height:
        return
    rows = _least_likely(expected)
    for row in rows.head(UNUSUAL_MAX).iter_rows(named=True):
        numbers = {name: _number(row[name], factor, signed=False) for name in ("level", "expected", "low", "high")}
        yield t["unusual"].format(**numbers, name=f"{row['product']} {row['product_name'] or ''}".strip())
    if rows.height > UNUSUAL_MAX or not rows.height:
        yield t["usual"].format(unusual=rows.height, count=expected.height)


def _least_likely(expected: pl.DataFrame) -> pl.DataFrame:
    apart = (pl.col("level") / pl.col("expected")).log().abs() / (pl.col("high") / pl.col("low")).log()
    return expected.filter("unusual").sort(apart, "product", descending=[True, False])


def _scale(rows: pl.DataFrame, language: str) -> tuple[float, str]:
    """Return the factor and the unit of all numbers of the tables."""
    if rows["measure"][0] == "quantity_kg":
        tonnes = words("brief", language)["units"].get("t", "t")
        is_long = rows["level"].max() >= THOUSANDS_MIN  # type: ignore[operator]
        return (1e-6, words("movers", language)["thousands"].format(mass=tonnes)) if is_long else (1e-3, tonnes)
    money = rows["measure"][0].removeprefix("value_").upper()
    money = words("brief", language)["units"].get(money, money)
    if rows["level"].max() >= MILLIONS_MIN:  # type: ignore[operator]
        return 1e-6, words("movers", language)["millions"].format(money=money)
    return 1.0, money


def _name(row: dict[str, Any], language: str) -> str:
    t = words("movers", language)
    partner = row["partner"] and (
        partner_name(row["partner"]) if language == "en" else country(row["partner"], language)
    )
    if row["kind"] == "revision":
        return f"{row['product']} {partner}, {row['revised_month']:%Y-%m}"
    indent = "  " * row["depth"]
    if row["product"]:
        name = in_full(row["product_name"] or "") or (
            f"HS {row['product']}" if row["product"].isdigit() else row["product"]
        )
        code = f" ({row['product']})" if row["product"].isdigit() and row["product_name"] else ""
        return f"{indent}{name if len(name) <= NAME_MAX else name[: NAME_MAX - 1] + '…'}{code}"
    return f"{indent}{partner or t['others']}"


def _number(value: float | None, factor: float, *, signed: bool) -> str:
    if value is None:
        return "–"
    sign = "+" if signed and value > 0 else ""
    return sign + amount(value * factor)


def _growth(row: dict[str, Any], name: str, language: str) -> str:
    """Format a growth, or a part of one; of one that is not to be quoted what it is from."""
    value = row[name]
    is_bare = row["quote"] == "no" or (row["kind"] == "partner" and (value or 0) >= PER_CENT_MAX)
    if value is not None and name == "change_pct" and is_bare:
        return from_words(row["before"], row["measure"], language)
    # Of a base that is nearly nothing a percentage says only that.
    if value is not None and name == "share_pct":
        return f"{value:,.1f} ({row['share_change_pp']:+,.1f})"
    return "–" if value is None else f"{value:+,.1f}" if value < PER_CENT_MAX else f"> +{PER_CENT_MAX:,}"


def _quote(row: dict[str, Any], language: str) -> str:
    """Say what keeps a growth from being quoted as it is."""
    return str(row.get("caveats") or ("" if row["quote"] in (None, "yes") else quote_words(language)[row["quote"]]))


def _note(row: dict[str, Any], language: str) -> str:
    t = words("movers", language)
    note = translated(row["note"] or "", t["notes"])
    return str(t["semicolon"]).join(filter(None, (note, _quote(row, language), t["in_doubt"] if row["doubt"] else "")))
