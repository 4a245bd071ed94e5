"""Derives the figures of `metric` from their entries in `schemas/figures.py`: first month used, value and status of
each.

A formula reads a row with its numbers side by side (prepared by `windows`): those of the month, of the
month before (`before_`), of the same month a year before (`ago_`), and those of the world. Numbers are whole, in
smallest units; values per kilogram are floats. Nothing is rounded. A metric that cannot be computed is null and its
status gives the reason. A metric that would compare two sides of a change of definition is removed.
"""

import functools
import operator
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import polars as pl

from schemas.figures import FIGURE_OF, Figure
from schemas.names import status as status_of
from schemas.table import polars_schema
from tasks.domain.growth import growth_pct
from tasks.domain.periods import january_of
from tasks.domain.units import by_constant
from tasks.metrics.levels.names import status

BASIS_POINTS_PER_PERCENT = 100
MONTH = pl.col("month")
JANUARY = january_of(MONTH)


class FigureExpressions(NamedTuple):
    """A figure of `schemas/figures.py` as expressions.

    `first` is the first month it uses; `needed` the row's number without which its status stays unchanged, None where
    there is none; `of_partners` marks figures that a value per kilogram does not have; `kinds` are the columns with the
    kinds of release behind its operands, and `printed` the one that takes their place where the base is implied.
    """

    name: str
    first: pl.Expr
    value: pl.Expr
    status: pl.Expr
    needed: str | None
    of_partners: bool
    kinds: tuple[str, ...]
    printed: str | None


def growth(now: str, base: str, printed: str | None = None) -> tuple[pl.Expr, pl.Expr]:
    """Growth on an earlier number in per cent, and its status; a printed growth where the base is not known."""
    has_now, has_base = pl.col(now).is_not_null(), pl.col(base).is_not_null()
    is_computed = has_now & (pl.col(base) > 0).fill_null(False)
    is_implied = ~has_base & (pl.col(printed).is_not_null() if printed else pl.lit(False))
    computed = pl.when(is_computed).then(growth_pct(pl.col(now), pl.col(base)))
    value = (
        computed.when(is_implied).then(by_constant(pl.col(printed), BASIS_POINTS_PER_PERCENT)) if printed else computed
    )
    combined = pl.col(f"{base}_status") == status("combined_months") if now == "level" else pl.lit(False)
    why = (
        pl.when(is_computed)
        .then(status("computed"))
        .when(is_implied)
        .then(status("implied_base"))
        .when(~has_now)
        .then(f"{now}_status")
        .when(has_base)
        .then(status("zero_base"))
        .when(combined.fill_null(False))
        .then(status("combined_months"))
        .otherwise(status("no_base"))
    )
    return value, why


def contribution(level: str, before: str, world: str) -> tuple[pl.Expr, pl.Expr]:
    """A partner's contribution to the growth of the world, in percentage points, and its status."""
    base = pl.col(world)
    value = pl.when(base > 0).then((pl.col(level) - pl.col(before)) / base * 100)
    is_of_month = level == "level"
    combined = pl.col(f"{before}_status") == status("combined_months") if is_of_month else pl.lit(False)
    why = (
        pl.when(pl.col(level).is_null())
        .then(f"{level}_status")
        .when(pl.col(before).is_null())
        .then(pl.when(combined.fill_null(False)).then(status("combined_months")).otherwise(status("no_base")))
        .when(base.is_null())
        .then(status("no_world_total"))
        .when(base > 0)
        .then(status("computed"))
        .otherwise(status("zero_base"))
    )
    return value, why


def share(level: str, total: str) -> tuple[pl.Expr, pl.Expr]:
    """The share in the world total in per cent, and its status."""
    world = pl.col(total)
    why = (
        pl.when(pl.col(level).is_null())
        .then(f"{level}_status")
        .when(world.is_null())
        .then(status("no_world_total"))
        .when(world > 0)
        .then(status("computed"))
        .otherwise(status("zero_base"))
    )
    return pl.when(world > 0).then(pl.col(level) / world * 100), why


def of_consumption(level: str, consumption: str) -> tuple[pl.Expr, pl.Expr]:
    """What part of imports for consumption a duty or their dutiable value is, in per cent, and its status."""
    whole, is_part = pl.col(consumption), pl.col("is_of_consumption")
    reason = (
        pl.when(~is_part)
        .then(status("not_applicable"))
        .when(pl.col(level).is_null())
        .then(f"{level}_status")
        .when(whole.is_null())
        .then(status("no_base"))
        .when(whole > 0)
        .then(status("computed"))
        .otherwise(status("zero_base"))
    )
    return pl.when(is_part & (whole > 0)).then(pl.col(level) / whole * 100), reason


def rank(level: str, by_level: str) -> tuple[pl.Expr, pl.Expr]:
    """The rank among the partners of a completely known group, and its status."""
    place = pl.col(by_level)
    why = (
        pl.when(place.is_not_null())
        .then(status("computed"))
        .when(pl.col("is_total") | (pl.col(level) == 0).fill_null(False))
        .then(status("not_applicable"))
        .when(pl.col(level).is_null())
        .then(f"{level}_status")
        .otherwise(status("not_covered"))
    )
    return place, why


def number(name: str) -> tuple[pl.Expr, pl.Expr]:
    """A number as it is, and its status; an average is divided where it is published (`rows`)."""
    return pl.col(name), pl.col(f"{name}_status")


