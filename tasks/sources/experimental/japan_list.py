"""Asks for the files of the Trade Statistics of Japan, which `japan_estat.toml` declares: the list page of e-Stat has
one for each section of the tariff, direction and year.
"""

import html
import re
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

from tasks.domain.errors import Refused
from tasks.sources.adapter.declaration import Spec
from tasks.sources.adapter.protocol import Response, Site, WantedFile, months_of, products_of

if TYPE_CHECKING:
    from schemas.forms.fetch import Fetched, FetchRequest

LIST = "/en/stat-search/files?page=1&layout=datalist&toukei=00350300&tstat=000001013141&year={year}0"
# Each of these takes what it has looked at: a page of a megabyte without an end is read once.
LINK = re.compile(r"href=[\"']?([^\"'\s<>]*)")
FILE = re.compile(r"file-download\?statInfId=\d+&fileKind=1$")
TAG = re.compile(r"<[^<>]*>")
CHAPTERS = re.compile(r"Chapters?\s*(\d{2})(?:\s*(?:-|to)\s*(\d{2}))?", re.IGNORECASE)
NAMED_FLOW = re.compile(r"\b(export|import)s?\b", re.IGNORECASE)


def questions(
    name: str, spec: Spec, request: "FetchRequest", today: date, site: Site
) -> "Iterator[WantedFile | Fetched]":
    """Yield a question for each section in which a product is wanted, and what became of a list page that is none."""
    chapters = {product[:2] for product in products_of(request)}
    for year in sorted({month[:4] for month in months_of(request, today)}, reverse=True):
        place = f"{request.base or spec['base']}{LIST.format(year=year)}"
        sections = site.listed(place, f"{name}, list of {year}", _sections)
        if not isinstance(sections, list):
            yield sections
            continue
        for flow, section, address in sections:
            if flow in request.flows and chapters & set(section):
                yield WantedFile(
                    name=f"japan_{flow}_{section[0]}-{section[-1]}_{year}",
                    source=name,
                    address=address,
                    form="csv",
                    zone=ZoneInfo("Asia/Tokyo"),
                    title=f"Trade Statistics of Japan, {flow}s of chapters {section[0]} to {section[-1]} in {year}",
                    declared={"reporter": "JPN", "flow": flow, "partners": "all", "products": section},
                    first_month=f"{year}-01",
                    again=False,
                )


def _sections(answer: Response) -> list[tuple[str, list[str], str]]:
    sections = list(linked(answer.body.decode("utf-8", "replace"), answer.address))
    if not sections:
        raise Refused(
            "no links", answer.address, "a list page without a file", "The site has changed: look at it in a browser."
        )
    return sections


def linked(page: str, place: str) -> Iterator[tuple[str, list[str], str]]:
    """Yield direction, chapters and address of each file of a list page."""
    flow, section, done = "", [], 0
    for match in LINK.finditer(page):
        address = html.unescape(match[1])
        if not FILE.search(address):
            continue
        text = html.unescape(TAG.sub(" ", page[done : match.start()]))
        done = match.end()
        for span in CHAPTERS.finditer(text):
            first, last = int(span[1]), int(span[2] or span[1])
            section = [f"{chapter:02d}" for chapter in range(first, last + 1)]
        for mention in NAMED_FLOW.finditer(text):
            flow = mention[1].lower()
        if flow and section:
            yield flow, section, _joined(place, address)


def _joined(place: str, printed: str) -> str:
    try:
        return urljoin(place, printed)
    except ValueError:
        # No address, which is refused by name when it is asked for.
        return printed
