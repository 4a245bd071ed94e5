"""The quick answer is that of pandera, on sound frames and on damaged ones."""

from typing import Any

import pandera.polars as pa
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandera.errors import SchemaErrors
from pandera.typing.polars import DataFrame

from schemas.quick_check import QuickSchema
from schemas.reference.code_tables import TABLES, code_table
from schemas.table import Table, column, empty_frame
from schemas.tables.metric import Metric
from schemas.tables.release import Release
from tests.draws import draws


class Sample(Table):
    code: pl.String = column("a code", str_matches=r"^[a-c]+$", unique=True)
    kind: pl.String = column("its kind", isin=("x", "y"), nullable=True)
    share: pl.Float64 = column("a share", le=1.0)
    loose: pl.Float64 = column("any number", nullable=True)
    rank: pl.UInt32 = column("a place", ge=1)

    @pa.dataframe_check
    def ranks_go_with_kinds(cls, data: pa.PolarsData) -> pl.LazyFrame:  # type: ignore[misc]  # noqa: N805
        return data.lazyframe.select((pl.col("kind") == "x") | (pl.col("rank") < 5))


SOUND = pl.DataFrame(
    {"code": ["a", "b"], "kind": ["x", None], "share": [0.5, 1.0], "loose": [None, float("nan")], "rank": [9, 1]},
    schema={"code": pl.String, "kind": pl.String, "share": pl.Float64, "loose": pl.Float64, "rank": pl.UInt32},
)


def quick(model: type[Table]) -> QuickSchema:
    schema = model.to_schema()
    assert isinstance(schema, QuickSchema)
    return schema


def cells(model: type[Table], frame: pl.DataFrame) -> list[dict[str, Any]]:
    """What pandera alone finds: one row for each failure, none where the frame passes."""
    try:
        quick(model).judge.validate(frame, lazy=True)
    except SchemaErrors as errors:
        return errors.failure_cases.rows(named=True)  # type: ignore[no-any-return]
    return []


DAMAGES = {
    "null in a column that has none": pl.lit(None, pl.String).alias("code"),
    "value outside a list": pl.lit("z").alias("kind"),
    "text of another form": pl.concat_str("code", pl.lit("?")).alias("code"),
    "twice the same": pl.lit("a").alias("code"),
    "not a number": pl.lit(float("nan")).alias("share"),
    "too large": pl.lit(1.5).alias("share"),
    "too small": pl.lit(0, pl.UInt32).alias("rank"),
    "another type": pl.col("rank").cast(pl.Int64),
    "a row that contradicts itself": pl.lit("y").alias("kind"),
    "one more column": pl.lit(1).alias("more"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_frame_gets_the_errors_of_pandera(damage: str) -> None:
    broken = SOUND.with_columns(DAMAGES[damage])
    assert not quick(Sample).is_sound(broken)
    found = cells(Sample, broken)
    assert found
    with pytest.raises(SchemaErrors) as raised:
        Sample.validate(broken, lazy=True)
    assert raised.value.failure_cases.rows(named=True) == found
    with pytest.raises(pa.errors.SchemaError):
        DataFrame[Sample](broken)


@pytest.mark.parametrize("order", [["kind", "code", "share", "loose", "rank"], ["code", "kind", "share", "loose"]])
def test_columns_in_another_order_or_absent_are_refused(order: list[str]) -> None:
    assert not quick(Sample).is_sound(SOUND.select(order))
    with pytest.raises(SchemaErrors):
        Sample.validate(SOUND.select(order), lazy=True)


@draws(40)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "ab", "c", "d", None]),
            st.sampled_from(["x", "y", "z", None]),
            st.sampled_from([0.5, 1.0, 1.5, float("nan"), None]),
            st.sampled_from([0.5, float("nan"), None]),
            st.sampled_from([0, 1, 4, 5, None]),
        ),
        max_size=3,
    )
)
def test_it_finds_a_frame_sound_exactly_where_pandera_does(rows: list[tuple[object, ...]]) -> None:
    frame = pl.DataFrame(rows, schema=SOUND.schema, orient="row")
    assert quick(Sample).is_sound(frame) == (cells(Sample, frame) == [])


def test_a_sound_frame_costs_one_question(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every code table, and the tables with a check of whole rows: none needs pandera's columns one by one."""
    frames = [(model, code_table(name)) for name, model in TABLES.items()]
    frames += [(model, empty_frame(model)) for model in (Metric, Release)]
    frames.append((Sample, SOUND))
    assert len(TABLES) > 20
    for model, frame in frames:
        assert cells(model, frame) == []

        def asked(*given: object, **named: object) -> None:
            raise AssertionError("pandera was asked about each column")

        with monkeypatch.context() as patch:
            patch.setattr(quick(model).judge, "validate", asked)
            assert model.validate(frame, lazy=True) is frame


def test_part_of_a_frame_is_for_pandera() -> None:
    broken = pl.concat([SOUND, SOUND.with_columns(pl.lit("z").alias("kind"), code=pl.Series(["c", "ab"]))])
    assert Sample.validate(broken, head=2).equals(broken)
    with pytest.raises(pa.errors.SchemaError):
        Sample.validate(broken)
