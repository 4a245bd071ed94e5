"""Compares the first print of a figure with what later releases say of it: preliminary page, bulletin, query, and the
other side.

The error of a first print is that which its reader would have made. Figures are single months; of a line of customs'
release pages the query's figure is the sum of the codes that customs' catalogue gives the line, where each of them is
known.
"""

import functools
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from schemas.layouts import FLOWS
from schemas.names import KINDS
from schemas.reference.code_tables import code_table, valid_in
from schemas.store_address import S3Url
from schemas.table import polars_schema
from tasks.analysis.ground.derived_table import TablePublication, Upstream, contents, publish_table, releases_of
from tasks.analysis.mirror.statements import other_side
from tasks.domain.coverage import WORLD, covering
from tasks.domain.decisions import counting
from tasks.domain.growth import growth_pct
from tasks.domain.line_codes import asked_in, codes_of_line, is_asked
from tasks.domain.nomenclature import CHINAS
from tasks.domain.periods import Month, month_index, month_name, month_number
from tasks.ledger.merge import stood_for_a_day
from tasks.reading.query import open_published
from tasks.store.bucket.working_copy import again_if_outpaced, at_hand
from tasks.store.files.snapshot import SNAPSHOTS, Snapshot, open_snapshot
from tasks.store.places.reporters import stores_of, table_of
from tasks.store.snapshots.parquet import Partition, partition_month, path_partition, read_table

TABLE = "first_print"
PLACE = ("product", "partner", "measure", "period")
WITHIN_PCT, MONTHS, LEAST = 3.0, 24, 3


def first_prints(snapshot: Snapshot, flow: str, months: Collection[int], **where: str) -> pl.DataFrame:
    """Return rows of the table `first_print` for the months (month numbers) of a direction: of all series that a source
    prints, or of those with the product, the partner and the measure of `where`. error_pct is null where nothing can be
    compared.
    """
    wanted = [pl.col(name) == value for name, value in where.items()]
    is_month = pl.col("period_start").dt.month_start() == pl.col("period_end").dt.month_start()
    is_level = ~pl.col("measure").cast(pl.String).str.ends_with("_yoy")

    def is_near(partition: Partition) -> bool:
        return partition[0] == flow and partition_month(partition) in months

    columns = (*PLACE[:3], "period_start", "kind", "value", "release_id", "known_from", "known_until")
    rows = read_table(snapshot, "observation", is_near, pl.all_horizontal(is_month, is_level, *wanted), columns)
    rows = rows.select(
        pl.col("product", "partner", "measure").cast(pl.String),
        "kind",
        "release_id",
        "known_from",
        "known_until",
        period="period_start",
        value=pl.col("value").cast(pl.Float64),
        trust=-pl.col("kind").cast(pl.Enum(KINDS)).to_physical().cast(pl.Int8),
    )
    # Of a day the print that is least trusted is the one that was there first.
    first = rows.filter(stood_for_a_day()).sort("known_from", "trust").group_by(PLACE).first()
    prints = first.select(
        *PLACE, first_kind="kind", first_known="known_from", first_release_id="release_id", first="value"
    )
    current = rows.filter(pl.col("known_until").is_null()).sort("known_from")
    for kind in KINDS:
        last = current.filter(kind=kind).group_by(PLACE).agg(pl.col("value").last().alias(kind))
        prints = prints.join(last, on=PLACE, how="left")
    releases = counting(read_table(snapshot, "release"), read_table(snapshot, "decision"))
    lines = prints.filter(pl.col("product").str.starts_with("line:"), partner=WORLD)
    prints = prints.join(_sums_of_codes(snapshot, flow, lines, releases), on=PLACE, how="left")
    prints = prints.with_columns(query=pl.coalesce("query", "summed")).with_columns(last=pl.coalesce(KINDS))
    prints = prints.with_columns(flow=pl.lit(flow), is_again=_is_said_again(prints, flow, releases))
    is_of_several = pl.sum_horizontal(pl.col(KINDS).is_not_null()) > 1
    is_compared = pl.col("is_again") | (pl.col("first") != pl.col("last")) | is_of_several
    error = pl.when(is_compared & (pl.col("last") > 0)).then(growth_pct(pl.col("first"), pl.col("last")))
    prints = prints.with_columns(error_pct=error)
    shown = prints if where else prints.drop_nulls("error_pct")
    shown = shown.join(other_side(snapshot, flow, shown.select(PLACE)), on=PLACE, how="left")
    return shown.sort("period", "product", "partner", "measure").select(
        pl.col(name).cast(kind) for name, kind in polars_schema(TABLE).items()
    )


def scorecard(snapshot: Snapshot, flow: str, product: str, partner: str, measure: str) -> pl.DataFrame:
    """Return the first prints of one series, all months of it."""
    entries = (path_partition(entry.partition) for entry in snapshot.entries("observation", flow))
    months = {partition_month(partition) for partition in entries}
    return first_prints(snapshot, flow, months, product=product, partner=partner, measure=measure)


