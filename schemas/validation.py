"""Reports what is wrong with a frame: the pandera schema of a table, built from its columns.

It is imported where a frame does not pass, and not before: pandera takes longer to import than most commands run.
"""

import functools
from collections.abc import Callable
from typing import Any

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors

from schemas.columns import TableType


@functools.cache
def pandera_schema(model: TableType) -> pa.DataFrameSchema:
    """Return the schema of a table: exactly its columns, in their order."""
    columns = {
        name: pa.Column(
            column.kind, [getattr(pa.Check, check.name)(**_arguments(check.name, check.given)) for check in column.checks],
            nullable=column.nullable, unique=column.unique, description=column.description,
        )
        for name, column in model.columns.items()
    }  # fmt: skip
    rules = [
        pa.Check(_of(rule), name=name, error=name, description=(rule.__doc__ or "").strip())
        for name, rule in model.rules.items()
    ]
    is_exact = not model.carries_more
    return pa.DataFrameSchema(columns, rules, name=model.__name__, strict=is_exact, ordered=is_exact)


def first_failure(model: TableType, frame: pl.DataFrame) -> dict[str, Any]:
    """Return column, failure_case, index (from 0, may be null) and check of the first failure of a frame that does not pass."""
    try:
        pandera_schema(model).validate(frame, lazy=True)
    except SchemaErrors as errors:
        return dict(errors.failure_cases.row(0, named=True))
    raise AssertionError(f"{model.__name__}: the frame passes for pandera and not for its table")


def _arguments(name: str, given: object) -> dict[str, object]:
    if isinstance(given, dict):
        return given
    return {{"isin": "allowed_values", "ge": "min_value", "le": "max_value", "str_matches": "pattern"}[name]: given}


def _of(rule: Callable[[], pl.Expr]) -> Callable[[pa.PolarsData], pl.LazyFrame]:
    def check(data: pa.PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(rule())

    return check
