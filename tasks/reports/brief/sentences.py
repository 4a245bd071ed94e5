"""Writes the sentences of a brief, in English and Chinese, from the same facts; each number in them links to its
source.
"""

from dataclasses import dataclass, field

from schemas.forms.brief import Fact, Facts, PartnerRow
from schemas.names import MISSING
from tasks.domain.labels import capitalised, country, trade_of, written_month
from tasks.domain.value_terms import NOT_STATED
from tasks.reports.brief.texts import MISSING_ZH
from tasks.reports.brief.wording import in_unit, is_seen, month_words, partner, percent, price_text, shown, texts, times

SENTENCES_MAX = 5


@dataclass
class Piece:
    """A part of a sentence; with a fact it is a number that links to its source."""

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
        """Return the text without links."""
        return "".join(piece.text for piece in self.pieces)


def headlines(facts: Facts, language: str) -> list[Sentence]:
    """Write the sentences at the top of the page, five at most: the partners that moved the total most come first,
    the others are in the table.
    """
    made = [_world(facts, language), _year(facts, language), _record(facts, language)]
    sentences = [sentence for sentence in made if sentence is not None]
    moved = [row for row in facts.partners[1:] if row.mom.value is not None]
    sentences += [_partner(facts, row, language) for row in moved[: SENTENCES_MAX - len(sentences)]]
    return sentences or [_nothing(facts, language)]


def _nothing(facts: Facts, language: str) -> Sentence:
    """Say that there is no number, and why."""
    reasons, month = MISSING | MISSING_ZH if language == "zh" else MISSING, f"{facts.month:%Y-%m}"
    reason = reasons[facts.partners[0].level.status]
    if language == "zh":
        return Sentence().say(f"没有{month_words(month, 'zh')}{_about(facts, 'zh')}的数字：{reason}。")
    about = f"{_about(facts, 'en')} in {month_words(month, 'en')}"
    return Sentence().say(f"There is no figure of {about}: {reason}.")


def _way(fact: Fact, up: str, down: str, little: str, same: str) -> str:
    """Return the verb for a growth; a growth that rounds to zero is neither a rise nor a fall, nor unchanged."""
    value = float(fact.value or 0)
    return same if value == 0 else little if not is_seen(fact) else up if value > 0 else down


def _change(made: Sentence, fact: Fact, language: str) -> Sentence:
    """Describe a growth, with its number if a digit of it is left: "up 33.3 %", "unchanged", "little changed"."""
    if language == "zh":
        made.say(_way(fact, "增长", "下降", "基本持平", "持平"))
    else:
        made.say(_way(fact, "up ", "down ", "little changed", "unchanged"))
    return made.say(in_unit(percent(fact), "%", language), fact) if is_seen(fact) else made


def _world(facts: Facts, language: str) -> Sentence | None:
    row, made = facts.partners[0], Sentence()
    if row.level.value is None:
        return None
    if language == "zh":
        made.say(f"{facts.month.year}年{facts.month.month}月{_about(facts, 'zh')}").say(
            shown(row.level, "zh"), row.level
        )
        if row.mom.value is not None:
            _change(made.say("，环比"), row.mom, language).say("（上月").say(
                shown(facts.world_before, "zh"), facts.world_before
            ).say("）")
        if row.yoy.value is not None:
            _change(made.say("，同比"), row.yoy, language)
        return made.say("。")
    made.say(f"{capitalised(_about(facts, 'en'))} were ").say(shown(row.level), row.level).say(
        f" in {written_month(facts.month)}"
    )
    if row.mom.value is not None:
        _change(made.say(", "), row.mom, language).say(" from ").say(shown(facts.world_before), facts.world_before)
        made.say(f" in {written_month(facts.world_before.month).split()[0]}")
    if row.yoy.value is not None:
        _change(made.say(" and " if row.mom.value is not None else ", "), row.yoy, language).say(
            f" from {written_month(row.yoy.month.replace(year=row.yoy.month.year - 1))}"
        )
    return made.say(".")


def subject(reporter: str, flow: str, name: str, language: str) -> str:
    """Whose trade in what.

    >>> subject("USA", "import", "Permanent magnets", "en"), subject("USA", "import", "永磁体", "zh")
    ("the United States' imports of permanent magnets", '美国永磁体进口')
    """
    if language == "zh":
        return f"{country(reporter, 'zh')}{name}{texts('zh')['flows'][flow]}"
    return f"{trade_of(reporter, flow)} of {_within(name)}"


def _about(facts: Facts, language: str) -> str:
    return subject(facts.reporter, facts.flow, facts.name_zh if language == "zh" else facts.name_en, language)


def _within(name: str) -> str:
    """Return a name for use inside a sentence; a code keeps its letters."""
    return name if name[:2].isupper() else name[:1].lower() + name[1:]


