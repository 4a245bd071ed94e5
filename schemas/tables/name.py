"""Defines the names of products and partners: those that a release prints, and the two tables that readers join to
figures by code.

Nothing is joined on a name. A printed name is the newest one that a source has for the code, whatever the order in
which releases arrive; names of the code tables have columns of their own.
"""

from typing import Any

import polars as pl
from pandera.polars import Field

from schemas.model import Table
from schemas.names import CLASSIFICATIONS, LANGUAGES, SUBJECTS

PARTNER_KINDS = ("country", "territory", "unspecified", "other", "group", "total")


class PrintedName(Table):
    """The codes of one release with the names that it prints for them; a code without a name has one row with nulls."""

    subject: pl.String = Field(description="what the code is of", isin=list(SUBJECTS))
    code: pl.String = Field(description="our key: HS code or line:…, or partner")
    classification: pl.String = Field(
        description="what kind of code a product is", isin=list(CLASSIFICATIONS), nullable=True
    )
    name: pl.String = Field(description="name as printed, line ends and repeated blanks made one blank", nullable=True)
    language: pl.String = Field(description="language of the name", isin=list(LANGUAGES), nullable=True)
    month: pl.Date = Field(description="first day of the newest month for which the release prints it", nullable=True)
    printed_on: pl.Date = Field(description="day on which the release was made public", nullable=True)


def _iso(form: str) -> Any:
    return Field(description=f"ISO 3166-1 {form}; null: the key is no country's own", nullable=True)


def _shown() -> Any:
    return Field(
        description="name to show: English of a code table, else as printed in English, else as printed, else Chinese of a code table; "
        "null: none is known",
        nullable=True,
    )


def _printed(language: str) -> Any:
    return Field(description=f"{language} name as a source printed it for the newest month", nullable=True)


def _month(name: str) -> Any:
    return Field(description=f"newest month for which {name} is printed", nullable=True)


def _day(name: str) -> Any:
    return Field(description=f"day of the newest release that prints {name} for that month", nullable=True)


def _reference(language: str) -> Any:
    return Field(description=f"{language} name in a code table", nullable=True)


class Product(Table):
    """Products of the store, one row a code: those that releases print, their headings and baskets, with their names and where they belong."""

    product: pl.String = Field(
        description="code as text: HS2, HS4, HS6 or the code of a national list, line:…, or basket:…", unique=True
    )
    classification: pl.String = Field(description="what kind of code `product` is", isin=list(CLASSIFICATIONS))
    level: pl.Int8 = Field(
        description="digits of the code; null: a basket, or a line that only a source defines", ge=2, nullable=True
    )
    parent: pl.String = Field(
        description="HS code of the next level above, two, four or six digits, which has a row of its own; null: a chapter, a basket or a line",
        nullable=True,
    )
    edition_from: pl.Date = Field(
        description="first month of the HS edition that last changed what the code, or its first six digits, covers; null: no change is known",
        nullable=True,
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
    reference: pl.String = Field(description="code table that has it", nullable=True)


class Partner(Table):
    """Partners of the store, one row a key: those that releases print, groups of them, and the world, with their names and ISO codes."""

    partner: pl.String = Field(
        description="ISO 3166-1 alpha-3, gacc:NNN, WLD for all partners, or a group", unique=True
    )
    kind: pl.String = Field(
        description="what the key stands for; null: the code tables do not have it",
        isin=list(PARTNER_KINDS),
        nullable=True,
    )
    iso2: pl.String = _iso("alpha-2")
    iso3: pl.String = _iso("alpha-3")
    iso_numeric: pl.String = _iso("numeric, three digits")
    groups: list[str] = Field(
        description="groups that it belongs to since the last change of their members; none: in no group"
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
    reference: pl.String = Field(description="code table that has it", nullable=True)
