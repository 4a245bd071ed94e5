"""Relates HS codes, headings and baskets: the parts of a product, and the products that a code is part of."""

import functools
import itertools

import polars as pl

from schemas.reference.code_tables import code_table
from tasks.domain.nomenclature import ANY_LIST

BASKET = "basket:"
HS_LEVELS = (6, 4, 2)
HS_DIGITS = max(HS_LEVELS)
HEADING = 4


def part_of(product: str) -> pl.Expr:
    """Rows of a product, of its parts and of the codes below them, in any month: the inputs of its metrics."""
    if not product.startswith(BASKET):
        return pl.col("product").str.starts_with(product)
    codes = members(product)
    headings = [pl.col("product").str.starts_with(code) for code in codes if is_heading(code)]
    return pl.any_horizontal(pl.col("product").is_in([product, *codes]), *headings)


def basket_members(national: str | None = None) -> pl.DataFrame:
    """Baskets and the codes in them: product, part, nomenclature (of a code that every list has, one of ANY_LIST, or
    the list of the stores that have the basket), valid_from, valid_to; of the stores of a national list, or of all."""
    rows = code_table("baskets").rename({"hs8": "part"}).with_columns(product=BASKET + pl.col("basket"))
    rows = rows.select("part", "product", "nomenclature", "valid_from", "valid_to")
    return rows if national is None else rows.filter(pl.col("nomenclature").is_in([*ANY_LIST, national]))


@functools.cache
def members(product: str) -> list[str]:
    """Known codes of a product, of whatever list."""
    if product.startswith(BASKET):
        return basket_members().filter(product=product)["part"].unique().sort().to_list()
    return [product] if product.isdecimal() else []


def is_heading(product: str) -> bool:
    """Whether a product is a code of an HS level, which has national codes below it."""
    return product.isdecimal() and len(product) <= HS_DIGITS


def holds(product: str, code: str) -> bool:
    """Whether a code is the product, is a part of it, or lies below either.

    >>> [holds("8505", code) for code in ("8505", "85051110", "850611")], holds("85051110", "8505111000")
    ([True, True, False], False)
    """
    return any(code == part or (is_heading(part) and code.startswith(part)) for part in members(product))


def touching(products: pl.Series, codes: pl.Series) -> pl.DataFrame:
    """Return which of these products are one of these codes, below one, or above one: product, code."""
    some = products.unique().to_frame("product"), codes.drop_nulls().unique().to_frame("code")
    pairs = [pl.DataFrame(schema={"product": pl.String, "code": pl.String})]
    for (longer, long), (shorter, short) in itertools.permutations(zip(some, ("product", "code"), strict=True)):
        for length in shorter[short].str.len_chars().unique():
            heads = longer.with_columns(pl.col(long).str.head(length).alias(short))
            pairs.append(heads.join(shorter, on=short, how="semi").select("product", "code"))
    return pl.concat(pairs).unique()
