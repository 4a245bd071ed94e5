"""What a declaration asks of its source: an address for each year or month and direction."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from schemas.forms.fetch import FetchRequest
from tasks.domain.errors import Refused
from tasks.sources.adapter.declaration import load
from tasks.sources.adapter.protocol import WantedFile
from tasks.sources.adapter.questions import links, questions
from tasks.sources.registry import ROOT

ASKED = {"zone": "America/Sao_Paulo", "form": "csv", "flows": {"export": "EXP", "import": "IMP"}, "title": "{year}"}
SPEC: dict[str, Any] = {"reporter": "BRA", "base": "https://stat.example", "declared": {"partners": "all"}}


def asked(about: str, address: str, request: FetchRequest) -> list[Any]:
    spec = {**SPEC, "fetch": {**ASKED, "about": about, "address": "{base}/" + address}}
    return [*questions("ruritania", spec, request, date(2026, 3, 4), None)]  # type: ignore[arg-type]


def test_each_direction_has_an_address_for_each_year_or_month_the_newest_first() -> None:
    request = FetchRequest(source="brazil_comexstat", months="2025-12..2026-02")
    years = asked("year", "{flow}_{year}.csv", request)
    assert [one.address.rpartition("/")[2] for one in years] == [
        "EXP_2026.csv", "IMP_2026.csv", "EXP_2025.csv", "IMP_2025.csv",
    ]  # fmt: skip
    assert (years[2].name, years[2].first_month) == ("ruritania_export_2025", "2025-01")
    assert years[3].declared == {"reporter": "BRA", "flow": "import", "partners": "all"}
    months = asked("month", "{year}/{month}.csv", request.model_copy(update={"flows": ["import"]}))
    assert [one.address for one in months if isinstance(one, WantedFile)] == [
        f"https://stat.example/{month}.csv" for month in ("2026/02", "2026/01", "2025/12")
    ]
    assert [one.first_month for one in months] == ["2026-02", "2026-01", "2025-12"]


def test_another_address_is_asked_in_a_replay_and_codes_are_refused() -> None:
    here = FetchRequest(source="brazil_comexstat", months="2026-01", base="http://127.0.0.1:80")
    assert {one.address.rpartition("/")[0] for one in asked("year", "{year}", here)} == {"http://127.0.0.1:80"}
    with pytest.raises(Refused, match="Each file has every code"):
        asked("year", "{year}", FetchRequest(source="brazil_comexstat", products=["850511"]))


@pytest.mark.parametrize(("name", "month"), [("January", "2025-01"), ("dec", "2025-12"), ("07", "2025-07")])
def test_a_link_names_its_month_by_a_word_or_by_digits(name: str, month: str) -> None:
    page = SimpleNamespace(body=f'<a href="/files/{name}-2025.csv">'.encode(), address="https://stat.example/list")
    form = r"(?P<address>/files/(?P<month>\w+)-(?P<year>\d{4})\.csv)"
    (file,) = links(page, form)  # type: ignore[arg-type]
    assert (file["span"], file["address"]) == (month, f"https://stat.example/files/{name}-2025.csv")


FILE = "<a href='/en/stat-search/file-download?statInfId={}&amp;fileKind=1'>CSV</a>"


def test_a_file_has_the_direction_and_the_chapters_named_last_before_it() -> None:
    form = load(ROOT / "experimental" / "japan_estat.toml")["fetch"]["link"]
    page = f"<h2>Export</h2> Chapter 84-85 {FILE.format(1)} <a href='/other'>x</a> Chapter 97 {FILE.format(2)}"
    page += f"<h2>Import</h2> <img alt='exports'> Chapters <b>01</b> to <b>02</b> {FILE.format(3)}"
    listed = [*links(SimpleNamespace(body=page.encode(), address="https://e.example/list"), form)]  # type: ignore[arg-type]
    assert [(one["flow"], one["first"], one["last"]) for one in listed] == [
        ("Export", "84", "85"), ("Export", "97", "97"), ("Import", "01", "02"),
    ]  # fmt: skip
    place = "https://e.example/en/stat-search/file-download?statInfId={}&fileKind=1"
    assert [one["address"] for one in listed] == [place.format(number) for number in (1, 2, 3)]
    with pytest.raises(Refused, match="a list page without a file"):
        next(links(SimpleNamespace(body=FILE.format(1).encode(), address=""), form))  # type: ignore[arg-type]
