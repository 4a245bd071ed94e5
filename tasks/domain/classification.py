"""Relates HS codes, headings and baskets: the parts of a product, and the products that a code is part of."""

import functools

import polars as pl

from schemas.reference.code_tables import code_table

BASKET = "basket:"
HS_LEVELS = (6, 4, 2)
HS_DIGITS = max(HS_LEVELS)


def part_of(product: str) -> pl.Expr:
    """Rows of a product, of its parts and of the codes below it, in any month: the inputs of its metrics."""
    if product.startswith(BASKET):
        return pl.col("product").is_in([product, *members(product)])
    return pl.col("product").str.starts_with(product)


def basket_members() -> pl.DataFrame:
    """Baskets and the codes in them: product, part, the national list of the codes, valid_from, valid_to."""
    rows = code_table("baskets").rename({"hs8": "part"}).with_columns(product=BASKET + pl.col("basket"))
    return rows.select("part", "product", "nomenclature", "valid_from", "valid_to")


@functools.cache
def members(product: str) -> list[str]:
    """Known HS8 codes of a product."""
    if product.startswith(BASKET):
        return basket_members().filter(product=product)["part"].unique().sort().to_list()
    return [product] if product.isdecimal() else []


def is_heading(product: str) -> bool:
    """Whether a product is a code of an HS level, which has national codes below it."""
    return product.isdecimal() and len(product) <= HS_DIGITS


def holds(product: str, code: str) -> bool:
    """Whether an HS8 code is the product, is a part of it, or lies below it."""
    return code in members(product) or (is_heading(product) and code.startswith(product))
