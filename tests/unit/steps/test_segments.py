"""Where the file of a month is cut, and who derives what of it."""

import polars as pl
import pytest

from tasks.ledger.precedence import Portion, chapter_group_of
from tasks.steps import segments
from tasks.steps.segments import CUTS, cut, group_sizes, portions_of, segments_of

CHAPTERS = [f"{chapter:02d}" for chapter in range(1, 98)]
LARGE = segments.ROWS_OF_A_LARGE_MONTH


def test_only_a_large_month_is_cut() -> None:
    assert segments_of(LARGE - 1) == ("",)
    assert {*CUTS} < {*segments_of(LARGE)}
    assert segments_of(LARGE) == segments_of(100 * LARGE)


def test_no_segment_of_codes_is_in_two_portions() -> None:
    """So each of them is written by one process, whose rows no other has to sort in."""
    found = segments_of(LARGE)
    portions = portions_of(dict.fromkeys({chapter_group_of(chapter) for chapter in CHAPTERS}, 1), 1, is_cut=True)
    owners: dict[int, set[Portion]] = {}
    for chapter in CHAPTERS:
        (number,) = [number for number, _ in cut(pl.DataFrame({"product": [chapter + "010000"]}), found)]
        owners.setdefault(number, set()).update(one for one in portions if one.holds(chapter_group_of(chapter)))
    assert {len(of_one) for of_one in owners.values()} == {1}
    assert len(portions) == len(CUTS)


def test_the_rows_of_the_segments_are_all_rows_in_order() -> None:
    products = [*(f"{chapter}{number:06d}" for chapter in CHAPTERS for number in range(3)), "basket:a", "line:b"]
    rows = pl.DataFrame({"product": pl.Series(products, dtype=pl.Categorical), "row": range(len(products))})
    found = [*cut(rows, segments_of(LARGE))]
    assert pl.concat(part for _, part in found).equals(rows)
    assert [*cut(rows[:0], segments_of(LARGE))] == []
    assert [str(part["product"][0]) for number, part in found][-1] == "basket:a"


@pytest.mark.parametrize("is_cut", [False, True])
@pytest.mark.parametrize("room", [1, 50, 10_000])
def test_every_chapter_group_is_in_one_portion_and_the_largest_comes_first(room: int, is_cut: bool) -> None:
    sizes = group_sizes({f"{chapter}010000": int(chapter) for chapter in CHAPTERS} | {"basket:magnets": 5})
    portions = portions_of(sizes, room, is_cut=is_cut)
    held = [[group for group in sizes if one.holds(group)] for one in portions]
    assert sorted(group for groups in held for group in groups) == sorted(sizes)
    weights = [sum(sizes[group] for group in groups) for groups in held]
    assert weights == sorted(weights, reverse=True)
    assert sum(weights) == sum(range(1, 98)) + 5


def test_a_month_without_rows_has_one_portion() -> None:
    assert len(portions_of({}, 10, is_cut=False)) == len(portions_of({}, 10, is_cut=True)) == 1
