"""A small made-up world of releases whose every row is known without reading a store.

Release n has a word for each month; a row says which release spoke (`word`), so that rows of two releases in one read
are seen. Belongs here: the expectation, its bytes, and how a run publishes it. Polars and DuckDB stay out, so that a
process that is to be killed starts in milliseconds.
"""

import hashlib
import io
import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import date
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.store.files.filesystem import LOCAL, FileSystem
from tasks.store.files.manifest import FileEntry
from tasks.store.files.snapshot import Snapshot, open_snapshot
from tasks.store.snapshots.publish import NewFile, Publication, exclusive, publish

Row = tuple[str, int, int, str, int, int]  # flow, year, month, product, value_usd, word
MONTHS = (("export", 2025, 6), ("export", 2025, 7), ("import", 2025, 6))
PRODUCTS = ("01012100", "28469090", "72029911", "85051110", "85051900")


def public_on(number: int) -> date:
    """The day of release `number`, a month after that of the one before; of thousands all are before 2446, the last
    year that a file of ext4 can have."""
    return date(2020 + number // 12, number % 12 + 1, 20)


def words(number: int) -> list[int]:
    """Which release spoke last about each of MONTHS; an even release carries the last month over."""
    return [number, number, number - 1 if number % 2 == 0 else number]


def expected_rows(number: int) -> list[Row]:
    """Release `number` as a reader must see it; nothing for 0, the empty store."""
    if number == 0:
        return []
    return sorted(
        (*MONTHS[place], product, value, word)
        for place, word in enumerate(words(number))
        for product, value in month_rows(place, word)
    )


def month_rows(place: int, word: int) -> list[tuple[str, int]]:
    return [
        (product, 1000 * word + 10 * place + rank) for rank, product in enumerate(PRODUCTS[: 3 + (word + place) % 3])
    ]


def new_files(number: int) -> list[NewFile]:
    files = []
    for place, word in enumerate(words(number)):
        if word == number:
            flow, year, month = MONTHS[place]
            rows = month_rows(place, word)
            data = _parquet(place, word)
            schema = hashlib.sha256(b"product,value_usd,word").hexdigest()
            files.append(NewFile("metric", f"flow={flow}/year={year}/month={month}", data, len(rows), schema))
    return files


def run(
    store: Path,
    number: int | None,
    fs: FileSystem = LOCAL,
    audit: Callable[[Snapshot], None] | None = None,
    lock: Callable[[Path, FileSystem], AbstractContextManager[None]] = exclusive,
    edition: int = 1,
) -> Publication:
    """Publish release `number`, or the next one, on whatever is current: read, modify, publish. Another edition has the
    same files."""
    with lock(store, fs):
        parent = open_snapshot(store)
        number = number or (parent.sequence if parent else 0) + 1
        files = new_files(number)
        named = {file.partition for file in files}
        carried = [entry for entry in (parent.files if parent else ()) if entry.partition not in named]
        about = {"number": number, "edition": edition, "released_on": f"{public_on(number)}"}
        return publish(
            store, files, carried=carried, parent=parent, about=about, describe=guide, audit=audit, fs=fs
        )  # fmt: skip


def guide(files: Sequence[FileEntry]) -> dict[str, bytes]:
    """A text that lies beside the tables and names their files."""
    return {"README.md": "\n".join(entry.path for entry in files).encode()}


def state(store: Path) -> dict[str, tuple[object, ...]]:
    """Every name below the store with inode, times, mode, links and bytes: equal means untouched."""
    found: dict[str, tuple[object, ...]] = {}
    for path in [store, *sorted(store.rglob("*"))]:
        status = path.lstat()
        content = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else b""
        times = (status.st_mtime_ns, status.st_ctime_ns)
        found[str(path.relative_to(store))] = (status.st_ino, *times, status.st_mode, status.st_nlink, content)
    return found


def flip_byte(path: Path) -> Path:
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    return path


def copy_store(source: Path, target: Path) -> None:
    """Copy with hard links and symbolic links as they are."""
    copied: dict[int, str] = {}

    def copy(path: str, place: str) -> None:
        first = copied.setdefault(os.stat(path).st_ino, place)
        if first == place:
            shutil.copy(path, place)
        else:
            os.link(first, place)

    shutil.copytree(source, target, symlinks=True, copy_function=copy)


@cache
def _parquet(place: int, word: int) -> bytes:
    products, values = zip(*month_rows(place, word), strict=True)
    sink = io.BytesIO()
    pq.write_table(pa.table({"product": products, "value_usd": values, "word": [word] * len(values)}), sink)
    return sink.getvalue()


# pyarrow imports pandas at its first table (150 ms); once here, in the process that all killed ones are forked from.
new_files(1)
