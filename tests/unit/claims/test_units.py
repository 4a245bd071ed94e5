"""Units of newspapers in kilograms and whole money."""

import pytest

from tasks.claims.units import read_unit
from tasks.domain.errors import Unclear


@pytest.mark.parametrize(
    ("unit", "kilograms"),
    [
        ("t", 1000), ("Mt", 10**9), ("MT", 1000), ("mt", 1000), ("thousand tonnes", 10**6), ("tonnes thousand", 10**6),
        ("million metric tons", 10**9), ("kg", 1), ("kt", 10**6), ("万吨", 10**7), ("MMT", 10**9),
    ],
)  # fmt: skip
def test_mass(unit: str, kilograms: int) -> None:
    assert read_unit(unit, "level", "quantity_kg") == (kilograms, "level", "quantity_kg", unit)


@pytest.mark.parametrize(
    ("unit", "measure", "size"),
    [("USD million", "value_usd", 10**6), ("billion yuan", "value_cny", 10**9), ("亿元", "value_cny", 10**8), ("$", "value_usd", 1),
     ("EUR million", "value_eur", 10**6), ("£", "value_gbp", 1), ("亿日元", "value_jpy", 10**8), ("billion yen", "value_jpy", 10**9)],
)  # fmt: skip
def test_money(unit: str, measure: str, size: int) -> None:
    assert read_unit(unit, "level", measure)[0] == size


@pytest.mark.parametrize(
    ("unit", "kilograms", "measure"),
    [("USD/t", 1000, "value_usd"), ("$ per kg", 1, "value_usd"), ("元/千克", 1, "value_cny"), ("RMB/tonne", 1000, "value_cny"), ("€ per kg", 1, "value_eur")],
)  # fmt: skip
def test_a_price_names_its_currency_itself(unit: str, kilograms: int, measure: str) -> None:
    assert read_unit(unit, "unit_value", "quantity_kg") == (kilograms, "unit_value", measure, unit)


def test_multiples_are_a_kind_of_growth_and_not_of_share() -> None:
    assert read_unit("X", "yoy", "quantity_kg") == (1, "yoy_times", "quantity_kg", "times")
    assert read_unit("Fold", "mom", "quantity_kg") == (1, "mom_times", "quantity_kg", "fold")
    assert read_unit("％", "share", "quantity_kg") == (1, "share", "quantity_kg", "％")
    assert read_unit("", "yoy", "value_usd") == (1, "yoy", "value_usd", "")
    with pytest.raises(Unclear, match="'times' is none for a growth or a share"):
        read_unit("times", "share", "quantity_kg")


@pytest.mark.parametrize(
    ("unit", "kind", "measure", "why"),
    [
        ("barrels", "level", "quantity_kg", "is none that we know for this figure"), ("t", "level", "value_usd", "not the currency of the metric value_usd"),
        ("yuan", "level", "value_usd", "not the currency"), ("MT", "level", "value_usd", "not the currency"),
        ("USD", "unit_value", "quantity_kg", "USD/t or USD/kg"), ("", "level", "quantity_kg", "''"),
    ],
)  # fmt: skip
def test_other_units_are_refused_by_name(unit: str, kind: str, measure: str, why: str) -> None:
    with pytest.raises(Unclear, match=why):
        read_unit(unit, kind, measure)
