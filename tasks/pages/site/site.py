"""Writes a static site from the stores of a root: the front page, a page for each product that is watched, moved or
asked for, the pages of partners, the lists, feeds, and a search.

Belongs here: which pages there are, and their addresses. Does not belong here: what a page says (`series`,
`partner_pages`, `front`, `brief`). Nothing is fetched: a page opens from a folder as from a server.
"""

import json
import os
import shutil
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from schemas.forms.site import FrontCard, ProductRecord
from schemas.layouts import FLOWS
from schemas.reference.code_tables import code_table
from schemas.store_address import S3Url
from tasks.analysis.after.watch_rules import Grader, watch_rules
from tasks.answers.inventory.contents import things
from tasks.answers.inventory.sources import source_states
from tasks.domain.coverage import TOTALS, WORLD
from tasks.domain.errors import NoFigure, NothingPublished, StoreError
from tasks.domain.periods import first_day
from tasks.inbox import held as held_releases
from tasks.ledger.doubts import findings_of, open_doubts
from tasks.pages.brief.context import is_withheld
from tasks.pages.brief.watched import file_name, product_of, watch_list
from tasks.pages.series import data
from tasks.pages.series.page import PagePlace, script_words
from tasks.pages.site import feeds, front, grounds, partner_pages, product_pages
from tasks.pages.site.other_sides import OtherSides
from tasks.pages.text import assets
from tasks.pages.text.page_templates import FRONT, LANGUAGES
from tasks.reading.citation import citation, known_on
from tasks.reading.query import newest_month
from tasks.reading.resolver import Resolver
from tasks.store.bucket.working_copy import at_hand
from tasks.store.files.filesystem import LOCAL
from tasks.store.files.snapshot import Snapshot, open_snapshot
from tasks.store.places.reporters import stores_of
from tasks.store.places.verify_on_read import prove, proved
from tasks.store.snapshots.outside import outside, write_outside
from tasks.store.snapshots.parquet import read_table

# How many codes with the largest changes get a page, in addition to the watch list.
MOVED_MAX = 3
# A direction with no more products than this has a page for each.
EVERY_MAX = 60
# States of a site that are kept: the one that is shown, and the one before it, which somebody may still be reading.
KEPT = 2
# What a static host and nginx show where there is no file.
MISSING = "404.html"


@dataclass(frozen=True)
class SitePlan:
    """How a site is made: its folder, the day, its address on the web, how many codes with the largest changes have a
    page, whether it is for those who run it, whether a server makes pages on demand, and where the notes of earlier
    runs are; None: beside the folder."""

    folder: Path
    day: date
    address: str = ""
    moved: int = MOVED_MAX
    desk: bool = False
    on_demand: bool = False
    notes: Path | None = None


@dataclass
class WrittenPages:
    """What is written so far: pages, names for the search, and what the front page and the feeds say."""

    pages: list[Path] = field(default_factory=list)
    names: list[tuple[Any, ...]] = field(default_factory=list)
    trades: dict[str, list[front.Trade]] = field(default_factory=lambda: {language: [] for language in LANGUAGES})
    entries: dict[tuple[str, str], list[feeds.FeedEntry]] = field(default_factory=dict)
    series: dict[tuple[str, str], list[str]] = field(default_factory=dict)


def build(root: Path | S3Url, plan: SitePlan) -> list[Path]:
    """Write the site into a folder; return its pages. Pages of products that are watched no more are left as they are,
    and so are the files of a product where nothing that they rest on has changed.

    A store whose numbers may not be passed on has no pages; the front page names its reporter. Raises NothingPublished
    where no store has anything, StoreError where one is damaged, before any page is written, ValueError where a page
    would be in a store or behind a link.
    """
    outside(plan.folder / FRONT["en"])
    written, waiting, left_out = WrittenPages(), list[tuple[str, Any]](), list[str]()
    # All stores are looked at before a page is written: none is of today beside one that could not be read.
    for reporter, snapshot, held, withheld in [*_states(root)]:
        if withheld:
            left_out.append(reporter)
            continue
        waiting += [(reporter, one) for one in held]
        if snapshot is not None:
            _reporter(Resolver(snapshot), reporter, plan, written)
    if not (written.names or waiting or left_out):
        raise NothingPublished(f"{root}: nothing is published here, so there is no site to write. Check --store.")
    _shared(plan, written)
    sources = [state for state in source_states(root, [], plan.day).sources if state.last_month]
    for language in LANGUAGES:
        text = front.page(
            written.trades[language],
            plan.day,
            front.Desk(sources, waiting, left_out, shown=plan.desk),
            language,
            plan.address,
        )
        _write(plan.folder, FRONT[language], text)
    return [*written.pages, *(plan.folder / name for name in (*FRONT.values(), MISSING))]


