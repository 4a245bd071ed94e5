"""Builds the tables of names: one row for each product and partner of the store, with the printed names.

For each code and language the name printed for the newest month wins; for one month that of the release published last;
on one day the last in alphabetical order. That is the maximum of a set, so any order of arrival gives the same tables,
and a new release needs only the tables themselves.
"""

from typing import Any, NamedTuple

import polars as pl
import pycountry

from schemas.frames import Partner, PrintedName, Product
from schemas.names import LANGUAGES, SUBJECTS
from schemas.reference.code_tables import code_table, listed_partners
from schemas.table import empty_frame, polars_schema
from tasks.domain.classification import BASKET, HS_DIGITS, basket_members
from tasks.domain.coverage import WORLD
from tasks.domain.hs_editions import revisions_so_far
from tasks.domain.labels import readable_names
from tasks.domain.nomenclature import ANY_LIST, CHINAS, OTHERS
from tasks.store.files.snapshot import Snapshot
from tasks.store.places.verify_on_read import prove
from tasks.store.snapshots.parquet import read_table

_NEWEST = ("month", "printed_on", "name")


class NameTables(NamedTuple):
    """Names of products and partners after a release."""

    product: Product
    partner: Partner


def name_tables(snapshot: Snapshot | None, printed: PrintedName | None) -> NameTables:
    """The tables after a release that prints these names (None: adds none); `snapshot` is the state before it."""
    printed = empty_frame("printed_name") if printed is None else printed
    before = {subject: _before(snapshot, subject) for subject in SUBJECTS}
    return NameTables(
        product_table(pl.concat([before["product"], printed.filter(subject="product")])),
        partner_table(pl.concat([before["partner"], printed.filter(subject="partner")])),
    )


def names_in(snapshot: Snapshot) -> NameTables:
    """The names of a published state, with the current code tables; also for a store without tables of names."""
    return name_tables(snapshot, None)


def _before(snapshot: Snapshot | None, subject: str) -> pl.DataFrame:
    """The inputs of an earlier table of names, as far as they matter; for a store without one the codes alone."""
    if snapshot is None or snapshot.entries(subject):
        prove(snapshot, subject)
        return _as_printed(read_table(snapshot, subject), subject)
    columns = ["product", "classification"] if subject == "product" else ["partner"]
    codes = read_table(snapshot, "observation", columns=columns).unique()
    return _padded(codes.rename({subject: "code"}), subject)


def _as_printed(table: pl.DataFrame, subject: str) -> pl.DataFrame:
    """A table of names split into its codes and the names printed for them."""
    kept: list[Any] = [*(["classification"] if subject == "product" else []), pl.col(subject).alias("code")]
    parts = [
        table.select(
            *kept,
            name=f"printed_{language}",
            language=pl.lit(language),
            month=f"printed_{language}_month",
            printed_on=f"printed_{language}_on",
        ).drop_nulls("name")
        for language in LANGUAGES
    ]
    return pl.concat(_padded(part, subject) for part in [*parts, table.select(kept)])


def _padded(codes: pl.DataFrame, subject: str) -> pl.DataFrame:
    kinds = polars_schema("printed_name")
    absent = [pl.lit(None, kind).alias(name) for name, kind in kinds.items() if name not in codes.columns]
    return codes.with_columns(absent).with_columns(subject=pl.lit(subject)).select(*kinds)


def product_table(printed: pl.DataFrame) -> Product:
    """The table of products: all these codes, their headings, and the baskets that contain one of them."""
    codes = printed.select(product="code", classification="classification").unique()
    digits = codes.filter(pl.col("product").str.contains(r"^\d+$"))
    headings = [
        digits.filter(pl.col("product").str.len_chars() > length).select(
            product=pl.col("product").str.head(length), classification=pl.lit(f"HS{length}")
        )
        for length in (2, 4, 6)
    ]
    # The names in the code tables are those of China's codes.
    national = pl.when(pl.col("classification").is_in(OTHERS)).then("classification").otherwise(pl.lit(CHINAS))
    listed = codes.select(part="product", nomenclature=national)
    shared = pl.concat([listed.select("part"), *(one.select(part="product") for one in headings)])
    members, is_shared = basket_members(), pl.col("part").str.len_chars() <= HS_DIGITS
    is_here = pl.col("nomenclature").is_in([*ANY_LIST, *listed["nomenclature"].unique()])
    baskets = [
        members.filter(~is_shared).join(listed, on=["part", "nomenclature"], how="semi"),
        members.filter(is_shared, is_here).join(shared, on="part", how="semi"),
    ]
    in_baskets = pl.concat(baskets).select("product", classification=pl.lit("basket"))
    every = pl.concat([codes, *headings, in_baskets]).unique().sort("product")
    code = pl.col("product")
    # Where a code stands among the others: its digits, and the HS code above it.
    length_of = pl.when(code.str.contains(r"^\d+$")).then(code.str.len_chars().cast(pl.Int8))
    above = pl.coalesce(pl.when(length_of > length).then(code.str.head(length)) for length in (HS_DIGITS, 4, 2))
    every = every.with_columns(level=length_of, parent=above)
    since = pl.col("from_month").max().str.to_date("%Y-%m")
    changed = revisions_so_far().group_by(hs="code").agg(edition_from=since)
    every = every.with_columns(hs=pl.col("product").str.head(HS_DIGITS)).join(changed, on="hs", how="left").drop("hs")
    return _table(every, printed, product_references(), "product")


