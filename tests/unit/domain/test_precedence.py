"""Which number of a month counts: the best kind's, in the smallest unit, where no better release covers it in silence.

What follows for levels and sums is decided by the oracle, over drawn histories.
"""

from typing import Any

import pytest

from schemas.reference.code_tables import code_table
from tasks.domain.precedence import Portion, chapter_group_of, monthly_numbers, without_outranked
from tasks.domain.units import LEVEL_MAX
from tests.unit.builders import detail_table, number, release, release_table
from tests.unit.figures import Figures

Row = dict[str, Any]
JUNE = "2025-06"


def test_kilograms_beyond_the_precision_of_floats_in_milligrams_stay_whole() -> None:
    scope = release(products=["27090000"])
    told = [number(scope, partner, JUNE, 48_818_126_705, product="27090000") for partner in ("SAU", "RUS")]
    assert Figures((scope, told)).level("WLD", JUNE, product="27090000") == (97_636_253_410, "sum")


def test_a_number_or_a_sum_that_no_series_can_hold_is_refused() -> None:
    scope = release()
    with pytest.raises(OverflowError, match="85051110"):
        Figures((scope, [number(scope, "USA", JUNE, 10**15)]))
    with pytest.raises(OverflowError, match="sum of"):
        Figures((scope, [number(scope, f"gacc:{code}", JUNE, 3 * 10**11) for code in (199, 299)]))


def chosen(*rows: Row) -> list[tuple[Any, ...]]:
    found = monthly_numbers(detail_table(*rows))
    return sorted(found.select("measure", "month", "span", "value", "kind").rows())


def test_a_number_is_of_a_month_of_a_year_so_far_or_of_nothing_that_is_used() -> None:
    of, month = release(), 2025 * 12 + 5
    rows = [
        number(of, "USA", JUNE, 1),
        number(of, "USA", "2025-01..2025-06", 2),
        number(of, "USA", JUNE, 3, "quantity_kg_yoy"),
        number(of, "USA", "2025-01..2025-06", 4, "quantity_kg_yoy"),
        number(of, "USA", "2025-02..2025-06", 5),
        number(of, "USA", "2024-01..2025-06", 6),
    ]
    assert [row[1:4] for row in chosen(*rows)] == [
        (month, "month", 10**6),
        (month, "yoy", 3),
        (month, "ytd", 2 * 10**6),
        (month, "ytd_yoy", 4),
    ]


def test_masses_are_milligrams_of_one_measure_and_the_better_kind_wins() -> None:
    query, printed = release(), release("p", kind="published", partners="keys", flow="export")
    rows = (
        number(printed, "USA", JUNE, 9),
        number(query, "USA", JUNE, 7, "quantity_g"),
        number(query, "USA", JUNE, 5, "quantity_item"),
    )
    assert [row[:1] + row[3:] for row in chosen(*rows)] == [
        ("quantity_item", 5, "query"),
        ("quantity_kg", 7_000, "query"),
    ]


@pytest.mark.parametrize(("over", "refused"), [(0, False), (1, True)])
def test_the_largest_month_in_milligrams_is_the_last_that_fits(over: int, refused: bool) -> None:
    assert 12 * LEVEL_MAX < 2**62, "twelve of it fit into 64 bits"
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
    ("portion", "inside"),
    [(Portion("25", "85"), [False, True, True, False]), (Portion("84", None), [False, False, True, True])],
)
def test_a_portion_goes_up_to_the_next(portion: Portion, inside: list[bool]) -> None:
    assert [portion.holds(chapter_group) for chapter_group in ("24", "25", "84", "85")] == inside
