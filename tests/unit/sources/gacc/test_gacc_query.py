"""Downloads of China customs' query: which columns, which currency, what is null, which names are damage or a sum."""

from functools import partial
from typing import Any

import polars as pl
import pytest
from bad_inputs.download import (
    CLEAN_RECORDS,
    PARTNER,
    PARTNER_NAME,
    csv_bytes,
    numeric,
    with_field,
    workbook_bytes,
)

from schemas.reference.code_tables import code_table
from tasks.domain.errors import Refused
from tasks.sources.adapter.names import NAMES, doubt_names, doubt_pairs, refuse_mojibake
from tasks.sources.gacc.gacc_query import parse
from tests.unit.sources import reading

read = partial(reading.read, source="gacc_query", flow="export", partners=None)


def _text(reported: pl.DataFrame, *names: str) -> list[tuple[Any, ...]]:
    return reported.select(pl.col(names).cast(pl.String)).rows()


@pytest.mark.parametrize(
    ("quantity", "unit", "read"),
    [
        ("0", "?", (None, None)),
        ("5", "?", ("5", "?")),
        ("0", "头", ("0", "头")),
        ("０", " ？", (None, None)),
        ("5", "？", ("5", "？")),
        (" 0", "头", (" 0", "头")),
    ],
)
def test_only_the_pair_of_zero_and_no_unit_is_no_second_quantity(
    quantity: str, unit: str, read: tuple[str | None, str | None]
) -> None:
    record = (*CLEAN_RECORDS[0][:7], quantity, unit, CLEAN_RECORDS[0][9])
    other = (*CLEAN_RECORDS[0][:7], "0", " ?", CLEAN_RECORDS[0][9])
    for records in ([record], [record, other]):
        assert (
            _text(parse(csv_bytes(records), "f.csv").reported, "supplementary_quantity", "supplementary_unit")[0]
            == read
        )


@pytest.mark.parametrize(
    ("spelling", "title", "currency"),
    [("Supplementary", "US dollar", "USD"), ("Supplimentary", "Renminbi Yuan", "CNY")],
)
def test_english_titles_in_both_spellings(spelling: str, title: str, currency: str) -> None:
    titles = (
        "Date of data",
        "Commodity code",
        "Commodity",
        "Trading partner code",
        "Trading partner",
        "Quantity",
        "Unit",
        f"{spelling} Quantity",
        f"{spelling} Unit",
        title,
    )
    reported = parse(csv_bytes(titles=titles), "f.csv").reported
    assert set(reported["currency"].cast(pl.String)) == {currency}
    assert _text(reported, "supplementary_quantity", "supplementary_unit")[6] == ("2", "头")


@pytest.mark.parametrize(("code", "read"), [(1012100, "01012100"), (101, "0101"), (1, "01"), (85051110, "85051110")])
def test_only_number_cells_get_their_zero_back(code: int, read: str) -> None:
    for cell, text in ((code, read), (str(code), str(code))):
        record = list(numeric(CLEAN_RECORDS[0]))
        record[1] = cell
        assert _text(parse(workbook_bytes([record]), "f.xlsx").reported, "product") == [(text,)]


def _mojibake_of(code: str, name: str) -> bool:
    fields = pl.DataFrame(
        {"partner": [code], "partner_name": [name]}, schema=dict.fromkeys(("partner", "partner_name"), pl.Categorical)
    )
    try:
        refuse_mojibake(fields, {name: fields[name].cast(pl.String) for name in fields.columns}, "f.csv")
    except Refused:
        return True
    return False


def test_no_name_of_the_table_is_taken_for_mojibake_and_its_mojibake_is() -> None:
    partners = code_table("partners").filter(pl.col("name_zh").str.len_chars() > 1)
    for code, zh, en in partners.select("gacc_code", "name_zh", "name_en").iter_rows():
        right = (zh, en, f"{zh}\n", f"{en}（{zh}）", en.upper())
        assert [name for name in right if _mojibake_of(code, name)] == []
        utf_8, gb = zh.encode(), zh.encode("gb18030")
        lost = utf_8.decode("gb18030", "replace").replace("\ufffd", "?")
        wrong = (lost, gb.decode("latin-1"), utf_8.decode("latin-1"), "?" * len(zh))
        assert [name for name in wrong if not _mojibake_of(code, name)] == []


def test_doubtful_names_are_counted_once_a_column() -> None:
    records = with_field(PARTNER_NAME, "=1", 0, with_field(PARTNER_NAME, "+1", 1, with_field(PARTNER_NAME, "\x07", 2)))
    doubts = doubt_names(parse(csv_bytes(records), "f.csv").reported, "f.csv")
    assert [(doubt["check"], doubt["subject"], doubt["observed"]) for doubt in doubts] == [
        ("name_is_formula", "f.csv, column partner_name", "2 such names, '+1' in record 2"),
        ("control_character", "f.csv, column partner_name", "1 such name, '\\x07' in record 3"),
    ]
    for letter in "\x01\x0b\x7f\x85\u202e\u2066":
        names = pl.DataFrame({name: [f"a{letter}b"] if name == "note" else [""] for name in NAMES})
        assert [doubt["check"] for doubt in doubt_names(names, "f.csv")] == ["control_character"]


def _pairs(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    records = [
        (*record[:PARTNER], *pair, *record[PARTNER_NAME + 1 :])
        for record, pair in zip(CLEAN_RECORDS, pairs, strict=False)
    ]
    return [*doubt_pairs(parse(csv_bytes(records), "f.csv").reported, "f.csv")]


def test_a_code_beside_the_name_of_another_partner_is_an_error() -> None:
    """A column that was sorted or pasted by itself; other spellings, new codes and codes that share a name are none."""
    (doubt,) = _pairs(("502", "美国"), ("304", "韩国"), ("133", "德国\n"))
    assert (doubt["check"], doubt["severity"], doubt["records"]) == ("name_of_another", "error", [2, 3])
    assert doubt["observed"] == "'德国' next to 133 in record 3 (2 such pairs)"
    assert doubt["expected"] == "the code 304 next to that name"
    free = (
        ("502", "美利坚合众国"),
        ("998", "某国"),
        ("337", "格鲁吉亚"),
        ("150", "Georgia"),
        ("304", "Germany"),
        ("408", "玻利维亚\n"),
    )
    assert _pairs(*free) == []


@pytest.mark.parametrize(
    ("text", "is_sum"),
    [
        *(
            (text, True)
            for text in (
                "Grand Total",
                "Sub total:",
                "TOTAL",
                "World",
                "All countries",
                "Ｗｏｒｌｄ",
                "合 计：",
                "小计",
                "全球",
            )
        ),
        *((text, False) for text in ("Summerland", "Totalia", "New World", "世界岛")),
    ],
)
def test_a_partner_that_is_the_sum_of_all_is_refused(text: str, is_sum: bool) -> None:
    """Its record would count everybody twice."""
    data = csv_bytes(with_field(PARTNER_NAME, text, 1))
    if is_sum:
        with pytest.raises(Refused, match="record 2, column partner_name"):
            parse(data, "f.csv")
    else:
        assert parse(data, "f.csv").reported.height > 1
