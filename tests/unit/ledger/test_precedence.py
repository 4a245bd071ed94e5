"""Levels: what is printed, what adds up, what is no trade and what is not known. Worked by hand."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given

from schemas.reference.code_tables import code_table
from tasks.domain.units import LEVEL_MAX
from tasks.ledger.precedence import Portion, chapter_group_of, monthly_numbers, without_outranked
from tests.draws import draws
from tests.unit import strategies
from tests.unit.builders import detail_table, number, release, release_table
from tests.unit.figures import Figures, Store, derived

Row = dict[str, Any]
GALLIUM = ["81129290", "81129990"]
JUNE = "2025-06"


def test_no_row_is_no_trade_inside_the_scope_and_unknown_outside() -> None:
    scope = release(months="2025-05..2025-07")
    figures = Figures((scope, [number(scope, "USA", "2025-05", 46_400), number(scope, "DEU", "2025-07", 9)]))
    assert figures.level("USA", "2025-05") == (46_400, "reported")
    assert figures.level("USA", "2025-06") == (0, "zero")
    listed = release(months="2025-05..2025-07", partners="listed", partner_list=["USA"])
    figures = Figures((listed, [number(listed, "USA", "2025-05", 46_400), number(listed, "USA", "2025-07", 9)]))
    assert figures.level("USA", "2025-06") == (0, "zero")
    assert figures.level("WLD", "2025-06") == (None, "not_covered")
    keys = release(partners="keys", kind="published")
    told = [
        number(keys, "USA", "2025-05", 46_400),
        number(keys, "DEU", "2025-06", 7),
        number(keys, "USA", "2025-07", 9),
    ]
    assert Figures((keys, told)).level("USA", "2025-06") == (None, "not_covered")


def test_a_month_that_had_not_ended_when_a_release_came_out_is_unknown() -> None:
    """A query for the whole year, downloaded in August, says nothing of August and of what comes after."""
    scope = release(day="2025-08-20", months="2025-01..2025-12")
    assert list(Figures((scope, [number(scope, "USA", JUNE, 353)])).path("level").items()) == [
        (JUNE, 353),
        ("2025-07", 0),
    ]


@pytest.mark.parametrize(
    ("months", "partner", "before", "after"),
    [
        ("2020-01..2020-02", "GBR", 1, 0),
        ("2013-06..2013-07", "HRV", 0, 1),
        ("2006-12..2007-01", "ROU", 0, 1),
        ("2020-01..2020-02", "DEU", 1, 1),
    ],
)
def test_the_union_has_the_members_of_the_month(months: str, partner: str, before: int, after: int) -> None:
    scope = release(months=months)
    first, last = months.split("..")
    figures = Figures((scope, [number(scope, partner, month, 1) for month in (first, last)]))
    assert [figures.level("EU27", month)[0] for month in (first, last)] == [before, after]
    assert figures.level("WLD", first) == (1, "sum")


def test_before_the_table_of_members_begins_the_union_is_not_known() -> None:
    scope = release(months="2004-03..2004-06")
    figures = Figures((scope, [number(scope, "DEU", month, 1) for month in ("2004-03", "2004-05")]))
    assert figures.level("EU27", "2004-03") == (None, "not_covered")
    assert figures.level("EU27", "2004-05") == (1, "sum")


def test_hs_levels_add_up_where_everything_below_was_asked_for() -> None:
    for asked, expected in ((["8505"], (7, "sum")), (["85051110", "85059010"], (None, "not_covered"))):
        scope = release(products=asked)
        told = [number(scope, "USA", JUNE, 3), number(scope, "DEU", JUNE, 4, product="85059010")]
        figures = Figures((scope, told))
        assert figures.level("WLD", JUNE, product="8505") == expected
        assert figures.level("WLD", JUNE, product="85") == (None, "not_covered")
    scope = release(products=["85"])
    figures = Figures((scope, [number(scope, "USA", JUNE, 3), number(scope, "USA", JUNE, 4, product="85059010")]))
    assert [figures.level("USA", JUNE, product=code)[0] for code in ("850511", "850590", "8505", "85")] == [3, 4, 7, 7]
    assert figures.level("WLD", JUNE, product="85") == (7, "sum")


def test_grams_become_kilograms_exactly() -> None:
    scope = release(products=["71069110"], months="2025-05..2025-06")
    grams = {"USA": 1_234_567, "DEU": 1}
    told = [number(scope, partner, JUNE, value, "quantity_g", product="71069110") for partner, value in grams.items()]
    figures = Figures((scope, told))
    assert figures.level("USA", JUNE, product="71069110") == (1234.567, "reported")
    assert figures.level("DEU", JUNE, product="71069110") == (0.001, "reported")
    assert figures.level("WLD", JUNE, product="71069110") == (1234.568, "sum")


def test_kilograms_beyond_the_precision_of_floats_in_milligrams_stay_whole() -> None:
    scope = release(products=["27090000"])
    told = [number(scope, partner, JUNE, 48_818_126_705, product="27090000") for partner in ("SAU", "RUS")]
    assert Figures((scope, told)).level("WLD", JUNE, product="27090000") == (97_636_253_410, "sum")


def test_two_currencies_of_one_query_count_the_quantity_once() -> None:
    usd, cny = release("usd"), release("cny", measures=["quantity", "value_cny"])
    store = [(row, [number(row, "USA", JUNE, 3), number(row, "USA", JUNE, worth, money)])
             for row, worth, money in ((usd, 30, "value_usd"), (cny, 210, "value_cny"))]  # fmt: skip
    figures = Figures(*store)
    assert [figures.level("WLD", JUNE, measure)[0] for measure in ("quantity_kg", "value_usd", "value_cny")] == [
        3,
        30,
        210,
    ]


# Baskets


def test_a_basket_does_not_reach_back_before_it_began() -> None:
    scope = release(products=GALLIUM, months="2021-12..2022-01")
    figures = Figures((scope, [number(scope, "USA", month, 3, product=GALLIUM[0]) for month in ("2021-12", "2022-01")]))
    assert list(figures.path("level", product="basket:gallium")) == ["2022-01"]


# Kinds of releases and levels of codes


def test_a_query_wins_over_print_also_by_its_silence() -> None:
    query, press = release(), release("press", "2026-06-01", kind="published", partners="keys")
    told = [number(query, "DEU", JUNE, 700_123), number(query, "USA", "2025-05", 46_412)]
    printed = [
        number(press, "DEU", JUNE, 701_000), number(press, "USA", JUNE, 353_000), number(press, "WLD", JUNE, 3_188_000),
        number(press, "JPN", JUNE, 5), number(press, "WLD", "2026-01", 7),
    ]  # fmt: skip
    figures = Figures((query, told), (press, printed))
    assert figures.level("DEU", JUNE) == (700_123, "reported")
    assert figures.level("USA", JUNE) == (0, "zero")
    assert figures.level("WLD", JUNE) == (700_123, "sum")
    assert figures.level("WLD", "2026-01") == (7, "reported")


def test_a_yearbook_wins_over_a_query_whatever_the_days() -> None:
    query, yearbook = (
        release(day="2026-12-01"),
        release("book", kind="yearbook", partners="listed", partner_list=["USA"]),
    )
    figures = Figures(
        (query, [number(query, "USA", JUNE, 1), number(query, "DEU", JUNE, 1)]),
        (yearbook, [number(yearbook, "USA", JUNE, 2)]),
    )
    assert figures.level("USA", JUNE) == (2, "reported")
    assert figures.level("WLD", JUNE) == (3, "sum")


# Years


def year(*told: tuple[str, int], kind: str = "published") -> Figures:
    keys = release(kind=kind, partners="keys")
    return Figures((keys, [number(keys, "WLD", period, value) for period, value in told]))


def test_a_month_between_two_printed_totals_is_their_difference() -> None:
    figures = year(("2025-01..2025-05", 19_132), ("2025-01..2025-06", 22_319))
    assert figures.level("WLD", JUNE) == (3187, "ytd_difference")
    assert figures.pair("ytd", "WLD", JUNE) == (22_319, "reported")
    assert figures.level("WLD", "2025-05") == (None, "not_covered")
    assert figures.pair("ytd", "WLD", "2025-04") == (None, "incomplete_year")


def test_a_printed_total_is_carried_forwards_and_backwards_by_known_months() -> None:
    figures = year(("2025-01..2025-05", 19_132), ("2025-05", 1238), ("2025-06", 3188))
    assert figures.pair("ytd", "WLD", JUNE) == (22_320, "ytd_sum")
    assert figures.pair("ytd", "WLD", "2025-04") == (17_894, "ytd_difference")
    assert figures.pair("ytd", "WLD", "2025-03") == (None, "incomplete_year")


def test_january_and_february_in_one_are_neither() -> None:
    figures = year(("2025-01..2025-02", 100), ("2025-03", 60), ("2024-02", 1))
    assert figures.level("WLD", "2025-01") == (None, "combined_months")
    assert figures.level("WLD", "2025-02") == (None, "combined_months")
    assert figures.pair("mom_pct", "WLD", "2025-03") == (None, "combined_months")
    assert figures.pair("yoy_pct", "WLD", "2025-02") == (None, "combined_months")
    assert figures.pair("contribution_mom_pp", "WLD", "2025-03") == (None, "combined_months")
    assert figures.pair("ytd", "WLD", "2025-03") == (160, "ytd_sum")


def test_a_year_requested_as_one_figure_of_every_partner_has_a_world() -> None:
    """The parts add up as those of a month do; months of one partner that came later leave the sum unknown."""
    half, eight = "2025-01..2025-06", "85059010"

    def figures(*others: tuple[Row, list[Row]], **about: Any) -> Figures:
        whole = release("whole", "2025-07-20", half, by_month=False, products=["8505"], **about)
        told = [
            number(whole, "USA", half, 60),
            number(whole, "DEU", half, 7),
            number(whole, "DEU", half, 5, product=eight),
        ]
        return Figures((whole, told), *others)

    plain = figures()
    assert plain.pair("ytd", "WLD", JUNE) == (67, "sum")
    assert plain.pair("ytd", "EU27", JUNE) == (7, "sum")
    assert plain.pair("ytd", "WLD", JUNE, product="8505") == (72, "sum")
    assert plain.pair("ytd", "DEU", JUNE, product="8505") == (12, "sum")
    assert plain.pair("ytd", "DEU", JUNE) == (7, "reported")
    assert plain.level("WLD", JUNE) == (None, "not_covered")
    assert figures(partners="listed", partner_list=["USA", "DEU"]).pair("ytd", "WLD", JUNE) == (None, "incomplete_year")
    unknown = figures(partner_list=["DEU", "USA", "gacc:888"])
    assert (unknown.pair("ytd", "WLD", JUNE), unknown.pair("ytd", "EU27", JUNE)) == (
        (67, "sum"),
        (None, "incomplete_year"),
    )
    press = release("press", kind="published", partners="keys")
    print_ = (press, [number(press, "WLD", half, 70), number(press, "JPN", half, 3)])
    assert figures(print_).pair("ytd", "WLD", JUNE) == (67, "sum")
    usa = release("usa", "2025-10-01", half, products=["8505"], partners="listed", partner_list=["USA"])
    later = (usa, [number(usa, "USA", f"2025-{month:02d}", 11) for month in range(1, 7)])
    assert figures(later).pair("ytd", "WLD", JUNE) == (None, "incomplete_year")
    assert figures(later).pair("ytd", "USA", JUNE) == (66, "sum_of_months")
    assert figures(later).pair("ytd", "EU27", JUNE) == (7, "sum")
    july = release("july", "2025-08-20", "2025-07", products=["8505"])
    more = figures((july, [number(july, "USA", "2025-07", 3)]))
    assert more.pair("ytd", "WLD", "2025-07") == (70, "ytd_sum")


# Size


def test_a_number_or_a_sum_that_no_series_can_hold_is_refused() -> None:
    scope = release()
    with pytest.raises(OverflowError, match="85051110"):
        Figures((scope, [number(scope, "USA", JUNE, 10**15)]))
    with pytest.raises(OverflowError, match="sum of"):
        Figures((scope, [number(scope, f"gacc:{code}", JUNE, 3 * 10**11) for code in (199, 299)]))


def test_many_large_series_are_not_refused() -> None:
    scope = release(months="2016-01..2025-12", products=["26011120"])
    ore = [
        number(scope, "AUS", f"{y}-{m:02d}", 10**11, product="26011120")
        for y in range(2016, 2026)
        for m in range(1, 13)
    ]
    assert Figures((scope, ore)).pair("rolling_12m", "WLD", "2025-12", product="26011120") == (1.2e12, "computed")


@given(strategies.histories())
@draws(4)
def test_the_figures_come_in_the_order_in_which_they_are_published(store: Store) -> None:
    """The files are written without sorting again, and readers of one product count on their order."""
    made = pl.DataFrame(derived(store))
    assert made.equals(made.sort("flow", "period", "measure", "product", "partner"))


def chosen(*rows: Row) -> list[tuple[Any, ...]]:
    found = monthly_numbers(detail_table(*rows))
    return sorted(found.select("measure", "month", "span", "value", "kind").rows())


def test_a_number_is_of_a_month_of_a_year_so_far_or_of_nothing_that_is_used() -> None:
    of, month = release(), 2025 * 12 + 5
    rows = [
        number(of, "USA", JUNE, 1), number(of, "USA", "2025-01..2025-06", 2), number(of, "USA", JUNE, 3, "quantity_kg_yoy"),
        number(of, "USA", "2025-01..2025-06", 4, "quantity_kg_yoy"), number(of, "USA", "2025-02..2025-06", 5), number(of, "USA", "2024-01..2025-06", 6),
    ]  # fmt: skip
    assert [row[1:4] for row in chosen(*rows)] == [(month, "month", 10**6), (month, "yoy", 3), (month, "ytd", 2 * 10**6), (month, "ytd_yoy", 4)]  # fmt: skip


def test_masses_are_milligrams_of_one_measure_and_the_better_kind_wins() -> None:
    query, printed = release(), release("p", kind="published", partners="keys", flow="export")
    rows = (number(printed, "USA", JUNE, 9), number(query, "USA", JUNE, 7, "quantity_g"), number(query, "USA", JUNE, 5, "quantity_item"))  # fmt: skip
    assert [row[:1] + row[3:] for row in chosen(*rows)] == [("quantity_item", 5, "query"), ("quantity_kg", 7_000, "query")]  # fmt: skip


@pytest.mark.parametrize(("over", "refused"), [(0, False), (1, True)])
def test_the_largest_month_in_milligrams_is_the_last_that_fits(over: int, refused: bool) -> None:
    row = number(release(), "USA", JUNE, LEVEL_MAX // 10**6 + over)
    if not refused:
        assert chosen(row)[0][3] == LEVEL_MAX // 10**6 * 10**6
        return
    with pytest.raises(OverflowError, match=r"kg of 85051110 is too large for a month; check its unit"):
        chosen(row)


def test_a_month_that_a_better_kind_covers_without_a_number_is_left_out() -> None:
    query, printed = release(months=JUNE), release("p", kind="published", partners="keys", flow="export")
    numbers = monthly_numbers(detail_table(number(printed, "USA", JUNE, 1), number(printed, "USA", "2025-05", 2)))
    assert without_outranked(numbers, release_table(query, printed))["month"].to_list() == [2025 * 12 + 4]
    assert without_outranked(numbers, release_table(printed)).height == 2
    assert without_outranked(numbers, release_table(release(months=JUNE, lost=["85051110 *"]), printed)).height == 2


def test_chapters_that_baskets_connect_are_one_group_named_after_the_first() -> None:
    """The groups of the table, joined by hand until nothing changes."""
    groups: list[set[str]] = []
    for _, codes in code_table("baskets").group_by("basket"):
        mine = {code[:2] for code in codes["hs8"]}
        for other in [group for group in groups if group & mine]:
            groups.remove(other)
            mine |= other
        groups.append(mine)
    for group in groups:
        assert {chapter_group_of(f"{chapter}010101") for chapter in group} == {min(group)}
    assert any(len(group) > 1 for group in groups)
    assert chapter_group_of("01012100") == "01"
    antimony = code_table("baskets").filter(basket="antimony")["hs8"]
    assert {chapter_group_of("basket:antimony")} == {chapter_group_of(code) for code in antimony}


@pytest.mark.parametrize(
    ("portion", "inside"), [(Portion("25", "85"), [False, True, True, False]), (Portion("84", None), [False, False, True, True])]
)  # fmt: skip
def test_a_portion_goes_up_to_the_next(portion: Portion, inside: list[bool]) -> None:
    assert [portion.holds(chapter_group) for chapter_group in ("24", "25", "84", "85")] == inside
