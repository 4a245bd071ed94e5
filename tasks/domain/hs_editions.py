"""Follows the codes of the HS from one edition to the next.

Belongs here: which codes there are today, which revisions have come, and what one makes of a code. Does not belong
here: which months of a series may be compared (`comparability`).
"""

from collections.abc import Iterable

import polars as pl

from schemas.names import EDITIONS
from schemas.reference.code_tables import code_table
from tasks.domain.classification import HS_DIGITS

# The edition by which customs count today; a later one is known before it begins.
TODAYS = max(EDITIONS.values())


def codes_today() -> pl.Series:
    """The HS6 of today's edition, in order."""
    ends = pl.col("valid_to").replace("", "9999-12")
    return code_table("hs_codes").filter(pl.col("valid_from") <= TODAYS, ends >= TODAYS)["code"]


def revisions_so_far() -> pl.DataFrame:
    """The rows of `hs_revisions` up to today's edition."""
    return code_table("hs_revisions").filter(pl.col("from_month") <= TODAYS)


def revised(codes: Iterable[str], year: str) -> pl.DataFrame:
    """What the edition of a year makes of codes of the one before, and of the HS codes below a heading.

    Returns a row for each that gains or loses goods: code, from_month, gained_from, lost_to, ends (it is no code any
    more; null where no table says it) and source. A national code goes by its first six digits.
    """
    coded = pl.DataFrame({"code": sorted({*codes})}, schema={"code": pl.String})
    coded = coded.with_columns(head=pl.col("code").str.head(HS_DIGITS))
    moved = code_table("hs_revisions").filter(pl.col("from_month").str.starts_with(year)).rename({"code": "hs"})
    rows = coded.join_where(moved, pl.col("hs").str.starts_with(pl.col("head")))
    is_heading = pl.col("code").str.len_chars() < HS_DIGITS
    rows = rows.with_columns(code=pl.when(is_heading).then("hs").otherwise("code"))
    rows = rows.join(_ends(moved), on="hs", how="left").unique("code").sort("code")
    return rows.select("code", "from_month", "gained_from", "lost_to", "ends", "source")


def _ends(moved: pl.DataFrame) -> pl.DataFrame:
    """Whether each code `hs` ended before the month of its revision: all codes of six digits that it had."""
    months = moved.select("hs", "from_month")
    below = months.join_where(code_table("hs_codes"), pl.col("code").str.starts_with(pl.col("hs")))
    older = below.filter(pl.col("valid_from") < pl.col("from_month"))
    ended = (pl.col("valid_to") != "") & (pl.col("valid_to") < pl.col("from_month"))
    return older.group_by("hs").agg(ends=ended.all())
