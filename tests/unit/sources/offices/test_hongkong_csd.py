"""Hong Kong's Trade IDDS: one number a row, directions, partners by origin and destination, totals, real rows."""

import json
from collections import Counter
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from schemas.forms.fetch import FetchRequest
from tasks.sources.adapter.protocol import WantedFile
from tasks.sources.registry import SOURCES
from tests.unit.sources import reading
from tests.unit.sources.offices.hongkong_answers import DOMESTIC, EXPORTS, NAME, RE_EXPORTS, answer, row
from tests.unit.sources.reading import doubts, numbers, rule_of
from tests.unit.sources.value_terms import assert_terms

read = partial(reading.read, source="hongkong_csd", name=NAME, released_on=date(2025, 7, 28))
UNSEEN = [("experimental_source", "warning")]


def test_value_and_quantity_of_a_country_by_origin(tmp_path: Path) -> None:
    rows = [row(12), row(340, "QCm"), row(3, partner="HK"), row(5, "QCm", partner="HK")]
    release = read(answer(*rows), tmp_path)
    assert numbers(release, "partner", "measure") == {
        ("CHN", "value_hkd"): 12_000, ("CHN", "quantity_kg"): 340,
        ("HKG", "value_hkd"): 3_000, ("HKG", "quantity_kg"): 5,
    }  # fmt: skip
    assert doubts(release) == []
    assert release.release.select("reporter", "flow", "classification").row(0) == ("HKG", "import", "HKHS8")
    assert_terms(release, {"value_hkd": ("CIF", "origin", "nearest")})


def test_exports_are_domestic_exports_and_re_exports(tmp_path: Path) -> None:
    parts = [
        row(10, partner="US", ttype=DOMESTIC),
        row(32, partner="US", ttype=RE_EXPORTS),
        row(7, partner="JP", ttype=RE_EXPORTS),
    ]
    release = read(answer(*parts), tmp_path / "parts")
    expected = {("USA", "value_hkd"): 42_000, ("JPN", "value_hkd"): 7_000}
    assert numbers(release, "partner", "measure") == expected
    assert_terms(release, {"value_hkd": ("FOB", "last known destination", "nearest")})
    total = [row(42, partner="US", ttype=EXPORTS), row(7, partner="JP", ttype=EXPORTS)]
    for name, rows in {"total": total, "all": [*parts, *total]}.items():
        other = read(answer(*rows), tmp_path / name)
        assert (numbers(other, "partner", "measure"), doubts(other)) == (expected, [])


@pytest.mark.parametrize("more", [row(41, ttype=EXPORTS), row(42, partner="US", ttype=EXPORTS)])
def test_a_total_that_is_not_its_parts_holds_the_release(more: dict[str, Any]) -> None:
    rows = [row(10, ttype=DOMESTIC), row(32, ttype=RE_EXPORTS), more]
    assert [
        (doubt["check"], doubt["severity"]) for doubt in SOURCES["hongkong_csd"].parse(answer(*rows), NAME).doubts
    ] == [("total_differs", "error")]


def test_the_world_is_compared_with_its_countries_and_published_where_some_were_asked_for(tmp_path: Path) -> None:
    rows = [row(12), row(30, partner=None), row(18, partner="US")]
    release = read(answer(*rows), tmp_path / "all")
    assert set(numbers(release, "partner", "measure")) == {("CHN", "value_hkd"), ("USA", "value_hkd")}
    short = read(answer(*rows[:2]), tmp_path / "short")
    assert ("total_differs", "error") in doubts(short)
    some = read(answer(*rows[:2]), tmp_path / "some", partners="listed")
    assert numbers(some, "partner", "measure") == {("CHN", "value_hkd"): 12_000, ("WLD", "value_hkd"): 30_000}


def test_lots_of_codes_may_follow_one_another_in_a_file(tmp_path: Path) -> None:
    raw = answer(row(1)) + b"\n" + answer(row(2, code="85051120"))
    assert numbers(read(raw, tmp_path), "product", "measure") == {
        ("85051110", "value_hkd"): 1_000, ("85051120", "value_hkd"): 2_000,
    }  # fmt: skip


@pytest.mark.parametrize(("number", "unit"), [("5", "FURLONG"), ("", "KILOGRAM"), ("5", None)])
def test_a_quantity_without_number_or_unit_is_unknown_and_not_zero(
    number: str, unit: str | None, tmp_path: Path
) -> None:
    release = read(answer(row(12), row(number, "QCm", unitEN=unit)), tmp_path)
    assert numbers(release, "measure") == {("value_hkd",): 12_000}
    assert release.release["lost"].to_list() == [["85051110 2025-06 quantity"]]


