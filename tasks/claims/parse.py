"""Parses a claim: which figure of which series, its precision and its qualifier.

Only this module reads what people write. It rejects what it cannot interpret with a reason, and the claim is not
checkable: a guess about the place would be a guess about the verdict.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import polars as pl

from schemas.figures import FIGURE_OF, QUOTABLE
from schemas.names import VALUES
from schemas.reference.code_tables import code_table
from tasks.claims.statement import Spot, Stated
from tasks.claims.units import FOLD, UNITS, read_unit
from tasks.domain.errors import Unclear
from tasks.domain.name_match import Unresolved, partner_key
from tasks.domain.nomenclature import CHINAS, FINEST
from tasks.domain.period_words import read_period
from tasks.domain.periods import Month
from tasks.domain.units import DUTY

# A multiple in words: sevenfold, 7-fold, doubled.
MULTIPLES = {"two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9"}
MULTIPLES |= {"ten": "10", "doubled": "2", "tripled": "3", "quadrupled": "4"}
MULTIPLE = re.compile(rf"(?P<times>{'|'.join(MULTIPLES)}|\d+(?:\.\d+)?)[- ]?fold|doubled|tripled|quadrupled")
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
# A comma separates thousands; 46,4 as written elsewhere would be read as 464.
GROUPED = re.compile(r"[+-]?\d{1,3}(?:[,\s]\d{3})+(?:\.\d+)?")
AGAINST = re.compile(r"vs_(\d{4}-\d{2}(?:\.\.\d{4}-\d{2})?)_pct")
# A rate that was assessed, and one that a tariff states.
RATES = {"of_consumption_pct": "duty", "tariff_pct": "tariff"}
LEVELS = {"level_t": "quantity_kg", "ytd_t": "quantity_kg"} | {
    name: value for value in VALUES for name in (value, value.replace("value", "level"))
}
# Growth of values is in dollars if the name says no other money; they differ by the change of the exchange rate.
GROWTHS = {
    f"{of}{name}": (measure, kind)
    for of, measure in (("", "quantity_kg"), ("value_", "value_usd"), *((f"{value}_", value) for value in VALUES))
    for name in QUOTABLE
    for kind in ("mom" if FIGURE_OF[name].months_back == 1 else "yoy",)
}
# Of a store whose list is not known.
CODE_MAX = 10
OTHERS = ("share_pct", "rank", "since", "streak", "unit_value")
# What people call a metric, without signs of per cent; whether a level is of money, its unit says.
LEVEL = "level"
WORDS = {
    term: name
    for name, words in {
        **{"ytd_t" if name == "ytd" else name: figure.words for name, figure in FIGURE_OF.items()},
        "value_mom_pct": ("value m/m", "value mom", "金额环比"),
        "value_yoy_pct": ("value y/y", "value yoy", "金额同比"),
        "unit_value": ("unit value", "price", "单价"),
        "tariff_pct": (
            "tariff",
            "tariffs",
            "tariff rate",
            "duty",
            "duties",
            "duty rate",
            "import duty",
            "import tariff",
            "关税",
            "税率",
            "关税率",
            "关税税率",
            "进口关税",
            "进口税率",
        ),
    }.items()
    for term in words
}
FLOWS = {
    name: flow
    for flow, names in (("export", ("export", "exports", "出口")), ("import", ("import", "imports", "进口")))
    for name in names
}
QUALIFIERS = {
    "below": ("nearly", "almost", "just under", "close to", "将近", "將近", "近", "接近", "knapp", "fast", "거의"),
    "slightly above": (
        "just over",
        "just above",
        "slightly over",
        "slightly above",
        "slightly more than",
        "a little over",
        "a little more than",
        "knapp über",
        "略高于",
        "略超",
    ),
    "above": (
        "more than",
        "over",
        "above",
        "higher than",
        "at least",
        "exceeding",
        "upwards of",
        "超过",
        "超過",
        "逾",
        "以上",
        "至少",
        "über",
        "mehr als",
        "이상",
    ),
    "under": ("less than", "lower than", "under", "below", "at most", "up to", "不到", "不足", "weniger als", "unter"),
    "about": (
        "about",
        "around",
        "roughly",
        "approximately",
        "approx",
        "some",
        "circa",
        "ca",
        "~",
        "约",
        "約",
        "大约",
        "大約",
        "rund",
        "etwa",
        "약",
    ),
    "": ("exactly", "precisely", "only", "just", "merely", "仅", "僅", "只有", "达", "達", "达到", "達到"),
}
ONE_CODE = re.compile(r"(?:HS(?: code)?\s*)?\d{2}(?:[. ]?\d{2}){0,3}(?:[. ]?\d{1,2})?", re.IGNORECASE)
# Signs that people put before or after a number, and words that give the direction of a movement.
SIGNS = {">": "more than", "≥": "at least", "<": "less than", "≤": "at most", "~": "about", "≈": "about"}
FALLING = (
    r"down|fell|fall of|falling|dropped|drop of|declined|decline"
    r" of|decreased|lower|plunged|slumped|tumbled|slid|shrank|下降|下跌|减少|減少|下滑|감소"
)
RISING = (
    r"up|rose|rise of|rising|increased|increase"
    r" of|gained|grew|higher|jumped|surged|soared|climbed|增长|增長|上升|增加|증가"
)
MOVED = re.compile(rf"({FALLING}|{RISING})\s*(by\b|to\b|了|到|至)?\s*")
TO = ("to", "到", "至")
CHANGES = ("mom", "yoy", "against")


def read_claim(row: dict[str, Any], national: str = CHINAS) -> Stated:
    """Parse a row of a claims file about codes of the list `national`. Raises Unclear."""
    row = {name: (text or "").strip() for name, text in row.items() if name != "note"}
    row["metric"] = _metric(row["metric"], row["unit"])
    if match := MULTIPLE.fullmatch(row["value"].lower()):
        row |= {"value": MULTIPLES.get(match[0], MULTIPLES.get(match["times"], match["times"])), "unit": FOLD}
    measure, kind = _figure(row["metric"].lower())
    spot = _spot(row, measure, kind, national)
    title = row.get("source_title", "")
    if kind in ("since", "streak", "rank"):
        number = Fraction(int(row["value"])) if row["value"].isdecimal() else Fraction(0)
        qualifier, month = row.get("qualifier", ""), _month_of(row.get("published", ""))
        return Stated(spot, kind, number, Fraction(1), row["value"], row["unit"], 1, qualifier, None, title, month)
    text, qualifier = _number_text(row["value"], row.get("qualifier", ""))
    way, qualifier = _movement(qualifier)
    if not NUMBER.fullmatch(text):
        raise Unclear(f"{row['value']!r} is no number; write one as 46.4 or 1,238")
    against = None
    if match := AGAINST.fullmatch(row["metric"].lower()):
        first, last = read_period(match[1])
        against = spot.at(first=first, last=last)
        if last - first != spot.last - spot.first:
            raise Unclear(f"{spot.months} and {against.months} are not of one length")
    size, kind, measure, unit = read_unit(row["unit"], kind, measure)
    step = Fraction(1, 10 ** len(text.partition(".")[2]))
    place, qualifier = spot.at(measure=measure), read_qualifier(qualifier)
    stated = Stated(place, kind, Fraction(text), step, text, unit, size, qualifier, against, title)
    return _moved(stated, *way) if way else stated


def growth_of_anything(row: Mapping[str, Any]) -> str | None:
    """Return the growth that a claim is of, where it does not say whether it is one of weight or of value."""
    name = _metric((row.get("metric") or "").strip(), row.get("unit") or "").lower()
    return name if name in QUOTABLE else None


def _month_of(day: str) -> int | None:
    """Return the month of a printed day; None if there is none."""
    try:
        return read_period(day[:7])[0]
    except Unclear:
        return None


def _number_text(value: str, qualifier: str) -> tuple[str, str]:
    """Return the digits and sign of a number, and its qualifier."""
    text = value.replace("，", ",").replace("−", "-").rstrip("%％ ")
    if text[:1] in SIGNS:
        text, qualifier = text[1:], qualifier or SIGNS[text[0]]
    elif text[-1:] == "+":
        text, qualifier = text[:-1], qualifier or "more than"
    text = re.sub(r"^([+-]?)\s+", r"\1", text)
    if GROUPED.fullmatch(text):
        text = re.sub(r"[,\s]", "", text)
    return text, qualifier


def _movement(qualifier: str) -> tuple[tuple[str, str] | None, str]:
    """Return the word for the direction of a movement and whether it names the change ("by") or the result ("to"),
    and the qualifier without it.
    """
    words = qualifier.lower().strip()
    match = MOVED.match(words)
    if match is None or any(words in known for known in QUALIFIERS.values()):
        return None, qualifier
    # Chinese and Korean mark the result with their word for "to"; without it they mean the change. English "by seven
    # times" may be either.
    target = "to" if match[2] in TO else "" if match[1].isascii() else "by"
    return (match[1], target), words[match.end() :]


def _moved(stated: Stated, way: str, target: str) -> Stated:
    """Apply the direction of a movement: "down 81 %" is minus 81 %, 增长6.6倍 is 660 %. Raises Unclear."""
    is_fall = re.fullmatch(FALLING, way) is not None
    if stated.kind.endswith("_times"):
        if target == "to" or (stated.unit == FOLD and not is_fall):
            return stated
        if is_fall or target != "by":
            raise Unclear(f"{way!r} before {stated.shown} may mean to or by so many times; write to, or per cent")
        kind = stated.kind.removesuffix("_times")
        return replace(stated, kind=kind, value=stated.value * 100, step=stated.step * 100)
    if stated.kind not in CHANGES:
        if target != "to":
            raise Unclear(
                f"{way!r} before {stated.shown} tells a change and not how much it is; write to, or claim the growth"
            )
        return stated
    if target == "to" or (stated.value < 0 and not is_fall):
        raise Unclear(f"{way!r} before {stated.shown} is no growth")
    return replace(stated, value=-stated.value, text=f"-{stated.text}") if is_fall and stated.value > 0 else stated


def _metric(text: str, unit: str) -> str:
    """Return the name of the metric that people's words mean; words that mean none as they are."""
    words = re.sub(r"per cent|percent|pct|[%％_()（）-]", " ", text.lower())
    name = WORDS.get(" ".join(words.split()), text)
    if name != LEVEL:
        return name
    return next((measure for measure, names in UNITS.items() if unit.lower() in names and measure in VALUES), "level_t")


