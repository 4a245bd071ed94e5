"""Writes the sentences of a brief from its facts, by the templates `sentences.<language>.j2`, each number with a link
to its source; and the caveats on quoting growths: after each sentence, and once those that all growths share.
"""

import functools
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from schemas.forms.brief import Fact, Facts
from schemas.forms.doubt import NumberDoubt
from schemas.forms.verdict import Verdict
from schemas.names import MISSING
from tasks.domain.doubt.doubt_words import doubt_sentences
from tasks.domain.doubt.verdict_words import caveat_words, verdict_words
from tasks.domain.labels import NOT_STATED, capitalised, country, trade_of
from tasks.domain.numbers import MASS
from tasks.domain.periods import first_day, month_number
from tasks.pages.text.page_templates import template
from tasks.pages.text.wording import (
    base,
    each_once,
    figure_name,
    is_not_quoted,
    is_seen,
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
    # The first sentence names the goods; the others refer to it, so that none reads as all trade when quoted alone.
    row = facts.partners[0]
    sentences = [write("world", about, row)] if row.level.value is not None else []
    # For January the year to date is the month.
    sentences += [write("year", about, row)] if row.ytd.value is not None and facts.month.month > 1 else []
    sentences += [write(*record) for record in [_record(facts)] if record]
    moved = [row for row in facts.partners[1:] if row.mom.value is not None][: SENTENCES_MAX - len(sentences)]
    for mover in moved:
        sentences.append(write("partner", about, not sentences, mover, partner(mover.partner, language)))
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


def _record(facts: Facts) -> tuple[Any, ...] | None:
    """The macro of the record that the month is, with its arguments."""
    for fact, which in ((facts.highest_since, "highest"), (facts.lowest_since, "lowest")):
        if fact.value is not None:
            return "record", which, fact
        if fact.status == "series_record" and facts.series_start is not None:
            months = month_number(facts.month) - month_number(facts.series_start) + 1
            # A record of three months means little.
            if months >= SERIES_MONTHS_MIN:
                return "series_record", which, months
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
            "is_no": is_not_quoted,
            "base": lambda fact: number(fact, base(fact, language)),
            "percent": percent,
            "capitalised": capitalised,
            "has": lambda fact: fact.value is not None,
            "times": lambda fact: times(fact, language),
            "country": lambda key: country(key, language),
        }
    )


def common(facts: Facts) -> set[str]:
    """Return the caveats that every growth of the page has; the page states them once."""
    sets = [{caveat.name for caveat in fact.verdict.caveats} for fact in facts.facts() if fact.verdict is not None]
    return set.intersection(*sets) if len(sets) >= COMMON_MIN else set()


def of_all(facts: Facts, language: str) -> str:
    """Write the sentence about the caveats that every growth of the page shares; empty if there are none."""
    shared, t = common(facts), texts(language)
    judged = next((fact for fact in facts.facts() if fact.verdict is not None), None)
    every = judged.verdict.caveats if judged and judged.verdict else ()
    caveats = [caveat_words(caveat, facts.measure, language) for caveat in every if caveat.name in shared]
    return str(t["common"].format(caveats=t["semicolon"].join(caveats))) if caveats else ""


def quotable(sentences: Iterable[Sentence], facts: Facts, language: str) -> str:
    """Say once that a growth without a note may be quoted; empty if no sentence has such a growth."""
    shared = common(facts)
    for sentence in sentences:
        facts_in = [piece.fact for piece in sentence.pieces if piece.fact is not None]
        growths = [fact for fact in facts_in if fact.verdict is not None]
        if not any(fact.doubts for fact in facts_in) and "" in (_verdict(one, shared, language) for one in growths):
            return str(texts(language)["quotable"])
    return ""


def next_to(sentence: Sentence, facts: Facts, language: str) -> str:
    """Write what keeps the growths of a sentence from being quoted, on a page that says once what all have in common;
    empty if nothing does."""
    return _verdicts(sentence, common(facts), language, with_doubts=True)


