"""What travels between processes: packed it is smaller, unpacked it is what it was."""

import pickle
from datetime import date
from typing import NamedTuple

import polars as pl
import pytest

from schemas.table import Table, empty_frame
from schemas.tables.catalog import LAYOUTS
from tasks.steps.serialise import packed, unpacked


class Made(NamedTuple):
    rows: pl.DataFrame
    others: dict[str, list[pl.DataFrame]]
    problem: Exception | None


KINDS = pl.Enum(["HS8", "basket"])
ROWS = pl.DataFrame(
    {
        "product": ["85051110", "basket:rare_earth_magnets", None] * 20_000,
        "kind": ["HS8", "basket", "HS8"] * 20_000,
        "month": [date(2025, 6, 1), None, date(2025, 5, 1)] * 20_000,
        "level": [353.0, float("nan"), None] * 20_000,
        "value": [2**62, -(2**63), 0] * 20_000,
    },
    schema={"product": pl.Categorical, "kind": KINDS, "month": pl.Date, "level": pl.Float64, "value": pl.Int64},
)  # fmt: skip


def test_what_comes_out_is_what_went_in_wherever_the_frames_are() -> None:
    pieces = pl.concat([ROWS[:5], ROWS[7:9]], rechunk=False)
    made = unpacked(packed(Made(ROWS, {"more": [ROWS[3:3], pieces]}, ValueError("june"))))
    assert isinstance(made, Made)
    assert repr(made.problem) == "ValueError('june')"
    for mine, theirs in ((made.rows, ROWS), (made.others["more"][0], ROWS[3:3]), (made.others["more"][1], pieces)):
        assert mine.schema == theirs.schema
        assert mine.equals(theirs)


@pytest.mark.parametrize("name", sorted(LAYOUTS))
def test_an_empty_table_keeps_its_columns(name: str) -> None:
    model: type[Table] = LAYOUTS[name].model
    nothing = empty_frame(model)
    assert unpacked(packed(nothing)).schema == nothing.schema


def test_frames_are_packed_small() -> None:
    assert len(packed([ROWS])) < len(pickle.dumps([ROWS])) / 10
