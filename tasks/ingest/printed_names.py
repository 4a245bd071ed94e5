"""Extracts the names that a release prints for its products and partners.

Belongs here: which name the file has for which code. `ledger.name_tables` merges the names in the store;
`sources.names` finds damage of the file from its names.
"""

import polars as pl

from schemas.forms.request import Landed
from schemas.frames import PrintedName, Reported
from schemas.table import polars_schema

# Invisible characters: control characters, direction marks, blanks without width.
UNSEEN = r"[\x00-\x08\x0e-\x1f\x7f-\x9f\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{2069}\x{feff}]"
CHINESE, LATIN, OTHER = r"\p{Han}", r"\p{Latin}", r"[\p{Hiragana}\p{Katakana}\p{Hangul}]"


def printed_names(reported: Reported, keys: pl.DataFrame, landed: Landed) -> PrintedName:
    """Each code of the records of these keys with each name printed for it and the newest month of that name."""
    rows, month = keys["row"], keys["period_end"]
    parts = [
        _names("product", keys["product"], reported["product_name"].gather(rows), month, keys["classification"]),
        _names("partner", keys["partner"], reported["partner_name"].gather(rows), month),
    ]
    names = pl.concat(parts).with_columns(
        printed_on=pl.when(pl.col("name").is_not_null()).then(pl.lit(landed.released_on, dtype=pl.Date))
    )
    return names.select(*polars_schema("printed_name")).sort("subject", "code", "name", nulls_last=True)


def _names(
    subject: str, code: pl.Series, name: pl.Series, month: pl.Series, classification: pl.Series | None = None
) -> pl.DataFrame:
    kinds = pl.lit(None, pl.String) if classification is None else classification
    pairs = (
        pl.DataFrame({"code": code, "name": name, "month": month})
        .with_columns(classification=kinds)
        .drop_nulls("code")
        .group_by("code", "classification", "name")
        .agg(pl.col("month").max().dt.month_start())
        .with_columns(pl.col("name").cast(pl.String))
        .with_columns(name=plain_name(), language=language())
    )
    named = (
        pairs.drop_nulls("language").group_by("code", "classification", "name", "language").agg(pl.col("month").max())
    )
    bare = pairs.select("code", "classification").unique().join(named, on="code", how="anti")
    return pl.concat([named, bare], how="diagonal").with_columns(subject=pl.lit(subject))


def plain_name() -> pl.Expr:
    """A printed name in one line: line ends and repeated blanks become one blank, invisible characters are removed."""
    return pl.col("name").str.replace_all(r"\s+", " ").str.replace_all(UNSEEN, "").str.strip_chars()


def language() -> pl.Expr:
    """`zh` for Chinese, `en` for a text in Latin letters; null for other text, such as a code or a mark."""
    name = pl.col("name")
    return (
        pl.when(name.str.contains(OTHER)).then(None)
        .when(name.str.contains(CHINESE)).then(pl.lit("zh"))
        .when(name.str.contains(LATIN)).then(pl.lit("en"))
    )  # fmt: skip
