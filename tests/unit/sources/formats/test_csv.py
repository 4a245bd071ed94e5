"""Bytes to fields: the same fields as Python's csv module reads, by both ways, or a refusal that says where."""

import csv
import io

import polars as pl
import pytest
from bad_inputs.download import CLEAN, VALUE, csv_bytes, with_field
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tasks.domain.errors import Refused
from tasks.sources.formats.csv import Lexed, excerpt, read_fields
from tasks.sources.formats.csv_split import FIELD_BYTES_MAX
from tasks.sources.formats.envelope import FILE_BYTES_MAX, MAGICS, magic_of
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


@pytest.mark.parametrize(
    ("titles", "found"), [('"a","b","a"', "the same title twice: a"), ('"a","","b"', "column 2 of 3 has no title")]
)
def test_a_title_is_there_and_stands_for_one_column(titles: str, found: str) -> None:
    assert _refused(f'{titles},\n"1","2","3",\n'.encode()).found == found


@pytest.mark.parametrize("end", ["", ","])
def test_of_columns_there_may_be_64_and_their_number_is_told(end: str) -> None:
    def wide(columns: int) -> bytes:
        titles, fields = (",".join(f'"{letter}{place}"' for place in range(columns)) for letter in "ab")
        return f"{titles}{end}\n{fields}{end}\n".encode()

    assert _read(wide(64)).fields.width == 64
    refused = _refused(wide(65))
    assert (refused.rule, "65 columns" in str(refused)) == ("too many columns", True)


def test_other_formats_are_known_by_their_first_bytes_and_a_file_that_is_too_large_is_not_even_looked_at() -> None:
    for magic in MAGICS:
        assert magic_of(magic + b"rest") is not None
        assert _refused(magic + b"rest\n").rule == "not text"
    assert _refused(b"x" * (FILE_BYTES_MAX + 1)).rule == "file too large"


def test_a_quote_that_is_never_closed_costs_no_time_and_no_memory() -> None:
    assert _refused(CLEAN + b'"' + b"a" * 50_000_000 + b"\n").rule == "quoting"
    assert _refused(CLEAN + b'"' + b'""' * 20_000_000 + b"\n").rule == "quoting"


def test_an_excerpt_has_the_titles_and_some_records_whatever_line_ends_they_have_inside() -> None:
    data = b'"a","b",\r\n"1","x\r\ny",\r\n"2","z",\r\n"3","",\r\n'
    assert excerpt(data, [1, 3], 3) == b'"a","b",\r\n"1","x\r\ny",\r\n"3","",\r\n'
    assert [excerpt(raw, [1], count) for raw, count in ((data, 4), (b"a,b", 1), (b"a,b\n1,2\n", 1))] == [None] * 3
