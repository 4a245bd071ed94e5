"""Finds the numbers of a portion that an open finding concerns, and how much of each level and year to date they are.

A finding is about numbers of its release, or about which partners the release has. In the first case these numbers are
in doubt, and each sum of which they are a part that could move a printed digit. In the second case the sums over
partners are, and the zeros of partners that the release does not have. A number that another release prints by itself
rests on none of it. Which figures rest on the numbers is in `figures_in_doubt`.

An amount is the doubted part of a number, in its smallest unit, and UNKNOWN where its size is not known: more than any
part. Of a number that is zero it is not, nor of a finding about partners, where the finding states no share.
"""

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import polars as pl

from schemas.table import empty_frame, polars_schema
from tasks.domain.classification import BASKET, touching
from tasks.domain.coverage import EVERYTHING
from tasks.domain.doubt.doubt_words import DOUBT
from tasks.domain.periods import index_month, year_of
from tasks.domain.thresholds import threshold
from tasks.metrics.doubt.doubted_sums import PLACE, Reach, in_baskets, with_products_above
from tasks.metrics.levels.coverage import FlowCoverage
from tasks.metrics.levels.grid import KEY, Block, Grid
from tasks.metrics.levels.levels import Levels
from tasks.metrics.levels.names import MISSING_FROM, NUMBER, STATUS, Names
from tasks.metrics.levels.year_to_date import chained_years

UNKNOWN = math.inf
# Of a finding: its place in the list of open ones, its release and its number there, what it is about, the share of a
# month of its goods that the check found in doubt, and what is said of it. `measure` is how the names of the measures
# begin; `of_sums` are findings about which partners a release has, `of_zeros` those of them that may be about one that
# it lacks, `of_totals` those that are about a printed total as well, and `of_gaps` findings about months and products
# that a release lacks. A finding of `both_sides` is about the same numbers of other releases, too.
OPEN: dict[str, Any] = {
    "number": pl.UInt32,
    "release_id": pl.String,
    "finding": pl.String,
    "of_release": pl.UInt32,
    "flow": pl.String,
    "products": pl.List(pl.String),
    "partners": pl.List(pl.String),
    "measure": pl.String,
    "first": pl.Int32,
    "last": pl.Int32,
    "of_sums": pl.Boolean,
    "of_zeros": pl.Boolean,
    "of_totals": pl.Boolean,
    "of_gaps": pl.Boolean,
    "both_sides": pl.Boolean,
    "share": pl.Float64,
    "doubt": DOUBT,
}
NONE_OPEN = pl.DataFrame(schema=OPEN)
MARKED: dict[str, Any] = {"row": NUMBER, "month": pl.Int32, "number": pl.UInt32, "part": pl.Float64}
AMOUNTS: dict[str, Any] = {"row": NUMBER, "month": pl.Int32, "amount": pl.Float64, "level": pl.Int64}
GROWTHS: dict[str, Any] = {"row": NUMBER, "month": pl.Int32, "span": pl.String}
# All findings together, beside the number of each.
ALL = 2**32 - 1
SPECIES = ("of_sums", "of_zeros", "of_totals")


