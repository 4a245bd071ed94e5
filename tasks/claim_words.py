"""A claim in its own words, made exact: which figure of which series, how precise, how qualified.

The one place that reads what people write. What it cannot make sense of it refuses with a sentence, and the claim is not
checkable: a guess about the place would be a guess about the verdict.
"""

import calendar
import re
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import polars as pl
import pycountry

from schemas.code_tables import code_table
from tasks.periods import month_name

PERIOD = re.compile(r"(\d{4})-(\d{2})(?:\.\.(\d{4})-(\d{2}))?")
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
# A comma parts thousands; what is 46,4 elsewhere would be 464 here.
GROUPED = re.compile(r"[+-]?\d{1,3}(?:[,\s]\d{3})+(?:\.\d+)?")
AGAINST = re.compile(r"vs_(\d{4}-\d{2}(?:\.\.\d{4}-\d{2})?)_pct")
LEVELS = {"level_t": "quantity_kg", "ytd_t": "quantity_kg", "value_usd": "value_usd", "value_cny": "value_cny"}
GROWTHS = {
    "mom_pct": ("quantity_kg", "mom"), "yoy_pct": ("quantity_kg", "yoy"), "ytd_yoy_pct": ("quantity_kg", "yoy"),
    "value_mom_pct": ("value_usd", "mom"), "value_yoy_pct": ("value_usd", "yoy"), "value_ytd_yoy_pct": ("value_usd", "yoy"),
}  # fmt: skip
OTHERS = ("share_pct", "rank", "since", "streak", "unit_value")
# Worth of one printed unit in kilograms or in whole money.
UNITS = {
    "t": 1000, "ton": 1000, "tons": 1000, "tonne": 1000, "tonnes": 1000, "吨": 1000, "噸": 1000, "mt": 1000, "kg": 1, "metric ton": 1000, "metric tons": 1000, "metric tonnes": 1000, "tonnen": 1000, "公吨": 1000, "톤": 1000, "トン": 1000,
    "千克": 1, "公斤": 1,
    "kt": 10**6, "thousand t": 10**6, "万吨": 10**7, "萬噸": 10**7, "million t": 10**9, "million tons": 10**9, "million tonnes": 10**9, "million metric tons": 10**9,
    "usd": 1, "cny": 1, "rmb": 1, "yuan": 1, "million usd": 10**6,
    "usd million": 10**6, "million cny": 10**6, "cny million": 10**6, "亿元": 10**8, "billion usd": 10**9, "usd billion": 10**9,
}  # fmt: skip
# Where the case of a letter makes another unit: MT and mt are metric tons.
MEGATONNE, MEGATONNE_KG = "Mt", 10**9
UNIT_VALUES = {"usd/t": 1000, "usd/tonne": 1000, "usd/kg": 1}
QUALIFIERS = {
    "below": ("nearly", "almost", "just under", "close to", "将近", "將近", "近", "接近", "knapp", "fast", "거의"),
    "slightly above": ("just over", "just above", "slightly over", "slightly above", "slightly more than", "a little over", "a little more than", "knapp über", "略高于", "略超"),
    "above": ("more than", "over", "above", "at least", "exceeding", "upwards of", "超过", "超過", "逾", "以上", "至少", "über", "mehr als", "이상"),
    "under": ("less than", "under", "below", "at most", "up to", "不到", "不足", "weniger als", "unter"),
    "about": ("about", "around", "roughly", "approximately", "approx", "some", "circa", "ca", "~", "约", "約", "大约", "大約", "rund", "etwa", "약"),
    "": ("exactly", "precisely", "only", "just", "merely", "仅", "僅", "只有", "达", "達", "达到", "達到"),
}  # fmt: skip
ONE_CODE = re.compile(r"(?:HS(?: code)?\s*)?\d{2}(?:[. ]?\d{2}){0,4}", re.IGNORECASE)
DIGITS_MIN = 2
# Signs that people put before or after a number, and words that say which way it went.
SIGNS = {">": "more than", "≥": "at least", "<": "less than", "≤": "at most", "~": "about", "≈": "about"}
FALLING = r"down|fell|fall of|falling|dropped|drop of|declined|decline of|decreased|lower|下降|下跌|减少|減少|下滑|감소"
RISING = r"up|rose|rise of|rising|increased|increase of|gained|grew|higher|增长|增長|上升|增加|증가"
MOVED = re.compile(rf"^(?!up to$)({FALLING}|{RISING})(?:\s+(?:by|to))?\s*")
MONTH_NAMES = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
MONTH_NAMES |= {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
YEAR_PART = re.compile(r"(\d{4})(?:-?(q|h)([1-4]))?")
PART_YEAR = re.compile(r"(q[1-4]|h[12])\s+(\d{4})")
HALF_YEAR = re.compile(r"(?:(first|second) half (?:of )?(\d{4})|(\d{4})年(上|下)半年)")
NAMED_MONTH = re.compile(r"([a-z]{3,9})\.?,?\s+(\d{4})")
WRITTEN_SPAN = re.compile(r"(\d{4})年(\d{1,2})月?[-–~至到](\d{1,2})月")
WRITTEN_MONTH = re.compile(r"(\d{4})(?:[/.]|年)(\d{1,2})月?")


class Unclear(ValueError):
    """The claim cannot be made exact; the message says why."""


@dataclass(frozen=True)
class Spot:
    """A period of one series; months count from year 0, both ends included."""

    flow: str
    product: str
    partner: str
    measure: str
    first: int
    last: int

    def at(self, **other: Any) -> "Spot":
        """The same with something changed."""
        return replace(self, **other)

    def shifted(self, months: int) -> "Spot":
        """The same so many months later."""
        return replace(self, first=self.first + months, last=self.last + months)

    @property
    def is_month(self) -> bool:
        """Whether it is a single month."""
        return self.first == self.last

    @property
    def months(self) -> str:
        """2025-06 or 2025-01..2025-06."""
        return month_name(self.first) if self.is_month else f"{month_name(self.first)}..{month_name(self.last)}"


@dataclass(frozen=True)
class Stated:
    """What a claim says: `kind` of figure at a place, `value` in `unit_size` of the ledger's unit, with a last digit worth `step`."""

    spot: Spot
    kind: str
    value: Fraction
    step: Fraction
    text: str
    unit: str
    unit_size: int
    qualifier: str
    against: Spot | None = None
    title: str = ""

    @property
    def qualifier_text(self) -> str:
        """The qualifier as the start of a phrase."""
        words = {
            "below": "nearly ",
            "slightly above": "just over ",
            "above": "more than ",
            "under": "less than ",
            "about": "about ",
        }
        return words.get(self.qualifier, "")

    @property
    def digits(self) -> int:
        """How many digits are printed after leading zeros."""
        return len(re.sub(r"\D", "", self.text).lstrip("0"))

    @property
    def steps(self) -> list[Fraction]:
        """Worths that the last digit may have: that of the last printed one, and those before it where zeros end the number."""
        if "." in self.text:
            return [self.step]
        digits = re.sub(r"\D", "", self.text)
        zeros = len(digits) - len(digits.rstrip("0"))
        return [self.step * 10**power for power in range(min(zeros, max(len(digits) - DIGITS_MIN, 0)) + 1)]

    @property
    def shown(self) -> str:
        """The figure as a person writes it."""
        return f"{self.text} {self.unit}".strip()


def read_claim(row: dict[str, Any]) -> Stated:
    """A row of a claims file made exact. Raises Unclear."""
    row = {name: (text or "").strip() for name, text in row.items() if name != "note"}
    measure, kind = _figure(row["metric"].lower())
    spot = _spot(row, measure, kind)
    title = row.get("source_title", "")
    if kind in ("since", "streak", "rank"):
        number = Fraction(int(row["value"])) if row["value"].isdecimal() else Fraction(0)
        qualifier = row.get("qualifier", "")
        return Stated(spot, kind, number, Fraction(1), row["value"], row["unit"], 1, qualifier, title=title)
    text, qualifier = _number_text(row["value"], row.get("qualifier", ""), kind)
    if not NUMBER.fullmatch(text):
        raise Unclear(f"{row['value']!r} is no number; write one as 46.4 or 1,238")
    against = None
    if match := AGAINST.fullmatch(row["metric"].lower()):
        first, last = read_period(match[1])
        against = spot.at(first=first, last=last)
    size, kind, unit = _unit(row["unit"], kind, measure)
    step = Fraction(1, 10 ** len(text.partition(".")[2]))
    return Stated(spot, kind, Fraction(text), step, text, unit, size, read_qualifier(qualifier), against, title)


def _number_text(value: str, qualifier: str, kind: str) -> tuple[str, str]:
    """Digits and sign of a number, and its qualifier; "down 81 %" is minus 81 %, where a change is claimed."""
    text = value.replace("，", ",").replace("−", "-").rstrip("%％ ")
    if text[:1] in SIGNS:
        text, qualifier = text[1:], qualifier or SIGNS[text[0]]
    elif text[-1:] == "+":
        text, qualifier = text[:-1], qualifier or "more than"
    text = re.sub(r"^([+-]?)\s+", r"\1", text)
    if GROUPED.fullmatch(text):
        text = re.sub(r"[,\s]", "", text)
    if moved := MOVED.match(qualifier.lower().strip()):
        qualifier = qualifier.strip()[moved.end() :]
        is_fall = re.fullmatch(FALLING, moved[1]) is not None
        if is_fall and kind in ("mom", "yoy", "against") and not text.startswith("-"):
            text = f"-{text}"
    return text, qualifier


def _figure(metric: str) -> tuple[str, str]:
    """Measure and kind of figure of a metric."""
    if metric in LEVELS:
        return LEVELS[metric], "level"
    if metric in GROWTHS:
        return GROWTHS[metric]
    if metric in OTHERS or AGAINST.fullmatch(metric):
        return "quantity_kg", metric.removesuffix("_pct") if metric in OTHERS else "against"
    raise Unclear(f"there is no such metric as {metric!r}")


def _spot(row: dict[str, str], measure: str, kind: str) -> Spot:
    first, last = read_period(row["period"])
    if kind == "mom" and first != last:
        raise Unclear(f"a change on the month before is of one month, and the claim is of {row['period']}")
    if row["metric"].lower().startswith("ytd") and first % 12:
        raise Unclear(f"a year to date begins in January, and the claim is of {row['period']}; write 2025-01..2025-06")
    if row["flow"].lower() not in ("export", "import"):
        raise Unclear(f"the direction {row['flow']!r} is neither export nor import")
    return Spot(row["flow"].lower(), read_product(row), read_partner(row["partner"]), measure, first, last)


def _unit(unit: str, kind: str, measure: str) -> tuple[int, str, str]:
    """Worth of the unit in the ledger's, the kind of figure that it makes, the unit as shown."""
    if kind == "level":
        return _unit_size(unit, measure), kind, unit
    if kind == "unit_value":
        if unit.lower() not in UNIT_VALUES:
            raise Unclear(f"the unit {unit!r} is none that we know; USD/t or USD/kg")
        return UNIT_VALUES[unit.lower()], kind, unit
    if unit.lower() in ("times", "x", "fold", "倍"):
        return 1, f"{kind}_times", "times"
    if unit.lower() not in ("%", "％", "per cent", "percent", "pct", ""):
        raise Unclear(f"the unit {unit!r} is none for a growth or a share; %, or times")
    return 1, kind, unit


def _unit_size(unit: str, measure: str) -> int:
    size = MEGATONNE_KG if unit == MEGATONNE else UNITS.get(unit.lower())
    is_money = any(word in unit.lower() for word in ("usd", "cny", "rmb", "yuan", "元"))
    if size is None or is_money != measure.startswith("value"):
        raise Unclear(
            f"the unit {unit!r} is none that we know for this figure; one of {', '.join(list(UNITS)[:5])}, kg, USD, CNY"
        )
    if is_money and ("usd" in unit.lower()) != (measure == "value_usd"):
        raise Unclear(f"the unit {unit!r} is not the currency of the metric {measure}")
    return size


def read_period(text: str) -> tuple[int, int]:
    """First and last month of 2025-06 or 2025-01..2025-06; of 2025, 2025-Q1, H1 2025, the like in words, June 2025 and
    2025/6 too, and of 2025年6月, 2025年1-6月 and 2025年上半年."""
    if (found := _written_period(text.lower().strip())) is not None:
        return found
    match = PERIOD.fullmatch(text)
    if match is None:
        raise Unclear(f"{text!r} is no period; write 2025-06 or 2025-01..2025-06")
    numbers = [int(number) for number in match.groups() if number]
    months = [year * 12 + month - 1 for year, month in zip(numbers[::2], numbers[1::2], strict=True)]
    if months[0] > months[-1] or not all(1 <= month <= 12 for month in numbers[1::2]):
        raise Unclear(f"{text!r} is no period; write 2025-06 or 2025-01..2025-06")
    return months[0], months[-1]


def _written_period(text: str) -> tuple[int, int] | None:
    """A period in other words than ours; None where it is in ours, or in none."""
    if match := PART_YEAR.fullmatch(text):
        text = f"{match[2]}-{match[1]}"
    elif match := HALF_YEAR.fullmatch(text):
        text = f"{match[2] or match[3]}-h{1 if (match[1] or match[4]) in ('first', '上') else 2}"
    elif match := WRITTEN_SPAN.fullmatch(text):
        first, last = (int(match[1]) * 12 + int(month) - 1 for month in match.groups()[1:])
        return (first, last) if 1 <= int(match[2]) <= int(match[3]) <= 12 else None
    if match := YEAR_PART.fullmatch(text):
        length = {"q": 3, "h": 6}.get(match[2] or "", 12)
        first = int(match[1]) * 12 + (int(match[3] or 1) - 1) * length
        return (first, first + length - 1) if first // 12 == int(match[1]) else None
    if (match := NAMED_MONTH.fullmatch(text)) and match[1] in MONTH_NAMES:
        month = int(match[2]) * 12 + MONTH_NAMES[match[1]] - 1
        return month, month
    if (match := WRITTEN_MONTH.fullmatch(text)) and 1 <= int(match[2]) <= 12:
        month = int(match[1]) * 12 + int(match[2]) - 1
        return month, month
    return None


def read_product(row: dict[str, str]) -> str:
    """The product that the claim's commodity stands for, by the outlet's own use of the word where the table has it."""
    stated = row.get("hs_code_if_stated", "")
    if re.search(r"\d", stated):
        if not ONE_CODE.fullmatch(stated):
            raise Unclear(f"{stated!r} is not one code")
        # A code of more than eight digits is China's own; eight are what the statistics have.
        return re.sub(r"\D", "", stated)[:8]
    if re.fullmatch(r"\d{2,8}|(line|basket):[a-z_]+", row["commodity"]):
        return row["commodity"]
    word = " ".join(row["commodity"].lower().replace("_", " ").replace("-", " ").split())
    rows = code_table("commodity_words").filter(pl.col("word") == word).to_dicts()
    if not rows:
        raise Unclear(
            f"{row['commodity']!r} is no commodity of the table commodity_words: what the outlet counts is not known"
        )
    where = f"{row.get('source_title', '')} {row.get('source_url', '')}".lower()
    named = [one for one in rows if one["agency"] and one["agency"].lower() in where]
    chosen = (named or [one for one in rows if not one["agency"]] or rows)[0]
    if not chosen["product"]:
        raise Unclear(
            f"{row['commodity']!r}{' of ' + chosen['agency'] if chosen['agency'] else ''} is {chosen['means']}: no product of ours is the same"
        )
    return str(chosen["product"])


def read_partner(text: str) -> str:
    """Our key of a partner."""
    rows = code_table("partner_words").filter(pl.col("word") == text.lower())
    if rows.height:
        if not rows["partner"][0]:
            raise Unclear(f"{text} is {rows['source'][0]}")
        return str(rows["partner"][0])
    known = code_table("partners").filter(
        (pl.col("partner") == text)
        | (pl.col("name_zh") == text)
        | (pl.col("name_en").str.to_lowercase() == text.lower())
    )
    if known.height:
        return str(known["partner"][0])
    try:
        return str(pycountry.countries.lookup(text).alpha_3)
    except LookupError as error:
        raise Unclear(f"{text!r} is no partner that we know") from error


def read_qualifier(text: str) -> str:
    """below, slightly above, above, under, about, or nothing. Raises Unclear at other words: a guess would be a tolerance."""
    word = text.lower().strip().rstrip(".")
    if not word:
        return ""
    for kind, words in QUALIFIERS.items():
        if word in words:
            return kind
    raise Unclear(
        f"{text!r} is no word before a number that we know; write about, nearly, more than, less than, or none"
    )
