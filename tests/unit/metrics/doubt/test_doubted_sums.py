"""Which sums a doubted number reaches: those that are made of it, and no number that a source prints by itself."""

from datetime import date

import polars as pl
import pytest

from tasks.metrics.doubt.doubted_sums import with_products_above
from tests.unit.builders import MAGNETS, number, release
from tests.unit.figures import Store, derived_in_doubt
from tests.unit.metrics.numbered import names_of, numbered

EIGHT = release("eight", months="2025-06", products=["85"])
SIX = release("six", months="2025-06", products=["850511"], measures=["quantity", "value_usd"], level="HS6")
WORLD = release("world", months="2025-06", partner_list=["WLD"])
OF_USA = [number(EIGHT, partner, "2025-06", 500, "value_usd") for partner in ("USA", "DEU")]
PRINTED_SIX = [number(SIX, partner, "2025-06", 900, "value_usd", product="850511") for partner in ("USA", "DEU")]
PRINTED_WORLD = [number(WORLD, "WLD", "2025-06", 1000, "value_usd")]


@pytest.mark.parametrize(
    ("store", "reached"),
    [
        # Every level and basket, of the partner and of all.
        (
            [(EIGHT, OF_USA)],
            {(code, name) for code in (MAGNETS, "850511", "8505", "85", "basket:rare_earth_magnets") for name in
             ("USA", "WLD")},
        ),
        # HS6 is printed: it and what adds it up rest on other numbers.
        (
            [(EIGHT, OF_USA), (SIX, PRINTED_SIX)],
            {(code, name) for code in (MAGNETS, "8505", "85", "basket:rare_earth_magnets") for name in ("USA", "WLD")},
        ),
        # So is the world of the code, which those above it do not add up where partners do.
        (
            [(EIGHT, OF_USA), (WORLD, PRINTED_WORLD)],
            {(code, name) for code in ("850511", "8505", "85") for name in ("USA", "WLD")}
            | {(code, "USA") for code in (MAGNETS, "basket:rare_earth_magnets")},
        ),
    ],
    ids=["sums", "printed level", "printed world"],
)  # fmt: skip
def test_a_doubted_number_reaches_the_sums_that_are_made_of_it(store: Store, reached: set[tuple[str, str]]) -> None:
    found = derived_in_doubt(store, ("eight", "unit_value", f"export {MAGNETS} USA 2025-06 value_usd"))
    rows = found.doubts.filter(measure="value_usd", period=date(2025, 6, 1))
    assert {*rows.select("product", "partner").iter_rows()} == reached


@pytest.mark.parametrize(
    ("store", "missing", "reached"),
    [
        ([(EIGHT, OF_USA)], "-", {"WLD", "EU27"}),
        ([(EIGHT, OF_USA), (WORLD, PRINTED_WORLD)], "-", {"EU27"}),
        # A partner is missing in the sums over it alone: Germany also in its group, the United States are in none.
        ([(EIGHT, OF_USA)], "DEU", {"WLD", "EU27"}),
        ([(EIGHT, OF_USA)], "USA", {"WLD"}),
        ([(EIGHT, OF_USA), (WORLD, PRINTED_WORLD)], "USA", set()),
    ],
)
def test_a_doubt_about_partners_reaches_their_sums_and_no_partner(
    store: Store, missing: str, reached: set[str]
) -> None:
    found = derived_in_doubt(store, ("eight", "partners_missing", f"export {MAGNETS} {missing}"))
    assert {*found.doubts.filter(measure="value_usd", product=MAGNETS)["partner"]} == reached


def test_the_products_above_a_code_are_its_levels_and_baskets() -> None:
    names = names_of(EIGHT)
    cells = numbered(names, {"product": MAGNETS}).drop("partner")
    found = with_products_above(names, cells).with_columns(names.named("product"))
    assert {*found["product"].cast(pl.String)} == {MAGNETS, "850511", "8505", "85", "basket:rare_earth_magnets"}
