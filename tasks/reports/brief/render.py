"""Renders a brief as one self-contained HTML page and as markdown, in English or Chinese."""

import functools
from collections.abc import Sequence
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import jinja2

from schemas.forms.brief import DecisionFact, Facts
from schemas.names import MADE, MISSING
from tasks.domain.labels import capitalised, partner_name
from tasks.reports.brief import charts, lists, sentences, texts, verdicts, wording
from tasks.reports.charts import scale_of_tonnes
from tasks.reports.markdown_text import plain

LANGUAGES = ("en", "zh")
# A smaller shift of shares does not explain the unit value.
MIX_MOVED_PP_MIN = 5.0
# Other addresses, such as javascript:, are shown without a link.
WEB = ("http", "https")


def page(facts: Facts, language: str = "en") -> str:
    """Render the HTML page: no script, nothing from the network."""
    return _template("brief.html.j2", escape=True).render(
        **_context(facts, language),
        month_chart=charts.month_chart(facts, language),
        partner_chart=charts.partner_chart(facts, language),
    )


def markdown(facts: Facts, language: str = "en") -> str:
    """Render markdown."""
    return _template("brief.md.j2", escape=False).render(**_context(facts, language))


def nothing_left(
    names: tuple[str, str],
    product: str,
    flow: str,
    month: date,
    decisions: Sequence[DecisionFact],
    snapshot_id: str,
    reporter: str,
) -> dict[str, str]:
    """Render the page of a month of which withdrawals have left no figure, by the endings of its file."""
    return {
        f"{language}.{form}": _template(f"nothing_left.{form}.j2", escape=form == "html").render(
            language="zh-CN" if language == "zh" else "en", t=wording.texts(language), title=_title(reporter, flow, names[language == "zh"], language),
            month=wording.month_words(f"{month:%Y-%m}", language), flow=flow, product=product, snapshot_id=snapshot_id,
            decisions=lists.decision_lines(decisions, language),
        )
        for language in LANGUAGES
        for form in ("html", "md")
    }  # fmt: skip


def _title(reporter: str, flow: str, name: str, language: str) -> str:
    return capitalised(sentences.subject(reporter, flow, name, language))


@functools.cache
def _template(name: str, *, escape: bool) -> jinja2.Template:
    # Markdown viewers accept HTML, so texts of a file go through `plain`.
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("tasks.reports.brief"),
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
    """Whether an address may become a link: a file of collected figures may give any text as an address."""
    try:
        return urlsplit(address or "").scheme in WEB
    except ValueError:
        return False


def _context(facts: Facts, language: str) -> dict[str, Any]:
    words = wording.texts(language)
    chinese = language == "zh"
    month = wording.month_words(f"{facts.month:%Y-%m}", language)
    moved = facts.mix_moved_pp
    unit, partner_unit = (
        words["scales"][scale_of_tonnes(levels)[1]] for levels in (facts.world_t, charts.partner_tonnes(facts))
    )
    known_in_both = sum(1 for row in facts.partners[1:] if facts.before_t[row.partner] is not None)
    return {
        "facts": facts, "language": "zh-CN" if chinese else "en", "t": words, "title": _title(facts.reporter, facts.flow, facts.name_zh if chinese else facts.name_en, language), "month": month,
        "headlines": sentences.headlines(facts, language), "missing": lists.missing(facts, language),
        "mix": words["mix"].format(pp=moved)
        if facts.unit_value.value is not None and moved is not None and moved >= MIX_MOVED_PP_MIN else "",
        "implied": any(fact.status == "implied_base" for fact in facts.facts()),
        "mix_how": words["mix_how"].format(count=known_in_both),
        "cited": lists.cited(facts, language), "matter": lists.numbers_that_matter, "unit": unit, "partner_unit": partner_unit,
        "alt_chart": words["alt_chart"].format(unit=unit, month=month, lines=words["numbered_lines"] if facts.events else "", latest=wording.shown(facts.partners[0].level, language))
        + (f"{words['gap']}{words['pale']}" if None in facts.world_t else ""),
        "alt_partners": words["alt_partners"].format(unit=partner_unit, month=month), "shown": lambda fact: wording.shown(fact, language),
        "source_line": lambda fact: lists.source_line(fact, language), "formula": lambda fact: lists.formula(fact, language),
        "sparkline": charts.sparkline, "unit_value": sentences.unit_value_pieces(facts, language),
        "verdict": lambda sentence: verdicts.next_to(sentence, facts, language),
        "verdict_of_all": verdicts.of_all(facts, language), "revised_first": verdicts.revised_first(facts, language),
        "decisions": [*verdicts.doubts(facts, language), *lists.decision_lines(facts.decisions, language)],
        "revised": lists.revised_lines(facts, language), "events": lists.event_lines(facts, language),
        "states_line": lists.states_line(facts, language),
        "partner_label": lambda key: words["world"] if key == "WLD" else wording.partner(key, "zh") if chinese else partner_name(key),
        "reasons": {**MADE, **MISSING, **(texts.MISSING_ZH if chinese else {})},
        "figure_name": lambda fact: wording.figure_name(fact, language),
    }  # fmt: skip
