"""Joins Parquet files of one table into one file: their row groups one after another, none of them decoded.

Compressed pages are copied as they are. Only the footer is new, with the offsets of the new places. So the
bytes of the file depend on its row groups alone, and not on who encoded which of them, or in how many pieces.

Belongs here: the joint file. Does not belong here: where row groups begin (`steps.segments`), what a row is (`parquet`).
"""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from tasks.store.thrift import BINARY, I16, I64, LIST, STRUCT, Struct, read_struct, write_struct

MAGIC = b"PAR1"
# Field numbers of the structures in parquet.thrift.
ROWS, GROUPS, NOTES = 3, 4, 5  # FileMetaData
COLUMNS, GROUP_OFFSET, ORDINAL = 1, 5, 7  # RowGroup
CHUNK_OFFSET, CHUNK, OFFSETS_AT, OFFSETS_SIZE, STATISTICS_AT, STATISTICS_SIZE = 2, 3, 4, 5, 6, 7  # ColumnChunk
PAGES_AT = (9, 10, 11)  # ColumnMetaData: data, index and dictionary page
BLOOM_AT = 14
PAGES, PAGE_OFFSET = 1, 1  # OffsetIndex, PageLocation


class Sink(Protocol):
    """What a joint file is written to, from beginning to end."""

    def write(self, data: bytes) -> object:
        """Append bytes."""


def splice(files: Iterable[bytes], notes: Mapping[str, str], sink: Sink) -> int:
    """Write the row groups of the files, in order, as one file with the key-value metadata `notes`. Return its rows.

    The files have the same schema; at least one must be given. They are taken one at a time.
    """
    sink.write(MAGIC)
    at, groups, indexes = len(MAGIC), list[Struct](), list[tuple[list[bytes], list[bytes]]]()
    whole: Struct = {}
    for data in files:
        footer = _footer(data)
        mine: list[Struct] = footer[GROUPS][1][1]
        end = _end_of_pages(data, mine)
        indexes.extend(_indexes(data, group, at - len(MAGIC)) for group in mine)
        for group in mine:
            _shift(group, at - len(MAGIC))
        sink.write(data[len(MAGIC) : end])
        at += end - len(MAGIC)
        groups += mine
        whole = whole or footer
        _refuse_others(whole, footer)
    if not whole:
        raise ValueError("no file to join: give at least one, which may be without rows")
    at = _write_indexes(groups, indexes, at, sink)
    rows = sum(group[ROWS][1] for group in groups)
    for number, group in enumerate(groups):
        if ORDINAL in group:
            group[ORDINAL] = I16, number
    kept = [{1: (BINARY, key.encode()), 2: (BINARY, text.encode())} for key, text in notes.items()]
    changed = {ROWS: (I64, rows), GROUPS: (LIST, (STRUCT, groups)), NOTES: (LIST, (STRUCT, kept))}
    written = write_struct(whole | changed)
    sink.write(written + len(written).to_bytes(4, "little") + MAGIC)
    return int(rows)


def _footer(data: bytes) -> Struct:
    size = int.from_bytes(data[-8:-4], "little")
    return read_struct(data[-8 - size : -8])[0]


def _end_of_pages(data: bytes, groups: list[Struct]) -> int:
    """The place after the last page; what follows are indexes of pages, which are written again, and the footer."""
    ends = [len(MAGIC)]
    for group in groups:
        for chunk in group[COLUMNS][1][1]:
            column: Struct = chunk[CHUNK][1]
            if BLOOM_AT in column:
                raise ValueError("a column with a Bloom filter cannot be joined; write the file without")
            ends.append(min(column[field][1] for field in PAGES_AT if field in column) + column[7][1])
    return max(ends)


def _shift(group: Struct, by: int) -> None:
    _move(group, GROUP_OFFSET, by)
    for chunk in group[COLUMNS][1][1]:
        # A place of 0 says that the chunk names none.
        if chunk[CHUNK_OFFSET][1]:
            _move(chunk, CHUNK_OFFSET, by)
        for field in PAGES_AT:
            _move(chunk[CHUNK][1], field, by)


def _move(fields: Struct, number: int, by: int) -> None:
    if number in fields:
        kind, value = fields[number]
        fields[number] = kind, value + by


def _indexes(data: bytes, group: Struct, by: int) -> tuple[list[bytes], list[bytes]]:
    """The indexes of a row group's pages, by column: their statistics, and their places after a shift."""
    statistics, places = [], []
    for chunk in group[COLUMNS][1][1]:
        if OFFSETS_AT not in chunk or STATISTICS_AT not in chunk:
            continue
        start = chunk[STATISTICS_AT][1]
        statistics.append(data[start : start + chunk[STATISTICS_SIZE][1]])
        index, _ = read_struct(data, chunk[OFFSETS_AT][1])
        for page in index[PAGES][1][1]:
            _move(page, PAGE_OFFSET, by)
        places.append(write_struct(index))
    return statistics, places


def _write_indexes(groups: list[Struct], indexes: list[tuple[list[bytes], list[bytes]]], at: int, sink: Sink) -> int:
    """Write the indexes of all row groups, statistics first, and note their places in the row groups."""
    for which, (place, size) in enumerate(((STATISTICS_AT, STATISTICS_SIZE), (OFFSETS_AT, OFFSETS_SIZE))):
        for group, both in zip(groups, indexes, strict=True):
            chunks = [chunk for chunk in group[COLUMNS][1][1] if place in chunk]
            for chunk, data in zip(chunks, both[which], strict=True):
                chunk[place] = chunk[place][0], at
                chunk[size] = chunk[size][0], len(data)
                sink.write(data)
                at += len(data)
    return at


def _refuse_others(first: Struct, other: Struct) -> None:
    same: list[Any] = [{number: fields.get(number) for number in (1, 2, 6, 7)} for fields in (first, other)]
    if same[0] != same[1]:
        raise ValueError("files of different schemas or writers cannot be joined into one")
