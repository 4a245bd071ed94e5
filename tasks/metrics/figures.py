"""Defines the metrics of `metric` in FIGURES_OF: name, first month used, value and status of each.

An entry reads a row with its numbers side by side (prepared by `windows`): those of the month, of the
month before (`before_`), of the same month a year before (`ago_`), and those of the world. Numbers are whole, in
smallest units; values per kilogram are floats. Nothing is rounded. A metric that cannot be computed is null and its
status gives the reason. A metric that would compare two sides of a change of definition is removed.
"""

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from schemas.names import status as status_of
from schemas.table import polars_schema
from tasks.domain.units import by_constant
from tasks.metrics.names import status

BASIS_POINTS_PER_PERCENT = 100
MONTH = pl.col("month")
JANUARY = MONTH // 12 * 12


class Figure(NamedTuple):
    """A metric.

    `first` is the first month it uses; `own` the row's number without which its status stays unchanged, None where
    there is none; `of_partners` marks metrics that a value per kilogram does not have.
    """

    name: str
    first: pl.Expr
    value: pl.Expr
    status: pl.Expr
    own: str | None
    of_partners: bool = False


def growth(now: str, base: str, printed: str | None = None) -> tuple[pl.Expr, pl.Expr]:
    """Growth on an earlier number in per cent, and its status; a printed growth where the base is not known."""
    has_now, has_base = pl.col(now).is_not_null(), pl.col(base).is_not_null()
    is_computed = has_now & (pl.col(base) > 0).fill_null(False)
    is_implied = ~has_base & (pl.col(printed).is_not_null() if printed else pl.lit(False))
    computed = pl.when(is_computed).then((pl.col(now) / pl.col(base) - 1) * 100)
    value = (
        computed.when(is_implied).then(by_constant(pl.col(printed), BASIS_POINTS_PER_PERCENT)) if printed else computed
    )
    combined = pl.col(f"{base}_status") == status("combined_months") if now == "level" else pl.lit(False)
    made = (
        pl.when(is_computed).then(status("computed")).when(is_implied).then(status("implied_base"))
        .when(~has_now).then(f"{now}_status").when(has_base).then(status("zero_base"))
        .when(combined.fill_null(False)).then(status("combined_months")).otherwise(status("no_base"))
    )  # fmt: skip
    return value, made


def contribution(before: str, world: str) -> tuple[pl.Expr, pl.Expr]:
    """A partner's contribution to the growth of the world, in percentage points, and its status."""
    base = pl.col(world)
    value = pl.when(base > 0).then((pl.col("level") - pl.col(before)) / base * 100)
    combined = (pl.col(f"{before}_status") == status("combined_months")).fill_null(False)
    made = (
        pl.when(pl.col("level").is_null()).then("level_status")
        .when(pl.col(before).is_null()).then(pl.when(combined).then(status("combined_months")).otherwise(status("no_base")))
        .when(base.is_null()).then(status("no_world_total")).when(base > 0).then(status("computed")).otherwise(status("zero_base"))
    )  # fmt: skip
    return value, made


def share() -> tuple[pl.Expr, pl.Expr]:
    """The share in the world total in per cent, and its status."""
    world = pl.col("world_level")
    made = (
        pl.when(pl.col("level").is_null()).then("level_status").when(world.is_null()).then(status("no_world_total"))
        .when(world > 0).then(status("computed")).otherwise(status("zero_base"))
    )  # fmt: skip
    return pl.when(world > 0).then(pl.col("level") / world * 100), made


def rank() -> tuple[pl.Expr, pl.Expr]:
    """The rank among the partners of a completely known group (`place_by_level`), and its status."""
    place = pl.col("place_by_level")
    made = (
        pl.when(place.is_not_null()).then(status("computed"))
        .when(pl.col("is_total") | (pl.col("level") == 0).fill_null(False)).then(status("not_applicable"))
        .when(pl.col("level").is_null()).then("level_status").otherwise(status("not_covered"))
    )  # fmt: skip
    return place, made


