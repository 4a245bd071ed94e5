"""Gate D: finds numbers that are already published as something else.

A file that somebody opened and saved has other bytes and the same numbers. The checks recognise the numbers of the
other direction, of another year or month, and pasted rows by the numbers and by their order.
`tasks/checks/declared/declared_flow.py` reports files with the very bytes of another release. A check returns findings
and changes nothing.
"""

from collections.abc import Set
from functools import partial

import polars as pl

from schemas.layouts import FLOWS
from tasks.checks.declared.declared_flow import of_both_flows
from tasks.checks.frame.context import CheckContext, values_of
from tasks.checks.frame.published_months import FlowMonth, PublishedMonths
from tasks.checks.frame.registry import check
from tasks.domain.doubt.findings import Rows, finding
from tasks.domain.periods import month_index, month_name
from tasks.domain.thresholds import threshold, whole_threshold
from tasks.store.places.verify_on_read import prove
from tasks.store.snapshots.parquet import Partition, partition_month

SERIES = ["flow", "product", "partner", "measure"]
# A file may contain up to this many runs of months one below the other; more runs mean another order.
RUNS_MAX = 4


def _statements(context: CheckContext) -> pl.DataFrame:
    """The numbers that cannot be equal by chance: SERIES, month, value; of a broad release whole products."""
    return context.numbers.filter(pl.col("value") >= whole_threshold("same_number_least"))


@check(severity="error", scope="release", of_prints=False)
def _numbers_of_other_flow(context: CheckContext) -> Rows:
    """Find numbers that are published as the other direction, for the same products, partners and months."""
    row = context.row
    if context.known.snapshot is None:
        return
    same_bytes = context.counting.filter(
        pl.col("raw_sha256") == row["raw_sha256"], pl.col("flow").ne_missing(row["flow"])
    )
    if same_bytes.height:
        return
    statements = _statements(context)
    for flow in statements["flow"].cast(pl.String).unique().sort():
        other = next(name for name in FLOWS if name != flow)
        numbers = statements.filter(pl.col("flow") == flow)
        published = PublishedMonths(context.known.snapshot, {other}, context.first, context.last, row["release_id"])
        months: set[FlowMonth] = {(other, month) for month in numbers["month"].unique()} & set(published.files)
        if not months:
            continue
        prove(context.known.snapshot, "observation", partial(_is_among, months))
        key = [*SERIES[1:], "month", "value"]
        same = numbers.join(values_of(published, months, context.products).select(key).unique(), on=key, how="semi")
        is_all = same.height == numbers.height >= whole_threshold("same_numbers_all")
        if same.height >= whole_threshold("same_numbers_some") or is_all:
            yield from of_both_flows(
                context,
                (flow, other),
                "numbers_of_other_flow",
                observed=f"{same.height} of {numbers.height} numbers are those published as {other}",
                expected=f"numbers of {flow}, as declared",
                advice=(
                    f"See which of the two the query was for. Where rows of {other} stand among those of {flow}, take"
                    " them out."
                ),
            )


@check(severity="error", of_prints=False)
def _another_month(context: CheckContext) -> Rows:
    """Find the numbers of other months, published or of the file: another query, or months that were relabelled."""
    statements, places = _statements(context), [*SERIES, "month", "value"]
    published = (
        context.values.select(places).unique([*SERIES, "month"]).join(statements, on=[*SERIES, "month"], how="anti")
    )
    others = pl.concat(
        [published.with_columns(own=pl.lit(False)), statements.select(places).with_columns(own=pl.lit(True))]
    )
    others = others.rename({"month": "there"})
    lag = (pl.col("there") - pl.col("month")).alias("lag")
    # Of two months of one file the later is the copy.
    is_other = (pl.col("there") != pl.col("month")) & (~pl.col("own") | (pl.col("there") < pl.col("month")))
    same = statements.join(others, on=[*SERIES, "value"]).filter(is_other).group_by("flow", "month", lag).len()
    lags = same.filter(pl.col("len") >= whole_threshold("same_numbers_some")).select("flow", "lag").unique()
    if lags.is_empty():
        return
    shifted = statements.join(lags, on="flow").with_columns(there=pl.col("month") + pl.col("lag"))
    counts = (
        shifted.join(others, on=[*SERIES, "there"])
        .filter(is_other)
        .group_by("flow", "month", "lag")
        .agg(same=(pl.col("value") == pl.col("value_right")).sum(), of=pl.len())
    )
    yield from _relabelled(counts.sort("flow", "month", "lag"))


