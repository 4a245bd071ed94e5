"""Which kinds of release a figure rests on: a query and a press print in one growth are never mixed without a word.

A set of kinds is a whole number, a bit for each kind in the order of KINDS, so that a union is an `or` and no text is made
before the end. Nearly every portion knows one kind only; then there is nothing to unite and nothing is reckoned.

Columns of a series: `level_kinds`, `ytd_kinds`, and of the printed growths `yoy_kinds`, `ytd_yoy_kinds`.
"""

from collections.abc import Sequence
from functools import reduce
from operator import or_

import polars as pl

from schemas.metric import FIGURES, SETS_OF_KINDS, status
from schemas.observation import KINDS

OF_SERIES = ("level_kinds", "ytd_kinds", "yoy_kinds", "ytd_yoy_kinds")
OF_WINDOWS = ("level_kinds", "ytd_kinds", "year_kinds", "two_years_kinds")


def kind_bit(standing: str) -> pl.Expr:
    """The set of the one kind that has this place in KINDS, null for null."""
    return pl.col(standing).replace_strict(
        range(len(KINDS)), [2**place for place in range(len(KINDS))], return_dtype=pl.UInt8
    )


def kind_names(kinds: str) -> pl.Expr:
    """The set as text, in alphabetical order: published+query."""
    return pl.col(kinds).replace_strict(range(1, len(SETS_OF_KINDS) + 1), SETS_OF_KINDS, return_dtype=pl.String)


def name_kinds(kinds: int) -> str | None:
    """The name of a set, None for the empty one."""
    return SETS_OF_KINDS[kinds - 1] if kinds else None


def kinds_present(frame: pl.DataFrame, columns: tuple[str, ...] = OF_SERIES) -> list[int]:
    """The bits that are in some set of these columns."""
    present = reduce(or_, (number or 0 for name in columns for number in frame[name].unique()), 0)
    return [2**place for place in range(len(KINDS)) if present & 2**place]


def has_bit(kinds: str | pl.Expr, bit: int) -> pl.Expr:
    """Whether a set has a kind; no set has none."""
    expression = pl.col(kinds) if isinstance(kinds, str) else kinds
    return (expression & pl.lit(bit, dtype=pl.UInt8) != 0).fill_null(False)


def as_set(holds: pl.Expr, bit: int) -> pl.Expr:
    """The set of one kind where something holds, else the empty set."""
    return pl.when(holds).then(pl.lit(bit, dtype=pl.UInt8)).otherwise(pl.lit(0, dtype=pl.UInt8))


def union(sets: Sequence[pl.Expr]) -> pl.Expr:
    """All kinds of several sets; null counts as empty."""
    return reduce(or_, (expression.fill_null(0) for expression in sets), pl.lit(0, dtype=pl.UInt8))


def kinds_since(bits: list[int], first: pl.Expr) -> pl.Expr:
    """The kinds of the levels from the month `first` to the row's, in a frame in order of series and month."""

    def is_there(bit: int) -> pl.Expr:
        last = pl.when(has_bit("level_kinds", bit)).then("month").forward_fill().over("series")
        return (last >= first).fill_null(False)

    return union([as_set(is_there(bit), bit) for bit in bits])


