"""What is written portion by portion is what one frame would have become, byte for byte; and a writer that fails says why."""

import random
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pandera.errors import SchemaErrors

import tasks.waiting
from schemas.base import Base
from schemas.table import PUBLISHED, polars_schema
from tasks.tables import Partition, encode_months
from tasks.waiting import Waiting, Writer

PRODUCTS = ("01012100", "25", "25280000", "28053011", "81129290", "85051110", "basket:magnets", "line:rare_earths")
# The kin of the first portion come again in later chapters, as those that a basket connects do.
PORTIONS = (("25", "28053011", "85051110", "basket:magnets"), ("81129290",), ("line:rare_earths",))

PORTIONS_IN_ORDER = (("01012100",), *PORTIONS[:1], ("25280000", *PORTIONS[1], *PORTIONS[2]))


def rows_of(products: tuple[str, ...], months: int) -> pl.DataFrame:
    """Numbers of some products in each month, in the order of the table."""
    draw = random.Random(7)
    listed = [
        ("export", product, partner, period, measure, "month", draw.randrange(10**6), "sum", "query")
        for period in pl.date_range(pl.date(2024, 1, 1), pl.date(2024, months, 1), "1mo", eager=True)
        for product in products
        for partner in sorted({f"P{draw.randrange(80):02d}" for _ in range(60)})
        for measure in ("quantity_kg", "value_usd")
    ]
    return pl.DataFrame(listed, schema=polars_schema(Base), orient="row")


def made_from(partition: Partition) -> Mapping[str, Any]:
    return {"made from": list(partition)}


def in_portions(frame: pl.DataFrame, store: Path, portions: tuple[tuple[str, ...], ...]) -> Waiting:
    befores = [products[0] for products in portions[1:]]
    with Writer(Base, store, made_from) as writer:
        for products, before in zip(portions, [*befores, None], strict=True):
            writer.add(frame.filter(pl.col("product").cast(pl.String).is_in(products)), before)
    return writer.waiting


@pytest.mark.parametrize("rows_per_group", [1, 7, 100, 65_536])
def test_portions_become_the_bytes_of_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_per_group: int
) -> None:
    layout = PUBLISHED["base"]
    monkeypatch.setitem(PUBLISHED, "base", layout.__class__(**{**vars(layout), "rows_per_group": rows_per_group}))
    portions = (("01012100",), *PORTIONS[:1], ("28053012",), *PORTIONS[1:])
    frame = rows_of(
        tuple(sorted(product for products in portions for product in products)), months=3 if rows_per_group > 1 else 1
    )
    frame = frame if rows_per_group > 1 else frame.filter(pl.col("partner").cast(pl.String) < "P05")
    expected = {file.partition: file for file in encode_months(Base, frame, made_from, in_order=True)}
    waiting = in_portions(frame, tmp_path, portions)
    assert [file.partition for file in waiting.files] == sorted(expected) != []
    assert waiting.height == frame.height > 30
    for file, told in zip(waiting.new_files(), waiting.files, strict=True):
        assert file == expected[file.partition]
        assert told.sha256 == file.sha256
        assert told.size == len(file.data)
    assert not list((tmp_path / "tmp").iterdir()), "what waits has no name"


def test_a_single_portion_needs_no_thread(tmp_path: Path) -> None:
    frame = rows_of(PRODUCTS, months=2)
    before = threading.active_count()
    with Writer(Base, tmp_path, made_from) as writer:
        writer.add(frame, None)
        assert threading.active_count() == before
    assert [*writer.waiting.new_files()] == [*encode_months(Base, frame, made_from, in_order=True)]
    assert [
        rows.height for rows in writer.waiting.rows(lambda part: part[2] == 2, pl.col("product") == "25", ("value",))
    ] == [frame.filter((pl.col("product") == "25") & (pl.col("period").dt.month() == 2)).height]


def test_what_does_not_fit_the_table_is_refused(tmp_path: Path) -> None:
    frame = rows_of(PRODUCTS, months=1).with_columns(value=pl.lit("much"))
    with Writer(Base, tmp_path, made_from) as writer, pytest.raises(SchemaErrors, match="value"):
        writer.add(frame, None)


def test_a_full_disk_says_so_and_leaves_no_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(tasks.waiting._Hashed):
        def write(self, data: bytes) -> int:
            self.problem = OSError(28, "No space left on device")
            raise self.problem

    monkeypatch.setattr(tasks.waiting, "_Hashed", Full)
    layout = PUBLISHED["base"]
    monkeypatch.setitem(PUBLISHED, "base", layout.__class__(**{**vars(layout), "rows_per_group": 50}))
    frame, before = rows_of(PRODUCTS, months=2), threading.active_count()
    with pytest.raises(OSError, match="No space left on device"):
        in_portions(frame, tmp_path, (PRODUCTS[:4], PRODUCTS[4:]))
    assert threading.active_count() == before


def test_who_stops_half_way_leaves_no_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layout = PUBLISHED["base"]
    monkeypatch.setitem(PUBLISHED, "base", layout.__class__(**{**vars(layout), "rows_per_group": 50}))
    frame, before, during = rows_of(PRODUCTS, months=2), threading.active_count(), []

    def stop_half_way() -> None:
        with Writer(Base, tmp_path, made_from) as writer:
            writer.add(frame, "basket:")
            during.append(threading.active_count())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop_half_way()
    assert during[0] > before == threading.active_count()


@pytest.mark.parametrize("most", [0, 1])
def test_of_more_months_than_may_be_written_side_by_side_the_rows_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    layout = PUBLISHED["base"]
    monkeypatch.setitem(PUBLISHED, "base", layout.__class__(**{**vars(layout), "rows_per_group": 50}))
    monkeypatch.setattr(tasks.waiting, "OPEN_MAX", most)
    frame = rows_of(PRODUCTS, months=3)
    waiting = in_portions(frame, tmp_path, PORTIONS_IN_ORDER)
    assert [*waiting.new_files()] == [*encode_months(Base, frame, made_from, in_order=True)]
    assert len(waiting.files) == 3


def test_rows_that_wait_are_not_forgotten_where_the_last_portion_is_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = PUBLISHED["base"]
    monkeypatch.setitem(PUBLISHED, "base", layout.__class__(**{**vars(layout), "rows_per_group": 1}))
    monkeypatch.setattr(tasks.waiting, "OPEN_MAX", 0)
    frame = rows_of(("01012100", "25"), months=1).head(100)
    assert in_portions(frame, tmp_path, (("01012100",), ("25",))).height == frame.height
