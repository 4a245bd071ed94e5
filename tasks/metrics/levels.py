"""Determines the series of a month and the level of each: printed, summed, zero by scope, or missing with a reason.

Where a place (product and partner) has a number in one measure and not in another, the other is not zero: the goods are
counted in another unit. A level is not zero either if a code below it has a number.
"""

from typing import NamedTuple

import polars as pl

from schemas.tables.metric import STATUSES
from schemas.tables.observation import KINDS
from tasks.domain.classification import HS_LEVELS
from tasks.metrics.coverage import Coverage
from tasks.metrics.names import Names
from tasks.metrics.sums import PLACE, SERIES

# The number of each status; a status is a small integer until the table is written.
STATUS = {name: number for number, name in enumerate(STATUSES)}
# Figures that a source may print besides single months.
PRINTED_SPANS = ("ytd", "yoy", "ytd_yoy")


class Numbers(NamedTuple):
    """The numbers of some months before comparison.

    `rows` are the printed and summed numbers (see `sums.add_up`), `spans` the printed figures of other spans (product,
    partner, measure, month, span, value, kinds).
    """

    rows: pl.DataFrame
    spans: pl.DataFrame


def status(name: str) -> pl.Expr:
    """A status as its number."""
    return pl.lit(STATUS[name], dtype=pl.UInt8)


def bit_of(priority: pl.Expr) -> pl.Expr:
    """The kind of release of a priority as a set of kinds: one bit for each, the highest bit is the worst kind."""
    return pl.lit(pl.Series([2**place for place in range(len(KINDS))], dtype=pl.UInt8)).gather(priority)


def seen(numbers: Numbers, names: Names) -> pl.DataFrame:
    """The series and months (key, SERIES) with a number, of their own or in their parts."""
    own = pl.concat([numbers.rows.select(SERIES), printed_spans_of(numbers.spans, names)])
    keys = pl.concat([own.select(key=names.key(*SERIES)), looked_for(own, names).select("key")])
    return keys.unique().select("key", *names.unpacked(*SERIES))


