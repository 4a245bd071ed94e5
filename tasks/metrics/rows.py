"""Converts numbers side by side to rows of `metric`: adds values from other rows and values per kilogram.

A row here has its own numbers of the month (level, ytd, rolling_12m, each with status and kinds), of the month before
(`before_`) and of the same month a year before (`ago_`). `recurrence` computes such rows month by month, `calendar` all
months at once.
"""

import polars as pl

from schemas.table import polars_schema
from schemas.tables.metric import Metric
from tasks.domain import comparability
from tasks.domain.nomenclature import classification_of
from tasks.domain.periods import index_month
from tasks.domain.units import EXACT_MAX, UNIT_VALUE_OF, in_units, per_unit
from tasks.metrics.coverage import Coverage
from tasks.metrics.figures import FIGURES_OF, kinds_behind, with_figures
from tasks.metrics.levels import Traded, status
from tasks.metrics.names import Names

PLACE = ("product", "partner", "month")
GROUP = ("product", "measure", "month")
MASS = "quantity_kg"
# The operands of a value per kilogram: each number of the value and the same one of the mass.
DIVIDED = (
    "level",
    "before_level",
    "ago_level",
    "ytd",
    "ago_ytd",
    "rolling_12m",
    "ago_rolling_12m",
    "quarter",
    "ago_quarter",
)
UNITED = (
    "kinds",
    "before_kinds",
    "ago_kinds",
    "ytd_kinds",
    "ago_ytd_kinds",
    "window",
    "ago_window",
    "quarter_kinds",
    "ago_quarter_kinds",
)
OF_WORLD = ("level", "before_level", "ago_level", "kinds", "before_kinds", "ago_kinds")
PRINTED = ("printed_yoy", "printed_yoy_kinds", "printed_ytd_yoy", "printed_ytd_yoy_kinds")
RECORDS = ("highest_since", "lowest_since")


def with_others(frame: pl.DataFrame, rows: pl.DataFrame, where: Traded, coverage: Coverage) -> pl.DataFrame:
    """The frame with values from other rows: the world's numbers, the rank, the last change of definition.

    Printed growth stays as it is. `rows` are the numbers of the months (`sums.add_up`).
    """
    names = coverage.names
    world = frame.filter(pl.col("partner") == names.world).select(
        group=names.key(*GROUP), **{f"world_{name}": pl.col(name) for name in OF_WORLD}
    )
    frame = frame.with_columns(group=names.key(*GROUP), is_total=names.is_total())
    frame = frame.join(world, on="group", how="left", maintain_order="left")
    frame = _with_ranks(frame, rows, where, coverage)
    return frame.drop("group").with_columns(
        comparability.changes(frame, names.labels, names.reporter).alias("comparable_from")
    )


def _with_ranks(frame: pl.DataFrame, rows: pl.DataFrame, where: Traded, coverage: Coverage) -> pl.DataFrame:
    """The rank of each partner by level, in groups (product and measure) with every partner covered and counted."""
    names = coverage.names
    parts = rows.filter(~names.is_total())
    product_month = ("product", "month")
    places = pl.concat([where.here, where.below]).unique() if where.below.len() else where.here
    traded = pl.DataFrame({"key": places}).select(names.unpacked(*PLACE)).filter(~names.is_total())
    needed = traded.group_by(of=names.key(*product_month)).agg(needed=pl.len())
    counted = parts.filter(pl.col("value").is_not_null()).select(group=names.key(*GROUP))
    counted = counted.group_by("group").agg(counted=pl.len())
    groups = frame.select("group", *GROUP).unique("group").with_columns(of=names.key(*product_month))
    groups = groups.join(counted, on="group", how="left").join(needed, on="of", how="left")
    groups = coverage.everyone(names.with_family(groups))
    whole = groups.filter("everyone", pl.col("counted").fill_null(0) >= pl.col("needed").fill_null(0))["group"]
    ranked = frame.select("group", "level", "kinds", "is_total", row=pl.int_range(pl.len(), dtype=pl.UInt32)).filter(
        ~pl.col("is_total"), pl.col("level") > 0, pl.col("group").is_in(whole.implode())
    )
    ordered = ranked.sort("group", "level", descending=[False, True])
    starts = pl.col("group").ne_missing(pl.col("group").shift())
    place = pl.int_range(1, pl.len() + 1, dtype=pl.Int64)
    first = pl.when(starts).then(place).forward_fill()
    # Equal levels share a rank.
    shared = pl.when(starts | (pl.col("level") != pl.col("level").shift())).then(place).forward_fill()
    ordered = ordered.with_columns(place_by_level=(shared - first + 1).cast(pl.UInt32))
    united = pl.col("kinds").first() if ranked["kinds"].n_unique() <= 1 else pl.col("kinds").bitwise_or()
    of_groups = ranked.group_by("group").agg(kinds_of_rank=united)
    ordered = ordered.join(of_groups, on="group", how="left").select("row", "place_by_level", "kinds_of_rank")
    return frame.with_row_index("row").join(ordered, on="row", how="left", maintain_order="left").drop("row")


