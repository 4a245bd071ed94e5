"""What is derived from a plan is what the whole month would be, and what is sent about it stays small."""

import pickle
from pathlib import Path

import polars as pl

from schemas.table import table_name
from tasks.domain.periods import first_day
from tasks.ledger.merge import current_statements
from tasks.ledger.precedence import Portion
from tasks.metrics.months import derive_span
from tasks.steps.portions import DERIVED, Part, Plan, Work, derive_months, leave_frame, parts_by_segment, read_frame
from tasks.steps.segments import segments_of
from tasks.steps.states import rows_of
from tasks.store.exchange import PartStore
from tests.unit.builders import number, release, release_table
from tests.unit.figures import merged

JUNE = 2025 * 12 + 5
PORTIONS = (Portion("", "85"), Portion("85", None))


def test_parts_come_by_segment_with_those_of_each_together(tmp_path: Path) -> None:
    place = PartStore(at=tmp_path)
    parts = [
        Part("recent", JUNE, segment, place.put(data), 1, len(data))
        for segment, data in ((2, b"c"), (0, b"a"), (2, b"d"), (1, b"b"))
    ]
    assert [*parts_by_segment(place, parts)] == [[b"a"], [b"b"], [b"c", b"d"]]


def test_a_frame_that_is_left_is_read_as_it_was(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {"product": ["85", None], "list": [["a"], []], "kind": ["x", "y"]},
        schema={"product": pl.Categorical, "list": pl.List(pl.String), "kind": pl.Enum(["x", "y"])},
    )
    place = PartStore(at=tmp_path)
    found = read_frame(place, leave_frame(place, frame))
    assert found.equals(frame)
    assert found.schema == frame.schema


def test_portions_of_a_plan_make_what_all_products_at_once_make(tmp_path: Path) -> None:
    """Of a month that is cut: three chapters, two of which a basket connects."""
    products = ("25280000", "28053011", "85051110")
    scope = release(products=products, months="2025-01..2025-06")
    numbers = [
        number(scope, partner, f"2025-{month:02d}", 100 * month + place, product=product)
        for month in range(1, 7) for place, partner in enumerate(("USA", "JPN")) for product in products
    ]  # fmt: skip
    releases, statements = release_table(scope), current_statements(merged([(scope, numbers)]))
    months = [*range(JUNE - 5, JUNE + 1)]
    expected = derive_span("export", months, statements, {}, releases)
    place, found = PartStore(at=tmp_path), [*PORTIONS]
    plan = Plan(
        flow="export", months=months, recomputed={*months}, portions=[(one.first, one.after) for one in found],
        statements=[leave_frame(place, rows_of(statements, one)) for one in found], releases=leave_frame(place, releases),
        published=PartStore(at=tmp_path), states={"state": {}, "recent": {}}, segments=dict.fromkeys(months, segments_of(10**9)),
        years=set(),
    )  # fmt: skip
    name = place.put(plan.model_dump_json().encode())
    made = [derive_months(Work(place, name, number)) for number in range(len(found))]
    assert all(len(pickle.dumps(parts)) < 20_000 for parts in made)
    assert len(pickle.dumps(Work(place, name, 1))) < 1_000
    for model, rows in zip(DERIVED, expected, strict=True):
        for month in months:
            parts = [part for parts in made for part in parts if (part.table, part.month) == (table_name(model), month)]
            frames = [pl.read_parquet(data) for same in parts_by_segment(place, parts) for data in same]
            wanted = rows.filter(pl.col("period") == first_day(month))
            assert sum(part.rows for part in parts) == wanted.height == sum(frame.height for frame in frames) > 0
            got = pl.concat(frames).with_columns(pl.col("product").cast(pl.String))
            mine = wanted.select(got.columns).cast(dict(got.schema))  # type: ignore[arg-type]
            order = ["product", "partner", "measure"]
            assert got.sort(order).equals(mine.sort(order))
