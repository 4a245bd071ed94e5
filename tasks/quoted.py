"""Gate B, the fast way: plainly quoted fields split and numbered by a compiled loop, every byte accounted for.

The loop knows one form, that of the site: each field in quotes with no quote inside, a comma between fields, the same
line end after each record. Whatever else it meets, it gives up, and the grammar in `tasks/delimited.py` decides. Nothing
can hide from it, because no byte is passed over: a quote, the field, a quote, a comma or the line end.

A file is cut into blocks for the threads wherever a record can end. A cut in the wrong place does no harm: the form is
unambiguous, so where every block has it the file has it, and where one has not the file is given up.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numba
import numpy
import pyarrow

from tasks.delimited import FIELD_BYTES_MAX

BLOCK_BYTES = 1 << 22
THREADS_MAX = 8
# Room for the distinct texts of a column in most blocks; a block with more of them is read again with room for all.
SLOTS = 1 << 12

WORD = 8
ROOM = 2 * WORD
QUOTES = numpy.uint64(0x2222222222222222)
LOW_BITS = numpy.uint64(0x0101010101010101)
HIGH_BITS = numpy.uint64(0x8080808080808080)
MIXER = numpy.uint64(0x9E3779B97F4A7C15)
# Multiplied by this, a word with one bit has the number of that bit at its top: it tells which byte is the quote.
SEQUENCE = numpy.uint64(0x03F79D71B4CB0A89)
BYTE_OF_BIT = numpy.zeros(64, numpy.int64)
for _bit in range(64):
    BYTE_OF_BIT[((int(SEQUENCE) << _bit) % 2**64) >> 58] = _bit // 8
FIRST_BYTES = numpy.array([2 ** (8 * count) - 1 for count in range(WORD + 1)], numpy.uint64)
# A string view holds up to this many bytes itself, a longer text by its first four and its place.
INSIDE_VIEW = 12

LOW_HALF = numpy.uint64(2**32 - 1)
BROKEN, CROWDED = -1, -2


@dataclass(frozen=True)
class _Form:
    """What every record looks like; `number` is a column's place among those of numbers, -1 for one of texts."""

    tail: numpy.ndarray
    number: numpy.ndarray

    @property
    def record_bytes_min(self) -> int:
        return 3 * len(self.number) - 1 + len(self.tail)


def split_quoted(
    body: bytes, start: int, trailing: bool, eol: bytes, numbers: Sequence[bool]
) -> list[pyarrow.ChunkedArray] | None:
    """The columns of `body` from byte `start` on, or None where it is not plainly quoted throughout.

    `numbers` tells for each column whether it holds numbers: those come as string views into `body`, all others, and
    numbers that are not ASCII, as dictionaries of their distinct bytes. Gate A has seen to it that there is no NUL.
    """
    tail = (b"," if trailing else b"") + eol
    if not numbers or not body.endswith(b'"' + tail, start):
        return None
    places = [place for place, is_number in enumerate(numbers) if is_number]
    number = numpy.full(len(numbers), -1, numpy.int64)
    number[places] = range(len(places))
    form = _Form(numpy.frombuffer(tail, numpy.uint8), number)
    cuts = _cuts(body, start, b'"' + tail)
    buffer = pyarrow.py_buffer(body)
    with ThreadPoolExecutor(min(len(os.sched_getaffinity(0)), THREADS_MAX, len(cuts))) as threads:
        blocks = list(threads.map(lambda first, end: _block(buffer, first, end, form), cuts[:-1], cuts[1:]))
    read = [columns for columns in blocks if columns is not None]
    if len(read) < len(blocks):
        return None
    foreign = {place for place in places if any(columns[place] is None for columns in read)}
    if foreign:
        ascii_only = [is_number and place not in foreign for place, is_number in enumerate(numbers)]
        return split_quoted(body, start, trailing, eol, ascii_only)
    return [pyarrow.chunked_array(list(chunks)).unify_dictionaries() for chunks in zip(*read, strict=True)]


