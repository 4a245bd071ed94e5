"""Determines which figures of a row rest on numbers in doubt, by the part of each operand that is in doubt.

An operand is in doubt where the doubted part of it could move a printed digit: of a window that of all its months
together. A figure is in doubt where an operand of it is; a rank also where the numbers of all ranked partners together
are, and a record where the doubted part of a month could make it another one. Rows without doubt, nearly all of them,
are not looked at.
"""

import functools
import operator
from collections.abc import Iterator, Mapping

import polars as pl

from schemas.figures import FIGURE_OF, operands
from schemas.names import status as status_of
from schemas.table import polars_schema
from tasks.domain.coverage import FIGURES_LOOK_BACK
from tasks.domain.periods import january_of
from tasks.domain.thresholds import threshold
from tasks.metrics.doubt.doubts import UNKNOWN, Marked
from tasks.metrics.figures.figures import FIGURES_OF
from tasks.metrics.figures.records import RECORDS, PublishedLevels
from tasks.metrics.figures.windows import BEFORE, WINDOWS, YEAR
from tasks.metrics.levels.grid import Block, Grid
from tasks.metrics.levels.names import NUMBER, status

# A bit for each operand, and for the records.
BIT = {name: 2**place for place, name in enumerate([*operands(), *RECORDS])}
BITS = pl.UInt32
NOTHING = pl.lit(0, BITS)
LEVELS = {"level": 0} | {f"{prefix}level": back for prefix, back in BEFORE.items()}
# A figure has a bit of its own, in the order of the columns.
FIGURE_BIT = {name: 2**place for place, name in enumerate(FIGURE_OF)}


def operands_in_doubt(
    frame: pl.DataFrame, grid: Grid, block: Block, place: pl.Series, chained: Mapping[int, pl.DataFrame], marked: Marked
) -> pl.Series:
    """By row of a frame of `rows.with_others`, which of its operands are in doubt, as a set of BIT.

    `place` has the place in the frame of each row of the grid and month, `chained` by month the rows with a chained
    year to date.
    """
    bits = pl.repeat(0, frame.height, dtype=BITS, eager=True)
    amounts_of = dict(_amounts(block, chained, marked))
    for name, amounts in amounts_of.items():
        at = place.gather((amounts["month"] - block.first).cast(NUMBER) * grid.size + amounts["row"])
        bits = _with_bit(bits, name, _in_doubt(frame, name, amounts["amount"], at))
    at = frame["row"] + (frame["month"] - block.first).cast(NUMBER) * grid.size
    world = place.gather(block.offset(grid.world, grid.size)).gather(at)
    of_world = bits.gather(world.fill_null(0)).zip_with(
        world.is_not_null(), pl.repeat(0, frame.height, dtype=BITS, eager=True)
    )
    for name in (operand.removeprefix("world_") for operand in operands() if operand.startswith("world_")):
        bits = _with_bit(bits, f"world_{name}", ((of_world & BIT[name]) > 0).arg_true())
    whole = place.gather(block.offset(grid.consumption, grid.size)).gather(at)
    is_doubted = (bits.gather(whole.fill_null(0)) & BIT["level"]) > 0
    bits = _with_bit(bits, "consumption_level", (is_doubted & whole.is_not_null()).arg_true())
    for name, amounts in amounts_of.items():
        if f"place_by_{name}" in frame.columns:
            groups = _ranks_in_doubt(frame, grid, block, place, name, amounts)
            of_rank = ((of_world & BIT[name]) > 0) | frame["group"].is_in(groups.implode())
            bits = _with_bit(bits, f"place_by_{name}", of_rank.arg_true())
    return bits


def _amounts(block: Block, chained: Mapping[int, pl.DataFrame], marked: Marked) -> Iterator[tuple[str, pl.DataFrame]]:
    """The doubted part of each operand in some months: row, month of the figure, amount."""
    amounts, years = marked.amounts, marked.years
    this_month = pl.col("month")
    for name, back in LEVELS.items():
        yield name, _in_block(amounts.with_columns(this_month + back), block)
    for name, (start, end) in WINDOWS.items():
        last = this_month + end if start is None else this_month + start
        last = january_of(this_month) + (YEAR - 1) + end if start is None else last
        months = pl.int_ranges(
            pl.max_horizontal(this_month + end, pl.lit(block.first)),
            pl.min_horizontal(last, pl.lit(block.first + block.size - 1)) + 1,
            dtype=pl.Int32,
        )
        every = amounts.with_columns(month=months).explode("month").drop_nulls("month")
        added = every.group_by("row", "month").agg(pl.col("amount").sum())
        if name.endswith("ytd"):
            ends = [
                chained[month - end].select("row", month=pl.lit(month, pl.Int32))
                for month in block.months
                if month - end in chained
            ]
            of_years = _in_block(years.with_columns(this_month + end), block).select(added.columns)
            added = added.join(pl.concat(ends), on=["row", "month"], how="anti") if ends else added
            added = pl.concat([added, of_years])
        yield name, added
    for span in ("yoy", "ytd_yoy"):
        growths = _in_block(marked.growths.filter(span=span), block)
        yield f"printed_{span}", growths.with_columns(amount=pl.lit(UNKNOWN))


def _in_block(rows: pl.DataFrame, block: Block) -> pl.DataFrame:
    return rows.filter(pl.col("month").is_between(block.first, block.first + block.size - 1))


def _in_doubt(frame: pl.DataFrame, name: str, amounts: pl.Series, at: pl.Series) -> pl.Series:
    """The rows in which an operand is in doubt."""
    is_known = at.is_not_null()
    at, amounts = at.filter(is_known), amounts.filter(is_known)
    size = frame[name].gather(at).cast(pl.Float64).abs()
    return at.filter((amounts >= threshold("doubt_part_least") * size).fill_null(False))


