"""Assigns a code to its nomenclature: HS2 to HS6 are common to all customs, longer codes belong to a national list.

Equal digits of two national lists mean different goods (85051110 exists in China's tariff and in the Combined
Nomenclature of the EU), so the classification of a code names the list: HS2, HS4, HS6, or HS8 (China), CN8 (EU and
United Kingdom), HTS10 (United States), JP9 (Japan), NCM8 (Mercosul). Belongs here: from a code to its classification
and back to the number of its digits.
"""

import polars as pl

from schemas.names import NATIONAL

SHARED = (2, 4, 6)
# Chapters 01 to 99; the HS reserves 77.
CHAPTER = "(0[1-9]|[1-6][0-9]|7[0-689]|[89][0-9])"
CHINAS = "HS8"
# What a source without national codes has.
FINEST = {**NATIONAL, "HS6": 6}
OTHERS = tuple(name for name in NATIONAL if name != CHINAS)
LINE = "line"
# What a code table says of codes that every list has.
ANY_LIST = ("", *(f"HS{digits}" for digits in SHARED))
# Codes of a list that are above its finest ones, and the list of these.
TARIFFS = {"HTS": "HTS10", "HTS8": "HTS10"}


def classification(code: pl.Expr, national: str) -> pl.Expr:
    """The classification of printed codes in a source whose finest codes are `national`; null for other text."""
    digits = FINEST[national]
    lengths = "|".join(f"[0-9]{{{count - 2}}}" for count in {*SHARED, digits})
    return (
        pl.when(~code.str.contains(f"^{CHAPTER}({lengths})$"))
        .then(None)
        .when(code.str.len_chars() == digits)
        .then(pl.lit(national))
        .otherwise(pl.format("HS{}", code.str.len_chars()))
    )


def digits(classification: pl.Expr) -> pl.Expr:
    """How many digits the codes of a classification have; null for lines and baskets, which have no code.

    >>> pl.DataFrame({"of": ["HS6", "CN8", "HTS10", "line"]}).select(digits(pl.col("of"))).to_series().to_list()
    [6, 8, 10, None]
    """
    return classification.str.extract(r"^[A-Z]+([0-9]+)$", 1).cast(pl.UInt32)


def national_lists(releases: pl.DataFrame) -> list[str]:
    """The national lists that the codes of these releases are of, sorted.

    Where each record states its own classification, codes of eight digits are of China's list.

    >>> products = [["85051110"], ["850511"], ["line:soybeans"]]
    >>> national_lists(pl.DataFrame({"classification": ["CN8", "HS6", None], "products": products}))
    ['CN8']
    """
    has_eight = pl.col("products").list.eval(pl.element().str.contains("^[0-9]{8}$")).list.any()
    of_records = pl.when(pl.col("classification").is_null() & has_eight).then(pl.lit(CHINAS))
    lists = releases.select(pl.coalesce("classification", of_records).alias("of"))["of"].unique().drop_nulls().sort()
    return [name for name in lists if name in NATIONAL]


def is_national(code: str, national: str = CHINAS) -> bool:
    """Whether a text has the form of a code of the national list, which no source divides any further.

    >>> [is_national(code, "HTS10") for code in ("8505110070", "85051110", "line:soybeans")]
    [True, False, False]
    """
    return len(code) == NATIONAL[national] and code.isdigit()


def classification_of(product: str, national: str = CHINAS) -> str:
    """The classification of one product in a store whose codes are of the list `national`.

    >>> products = ("8505", "85051110", "8505110070", "line:soybeans", "basket:magnets")
    >>> [classification_of(product, "CN8") for product in products]
    ['HS4', 'CN8', 'HTS10', 'line', 'basket']
    """
    if not product.isdigit():
        return product.split(":", maxsplit=1)[0]
    if len(product) == NATIONAL[national]:
        return national
    return next((name for name, digits in NATIONAL.items() if digits == len(product)), f"HS{len(product)}")
