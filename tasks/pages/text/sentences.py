"""Writes the sentences of a brief from its facts, by the templates `sentences.<language>.j2`, each number with a link
to its source; and the caveats on quoting growths: after each sentence, and once those that all growths share.
"""

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from schemas.forms.brief import Caveat, Fact, Facts
from schemas.forms.doubt import Doubt
from schemas.names import MISSING
from tasks.answers.form.numbers import amount, tonnes
from tasks.domain.doubt_words import doubt_sentences
from tasks.domain.labels import NOT_STATED, capitalised, country, trade_of
from tasks.domain.periods import first_day, month_number
from tasks.pages.text.page_templates import template
from tasks.pages.text.wording import (
    MASS,
    figure_name,
    in_unit,
    is_seen,
    money,
    month_words,
    partner,
    percent,
    price_text,
    shown,
    texts,
    times,
)

SENTENCES_MAX = 5
SERIES_MONTHS_MIN = 12
# For fewer growths "all of them" means little.
COMMON_MIN = 3
# Below a tonne a mass is written in kilograms.
KILOGRAMS_MAX = 1000
SIZES = ("base", "usual", "step")
# How a template marks a number: the id of its fact, and its text.
NUMBER = re.compile("\x02(.*?)\x03(.*?)\x02")


class Piece(NamedTuple):
    """A part of a sentence; with a fact it is a number that links to its source."""

    text: str
    fact: Fact | None = None


@dataclass
class Sentence:
    """Pieces in order."""

    pieces: list[Piece]

    @property
    def text(self) -> str:
        """Return the text without links."""
        return "".join(piece.text for piece in self.pieces)


def headlines(facts: Facts, language: str) -> list[Sentence]:
    """Write the sentences at the top of the page, five at most: the partners that moved the total most come first,
    the others are in the table.
    """
    write = functools.partial(_written, facts, language)
    about = subject(facts.reporter, facts.flow, texts(language)["name"].format(**dict(facts)), language)
    # The first sentence names the goods; one that is quoted alone must not read as all trade.
    these, row = subject(facts.reporter, facts.flow, texts(language)["these"], language), facts.partners[0]
    sentences = [write("world", about, row)] if row.level.value is not None else []
    # For January the year to date is the month.
    sentences += [write("year", about, these, row)] if row.ytd.value is not None and facts.month.month > 1 else []
    sentences += [write(*record) for record in [_record(facts, these)] if record]
    moved = [row for row in facts.partners[1:] if row.mom.value is not None][: SENTENCES_MAX - len(sentences)]
    for mover in moved:
        sentences.append(
            write("partner", these if sentences else about, not sentences, mover, partner(mover.partner, language))
        )
    reasons = MISSING | texts(language)["missing_reasons"]
    return sentences or [write("nothing", about, reasons[row.level.status])]


def unit_value_pieces(facts: Facts, language: str) -> list[Piece]:
    """Describe the unit value and how it moved, each number with its source; if there is none, say why."""
    t, price = texts(language), facts.unit_value
    if not isinstance(price.value, float):
        reason = (MISSING | t["missing_reasons"])[price.status]
        return [Piece(t["no_unit_value"].format(reason=reason))] if facts.has_values else []
    operands = price.trace.operands if price.trace is not None else []
    stated = {number.valuation for operand in operands for number in operand.numbers if number.valuation} - {NOT_STATED}
    valuations = [t["valuations"].get(name, name) for name in sorted(stated)]
    return _written(facts, language, "unit_value", price, t["unit_notes"][price.measure], valuations).pieces


def subject(reporter: str, flow: str, name: str, language: str) -> str:
    """Whose trade in what.

    >>> subject("USA", "import", "Permanent magnets", "en"), subject("USA", "import", "永磁体", "zh")
    ("the United States' imports of permanent magnets", '美国永磁体进口')
    """
    # Inside a sentence a code keeps its letters.
    within = name if name[:2].isupper() else name[:1].lower() + name[1:]
    t = texts(language)
    names = {"reporter": country(reporter, language), "trade": trade_of(reporter, flow), "flow": t["flows"][flow]}
    return str(t["subject"].format(name=within, **names))


def _record(facts: Facts, these: str) -> tuple[Any, ...] | None:
    """The macro of the record that the month is, with its arguments."""
    for fact, which in ((facts.highest_since, "highest"), (facts.lowest_since, "lowest")):
        if fact.value is not None:
            return "record", these, which, fact
        if fact.status == "series_record" and facts.series_start is not None:
            months = month_number(facts.month) - month_number(facts.series_start) + 1
            # A record of three months means little.
            if months >= SERIES_MONTHS_MIN:
                return "series_record", these, which, months
    return None


def _written(facts: Facts, language: str, macro: str, *given: Any) -> Sentence:
    """The sentence that a macro of the template writes."""
    text = str(getattr(_macros(language), macro)(facts, *given))
    known, pieces, end = {fact.id: fact for fact in facts.facts()}, list[Piece](), 0
    for number in NUMBER.finditer(text):
        pieces += [Piece(text[end : number.start()]), Piece(number[2], known.get(number[1]))]
        end = number.end()
    return Sentence([piece for piece in (*pieces, Piece(text[end:])) if piece.text])


@functools.cache
def _macros(language: str) -> Any:
    def number(fact: Fact, text: str = "") -> str:
        is_price = fact.figure == "level" and fact.measure in texts("en")["unit_notes"]
        formatted = price_text(float(fact.value or 0)) if is_price else shown(fact, language)
        return f"\x02{fact.id}\x03{text or formatted}\x02"

    def month(day: date, later: int = 0) -> str:
        return month_words(f"{first_day(month_number(day) + later):%Y-%m}", language)

    return template(f"sentences.{language}.j2").make_module(
        {
            "n": number,
            "month": month,
            "is_seen": is_seen,
            "percent": percent,
            "capitalised": capitalised,
            "has": lambda fact: fact.value is not None,
            "times": lambda fact: times(fact, language),
            "country": lambda key: country(key, language),
        }
    )