def _with_bit(bits: pl.Series, name: str, rows: pl.Series) -> pl.Series:
    return bits.scatter(rows, bits.gather(rows) | BIT[name]) if rows.len() else bits


def _ranks_in_doubt(
    frame: pl.DataFrame, grid: Grid, block: Block, place: pl.Series, name: str, amounts: pl.DataFrame
) -> pl.Series:
    """The groups of partners with a place by a number of whose numbers together enough is in doubt."""
    at = place.gather((amounts["month"] - block.first).cast(NUMBER) * grid.size + amounts["row"])
    doubted = amounts.with_columns(at=at).drop_nulls("at")
    ranked = frame.select("group", size=name, is_ranked=pl.col(f"place_by_{name}").is_not_null())
    doubted = doubted.select("amount").hstack(ranked[doubted["at"]]).filter("is_ranked")
    sums = doubted.group_by("group").agg(pl.col("amount").sum())
    sizes = ranked.filter(pl.col("is_ranked"), pl.col("group").is_in(sums["group"].implode()))
    sizes = sizes.group_by("group").agg(pl.col("size").cast(pl.Float64).sum())
    least = threshold("doubt_part_least") * pl.col("size")
    return sums.join(sizes, on="group").filter(pl.col("amount") >= least)["group"]


def records_in_doubt(
    records: pl.DataFrame, published: PublishedLevels, doubted: pl.DataFrame, block: Block
) -> pl.Series:
    """By row of the records of some months, which are in doubt, as a set of BIT.

    `records` has the named months (month numbers); `doubted` has the parts of levels in doubt: `at`, the place of the
    series, month, part. A record goes back over many years, and is in doubt by the two before it.
    """
    size, last = records.height // block.size, block.first + block.size - 1
    level = pl.concat([published.of(month) for month in block.months])
    doubted = doubted.filter(pl.col("month").is_between(block.first - FIGURES_LOOK_BACK, last - 1))
    levels = [doubted.clear().with_columns(level=pl.lit(0.0))]
    for (month,), some in doubted.partition_by("month", as_dict=True).items():
        levels.append(some.with_columns(level=published.of(int(str(month))).gather(some["at"])))
    doubted = pl.concat(levels).drop_nulls("level")
    months = pl.int_ranges(
        pl.max_horizontal(pl.col("month") + 1, pl.lit(block.first)),
        pl.min_horizontal(pl.col("month") + FIGURES_LOOK_BACK, pl.lit(last)) + 1,
        dtype=pl.Int32,
    )
    pairs = doubted.with_columns(now=months).explode("now").drop_nulls("now")
    rows = pairs.select((pl.col("now") - block.first).cast(NUMBER) * size + pl.col("at")).to_series()
    named = records.select(RECORDS)[rows]
    pairs = pairs.hstack(named).with_columns(row=rows, own=level.gather(rows))
    past, now = pl.col("level"), pl.col("own")
    amount = pl.when(pl.col("part") < UNKNOWN).then(pl.col("part") * past).otherwise(UNKNOWN)
    bits = pl.repeat(0, records.height, dtype=BITS, eager=True)
    for name, could_fall, could_rise in (
        ("highest_since", past - amount < now, past + amount >= now),
        ("lowest_since", past + amount > now, past - amount <= now),
    ):
        moves = (pl.col("month") == pl.col(name)) & could_fall | (pl.col("month") > pl.col(name)) & could_rise
        bits = _with_bit(bits, name, pairs.filter(moves)["row"].unique())
    return bits


def figures_in_doubt(frame: pl.DataFrame, *, per_kilogram: bool) -> pl.Series:
    """By row of a frame with every figure and `doubted`, a set of BIT, the figures in doubt, joined by +; null where
    there is none."""
    kind = polars_schema("metric")["figures_in_doubt"]
    if "doubted" not in frame.columns:
        return pl.repeat(None, frame.height, dtype=kind, eager=True).alias("figures_in_doubt")
    # Nearly all rows have no doubt, and no figure to look at.
    places = (frame["doubted"] > 0).arg_true()
    some = frame[places]
    of_figure = {figure.name: figure for figure in FIGURES_OF if not (per_kilogram and figure.of_partners)}
    codes = []
    for name, figure in FIGURE_OF.items():
        rests_on = sum(BIT[one] for one in figure.formula[1:] if not one.startswith("printed_"))
        bits = pl.lit(rests_on or BIT["level"] | BIT.get(name, 0), BITS)
        printed = next((one for one in figure.formula if one.startswith("printed_")), None)
        if printed and name in of_figure:
            is_implied = pl.col(status_of(name)) == status("implied_base")
            bits = pl.when(is_implied).then(pl.lit(BIT[printed], BITS)).otherwise(bits)
        is_doubted = pl.col(name).is_not_null() & ((pl.col("doubted") & bits) > 0)
        codes.append(pl.when(is_doubted).then(pl.lit(FIGURE_BIT[name], BITS)).otherwise(NOTHING))
    code = some.select(code=functools.reduce(operator.or_, codes))["code"]
    words = {
        one: "+".join(name for name, bit in FIGURE_BIT.items() if one & bit) or None for one in code.unique().to_list()
    }
    texts = code.replace_strict([*words], [*words.values()], return_dtype=pl.String)
    return (
        pl.repeat(None, frame.height, dtype=pl.String, eager=True)
        .scatter(places, texts)
        .cast(kind)
        .alias("figures_in_doubt")
    )
