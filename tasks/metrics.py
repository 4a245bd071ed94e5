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
from tasks.calendar_grid import GROUPS, SERIES, WORLD
from tasks.extremes import add_records
from tasks.scope import index_month
from tasks.series import build_series

UNIT_VALUES = {"value_usd": "unit_value_usd_per_kg", "value_cny": "unit_value_cny_per_kg"}
MASS = "quantity_kg"
BASIS_POINTS_PER_PERCENT = 100
COMPARISONS = ("share", "rank", "contribution_mom", "contribution_yoy")


def derive(observation: pl.DataFrame, releases: DataFrame[Release]) -> DataFrame[Metric]:
    """All metrics of all months from one word a number (`ledger.last_word` or `as_of`) and the scopes of the releases."""
    series = build_series(observation, releases).with_columns(
        pl.col("level").alias("whole"), pl.col("ytd").alias("whole_ytd"),
        level=_in_units("level"), ytd=_in_units("ytd"),
    )  # fmt: skip
    series = _roll_years(series)
    figures = pl.concat([_compare_partners(_grow(series)), _unit_values(series)], how="diagonal_relaxed")
    figures = figures.with_columns(
        pl.col(status(name)).fill_null("not_applicable") for name in FIGURES if status(name) in figures.columns
    )
    figures = add_records(figures)
    return DataFrame[Metric](
        figures.filter("emit")
        .with_columns(period=index_month("month"))
        .select(pl.col(name).cast(kind) for name, kind in polars_schema(Metric).items())
        .sort("flow", "period", *PUBLISHED["metric"].sort_by)
    )