def publish(root: Path | S3Url, plan: SitePlan) -> list[Path]:
    """Build the site beside the one that is shown, and put it in its place at once: `plan.folder` is a link to the
    newest state. Pages of earlier states stay at their addresses. Waits for another run that publishes there.

    Raises what `build` raises, and ValueError where the place is a folder, which no link can take at once.
    """
    place = plan.folder
    if place.exists() and not place.is_symlink():
        raise ValueError(f"{place}: a folder, which cannot be replaced at once. Move it away, or name another place.")
    states = grounds.beside(place)
    outside(states)
    states.mkdir(parents=True, exist_ok=True)
    lock = LOCAL.lock(states / "lock")
    try:
        return _publish_next(root, plan, states)
    finally:
        LOCAL.unlock(lock)


def _publish_next(root: Path | S3Url, plan: SitePlan, states: Path) -> list[Path]:
    place = plan.folder
    numbers = sorted(int(one.name) for one in states.iterdir() if one.name.isdigit())
    shown = int(place.readlink().name) if place.is_symlink() and place.readlink().name.isdigit() else None
    following = states / str(max(numbers, default=0) + 1)
    partial = states / f"{following.name}.part"
    shutil.rmtree(partial, ignore_errors=True)
    if shown is not None and (states / str(shown)).is_dir():
        # Files are replaced by others of the same name and never written into, so the states may share them.
        shutil.copytree(states / str(shown), partial, copy_function=os.link)
    partial.mkdir(exist_ok=True)
    pages = build(root, replace(plan, folder=partial, notes=grounds.notes_of(place)))
    partial.rename(following)
    link = states / "link.part"
    link.unlink(missing_ok=True)
    link.symlink_to(Path(states.name) / following.name)
    link.replace(place)
    for number in numbers:
        if number != shown and number <= int(following.name) - KEPT:
            shutil.rmtree(states / str(number))
    return [place / page.relative_to(partial) for page in pages]


# The endings of the files of a product that a page asks for.
OF_PRODUCT = tuple(f".{end}" for end in ("en.html", "zh.html", "js", "csv", "en.png", "zh.png"))


class OnDemand:
    """Makes the files of a product when somebody asks for one of them, and again after each publication."""

    def __init__(self, root: Path | S3Url, plan: SitePlan, today: Callable[[], date]) -> None:
        self.root, self.plan, self.today = root, plan, today
        self._shown: dict[str, str] = {}
        self._lock = threading.Lock()

    def renew(self, path: str) -> None:
        """Write the files of the product whose file is asked for, such as CHN/85051110.en.html, where there is such a
        product and they are not of the published state already. Nothing is written of any other path."""
        reporter, _, name = path.partition("/")
        stem, kind = name.split(".")[0], ".past." if ".past." in name else ""
        if "/" in name or not stem or not name.endswith(OF_PRODUCT):
            return
        with self._lock:
            store = stores_of(self.root).get(reporter)
            snapshot = open_snapshot(at_hand(store)) if store is not None else None
            is_there = (self.plan.folder / path).is_file()
            if snapshot is None or (is_there and self._shown.get(f"{reporter}/{stem}{kind}") == snapshot.id):
                return
            if is_withheld(_sources(snapshot)) or not self._write(snapshot, reporter, stem, with_past=bool(kind)):
                return
            self._shown[f"{reporter}/{stem}{kind}"] = snapshot.id
            self._shown[f"{reporter}/{stem}"] = snapshot.id

    def _write(self, snapshot: Snapshot, reporter: str, stem: str, *, with_past: bool) -> bool:
        """Whether there is such a product, whose files are written then."""
        resolver, (product, flow) = Resolver(snapshot), product_of(stem)
        if product not in resolver.products:
            return False
        try:
            day = self.today()
            series = data.gather(resolver, product, flow, day)
        except NoFigure:
            return False
        place = PagePlace((), frozenset(resolver.products), frozenset(), self.plan.address)
        folder = self.plan.folder / reporter
        written = product_pages.files_of(resolver, series, place, day, folder, in_words=False, with_past=with_past)
        for name, content in written.files.items():
            _write(self.plan.folder, f"{reporter}/{name}", content)
        return True


