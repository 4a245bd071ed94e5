"""Defines the base of the models of tables, and what a model says of its columns.

A model is a `DataFrameModel` of pandera: it validates frames, and everything else follows from it. `make dictionary`
writes what it says of its columns to `tables.json`, by which frames are checked and read (`schemas.fit`).
"""

from collections.abc import Collection
from typing import Any

import polars as pl
from pandera.polars import Check, DataFrameModel, Field

from schemas.fit import fits
from schemas.table import Column


def column(
    description: str, unit: str | None = None, *, categories: Collection[str] | None = None, **checks: Any
) -> Any:
    """A column of a model: what it holds and its unit; `categories` are the texts of an Enum, `checks` those of
    pandera's Field."""
    return Field(
        description=description,
        metadata=None if unit is None else {"unit": unit},
        dtype_kwargs=None if categories is None else {"categories": categories},
        **checks,
    )


def optional(description: str, unit: str | None = None, **options: Any) -> Any:
    """A `column` that may be missing in a row."""
    return column(description, unit, nullable=True, **options)


class Table(DataFrameModel):
    """A frame with exactly these columns in this order.

    Its columns are made by `column` and `optional`.
    """

    class Config:
        strict = True
        ordered = True

    @classmethod
    def validate(cls, check_obj: pl.DataFrame, *args: Any, **options: Any) -> pl.DataFrame:  # type: ignore[override]
        """Return a frame that fits the model; see pandera. Raises SchemaErrors with every value that does not fit.

        Pandera asks every column in several queries. What fits is found here with few, and pandera says what does not.
        """
        if _fits(cls, check_obj):
            return check_obj
        return super().validate(check_obj, *args, **options)


def _fits(model: type[Table], frame: pl.DataFrame) -> bool:
    """Whether a frame has exactly the columns of a model in their order, and no value breaks a rule."""
    schema = model.to_schema()
    kinds = {name: column.dtype.type for name, column in schema.columns.items()}
    if not fits(columns_of(model), kinds, unique_of(model), frame):
        return False
    rows = frame.lazy()
    answers = [check(rows).check_passed for check in schema.checks] if frame.height else []
    return all(answer.item() for answer in pl.collect_all(answers))


def table_name(model: type[Table]) -> str:
    """The name of the table of a model: TradeFlow -> trade_flow."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in model.__name__).lstrip("_")


def columns_of(model: type[Table]) -> list[Column]:
    """What a model says of each of its columns, in order."""
    return [
        Column(
            name,
            str(column.dtype),
            column.nullable,
            column.description or "",
            column.metadata["unit"] if column.metadata else None,
            sorted(map(_text, column.checks)),
        )
        for name, column in model.to_schema().columns.items()
    ]


def unique_of(model: type[Table]) -> list[str]:
    """The columns of which no two rows have the same value."""
    return [name for name, column in model.to_schema().columns.items() if column.unique]


def allowed_by(model: type[Table], name: str) -> tuple[str, ...]:
    """The texts that a column may hold; empty if any."""
    column: Any = model.to_schema().columns[name]
    if isinstance(column.dtype.type, pl.Enum):
        return tuple(column.dtype.type.categories)
    return next(
        (tuple(given) for check in column.checks if (given := (check.statistics or {}).get("allowed_values"))), ()
    )


def _text(check: Check) -> str:
    allowed = (check.statistics or {}).get("allowed_values")
    return str(check) if allowed is None else f"<Check isin: isin({tuple(allowed)})>"