def test_a_number_twice_holds_the_release() -> None:
    (found,) = SOURCES["hongkong_csd"].parse(answer(row(12), row(13)), NAME).doubts
    assert (found["check"], found["severity"], found["records"]) == ("row_twice", "error", [1])


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        (b"", "empty file"),
        (b"<html>", "not JSON"),
        (b"[]", "no answer"),
        (b"{}", "no answer"),
        (answer(status="Error", message="usage limit"), "message instead of data"),
        (answer(), "no records"),
        (answer(row(1), count=2), "cut off"),
        (answer(row(1, freq=None)), "columns"),
        (answer(row(1, sv="VCy")), "years"),
        (answer(row(1, freq="A", period="2025")), "years"),
        (answer(row(1, period="202513")), "years"),
        (answer(row(1, ttype=5)), "unknown flow"),
        (answer(row(1, code="8505111")), "mixed levels"),
        (answer(row(1, codeclass="SITC")), "mixed levels"),
        (answer(row("1,000")), "no number"),
        (answer(row("1.5")), "no number"),
        (answer(row(1, cc="CN")), "another table"),
        (answer(row(1, ttype=RE_EXPORTS, co="CN")), "another table"),
        (answer(row(1, ttype=DOMESTIC)), "part of the exports"),
        (answer(row(1, ttype=RE_EXPORTS)), "part of the exports"),
    ],
)
def test_what_is_no_answer_of_months_is_refused_by_name(raw: bytes, rule: str) -> None:
    assert rule_of("hongkong_csd", raw, NAME) == rule


def test_both_directions_and_several_levels_are_refused(tmp_path: Path) -> None:
    for name, rows in {
        "both flows": [row(1), row(1, ttype=EXPORTS)],
        "mixed levels": [row(1), row(1, code="850511", codeclass="HKHS6")],
    }.items():
        with pytest.raises(reading.Refused) as refused:
            read(answer(*rows), tmp_path / name)
        assert refused.value.rule == name


@pytest.mark.shared
def test_every_real_row_of_a_year_is_refused_as_a_year_and_read_as_a_month(shared_data: Path, tmp_path: Path) -> None:
    raw = (shared_data / "hongkong_real" / "tid_7106_exports_2025_annual.json").read_bytes()
    assert rule_of("hongkong_csd", raw, NAME) == "years"
    document = json.loads(raw)
    sums: Counter[tuple[str, str]] = Counter()
    for given in document["rows"]:
        sums[given["code"], given["cc"]] += int(given["figure"])
    assert (len(document["rows"]), len(sums), len({code for _, code in sums})) == (66, 66, 40)
    # The same rows with the marks of a month, and nothing else changed.
    document["rows"] = [{**given, "freq": "M", "period": "202512", "sv": "QCm"} for given in document["rows"]]
    release = read(json.dumps(document).encode(), tmp_path, released_on=date(2026, 2, 1))
    found = release.detail.select("product", "partner", "value", "unit").rows()
    assert sorted((product, value) for product, _, value, _ in found) == sorted(
        (code, value) for (code, _), value in sums.items()
    )
    assert {unit for *_, unit in found} == {"kg"}
    assert doubts(release) == []


SOURCE = SOURCES["hongkong_csd"]


def asked(*products: str, months: str = "2024-11..2025-02", **given: Any) -> list[WantedFile]:
    request = FetchRequest.model_validate(
        {"source": "hongkong_csd", "products": [*products], "months": months, "base": "http://127.0.0.1:1", **given}
    )
    assert SOURCE.questions is not None
    return [one for one in SOURCE.questions(request, date(2025, 4, 1), Unasked()) if isinstance(one, WantedFile)]


class Unasked:
    """A site of which no list is asked for."""

    has_key = False

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)


def test_a_question_is_about_a_calendar_year_a_direction_and_a_lot_of_codes() -> None:
    codes = [f"8505{number:02d}" for number in range(41)]
    questions = asked(*codes)
    assert [(one.name.split("_")[1], one.name[-4:], len(one.declared["products"])) for one in questions] == [
        (flow, year, size) for year in ("2025", "2024") for flow in ("export", "import") for size in (20, 20, 1)
    ]
    assert sorted({code for one in questions for code in one.declared["products"]}) == codes
    query = parse_qs(urlsplit(questions[-1].address).query)
    assert query == {
        "lang": ["EN"], "freq": ["M"], "sv": ["VCm", "QCm"], "period": ["202411,202412"], "ttype": ["1"],
        "coclass": ["C"], "co": ["ALL"], "codeclass": ["HKHS6"], "code": ["850540"],
    }  # fmt: skip
    exports = parse_qs(urlsplit(asked("85051110", flows=["export"])[0].address).query)
    assert (exports["ttype"], exports["cc"], exports["codeclass"]) == (["4"], ["ALL"], ["HKHS8"])
    assert exports["period"] == ["202501,202502"]
