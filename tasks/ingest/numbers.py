"""Converts printed numbers to whole ones, exactly: no float, no rounding, no guess at the meaning of a comma.

A number is digits with an optional decimal point, or digits in groups of three by commas. Everything else gives a
reason, never a value: signs, spaces, other decimal marks, exponents, letters, digits of other scripts.
"""

import polars as pl

from tasks.domain.precision import VALUE_MAX
from tasks.sources.csv import plain_texts

MISSING_MARKS = ("", "-", "--", "—", "…", "...", "*", "**")
PLAIN = r"^-?[0-9]+(\.[0-9]+)?$"
GROUPED = r"^[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?$"
# Accepted by both rules, without decimals and short enough that no further check is needed.
WHOLE = r"^[0-9]{1,15}$|^[0-9]{1,3}(,[0-9]{3}){1,4}$"
DIGIT = r"[0-9]"
# Some countries write a point between thousands. In a unit without decimals it can mean nothing else.
POINT_OF_THOUSANDS = r"^[1-9][0-9]{0,2}\.000$"
DIGITS_MAX = 15


def tidy_numbers(printed: pl.Series) -> pl.Series:
    """Printed numbers as plain texts; printable ASCII is unchanged."""
    strange = printed.str.contains(r"[^\x21-\x7e]").fill_null(False)
    if not strange.any():
        return printed
    return printed.zip_with(~strange, plain_texts(printed))


def whole_number(printed: str, factor: str) -> list[pl.Expr]:
    """Expressions `value`, `resolution`, `number_reason` for a column of printed numbers times a column of factors.

    `value` is whole, or null with a reason; null without a reason means that the source prints a mark for "nothing
    here". `resolution` is the value of one step of the last printed digit.
    """
    text = pl.col(printed)
    plain = text.str.contains(PLAIN)
    grouped = text.str.contains(GROUPED)
    bare = pl.when(grouped).then(text.str.replace_all(",", "", literal=True)).when(plain).then(text)
    decimals = bare.str.extract(r"\.([0-9]+)$", 1).str.len_chars().fill_null(0).cast(pl.Int64)
    digits = bare.str.replace_all(".", "", literal=True)
    fits = digits.str.strip_prefix("-").str.len_chars() <= DIGITS_MAX
    scale = pl.lit(10, dtype=pl.Int64).pow(decimals.clip(0, DIGITS_MAX))
    # As Int128, because fifteen digits times a factor do not fit into 64 bits before the bound below is checked.
    scaled = pl.when(fits).then(digits).cast(pl.Int64).cast(pl.Int128) * pl.col(factor).cast(pl.Int128)
    is_whole = ((scaled % scale.cast(pl.Int128)) == 0) & ~(
        text.str.contains(POINT_OF_THOUSANDS) & (pl.col(factor) == 1)
    )
    whole = scaled // scale.cast(pl.Int128)
    in_bounds = whole.abs() <= VALUE_MAX
    missing = text.is_null() | text.is_in(list(MISSING_MARKS))
    reason = (
        pl.when(missing).then(None)
        .when(~(plain | grouped)).then(pl.lit("is not a number as the source prints them"))
        .when(~fits).then(pl.lit(f"has more than {DIGITS_MAX} digits"))
        .when(~is_whole).then(pl.lit("has more decimals than its unit can have"))
        .when(~in_bounds).then(pl.lit(f"is larger than {VALUE_MAX:,}"))
    )  # fmt: skip
    usable = ~missing & (plain | grouped) & fits & is_whole & in_bounds
    return [
        pl.when(usable).then(whole).cast(pl.Int64).alias("value"),
        pl.when(usable).then(pl.max_horizontal(pl.lit(1, dtype=pl.Int64), pl.col(factor) // scale)).alias("resolution"),
        reason.alias("number_reason"),
    ]
