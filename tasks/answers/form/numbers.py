"""Formats numbers for people; rounding belongs to this room and nowhere earlier. `tables` has the tables."""

from decimal import Decimal

from schemas.names import ORIGINS

MARKS = {"implied_base": "*", "ytd_difference": "°", "sum": "", "ytd_sum": "", "sum_of_months": ""}
MARK_WORDS = {"*": ORIGINS["implied_base"], "°": ORIGINS["ytd_difference"]}
# From here on ten digits would leave no decimal, or turn into powers of ten.
WHOLE_FROM = 10**9


def tonnes(kilograms: float) -> str:
    """Format whole tonnes, with decimals only for small amounts: 353, 46.4, 0.03."""
    return amount(kilograms / 1000)


def amount(value: float) -> str:
    """Format a number in the unit of its table, by the same rule."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:,.1f}" if abs(value) >= 1 else two_digits(value)


def two_digits(value: float) -> str:
    """Format a small number with its first two digits and without a power of ten: 0.03, 0.000056."""
    return f"{Decimal(f'{value:.2g}'):f}"


def exact(value: float) -> str:
    """Format a whole number in full, because a level may have more digits than a growth has decimals; other numbers
    with ten digits.
    """
    if value.is_integer():
        return f"{value:,.0f}"
    return f"{value:,.10g}" if abs(value) < WHOLE_FROM else f"{value:,.3f}"