def common(facts: Facts) -> set[str]:
    """Return the caveats that every growth of the page has; the page states them once."""
    judged = [fact.verdict for fact in facts.facts() if fact.verdict is not None]
    sets = [{caveat.name for caveat in verdict.caveats} for verdict in judged]
    return set.intersection(*sets) if len(sets) >= COMMON_MIN else set()


def of_all(facts: Facts, language: str) -> str:
    """Write the sentence about the caveats that every growth of the page shares; empty if there are none."""
    shared, t = common(facts), texts(language)
    judged = next((fact.verdict for fact in facts.facts() if fact.verdict is not None), None)
    common_ones = (caveat for caveat in (judged.caveats if judged else ()) if caveat.name in shared)
    caveats = [_caveat(caveat, facts.measure, language) for caveat in common_ones]
    return str(t["common"].format(caveats=t["semicolon"].join(caveats))) if caveats else ""


def quotable(sentences: Iterable[Sentence], facts: Facts, language: str) -> str:
    """Say once that a growth without a note may be quoted; empty if no sentence has such a growth."""
    shared, t = common(facts), texts(language)
    for sentence in sentences:
        facts_in = [piece.fact for piece in sentence.pieces if piece.fact is not None]
        growths = [fact for fact in facts_in if fact.verdict is not None]
        if not any(fact.doubts for fact in facts_in) and t["verdicts"]["yes"] in (
            _verdict(fact, shared, language) for fact in growths
        ):
            return str(t["quotable"])
    return ""


def next_to(sentence: Sentence, facts: Facts, language: str) -> str:
    """Write what keeps the growths of a sentence from being quoted; empty if nothing does."""
    t, shared = texts(language), common(facts)
    facts_in = [piece.fact for piece in sentence.pieces if piece.fact is not None]
    growths = [fact for fact in facts_in if fact.verdict is not None]
    by_verdict: dict[str, list[str]] = {}
    for fact in growths:
        by_verdict.setdefault(_verdict(fact, shared, language), []).append(figure_name(fact, language))
    if any(fact.doubts for fact in facts_in) and not any(fact.doubts for fact in growths):
        # A level or a share of the sentence is in doubt, and its growths are not.
        others = [words for words in by_verdict if words != t["verdicts"]["yes"]]
        return str(t["semicolon"].join([f"{t['verdicts']['care']}{_doubted(facts_in, language)}", *others]))
    is_shared_by_all = len(by_verdict) == 1
    by_verdict.pop(t["verdicts"]["yes"], None)
    notes = [
        words if is_shared_by_all else f"{t['listed'].join(names)}{t['colon']}{words}"
        for words, names in by_verdict.items()
    ]
    of_growths = {doubt for fact in growths for doubt in fact.doubts}
    if apart := [fact for fact in facts_in if not of_growths.issuperset(fact.doubts)]:
        # A level or a share rests on numbers that no growth of the sentence rests on.
        notes.append(f"{t['verdicts']['care']}{_doubted(apart, language)}")
    return str(t["semicolon"].join(notes))


def _doubted(facts: Iterable[Fact], language: str) -> str:
    return str(texts(language)["doubted"].format(doubt=_doubts(facts, language)))


def _doubts(facts: Iterable[Fact], language: str) -> str:
    return str(texts(language)["semicolon"]).join(
        doubt_sentences((doubt for fact in facts for doubt in fact.doubts), language)
    )


def doubts_of(sentence: Sentence) -> list[Doubt]:
    """Return what is in doubt about the numbers of a sentence."""
    return [doubt for piece in sentence.pieces if piece.fact is not None for doubt in piece.fact.doubts]


def doubt_of(sentence: Sentence, language: str) -> str:
    """Say what is in doubt about the numbers of a sentence; empty where nothing is."""
    doubts = str(texts(language)["semicolon"]).join(doubt_sentences(doubts_of(sentence), language))
    return str(texts(language)["in_doubt"].format(doubt=doubts)) if doubts else ""


def with_doubt(sentence: Sentence, language: str) -> str:
    """Write a sentence for a place that has no room for a note beside it: its doubt follows it."""
    return str(texts(language)["gap"]).join(filter(None, (sentence.text, doubt_of(sentence, language))))


def _verdict(fact: Fact, shared: set[str], language: str) -> str:
    assert fact.verdict is not None
    t: dict[str, Any] = texts(language)
    caveats = [_caveat(caveat, fact.measure, language) for caveat in fact.verdict.caveats if caveat.name not in shared]
    if fact.doubts:
        answer = t["verdicts"]["no" if fact.verdict.answer == "no" else "care"]
        return str(t["semicolon"].join([f"{answer}{_doubted([fact], language)}", *caveats]))
    if not caveats:
        # The caveats that all growths share are stated above.
        return str(t["verdicts"]["no" if fact.verdict.answer == "no" else "yes"])
    return f"{t['verdicts'][fact.verdict.answer]}{t['open']}{t['semicolon'].join(caveats)}{t['close']}"


def _caveat(caveat: Caveat, measure: str, language: str) -> str:
    def size(value: float) -> str:
        if measure != MASS:
            return money(value, measure, language)
        is_small = value < KILOGRAMS_MAX
        return in_unit(amount(value) if is_small else tonnes(value), "kg" if is_small else "t", language)

    shown = {name: size(value) if name in SIZES else value for name, value in caveat.numbers.items()}
    return str(texts(language)["caveats"][caveat.name].format(**shown))