def _relabelled(counts: pl.DataFrame) -> Rows:
    """Return findings about months (flow, month, lag) of which enough compared numbers are the `same`. A series that
    never changes is like many months and is skipped.
    """
    spans = counts.group_by("flow", "lag", maintain_order=True).agg(
        pl.col("same", "of").sum(), months=pl.len(), first=pl.col("month").min(), last=pl.col("month").max()
    )
    spans = spans.filter(
        pl.col("months") > 1,
        pl.col("same") >= whole_threshold("same_numbers_months"),
        pl.col("same") >= threshold("same_numbers_share") * pl.col("of"),
    ).filter(pl.len().over("flow") == 1)
    advice = "See for which month the query was. If it was for the other one, ingest the right one under its own day."
    for row in spans.to_dicts():
        first, last, lag = row["first"], row["last"], row["lag"]
        yield finding(
            "another_month",
            "error",
            flow=row["flow"],
            months=(first, last),
            values=(row["same"], row["of"], "numbers"),
            observed=(
                f"{row['same']} of {row['of']} numbers are those of {abs(lag)} months"
                f" {'before' if lag < 0 else 'after'}, {month_name(first + lag)}..{month_name(last + lag)}"
            ),
            expected="numbers of its own",
            advice=advice,
        )
    months = counts.filter(pl.col("same") >= whole_threshold("same_numbers_some"), pl.col("same") == pl.col("of"))
    months = months.filter(pl.len().over("flow", "month") == 1).join(spans, on="flow", how="anti")
    for row in months.to_dicts():
        more = "" if months.height == 1 else f" ({months.height} such months)"
        yield finding(
            "another_month",
            "error",
            flow=row["flow"],
            months=(row["month"], row["month"]),
            values=(row["same"], row["of"], "numbers"),
            observed=f"{row['same']} numbers, all of them those of {month_name(row['month'] + row['lag'])}{more}",
            expected="numbers of its own",
            advice=advice,
        )


@check(severity="error", scope="release", of_prints=False)
def _pasted_records(context: CheckContext) -> Rows:
    """Find months that run to the end and begin again, with products and partners of before: two downloads, one
    below the other. Parts of one query have no month, no product, no partner, no place or no measure in common: some
    sources print all months of one measure, then all of the next.
    """
    row = context.row
    if not row["by_month"] or context.first == context.last:
        return
    columns = ["month", "product", "partner", "regime", "province"]
    records = (
        context.release.detail.select("record", month_index("period_end").alias("month"), *columns[1:])
        .unique("record")
        .sort("record")
        .with_columns(pl.col("regime", "province").fill_null(""), before=pl.col("month").shift())
        .with_columns(run=(pl.col("month") < pl.col("before")).fill_null(False).cum_sum())
    )
    count = int(records["run"].max()) + 1  # type: ignore[arg-type]
    if not 1 < count <= RUNS_MAX:
        return
    records = records.join(context.release.detail.select("record", "measure"), on="record", maintain_order="left")
    columns.append("measure")
    runs = [records.filter(run=number) for number in range(count)]
    values = [{name: {*run[name].unique()} for name in columns} for run in runs]
    for later in range(1, count):
        if any(all(values[earlier][name] & values[later][name] for name in columns) for earlier in range(later)):
            first = runs[later].row(0, named=True)
            yield finding(
                "pasted_records",
                "error",
                observed=(
                    f"months begin again at record {first['record']}: {month_name(first['before'])} is followed by"
                    f" {month_name(first['month'])}"
                ),
                expected="records of one download, in the order of their months",
                advice=(
                    "See whether records of another query, or of the other direction, were pasted below; ingest each"
                    " download by itself."
                ),
            )
            return


def _is_among(months: Set[FlowMonth], partition: Partition) -> bool:
    return (partition[0], partition_month(partition)) in months
