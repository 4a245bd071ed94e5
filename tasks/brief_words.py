"""The words of a brief, English and Chinese, from the same facts: words follow numbers, and rounding comes last.

A growth of 660 % is "more than seven times as much", never "six times". A number is shown with the digits that it carries.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from schemas.brief import Fact, Facts, PartnerRow, Revised
from schemas.code_tables import code_table
from schemas.metric import MISSING
from tasks.brief_texts import (
    BODIES_ZH,
    DOCUMENTS_ZH,
    EN_NUMBERS,
    FIGURES_EN,
    FIGURES_ZH,
    FORMULAS_ZH,
    IMPLIED_ZH,
    KINDS_ZH,
    MISSING_ZH,
    PRICE_FIGURES_EN,
    PRICE_FIGURES_ZH,
    PRICE_FORMULA_ZH,
    PRICE_UNITS,
    STATES_ZH,
    TEXTS_EN,
    TEXTS_ZH,
)
from tasks.display import month_name, partner_name, two_digits

MIX_MOVED_PP_MIN = 5.0
TIMES_MIN = 2
EXACT = 1e-9
WHOLE = 100


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
        unit = PRICE_UNITS.get(fact.measure)
        return f"{_price(value)} {unit}" if unit else _tonnes(value)
    if fact.figure == "rank":
        return f"{value:.0f}"
    if fact.figure == "share_pct":
        return f"{_percent(fact)} %"
    return f"{_sign(fact)}{_percent(fact)} %"


def figure_name(fact: Fact, language: str) -> str:
    """What a figure is called among the sources: a month of mass and a month's unit value are not the same."""
    of_mass, of_price = (FIGURES_ZH, PRICE_FIGURES_ZH) if language == "zh" else (FIGURES_EN, PRICE_FIGURES_EN)
    return (of_price if fact.measure in PRICE_UNITS else of_mass)[fact.figure]


def is_seen(fact: Fact) -> bool:
    """Whether a growth is so large that a digit is left of it when it is rounded to those that it carries."""
    return isinstance(fact.value, float) and round(abs(fact.value) / fact.step) > 0


def _sign(fact: Fact) -> str:
    return "" if not is_seen(fact) else "+" if float(fact.value or 0) > 0 else "−"


def _percent(fact: Fact) -> str:
    """The size of a growth or a share with the digits that it carries."""
    assert isinstance(fact.value, float)
    size = round(abs(fact.value) / fact.step) * fact.step
    if size == WHOLE > abs(fact.value):
        # Nothing falls by all of itself as long as anything is left.
        texts = (f"{abs(fact.value):.{digits}f}" for digits in range(15))
        return next((text for text in texts if float(text) < WHOLE), "100")
    return f"{size:,.0f}" if fact.step >= 1 else f"{size:,.1f}"


def _tonnes(kilograms: float) -> str:
    value = kilograms / 1000
    if value >= 100 or value == int(value):
        return f"{value:,.0f} t"
    return f"{value:,.1f} t" if value >= 1 else f"{value:,.3f} t" if value >= 0.001 else f"{two_digits(value)} t"


def _price(value: float) -> str:
    return f"{value:,.2f}" if value >= 0.1 or value == 0 else two_digits(value)


def _since(text: str, language: str) -> str:
    year, month = map(int, text.split("-"))
    return f"{year}年{month}月" if language == "zh" else month_name(date(year, month, 1))


def times(fact: Fact, language: str) -> str:
    """How many times as much a large growth is, in whole times: the ratio, which is one more than the growth. Nothing where the
    printed digits leave open whether it is."""
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
    return [sentence for sentence in made if sentence is not None] or [_nothing(facts, language)]


