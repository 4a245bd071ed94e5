"""Names partners, products and months as people write them."""

import calendar
from datetime import date

import polars as pl
import pycountry

from schemas.reference.code_tables import code_table
from tasks.domain.classification import BASKET
from tasks.domain.coverage import WORLD


def partner_name(partner: str) -> str:
    """English name of a partner key."""
    if partner == WORLD:
        return "World"
    if is_group(partner):
        return partner
    known = code_table("partners").filter(pl.col("partner") == partner)
    if known.height:
        return str(known["name_en"][0])
    country = pycountry.countries.get(alpha_3=partner)
    return country.name if country else partner


def is_group(partner: str) -> bool:
    """Whether a key names several partners, which have keys of their own."""
    return partner in code_table("partner_groups")["group"]


def row_name(partner: str) -> str:
    """Name of a partner in a table of partners; a group is marked, because its members are in the same table."""
    return partner_name(partner) + (" (group)" if is_group(partner) else "")


def product_names(product: str) -> tuple[str, str] | None:
    """English and Chinese name of a product; None where the tables have none."""
    if product.startswith(BASKET):
        rows = code_table("baskets").filter(BASKET + pl.col("basket") == product)
    else:
        tables = (code_table(name).filter(pl.col("product") == product) for name in ("products", "hs_names"))
        rows = next((rows for rows in tables if rows.height), pl.DataFrame())
    return (rows["name_en"][0], rows["name_zh"][0]) if rows.height else None


def product_name(product: str) -> str:
    """English name of a product and its code; the code alone where the tables have no name."""
    names = product_names(product)
    return f"{names[0]} ({product})" if names else product


def written_month(day: date) -> str:
    """June 2025."""
    return f"{calendar.month_name[day.month]} {day.year}"
