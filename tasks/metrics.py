"""The figures that compare months: growth, rolling year, share, rank, contribution, records, unit values.

Every look back goes by the calendar: a base is the number of a given month of the same series, or missing. A figure that
cannot be computed is null and its status says why; nothing is rounded. Growth is computed from whole smallest units,
and the one division by `per_unit` comes last.
"""

import polars as pl
from pandera.typing.polars import DataFrame

from schemas.metric import FIGURES, Metric, status
from schemas.release import Release
from schemas.table import PUBLISHED, polars_schema
from tasks.calendar_grid import GROUPS
from tasks.definitions import add_comparable_from, without_broken
from tasks.extremes import add_records
from tasks.kinds import OF_WINDOWS, add_figure_kinds, add_window_kinds, kinds_present, kinds_since, union
from tasks.scope import WORLD, index_month, month_index
from tasks.series import build_series, cut_portions

UNIT_VALUES = {"value_usd": "unit_value_usd_per_kg", "value_cny": "unit_value_cny_per_kg"}
MASS = "quantity_kg"
BASIS_POINTS_PER_PERCENT = 100
# The figures of which value per kilogram is a ratio.
RATIOS = ("level", "ytd", "rolling_12m")


def derive(
    observation: pl.DataFrame, releases: DataFrame[Release], wanted: pl.DataFrame | None = None
) -> DataFrame[Metric]:
    """All metrics from one word a number (`ledger.last_word` or `as_of`) and the scopes of the releases.

    For a day in the past, `releases` are those that were public on it. `wanted` (flow, month index) limits the months
    that come out; for a month to come out right `observation` must reach from the January LOOK_BACK_MONTHS before it to
    the December of its year, and what lies outside makes no difference. Products that add up with one another are taken
    together, the rest portion by portion, so that memory does not grow with the number of products.
    """
    portions = [_derive_portion(portion, releases, wanted) for portion in cut_portions(observation)]
    return DataFrame[Metric](pl.concat(portions).sort("flow", "period", *PUBLISHED["metric"].sort_by))


def _derive_portion(
    observation: pl.DataFrame, releases: DataFrame[Release], wanted: pl.DataFrame | None
) -> pl.DataFrame:
    series = build_series(observation, releases).with_columns(
        pl.col("level").alias("whole"), pl.col("ytd").alias("whole_ytd"),
        level=_in_units("level"), ytd=_in_units("ytd"),
    )  # fmt: skip
    series = add_comparable_from(_roll_years(series))
    bits = kinds_present(series)
    if len(bits) > 1:
        series = add_window_kinds(series, bits)
    unit_values = _unit_values(series, OF_WINDOWS if len(bits) > 1 else ())
    looked_at = ["series", "month", "level", "level_status", "emit", "comparable_from", "level_kinds"]
    records = add_records(pl.concat([series.select(looked_at), unit_values.select(looked_at)]))
    if len(bits) > 1:
        records = records.with_columns(record_kinds=kinds_since(bits, month_index("series_start")))
    if wanted is not None:
        # Growth looks back a year; what is older was needed for sums and records alone.
        recent = pl.col("month") >= pl.lit(wanted["month"].min(), dtype=pl.Int32) - 12
        series, unit_values = series.filter(recent), unit_values.filter(recent)
    figures = pl.concat([_compare_partners(_grow(series)), _grow_unit_values(unit_values)], how="diagonal_relaxed")
    if len(bits) > 1:
        figures = _with_kinds_of_bases(figures)
    figures = without_broken(figures.filter("emit"))
    if wanted is not None:
        figures = figures.join(wanted, on=["flow", "month"], how="semi")
    return (
        add_figure_kinds(figures.join(records.drop(looked_at[2:]), on=["series", "month"]), bits)
        .with_columns(pl.col(status(name)).fill_null("not_applicable") for name in FIGURES)
        .with_columns(period=index_month("month"), comparable_from=index_month("comparable_from"))
        .select(pl.col(name).cast(kind) for name, kind in polars_schema(Metric).items())
    )


