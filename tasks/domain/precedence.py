"""Selects the numbers of monthly series from the current statements of the ledger: which source wins for a number.

Belongs here: which numbers are a month or a cumulative figure, in which unit, which kind of release wins, how a large
ledger is divided, and which cumulative figures a later release replaces month by month. The ledger keeps both, each
with its own current statement, but a year to date printed as one figure and the months of a later download describe the
same trade. The computed results are in `metrics`; `metrics.year_to_date` handles figures that a better kind of release
replaces.

All numbers are whole, in the series' smallest unit; `per_unit` is how many of them make one unit of the measure, so
that silver in grams and magnets in kilograms both become `quantity_kg` without an intermediate float.
"""

import functools
from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple

import polars as pl

from schemas.frames import Release
from schemas.reference.code_tables import code_table, valid_in
from tasks.domain.classification import BASKET, basket_members
from tasks.domain.coverage import EVERYTHING, covering, priority, with_scope
from tasks.domain.nomenclature import ANY_LIST, CHINAS, national_lists
from tasks.domain.periods import MONTHS, january_of, month_index, month_text, number_of
from tasks.domain.release_ids import in_turns
from tasks.domain.units import LEVEL_MAX, MILLIGRAMS_PER_KG, YEAR_MAX

SERIES = ("flow", "product", "classification", "partner", "measure")
KEY = ["flow", "product", "partner", "measure", "month"]
YOY = "_yoy"
# A release with no finding of its own that the finding of another one is about as well.
OTHER_RELEASE = ""
# What a number is of: a month, the year to date, or the printed growth of one of these.
SPANS = pl.Enum(["month", "ytd", "yoy", "ytd_yoy"])


class Portion(NamedTuple):
    """A part of the products that no sum crosses: chapter groups from `first` on, before `after` (None: to the end)."""

    first: str
    after: str | None

    def holds(self, chapter_group: str) -> bool:
        """Whether it contains the products of a chapter group."""
        return self.first <= chapter_group and (self.after is None or chapter_group < self.after)


def monthly_numbers(observation: pl.DataFrame) -> pl.DataFrame:
    """Numbers by series and month index; where several kinds of release have one, that of the best kind.

    `observation` has one current statement for each number (see `merge.current_statements`). Columns: SERIES, month,
    value, span, source, kind, `priority` (the priority of the kind), release_id and known_from. `span` is `month`,
    `ytd` for a figure cumulated from January, or `yoy` and `ytd_yoy` for the printed growth of these two; other periods
    are left out. Raises OverflowError for a number that is too large.
    """
    placed = _placed(observation)
    large = placed.filter(_is_too_large())
    if large.height:
        row = large.row(0, named=True)
        raise OverflowError(
            f"{row['value']} {row['unit']} of {row['product']} is too large for a month; check its unit"
        )
    placed = placed.with_columns(
        pl.col("value") * pl.col("smallest"),
        pl.col("resolution") * pl.col("smallest"),
    )
    # Sorting is expensive, and most products have one source and one unit.
    units = placed.select("product", "measure", "source", "reporter", "unit").unique()
    several = units.filter(pl.struct("product", "measure").is_duplicated())["product"].unique().to_list()
    columns = [*SERIES, "month", "value", "span", "source", "kind", "priority", "release_id", "known_from"]
    if not several:
        return placed.select(columns)
    doubled = (
        placed.filter(pl.col("product").is_in(several))
        .sort(*SERIES, "month", "span", "priority", "source", "reporter", "resolution", "unit")
        .unique([*SERIES, "month", "span"], keep="first", maintain_order=True)
    )
    return pl.concat([placed.filter(~pl.col("product").is_in(several)), doubled]).select(columns)


