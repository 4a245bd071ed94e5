"""Writes a static site from the stores of a root: what moved, what is held and due, a page for each watched product,
and a search.

Belongs here: which pages there are, their addresses and what stands on the front page. Does not belong here: the page
of a product (`tasks.pages.brief`). Nothing is fetched: a page opens from a folder as from a server.
"""

import contextlib
import itertools
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from schemas.forms.fetch import SourceState
from schemas.forms.outcome import HeldRelease
from schemas.layouts import FLOWS
from schemas.store_address import S3Url
from tasks.analysis.movers import AGAINST
from tasks.answers.contents import things
from tasks.answers.movers import expected, month_of, moved
from tasks.answers.read import with_names
from tasks.answers.sources import source_states
from tasks.domain.errors import NoFigure, NothingPublished
from tasks.domain.labels import capitalised, check_words, country, trade_of
from tasks.inbox import held as held_releases
from tasks.pages.brief import render, wording
from tasks.pages.brief.charts import sparkline
from tasks.pages.brief.context import is_withheld
from tasks.pages.brief.facts import gather
from tasks.pages.brief.sentences import headlines, with_doubt
from tasks.pages.brief.watched import file_name, watch_list
from tasks.pages.changes_since_release import Section, sections
from tasks.pages.page_templates import LANGUAGES, template, translated, words
from tasks.reading.citation import citation, known_on
from tasks.reading.resolver import Resolver
from tasks.store.outside import outside, write_outside
from tasks.store.parquet import read_table
from tasks.store.reporters import stores_of
from tasks.store.snapshot import open_snapshot
from tasks.store.working_copy import at_hand

FRONT = {"en": "index.html", "zh": "index.zh.html"}
# The columns of what is in, due and overdue.
DUE = ("source", "reporters", "last month in", "next due", "overdue")
# How many codes with the largest changes get a page, in addition to the watch list.
MOVED_MAX = 3


class Card(NamedTuple):
    """What the front page says of a product: its name, the first sentence of its page, where that is, and a line of its
    last months."""

    product: str
    name: str
    said: str
    place: str
    drawn: str


class Trade(NamedTuple):
    """What the front page says of one direction of a reporter, in one language."""

    title: str
    cited: str
    products: list[Card]
    moved: list[Section]

    @property
    def pages(self) -> dict[str, str]:
        """The pages of its products."""
        return {card.product: card.place for card in self.products}


def build(root: Path | S3Url, folder: Path, day: date, moved: int = MOVED_MAX) -> list[Path]:
    """Write the site into a folder; return its pages. Pages of products that are watched no more are left as they are.

    A store whose numbers may not be passed on has no pages; the front page names its reporter. Raises NothingPublished
    where no store has anything, ValueError where a page would be in a store or behind a link.
    """
    outside(folder / FRONT["en"])
    trades: dict[str, list[Trade]] = {language: [] for language in LANGUAGES}
    waiting: list[tuple[str, HeldRelease]] = []
    names: list[tuple[Any, ...]] = []
    left_out: list[str] = []
    for reporter, address in stores_of(root).items():
        store = at_hand(address)
        # A reporter whose first release is held has a store and no tables.
        snapshot, held = open_snapshot(store), held_releases.waiting(store)
        sources = read_table(snapshot, "release")["source"].to_list() if snapshot else [one.source for one in held]
        if is_withheld(sources):
            left_out.append(reporter)
            continue
        waiting += [(reporter, one) for one in held]
        if snapshot is not None:
            resolver = Resolver(snapshot)
            of_reporter = _trades(resolver, reporter, folder, day, moved)
            for trade in of_reporter:
                for language in LANGUAGES:
                    trades[language].append(trade[language])
            pages = (trade["en"].pages for trade in of_reporter)
            names += _names(resolver, reporter, dict(itertools.chain(*(of_trade.items() for of_trade in pages))))
    if not (names or waiting or left_out):
        raise NothingPublished(f"{root}: nothing is published here, so there is no site to write. Check --store.")
    _write(folder, "names.js", f"NAMES={json.dumps(names, ensure_ascii=False, separators=(',', ':'))}")
    states = [state for state in source_states(root, [], day).sources if state.last_month]
    for language in LANGUAGES:
        text = template("site.html.j2").render(
            t=words("brief", language) | words("site", language),
            # A direction without any total comes last.
            trades=sorted(trades[language], key=lambda trade: not trade.moved and not trade.products),
            day=day,
            due=due_rows(states, language),
            held=waiting,
            left_out=left_out,
            country=lambda key, language=language: capitalised(country(key, language)),
            front=FRONT,
            language=language,
            checks=_checks_of_page(language),
        )
        _write(folder, FRONT[language], text)
    places = (place for of_language in trades.values() for trade in of_language for place in trade.pages.values())
    return [folder / place for place in (*places, *FRONT.values())]