def _nothing(facts: Facts, language: str) -> Sentence:
    """That there is no number to speak of, and why."""
    reasons, month = MISSING | MISSING_ZH if language == "zh" else MISSING, f"{facts.month:%Y-%m}"
    reason = reasons[facts.partners[0].level.status]
    if language == "zh":
        trade = "出口" if facts.flow == "export" else "进口"
        return Sentence().say(f"没有{_since(month, 'zh')}中国{facts.name_zh}{trade}的数字：{reason}。")
    about = f"China's {facts.flow}s of {_within(facts.name_en)} in {_since(month, 'en')}"
    return Sentence().say(f"There is no figure of {about}: {reason}.")


def _way(fact: Fact, up: str, down: str, little: str, same: str) -> str:
    """The word for a growth; one of which no digit is left is neither a rise nor a fall, and no standstill either."""
    value = float(fact.value or 0)
    return same if value == 0 else little if not is_seen(fact) else up if value > 0 else down


def _change(made: Sentence, fact: Fact, language: str) -> Sentence:
    """A growth in words, with its number where a digit of it is left: "up 33.3 %", "unchanged", "little changed"."""
    if language == "zh":
        made.say(_way(fact, "增长", "下降", "基本持平", "持平"))
    else:
        made.say(_way(fact, "up ", "down ", "little changed", "unchanged"))
    return made.say(f"{_percent(fact)} %", fact) if is_seen(fact) else made


def _world(facts: Facts, language: str) -> Sentence | None:
    row, made = facts.partners[0], Sentence()
    if row.level.value is None:
        return None
    if language == "zh":
        made.say(
            f"{facts.month.year}年{facts.month.month}月中国{facts.name_zh}{'出口' if facts.flow == 'export' else '进口'}"
        ).say(shown(row.level), row.level)
        if row.mom.value is not None:
            _change(made.say("，环比"), row.mom, language).say("（上月").say(
                shown(facts.world_before), facts.world_before
            ).say("）")
        if row.yoy.value is not None:
            _change(made.say("，同比"), row.yoy, language)
        return made.say("。")
    made.say(f"China's {facts.flow}s of {_within(facts.name_en)} were ").say(shown(row.level), row.level).say(
        f" in {month_name(facts.month)}"
    )
    if row.mom.value is not None:
        _change(made.say(", "), row.mom, language).say(" from ").say(shown(facts.world_before), facts.world_before)
        made.say(f" in {month_name(facts.world_before.month).split()[0]}")
    if row.yoy.value is not None:
        _change(made.say(" and " if row.mom.value is not None else ", "), row.yoy, language).say(
            f" from {month_name(row.yoy.month.replace(year=row.yoy.month.year - 1))}"
        )
    return made.say(".")


def _within(name: str) -> str:
    """A name inside a sentence; a code keeps its letters."""
    return name if name[:2].isupper() else name[:1].lower() + name[1:]


def _year(facts: Facts, language: str) -> Sentence | None:
    row, made = facts.partners[0], Sentence()
    # Of January the year so far is the month.
    if row.ytd.value is None or facts.month.month == 1:
        return None
    # Where January and February come together this is the first sentence, and has to say of what it is.
    is_first, year = row.level.value is None, facts.month.year
    if language == "zh":
        trade = "出口" if facts.flow == "export" else "进口"
        subject = f"中国{facts.name_zh}{trade}" if is_first else ""
        made.say(f"{f'{year}年' if is_first else ''}1至{facts.month.month}月{subject}累计").say(shown(row.ytd), row.ytd)
        if row.ytd_yoy.value is not None:
            _change(made.say("，同比"), row.ytd_yoy, language)
        return made.say("。")
    last = month_name(facts.month).split()[0]
    if is_first:
        made.say(f"China's {facts.flow}s of {_within(facts.name_en)} from January to {last} {year} came to ")
    else:
        span = {6: "The first half", 12: "The year"}.get(facts.month.month, f"January to {last}")
        made.say(f"{span} came to ")
    made.say(shown(row.ytd), row.ytd)
    if row.ytd_yoy.value is not None:
        _change(made.say(", "), row.ytd_yoy, language).say(" on the year")
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
        if fact.status == "series_record" and facts.series_start is not None and facts.series_start < facts.month:
            start = _since(f"{facts.series_start:%Y-%m}", language)
            return (
                Sentence().say(f"为{start}有连续数据以来{zh}。")
                if language == "zh"
                else Sentence().say(f"It was the {en} month of the unbroken series, which begins in {start}.")
            )
    return None