def per_kilogram(frame: pl.DataFrame, names: Names) -> pl.DataFrame:
    """Rows of values per kilogram: those of a value divided by those of the mass of the same place, as floats."""
    if MASS not in names.measures:
        return frame.clear()
    mass = names.measures.index(MASS)
    values = {
        names.measures.index(name): names.measures.index(ratio)
        for name, ratio in UNIT_VALUE_OF.items()
        if name in names.measures
    }
    weights = frame.filter(pl.col("measure") == mass).select(
        "is_published",
        "comparable_from",
        *DIVIDED,
        *UNITED,
        *(f"{name}_status" for name in DIVIDED if f"{name}_status" in frame.columns),
        place=names.key(*PLACE),
    )
    worth = frame.filter(pl.col("measure").is_in([*values])).with_columns(place=names.key(*PLACE))
    # Sorted keys join several times faster.
    weights, worth = (
        one.with_columns(pl.col("place").set_sorted()) if one["place"].is_sorted() else one for one in (weights, worth)
    )
    both = worth.join(weights, on="place", suffix="_mass", maintain_order="left")
    made = [
        _divided(name, name in ("level", "before_level", "ago_level", "ytd", "rolling_12m", "quarter"))
        for name in DIVIDED
    ]
    own = comparability.changes(
        both.with_columns(pl.col("measure").replace_strict(values, return_dtype=pl.UInt32)),
        names.labels,
        names.reporter,
    )
    return both.with_columns(
        *(expression for pair in made for expression in pair),
        *(pl.col(name) | pl.col(f"{name}_mass") for name in UNITED),
        *(pl.lit(None, frame.schema[name]).alias(name) for name in PRINTED),
        is_published=pl.col("is_published") & pl.col("is_published_mass"),
        measure=pl.col("measure").replace_strict(values, return_dtype=pl.UInt32),
        comparable_from=pl.max_horizontal("comparable_from", "comparable_from_mass", own),
    ).select(frame.columns)  # fmt: skip


def _divided(name: str, has_status: bool) -> list[pl.Expr]:
    """Value by mass.

    If whole numbers of both are exact as floats, two months with one price have the same float: the division is the
    only rounding that depends on more than their ratio.
    """
    value, mass = pl.col(name), pl.col(f"{name}_mass")
    made = [pl.when(mass > 0).then(value / mass * per_unit(MASS)).alias(name)]
    if has_status:
        why = (
            pl.when(value.is_null()).then(f"{name}_status").when(mass.is_null()).then(f"{name}_status_mass")
            .when(mass > 0).then(status("computed")).otherwise(status("zero_base"))
        )  # fmt: skip
        made.append(why.alias(f"{name}_status"))
    return made


def as_metric(frame: pl.DataFrame, names: Names, flow: str, *, is_ratio: bool) -> pl.DataFrame:
    """Published rows with the columns of `metric`, not sorted. The frame has the columns of `records` too."""
    made = with_figures(frame, per_kilogram=is_ratio)
    units = [per_unit(name) for name in names.measures]
    made = made.with_columns(size=pl.lit(pl.Series([*units, 1], dtype=pl.Int64)).gather(pl.col("measure")))
    size = pl.col("size")
    totals = ("level", "ytd", "rolling_12m")
    is_exact = is_ratio or (made.select(pl.max_horizontal(pl.col(totals).abs().max())).item() or 0) <= EXACT_MAX
    kinds = kinds_behind(per_kilogram=is_ratio) | pl.when(
        pl.col("highest_since").is_not_null() | pl.col("lowest_since").is_not_null()
    ).then("kinds_of_run").otherwise(pl.lit(0, pl.UInt8))
    schema = polars_schema(Metric)
    statuses = [name for name in schema if name.endswith("_status")]
    classes = [classification_of(code, names.national) for code in names.products]
    order = [list(schema["classification"].categories).index(name) for name in classes]  # type: ignore[attr-defined]
    return made.select(
        flow=pl.lit(flow, dtype=schema["flow"]),
        product="product", partner="partner", measure="measure",
        classification=names.looked_up("product", order, pl.UInt8).cat.to(schema["classification"]),
        period=index_month("month"),
        **{name: pl.col(name) if is_ratio else in_units(pl.col(name), size, is_exact=is_exact) for name in totals},
        **{figure.name: pl.col(figure.name) for figure in FIGURES_OF if figure.name not in ("ytd", "rolling_12m")},
        **{name: pl.when(pl.col(name).is_not_null()).then(index_month(name)) for name in (*RECORDS, "series_start", "comparable_from")},
        **{name: pl.col(name).cat.to(schema[name]) for name in statuses},
        level_kinds=_named_kinds(pl.when(pl.col("level").is_not_null()).then("kinds").otherwise(0), schema["level_kinds"]),
        kinds=_named_kinds(kinds, schema["kinds"]),
    ).select("product", "partner", "measure", *(name for name in schema if name not in ("product", "partner", "measure")))  # fmt: skip


def _named_kinds(kinds: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    return pl.when(kinds > 0).then(kinds.cast(pl.UInt8) - 1).cat.to(dtype)


def in_order(frames: list[pl.DataFrame], names: Names) -> pl.DataFrame:
    """The rows of frames of `as_metric` sorted by month, product, partner, measure, with names instead of numbers."""
    schema = polars_schema(Metric)
    rows = pl.concat(frames)
    order = [names.key("product", "partner", "measure")]
    rows = rows.sort(order if rows["period"].n_unique() <= 1 else [pl.col("period"), *order])
    return rows.with_columns(map(names.named, ("product", "partner", "measure"))).select(list(schema))
