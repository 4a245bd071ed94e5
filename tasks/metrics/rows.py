"""Converts the operands of a month to rows of `metric`: adds values from other rows and values per kilogram.

A row here has its own numbers of the month (level, ytd, rolling_12m, each with status and kinds), of the month before
(`before_`) and of the same month a year before (`ago_`), as `windows` makes them.
"""

import polars as pl

from schemas.figures import FIGURE_OF, OF_MEASURE, operands
from schemas.table import polars_schema
from tasks.domain.periods import index_month
from tasks.domain.units import EXACT_MAX, in_units, per_unit
from tasks.metrics.doubt.figures_in_doubt import BIT, figures_in_doubt
from tasks.metrics.figures.figures import FIGURES_OF, kinds_behind, kinds_of, months_added, with_figures
from tasks.metrics.figures.records import RECORDS
from tasks.metrics.figures.windows import WINDOWS
from tasks.metrics.levels.grid import MASS, Block, Grid
from tasks.metrics.levels.names import NUMBER, Names, status

# The operands of a value per kilogram: each number of the value and the same one of the mass.
DIVIDED = ("level", "before_level", "ago_level", *WINDOWS)
UNITED = tuple(map(kinds_of, DIVIDED))
# Those of its operands that may be in doubt: it has none of other partners.
OF_RATIO = sum(BIT[name] for name in DIVIDED)
# Figures in the unit of their measure, and by how many months their sum is divided: an average of three months by
# three.
TOTALS = {
    name: months_added(figure.formula[1]) if figure.formula[:1] == ("average",) else 1
    for name, figure in FIGURE_OF.items()
    if figure.unit == OF_MEASURE
}
OF_WHOLE = ("level", "kinds")
OF_WORLD = [
    name
    for operand in operands()
    if operand.startswith("world_")
    for name in (operand.removeprefix("world_"), kinds_of(operand.removeprefix("world_")))
]
# The windows by which partners have a place.
RANKED_BY = [name.removeprefix("place_by_") for name in operands() if name.startswith("place_by_")]
SPANS = ("yoy", "ytd_yoy")
PRINTED = tuple(f"printed_{span}{suffix}" for span in SPANS for suffix in ("", "_kinds"))


def with_others(frame: pl.DataFrame, grid: Grid, block: Block, place: pl.Series, spans: pl.DataFrame) -> pl.DataFrame:
    """The rows of some months with values from other rows: numbers of the world and of imports for consumption, the
    place among the partners, printed growth.

    `place` has the place in the frame of each row of the grid and month, null where it is not there; `spans` has the
    printed growth of the months.
    """
    at = frame["row"] + (frame["month"] - block.first).cast(NUMBER) * grid.size
    world = place.gather(block.offset(grid.world, grid.size)).gather(at)
    of_world = frame.select(pl.col(name).gather(world).alias(f"world_{name}") for name in OF_WORLD)
    whole = place.gather(block.offset(grid.consumption, grid.size)).gather(at)
    of_whole = frame.select(pl.col(name).gather(whole).alias(f"consumption_{name}") for name in OF_WHOLE)
    of_whole = of_whole.with_columns(is_of_consumption=grid.is_of_consumption.gather(frame["row"]))
    group = block.offset(grid.group, grid.groups.height).gather(at)
    frame = (
        frame.hstack(of_world).hstack(of_whole).with_columns(group=group, is_total=grid.is_total.gather(frame["row"]))
    )
    return _with_printed(_with_places(frame, grid, block), spans)


def _with_printed(frame: pl.DataFrame, spans: pl.DataFrame) -> pl.DataFrame:
    """The frame with the printed growth of its months; `spans` are rows of the grid (row, month, span, value,
    kinds)."""
    for span in SPANS:
        growths = spans.filter(span=span).select(
            "row", "month", pl.col("value").alias(f"printed_{span}"), pl.col("kinds").alias(f"printed_{span}_kinds")
        )
        frame = frame.join(growths, on=["row", "month"], how="left", maintain_order="left")
    return frame


def _with_places(frame: pl.DataFrame, grid: Grid, block: Block) -> pl.DataFrame:
    """The place of each partner by the month and by each window, in groups (product, measure, month) whose partners add
    up to the world: then nobody else has traded."""
    partners = frame.filter(~pl.col("is_total"))
    sums = partners.group_by("group").agg(pl.col(name).sum() for name in RANKED_BY)
    nothing = pl.repeat(None, grid.groups.height * block.size, dtype=pl.Int64, eager=True)
    for name in RANKED_BY:
        total = nothing.clone().scatter(sums["group"], sums[name]).gather(frame["group"])
        is_placed = (total == frame[f"world_{name}"]) & (frame[name] > 0) & ~frame["is_total"]
        frame = frame.with_columns(_places(frame, name, is_placed.fill_null(False)))
    return frame


def _places(frame: pl.DataFrame, name: str, is_placed: pl.Series) -> list[pl.Series]:
    """The places of the rows `is_placed` of a frame in their groups by a number, and the kinds of release behind."""
    placed = frame.select("group", name, kinds=kinds_of(name), at=pl.int_range(pl.len(), dtype=NUMBER))
    placed = placed.filter(is_placed)
    # Each sort is of one column, which takes half the time of one sort of both.
    ordered = placed.sort(name, descending=True).sort("group", maintain_order=True)
    starts = pl.col("group").ne_missing(pl.col("group").shift())
    place = pl.int_range(1, pl.len() + 1, dtype=pl.Int64)
    first = pl.when(starts).then(place).forward_fill()
    # Equal numbers share a place.
    shared = pl.when(starts | (pl.col(name) != pl.col(name).shift())).then(place).forward_fill()
    united = pl.col("kinds") if placed["kinds"].n_unique() <= 1 else pl.col("kinds").bitwise_or().over("group")
    ordered = ordered.select("at", place=(shared - first + 1).cast(pl.UInt32), kinds=united)
    by, nothing = f"place_by_{name}", pl.repeat(None, frame.height, dtype=pl.UInt32, eager=True)
    return [
        nothing.clone().scatter(ordered["at"], ordered["place"]).alias(by),
        nothing.cast(pl.UInt8).scatter(ordered["at"], ordered["kinds"]).alias(kinds_of(by)),
    ]


