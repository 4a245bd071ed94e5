"""What travels between processes: packed it is smaller, unpacked it is what it was."""

import pickle
from datetime import date
from typing import NamedTuple

import polars as pl
import pytest

from schemas.catalog import PUBLISHED
from schemas.table import Table, empty_frame
from tasks import metrics
from tasks.base_reader import Past
from tasks.elsewhere import lending
from tasks.parcel import packed, unpacked
from tasks.series import Portion


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


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_an_empty_table_keeps_its_columns(name: str) -> None:
    model: type[Table] = PUBLISHED[name].model
    nothing = empty_frame(model)
    assert unpacked(packed(nothing)).schema == nothing.schema


def test_frames_are_packed_small() -> None:
    assert len(packed([ROWS])) < len(pickle.dumps([ROWS])) / 10


def test_what_a_portion_looks_back_on_is_read_when_its_turn_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all portions it would be years of numbers, in memory at once."""
    told: list[str] = []
    monkeypatch.setattr(Past, "read", lambda self, portion: told.append(f"read {portion.first}"))
    portions = [Portion(first, None, ROWS[:0]) for first in ("01", "28", "85")]
    provided = metrics._Provided(portions, Past([]))

    def lent(work: object, things: object) -> object:
        for portion in things:  # type: ignore[attr-defined]
            told.append(f"give {portion.first}")
            yield portion

    with lending(lent):  # type: ignore[arg-type]
        assert len(list(metrics.each(str, provided))) == len(provided) == 3
    assert told == ["read 01", "give 01", "read 28", "give 28", "read 85", "give 85"]
