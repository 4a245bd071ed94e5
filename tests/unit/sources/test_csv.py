"""Bytes to fields: the same fields as Python's csv module reads, by both ways, or a refusal that says where."""

import csv
import io
import itertools
import re
from collections.abc import Sequence
from typing import Any

import polars as pl
import pyarrow
import pyarrow.csv
import pytest
from bad_inputs.download import CLEAN, CLEAN_RECORDS, TITLES, VALUE, csv_bytes, with_field
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tasks.domain.errors import Refused
from tasks.sources import csv_fast
from tasks.sources.csv import Lexed, clean_title, read_fields
from tasks.sources.csv_fast import split_quoted
from tasks.sources.csv_strict import FIELD_BYTES_MAX, split_strictly
from tasks.sources.envelope import FILE_BYTES_MAX, MAGICS, magic_of
from tests.draws import draws

NUMBERS = {"第一数量", "第二数量", "美元"}
ALPHABET = st.sampled_from(['"', ",", "\n", "\r", "a", "国", "𠮷", "9", " ", "\t", "\\", "'"])


def _read(data: bytes) -> Lexed:
    return read_fields(data, "file.csv", NUMBERS.__contains__)


def _rows(fields: pl.DataFrame) -> list[tuple[str, ...]]:
    return fields.cast(pl.String).rows()


def _refused(data: bytes) -> Refused:
    with pytest.raises(Refused) as refused:
        _read(data)
    return refused.value


def test_a_download_is_read_as_it_is_printed() -> None:
    lexed = _read(CLEAN)
    assert lexed.fields.columns == list(TITLES)
    assert _rows(lexed.fields) == list(CLEAN_RECORDS)
    assert (lexed.encoding, lexed.normalised, lexed.numeric_titles) == ("gb18030", (), frozenset())
    assert {title for title, kind in lexed.fields.schema.items() if kind == pl.String} == NUMBERS


