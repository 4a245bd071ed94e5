"""Reads what one reporter says of its trade with a partner, by product and month: figures, why one is missing, on which
releases they rest and how they value goods.

A status is null where there is a figure; a month that a release covers without a row is the figure zero.
"""

from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import NamedTuple

import polars as pl

from schemas.names import VALUES
from schemas.reference.code_tables import code_table
from tasks.domain.classification import part_of
from tasks.domain.coverage import asked_products, covering, family_of, priority
from tasks.domain.decisions import counting
from tasks.domain.growth import growth_pct
from tasks.domain.periods import Month, first_day, month_index, month_number
from tasks.domain.reporter import Reporter
from tasks.ledger.merge import was_last_on
from tasks.reading.query import is_one_of, open_published, query
from tasks.reading.series import levels_or_parts
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import Partition, partition_month, path_partition, read_table

KG, CIF = "quantity_kg", "value_usd_cif"
# Goods that pass through are counted to these by the exporter, and by origin where they arrive.
HUBS = ("HKG", "NLD", "SGP")
HS6 = 6
ONWARD = {"hub": pl.String, "product": pl.String, "period": pl.Date, "kg": pl.Float64}
# Findings that say why a number of a release is missing.
HIDDEN_BY = {"weight_estimated": ("weight_estimated",), "suppressed": ("suppressed", "flagged", "without_detail")}
# Statuses of `metric` that say more than that nothing is known.
REASON_OF_STATUS = {
    "other_unit": "units_differ",
    "combined_months": "combined_months",
    "definition_break": "definition_break",
}


class Side(NamedTuple):
    """One reporter's statements about its trade with `partner`, as known on `day` (None: now), in a span of months.

    `levels` has product, partner, period, measure, level and level_status, also of HUBS; `rows` the numbers behind
    them: product, period, measure, value, source, release_id; both of HS codes. `releases` are those that count.
    `onward` is what hubs with a store of their own say that they exported to the partner: hub, product, period, kg.
    `parts` are the national codes whose sum stands for the one HS code that is read; empty: its total does.
    """

    snapshot: Snapshot
    flow: str
    partner: str
    reporter: Reporter
    levels: pl.DataFrame
    rows: pl.DataFrame
    releases: pl.DataFrame
    day: date | None
    onward: pl.DataFrame
    parts: tuple[str, ...] = ()

    def moneys(self, products: pl.Series) -> pl.DataFrame:
        """The measures of values in which releases of this direction speak of each product, in the order of VALUES:
        `product`, `moneys`. What is asked for decides, and no figure: who sells nothing has a currency too."""
        releases = self.releases.filter(pl.col("flow").is_null() | (pl.col("flow") == self.flow))
        spoken = releases.select("release_id", money="measures").explode("money").filter(pl.col("money").is_in(VALUES))
        products_asked = asked_products(releases, pl.Series(self.parts) if self.parts else products, roll_up=True)
        stands_for = pl.col("product").replace(dict.fromkeys(self.parts, products.first()))
        spoken_of = products_asked.with_columns(stands_for).join(spoken, on="release_id")
        order = pl.col("money").replace_strict(VALUES, range(len(VALUES)), return_dtype=pl.Int32)
        unique = spoken_of.select("product", "money").unique().sort("product", order)
        return unique.group_by("product", maintain_order=True).agg(moneys="money")


def months_of(store: Path, flow: str) -> list[int]:
    """The months (month numbers) of which a store has figures of a direction, in order."""
    entries = open_published(store).entries("metric", flow)
    return sorted({partition_month(path_partition(entry.partition)) for entry in entries})


