"""Links on the index pages of China customs."""

from datetime import UTC, date, datetime

import pytest

from schemas.forms.fetch import FetchRequest
from tasks.domain.errors import Refused
from tasks.fetch.gacc_release import ZONE, attachment, linked, questions
from tasks.fetch.question import Answer, Question

INDEX = "http://english.customs.gov.cn/statics/report/preliminary.html"
EXPORTS = "(5) China's Major Exports by Quantity and Value (in CNY)"


def answer(body: str, address: str = INDEX) -> Answer:
    return Answer(f"<!DOCTYPE html><html>{body}</html>".encode(), datetime(2026, 6, 12, tzinfo=UTC), address)


def index(cells: str, title: str = EXPORTS, years: tuple[int, ...] = (2026, 2025), address: str = INDEX) -> Answer:
    options = "".join(f'<option value="{year}">{year}</option>' for year in years)
    table = f"<table><tr><td>Title</td></tr><tr><td>{title}</td><td>{cells}</td></tr></table>"
    return answer(f'<a href="/elsewhere">Calendar</a><select>{options}</select>{table}', address)


def test_each_link_in_a_row_of_a_release_is_a_month() -> None:
    page = index(
        '<a href="/Statics/a.html"> Mar.</a><span>Apr.</span><a href="/Statics/b.html">May.</a><a href="/x">More</a>'
    )
    assert list(linked(page, 2026, "gacc_preliminary")) == [
        ("2026-03", "exports", "CNY", "http://english.customs.gov.cn/Statics/a.html"),
        ("2026-05", "exports", "CNY", "http://english.customs.gov.cn/Statics/b.html"),
    ]  # fmt: skip


def test_a_table_that_the_source_does_not_read_is_left_out() -> None:
    page = index('<a href="/a.html">Mar.</a>', "(9) Something Else (in USD)")
    assert list(linked(page, 2026, "gacc_preliminary")) == []


def test_an_index_without_a_year_in_its_name_is_of_the_newest_that_it_offers() -> None:
    page = index('<a href="/a.html">Dec.</a>', years=(2024, 2025))
    assert [month for month, *_ in linked(page, 2026, "gacc_preliminary")] == ["2025-12"]
    named = index('<a href="/a.html">Dec.</a>', address=INDEX.replace(".html", "2024.html"))
    assert [month for month, *_ in linked(named, 2024, "gacc_preliminary")] == ["2024-12"]


def test_backslashes_and_chinese_letters_become_an_address() -> None:
    page = index('<a href="\\Statics\\附件 1.html">Mar.</a>')
    ((*_, address),) = linked(page, 2026, "gacc_preliminary")
    assert address == "http://english.customs.gov.cn/Statics/%E9%99%84%E4%BB%B6%201.html"


def test_a_link_to_another_host_stays_and_a_page_without_titles_is_refused() -> None:
    found = list(linked(index('<a href="http://evil.example/a.html">Mar.</a>'), 2026, "gacc_preliminary"))
    assert [address for *_, address in found] == ["http://evil.example/a.html"], "it is refused when it is asked for"
    with pytest.raises(Refused, match="an index page without a title of a release"):
        list(linked(index("", "News"), 2026, "gacc_preliminary"))


def test_the_first_workbook_of_a_page_is_its_attachment() -> None:
    page = "http://english.customs.gov.cn/Statics/a.html"
    question = Question("name", "gacc_preliminary", page, "html", ZONE, "title", {"flow": "export"}, again=False)
    found = attachment(
        question, answer('<a href="/b.pdf">pdf</a><a href="files/C.XLS ">xls</a><a href="/d.xlsx">2</a>', page)
    )
    assert found is not None
    assert (found.name, found.address, found.form) == ("name_xls", "http://english.customs.gov.cn/Statics/files/C.XLS", "xls")  # fmt: skip
    assert (found.title, found.declared, found.again) == ("title, attachment", {"flow": "export"}, False)
    assert attachment(question, answer('<a href="/b.pdf">pdf</a>', page)) is None


class Site:
    """Answers each index page with March and May."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def get(self, address: str, **_: object) -> Answer:
        self.asked.append(address)
        year = "2025" if "2025" in address else "2026"
        cells = f'<a href="/{year}/3.html">Mar.</a><a href="/{year}/5.html">May.</a>'
        return index(cells, years=(int(year),), address=address)


def test_the_newest_months_come_first_and_are_asked_again() -> None:
    site = Site()
    request = FetchRequest(source="gacc_preliminary", months="2025-05..2026-05")
    found = list(questions(request, date(2026, 6, 12), site))  # type: ignore[arg-type]
    assert site.asked == [INDEX, INDEX.replace(".html", "2025.html")]
    assert [(one.name, one.again) for one in found] == [
        ("gacc_preliminary_exports_2026-05_CNY", True), ("gacc_preliminary_exports_2026-03_CNY", False),
        ("gacc_preliminary_exports_2025-05_CNY", False),
    ]  # fmt: skip
