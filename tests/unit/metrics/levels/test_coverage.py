"""What the scopes of releases cover, in numbers."""

import pytest

from tasks.metrics.levels import coverage as covering
from tests.unit.builders import MAGNETS, release
from tests.unit.coverage_oracle import index
from tests.unit.metrics.numbered import JUNE, WHOLE, coverage_of, numbered

QUERY = 1  # the place of a query among the kinds of release


def standings(coverage, *rows) -> list[int | None]:  # type: ignore[no-untyped-def]
    return coverage.priority(numbered(coverage.names, *rows)).to_list()


def test_every_partner_is_covered_where_all_were_requested_and_only_in_those_months() -> None:
    rows = ({}, {"partner": "WLD"}, {"partner": "EU27"}, {"month": JUNE - 5})
    assert standings(coverage_of(WHOLE), *rows) == [QUERY] * 4
    # Of the heading only one code was requested.
    assert standings(coverage_of(WHOLE), {"product": "8505"}) == [None]
    late = coverage_of(release(months="2025-03..2025-06"))
    assert standings(late, {"month": JUNE - 3}, {"month": JUNE - 4}) == [QUERY, None]


def test_a_list_covers_its_partners_and_no_total() -> None:
    listed = coverage_of(release(months="2025-06", partners="listed", partner_list=["USA"]))
    assert standings(listed, {}, {"partner": "DEU"}, {"partner": "WLD"}) == [QUERY, None, None]
    assert listed.everyone(numbered(listed.names, {})).to_list() == [False]
    whole = coverage_of(WHOLE)
    assert whole.everyone(numbered(whole.names, {})).to_list() == [True]


def test_a_measure_that_was_not_requested_and_another_direction_are_not_covered() -> None:
    money = coverage_of(release(months="2025-06", measures=("value_usd",)))
    assert standings(money, {"measure": "value_usd"}, {}) == [QUERY, None]
    assert standings(coverage_of(release(months="2025-06", flow="import")), {}) == [None]


def test_the_best_kind_counts_and_collected_figures_cover_nothing() -> None:
    both = coverage_of(WHOLE, release("y", months="2025-06", kind="yearbook"))
    assert standings(both, {}, {"month": JUNE - 1}) == [0, QUERY]
    assert standings(coverage_of(release(kind="published", partners="keys", months="2025-06")), {}) == [None]


def test_a_group_is_covered_from_its_first_month_on() -> None:
    founded = 2004 * 12 + 4
    early = coverage_of(release(months="2004-04..2004-05"), first=founded - 1, last=founded)
    months = ({"partner": "EU27", "month": month} for month in (founded - 1, founded))
    assert standings(early, *months) == [None, QUERY]


def test_releases_of_higher_levels_cover_no_sum_of_codes() -> None:
    mixed = coverage_of(WHOLE, release("six", months="2025-06", products=["850511"], level="HS6"))
    assert mixed.is_mixed
    assert isinstance(mixed, covering.FlowCoverage)
    assert not coverage_of(WHOLE).is_mixed
    alone = coverage_of(
        release("six", months="2025-06", products=["850511"], level="HS6"), products=[MAGNETS, "850511"]
    )
    frame = numbered(alone.names, {"product": "850511"})
    assert alone.priority(frame).to_list() == [QUERY]
    assert alone.priority(frame, finest=True).to_list() == [None]


@pytest.mark.parametrize(
    ("month", "unknown", "open_to_all"),
    [("2025-06", [], QUERY), ("2025-06", ["gacc:888"], None), ("2004-05", [], QUERY), ("2004-04", [], None)],
    ids=["whole", "a partner has no place", "the first month of the group", "before the group"],
)
def test_a_basket_of_a_group_needs_each_of_its_codes_whether_listed_or_with_every_partner(
    month: str, unknown: list[str], open_to_all: int | None
) -> None:
    listed = release("a", months=month, products=["81129210"], partners="listed", partner_list=["EU27", "USA"])
    every = release("b", months=month, products=["81129910"], partner_list=["DEU", *unknown])
    at = index(listed["first_month"])
    products = ["81129210", "81129910", "basket:germanium"]
    coverage = coverage_of(listed, every, products=products, first=at, last=at)
    rows = [
        {"product": product, "partner": partner, "month": at} for product in products for partner in ("EU27", "USA")
    ]
    single = [QUERY, QUERY, open_to_all, QUERY]
    assert standings(coverage, *rows) == [*single, open_to_all, QUERY]
    both = coverage_of(release("a", months=month, products=["81129210"]), every, products=products, first=at, last=at)
    assert standings(both, {"product": "basket:germanium", "partner": "EU27", "month": at}) == [open_to_all]
