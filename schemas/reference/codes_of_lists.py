"""Checks that a code of a table goes with the national list that its row names: two, four or six digits, which every
list has, or as many as the codes of the list have.
"""

import polars as pl

from schemas.code_files import SHARED
from schemas.names import NATIONAL

LISTS = ["", *SHARED, *NATIONAL]
LIST = (
    "national list that the code is of, for the stores that count by it. Empty, or HS6: a code of two, four or six"
    " digits, for every store"
)


def is_of_list() -> pl.Expr:
    """Whether a code, `hs8`, has two, four or six digits, or those of the list that its row names, `nomenclature`."""
    digits = pl.col("nomenclature").replace_strict(NATIONAL, default=None, return_dtype=pl.UInt32)
    length = pl.col("hs8").str.len_chars()
    return (length <= 6) | (length == digits).fill_null(False)
