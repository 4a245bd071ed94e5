"""Gathers what the checks compare: a release and the months published around it, each part once, on first use; and the
bounds.

The bounds are rows of `schemas/reference/check_thresholds.csv`, each with its reason and how it was measured. Amounts
of money there are in US dollars; a check compares other money at a rough rate, such as seven yuan for a dollar.
"""

import functools
from collections.abc import Collection, Sequence
from typing import Any

import polars as pl

from schemas.code_files import money
from schemas.frames import Release
from tasks.checks.frame.measures_begun import EVIDENCE, EXPORT, falls_explained, measures_begun
from tasks.checks.frame.published_months import (
    CODED,
    FEW_PRODUCTS,
    MONEY,
    QUARTER,
    RATED,
    YEAR_MONTHS,
    FlowMonth,
    PublishedMonths,
    Sums,
    with_codes,
)
from tasks.domain.coverage import WORLD
from tasks.domain.nomenclature import LINE
from tasks.domain.periods import month_index, month_number
from tasks.ingest.normalise import Normalised
from tasks.ledger.published_state import PublishedState
from tasks.store.places.verify_on_read import prove
from tasks.store.snapshots.parquet import partition_month

# Kinds of release that are pages of customs' site.
PAGES = ("preliminary", "bulletin")
# A text names this many things and counts the others.
EXAMPLES = 3
# Revisions are smaller; a larger change is an error.
REVISED_SHARE_MAX = 0.01
QUANTITY = pl.col("measure").cat.starts_with("quantity")
GROWTH = pl.col("measure").cat.ends_with("_yoy")
# Cumulated from January; January itself is cumulative too.
SO_FAR = (pl.col("period_start").dt.month() == 1) & (pl.col("period_start").dt.year() == pl.col("period_end").dt.year())
# How much of other money a dollar is, roughly. Used for bounds alone: no figure is converted with it.
A_DOLLAR = {measure: int(row["per_usd"]) for measure, row in money().items()}
PUBLISHED_COLUMNS = (
    *CODED,
    "source",
    "kind",
    "classification",
    "period_start",
    "period_end",
    "value",
    "resolution",
    "release_id",
    "known_from",
)