# The published metrics, in the order of the columns. Level and records are not here: the level compares nothing, and
# records use a run of months (`records`).
FIGURES_OF: Sequence[Figure] = (
    Figure("mom_pct", MONTH - 1, *growth("level", "before_level"), own="level"),
    Figure("yoy_pct", MONTH - 12, *growth("level", "ago_level", "printed_yoy"), own="level"),
    Figure("ytd", JANUARY, pl.col("ytd"), pl.col("ytd_status"), own="ytd"),
    Figure("ytd_yoy_pct", JANUARY - 12, *growth("ytd", "ago_ytd", "printed_ytd_yoy"), own="ytd"),
    Figure("rolling_12m", MONTH - 11, pl.col("rolling_12m"), pl.col("rolling_12m_status"), own=None),
    Figure("rolling_12m_yoy_pct", MONTH - 23, *growth("rolling_12m", "ago_rolling_12m"), own=None),
    Figure("seasonal_yoy_pct", MONTH - 14, *growth("quarter", "ago_quarter"), own=None),
    Figure("share_pct", MONTH, *share(), own="level", of_partners=True),
    Figure("rank", MONTH, *rank(), own="level", of_partners=True),
    Figure(
        "contribution_mom_pp",
        MONTH - 1,
        *contribution("before_level", "world_before_level"),
        own="level",
        of_partners=True,
    ),
    Figure(
        "contribution_yoy_pp", MONTH - 12, *contribution("ago_level", "world_ago_level"), own="level", of_partners=True
    ),
)


def with_figures(frame: pl.DataFrame, *, per_kilogram: bool) -> pl.DataFrame:
    """The frame with every metric and its status; `comparable_from` is the month since which a series is comparable."""
    made, after, kinds = [], [], polars_schema("metric")
    for figure in FIGURES_OF:
        value, why, name = figure.value, figure.status, status_of(figure.name)
        if per_kilogram and figure.of_partners:
            made += [pl.lit(None, kinds[figure.name]).alias(figure.name), status("not_applicable").alias(name)]
            continue
        made += [value.alias(figure.name), why.alias(name)]
        missing = pl.col(figure.name).is_null() & (pl.col(figure.own).is_null() if figure.own else pl.lit(False))
        stands = missing | (pl.col(name) == status("not_applicable"))
        if figure.name == "ytd":
            # A printed year to date is a number and compares nothing.
            stands = missing | (pl.col(name) == status("reported"))
        is_cut = (figure.first < pl.col("comparable_from")).fill_null(False) & ~stands
        after += [
            pl.when(~is_cut).then(figure.name).alias(figure.name),
            pl.when(is_cut).then(status("definition_break")).otherwise(name).alias(name),
        ]
    frame = frame.with_columns(made)
    has_break = frame.select((pl.col("comparable_from").max() > MONTH.min() - 24).fill_null(False)).item()
    return frame.with_columns(after) if has_break else frame


def kinds_behind(*, per_kilogram: bool) -> pl.Expr:
    """The kinds of release behind the metrics of a row."""

    def where(name: str, *kinds: str) -> pl.Expr:
        united = pl.lit(0, pl.UInt8)
        for each in kinds:
            united = united | pl.col(each).fill_null(0)
        return pl.when(pl.col(name).is_not_null()).then(united).otherwise(pl.lit(0, pl.UInt8))

    def unless_implied(name: str, base: str, printed: str) -> pl.Expr:
        implied = pl.col(status_of(name)) == status("implied_base")
        return (
            pl.when(implied & pl.col(name).is_not_null())
            .then(pl.col(printed).fill_null(0))
            .otherwise(where(name, base))
        )

    found = (
        where("level", "kinds") | where("ytd", "ytd_kinds") | where("rolling_12m", "window")
        | where("rolling_12m_yoy_pct", "window", "ago_window")
        | where("seasonal_yoy_pct", "quarter_kinds", "ago_quarter_kinds") | where("mom_pct", "before_kinds")
        | unless_implied("yoy_pct", "ago_kinds", "printed_yoy_kinds")
        | unless_implied("ytd_yoy_pct", "ago_ytd_kinds", "printed_ytd_yoy_kinds")
    )  # fmt: skip
    if not per_kilogram:
        found = (
            found | where("share_pct", "world_kinds") | where("rank", "kinds_of_rank")
            | where("contribution_mom_pp", "before_kinds", "world_before_kinds")
            | where("contribution_yoy_pp", "ago_kinds", "world_ago_kinds")
        )  # fmt: skip
    return found
