"""Rows drawn from a table without reading it whole."""

import random
from pathlib import Path

import polars as pl

from schemas.table import empty_frame
from tasks.store.parquet import encode_months
from tasks.store.publish import publish
from tasks.store.sample import drawn
from tasks.store.snapshot import Snapshot, open_snapshot


def snapshot_of(store: Path, months: dict[str, int]) -> Snapshot:
    """`{"export 2025-06": 3}`: the number of rows in each file, whose levels are 0, 1, 2."""
    rows = [
        {"flow": name.split()[0], "product": "85051110", "partner": f"P{place}", "period": f"{name.split()[1]}-01", "measure": "value_usd",
         "level": float(place), "kinds": 2}
        for name, count in months.items() for place in range(count)
    ]  # fmt: skip
    like = empty_frame("record_level")
    frame = pl.DataFrame(rows, schema={**like.schema, "period": pl.String}).with_columns(pl.col("period").str.to_date())
    publish(
        store, [*encode_months("record_level", frame, lambda _: {})], carried=(), parent=None, about={"releases": []}
    )
    found = open_snapshot(store)
    assert found is not None
    return found


def test_each_row_comes_once_with_its_flow(tmp_path: Path) -> None:
    snapshot = snapshot_of(tmp_path, {"export 2025-05": 1, "export 2025-06": 3, "import 2025-06": 2})
    rows = [
        (row["flow"], f"{row['period']:%m}", row["level"]) for row in drawn(snapshot, "record_level", random.Random(1))
    ]
    assert sorted(rows) == [
        ("export", "05", 0), ("export", "06", 0), ("export", "06", 1), ("export", "06", 2), ("import", "06", 0), ("import", "06", 1),
    ]  # fmt: skip
    assert [*empty_frame("record_level").columns] == [*next(drawn(snapshot, "record_level", random.Random(1)))]


def test_the_order_follows_the_chance_alone(tmp_path: Path) -> None:
    snapshot = snapshot_of(tmp_path, {"export 2025-06": 9})
    orders = [[row["level"] for row in drawn(snapshot, "record_level", random.Random(seed))] for seed in (1, 1, 2)]
    assert orders[0] == orders[1] != orders[2]
    assert orders[0] != sorted(orders[0])