def _cuts(body: bytes, start: int, end_of_record: bytes) -> list[int]:
    cuts = [start]
    while (end := body.find(end_of_record + b'"', cuts[-1] + BLOCK_BYTES)) >= 0:
        cuts.append(end + len(end_of_record))
    return [*cuts, len(body)]


def _block(buffer: pyarrow.Buffer, first: int, end: int, form: _Form) -> list[pyarrow.Array | None] | None:
    """The columns of one block; a column of numbers that are not ASCII is None, a block of another form is None."""
    length = end - first
    # Words are read whole, and beyond the end, so the last block is copied to where there is room for that.
    short = max(end + ROOM - buffer.size, 0)
    whole = buffer.slice(first, length + ROOM - short)
    data = numpy.frombuffer(whole.to_pybytes() + bytes(short) if short else whole, numpy.uint8)
    words = numpy.ndarray(len(data) - WORD + 1, numpy.uint64, data, strides=(1,))
    width, records_max = len(form.number), length // form.record_bytes_min + 1
    codes = numpy.empty((width, records_max), numpy.uint32)
    views = numpy.empty((int(form.number.max()) + 1, records_max, 2), numpy.uint64)
    bits = numpy.zeros(len(views), numpy.uint64)
    for slots in (SLOTS, 2 * records_max + 1):
        table = numpy.zeros((width, 1 << slots.bit_length(), 2), numpy.uint64)
        place_of = numpy.empty((width, slots), numpy.int32)
        length_of = numpy.empty_like(place_of)
        distinct = numpy.zeros(width, numpy.int32)
        records = _read(
            data, words, length, first, form.tail, form.number, codes, views, bits, table, place_of, length_of, distinct
        )
        if records != CROWDED:
            break
    if records < 0:
        return None
    columns: list[pyarrow.Array | None] = []
    for place, number in enumerate(form.number):
        if number < 0:
            count = distinct[place]
            ends, joined = _join(data, place_of[place, :count], length_of[place, :count])
            parts = [None, pyarrow.py_buffer(ends), pyarrow.py_buffer(joined)]
            texts = pyarrow.Array.from_buffers(pyarrow.binary(), count, parts)
            columns.append(pyarrow.DictionaryArray.from_arrays(codes[place, :records], texts, safe=False))
        elif bits[number] & HIGH_BITS:
            columns.append(None)
        else:
            parts = [None, pyarrow.py_buffer(views[number, :records]), buffer]
            columns.append(pyarrow.Array.from_buffers(pyarrow.string_view(), records, parts))
    return columns


@numba.njit(nogil=True, cache=True)
def _are_equal(words: numpy.ndarray, one: int, other: int, size: int) -> bool:
    """Whether the `size` bytes at two places are the same."""
    done = 0
    while done + 8 <= size and words[one + done] == words[other + done]:
        done += 8
    # Where a whole word differs it is this one, else the bytes that are left.
    rest = min(size - done, 8)
    return bool((words[one + done] ^ words[other + done]) & FIRST_BYTES[rest] == 0)