class Marked(NamedTuple):
    """What is in doubt, in rows of the grid.

    `levels` are the levels in doubt: row, month, number of the finding, and the part of the level that it concerns,
    null where that is not known. `amounts` are those of every level with a doubted part, however small, `years` those
    of the years to date of chained series, and `growths` the printed growths in doubt.
    """

    levels: pl.DataFrame
    amounts: pl.DataFrame
    years: pl.DataFrame
    growths: pl.DataFrame
    open: pl.DataFrame

    @classmethod
    def none(cls) -> "Marked":
        """Nothing is in doubt."""
        levels, amounts, years, growths = (pl.DataFrame(schema=kinds) for kinds in (MARKED, AMOUNTS, AMOUNTS, GROWTHS))
        return cls(levels, amounts, years, growths, NONE_OPEN)

    @property
    def any(self) -> bool:
        """Whether anything is in doubt."""
        return bool(self.amounts.height or self.years.height or self.growths.height)

    def rows(self, grid: Grid, flow: str, block: Block, place: pl.Series) -> pl.DataFrame:
        """The rows of the table `doubt` of some months, with those of values per kilogram; `place` is null for each row
        of the grid and month that is not published."""

        def published(rows: pl.DataFrame, *ends: str) -> pl.DataFrame:
            for end in ends:
                at = (rows["month"] - block.first).cast(NUMBER) * grid.size + rows[end]
                rows = rows.filter(place.gather(at).is_not_null())
            return rows

        levels = self.levels.filter(pl.col("month").is_in(block.months))
        levels = published(levels, "row")
        if not levels.height:
            return empty_frame("doubt")
        named = levels.hstack(grid.frame.select(KEY)[levels["row"]])
        pairs = grid.masses()
        of_ratio = [
            published(named.drop("measure").join(pairs.with_columns(row=end), on="row"), "worth", "mass").select(
                named.columns
            )
            for end in ("worth", "mass")
        ]
        every = pl.concat([named, *of_ratio]).group_by("product", "partner", "measure", "month", "number")
        weights = every.agg(part=pl.when(pl.col("part").null_count() == 0).then(pl.col("part").max()))
        weights = weights.join(self.open, on="number").with_columns(
            map(grid.names.named, ("product", "partner", "measure"))
        )
        rows = weights.select(
            flow=pl.lit(flow, polars_schema("doubt")["flow"]),
            product="product",
            partner="partner",
            period=index_month("month"),
            measure="measure",
            finding="finding",
            release_id="release_id",
            number="of_release",
            first_month=index_month("first"),
            last_month=index_month("last"),
            part_pct=pl.col("part") * 100,
        )
        text = [pl.col(name).cast(pl.String) for name in ("measure", "product", "partner")]
        return rows.unique().sort("period", *text, "finding", "release_id", "number", "first_month")


class Years(NamedTuple):
    """Printed years to date and their sums (product, partner, measure, month, value, made), and what is covered of
    them."""

    frame: pl.DataFrame
    coverage: FlowCoverage


def mark(
    levels: Levels, grid: Grid, numbers: pl.DataFrame, years: Years | None, flow: str, doubts: pl.DataFrame
) -> Marked:
    """Mark what the open findings `doubts` concern.

    `numbers` are the numbers of the doubted releases that count (product, partner, measure, month, span, value,
    release), in the numbers of `names`; `release` is the id of the release.
    """
    doubts = doubts.filter(pl.col("flow").is_null() | (pl.col("flow") == flow))
    if doubts.is_empty():
        return Marked.none()
    # The numbers of a basket are copies, or sums, of those of its codes.
    of_codes = numbers.filter(~_is_basket(grid.names)).drop_nulls("value").with_row_index("source")
    gaps = _gaps(levels, grid, doubts.filter("of_gaps"))
    doubted = _with_findings(of_codes, grid.names, doubts.filter(~pl.col("of_gaps")))
    if not (doubted.height or gaps.height):
        return Marked.none()
    reach = Reach(grid.names, grid.coverage, functools.partial(_at_levels, levels, grid), _trades(levels, grid))
    of_months = _amounts(doubted.filter(span="month"), reach, doubts, of_months=True)
    zeros = _zeros(levels, grid, doubted.filter("of_zeros", span="month"), doubts)
    per_finding = _weighed(levels, grid, pl.concat([of_months, zeros, gaps]))
    totals = per_finding.clear()
    if years is not None and levels.chained is not None:
        reach_of_years = Reach(
            grid.names, years.coverage, functools.partial(_at_years, years.frame), _trade_years(grid.names, years.frame)
        )
        of_years = _amounts(doubted.filter(span="ytd"), reach_of_years, doubts, of_months=False)
        per_finding, totals = _chained(*levels.chained, grid, per_finding, _per_finding(of_years))
    growths = doubted.filter(~pl.col("of_sums"), pl.col("span").is_in(["yoy", "ytd_yoy"]))
    copies = in_baskets(grid.names, growths).filter("is_copy").select(growths.columns)
    growths = pl.concat([growths, copies])
    growths = growths.with_columns(row=grid.rows_of(growths)).drop_nulls("row").select(*GROWTHS).unique()
    amounts, years_in_doubt = (one.filter(number=ALL).select(*AMOUNTS) for one in (per_finding, totals))
    amounts_doubted = pl.concat([per_finding, _without_level(levels, grid, totals)])
    return Marked(_heavy(amounts_doubted), amounts, years_in_doubt, growths, doubts)