@pytest.mark.parametrize("eol", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_files_as_the_site_makes_them_go_the_fast_way(eol: str, encoding: str) -> None:
    data = csv_bytes(eol=eol, encoding=encoding)
    start = data.index(b"\n") + 1
    assert split_quoted(data, start, True, eol.encode(), [False] * len(TITLES)) is not None


@draws(400, suppress_health_check=[HealthCheck.too_slow])
@given(
    records=st.lists(st.lists(st.text(ALPHABET, max_size=6), min_size=3, max_size=3), min_size=1, max_size=5),
    quoting=st.sampled_from((csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC)),
    eol=st.sampled_from(("\n", "\r\n")),
    trailing=st.booleans(),
    encoding=st.sampled_from(("gb18030", "utf-8")),
)
def test_what_the_csv_module_writes_is_read_back(
    records: list[list[str]], quoting: int, eol: str, trailing: bool, encoding: str
) -> None:
    if quoting != csv.QUOTE_ALL and not trailing:
        # The csv module leaves a lone CR without quotes, and does not read it back either.
        records = [[field.replace("\r", "") for field in record] for record in records]
    sink = io.StringIO(newline="")
    csv.writer(sink, quoting=quoting, lineterminator=eol).writerows(records)  # type: ignore[arg-type]
    lines = sink.getvalue() if not trailing else "".join(f"{_quoted(record)},{eol}" for record in records)
    data = (f'"x","y","z"{"," if trailing else ""}{eol}' + lines).encode(encoding)
    assert _rows(_read(data).fields) == [tuple(record) for record in records]


def _quoted(record: list[str]) -> str:
    return ",".join('"' + field.replace('"', '""') + '"' for field in record)


@draws(600)
@given(
    st.lists(
        st.sampled_from(['"', '"', ",", "\n", '",', ',"', '","', '",\n', '"\n"', '""', "a", "b", "\r"]), max_size=14
    ).map("".join)
)
def test_the_fast_way_agrees_with_the_grammar_or_gives_up(body: str) -> None:
    """What PyArrow is trusted with must be what the grammar reads."""
    data = b'"x","y",\n"1","2",\n' + body.encode() + b'"3","4",\n'
    fast = split_quoted(data, 9, True, b"\n", [False, True])
    if fast is not None:
        strict = split_strictly(data, 9, 2, True, "file.csv")
        assert _bytes(fast) == _bytes(strict)


@pytest.mark.parametrize("end", ["\n", ",\n", "\r\n", ",\r\n"])
def test_wherever_one_byte_is_another_one_more_or_one_less_both_ways_agree(end: str) -> None:
    body = f'"ab","1"{end}"c","23"{end}"","4"{end}'.encode()
    trailing, eol = end.startswith(","), end.strip(",").encode()
    damaged = {
        body[:place] + byte + body[place + more :]
        for place in range(len(body))
        for byte in (b'"', b",", b"\n", b"\r", b"x", b"")
        for more in (0, 1)
    }
    read = 0
    for data in damaged:
        fast = split_quoted(data, 0, trailing, eol, [False, True])
        if fast is not None:
            assert _bytes(fast) == _bytes(split_strictly(data, 0, 2, trailing, "file.csv"))
            read += 1
    # The whole, and what has another character, one more or one less in a field; there are seven of these.
    assert read > 20


# What the fast way may take, in the words of a regular expression: every field quoted, no quote inside, one line end.
def _is_plain(body: bytes, width: int, trailing: bool, eol: bytes) -> bool:
    tail = re.escape((b"," if trailing else b"") + eol)
    record = b'"[^"]*"' + b',"[^"]*"' * (width - 1) + tail
    return re.fullmatch(b"(?:" + record + b")+", body) is not None


PLAIN_FILES = tuple(
    (text.replace("\n", eol.decode() + "\n" * (eol != b"\n")).encode("gb18030"), text.endswith(",\n"), eol)
    for text in (
        '"01012100","玻利维亚|","1,234","千克"\n"85051110"," 某国","0","?"\n"","","",""\n',
        '"01012100","玻利维亚|","1,234","千克",\n"85051110",",","0",",|",\n"","|","","",\n',
    )
    for eol in (b"\n", b"\r\n")
)


@st.composite
def _damaged(draw: st.DrawFn) -> tuple[bytes, bool, bytes]:
    """A plainly quoted file in which a few bytes are others, more, fewer or stand twice."""
    text, trailing, eol = draw(st.sampled_from(PLAIN_FILES))
    data = bytearray(text.replace(b"|", draw(st.sampled_from((b"", b"\n", b"\r", b"\r\n", b",\n", b"x")))))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(data) - 1))
        more = draw(
            st.one_of(st.sampled_from((b'"', b'""', b",", b"\n", b"\r", b'","', b'"\n"', b"")), st.binary(max_size=2))
        )
        data[place : place + draw(st.integers(0, 2))] = more
    begin, end = sorted(draw(st.tuples(st.integers(0, len(data)), st.integers(0, len(data)))))
    if draw(st.booleans()):
        data += data[begin:end]
    return bytes(data), trailing, eol


@pytest.mark.parametrize("block_bytes", [1, 30, 1 << 22])
@draws(500, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_damaged())
def test_a_damaged_file_is_read_alike_by_both_ways_or_left_to_the_grammar(
    monkeypatch: pytest.MonkeyPatch, block_bytes: int, damaged: tuple[bytes, bool, bytes]
) -> None:
    """The fast way takes just the files of its form: of these the grammar must say the same."""
    monkeypatch.setattr(csv_fast, "BLOCK_BYTES", block_bytes)
    data, trailing, eol = damaged
    fast = split_quoted(data, 0, trailing, eol, [False, False, True, False])
    if block_bytes > len(data):
        assert (fast is not None) == _is_plain(data, 4, trailing, eol)
    # A field that looks like the end of a record may be cut in two; then the file is given up.
    if fast is not None:
        assert _is_plain(data, 4, trailing, eol)
        assert _bytes(fast) == _bytes(split_strictly(data, 0, 4, trailing, "file.csv"))


