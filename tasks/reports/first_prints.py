"""Compares the first print of a figure with what later releases say of it: preliminary page, bulletin, query, and the other side.

The error of a first print is that which its reader would have made. Figures are single months; of a line of customs' release pages
the query's figure is the sum of the codes that customs' catalogue gives the line, where each of them is known.
"""

from collections.abc import Collection
from typing import Any

import polars as pl

from schemas.names import KINDS
from schemas.reference.code_tables import code_table, valid_in
from schemas.table import polars_schema
from tasks.domain.coverage import WORLD, covering
from tasks.domain.decisions import counting
from tasks.domain.line_codes import asked_in, codes_of_line, is_asked
from tasks.domain.nomenclature import CHINAS
from tasks.domain.periods import month_index, month_name
from tasks.reports.mirror.statements import other_side
from tasks.store.parquet import Partition, partition_month, path_partition, read_table
from tasks.store.snapshot import Snapshot

TABLE = "first_print"
PLACE = ("product", "partner", "measure", "period")
WITHIN_PCT, MONTHS, LEAST = 3.0, 24, 3


def first_prints(snapshot: Snapshot, flow: str, months: Collection[int], **where: str) -> pl.DataFrame:
    """Return rows of the table `first_print` for the months (month numbers) of a direction: of all series that a source prints, or of
    those with the product, the partner and the measure of `where`. error_pct is null where nothing can be compared.
    """
    wanted = [pl.col(name) == value for name, value in where.items()]
    is_month = pl.col("period_start").dt.month_start() == pl.col("period_end").dt.month_start()
    is_level = ~pl.col("measure").cast(pl.String).str.ends_with("_yoy")

    def is_near(partition: Partition) -> bool:
        return partition[0] == flow and partition_month(partition) in months

    columns = (
        "product",
        "partner",
        "measure",
        "period_start",
        "kind",
        "value",
        "release_id",
        "known_from",
        "known_until",
    )
    rows = read_table(snapshot, "observation", is_near, pl.all_horizontal(is_month, is_level, *wanted), columns)
    rows = rows.select(
        pl.col("product", "partner", "measure").cast(pl.String), "kind", "release_id", "known_from", "known_until", period="period_start",
        value=pl.col("value").cast(pl.Float64), trust=-pl.col("kind").cast(pl.Enum(KINDS)).to_physical().cast(pl.Int8),
    )  # fmt: skip
    # Of a day the print that is least trusted is the one that was there first.
    first = rows.sort("known_from", "trust").group_by(PLACE).first()
    found = first.select(
        *PLACE, first_kind="kind", first_known="known_from", first_release_id="release_id", first="value"
    )
    current = rows.filter(pl.col("known_until").is_null()).sort("known_from")
    for kind in KINDS:
        last = current.filter(kind=kind).group_by(PLACE).agg(pl.col("value").last().alias(kind))
        found = found.join(last, on=PLACE, how="left")
    releases = counting(read_table(snapshot, "release"), read_table(snapshot, "decision"))
    lines = found.filter(pl.col("product").str.starts_with("line:"), partner=WORLD)
    found = found.join(_sums_of_codes(snapshot, flow, lines, releases), on=PLACE, how="left")
    found = found.with_columns(query=pl.coalesce("query", "summed")).with_columns(last=pl.coalesce(KINDS))
    found = found.with_columns(flow=pl.lit(flow), is_again=_is_said_again(found, flow, releases))
    is_compared = (
        pl.col("is_again") | (pl.col("first") != pl.col("last")) | (pl.sum_horizontal(pl.col(KINDS).is_not_null()) > 1)
    )
    error = pl.when(is_compared & (pl.col("last") > 0)).then((pl.col("first") / pl.col("last") - 1) * 100)
    found = found.with_columns(error_pct=error)
    told = found if where else found.drop_nulls("error_pct")
    told = told.join(other_side(snapshot, flow, told.select(PLACE)), on=PLACE, how="left")
    return told.sort("period", "product", "partner", "measure").select(
        pl.col(name).cast(kind) for name, kind in polars_schema(TABLE).items()
    )


