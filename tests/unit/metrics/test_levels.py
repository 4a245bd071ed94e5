"""The level of a month: printed, a sum, no trade, or missing with a reason."""

import polars as pl
import pytest

from tasks.metrics.levels import STATUS, Numbers, bit_of, printed_spans_of, seen, status, traded, with_levels
from tests.unit.builders import MAGNETS, Row, release
from tests.unit.metrics.numbered import JUNE, WHOLE, coverage_of, in_text, numbered, printed

NAMED = {number: name for name, number in STATUS.items()}


def levels(scope: Row, rows: list[Row], *asked: Row) -> list[tuple[int | None, str, int]]:
    coverage = coverage_of(scope)
    numbers = printed(coverage.names, *rows)
    frame = numbered(coverage.names, *asked).with_row_index("row")
    found = with_levels(frame, numbers, traded(numbers, coverage), coverage).sort("row")
    return [(level, NAMED[made], kinds) for level, made, kinds in found.select("level", "level_status", "kinds").rows()]


def test_a_printed_number_a_sum_and_no_trade() -> None:
    rows: list[Row] = [{"value": 5}, {"value": 7, "partner": "WLD", "is_sum": True, "kinds": 18}]
    assert levels(WHOLE, rows, {}, {"partner": "WLD"}, {"partner": "DEU"}) == [(5, "reported", 2), (7, "sum", 18), (0, "zero", 2)]  # fmt: skip


def test_outside_every_scope_nothing_is_known() -> None:
    assert levels(release(months="2025-05"), [{"value": 5, "month": JUNE - 1}], {}) == [(None, "not_covered", 0)]


def test_goods_that_are_counted_in_another_unit_are_not_zero() -> None:
    rows: list[Row] = [{"value": 5, "measure": "value_usd"}, {"value": None, "partner": "DEU"}]
    assert levels(WHOLE, rows, {}, {"partner": "DEU"}) == [(None, "other_unit", 0), (None, "other_unit", 0)]
    # The world trades because a partner of it does.
    assert levels(WHOLE, rows, {"partner": "WLD"}) == [(None, "other_unit", 0)]


@pytest.mark.parametrize(("priority", "bit"), [(0, 1), (1, 2), (4, 16), (None, None)])
def test_a_kind_is_a_bit(priority: int | None, bit: int | None) -> None:
    frame = pl.DataFrame({"priority": [priority]}, schema={"priority": pl.Int32})
    assert frame.select(bit_of(pl.col("priority"))).item() == bit


def test_a_status_is_its_place_in_the_list() -> None:
    assert pl.select(status("reported")).item() == STATUS["reported"]
    with pytest.raises(KeyError):
        status("nothing")


def test_a_year_to_date_speaks_of_every_month_since_january_and_a_growth_of_its_own() -> None:
    names = coverage_of(WHOLE).names
    spans = numbered(names, {"span": "ytd", "month": JUNE - 2}, {"span": "yoy", "partner": "DEU"})
    found = in_text(printed_spans_of(spans, names), names).select("partner", "month").sort("partner", "month").rows()
    assert found == [("DEU", JUNE), *(("USA", JUNE - back) for back in (5, 4, 3, 2))]


def test_with_a_series_come_the_totals_of_it_and_the_world_of_the_levels_above() -> None:
    names = coverage_of(WHOLE).names
    nothing = numbered(names, {"span": "ytd", "value": 1, "kinds": 2}).clear()
    found = in_text(seen(Numbers(printed(names, {"value": 1}), nothing), names), names)
    assert sorted(found.select("product", "partner").rows()) == [
        ("85", "WLD"), ("8505", "WLD"), ("850511", "WLD"), (MAGNETS, "EU27"), (MAGNETS, "USA"), (MAGNETS, "WLD"),
    ]  # fmt: skip
