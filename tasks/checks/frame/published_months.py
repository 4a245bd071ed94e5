"""Reads the published months that a release is compared with, when a check asks for them.

Old data does not show what is usual, so only some months before and after the release are read. Most checks want sums
of whole months: each file is then read by itself, a few columns of it, and only the sums are kept.
"""

import functools
import os
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import polars as pl

from schemas.names import VALUES
from schemas.table import polars_schema
from tasks.domain.coverage import WORLD
from tasks.domain.periods import first_day
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import partition_month, path_partition

# The range that checks read: two years show what is usual, and a printed total covers its whole year.
MONTHS_BACK, MONTHS_AHEAD = 24, 12
# Up to this many codes are looked up in the files; for more, all codes are summed.
FEW_PRODUCTS = 500
# Texts that are compared, grouped and joined by the hundred thousand: categories are faster.
CODED = ("flow", "product", "partner", "measure")
RATED = ("quantity_kg", *VALUES)
YEAR_MONTHS, QUARTER = 12, 3
# Imports for consumption and the duty on them are of other goods than the quantities beside them.
OTHER_GOODS = ("_consumption", "_consumption_cif", "_dutiable", "_duty")
MONEY = pl.col("measure").cat.starts_with("value") & ~pl.any_horizontal(
    pl.col("measure").cat.ends_with(name) for name in OTHER_GOODS
)
# Flow, and year x 12 + month - 1.
FlowMonth = tuple[str, int]


