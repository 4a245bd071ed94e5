"""Writes the caveats on quoting growths, in English and Chinese: after each sentence, and once for those that all
growths share.
"""

from collections.abc import Iterable
from typing import Any

from schemas.forms.brief import Caveat, Fact, Facts
from tasks.reports.brief.lists import revised_lines
from tasks.reports.brief.sentences import Sentence
from tasks.reports.brief.wording import MASS, figure_name, in_unit, money, texts
from tasks.reports.terminal import amount, tonnes

# For fewer growths "all of them" means little.
COMMON_MIN = 3
# Below a tonne a mass is written in kilograms.
KILOGRAMS_MAX = 1000
SIZES = ("base", "usual", "step")


def common(facts: Facts) -> set[str]:
    """Return the caveats that every growth of the page has; the page states them once."""
    judged = [fact.verdict for fact in facts.facts() if fact.verdict is not None]
    sets = [{caveat.name for caveat in verdict.caveats} for verdict in judged]
    return set.intersection(*sets) if len(sets) >= COMMON_MIN else set()


def of_all(facts: Facts, language: str) -> str:
    """Write the sentence about the caveats that every growth of the page shares; empty if there are none."""
    shared, t = common(facts), texts(language)
    judged = next((fact.verdict for fact in facts.facts() if fact.verdict is not None), None)
    caveats = (
        [_caveat(caveat, facts.measure, language) for caveat in judged.caveats if caveat.name in shared]
        if judged
        else []
    )
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
        return str(t["semicolon"].join([f"{t['verdicts']['care']}{t['doubted']}", *others]))
    is_shared_by_all = len(by_verdict) == 1
    by_verdict.pop(t["verdicts"]["yes"], None)
    return str(
        t["semicolon"].join(
            words if is_shared_by_all else f"{t['listed'].join(names)}{t['colon']}{words}"
            for words, names in by_verdict.items()
        )
    )


def _verdict(fact: Fact, shared: set[str], language: str) -> str:
    assert fact.verdict is not None
    t: dict[str, Any] = texts(language)
    own = [_caveat(caveat, fact.measure, language) for caveat in fact.verdict.caveats if caveat.name not in shared]
    if fact.doubts:
        word = t["verdicts"]["no" if fact.verdict.word == "no" else "care"]
        return str(t["semicolon"].join([f"{word}{t['doubted']}", *own]))
    if not own:
        # The caveats that all growths share are stated above.
        return str(t["verdicts"]["no" if fact.verdict.word == "no" else "yes"])
    return f"{t['verdicts'][fact.verdict.word]}{t['open']}{t['semicolon'].join(own)}{t['close']}"


def _caveat(caveat: Caveat, measure: str, language: str) -> str:
    shown = {
        name: _size(value, measure, language) if name in SIZES else value for name, value in caveat.numbers.items()
    }
    return str(texts(language)["caveats"][caveat.name].format(**shown))


def _size(value: float, measure: str, language: str) -> str:
    if measure != MASS:
        return money(value, measure, language)
    is_small = value < KILOGRAMS_MAX
    return in_unit(amount(value) if is_small else tonnes(value), "kg" if is_small else "t", language)


def revised_first(facts: Facts, language: str) -> str:
    """Summarise the revisions in one line for the top of the page: how many numbers, and the first of them."""
    lines = revised_lines(facts, language)
    count = len(lines) + facts.revised_more
    text = texts(language)["revised_one" if count == 1 else "revised_several"]
    return str(text.format(count=count, first=lines[0])) if lines else ""
