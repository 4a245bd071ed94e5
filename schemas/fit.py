"""Finds out with one query whether a frame has the columns of a table, and whether their values keep its rules.

Pandera, which the models are written with, asks every column in several queries. Belongs here: yes or no, from what a
model says of its columns. Which values do not fit pandera says (`schemas.validation`).
"""

import ast
import functools
from collections.abc import Callable, Collection, Sequence
from typing import Any

import polars as pl

from schemas.names import FIGURES, ORIGINS, status
from schemas.table import Column

# A check of pandera by its name, as an expression that is true of a value that passes; null passes.
_CHECKS: dict[str, Callable[..., pl.Expr]] = {
    "greater_than_or_equal_to": lambda value, least: value >= least,
    "less_than_or_equal_to": lambda value, most: value <= most,
    "isin": lambda value, allowed: value.is_in(allowed),
    "str_matches": lambda value, pattern: value.str.contains(pattern if pattern.startswith("^") else f"^{pattern}"),
    "str_length": lambda value, least, most=None: value.str.len_chars().is_between(
        pl.lit(least or 0), pl.lit(2**31 if most is None else most)
    ),
}


def missing_says_why() -> pl.Expr:
    """A figure is null exactly where its status is a reason for being missing."""
    return pl.all_horizontal(
        pl.col(figure).is_null() == (pl.col(status(figure)).to_physical() >= len(ORIGINS)) for figure in FIGURES
    )


def nothing_is_lost() -> pl.Expr:
    """Records in = observed + quarantined."""
    return pl.col("records") == pl.col("records_observed") + pl.col("records_quarantined")


# Rules about several columns of a row, by the table.
ROW_RULES: dict[str, Callable[[], pl.Expr]] = {"metric": missing_says_why, "release": nothing_is_lost}


def fits(
    described: Sequence[Column],
    kinds: dict[str, Any],
    unique: Collection[str],
    frame: pl.DataFrame,
    rules: Sequence[pl.Expr] = (),
) -> bool:
    """Whether a frame has exactly these columns in their order, and each value keeps the checks of its column and each
    row the rules of its table."""
    if frame.columns != [column.name for column in described]:
        return False
    if not all(
        _is_kept(values, column, kinds[column.name], is_unique=column.name in unique)
        for values, column in zip(frame, described, strict=True)
    ):
        return False
    passes = [check_of(text)(pl.col(column.name)) for column in described for text in column.checks]
    if frame.is_empty() or not (passes or rules):
        return True
    answers = frame.select(one.all().alias(str(place)) for place, one in enumerate([*passes, *rules]))
    return all(answers.row(0))


def _is_kept(values: pl.Series, column: Column, kind: Any, *, is_unique: bool) -> bool:
    """Whether a column has its type, no value where it needs one, and none twice where it is unique."""
    if values.dtype != kind or (is_unique and values.is_duplicated().any()):
        return False
    is_missing = values.has_nulls() or (values.dtype.is_float() and values.is_nan().any())
    return column.nullable or not is_missing


@functools.cache
def check_of(text: str) -> Callable[[pl.Expr], pl.Expr]:
    """Return a check by its text, such as `<Check isin: isin(('a', 'b'))>`. Raises KeyError for one that is not known.

    >>> passes = check_of("<Check greater_than_or_equal_to: greater_than_or_equal_to(0)>")
    >>> pl.DataFrame({"a": [1, None, -1]}).select(passes(pl.col("a")))["a"].to_list()
    [True, None, False]
    """
    name, _, given = text.removesuffix(")>").partition(": ")[2].partition("(")
    # Pandera writes a pattern between quotes as it is, and everything else as Python does.
    arguments = (given[1:-1],) if name == "str_matches" else ast.literal_eval(f"({given},)")
    return lambda value: _CHECKS[name](value, *arguments)
