"""Links on the index pages of China customs."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from schemas.forms.fetch import FetchRequest
from tasks.domain.errors import Refused
from tasks.fetch.judge import AskedSite
from tasks.sources.adapter.protocol import Response, WantedFile
from tasks.sources.gacc.gacc_site import ZONE, attachment, linked, questions

INDEX = "http://english.customs.gov.cn/statics/report/preliminary.html"
EXPORTS = "(5) China's Major Exports by Quantity and Value (in CNY)"


def answer(body: str, address: str = INDEX) -> Response:
    return Response(f"<!DOCTYPE html><html>{body}</html>".encode(), datetime(2026, 6, 12, tzinfo=UTC), address)


def index(cells: str, title: str = EXPORTS, years: tuple[int, ...] = (2026, 2025), address: str = INDEX) -> Response:
    options = "".join(f'<option value="{year}">{year}</option>' for year in years)
    table = f"<table><tr><td>Title</td></tr><tr><td>{title}</td><td>{cells}</td></tr></table>"
    return answer(f'<a href="/elsewhere">Calendar</a><select>{options}</select>{table}', address)


def test_each_link_in_a_row_of_a_release_is_a_month() -> None:
    """With quotes around its address or without."""
    page = index(
        "<a href=/Statics/a.html> Mar.</a><span>Apr.</span><a  HREF='/Statics/b.html' >May.</a><a href='/x'>More</a>"
    )
    assert list(linked(page, 2026, "gacc_preliminary")) == [
        ("2026-03", "exports", "CNY", "http://english.customs.gov.cn/Statics/a.html"),
        ("2026-05", "exports", "CNY", "http://english.customs.gov.cn/Statics/b.html"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("title", "text", "found"),
    [
        ("（5） China's Major Exports by Quantity and Value （in USD）", "Sept.", ("2026-09", "exports", "USD")),
        (EXPORTS, "2", ("2026-02", "exports", "CNY")),
        ("(5) China's Major Exports by Quantity and Value", "Jan-Feb", ("2026-02", "exports", "BOTH")),
        (EXPORTS, "13", None),
        (EXPORTS, "More", None),
    ],
)
def test_titles_and_months_of_an_index_may_be_written_otherwise(
    title: str, text: str, found: tuple[str, str, str] | None
) -> None:
    page = index(f'<a href="/a.html">{text}</a>', title)
    assert [one[:3] for one in linked(page, 2026, "gacc_preliminary")] == ([found] if found else [])


@pytest.mark.shared
@pytest.mark.parametrize("name", ["preliminary.html", "preliminary2026.html"])
def test_every_page_of_the_real_index_of_2026(name: str, shared_data: Path) -> None:
    """As of 26 July: February to June of six tables that are read, each with an address of its own."""
    body = (shared_data / "gacc_real" / "gacc_index_2026.html").read_bytes()
    page = Response(body, datetime(2026, 7, 26, tzinfo=UTC), INDEX.replace("preliminary.html", name))
    found = list(linked(page, 2026, "gacc_preliminary"))
    months = [f"2026-{month:02d}" for month in range(2, 7)]
    assert [one[:3] for one in found] == [
        (month, topic, currency)
        for topic in ("countries", "exports", "imports")
        for currency in ("CNY", "USD")
        for month in months
    ]
    assert len({address for *_, address in found}) == 30
    assert found[5][3] == "http://english.customs.gov.cn/Statics/0ed684ce-a5d7-45b8-ab53-0f30b3a8c7c1.html"


def test_an_index_without_a_year_in_its_name_is_of_the_newest_that_it_offers() -> None:
    page = index('<a href="/a.html">Dec.</a>', years=(2024, 2025))
    assert [month for month, *_ in linked(page, 2026, "gacc_preliminary")] == ["2025-12"]
    named = index('<a href="/a.html">Dec.</a>', address=INDEX.replace(".html", "2024.html"))
    assert [month for month, *_ in linked(named, 2024, "gacc_preliminary")] == ["2024-12"]


def test_a_link_to_another_host_stays_and_a_page_without_titles_is_refused() -> None:
    found = list(linked(index('<a href="http://evil.example/a.html">Mar.</a>'), 2026, "gacc_preliminary"))
    assert [address for *_, address in found] == ["http://evil.example/a.html"], "it is refused when it is asked for"
    with pytest.raises(Refused, match="an index page without a title of a release"):
        list(linked(index("", "News"), 2026, "gacc_preliminary"))


def test_the_first_workbook_of_a_page_is_its_attachment() -> None:
    page = "http://english.customs.gov.cn/Statics/a.html"
    question = WantedFile("name", "gacc_preliminary", page, "html", ZONE, "title", {"flow": "export"}, again=False)
    found = attachment(
        question, answer('<a href="/b.pdf">pdf</a><a href="files/C.XLS ">xls</a><a href="/d.xlsx">2</a>', page)
    )
    assert found is not None
    assert (found.name, found.address, found.form) == (
        "name_xls",
        "http://english.customs.gov.cn/Statics/files/C.XLS",
        "xls",
    )
    assert (found.title, found.declared, found.again) == ("title, attachment", {"flow": "export"}, False)
    assert attachment(question, answer('<a href="/b.pdf">pdf</a>', page)) is None


class Site:
    """Answers each index page with March and May."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def get(self, address: str, **_: object) -> Response:
        self.asked.append(address)
        year = "2025" if "2025" in address else "2026"
        cells = f'<a href="/{year}/3.html">Mar.</a><a href="/{year}/5.html">May.</a>'
        return index(cells, years=(int(year),), address=address)


def test_the_newest_months_come_first_and_are_asked_again() -> None:
    site = Site()
    request = FetchRequest(source="gacc_preliminary", months="2025-05..2026-05")
    found = list(questions(request, date(2026, 6, 12), AskedSite(site, has_key=False)))  # type: ignore[arg-type]
    assert site.asked == [INDEX, INDEX.replace(".html", "2025.html")]
    assert [(one.name, one.again) for one in found] == [
        ("gacc_preliminary_exports_2026-05_CNY", True), ("gacc_preliminary_exports_2026-03_CNY", False),
        ("gacc_preliminary_exports_2025-05_CNY", False),
    ]  # fmt: skip
