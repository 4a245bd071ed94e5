"""Finds the numbers of a portion that an open finding concerns, and marks their levels, so that every figure that rests
on one is in doubt as well.

A finding is about numbers of its release, or about which partners the release has. In the first case these numbers are
in doubt, and each sum of which they are a part that could move a printed digit. In the second case the sums over
partners are, and the zeros of partners that the release does not have. A number that another release prints by itself
rests on none of it.
"""

import bisect
from collections.abc import Sequence
from typing import Any, NamedTuple

import polars as pl

from schemas.table import empty_frame, polars_schema
from tasks.domain.classification import BASKET, HS_LEVELS
from tasks.domain.periods import index_month
from tasks.domain.thresholds import threshold
from tasks.metrics.grid import KEY, Grid
from tasks.metrics.levels import Levels
from tasks.metrics.names import IN_DOUBT, MISSING_FROM, NUMBER, STATUS, Names

# A missing partner weighs as much as the most that it had in a month of the year before.
YEAR = 12
PLACE = ("number", "release", "product", "partner", "measure", "month")
# Of a finding: its place in the list of open ones, its release, what it is about, the share of a month of its goods
# that the check found in doubt, and its words. `measure` is how the names of the measures begin; `of_sums` are findings
# about which partners a release has, and `of_zeros` those of them that may be about one that it lacks.
OPEN: dict[str, Any] = {
    "number": pl.UInt32,
    "release_id": pl.String,
    "finding": pl.String,
    "flow": pl.String,
    "products": pl.List(pl.String),
    "partners": pl.List(pl.String),
    "measure": pl.String,
    "first": pl.Int32,
    "last": pl.Int32,
    "of_sums": pl.Boolean,
    "of_zeros": pl.Boolean,
    "share": pl.Float64,
    "sentence": pl.String,
}
NONE_OPEN = pl.DataFrame(schema=OPEN)
MARKED: dict[str, Any] = {"row": NUMBER, "month": pl.Int32, "number": pl.UInt32, "part": pl.Float64}


class Marked(NamedTuple):
    """The levels in doubt: row of the grid, month, number of the finding, and the part of the level that it concerns,
    null where that is not known."""

    levels: pl.DataFrame
    open: pl.DataFrame

    @classmethod
    def none(cls) -> "Marked":
        """No level is in doubt."""
        return cls(pl.DataFrame(schema=MARKED), NONE_OPEN)

    def rows(self, grid: Grid, flow: str, months: list[int]) -> pl.DataFrame:
        """The rows of the table `doubt` of some months, with those of values per kilogram."""
        own = self.levels.filter(pl.col("month").is_in(months))
        if not own.height:
            return empty_frame("doubt")
        named = own.hstack(grid.frame.select(KEY)[own["row"]])
        pairs = grid.masses()
        of_ratio = [
            named.drop("measure").join(pairs.select("measure", row=end).unique(), on="row").select(named.columns)
            for end in ("worth", "mass")
        ]
        every = pl.concat([named, *of_ratio]).group_by("product", "partner", "measure", "month", "number")
        found = every.agg(part=pl.when(pl.col("part").null_count() == 0).then(pl.col("part").max()))
        found = found.join(self.open, on="number").with_columns(
            map(grid.names.named, ("product", "partner", "measure"))
        )
        rows = found.select(
            flow=pl.lit(flow, polars_schema("doubt")["flow"]),
            product="product",
            partner="partner",
            period=index_month("month"),
            measure="measure",
            finding="finding",
            release_id="release_id",
            first_month=index_month("first"),
            last_month=index_month("last"),
            part_pct=pl.col("part") * 100,
            sentence="sentence",
        )
        text = [pl.col(name).cast(pl.String) for name in ("measure", "product", "partner")]
        return rows.unique().sort("period", *text, "finding", "release_id", "sentence")


def mark(levels: Levels, grid: Grid, numbers: pl.DataFrame, flow: str, doubts: pl.DataFrame) -> Marked:
    """Mark the levels that the open findings `doubts` concern.

    `numbers` are the numbers of the doubted releases that count (product, partner, measure, month, span, value,
    release), in the numbers of `names`; `release` is the id of the release.
    """
    doubts = doubts.filter(pl.col("flow").is_null() | (pl.col("flow") == flow))
    numbers = _with_findings(numbers, grid.names, doubts)
    # The numbers of a basket are copies, or sums, of those of its codes.
    numbers = numbers.filter(~_is_basket(grid.names))
    if not numbers.height:
        return Marked.none()
    of_sums = pl.col("of_sums")
    found = pl.concat(
        [
            _named(levels, grid, numbers.filter(~of_sums)),
            _of_sums(levels, grid, numbers.filter(of_sums)),
        ]
    ).unique()
    for (month,), own in found.partition_by("month", as_dict=True).items():
        now, rows = levels.months[int(str(month))], own["row"].unique()
        kinds = now.kinds.scatter(rows, now.kinds.gather(rows) | IN_DOUBT)
        levels.months[int(str(month))] = now._replace(kinds=kinds)
        if (years := levels.ytd.get(int(str(month)))) is not None:
            in_doubt = pl.col("row").is_in(rows.implode())
            levels.ytd[int(str(month))] = years.with_columns(
                ytd_kinds=pl.when(in_doubt).then(pl.col("ytd_kinds") | IN_DOUBT).otherwise("ytd_kinds")
            )
    return Marked(found, doubts)


