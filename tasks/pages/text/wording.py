"""Formats a number, a month or a partner for a brief, in English and Chinese; rounds last.

A growth of 660 % is "more than seven times as much", never "six times". A number is shown with the digits that it
carries.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from schemas.figures import QUOTABLE
from schemas.forms.brief import Fact, Facts
from schemas.names import caveats_of
from tasks.domain.doubt.verdict_words import from_words
from tasks.domain.export_controls.measures import MIXED_WORDS
from tasks.domain.labels import country, written_month
from tasks.domain.numbers import CARE, MASS, WHOLE, in_unit, money_text, size, two_digits
from tasks.domain.units import UNIT_VALUE_OF
from tasks.pages.text.page_templates import words
from tasks.sources.registry import SOURCES

TIMES_MIN = 2
EXACT = 1e-9
PRICE_UNITS = {ratio: f"{value.removeprefix('value_').upper()}/kg" for value, ratio in UNIT_VALUE_OF.items()}


def texts(language: str) -> dict[str, Any]:
    """Return headings and labels of the page."""
    return {"mixed": MIXED_WORDS} | words("brief", language)


def shown(fact: Fact, language: str = "en") -> str:
    """Format the figure as printed on the page."""
    value = fact.value
    if value is None or isinstance(value, str):
        return month_words(value, language) if value else "–"
    if fact.figure in ("level", "ytd"):
        if fact.measure in PRICE_UNITS:
            return in_unit(price_text(value), PRICE_UNITS[fact.measure], language)
        return level(value, fact.measure, language)
    is_part = fact.figure.endswith("_pp")
    if is_not_quoted(fact):
        return "–" if is_part else from_words(_base(fact), fact.measure, language)
    if fact.figure == "rank" or is_part:
        return in_unit(_signed(f"{value:+,.1f}"), "pp", language) if is_part else f"{value:.0f}"
    size = in_unit(percent(fact), "%", language)
    sign = "" if fact.figure == "share_pct" or not is_seen(fact) else "+" if value > 0 else "−"
    return f"{sign}{size}"


def marked(fact: Fact, language: str) -> str:
    """Format a figure of a table, with the mark of a growth that is quoted with care."""
    return shown(fact, language) + CARE * (fact.verdict is not None and fact.verdict.answer == "care")


def caveats_in(
    rows: Iterable[Mapping[str, Any]], language: str, name_of: Callable[[Mapping[str, Any]], str]
) -> list[str]:
    """Say why growths of rows with the columns of verdicts are not quoted as they are, each thing once with those that
    it is said of."""
    t = texts(language)
    notes = [
        (f"{name_of(row)}{t['gap']}{t['figures'][figure]}", row[caveats_of(figure)])
        for row in rows
        for figure in QUOTABLE
        if row.get(caveats_of(figure))
    ]
    return each_once(notes, language)


def each_once(notes: Iterable[tuple[str, str]], language: str) -> list[str]:
    """Say each thing once behind the names of all that it is said of."""
    t, names = texts(language), dict[str, list[str]]()
    for name, one in notes:
        names.setdefault(one, []).append(name)
    return [f"{t['listed'].join(some)}{t['colon']}{one}" for one, some in names.items()]


def is_not_quoted(fact: Fact) -> bool:
    """Whether a growth is not to be said as a percentage."""
    return fact.verdict is not None and fact.verdict.answer == "no"


def base(fact: Fact, language: str) -> str:
    """Format what a growth is on, of one that is not to be said as a percentage."""
    return size(_base(fact), fact.measure, language)


def _base(fact: Fact) -> float:
    assert fact.verdict is not None
    return fact.verdict.caveats[0].numbers["base"]


def expected(facts: Facts, language: str) -> str:
    """Say what the world total was expected to be, and whether the month is unusual, or why nothing was expected; and
    which place the month has among those at hand. Empty where the level is not known."""
    row, t = facts.expected, texts(language)
    if row is None or row["level"] is None:
        return ""
    rank = ranked(row["rank"], row["months"] + 1, language)
    if row["status"] != "expected":
        return str(t["not_expected"].format(why=t["no_expectation"][row["status"]], rank=rank))
    numbers = {name: level(row[name], facts.measure, language) for name in ("expected", "low", "high")}
    fired = round((row["fired_pct"] or 0) * row["judged_months"] / 100)
    unusual = t["unusual"].format(fired=fired, judged=row["judged_months"]) if row["unusual"] else ""
    return str(t["expected"].format(**numbers, months=row["months"], unusual=unusual, rank=rank))


def ranked(place: int, count: int, language: str) -> str:
    """Say which place a month has among those at hand, from the nearer end; empty of a single month.

    >>> ranked(2, 36, "en"), ranked(96, 96, "en")
    (' It is the second highest of 36 months.', ' It is the lowest of 96 months.')
    >>> ranked(21, 96, "en")
    ' It is the 21st highest of 96 months.'
    >>> ranked(1, 36, "zh"), ranked(2, 36, "zh")
    ('在现有的36个月中最高。', '在现有的36个月中第二高。')
    """
    if count < 2:
        return ""
    t, from_below = texts(language), count + 1 - place
    end, number = ("highest", place) if place <= from_below else ("lowest", from_below)
    ordinals = t["ordinals"]
    suffix = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    other = t["ordinal"].format(number=number, suffix=suffix)
    ordinal = ordinals[number - 1] if number <= len(ordinals) else other
    return str(t["ranked"].format(ordinal=ordinal, end=t["ends"][end], count=count))


def scale_name(unit: str, language: str) -> str:
    """Return the unit of an axis in words: thousand tonnes, million USD, 百万美元."""
    t = texts(language)
    return str(t["between"].join(t["scales"].get(part, t["units"].get(part, part)) for part in unit.split()))


def figure_name(fact: Fact, language: str) -> str:
    """Return the name of a figure in the list of sources: a month of mass and a month's unit value differ."""
    return str(texts(language)["price_figures" if fact.measure in PRICE_UNITS else "figures"][fact.figure])