def add_kinds_of_years(rows: pl.DataFrame) -> pl.DataFrame:
    """Gives ytd_kinds, and level_kinds of a month that is a difference, the kinds of the chain that they follow from.

    For `calendar_grid.chain_years`, with its columns: a total carried forwards (`ahead`) rests on the last printed one and
    the months since, else on all months; one carried backwards on the next printed one and the months up to it; what is
    `left_over` between two totals rests on both.
    """
    bits = kinds_present(rows)
    if len(bits) < 2:
        kind = pl.lit(sum(bits), dtype=pl.UInt8)
        return rows.with_columns(
            ytd_kinds=pl.when(pl.col("total").is_not_null()).then(kind),
            level_kinds=pl.when(_any_of(("level", "left_over"))).then(kind),
        )
    year = ["series", "year"]
    printed = pl.col("printed").is_not_null()
    rows = rows.with_columns(
        since=printed.cum_sum().over(year), until=printed.cum_sum(reverse=True).over(year),
        known=pl.when(pl.col("level").is_not_null()).then("level_kinds").otherwise(0).cast(pl.UInt8),
    )  # fmt: skip
    ahead, behind = [], []
    for bit in bits:
        forwards = pl.when(printed).then(has_bit("ytd_kinds", bit)).otherwise(has_bit("known", bit))
        backwards = has_bit("known", bit) | (printed & has_bit("ytd_kinds", bit))
        ahead.append(as_set(forwards.cum_max().over(*year, "since"), bit))
        behind.append(as_set(backwards.cum_max(reverse=True).over(*year, "until").shift(-1).over(year), bit))
    rows = rows.with_columns(
        chain=pl.when(pl.col("total").is_not_null())
        .then(pl.when(pl.col("ahead").is_not_null()).then(union(ahead)).otherwise(union(behind)))
    )  # fmt: skip
    before = pl.when(pl.col("place") > 1).then(pl.col("chain").shift(1).over(year))
    return rows.with_columns(
        ytd_kinds="chain",
        level_kinds=pl.when(pl.col("level").is_not_null()).then("level_kinds")
        .when(pl.col("left_over").is_not_null()).then(union([pl.col("chain"), before])),
    ).drop("since", "until", "known", "chain")  # fmt: skip


def add_window_kinds(series: pl.DataFrame, bits: list[int]) -> pl.DataFrame:
    """Adds the kinds of the rolling year and of the two, and makes ytd_kinds those of the months where it is their sum."""
    summed = pl.col("ytd_status") == "sum_of_months"
    return series.with_columns(
        ytd_kinds=pl.when(summed).then(kinds_since(bits, pl.col("month") - pl.col("month") % 12)).otherwise("ytd_kinds"),
        year_kinds=kinds_since(bits, pl.col("month") - 11),
        two_years_kinds=kinds_since(bits, pl.col("month") - 23),
    )  # fmt: skip


def add_figure_kinds(figures: pl.DataFrame, bits: list[int]) -> pl.DataFrame:
    """Turns level_kinds into text and adds `kinds`, those of all figures that the row has.

    Of several kinds the frame must know those of every base, of the windows and of the records.
    """
    if len(bits) < 2:
        name = pl.lit(name_kinds(sum(bits)), dtype=pl.String)
        return figures.with_columns(
            level_kinds=pl.when(pl.col("level").is_not_null()).then(name), kinds=pl.when(_any_of(FIGURES)).then(name)
        )
    partners = ["flow", "product", "measure", "month"]
    ranked = pl.col("rank").is_not_null()
    rests = [
        ("level_kinds", pl.col("level").is_not_null()),
        ("ytd_kinds", pl.col("ytd").is_not_null()),
        ("year_kinds", pl.col("rolling_12m").is_not_null()),
        ("two_years_kinds", pl.col("rolling_12m_yoy_pct").is_not_null()),
        ("record_kinds", _any_of(("highest_since", "lowest_since"))),
        ("month_before_kinds", _any_of(("mom_pct", "contribution_mom_pp"))),
        ("year_before_kinds", _is_computed("yoy_pct") | pl.col("contribution_yoy_pp").is_not_null()),
        ("ytd_before_kinds", _is_computed("ytd_yoy_pct")),
        ("yoy_kinds", pl.col("yoy_status") == "implied_base"),
        ("ytd_yoy_kinds", pl.col("ytd_yoy_status") == "implied_base"),
        ("world_kinds", pl.col("share_pct").is_not_null()),
        ("world_before_kinds", pl.col("contribution_mom_pp").is_not_null()),
        ("world_year_before_kinds", pl.col("contribution_yoy_pp").is_not_null()),
    ]
    of_rank = union([as_set((ranked & has_bit("level_kinds", bit)).any().over(partners), bit) for bit in bits])
    kinds = union([pl.when(there).then(name) for name, there in [*rests]] + [pl.when(ranked).then(of_rank)])
    figures = figures.with_columns(kinds=pl.when(_any_of(FIGURES)).then(kinds))
    return figures.with_columns(kind_names("level_kinds"), kind_names("kinds"))


def _any_of(figures: tuple[str, ...]) -> pl.Expr:
    return pl.any_horizontal(pl.col(name).is_not_null() for name in figures)


def _is_computed(figure: str) -> pl.Expr:
    return pl.col(figure).is_not_null() & (pl.col(status(figure)) != "implied_base")
