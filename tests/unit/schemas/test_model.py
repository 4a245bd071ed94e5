"""A model refuses what does not fit it and says where, and all that it says of its columns can be read without it."""

import math

import polars as pl
import pytest
from pandera.errors import SchemaErrors
from pandera.polars import Field, PolarsData, dataframe_check

from schemas.model import Table, allowed_by, columns_of
from schemas.table import Column, columns
from schemas.tables.catalog import MODELS


class Traded(Table):
    """A table with every kind of check."""

    key: pl.String = Field(description="key", unique=True, str_length={"min_value": 1})
    code: pl.String = Field(description="code", str_matches=r"^\d{2}$")
    flow: pl.String = Field(description="direction", isin=["export", "import"], nullable=True)
    kind: pl.Enum = Field(description="kind", dtype_kwargs={"categories": ("whole", "part")})
    first: pl.Int32 = Field(description="first month", ge=1, le=12, nullable=True)
    last: pl.Int32 = Field(description="last month", ge=1, nullable=True)
    share: pl.Float64 = Field(description="share", metadata={"unit": "%"})
    parts: list[str] = Field(description="parts")

    @dataframe_check
    @classmethod
    def in_order(cls, data: PolarsData) -> pl.LazyFrame:
        """The first month is not after the last."""
        return data.lazyframe.select(pl.col("first") <= pl.col("last"))


KINDS = {
    "key": pl.String, "code": pl.String, "flow": pl.String, "kind": pl.Enum(["whole", "part"]), "first": pl.Int32, "last": pl.Int32,
    "share": pl.Float64, "parts": pl.List(pl.String),
}  # fmt: skip
GOOD = {"key": "a", "code": "12", "flow": None, "kind": "part", "first": 1, "last": 12, "share": 0.5, "parts": ["x"]}
FRAME = pl.DataFrame([GOOD, GOOD | {"key": "b"}], schema=KINDS)


@pytest.mark.parametrize(
    ("change", "failures"),
    [
        ({}, []),
        ({"first": None}, []),
        ({"key": ""}, [("key", "str_length(1, None)", 1, "")]),
        ({"key": "a"}, [("key", "field_uniqueness", 0, "a"), ("key", "field_uniqueness", 1, "a")]),
        ({"code": "123"}, [("code", r"str_matches('^\d{2}$')", 1, "123")]),
        ({"code": None}, [("code", "not_nullable", 1, None)]),
        ({"flow": "both"}, [("flow", "isin(['export', 'import'])", 1, "both")]),
        ({"kind": None}, [("kind", "not_nullable", 1, None)]),
        ({"first": 0}, [("first", "greater_than_or_equal_to(1)", 1, "0")]),
        ({"first": 13, "last": 13}, [("first", "less_than_or_equal_to(12)", 1, "13")]),
        ({"share": math.nan}, [("share", "not_nullable", 1, "NaN")]),
        ({"parts": None}, [("parts", "not_nullable", 1, "null")]),
    ],
)  # fmt: skip
def test_a_value_that_may_not_be_is_refused_with_its_column_its_row_and_what_was_found(
    change: dict[str, object], failures: list[tuple[object, ...]]
) -> None:
    frame = pl.DataFrame([GOOD, GOOD | {"key": "b"} | change], schema=KINDS)
    found: list[tuple[object, ...]] = []
    try:
        assert Traded.validate(frame, lazy=True).equals(frame)
    except SchemaErrors as errors:
        found = errors.failure_cases.select("column", "check", "index", "failure_case").rows()
    assert found == failures


def test_a_rule_over_several_columns_is_named_with_the_row() -> None:
    with pytest.raises(SchemaErrors, match="in_order") as raised:
        Traded.validate(FRAME.with_columns(last=pl.Series([12, 11], dtype=pl.Int32), first=12), lazy=True)
    assert "in_order" in raised.value.failure_cases["check"].to_list()


@pytest.mark.parametrize(
    "wrong",
    [
        FRAME.select(reversed(FRAME.columns)), FRAME.drop("flow"), FRAME.with_columns(more=1), FRAME.cast({"first": pl.Int64}),
        FRAME.with_columns(pl.col("kind").cast(pl.Enum(["part", "whole"]))),
    ],
)  # fmt: skip
def test_columns_of_other_types_or_in_another_order_are_refused(wrong: pl.DataFrame) -> None:
    with pytest.raises(SchemaErrors):
        Traded.validate(wrong, lazy=True)


def test_what_a_model_says_of_its_columns_is_text_and_those_of_the_model_that_it_extends_come_first() -> None:
    class Longer(Traded):
        """One column more."""

        level: pl.Float64 = Field(description="level", metadata={"unit": "kg"}, nullable=True)

    said = columns_of(Longer)
    assert said[:-1] == columns_of(Traded)
    assert said[-1] == Column("level", "Float64", True, "level", "kg", [])
    assert said[2] == Column("flow", "String", True, "direction", None, ["<Check isin: isin(('export', 'import'))>"])
    assert [column.kind for column in said[3:8]] == ["Enum(categories=['whole', 'part'])", "Int32", "Int32", "Float64", "List(String)"]  # fmt: skip
    assert [allowed_by(Traded, name) for name in ("flow", "kind", "code")] == [
        ("export", "import"),
        ("whole", "part"),
        (),
    ]


@pytest.mark.parametrize("name", MODELS)
def test_who_does_not_import_a_model_reads_the_same_of_its_table(name: str) -> None:
    assert [*columns(name).values()] == columns_of(MODELS[name])
