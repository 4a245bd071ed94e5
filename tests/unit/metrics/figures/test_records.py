"""Highest and lowest since, on series of a few months."""

import polars as pl
import pytest

from tasks.domain.coverage import LOOK_BACK_MONTHS
from tasks.metrics.figures.records import PublishedLevels, with_records
from tasks.metrics.levels.grid import Block
from tasks.metrics.levels.names import STATUS

NAMED = {number: name for name, number in STATUS.items()} | {None: None}


def last(
    levels: list[int | None], *, changed: int | None = None, other: list[int | None] | None = None
) -> dict[str, object]:
    """The records of the last month of a series that begins in month 0, next to another one."""
    published = PublishedLevels(2)
    for month, pair in enumerate(zip(levels, other or levels, strict=True)):
        published.put(month, pl.Series(pair, dtype=pl.Float64), pl.Series([1 << month % 2, 4], dtype=pl.UInt8))
    made = published.records(Block(len(levels) - 1, 1), pl.Series([changed, None], dtype=pl.Int32))
    return made.with_columns(
        pl.col(f"{name}_status").replace_strict(NAMED, return_dtype=pl.String)
        for name in ("highest_since", "lowest_since")
    ).row(0, named=True)


def records(row: dict[str, object]) -> tuple[object, ...]:
    return tuple(row[name] for name in ("highest_since", "highest_since_status", "lowest_since", "lowest_since_status"))


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([9, 5, 3, 6], (0, "computed", None, "not_extreme")),
        ([9, 6, 3, 6], (1, "computed", None, "not_extreme")),
        ([1, 5, 3, 6], (None, "series_record", None, "not_extreme")),
        ([1, 5, 7, 6], (None, "not_extreme", 1, "computed")),
        ([5, 5], (None, "not_extreme", None, "not_extreme")),
        ([5], (None, "no_base", None, "no_base")),
        ([9, None], (None, None, None, None)),
        ([9, None, 3, 6], (None, "series_record", None, "not_extreme")),
    ],
)
def test_the_latest_month_as_extreme(levels: list[int | None], expected: tuple[object, ...]) -> None:
    assert records(last(levels)) == expected
    assert records(last(levels, other=[7] * len(levels))) == expected, "another series is no past"


def test_a_run_begins_after_a_gap_and_with_a_change_of_definition() -> None:
    assert last([9, 5, 3, 6])["series_start"] == 0
    assert last([9, None, 3, 6])["series_start"] == 2
    assert last([9, 5, 3, 6], changed=1)["series_start"] == 1
    assert records(last([9, 5, 3, 6], changed=3)) == (None, "definition_break", None, "definition_break")
    assert (last([9, 5])["kinds_of_run"], last([None, 5])["kinds_of_run"]) == (3, 2)


def test_a_run_goes_back_five_years_and_no_further() -> None:
    inside: list[int | None] = [9, *[1] * (LOOK_BACK_MONTHS - 1), 5]
    assert last(inside)["highest_since"] == 0
    assert records(last([9, 1, *inside[1:]]))[:2] == (None, "series_record")


def test_what_has_no_records_in_the_table_is_on_request() -> None:
    frame = pl.DataFrame(
        {"level": [5, None], "level_status": [0, STATUS["not_covered"]], "kinds": [2, 0]},
        schema={"level": pl.Int64, "level_status": pl.UInt8, "kinds": pl.UInt8},
    )
    nothing = PublishedLevels(0).records(Block(3, 1), pl.Series([], dtype=pl.Int32))
    found = with_records(frame, pl.Series([], dtype=pl.UInt32), nothing)
    assert [NAMED[made] for made in found["highest_since_status"]] == ["on_request", "not_covered"]