@pytest.mark.parametrize(
    ("body", "trailing"),
    [
        ('"a"b,"c"\n"d","e"\n', False),  # text after a quote
        ('"a","b"c\n"\nd","e"\n', False),  # the same at the end of a record, and a field that looks like an end
        ('"a"\n"b"c\n"\nd"\n', False),  # the same where a record has one field
        ('"a","b"\r"c","d"\n', False),  # a record that ends with CR alone
        ('"a","b"\r\n"c","d"\n', False),
        ('"a","b"\n\n"c","d"\n', False),
        ('"a",b\n"c"",""d","e"\n', False),  # as many quotes and separators as there must be, but not in each field
        ('",",b,""\n"c","d",\n', True),
        ('"a",b,""\n"c","d",\n', True),
        ('"a","b",\n"c","d"\n', True),
        ('"a","b",\n"c","d",\n"e","f', True),  # cut in the middle
        ('"a","b",\n"c"\n"d",\n', True),
        ('"a","b"\n"c","d""\n', False),
        ('"a", "b"\n', False),
        ("a,b\n", False),
        (f'"a","{"1" * (FIELD_BYTES_MAX + 1)}"\n', False),
        (f'"{"a" * (FIELD_BYTES_MAX + 1)}","1"\n', False),
    ],
)
def test_what_is_not_plainly_quoted_is_left_to_the_grammar(body: str, trailing: bool) -> None:
    width = 1 if body.startswith('"a"\n') else 2
    for numbers in itertools.product((False, True), repeat=width):
        assert split_quoted(body.encode(), 0, trailing, b"\n", numbers) is None


@pytest.mark.parametrize("made", [[b"1", b"2"], [b"1", b'2"'], [b"1", b",2"]])
def test_what_is_not_in_the_bytes_is_noticed(monkeypatch: pytest.MonkeyPatch, made: list[bytes]) -> None:
    """Whatever PyArrow makes of the bytes of a field: fewer of them, a quote, another beginning."""
    read_csv = pyarrow.csv.read_csv

    def with_others(*given: Any, **options: Any) -> pyarrow.Table:
        return read_csv(*given, **options).set_column(1, "1", pyarrow.array(made, pyarrow.binary()))

    body = b'"a","1"\n"b","22"\n'
    assert split_quoted(body, 0, False, b"\n", [False, True]) is not None
    monkeypatch.setattr(csv_fast.pyarrow.csv, "read_csv", with_others)
    assert split_quoted(body, 0, False, b"\n", [False, True]) is None


def _bytes(columns: Sequence[pyarrow.ChunkedArray]) -> list[list[bytes]]:
    return [[text.encode() if isinstance(text, str) else text for text in column.to_pylist()] for column in columns]


@pytest.mark.parametrize("block_bytes", [1, 40, 1 << 22])
@draws(150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    records=st.lists(
        st.tuples(
            st.text(ALPHABET.filter(lambda letter: letter != '"'), max_size=30),
            st.text("0123456789,.-", max_size=20),
            st.text("磁1", max_size=9),
        ),
        min_size=1,
        max_size=9,
    ),
    trailing=st.booleans(),
    eol=st.sampled_from(["\n", "\r\n"]),
)
def test_fields_of_every_length_are_read_wherever_blocks_are_cut(
    monkeypatch: pytest.MonkeyPatch, block_bytes: int, records: list[tuple[str, str, str]], trailing: bool, eol: str
) -> None:
    monkeypatch.setattr(csv_fast, "BLOCK_BYTES", block_bytes)
    end = ("," if trailing else "") + eol
    data = "".join(",".join(f'"{field}"' for field in record) + end for record in records).encode("gb18030")
    columns = split_quoted(data, 0, trailing, eol.encode(), [False, True, True])
    assert columns is not None
    assert _bytes(columns) == [[field.encode("gb18030") for field in column] for column in zip(*records, strict=True)]
    assert columns[1].type == pyarrow.string()
    assert (columns[2].type == pyarrow.string()) == all(record[2].isascii() for record in records)


def test_texts_that_differ_in_one_byte_have_codes_of_their_own_and_each_has_one() -> None:
    texts = ["x" * place + "y" + "x" * (length - place - 1) for length in range(1, 26) for place in range(length)]
    listed = [*texts, *texts[::-1], *texts[::3]]
    body = "".join(f'"{text}","{place % 7}"\n' for place, text in enumerate(listed)).encode()
    columns = split_quoted(body, 0, False, b"\n", [False, False])
    assert columns is not None
    assert columns[0].to_pylist() == [text.encode() for text in listed]
    assert columns[0].chunk(0).dictionary.to_pylist() == [text.encode() for text in texts]


