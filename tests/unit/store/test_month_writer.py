"""What is written portion by portion is what one frame would have become, byte for byte; and a writer that fails says why."""

import contextlib
import random
import threading
from pathlib import Path

import polars as pl
import pytest
from pandera.errors import SchemaErrors

from schemas.table import PUBLISHED, empty_frame, polars_schema
from schemas.tables.state import Recent
from tasks.store import month_writer
from tasks.store.month_writer import MonthWriter, PendingFiles
from tasks.store.parquet import encode_months

PRODUCTS = ("01012100", "25", "25280000", "28053011", "81129290", "85051110", "basket:magnets", "line:rare_earths")
# A basket connects chapters of the first portion with later ones, so its products come before their turn.
PORTIONS = (("01012100",), ("25", "28053011", "85051110", "basket:magnets"), ("81129290",), ("line:rare_earths",))
JUNE = ("export", 2024, 6)
MADE_FROM = {"made from": "a test"}


def rows_of(products: tuple[str, ...]) -> pl.DataFrame:
    """Levels of some products, in the order of the table."""
    draw = random.Random(7)
    listed = [
        ("export", product, partner, "2024-06-01", measure, draw.random(), 2, 1)
        for product in products
        for partner in sorted({f"P{draw.randrange(80):02d}" for _ in range(60)})
        for measure in ("quantity_kg", "value_usd")
    ]
    kinds = polars_schema(Recent)
    frame = pl.DataFrame(listed, schema={**kinds, "period": pl.String}, orient="row")
    return frame.with_columns(pl.col("period").str.to_date())


def in_portions(frame: pl.DataFrame, store: Path, portions: tuple[tuple[str, ...], ...]) -> PendingFiles:
    pending = PendingFiles.of(Recent)
    befores = [products[0] for products in portions[1:]]
    with MonthWriter(pending, Recent, JUNE, MADE_FROM, store) as writer:
        for products, before in zip(portions, [*befores, None], strict=True):
            writer.add(frame.filter(pl.col("product").cast(pl.String).is_in(products)), before)
    return pending


@pytest.mark.parametrize("rows_per_group", [1, 7, 100, 65_536])
@pytest.mark.parametrize("portions", [PORTIONS, (PRODUCTS,), tuple((one,) for one in PRODUCTS)])
def test_portions_become_the_bytes_of_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_per_group: int, portions: tuple[tuple[str, ...], ...]
) -> None:
    layout = PUBLISHED["recent"]
    monkeypatch.setitem(PUBLISHED, "recent", layout.__class__(**{**vars(layout), "rows_per_group": rows_per_group}))
    frame = rows_of(tuple(sorted(product for products in portions for product in products)))
    frame = frame if rows_per_group > 1 else frame.filter(pl.col("partner").cast(pl.String) < "P05")
    (expected,) = encode_months(Recent, frame, lambda partition: MADE_FROM, in_order=True)
    pending = in_portions(frame, tmp_path, portions)
    assert [*pending.new_files()] == [expected]
    (file,) = pending.files
    assert (file.sha256, file.size, file.rows) == (expected.sha256, len(expected.data), frame.height)
    assert pending.height == frame.height > 30
    assert not list((tmp_path / "tmp").iterdir()), "a pending file has no name"


def test_a_pending_file_is_read_before_it_is_published(tmp_path: Path) -> None:
    frame = rows_of(PRODUCTS)
    pending = in_portions(frame, tmp_path, PORTIONS)
    (rows,) = pending.rows(lambda partition: partition == JUNE, pl.col("product") == "25", ("level",))
    assert rows.height == frame.filter(pl.col("product") == "25").height > 0
    assert [*pending.rows(lambda partition: partition[2] == 7, pl.lit(True), ("level",))] == []


@pytest.mark.parametrize("always", [False, True])
def test_a_month_without_rows_has_a_file_only_where_it_must(tmp_path: Path, always: bool) -> None:
    pending = PendingFiles.of(Recent)
    with MonthWriter(pending, Recent, JUNE, MADE_FROM, tmp_path, always=always) as writer:
        writer.add(empty_frame(Recent), None)
    assert [file.rows for file in pending.files] == [0] * always


def test_what_does_not_fit_the_table_is_refused(tmp_path: Path) -> None:
    frame, pending = rows_of(PRODUCTS).with_columns(level=pl.lit("much")), PendingFiles.of(Recent)
    with pytest.raises(SchemaErrors, match="level"), MonthWriter(pending, Recent, JUNE, MADE_FROM, tmp_path) as writer:
        writer.add(frame, None)
    assert pending.files == []


def test_a_full_disk_says_so_and_leaves_no_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(month_writer._Hashed):
        def write(self, data: bytes) -> int:
            self.problem = OSError(28, "No space left on device")
            raise self.problem

    monkeypatch.setattr(month_writer, "_Hashed", Full)
    frame, before = rows_of(PRODUCTS), threading.active_count()
    with pytest.raises(OSError, match="No space left on device"):
        in_portions(frame, tmp_path, (PRODUCTS[:4], PRODUCTS[4:]))
    assert threading.active_count() == before


def test_who_stops_half_way_leaves_no_file(tmp_path: Path) -> None:
    frame, pending = rows_of(PRODUCTS), PendingFiles.of(Recent)

    def stop_half_way() -> None:
        with MonthWriter(pending, Recent, JUNE, MADE_FROM, tmp_path) as writer:
            writer.add(frame, "basket:")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop_half_way()
    assert pending.files == []
    assert not list((tmp_path / "tmp").iterdir())


def test_nothing_waits_for_a_portion_while_the_next_one_is_computed(tmp_path: Path) -> None:
    """Three writers that wait in the pool of Polars would leave no thread of it to whatever computes the next portion."""
    before = threading.active_count()
    with contextlib.ExitStack() as stack:
        writers = [
            stack.enter_context(MonthWriter(PendingFiles.of(Recent), Recent, JUNE, MADE_FROM, tmp_path))
            for _ in range(3)
        ]
        for writer in writers:
            writer.add(rows_of(PRODUCTS), "basket:")
        assert threading.active_count() == before
