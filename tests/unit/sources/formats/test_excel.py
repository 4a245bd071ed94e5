"""Workbooks: number cells become digits, and what could hide something is refused before a reader sees it."""

import random
from typing import Any

import polars as pl
import pytest
from bad_inputs.archive_rows import BOOK, NUMERIC, SHEET, edited, members_of, zipped
from bad_inputs.download import QUANTITY, workbook_bytes

from tasks.domain.errors import Refused
from tasks.sources.formats.csv import Lexed
from tasks.sources.formats.excel import read_fields

NUMBERS = {"第一数量", "第二数量", "美元"}


def _read(data: bytes) -> Lexed:
    return read_fields(data, "file.xlsx", NUMBERS.__contains__)


WHOLE = members_of()[SHEET]


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (b'r="J2"', b'r="XFD1048576"', "cells spread over 1,048,576 rows and 16,384 columns"),
        (b'r="J2"', b'r="J3"', "stands there twice"),
        (b'<row r="3"', b'<row r="2"', "stands there twice"),
        (b"<sheetFormatPr", b'<sheetFormatPr zeroHeight="1"', "a hidden row or column"),
        (WHOLE, b"\xff\xfe" + WHOLE.decode().encode("utf-16-le"), "UTF-16"),
    ],
)
def test_sheets_that_are_none_are_refused(old: bytes, new: bytes, found: str) -> None:
    """One cell in the last corner would make the reader ask for 500 GB, and end the process."""
    with pytest.raises(Refused, match=found) as refused:
        _read(edited(SHEET, old, new))
    assert refused.value.rule == "workbook content"


def test_a_sheet_that_lies_elsewhere_is_looked_into_too() -> None:
    members = members_of()
    sheet = members.pop(SHEET).replace(b"<v>353000</v>", b"<f>1+1</f><v>353000</v>", 1)
    links = "xl/_rels/workbook.xml.rels"
    members[links] = members[links].replace(b"worksheets/sheet1.xml", b"other.xml")
    with pytest.raises(Refused, match="a formula"):
        _read(zipped(*members.items(), ("xl/other.xml", sheet)))


def test_a_lying_size_is_found() -> None:
    """A member that unpacks to more than it declares is a bomb, or damaged."""
    size = len(WHOLE)
    lying = BOOK.replace(size.to_bytes(4, "little"), (size - 9).to_bytes(4, "little"))
    assert lying != BOOK
    with pytest.raises(Refused):
        _read(lying)


def test_blank_rows_behind_the_records_are_none() -> None:
    blank = ("", " ", "")
    book = workbook_bytes([*NUMERIC, blank, blank])
    read, plain = _read(book), _read(BOOK)
    assert read.fields.cast(pl.String).rows() == plain.fields.cast(pl.String).rows()
    assert read.normalised == (*plain.normalised, "2 blank rows at the end")
    inside = _read(workbook_bytes([NUMERIC[0], blank, *NUMERIC[1:]]))
    assert inside.fields.height == len(NUMERIC) + 1


@pytest.mark.parametrize("at", [0, 2])
def test_a_name_that_lost_a_letter_is_refused_where_it_stands(at: int) -> None:
    rows = [(*row[:2], f"{row[2]}\ufffd" if place == at else row[2], *row[3:]) for place, row in enumerate(NUMERIC)]
    with pytest.raises(Refused, match=f"^file.xlsx, record {at + 1}, column 商品名称: U\\+FFFD"):
        _read(workbook_bytes(rows))


def test_a_length_of_time_is_no_number() -> None:
    def hours(book: Any, sheet: Any) -> None:
        for row in range(1, len(NUMERIC) + 1):
            sheet.write_number(row, QUANTITY, 1.5, book.add_format({"num_format": "[h]:mm"}))

    with pytest.raises(Refused, match=r"第一数量.*length of time"):
        _read(workbook_bytes(NUMERIC, change=hours))


def test_damage_anywhere_is_refused_or_harmless() -> None:
    """Bytes of the archive and of its members changed at random: a refusal or fields, never another exception."""
    dice = random.Random(85051110)
    members = members_of()
    refused, harmless = 0, 0
    for _ in range(100):
        name = dice.choice([*members, *[SHEET] * 8])
        is_whole = dice.random() < 0.4
        data = _damaged(dice, BOOK) if is_whole else zipped(*{**members, name: _damaged(dice, members[name])}.items())
        try:
            assert isinstance(_read(data), Lexed)
            harmless += 1
        except Refused:
            refused += 1
    assert min(refused, harmless) > 15


def _damaged(dice: random.Random, data: bytes) -> bytes:
    at = dice.randrange(len(data))
    return dice.choice((
        data[:at] + bytes([dice.randrange(256)]) + data[at + 1 :],
        data[:at] + data[at + dice.choice((1, 2, 40)) :],
        data[:at] + dice.choice((b'"', b"<", b">", b"0", b"e5", b"&amp;")) + data[at:],
    ))  # fmt: skip