def printed_spans_of(spans: pl.DataFrame, names: Names) -> pl.DataFrame:
    """The series and months with printed figures of other spans; for a year to date every month since January."""
    of_years = spans.filter(pl.col("span").is_in(["ytd", "ytd_yoy"])).select(
        *SERIES[:-1], month=pl.int_ranges(pl.col("month") // 12 * 12, pl.col("month") + 1, dtype=pl.Int32)
    ).explode("month")  # fmt: skip
    of_years = of_years.filter(pl.col("month").is_between(names.first, names.first + names.months - 1))
    return pl.concat([spans.filter(span="yoy").select(SERIES), of_years])


def looked_for(own: pl.DataFrame, names: Names) -> pl.DataFrame:
    """The series published with some series (key, SERIES).

    For each partner the world and the groups, and for each national code the world of the levels above it.
    """
    parts = (
        own.filter(~names.is_total()).with_columns(partner=pl.lit(0, pl.UInt32)).select(key=names.key(*SERIES)).unique()
    )
    parts = parts.select(names.unpacked(*SERIES))
    totals = [parts.with_columns(partner=pl.lit(total, pl.UInt32)) for total in names.totals]
    codes = pl.concat(
        [own.filter(names.is_total(), names.is_national()).select(SERIES), parts.filter(names.is_national())]
    )
    codes = codes.with_columns(partner=pl.lit(names.world, pl.UInt32))
    above = [codes.with_columns(product=names.above(level)) for level in HS_LEVELS]
    keys = pl.concat([one.select(key=names.key(*SERIES)) for one in (*totals, *above)]).unique()
    return keys.select("key", *names.unpacked(*SERIES))


class Traded(NamedTuple):
    """Keys of the places with a number in any measure, their own or in a part; and of those with one below."""

    here: pl.Series
    below: pl.Series


def traded(rows: pl.DataFrame, coverage: Coverage) -> Traded:
    """The traded places, from the numbers of the months."""
    names = coverage.names
    places = (
        rows.select(key=names.key(*PLACE))
        .sort("key")
        .unique(maintain_order=True)
        .select("key", *names.unpacked(*PLACE))
    )
    own = pl.concat([places.drop("key"), _in_baskets(places, names)])
    here = (
        pl.concat([own, _totals(own, names)])
        .select(key=names.key(*PLACE))
        .to_series()
        .sort()
        .unique(maintain_order=True)
    )
    if not coverage.is_mixed:
        # A release of national codes covers a higher level by sums.
        return Traded(here, here.clear())
    codes = places.filter(names.is_national())
    below = pl.concat([codes.with_columns(product=names.above(level)).select(PLACE) for level in HS_LEVELS])
    return Traded(here, pl.concat([below, _totals(below, names)]).select(key=names.key(*PLACE)).to_series().unique())


def _in_baskets(places: pl.DataFrame, names: Names) -> pl.DataFrame:
    inside = places.rename({"product": "part"}).join(names.baskets(), on="part")
    return inside.filter(pl.col("month").is_between("begin", "end")).select(
        pl.col("basket").alias("product"), "partner", "month"
    )


def _totals(places: pl.DataFrame, names: Names) -> pl.DataFrame:
    """The totals of the partners of some places."""
    parts = places.filter(~names.is_total())
    world = parts.select("product", "month").unique().with_columns(partner=pl.lit(names.world, pl.UInt32))
    of_groups = parts.join(names.groups(), on="partner").filter(pl.col("month").is_between("begin", "end"))
    of_groups = of_groups.select("product", "month", partner="total").unique()
    return pl.concat([world.select(PLACE), of_groups.select(PLACE)])


def with_levels(frame: pl.DataFrame, numbers: pl.DataFrame, where: Traded, coverage: Coverage) -> pl.DataFrame:
    """The frame (SERIES, ...) with the levels of its rows, see `levels_of`; `numbers` are the printed and summed ones."""
    names = coverage.names
    rows = numbers.select("value", "is_sum", key=names.key(*SERIES), of_row="kinds", has_row=pl.lit(True))
    frame = frame.with_columns(key=names.key(*SERIES)).join(rows, on="key", how="left").drop("key")
    return levels_of(frame, where, coverage)


def levels_of(frame: pl.DataFrame, where: Traded, coverage: Coverage) -> pl.DataFrame:
    """The frame (SERIES, value, is_sum, of_row, has_row, ...) with `level`, `level_status`, `kinds` and `is_here`.

    `is_here` says whether anything of the place is traded.
    """
    names, here, below = coverage.names, where.here, where.below
    frame = coverage.priority(names.with_family(frame))
    place = names.key(*PLACE)
    frame = frame.with_columns(place=place).with_columns(
        is_here=pl.col("place").is_in(here.implode()),
        is_below=pl.col("place").is_in(below.implode()) if below.len() else pl.lit(False),
    )
    has, covered = pl.col("value").is_not_null(), pl.col("priority").is_not_null()
    zero = ~has & covered & ~pl.col("is_here") & ~pl.col("is_below")
    of_scope = bit_of(pl.col("priority"))
    return frame.with_columns(
        level=pl.when(has).then("value").when(zero).then(0),
        level_status=pl.when(has & pl.col("is_sum")).then(status("sum")).when(has).then(status("reported"))
        .when(zero).then(status("zero"))
        .when(pl.col("has_row").is_not_null() | (covered & pl.col("is_here"))).then(status("other_unit"))
        .otherwise(status("not_covered")),
        kinds=pl.when(has).then("of_row").when(zero).then(of_scope).otherwise(pl.lit(0, pl.UInt8)),
        has_row=pl.col("has_row").is_not_null(), is_here=pl.col("is_here") | pl.col("is_below"),
    ).drop("value", "is_sum", "of_row", "priority", "place", "is_below")  # fmt: skip
