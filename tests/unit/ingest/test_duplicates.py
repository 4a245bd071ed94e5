"""Copies, contradictions and figures that several publishers print."""

from typing import Any

import polars as pl
import pytest

from tasks.domain.errors import Refused
from tasks.ingest.duplicates import doubt_repeats, find_copies, has_same_key
from tests.unit.builders import detail_table, number, release
from tests.unit.ingest.file_codes import GERMANY, codes_of

OF = release(months="2025-06")
JUNE = "2025-06"


def said(value: int, record: int, measure: str = "quantity_kg", partner: str = "USA", **other: Any) -> dict[str, Any]:
    return number(OF, partner, JUNE, value, measure, record=record, **other)


def copies(*rows: dict[str, Any], records: int | None = None, says_day: bool = False) -> list[int]:
    record = pl.Series("record", range(1, (records or len(rows)) + 1), dtype=pl.UInt32)
    return find_copies(detail_table(*rows), record, "f.csv", says_day=says_day).sort().to_list()


def test_an_exact_copy_is_set_aside_and_the_earlier_record_stays() -> None:
    assert copies(said(1, 2), said(7, 2, "value_usd"), said(1, 4), said(7, 4, "value_usd"), said(1, 1, partner="DEU"), records=4) == [3]  # fmt: skip


def test_a_record_that_gives_its_measure_twice_is_no_copy_of_itself() -> None:
    assert copies(said(1, 1), said(1, 1), records=1) == []


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([said(1, 1), said(2, 2)], "quantity_kg of 85051110, partner USA, 2025-06 stands there more than once with different values (1 such numbers)"),
        ([said(1, 1), said(1, 2), said(3, 2, "value_usd")], "more than once with other numbers next to it"),
    ],
)  # fmt: skip
def test_records_of_one_key_that_differ_are_refused(rows: list[dict[str, Any]], found: str) -> None:
    with pytest.raises(Refused) as refusal:
        copies(*rows)
    assert (refusal.value.rule, refusal.value.where) == ("contradiction", "f.csv, records 1, 2")
    assert found in refusal.value.found


@pytest.mark.parametrize(("records", "refused"), [(1999, True), (2000, False), (2001, False)])
def test_more_than_one_copy_in_a_thousand_is_downloads_joined_together(records: int, refused: bool) -> None:
    rows = [said(1, place, partner=partner) for partner, pair in (("USA", (1, 2)), ("DEU", (3, 4))) for place in pair]
    if not refused:
        assert copies(*rows, records=records) == [1, 3]
        return
    with pytest.raises(Refused, match="2 of 1999 records are exact copies: downloads joined together"):
        copies(*rows, records=records)


def test_of_several_prints_of_one_day_the_one_with_most_digits_stays() -> None:
    rows = [said(353_000, 1, resolution=1000), said(353_261, 2, resolution=1), said(353_000, 3, resolution=1000)]
    assert copies(*rows, says_day=True) == [0, 2]
    with pytest.raises(Refused, match="with different values on one day"):
        copies(said(355_000, 1, resolution=1000), said(353_261, 2, resolution=1), says_day=True)


def test_records_with_the_same_codes_throughout() -> None:
    codes = codes_of({}, {"partner": GERMANY}, {}, {"province": "44"}, {"regime": "10"})
    assert has_same_key(pl.Series([0, 1, 2, 3, 4, 0]), codes.keys).to_list() == [True, False, True, False, False, True]


def test_repeats_are_reported_with_their_first_record() -> None:
    record = pl.Series([10, 11, 12])
    nothing = pl.Series([], dtype=pl.Int64)

    def found(rows: pl.Series, doubled: int, *, says_day: bool = False) -> list[tuple[str, str, str]]:
        return [(one["check"], one["severity"], one["observed"]) for one in doubt_repeats(rows, doubled, record, "f", says_day=says_day)]  # fmt: skip

    assert found(nothing, 0) == []
    assert found(pl.Series([1]), 0) == [("copies", "warning", "1 exact copy, first record 11")]
    assert found(pl.Series([1, 2]), 1) == [
        ("copies", "warning", "2 exact copies, first record 11"), ("said_twice", "info", "1 record with one number in both quantities"),
    ]  # fmt: skip
    assert found(pl.Series([2]), 0, says_day=True) == [("printed_again", "info", "1 figure, first record 12")]
