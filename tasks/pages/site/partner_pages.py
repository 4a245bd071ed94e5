"""Makes the page of a partner, what a reporter trades with it, and the page that lists all products of a reporter.

Belongs here: these two pages. Does not belong here: the page of a product, to which each line leads.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple
from urllib.parse import quote

import polars as pl

from schemas.names import VALUES, status
from tasks.analysis.ground.judged import of_rows
from tasks.answers.form.quotes import beside
from tasks.answers.trade.read import with_names
from tasks.domain.coverage import WORLD
from tasks.domain.labels import capitalised, country, trade_of
from tasks.ledger.doubts import Doubts
from tasks.pages.brief.watched import file_name
from tasks.pages.series.data import KG, TABLED, with_doubts
from tasks.pages.series.page import doubts_of_table, name_of, partner_label, product_row
from tasks.pages.text import wording
from tasks.pages.text.document import (
    Document,
    DoubtPart,
    Lines,
    Links,
    Note,
    Part,
    SectionPart,
    SiteFrame,
    SourcePart,
    TablePart,
    TextRun,
    as_html,
)
from tasks.pages.text.page_templates import LANGUAGES, words
from tasks.reading.resolver import Resolver
from tasks.store.snapshots.parquet import read_table

LINES_MAX = 40
CHAPTER = 2
# From so many chapters on only the first is open.
OPEN_MAX = 4


class PartnerMonth(NamedTuple):
    """The newest month of a direction: the rows of all products and partners that have a figure."""

    flow: str
    month: date
    rows: pl.DataFrame


def newest(resolver: Resolver, flow: str, month: date) -> PartnerMonth:
    """Return the rows of a month, of money where there is any, otherwise of kilograms; with names and doubts in none of
    the languages yet."""
    place = (flow, month.year, month.month)
    columns = ("product", "classification", "partner", "period", "measure", "in_doubt", "figures_in_doubt")
    figures = [name for figure in TABLED for name in (figure, status(figure))]
    rows = read_table(resolver.snapshot, "metric", place.__eq__, pl.col("level").is_not_null(), (*columns, *figures))
    texts = pl.col("product", "partner", "measure", "classification").cast(pl.String)
    rows = rows.with_columns(texts, flow=pl.lit(flow))
    measure = next((one for one in (*VALUES, KG) if one in rows["measure"]), "")
    return PartnerMonth(flow, month, rows.filter(measure=measure))


def partner_pages(
    resolver: Resolver,
    reporter: str,
    months: Sequence[PartnerMonth],
    with_pages: Mapping[str, frozenset[str]],
    cited: Mapping[str, str],
) -> dict[str, str]:
    """Return the pages of all partners with a figure, by their names. `with_pages` has the products with a page, by
    direction, `cited` the source in each language."""
    pages: dict[str, str] = {}
    keys = sorted({key for month in months for key in month.rows["partner"].unique()} - {WORLD})
    tables = {month.flow: _largest(month) for month in months}
    doubts = Doubts(resolver.snapshot)
    shown = [rows for of_flow in tables.values() for rows in of_flow.values()]
    judged = of_rows(pl.concat(shown), resolver.snapshot) if shown else pl.DataFrame()
    for key in keys:
        stem = partner_stem(key)
        for language in LANGUAGES:
            t = words("series", language) | words("partner", language)
            whose = capitalised(country(reporter, language))
            parts = list[Part]()
            for month in months:
                if (rows := tables[month.flow].get(key)) is not None:
                    named = with_doubts(with_names(beside(rows, judged, language), resolver, language), doubts)
                    pages_of_flow = with_pages.get(month.flow, frozenset())
                    parts.append(_trade(month, named, reporter, key, language, pages_of_flow))
            parts += [Note(t["lines_note"], "soft"), _source(cited, language)]
            title = t["title"].format(reporter=whose, partner=country(key, language))
            frame = SiteFrame("../", [(whose, f"index.{language}.html")], stem)
            pages[f"{stem}.{language}.html"] = as_html(Document(title, parts, language, frame=frame))
    return pages


def partner_stem(key: str) -> str:
    """Return the name of the page of a partner without its ending."""
    return f"partner-{key.replace(':', '-')}"


def list_page(
    resolver: Resolver,
    reporter: str,
    with_pages: Mapping[str, frozenset[str]],
    cited: Mapping[str, str],
    partners: Sequence[str],
) -> dict[str, str]:
    """Return the page that lists the products and partners of a reporter that have a page, by chapter, in each
    language."""
    pages = {}
    for language in LANGUAGES:
        t = words("partner", language)
        parts: list[Part] = [
            SectionPart(
                capitalised(trade_of(reporter, flow, language)), _by_chapter(resolver, flow, products, language)
            )
            for flow, products in with_pages.items()
            if products
        ]
        names = sorted(
            (partner_label(key, language), f"{quote(partner_stem(key))}.{language}.html") for key in partners
        )
        parts += [SectionPart(t["partners_all"], [Links(names)], "with"), _source(cited, language)]
        title = t["all_of"].format(reporter=capitalised(country(reporter, language)))
        pages[f"index.{language}.html"] = as_html(Document(title, parts, language, frame=SiteFrame("../", [], "index")))
    return pages


def _source(cited: Mapping[str, str], language: str) -> SourcePart:
    return SourcePart(wording.texts(language)["cite"].format(citation=cited[language]))


def _largest(month: PartnerMonth) -> dict[str, pl.DataFrame]:
    """The largest lines of each partner: chapters, where there are several, otherwise the finest codes."""
    rows = month.rows.filter(pl.col("partner") != WORLD)
    plain = rows.filter(~pl.col("product").str.contains(":"))
    chapters = plain.filter(pl.col("product").str.len_chars() == CHAPTER)
    finest = plain.filter(pl.col("product").str.len_chars() == pl.col("product").str.len_chars().max())
    several = chapters["product"].n_unique() > 1
    parts = pl.concat(
        [chapters if several else chapters.clear(), finest, rows.filter(pl.col("product").str.contains(":"))]
    )
    ordered = parts.sort("level", "product", descending=[True, False])
    return {str(key): one.head(LINES_MAX) for (key,), one in ordered.partition_by("partner", as_dict=True).items()}


def _trade(
    month: PartnerMonth, rows: pl.DataFrame, reporter: str, key: str, language: str, with_pages: frozenset[str]
) -> SectionPart:
    t = wording.texts(language) | words("series", language) | words("partner", language)
    about = rows.to_dicts()
    lines = [product_row(row, TABLED, language, with_pages, f"#p={quote(key)}") for row in about]
    caveats = wording.caveats_in(about, language, lambda row: name_of(row, language))
    title = f"{capitalised(trade_of(reporter, month.flow, language))}{t['comma']}"
    parts: list[Part] = [
        TablePart([t["product"], *t["lines_columns"]], lines, range(1, 7), "numbers"),
        *(Note(line, "caveat") for line in caveats),
        DoubtPart(doubts_of_table(about)),
    ]
    return SectionPart(title + wording.month_words(f"{month.month:%Y-%m}", language), parts)


def _by_chapter(resolver: Resolver, flow: str, products: frozenset[str], language: str) -> list[SectionPart]:
    """The products with a page by chapter, baskets and customs' own lines first; the chapters of a short list are
    open."""
    chapters = {code: code[:CHAPTER] if code.isdecimal() else "" for code in sorted(products)}
    # A chapter may have a name and no page.
    codes = pl.DataFrame({"product": sorted({*products, *chapters.values()} - {""})})
    names = dict(with_names(codes, resolver, language).select("product", "product_name").iter_rows())
    groups: dict[str, list[tuple[str, str]]] = {}
    for code, chapter in chapters.items():
        name = names[code]
        text = f"{code} {name or ''}".strip() if code.isdecimal() else name or code
        groups.setdefault(chapter, []).append((text, f"{quote(file_name(code, flow))}.{language}.html"))
    pattern, lists = words("series", language)["chapter"], words("partner", language)["lists"]
    sections = list[SectionPart]()
    for number, chapter in enumerate(sorted(groups)):
        title = f"{pattern.format(code=chapter)} {names.get(chapter) or ''}".strip() if chapter else lists
        lines = [[TextRun(*one)] for one in sorted(groups[chapter])]
        sections.append(
            SectionPart(title, [Lines(lines)], fold="closed" if number and len(groups) >= OPEN_MAX else "open")
        )
    return sections
