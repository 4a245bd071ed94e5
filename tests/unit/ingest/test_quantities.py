"""Printed numbers with their units, exactly and in the ledger's unit; any other text has its reason."""

import re
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.precision import VALUE_MAX
from tasks.ingest.quantities import DIGITS_MAX, read_amounts, tidy_numbers, whole_number
from tasks.sources.formats.csv import plain_texts
from tests.draws import draws
from tests.unit.ingest.file_codes import amounts_of, records_of

USD = {"currency": "USD"}
NO_NUMBER = "is not a number as the source prints them"


def numbers(*records: dict[str, Any]) -> list[tuple[int, str, str, int, int]]:
    """Row, measure, unit, value and resolution."""
    return sorted(amounts_of(*records).read.select("row", "measure", "unit", "value", "resolution").rows())


def read_number(text: str, factor: int = 1) -> tuple[int | None, int | None, str | None]:
    frame = pl.DataFrame({"printed": [text], "factor": [factor]}, schema={"printed": pl.String, "factor": pl.Int64})
    frame = frame.with_columns(tidy_numbers(frame["printed"]))
    return frame.select(whole_number("printed", "factor")).row(0)


@draws(150)
@given(
    st.integers(0, 10**DIGITS_MAX - 1), st.integers(0, 4), st.booleans(), st.sampled_from((1, 100, 1000, 10**6, 10**8))
)
def test_numbers_are_those_of_exact_arithmetic(digits: int, decimals: int, grouped: bool, factor: int) -> None:
    exact = Decimal(digits).scaleb(-decimals)
    printed = f"{exact:,f}" if grouped else f"{exact:f}"
    value, resolution, reason = read_number(printed, factor)
    whole = exact * factor
    is_long = len(re.sub("[^0-9]", "", printed)) > DIGITS_MAX
    # A point before three noughts may stand between thousands, and a unit without decimals has no other use for it.
    is_point_of_thousands = factor == 1 and re.fullmatch(r"[1-9][0-9]{0,2}\.000", printed)
    if is_long or is_point_of_thousands or whole != int(whole) or whole > VALUE_MAX:
        assert (value, resolution) == (None, None)
        assert reason
    else:
        assert (value, reason) == (int(whole), None)
        assert resolution == max(1, factor // 10**decimals)


@draws(250)
@given(
    st.text(
        st.one_of(st.sampled_from("0123456789,.-+ eE()%０９，．²①٣"), st.characters(exclude_categories=["Cs"])),
        max_size=8,
    )
)
def test_no_other_text_is_a_number(text: str) -> None:
    """What comes out is what the digits say; a sign, a blank, an exponent or a digit of another kind is never
    dropped."""
    value, _, reason = read_number(text)
    plain = plain_texts(pl.Series([text]))[0]
    if value is None:
        assert reason or plain in ("", "-", "--", "—", "…", "...", "*", "**")
    else:
        assert Decimal(plain.replace(",", "")) == value
        assert re.fullmatch(r"-?[0-9]+(\.0+)?|[0-9]{1,3}(,[0-9]{3})+(\.0+)?", plain)


@pytest.mark.parametrize(
    ("text", "factor", "value"),
    [
        # A point that may stand between thousands is no decimal point.
        ("353.000", 1, None),
        ("20.000", 1, None),
        ("353.000", 1000, 353_000),
        ("0.000", 1, 0),
        ("3530.000", 1, 3_530),
        ("353.00", 1, 353),
        ("353,000", 1, 353_000),
        ("353,000.000", 1, 353_000),
        # Nothing that looks like a digit or a sign becomes one.
        *((text, 1, None) for text in ("353²", "①", "½", "３５３²", "Ⅷ", "1٬000", "1\u2009000", "1’000", "–5", "+5")),
    ],
)
def test_a_text_that_may_be_read_otherwise_is_no_number(text: str, factor: int, value: int | None) -> None:
    assert read_number(text, factor)[0] == value


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"value": "1,234", **USD}, ("value_usd", "USD", 1234, 1)),
        ({"value": "0", "currency": "CNY"}, ("value_cny", "CNY", 0, 1)),
        ({"value": "3.5", "currency": "USD million"}, ("value_usd", "USD", 3_500_000, 100_000)),
        ({"quantity": "1.5", "quantity_unit": "千个"}, ("quantity_item", "item", 1500, 100)),
        ({"supplementary_quantity": "12", "supplementary_unit": "台"}, ("quantity_item", "item", 12, 1)),
        ({"quantity_yoy": "-38.1"}, ("quantity_kg_yoy", "basis_point", -3810, 10)),
        ({"quantity_yoy": "-100"}, ("quantity_kg_yoy", "basis_point", -10_000, 100)),
        ({"value": str(VALUE_MAX)[:-1], **USD}, ("value_usd", "USD", VALUE_MAX // 10, 1)),
        *(({"quantity": "1", "quantity_unit": unit}, ("quantity_kg", "kg", kg, kg))
            for unit, kg in (("千克", 1), ("10,000 Tons", 10_000_000), ("10,000 kg", 10_000), ("1,000 Tons", 1_000_000),
                ("10 Tons", 10_000))),
    ],
)  # fmt: skip
def test_a_number_is_whole_in_its_unit_and_says_how_fine_it_is(
    record: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    assert numbers(record) == [(0, *expected)]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"value": "-5", **USD}, "value '-5' is negative"),
        ({"value": "1.5", **USD}, "value '1.5' has more decimals than its unit can have"),
        ({"quantity": "5", "quantity_unit": "barrel"}, "quantity '5' has the unknown unit 'barrel'"),
        ({"quantity": "5"}, "quantity '5' has the unknown unit ''"),
        ({"quantity_yoy": "-100.1"}, "quantity_yoy '-100.1' is a fall by more than all there was"),
        ({"value": "12a", **USD}, f"value '12a' {NO_NUMBER}"),
        ({"value": "999999999999999", "currency": "USD million"},
            f"value '999999999999999' is larger than {VALUE_MAX:,}"),
        ({"value": "1234567890123456", **USD}, "value '1234567890123456' has more than 15 digits"),
        ({}, "has no number at all"),
        ({"value": "-", **USD}, "has no number at all"),
    ],
)  # fmt: skip
def test_what_is_no_number_has_its_reason(record: dict[str, Any], reason: str) -> None:
    assert read_amounts(records_of(record)).faults.rows() == [(0, reason)]


def test_numbers_keep_the_row_of_their_record_and_a_mark_for_nothing_here_is_no_fault() -> None:
    marks = {
        "value": "7",
        **USD,
        "quantity": "0",
        "quantity_unit": "千克",
        "supplementary_quantity": "-",
        "supplementary_unit": "?",
    }
    found = amounts_of(marks, {}, {"value": "3", "currency": "CNY"}, {"value": "x", **USD})
    assert sorted(found.read.select("row", "measure", "value").rows()) == [
        (0, "quantity_kg", 0),
        (0, "value_usd", 7),
        (2, "value_cny", 3),
    ]
    assert sorted(found.faults["row"]) == [1, 3]
