"""Records that belong together: copies, contradictions, figures of several publishers, and the parts of one sum."""

from typing import Any

import polars as pl
import pytest

from tasks.domain.errors import Refused
from tasks.ingest.repeats import PART, causes_first, doubt_repeats, find_copies, has_same_key
from tests.unit.builders import detail_table, number, release
from tests.unit.ingest.file_codes import GERMANY, codes_of

OF = release(months="2025-06")


def said(value: int, record: int, measure: str = "quantity_kg", partner: str = "USA", **other: Any) -> dict[str, Any]:
    return number(OF, partner, "2025-06", value, measure, record=record, **other)


def printed(value: int, record: int, resolution: int = 1000) -> dict[str, Any]:
    return said(value, record, resolution=resolution)


def copies(*rows: dict[str, Any], records: int | None = None, says_day: bool = False) -> list[int]:
    record = pl.Series("record", range(1, (records or len(rows)) + 1), dtype=pl.UInt32)
    return find_copies(detail_table(*rows), record, "f.csv", says_day=says_day).sort().to_list()


PAIRS = [said(1, place, partner=who) for who, pair in (("USA", (1, 2)), ("DEU", (3, 4))) for place in pair]


@pytest.mark.parametrize(
    ("rows", "records", "says_day", "rule", "found"),
    [
        # An exact copy is set aside, and the earlier record stays.
        ([said(1, 2), said(7, 2, "value_usd"), said(1, 4), said(7, 4, "value_usd"), said(1, 1, partner="DEU")], 4,
            False, "", [3]),
        # A record that gives its measure twice is no copy of itself.
        ([said(1, 1), said(1, 1)], 1, False, "", []),
        # One copy in a thousand records is a slip.
        (PAIRS, 2000, False, "", [1, 3]),
        (PAIRS, 1999, False, "copies", "2 of 1999 records are exact copies: downloads joined together"),
        # Of several prints of one day the one with most digits stays.
        ([printed(353_000, 1), printed(353_261, 2, 1), printed(353_000, 3)], None, True, "", [0, 2]),
        (
            [said(1, 1), said(2, 2)],
            None,
            False,
            "contradiction",
            (
                "quantity_kg of 85051110, partner USA, 2025-06 stands there more than once with different values (1"
                " such number)"
            ),
        ),
        *((rows, None, False, "contradiction", "more than once with other numbers next to it")
            for rows in ([said(1, 1), said(1, 2), said(3, 2, "value_usd")],
                [said(1, 1), said(3, 1, "value_usd"), said(1, 2)],
                [said(1, 1), said(3, 1, "value_usd"), said(1, 2), said(3, 2, "value_usd"), said(1, 3)])),
        *((rows, None, True, "contradiction", "with different values on one day")
            for rows in ([printed(355_000, 1), printed(353_261, 2, 1)], [printed(3_188_000, 1), printed(3_189_000, 2)],
                [printed(3_188_200, 1, 100), printed(3_188_300, 2, 100)])),
    ],
)  # fmt: skip
def test_a_record_that_repeats_another_is_found_and_one_that_differs_or_many_copies_are_refused(
    rows: list[dict[str, Any]], records: int | None, says_day: bool, rule: str, found: Any
) -> None:
    if not rule:
        assert copies(*rows, records=records, says_day=says_day) == found
        return
    with pytest.raises(Refused) as refusal:
        copies(*rows, records=records, says_day=says_day)
    assert refusal.value.rule == rule
    assert refusal.value.where.startswith("f.csv, records 1, 2" if rule == "contradiction" else "f.csv, record 2")
    assert found in refusal.value.found


def test_records_with_the_same_codes_throughout() -> None:
    codes = codes_of({}, {"partner": GERMANY}, {}, {"province": "44"}, {"regime": "10"})
    assert has_same_key(pl.Series([0, 1, 2, 3, 4, 0]), codes.keys).to_list() == [True, False, True, False, False, True]


@pytest.mark.parametrize(
    ("rows", "doubled", "says_day", "found"),
    [
        ([], 0, False, []),
        ([1], 0, False, [("copies", "warning", "1 exact copy, first record 11")]),
        ([1, 2], 1, False,
            [("copies", "warning", "2 exact copies, first record 11"),
                ("said_twice", "info", "1 record with one number in both quantities")]),
        ([2], 0, True, [("printed_again", "info", "1 figure, first record 12")]),
    ],
)  # fmt: skip
def test_repeats_are_reported_with_their_first_record(
    rows: list[int], doubled: int, says_day: bool, found: list[tuple[str, str, str]]
) -> None:
    told = doubt_repeats(pl.Series(rows, dtype=pl.Int64), doubled, pl.Series([10, 11, 12]), "f", says_day=says_day)
    assert [(one["check"], one["severity"], one["observed"]) for one in told] == found


def test_records_set_aside_because_of_others_come_last_and_the_others_keep_their_order() -> None:
    rows = pl.DataFrame({"record": [1, 2, 3, 4], "reasons": [[PART], ["x"], [PART, "y"], [PART]]})
    assert causes_first(rows)["record"].to_list() == [2, 3, 1, 4]
    assert causes_first(rows.clear()).is_empty()
