"""Feeds that an XML parser reads and that keep the rules of Atom (RFC 4287), whatever names they hold."""

from datetime import date, datetime
from urllib.parse import urlsplit

import polars as pl
import pytest
from lxml import etree

from schemas.forms.outcome import Graded
from tasks.pages.site import feeds

DAY = date(2026, 6, 30)
HOSTILE = "<b>]]>&\"'\u202e\x07\ufffe"
ATOM = {"a": feeds.ATOM}
RELEASES = pl.DataFrame({
    "release_id": ["gacc_query-1", "gacc_query-2"], "title": [HOSTILE, None], "source": ["gacc_query"] * 2,
    "flow": ["export", None], "products": [["85051110"], ["*"]], "first_month": [date(2026, 4, 1), date(2026, 5, 1)],
    "last_month": [date(2026, 5, 1)] * 2, "released_on": [date(2026, 6, 18), date(2026, 6, 20)],
})  # fmt: skip


def checked(text: str) -> etree._Element:
    """The feed, of which every rule of Atom holds that concerns what we write."""
    root = etree.fromstring(text.encode())
    assert root.tag == f"{{{feeds.ATOM}}}feed"
    for one in (root, *root.findall("a:entry", ATOM)):
        for name in ("id", "title", "updated"):
            assert len(one.findall(f"a:{name}", ATOM)) == 1, name
        assert urlsplit(one.findtext("a:id", namespaces=ATOM)).scheme == "tag"
        assert datetime.fromisoformat(one.findtext("a:updated", namespaces=ATOM)).tzinfo
        assert len(one.findall("a:link[@rel='alternate']", ATOM)) == 1
    assert len(root.findall("a:link[@rel='self']", ATOM)) == 1
    assert root.findtext("a:author/a:name", namespaces=ATOM)
    ids = [one.findtext("a:id", namespaces=ATOM) for one in root.findall("a:entry", ATOM)]
    assert len(ids) == len({*ids})
    return root


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("address", ["", "https://trade.example.org/x/"])
def test_releases_are_entries_the_newest_first(language: str, address: str) -> None:
    entries = feeds.of_releases(RELEASES, "CHN", language, f"CHN/index.{language}.html")
    root = checked(feeds.feed("releases", language, address, entries, DAY, "index.html"))
    days = [one.findtext("a:updated", namespaces=ATOM)[:10] for one in root.findall("a:entry", ATOM)]
    assert days == ["2026-06-20", "2026-06-18"]
    assert root.findtext("a:updated", namespaces=ATOM)[:10] == "2026-06-20"
    link = root.find("a:entry/a:link", ATOM).get("href")
    assert link == f"{address}CHN/index.{language}.html"
    # What no XML may hold is a blank; the rest is text.
    assert "<b>]]>&\"'\u202e" in root.findall("a:entry/a:summary", ATOM)[1].text


def test_a_rule_is_an_entry_where_it_fires_or_cannot_be_told() -> None:
    grades = [("fired", -61.0), ("quiet", 3.0), ("not evaluable", None)]
    graded = [
        Graded(rule=f"r{number}", month="2026-05", outcome=outcome, value=value, why=HOSTILE, reason="why")
        for number, (outcome, value) in enumerate(grades)
    ]
    entries = feeds.of_rules([(one, DAY, "x.html") for one in graded], "CHN", "en")
    root = checked(feeds.feed("rules", "en", "", entries, DAY, "index.html"))
    titles = [one.findtext("a:title", namespaces=ATOM) for one in root.findall("a:entry", ATOM)]
    assert titles == ["r2, 2026-05: cannot be told", "r0, 2026-05: fires"]


def test_a_feed_without_an_entry_is_a_feed() -> None:
    root = checked(feeds.feed("rules", "en", "", [], DAY, "index.html"))
    assert root.findtext("a:updated", namespaces=ATOM) == "2026-06-30T00:00:00Z"