def partner_table(printed: pl.DataFrame) -> Partner:
    """The table of partners: all these keys, the world and the groups, which have numbers even without a member."""
    keys = printed.select(partner="code").unique()
    totals = pl.DataFrame({"partner": [WORLD, *code_table("partner_groups")["group"].unique()]})
    every = pl.concat([keys, totals]).unique().sort("partner") if keys.height else keys
    states = {one.alpha_3: (one.alpha_2, one.numeric) for one in pycountry.countries}
    iso = pl.DataFrame(
        [(key, key, *states[key]) for key in every["partner"] if key in states],
        dict.fromkeys(("partner", "iso3", "iso2", "iso_numeric"), pl.String),
        orient="row",
    )
    members = code_table("partner_groups").filter(valid_to="").group_by("partner").agg(groups=pl.col("group").sort())
    every = every.join(iso, on="partner", how="left").join(members, on="partner", how="left")
    every = every.with_columns(pl.col("groups").fill_null([]))
    return _table(every, printed, partner_references(), "partner")


def _table(codes: pl.DataFrame, printed: pl.DataFrame, references: pl.DataFrame, table: str) -> pl.DataFrame:
    key = codes.columns[0]
    named = codes.join(references, on=key, how="left")
    if key == "product":
        is_other = pl.col("classification").is_in(OTHERS)
        named = named.with_columns(
            pl.when(~is_other).then(name).alias(name) for name in references.columns if name != key
        )
    for language in LANGUAGES:
        newest = (
            printed.filter(language=language)
            .sort(_NEWEST)
            .group_by("code")
            .last()
            .select(
                pl.col("code").alias(key),
                pl.col("name").alias(f"printed_{language}"),
                pl.col("month").alias(f"printed_{language}_month"),
                pl.col("printed_on").alias(f"printed_{language}_on"),
            )
        )
        named = named.join(newest, on=key, how="left")
    shown = pl.coalesce(readable_names(pl.coalesce("reference_en", "printed_en")), "printed_zh", "reference_zh")
    return named.with_columns(name=shown).select(*polars_schema(table)).sort(key)


def product_references() -> pl.DataFrame:
    """product, reference_en, reference_zh, reference: baskets, products of the watch list, and any HS code."""
    baskets = code_table("baskets").select("name_en", "name_zh", product=BASKET + pl.col("basket"))
    tables = {"baskets": baskets, "products": code_table("products"), "hs_names": code_table("hs_names")}
    return _references(tables, "product")


def partner_references() -> pl.DataFrame:
    """partner, kind, reference_en, reference_zh, reference: partners, groups of them, the world, and partners of other
    lists than China's."""
    # Where a partner's code changed, the newest row has its name.
    partners = code_table("partners").sort("valid_from", "gacc_code", descending=True)
    groups = code_table("partner_groups").select("name_en", "name_zh", partner="group", kind=pl.lit("group"))
    # What China has no code for, by the name that most lists have.
    kinds = {"country": "country", "residual": "unspecified", "secret": "unspecified"}
    others = listed_partners().with_columns(pl.col("kind").replace_strict(kinds), name_zh=pl.lit(""))
    world = pl.DataFrame({"partner": [WORLD], "name_en": ["World"], "name_zh": ["全球"], "kind": ["total"]})
    return _references(
        {"partners": partners, "partner_groups": groups, "all partners": world, "partner_codes": others},
        "partner",
        "kind",
    )


def _references(tables: dict[str, pl.DataFrame], *keys: str) -> pl.DataFrame:
    """The first row of each key, in the order of the tables; an empty name counts as missing."""
    names = [
        pl.when(pl.col(f"name_{language}") != "").then(f"name_{language}").alias(f"reference_{language}")
        for language in LANGUAGES
    ]
    rows = (table.select(*keys, *names, reference=pl.lit(name)) for name, table in tables.items())
    return pl.concat(rows).unique(keys[0], keep="first", maintain_order=True)
