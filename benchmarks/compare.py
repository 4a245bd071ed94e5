"""Whether two contenders made the same figures: row by row, month by month, before any time counts.

What is compared is what all of them make: kilograms, dollars and dollars per kilogram of every product (HS8, 6, 4, 2)
and partner, the world and the Union, in the months with trade. Levels, sums and ranks must be equal; growth, shares and
contributions within 1e-9 of themselves, or of a per cent where they are next to nothing, and missing in the same
places.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

KEY = ("product", "partner", "measure")
MEASURES = ("quantity_kg", "value_usd", "unit_value_usd_per_kg")
EXACT = ("level", "ytd", "rolling_12m", "rank")
CLOSE = (
    "mom_pct",
    "yoy_pct",
    "ytd_yoy_pct",
    "rolling_12m_yoy_pct",
    "share_pct",
    "contribution_mom_pp",
    "contribution_yoy_pp",
)
TOLERANCE = 1e-9


class Difference(NamedTuple):
    """The first figure that is not the same: where, whose, and both."""

    where: str
    figure: str
    one: object
    other: object


def months_of(output: Path) -> list[str]:
    """The partitions of an output: flow=export/year=2025/month=6."""
    return sorted({str(file.parent.relative_to(output)) for file in output.rglob("*.parquet")})


def read_month(
    output: Path, month: str, measures: Sequence[str] = MEASURES, without: Sequence[str] = ()
) -> pl.DataFrame:
    """What is compared of one month of an output, in one order; `without` names chapters that are left out."""
    rows = pl.scan_parquet(output / month / "*.parquet", hive_partitioning=False)
    traded = (
        pl.col("measure").is_in(measures)
        & (pl.col("level") > 0)
        & ~pl.col("product").str.contains(":")
        & ~pl.col("product").str.head(2).is_in(without)
    )
    # A contender that has no rank for a measure may have given the column any type.
    kinds = {"rank": pl.Float64} | dict.fromkeys((*EXACT[:3], *CLOSE), pl.Float64)
    return (
        rows.filter(traded).select(*KEY, *(pl.col(name).cast(kind) for name, kind in kinds.items())).sort(KEY).collect()
    )


def difference(
    one: Path,
    other: Path,
    hear: Callable[[int], None] = lambda rows: None,
    measures: Sequence[str] = MEASURES,
    without: Sequence[str] = (),
) -> Difference | None:
    """The first difference between two outputs, None where there is none; `hear` gets the number of rows of each
    month."""
    if months_of(one) != months_of(other):
        return Difference("months", "months", months_of(one), months_of(other))
    for month in months_of(one):
        left, right = read_month(one, month, measures, without), read_month(other, month, measures, without)
        if left.height != right.height:
            return Difference(month, "rows", left.height, right.height)
        for name in KEY:
            if not left[name].equals(right[name]):
                at = int((left[name] != right[name]).arg_max() or 0)
                return Difference(month, name, left.row(at)[:3], right.row(at)[:3])
        for name in (*EXACT, *CLOSE):
            bad = _differing(left, right, name, measures[2])
            if bad.any():
                at = int(bad.arg_max() or 0)
                return Difference(f"{month} {' '.join(left.row(at)[:3])}", name, left[name][at], right[name][at])
        hear(left.height)
    return None


def _differing(left: pl.DataFrame, right: pl.DataFrame, name: str, quotient: str) -> pl.Series:
    both = pl.DataFrame({"one": left[name], "other": right[name], "measure": left["measure"]})
    # A NaN is how pandas says missing, and nothing else may be one.
    both = both.with_columns(pl.col("one", "other").fill_nan(None))
    one, other = pl.col("one"), pl.col("other")
    near = (one - other).abs() <= TOLERANCE * pl.max_horizontal(one.abs(), other.abs(), 1)
    # A level that is a quotient is no sum.
    exact = pl.lit(name in EXACT) & (pl.col("measure") != quotient)
    same = pl.when(exact).then(one == other).otherwise(near)
    return both.select(bad=(one.is_null() != other.is_null()) | ~same.fill_null(True))["bad"]
