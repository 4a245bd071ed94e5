"""Finds records that are parts of one sum, by regime or province, and sums that lack a part.

The ledger adds up the numbers of a file by partner. If a part is unreadable, or lacks a number that the others have,
its sum would look complete; so that sum is left out, with a finding.
"""

import polars as pl

from tasks.domain.findings import finding
from tasks.ingest.codes import Read
from tasks.ingest.quantities import Amounts
from tasks.ingest.text_codes import Codes, combine, take

PART = "is part of a sum that another record leaves incomplete"


def part_of_sum(codes: Read) -> Codes:
    """The sum to which each row belongs: product, partner, period and direction, across regimes and provinces."""
    turns = codes.turns.join(
        codes.turns.unique().with_row_index("number"), on=codes.turns.columns, how="left", nulls_equal=True, maintain_order="left",
    )["number"]  # fmt: skip
    turn_of = turns.cast(pl.Int64).gather(codes.turn_of)
    return combine([(codes.product_of, codes.products.height), (turn_of, turns.len())])


def complete_sums(
    numbers: pl.DataFrame, set_aside: pl.Series, codes: Read, amounts: Amounts, record: pl.Series, where: str
) -> tuple[pl.Series, pl.DataFrame, list[dict[str, str]]]:
    """The rows left without a number, the numbers of complete sums, and the finding about the others.

    `set_aside` are the rows that could not be read.
    """
    rows = numbers["row"].unique()
    if codes.sites.select(pl.all().is_null().all()).row(0) == (True, True) or not len(rows):
        return pl.Series([], dtype=pl.Int64), numbers, []
    sum_of, _ = part_of_sum(codes)
    incomplete = sum_of.gather(set_aside.unique()).implode()
    marked = numbers.with_columns(sum=sum_of.gather(numbers["row"])).with_columns(
        is_broken=pl.col("sum").is_in(incomplete),
        is_uneven=pl.len().over("sum", "label") < pl.col("row").n_unique().over("sum"),
    )
    kept = marked.filter(~pl.col("is_broken"), ~pl.col("is_uneven")).select(numbers.columns)
    left = rows.filter(~rows.is_in(kept["row"].implode())).sort()
    uneven = marked.filter("is_uneven", ~pl.col("is_broken"))
    if not uneven.height:
        return left, kept, []
    omitted = take(amounts.labels, uneven["label"]).with_columns(uneven["sum", "row"])
    # Parts counted in different units are more than one omitted number.
    units = (
        omitted.filter(pl.col("measure").str.starts_with("quantity")).group_by("sum").agg(pl.col("measure").n_unique())
    )
    first = omitted.sort("row").row(0, named=True)
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