def read_side(
    store: Path, flow: str, partner: str, months: range, product: str | None = None, day: date | None = None
) -> Side:
    """Read one side of a pair, of one HS code or of all of six digits; a side that had said nothing by `day` is without
    figures. Raises NothingPublished.
    """
    snapshot = open_published(store)
    measures = pl.col("measure").cast(pl.String)
    is_measured = measures.is_in(VALUES) | measures.str.starts_with("quantity_")
    wanted = pl.col("partner").is_in([partner, *HUBS]) & is_measured
    of_code = pl.col("classification") == "HS6" if product is None else pl.col("product") == product

    def is_near(partition: Partition) -> bool:
        return partition[0] == flow and partition_month(partition) in months

    is_current = pl.col("known_until").is_null() if day is None else was_last_on(day)
    behind = is_one_of("partner", [partner]) & pl.col("measure").is_in([KG, CIF, *VALUES]) & is_current
    rows = read_table(snapshot, "observation", is_near, behind & part_of(product) if product else behind)
    every = read_table(snapshot, "release")
    releases: pl.DataFrame = counting(every, read_table(snapshot, "decision"), day or date.max)
    if day is not None:
        # What came later says nothing of what was silent then.
        is_named = pl.col("release_id").is_in(rows["release_id"].implode())
        releases = releases.filter((pl.col("released_on") <= day) | is_named)
    columns = ("product", "classification", "partner", "period", "measure", "level", "level_status")
    if day is None or not releases.height:
        levels = read_table(snapshot if day is None else None, "metric", is_near, wanted & of_code, columns)
    else:
        pairs = [Month(month).pair for month in months]
        levels = query(store, "metric", flow=flow, product=product, month=pairs, as_of=day).filter(wanted & of_code)
    digits = HS6 if product is None else len(product)
    rows = rows.filter(pl.col("product").str.contains(rf"^\d{{{digits},}}$")).with_columns(
        pl.col("product").str.slice(0, digits), period=pl.col("period_end").dt.month_start(), priority=priority()
    )
    place = ("product", "period")
    best = rows.filter(pl.col("priority") == pl.col("priority").min().over(*place))
    return Side(
        snapshot,
        flow,
        partner,
        Reporter.of(every),
        levels.select(pl.col("product", "partner", "measure", "level_status").cast(pl.String), "period", "level"),
        best.select(*place, "measure", "value", "source", "release_id"),
        releases,
        day,
        pl.DataFrame(schema=ONWARD),
    )


def by_parts(side: Side, product: str, months: range) -> Side:
    """Return a side without any figure of an HS code and its partner by the national codes below it that its store has;
    any other side as it is."""
    if side.levels.filter(partner=side.partner)["level"].count() or not side.releases.height:
        return side
    series = (side.snapshot.store, side.flow, [product], [side.partner], months)
    read = [(measure, *levels_or_parts(*series, measure, side.day)) for measure in (KG, CIF, *VALUES)]
    sums = [
        rows.drop_nulls("level")
        .with_columns(measure=pl.lit(measure), level_status="status")
        .select(side.levels.columns)
        for measure, rows, parts in read
        if parts
    ]
    codes = sorted({code for _, _, parts in read for code in parts.get(product, ())})
    return side._replace(levels=pl.concat([side.levels, *sums]), parts=tuple(codes))


def passed_on(side: Side, hub: str, onward: Side, months: Collection[int]) -> pl.DataFrame:
    """What a hub says in its own books that it exported to the partner of a side: hub, product, period, kg, of the
    goods that the side counts to it.

    Goods pass through in a month or across the end of one, so it is the largest of the month and of those beside it. No
    row is where the hub's own month is not known.
    """
    products = side.levels.filter(pl.col("level") > 0, partner=hub, measure=KG)["product"]
    # Its values are in its own money and are not compared; whichever is asked for, the kilograms are the same.
    statements_of_hub = statements(onward, every_month(months, products), CIF).sort("product", "period")
    beside = [pl.col("kg").shift(by).over("product") for by in (-1, 0, 1)]
    largest = pl.when(pl.col("kg").is_not_null()).then(pl.max_horizontal(beside))
    return statements_of_hub.select(pl.lit(hub).alias("hub"), "product", "period", kg=largest).drop_nulls()


def statements(side: Side, keys: pl.DataFrame, money: str) -> pl.DataFrame:
    """What a side says of `keys` (product, period): `kg`, `stated` (value in `money`, the name of a measure),
    `kg_status`, `value_status`, `valuation`, `release_ids`, and `observed_margin_pct` where the source prints imports
    with and without freight.
    """
    stated_rows = keys
    for measure, value, status in ((KG, "kg", "kg_status"), (money, "stated", "value_status")):
        rows = side.levels.filter(partner=side.partner, measure=measure)
        rows = rows.select("product", "period", "level", "level_status")
        stated_rows = stated_rows.join(rows, on=["product", "period"], how="left")
        silent = _silent(side, stated_rows.filter(pl.col("level").is_null()), measure)
        stated_rows = (
            stated_rows.join(silent, on=["product", "period"], how="left")
            .with_columns(
                pl.coalesce("level", pl.when(pl.col("why") == "zero").then(0.0)).alias(value),
                pl.when(pl.col("level").is_null() & (pl.col("why") != "zero")).then("why").alias(status),
            )
            .drop("level", "level_status", "why")
        )
    terms = code_table("statement_terms").filter(flow=side.flow, measure=money).select("source", "valuation")
    place = ["product", "period"]
    behind = side.rows.filter(pl.col("measure").is_in([KG, money])).join(terms, on="source", how="left")
    valued = behind.group_by(place).agg(
        release_ids=pl.col("release_id").unique().sort(),
        valuation=pl.when(pl.col("valuation").n_unique() == 1).then(pl.col("valuation").first()),
    )
    both = [pl.col("value").filter(pl.col("measure") == measure).sum() for measure in (CIF, money)]
    freight = (
        side.rows.filter((pl.col("measure") == CIF).any().over(place))
        .group_by(place)
        .agg(observed_margin_pct=pl.when(both[1] > 0).then(growth_pct(both[0], both[1])))
    )
    usual = terms.filter(pl.col("source").is_in(side.releases["source"].implode()))["valuation"].unique()
    stated_rows = stated_rows.join(valued, on=place, how="left").join(freight, on=place, how="left")
    valuation = pl.lit(usual[0] if usual.len() == 1 else None, pl.String)
    return stated_rows.with_columns(pl.col("release_ids").fill_null([]), pl.col("valuation").fill_null(valuation))