def _with_findings(numbers: pl.DataFrame, names: Names, doubts: pl.DataFrame) -> pl.DataFrame:
    """Each number with each finding of its release, or of another one that contradicts it, that speaks of its product,
    measure and month; of a finding about numbers also of its partner."""
    # A release of a whole nomenclature has millions of numbers, and a finding is about few of them.
    about = _products_of(names, doubts).select("number", "product", "is_named")
    scopes = doubts.select(
        "number", "products", "first", "last", *SPECIES, "both_sides", "share", asked="measure", release="release_id"
    )
    named, both = pl.col("products").list.len() > 0, pl.col("both_sides")
    with_codes = scopes.join(about, on="number")
    pairs = [
        numbers.join(with_codes.filter(~both), on=["release", "product"]),
        numbers.join(with_codes.filter(both).drop("release"), on="product"),
        numbers.join(scopes.filter(~named).with_columns(is_named=pl.lit(value=False)), on="release"),
    ]
    columns = [*numbers.columns, "number", "first", "last", *SPECIES, "share", "is_named", "asked"]
    doubted = pl.concat(one.select(columns) for one in pairs).filter(pl.col("month").is_between("first", "last"))
    partners = doubts.select("number", partners=pl.col("partners").list.eval(_number_of(names)))
    text = pl.lit(pl.Series(names.labels["measure"], dtype=pl.String)).gather(pl.col("measure"))
    is_of_measure = pl.col("asked").is_null() | text.str.starts_with(pl.col("asked"))
    doubted = doubted.filter(is_of_measure).drop("asked", "first", "last")
    of_partners = partners.explode("partners").select("number", partner="partners")
    is_named = doubted.join(of_partners, on=["number", "partner"], how="semi")
    of_all = partners.filter(pl.col("partners").list.len() == 0)["number"]
    is_of_all = pl.col("number").is_in(of_all.implode()) | pl.col("of_sums")
    return pl.concat([doubted.filter(is_of_all), is_named.filter(~is_of_all)])


def _products_of(names: Names, doubts: pl.DataFrame) -> pl.DataFrame:
    """The products that each finding is about, each once: number, product (in the numbers of `names`), whether it
    `is_named`, and whether it `is_below` a code that is, or is one. Others are above such a code."""
    codes = doubts.select("number", named="products").explode("named").drop_nulls("named")
    codes = codes.with_columns(code=pl.col("named").replace(EVERYTHING, ""))
    products = pl.DataFrame({"name": names.products}, {"name": pl.String}).with_row_index("product")
    about = touching(products["name"], codes["code"]).rename({"product": "name"})
    about = codes.join(about, on="code").join(products.cast({"product": NUMBER}), on="name")
    name = pl.col("name")
    about = about.group_by("number", "product").agg(
        is_named=(name == pl.col("named")).any(), is_below=name.str.starts_with(pl.col("code")).any()
    )
    return about.sort("number", "product")


def _number_of(names: Names) -> pl.Expr:
    """The numbers of a list of partners; one that is not among them has none that a number has."""
    place = {name: number for number, name in enumerate(names.partners)}
    return pl.element().replace_strict(place, default=len(place), return_dtype=NUMBER)


