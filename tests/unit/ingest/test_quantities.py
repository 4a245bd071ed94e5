"""Printed numbers with their units, in the ledger's unit."""

from typing import Any

import pytest

from tasks.domain.precision import VALUE_MAX
from tasks.ingest.quantities import read_amounts
from tests.unit.ingest.file_codes import amounts_of, records_of


def numbers(*records: dict[str, Any]) -> list[tuple[int, str, str, int, int]]:
    """Row, measure, unit, value and resolution."""
    return sorted(amounts_of(*records).read.select("row", "measure", "unit", "value", "resolution").rows())


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"value": "1,234", "currency": "USD"}, ("value_usd", "USD", 1234, 1)), ({"value": "0", "currency": "CNY"}, ("value_cny", "CNY", 0, 1)),
        ({"value": "3.5", "currency": "USD million"}, ("value_usd", "USD", 3_500_000, 100_000)),
        ({"quantity": "353000", "quantity_unit": "千克"}, ("quantity_kg", "kg", 353_000, 1)),
        ({"quantity": "1.5", "quantity_unit": "千个"}, ("quantity_item", "item", 1500, 100)),
        ({"supplementary_quantity": "12", "supplementary_unit": "台"}, ("quantity_item", "item", 12, 1)),
        ({"quantity_yoy": "-38.1"}, ("quantity_kg_yoy", "basis_point", -3810, 10)), ({"quantity_yoy": "-100"}, ("quantity_kg_yoy", "basis_point", -10_000, 100)),
        ({"value": f"{VALUE_MAX:,}".replace(",", "")[:-1], "currency": "USD"}, ("value_usd", "USD", VALUE_MAX // 10, 1)),
    ],
)  # fmt: skip
def test_a_number_is_whole_in_its_unit_and_says_how_fine_it_is(record: dict[str, Any], expected: tuple[Any, ...]) -> None:  # fmt: skip
    assert numbers(record) == [(0, *expected)]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"value": "-5", "currency": "USD"}, "value '-5' is negative"), ({"value": "1.5", "currency": "USD"}, "value '1.5' has more decimals than its unit can have"),
        ({"quantity": "5", "quantity_unit": "barrel"}, "quantity '5' has the unknown unit 'barrel'"), ({"quantity": "5"}, "quantity '5' has the unknown unit ''"),
        ({"quantity_yoy": "-100.1"}, "quantity_yoy '-100.1' is a fall by more than all there was"), ({"value": "12a", "currency": "USD"}, "value '12a' is not a number as the source prints them"),
        ({"value": "999999999999999", "currency": "USD million"}, f"value '999999999999999' is larger than {VALUE_MAX:,}"),
        ({"value": "1234567890123456", "currency": "USD"}, "value '1234567890123456' has more than 15 digits"),
        ({}, "has no number at all"), ({"value": "-", "currency": "USD"}, "has no number at all"),
    ],
)  # fmt: skip
def test_what_is_no_number_has_its_reason(record: dict[str, Any], reason: str) -> None:
    found = read_amounts(records_of(record))
    assert found.faults.rows() == [(0, reason)]


def test_a_mark_for_nothing_here_is_neither_a_number_nor_a_fault() -> None:
    record = {"value": "7", "currency": "USD", "quantity": "0", "quantity_unit": "千克", "supplementary_quantity": "-", "supplementary_unit": "?"}  # fmt: skip
    found = amounts_of(record)
    assert found.faults.is_empty()
    assert [(row[1], row[3]) for row in numbers(record)] == [("quantity_kg", 0), ("value_usd", 7)]


def test_numbers_keep_the_row_of_their_record() -> None:
    records = [
        {"value": "1", "currency": "USD"},
        {},
        {"value": "3", "currency": "CNY"},
        {"value": "x", "currency": "USD"},
    ]
    assert [(row[0], row[1], row[3]) for row in numbers(*records)] == [(0, "value_usd", 1), (2, "value_cny", 3)]
    assert sorted(amounts_of(*records).faults["row"]) == [1, 3]


def test_units_with_a_scale_before_them_are_read_whatever_units_stand_beside_them() -> None:
    units = ("千克", "10,000 Tons", "台", "10,000 kg", "个", "1,000 Tons", "克", "10 Tons")
    found = numbers(*({"quantity": "1", "quantity_unit": unit} for unit in units))
    assert [(row[1], row[3]) for row in found if row[1] == "quantity_kg"] == [
        ("quantity_kg", 1), ("quantity_kg", 10_000_000), ("quantity_kg", 10_000), ("quantity_kg", 1_000_000), ("quantity_kg", 10_000),
    ]  # fmt: skip