def _partner(facts: Facts, row: PartnerRow, language: str) -> Sentence:
    return _partner_zh(facts, row) if language == "zh" else _partner_en(facts, row)


def _partner_en(facts: Facts, row: PartnerRow) -> Sentence:
    made, name = Sentence(), partner(row.partner, "en")
    made.say(f"{facts.flow.capitalize()}s {'to' if facts.flow == 'export' else 'from'} {name} ")
    made.say(_way(row.mom, "rose ", "fell ", "hardly changed, at ", "did not change from "))
    if is_seen(row.mom):
        made.say(f"{_percent(row.mom)} %", row.mom).say(" to ")
    made.say(shown(row.level), row.level).say(times(row.mom, "en"))
    if row.yoy.value:
        _change(made.say(", "), row.yoy, "en").say(" on the year")
    if row.share.value is not None:
        made.say("; that is ").say(shown(row.share), row.share).say(" of the total")
    if row.rank.value is not None:
        made.say(", rank ").say(shown(row.rank), row.rank)
        if row.rank_before.value is not None and row.rank_before.value != row.rank.value:
            made.say(" after rank ").say(shown(row.rank_before), row.rank_before).say(" the month before")
    return made.say(".")


def _partner_zh(facts: Facts, row: PartnerRow) -> Sentence:
    made, name = Sentence(), partner(row.partner, "zh")
    to, trade = ("对", "出口") if facts.flow == "export" else ("自", "进口")
    _change(made.say(f"{to}{name}{trade}环比"), row.mom, "zh").say(times(row.mom, "zh"))
    made.say("，至").say(shown(row.level), row.level)
    if row.yoy.value:
        _change(made.say("，同比"), row.yoy, "zh")
    if row.share.value is not None:
        made.say("，占").say(shown(row.share), row.share)
    if row.rank.value is not None:
        made.say("，居第").say(shown(row.rank), row.rank).say("位")
        if row.rank_before.value is not None and row.rank_before.value != row.rank.value:
            made.say("（上月第").say(shown(row.rank_before), row.rank_before).say("位）")
    return made.say("。")


def missing(facts: Facts, language: str) -> list[str]:
    """What may not be compared and why, grouped by reason."""
    grouped: dict[str, dict[str, list[str]]] = {}
    facts_shown = [
        fact for row in facts.partners for fact in (row.mom, row.yoy, row.ytd, row.ytd_yoy, row.share, row.rank)
    ]
    if facts.unit_value.value is not None:
        facts_shown += [facts.unit_value_mom, facts.unit_value_yoy]
    for fact in facts_shown:
        if fact.value is None and fact.status != "not_applicable":
            by_figure = grouped.setdefault(fact.status, {})
            by_figure.setdefault(figure_name(fact, language), []).append(partner(fact.partner, language))
    reasons = MISSING | MISSING_ZH if language == "zh" else MISSING
    comma, colon = ("、", "：") if language == "zh" else (", ", ": ")
    return [
        f"{reasons[reason]}{colon}"
        + "; ".join(f"{figure} ({comma.join(names)})" for figure, names in by_figure.items())
        for reason, by_figure in sorted(grouped.items())
    ]


def source_line(fact: Fact, language: str = "en") -> str:
    """The trace of a figure in a line: for a tooltip."""
    if fact.trace is None:
        return ""
    said = texts(language)
    numbers = [number for operand in fact.trace.operands for number in operand.numbers]
    parts = [
        f"{number.value:,} {number.unit}, {number.partner} {number.period}, {said['release']} {number.release_id}, "
        f"{said['record']} {', '.join(map(str, number.records[:3]))}, sha256 {number.raw_sha256[:12]}"
        for number in numbers[:3]
    ]
    return f"{formula(fact, language)}: " + "; ".join(parts) + (f"; + {len(numbers) - 3}" if len(numbers) > 3 else "")