def _states(root: Path | S3Url) -> Iterator[tuple[str, Snapshot | None, list[Any], bool]]:
    """Each reporter with its published state, the releases that wait, and whether its numbers may not be passed on.
    Raises StoreError for a store that is damaged."""
    for reporter, address in stores_of(root).items():
        try:
            store = at_hand(address)
            # A reporter whose first release is held has a store and no tables.
            snapshot, held = open_snapshot(store), held_releases.waiting(store)
            snapshot = snapshot and proved(snapshot)
            prove(snapshot, "metric")
        except StoreError as error:
            raise StoreError(
                f"{address}: {error}\nNo page of the site was changed, because a front page must not lack {reporter} in"
                f" silence. Mend this store, see that it is whole (tidewaiter audit --reporter {reporter}), and build"
                " the site again."
            ) from error
        sources = _sources(snapshot) if snapshot else [one.source for one in held]
        yield reporter, snapshot, held, is_withheld(sources)


def _sources(snapshot: Snapshot) -> list[str]:
    return read_table(snapshot, "release")["source"].to_list()


def _reporter(resolver: Resolver, reporter: str, plan: SitePlan, written: WrittenPages) -> None:
    """Write the pages of a reporter."""
    snapshot, pages = resolver.snapshot, dict[str, frozenset[str]]()
    releases = read_table(snapshot, "release")
    known = known_on(releases, read_table(snapshot, "decision"))
    cited = {language: citation([], reporter, known, snapshot.id, language) for language in LANGUAGES}
    single = pl.col("level").is_not_null() & ~pl.col("partner").is_in(TOTALS)
    newest = {flow: newest_month(snapshot, flow, single, ("level",)) for flow in FLOWS}
    months = [partner_pages.newest(resolver, flow, month) for flow, month in newest.items() if month is not None]
    partners = frozenset(key for month in months for key in month.rows["partner"].unique()) - {WORLD}
    for flow in FLOWS:
        if snapshot.entries("metric", flow):
            pages[flow] = _trade(resolver, reporter, flow, plan, written, partners, cited)
    texts = partner_pages.partner_pages(resolver, reporter, months, pages, cited)
    texts |= partner_pages.list_page(resolver, reporter, pages, cited, sorted(partners))
    for name, text in texts.items():
        written.pages.append(_write(plan.folder, f"{reporter}/{name}", text))
    if plan.on_demand:
        stems = {file_name(product, flow) for flow in FLOWS for product in written.series.get((reporter, flow), ())}
        _forget(plan.folder / reporter, stems)
    written.names += _names(resolver, reporter, pages, partners, months)
    page = {language: f"{reporter}/index.{language}.html" for language in LANGUAGES}
    graded = _graded(snapshot, reporter, pages)
    doubts = open_doubts(findings_of(snapshot), releases)
    for language in LANGUAGES:
        of_releases = feeds.of_releases(releases, reporter, language, page[language], doubts)
        written.entries.setdefault(("releases", language), []).extend(of_releases)
        rules = [(one, day, f"{reporter}/{stem}.{language}.html") for one, day, stem in graded]
        written.entries.setdefault(("rules", language), []).extend(feeds.of_rules(rules, reporter, language))