def too_large(numbers: pl.DataFrame) -> pl.DataFrame:
    """Those of the statements whose number is too large for a month, or for a year to date: their unit is wrong.

    `numbers` has `measure`, `unit`, `value`, `kind` and the period.
    """
    candidates = numbers.filter(pl.col("value").abs() > LEVEL_MAX // MILLIGRAMS_PER_KG)
    return _placed(candidates).filter(_is_too_large()) if candidates.height else candidates


def _is_too_large() -> pl.Expr:
    most = pl.when(pl.col("span") == "ytd").then(YEAR_MAX).otherwise(LEVEL_MAX)
    return pl.col("value").abs() > most // pl.col("smallest")


def _placed(observation: pl.DataFrame) -> pl.DataFrame:
    """The statements of months and of years to date, with span, month, priority and `smallest`: how many of the
    smallest unit make one of theirs. Kilograms are the measure of every mass.

    Most statements are of months, of one kind, and print no growth: the texts of these are not read one by one.
    """
    start, end = pl.col("period_start"), pl.col("period_end")
    is_month = (start.dt.month_start() == start) & (start.dt.month_end() == end)
    is_ytd = (start.dt.month() == 1) & (start.dt.year() == end.dt.year()) & (start.dt.day() == 1)
    measures, kinds = observation["measure"].unique(), observation["kind"].unique()
    growths = measures.filter(measures.str.ends_with(YOY)).to_list()
    growth = pl.col("measure").is_in(growths) if growths else pl.lit(False)
    span: pl.Expr = (
        pl.when(is_month)
        .then(pl.when(growth).then(pl.lit("yoy")).otherwise(pl.lit("month")))
        .when(is_ytd)
        .then(pl.when(growth).then(pl.lit("ytd_yoy")).otherwise(pl.lit("ytd")))
    )
    all_months = observation.select("period_start", "period_end").unique().select(is_month.all()).item() and not growths
    if all_months:
        span = pl.lit("month")
    masses = _masses().filter(pl.col("unit").is_in(observation["unit"].unique().to_list()))
    units = dict(masses.select("unit", "smallest").iter_rows())
    is_mass = pl.col("unit").is_in([*units])
    smallest: pl.Expr = pl.lit(1, pl.Int64)
    for unit, count in units.items():
        smallest = pl.when(pl.col("unit") == unit).then(pl.lit(count, pl.Int64)).otherwise(smallest)
    placed = observation.with_columns(
        month_index("period_end").alias("month"),
        span=span,
        smallest=smallest,
        measure=pl.when(is_mass)
        .then(pl.lit("quantity_kg"))
        .otherwise(pl.col("measure").str.strip_suffix(YOY) if growths else "measure"),
        priority=pl.lit(kinds.to_frame().select(priority()).item(), pl.Int32) if kinds.len() == 1 else priority(),
    )
    # A filter would copy the ledger of two years.
    return placed if all_months else placed.filter(pl.col("span").is_not_null())


def printed_numbers(
    statements: Iterable[pl.DataFrame],
    releases: Release,
    doubted: Collection[str] = (),
    contradicted: Collection[str] = (),
) -> pl.DataFrame:
    """The numbers used for series, with baskets of one code added: product, partner, measure, month, span, value,
    priority, and the `release` of those that are of one of the `doubted` releases; OTHER_RELEASE of those of any other
    one whose product is one of the `contradicted` codes or below one.

    Months that a better kind of release outranks are left out. A cumulative figure that later months replace is null.
    The statements come in parts that share no month, and each is gone before the next is asked for, so that memory
    holds only these columns.
    """
    used = [*SERIES, "month", "value", "span", "priority", "release_id"]
    national = next(iter(national_lists(releases)), CHINAS)
    names = pl.Enum([*sorted(doubted), OTHER_RELEASE])
    is_other_side = is_below(contradicted) if contradicted else pl.lit(False)
    of_other = pl.when(is_other_side).then(pl.lit(OTHER_RELEASE))
    release = pl.when(pl.col("release_id").is_in(sorted(doubted))).then("release_id").otherwise(of_other)
    release = release if doubted else pl.lit(None)

    def reduced(part: pl.DataFrame) -> pl.DataFrame:
        numbers = without_outranked(superseded_as_null(monthly_numbers(part), releases).select(used), releases)
        both = pl.concat([numbers, _copy_baskets(numbers, national).select(used)])
        return both.select(
            "product",
            "partner",
            "measure",
            "month",
            pl.col("span").cast(SPANS),
            "value",
            pl.col("priority").cast(pl.UInt8),
            release=release.cast(pl.String).cast(names),
        )

    # A comprehension would hold each part while the next one is read.
    return pl.concat(map(reduced, statements))


def is_below(codes: Collection[str]) -> pl.Expr:
    """Whether the `product` is one of these codes, or below one; EVERYTHING is every code."""
    product = pl.col("product").cast(pl.String)
    if EVERYTHING in codes:
        return pl.lit(True)
    lengths = sorted({len(code) for code in codes})
    return pl.any_horizontal(
        product.str.head(length).is_in([code for code in codes if len(code) == length]) for length in lengths
    )


@functools.cache
def chapter_group_of(product: str) -> str:
    """The chapter group of a product: its HS chapter, or the first of the chapters that baskets connect with it.

    For a basket it is that of its codes.
    """
    if product.startswith(BASKET):
        product = str(basket_members().filter(pl.col("product") == product)["part"].min())
    return chapter_groups().get(product[:2], product[:2])


@functools.cache
def chapter_groups() -> dict[str, str]:
    """Chapters connected by a basket, each with the first chapter of its group."""
    chapter_group: dict[str, str] = {}
    for (_,), codes in basket_members().group_by("product"):
        chapters = set(codes["part"].str.slice(0, 2))
        joined = chapters | {
            chapter
            for chapter, first in chapter_group.items()
            if first in {chapter_group.get(name) for name in chapters}
        }
        chapter_group |= dict.fromkeys(joined, min(joined))
    return chapter_group


def _masses() -> pl.DataFrame:
    """Units of mass and how many milligrams make one."""
    masses = code_table("units").filter(pl.col("kg_per_unit") != "").select("unit", "kg_per_unit").unique()
    smallest = (pl.col("kg_per_unit").cast(pl.Float64) * MILLIGRAMS_PER_KG).round().cast(pl.Int64)
    return masses.select("unit", smallest=smallest)


def without_outranked(numbers: pl.DataFrame, releases: pl.DataFrame) -> pl.DataFrame:
    """Without the months that a better kind of release covers: even without a number it outranks a lesser kind."""
    best = with_scope(releases).select(priority().min()).item()
    lesser = numbers.filter(pl.col("span") == "month", pl.col("priority") > pl.lit(best, dtype=pl.Int32))
    if not lesser.height:
        return numbers
    better = covering(lesser.select(KEY).unique(), releases).rename({"priority": "better"})
    gone = lesser.join(better, on=KEY).filter(pl.col("better") < pl.col("priority"))
    return numbers.join(gone, on=numbers.columns, how="anti")


def _copy_baskets(numbers: pl.DataFrame, national: str) -> pl.DataFrame:
    """A basket of one code, in stores of this list, is a copy of that code, with all its printed numbers."""
    members = basket_members(national).filter(pl.len().over("product") == 1).drop("nomenclature")
    members = members.rename({"product": "basket", "part": "product"})
    of_members = numbers.filter(pl.col("product").is_in(members["product"].unique().to_list()))
    is_of_list = pl.col("classification").cast(pl.String).is_in([*ANY_LIST, national])
    named = of_members.filter(is_of_list).join(members, on="product").filter(valid_in(month_text()))
    return named.with_columns(product="basket", classification=pl.lit("basket"))


def without_superseded(numbers: pl.DataFrame, releases: pl.DataFrame) -> pl.DataFrame:
    """`numbers` (KEY, span, value, priority, release_id, known_from, …) without cumulative figures replaced by
    months."""
    return superseded_as_null(numbers, releases).drop_nulls("value")


def superseded_as_null(numbers: pl.DataFrame, releases: pl.DataFrame) -> pl.DataFrame:
    """`numbers` with a null in place of the value of each cumulative figure that is replaced by months.

    A figure is replaced where one later release, of its kind or a better one, requested every month of it. Months of
    several releases do not replace it, nor months that are older than a repetition of the figure. A corrected edition
    counts with the day of the release that it corrects. Collected figures cover only themselves, and better kinds
    replace them whatever their day.
    """
    is_span = pl.col("span") == "ytd"
    spans = numbers.filter(is_span).select(*KEY, "priority", "release_id", "known_from").unique()
    if spans.is_empty():
        return numbers
    turns = in_turns(releases)
    spans = spans.join(turns.select("release_id", "first_day"), on="release_id", how="left").select(
        *KEY, "priority", stated_on=pl.min_horizontal("known_from", "first_day")
    )
    scopes = with_scope(turns).with_columns(
        priority=priority(), first=month_index("first_month"), last=month_index("last_month")
    )
    wholes = scopes.filter(~pl.col("by_month"), number_of(pl.col("first")) == 1)
    for release, row in _one_by_one(wholes):
        same = (
            spans.filter(month=row["last"], priority=row["priority"])
            if row["last"] < row["first"] + MONTHS
            else spans.clear()
        )
        # Requested as one span, it covers the figure that ends in its last month.
        as_month = release.with_columns(first_month="last_month", by_month=pl.lit(True))
        again = covering(same.select(KEY), as_month).select(*KEY, again=pl.lit(row["first_day"]))
        spans = (
            spans.join(again, on=KEY, how="left")
            .with_columns(
                stated_on=pl.when(pl.col("priority") == row["priority"])
                .then(pl.max_horizontal("stated_on", "again"))
                .otherwise("stated_on")
            )
            .drop("again")
        )
    gone = [spans.clear()]
    january = january_of(pl.col("month"))
    for release, row in _one_by_one(scopes.filter("by_month", pl.col("first") < pl.col("last"))):
        older = spans.filter(
            pl.col("stated_on") < row["first_day"],
            pl.col("priority") >= row["priority"],
            january >= row["first"],
            pl.col("month") <= row["last"],
        )
        each = older.with_columns(end="month", month=pl.int_ranges(january, pl.col("month") + 1)).explode("month")
        covered = each.join(covering(each.select(KEY).unique(), release).select(KEY), on=KEY, how="semi")
        place = [*KEY[:-1], "end"]
        whole = covered.group_by(place).agg(pl.len()).filter(pl.col("len") == number_of(pl.col("end")))
        gone.append(older.join(whole.rename({"end": "month"}), on=KEY, how="semi"))
    gone_once = pl.concat(gone).select(*KEY, "priority", span=pl.lit("ytd"), is_gone=pl.lit(True)).unique()
    marked = numbers.join(gone_once, on=[*KEY, "priority", "span"], how="left", maintain_order="left")
    return marked.with_columns(value=pl.when(pl.col("is_gone").is_null()).then("value")).drop("is_gone")


def _one_by_one(releases: pl.DataFrame) -> Iterator[tuple[pl.DataFrame, dict[str, Any]]]:
    """Each release as a one-row table, and as a row."""
    for row in releases.with_row_index("place").iter_rows(named=True):
        yield releases[row["place"]], row
