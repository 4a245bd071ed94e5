"""A file that several portions are written into has the bytes that one would have made; a writer that fails says why."""

import io
import random
from pathlib import Path

import polars as pl
import pyarrow.parquet
import pytest

from schemas.table import PUBLISHED, polars_schema
from schemas.tables.state import Recent
from tasks.steps.segments import cut
from tasks.store import month_writer
from tasks.store.month_writer import PendingFiles, write_month
from tasks.store.parquet import encode_part, read_derivation

PRODUCTS = ("01012100", "25", "25280000", "28053011", "81129290", "85051110", "basket:magnets", "line:rare_earths")
# A basket connects chapters of the second portion that do not lie together.
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


def parts_of(
    frame: pl.DataFrame, segments: tuple[str, ...], portions: tuple[tuple[str, ...], ...]
) -> list[list[bytes]]:
    """The parts that each portion leaves, by segment."""
    left: list[list[bytes]] = [[] for _ in segments]
    for products in portions:
        mine = frame.filter(pl.col("product").cast(pl.String).is_in(products))
        for number, rows in cut(mine, segments):
            left[number].append(encode_part(Recent, rows))
    return left


def in_portions(
    frame: pl.DataFrame, store: Path, portions: tuple[tuple[str, ...], ...], segments: tuple[str, ...] = ("",)
) -> PendingFiles:
    pending = PendingFiles.of(Recent)
    write_month(pending, Recent, JUNE, MADE_FROM, store, parts_of(frame, segments, portions))
    return pending


@pytest.mark.parametrize("segments", [("",), ("", "28", "81", "A"), ("", "25", "26", "28", "29", "81", "82", "A")])
@pytest.mark.parametrize("rows_per_group", [7, 100, 65_536])
def test_the_bytes_do_not_depend_on_the_portions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_per_group: int, segments: tuple[str, ...]
) -> None:
    layout = PUBLISHED["recent"]
    monkeypatch.setitem(PUBLISHED, "recent", layout.__class__(**{**vars(layout), "rows_per_group": rows_per_group}))
    frame = rows_of(tuple(sorted(product for products in PORTIONS for product in products)))
    made = [
        in_portions(frame, tmp_path, portions, segments)
        for portions in ((PRODUCTS,), PORTIONS, PORTIONS[::-1], tuple((one,) for one in PRODUCTS))
    ]
    (first, *others) = [[*pending.new_files()] for pending in made]
    assert others == [first] * 3
    (file,) = made[0].files
    assert (file.sha256, file.size, file.rows) == (first[0].sha256, len(first[0].data), frame.height)
    read = pl.read_parquet(first[0].data)
    assert read.equals(frame.select(read.columns).cast(dict(read.schema)))
    assert read_derivation(io.BytesIO(first[0].data)) == MADE_FROM
    starts = {str(rows["product"][0]) for _, rows in cut(frame, segments)}
    opened = pyarrow.parquet.ParquetFile(io.BytesIO(first[0].data))
    firsts = [opened.read_row_group(n, ["product"])["product"][0].as_py() for n in range(opened.num_row_groups)]
    assert starts <= {*firsts}, "each segment begins a row group"
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
    write_month(pending, Recent, JUNE, MADE_FROM, tmp_path, [], always=always)
    assert [file.rows for file in pending.files] == [0] * always


def test_a_full_disk_says_so_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(month_writer._Hashed):
        def write(self, data: bytes) -> None:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(month_writer, "_Hashed", Full)
    with pytest.raises(OSError, match="No space left on device"):
        in_portions(rows_of(PRODUCTS), tmp_path, (PRODUCTS[:4], PRODUCTS[4:]))
    assert not list((tmp_path / "tmp").iterdir())


def test_a_full_disk_is_an_error_of_the_file_that_it_does_not_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    """A file of few bytes waits in a buffer: without a flush the error came when it was closed, in a traceback."""
    monkeypatch.setattr(month_writer.tempfile, "TemporaryFile", lambda dir: open("/dev/full", "r+b", 1 << 20))  # noqa: SIM115
    pending = PendingFiles.of(Recent)
    with pytest.raises(OSError, match="No space left"):
        write_month(pending, Recent, JUNE, MADE_FROM, tmp_path, parts_of(rows_of(PRODUCTS), ("",), PORTIONS))
    assert pending.files == []
    del pending
    assert [str(warning.message) for warning in recwarn.list] == []