def _with_findings(numbers: pl.DataFrame, names: Names, doubts: pl.DataFrame) -> pl.DataFrame:
    """Each number with each finding of its release that speaks of its product, measure and month; of a finding about
    numbers also of its partner."""
    # A release of a whole nomenclature has millions of numbers, and a finding is about few of them.
    about = pl.DataFrame(
        [(row["number"], code) for row in doubts.iter_rows(named=True) for code in _codes(names, row["products"])],
        {"number": pl.UInt32, "product": NUMBER},
        orient="row",
    )
    asked = doubts.select(
        "number", "products", "partners", "first", "last", "of_sums", "of_zeros", "share", "measure", "release_id"
    ).rename({"measure": "asked", "release_id": "release"})
    named = pl.col("products").list.len() > 0
    pairs = [
        numbers.join(asked.filter(named).join(about, on="number"), on=["release", "product"]),
        numbers.join(asked.filter(~named), on="release"),
    ]
    columns = [*numbers.columns, "number", "partners", "first", "last", "of_sums", "of_zeros", "share", "asked"]
    found = pl.concat(one.select(columns) for one in pairs).filter(pl.col("month").is_between("first", "last"))
    measure, partner = (
        pl.lit(pl.Series(names.labels[name], dtype=pl.String)).gather(pl.col(name)) for name in ("measure", "partner")
    )
    is_of_partner = (pl.col("partners").list.len() == 0) | pl.col("partners").list.contains(partner)
    is_of_measure = pl.col("asked").is_null() | measure.str.starts_with(pl.col("asked"))
    return found.filter(is_of_measure, pl.col("of_sums") | is_of_partner)


def _codes(names: Names, asked: Sequence[str]) -> set[int]:
    """The products that are one of these codes, below one, or above one, in the numbers of `names`."""
    found = set[int]()
    for code in asked:
        first = bisect.bisect_left(names.products, code)
        found |= {*range(first, bisect.bisect_left(names.products, f"{code}~"))}
        above = (code[:digits] for digits in range(2, len(code)))
        places = ((bisect.bisect_left(names.products, one), one) for one in above)
        found |= {place for place, one in places if names.products[place : place + 1] == [one]}
    return found


def _named(levels: Levels, grid: Grid, numbers: pl.DataFrame) -> pl.DataFrame:
    """Numbers that a finding names, and the sums of which they are a part that could move a printed digit."""
    if not numbers.height:
        return pl.DataFrame(schema=MARKED)
    # A year to date makes its month and the next one, as a difference.
    years = numbers.filter(pl.col("span") == "ytd").with_columns(value=pl.lit(None, pl.Int64))
    after = years.with_columns(pl.col("month") + 1)
    months = numbers.filter(pl.col("span") == "month")
    every = pl.concat([months, years, after]).filter(pl.col("month").is_in([*levels.months]))
    places = pl.concat([one.select(*PLACE[2:], "number", "value", "is_own") for one in _above(every, grid)])
    sums = places.group_by("number", "product", "partner", "measure", "month").agg(
        value=pl.when(pl.col("value").null_count() == 0).then(pl.col("value").cast(pl.Int128).abs().sum()),
        is_own=pl.col("is_own").any(),
    )
    sums = _levels_of(levels, grid, sums)
    part = pl.when(pl.col("level") != 0).then(pl.col("value").cast(pl.Float64) / pl.col("level").abs().cast(pl.Float64))
    weighs = pl.col("part").is_null() | (pl.col("part") >= threshold("doubt_part_least"))
    is_sum = (pl.col("status") != STATUS["reported"]) | _is_basket(grid.names)
    return sums.with_columns(part=part.clip(0, 1)).filter(pl.col("is_own") | (is_sum & weighs)).select(*MARKED)


