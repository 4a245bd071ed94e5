"""Fields of a plain file: read at once as the grammar reads them; every other file is left to the grammar."""

import re
from collections.abc import Sequence

import pyarrow
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tasks.sources.formats import csv_split
from tasks.sources.formats.csv_split import QUOTED, UNQUOTED, split_plainly, split_strictly
from tests.draws import draws

WIDTH = 3
NUMBERS = [False, True, False]
# What a field may be, in the words of an expression of this test.
FIELDS = {QUOTED: rb'"[^"]*"', UNQUOTED: rb'[^",\r\n]*'}
PIECES = (
    '"', '""', ",", '","', '",', ',"', "\n", "\r\n", "\r", '"\n"', "a", "7.5", "国", "x,1,y\n", "x,1,y\r\n", "x,1,y,\n",
    '"x","1","y"\n', '"x","1\n","y"\r\n', '"x","国,","",\n',
)  # fmt: skip


def is_plain(body: bytes, field: bytes, trailing: bool, eol: bytes) -> bool:
    one = FIELDS[field]
    record = one + (b"," + one) * (WIDTH - 1) + re.escape((b"," if trailing else b"") + eol)
    return re.fullmatch(b"(?:" + record + b")+", body) is not None


def as_bytes(columns: Sequence[pyarrow.ChunkedArray]) -> list[list[bytes]]:
    return [[text.encode() if isinstance(text, str) else text for text in column.to_pylist()] for column in columns]


def assert_alike(body: bytes, field: bytes, trailing: bool, eol: bytes) -> bool:
    """Just what is plain is read at once, and as the grammar reads it."""
    fast = split_plainly(body, 0, NUMBERS, trailing, eol, field)
    assert (fast is not None) == is_plain(body, field, trailing, eol)
    if fast is not None:
        assert as_bytes(fast) == as_bytes(split_strictly(body, 0, WIDTH, trailing, "f.csv"))
    return fast is not None


@pytest.mark.parametrize("block_bytes", [60, 1 << 22])
@draws(500, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pieces=st.lists(st.sampled_from(PIECES), min_size=1, max_size=9),
    trailing=st.booleans(),
    eol=st.sampled_from([b"\n", b"\r\n"]),
    field=st.sampled_from([*FIELDS]),
)
def test_a_plain_file_is_read_as_the_grammar_reads_it(
    monkeypatch: pytest.MonkeyPatch, block_bytes: int, pieces: list[str], trailing: bool, eol: bytes, field: bytes
) -> None:
    monkeypatch.setattr(csv_split, "BLOCK_BYTES", block_bytes)
    assert_alike("".join(pieces).encode(), field, trailing, eol)


@pytest.mark.parametrize(("quote", "end"), [('"', ",\n"), ("", "\r\n")])
def test_wherever_one_byte_is_another_one_more_or_one_less_both_ways_agree(quote: str, end: str) -> None:
    trailing, eol = end.startswith(","), end.strip(",").encode()
    records = (("ab", "1", "z"), ("", "4", ""))
    body = "".join(",".join(f"{quote}{field}{quote}" for field in record) + end for record in records).encode()
    damaged = {
        body[:place] + byte + body[place + more :]
        for place in range(len(body)) for byte in (b'"', b",", b"\n", b"\r", b"x", b"") for more in (0, 1)
    }  # fmt: skip
    # The whole, and what has another character, one more or one less in a field.
    assert sum(assert_alike(data, QUOTED if quote else UNQUOTED, trailing, eol) for data in damaged) > 12


def test_a_column_has_one_dictionary_for_all_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or a number would stand for other texts in other blocks."""
    monkeypatch.setattr(csv_split, "BLOCK_BYTES", 10_000)
    texts = [f"{number:b}" for number in range(10_000)]
    body = "".join(f'"{text}","1","{text[::-1]}"\n' for text in texts).encode()
    columns = split_plainly(body, 0, NUMBERS, False, b"\n", QUOTED)
    assert columns is not None
    assert columns[0].num_chunks > 2
    assert as_bytes(columns)[::2] == [[text.encode() for text in texts], [text[::-1].encode() for text in texts]]
    assert columns[0].chunk(0).dictionary == columns[0].chunk(1).dictionary
