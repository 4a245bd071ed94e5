"""Computes which keys the releases cover: inside a scope a missing number means no trade, outside it nothing is known.

A scope is products (a shorter code covers all codes below it, * covers all), partners (all, listed, or only the keys of
the records), months and measure families.

A group of partners is the sum of its members. A partner code that no list names may be a member, so in a month in which
a file has one no group is covered, however small its trade, until a later file of every partner has none.
"""

import functools
import itertools
from datetime import date

import polars as pl

from schemas.frames import Release
from schemas.names import KINDS, NATIONAL
from schemas.reference.code_tables import code_table, valid_in
from tasks.domain.classification import BASKET, basket_members
from tasks.domain.nomenclature import SHARED, national_lists
from tasks.domain.nomenclature import digits as digits_of
from tasks.domain.periods import month_index, month_number, month_text, number_of

LEVELS = (2, 4, 6, 8)
EVERYTHING = "*"
WORLD = "WLD"
CELL = ["flow", "product", "family", "month"]
# Months for which a series without trade is still published: one year, so that its last growth on the year before
# appears.
QUIET_MONTHS = 12
# The rolling year of the same month a year later rests on a month this far back.
FIGURES_LOOK_BACK = 23
# Records look back this many months, so that a month is computed from a bounded past.
LOOK_BACK_MONTHS = 60
GROUPS = tuple(code_table("partner_groups")["group"].unique().sort())
# Keys of groups of partners.
TOTALS = (WORLD, *GROUPS)


def family() -> pl.Expr:
    """The `family` of a `measure`: all quantities of a product are covered together, each currency by itself."""
    name = pl.col("measure").cast(pl.String)
    return (
        pl.when(name.str.ends_with("_yoy"))
        .then(pl.lit("quantity_yoy"))
        .when(name.str.starts_with("quantity"))
        .then(pl.lit("quantity"))
        .otherwise(name)
        .alias("family")
    )


def family_of(measure: str) -> str:
    """The family of one measure that is not a growth."""
    return "quantity" if measure.startswith("quantity") else measure


def priority() -> pl.Expr:
    """The priority of the `kind` of a release, 0 is the best: where several kinds cover one key the lower one wins."""
    return pl.col("kind").replace_strict(KINDS, range(len(KINDS)), return_dtype=pl.Int32)


def with_scope(releases: pl.DataFrame) -> pl.DataFrame:
    """The releases with a scope: only for these does a missing row mean no trade.

    `everyone` says whether the scope has every partner; a file of world totals alone does not. `lists` are the partners
    in the file, as one text.
    """
    totals_alone = (pl.col("partner_list").list.len() == 1) & (pl.col("partner_list").list.first() == WORLD)
    return releases.filter(pl.col("partners") != "keys").with_columns(
        everyone=(pl.col("partners") == "all") & ~totals_alone, lists=pl.col("partner_list").list.sort().list.join(",")
    )


@functools.cache
def _placed() -> frozenset[str]:
    return frozenset(key for table in ("partner_codes", "partners") for key in code_table(table)["partner"])


def is_unplaced(partner: str) -> bool:
    """Whether a partner key is a code that no list named when the file was read: nobody knows which groups it is in.

    >>> [is_unplaced(key) for key in ("DEU", "gacc:199", "gacc:888", "WLD")]
    [False, False, True, False]
    """
    return ":" in partner and partner not in _placed()


def unlisted_place() -> pl.Expr:
    """How a release names a partner code and a month in which it has it."""
    return pl.format("{} {}", "partner", pl.col("period_end").dt.strftime("%Y-%m"))


def _unplaced_months(releases: pl.DataFrame) -> pl.Series:
    """The months (month indices) in which each release has a partner code that no list names."""
    by_release = [
        {month_number(date.fromisoformat(f"{month}-01")) for key, month in map(str.split, places) if is_unplaced(key)}
        for places in releases["unlisted"]
    ]
    return pl.Series([sorted(months) for months in by_release], dtype=pl.List(pl.Int32))


def years_as_months(releases: Release) -> Release:
    """The releases that gave January to a later month as one figure, each as a release of that last month alone.

    What covers the month then covers the figure.
    """
    first, last = month_index("first_month"), month_index("last_month")
    is_year_so_far = (number_of(first) == 1) & (first < last) & (last < first + 12)
    whole = releases.filter(~pl.col("by_month"), is_year_so_far)
    return whole.with_columns(first_month="last_month", by_month=pl.lit(True))


def lost_place(product: str, day: str, family: str) -> pl.Expr:
    """How a release names a place where it lost a record: product and month, or EVERYTHING if unreadable; and the
    measure family where it lost one number alone."""
    names = (pl.col(product).cast(pl.String), pl.col(day).dt.strftime("%Y-%m"))
    return pl.concat_str(*(name.fill_null(EVERYTHING) for name in names), family, separator=" ", ignore_nulls=True)


