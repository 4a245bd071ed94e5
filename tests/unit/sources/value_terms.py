"""What the values of a file mean, as its release says it."""

import polars as pl

from schemas.reference.code_tables import code_table
from tasks.ingest.normalise import Normalised


def assert_terms(release: Normalised, expected: dict[str, tuple[str, str, str]]) -> None:
    """Every value has one row of terms, that of its source, direction and measure, and its currency is that of its
    unit."""
    values = release.detail.with_columns(pl.col("source", "flow", "measure").cast(pl.String)).filter(
        pl.col("measure").str.starts_with("value_")
    )
    joined = values.join(code_table("statement_terms"), on=["source", "flow", "measure"], how="left", validate="m:1")
    assert joined.height == values.height > 0
    assert joined["valuation"].null_count() == 0
    assert joined.filter(pl.col("unit").cast(pl.String) != pl.col("currency")).height == 0
    found = joined.filter(flow=joined["flow"][0]).select("measure", "valuation", "partner_is", "rounding").unique()
    assert {measure: terms for measure, *terms in found.iter_rows()} == {
        name: [*terms] for name, terms in expected.items()
    }
    # Digits are cut off of thousands of yen alone: a true value is not below the printed one, and less than a step
    # above.
    step = joined.filter(rounding="down")["resolution"].unique().to_list()
    assert step in ([], [1000])
