"""The columns of an adapter in the one shape of all adapters."""

import polars as pl
import pytest
from pandera.errors import SchemaError, SchemaErrors

from schemas.table import polars_schema
from schemas.tables.release import Reported
from tasks.sources.records import as_reported


def test_missing_columns_are_null_others_are_left_out_and_the_order_is_that_of_the_table() -> None:
    found = as_reported(pl.DataFrame({"value": ["1"], "mood": ["good"], "record": [1], "partner": ["502"]}))
    assert dict(found.schema) == polars_schema("reported")
    row = {name: text for name, text in found.row(0, named=True).items() if text is not None}
    assert row == {"record": 1, "partner": "502", "value": "1"}


def test_a_record_needs_a_number_above_zero() -> None:
    with pytest.raises((SchemaError, SchemaErrors)):
        Reported.validate(as_reported(pl.DataFrame({"record": [0]})), lazy=True)
