"""What a kilogram costs by a printed row is a check on its unit, where the unit is one of mass."""

import pytest

from tasks.sources.gacc.gacc_rows import Row, price_doubt
from tasks.sources.gacc.gacc_tables import UNITS, Heading, PrintedColumn

MONTHS = "2025-06"
COLUMNS = (PrintedColumn(UNITS, ""), PrintedColumn(MONTHS, "quantity"), PrintedColumn(MONTHS, "value"))
HEADING = Heading("major commodities", last=6, year=2025, currency="USD million", day=None)


@pytest.mark.parametrize(
    ("unit", "fault", "says"),
    [
        # Two tonnes for four million dollars are 2,000 dollars a kilogram.
        ("ton", "", "4 for 2 in 2025-06"),
        ("set", "", ""),
        ("-", "", ""),
        ("ton", "the row has another number of cells", ""),
    ],
)
def test_a_price_is_doubted_only_of_a_sound_row_in_a_unit_of_mass(unit: str, fault: str, says: str) -> None:
    said = price_doubt(Row(1, "Machines", [unit, "2", "4"], fault), COLUMNS, HEADING)
    assert said.startswith(says)
    assert bool(said) is bool(says)


def test_a_usual_price_is_not_doubted() -> None:
    assert not price_doubt(Row(1, "Soybeans", ["ton", "2000", "1"]), COLUMNS, HEADING)
