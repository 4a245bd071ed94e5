"""A frame that passes is the one that pandera lets pass, and the hash of a table is that of its pandera schema."""

import hashlib
import json
import math

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandera.errors import SchemaErrors

from schemas.columns import column, rule
from schemas.reference.code_tables import TABLES
from schemas.table import Table, empty_frame, polars_schema, schema_sha256
from schemas.tables.catalog import LAYOUTS
from schemas.validation import pandera_schema

MODELS = [*(layout.model for layout in LAYOUTS.values()), *TABLES.values()]


class Traded(Table):
    """A table with every kind of check."""

    key: pl.String = column("key", unique=True, str_length={"min_value": 1})
    code: pl.String = column("code", str_matches=r"\d{2}$")
    flow: pl.String = column("direction", isin=("export", "import"), nullable=True)
    kind: pl.Enum(["whole", "part"]) = column("kind")  # type: ignore[valid-type]
    first: pl.Int32 = column("first month", ge=1, le=12, nullable=True)
    last: pl.Int32 = column("last month", ge=1, nullable=True)
    share: pl.Float64 = column("share", "%")

    @classmethod
    @rule
    def in_order(cls) -> pl.Expr:
        """The first month is not after the last."""
        return pl.col("first") <= pl.col("last")


def is_let_pass(frame: pl.DataFrame) -> bool:
    try:
        pandera_schema(Traded).validate(frame, lazy=True)
    except SchemaErrors:
        return False
    return True


ROWS = st.fixed_dictionaries({
    "key": st.sampled_from(["", "a", "b", "c", "d", None]), "code": st.sampled_from(["12", "99", "1", "a12", "12\n", None]),
    "flow": st.sampled_from(["export", "import", "both", "", None]), "kind": st.sampled_from(["whole", "part", None]),
    "first": st.sampled_from([0, 1, 2, 12, 13, None]), "last": st.sampled_from([0, 1, 2, 12, 13, None]),
    "share": st.sampled_from([0.0, -1.5, math.nan, math.inf, None]),
})  # fmt: skip
GOOD = {"key": "a", "code": "12", "flow": None, "kind": "part", "first": 1, "last": 12, "share": 0.5}


@settings(deadline=None)
@given(st.lists(ROWS, max_size=3))
def test_a_frame_passes_by_itself_exactly_where_pandera_lets_it_pass(rows: list[dict[str, object]]) -> None:
    frame = pl.DataFrame(rows, schema=polars_schema(Traded))
    assert Traded.is_met_by(frame) == is_let_pass(frame)


@settings(deadline=None)
@given(st.sampled_from([*GOOD]), ROWS)
def test_one_wrong_value_is_refused_exactly_where_pandera_refuses_it(name: str, other: dict[str, object]) -> None:
    frame = pl.DataFrame([GOOD | {name: other[name]}], schema=polars_schema(Traded))
    assert Traded.is_met_by(frame) == is_let_pass(frame)


def test_a_good_frame_passes_and_columns_of_other_types_or_order_do_not() -> None:
    frame = pl.DataFrame([GOOD], schema=polars_schema(Traded))
    assert Traded.validate(frame) is frame
    for wrong in (
        frame.select(reversed(frame.columns)), frame.drop("flow"), frame.with_columns(more=1), frame.cast({"first": pl.Int64}),
        frame.with_columns(pl.col("kind").cast(pl.Enum(["part", "whole"]))),
    ):  # fmt: skip
        assert not Traded.is_met_by(wrong)
        with pytest.raises(SchemaErrors):
            Traded.validate(wrong, lazy=True)


@pytest.mark.parametrize("model", MODELS)
def test_an_empty_frame_of_each_table_passes_both_ways(model: type[Table]) -> None:
    frame = empty_frame(model)
    assert model.is_met_by(frame)
    pandera_schema(model).validate(frame, lazy=True)


@pytest.mark.parametrize("model", [layout.model for layout in LAYOUTS.values() if not layout.rests_on])
def test_the_hash_of_a_table_is_the_one_that_its_pandera_schema_gives(model: type[Table]) -> None:
    columns = [
        [
            name, str(column.dtype), column.nullable, column.description,
            {"unit": model.columns[name].unit} if model.columns[name].unit else None, sorted(map(str, column.checks)),
        ]
        for name, column in pandera_schema(model).columns.items()
    ]  # fmt: skip
    text = json.dumps(columns, sort_keys=True, ensure_ascii=False)
    assert schema_sha256(model) == hashlib.sha256(text.encode()).hexdigest()
