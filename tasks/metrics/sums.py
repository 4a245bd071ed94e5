"""Adds up HS levels and baskets from codes, and the world and groups from partners, where a sum is valid.

A sum is made where the scopes of the releases cover all of it and no source prints it. It is null, though it has a row,
where a part has a number that month and none in this measure: pieces and kilograms do not add up, and a missing number
is not zero.
"""

from collections.abc import Callable

import polars as pl

from tasks.domain.classification import HS_LEVELS
from tasks.domain.units import LEVEL_MAX
from tasks.metrics.coverage import Coverage
from tasks.metrics.names import Names

SERIES = ("product", "partner", "measure", "month")
PLACE = ("product", "partner", "month")
Allowed = Callable[[pl.DataFrame], pl.Expr | pl.Series]


def add_up(printed: pl.DataFrame, coverage: Coverage) -> pl.DataFrame:
    """`printed` rows (product, partner, measure, month, value, kinds, is_sum) and every valid sum of them.

    Codes add up for each partner first, then partners to totals, then codes for totals without partners. Raises
    OverflowError for a sum that is too large for a month.
    """
    names = coverage.names
    rows = pl.concat([printed, *_of_codes(printed.filter(~names.is_total()), printed, coverage)])
    rows = pl.concat([rows, *_of_partners(rows.filter(~names.is_total()), rows, coverage)])
    return pl.concat([rows, *_of_codes(rows.filter(names.is_total()), rows, coverage)])


def _of_codes(parts: pl.DataFrame, rows: pl.DataFrame, coverage: Coverage) -> list[pl.DataFrame]:
    """HS6, HS4, HS2 and baskets of the national codes among `parts`, without those in `rows`."""
    names = coverage.names
    parts = parts.filter(names.is_national())
    if not parts.height:
        return []
    made, below = [], _counted(parts, names.key(*PLACE))
    for level in HS_LEVELS:
        # All parts are national codes, so each level is the sum of the one below it.
        below = _summed(below.with_columns(product=names.above(level)), names)
        sums = _with_values(below, names)
        may = coverage.priority(names.with_family(sums.select(SERIES)), finest=True)["priority"].is_not_null()
        made.append(sums.filter(may))
    members = names.baskets()
    inside = (
        parts.rename({"product": "part"}).join(members, on="part").filter(pl.col("month").is_between("begin", "end"))
    )
    if inside.height:
        inside = inside.rename({"basket": "product"})
        sums = _summed(_counted(inside, pl.struct("product", "part", "partner", "month")), names)
        made.append(_whole_baskets(_with_values(sums, names), rows, members, coverage))
    own = (
        rows.filter(names.is_total())
        if parts.select(names.is_total().first()).item()
        else rows.filter(~names.is_national())
    )
    return [_without(sums, own, names) for sums in made]


def _of_partners(parts: pl.DataFrame, rows: pl.DataFrame, coverage: Coverage) -> list[pl.DataFrame]:
    """The world and the groups for which every partner was requested, without those in `rows`."""
    names = coverage.names
    groups = names.groups()
    counted = parts.select(*SERIES, *_counted(parts, names.key(*PLACE)).select("value", "kinds", "count", "needed"))
    made, printed = [], rows.filter(names.is_total())
    for total in names.totals:
        members = counted
        if total != names.world:
            of_total = groups.filter(pl.col("total") == total)
            members = counted.join(of_total, on="partner").filter(pl.col("month").is_between("begin", "end"))
        sums = _with_values(_summed(members.with_columns(partner=pl.lit(total, pl.UInt32)), names), names)
        # A file of world totals alone covers the world, and none of the partners that are its parts. A partner code
        # that no list names may be a member, so then no group is a sum.
        asked = coverage.everyone(names.with_family(sums), groups=total != names.world)
        sums = asked.filter("everyone").select(sums.columns)
        made.append(_without(sums, printed, names))
    return made


def _counted(parts: pl.DataFrame, part: pl.Expr) -> pl.DataFrame:
    """Parts with `count`, 1 where there is a value, and `needed`, 1 in the first row of each `part`.

    So a part counts once in `needed`, in any number of measures.
    """
    first = parts.select(key=part).to_series().is_first_distinct()
    return parts.select(
        *SERIES, "value", "kinds", count=pl.col("value").is_not_null().cast(pl.UInt32), needed=first.cast(pl.UInt32)
    )


def _summed(parts: pl.DataFrame, names: Names) -> pl.DataFrame:
    """One row for each series: the sum of the values, the kinds, and the sums of `count` and `needed`."""
    peak = parts.select(pl.col("value").abs().max()).item() or 0
    exact = pl.col("value") if peak * parts.height < LEVEL_MAX else pl.col("value").cast(pl.Int128)
    kinds = pl.col("kinds").first() if parts["kinds"].n_unique() <= 1 else pl.col("kinds").bitwise_or()
    keyed = parts.with_columns(key=names.key(*SERIES))
    sums = keyed.group_by("key").agg(exact.sum().alias("value"), kinds, pl.col("count").sum(), pl.col("needed").sum())
    sums = sums.select(*names.unpacked(*SERIES), "value", "kinds", "count", "needed")
    too_large = sums.filter(pl.col("value").abs() > LEVEL_MAX)
    if too_large.height:
        product = names.products[too_large["product"][0]]
        raise OverflowError(f"the sum of {product} is too large for a month; check the units of its parts")
    return sums.with_columns(pl.col("value").cast(pl.Int64))


def _with_values(sums: pl.DataFrame, names: Names) -> pl.DataFrame:
    """Sums as rows: without a value where a part of the place has one in another measure and none in this."""
    keyed = sums.with_columns(key=names.key(*PLACE))
    needed = keyed.group_by("key").agg(pl.col("needed").sum())
    whole = keyed.drop("needed").join(needed, on="key", how="left", maintain_order="left")
    value = pl.when(pl.col("count") == pl.col("needed")).then("value")
    return whole.select(*SERIES, value=value, kinds="kinds", is_sum=pl.lit(True))


def _without(sums: pl.DataFrame, rows: pl.DataFrame, names: Names) -> pl.DataFrame:
    """The sums that no source prints."""
    if not rows.height:
        return sums.select(rows.columns)
    there = rows.select(key=names.key(*SERIES))
    return sums.with_columns(key=names.key(*SERIES)).join(there, on="key", how="anti").drop("key").select(rows.columns)


def _whole_baskets(sums: pl.DataFrame, rows: pl.DataFrame, members: pl.DataFrame, coverage: Coverage) -> pl.DataFrame:
    """The baskets of which each code has a number in that month, or is covered."""
    names = coverage.names
    places = sums.select("product", "partner", "measure", "month").rename({"product": "basket"})
    codes = places.join(members.rename({"part": "product"}), on="basket").filter(
        pl.col("month").is_between("begin", "end")
    )
    there = rows.select(key=names.key(*PLACE), there=pl.lit(True)).unique()
    codes = codes.with_columns(key=names.key(*PLACE)).join(there, on="key", how="left")
    codes = coverage.priority(names.with_family(codes))
    whole = codes.group_by("basket", "partner", "measure", "month").agg(
        whole=(pl.col("there").is_not_null() | pl.col("priority").is_not_null()).all()
    )
    whole = whole.filter("whole").rename({"basket": "product"}).drop("whole")
    return sums.join(whole, on=list(SERIES), how="semi")