@again_if_outpaced
def publish_first_prints(root: Path | S3Url, reporter: str) -> TablePublication | None:
    """Publish the table `first_print` of a reporter, or bring it up to date; None where no month has several releases,
    which could be held against each other. Raises NothingPublished where the reporter's store is empty.
    """
    stores = {code: at_hand(store) for code, store in stores_of(root).items()}
    folder = at_hand(table_of(root, TABLE, reporter))
    now = open_published(stores[reporter])
    if not (folder / SNAPSHOTS).is_dir() and not any(_months_of_several(releases_of(now, flow)) for flow in FLOWS):
        return None

    def rows_of(months: range, parent: Snapshot | None) -> pl.DataFrame:
        snapshot = open_published(stores[reporter])
        return pl.concat(first_prints(snapshot, flow, months) for flow in FLOWS)

    return publish_table(TABLE, folder, functools.partial(upstream, stores, reporter), rows_of)


def upstream(stores: Mapping[str, Path], reporter: str) -> Upstream:
    """Return what the table of a reporter rests on: its own store, and those of the others. Raises NothingPublished."""
    contents_of = {flow: contents(stores[reporter], flow) for flow in FLOWS}
    snapshot = contents_of[FLOWS[0]].snapshot
    several = {flow: _months_of_several(releases_of(snapshot, flow)) for flow in FLOWS}
    snapshots, months = {reporter: snapshot}, dict[int, list[Any]]()
    others = dict[str, dict[int, list[str]]]()
    for code in stores if any(several.values()) else ():
        for flow in FLOWS if code != reporter and open_snapshot(stores[code]) else ():
            other = contents(stores[code], flow)
            snapshots[code], others[f"{code} {flow}"] = other.snapshot, other.months
    for flow, own_months in several.items():
        for month in own_months:
            of_others = {name: other[month] for name, other in others.items() if month in other}
            months.setdefault(month, []).append([flow, contents_of[flow].months.get(month, []), of_others])
    return Upstream(snapshots, months)


def within(prints: pl.DataFrame) -> tuple[int, int] | None:
    """Return in how many of the last months that can be compared the first print was within WITHIN_PCT, and how many
    these are; None where they are fewer than LEAST.
    """
    errors = prints.drop_nulls("error_pct").tail(MONTHS)["error_pct"]
    return (int((errors.abs() <= WITHIN_PCT).sum()), errors.len()) if errors.len() >= LEAST else None


def _is_said_again(prints: pl.DataFrame, flow: str, releases: pl.DataFrame) -> pl.Series:
    """Whether a release of a later day than that of the first print covers the same figure: it repeats what it does not
    change."""
    keys_in_months = prints.select(*PLACE, "first_known", flow=pl.lit(flow), month=month_index("period").cast(pl.Int32))
    again = [pl.DataFrame(schema={name: prints.schema[name] for name in PLACE})]
    for day in keys_in_months["first_known"].unique():
        later = releases.filter(pl.col("released_on") > day)
        keys = keys_in_months.filter(first_known=day)
        repeated = covering(keys.select("flow", "product", "partner", "measure", "month"), later)
        again.append(keys.join(repeated, on=["product", "partner", "measure", "month"], how="semi").select(PLACE))
    marked = prints.join(pl.concat(again).with_columns(is_again=True), on=PLACE, how="left", maintain_order="left")
    return marked["is_again"].fill_null(False)


def _sums_of_codes(snapshot: Snapshot, flow: str, lines: pl.DataFrame, releases: pl.DataFrame) -> pl.DataFrame:
    """The sums of the national codes of these lines, in months of which queries of all partners asked for each code."""
    sums: list[dict[str, Any]] = []
    for period in lines["period"].unique().sort():
        number = Month.of(period.year, period.month)
        queried = asked_in(releases, flow, number)
        here = code_table("line_codes").filter(valid_in(pl.lit(month_name(number))), flow=flow)
        here = here.filter(pl.col("product").is_in(lines.filter(period=period)["product"].implode()))
        parts_of = {product: codes_of_line(codes) for product, codes in here.select("product", "codes").iter_rows()}
        parts_of = {line: parts for line, parts in parts_of.items() if all(is_asked(part, queried) for part in parts)}
        if not parts_of:
            continue
        is_code = (pl.col("partner") == WORLD) & (pl.col("classification") == CHINAS)
        partition = (flow, period.year, period.month)
        rows = read_table(snapshot, "metric", partition.__eq__, is_code, ("product", "measure", "level"))
        rows = rows.with_columns(pl.col("product", "measure").cast(pl.String))
        for line, parts in parts_of.items():
            rows_of_line = rows.filter(pl.any_horizontal(pl.col("product").str.starts_with(part) for part in parts))
            codes = rows_of_line["product"].n_unique()
            # Goods that are counted in pieces have no part in a sum of masses.
            whole = rows_of_line.group_by("measure").agg(pl.col("level").sum(), known=pl.col("level").count())
            whole = whole.filter(pl.col("known") == codes)
            sums += [
                {"product": line, "partner": WORLD, "measure": measure, "period": period, "summed": level}
                for measure, level in whole.select("measure", "level").iter_rows()
            ]
    kinds = {**dict.fromkeys(PLACE, pl.String), "period": pl.Date, "summed": pl.Float64}
    return pl.DataFrame(sums, schema=kinds)


def _months_of_several(releases: pl.DataFrame) -> set[int]:
    """The months (month numbers) that more than one of these releases covers."""
    spans = releases.select("first_month", "last_month").iter_rows()
    counts = Counter(month for first, last in spans for month in range(month_number(first), month_number(last) + 1))
    return {month for month, count in counts.items() if count > 1}
