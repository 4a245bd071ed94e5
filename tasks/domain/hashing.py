"""Hashes a frame: its columns, its types, and its rows in their order.

The way in which Polars stores them (chunks, slices, views, category numbers, bytes under a null) does not count, so
equal frames have equal hashes everywhere. The hash is SHA-256, because the hash of Polars may differ between versions
and machines.
"""

import functools
import hashlib
import importlib.metadata
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl

from schemas import code_files

ROOT = Path(__file__).parents[2]
SHAPING_LIBRARIES = ("polars", "pyarrow", "pandera", "fastexcel", "tidewaiter")


# For few rows the values themselves are written: the set-up of the buffers takes ten milliseconds.
FEW_ROWS = 2_000


def frame_sha256(frame: pl.DataFrame) -> str:
    """Hash of a frame's columns, types and values in their order."""
    head = [[name, _kind(kind)] for name, kind in frame.schema.items()]
    digest = hashlib.sha256(json.dumps([frame.height, *head]).encode())
    if frame.height <= FEW_ROWS:
        for column in frame:
            digest.update(_plain(column))
        return digest.hexdigest()
    # As many columns at a time as there are cores, so that no more of them are held as bytes.
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for of_column in threads.map(_column_sha256, frame.get_columns()):
            digest.update(of_column)
    return digest.hexdigest()


def _column_sha256(column: pl.Series) -> bytes:
    digest = hashlib.sha256()
    for part in _parts(column):
        digest.update(part)
    return digest.digest()


def _plain(column: pl.Series) -> bytes:
    """The values of a short column, each as its own text."""
    texts = column.cast(pl.String) if isinstance(column.dtype, (pl.Categorical, pl.Enum)) else column
    return json.dumps(texts.to_list(), default=repr, ensure_ascii=False).encode() + b"\n"


def _kind(kind: pl.DataType) -> str:
    """The name of a type. Unused categories do not count."""
    return "codes" if isinstance(kind, (pl.Categorical, pl.Enum)) else str(kind)


def _parts(column: pl.Series) -> Iterator[memoryview | bytes]:
    """The values of a column as bytes; what stands before them says how many there are."""
    yield b"nulls:" if column.null_count() else b"full:"
    if column.null_count():
        yield _buffer(column.is_null().cast(pl.UInt8))
    if isinstance(column.dtype, pl.List):
        yield _buffer(column.list.len().fill_null(0))
        yield from _parts(column.drop_nulls().explode(empty_as_null=False))
    elif isinstance(column.dtype, (pl.String, pl.Categorical, pl.Enum)):
        # Where each text ends, and all of them together; this form of Arrow is always a copy.
        texts = column.cast(pl.String).fill_null("").rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
        yield from (memoryview(part) for part in texts.buffers()[1:] if part is not None)
    else:
        yield _buffer((column.cast(pl.UInt8) if column.dtype == pl.Boolean else column.to_physical()).fill_null(0))


def _buffer(numbers: pl.Series) -> memoryview | bytes:
    array = numbers.rechunk().to_arrow()
    data = array.buffers()[1]
    if data is None or not len(array):
        return b""
    width = array.type.bit_width // 8
    return memoryview(data)[array.offset * width : (array.offset + len(array)) * width]


def json_sha256(value: Any) -> str:
    """Hash of a small value by its JSON form."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()


@functools.cache
def code_sha256() -> str:
    """Hash of the source of all steps and tables, of the declarations of sources, and of the code tables.

    A new unit or partner changes the result of the same code, so the tables count.
    """
    source = [file for folder in ("tasks", "schemas") for file in (ROOT / folder).rglob("*.py")]
    source += (ROOT / "tasks" / "sources").rglob("*.toml")
    files = {file.relative_to(ROOT).as_posix(): file for file in source}
    files |= {file.name: file for file in (*code_files.table_files().values(), *code_files.own_sources().values())}
    return json_sha256({name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in files.items()})


@functools.cache
def versions() -> dict[str, str]:
    """Versions of the libraries that shape a result, and of Tidewaiter."""
    return {name: importlib.metadata.version(name) for name in SHAPING_LIBRARIES}