def without_lost(places: pl.DataFrame, releases: pl.DataFrame) -> pl.DataFrame:
    """Those of `places` (release_id, product, family, month, …) where the release lost no number of the family, of the
    product or below it.

    A missing row may be the record that was set aside, so at such a place it does not mean no trade. Where a record has
    a value and hides its weight, the values of the place are whole.
    """
    lost = releases.select("release_id", place=pl.col("lost")).explode("place").drop_nulls()
    if not lost.height:
        return places
    words = pl.col("place").str.split(" ").list
    code = words.get(0)
    above = pl.concat_list(code, *(code.str.slice(0, level) for level in LEVELS))
    lost = lost.select(
        "release_id",
        product=pl.when(code.str.contains(r"^\d+$")).then(above.list.unique()).otherwise(pl.concat_list(code)),
        month=month_index((words.get(1) + "-01").str.to_date("%Y-%m-%d", strict=False)),
        family=words.get(2, null_on_oob=True),
    ).explode("product")
    lost = lost.with_columns(product=pl.when(pl.col("product") != EVERYTHING).then("product"))
    places = places.with_columns(pl.col("product", "family").cast(pl.String))
    names = ("product", "month", "family")
    for on in (some for count in range(len(names) + 1) for some in itertools.combinations(names, count)):
        of_these = lost.filter(pl.col(name).is_not_null() == (name in on) for name in names)
        places = places.join(of_these, on=["release_id", *on], how="anti") if of_these.height else places
    return places


def asked_products(releases: pl.DataFrame, products: pl.Series, *, roll_up: bool) -> pl.DataFrame:
    """Which of `products` each release covers: columns release_id, product.

    These are the requested codes and the codes below them, with as many digits as the codes in the file. With `roll_up`
    a release of national codes also covers the levels above, whose numbers are sums of its own.
    """
    codes = pl.DataFrame({"product": products.unique().drop_nulls()}, schema={"product": pl.String})
    digits = pl.col("product").str.len_chars()
    is_code = pl.col("product").str.contains(r"^\d+$")
    above = pl.concat_list(pl.lit(EVERYTHING), *(pl.col("product").str.slice(0, level) for level in LEVELS))
    above = pl.when(is_code).then(pl.concat_list("product", above).list.unique()).otherwise(pl.concat_list("product"))
    finest = pl.col("classification").is_in([*NATIONAL])
    scopes = releases.select("release_id", finest=finest, digits=digits_of(pl.col("classification")), asked="products")
    scopes = scopes.explode("asked")
    matches = codes.with_columns(above.alias("asked")).explode("asked").join(scopes, on="asked")
    level = (digits == pl.col("digits")) | (pl.lit(roll_up) & pl.col("finest") & (digits <= max(SHARED)))
    return matches.filter(~is_code | level).select("release_id", "product").unique()


def of_national_lists(releases: pl.DataFrame) -> pl.DataFrame:
    """The releases whose files have codes of a national list: their numbers at the HS levels are sums of their own
    codes."""
    return releases.filter(pl.col("classification").is_in([*NATIONAL]))


def covering(keys: pl.DataFrame, releases: pl.DataFrame) -> pl.DataFrame:
    """Those of `keys` (flow, product, partner, measure, month) that some release covers, with or without a row.

    Adds `priority`, the priority of the best kind that does. The world or a group of partners is covered only where
    every partner was requested; a basket only where each of its codes is covered.
    """
    if not keys["product"].str.starts_with(BASKET).any():
        return _covering_codes(keys.unique(), releases)
    # Where no release says of which list its codes are, each code of a basket is needed.
    members = basket_members(next(iter(national_lists(releases)), None))
    named = (
        keys.filter(pl.col("product").str.starts_with(BASKET))
        .join(members, on="product")
        .filter(valid_in(month_text()))
    )
    expanded = named.select(pl.exclude("product", "part"), product="part").select(keys.columns)
    plain = keys.filter(~pl.col("product").str.starts_with(BASKET))
    covered = _covering_codes(pl.concat([plain, expanded]).unique(), releases)
    if not named.height:
        return covered
    parts = named.join(covered.rename({"product": "part"}), on=[*(set(keys.columns) - {"product"}), "part"], how="left")
    baskets = parts.group_by(keys.columns).agg(
        pl.col("priority").max(), pl.col("priority").is_null().any().alias("open")
    )
    return pl.concat(
        [covered.join(plain, on=keys.columns, how="semi"), baskets.filter(~pl.col("open")).select(covered.columns)]
    )


