"""Formats numbers for people, with their units in two languages; rounding belongs to this room and nowhere earlier.
`tables` has the tables."""

import functools
from decimal import Decimal

from schemas.code_files import money
from schemas.names import ORIGINS

MARKS = {"implied_base": "*", "ytd_difference": "°", "sum": "", "ytd_sum": "", "sum_of_months": ""}
MARK_WORDS = {"*": ORIGINS["implied_base"], "°": ORIGINS["ytd_difference"]}
# Behind a growth that is quoted with care.
CARE = "!"
# From here on ten digits would leave no decimal, or turn into powers of ten.
WHOLE_FROM = 10**9
MASS = "quantity_kg"
# Below a tonne a mass is written in kilograms; from so many of a large unit on one decimal is enough.
KILOGRAMS_MAX, WHOLE = 1000, 100
CHINESE_UNITS = {"t": "吨", "kg": "千克", "%": "%", "pp": "个百分点"}
# How an amount of money is written, and from which size on with a word.
MONEY = {"en": "{unit} {number} {large}", "zh": "{number}{large}{unit}"}
LARGE = {"en": (("billion", 1e9), ("million", 1e6)), "zh": (("亿", 1e8), ("万", 1e4))}


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


@functools.cache
def units(language: str) -> dict[str, str]:
    """Return the names of units and currencies where a language has others than their signs."""
    if language == "en":
        return {}
    counted = {row["currency"]: row["counted_zh"] for row in money().values()}
    return CHINESE_UNITS | counted | {f"{code}/kg": f"{name}/千克" for code, name in counted.items()}


def in_unit(number: str, unit: str, language: str) -> str:
    """Format a number and its unit: 353 t, in Chinese 353吨."""
    return f"{number}{units(language)[unit]}" if unit in units(language) else f"{number} {unit}"


def money_text(value: float, measure: str, language: str) -> str:
    """Format an amount of money: USD 2.16 million, in Chinese 216.40万美元."""
    large, step = next(((large, step) for large, step in LARGE[language] if abs(value) >= step), ("", 1))
    digits = 0 if step == 1 else 1 if abs(value) >= WHOLE * step else 2
    currency = measure.removeprefix("value_").upper()
    unit = units(language).get(currency, currency)
    return MONEY[language].format(number=f"{value / step:,.{digits}f}", large=large, unit=unit).rstrip()


def size(value: float, measure: str, language: str = "en") -> str:
    """Format a level with its unit as a sentence has it: a mass in tonnes, or kilograms below one; money; a price."""
    if measure == MASS:
        is_small = value < KILOGRAMS_MAX
        return in_unit(amount(value) if is_small else tonnes(value), "kg" if is_small else "t", language)
    if measure.startswith("unit_value_"):
        currency, _, per = measure.removeprefix("unit_value_").partition("_per_")
        price = f"{value:,.2f}" if value >= 0.1 or value == 0 else two_digits(value)
        return in_unit(price, f"{currency.upper()}/{per}", language)
    if measure.startswith("value_"):
        return money_text(value, measure, language)
    return in_unit(amount(value), measure.removeprefix("quantity_").replace("_", " "), language)