@pytest.mark.parametrize("end", ["\n", ",\r\n"])
def test_records_without_a_character_in_any_field_are_records(end: str) -> None:
    body = ('"","",""' + end).encode() * 1_000
    columns = split_quoted(body, 0, end.startswith(","), end.strip(",").encode(), [False, True, False])
    assert columns is not None
    assert _bytes(columns) == [[b""] * 1_000] * 3


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (csv_bytes(with_field(2, "磁\ufffd", 0), encoding="utf-8"), "file.csv, record 1, column 商品名称"),
        (csv_bytes(with_field(2, "磁\ufffd", 3), encoding="utf-8"), "file.csv, record 4, column 商品名称"),
        (csv_bytes(with_field(VALUE, "9" * (FIELD_BYTES_MAX + 1), 5)), "file.csv, record 6, column 美元"),
        (csv_bytes(with_field(2, "磁" * FIELD_BYTES_MAX, 5)), "file.csv, record 6, column 商品名称"),
        (csv_bytes(encoding="utf-8").replace("日本".encode(), b"\xff\xfe"), "file.csv, record 4, column 贸易伙伴名称"),
        (CLEAN.replace(b'"48000"', b'"48000', 1), "file.csv, line 5, field 6"),
        (CLEAN.replace(b'"12",', b"", 1), "file.csv, record 5 (line 6)"),
        (CLEAN.replace(b'"98765",', b"", 1), "file.csv, record 6 (line 8)"),
    ],
)  # fmt: skip
def test_a_refusal_says_where(data: bytes, place: str) -> None:
    """A record is counted as the site counts; a line is what an editor shows, and names have line feeds."""
    assert _refused(data).where == place


@pytest.mark.parametrize(
    ("record", "found"),
    [
        ('"1",x', "2 fields where the header has 3"),
        ('"1"', "1 field where the header has 3"),
        ('"1",2,,', "4 fields where the header has 3"),
        ('"1",2,x', "'x' after the last comma, where nothing stands"),
        ("", "a blank line"),
    ],
)
def test_a_refusal_says_what_is_found(record: str, found: str) -> None:
    assert _refused(f'"a","b",\n{record}\n"3","4",\n'.encode()).found == found


@pytest.mark.parametrize(("columns", "rule"), [(64, None), (65, "too many columns")])
@pytest.mark.parametrize("end", ["", ","])
def test_of_columns_there_may_be_64_and_their_number_is_told(columns: int, rule: str | None, end: str) -> None:
    titles, fields = (",".join(f'"{letter}{place}"' for place in range(columns)) for letter in "ab")
    data = f"{titles}{end}\n{fields}{end}\n".encode()
    if rule is None:
        assert _read(data).fields.width == columns
        return
    refused = _refused(data)
    assert (refused.rule, "65 columns" in str(refused)) == (rule, True)


@pytest.mark.parametrize("magic", MAGICS)
def test_other_formats_are_known_by_their_first_bytes(magic: bytes) -> None:
    assert magic_of(magic + b"rest") is not None
    assert _refused(magic + b"rest\n").rule == "not text"


def test_a_file_that_is_too_large_is_not_even_looked_at() -> None:
    assert _refused(b"x" * (FILE_BYTES_MAX + 1)).rule == "file too large"


@pytest.mark.parametrize(
    ("printed", "title"),
    [
        (" 美元\t", "美元"),
        ("ＵＳ　ｄｏｌｌａｒ", "US dollar"),
        ("\ufeff数据\u200b年月", "数据年月"),
        ("美元²", "美元2"),
    ],
)
def test_titles_are_brought_to_one_form(printed: str, title: str) -> None:
    assert clean_title(printed) == title


def test_a_quote_that_is_never_closed_costs_no_time_and_no_memory() -> None:
    assert _refused(CLEAN + b'"' + b"a" * 50_000_000 + b"\n").rule == "quoting"
    assert _refused(CLEAN + b'"' + b'""' * 20_000_000 + b"\n").rule == "quoting"