def _covering_codes(keys: pl.DataFrame, releases: pl.DataFrame) -> pl.DataFrame:
    if not (keys.height and releases.height):
        return keys.clear().with_columns(priority=pl.lit(None, pl.Int32))
    first, last = keys.select(first=pl.col("month").min(), last=pl.col("month").max()).row(0)
    covered = covered_codes(releases, keys["product"], first, last)
    keys_of_families = keys.with_columns(family())
    everyone = covered.filter("everyone").group_by(CELL).agg(pl.col("priority").min(), pl.col("groups").any())
    # A single partner, or a group that has members in that month.
    since = dict(code_table("partner_groups").group_by("group").agg(pl.col("valid_from").min()).iter_rows())
    founded = pl.col("partner").replace_strict(since, default="", return_dtype=pl.String)
    is_covered = (founded <= month_text()) & (~pl.col("partner").is_in(GROUPS) | pl.col("groups"))
    whole = keys_of_families.join(everyone, on=CELL).filter(is_covered)
    columns = [*keys.columns, "priority"]
    if covered["everyone"].all():
        return whole.select(columns)
    listed = covered.filter(~pl.col("everyone")).group_by(*CELL, "lists").agg(pl.col("priority").min())
    partners = listed.select("lists").unique().with_columns(partner=pl.col("lists").str.split(",")).explode("partner")
    part = keys_of_families.join(listed, on=CELL).join(partners, on=["lists", "partner"], how="semi")
    return pl.concat([whole.select(columns), part.select(columns)]).group_by(keys.columns).agg(pl.col("priority").min())


def covered_codes(releases: pl.DataFrame, products: pl.Series, first: int, last: int) -> pl.DataFrame:
    """CELL, everyone, groups, lists, priority: what the releases by month cover, code by code, from `first` to `last`.

    Each such row occurs once. `groups` says whether groups of partners are covered too: every partner was requested,
    and the last word on the cell has no partner code that no list names.
    """
    monthly = with_scope(releases.filter(pl.col("by_month"))).with_columns(priority=priority())
    begin = pl.max_horizontal(month_index("first_month"), pl.lit(first, pl.Int32))
    # A release covers no month that had not ended when it was published.
    end = pl.min_horizontal(month_index("last_month") + 1, month_index("released_on"), pl.lit(last + 1, pl.Int32))
    inside = monthly.filter(begin < end)
    if not inside.height:
        nothing = {"product": pl.String(), "family": pl.String(), "month": pl.Int32()}
        empty = inside.with_columns(pl.lit(None, kind).alias(name) for name, kind in nothing.items())
        return empty.select(*CELL, "everyone", "lists", "priority", groups="everyone")
    unplaced = _unplaced_months(inside)
    # A later file replaces an earlier one of its kind; only where a code has no place their order matters.
    order = ["unplaced", "position"] if unplaced.list.len().sum() else []
    if order:
        position = pl.struct("released_on", "release_id").rank("ordinal")
        inside = inside.with_columns(unplaced=unplaced, position=position)
    inside = _alike(inside)
    months = (
        inside.select(
            "release_id",
            "flow",
            "everyone",
            "lists",
            "priority",
            *order,
            family="measures",
            month=pl.int_ranges(begin, end, dtype=pl.Int32),
        )
        .explode("month")
        .explode("family")
        .unique()
    )
    if order:
        months = months.with_columns(pl.col("unplaced").list.contains(pl.col("month")))
    scopes = inside.unique("release_id")
    products_of = asked_products(scopes, products, roll_up=True)
    covered = without_lost(months.join(products_of, on="release_id"), scopes)
    covered = covered.select(*CELL, "everyone", "lists", "priority", *order)
    if order:
        telling = covered.filter(pl.col("everyone") | pl.col("unplaced")).sort(
            "priority", "position", descending=[False, True]
        )
        open_cells = telling.group_by(CELL).agg(pl.col("unplaced").first().alias("is_open"))
        covered = covered.drop(order).join(open_cells, on=CELL, how="left", nulls_equal=True)
        covered = covered.with_columns(groups=pl.col("everyone") & ~pl.col("is_open").fill_null(False)).drop("is_open")
    else:
        covered = covered.with_columns(groups="everyone")
    # One scope over distinct months gives distinct rows.
    return covered.unique() if scopes.height > 1 else covered


def _alike(releases: pl.DataFrame) -> pl.DataFrame:
    """The releases, with one `release_id` for all that request the same products and lost the same records.

    Most releases request the same month after month, so their products are looked up once.
    """
    scope = (pl.col(name).list.join("\n") for name in ("products", "lost"))
    return releases.with_columns(pl.col("release_id").first().over("classification", *scope))
