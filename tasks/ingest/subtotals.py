"""Finds records that are parts of one sum, by regime or province, and sums that lack a part.

The ledger adds up the numbers of a file by partner. If a part is unreadable, or lacks a number that the others have,
its sum would look complete; so that sum is left out, with a finding.
"""

import polars as pl

from tasks.domain.findings import finding

# The records of one sum agree in these, across regimes and provinces.
SUM = ["product", "flow", "partner", "period_start", "period_end", "known_from"]
PART = "is part of a sum that another record leaves incomplete"


def complete_sums(
    numbers: pl.DataFrame, set_aside: pl.Series, keys: pl.DataFrame, record: pl.Series, where: str
) -> tuple[pl.Series, pl.DataFrame, list[dict[str, str]]]:
    """The rows left without a number, the numbers of complete sums, and the finding about the others.

    `set_aside` are the rows that could not be read.
    """
    rows = numbers["row"].unique()
    if keys.select(pl.col("regime", "province").is_null().all()).row(0) == (True, True) or not len(rows):
        return pl.Series([], dtype=pl.Int64), numbers, []
    sums = keys.select(SUM).unique().with_row_index("sum")
    sum_of = keys.join(sums, on=SUM, how="left", nulls_equal=True, maintain_order="left").select("row", "sum")
    incomplete = sum_of.filter(pl.col("row").is_in(set_aside.unique().implode()))["sum"].unique().implode()
    marked = numbers.join(sum_of, on="row", how="left", maintain_order="left").with_columns(
        is_broken=pl.col("sum").is_in(incomplete),
        is_uneven=pl.len().over("sum", "measure", "unit") < pl.col("row").n_unique().over("sum"),
    )
    kept = marked.filter(~pl.col("is_broken"), ~pl.col("is_uneven")).select(numbers.columns)
    left = rows.filter(~rows.is_in(kept["row"].implode())).sort()
    omitted = marked.filter("is_uneven", ~pl.col("is_broken"))
    if not omitted.height:
        return left, kept, []
    # Parts counted in different units are more than one omitted number.
    units = (
        omitted.filter(pl.col("measure").str.starts_with("quantity")).group_by("sum").agg(pl.col("measure").n_unique())
    )
    first = omitted.sort("row", maintain_order=True).row(0, named=True)
    return left, kept, [
        finding(
            "incomplete_sum", "error" if (units["measure"] > 1).any() else "warning", where,
            observed=f"{omitted.height} numbers of {omitted['sum'].n_unique()} sums, first {first['measure']} in record {record[first['row']]}",
            expected="each number in every part of a sum over regimes and provinces",
            advice="These sums are not known and not published; download the query again, or without regimes and provinces.",
        )
    ]  # fmt: skip


def causes_first(quarantine: pl.DataFrame) -> pl.DataFrame:
    """Records that were set aside; those set aside because of another record come last."""
    return quarantine.sort(pl.col("reasons") == [PART], maintain_order=True)
