"""A release beside what was published before it: what the checks look at, each part made once and when first asked for."""

from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from typing import Any

import polars as pl

from schemas.tables.observation import Observation
from tasks.checks.published_months import CODED, FEW_PRODUCTS, RATED, Month, PublishedMonths, Sums, with_codes
from tasks.domain.coverage import WORLD
from tasks.domain.findings import Rows
from tasks.domain.periods import month_index, month_number
from tasks.ingest.normalise import Normalised
from tasks.ledger.published_state import Known
from tasks.store.parquet import partition_month
from tasks.store.verify_on_read import prove

YEAR_MONTHS = 12
# So many of the places that a check has found are named; the others are counted.
EXAMPLES = 3
# Revisions are small; what is larger is an error of somebody.
REVISED_SHARE_MAX = 0.01
MONEY = pl.col("measure").cat.starts_with("value")
QUANTITY = pl.col("measure").cat.starts_with("quantity")
GROWTH = pl.col("measure").cat.ends_with("_yoy")
# Cumulated from January, which January itself is too.
SO_FAR = (pl.col("period_start").dt.month() == 1) & (pl.col("period_start").dt.year() == pl.col("period_end").dt.year())


class Judged:
    """A release and the published months around it.

    `row` is the release itself, `own` are its statements, with `month` and whether they are of a `single` one. `published` reads
    the published months from two years before it to one after; `months` says which of these there are (flow and month), and
    `met` which of them the release speaks of itself. `beside` are the published rows of `met`, `sums` those of the others.
    """

    def __init__(self, release: Normalised, known: Known) -> None:
        self.release, self.known = release, known
        self.row: dict[str, Any] = release.release.row(0, named=True)
        self.first, self.last = (month_number(self.row[name]) for name in ("first_month", "last_month"))
        ends = pl.col("period_end")
        self.own = with_codes(
            release.detail.select(
                *CODED, "period_start", "period_end", "value", "resolution", "record", "known_from", month=month_index(ends),
                single=pl.col("period_start") == ends.dt.month_start(),
            )
        )  # fmt: skip
        touched = {(partition[0], partition_month(partition)) for partition in known.touched}
        self.touched: set[Month] = touched
        flows = {flow for flow, _ in touched}
        self.published = PublishedMonths(known.snapshot, flows, self.first, self.last, self.row["release_id"])
        self.months = set(self.published.files)
        # Of the months that the release speaks of the ledger is made anew, so that it can mend them.
        others = self.months - touched
        prove(known.snapshot, Observation, lambda part: (part[0], partition_month(part)) in others)
        self.met = self.months & touched

    @cached_property
    def products(self) -> list[str]:
        """The codes that the release has rows of."""
        return self.own["product"].unique().cast(pl.String).to_list()

    @cached_property
    def beside(self) -> pl.DataFrame:
        """The published rows of the months that the release speaks of itself."""
        return self.published.rows(self.met, (
            *CODED, "source", "kind", "classification", "period_start", "period_end", "value", "resolution", "release_id", "known_from",
        ))  # fmt: skip

    @cached_property
    def sums(self) -> Sums:
        """The published sums of the other months; those by partner are of the products of the release and of the twelve months
        before each of its own, and only where every partner was asked for."""
        now = self.own["month"].unique().to_list()
        years = {month - back for month in now for back in range(1, YEAR_MONTHS + 1)}
        others = self.months - self.met
        asks_all = self.row["partners"] == "all"
        of_partners: set[Month] = {(flow, month) for flow, month in others if asks_all and month in years}
        return self.published.sums(sorted(others), of_partners, self.products)

    @property
    def is_broad(self) -> bool:
        """Whether the release has so many products that it is held against sums of whole products alone."""
        return len(self.products) > FEW_PRODUCTS

    @cached_property
    def values(self) -> pl.DataFrame:
        """What is published of single months, no print of others: CODED, month, value; of a broad release whole products of the
        months that it does not speak of, where every partner was asked for."""
        if self.is_broad:
            rows = _whole_products(self.sums.by_product.filter(pl.lit(self.row["partners"] == "all")))
            return rows.select(*CODED, "month", "value")
        return values_of(self.published, self.months, self.products)

    @cached_property
    def trades(self) -> pl.DataFrame:
        """What the release says of single months, and what is published: flow, product, partner, month, the sums of RATED (0 where there
        is none) and whether any of them is `new`. Of a broad release what is published is of its own months alone."""
        columns = [*CODED, "month", "value"]
        mine = self.own.filter("single", pl.col("measure").is_in(RATED)).select(columns)
        published = self.beside.filter("single", pl.col("kind") != "published") if self.is_broad else self.values
        theirs = published.select(columns).join(mine, on=[*CODED, "month"], how="anti")
        rows = pl.concat([mine.with_columns(new=pl.lit(True)), theirs.with_columns(new=pl.lit(False))])
        each = {name: pl.when(pl.col("measure") == name).then("value").otherwise(0) for name in RATED}
        place = ["flow", "product", "month", "partner"]
        return rows.select(*place, "new", **each).group_by(place).agg(pl.col("new").any(), pl.col(RATED).sum())

    @cached_property
    def numbers(self) -> pl.DataFrame:
        """What the release says of single months: CODED, month, value; of a broad release whole products."""
        own = self.own.filter("single", pl.col("measure").is_in(RATED))
        partner = pl.lit(WORLD).cast(pl.Categorical).alias("partner") if self.is_broad else pl.col("partner")
        return own.with_columns(partner).group_by(*CODED, "month").agg(pl.col("value").sum())

    @cached_property
    def by_partner(self) -> pl.DataFrame:
        """Values of the release by flow, partner, measure and month."""
        return values_by_partner(self.own)


def values_of(published: PublishedMonths, months: Collection[Month], products: Sequence[str]) -> pl.DataFrame:
    """What is published of some months and products, no print of others: CODED, month, value; of many products whole ones."""
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
    """Values of single months by flow, partner, measure and month, without the world."""
    money = frame.filter("single", MONEY, pl.col("partner") != WORLD)
    return money.group_by("flow", "partner", "measure", "month").agg(pl.col("value").sum())


Check = Callable[[Judged], Rows]
