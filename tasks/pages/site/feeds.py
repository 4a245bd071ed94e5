"""Writes the Atom feeds of the site: its releases, and what became of the watch rules in the newest month of each.

An entry keeps its id for ever, and its day of change is the day on which its release became public, so a reader shows
it once. Belongs here: the form (RFC 4287). Does not belong here: what is released, and which rule fires.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple
from urllib.parse import quote, urlsplit

import polars as pl

from schemas.forms.outcome import Graded
from tasks.domain.coverage import TOTALS
from tasks.domain.doubt.doubt_words import doubt_sentences, doubts_in
from tasks.domain.labels import capitalised, country, trade_of
from tasks.metrics.doubt.doubts import NONE_OPEN
from tasks.pages.text.page_templates import words
from tasks.pages.text.wording import source_name

ATOM = "http://www.w3.org/2005/Atom"
ENTRIES_MAX = 50
# Characters that no XML may hold.
FORBIDDEN = {number: " " for number in range(32) if number not in (9, 10, 13)} | {0xFFFE: " ", 0xFFFF: " "}
# A site without an address has ids all the same; the name is reserved and leads nowhere.
NOWHERE = "tidewaiter.invalid"


class FeedEntry(NamedTuple):
    """One entry: what its id ends with, its day, title, text, and the page that it leads to, below the site."""

    name: str
    day: date
    title: str
    text: str
    page: str


def feed(name: str, language: str, address: str, entries: Iterable[FeedEntry], day: date, front: str) -> str:
    """Return a feed, the newest entry first. `day` is the day of a feed without an entry."""
    t = words("site", language)
    host, base = urlsplit(address).hostname or NOWHERE, f"{address.rstrip('/')}/" if address else ""
    shown = sorted(entries, key=lambda one: (one.day, one.name), reverse=True)[:ENTRIES_MAX]
    ET.register_namespace("", ATOM)
    root = ET.Element(
        f"{{{ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": words("brief", language)["tag"]}
    )
    _text(root, "id", f"tag:{host},2025:{name}.{language}")
    _text(root, "title", t[f"feed_{name}"])
    _text(root, "updated", _moment(max((one.day for one in shown), default=day)))
    _text(_element(root, "author"), "name", "Tidewaiter")
    _element(root, "link", rel="alternate", type="text/html", href=f"{base}{front}")
    _element(root, "link", rel="self", type="application/atom+xml", href=f"{base}{name}.{language}.atom")
    for one in shown:
        entry = _element(root, "entry")
        _text(entry, "id", f"tag:{host},2025:{quote(one.name, safe='/:.-_')}")
        _text(entry, "title", one.title)
        _text(entry, "updated", _moment(one.day))
        _element(entry, "link", rel="alternate", type="text/html", href=f"{base}{one.page}")
        _text(entry, "summary", one.text)
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def of_releases(
    releases: pl.DataFrame, reporter: str, language: str, page: str, doubts: pl.DataFrame = NONE_OPEN
) -> list[FeedEntry]:
    """Return an entry for each release of a reporter, a withdrawn one too: the feed says what was published, and what
    is in doubt of it, by the open findings `doubts`."""
    t, in_doubt = words("site", language), words("brief", language)["in_doubt"]
    gap = " " if language == "en" else ""
    entries = []
    for row in releases.iter_rows(named=True):
        months = f"{row['first_month']:%Y-%m}"
        if row["last_month"] != row["first_month"]:
            months += f"{t['to']}{row['last_month']:%Y-%m}"
        trade = capitalised(trade_of(reporter, row["flow"], language) if row["flow"] else country(reporter, language))
        title = t["release_title"].format(trade=trade, months=months)
        products = ", ".join(one for one in row["products"][:5] if one not in ("*", *TOTALS)) or t["all_products"]
        text = t["release_text"].format(
            name=row["title"] or row["release_id"], source=source_name(row["source"], language), products=products
        )
        of_release = doubts_in(doubts.filter(release_id=row["release_id"])["doubt"])
        text = gap.join([text, *(in_doubt.format(doubt=one) for one in doubt_sentences(of_release, language))])
        entries.append(FeedEntry(f"{reporter}/release/{row['release_id']}", row["released_on"], title, text, page))
    return entries


def of_rules(graded: Sequence[tuple[Graded, date, str]], reporter: str, language: str) -> list[FeedEntry]:
    """Return an entry for each rule and month that fires or cannot be told; each with the day of its newest release and
    its page."""
    t = words("site", language)
    return [
        FeedEntry(
            f"{reporter}/rule/{one.rule}/{one.month}/{one.outcome.replace(' ', '_')}",
            day,
            t["rule_title"].format(rule=one.rule, month=one.month, outcome=t["outcomes"][one.outcome]),
            f"{one.why}. {one.reason}",
            page,
        )
        for one, day, page in graded
        if one.outcome != "quiet"
    ]


def _moment(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"


def _element(parent: ET.Element, name: str, **attributes: str) -> ET.Element:
    return ET.SubElement(
        parent, f"{{{ATOM}}}{name}", {key: value.translate(FORBIDDEN) for key, value in attributes.items()}
    )


def _text(parent: ET.Element, name: str, text: str) -> None:
    _element(parent, name).text = text.translate(FORBIDDEN)
