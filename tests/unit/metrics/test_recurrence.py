"""A month from the states before it, and what a state keeps."""

import polars as pl
import pytest

from schemas.table import empty_frame
from schemas.tables.observation import KINDS
from schemas.tables.state import State
from tasks.metrics.levels import STATUS, Numbers
from tasks.metrics.recurrence import counts_of, next_month, numbers_of
from tests.unit.builders import Row
from tests.unit.metrics.numbered import JUNE, WHOLE, coverage_of, in_text, numbered, printed


def counter(**months: int) -> int:
    """Months of each kind, four bits for a kind."""
    return sum(count * 16 ** KINDS.index(kind) for kind, count in months.items())


@pytest.mark.parametrize(
    ("kinds", "counts"), [(0, 0), (1, counter(yearbook=1)), (2, counter(query=1)), (18, counter(query=1, published=1)), (31, 0x11111)]
)  # fmt: skip
def test_a_set_of_kinds_counts_one_month_of_each(kinds: int, counts: int) -> None:
    frame = pl.DataFrame({"kinds": [kinds]}, schema={"kinds": pl.UInt8})
    assert frame.select(counts_of(pl.col("kinds"))).item() == counts


def test_numbers_of_a_state_are_those_that_were_printed_or_added_up() -> None:
    names = coverage_of(WHOLE).names
    plain = {"level": 5, "kinds": 2, "has_row": True} | dict.fromkeys(f"printed_{span}{end}" for span in ("ytd", "yoy", "ytd_yoy") for end in ("", "_kinds"))  # fmt: skip
    made: list[Row] = [
        plain | {"level_status": STATUS["reported"], "printed_ytd": 9, "printed_ytd_kinds": 16}, plain | {"level_status": STATUS["sum"], "partner": "WLD"},
        plain | {"level_status": STATUS["other_unit"], "level": None, "partner": "DEU"}, plain | {"level_status": STATUS["zero"], "has_row": False, "level": 0, "measure": "value_usd"},
    ]  # fmt: skip
    found = numbers_of(numbered(names, *made))
    assert in_text(found.rows, names).select("partner", "value", "is_sum").rows() == [("USA", 5, False), ("WLD", 5, True), ("DEU", None, False)]  # fmt: skip
    assert found.spans.select("span", "value", "kinds").rows() == [("ytd", 9, 16)]


def test_the_first_month_of_a_series_has_its_level_and_knows_the_months_without_trade() -> None:
    """Exports of June alone in a query of January to June: the five months before are zeros."""
    coverage = coverage_of(WHOLE)
    names = coverage.names
    nothing = names.numbered(empty_frame(State).drop("flow", "period").with_columns(pl.col("product", "partner", "measure").cast(pl.String))).with_columns(series=pl.lit(0, pl.UInt64))  # fmt: skip
    spans = numbered(names, {"span": "ytd", "value": 1, "kinds": 2}).clear()
    month = next_month(JUNE, Numbers(printed(names, {"value": 7}), spans), nothing, nothing, coverage)
    row = in_text(month.plain, names).filter(partner="USA", measure="quantity_kg").row(0, named=True)
    assert (row["level"], row["before_level"], row["ytd"], row["two_months"], row["quarter"]) == (7, 0, 7, 7, 7)
    assert (row["run"], row["rolling"], row["rolling_12m"], row["ago_level"]) == (6, 7, None, None)
    assert row["window_counts"] == counter(query=6)
    state = in_text(month.state, names).filter(partner="USA", measure="quantity_kg").row(0, named=True)
    assert (state["level"], state["quiet"], state["idle"], state["has_row"]) == (7, 0, 0, True)
