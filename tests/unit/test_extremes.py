"""Highest and lowest since, beside a look back month by month."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.scope import LOOK_BACK_MONTHS
from tests.draws import draws
from tests.unit.figures import Figures
from tests.unit.statements import number, release

JANUARY = 2025 * 12
Levels = list[float | None]
CODES = ("USA", "DEU", "JPN", "KOR", "VNM", "FRA")


def records(*series: Levels) -> pl.DataFrame:
    """The records of made-up series, a partner each, as figures that are printed month by month from January 2025 on."""
    scope = release(day="2045-01-20", months="2025-01..2044-12", kind="published", partners="keys")
    told = [
        number(scope, CODES[partner], f"{day(place):%Y-%m}", int(level), record=1)
        for partner, levels in enumerate(series) for place, level in enumerate(levels) if level is not None
    ]  # fmt: skip
    rows = Figures((scope, told)).metric.filter(
        (pl.col("measure") == "quantity_kg") & (pl.col("product") == "85051110")
    )
    place = pl.col("partner").replace_strict(CODES, range(len(CODES)), return_dtype=pl.Int32, default=-1)
    month = (pl.col("period").dt.year().cast(pl.Int32) * 12 + pl.col("period").dt.month().cast(pl.Int32) - 1).alias(
        "month"
    )
    return rows.with_columns(series=place, month=month).filter(pl.col("series") >= 0).sort("series", "month")


def looked_back(levels: Levels, place: int, sign: int) -> tuple[int | None, str, int | None]:
    """Month that was as extreme, why not, and where the unbroken series begins; months counted from the first."""
    level = levels[place]
    if level is None:
        return None, "not_covered", None
    start = place
    while start > max(0, place - LOOK_BACK_MONTHS) and levels[start - 1] is not None:
        start -= 1
    for month in range(place - 1, start - 1, -1):
        before = levels[month]
        assert before is not None
        if sign * before >= sign * level:
            return (None, "not_extreme", start) if month == place - 1 else (month, "computed", start)
    return None, "no_base" if start == place else "series_record", start


@given(st.lists(st.lists(st.one_of(st.none(), st.integers(1, 5).map(float)), max_size=90), min_size=1, max_size=6))
@draws(60)
def test_each_month_has_what_a_look_back_finds(series: list[Levels]) -> None:
    rows = records(*series) if any(level is not None for levels in series for level in levels) else None
    for row in rows.iter_rows(named=True) if rows is not None else ():
        place = row["month"] - JANUARY
        levels = [*series[row["series"]], *[None] * 120]
        for name, sign in (("highest_since", 1), ("lowest_since", -1)):
            since, made, start = looked_back(levels, place, sign)
            assert row[name] == day(since)
            assert row[f"{name}_status"] == made
            assert row["series_start"] == day(start)


def day(place: int | None) -> date | None:
    index = None if place is None else JANUARY + place
    return None if index is None else date(index // 12, index % 12 + 1, 1)


@pytest.mark.parametrize(
    "levels",
    [
        [float(n) for n in range(200)],
        [float(200 - n) for n in range(200)],
        [*map(float, range(100, 0, -1)), 101.0],
        [8.0, *[1.0] * 59, 7.0],
        [8.0, *[1.0] * 60, 7.0],
    ],
)
def test_long_climbs_and_falls_are_followed_to_their_end(levels: Levels) -> None:
    row = records(levels, levels).row(-1, named=True)
    since, made, start = looked_back(levels, len(levels) - 1, 1)
    assert (row["highest_since"], row["highest_since_status"], row["series_start"]) == (day(since), made, day(start))


def test_highest_since_names_the_latest_month_that_was_as_high() -> None:
    rows = records([6357, 3000, 5324, 2627, 1238, 3188, 5577])
    assert rows["highest_since"].to_list() == [
        None,
        None,
        date(2025, 1, 1),
        None,
        None,
        date(2025, 3, 1),
        date(2025, 1, 1),
    ]
    assert rows["highest_since_status"].to_list() == [
        "no_base", "not_extreme", "computed", "not_extreme", "not_extreme", "computed", "computed",
    ]  # fmt: skip
    assert rows["lowest_since_status"].to_list() == [
        "no_base", "series_record", "not_extreme", "series_record", "series_record", "not_extreme", "not_extreme",
    ]  # fmt: skip


def test_a_gap_ends_the_look_back() -> None:
    rows = records([9, None, 5, 6])
    assert rows["period"].to_list() == [date(2025, 1, 1), date(2025, 3, 1), date(2025, 4, 1)]
    assert rows["highest_since_status"].to_list() == ["no_base", "no_base", "series_record"]
    assert rows["series_start"].to_list() == [date(2025, 1, 1), date(2025, 3, 1), date(2025, 3, 1)]


def test_an_equal_level_is_as_high_and_as_low() -> None:
    rows = records([4, 1, 4])
    assert rows["highest_since"].to_list() == [None, None, date(2025, 1, 1)]
    assert records([4, 4])["lowest_since_status"].to_list() == ["no_base", "not_extreme"]


def test_the_look_back_ends_after_so_many_months() -> None:
    for quiet, since, start in ((59, date(2025, 1, 1), date(2025, 1, 1)), (60, None, date(2025, 2, 1))):
        row = records([8, *[1.0] * quiet, 7]).row(-1, named=True)
        assert (row["highest_since"], row["series_start"]) == (since, start)
