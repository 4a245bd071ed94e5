"""Writes the front page as a morning paper: the first story with its chart, what moved, what is unusual, what was
revised, what is due, and a card for each product that is watched.

Readers see what comes next and when; those who run the site (`Desk.shown`) see what is overdue as well. Belongs here:
what stands on the page, in which order. Does not belong here: figures, and which pages there are.
"""

import contextlib
import itertools
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from urllib.parse import quote

import polars as pl

from schemas.forms.brief import Facts
from schemas.forms.doubt import NumberDoubt
from schemas.forms.fetch import SourceState
from schemas.forms.outcome import HeldRelease
from schemas.forms.site import FrontCard
from schemas.names import quote as quote_of
from schemas.names import status
from tasks.analysis.reporter.movers import PUBLISHED
from tasks.answers.form.quotes import beside, with_caveats
from tasks.answers.trade.movers import changes_of_month, expected, month_of
from tasks.answers.trade.read import with_names
from tasks.domain.labels import capitalised, country, trade_of
from tasks.ledger.doubts import Doubts
from tasks.pages.brief.lists import held_lines
from tasks.pages.brief.watched import file_name
from tasks.pages.charts import charts
from tasks.pages.release import changes_since_release as changes
from tasks.pages.series.data import PageSeries
from tasks.pages.series.page import partner_label, title_of
from tasks.pages.text import wording
from tasks.pages.text.assets import with_policy
from tasks.pages.text.document import Lines, Text, TextRun, part_words
from tasks.pages.text.page_templates import FRONT, LANGUAGES, template, translated, words
from tasks.pages.text.sentences import doubts_of, headlines, verdict_of
from tasks.reading.resolver import Resolver
from tasks.store.files.snapshot import Snapshot

# The columns of what is in and due, and for the desk of what is overdue.
DUE = ("source", "reporters", "last month in", "next due", "overdue")
STORIES_MAX, SENTENCES_MAX, CARD_MONTHS = 6, 3, 36


class News(NamedTuple):
    """What moved in the newest month of a direction: the rows of `mover`, what was expected."""

    rows: pl.DataFrame
    expected: pl.DataFrame


class Story(NamedTuple):
    """A story about a product: its name, sentences with the doubts behind each as they are published, its page, its
    drawing, what the drawing shows, of each sentence why its growth is not quoted as it is, and its title."""

    name: str
    sentences: list[tuple[str, tuple[NumberDoubt, ...]]]
    place: str
    drawn: str
    caption: str = ""
    verdicts: Sequence[str] = ()
    title: str = ""

    @property
    def doubts(self) -> list[NumberDoubt]:
        """What is in doubt, each once: several sentences often rest on the same number."""
        return [*dict.fromkeys(doubt for _, doubts in self.sentences for doubt in doubts)]


class Desk(NamedTuple):
    """What concerns those who run the site: sources, releases that wait with whose they are, reporters left out, and
    whether the page is for them."""

    states: Sequence[SourceState]
    held: Sequence[tuple[str, Any]]
    left_out: Sequence[str]
    shown: bool


class Trade(NamedTuple):
    """What the front page says of one direction of a reporter, in one language."""

    title: str
    cited: str
    month: str
    lead: Story | None
    cards: list[Story]
    moved: list[changes.Line]
    unusual: list[changes.Line]
    revised: list[changes.Line]
    sections: list[changes.Section]
    pages: Mapping[str, str]
    everything: str

    @classmethod
    def of(
        cls,
        resolver: Resolver,
        reporter: str,
        flow: str,
        language: str,
        news: News | None,
        cards: Sequence[FrontCard],
        products: frozenset[str],
        cited: str,
    ) -> "Trade":
        """Gather it from what moved, the cards, and the products with a page."""
        pages = {code: f"{reporter}/{quote(file_name(code, flow))}.{language}.html" for code in products}
        # The newest month is the news; of several the watch list has the order.
        ordered = sorted(cards, key=lambda card: card.month, reverse=True)
        stories = [_story(card, language, is_lead=False) for card in ordered[1:]]
        lead = _story(ordered[0], language, is_lead=True) if ordered else None
        lines: dict[str, list[changes.Line]] = {"moved": [], "unusual": [], "revised": []}
        sections = list[changes.Section]()
        month = ""
        if news is not None:
            in_doubt, judged = Doubts(resolver.snapshot), with_caveats(news.rows, resolver.snapshot, language=language)
            rows, beside = (with_names(one, resolver, language) for one in (judged, news.expected))
            lines["moved"] = changes.largest(rows, finest(rows).head(STORIES_MAX), in_doubt, language)
            lines["unusual"] = changes.unusual(rows, beside, language)
            lines["revised"] = changes.revised(rows, in_doubt, language)
            sections = [*changes.sections(rows, reporter, beside, in_doubt, language)]
            month = f"{rows['period'][0]:%Y-%m}"
        return cls(
            capitalised(trade_of(reporter, flow, language)),
            cited,
            wording.month_words(month, language) if month else "",
            lead,
            stories,
            **lines,
            sections=sections,
            pages=pages,
            everything=f"{reporter}/index.{language}.html",
        )


