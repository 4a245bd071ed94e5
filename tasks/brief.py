"""A brief written out: one self-contained HTML page, and the same as markdown, in English or Chinese."""

import functools
from typing import Any
from urllib.parse import urlsplit

import jinja2

from schemas.brief import Facts
from schemas.metric import MADE, MISSING
from tasks import brief_charts, brief_lists, brief_sentences, brief_texts, brief_verdicts, brief_words
from tasks.chart import scale_of_tonnes
from tasks.display import partner_name
from tasks.plain_text import plain

LANGUAGES = ("en", "zh")
# A shift of shares by less says nothing of the unit value.
MIX_MOVED_PP_MIN = 5.0
# Other addresses, javascript: among them, are shown and lead nowhere.
WEB = ("http", "https")


def page(facts: Facts, language: str = "en") -> str:
    """The HTML page: no script, nothing from the network."""
    return _template("brief.html.j2", escape=True).render(
        **_context(facts, language),
        month_chart=brief_charts.month_chart(facts, language),
        partner_chart=brief_charts.partner_chart(facts, language),
    )


def markdown(facts: Facts, language: str = "en") -> str:
    """The same as markdown."""
    return _template("brief.md.j2", escape=False).render(**_context(facts, language))


@functools.cache
def _template(name: str, *, escape: bool) -> jinja2.Template:
    # The markdown goes into viewers that take HTML: what it shows of a file's name goes through `plain`.
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("tasks"),
        autoescape=escape,
        undefined=jinja2.ChainableUndefined,
        keep_trailing_newline=True,
        trim_blocks=not escape,
    )
    environment.filters["host"] = lambda address: urlsplit(address).hostname or address
    environment.filters["plain"] = plain
    environment.tests["on_the_web"] = _is_on_the_web
    return environment.get_template(name)


def _is_on_the_web(address: str | None) -> bool:
    """Whether a person may be led there: what a file of collected figures names as an address may be anything."""
    try:
        return urlsplit(address or "").scheme in WEB
    except ValueError:
        return False


def _context(facts: Facts, language: str) -> dict[str, Any]:
    words = brief_words.texts(language)
    chinese = language == "zh"
    month = brief_words.month_words(f"{facts.month:%Y-%m}", language)
    moved = facts.mix_moved_pp
    unit, partner_unit = (
        words["scales"][scale_of_tonnes(levels)[1]] for levels in (facts.world_t, brief_charts.partner_tonnes(facts))
    )
    known_in_both = sum(1 for row in facts.partners[1:] if facts.before_t[row.partner] is not None)
    return {
        "facts": facts, "language": "zh-CN" if chinese else "en", "t": words, "name": facts.name_zh if chinese else facts.name_en, "month": month,
        "headlines": brief_sentences.headlines(facts, language), "missing": brief_lists.missing(facts, language),
        "mix": words["mix"].format(pp=moved)
        if facts.unit_value.value is not None and moved is not None and moved >= MIX_MOVED_PP_MIN else "",
        "implied": any(fact.status == "implied_base" for fact in facts.facts()),
        "mix_how": words["mix_how"].format(count=known_in_both),
        "cited": brief_lists.cited(facts, language), "matter": brief_lists.numbers_that_matter, "unit": unit, "partner_unit": partner_unit,
        "alt_chart": words["alt_chart"].format(unit=unit, month=month, latest=brief_words.shown(facts.partners[0].level, language))
        + (f"{words['gap']}{words['pale']}" if None in facts.world_t else ""),
        "alt_partners": words["alt_partners"].format(unit=partner_unit, month=month), "shown": lambda fact: brief_words.shown(fact, language),
        "source_line": lambda fact: brief_lists.source_line(fact, language), "formula": lambda fact: brief_lists.formula(fact, language),
        "sparkline": brief_charts.sparkline, "unit_value": brief_sentences.unit_value_pieces(facts, language),
        "verdict": lambda sentence: brief_verdicts.beside(sentence, facts, language),
        "verdict_of_all": brief_verdicts.of_all(facts, language), "revised_first": brief_verdicts.revised_first(facts, language),
        "revised": brief_lists.revised_lines(facts, language), "events": brief_lists.event_lines(facts, language),
        "states_line": brief_lists.states_line(facts, language),
        "partner_label": lambda key: words["world"] if key == "WLD" else brief_words.partner(key, "zh") if chinese else partner_name(key),
        "reasons": {**MADE, **MISSING, **(brief_texts.MISSING_ZH if chinese else {})},
        "figure_name": lambda fact: brief_words.figure_name(fact, language),
    }  # fmt: skip
