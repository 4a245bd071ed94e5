"""Renders a brief as one self-contained HTML page and as markdown, in English or Chinese."""

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any

from schemas.forms.brief import Facts
from schemas.names import MISSING, ORIGINS
from tasks.analysis.after.first_prints import WITHIN_PCT
from tasks.domain.coverage import WORLD
from tasks.domain.doubt.doubt_words import doubt_sentences
from tasks.domain.export_controls.control_lists import lists_with
from tasks.domain.export_controls.measure_states import LAPSED
from tasks.domain.labels import capitalised, check_words, partner_name
from tasks.pages.brief import lists
from tasks.pages.charts import charts
from tasks.pages.charts.charts import scale_of
from tasks.pages.text import sentences, wording
from tasks.pages.text.page_templates import LANGUAGES, template

# A smaller shift of shares does not explain the unit value.
MIX_MOVED_PP_MIN = 5.0


def page(facts: Facts, language: str = "en", links: Sequence[tuple[str, str]] = ()) -> str:
    """Render the HTML page: nothing from the network; a script copies sentences and saves pictures, and all can be read
    without it.

    `links` are other pages, each with the name of its words and its address.
    """
    return template("brief.html.j2").render(
        _context(facts, language),
        month_chart=charts.month_chart(
            facts.months,
            facts.world,
            facts.measure,
            facts.events,
            [one.month for one in facts.drawn if one.partner == WORLD and one.doubts],
        ),
        partner_chart=charts.partner_chart(facts, language),
        mirror_chart=charts.mirror_chart,
        links=links,
        data=lists.data_address(facts),
    )


def markdown(facts: Facts, language: str = "en") -> str:
    """Render markdown."""
    return template("brief.md.j2").render(_context(facts, language))


def nothing_left(
    names: tuple[str, str],
    product: str,
    flow: str,
    month: date,
    decisions: Sequence[Mapping[str, Any]],
    snapshot_id: str,
    reporter: str,
    links: Mapping[str, Sequence[tuple[str, str]]] = MappingProxyType({}),
) -> dict[str, str]:
    """Render the page of a month of which withdrawals have left no figure, by the endings of its file. `links` are
    other pages by language, as in `page`.
    """
    return {
        f"{language}.{form}": template(f"nothing_left.{form}.j2").render(
            t=wording.texts(language),
            title=_title(reporter, flow, name, language),
            month=wording.month_words(f"{month:%Y-%m}", language),
            flow=flow,
            product=product,
            snapshot_id=snapshot_id,
            decisions=lists.decision_lines(decisions, language),
            links=links.get(language, ()),
        )
        for language, name in zip(LANGUAGES, names, strict=True)
        for form in ("html", "md")
    }


def _title(reporter: str, flow: str, name: str, language: str) -> str:
    return capitalised(sentences.subject(reporter, flow, name, language))


def _mix(facts: Facts, t: dict[str, Any]) -> str:
    """Say that partners with other prices moved the value per kilogram, where they did."""
    moved = facts.mix_moved_pp
    is_mixed = facts.unit_value.value is not None and moved is not None and moved >= MIX_MOVED_PP_MIN
    return str(t["mix"].format(pp=moved)) if is_mixed else ""


def _first_prints(facts: Facts, t: dict[str, Any]) -> str:
    """Say how near the first prints of the series were to its last word; empty where that is not known."""
    if not facts.first_prints:
        return ""
    return str(t["first_prints"].format(near=facts.first_prints[0], count=facts.first_prints[1], pct=f"{WITHIN_PCT:g}"))


def _partner_label(key: str, t: dict[str, Any], language: str) -> str:
    if key == "WLD":
        return str(t["world"])
    return partner_name(key) if t["by_label"] else wording.partner(key, language)


def _context(facts: Facts, language: str) -> dict[str, Any]:
    t, headlines = wording.texts(language), sentences.headlines(facts, language)
    month = wording.month_words(f"{facts.month:%Y-%m}", language)
    unit, partner_unit = (
        wording.scale_name(scale_of(levels, facts.measure)[1], language)
        for levels in (facts.world, charts.partner_levels(facts))
    )
    doubts = [t["in_doubt"].format(doubt=one) for one in doubt_sentences(facts.doubts, language)]
    latest = wording.shown(facts.partners[0].level, language)
    numbered = t["numbered_lines"] if facts.events else ""
    alt_chart = [t["alt_chart"].format(unit=unit, month=month, lines=numbered, latest=latest)]
    alt_chart += [t["pale"]] if None in facts.world else []
    matter = {fact.id: lists.numbers_that_matter(fact) for fact in facts.facts()}
    return {
        "facts": facts,
        "t": t,
        "checks": check_words(language),
        "month": month,
        "title": _title(facts.reporter, facts.flow, t["name"].format(**dict(facts)), language),
        "headlines": headlines,
        "on_lists": [note.sentence(language) for note in lists_with(facts.product)],
        "missing": lists.missing(facts, language),
        "mix": _mix(facts, t),
        "mix_how": t["mix_how"].format(count=sum(facts.before[row.partner] is not None for row in facts.partners[1:])),
        "implied": any(fact.status == "implied_base" for fact in facts.facts()),
        "cited": lists.cited(facts, language),
        "licence": lists.licence(facts, language),
        "has_months": any(one is not None for one in facts.world),
        "unit": unit,
        "partner_unit": partner_unit,
        "matter": matter,
        "files": lists.files(number for numbers, _ in matter.values() for number in numbers),
        "alt_chart": t["gap"].join(alt_chart),
        "alt_partners": t["alt_partners"].format(unit=partner_unit, month=month),
        "shown": lambda fact: wording.marked(fact, language),
        "table_caveats": sentences.of_table(facts, language),
        "formula": lambda fact: lists.formula(fact, language),
        "sparkline": charts.sparkline,
        "unit_value": sentences.unit_value_pieces(facts, language),
        "verdict": lambda sentence: sentences.next_to(sentence, facts, language),
        "notes_of": lambda sentence: sentences.notes_of(sentence, language),
        "doubts": t["gap"].join(doubts),
        "verdict_of_all": sentences.of_all(facts, language),
        "quotable": sentences.quotable(headlines, facts, language),
        "revised_first": lists.revised_first(facts, language),
        "decisions": [*doubts, *lists.decision_lines(facts.decisions, language)],
        "first_prints": _first_prints(facts, t),
        "expected": wording.expected(facts, language),
        "mirrors": lists.mirror_tables(facts, language),
        "revised": lists.revised_lines(facts, language),
        "events": lists.event_lines(facts.events, language),
        "lapsed": sum(event["state"].startswith(LAPSED) for event in facts.events),
        "reasons": {**ORIGINS, **MISSING, **t["missing_reasons"]},
        "partner_label": lambda key: _partner_label(key, t, language),
        "figure_name": lambda fact: wording.figure_name(fact, language),
    }
