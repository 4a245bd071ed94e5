"""Writes the caveats on quoting growths, in English and Chinese: after each sentence, and once for those that all
growths share.
"""

from schemas.forms.brief import Fact, Facts
from schemas.forms.verdict import Caveat
from tasks.reports.brief.lists import revised_lines
from tasks.reports.brief.sentences import Sentence
from tasks.reports.brief.wording import figure_name, in_unit
from tasks.reports.terminal import amount, tonnes

# For fewer growths "all of them" means little.
COMMON_MIN = 3
# Below a tonne a mass is written in kilograms.
KILOGRAMS_MAX = 1000
WORDS = {
    "en": {"yes": "may be quoted", "care": "quote with care", "no": "do not quote the percentage"},
    "zh": {"yes": "可以引用", "care": "引用时须说明", "no": "不宜引用百分比"},
}
CAVEATS = {
    "en": {
        "nearly_nothing": "it rises from nearly nothing, {base} printed to the {step}", "low_base": "its base is unusually low, {base} where {usual} is usual",
        "sign_flips": "it turned {flips:.0f} times in six months", "coverage": "it rests on more than one kind of release",
        "revision_noise": "it is no larger than later changes of the series, up to {largest:.1f} % in {revised:.0f} of {months:.0f} months",
        "implied_base": "no source prints its base",
    },
    "zh": {
        "nearly_nothing": "基数几近于零（{base}，精确到{step}）", "low_base": "基数异常低（{base}，通常为{usual}）", "sign_flips": "六个月内{flips:.0f}次转向",
        "coverage": "依据不止一种发布", "revision_noise": "不大于该序列此后的修订（{months:.0f}个月中{revised:.0f}个月，最多{largest:.1f}%）",
        "implied_base": "基数未见于任何来源",
    },
}  # fmt: skip
COMMON = {"en": "Of every growth on this page: {caveats}.", "zh": "本页各增速均须注意：{caveats}。"}
# What the doubt is stands at the top of the page.
DOUBTED = {"en": " (it rests on a release in doubt)", "zh": "（所依发布存疑）"}
IN_DOUBT = {"en": "In doubt: {doubt}.", "zh": "存疑：{doubt}。"}
MASSES = ("base", "usual", "step")


def common(facts: Facts) -> set[str]:
    """Return the caveats that every growth of the page has; the page states them once."""
    judged = [fact.verdict for fact in facts.facts() if fact.verdict is not None]
    sets = [{caveat.name for caveat in verdict.caveats} for verdict in judged]
    return set.intersection(*sets) if len(sets) >= COMMON_MIN else set()


def of_all(facts: Facts, language: str) -> str:
    """Write the sentence about the caveats that every growth of the page shares; empty if there are none."""
    shared = common(facts)
    judged = next((fact.verdict for fact in facts.facts() if fact.verdict is not None), None)
    caveats = [_caveat(caveat, language) for caveat in judged.caveats if caveat.name in shared] if judged else []
    return COMMON[language].format(caveats=("；" if language == "zh" else "; ").join(caveats)) if caveats else ""


def doubts(facts: Facts, language: str) -> list[str]:
    """Write a line for each open finding about a release that a figure of the page rests on; findings are in English."""
    return [IN_DOUBT[language].format(doubt=one) for one in facts.doubts]


def next_to(sentence: Sentence, facts: Facts, language: str) -> str:
    """Write the verdict on the growths of a sentence; empty if it has none."""
    facts_in = [piece.fact for piece in sentence.pieces if piece.fact is not None]
    growths = [fact for fact in facts_in if fact.verdict is not None]
    shared = common(facts)
    by_verdict: dict[str, list[str]] = {}
    for fact in growths:
        by_verdict.setdefault(_verdict(fact, shared, language), []).append(figure_name(fact, language))
    if any(fact.doubts for fact in facts_in) and not any(fact.doubts for fact in growths):
        # A level or a share of the sentence is in doubt, and its growths are not.
        others = [words for words in by_verdict if words != WORDS[language]["yes"]]
        semicolon = "；" if language == "zh" else "; "
        return semicolon.join([f"{WORDS[language]['care']}{DOUBTED[language]}", *others])
    if len(by_verdict) == 1:
        return next(iter(by_verdict))
    colon, semicolon, comma = ("：", "；", "、") if language == "zh" else (": ", "; ", ", ")
    return semicolon.join(f"{comma.join(names)}{colon}{words}" for words, names in by_verdict.items())


def _verdict(fact: Fact, shared: set[str], language: str) -> str:
    assert fact.verdict is not None
    own = [_caveat(caveat, language) for caveat in fact.verdict.caveats if caveat.name not in shared]
    if fact.doubts:
        word = WORDS[language]["no" if fact.verdict.word == "no" else "care"]
        caveats = "".join(f"{'；' if language == 'zh' else '; '}{one}" for one in own)
        return f"{word}{DOUBTED[language]}{caveats}"
    if not own:
        # The caveats that all growths share are stated above.
        return WORDS[language]["no" if fact.verdict.word == "no" else "yes"]
    word = fact.verdict.word
    return (
        f"{WORDS[language][word]}（{'；'.join(own)}）"
        if language == "zh"
        else f"{WORDS[language][word]} ({'; '.join(own)})"
    )


def _caveat(caveat: Caveat, language: str) -> str:
    shown = {name: _mass(value, language) if name in MASSES else value for name, value in caveat.numbers.items()}
    return CAVEATS[language][caveat.name].format(**shown)


def _mass(kilograms: float, language: str) -> str:
    is_small = kilograms < KILOGRAMS_MAX
    return in_unit(amount(kilograms) if is_small else tonnes(kilograms), "kg" if is_small else "t", language)


def revised_first(facts: Facts, language: str) -> str:
    """Summarise the revisions in one line for the top of the page: how many numbers, and the first of them."""
    lines = revised_lines(facts, language)
    if not lines:
        return ""
    count = len(lines) + facts.revised_more
    first = lines[0][0]
    if language == "zh":
        return (
            f"自上期简报以来修订{count}个数：{first}" if count == 1 else f"自上期简报以来修订{count}个数，其中{first}"
        )
    return (
        f"Revised since the last brief: {first}"
        if count == 1
        else f"Revised since the last brief, {count:,} numbers: {first}, …"
    )
