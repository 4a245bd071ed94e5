"""What is derived from a plan is what the whole month would be, and what is sent about it stays small."""

import pickle
from pathlib import Path

import polars as pl
import pytest

from tasks.domain.periods import first_day
from tasks.domain.precedence import Portion, chapter_group_of
from tasks.ledger.merge import current_statements
from tasks.metrics.derive import derive_months
from tasks.steps.portions import (
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
    rows_of,
    statements_of,
)
from tasks.store import exchange
from tests.unit.builders import number, release, release_table
from tests.unit.figures import merged

JUNE = 2025 * 12 + 5
PORTIONS = (Portion("", "85"), Portion("85", None))


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


def test_portions_of_a_plan_make_what_all_products_at_once_make(tmp_path: Path) -> None:
    """Of three chapters, two of which a basket connects."""
    products = ("25280000", "28053011", "85051110")
    scope = release(products=products, months="2025-01..2025-06")
    numbers = [
        number(scope, partner, f"2025-{month:02d}", 100 * month + place, product=product)
        for month in range(1, 7) for place, partner in enumerate(("USA", "JPN")) for product in products
    ]  # fmt: skip
    releases, ledger = release_table(scope), merged([(scope, numbers)])
    months = [*range(JUNE - 5, JUNE + 1)]
    blocks = [*derive_months("export", months, [current_statements(ledger)], releases)]
    place, nothing = tmp_path, {model: {key: {"made": "here"} for key in months} for model in DERIVED}
    plan = Plan(
        flow="export", months=months, portions=[(one.first, one.after) for one in PORTIONS], ledger=[],
        statements=[leave_frame(place, statements_of(ledger, "export", one)) for one in PORTIONS],
        releases=leave_frame(place, releases), recent=[], notes=nothing,
    )  # fmt: skip
    name = exchange.put(place, plan.model_dump_json().encode())
    made = [derive_portion(Work(place, name, number)) for number in range(len(PORTIONS))]
    assert all(len(pickle.dumps(parts)) < 20_000 for parts in made)
    assert len(pickle.dumps(Work(place, name, 1))) < 1_000
    for place_of_table, model in enumerate(DERIVED):
        for month in months:
            parts = [part for parts in made for part in parts if (part.table, part.month) == (model, month)]
            frames = [pl.read_parquet(exchange.get(place, part.name)) for part in parts]
            wanted = pl.concat(block[place_of_table] for block in blocks).filter(pl.col("period") == first_day(month))
            assert sum(part.rows for part in parts) == wanted.height == sum(frame.height for frame in frames) > 0
            got = pl.concat(frames).with_columns(pl.col("product").cast(pl.String))
            mine = wanted.select(got.columns).cast(dict(got.schema))  # type: ignore[arg-type]
            order = ["measure", "product", "partner"]
            assert got.sort(order).equals(mine.sort(order))


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