def _in_units(whole: str) -> pl.Expr:
    """Smallest units to units: the whole part stays exact however large it is."""
    size = pl.col("per_unit")
    return (pl.col(whole) // size).cast(pl.Float64) + (pl.col(whole) % size).cast(pl.Float64) / size


def back(name: str, months: int) -> pl.Expr:
    """The value of a column that many months earlier in the same series, null where that month is not in it.

    The frame is sorted by series and month; the months are compared, so a gap can never be taken for a neighbour.
    """
    same_series = pl.col("series") == pl.col("series").shift(months)
    same_month = pl.col("month") - months == pl.col("month").shift(months)
    return pl.when(same_series & same_month).then(pl.col(name).shift(months))


def _with_kinds_of_bases(figures: pl.DataFrame) -> pl.DataFrame:
    """Adds the kinds of release that the figures rest on which a figure is compared with."""
    key = ["flow", "product", "measure", "month"]
    world = figures.filter(pl.col("partner") == WORLD).select(
        *key,
        world_kinds="level_kinds",
        world_before_kinds=back("level_kinds", 1),
        world_year_before_kinds=back("level_kinds", 12),
    )
    figures = figures.with_columns(
        month_before_kinds=back("level_kinds", 1),
        year_before_kinds=back("level_kinds", 12),
        ytd_before_kinds=back("ytd_kinds", 12),
    )
    return figures.join(world, on=key, how="left")


def _roll_years(series: pl.DataFrame) -> pl.DataFrame:
    """Sum of the twelve months that end with each month, where all twelve are there."""
    series = series.with_columns(running=pl.col("whole").fill_null(0).cum_sum().over("series"))
    missing = pl.col("whole").is_null().cum_sum().over("series")
    series = series.with_columns(missing=missing, place=pl.int_range(1, pl.len() + 1).over("series"))
    before = [pl.when(pl.col("place") == 12).then(0).otherwise(back(name, 12)) for name in ("running", "missing")]
    window = pl.when(pl.col("missing") == before[1]).then(pl.col("running") - before[0])
    series = series.with_columns(whole_12m=window).drop("running", "missing", "place")
    return series.with_columns(
        rolling_12m=_in_units("whole_12m"),
        rolling_12m_status=pl.when(pl.col("whole_12m").is_not_null()).then(pl.lit("computed"))
        .otherwise(pl.lit("incomplete_window")),
    )  # fmt: skip


def _grow(series: pl.DataFrame) -> pl.DataFrame:
    """m/m, y/y, y/y of the year to date and of the rolling year."""
    return series.with_columns(
        *_growth("mom", "whole", "level_status", 1),
        *_growth("yoy", "whole", "level_status", 12, printed="printed_yoy"),
        *_growth("ytd_yoy", "whole_ytd", "ytd_status", 12, printed="printed_ytd_yoy"),
        *_growth("rolling_12m_yoy", "whole_12m", "rolling_12m_status", 12),
    )


def _growth(name: str, figure: str, made: str, months: int, printed: str | None = None) -> list[pl.Expr]:
    """Growth on the same figure some months earlier, in per cent; a printed growth where the base is not at hand."""
    now, base = pl.col(figure), back(figure, months)
    computed = (now.is_not_null() & (base > 0)).fill_null(False)
    growth: pl.Expr = pl.when(computed).then((now.cast(pl.Float64) / base.cast(pl.Float64) - 1) * 100)
    reason: pl.Expr = (
        pl.when(computed).then(pl.lit("computed"))
        .when(now.is_null()).then(made)
        .when(base == 0).then(pl.lit("zero_base")).otherwise(_no_base(made, months))
    )  # fmt: skip
    if printed is not None:
        implied = ~computed & base.is_null() & pl.col(printed).is_not_null()
        growth = pl.when(implied).then(pl.col(printed) / BASIS_POINTS_PER_PERCENT).otherwise(growth)
        reason = pl.when(implied).then(pl.lit("implied_base")).otherwise(reason)
    return [growth.alias(f"{name}_pct"), reason.alias(f"{name}_status")]


def _no_base(made: str, months: int) -> pl.Expr:
    """Why there is nothing to compare with."""
    together = (back(made, months) == "combined_months").fill_null(False)
    return pl.when(together).then(pl.lit("combined_months")).otherwise(pl.lit("no_base"))


def _compare_partners(series: pl.DataFrame) -> pl.DataFrame:
    """Share in the world, rank among the partners, and the part of the world's growth that a partner accounts for."""
    key = ["flow", "product", "measure", "month"]
    world = series.filter(pl.col("partner") == WORLD).select(
        *key, world="whole", world_before=back("whole", 1), world_year_before=back("whole", 12)
    )
    compared = series.join(world, on=key, how="left").sort("series", "month")
    share = pl.when(pl.col("world") > 0).then(pl.col("whole").cast(pl.Float64) / pl.col("world") * 100)
    why = pl.when(pl.col("world") == 0).then(pl.lit("zero_base")).otherwise(pl.lit("no_world_total"))
    compared = compared.with_columns(share_pct=share, share_status=_status_of(share, why))
    compared = compared.with_columns(
        **_contribution("mom", 1, "world_before"), **_contribution("yoy", 12, "world_year_before")
    )
    return _rank(compared, key).drop("world", "world_before", "world_year_before")


def _rank(series: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Place among the partners, where every partner that there is has a known level."""
    one_partner = ~pl.col("partner").is_in([WORLD, *GROUPS])
    known = pl.col("all_partners") & ~(one_partner & pl.col("whole").is_null()).any().over(key)
    series = series.with_columns(ranked=one_partner & known & (pl.col("whole") > 0).fill_null(False))
    place = pl.when("ranked").then("whole").rank("min", descending=True).over(key)
    return series.with_columns(
        rank=pl.when("ranked").then(place).cast(pl.UInt32),
        rank_status=pl.when("ranked").then(pl.lit("computed"))
        .when(~one_partner | (pl.col("whole") == 0)).then(pl.lit("not_applicable"))
        .when(pl.col("whole").is_null()).then("level_status").otherwise(pl.lit("not_covered")),
    ).drop("ranked")  # fmt: skip


def _contribution(name: str, months: int, base: str) -> dict[str, pl.Expr]:
    difference = (pl.col("whole") - back("whole", months)).cast(pl.Float64)
    points = pl.when(pl.col(base) > 0).then(difference / pl.col(base) * 100)
    why = (
        pl.when(back("whole", months).is_null()).then(_no_base("level_status", months))
        .when(pl.col(base) == 0).then(pl.lit("zero_base")).otherwise(pl.lit("no_world_total"))
    )  # fmt: skip
    return {f"contribution_{name}_pp": points, f"contribution_{name}_status": _status_of(points, why)}


def _status_of(figure: pl.Expr, why: pl.Expr) -> pl.Expr:
    """computed, else the reason of the row's own level, else `why`."""
    return (
        pl.when(figure.is_not_null()).then(pl.lit("computed"))
        .when(pl.col("whole").is_null()).then("level_status").otherwise(why)
    )  # fmt: skip


def _unit_values(series: pl.DataFrame, of_windows: tuple[str, ...]) -> pl.DataFrame:
    """Value per kilogram as measures of their own; sums of unit values mean nothing and are not made."""
    on = ["flow", "product", "classification", "partner", "month"]
    also = (
        "emit",
        "comparable_from",
        *of_windows,
        *(name for figure in RATIOS for name in (figure, f"{figure}_status")),
    )
    mass = series.filter(pl.col("measure") == MASS).select(*on, *(pl.col(name).alias(f"kg_{name}") for name in also))
    values = series.filter(pl.col("measure").is_in(list(UNIT_VALUES))).join(mass, on=on)
    values = values.with_columns(
        *(union([pl.col(name), pl.col(f"kg_{name}")]).alias(name) for name in of_windows),
        measure=pl.col("measure").replace_strict(UNIT_VALUES),
        emit=pl.col("emit") & pl.col("kg_emit"),
        comparable_from=pl.max_horizontal("comparable_from", "kg_comparable_from"),
        series=pl.col("series") + pl.lit(series["series"].max(), dtype=pl.UInt32) + 1,
    ).sort("series", "month")
    values = values.with_columns(expression for figure in RATIOS for expression in _per_kilogram(figure))
    return values.with_columns(pl.when(pl.col("level").is_not_null()).then("level_kinds").alias("level_kinds"))


def _grow_unit_values(values: pl.DataFrame) -> pl.DataFrame:
    return values.with_columns(
        *_growth("mom", "level", "level_status", 1),
        *_growth("yoy", "level", "level_status", 12),
        *_growth("ytd_yoy", "ytd", "ytd_status", 12),
        *_growth("rolling_12m_yoy", "rolling_12m", "rolling_12m_status", 12),
    )


def _per_kilogram(figure: str) -> list[pl.Expr]:
    """A figure of the value divided by that of the mass, and its status."""
    value, mass = pl.col(figure), pl.col(f"kg_{figure}")
    ratio = pl.when(mass > 0).then(value / mass)
    reason = (
        pl.when(ratio.is_not_null()).then(pl.lit("computed"))
        .when(value.is_null()).then(f"{figure}_status")
        .when(mass.is_null()).then(f"kg_{figure}_status").otherwise(pl.lit("zero_base"))
    )  # fmt: skip
    return [ratio.alias(figure), reason.alias(f"{figure}_status")]