def news_of(snapshot: Snapshot, flow: str) -> News | None:
    """Return what moved in the newest month of a direction; None where no two months can be compared."""
    for against in PUBLISHED:
        # Of January and February together, or of a first month, the month before is not known.
        with contextlib.suppress(ValueError):
            rows = changes_of_month(snapshot, flow, month_of(snapshot, flow, "latest"), against=against).rows
            return News(rows, expected(snapshot, rows))
    return None


def finest(rows: pl.DataFrame) -> pl.Series:
    """Return the products that moved most, of those that no row below explains: the page of a chapter takes half a
    minute."""
    parts = rows.filter(pl.col("product").is_not_null(), kind="product")
    moved = parts.filter(~pl.col("product").is_in(parts["parent"].drop_nulls().implode()))
    return moved.sort(pl.col("change").abs(), descending=True)["product"]


def card_of(series: PageSeries, facts: Facts, stem: str) -> FrontCard:
    """Return what the front page says of a product, of its series and the facts of its newest month."""
    months, lines = series.months[-CARD_MONTHS:], {one: headlines(facts, one)[:SENTENCES_MAX] for one in LANGUAGES}
    first = (series.measure, series.partners[0])
    return FrontCard(
        stem=stem,
        month=facts.month,
        measure=series.measure,
        months=months,
        world=tuple(series.world()[-CARD_MONTHS:]),
        in_doubt=tuple(month for month in months if (*first, month) in series.doubts),
        events=tuple((event["day"], event["number"]) for event in series.events if event["day"] >= months[0]),
        names={one: wording.texts(one)["name"].format(**dict(facts)) for one in LANGUAGES},
        titles={one: _finding(series, one) for one in LANGUAGES},
        sentences={one: [(line.text, tuple(doubts_of(line))) for line in lines[one]] for one in LANGUAGES},
        verdicts={one: [verdict_of(line, one) for line in lines[one]] for one in LANGUAGES},
    )


def _finding(series: PageSeries, language: str) -> str:
    """What the newest growth on the year and those before it say: it fell, and for how many months in a row. Empty
    where the newest is not sure: null, zero, in doubt, on an implied base, or not to be quoted as it is."""
    growths = _sure_growths(series)
    if not growths or not growths[0]:
        return ""
    run = next((number for number, value in enumerate(growths) if value * growths[0] <= 0), len(growths))
    t = words("site", language)
    about = title_of(series, language)
    verb = t["verbs"]["rise" if growths[0] > 0 else "fall"]
    if run == 1:
        return str(t["finding"].format(about=about, verb=verb, growth=f"{abs(growths[0]):,.1f}"))
    if run <= len(t["ordinals"]) + 1:
        return str(t["finding_again"].format(about=about, verb=verb, ordinal=t["ordinals"][run - 2]))
    return str(t["finding_long"].format(about=about, verb=verb, count=run))


def _sure_growths(series: PageSeries) -> list[float]:
    """The growths on the year of the first line, from the newest month back to the first that is not sure."""
    rows = series.rows.filter(partner=series.partners[0], measure=series.measure)
    rows = beside(rows, series.judged, "en", ["yoy_pct"])
    is_doubted = pl.col("figures_in_doubt").cast(pl.String).str.split("+").list.contains("yoy_pct").fill_null(False)
    is_sure = ~is_doubted & (pl.col(quote_of("yoy_pct")) == "yes") & (pl.col(status("yoy_pct")) != "implied_base")
    known = dict(rows.filter(is_sure, pl.col("yoy_pct").is_not_null()).select("period", "yoy_pct").iter_rows())
    return [known[month] for month in itertools.takewhile(known.__contains__, reversed(series.months))]


