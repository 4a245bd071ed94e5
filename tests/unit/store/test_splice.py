"""A file that is joined from parts has the rows of all of them, page by page, and the same bytes however they were grouped."""

import io
import random
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet
import pytest

from tasks.store.splice import splice
from tasks.store.thrift import read_struct, write_struct

NOTES = {"made from": "a test", "who": "nobody"}


def part(first: int, rows: int) -> bytes:
    """Rows with texts that repeat, floats, lists of days and nulls, in several row groups and pages."""
    draw = random.Random(first)
    frame = pl.DataFrame({
        "number": range(first, first + rows),
        "code": [f"{draw.randrange(90):02d}" for _ in range(rows)],
        "level": [None if draw.random() < 0.2 else draw.gauss(0, 1e9) for _ in range(rows)],
        "is_sum": [draw.random() < 0.5 for _ in range(rows)],
    }, schema={"number": pl.Int64, "code": pl.Categorical, "level": pl.Float64, "is_sum": pl.Boolean})  # fmt: skip
    sink = io.BytesIO()
    frame.write_parquet(sink, compression="zstd", row_group_size=700, data_page_size=512, statistics=True)
    return sink.getvalue()


def joined(parts: Sequence[bytes]) -> bytes:
    sink = io.BytesIO()
    splice(parts, NOTES, sink)
    return sink.getvalue()


def test_three_readers_read_what_the_parts_have(tmp_path: Path) -> None:
    parts = [part(first, rows) for first, rows in ((0, 2_000), (2_000, 1), (2_001, 699), (2_700, 1_301))]
    whole = pl.concat(pl.read_parquet(one) for one in parts)
    file = tmp_path / "joined.parquet"
    sink = io.BytesIO()
    assert splice(parts, NOTES, sink) == whole.height == 4_001
    file.write_bytes(sink.getvalue())
    assert pl.read_parquet(file).equals(whole)
    arrow = pyarrow.parquet.ParquetFile(file, page_checksum_verification=False)
    assert arrow.read().to_pylist() == whole.to_arrow().to_pylist()
    assert {key.decode(): text.decode() for key, text in arrow.metadata.metadata.items()} == NOTES
    asked = f"select count(*), sum(number), count(level) from '{file}' where number >= 2000"
    (total,) = duckdb.execute(asked).fetchall()
    some = whole.filter(pl.col("number") >= 2_000)
    assert total == (some.height, some["number"].sum(), some["level"].count())


def test_each_row_group_is_found_where_the_footer_says(tmp_path: Path) -> None:
    """Also the indexes of pages, by which a reader skips some."""
    parts = [part(0, 1_500), part(1_500, 800)]
    data = joined(parts)
    metadata = pyarrow.parquet.read_metadata(io.BytesIO(data))
    rows = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
    assert rows == [700, 700, 100, 700, 100]
    opened = pyarrow.parquet.ParquetFile(io.BytesIO(data))
    for number, (start, end) in enumerate(pairwise([0, 700, 1400, 1500, 2200, 2300])):
        found = opened.read_row_group(number, columns=["number"])["number"].to_pylist()
        assert found == [*range(start, end)]
        assert metadata.row_group(number).column(0).statistics.min == start
    footer, _ = read_struct(data[-8 - int.from_bytes(data[-8:-4], "little") : -8])
    places = [
        page[1][1]
        for group in footer[4][1][1]
        for chunk in group[1][1][1]
        for page in read_struct(data, chunk[4][1])[0][1][1][1]
    ]
    # Every page begins with its header, a structure that can be read.
    assert len(places) > 40
    assert all(read_struct(data, place)[0][2][1] > 0 for place in places)


def test_the_bytes_do_not_depend_on_how_the_parts_were_joined_before() -> None:
    parts = [part(first, 900) for first in range(0, 3_600, 900)]
    whole = joined(parts)
    assert joined([whole]) == whole
    assert joined([joined(parts[:1]), joined(parts[1:])]) == whole
    assert joined([joined(parts[:3]), *parts[3:]]) == whole
    assert joined(parts[::-1]) != whole


def test_parts_of_another_table_are_refused() -> None:
    sink = io.BytesIO()
    pl.DataFrame({"number": [1]}).write_parquet(sink)
    with pytest.raises(ValueError, match="different schemas"):
        joined([part(0, 10), sink.getvalue()])
    with pytest.raises(ValueError, match="no file to join"):
        joined([])


def test_a_footer_that_is_read_and_written_stays_as_it_is() -> None:
    data = part(0, 2_000)
    size = int.from_bytes(data[-8:-4], "little")
    footer, end = read_struct(data[-8 - size : -8])
    assert end == size
    assert read_struct(write_struct(footer))[0] == footer


@pytest.mark.parametrize("value", [0, 1, -1, 63, -64, 64, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63)])
def test_whole_numbers_of_any_size_survive(value: int) -> None:
    fields = {1: (6, value), 40: (8, b"x" * 300), 41: (9, (5, [value % 2**20] * 20)), 42: (1, False), 43: (7, 0.5)}
    again, _ = read_struct(write_struct(fields))
    assert {number: one for number, (_, one) in again.items()} == {number: one for number, (_, one) in fields.items()}
