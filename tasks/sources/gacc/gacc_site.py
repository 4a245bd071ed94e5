"""Fetches China customs' English site: the pages that the two index pages link to, and their attachments.

Signal of news: a link on the index for a month and table that had none, or that has another address, because a
corrected page gets a new address. The title (table, month, currency) identifies a page, never its address. All months
of the year and of the year before are checked, so that a gap behind the newest month is found as well. Plain HTTP, no
key. The Chinese site is behind a JavaScript challenge and is not asked: a person saves those pages.

A page whose table cannot be read (no table, a column of units that is missing) has an .xls attachment, which is used
instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from tasks.domain.errors import Refused
from tasks.sources.adapter.protocol import FirstFetch, Response, Site, Source, WantedFile, months_of
from tasks.sources.formats.pages import read_page
from tasks.sources.gacc.gacc_release import PAGE_KINDS, parse, public_on, topic_of
from tasks.sources.gacc.gacc_tables import month_of, plain

if TYPE_CHECKING:
    from schemas.forms.fetch import Fetched, FetchRequest

BASE = "http://english.customs.gov.cn"
ZONE = ZoneInfo("Asia/Shanghai")
TITLE = re.compile(r"^\(\d+\)\s*(?P<topic>.+?)\s*(?:\(in\s*(?P<currency>cny|usd)\))?$")
YEAR = re.compile(rb"<option[^<>]*value=\"?(\d{4})")
RECENT = 2


def questions(request: FetchRequest, today: date, site: Site) -> Iterator[WantedFile | Fetched]:
    """Yield a question for each linked page that this source reads, the newest month first; before them what became of
    a page that is not an index.
    """
    wanted = months_of(request, today)
    recent = wanted[-RECENT:]
    by_name: dict[str, WantedFile] = {}
    for year in sorted({int(month[:4]) for month in wanted}, reverse=True):
        index = PAGE_KINDS[request.source].index_page.format(year="" if year == today.year else year)
        place = f"{request.base or BASE}{index}"
        links = site.listed(
            place, f"{request.source}, list of {year}", partial(linked, year=year, source=request.source)
        )
        if not isinstance(links, list):
            yield links
            continue
        for month, topic, currency, address in links:
            if month in wanted:
                name = f"{request.source}_{topic}_{month}_{currency}"
                by_name[name] = WantedFile(
                    name=name,
                    source=request.source,
                    address=address,
                    form="html",
                    zone=ZONE,
                    again=month in recent,
                    title=f"GACC {request.source.removeprefix('gacc_')} release, {topic} of {month} in {currency}",
                    declared={},
                    attachment=attachment,
                )
    yield from sorted(by_name.values(), key=lambda question: re.findall(r"\d{4}-\d{2}", question.name)[0], reverse=True)


def linked(index: Response, year: int, source: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield month, topic, currency, address of each link. Raises Refused if the index is of another year or empty."""
    page = read_page(index.body, index.address)
    years = [int(match) for match in YEAR.findall(index.body)]
    if not any(row and TITLE.match(plain(row[0])) for table in page.tables for row in table):
        mistake = "an index page without a title of a release"
        raise Refused("no links", index.address, mistake, "The site has changed: look at it in a browser.")
    # Without a year in its name the index is that of the newest year it offers.
    shown = max(years, default=year) if re.search(r"(preliminary|monthly)\.html$", index.address) else year
    for link in page.links:
        if link.row < 0:
            continue
        row = page.tables[link.table][link.row]
        title = TITLE.match(plain(row[0])) if row else None
        month = month_of(plain(link.text).rpartition("-")[2].strip())
        topic = topic_of(title["topic"], source) if title else None
        if title is not None and topic is not None and month is not None:
            currency = (title["currency"] or "both").upper()
            yield f"{shown}-{month:02d}", topic, currency, _address(index.address, link.address)


def attachment(question: WantedFile, answer: Response) -> WantedFile | None:
    """Return the question for the .xls attachment of a page; None if it has none."""
    links = read_page(answer.body, question.name).links
    printed = next((one.address for one in links if one.address.lower().rstrip().endswith((".xls", ".xlsx"))), None)
    if printed is None:
        return None
    place, title = _address(question.address, printed), f"{question.title}, attachment"
    return replace(question, name=f"{question.name}_xls", address=place, form="xls", title=title, attachment=None)


def _address(page: str, printed: str) -> str:
    """Return a link as it must be requested: with slashes, and Chinese letters percent-encoded. One that leads
    elsewhere stays as it is, and is refused by name when it is asked for.
    """
    try:
        place = urljoin(page, printed.strip().replace("\\", "/"))
        parts, of_page = urlsplit(place), urlsplit(page)
    except ValueError:
        return printed
    if parts.hostname not in {urlsplit(BASE).hostname, of_page.hostname}:
        return place
    # Links have the public name; the request goes to the host that the page came from.
    return urlunsplit((of_page.scheme, of_page.netloc, quote(parts.path, safe="/%"), parts.query, ""))


# What a reader calls each kind of page.
TITLES = {
    "preliminary": {"en": "China customs, preliminary release", "zh": "中国海关快报"},
    "bulletin": {"en": "China customs, monthly bulletin", "zh": "中国海关月报"},
}


def source_of(name: str, experimental: str = "") -> Source:
    """The source of a kind of pages, a row of PAGE_KINDS; `experimental` as in `Source`."""
    kind = name.removeprefix("gacc_")
    return Source(
        name=name,
        titles=TITLES[kind],
        kind=kind,
        needs=(),
        parse=partial(parse, source=name),
        reporter="CHN",
        currency="CNY",
        partner_code="",
        code_list="gacc_en",
        has_lines=True,
        has_spans=True,
        dated=partial(public_on, kind=kind),
        calendar=kind,
        base=BASE,
        questions=questions,
        # A page has 40 kB. Bulletins have the same goods a week later, and more of them.
        first_fetch=FirstFetch("month", 0.3, 2) if kind == "preliminary" else None,
        proof="the end of the page and of its table; nothing on a page counts its rows",
        experimental=experimental,
    )