def formula(fact: Fact, language: str) -> str:
    """How a figure was computed, in words."""
    assert fact.trace is not None
    if language == "en":
        return fact.trace.formula
    if fact.figure == "level" and fact.measure in PRICE_UNITS:
        return PRICE_FORMULA_ZH
    return IMPLIED_ZH if fact.status == "implied_base" else FORMULAS_ZH[fact.figure]


def revised_lines(facts: Facts, language: str) -> list[tuple[str, str]]:
    """What was revised, a line each, and which release said what."""
    said = texts(language)
    lines = []
    for row in facts.revised:
        numbers = [
            said["no_word"] if value is None else _amount(value, row.unit) for value in (row.old_value, row.new_value)
        ]
        kind = KINDS_ZH[row.kind] if language == "zh" else row.kind
        measure = said["measures"].get(row.measure, row.measure.replace("_", " "))
        which = ", ".join([row.period, partner(row.partner, language), *_of_the_page(row, facts, language), measure])
        lines.append(
            (
                f"{which}: {numbers[0]} → {numbers[1]} ({kind}, {row.revised_on})",
                f"{row.old_release_id} → {row.new_release_id}",
            )
        )
    return lines


def _of_the_page(row: Revised, facts: Facts, language: str) -> list[str]:
    """Which code, regime and province a revised number is of, where that is not what the page is about."""
    said = texts(language)
    code = [row.product] if row.product != facts.product and facts.codes != [row.product] else []
    regime = [said["regime"].format(code=row.regime)] if row.regime else []
    return code + regime + ([said["province"].format(code=row.province)] if row.province else [])


def _amount(value: int, unit: str) -> str:
    if unit == "basis_point":
        return f"{value / 100:+,.2f} %".replace("-", "−")
    return f"{value:,} {unit}"


def event_lines(facts: Facts, language: str) -> list[dict[str, str]]:
    """The measures inside the months shown: day, title, goods, state, address."""
    said = texts(language)
    lines = []
    for event in facts.events:
        title = f"{event.body}: {event.document}"
        state = STATES_ZH[event.state] if language == "zh" else event.state.replace("_", " ")
        if language == "zh":
            for words, chinese in BODIES_ZH:
                title = title.replace(words, chinese)
            for pattern, chinese in DOCUMENTS_ZH:
                title = re.sub(pattern, chinese, title)
        if event.state == "never_in_force":
            state = said["never"].format(day=event.until)
        lines.append(
            {"day": str(event.day), "title": title, "goods": event.goods, "state": state, "address": event.address}
        )
    return lines


def unit_value_pieces(facts: Facts, language: str) -> list[Piece]:
    """The unit value and how it moved, each number with its source; where there is none, why."""
    said, price = texts(language), facts.unit_value
    if not isinstance(price.value, float):
        if not facts.has_values:
            return Sentence().say(said["no_value"]).pieces
        reasons = MISSING | MISSING_ZH if language == "zh" else MISSING
        return Sentence().say(said["no_unit_value"].format(reason=reasons[price.status])).pieces
    made = Sentence().say(_price(price.value), price).say(f" {said['unit_notes'][price.measure]}")
    words = (", {} on the month", ", {} on the year") if language == "en" else ("，环比{}", "，同比{}")
    for fact, text in zip((facts.unit_value_mom, facts.unit_value_yoy), words, strict=True):
        if fact.value is not None:
            before, after = text.split("{}")
            made.say(before).say(shown(fact), fact).say(after)
    return made.pieces


def texts(language: str) -> dict[str, Any]:
    """Headings and labels of the page."""
    return TEXTS_ZH if language == "zh" else TEXTS_EN
