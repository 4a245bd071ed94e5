"""A whole month of a member state, in the bytes of the source, passes the checks; a damaged column of it does not."""

import io
from typing import Any

import polars as pl
import pytest

from benchmarks import comext_generate
from tasks.sources.eurostat_bulk import COLUMNS
from tests.unit.checks.found import find, said

ENERGY = {"PRODUCT_NC": "27160000", "SUPPL_UNIT": "1000_KWH", "VALUE_EUR": "98765432", "QUANTITY_KG": "0", "QUANTITY_SUPPL_UNIT": "1234567"}  # fmt: skip
DECLARED: dict[str, Any] = {
    "source": "eurostat_bulk", "reporter": "DEU", "flow": "import", "partners": "all", "products": ["*"], "months": "2025-05",
}  # fmt: skip


@pytest.fixture(scope="module")
def germany() -> pl.DataFrame:
    """The imports of a month as they are drawn, with their totals."""
    rows = next(rows for rows in comext_generate.pieces(40_000, "202505", seed=7) if rows["REPORTER"][0] == "DE")
    return rows.filter(FLOW="1")


def text(rows: pl.DataFrame) -> bytes:
    sink = io.BytesIO()
    rows.write_csv(sink, line_terminator="\r\n", quote_style="never")
    return sink.getvalue()


def test_a_month_with_electricity_and_goods_that_are_only_counted_is_not_held(germany: pl.DataFrame) -> None:
    single = germany.filter(pl.col("PRODUCT_NC") != "TOTAL")
    assert single["PRODUCT_NC"].n_unique() > 500
    like = single.filter(pl.col("PARTNER").is_in(["FR", "CH"])).unique("PARTNER").select(COLUMNS)
    weightless = [
        like.with_columns(pl.lit(value).alias(name) for name, value in {**ENERGY, **other}.items())
        for other in ({}, {"PRODUCT_NC": "49119900", "SUPPL_UNIT": "NO_SU"})
    ]
    rows = pl.concat([single.filter(~pl.col("PRODUCT_NC").is_in(["27160000", "49119900"])), *weightless])
    assert "error" not in said(find(text(rows), **DECLARED))
    assert "zero_number error" in said(find(text(rows.with_columns(QUANTITY_KG=pl.lit("0"))), **DECLARED))
