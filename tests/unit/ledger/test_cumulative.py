"""A year to date that came as one figure, and months that came later: the newest word wins."""

from typing import Any

import pytest
from hypothesis import given

from tasks.claims.numbers import current_numbers
from tasks.ledger.cumulative import without_superseded
from tasks.ledger.merge import current_statements
from tasks.ledger.precedence import monthly_numbers
from tests.draws import draws
from tests.unit import strategies
from tests.unit.builders import detail_table, number, release, release_table
from tests.unit.figures import Figures, Store, derived, merged
from tests.unit.metrics.test_metrics import differences, reckoned

Row = dict[str, Any]
HALF = "2025-01..2025-06"
MONTHS = [f"2025-{month:02d}" for month in range(1, 7)]


def whole(day: str = "2025-07-20", value: int = 600, name: str = "whole", **about: Any) -> tuple[Row, list[Row]]:
    row = release(name, day, HALF, by_month=False, **about)
    return row, [number(row, "USA", HALF, value)]


def by_month(
    day: str = "2025-10-01", value: int = 110, name: str = "months", months: str = HALF, **about: Any
) -> tuple[Row, list[Row]]:
    row = release(name, day, months, **about)
    told = [month for month in MONTHS if months[:7] <= month <= months[-7:]]
    return row, [number(row, "USA", month, value) for month in told]


@pytest.mark.parametrize(
    "later",
    [
        {"months": "2025-02..2025-06"},
        {"months": "2025-01..2025-05"},
        {"kind": "bulletin", "source": "gacc_query"},
        {"lost": ["85051110 2025-03"]},
        {"lost": ["* *"]},
        {"measures": ["value_usd"]},
        {"products": ["85051190"]},
        {"flow": "import"},
        {"partners": "listed", "partner_list": ["DEU"]},
    ],
)
def test_who_does_not_speak_of_every_month_changes_nothing(later: dict[str, Any]) -> None:
    row, rows = by_month(**later)
    if (
        row["flow"] == "import"
        or "quantity" not in row["measures"]
        or row["products"] != ["85051110"]
        or row["partner_list"]
    ):
        rows = []
    assert Figures(whole(), (row, rows)).pair("ytd") == (600, "reported")


@pytest.mark.parametrize("value", [600, 610])
def test_a_correction_is_no_later_word_than_what_it_corrects(value: int) -> None:
    """Customs told the months after the half year: that somebody finds an error in the old file, maybe in another number of it, does
    not take them back. Nor does a correction of months take back what came after them."""
    edition = whole("2025-11-01", value, "whole.01-ab")
    for store in ((whole(), by_month(), edition), (edition, by_month(), whole())):
        assert Figures(*store).pair("ytd") == (660, "sum_of_months")
    assert Figures(whole(), edition).pair("ytd") == (value, "reported")
    assert Figures(whole(), edition, by_month("2025-12-01")).pair("ytd") == (660, "sum_of_months")
    corrected = by_month("2025-11-01", 120, "months.01-ab")
    assert Figures(by_month("2025-07-20"), whole("2025-10-01"), corrected).pair("ytd") == (600, "reported")
    assert Figures(whole("2025-07-20"), by_month("2025-10-01"), corrected).pair("ytd") == (720, "sum_of_months")
    # With the corrections of the edition before it, it is the file that customs put up again.
    again = whole("2025-12-01", value, "whole.02-ab")
    assert Figures(whole(), by_month(), edition, again).pair("ytd") == (value, "reported")
    assert Figures(whole(), by_month(), whole("2025-11-01", 600, "whole.01-")).pair("ytd") == (600, "reported")


@given(strategies.years_so_far())
@draws(30)
def test_dictionaries_and_fractions_say_the_same(store: Store) -> None:
    assert differences(derived(store), reckoned(store)) == []


def levels_for_claims(store: Store) -> dict[Any, Any]:
    """The numbers that claims are held against, by place, first and last month."""
    levels = current_numbers(current_statements(merged(store)), release_table(*(row for row, _ in store))).levels
    return {key: value for key, (value, _) in levels.items()}


def test_claims_are_held_against_the_months_where_these_are_the_newer_word() -> None:
    january, june = 2025 * 12, 2025 * 12 + 5
    for store, months, half in (
        ([whole(), by_month()], 6, None), ([by_month(), whole()], 6, None), ([whole("2025-11-01"), by_month()], 6, 600),
        ([whole(), by_month(), whole("2025-11-01", 610, "whole.01-ab")], 6, None), ([whole()], 0, 600),
    ):  # fmt: skip
        levels = levels_for_claims(store)
        place = ("export", "85051110", "USA", "quantity_kg")
        assert levels.get((*place, january, june)) == half
        assert [levels.get((*place, month, month)) for month in range(january, june + 1)].count(110) == months


@given(strategies.years_so_far())
@draws(30)
def test_claims_are_held_against_the_years_so_far_that_dictionaries_leave_standing(store: Store) -> None:
    told = {key: value for key, value in levels_for_claims(store).items() if key[5] > key[4] == 2025 * 12}
    expected = {
        (place.flow, place.product, place.partner, place.measure, place.month - place.month % 12, place.month): of.value
        for place, of in reckoned(store).printed_ytd.items()
        if place.product.isdigit()
    }
    assert told == expected


@pytest.mark.parametrize(
    ("later", "kept"),
    [
        (by_month(), []), (by_month("2025-07-20"), ["ytd"]), (by_month("2025-07-21"), []), (by_month(months="2025-02..2025-06"), ["ytd"]),
        (by_month(lost=["85051110 2025-03"]), ["ytd"]), (by_month(kind="bulletin", source="gacc_query"), ["ytd"]),
        (by_month("2025-01-20", kind="yearbook", source="gacc_query"), ["ytd"]),
    ],
)  # fmt: skip
def test_only_later_months_of_one_release_of_its_kind_or_a_better_one_replace_a_figure(
    later: tuple[Row, list[Row]], kept: list[str]
) -> None:
    row, told = whole()
    numbers = without_superseded(monthly_numbers(detail_table(*told)), release_table(row, later[0]))
    assert numbers["span"].to_list() == kept


def test_months_are_never_replaced_and_without_a_figure_nothing_is() -> None:
    row, told = by_month()
    numbers = monthly_numbers(detail_table(*told))
    assert without_superseded(numbers, release_table(row)).equals(numbers)
    assert without_superseded(numbers.clear(), release_table()).is_empty()