def with_codes(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with its texts of CODED as categories; they sort and read as texts."""
    return frame.with_columns(pl.col(name).cast(pl.Categorical) for name in CODED if name in frame.columns)


class PublishedMonths:
    """The current values of the months around a release, without those of the release itself."""

    def __init__(self, snapshot: Snapshot | None, flows: Collection[str], first: int, last: int, without: str) -> None:
        self.without = without
        self.files: dict[FlowMonth, Path] = {}
        self._hashes: dict[FlowMonth, str] = {}
        for entry in snapshot.entries("observation") if snapshot else ():
            partition = path_partition(entry.partition)
            flow, month = partition[0], partition_month(partition)
            if flow in flows and first - MONTHS_BACK <= month <= last + MONTHS_AHEAD:
                self.files[flow, month] = Path(snapshot.located(entry))  # type: ignore[union-attr]
                self._hashes[flow, month] = entry.sha256
        self.files = dict(sorted(self.files.items()))

    def rows(self, months: Iterable[FlowMonth], columns: Sequence[str], *where: pl.Expr) -> pl.DataFrame:
        """Read rows of some months in the order of the ledger: `columns`, `month` and whether it is a `single` one.
        `where` refers to columns of the ledger.
        """
        wanted, frames = set(months), []
        for (flow, month), file in self.files.items():
            if (flow, month) in wanted:
                rows = _current_rows(file).filter(pl.col("release_id") != self.without, *where)
                frames.append(
                    rows.with_columns(
                        flow=pl.lit(flow),
                        month=pl.lit(month, pl.Int32),
                        single=pl.col("period_start") == first_day(month),
                    ).select(*columns, "month", "single")
                )
        if not frames:
            kinds = polars_schema("observation") | {"month": pl.Int32(), "single": pl.Boolean()}
            return with_codes(pl.DataFrame(schema={name: kinds[name] for name in (*columns, "month", "single")}))
        return with_codes(pl.concat(pl.collect_all(frames)))

    @functools.cached_property
    def with_totals(self) -> list[str]:
        """Return the products that have a figure of several months."""
        is_longer = pl.col("period_start") < pl.col("period_end").dt.month_start()
        return self.rows(self.files, ("product",), is_longer)["product"].unique().cast(pl.String).sort().to_list()

    def sums(self, months: Iterable[FlowMonth], of_partners: Collection[FlowMonth], products: Sequence[str]) -> "Sums":
        """Sum some months, none of which the release itself covers. Sums by product are of `products` at least (if
        they are few, only these are read); sums by partner are of `products` alone and of the months
        `of_partners`.
        """
        of_month = functools.partial(self._sums_of_month, of_partners=of_partners, products=products)
        # Each file is small and keeps no more than one core busy.
        with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
            parts_of_sums = [Sums(_NO_PRODUCTS, _NO_PARTNERS), *threads.map(of_month, months)]
        return Sums(*(pl.concat(parts) for parts in zip(*parts_of_sums, strict=True)))

    def _sums_of_month(self, place: FlowMonth, of_partners: Collection[FlowMonth], products: Sequence[str]) -> "Sums":
        flow, month = place
        few = tuple(products) if len(products) <= FEW_PRODUCTS else ()
        names = {"flow": pl.lit(flow).cast(pl.Categorical), "month": pl.lit(month, pl.Int32)}
        by_product = _product_sums(_File(self._hashes[place], self.files[place]), few)
        by_partner = _NO_PARTNERS
        if place in of_partners:
            is_asked = pl.col("product").is_in(pl.Series(products, dtype=pl.String).implode())
            money = _current_rows(self.files[place]).filter(
                pl.col("period_start") == first_day(month), pl.col("measure").is_in(RATED[1:]), is_asked
            )
            values = money.group_by("partner", "measure").agg(pl.col("value").sum()).filter(pl.col("partner") != WORLD)
            by_partner = with_codes(values.collect()).with_columns(**names).select(_NO_PARTNERS.columns)
        return Sums(with_codes(by_product).with_columns(**names).select(_NO_PRODUCTS.columns), by_partner)


def _current_rows(file: Path) -> pl.LazyFrame:
    return pl.scan_parquet(file, hive_partitioning=False, glob=False).filter(pl.col("known_until").is_null())


@dataclass(frozen=True)
class _File:
    """A published file. Its bytes never change, so its hash identifies it, wherever it lies."""

    sha256: str
    path: Path = field(compare=False)


@functools.lru_cache(maxsize=64)
def _product_sums(file: _File, products: tuple[str, ...]) -> pl.DataFrame:
    """Return the sums of a month by product, of some products or of all where none are named. The releases of a
    backfill ask for the same months one after another.
    """
    where = [pl.col("product").is_in(products)] if products else []
    # The parts of a printed figure are unknown, and it is rounded. Its period may be longer than the month.
    rows = (
        _current_rows(file.path)
        .filter(*where)
        .select(
            "product",
            "measure",
            "value",
            counted=(pl.col("period_start") == pl.col("period_end").dt.month_start()) & (pl.col("kind") != "published"),
        )
    )
    here = rows.collect()
    # Summing one column per measure takes half the time of a condition in each group; hardly any file has all of them.
    met = [name for name in RATED if name in here["measure"].unique()]
    each = {name: pl.when(pl.col("counted") & (pl.col("measure") == name)).then("value") for name in met}
    totals = (
        here.lazy()
        .select("product", **each)
        .set_sorted("product")
        .group_by("product")
        .agg(
            pl.col(met).sum(),
            partners=pl.max_horizontal(pl.lit(0, pl.UInt32), *(pl.col(name).count() for name in met if name in VALUES)),
        )
    )
    return totals.with_columns(pl.lit(0, pl.Int64).alias(name) for name in RATED if name not in met).collect()


class Sums(NamedTuple):
    """Sums of whole months. `by_product`: flow, product, month, the sums of RATED and how many `partners` have a
    value, without printed figures; a product that has a row in the month is included also if its sums are 0.
    `by_partner`: flow, partner, measure, month, value; no world.
    """

    by_product: pl.DataFrame
    by_partner: pl.DataFrame


_SUMS = {"flow": pl.String, "product": pl.String, "month": pl.Int32, **dict.fromkeys(RATED, pl.Int64)}
_NO_PRODUCTS = with_codes(pl.DataFrame(schema={**_SUMS, "partners": pl.UInt32}))
_NO_PARTNERS = with_codes(
    pl.DataFrame(
        schema={"flow": pl.String, "partner": pl.String, "measure": pl.String, "month": pl.Int32, "value": pl.Int64}
    )
)