def hubs(side: Side, measure: str, name: str) -> pl.DataFrame:
    """What the side counts to HUBS by product and period, as far as it is known; no row where nothing is. Kilograms
    count no further than the hub's own books, where it has a store, show that it passed them on."""
    others = pl.col("partner").is_in([hub for hub in HUBS if hub != side.partner])
    known = side.levels.drop_nulls("level").filter(others, measure=measure)
    if measure == KG:
        onward = side.onward.rename({"hub": "partner"})
        known = known.join(onward, on=["partner", "product", "period"], how="left")
        known = known.with_columns(level=pl.min_horizontal("level", "kg"))
    return known.group_by("product", "period").agg(pl.col("level").sum().alias(name))


def _silent(side: Side, keys: pl.DataFrame, measure: str) -> pl.DataFrame:
    """Why these (product, period, level_status) have no level: `why` is zero, not_covered, or what says more."""
    keys_in_months = keys.select(
        "product",
        "period",
        month=month_index("period").cast(pl.Int32),
        flow=pl.lit(side.flow),
        partner=pl.lit(side.partner),
        measure=pl.lit(measure),
    )

    def covered(releases: pl.DataFrame, name: str) -> pl.DataFrame:
        pairs = covering(keys_in_months.drop("period"), releases).select("product", "month").unique()
        return pairs.with_columns(pl.lit(name).alias(name))

    findings = read_table(side.snapshot, "finding", columns=("release_id", "check"))
    explained = keys_in_months.join(covered(side.releases, "zero"), on=["product", "month"], how="left")
    for status, checks in HIDDEN_BY.items():
        doubted = findings.filter(pl.col("check").is_in(checks))["release_id"].implode()
        some = side.releases.filter(pl.col("release_id").is_in(doubted))
        some = some.with_columns(measures=pl.lit([family_of(measure)]))
        # They have lost what they would cover if no number had been set aside.
        whole = covered(some.with_columns(lost=pl.lit([], pl.List(pl.String))), status)
        hidden = whole.join(covered(some, status), on=["product", "month"], how="anti")
        explained = explained.join(hidden, on=["product", "month"], how="left")
    weighed = side.levels.filter(
        pl.col("measure").str.starts_with("quantity_") & (pl.col("measure") != KG) & (pl.col("level") > 0),
        partner=side.partner,
    )
    others = weighed.select("product", "period", units=pl.lit("units_differ")).unique()
    lines = pl.DataFrame({"month": _months_of_lines(side)}, schema={"month": pl.Int32})
    lines = lines.with_columns(lines=pl.lit("nomenclature"))
    explained = explained.join(others, on=["product", "period"], how="left").join(lines, on="month", how="left")
    by_status = pl.col("level_status").replace_strict(REASON_OF_STATUS, default=None, return_dtype=pl.String)
    explained = explained.join(keys.select("product", "period", reason=by_status), on=["product", "period"], how="left")
    # A release that counts the goods in items has no row in kilograms, and yet there is trade.
    first, last = (["reason", "units"], ["weight_estimated"]) if measure == KG else (["reason"], [])
    why = pl.coalesce(*first, "zero", *last, "suppressed", "lines", pl.lit("not_covered"))
    return explained.select("product", "period", why=why)


def _months_of_lines(side: Side) -> list[int]:
    """The months of which the side has lines of a release page, and no code."""
    with_code, with_lines = set[int](), set[int]()
    spans = side.releases.filter(pl.col("flow").is_null() | (pl.col("flow") == side.flow))
    for first, last, level in spans.select("first_month", "last_month", "classification").iter_rows():
        (with_lines if level == "line" else with_code).update(range(month_number(first), month_number(last) + 1))
    return sorted(with_lines - with_code)


def every_month(months: Collection[int], products: pl.Series) -> pl.DataFrame:
    """Every product with every month (month numbers): product, period."""
    periods = pl.DataFrame({"period": [first_day(month) for month in months]}, schema={"period": pl.Date})
    return products.unique().sort().to_frame("product").join(periods, how="cross")
