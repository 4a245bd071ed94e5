"""Gate B, fast path for files without quotes: PyArrow splits them, and every byte is accounted for.

Eurostat and e-Stat print fields without quotes. Where no byte is a quote and all line ends are alike, every comma and
every line end separates two fields, so there is one reading. On any other byte, and on a record of another width, this
reader gives up, and the grammar in `tasks/sources/csv_strict.py` decides.
"""

from collections.abc import Sequence

import pyarrow

from tasks.sources.csv_fast import BLOCK_BYTES, QUOTE, longest, split_block, split_blocks, total_bytes
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

    def of_block(block: pyarrow.Buffer) -> list[pyarrow.Array] | None:
        columns = split_block(block, numbers, trailing, False)
        return columns[: len(numbers)] if columns and _is_all(columns, block, len(numbers), len(eol)) else None

    return split_blocks(body, cuts, of_block)


def ends_alike(body: bytes, start: int, eol: bytes) -> bool:
    """Whether every CR and LF from byte `start` on belongs to this line end, and the last record has one."""
    ends = body.count(eol, start)
    return body.endswith(eol, start) and ends == body.count(b"\n", start) and body.count(b"\r", start) == ends * (
        eol == b"\r\n"
    )  # fmt: skip


def _is_all(columns: Sequence[pyarrow.Array], block: pyarrow.Buffer, width: int, eol_bytes: int) -> bool:
    """Whether all bytes are those of fields, of the commas between them and of line ends, and none follows a last comma."""
    separators = len(columns[0]) * (len(columns) - 1 + eol_bytes)
    return (
        sum(map(total_bytes, columns)) + separators == block.size
        and all(longest(column) <= FIELD_BYTES_MAX for column in columns)
        and not any(total_bytes(column) for column in columns[width:])
    )
