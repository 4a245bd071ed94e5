"""Reads both statements of a flow from the stores of the exporter and of the importer, month by month.

Equal national codes of two customs are other goods, so products are HS codes of two, four or six digits. Each store is
read as it is published; a figure that one of them does not have is null.
"""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from schemas.forms.address import S3Url
from schemas.names import VALUES
from schemas.reference.code_tables import code_table
from tasks.domain.classification import members
from tasks.domain.coverage import covering
from tasks.domain.decisions import counting
from tasks.domain.errors import NoFigure
from tasks.domain.nomenclature import SHARED
from tasks.domain.partner_key import partner_key
from tasks.domain.period_words import read_months
from tasks.domain.periods import month_index
from tasks.domain.value_terms import value_terms
from tasks.ledger.doubts import Doubts
from tasks.reports.mirror.verdicts import LAGS, judge
from tasks.reports.query import open_published, query
from tasks.reports.resolver import known_product
from tasks.store.parquet import read_table
from tasks.store.reporters import stores_of
from tasks.store.snapshot import Snapshot
from tasks.store.working_copy import at_hand

KG = "quantity_kg"
# Goods that pass through are counted to these by the exporter, and by origin where they arrive.
HUBS = ("HKG", "NLD", "SGP")
BESIDE = 1
HS6 = 6
# Values at the exporter's border: no freight to the importer is in them.
FREE_ON_BOARD = ("FOB", "FAS", "customs value")


class Mirror(NamedTuple):
    """Both sides of a flow: `rows` by month as `judge` returns them, with `doubt`; the money, and both snapshots."""

    rows: pl.DataFrame
    currency: str
    valuations: tuple[str, str]
    snapshots: tuple[str, str]
    sources: frozenset[str]


class _Side(NamedTuple):
    snapshot: Snapshot
    flow: str
    partner: str
    levels: pl.DataFrame
    releases: pl.DataFrame
    doubts: Doubts

    @property
    def own(self) -> pl.DataFrame:
        """The levels of the pair, without those of the hubs."""
        return self.levels.filter(partner=self.partner)


def asked(root: Path | S3Url, product: str, exporter: str, importer: str, month: str | None) -> Mirror:
    """Return the mirror of texts that a person writes: names of goods and countries, a month or a range of months.

    Of goods with a longer code it is the mirror of the HS code of six digits that they are in, which has other goods too.
    """
    first, last = read_months(month) if month else (None, None)
    code = known_product(product)
    shared = sorted({one[:HS6] for one in members(code) or [code]})
    if len(shared) > 1:
        raise ValueError(f"{product} has several HS codes; name one of them: {', '.join(shared)}")
    return mirror(root, shared[0], partner_key(exporter) or exporter, partner_key(importer) or importer, first, last)