def _verdicts(sentence: Sentence, shared: Collection[str], language: str, *, with_doubts: bool) -> str:
    t = texts(language)
    facts_in = [piece.fact for piece in sentence.pieces if piece.fact is not None]
    growths = [fact for fact in facts_in if fact.verdict is not None]
    by_verdict: dict[str, list[str]] = {}
    for fact in growths:
        words_said = _verdict(fact, shared, language, with_doubts=with_doubts)
        by_verdict.setdefault(words_said, []).append(figure_name(fact, language))
    doubted = facts_in if with_doubts else []
    if any(fact.doubts for fact in doubted) and not any(fact.doubts for fact in growths):
        # A level or a share of the sentence is in doubt, and its growths are not.
        return _joined([_doubted(facts_in, language), *filter(None, by_verdict)], language)
    is_shared_by_all = len(by_verdict) == 1
    by_verdict.pop("", None)
    notes = [
        words if is_shared_by_all else f"{t['listed'].join(dict.fromkeys(names))}{t['colon']}{words}"
        for words, names in by_verdict.items()
    ]
    of_growths = {doubt for fact in growths for doubt in fact.doubts}
    if apart := [fact for fact in doubted if not of_growths.issuperset(fact.doubts)]:
        # A level or a share rests on numbers that no growth of the sentence rests on.
        notes.append(_doubted(apart, language))
    return _joined(notes, language)


def _joined(notes: Iterable[str], language: str) -> str:
    """Join notes, of which some are sentences."""
    t = texts(language)
    return str(t["semicolon"].join(notes)).replace(f"{t['stop']}{t['semicolon']}", f"{t['stop']}{t['gap']}")


def _doubted(facts: Iterable[Fact], language: str) -> str:
    return verdict_words(Verdict(answer="care"), MASS, language, doubt=_doubts(facts, language))


def _doubts(facts: Iterable[Fact], language: str) -> str:
    t = texts(language)
    doubts = doubt_sentences((doubt for fact in facts for doubt in fact.doubts), language)
    return str(t["doubted"].format(doubt=t["semicolon"].join(doubts)))


def of_table(facts: Facts, language: str) -> list[str]:
    """Say why growths of the table of partners are not quoted as they are, but for doubts and for what all have."""
    shared, gap = common(facts), texts(language)["gap"]
    growths = (fact for row in facts.partners for fact in (row.mom, row.yoy, row.ytd_yoy) if fact.verdict is not None)
    words_said = [
        (f"{partner(fact.partner, language)}{gap}{figure_name(fact, language)}", words)
        for fact in growths
        if (words := _verdict(fact, shared, language, with_doubts=False))
    ]
    return each_once(words_said, language)


def doubts_of(sentence: Sentence) -> list[NumberDoubt]:
    """Return what is in doubt about the numbers of a sentence."""
    return [doubt for piece in sentence.pieces if piece.fact is not None for doubt in piece.fact.doubts]


def verdict_of(sentence: Sentence, language: str) -> str:
    """Write what keeps the growths of a sentence from being quoted, but for doubts, as a sentence of its own."""
    words_said, stop = _verdicts(sentence, (), language, with_doubts=False), str(texts(language)["stop"])
    return f"{words_said.removesuffix(stop)}{stop}" if words_said else ""


def notes_of(sentence: Sentence, language: str) -> str:
    """Write all that must stand beside a sentence that is quoted alone: the verdict on its growths, what is in doubt;
    empty where nothing must."""
    t = texts(language)
    doubts = str(t["semicolon"]).join(doubt_sentences(doubts_of(sentence), language))
    words_said = (verdict_of(sentence, language), t["in_doubt"].format(doubt=doubts) if doubts else "")
    return str(t["gap"]).join(filter(None, words_said))


def _verdict(fact: Fact, shared: Collection[str], language: str, *, with_doubts: bool = True) -> str:
    assert fact.verdict is not None
    doubt = _doubts([fact], language) if fact.doubts and with_doubts else ""
    return verdict_words(fact.verdict, fact.measure, language, shared=shared, doubt=doubt)
