"""Fetches Trade Statistics of Japan: the CSV file of each section of the tariff, found on the list page of e-Stat.

Signal of news: the number of a file (statInfId) changes with each issue, so another address for a section is a new
issue. Terms are like CC BY 4.0, no key for files.

Unsure: the list page was not available. The module takes each link to a file-download, with the chapters and the
direction that are named last before it.
"""

import html
import re
from collections.abc import Iterator
from datetime import date
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

from schemas.forms.fetch import Fetched, FetchRequest
from tasks.domain.errors import Refused
from tasks.fetch.judge import listed
from tasks.fetch.plan import months_of, products_of
from tasks.fetch.question import Answer, Question
from tasks.fetch.transport import Transport

SOURCE = "japan_estat"
BASE = "https://www.e-stat.go.jp"
LIST = "/en/stat-search/files?page=1&layout=datalist&toukei=00350300&tstat=000001013141&year={year}0"
ZONE = ZoneInfo("Asia/Tokyo")
# Each of these takes what it has looked at: a page of a megabyte without an end is read once.
LINK = re.compile(r"href=[\"']?([^\"'\s<>]*)")
FILE = re.compile(r"file-download\?statInfId=\d+&fileKind=1$")
TAG = re.compile(r"<[^<>]*>")
CHAPTERS = re.compile(r"Chapters?\s*(\d{2})(?:\s*(?:-|to)\s*(\d{2}))?", re.IGNORECASE)
FLOW = re.compile(r"\b(export|import)s?\b", re.IGNORECASE)


def questions(request: FetchRequest, today: date, transport: Transport) -> Iterator[Question | Fetched]:
    """Yield a question for each section in which a product is wanted, and what became of a list page that is none."""
    chapters = {product[:2] for product in products_of(request)}
    for year in sorted({month[:4] for month in months_of(request, today)}, reverse=True):
        place = f"{request.base or BASE}{LIST.format(year=year)}"
        sections = listed(transport, place, f"{SOURCE}, list of {year}", _sections)
        if isinstance(sections, Fetched):
            yield sections
            continue
        for flow, section, address in sections:
            if flow in request.flows and chapters & set(section):
                yield Question(
                    name=f"japan_{flow}_{section[0]}-{section[-1]}_{year}", source=SOURCE, address=address, form="csv", zone=ZONE,
                    title=f"Trade Statistics of Japan, {flow}s of chapters {section[0]} to {section[-1]} in {year}",
                    declared={"reporter": "JPN", "flow": flow, "partners": "all", "products": section}, first_month=f"{year}-01", again=False,
                )  # fmt: skip


def _sections(answer: Answer) -> list[tuple[str, list[str], str]]:
    sections = list(linked(answer.body.decode("utf-8", "replace"), answer.address))
    if not sections:
        raise Refused(
            "no links",
            where=answer.address,
            found="a list page without a file",
            advice="The site has changed: look at it in a browser.",
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
        for found in CHAPTERS.finditer(text):
            first, last = int(found[1]), int(found[2] or found[1])
            section = [f"{chapter:02d}" for chapter in range(first, last + 1)]
        for word in FLOW.finditer(text):
            flow = word[1].lower()
        if flow and section:
            yield flow, section, _joined(place, address)


def _joined(place: str, printed: str) -> str:
    try:
        return urljoin(place, printed)
    except ValueError:
        # No address, which is refused by name when it is asked for.
        return printed