def _story(card: FrontCard, language: str, *, is_lead: bool) -> Story:
    events = [{"day": day, "number": number} for day, number in card.events]
    drawn = (
        charts.month_chart(card.months, card.world, card.measure, events, card.in_doubt)
        if is_lead
        else charts.card_line(card.months, card.world, card.measure, language)
    )
    sentences = card.sentences[language][: SENTENCES_MAX if is_lead else 1]
    place, caption = f"{card.stem}.{language}.html", _caption(card, language)
    return Story(
        card.names[language],
        sentences,
        place,
        drawn,
        caption,
        card.verdicts.get(language, ())[: len(sentences)],
        card.titles.get(language, ""),
    )


def _caption(card: FrontCard, language: str) -> str:
    """What the chart of the first story shows: whose months in which unit, what its numbers and triangles mean."""
    t = words("site", language)
    unit = wording.scale_name(charts.scale_of(card.world, card.measure)[1], language)
    parts = [t["lead_chart"].format(name=card.names[language], unit=unit)]
    parts += [t["lead_events"]] if card.events else []
    parts += [t["lead_doubts"]] if card.in_doubt else []
    return ("" if language == "zh" else " ").join(parts)


def page(trades: Sequence[Trade], day: date, desk: Desk, language: str, address: str) -> str:
    """Return the front page: trades with a story first, and what concerns the desk last."""
    # A direction without any total comes last.
    ordered = sorted(trades, key=lambda trade: not (trade.lead or trade.moved))
    rows = due_rows(desk.states, language)
    t = words("brief", language) | words("series", language) | words("site", language)
    text = template("site.html.j2").render(
        **part_words(language),
        t=t,
        trades=ordered,
        day=day,
        due=rows if desk.shown else [row[:-1] for row in rows],
        due_columns=t["due_columns"] if desk.shown else t["due_columns"][:-1],
        held=desk.held,
        left_out=desk.left_out,
        country=lambda key: capitalised(country(key, language)),
        front=FRONT,
        up="",
        title=f"Tidewaiter{t['colon']}{t['site']}",
        description=next((trade.lead.sentences[0][0] for trade in ordered if trade.lead), t["site"]),
        image=_image(ordered, address, language),
        held_lines=lambda one: Lines(held_lines(one.by_check, language) + _asked_again(one)),
    )
    return with_policy(text)


def _asked_again(one: HeldRelease) -> list[Text]:
    return [[TextRun(one.asked_again, language="en")]] if one.asked_again else []


def missing_page(address: str) -> str:
    """Return the page for addresses that there are not, in both languages. A server shows it at any depth, so its links
    begin with the address of the site, or at the root of the server where none is known."""
    both = [words("brief", language) | words("site", language) | {"place": place} for language, place in FRONT.items()]
    root = f"{address.rstrip('/')}/" if address else "/"
    return with_policy(template("missing.html.j2").render(both=both, root=root))


def _image(trades: Sequence[Trade], address: str, language: str) -> str:
    lead = next((trade.lead for trade in trades if trade.lead), None)
    stem = lead.place.removesuffix(f".{language}.html") if lead else ""
    return f"{address.rstrip('/')}/{quote(stem)}.{language}.png" if lead and address else ""


def due_rows(states: Sequence[SourceState], language: str) -> list[list[str]]:
    """Return the rows of what is in, due and overdue, with the cells of `due_columns`, in a language."""
    t = words("site", language)
    rows = []
    for state in states:
        names = t["list_comma"].join(partner_label(code, language) for code in state.reporters)
        without = t["without"].format(count=len(state.lacking)) if state.lacking else ""
        named = {"source": wording.source_name(state.source, language), "reporters": names + without}
        row = {name: translated(text, t["due_patterns"]) for name, text in state.row.items()} | named
        rows.append([row[name] for name in DUE])
    return rows