def _trades(resolver: Resolver, reporter: str, folder: Path, day: date, most: int) -> list[dict[str, Trade]]:
    """Write the pages of a reporter; return its directions, each by language."""
    flows = [flow for flow in FLOWS if resolver.snapshot.entries("metric", flow)]
    return [_trade(resolver, reporter, flow, folder, day, most) for flow in flows]


def _checks_of_page(language: str) -> dict[str, str]:
    """Return what checks found in the language of a page; on English pages it stands as it was published."""
    return {} if language == "en" else check_words(language)


def _write(folder: Path, name: str, text: str) -> None:
    """Write a page at once. Raises ValueError where a link would lead it out of the folder of the site."""
    place = folder / name
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.is_symlink() or (place.parent != folder and place.parent.is_symlink()):
        raise ValueError(f"{place}: a link, through which nothing is written. Delete it, or name another folder.")
    write_outside(place, text.encode())


def due_rows(states: Sequence[SourceState], language: str) -> list[list[str]]:
    """Return the rows of what is in, due and overdue, with the cells of `due_columns`, in a language."""
    rows = (state.row | {"reporters": state.reporters_in_short} for state in states)
    patterns = words("site", language)["due_patterns"]
    return [[translated(row[name], patterns) for name in DUE] for row in rows]


def _trade(resolver: Resolver, reporter: str, flow: str, folder: Path, day: date, most: int) -> dict[str, Trade]:
    """Write the pages of the products of a direction; return what the front page says of it, by language."""
    snapshot, rows, against = resolver.snapshot, None, "month"
    for against in AGAINST:
        # Of January and February together, or of a first month, the month before is not known.
        with contextlib.suppress(ValueError):
            rows = moved(snapshot, flow, month_of(snapshot, flow, "latest"), against=against).rows
            break
    largest = [] if rows is None else _finest(rows).head(most).to_list()
    listed = watch_list().filter(pl.col("flow") == flow, pl.col("reporter").is_in(["", reporter]))["product"].to_list()
    cards: dict[str, list[Card]] = {language: [] for language in LANGUAGES}
    for product in dict.fromkeys([*listed, *largest]):
        if product not in resolver.products:
            continue
        try:
            month = resolver.month("latest", flow, [product])
            facts = gather(snapshot, snapshot.store, product, flow, month, day, resolver.names)
        except NoFigure:
            # It is of the other direction, or has figures in units of which a page has none.
            continue
        names = {language: f"{file_name(product, flow)}.{language}.html" for language in LANGUAGES}
        for language, name in names.items():
            others = [("other_language", other) for other in names.values() if other != name]
            text = render.page(facts, language, [("front", f"../{FRONT[language]}"), *others])
            _write(folder, f"{reporter}/{name}", text)
            goods, said = wording.texts(language)["name"].format(**dict(facts)), headlines(facts, language)[0]
            drawn = sparkline(facts.partners[0].recent)
            cards[language].append(Card(product, goods, with_doubt(said, language), f"{reporter}/{name}", drawn))
    beside = expected(snapshot, rows) if rows is not None else None
    releases = read_table(snapshot, "release")
    known, found = known_on(releases, read_table(snapshot, "decision")), dict[str, Trade]()
    for language in LANGUAGES:
        shown = list[Section]()
        if rows is not None and beside is not None:
            named = (with_names(one, resolver, language) for one in (rows, beside))
            shown = [*sections(next(named), against, reporter, next(named), language)]
        title = capitalised(trade_of(reporter, flow, language))
        cited = citation([], reporter, known, snapshot.id, language)
        found[language] = Trade(title, cited, cards[language], shown)
    return found


def _finest(rows: pl.DataFrame) -> pl.Series:
    """Return the products that moved most, of those that no row below explains: the page of a chapter takes half a
    minute."""
    parts = rows.filter(pl.col("product").is_not_null(), kind="product")
    finest = parts.filter(~pl.col("product").is_in(parts["parent"].drop_nulls().implode()))
    return finest.sort(pl.col("change").abs(), descending=True)["product"]


def _names(resolver: Resolver, reporter: str, pages: dict[str, str]) -> list[tuple[Any, ...]]:
    """List what the search finds: reporter, code, both names, first and last month, and the page if there is one."""
    months = (pl.col(name).dt.strftime("%Y-%m") for name in ("first_month", "last_month"))
    shown = (pl.lit(reporter), pl.first(), pl.col("name", "name_zh").fill_null(""), *months)
    found = (
        things(resolver.snapshot, resolver.names, kind).drop_nulls("last_month") for kind in ("product", "partner")
    )
    return [(*row, pages.get(row[1], "")) for there in found for row in there.select(shown).iter_rows()]
