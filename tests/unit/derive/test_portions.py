"""What is derived from a plan is what the whole month would be, and what is sent about it stays small."""

import weakref
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from schemas.table import empty_frame
from tasks.derive import portions
from tasks.derive.portions import (
    DERIVED,
    ROWS_AT_ONCE,
    ROWS_OF_A_LARGE_MONTH,
    WHOLE,
    Plan,
    Work,
    derive_portion,
    is_divided,
    leave_frame,
    months_of_levels,
    portions_of,
    products_of,
    read_frame,
    read_levels,
)
from tasks.domain.precedence import chapter_group_of
from tasks.metrics.derive import NO_LEVELS, DerivedRows
from tasks.store.files import exchange

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
def test_every_product_is_in_one_portion(rows: int, tmp_path: Path) -> None:
    portions = portions_of(rows)
    assert (len(portions) == 1) == (rows < ROWS_AT_ONCE)
    ledger = pl.DataFrame({"product": [*CHAPTERS, *(f"{chapter}019999" for chapter in CHAPTERS), "line:b"]})
    held = [ledger.filter(products_of(one)) for one in portions]
    assert pl.concat(held)["product"].sort().equals(ledger["product"].sort())
    # The ranges by which the ledger is read are those of the chapter groups, of which baskets are a part.
    groups = [[one.holds(chapter_group_of(name)) for name in ledger["product"]] for one in portions]
    assert all(ledger.filter(mine).equals(rows) for mine, rows in zip(groups, held, strict=True))
    levels = ledger.vstack(pl.DataFrame({"product": ["basket:rare_earth_magnets", "basket:tungsten"]}))
    NO_LEVELS.clear(levels.height).with_columns(levels["product"]).drop("flow").write_parquet(tmp_path / "levels")
    read = [read_levels([tmp_path / "levels"], "export", one) for one in portions]
    assert pl.concat(read)["product"].sort().equals(levels["product"].sort())
    for one, rows_of_one in zip(portions, read, strict=True):
        assert all(one.holds(chapter_group_of(name)) for name in rows_of_one["product"])


def test_only_a_large_month_has_several_files() -> None:
    assert not is_divided(ROWS_OF_A_LARGE_MONTH - 1)
    assert is_divided(ROWS_OF_A_LARGE_MONTH)
    assert portions_of(0) == [WHOLE]


def test_the_rows_of_some_months_are_gone_when_the_next_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive = list[bool]()

    def months_one_by_one(*_: object, **__: object) -> Iterator[DerivedRows]:
        for _month in range(3):
            rows = DerivedRows(*(empty_frame(table) for table in DERIVED))
            here = weakref.ref(rows.metric)
            yield rows
            del rows
            alive.append(here() is not None)

    monkeypatch.setattr(portions, "derive_months", months_one_by_one)
    plan = Plan(
        flow="export",
        months=[1],
        portions=[("", None)],
        ledger=[],
        releases=leave_frame(tmp_path, empty_frame("release")),
        doubts=None,
        recent=[],
        notes={table: {} for table in DERIVED},
    )
    name = exchange.put(tmp_path, plan.model_dump_json().encode())
    assert derive_portion(Work(tmp_path, name, 0)) == []
    assert alive == [False] * 3
