"""Compares the first print of a figure with what later releases say of it: preliminary page, bulletin, query, and the other side.

The error of a first print is that which its reader would have made. Figures are single months; of a line of customs' release pages
the query's figure is the sum of the codes that customs' catalogue gives the line, where each of them is known.
"""

from datetime import date

import polars as pl

from schemas.names import KINDS
from schemas.reference.code_tables import code_table, valid_in
from tasks.domain.coverage import WORLD
from tasks.domain.decisions import counting
from tasks.domain.line_codes import asked_in, codes_of_line, is_asked
from tasks.domain.nomenclature import CHINAS
from tasks.domain.periods import month_name, month_number
from tasks.reports.mirror import statements
from tasks.store.parquet import read_table
from tasks.store.snapshot import Snapshot

# Kinds whose last figures are compared, the nearest to the authority's own numbers last.
COMPARED = ("preliminary", "bulletin", "query")
SCHEMA = {
    "period": pl.Date, "first_kind": pl.String, "first_known": pl.Date, "first": pl.Float64,
    **dict.fromkeys(COMPARED, pl.Float64), "other_side": pl.Float64, "last": pl.Float64, "error_pct": pl.Float64,
}  # fmt: skip
KG = "quantity_kg"
WITHIN_PCT, MONTHS, LEAST = 3.0, 24, 3


def scorecard(snapshot: Snapshot, flow: str, product: str, partner: str = WORLD, measure: str = KG) -> pl.DataFrame:
    """Return a row for each month: period, first_kind, first_known, first (the first print), the last word of each kind of COMPARED,
    other_side (the partner's figure, where it has a store under the same root), last (that of the best kind) and error_pct, by how many per cent
    the first print is above it. Numbers are in the unit of the measure; null where there is none.
    """
    rows = read_table(
        snapshot, "observation", lambda partition: partition[0] == flow,
        (pl.col("product") == product) & (pl.col("partner") == partner) & (pl.col("measure") == measure),
    ).filter(pl.col("period_start").dt.month_start() == pl.col("period_end").dt.month_start())  # fmt: skip
    rows = rows.with_columns(period=pl.col("period_start"), place=pl.col("kind").cast(pl.Enum(KINDS)).to_physical())
    # Of a day the print that is least trusted is the one that was there first.
    first = rows.sort("known_from", -pl.col("place").cast(pl.Int8)).group_by("period").first()
    found = first.select("period", first_kind="kind", first_known="known_from", first=pl.col("value").cast(pl.Float64))
    current = rows.filter(pl.col("known_until").is_null()).sort("known_from")
    for kind in COMPARED:
        last = current.filter(kind=kind).group_by("period").agg(pl.col("value").last().cast(pl.Float64).alias(kind))
        found = found.join(last, on="period", how="left")
    if product.startswith("line:") and partner == WORLD:
        summed = _sums_of_codes(snapshot, flow, product, measure, found["period"])
        found = (
            found.join(summed, on="period", how="left")
            .with_columns(query=pl.coalesce("query", "summed"))
            .drop("summed")
        )
    found = found.join(statements.other_side(snapshot, flow, product, partner, measure), on="period", how="left")
    found = found.with_columns(last=pl.coalesce(*reversed(COMPARED)))
    is_compared = (pl.col("last") > 0) & (
        (pl.col("first") != pl.col("last")) | (pl.sum_horizontal(pl.col(COMPARED).is_not_null()) > 1)
    )
    error = pl.when(is_compared).then((pl.col("first") / pl.col("last") - 1) * 100)
    return found.with_columns(error_pct=error).sort("period").select(*SCHEMA)


def within(found: pl.DataFrame) -> tuple[int, int] | None:
    """Return in how many of the last months that can be compared the first print was within WITHIN_PCT, and how many these are; None
    where they are fewer than LEAST.
    """
    errors = found.drop_nulls("error_pct").tail(MONTHS)["error_pct"]
    return (int((errors.abs() <= WITHIN_PCT).sum()), errors.len()) if errors.len() >= LEAST else None


def _sums_of_codes(snapshot: Snapshot, flow: str, product: str, measure: str, months: pl.Series) -> pl.DataFrame:
    """The sums of the national codes of a line by month, of the months in which queries of all partners asked for each of them."""
    releases = counting(read_table(snapshot, "release"), read_table(snapshot, "decision"))
    lines, found = code_table("line_codes").filter(product=product, flow=flow), list[tuple[date, float]]()
    for month in months:
        number = month_number(month)
        codes = lines.filter(valid_in(pl.lit(month_name(number))))["codes"].to_list()
        parts, asked = codes_of_line(codes[0]) if codes else (), asked_in(releases, flow, number)
        if parts and all(is_asked(part, asked) for part in parts):
            is_part = pl.any_horizontal(pl.col("product").cast(pl.String).str.starts_with(part) for part in parts)
            where = is_part & (pl.col("partner") == WORLD) & (pl.col("classification") == CHINAS)
            rows = read_table(
                snapshot, "metric", (flow, month.year, month.month).__eq__, where, ("product", "measure", "level")
            )
            levels = rows.filter(measure=measure)["level"]
            # Goods that are counted in pieces have no part in a sum of masses.
            if levels.len() and levels.null_count() == 0 and rows["product"].n_unique() == levels.len():
                found.append((month, float(levels.sum())))
    return pl.DataFrame(found, schema={"period": pl.Date, "summed": pl.Float64}, orient="row")