def _figure(metric: str) -> tuple[str, str]:
    """Return the measure and the kind of figure of a metric."""
    if metric in LEVELS:
        return LEVELS[metric], "level"
    if metric in GROWTHS:
        return GROWTHS[metric]
    if metric in RATES:
        return DUTY, RATES[metric]
    if metric in OTHERS or AGAINST.fullmatch(metric):
        return "quantity_kg", metric.removesuffix("_pct") if metric in OTHERS else "against"
    raise Unclear(
        f"there is no such metric as {metric!r}; there are level (with its unit, t or million USD), ytd, m/m, y/y, ytd"
        f" y/y, the same of value (value m/m, value_eur_yoy_pct), share, unit value, tariff,"
        f" effective tariff, {', '.join(OTHERS[1:4])}, vs_2024-12_pct"
    )


def _spot(row: dict[str, str], measure: str, kind: str, national: str) -> Spot:
    first, last = read_period(row["period"])
    if kind == "mom" and first != last:
        raise Unclear(f"a change on the month before is of one month, and the claim is of {row['period']}")
    if "ytd" in row["metric"].lower() and not Month(first).is_january:
        raise Unclear(f"a year to date begins in January, and the claim is of {row['period']}; write 2025-01..2025-06")
    if row["flow"].lower() not in FLOWS:
        raise Unclear(f"the direction {row['flow']!r} is neither export nor import")
    if kind in RATES.values() and FLOWS[row["flow"].lower()] != "import":
        raise Unclear("a duty is assessed on imports, and the claim is of exports; write import")
    return Spot(
        FLOWS[row["flow"].lower()], read_product(row, national), read_partner(row["partner"]), measure, first, last
    )


