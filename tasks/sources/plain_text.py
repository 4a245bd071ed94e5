"""Converts printed texts to ASCII: wide letters, invisible characters, blanks at the ends."""

import polars as pl

from tasks.sources.csv import INVISIBLE

# Only the wide forms of ASCII and the printed minus. NFKC would also turn a footnote mark into a digit: 353² would
# become 3532.
WIDE = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {"\u3000": " ", "\u2212": "-"}


def plain_texts(printed: pl.Series) -> pl.Series:
    """Texts with wide letters, digits and minus signs in ASCII, stripped, without invisible characters."""
    return (
        printed.str.replace_many(list(WIDE), list(WIDE.values()))
        .str.replace_all(f"[{INVISIBLE}]", "")
        .str.strip_chars()
    )