class CheckContext:
    """A release and the published months around it.

    `row` is the release itself; `statements` are its own, with `month` and whether they are of a `single` month.
    `published` reads the published months from two years before it to one after; `months` lists those that exist (flow
    and month), and `met` those that the release covers itself. `published_rows` are the published rows of `met`, `sums`
    the sums of the others.
    """

    def __init__(self, release: Normalised, known: PublishedState) -> None:
        self.release, self.known = release, known
        self.row: dict[str, Any] = release.release.row(0, named=True)
        self.first, self.last = (month_number(self.row[name]) for name in ("first_month", "last_month"))
        ends = pl.col("period_end")
        self.statements = with_codes(
            release.detail.select(
                *CODED,
                "period_start",
                "period_end",
                "value",
                "resolution",
                "record",
                "known_from",
                month=month_index(ends),
                single=pl.col("period_start") == ends.dt.month_start(),
            )
        )
        self.touched: set[FlowMonth] = {(partition[0], partition_month(partition)) for partition in known.touched}
        flows = {flow for flow, _ in self.touched}
        self.published = PublishedMonths(known.snapshot, flows, self.first, self.last, self.row["release_id"])
        self.months = set(self.published.files)
        # The ledger of the months that the release covers is computed again, so the release can repair them.
        others = self.months - self.touched
        prove(known.snapshot, "observation", lambda part: (part[0], partition_month(part)) in others)
        self.met = self.months & self.touched

    @functools.cached_property
    def counting(self) -> Release:
        """The earlier releases that count: neither withdrawn nor replaced."""
        return self.known.counting

    @functools.cached_property
    def products(self) -> list[str]:
        """The product codes of the rows of the release."""
        return self.statements["product"].unique().cast(pl.String).to_list()

    @functools.cached_property
    def money(self) -> list[str]:
        """The measures of money of which the release has an amount of a single month."""
        met = self.statements.filter("single", pl.col("value") > 0)["measure"].unique().cast(pl.String)
        return [name for name in RATED[1:] if name in met]

    @functools.cached_property
    def is_asked(self) -> pl.Expr:
        """Whether the release was for the partner of a row."""
        listed = self.statements["partner"].unique().implode()
        return pl.lit(self.row["partners"] == "all") | pl.col("partner").is_in(listed)

    @functools.cached_property
    def published_rows(self) -> pl.DataFrame:
        """The published rows of the months that the release covers itself."""
        return self.published.rows(self.met, PUBLISHED_COLUMNS)

    @functools.cached_property
    def sums(self) -> Sums:
        """The published sums of the other months. Sums by partner are of the products of the release and of the
        twelve months before each of its own, of a few products of a quarter more, and only where every partner was
        requested.
        """
        now = self.statements["month"].unique().to_list()
        back_to = YEAR_MONTHS if self.is_broad else YEAR_MONTHS + QUARTER
        years = {month - back for month in now for back in range(1, back_to + 1)}
        others = self.months - self.met
        asks_all = self.row["partners"] == "all"
        of_partners: set[FlowMonth] = {(flow, month) for flow, month in others if asks_all and month in years}
        return self.published.sums(sorted(others), of_partners, self.products)

    @property
    def is_broad(self) -> bool:
        """Whether the release has so many products that it is compared with sums of whole products alone."""
        return len(self.products) > FEW_PRODUCTS

    @property
    def is_page(self) -> bool:
        """Whether the release is a page of goods, each line of which is a figure by itself and part of no sum."""
        return self.row["classification"] == LINE and self.row["kind"] in PAGES and self.row["partner_list"] == [WORLD]

    @functools.cached_property
    def values(self) -> pl.DataFrame:
        """Published values of single months without printed figures: CODED, month, value. For a broad release: whole
        products of the months that it does not cover, where every partner was requested.
        """
        if self.is_broad:
            rows = _whole_products(self.sums.by_product.filter(pl.lit(self.row["partners"] == "all")))
            return rows.select(*CODED, "month", "value")
        return values_of(self.published, self.months, self.products)

    @functools.cached_property
    def trades(self) -> pl.DataFrame:
        """Single months of the release and published ones: flow, product, partner, month, the sums of RATED (0 if
        there is none) and whether any of them is `new`. For a broad release, published rows are of its own months
        alone.
        """
        columns = [*CODED, "month", "value"]
        of_release = self.statements.filter("single", pl.col("measure").is_in(RATED)).select(columns)
        published = (
            self.published_rows.filter("single", pl.col("kind") != "published") if self.is_broad else self.values
        )
        theirs = published.select(columns).join(of_release, on=[*CODED, "month"], how="anti")
        rows = pl.concat([of_release.with_columns(new=pl.lit(True)), theirs.with_columns(new=pl.lit(False))])
        met = rows["measure"].unique().cast(pl.String)
        each = {name: pl.when(pl.col("measure") == name).then("value").otherwise(0) for name in RATED if name in met}
        place = ["flow", "product", "month", "partner"]
        sums = rows.select(*place, "new", **each).group_by(place).agg(pl.col("new").any(), pl.col([*each]).sum())
        none = {name: pl.lit(0, pl.Int64) for name in RATED if name not in each}
        return sums.with_columns(**none).select(*place, "new", *RATED)

    @functools.cached_property
    def numbers(self) -> pl.DataFrame:
        """Single months of the release: CODED, month, value. For a broad release: whole products."""
        single = self.statements.filter("single", pl.col("measure").is_in(RATED))
        partner = pl.lit(WORLD).cast(pl.Categorical).alias("partner") if self.is_broad else pl.col("partner")
        return single.with_columns(partner).group_by(*CODED, "month").agg(pl.col("value").sum())

    @functools.cached_property
    def proven(self) -> pl.DataFrame:
        """The sums of the release that equal a world total printed in it or published: flow, product, month, measure.
        No row of them is missing."""
        key = ["flow", "product", "measure", "month"]
        printed = self.release.proven.select(*key[:3], month=month_index("period_end"))
        world = (
            self.published_rows.filter("single", ~GROWTH, partner=WORLD)
            .group_by(key)
            .agg(total=pl.col("value").last(), step=pl.col("resolution").max())
        )
        sums = self.statements.filter("single", pl.col("partner") != WORLD).group_by(key).agg(pl.col("value").sum())
        met = sums.join(world, on=key).filter((pl.col("value") - pl.col("total")).abs() <= pl.col("step"))
        return pl.concat([with_codes(printed), met.select(key)], how="vertical_relaxed").unique()

    @functools.cached_property
    def measures_begun(self) -> pl.DataFrame:
        """The export controls that began in the year before a month of the release: the columns of EVIDENCE."""
        exports = self.statements.filter("single", flow=EXPORT)
        months, products = exports["month"].unique(), exports["product"].unique().cast(pl.String)
        return measures_begun(self.row["reporter"], months.sort().to_list(), products.sort().to_list())

    @functools.cached_property
    def falls_explained(self) -> pl.DataFrame:
        """For which goods and months, and for which partners of them, a control explains a fall: the columns of
        EVIDENCE, `value_fell` and `mass_fell`; none for a broad release."""
        begun = pl.DataFrame(schema=EVIDENCE) if self.is_broad else self.measures_begun
        if begun.is_empty():
            return begun.with_columns(value_fell=pl.lit(True), mass_fell=pl.lit(True))
        return falls_explained(begun, self.statements, self.values)

    @functools.cached_property
    def by_partner(self) -> pl.DataFrame:
        """Values of the release by flow, partner, measure and month."""
        return values_by_partner(self.statements)


def values_of(published: PublishedMonths, months: Collection[FlowMonth], products: Sequence[str]) -> pl.DataFrame:
    """Published values of months and products without printed figures: CODED, month, value; of many whole products."""
    if len(products) > FEW_PRODUCTS:
        rows = _whole_products(published.sums(sorted(months), (), products).by_product)
    else:
        is_asked = pl.col("product").is_in(products), pl.col("measure").is_in(RATED)
        rows = published.rows(months, (*CODED, "value"), *is_asked, pl.col("kind") != "published").filter("single")
    return rows.select(*CODED, "month", "value")


def _whole_products(sums: pl.DataFrame) -> pl.DataFrame:
    long = sums.unpivot(RATED, index=["flow", "product", "month"], variable_name="measure")
    return with_codes(long.filter(pl.col("value") > 0).with_columns(partner=pl.lit(WORLD)))


def values_by_partner(frame: pl.DataFrame) -> pl.DataFrame:
    """Sum values of single months by flow, partner, measure and month, without the world."""
    money = frame.filter("single", MONEY, pl.col("partner") != WORLD)
    return money.group_by("flow", "partner", "measure", "month").agg(pl.col("value").sum())


@functools.cache
def in_dollars(amount: str = "value", measure: str = "measure") -> pl.Expr:
    """Convert a column of money to dollars, approximately: yuan are divided by seven, euros and pounds are left."""
    return pl.col(amount) / pl.col(measure).cast(pl.String).replace_strict(A_DOLLAR, default=1, return_dtype=pl.Int64)


def dollars_of(money: str) -> int:
    """Return the divisor that converts an amount in this measure to dollars, approximately."""
    return A_DOLLAR.get(money, 1)
