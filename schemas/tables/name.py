"""Defines the names of products and partners: those that a release prints, and the two tables that readers join to
figures by code.

Nothing is joined on a name. A printed name is the newest one that a source has for the code, whatever the order in
which releases arrive; names of the code tables have columns of their own.
"""

from typing import Any

import polars as pl

from schemas.model import Table, column, optional
from schemas.names import CLASSIFICATIONS, LANGUAGES, SUBJECTS

PARTNER_KINDS = ("country", "territory", "unspecified", "other", "group", "total")


class PrintedName(Table):
    """The codes of one release with the names that it prints for them; a code without a name has one row with nulls."""

    subject: pl.String = column("what the code is of", isin=list(SUBJECTS))
    code: pl.String = column("our key: HS code or line:…, or partner")
    classification: pl.String = optional("what kind of code a product is", isin=list(CLASSIFICATIONS))
    name: pl.String = optional("name as printed, line ends and repeated blanks made one blank")
    language: pl.String = optional("language of the name", isin=list(LANGUAGES))
    month: pl.Date = optional("first day of the newest month for which the release prints it")
    printed_on: pl.Date = optional("day on which the release was made public")


def _iso(form: str) -> Any:
    return optional(f"ISO 3166-1 {form}; null: the key is no country's own")


def _shown() -> Any:
    return optional(
        "name to show: English of a code table, else as printed in English, else as printed, else Chinese of a code"
        " table; null: none is known"
    )


def _printed(language: str) -> Any:
    return optional(f"{language} name as a source printed it for the newest month")


def _month(name: str) -> Any:
    return optional(f"newest month for which {name} is printed")


def _day(name: str) -> Any:
    return optional(f"day of the newest release that prints {name} for that month")


def _reference(language: str) -> Any:
    return optional(f"{language} name in a code table")


class Product(Table):
    """Products of the store, one row a code: those that releases print, their headings and baskets, with their names
    and where they belong."""

    product: pl.String = column(
        "code as text: HS2, HS4, HS6 or the code of a national list, line:…, or basket:…", unique=True
    )
    classification: pl.String = column("what kind of code `product` is", isin=list(CLASSIFICATIONS))
    level: pl.Int8 = optional("digits of the code; null: a basket, or a line that only a source defines", ge=2)
    parent: pl.String = optional(
        "HS code of the next level above, two, four or six digits, which has a row of its own; null: a chapter, a"
        " basket or a line"
    )
    edition_from: pl.Date = optional(
        "first month of the HS edition that last changed what the code, or its first six digits, covers; null: no"
        " change is known"
    )
    name: pl.String = _shown()
    printed_zh: pl.String = _printed("Chinese")
    printed_zh_month: pl.Date = _month("printed_zh")
    printed_zh_on: pl.Date = _day("printed_zh")
    printed_en: pl.String = _printed("English")
    printed_en_month: pl.Date = _month("printed_en")
    printed_en_on: pl.Date = _day("printed_en")
    reference_en: pl.String = _reference("English")
    reference_zh: pl.String = _reference("Chinese")
    reference: pl.String = optional("code table that has it")


class Partner(Table):
    """Partners of the store, one row a key: those that releases print, groups of them, and the world, with their names
    and ISO codes."""

    partner: pl.String = column("ISO 3166-1 alpha-3, gacc:NNN, WLD for all partners, or a group", unique=True)
    kind: pl.String = optional(
        "what the key stands for; null: the code tables do not have it", isin=list(PARTNER_KINDS)
    )
    iso2: pl.String = _iso("alpha-2")
    iso3: pl.String = _iso("alpha-3")
    iso_numeric: pl.String = _iso("numeric, three digits")
    groups: list[str] = column("groups that it belongs to since the last change of their members; none: in no group")
    name: pl.String = _shown()
    printed_zh: pl.String = _printed("Chinese")
    printed_zh_month: pl.Date = _month("printed_zh")
    printed_zh_on: pl.Date = _day("printed_zh")
    printed_en: pl.String = _printed("English")
    printed_en_month: pl.Date = _month("printed_en")
    printed_en_on: pl.Date = _day("printed_en")
    reference_en: pl.String = _reference("English")
    reference_zh: pl.String = _reference("Chinese")
    reference: pl.String = optional("code table that has it")