def mirror(
    root: Path | S3Url, product: str, exporter: str, importer: str, first: date | None = None, last: date | None = None
) -> Mirror:
    """Return both statements of the months that either store has, compared. Raises ValueError for a code that two
    customs do not share, a reporter without a store, or the same one twice; NoFigure where neither has a figure.
    """
    if len(product) not in SHARED or not product.isdecimal():
        raise ValueError(
            f"{product} is a code of one country; two customs share HS codes of 2, 4 or 6 digits, such as {product[:6] if product[:6].isdecimal() else '850511'}"
        )
    stores = stores_of(root)
    if exporter == importer or (absent := sorted({exporter, importer} - {*stores})):
        there = ", ".join(stores) or "nobody"
        raise ValueError(
            f"{exporter} and {importer} are one reporter; name two"
            if exporter == importer
            else f"there is no store of {' and of '.join(absent)}; there are those of {there}. UN Comtrade has most others (tidewaiter fetch un_comtrade -h)."
        )
    sold = _side(at_hand(stores[exporter]), "export", product, importer)
    bought = _side(at_hand(stores[importer]), "import", product, exporter)
    known = pl.concat([sold.own, bought.own]).drop_nulls("level")
    if not known.height:
        raise NoFigure(
            f"neither {exporter} nor {importer} has a figure of HS {product} between them; tidewaiter list products shows what there is"
        )
    currency = next((money for money in VALUES if all(_has(side, money) for side in (sold, bought))), "")
    begin, end = first or _end(known["period"].min()), last or _end(known["period"].max())
    # Months beside them, so that sums of three months and their lags are whole where they can be.
    span = (pl.lit(begin).dt.offset_by(f"-{BESIDE}mo"), pl.lit(end).dt.offset_by(f"{BESIDE + max(LAGS)}mo"))
    wide = pl.select(pl.date_range(*span, "1mo").alias("period"))
    for name, side in (("export", sold), ("import", bought)):
        for measure, column in ((KG, "kg"), (currency, "value")):
            wide = wide.join(
                _series(side, product, measure, f"{name}_{column}", wide["period"]), on="period", how="left"
            )
    for measure, column in ((KG, "hub_kg"), (currency, "hub_value")):
        hubs = sold.levels.filter(pl.col("partner").is_in([hub for hub in HUBS if hub != importer]), measure=measure)
        wide = wide.join(hubs.group_by("period").agg(pl.col("level").sum().alias(column)), on="period", how="left")
    valuations = _valuation(sold, currency), _valuation(bought, currency)
    margin = _margin(exporter, importer, valuations[1]) if valuations[0] in FREE_ON_BOARD else None
    wide = wide.with_columns(
        product=pl.lit(product),
        exporter=pl.lit(exporter),
        importer=pl.lit(importer),
        margin_pct=pl.lit(margin, pl.Float64),
    )
    found = judge(wide).filter(pl.col("period").is_between(begin, end))
    return Mirror(
        found.with_columns(doubt=pl.Series([_doubts((sold, bought), product, month) for month in found["period"]], dtype=pl.String)),
        currency.removeprefix("value_").upper(), valuations, (sold.snapshot.id, bought.snapshot.id),
        frozenset(source for side in (sold, bought) for source in side.releases["source"]),
    )  # fmt: skip


def _side(store: Path, flow: str, product: str, partner: str) -> _Side:
    rows = query(store, "metric", flow=flow, product=product, partner=(partner, *HUBS), measure=(KG, *VALUES))
    levels = rows.select(pl.col("partner", "measure").cast(pl.String), "period", "level")
    snapshot = open_published(store)
    releases = counting(read_table(snapshot, "release"), read_table(snapshot, "decision"))
    return _Side(snapshot, flow, partner, levels, releases, Doubts(snapshot))


def _end(month: Any) -> date:
    assert isinstance(month, date)
    return month


def _has(side: _Side, measure: str) -> bool:
    return side.own.filter(pl.col("level").is_not_null(), measure=measure).height > 0


def _series(side: _Side, product: str, measure: str, name: str, months: pl.Series) -> pl.DataFrame:
    """The levels of a measure in these months; 0 where a release covers a month and has no row."""
    own = side.own.filter(measure=measure).select("period", "level")
    keys = pl.DataFrame({"period": months}).join(own, on="period", how="anti").select(
        "period", flow=pl.lit(side.flow), product=pl.lit(product), partner=pl.lit(side.partner), measure=pl.lit(measure),
        month=month_index("period").cast(pl.Int32),
    )  # fmt: skip
    silent = covering(keys.drop("period"), side.releases) if measure else keys.clear()
    nothing = keys.join(silent, on="month", how="semi").select("period", level=pl.lit(0.0))
    return pl.concat([own, nothing]).rename({"level": name})


def _valuation(side: _Side, measure: str) -> str:
    """How the sources of a side value goods; empty where they do not say, or differ."""
    found = (
        value_terms(side.releases["source"], side.flow, [measure])["valuation"].unique().to_list() if measure else []
    )
    return found[0] if len(found) == 1 else ""


def _margin(exporter: str, importer: str, valuation: str) -> float | None:
    """By how many per cent the importer's values are above free on board; None where that is not known."""
    if valuation in FREE_ON_BOARD:
        return 0.0
    rows = code_table("import_margins").filter(pl.col("importer").is_in(["", importer]), exporter=exporter)
    rows = rows.sort("importer", "year", descending=True)
    return float(rows["margin_pct"][0]) if rows.height and valuation == "CIF" else None


def _doubts(sides: Iterable[_Side], product: str, month: date) -> str:
    number = month.year * 12 + month.month - 1
    return "; ".join(words for side in sides for words in side.doubts.of(side.flow, product, side.partner, [number]))