def _trade(
    resolver: Resolver,
    reporter: str,
    flow: str,
    plan: SitePlan,
    written: WrittenPages,
    partners: frozenset[str],
    cited: Mapping[str, str],
) -> frozenset[str]:
    """Write the pages of the products of a direction; return those that have one."""
    news = front.news_of(resolver.snapshot, flow)
    largest = [] if news is None else front.finest(news.rows).head(plan.moved).to_list()
    watched = watch_list().filter(pl.col("flow") == flow, pl.col("reporter").is_in(["", reporter]))["product"].to_list()
    chosen = [*watched, *largest]
    every = things(resolver.snapshot, resolver.names, "product").filter(pl.col("flows").str.contains(flow))["product"]
    above = [code[:digits] for code in chosen if code.isdecimal() for digits in (2, 4, 6) if digits < len(code)]
    more = every.to_list() if every.len() <= EVERY_MAX else [*above, *(code for code in every if ":" in code)]
    listed = [product for product in dict.fromkeys([*chosen, *more]) if product in resolver.products]
    rows = {product: data.rows_of(resolver.snapshot, flow, product) for product in listed}
    # A watched product may be of the other direction.
    rows = {product: one for product, one in rows.items() if data.measures_of(one)}
    products = frozenset(every) if plan.on_demand else frozenset(rows)
    written.series[reporter, flow] = [*rows]
    place = PagePlace((), products, partners, plan.address)
    around = grounds.Around(OtherSides(resolver.snapshot, flow, [*rows]), plan.day, place)
    cards: list[FrontCard] = []
    for product, metric_rows in rows.items():
        about = (resolver, flow, product, metric_rows, around)
        record = _product(*about, plan, reporter, in_words=product in chosen)
        written.pages += [plan.folder / name for name in grounds.pages_of(record)]
        cards += [record.card] if record.card is not None else []
    for language in LANGUAGES:
        trade = front.Trade.of(resolver, reporter, flow, language, news, cards, products, cited[language])
        written.trades[language].append(trade)
    return products


def _product(
    resolver: Resolver,
    flow: str,
    product: str,
    metric_rows: pl.DataFrame,
    around: grounds.Around,
    plan: SitePlan,
    reporter: str,
    *,
    in_words: bool,
) -> ProductRecord:
    """Return the record of the files of a product, which are written unless all that they rest on is as it was."""
    snapshot, stem = resolver.snapshot, file_name(product, flow)
    months, notes = plan.folder / reporter / stem, plan.notes or grounds.notes_of(plan.folder)
    state = grounds.ground(resolver, flow, product, metric_rows, around, in_words=in_words)
    record = grounds.record_of(notes, reporter, stem)
    about = (plan.folder, months, snapshot.store, around.sides)
    if record is not None and record.ground == state and grounds.is_whole(record, *about):
        return record
    series = data.gather(resolver, product, flow, plan.day, metric_rows)
    of_product = product_pages.files_of(
        resolver, series, around.place, plan.day, plan.folder / reporter, in_words=in_words, with_past=in_words
    )
    texts = {f"{reporter}/{name}": content for name, content in of_product.files.items()}
    files = {name: text.encode() if isinstance(text, str) else text for name, text in texts.items()}
    for name, content in files.items():
        _write(plan.folder, name, content)
    facts = of_product.facts
    card = front.card_of(series, facts, f"{reporter}/{stem}") if facts is not None else None
    cited = {"snapshot": snapshot.id, "others": around.sides.states_behind(product)}
    record = grounds.new_record(files, months, ground=state, card=card, **cited)
    grounds.write_note(notes, f"{reporter}/{stem}.json", record.model_dump_json())
    return record


def _graded(snapshot: Snapshot, reporter: str, pages: dict[str, frozenset[str]]) -> list[tuple[Any, date, str]]:
    """What became of each watch rule in the newest month of its series, with the day from which that month is known and
    the page of its product."""
    grader, grades = Grader(snapshot.store), []
    for rule in watch_rules(reporter):
        month = grader.newest(rule)
        if month is None:
            continue
        place = (rule.flow, first_day(month).year, first_day(month).month)
        days = read_table(snapshot, "observation", place.__eq__, columns=("known_from",))["known_from"]
        stem = file_name(rule.product, rule.flow) if rule.product in pages.get(rule.flow, ()) else "index"
        newest = days.max()
        if isinstance(newest, date):
            grades.append((grader.grade(rule, month), newest, stem))
    return grades