def _amounts(doubted: pl.DataFrame, reach: Reach, doubts: pl.DataFrame, *, of_months: bool) -> pl.DataFrame:
    """The doubted parts of numbers and of the sums that they reach: PLACE, number, amount; for each finding, and for
    ALL together. The share that a finding states is one of a month of its goods. A partner that a release may lack is
    missing in the sums over that partner, and in no other group."""
    is_total = reach.names.is_total
    named = doubted.filter(~pl.col("of_sums") | (pl.col("of_totals") & is_total))
    parts = reach.all(_sizes(named, reach, of_months=of_months))
    # A number that several findings concern is in doubt once, by the largest of its parts.
    together = parts.group_by(*PLACE, "source").agg(pl.col("amount").max(), number=pl.lit(ALL, pl.UInt32))
    of_number = parts.unique([*PLACE, "source", "number"])
    every = pl.concat([of_number, together.select(of_number.columns)])
    of_numbers = every.group_by(*PLACE, "number").agg(pl.col("amount").sum())
    some = doubted.filter("of_sums", ~is_total).select(*PLACE, "number", "share").unique()
    part = pl.col("share") * pl.col("level").abs()
    totals = _of_partners(reach.names, reach.totals(some), doubts).with_columns(
        amount=pl.when(pl.col("share").is_null() | (pl.col("level") == 0)).then(UNKNOWN).otherwise(part)
    )
    largest = totals.group_by(*PLACE).agg(pl.col("amount").max(), number=pl.lit(ALL, pl.UInt32))
    columns = [*PLACE, "number", "amount"]
    return pl.concat([of_numbers.select(columns), totals.select(columns), largest.select(columns)])


def _sizes(named: pl.DataFrame, reach: Reach, *, of_months: bool) -> pl.DataFrame:
    """How much of each number a finding doubts: PLACE, source, number, amount.

    That is what is printed, and more where the finding says that it makes a larger part of its goods than that: of a
    number that is a thousandth of what it should be, what is missing.
    """
    sizes = named.with_columns(size=pl.col("value").cast(pl.Float64).abs())
    if of_months:
        places = sizes.filter("is_named").drop_nulls("share").select("product", "measure", "month").unique()
        world = reach.at(places.with_columns(partner=pl.lit(reach.names.world, NUMBER)))
        goods = world.select("product", "measure", "month", goods=pl.col("level").cast(pl.Float64).abs())
        sizes = sizes.join(goods, on=["product", "measure", "month"], how="left")
    else:
        sizes = sizes.with_columns(goods=pl.lit(None, pl.Float64))
    together = ["product", "measure", "month", "number"]
    due = pl.when("is_named").then(pl.col("share") * pl.col("goods"))
    printed = pl.col("size").sum().over(together)
    is_less = (printed < due).fill_null(False)
    amount = (
        pl.when(is_less & (printed > 0))
        .then(pl.col("size") * due / printed)
        .when(is_less)
        .then(due / pl.len().over(together))
        .when(pl.col("size") > 0)
        .then("size")
        .otherwise(UNKNOWN)
    )
    return sizes.select(*PLACE, "source", "number", amount=amount)


def _zeros(levels: Levels, grid: Grid, doubted: pl.DataFrame, doubts: pl.DataFrame) -> pl.DataFrame:
    """The zeros of partners that a release may lack, where it has numbers of the product and month."""
    names = grid.names
    cells = with_products_above(
        names, doubted.filter(~names.is_total).select("product", "measure", "month", "number").unique()
    )
    rows = cells.unique().join(grid.frame.select(KEY), on=["product", "measure"])
    at = _at_levels(levels, grid, _of_partners(names, rows, doubts)).filter(pl.col("status") == STATUS["zero"])
    return _of_unknown_size(at)


def _gaps(levels: Levels, grid: Grid, doubts: pl.DataFrame) -> pl.DataFrame:
    """What rests on months and products that a release lacks: the zeros of its products and partners, and the sums of
    which they would be a part."""
    names, cell = grid.names, ["product", "measure", "month", "number"]
    lacks = _products_of(names, doubts).filter("is_below", ~_is_basket(names)).select("number", "product")
    months = doubts.select("number", month=pl.int_ranges("first", pl.col("last") + 1, dtype=pl.Int32)).explode("month")
    cells = lacks.join(grid.frame.select("product", "measure").unique(), on="product").join(months, on="number")
    cells = cells.select(cell)
    above = with_products_above(names, cells).unique().join(cells, on=cell, how="anti")
    both = pl.concat([cells.with_columns(is_above=False), above.with_columns(is_above=True)])
    rows = both.join(grid.frame.select(KEY), on=["product", "measure"])
    at = _at_levels(levels, grid, _of_partners(names, rows, doubts))
    is_sum = (pl.col("status") == STATUS["sum"]) & (pl.col("is_above") | names.is_total)
    return _of_unknown_size(at.filter((pl.col("status") == STATUS["zero"]) | is_sum))


