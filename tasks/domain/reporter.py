"""Says whose statistics a store holds, and which rows of the code tables are about them.

A law, a national code, a basket or a change of code belongs to one country: equal digits in the list of another one are
other goods. Tables about such things have the columns `reporter` and `nomenclature`; an empty one means any. Belongs
here: which rows apply to whom. The names of reporters are in `labels`.
"""

import functools
from typing import NamedTuple

import polars as pl

from schemas.reference.code_tables import code_table
from tasks.domain.nomenclature import ANY_LIST, CHINAS, national_lists

CHN = "CHN"
OWNERS = ("reporter", "nomenclature")


class Reporter(NamedTuple):
    """Whose statistics: the key of the reporter, and the list of its national codes; empty where neither is known."""

    code: str
    nomenclature: str

    @classmethod
    def of(cls, releases: pl.DataFrame) -> "Reporter":
        """The reporter of the releases of a store. China's codes are HS8 also where no release has any of them."""
        code = str(releases["reporter"][0]) if releases.height else ""
        return cls(code, next(iter(national_lists(releases)), CHINAS if code == CHN else ""))

    def rows(self, table: str) -> pl.DataFrame:
        """The rows of a code table that are about this reporter."""
        return _rows(table, self)


@functools.lru_cache(256)
def _rows(table: str, reporter: Reporter) -> pl.DataFrame:
    rows = code_table(table)
    named = zip(OWNERS, reporter, strict=True)
    return rows.filter(
        pl.lit(True),
        *(pl.col(name).is_in([*ANY_LIST, name_of_owner]) for name, name_of_owner in named if name in rows.columns),
    )