FORMULAS: dict[str, Callable[..., tuple[pl.Expr, pl.Expr]]] = {
    "growth": growth,
    "contribution": contribution,
    "share": share,
    "of_consumption": of_consumption,
    "rank": rank,
    "number": number,
    "average": number,
}
# The numbers that stand beside each other in a row of a month.
OPERAND = re.compile(
    r"(world_)?((before_|ago_)?level|(ago_)?(ytd|rolling_\d+m))|place_by_(level|ytd|rolling_\d+m)|consumption_level"
    r"|printed_(ytd_)?yoy"
)
OPERANDS = (
    "level, ytd and rolling_<n>m, each also with ago_ and world_ before it, before_level, place_by_level (or ytd,"
    " rolling_<n>m), consumption_level, printed_yoy and printed_ytd_yoy"
)
# How many months before the month an operand begins, by its name without the row it is of.
BACK = {"before": 1, "ago": 12}


def months_added(operand: str) -> int | None:
    """How many months an operand adds up: world_rolling_12m -> 12; None for one that is no such sum."""
    match = re.fullmatch(r"(?:\w+_)?rolling_(\d+)m", operand)
    return int(match[1]) if match else None


def first_month(operand: str) -> pl.Expr:
    """The first month that an operand rests on."""
    back = next((months for name, months in BACK.items() if operand.removeprefix("world_").startswith(f"{name}_")), 0)
    return (JANUARY if operand.endswith("ytd") else MONTH - ((months_added(operand) or 1) - 1)) - back


def kinds_of(operand: str) -> str:
    """The column with the kinds of release behind an operand: before_level -> before_kinds, ytd -> ytd_kinds."""
    return f"{operand.removesuffix('level')}kinds" if operand.endswith("level") else f"{operand}_kinds"


def expressions_of(name: str, figure: Figure) -> FigureExpressions:
    """A figure as expressions. Raises ValueError for a formula or an operand that a row of numbers does not have."""
    formula, *operands = figure.formula
    unknown = [operand for operand in operands if not OPERAND.fullmatch(operand)]
    if formula not in FORMULAS or unknown:
        odd = f"an operand {unknown[0]!r}; the operands are {OPERANDS}" if unknown else f"a formula {formula!r}; there"
        odd += "" if unknown else f" are {', '.join(FORMULAS)}"
        raise ValueError(f"the figure {name} of schemas/figures.py has {odd}. Name one of these, or add it to windows.")
    rests_on = [operand for operand in operands if not operand.startswith("printed_")]
    printed = next((kinds_of(operand) for operand in operands if operand.startswith("printed_")), None)
    return FigureExpressions(
        name,
        pl.min_horizontal(map(first_month, rests_on)),
        *FORMULAS[formula](*operands),
        needed=operands[0] if operands[0] in ("level", "ytd") else None,
        of_partners=figure.of_partners,
        kinds=tuple(map(kinds_of, rests_on)),
        printed=printed,
    )


# The published figures that follow from operands, in the order of the columns. The level compares nothing, and records
# use a run of months (`records`).
FIGURES_OF: Sequence[FigureExpressions] = tuple(
    expressions_of(name, figure) for name, figure in FIGURE_OF.items() if figure.formula
)


def with_figures(frame: pl.DataFrame, *, per_kilogram: bool) -> pl.DataFrame:
    """The frame with every metric and its status; `comparable_from` is the month since which a series is comparable."""
    columns, after, kinds = [], [], polars_schema("metric")
    for figure in FIGURES_OF:
        value, why, name = figure.value, figure.status, status_of(figure.name)
        if per_kilogram and figure.of_partners:
            columns += [pl.lit(None, kinds[figure.name]).alias(figure.name), status("not_applicable").alias(name)]
            continue
        columns += [value.alias(figure.name), why.alias(name)]
        missing = pl.col(figure.name).is_null() & (pl.col(figure.needed).is_null() if figure.needed else pl.lit(False))
        stands = missing | (pl.col(name) == status("not_applicable"))
        if figure.name == "ytd":
            # A printed year to date is a number and compares nothing.
            stands = missing | (pl.col(name) == status("reported"))
        is_cut = (figure.first < pl.col("comparable_from")).fill_null(False) & ~stands
        after += [
            pl.when(~is_cut).then(figure.name).alias(figure.name),
            pl.when(is_cut).then(status("definition_break")).otherwise(name).alias(name),
        ]
    frame = frame.with_columns(columns)
    has_break = frame.select((pl.col("comparable_from").max() > MONTH.min() - 24).fill_null(False)).item()
    return frame.with_columns(after) if has_break else frame


def kinds_behind(*, per_kilogram: bool) -> pl.Expr:
    """The kinds of release behind the metrics of a row."""

    def behind(figure: FigureExpressions) -> pl.Expr:
        united = pl.lit(0, pl.UInt8)
        for each in figure.kinds:
            united = united | pl.col(each).fill_null(0)
        if figure.printed:
            implied = pl.col(status_of(figure.name)) == status("implied_base")
            united = pl.when(implied).then(pl.col(figure.printed).fill_null(0)).otherwise(united)
        return pl.when(pl.col(figure.name).is_not_null()).then(united).otherwise(pl.lit(0, pl.UInt8))

    level = pl.when(pl.col("level").is_not_null()).then(pl.col("kinds").fill_null(0)).otherwise(pl.lit(0, pl.UInt8))
    of_row = [behind(figure) for figure in FIGURES_OF if not (per_kilogram and figure.of_partners)]
    return functools.reduce(operator.or_, of_row, level)