def _of_partners(names: Names, rows: pl.DataFrame, doubts: pl.DataFrame) -> pl.DataFrame:
    """Of rows of a finding (`number`) those of the partners that it names, of their groups and of the world; of any
    where it names none."""
    numbered = doubts.select("number", partner=pl.col("partners").list.eval(_number_of(names)))
    of_any = numbered.filter(pl.col("partner").list.len() == 0).select("number")
    named = numbered.explode("partner").drop_nulls("partner")
    groups = names.groups.select("partner", "total").unique()
    about = [
        named,
        named.select("number", partner=pl.lit(names.world, NUMBER)),
        named.join(groups, on="partner").select("number", partner=pl.col("total").cast(NUMBER)),
    ]
    return pl.concat(
        [
            rows.join(of_any, on="number", how="semi"),
            rows.join(pl.concat(about).unique(), on=["number", "partner"], how="semi"),
        ]
    )


def _of_unknown_size(places: pl.DataFrame) -> pl.DataFrame:
    """Places of a finding, and of ALL together, in doubt by a part of which nobody knows how large it is."""
    unknown = places.select(*PLACE, "number", amount=pl.lit(UNKNOWN))
    return pl.concat([unknown, unknown.with_columns(number=pl.lit(ALL, pl.UInt32)).unique()])


def _per_finding(parts: pl.DataFrame) -> pl.DataFrame:
    """The amounts of a place added up: those of its numbers, and of the partners that may be missing."""
    return parts.group_by(*PLACE, "number").agg(pl.col("amount").sum())


def _weighed(levels: Levels, grid: Grid, parts: pl.DataFrame) -> pl.DataFrame:
    """Amounts at levels of the grid: row, month, number, amount, level."""
    return _at_levels(levels, grid, _per_finding(parts)).select("row", "month", "number", "amount", "level")


def _without_level(levels: Levels, grid: Grid, totals: pl.DataFrame) -> pl.DataFrame:
    """The doubted years to date of months that have no level: there a doubt has no other place to stand."""
    known = _at_levels(levels, grid, totals.drop("level").hstack(grid.frame.select(KEY)[totals["row"]]).drop("row"))
    return totals.join(known, on=["row", "month"], how="anti")


def _heavy(amounts: pl.DataFrame) -> pl.DataFrame:
    """The findings that could move a printed digit of a level: each by itself, or the small ones together."""
    least = threshold("doubt_part_least")
    size = pl.col("level").cast(pl.Float64).abs()
    is_in_doubt = amounts.filter(pl.col("number") == ALL, pl.col("amount") >= least * size).select("row", "month")
    each = amounts.filter(pl.col("number") != ALL).join(is_in_doubt, on=["row", "month"], how="semi")
    is_light = pl.col("amount") < least * size
    lights = pl.col("amount").filter(is_light).sum().over("row", "month")
    heavy = each.filter(~is_light | (lights >= least * size))
    is_known = (pl.col("amount") < UNKNOWN) & (size > 0)
    return heavy.with_columns(part=pl.when(is_known).then((pl.col("amount") / size).clip(0, 1))).select(*MARKED)


