"""Which decisions about releases a trace names: those of releases that cover the place, or had a number there."""

from typing import Any

import pytest

from tasks.lineage.point import Decided, Point
from tests.unit.builders import number, release, release_table
from tests.unit.decisions import decision, decision_table
from tests.unit.figures import Store, merged

QUERY = release("q", months="2025-05..2025-06") | {"title": "june.csv"}
PRINT = release("p", kind="published", partners="keys", months="2025-06") | {"title": "figures.csv"}
STORE: Store = [(QUERY, [number(QUERY, "USA", "2025-06", 5)]), (PRINT, [number(PRINT, "DEU", "2025-06", 7)])]
WITHDRAWN = {"q": "2026-02-01", "p": "2026-02-03"}
OF_QUERY = ["q (june.csv): withdrawn on 2026-02-01 by Li Wei: cut off"]
OF_PRINT = ["p (figures.csv): withdrawn on 2026-02-03 by Li Wei: cut off"]


def decided(*decisions: dict[str, Any], store: Store = STORE) -> Decided:
    return Decided(release_table(*(row for row, _ in store)), decision_table(*decisions), merged(store))


def point(
    partner: str = "USA", month: int = 6, year: int = 2025, product: str = "85051110", measure: str = "quantity_kg"
) -> Point:
    return Point("export", product, partner, measure, year * 12 + month - 1)


@pytest.mark.parametrize(
    ("withdrawn", "place", "lines"),
    [
        # A query is named where it covers the place, with or without a number.
        *(("q", place, OF_QUERY) for place in ({}, {"partner": "JPN"}, {"month": 5}, {"measure": "value_usd"})),
        *(
            ("q", place, [])
            for place in ({"month": 7}, {"year": 2024}, {"product": "85051190"}, {"measure": "value_cny"})
        ),
        # A print covers nothing, and is named where it had a number.
        ("p", {"partner": "DEU"}, OF_PRINT),
        ("p", {"partner": "WLD"}, OF_PRINT),
        ("p", {}, []),
        ("p", {"partner": "DEU", "month": 5}, []),
        ("p", {"partner": "DEU", "month": 7}, []),
    ],
)
def test_a_release_is_named_where_it_covers_the_place_or_had_a_number(
    withdrawn: str, place: dict[str, Any], lines: list[str]
) -> None:
    # Of the query no number is at the places.
    store: Store = [(QUERY, []), STORE[1]]
    assert decided(decision("withdrawn", withdrawn, WITHDRAWN[withdrawn]), store=store).lines([point(**place)]) == lines


def test_of_several_decisions_of_people_the_last_is_named_and_a_replacement_is_none() -> None:
    replaced = decision("replaced", "p", "2026-02-02", replaced_by="q")
    back = decision("reinstated", "q", "2026-02-05", 2)
    found = decided(back, replaced, decision("withdrawn", "q", "2026-02-01"))
    assert found.lines([point()]) == ["q (june.csv): reinstated on 2026-02-05 by Li Wei: cut off"]
    assert found.lines([point("DEU")]) == ["q (june.csv): reinstated on 2026-02-05 by Li Wei: cut off"]
    assert decided(replaced).lines([point("DEU")]) == []


def test_a_decision_is_named_once_for_all_places_and_editions() -> None:
    corrected = PRINT | {"release_id": "p.01-ab", "title": "corrected.csv"}
    store: Store = [*STORE, (corrected, [number(corrected, "JPN", "2025-06", 8)])]
    found = decided(decision("withdrawn", "p", "2026-02-03"), decision("withdrawn", "q", "2026-02-01"), store=store)
    assert found.lines([point("DEU"), point("JPN")]) == [*OF_PRINT, *OF_QUERY]
    assert found.lines([point("JPN", product="85051190"), point("JPN", year=2024)]) == []
    of_print = decided(decision("withdrawn", "p", "2026-02-03"), store=store)
    assert of_print.lines([point("JPN")]) == OF_PRINT