def is_seen(fact: Fact) -> bool:
    """Whether a growth is large enough to keep a digit when it is rounded to those that it carries."""
    return isinstance(fact.value, float) and round(abs(fact.value) / fact.step) > 0


def percent(fact: Fact) -> str:
    """Format the size of a growth or a share with the digits that it carries."""
    assert isinstance(fact.value, float)
    size = round(abs(fact.value) / fact.step) * fact.step
    if size == WHOLE > abs(fact.value):
        # A fall is below 100 % as long as anything is left.
        texts = (f"{abs(fact.value):.{digits}f}" for digits in range(15))
        return next((text for text in texts if float(text) < WHOLE), "100")
    return f"{size:,.0f}" if fact.step >= 1 else f"{size:,.1f}"


def _signed(number: str) -> str:
    return number.replace("-", "−")


def level(value: float, measure: str, language: str) -> str:
    """Format a mass in tonnes, or an amount of money."""
    return in_unit(_tonnes(value), "t", language) if measure == MASS else money_text(value, measure, language)


def level_or_dash(value: float | None, measure: str, language: str) -> str:
    """Format a level of a table, in which one that is not known is a dash."""
    return "–" if value is None else level(value, measure, language)


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
    name = written_month(date(year, month, 1)).split()[0]
    return str(texts(language)["month"].format(year=year, month=month, name=name))


def times(fact: Fact, language: str) -> str:
    """Say how many times as much a large growth is, in whole times: the ratio, which is one more than the growth.
    Empty if the printed digits leave the ratio open, and where the growth says nothing.
    """
    if is_not_quoted(fact):
        return ""
    ratio = float(fact.value or 0) / 100 + 1
    whole = int(ratio + EXACT)
    is_more = ratio - whole > EXACT
    if whole < TIMES_MIN or (is_more and fact.low is not None and fact.low / 100 + 1 < whole - EXACT):
        return ""
    t = texts(language)
    multiple = t["numbers"][whole] if whole < len(t["numbers"]) else t["so_many"].format(whole)
    return str(t["times"].format(more=t["more"] if is_more else "", times=multiple))


def partner(key: str, language: str) -> str:
    """Return the name of a partner."""
    return texts(language)["all_partners"] if key == "WLD" else country(key, language)


def source_name(name: str, language: str) -> str:
    """Return the title of a source in a language; its name where it has none."""
    return SOURCES[name].titles.get(language, name) if name in SOURCES else name


def amount(value: int, unit: str, language: str) -> str:
    """Format a whole number of a release with its unit; hundredths of a per cent as per cent."""
    if unit == "basis_point":
        return in_unit(_signed(f"{value / 100:+,.2f}"), "%", language)
    return in_unit(f"{value:,}", unit, language)
