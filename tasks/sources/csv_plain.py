"""Gate B, fast path for files without quotes: PyArrow splits them, and every byte is accounted for.

Eurostat and e-Stat print fields without quotes. Where no byte is a quote and all line ends are alike, every comma and
every line end separates two fields, so there is one reading. On any other byte, and on a record of another width, this
reader gives up, and the grammar in `tasks/sources/csv_strict.py` decides.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pyarrow
import pyarrow.csv

from tasks.sources.csv_fast import BLOCK_BYTES, NUMBERS, QUOTE, TEXTS, THREADS_MAX, joined, longest, total_bytes
from tasks.sources.csv_strict import FIELD_BYTES_MAX


def split_unquoted(
    body: bytes, start: int, trailing: bool, eol: bytes, numbers: Sequence[bool]
) -> list[pyarrow.ChunkedArray] | None:
    """Read the columns of `body` from byte `start` on; None where it has a quote, or records of another form.

    The arguments and the columns are those of `split_quoted` in `tasks/sources/csv_fast.py`.
    """
    if start >= len(body) or body.find(QUOTE, start) >= 0 or not ends_alike(body, start, eol):
        return None
    cuts = [start]
    while (end := body.find(eol, cuts[-1] + BLOCK_BYTES)) >= 0 and end + len(eol) < len(body):
        cuts.append(end + len(eol))
    cuts.append(len(body))
    buffer = pyarrow.py_buffer(body)
    with ThreadPoolExecutor(min(len(os.sched_getaffinity(0)), THREADS_MAX, len(cuts))) as threads:
        blocks = list(
            threads.map(
                lambda first, end: _block(buffer.slice(first, end - first), numbers, trailing, len(eol)),
                cuts[:-1],
                cuts[1:],
            )
        )
    read = [columns for columns in blocks if columns is not None]
    return [joined(chunks) for chunks in zip(*read, strict=True)] if len(read) == len(blocks) else None


def ends_alike(body: bytes, start: int, eol: bytes) -> bool:
    """Whether every CR and LF from byte `start` on belongs to this line end, and the last record has one."""
    ends = body.count(eol, start)
    return body.endswith(eol, start) and ends == body.count(b"\n", start) and body.count(b"\r", start) == ends * (
        eol == b"\r\n"
    )  # fmt: skip


def _block(
    block: pyarrow.Buffer, numbers: Sequence[bool], trailing: bool, eol_bytes: int
) -> list[pyarrow.Array] | None:
    """The columns of one block, None where a record has another width."""
    titles = [str(place) for place in range(len(numbers) + trailing)]
    kinds = {title: NUMBERS if is_number else TEXTS for title, is_number in zip(titles, numbers, strict=False)}
    try:
        table = pyarrow.csv.read_csv(
            pyarrow.BufferReader(block),
            # One block of PyArrow's, so that it never searches for a place to cut.
            read_options=pyarrow.csv.ReadOptions(column_names=titles, block_size=block.size + 1, use_threads=False),
            parse_options=pyarrow.csv.ParseOptions(quote_char=False, double_quote=False, ignore_empty_lines=False),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(titles, NUMBERS) | kinds, null_values=[], strings_can_be_null=False
            ),
        )
    except pyarrow.ArrowInvalid:
        return None
    columns = [column.combine_chunks() for column in table.columns]
    # All bytes are those of fields, of the commas between them, and of line ends; what follows a last comma is empty.
    separators = table.num_rows * (len(titles) - 1 + eol_bytes)
    is_all = sum(map(total_bytes, columns)) + separators == block.size
    is_short = all(longest(column) <= FIELD_BYTES_MAX for column in columns)
    if not is_all or not is_short or any(total_bytes(column) for column in columns[len(numbers) :]):
        return None
    return columns[: len(numbers)]
