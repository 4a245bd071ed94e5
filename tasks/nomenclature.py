"""Which list of goods a code belongs to: the HS down to six digits is everybody's, below it each customs has its own.

Equal digits of two national lists mean different goods (85051110 exists in China's tariff and in the Combined Nomenclature
of the EU), so the classification of a code names the list: HS2, HS4, HS6, or HS8 (China), CN8 (EU and United Kingdom), HTS10
(United States), JP9 (Japan). Belongs here: from a code to its classification and back to the number of its digits.
"""

import polars as pl

SHARED = (2, 4, 6)
# Chapters 01 to 99; 77 is kept free by the HS.
CHAPTER = "(0[1-9]|[1-6][0-9]|7[0-689]|[89][0-9])"
NATIONAL = {"HS8": 8, "CN8": 8, "HTS10": 10, "JP9": 9}
LINE = "line"


def classification(code: pl.Expr, national: str) -> pl.Expr:
    """The classification of printed codes in a source whose national list is `national`; null for what is no code of it."""
    digits = NATIONAL[national]
    lengths = "|".join(f"[0-9]{{{count - 2}}}" for count in (*SHARED, digits))
    return (
        pl.when(~code.str.contains(f"^{CHAPTER}({lengths})$")).then(None)
        .when(code.str.len_chars() == digits).then(pl.lit(national))
        .otherwise(pl.format("HS{}", code.str.len_chars()))
    )  # fmt: skip


def digits(classification: pl.Expr) -> pl.Expr:
    """How many digits the codes of a classification have; null for lines and baskets, which have no code.

    >>> pl.DataFrame({"of": ["HS6", "CN8", "HTS10", "line"]}).select(digits(pl.col("of"))).to_series().to_list()
    [6, 8, 10, None]
    """
    return classification.str.extract(r"^[A-Z]+([0-9]+)$", 1).cast(pl.UInt32)