def _in_units(whole: str) -> pl.Expr:
    """Smallest units to units: the whole part stays exact however large it is."""
    size = pl.col("per_unit")
    return (pl.col(whole) // size).cast(pl.Float64) + (pl.col(whole) % size).cast(pl.Float64) / size


def back(name: str, months: int) -> pl.Expr:
    """The value of a column that many months earlier in the same series, null where that month is not in it.

    The frame is sorted by series and month; the months are compared, so a gap can never be taken for a neighbour.
    """
    same = (pl.col("series") == pl.col("series").shift(months)) & (pl.col("month") - months == pl.col("month").shift(months))
    return pl.when(same).then(pl.col(name).shift(months))


def _roll_years(series: pl.DataFrame) -> pl.DataFrame:
    """Sum of the twelve months that end with each month, where all twelve are there."""
    series = series.sort(*SERIES, "month").with_columns(series=pl.struct(SERIES).rle_id())
    window = pl.col("whole").rolling_sum(window_size=12, min_samples=12).over("series")
    full = pl.col("month").shift(11).over("series") == pl.col("month") - 11
    series = series.with_columns(whole_12m=pl.when(full).then(window))
    return series.with_columns(
        rolling_12m=(pl.col("whole_12m") // pl.col("per_unit")).cast(pl.Float64)
        + (pl.col("whole_12m") % pl.col("per_unit")).cast(pl.Float64) / pl.col("per_unit"),
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
    computed = now.is_not_null() & (base > 0)
    growth = pl.when(computed).then((now.cast(pl.Float64) / base.cast(pl.Float64) - 1) * 100)
    reason = (
        pl.when(computed).then(pl.lit("computed"))
        .when(now.is_null()).then(made)
        .when(base == 0).then(pl.lit("zero_base"))
        .when(back(made, months) == "combined_months").then(pl.lit("combined_months"))
        .otherwise(pl.lit("no_base"))
    )  # fmt: skip
    if printed is not None:
        implied = ~computed.fill_null(False) & base.is_null() & pl.col(printed).is_not_null()
        growth = pl.when(implied).then(pl.col(printed) / BASIS_POINTS_PER_PERCENT).otherwise(growth)
        reason = pl.when(implied).then(pl.lit("implied_base")).otherwise(reason)
    return [growth.alias(f"{name}_pct"), reason.alias(f"{name}_status")]


def _compare_partners(series: pl.DataFrame) -> pl.DataFrame:
    """Share in the world, rank among the partners, and the part of the world's growth that a partner accounts for."""
    key = ["flow", "product", "measure", "month"]
    world = series.filter(pl.col("partner") == WORLD).select(
        *key, world="whole", world_before=back("whole", 1), world_year_before=back("whole", 12)
    )
    one_partner = ~pl.col("partner").is_in([WORLD, *GROUPS])
    ranked = one_partner & pl.col("all_partners") & (pl.col("whole") > 0)
    compared = series.join(world, on=key, how="left").sort(*SERIES, "month")
    share = pl.when(pl.col("world") > 0).then(pl.col("whole").cast(pl.Float64) / pl.col("world") * 100)
    place = pl.when(ranked).then(pl.col("whole")).rank("min", descending=True).over(key)
    return compared.with_columns(
        share_pct=share,
        share_status=_status_of(share, "whole", pl.when(pl.col("world") == 0).then(pl.lit("zero_base")).otherwise(pl.lit("no_world_total"))),
        rank=pl.when(ranked).then(place).cast(pl.UInt32),
        rank_status=pl.when(ranked).then(pl.lit("computed")).when(~one_partner | (pl.col("whole") == 0))
        .then(pl.lit("not_applicable")).otherwise(pl.lit("not_covered")),
        **_contribution("mom", 1, "world_before"),
        **_contribution("yoy", 12, "world_year_before"),
    ).drop("world", "world_before", "world_year_before")  # fmt: skip


def _contribution(name: str, months: int, base: str) -> dict[str, pl.Expr]:
    difference = (pl.col("whole") - back("whole", months)).cast(pl.Float64)
    points = pl.when(pl.col(base) > 0).then(difference / pl.col(base) * 100)
    why = (
        pl.when(back("whole", months).is_null()).then(pl.lit("no_base"))
        .when(pl.col(base) == 0).then(pl.lit("zero_base")).otherwise(pl.lit("no_world_total"))
    )  # fmt: skip
    return {f"contribution_{name}_pp": points, f"contribution_{name}_status": _status_of(points, "whole", why)}


def _status_of(figure: pl.Expr, own: str, why: pl.Expr) -> pl.Expr:
    """computed, else the reason of the row's own level, else `why`."""
    return (
        pl.when(figure.is_not_null()).then(pl.lit("computed"))
        .when(pl.col(own).is_null()).then("level_status").otherwise(why)
    )  # fmt: skip


def _unit_values(series: pl.DataFrame) -> pl.DataFrame:
    """Value per kilogram as measures of their own, with growth; sums of unit values mean nothing and are not made."""
    on = ["flow", "product", "classification", "partner", "month"]
    mass = series.filter(pl.col("measure") == MASS).select(
        *on, *(pl.col(name).alias(f"kg_{name}") for name in ("level", "ytd", "rolling_12m")), kg_status="level_status"
    )
    values = series.filter(pl.col("measure").is_in(list(UNIT_VALUES))).join(mass, on=on)
    values = values.with_columns(
        measure=pl.col("measure").replace_strict(UNIT_VALUES), per_unit=pl.lit(1, dtype=pl.Int64),
        **{name: pl.when(pl.col(f"kg_{name}") > 0).then(pl.col(name) / pl.col(f"kg_{name}")) for name in ("level", "ytd", "rolling_12m")},
    ).sort(*SERIES, "month")  # fmt: skip
    why = pl.when(pl.col("kg_level") == 0).then(pl.lit("zero_base")).when(pl.col("whole").is_null()).then("level_status").otherwise("kg_status")
    values = values.with_columns(
        series=pl.struct(SERIES).rle_id(),
        level_status=pl.when(pl.col("level").is_not_null()).then(pl.lit("computed")).otherwise(why),
        ytd_status=pl.when(pl.col("ytd").is_not_null()).then(pl.lit("computed")).otherwise(pl.lit("incomplete_year")),
        rolling_12m_status=pl.when(pl.col("rolling_12m").is_not_null()).then(pl.lit("computed")).otherwise(pl.lit("incomplete_window")),
    )
    return values.with_columns(
        *_growth("mom", "level", "level_status", 1),
        *_growth("yoy", "level", "level_status", 12),
        *_growth("ytd_yoy", "ytd", "ytd_status", 12),
        *_growth("rolling_12m_yoy", "rolling_12m", "rolling_12m_status", 12),
        *(pl.lit("not_applicable").alias(f"{name}_status") for name in COMPARISONS),
    )
