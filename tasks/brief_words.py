"""The words of a brief, English and Chinese, from the same facts: words follow numbers, and rounding comes last.

A growth of 660 % is "more than seven times as much", never "six times". A number is shown with the digits that it carries.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from schemas.brief import Fact, Facts, PartnerRow
from schemas.code_tables import code_table
from schemas.metric import MISSING
from tasks.brief_texts import EN_NUMBERS, FIGURES_EN, FIGURES_ZH, MISSING_ZH, TEXTS_EN, TEXTS_ZH
from tasks.display import month_name, partner_name

MIX_MOVED_PP_MIN = 5.0
TIMES_MIN = 2


@dataclass
class Piece:
    """A bit of a sentence; with a fact it is a number that leads to its source."""

    text: str
    fact: Fact | None = None


@dataclass
class Sentence:
    """Pieces in order."""

    pieces: list[Piece] = field(default_factory=list)

    def say(self, text: str, fact: Fact | None = None) -> "Sentence":
        """Add a piece."""
        self.pieces.append(Piece(text, fact))
        return self

    @property
    def text(self) -> str:
        """Without links."""
        return "".join(piece.text for piece in self.pieces)


def shown(fact: Fact, language: str = "en") -> str:
    """The figure as printed on the page."""
    value = fact.value
    if value is None:
        return "–"
    if isinstance(value, str):
        return _since(value, language)
    if fact.figure in ("level", "ytd"):
        return _tonnes(value)
    if fact.figure == "rank":
        return f"{value:.0f}"
    if fact.figure == "share_pct":
        return f"{value:.1f} %"
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{_percent(fact)} %"


def _percent(fact: Fact) -> str:
    """The size of a growth with the digits that it carries."""
    assert isinstance(fact.value, float)
    size = round(abs(fact.value) / fact.step) * fact.step
    return f"{size:,.0f}" if fact.step >= 1 else f"{size:,.1f}"


def _tonnes(kilograms: float) -> str:
    value = kilograms / 1000
    return (
        f"{value:,.0f} t"
        if value >= 100 or value == int(value)
        else f"{value:,.1f} t"
        if value >= 1
        else f"{value:,.3f} t"
    )


def _since(text: str, language: str) -> str:
    year, month = map(int, text.split("-"))
    return f"{year}年{month}月" if language == "zh" else month_name(date(year, month, 1))


def times(fact: Fact, language: str) -> str:
    """How many times as much a large growth is, in whole times: the ratio, which is one more than the growth."""
    ratio = float(fact.value or 0) / 100 + 1
    whole = int(ratio)
    if whole < TIMES_MIN:
        return ""
    if language == "zh":
        return f"，是上月的{whole}倍多"
    return f", more than {EN_NUMBERS[whole] if whole < len(EN_NUMBERS) else f'{whole:,} times'} as much"


def partner(key: str, language: str) -> str:
    """Name of a partner."""
    if language == "en":
        return (
            "all countries"
            if key == "WLD"
            else "the " + partner_name(key)
            if key in ("USA", "NLD", "GBR", "ARE", "PHL")
            else partner_name(key)
        )
    if key == "WLD":
        return "全球"
    known = code_table("partners").filter(pl.col("partner") == key)
    return str(known["name_zh"][0]) if known.height else key


def headlines(facts: Facts, language: str) -> list[Sentence]:
    """The sentences at the top of the page."""
    made = [_world(facts, language), _year(facts, language), _record(facts, language)]
    moved = [row for row in facts.partners[1:] if row.mom.value is not None]
    made += [_partner(facts, row, language) for row in sorted(moved, key=lambda row: -abs(float(row.mom.value or 0)))]
    return [sentence for sentence in made if sentence is not None]


def _verb(fact: Fact, language: str) -> str:
    value = float(fact.value or 0)
    if language == "zh":
        return "增长" if value > 0 else "下降" if value < 0 else "持平"
    return "rose" if value > 0 else "fell" if value < 0 else "did not change"


def _direction(fact: Fact) -> str:
    return "up" if float(fact.value or 0) > 0 else "down"


def _world(facts: Facts, language: str) -> Sentence | None:
    row, made = facts.partners[0], Sentence()
    if row.level.value is None:
        return None
    if language == "zh":
        made.say(
            f"{facts.month.year}年{facts.month.month}月中国{facts.name_zh}{'出口' if facts.flow == 'export' else '进口'}"
        ).say(shown(row.level), row.level)
        if row.mom.value is not None:
            made.say(f"，环比{_verb(row.mom, 'zh')}").say(f"{_percent(row.mom)} %", row.mom).say("（上月").say(
                shown(facts.world_before), facts.world_before
            ).say("）")
        if row.yoy.value is not None:
            made.say(f"，同比{_verb(row.yoy, 'zh')}").say(f"{_percent(row.yoy)} %", row.yoy)
        return made.say("。")
    made.say(f"China's {facts.flow}s of {_within(facts.name_en)} were ").say(shown(row.level), row.level).say(
        f" in {month_name(facts.month)}"
    )
    if row.mom.value is not None:
        made.say(f", {_direction(row.mom)} ").say(f"{_percent(row.mom)} %", row.mom).say(" from ").say(
            shown(facts.world_before), facts.world_before
        )
        made.say(f" in {month_name(facts.world_before.month).split()[0]}")
    if row.yoy.value is not None:
        made.say(f"{' and' if row.mom.value is not None else ','} {_direction(row.yoy)} ").say(
            f"{_percent(row.yoy)} %", row.yoy
        ).say(f" from {month_name(row.yoy.month.replace(year=row.yoy.month.year - 1))}")
    return made.say(".")


def _within(name: str) -> str:
    """A name inside a sentence; a code keeps its letters."""
    return name if name[:2].isupper() else name[:1].lower() + name[1:]


def _year(facts: Facts, language: str) -> Sentence | None:
    row, made = facts.partners[0], Sentence()
    if row.ytd.value is None:
        return None
    if language == "zh":
        made.say(f"1至{facts.month.month}月累计").say(shown(row.ytd), row.ytd)
        if row.ytd_yoy.value is not None:
            made.say(f"，同比{_verb(row.ytd_yoy, 'zh')}").say(f"{_percent(row.ytd_yoy)} %", row.ytd_yoy)
        return made.say("。")
    span = {6: "The first half", 12: "The year"}.get(
        facts.month.month, f"January to {month_name(facts.month).split()[0]}"
    )
    made.say(f"{span} came to ").say(shown(row.ytd), row.ytd)
    if row.ytd_yoy.value is not None:
        made.say(f", {_direction(row.ytd_yoy)} ").say(f"{_percent(row.ytd_yoy)} %", row.ytd_yoy).say(" on the year")
    return made.say(".")


def _record(facts: Facts, language: str) -> Sentence | None:
    for fact, en, zh in ((facts.highest_since, "highest", "最高"), (facts.lowest_since, "lowest", "最低")):
        if fact.value is not None:
            made = Sentence()
            return (
                made.say("为自").say(shown(fact, "zh"), fact).say(f"以来{zh}。")
                if language == "zh"
                else made.say(f"It was the {en} month since ").say(shown(fact), fact).say(".")
            )
    return None


def _partner(facts: Facts, row: PartnerRow, language: str) -> Sentence:
    made, name = Sentence(), partner(row.partner, language)
    if language == "zh":
        made.say(
            f"{'对' if facts.flow == 'export' else '自'}{name}{'出口' if facts.flow == 'export' else '进口'}环比{_verb(row.mom, 'zh')}"
        )
        if row.mom.value:
            made.say(f"{_percent(row.mom)} %", row.mom).say(times(row.mom, "zh"))
        made.say("，至").say(shown(row.level), row.level)
        if row.share.value is not None:
            made.say("，占").say(shown(row.share), row.share)
        if row.rank.value is not None:
            made.say("，居第").say(shown(row.rank), row.rank).say("位")
        return made.say("。")
    made.say(f"{facts.flow.capitalize()}s {'to' if facts.flow == 'export' else 'from'} {name} {_verb(row.mom, 'en')}")
    if row.mom.value:
        made.say(" ").say(f"{_percent(row.mom)} %", row.mom).say(" to ").say(shown(row.level), row.level).say(
            times(row.mom, "en")
        )
    else:
        made.say(" from ").say(shown(row.level), row.level)
    if row.share.value is not None:
        made.say("; that is ").say(shown(row.share), row.share).say(" of the total")
    if row.rank.value is not None:
        made.say(", rank ").say(shown(row.rank), row.rank)
    return made.say(".")


def missing(facts: Facts, language: str) -> list[str]:
    """What may not be compared and why, grouped by reason."""
    grouped: dict[str, dict[str, list[str]]] = {}
    for row in facts.partners:
        for fact in (row.mom, row.yoy, row.ytd, row.ytd_yoy, row.share, row.rank):
            if fact.value is None and fact.status != "not_applicable":
                grouped.setdefault(fact.status, {}).setdefault(fact.figure, []).append(partner(row.partner, language))
    figures, reasons = (FIGURES_ZH, MISSING_ZH) if language == "zh" else (FIGURES_EN, MISSING)
    comma, colon = ("、", "：") if language == "zh" else (", ", ": ")
    return [
        f"{reasons[reason]}{colon}"
        + "; ".join(f"{figures[figure]} ({comma.join(names)})" for figure, names in by_figure.items())
        for reason, by_figure in sorted(grouped.items())
    ]


def source_line(fact: Fact) -> str:
    """The trace of a figure in a line: for a tooltip."""
    if fact.trace is None:
        return ""
    numbers = [number for operand in fact.trace.operands for number in operand.numbers]
    parts = [
        f"{number.value:,} {number.unit}, {number.period}, record {', '.join(map(str, number.records[:3]))} of {number.raw_sha256[:12]}"
        for number in numbers[:3]
    ]
    return f"{fact.trace.formula}: " + "; ".join(parts) + (f"; and {len(numbers) - 3} more" if len(numbers) > 3 else "")


def texts(language: str) -> dict[str, Any]:
    """Headings and labels of the page."""
    return TEXTS_ZH if language == "zh" else TEXTS_EN
