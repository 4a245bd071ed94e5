"""Reads and writes structures of the Thrift compact protocol, the encoding of a Parquet footer.

A structure becomes a dictionary from field number to its type and value, so that a footer can be changed and written
again without a list of the fields of Parquet: fields that this version does not name stay as they are.

Belongs here: the encoding. Does not belong here: what the fields of a footer mean (`splice`).
"""

import struct
from typing import Any

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)
INTEGERS = (I16, I32, I64)
# Field number -> type and value. A list is the type of its elements and their values.
Struct = dict[int, tuple[int, Any]]


def read_struct(data: bytes, at: int = 0) -> tuple[Struct, int]:
    """Return the structure that begins at a place, and the place after it."""
    found: Struct = {}
    number = 0
    while True:
        head = data[at]
        at += 1
        if head == 0:
            return found, at
        kind, step = head & 15, head >> 4
        if step:
            number += step
        else:
            number, at = _read_integer(data, at)
        value, at = _read(data, at, kind)
        found[number] = kind, value


def write_struct(fields: Struct) -> bytes:
    """Return the encoded structure."""
    parts, before = [], 0
    for number, (named, value) in sorted(fields.items()):
        # The type of a Boolean is its value.
        kind = named if named not in (TRUE, FALSE) else TRUE if value else FALSE
        step = number - before
        parts.append(bytes([step << 4 | kind]) if 0 < step < 16 else bytes([kind]) + _integer(number))
        if kind not in (TRUE, FALSE):
            parts.append(_write(kind, value))
        before = number
    return b"".join([*parts, b"\0"])


def _read(data: bytes, at: int, kind: int) -> tuple[Any, int]:  # noqa: PLR0911
    if kind in (TRUE, FALSE):
        return kind == TRUE, at
    if kind in INTEGERS:
        return _read_integer(data, at)
    if kind == BYTE:
        return data[at], at + 1
    if kind == DOUBLE:
        return struct.unpack_from("<d", data, at)[0], at + 8
    if kind == BINARY:
        size, at = _read_size(data, at)
        return data[at : at + size], at + size
    if kind == STRUCT:
        return read_struct(data, at)
    if kind in (LIST, SET):
        return _read_list(data, at)
    raise ValueError(f"a Thrift field of type {kind} at byte {at}; Parquet footers have none of this type")


def _read_list(data: bytes, at: int) -> tuple[tuple[int, list[Any]], int]:
    kind, size = data[at] & 15, data[at] >> 4
    at += 1
    if size == 15:
        size, at = _read_size(data, at)
    values = []
    for _ in range(size):
        if kind in (TRUE, FALSE):  # inside a list a Boolean is a byte of its own
            value, at = data[at] == TRUE, at + 1
        else:
            value, at = _read(data, at, kind)
        values.append(value)
    return (kind, values), at


def _write(kind: int, value: Any) -> bytes:  # noqa: PLR0911
    if kind in INTEGERS:
        return _integer(value)
    if kind == BYTE:
        return bytes([value])
    if kind == DOUBLE:
        return struct.pack("<d", value)
    if kind == BINARY:
        return _size(len(value)) + bytes(value)
    if kind == STRUCT:
        return write_struct(value)
    inner, values = value
    head = bytes([len(values) << 4 | inner]) if len(values) < 15 else bytes([0xF0 | inner]) + _size(len(values))
    if inner in (TRUE, FALSE):
        return head + bytes(TRUE if one else FALSE for one in values)
    return head + b"".join(_write(inner, one) for one in values)


def _read_size(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def _size(value: int) -> bytes:
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    made.append(value)
    return bytes(made)


def _read_integer(data: bytes, at: int) -> tuple[int, int]:
    value, at = _read_size(data, at)
    return value >> 1 ^ -(value & 1), at


def _integer(value: int) -> bytes:
    return _size(value << 1 if value >= 0 else (-value << 1) - 1)
