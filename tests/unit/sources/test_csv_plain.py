"""Files without quotes: read fast as the grammar reads them, or left to it."""

import re
from collections.abc import Sequence

import pyarrow
import pyarrow.csv
import pytest
from comext_bulk import Row, text
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tasks.sources import csv, csv_plain
from tasks.sources.csv_plain import split_unquoted
from tasks.sources.csv_strict import FIELD_BYTES_MAX, split_strictly
from tests.draws import draws

WIDTH = 3


def is_plain(body: bytes, trailing: bool, eol: bytes) -> bool:
    """What the fast way may take, as a regular expression: no quote, one line end, the same number of commas in each record."""
    record = rb'[^",\r\n]*' + rb',[^",\r\n]*' * (WIDTH - 1) + re.escape((b"," if trailing else b"") + eol)
    return re.fullmatch(b"(?:" + record + b")+", body) is not None


def as_bytes(columns: Sequence[pyarrow.ChunkedArray]) -> list[list[bytes]]:
    return [[text.encode() if isinstance(text, str) else text for text in column.to_pylist()] for column in columns]


@pytest.mark.parametrize("block_bytes", [1, 20, 1 << 22])
@draws(500, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pieces=st.lists(st.sampled_from(["a", "7.5", "国", ",", ",", ",,", "\n", "\r\n", "\r", '"', "x,1,y\n", "x,1,y\r\n", ",1,\n", "x,1,y,\n"]), min_size=1, max_size=9),
    trailing=st.booleans(), eol=st.sampled_from([b"\n", b"\r\n"]),
)  # fmt: skip
def test_what_has_the_form_is_read_as_the_grammar_reads_it_and_all_else_is_left_to_it(
    monkeypatch: pytest.MonkeyPatch, block_bytes: int, pieces: list[str], trailing: bool, eol: bytes
) -> None:
    monkeypatch.setattr(csv_plain, "BLOCK_BYTES", block_bytes)
    body = "".join(pieces).encode("gb18030")
    fast = split_unquoted(body, 0, trailing, eol, [False, True, False])
    assert (fast is not None) == is_plain(body, trailing, eol)
    if fast is not None:
        assert as_bytes(fast) == as_bytes(split_strictly(body, 0, WIDTH, trailing, "f.csv"))


@pytest.mark.parametrize("end", ["\n", ",\n", "\r\n", ",\r\n"])
def test_wherever_one_byte_is_another_one_more_or_one_less_both_ways_agree(end: str) -> None:
    trailing, eol = end.startswith(","), end.strip(",").encode()
    body = f"ab,1,z{end}c,23,{end},4,{end}".encode()
    read = 0
    for place in range(len(body)):
        for byte in (b'"', b",", b"\n", b"\r", b"x", b""):
            for more in (0, 1):
                data = body[:place] + byte + body[place + more :]
                fast = split_unquoted(data, 0, trailing, eol, [False, True, True])
                assert (fast is not None) == is_plain(data, trailing, eol)
                if fast is not None:
                    assert as_bytes(fast) == as_bytes(split_strictly(data, 0, WIDTH, trailing, "f.csv"))
                    read += 1
    assert read > 20


@pytest.mark.parametrize(
    ("body", "trailing"),
    [(f"a,{'1' * (FIELD_BYTES_MAX + 1)},c\n", False), (f"{'a' * (FIELD_BYTES_MAX + 1)},1,c\n", False), ("a,1,c,d\n", True), ("", False)],
)  # fmt: skip
def test_long_fields_and_text_after_the_last_comma_are_left_to_the_grammar(body: str, trailing: bool) -> None:
    assert split_unquoted(body.encode(), 0, trailing, b"\n", [False, True, False]) is None


@pytest.mark.parametrize("made", [[b"1", b"2"], [b"1", b"333"]])
def test_what_is_not_in_the_bytes_is_noticed(monkeypatch: pytest.MonkeyPatch, made: list[bytes]) -> None:
    """Whatever PyArrow makes of the bytes of a field: fewer or more of them."""
    read_csv = pyarrow.csv.read_csv
    body = b"a,1,x\nb,22,y\n"
    assert split_unquoted(body, 0, False, b"\n", [False, True, False]) is not None
    monkeypatch.setattr(
        pyarrow.csv, "read_csv", lambda *given, **options: read_csv(*given, **options).set_column(1, "1", pyarrow.array(made, pyarrow.binary())),
    )  # fmt: skip
    assert split_unquoted(body, 0, False, b"\n", [False, True, False]) is None


@pytest.mark.parametrize("block_bytes", [40, 1 << 22])
def test_a_file_is_read_with_the_same_fields_texts_and_notes_as_by_the_grammar(
    monkeypatch: pytest.MonkeyPatch, block_bytes: int
) -> None:
    data = text([Row(f"P{number % 7}", str(number), f"{number}.5") for number in range(300)])
    by_grammar, calls = [], []
    for fast in (True, False):
        monkeypatch.setattr(csv_plain, "BLOCK_BYTES", block_bytes)
        if not fast:
            monkeypatch.setattr(csv, "split_unquoted", lambda *given: calls.append(given))
        by_grammar.append(csv.read_fields(data, "f.csv", lambda title: title.startswith(("VALUE", "QUANTITY"))))
    one, other = by_grammar
    assert len(calls) == 1
    assert one.fields.equals(other.fields)
    assert one.fields.schema == other.fields.schema
    assert {name: texts.to_list() for name, texts in one.distinct.items()} == {name: texts.to_list() for name, texts in other.distinct.items()}  # fmt: skip
    assert (one.encoding, one.normalised) == (other.encoding, other.normalised) == ("utf-8", (csv.RESAVED,))
