"""The bounds of the checks, and amounts in dollars."""

import polars as pl
import pytest

from schemas.reference.code_tables import code_table
from tasks.checks.thresholds import dollars_of, in_dollars, threshold, whole_threshold


def test_a_bound_is_the_number_of_its_row() -> None:
    rows = code_table("check_thresholds").select("name", "value").rows()
    assert len(rows) > 10
    assert [(name, threshold(name)) for name, _ in rows] == [(name, float(value)) for name, value in rows]
    assert (threshold("trifle_a_month"), threshold("missing_partner_regular")) == (100_000, 0.75)


def test_a_count_is_whole() -> None:
    found = whole_threshold("trifle_a_month")
    assert (found, type(found)) == (100_000, int)


def test_a_bound_that_no_row_has_is_refused_by_name() -> None:
    with pytest.raises(LookupError, match=r"has no threshold nothing\. Add a row with its reason\."):
        threshold("nothing")


def test_yuan_are_seven_and_yen_150_to_the_dollar_and_euros_and_pounds_are_dollars() -> None:
    measures = ["value_cny", "value_usd", "quantity_kg", "value_cny", "value_eur", "value_jpy"]
    rows = pl.DataFrame({"value": [700, 700, 700, None, 700, 300], "measure": measures})
    assert rows.select(in_dollars()).to_series().to_list() == [100, 700, 700, None, 700, 2]
    coded = rows.with_columns(pl.col("measure").cast(pl.Categorical)).rename({"value": "money"})
    assert coded.select(in_dollars("money")).to_series().to_list() == [100, 700, 700, None, 700, 2]
    assert [dollars_of(f"value_{money}") for money in ("cny", "usd", "eur", "gbp", "jpy")] == [7, 1, 1, 1, 150]