def scorecard(snapshot: Snapshot, flow: str, product: str, partner: str, measure: str) -> pl.DataFrame:
    """Return the first prints of one series, all months of it."""
    entries = (path_partition(entry.partition) for entry in snapshot.entries("observation", flow))
    months = {partition_month(partition) for partition in entries}
    return first_prints(snapshot, flow, months, product=product, partner=partner, measure=measure)


def within(found: pl.DataFrame) -> tuple[int, int] | None:
    """Return in how many of the last months that can be compared the first print was within WITHIN_PCT, and how many these are; None
    where they are fewer than LEAST.
    """
    errors = found.drop_nulls("error_pct").tail(MONTHS)["error_pct"]
    return (int((errors.abs() <= WITHIN_PCT).sum()), errors.len()) if errors.len() >= LEAST else None


def _is_said_again(found: pl.DataFrame, flow: str, releases: pl.DataFrame) -> pl.Series:
    """Whether a release of a later day than that of the first print covers the same figure: it repeats what it does not change."""
    asked = found.select(*PLACE, "first_known", flow=pl.lit(flow), month=month_index("period").cast(pl.Int32))
    again = [pl.DataFrame(schema={name: found.schema[name] for name in PLACE})]
    for day in asked["first_known"].unique():
        later = releases.filter(pl.col("released_on") > day)
        keys = asked.filter(first_known=day)
        told = covering(keys.select("flow", "product", "partner", "measure", "month"), later)
        again.append(keys.join(told, on=["product", "partner", "measure", "month"], how="semi").select(PLACE))
    marked = found.join(pl.concat(again).with_columns(is_again=True), on=PLACE, how="left", maintain_order="left")
    return marked["is_again"].fill_null(False)


def _sums_of_codes(snapshot: Snapshot, flow: str, lines: pl.DataFrame, releases: pl.DataFrame) -> pl.DataFrame:
    """The sums of the national codes of these lines, in months of which queries of all partners asked for each code."""
    found: list[dict[str, Any]] = []
    for period in lines["period"].unique().sort():
        number = period.year * 12 + period.month - 1
        asked = asked_in(releases, flow, number)
        here = code_table("line_codes").filter(valid_in(pl.lit(month_name(number))), flow=flow)
        here = here.filter(pl.col("product").is_in(lines.filter(period=period)["product"].implode()))
        parts_of = {product: codes_of_line(codes) for product, codes in here.select("product", "codes").iter_rows()}
        parts_of = {line: parts for line, parts in parts_of.items() if all(is_asked(part, asked) for part in parts)}
        if not parts_of:
            continue
        is_code = (pl.col("partner") == WORLD) & (pl.col("classification") == CHINAS)
        partition = (flow, period.year, period.month)
        rows = read_table(snapshot, "metric", partition.__eq__, is_code, ("product", "measure", "level"))
        rows = rows.with_columns(pl.col("product", "measure").cast(pl.String))
        for line, parts in parts_of.items():
            mine = rows.filter(pl.any_horizontal(pl.col("product").str.starts_with(part) for part in parts))
            codes = mine["product"].n_unique()
            # Goods that are counted in pieces have no part in a sum of masses.
            whole = mine.group_by("measure").agg(pl.col("level").sum(), known=pl.col("level").count())
            whole = whole.filter(pl.col("known") == codes)
            found += [
                {"product": line, "partner": WORLD, "measure": measure, "period": period, "summed": level}
                for measure, level in whole.select("measure", "level").iter_rows()
            ]
    kinds = {**dict.fromkeys(PLACE, pl.String), "period": pl.Date, "summed": pl.Float64}
    return pl.DataFrame(found, schema=kinds)
