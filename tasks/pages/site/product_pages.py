"""Makes the files of a product: the page of its series in both languages, its data, its file of all figures, and the
pages of its newest months in words.

Belongs here: which files a product has, and their names; nothing is written. A site writes them when it is built or, of
a product that few ask for, when somebody asks.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

import polars as pl

from schemas.forms.brief import Facts
from tasks.analysis.ground.judged import of_rows
from tasks.answers.form.quotes import beside
from tasks.answers.trade.read import with_names
from tasks.domain.classification import members
from tasks.domain.coverage import WORLD
from tasks.domain.errors import NoFigure
from tasks.domain.labels import capitalised, country
from tasks.domain.periods import first_day, month_number
from tasks.ledger.doubts import Doubts
from tasks.pages.brief import render as brief
from tasks.pages.brief.context import decided
from tasks.pages.brief.facts import ProductTraces
from tasks.pages.brief.facts import gather as facts_of
from tasks.pages.charts.plot import DrawnLines, draw
from tasks.pages.series import data, page
from tasks.pages.series.data import PageSeries
from tasks.pages.text.document import SiteFrame, as_html
from tasks.pages.text.page_templates import LANGUAGES
from tasks.pages.text.wording import texts
from tasks.reading.resolver import Resolver
from tasks.store.snapshots.parquet import read_table

# How many months before the newest one have a page of their own written anew, so that it leads to the next.
MONTHS_BEFORE = 1
HS_DIGITS = (2, 4, 6)
# What marks the page of a month of which nothing is left.
NOTHING_LEFT = 'data-left="nothing"'


class Files(NamedTuple):
    """The files of a product by their names below the folder of its reporter, and the facts of its newest month, where
    a page says them in words."""

    files: dict[str, str | bytes]
    facts: Facts | None


def files_of(
    resolver: Resolver,
    series: PageSeries,
    place: page.PagePlace,
    day: date,
    folder: Path,
    *,
    in_words: bool,
    with_past: bool,
) -> Files:
    """Return the files of a product. `folder` is that of its reporter, in which earlier months have their pages;
    `in_words` makes the pages of its newest months, `with_past` what was known on earlier days."""
    stem = page.stem_of(series)
    files: dict[str, str | bytes] = {}
    facts = None
    if in_words:
        months, facts = _months(resolver, series, day, stem, folder)
        files |= months
        files |= _withdrawn(resolver, series, stem, folder)
    place = replace(place, months=_with_pages(folder / stem, files, stem))
    below = _below(resolver, series)
    files[f"{stem}.js"] = data.as_script(series)
    files[f"{stem}.from.js"] = data.origins_as_script(series)
    files[f"{stem}.more.js"] = page.others_as_script(series)
    files[f"{stem}.csv"] = page.whole_series(series)
    if with_past:
        earlier = folder / f"{stem}.past.js"
        before = earlier.read_text(encoding="utf-8") if earlier.is_file() else ""
        files[f"{stem}.past.js"] = data.past_as_script(series, before)
    for language in LANGUAGES:
        files[f"{stem}.{language}.html"] = page.render(series, language, place, below[language], stem)
        if place.address:
            files[f"{stem}.{language}.png"] = picture(series, language)
    return Files(files, facts)


def picture(series: PageSeries, language: str) -> bytes:
    """Return the chart of all partners together as a PNG with its source and its doubts, for those who share a link."""
    first = series.partners[0]
    rows = series.rows.filter(partner=first, measure=series.measure)
    doubts = (one for key, of_level in series.doubts.items() if key[:2] == (series.measure, first) for one in of_level)
    lines = DrawnLines(rows, [series.product], [first], series.reporter, [page.cited_of(series, language)], doubts)
    return draw([lines], series.measure, ".png", language, 1)


def _months(
    resolver: Resolver, series: PageSeries, day: date, stem: str, folder: Path
) -> tuple[dict[str, str | bytes], Facts | None]:
    """The pages of the newest months in words, each with its neighbours, and the facts of the newest one."""
    files: dict[str, str | bytes] = {}
    newest: Facts | None = None
    last = month_number(series.last)
    known = {number for number in range(last - MONTHS_BEFORE, last + 1) if number >= month_number(series.months[0])}
    # A month that was withdrawn and has figures again gets its page back.
    known |= {number for number in _months_of(folder / stem) if number < last and _is_left(folder / stem, number)}
    facts: dict[int, Facts] = {}
    behind = ProductTraces(resolver.snapshot, series.product, series.flow)
    for number in sorted(known):
        with suppress(NoFigure):
            about = (series.product, series.flow, first_day(number), day, resolver.names, behind)
            facts[number] = facts_of(resolver.snapshot, resolver.snapshot.store, *about)
    numbers = {*facts, *_months_of(folder / stem)}
    for number, of_month in facts.items():
        newest = of_month
        before = max((one for one in numbers if one < number), default=None)
        after = min((one for one in numbers if one > number), default=None)
        for language in LANGUAGES:
            t, name = texts(language), f"{first_day(number):%Y-%m}"
            links = [
                (t[key], f"{first_day(other):%Y-%m}.{language}.html")
                for key, other in (("previous", before), ("next", after))
                if other is not None
            ]
            document = brief.document_of(of_month, language, links, _frame(series, stem, name, language))
            files[f"{stem}/{name}.{language}.html"] = as_html(document)
    return files, newest if newest is not None and newest.month == series.last else None


def _withdrawn(resolver: Resolver, series: PageSeries, stem: str, folder: Path) -> dict[str, str | bytes]:
    """The pages of months after the newest figure: a withdrawal took all figures of theirs, so they say which release
    it was, when and why, and lead to the newest page."""
    files: dict[str, str | bytes] = {}
    for number in _months_of(folder / stem):
        month = first_day(number)
        is_known = pl.col("level").is_not_null() | pl.col("ytd").is_not_null()
        is_empty = month > series.last and series.rows.filter(is_known, period=month).is_empty()
        decisions = decided(resolver.snapshot, series.product, series.flow, month) if is_empty else []
        gone = [row for row in decisions if row["kind"] == "withdrawn" and _covers(resolver, row["release_id"], month)]
        if not gone:
            continue
        about = (series.product, series.flow, month, gone, resolver.snapshot.id, series.reporter.code)
        for name, language in zip(series.names, LANGUAGES, strict=True):
            links = [(texts(language)["newest"], f"{series.last:%Y-%m}.{language}.html")]
            frame = _frame(series, stem, f"{month:%Y-%m}", language)
            document = brief.nothing_left(name, *about, language, links, frame)
            files[f"{stem}/{month:%Y-%m}.{language}.html"] = as_html(document)
    return files


def _frame(series: PageSeries, stem: str, name: str, language: str) -> SiteFrame:
    """Where the page of a month stands: below its series."""
    whose = capitalised(country(series.reporter.code, language))
    trail = [(whose, f"../index.{language}.html"), (page.title_of(series, language), f"../{stem}.{language}.html")]
    return SiteFrame("../../", trail, name)


def _covers(resolver: Resolver, release_id: str, month: date) -> bool:
    """Whether a release is of a month."""
    of_release = read_table(resolver.snapshot, "release").filter(release_id=release_id)
    number = month_number(month)
    ends = of_release.select("first_month", "last_month").rows()
    return any(month_number(first) <= number <= month_number(last) for first, last in ends)


def _is_left(folder: Path, number: int) -> bool:
    """Whether the page of a month says that nothing of it is left."""
    file = folder / f"{first_day(number):%Y-%m}.{LANGUAGES[0]}.html"
    return file.is_file() and NOTHING_LEFT in file.read_text(encoding="utf-8")


def _months_of(folder: Path) -> list[int]:
    """The month numbers of the pages in a folder."""
    return [number for number in map(_number, _names(folder)) if number is not None]


def _names(folder: Path) -> list[str]:
    """The months that have a page in a folder, as YYYY-MM."""
    return sorted({file.name.split(".")[0] for file in folder.glob("????-??.??.html")})


def _number(name: str) -> int | None:
    with suppress(ValueError):
        return month_number(date.fromisoformat(f"{name}-01"))
    return None


def _with_pages(folder: Path, files: dict[str, str | bytes], stem: str) -> Sequence[str]:
    written = {name.removeprefix(f"{stem}/").split(".")[0] for name in files if name.startswith(f"{stem}/")}
    return sorted(written | {name for name in _names(folder) if _number(name) is not None}, reverse=True)


def _below(resolver: Resolver, series: PageSeries) -> dict[str, pl.DataFrame]:
    """The rows of the newest month of what a product is made of, the largest first, with names and doubts, a frame a
    language."""
    parts = [*_parts(series.product, resolver)]
    nothing = pl.DataFrame()
    if not parts:
        return dict.fromkeys(LANGUAGES, nothing)
    month = (series.flow, series.last.year, series.last.month)
    where = pl.col("product").is_in(parts) & (pl.col("partner") == WORLD) & (pl.col("measure") == series.measure)
    rows = read_table(resolver.snapshot, "metric", month.__eq__, where)
    rows = rows.with_columns(pl.col("flow", "product", "partner", "measure").cast(pl.String)).drop_nulls("level")
    rows = rows.sort("level", "product", descending=[True, False])
    rows = data.with_doubts(rows, Doubts(resolver.snapshot))
    if not rows.height:
        return dict.fromkeys(LANGUAGES, nothing)
    judged = of_rows(rows, resolver.snapshot)
    return {one: with_names(beside(rows, judged, one), resolver, one) for one in LANGUAGES}


def _parts(product: str, resolver: Resolver) -> Iterator[str]:
    """The codes of the next finer level below a product that are in the store; of a basket its codes."""
    if not product.isdecimal():
        yield from (code for code in members(product) if code in resolver.products)
        return
    finer = next((digits for digits in HS_DIGITS if digits > len(product)), None)
    below = [code for code in resolver.products if code.isdecimal() and code.startswith(product) and code != product]
    if finer is not None and len(product) < max(HS_DIGITS):
        yield from (code for code in below if len(code) == finer)
    else:
        yield from below