def per_kilogram(frame: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Rows of values per kilogram: those of a value divided by those of the mass of the same place, as floats.

    `pairs` has the places of both in the frame (worth, mass), the measure and `changed`, its own last change of
    definition.
    """
    states = [f"{name}_status" for name in DIVIDED if f"{name}_status" in frame.columns]
    doubted = ["doubted"] if "doubted" in frame.columns else []
    of_mass = frame.select("comparable_from", *DIVIDED, *UNITED, *states, *doubted)[pairs["mass"]]
    both = frame[pairs["worth"]].hstack(of_mass.rename({name: f"{name}_mass" for name in of_mass.columns}))
    pairs_of_columns = [_divided(name, f"{name}_status" in states) for name in DIVIDED]
    return both.with_columns(
        *(expression for pair in pairs_of_columns for expression in pair),
        *(pl.col(name) | pl.col(f"{name}_mass") for name in UNITED),
        *([(pl.col("doubted") | pl.col("doubted_mass")) & OF_RATIO] if "doubted" in frame.columns else []),
        *(pl.lit(None, frame.schema[name]).alias(name) for name in PRINTED),
        measure=pairs["measure"],
        comparable_from=pl.max_horizontal("comparable_from", "comparable_from_mass", pairs["changed"]),
    ).select(frame.columns)


def _divided(name: str, has_status: bool) -> list[pl.Expr]:
    """Value by mass.

    If whole numbers of both are exact as floats, two months with one price have the same float: the division is the
    only rounding that depends on more than their ratio.
    """
    value, mass = pl.col(name), pl.col(f"{name}_mass")
    columns = [pl.when(mass > 0).then(value / mass * per_unit(MASS)).alias(name)]
    if has_status:
        why = (
            pl.when(value.is_null())
            .then(f"{name}_status")
            .when(mass.is_null())
            .then(f"{name}_status_mass")
            .when(mass > 0)
            .then(status("computed"))
            .otherwise(status("zero_base"))
        )
        columns.append(why.alias(f"{name}_status"))
    return columns


def as_metric(frame: pl.DataFrame, names: Names, flow: str, *, is_ratio: bool) -> pl.DataFrame:
    """Published rows with the columns of `metric`, not sorted. The frame has the columns of `records` too."""
    rows = with_figures(frame, per_kilogram=is_ratio)
    rows = rows.with_columns(figures_in_doubt(rows, per_kilogram=is_ratio))
    units = [per_unit(name) for name in names.measures]
    rows = rows.with_columns(size=pl.lit(pl.Series([*units, 1], dtype=pl.Int64)).gather(pl.col("measure")))
    size = pl.col("size")
    largest = {} if is_ratio else rows.select(pl.col(*TOTALS).abs().max()).row(0, named=True)
    kinds = kinds_behind(per_kilogram=is_ratio) | pl.when(
        pl.col("highest_since").is_not_null() | pl.col("lowest_since").is_not_null()
    ).then("kinds_of_run").otherwise(pl.lit(0, pl.UInt8))
    schema = polars_schema("metric")
    statuses = [name for name in schema if name.endswith("_status")]
    return rows.select(
        flow=pl.lit(flow, dtype=schema["flow"]),
        product="product",
        partner="partner",
        measure="measure",
        classification=names.classification,
        period=index_month("month"),
        **{
            name: pl.col(name)
            if is_ratio
            else in_units(pl.col(name), size * months, is_exact=(largest[name] or 0) <= EXACT_MAX)
            for name, months in TOTALS.items()
        },
        **{figure.name: pl.col(figure.name) for figure in FIGURES_OF if figure.name not in TOTALS},
        **{
            name: pl.when(pl.col(name).is_not_null()).then(index_month(name))
            for name in (*RECORDS, "series_start", "comparable_from")
        },
        **{name: pl.col(name).cat.to(schema[name]) for name in statuses},
        level_kinds=_named_kinds(
            pl.when(pl.col("level").is_not_null()).then("kinds").otherwise(0), schema["level_kinds"]
        ),
        kinds=_named_kinds(kinds, schema["kinds"]),
        is_total="is_total",
        in_doubt=pl.col("figures_in_doubt").is_not_null(),
        figures_in_doubt="figures_in_doubt",
    ).select(
        "product", "partner", "measure", *(name for name in schema if name not in ("product", "partner", "measure"))
    )


def _named_kinds(kinds: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    return pl.when(kinds > 0).then(kinds.cast(pl.UInt8) - 1).cat.to(dtype)


def in_order(plain: pl.DataFrame, ratios: pl.DataFrame, names: Names) -> pl.DataFrame:
    """The rows of two frames of `as_metric`, each in order, by month, measure, product and partner, with names for
    numbers.

    All values per kilogram lie together: their names come after those of quantities and before those of values.
    """
    if plain["period"].n_unique() > 1:
        rows = pl.concat([plain, ratios]).sort("period", "measure", "product", "partner")
    elif ratios.height:
        at = plain["measure"].search_sorted(ratios["measure"][0])
        rows = pl.concat([plain[:at], ratios, plain[at:]])
    else:
        rows = plain
    return rows.with_columns(map(names.named, ("product", "partner", "measure"))).select(list(polars_schema("metric")))