class UnknownWord(Unclear):
    """A word for goods that the table `commodity_words` does not have."""


def named_goods(row: Mapping[str, str]) -> str:
    """Return how a claim names its goods: by the code that it states, else by a word, a key or a code."""
    stated = row.get("hs_code_if_stated", "")
    return stated if re.search(r"\d", stated) else row["commodity"]


def read_product(row: dict[str, str], national: str) -> str:
    """Return the product of the claim's commodity, by the outlet's own use of the term if the table has it; a code that
    is longer than those of the list `national` is cut. Raises Unclear.
    """
    text = named_goods(row)
    if ONE_CODE.fullmatch(text):
        return re.sub(r"\D", "", text)[: FINEST.get(national, CODE_MAX)]
    if text != row["commodity"]:
        raise Unclear(f"{text!r} is not one code")
    if re.fullmatch(r"(line|basket):[a-z0-9_]+", text):
        return text
    term = " ".join(re.sub(r"[_,\-\s]+", " ", text.lower()).split())
    rows = code_table("commodity_words").filter(pl.col("word") == term).to_dicts()
    if not rows:
        raise UnknownWord(f"{text!r} is no commodity of the table commodity_words: what the outlet counts is not known")
    where = f"{row.get('source_title', '')} {row.get('source_url', '')}".lower()
    named = [one for one in rows if one["agency"] and one["agency"].lower() in where]
    chosen = (named or [one for one in rows if not one["agency"]] or rows)[0]
    if not chosen["product"]:
        raise Unclear(
            f"{row['commodity']!r}{' of ' + chosen['agency'] if chosen['agency'] else ''} is {chosen['means']}: no"
            " product of ours is the same"
        )
    return str(chosen["product"])


def read_partner(text: str) -> str:
    """Return our key of a partner."""
    try:
        key = partner_key(text)
    except Unresolved as unresolved:
        raise Unclear(str(unresolved)) from unresolved
    if key is None:
        raise Unclear(f"{text!r} is no partner that we know")
    return key


def read_qualifier(text: str) -> str:
    """Return below, slightly above, above, under, about, or nothing. Raises Unclear for other words: a guess would
    be a tolerance.
    """
    qualifier = text.lower().strip().rstrip(".")
    if not qualifier:
        return ""
    for kind, words in QUALIFIERS.items():
        if qualifier in words:
            return kind
    raise Unclear(
        f"{text!r} is no word before a number that we know; write about, nearly, more than, less than, or none"
    )
