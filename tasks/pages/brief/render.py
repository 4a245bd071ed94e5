"""Makes the page of a brief: what is said of a product and a month, every number with its source.

Belongs here: the order of the page, and its tables. Does not belong here: its lines (`lists`) and its form
(`tasks.pages.text.document`).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from schemas.forms.brief import Fact, Facts, MirrorPart
from schemas.names import MISSING, ORIGINS
from tasks.analysis.after.first_prints import WITHIN_PCT
from tasks.domain.coverage import WORLD
from tasks.domain.export_controls.control_lists import lists_with
from tasks.domain.export_controls.measure_states import LAPSED
from tasks.domain.labels import capitalised, partner_name
from tasks.pages.brief import lists
from tasks.pages.brief.lists import Behind
from tasks.pages.charts import charts
from tasks.pages.text import sentences, wording
from tasks.pages.text.document import (
    Chart,
    Document,
    DoubtPart,
    Headline,
    Lines,
    Links,
    Note,
    Part,
    SectionPart,
    SiteFrame,
    SourcePart,
    TablePart,
    TableRow,
    Text,
    TextRun,
    rows_of,
)
from tasks.pages.text.sentences import Sentence

# A smaller shift of shares does not explain the unit value.
MIX_MOVED_PP_MIN = 5.0


def document_of(
    facts: Facts, language: str = "en", links: Sequence[tuple[str, str]] = (), frame: SiteFrame | None = None
) -> Document:
    """Return the page of a brief. `links` are other pages, each with its name and address."""
    t, behind = wording.texts(language), lists.behind(facts, language)
    about = [t["flows"][facts.flow]]
    about += [] if facts.product.startswith("basket:") else [facts.product]
    about += [f"HS {', '.join(facts.codes)}"] if facts.codes else []
    about += [t["printed"].format(name=facts.printed_name)] if facts.printed_name else []
    file = f"{facts.product.replace(':', '-')}-{facts.flow}-{facts.month:%Y-%m}.csv"
    headline, notes = _headline(facts, behind, language)
    parts: list[Part] = [
        Links(links, (t["data"], lists.data_address(facts), file)),
        headline,
        Note(" · ".join(about), "soft"),
        *(Note(t["mixed"], "note") for _ in range(facts.mixed_code)),
        *(Note(one.sentence(language), "note") for one in lists_with(facts.product)),
        *(Note(t["within_union"], "note") for _ in range(facts.within_union)),
        SourcePart(lists.cited(facts, language), lists.licence(facts, language)),
        Note([f"Tidewaiter · {t['brief']} · {t['snapshot']} ", TextRun(facts.snapshot_id, look="code")], "soft"),
        DoubtPart(facts.doubts),
        *notes,
        _partners(facts, behind, language),
        *_charts(facts, language),
        *_mirrors(facts, language),
        *_unit_value(facts, behind, language),
        *_revised(facts, language),
        *_listed(t["missing"], lists.missing(facts, language), "missing"),
        *_held(facts, language),
        _sources(facts, behind, language),
    ]
    title = _title(facts.reporter, facts.flow, t["name"].format(**dict(facts)), facts.month, language)
    return Document(title, parts, language, frame=frame, copies=True)


def nothing_left(
    name: str,
    product: str,
    flow: str,
    month: date,
    decisions: Sequence[Mapping[str, object]],
    snapshot_id: str,
    reporter: str,
    language: str,
    links: Sequence[tuple[str, str]] = (),
    frame: SiteFrame | None = None,
) -> Document:
    """Return the page of a month of which withdrawals have left no figure."""
    t = wording.texts(language)
    parts: list[Part] = [
        Note([TextRun(t["no_figure"], look="strong")]),
        *(Note(line, "note") for line in lists.decision_lines(decisions, language)),
        *([Links(links)] if links else []),
    ]
    above = (f"Tidewaiter · {t['brief']} · {t['snapshot']} ", TextRun(snapshot_id, look="code"))
    below = t["flows"][flow] + ("" if product.startswith("basket:") else f" · {product}")
    return Document(_title(reporter, flow, name, month, language), parts, language, above, below, frame, "nothing")


def _title(reporter: str, flow: str, name: str, month: date, language: str) -> str:
    about = capitalised(sentences.subject(reporter, flow, name, language))
    return f"{about}{wording.texts(language)['comma']}{wording.month_words(f'{month:%Y-%m}', language)}"


def _headline(facts: Facts, behind: Behind, language: str) -> tuple[Headline, list[Note]]:
    """The sentences at the top, and what must be known of them."""
    t, headlines = wording.texts(language), sentences.headlines(facts, language)
    expected, revised = wording.expected(facts, language), lists.revised_first(facts, language)
    is_unusual = bool(facts.expected and facts.expected.get("unusual"))
    close_prints = facts.first_prints and t["first_prints"].format(
        near=facts.first_prints[0], count=facts.first_prints[1], pct=f"{WITHIN_PCT:g}"
    )
    notes = [
        (sentences.quotable(headlines, facts, language), "soft"),
        *((line, "note") for line in lists.decision_lines(facts.decisions, language)),
        (sentences.of_all(facts, language), "note"),
        (expected, "note" if is_unusual else "soft"),
        (close_prints, "soft"),
        ([TextRun(revised, "#revised")] if revised else "", "note"),
    ]
    headline = Headline(
        [_pieces(sentence, behind) for sentence in headlines],
        [sentences.next_to(sentence, facts, language) for sentence in headlines],
        [sentences.notes_of(sentence, language) for sentence in headlines],
    )
    return headline, [Note(text, look) for text, look in notes if text]


def _number(fact: Fact, text: str, behind: Behind) -> list[TextRun | str]:
    """A number that leads to its source."""
    mark = [TextRun("*", look="mark")] if fact.status == "implied_base" else []
    return [TextRun(text, f"#{fact.id}", behind.source_line(fact), "n"), *mark]


def _pieces(sentence: Sentence, behind: Behind) -> list[TextRun | str]:
    runs = ([one.text] if one.fact is None else _number(one.fact, one.text, behind) for one in sentence.pieces)
    return [run for some in runs for run in some]


def _partners(facts: Facts, behind: Behind, language: str) -> SectionPart:
    t = wording.texts(language)
    reasons = {**ORIGINS, **MISSING, **t["missing_reasons"]}

    def cell(fact: Fact) -> list[TextRun | str]:
        if fact.value is None:
            return [TextRun("–", title=reasons[fact.status])]
        return [*filter(None, ["▲ " if fact.doubts else ""]), *_number(fact, wording.marked(fact, language), behind)]

    rows = [
        TableRow([
            partner_label(row.partner, language),
            *map(cell, (row.level, row.mom, row.contribution, row.yoy, row.ytd, row.ytd_yoy, row.share)),
        ])
        for row in facts.partners
    ]  # fmt: skip
    drawn = (t["recent"], [charts.sparkline(row.recent) for row in facts.partners])
    is_implied = any(fact.status == "implied_base" for fact in facts.facts())
    caveats = [Note(line, "caveat") for line in sentences.of_table(facts, language)]
    table = TablePart([t["partner"], *t["columns"]], rows, range(1, 8), "partners", pictures=drawn)
    return SectionPart(t["partners"], [table, *caveats, *[Note(t["implied"], "soft")] * is_implied], "partners")


def partner_label(key: str, language: str) -> str:
    """Return the name of a partner, or of all together, as the first cell of a row."""
    t = wording.texts(language)
    if key == WORLD:
        return str(t["world"])
    return partner_name(key) if t["by_label"] else wording.partner(key, language)


def _charts(facts: Facts, language: str) -> Iterator[SectionPart]:
    t = wording.texts(language)
    month, events = wording.month_words(f"{facts.month:%Y-%m}", language), lists.event_lines(facts.events, language)
    unit, partner_unit = (
        wording.scale_name(charts.scale_of(levels, facts.measure)[1], language)
        for levels in (facts.world, charts.partner_levels(facts))
    )
    parts = list[Part]()
    if any(one is not None for one in facts.world):
        in_doubt = [one.month for one in facts.drawn if one.partner == WORLD and one.doubts]
        picture = charts.month_chart(facts.months, facts.world, facts.measure, facts.events, in_doubt)
        lines, latest = t["numbered_lines"] if events else "", wording.shown(facts.partners[0].level, language)
        caption = t["alt_chart"].format(unit=unit, month=month, lines=lines, latest=latest)
        parts.append(Chart(picture, t["gap"].join([caption, *[t["pale"]] * (None in facts.world)])))
    if events:
        lapsed = sum(event["state"].startswith(LAPSED) for event in facts.events)
        states = [t["states_on"].format(day=facts.states_on), *[t["lapsed"].format(count=lapsed)] * bool(lapsed)]
        parts.append(SectionPart(t["events"], [Lines(events, "events", True), Note(t["gap"].join(states), "soft")]))
    if parts:
        yield SectionPart(t["chart"].format(unit=unit), parts, "chart")
    if drawn := charts.partner_chart(facts, language):
        caption = t["alt_partners"].format(unit=partner_unit, month=month)
        yield SectionPart(t["partner_chart"].format(unit=partner_unit), [Chart(drawn, caption)], "partner_chart")


def _mirrors(facts: Facts, language: str) -> Iterator[SectionPart]:
    t = wording.texts(language)
    shown = [_mirror(facts, part, number, language) for number, part in enumerate(lists.mirrors(facts), 1)]
    if shown:
        yield SectionPart(t["mirror"], [Note(t["mirror_note"], "soft"), *shown], "mirror")


def _mirror(facts: Facts, part: MirrorPart, number: int, language: str) -> SectionPart:
    """What a partner says of the same trade: its months as a line and a table."""
    t, parts = wording.texts(language), list[Part]()
    pair = (facts.reporter, part.partner) if facts.flow == "export" else (part.partner, facts.reporter)
    exporter, importer = (wording.partner(key, language) for key in pair)
    if unit := lists.drawn_unit(part, language):
        parts.append(Chart(charts.mirror_chart(part, number), t["alt_mirror"].format(unit=unit)))
    if not part.withheld:
        parts.append(TablePart(t["mirror_columns"], lists.mirror_rows(part, language), range(1, 4), "mirror"))
    terms: list[TextRun | str] = [" ", TextRun(f"{'; '.join(part.terms)}.", language="en")] if part.terms else []
    parts.append(Note([lists.mirror_note(part, language), *terms], "soft"))
    title = t["mirror_title"].format(product=part.product, exporter=exporter, importer=importer)
    return SectionPart(title, parts, f"mirror-{part.partner}")


def _unit_value(facts: Facts, behind: Behind, language: str) -> Iterator[SectionPart]:
    """The value per kilogram, and that partners with other prices moved it, where they did."""
    t, moved = wording.texts(language), facts.mix_moved_pp
    pieces = sentences.unit_value_pieces(facts, language)
    parts = [Note(_pieces(Sentence(pieces), behind))]
    if facts.unit_value.value is not None and moved is not None and moved >= MIX_MOVED_PP_MIN:
        count = sum(facts.before[row.partner] is not None for row in facts.partners[1:])
        parts.append(Note([TextRun(t["mix"].format(pp=moved), title=t["mix_how"].format(count=count))], "note"))
    if pieces:
        yield SectionPart(t["value"], parts, "value")


def _revised(facts: Facts, language: str) -> Iterator[SectionPart]:
    t = wording.texts(language)
    ids = (TextRun(f"{row['old_release_id']} → {row['new_release_id']}", look="below") for row in facts.revised)
    lines: list[Text] = [*zip(lists.revised_lines(facts, language), ids, strict=True)]
    lines += [t["revised_more"].format(count=facts.revised_more)] if facts.revised_more else []
    since = [Note(t["revised_since"].format(day=facts.revised_since), "soft")] if facts.revised_since else []
    return _listed(t["revised"], lines, "revised", since)


def _listed(title: str, lines: Sequence[Text], name: str, before: Sequence[Part] = ()) -> Iterator[SectionPart]:
    if lines:
        yield SectionPart(title, [*before, Lines(lines)], name)


def _held(facts: Facts, language: str) -> Iterator[SectionPart]:
    t, parts = wording.texts(language), list[Part]()
    for one in facts.held:
        since = t["comma"] + t["held_since"].format(day=one["since"]) + t["colon"] if one["since"] else ""
        command = [TextRun(t["decide"].format(release=one["release_id"]), look="code")] if since else []
        parts.append(Note([TextRun(one["title"], look="strong"), since, *command]))
        parts += [Lines(lists.held_lines(one["why"], language))] if one["why"] else []
    if parts:
        yield SectionPart(t["held"], parts, "held")


def _sources(facts: Facts, behind: Behind, language: str) -> SectionPart:
    """A row for each figure with the numbers behind it, and the files that these are in."""
    t = wording.texts(language)
    rows = [
        TableRow(
            [
                t["comma"].join(
                    [partner_label(fact.partner, language), f"{fact.month:%Y-%m}", wording.figure_name(fact, language)]
                ),
                [TextRun(wording.marked(fact, language), value=fact.value)],
                behind.how(fact),
                behind.numbers(fact),
            ],
            fact.id,
        )
        for fact in facts.facts()
    ]
    files = SectionPart(t["files"], [TablePart(t["file_columns"], rows_of(behind.file_rows()), heads=False)], "files")
    table = TablePart(t["source_columns"], rows, (1,), "numbers", heads=False)
    return SectionPart(t["sources"], [Note(t["again"], "soft"), table, files], "sources", "closed")