@numba.njit(nogil=True, cache=True)
def _read(  # noqa: PLR0911, PLR0912, PLR0913, PLR0915, PLR0917  # one loop over bytes; a call per field would cost more than the field
    data: numpy.ndarray,
    words: numpy.ndarray,
    length: int,
    offset: int,
    tail: numpy.ndarray,
    number: numpy.ndarray,
    codes: numpy.ndarray,
    views: numpy.ndarray,
    bits: numpy.ndarray,
    table: numpy.ndarray,
    place_of: numpy.ndarray,
    length_of: numpy.ndarray,
    distinct: numpy.ndarray,
) -> int:
    """Fill codes and views from the first `length` bytes of `data`; the number of records, BROKEN or CROWDED.

    `words[i]` are the eight bytes from byte i on, least significant first. A text's code is its place in the order of
    first appearance in its column; `table` is an open hash table of mixed words and, in one number, size and code + 1.
    """
    slots = table.shape[1]
    last_slot = numpy.uint64(slots - 1)
    at, record = 0, 0
    while at < length:
        for column in range(len(number)):
            if data[at] != 34:
                return BROKEN
            at += 1
            begin = at
            place = number[column]
            is_repeated = False
            if place < 0 and record > 0:
                # Most texts are those of the record before; then neither the closing quote nor the code is looked for.
                code = codes[column, record - 1]
                size = length_of[column, code]
                if begin + size < length and data[begin + size] == 34:
                    is_repeated = _are_equal(words, place_of[column, code], begin, size)
            if is_repeated:
                codes[column, record] = code
                at = begin + size + 1
            else:
                mixed = numpy.uint64(0)
                seen = numpy.uint64(0)
                while True:
                    if at >= length:
                        return BROKEN
                    word = words[at]
                    # The lowest bit set in `found` is the top bit of the first quote among the eight bytes.
                    unlike = word ^ QUOTES
                    found = (unlike - LOW_BITS) & ~unlike & HIGH_BITS
                    if found:
                        lowest = found & (~found + numpy.uint64(1))
                        count = BYTE_OF_BIT[(lowest * SEQUENCE) >> numpy.uint64(58)]
                        word &= FIRST_BYTES[count]
                        at += count
                    else:
                        at += 8
                    seen |= word
                    mixed = ((mixed ^ (mixed >> numpy.uint64(29))) * MIXER) ^ word
                    if found:
                        break
                size = at - begin
                if size > FIELD_BYTES_MAX:
                    return BROKEN
                at += 1
                if place >= 0:
                    bits[place] |= seen
                    start = words[begin] & FIRST_BYTES[min(size, 8)]
                    views[place, record, 0] = numpy.uint64(size) | (start << numpy.uint64(32))
                    if size > INSIDE_VIEW:
                        views[place, record, 1] = numpy.uint64(begin + offset) << numpy.uint64(32)
                    else:
                        views[place, record, 1] = words[begin + 4] & FIRST_BYTES[max(size - 4, 0)]
                else:
                    slot = ((mixed * MIXER) >> numpy.uint64(32)) & last_slot
                    while True:
                        entry = table[column, slot, 1]
                        code = int(entry & LOW_HALF) - 1
                        if code < 0:
                            code = distinct[column]
                            if 2 * code >= slots:
                                return CROWDED
                            distinct[column] = code + 1
                            table[column, slot, 0] = mixed
                            table[column, slot, 1] = (numpy.uint64(size) << numpy.uint64(32)) | numpy.uint64(code + 1)
                            place_of[column, code] = begin
                            length_of[column, code] = size
                            break
                        is_alike = table[column, slot, 0] == mixed and int(entry >> numpy.uint64(32)) == size
                        # Up to eight bytes are the mixed word itself; of a longer text the bytes must be compared.
                        if is_alike and (size <= WORD or _are_equal(words, place_of[column, code], begin, size)):
                            break
                        slot = (slot + numpy.uint64(1)) & last_slot
                    codes[column, record] = code
            if column < len(number) - 1:
                if data[at] != 44:
                    return BROKEN
                at += 1
        for byte in tail:
            if data[at] != byte:
                return BROKEN
            at += 1
        record += 1
    return record if at == length else BROKEN


@numba.njit(nogil=True, cache=True)
def _join(
    data: numpy.ndarray, place_of: numpy.ndarray, length_of: numpy.ndarray
) -> tuple[numpy.ndarray, numpy.ndarray]:
    """The texts one after another, and where each ends, with a zero before."""
    ends = numpy.zeros(len(place_of) + 1, numpy.int32)
    ends[1:] = numpy.cumsum(length_of)
    joined = numpy.empty(ends[-1], numpy.uint8)
    for text in range(len(place_of)):
        for byte in range(length_of[text]):
            joined[ends[text] + byte] = data[place_of[text] + byte]
    return ends, joined