def _year(facts: Facts, language: str) -> Sentence | None:
    row, made = facts.partners[0], Sentence()
    # For January the year to date is the month.
    if row.ytd.value is None or facts.month.month == 1:
        return None
    # If January and February are published together, this is the first sentence and must name its subject.
    is_first, year = row.level.value is None, facts.month.year
    if language == "zh":
        about = _about(facts, "zh") if is_first else trade_of(facts.reporter, facts.flow, "zh")
        made.say(f"{f'{year}年' if is_first else ''}1至{facts.month.month}月{about}累计").say(
            shown(row.ytd, "zh"), row.ytd
        )
        if row.ytd_yoy.value is not None:
            _change(made.say("，同比"), row.ytd_yoy, language)
        return made.say("。")
    last = written_month(facts.month).split()[0]
    if is_first:
        made.say(f"{capitalised(_about(facts, 'en'))} from January to {last} {year} came to ")
    else:
        span = {6: "in the first half", 12: "in the year"}.get(facts.month.month, f"from January to {last}")
        made.say(f"{capitalised(trade_of(facts.reporter, facts.flow))} {span} came to ")
    made.say(shown(row.ytd), row.ytd)
    if row.ytd_yoy.value is not None:
        _change(made.say(", "), row.ytd_yoy, language).say(" on the year")
    return made.say(".")


def _record(facts: Facts, language: str) -> Sentence | None:
    # The month is named, because the sentence before is about the year to date.
    this = f"{facts.month.month}月" if language == "zh" else written_month(facts.month).split()[0]
    trade = trade_of(facts.reporter, facts.flow, language)
    for fact, en, zh in ((facts.highest_since, "highest", "最高"), (facts.lowest_since, "lowest", "最低")):
        if fact.value is not None:
            made = Sentence()
            return (
                made.say(f"{this}{trade}为自").say(shown(fact, "zh"), fact).say(f"以来{zh}。")
                if language == "zh"
                else made.say(f"{this} was the {en} month of {trade} since ").say(shown(fact), fact).say(".")
            )
        if fact.status == "series_record" and facts.series_start is not None and facts.series_start < facts.month:
            start = month_words(f"{facts.series_start:%Y-%m}", language)
            # A record of three months means little, so the sentence gives their number.
            span = (facts.month.year - facts.series_start.year) * 12 + facts.month.month - facts.series_start.month + 1
            return Sentence().say(
                f"{this}{trade}为{start}有连续数据以来（共{span}个月）{zh}。"
                if language == "zh"
                else f"{this} was the {en} month of the unbroken series of {trade}, {span} months that begin in {start}."
            )
    return None


def _partner(facts: Facts, row: PartnerRow, language: str) -> Sentence:
    return _partner_zh(facts, row) if language == "zh" else _partner_en(facts, row)


def _partner_en(facts: Facts, row: PartnerRow) -> Sentence:
    made, name = Sentence(), partner(row.partner, "en")
    made.say(
        f"{capitalised(trade_of(facts.reporter, facts.flow))} {'to' if facts.flow == 'export' else 'from'} {name} "
    )
    made.say(_way(row.mom, "rose ", "fell ", "hardly changed, at ", "did not change from "))
    if is_seen(row.mom):
        made.say(f"{percent(row.mom)} %", row.mom).say(" to ")
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
    _change(made.say(f"{country(facts.reporter, 'zh')}{to}{name}{trade}环比"), row.mom, "zh").say(times(row.mom, "zh"))
    made.say("，至").say(shown(row.level, "zh"), row.level)
    if row.yoy.value:
        _change(made.say("，同比"), row.yoy, "zh")
    if row.share.value is not None:
        made.say("，占").say(shown(row.share, "zh"), row.share)
    if row.rank.value is not None:
        made.say("，居第").say(shown(row.rank), row.rank).say("位")
        if row.rank_before.value is not None and row.rank_before.value != row.rank.value:
            made.say("（上月第").say(shown(row.rank_before), row.rank_before).say("位）")
    return made.say("。")


def unit_value_pieces(facts: Facts, language: str) -> list[Piece]:
    """Describe the unit value and how it moved, each number with its source; if there is none, say why."""
    phrases, price = texts(language), facts.unit_value
    if not isinstance(price.value, float):
        if not facts.has_values:
            return []
        reasons = MISSING | MISSING_ZH if language == "zh" else MISSING
        return Sentence().say(phrases["no_unit_value"].format(reason=reasons[price.status])).pieces
    made = Sentence().say(price_text(price.value), price).say(f"{phrases['gap']}{phrases['unit_notes'][price.measure]}")
    operands = price.trace.operands if price.trace is not None else []
    found = {number.valuation for operand in operands for number in operand.numbers if number.valuation}
    if stated := sorted(found - {NOT_STATED}):
        names = phrases["comma"].join(phrases["valuations"].get(name, name) for name in stated)
        made.say(f"{phrases['open']}{names}{phrases['close']}")
    words = (", {} on the month", ", {} on the year") if language == "en" else ("，环比{}", "，同比{}")
    for fact, text in zip((facts.unit_value_mom, facts.unit_value_yoy), words, strict=True):
        if fact.value is not None:
            before, after = text.split("{}")
            made.say(before).say(shown(fact, language), fact).say(after)
    return made.pieces
