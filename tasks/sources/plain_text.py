"""Printed texts brought to ASCII: wide letters, invisible characters, blanks at the ends."""

import polars as pl

from tasks.sources.csv import INVISIBLE

# Just the wide forms of ASCII and the minus of print. NFKC would also make a digit of a footnote mark: 353² would become 3532.
WIDE = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {"\u3000": " ", "\u2212": "-"}


def plain_texts(printed: pl.Series) -> pl.Series:
    """Wide letters, digits and minus signs brought to ASCII, invisible characters taken out, blanks at both ends taken off."""
    return (
        printed.str.replace_many(list(WIDE), list(WIDE.values()))
        .str.replace_all(f"[{INVISIBLE}]", "")
        .str.strip_chars()
    )
