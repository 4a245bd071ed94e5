"""Names as numbers and back."""

import polars as pl
import pytest

from tasks.domain.nomenclature import is_national
from tasks.metrics.levels.names import EARLIEST
from tests.unit.builders import MAGNETS, release
from tests.unit.metrics.numbered import JUNE, in_text, names_of, numbered


def test_codes_above_totals_and_values_per_kilogram_are_among_the_names() -> None:
    names = names_of(release())
    assert {"85", "8505", "850511", MAGNETS} <= {*names.products}
    assert {"USA", "DEU", "WLD", "EU27"} == {*names.partners}
    assert names.measures == ["quantity_kg", "unit_value_usd_per_kg", "value_usd"]
    assert names.families == ["quantity", "value_usd"]
    assert names.products == sorted(names.products)
    assert (names.first, names.months) == (JUNE - 5, 6)


@pytest.mark.parametrize(("national", "code"), [("CN8", "85051110"), ("HTS10", "8505110070"), ("JP9", "850511000")])
def test_the_codes_of_another_list_have_levels_above_and_no_baskets(national: str, code: str) -> None:
    names = names_of(release(level=national, products=[code]), products=[code])
    assert (names.products, names.national) == (["85", "8505", "850511", code], national)
    assert numbered(names, {"product": code}).select(names.is_national).item() is True


@pytest.mark.parametrize("columns", [("product",), ("product", "partner", "measure", "month"), ("partner", "month")])
def test_a_key_unpacks_to_its_columns_and_sorts_like_them(columns: tuple[str, ...]) -> None:
    names = names_of(release())
    rows = [
        {"product": p, "partner": q, "measure": m, "month": JUNE - n}
        for p in ("85", MAGNETS)
        for q in ("WLD", "DEU")
        for m in ("value_usd", "quantity_kg")
        for n in (0, 5)
    ]
    frame = numbered(names, *rows)
    keyed = frame.with_columns(key=names.key(*columns))
    back = keyed.select("key").select(names.unpacked(*columns))
    assert back.equals(frame.select(pl.col(name).cast(back.schema[name]) for name in columns))
    assert keyed.sort("key").select(columns).equals(frame.sort(columns).select(columns))


def test_levels_above_totals_and_families_of_a_row() -> None:
    names = names_of(release())
    frame = numbered(names, {}, {"partner": "WLD", "measure": "value_usd"}, {"product": "85"})
    assert [names.products[place] for place in frame.select(names.above[4]).to_series()[:2]] == ["8505", "8505"]
    assert frame.select(names.is_total).to_series().to_list() == [False, True, False]
    assert frame.select(names.is_national).to_series().to_list() == [True, True, False]
    assert frame.select(names.family).to_series().to_list() == [0, 1, 0]


def test_a_group_has_members_since_its_first_one() -> None:
    names = names_of(release())
    frame = numbered(names, {"partner": "EU27"}, {"partner": "WLD"}, {"partner": "USA"})
    assert frame.select(names.founded).to_series().to_list() == [2004 * 12 + 4, EARLIEST, EARLIEST]
    groups = in_text(names.groups, names)
    assert groups.select("partner", "begin").rows() == [("DEU", 2004 * 12 + 4)]


@pytest.mark.parametrize(
    ("code", "is_one"), [("85051110", True), ("8505111", False), ("850511100", False), ("basket:a", False)]
)
def test_the_form_of_a_national_code(code: str, is_one: bool) -> None:
    assert is_national(code) is is_one