def _chained(
    frame: pl.DataFrame, printed: pl.DataFrame, grid: Grid, amounts: pl.DataFrame, of_years: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Amounts of levels and of years to date where these are chained: a difference rests on both years, a sum on all
    that it adds up."""
    series = frame.with_columns(row=grid.rows_of(frame), year=year_of(pl.col("month")))
    rows = series.select("row", "month").unique()
    here = amounts.join(rows, on=["row", "month"], how="semi")
    touched = [here.with_columns(year=year_of(pl.col("month"))).select("row", "year", "number")]
    years = of_years.with_columns(row=grid.rows_of(of_years), year=year_of(pl.col("month"))).drop_nulls("row")
    touched.append(years.select("row", "year", "number"))
    numbers = pl.concat(touched).unique()
    keys = [*KEY, "number"]
    months = series.join(numbers, on=["row", "year"]).join(
        here.select("row", "month", "number", "amount"), on=["row", "month", "number"], how="left"
    )
    totals = printed.with_columns(row=grid.rows_of(printed), year=year_of(pl.col("month")))
    totals = totals.join(numbers, on=["row", "year"]).join(
        years.select("row", "month", "number", "amount"), on=["row", "month", "number"], how="left"
    )
    chain = chained_years(
        months.with_columns(pl.col("amount").fill_null(0.0)),
        totals.with_columns(pl.col("amount").fill_null(0.0)),
        keys,
    )
    chain = chain.with_columns(row=grid.rows_of(chain))
    months_in_doubt = chain.filter(pl.col("amount") > 0, pl.col("level").is_not_null())
    others = amounts.join(chain.select("row", "month", "number"), on=["row", "month", "number"], how="anti")
    chained = months_in_doubt.select("row", "month", "number", "amount", pl.col("level").cast(amounts.schema["level"]))
    so_far = chain.filter(pl.col("ytd_amount") > 0, pl.col("ytd").is_not_null())
    ends = so_far.select("row", "month", "number", amount="ytd_amount", level=pl.col("ytd"))
    return pl.concat([others, chained]), ends


def _is_basket(names: Names) -> pl.Expr:
    return names.looked_up("product", [name.startswith(BASKET) for name in names.products], pl.Boolean)


def _at_levels(levels: Levels, grid: Grid, places: pl.DataFrame) -> pl.DataFrame:
    """Places that have a level, with their row, level and status."""
    rows = places.with_columns(row=grid.rows_of(places)).drop_nulls("row")
    parts = [rows.clear().with_columns(level=pl.lit(0, pl.Int64), status=pl.lit(0, pl.UInt8))]
    for (month,), rows_of_month in rows.partition_by("month", as_dict=True).items():
        now = levels.months.get(int(str(month)))
        if now is None:
            continue
        known = rows_of_month.with_columns(
            level=pl.lit(now.value).gather(pl.col("row")), status=pl.lit(now.status).gather(pl.col("row"))
        )
        parts.append(known.filter(pl.col("status") < MISSING_FROM))
    return pl.concat(parts)


def _trades(levels: Levels, grid: Grid) -> Callable[[pl.DataFrame], pl.Series]:
    """Whether single partners have numbers of the product, measure and month of each row."""

    def traded(rows: pl.DataFrame) -> pl.Series:
        groups_with_trade = [pl.DataFrame(schema={"group": NUMBER, "month": pl.Int32})]
        groups = grid.group.gather(rows["row"])
        for month in rows["month"].unique():
            status = levels.months[month].status
            has = status.is_in([STATUS["reported"], STATUS["sum"]]) & ~grid.is_total
            trading = grid.group.filter(has).unique().to_frame("group")
            groups_with_trade.append(trading.with_columns(month=pl.lit(month, pl.Int32)))
        known = pl.concat(groups_with_trade).with_columns(has=pl.lit(True))
        keys = rows.select("month", group=groups)
        return keys.join(known, on=["group", "month"], how="left", maintain_order="left")["has"].fill_null(False)

    return traded


def _at_years(years: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """Places that have a year to date, printed or summed, with its number and status."""
    return places.join(years.select(*PLACE, level="value", status="made"), on=PLACE)


def _trade_years(names: Names, years: pl.DataFrame) -> Callable[[pl.DataFrame], pl.Series]:
    cell = ["product", "measure", "month"]
    has = years.filter(~names.is_total).select(cell).unique().with_columns(has=pl.lit(True))

    def traded(rows: pl.DataFrame) -> pl.Series:
        return rows.select(cell).join(has, on=cell, how="left", maintain_order="left")["has"].fill_null(False)

    return traded