def _forget(folder: Path, stems: Collection[str]) -> None:
    """Remove the files of products that were made on demand and show an earlier state: the server makes them again."""
    for data_file in folder.glob("*.js"):
        stem = data_file.name.split(".")[0]
        if stem in stems or data_file.is_symlink():
            continue
        for end in (*OF_PRODUCT, ".from.js", ".more.js", ".past.js"):
            (folder / f"{stem}{end}").unlink(missing_ok=True)


def _names(
    resolver: Resolver,
    reporter: str,
    pages: dict[str, frozenset[str]],
    partners: frozenset[str],
    newest_months: Sequence[partner_pages.PartnerMonth],
) -> list[tuple[Any, ...]]:
    """List what the search finds: reporter, code, both names, first and last month, the page if there is one,
    direction, the largest level of the newest month, and words of the press. A product has a row for each direction."""
    months = pl.col("first_month", "last_month").dt.strftime("%Y-%m")
    listed = []
    for kind, table in (("product", "commodity_words"), ("partner", "partner_words")):
        words = {code: " ".join(some) for code, some in code_table(table).group_by(kind).agg("word").iter_rows()}
        sizes = {flow: _sizes(newest_months, flow, kind) for flow in FLOWS}
        rows = things(resolver.snapshot, resolver.names, kind).drop_nulls("last_month")
        rows = rows.select(pl.first(), pl.col("name", "name_zh").fill_null(""), months, pl.col("flows"))
        for code, *names, flows in rows.iter_rows():
            for flow in flows.split("+") if kind == "product" else [""]:
                page, size = "", sizes[flow].get(code, 0) if flow else max(one.get(code, 0) for one in sizes.values())
                if kind == "product" and code in pages.get(flow, ()):
                    page = f"{reporter}/{file_name(code, flow)}.en.html"
                elif kind == "partner" and code in partners:
                    page = f"{reporter}/{partner_pages.partner_stem(code)}.en.html"
                listed.append((reporter, code, *names, page, flow, round(size), words.get(code, "")))
    return listed


def _sizes(months: Sequence[partner_pages.PartnerMonth], flow: str, kind: str) -> dict[str, float]:
    """The largest level of each product or partner in the newest month of a direction."""
    rows = [month.rows for month in months if month.flow == flow]
    return dict(pl.concat(rows).group_by(kind).agg(pl.col("level").max()).iter_rows()) if rows else {}


def _shared(plan: SitePlan, written: WrittenPages) -> None:
    """Write what all pages share, the feeds and the names of the search."""
    _write(plan.folder, "names.js", f"NAMES={json.dumps(written.names, ensure_ascii=False, separators=(',', ':'))}")
    _write(plan.folder, "site.css", assets.style())
    _write(plan.folder, MISSING, front.missing_page(plan.address))
    for name in ("series.js", "front.js"):
        _write(plan.folder, name, assets.script(name))
    if not (plan.folder / assets.RUNTIME).is_file():
        _write(plan.folder, assets.RUNTIME, assets.runtime())
    for language in LANGUAGES:
        _write(plan.folder, f"words.{language}.js", script_words(language))
        for name in ("releases", "rules"):
            entries = written.entries.get((name, language), [])
            text = feeds.feed(name, language, plan.address, entries, plan.day, FRONT[language])
            _write(plan.folder, f"{name}.{language}.atom", text)


def _write(folder: Path, name: str, content: str | bytes) -> Path:
    """Write a file at once; one that is the same stays. Raises ValueError where a link would lead it out of the folder
    of the site."""
    place = folder / name
    inner = [parent for parent in place.parents if parent != folder and folder in parent.parents]
    if place.is_symlink() or any(parent.is_symlink() for parent in inner):
        raise ValueError(f"{place}: a link, through which nothing is written. Delete it, or name another folder.")
    place.parent.mkdir(parents=True, exist_ok=True)
    raw = content.encode() if isinstance(content, str) else content
    if not place.is_file() or place.read_bytes() != raw:
        write_outside(place, raw)
    return place
