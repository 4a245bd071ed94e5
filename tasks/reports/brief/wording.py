"""Formats a number, a month or a partner for a brief, in English and Chinese; rounds last.

A growth of 660 % is "more than seven times as much", never "six times". A number is shown with the digits that it
carries.
"""

from datetime import date
from typing import Any

from schemas.forms.brief import Fact
from tasks.domain.labels import country, written_month
from tasks.reports.brief.texts import (
    EN_NUMBERS,
    FIGURES_EN,
    FIGURES_ZH,
    PRICE_FIGURES_EN,
    PRICE_FIGURES_ZH,
    PRICE_UNITS,
    TEXTS_EN,
    TEXTS_ZH,
    UNITS_ZH,
)
from tasks.reports.terminal import two_digits

TIMES_MIN = 2
EXACT = 1e-9
WHOLE = 100


def shown(fact: Fact, language: str = "en") -> str:
    """Format the figure as printed on the page."""
    value = fact.value
    if value is None:
        return "–"
    if isinstance(value, str):
        return month_words(value, language)
    if fact.figure in ("level", "ytd"):
        if fact.measure not in PRICE_UNITS:
            return in_unit(_tonnes(value), "t", language)
        unit = texts("zh")["unit_notes"][fact.measure] if language == "zh" else PRICE_UNITS[fact.measure]
        return in_unit(price_text(value), unit, language)
    if fact.figure == "rank" or fact.figure.endswith("_pp"):
        points = f"{value:+,.1f}".replace("-", "−")
        return f"{value:.0f}" if fact.figure == "rank" else in_unit(points, texts(language)["pp"], language)
    size = in_unit(percent(fact), "%", language)
    return size if fact.figure == "share_pct" else f"{_sign(fact)}{size}"


def in_unit(number: str, unit: str, language: str) -> str:
    """Format a number and its unit: 353 t, in Chinese 353吨."""
    return f"{number}{texts(language)['gap']}{UNITS_ZH.get(unit, unit) if language == 'zh' else unit}"


def figure_name(fact: Fact, language: str) -> str:
    """Return the name of a figure in the list of sources: a month of mass and a month's unit value differ."""
    of_mass, of_price = (FIGURES_ZH, PRICE_FIGURES_ZH) if language == "zh" else (FIGURES_EN, PRICE_FIGURES_EN)
    return (of_price if fact.measure in PRICE_UNITS else of_mass)[fact.figure]


def is_seen(fact: Fact) -> bool:
    """Whether a growth is large enough to keep a digit when it is rounded to those that it carries."""
    return isinstance(fact.value, float) and round(abs(fact.value) / fact.step) > 0


def _sign(fact: Fact) -> str:
    return "" if not is_seen(fact) else "+" if float(fact.value or 0) > 0 else "−"


def percent(fact: Fact) -> str:
    """Format the size of a growth or a share with the digits that it carries."""
    assert isinstance(fact.value, float)
    size = round(abs(fact.value) / fact.step) * fact.step
    if size == WHOLE > abs(fact.value):
        # A fall is below 100 % as long as anything is left.
        texts = (f"{abs(fact.value):.{digits}f}" for digits in range(15))
        return next((text for text in texts if float(text) < WHOLE), "100")
    return f"{size:,.0f}" if fact.step >= 1 else f"{size:,.1f}"


def _tonnes(kilograms: float) -> str:
    value = kilograms / 1000
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:,.1f}" if value >= 1 else f"{value:,.3f}" if value >= 0.001 else two_digits(value)


def price_text(value: float) -> str:
    """Format a value per kilogram, without its unit."""
    return f"{value:,.2f}" if value >= 0.1 or value == 0 else two_digits(value)


def month_words(text: str, language: str) -> str:
    """Format a month given as YYYY-MM."""
    year, month = map(int, text.split("-"))
    return f"{year}年{month}月" if language == "zh" else written_month(date(year, month, 1))


def times(fact: Fact, language: str) -> str:
    """Say how many times as much a large growth is, in whole times: the ratio, which is one more than the growth.
    Empty if the printed digits leave the ratio open.
    """
    ratio = float(fact.value or 0) / 100 + 1
    whole = int(ratio + EXACT)
    if whole < TIMES_MIN:
        return ""
    is_more = ratio - whole > EXACT
    if is_more and fact.low is not None and fact.low / 100 + 1 < whole - EXACT:
        return ""
    if language == "zh":
        return f"，是上月的{whole}倍" + ("多" if is_more else "")
    words = EN_NUMBERS[whole] if whole < len(EN_NUMBERS) else f"{whole:,} times"
    return f", {'more than ' if is_more else ''}{words} as much"


def partner(key: str, language: str) -> str:
    """Return the name of a partner."""
    if key == "WLD":
        return "全球" if language == "zh" else "all countries"
    return country(key, language)


def amount(value: int, unit: str, language: str) -> str:
    """Format a whole number of a release with its unit; hundredths of a per cent as per cent."""
    if unit == "basis_point":
        return in_unit(f"{value / 100:+,.2f}".replace("-", "−"), "%", language)
    return in_unit(f"{value:,}", unit, language) if language == "en" or unit in UNITS_ZH else f"{value:,} {unit}"


def texts(language: str) -> dict[str, Any]:
    """Return headings and labels of the page."""
    return TEXTS_ZH if language == "zh" else TEXTS_EN
