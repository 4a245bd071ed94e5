"""Reads the groups of goods of SITC, the BEC and ISIC as lists of codes: sitc:776, isic:2610.

A group of fewer digits has the groups below it. The groups are rows of `goods_classes`, by the edition of the HS that
each names. Belongs here: which codes a group has, and which codes near it have no group. Does not belong here: how a
list is counted (`control_lists`).
"""

import polars as pl

from schemas.names import CLASSIFIED, EDITIONS
from schemas.reference.code_tables import code_table
from tasks.domain.classification import HEADING
from tasks.domain.hs_editions import codes_today

TITLES = {"sitc": "SITC Rev. 4", "bec": "BEC Rev. 4", "isic": "ISIC Rev. 4"}
TABLE = "goods_classes"


def is_group(text: str) -> bool:
    """Whether a text names a group of a classification.

    >>> is_group("sitc:776"), is_group("list:chpl"), is_group("sitc")
    (True, False, False)
    """
    name, colon, group = text.partition(":")
    return name in CLASSIFIED and bool(colon and group)


def group_rows(classification: str) -> pl.DataFrame:
    """Return the rows of a classification in the form of lists: the group of a code is its tier."""
    editions = {month: name for name, month in EDITIONS.items()}
    return (
        code_table(TABLE)
        .filter(classification=classification)
        .select(
            list="classification",
            authority=pl.lit(TITLES[classification]),
            code="code",
            digits=pl.lit("6"),
            nomenclature=pl.lit("HS6"),
            edition=pl.col("valid_from").replace_strict(editions, return_dtype=pl.String),
            tier="group",
            valid_from="valid_from",
            valid_to="valid_to",
            coverage="coverage",
            trust=pl.lit("stated"),
            note=pl.lit(""),
            source="source",
        )
    )


def without_group(classification: str, codes: pl.Series) -> list[str]:
    """Return the codes of today's HS that have no group in the table and share a heading with one of these codes: a
    total of the group may lack them."""
    headings = codes.str.head(HEADING).unique()
    grouped = code_table(TABLE).filter(classification=classification)["code"]
    today = codes_today()
    lacking = today.filter(~today.is_in(grouped.implode()) & today.str.head(HEADING).is_in(headings.implode()))
    return lacking.sort().to_list()