def _of_sums(levels: Levels, grid: Grid, numbers: pl.DataFrame) -> pl.DataFrame:
    """The sums over partners of the products and months of a release of which it is doubted which partners it has, and
    the zeros of partners that it lacks."""
    if not numbers.height:
        return pl.DataFrame(schema=MARKED)
    names = grid.names
    cells = numbers.filter(pl.col("month").is_in([*levels.months])).select(
        "number",
        "product",
        "measure",
        "month",
        "partners",
        "share",
        "of_zeros",
        partner=pl.lit(names.world, NUMBER),
        value=pl.lit(0, pl.Int64),
    )
    every = pl.concat([one.drop("value", "is_own", "partner") for one in _above(cells.unique(), grid, partners=False)])
    every = every.unique()
    series = grid.frame.select(KEY).with_row_index("row").with_columns(is_total=grid.is_total)
    parts = []
    for (month,), own in every.partition_by("month", as_dict=True).items():
        now = levels.months[int(str(month))]
        rows = own.join(series, on=["product", "measure"]).with_columns(
            status=pl.lit(now.status).gather(pl.col("row")),
            level=pl.lit(now.value).gather(pl.col("row")),
        )
        text = pl.lit(pl.Series(names.partners, dtype=pl.String)).gather(pl.col("partner"))
        is_named = (pl.col("partners").list.len() == 0) | pl.col("partners").list.contains(text)
        is_sum = pl.col("is_total") & pl.col("status").is_between(0, MISSING_FROM - 1)
        is_sum = is_sum & (pl.col("status") != STATUS["reported"])
        is_zero = pl.col("of_zeros") & ~pl.col("is_total") & (pl.col("status") == STATUS["zero"]) & is_named
        parts.append(rows.filter(is_sum | is_zero))
    found = pl.concat(parts)
    missing = _missing(levels, grid, found)
    found = found.join(missing, on=["number", "product", "measure", "month"], how="left")
    whole = pl.col("level") + pl.col("missing")
    part = pl.when("is_total").then(pl.coalesce("share", pl.when(whole > 0).then(pl.col("missing") / whole)))
    weighs = pl.col("part").is_null() | (pl.col("part") >= threshold("doubt_part_least"))
    return found.with_columns(part=part).filter(~pl.col("is_total") | weighs).select(*MARKED)


def _missing(levels: Levels, grid: Grid, found: pl.DataFrame) -> pl.DataFrame:
    """What the partners that a finding names had at most in a month of the year before: number, product, measure,
    month, missing; null where none is named or nothing is known of one."""
    keys = ["number", "product", "measure", "month"]
    named = found.select(*keys, "partners").unique(keys).explode("partners").drop_nulls("partners")
    schema = {name: found.schema[name] for name in keys} | {"missing": pl.Float64}
    place = {name: number for number, name in enumerate(grid.names.partners)}
    named = named.with_columns(partner=pl.col("partners").replace_strict(place, default=None, return_dtype=NUMBER))
    if not named.height:
        return pl.DataFrame(schema=schema)
    rows = named.with_columns(row=grid.rows_of(named))
    past = []
    for back in range(1, YEAR + 1):
        at = rows.with_columns(before=pl.col("month") - back)
        for (month,), own in at.partition_by("before", as_dict=True).items():
            if (then := levels.months.get(int(str(month)))) is None:
                continue
            known = pl.lit(then.status).gather(pl.col("row")) < MISSING_FROM
            past.append(own.with_columns(past=pl.when(known).then(pl.lit(then.value).gather(pl.col("row")))))
    if not past:
        return pl.DataFrame(schema=schema)
    most = pl.concat(past).group_by(*keys, "partner").agg(pl.col("past").max())
    return (
        most.group_by(keys)
        .agg(missing=pl.when(pl.col("past").null_count() == 0).then(pl.col("past").cast(pl.Float64).sum()))
        .select(*keys, "missing")
    )


def _is_basket(names: Names) -> pl.Expr:
    return names.looked_up("product", [name.startswith(BASKET) for name in names.products], pl.Boolean)


def _above(numbers: pl.DataFrame, grid: Grid, *, partners: bool = True) -> list[pl.DataFrame]:
    """The numbers, and the same under every product and total that they are a part of; `is_own` marks the numbers
    themselves."""
    names = grid.names
    codes = numbers.filter(names.is_national)
    products = [numbers.with_columns(is_own=pl.lit(True))]
    products += [
        codes.with_columns(product=names.above[level], is_own=pl.lit(False)).drop_nulls("product")
        for level in HS_LEVELS
    ]
    baskets = numbers.join(names.baskets, left_on="product", right_on="part")
    baskets = baskets.filter(pl.col("month").is_between("begin", "end"))
    products.append(
        baskets.with_columns(product=pl.col("basket").cast(NUMBER), is_own=pl.lit(False)).select(products[0].columns)
    )
    if not partners:
        return products
    every = pl.concat(products)
    places = every.filter(~names.is_total)
    groups = places.join(names.groups, on="partner").filter(pl.col("month").is_between("begin", "end"))
    return [
        every,
        places.with_columns(partner=pl.lit(names.world, NUMBER), is_own=pl.lit(False)),
        groups.with_columns(partner=pl.col("total").cast(NUMBER), is_own=pl.lit(False)).select(every.columns),
    ]


def _levels_of(levels: Levels, grid: Grid, places: pl.DataFrame) -> pl.DataFrame:
    """Places that have a level, with their row, level and status."""
    parts = []
    rows = places.with_columns(row=grid.rows_of(places)).drop_nulls("row")
    for (month,), own in rows.partition_by("month", as_dict=True).items():
        now = levels.months[int(str(month))]
        known = own.with_columns(
            level=pl.lit(now.value).gather(pl.col("row")), status=pl.lit(now.status).gather(pl.col("row"))
        )
        parts.append(known.filter(pl.col("status") < MISSING_FROM))
    nothing = rows.clear().with_columns(level=pl.lit(0, pl.Int64), status=pl.lit(0, pl.UInt8))
    return pl.concat([nothing, *parts])
