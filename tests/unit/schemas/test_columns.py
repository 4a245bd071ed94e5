"""A column has a type, a description and checks that there are; nothing of this is left to the first frame."""

import polars as pl
import pytest

from schemas.columns import Column, TableType, column
from schemas.table import Table


def test_a_table_has_the_columns_of_the_table_that_it_extends_first() -> None:
    class Short(Table):
        """One column."""

        code: pl.String = column("code")

    class Long(Short):
        """Two columns."""

        level: pl.Float64 = column("level", "kg", nullable=True)

    assert list(Short.columns) == ["code"]
    assert list(Long.columns) == ["code", "level"]
    assert Long.columns["level"] == Column("level", "kg", True, False, (), pl.Float64())


def test_the_texts_that_a_column_may_hold_are_those_of_its_type_or_of_its_check() -> None:
    class Fixed(Table):
        """Columns with fixed sets of texts."""

        of_type: pl.Enum(["a", "b"]) = column("typed")  # type: ignore[valid-type]
        of_check: pl.String = column("checked", isin=("c", "d"))
        free: pl.String = column("free", str_matches="^x")

    assert [one.allowed for one in Fixed.columns.values()] == [("a", "b"), ("c", "d"), ()]


def test_an_unknown_check_and_a_field_without_type_or_column_are_refused_at_once() -> None:
    with pytest.raises(TypeError, match="no check 'above'; the checks are isin, ge, le"):
        column("code", above=3)
    with pytest.raises(TypeError, match=r"Bare\.code needs a Polars type and a column"):
        TableType("Bare", (Table,), {"code": column("code")})
    with pytest.raises(TypeError, match=r"Bare\.code needs a Polars type and a column"):
        TableType("Bare", (Table,), {"__annotations__": {"code": pl.String}})
