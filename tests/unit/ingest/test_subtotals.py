"""Parts of sums by regime and province, and sums that lack a part."""

from typing import Any

import polars as pl

from tasks.ingest.subtotals import PART, causes_first, complete_sums
from tests.unit.ingest.file_codes import GERMANY, amounts_of, codes_of, reported

BOTH = {"value": "1", "currency": "USD", "quantity": "5", "quantity_unit": "千克"}
VALUE_ALONE = {"value": "1", "currency": "USD"}
GUANGDONG, SHANDONG = {"province": "44"}, {"province": "37"}


def sums(*records: dict[str, Any], aside: tuple[int, ...] = ()) -> tuple[list[int], list[int], list[tuple[str, str]]]:
    """Rows left without a number, rows of the numbers kept, and severity and text of the findings."""
    amounts = amounts_of(*records)
    rows = pl.Series(aside, dtype=pl.Int64)
    numbers = amounts.read.filter(~pl.col("row").is_in(rows))
    left, kept, found = complete_sums(numbers, rows, codes_of(*records).keys, reported(*records)["record"], "f.csv")
    return left.to_list(), sorted(kept["row"]), [(one["severity"], one["observed"]) for one in found]


def test_a_sum_with_an_unreadable_part_loses_its_other_parts() -> None:
    germany = BOTH | GUANGDONG | {"partner": GERMANY}
    assert sums(BOTH | GUANGDONG, BOTH | SHANDONG, germany, aside=(1,)) == ([0], [2, 2], [])


def test_a_number_that_one_part_lacks_is_left_out_of_its_sum_alone() -> None:
    left, kept, found = sums(BOTH | GUANGDONG, VALUE_ALONE | SHANDONG)
    assert (left, kept) == ([], [0, 1])
    assert found == [("warning", "1 numbers of 1 sums, first quantity_kg in record 1")]


def test_parts_in_different_units_are_an_error() -> None:
    pieces = VALUE_ALONE | {"quantity": "5", "quantity_unit": "个"}
    left, kept, found = sums(BOTH | GUANGDONG, pieces | SHANDONG)
    assert (left, kept) == ([], [0, 1])
    assert [severity for severity, _ in found] == ["error"]


def test_records_set_aside_because_of_others_come_last_and_the_others_keep_their_order() -> None:
    rows = pl.DataFrame({"record": [1, 2, 3, 4], "reasons": [[PART], ["x"], [PART, "y"], [PART]]})
    assert causes_first(rows)["record"].to_list() == [2, 3, 1, 4]
    assert causes_first(rows.clear()).is_empty()
