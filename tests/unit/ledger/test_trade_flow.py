"""The wide table: one row a month, masses in kilograms, every source named."""

from datetime import date

import pytest

from tasks.domain.units import EXACT_MAX, MILLIGRAMS_PER_KG
from tasks.ledger.trade_flow import widen
from tests.unit.builders import Row, detail_table, number, release, release_table

OF = release(months="2025-06")
PRINT = release("p", kind="published", partners="keys", months="2025-06", flow="export")


def wide(*rows: Row, releases: tuple[Row, ...] = (OF,)) -> list[Row]:
    return widen(detail_table(*rows), release_table(*releases)).to_dicts()


def test_the_measures_of_a_month_stand_side_by_side() -> None:
    (row,) = wide(
        number(OF, "USA", "2025-06", 353_000),
        number(OF, "USA", "2025-06", 20_121, "value_usd"),
        number(OF, "USA", "2025-06", 12, "quantity_item"),
    )
    assert (row["quantity_kg"], row["value_usd"], row["value_cny"]) == (353_000.0, 20_121.0, None)
    assert (row["quantity_other"], row["quantity_other_unit"]) == (12.0, "item")
    assert (row["period"], row["source"], row["kind"]) == (date(2025, 6, 1), "gacc_query", "query")


def test_grams_are_kilograms_to_the_nearest_float() -> None:
    (row,) = wide(number(OF, "USA", "2025-06", 1_247, "quantity_g"))
    assert row["quantity_kg"] == 1.247


@pytest.mark.parametrize("kilograms", [EXACT_MAX // MILLIGRAMS_PER_KG, EXACT_MAX // MILLIGRAMS_PER_KG + 1, 3 * 10**11])
def test_large_masses_keep_every_kilogram(kilograms: int) -> None:
    (row,) = wide(number(OF, "USA", "2025-06", kilograms))
    assert row["quantity_kg"] == float(kilograms)


def test_several_months_and_totals_of_the_year_are_no_rows() -> None:
    assert wide(number(OF, "USA", "2025-01..2025-06", 1), number(OF, "USA", "2025-06", 5, "quantity_kg_yoy")) == []
    assert wide() == []


def test_each_source_of_a_row_is_named_and_what_a_better_kind_lacks_is_left_out() -> None:
    money = release(months="2025-06", measures=("value_usd",))
    rows = (number(money, "USA", "2025-06", 7, "value_usd"), number(PRINT, "USA", "2025-06", 353_000))
    (row,) = wide(*rows, releases=(money, PRINT))
    assert (row["source"], row["kind"], row["quantity_kg"], row["value_usd"]) == (
        "gacc_query+published",
        "published+query",
        353_000,
        7,
    )
    # The query asked for quantities of every partner and has none of this one.
    assert wide(number(PRINT, "USA", "2025-06", 353_000), releases=(OF, PRINT)) == []
