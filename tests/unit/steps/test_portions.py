"""What is derived from a plan is what the whole month would be, and what is sent about it stays small."""

from pathlib import Path

import polars as pl
import pytest

from tasks.domain.precedence import chapter_group_of
from tasks.steps.portions import (
    ROWS_AT_ONCE,
    ROWS_OF_A_LARGE_MONTH,
    WHOLE,
    is_divided,
    leave_frame,
    months_of_levels,
    portions_of,
    products_of,
    read_frame,
    rows_of,
)

JUNE = 2025 * 12 + 5


def test_a_frame_that_is_left_is_read_as_it_was(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {"product": ["85", None], "list": [["a"], []], "kind": ["x", "y"]},
        schema={"product": pl.Categorical, "list": pl.List(pl.String), "kind": pl.Enum(["x", "y"])},
    )
    found = read_frame(tmp_path, leave_frame(tmp_path, frame))
    assert found.equals(frame)
    assert found.schema == frame.schema


def test_records_look_back_five_years() -> None:
    assert months_of_levels([JUNE, JUNE - 1]) == {*range(JUNE - 61, JUNE - 1)}


CHAPTERS = [f"{chapter:02d}" for chapter in range(1, 98)]


@pytest.mark.parametrize("rows", [0, ROWS_AT_ONCE - 1, ROWS_AT_ONCE, 10**7])
def test_every_product_is_in_one_portion(rows: int) -> None:
    portions = portions_of(rows)
    assert (len(portions) == 1) == (rows < ROWS_AT_ONCE)
    ledger = pl.DataFrame({"product": [*CHAPTERS, *(f"{chapter}019999" for chapter in CHAPTERS), "line:b"]})
    held = [ledger.filter(products_of(one)) for one in portions]
    assert pl.concat(held)["product"].sort().equals(ledger["product"].sort())
    # The ranges by which the ledger is read are those of the chapter groups, of which baskets are a part.
    assert all(rows_of(ledger, one).equals(rows) for one, rows in zip(portions, held, strict=True))
    assert all(one.holds(chapter_group_of("basket:rare_earth_magnets")) == ("85051110" in [*rows_of(pl.DataFrame({"product": ["85051110"]}), one)["product"]]) for one in portions)  # fmt: skip


def test_only_a_large_month_has_several_files() -> None:
    assert not is_divided(ROWS_OF_A_LARGE_MONTH - 1)
    assert is_divided(ROWS_OF_A_LARGE_MONTH)
    assert portions_of(0) == [WHOLE]
