"""What UN Comtrade is asked, and when it is asked again."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from comtrade_answers import answer, datasets, row

from schemas.forms.fetch import FetchRequest
from tasks.domain.errors import Refused
from tasks.fetch.fetch import fetch
from tasks.fetch.transport import Policy, Transport
from tasks.sources.un_comtrade import number_of
from tests.replay.server import Replay, Reply

SECRET = "feedfacefeedfacefeedfacefeedface"
TODAY = date(2026, 8, 14)
NEWS, KEYED, OPEN = "/public/v1/getDA", "/data/v1/get/C/M/HS", "/public/v1/preview/C/M/HS"


@pytest.fixture
def site() -> Iterator[Replay]:
    replay = Replay()
    yield replay
    replay.close()


def fetched(site: Replay, inbox: Path, key: str | None = None, **given: object) -> list[tuple[str, str]]:
    """Name and outcome of each question about China, for one code and a month unless others are `given`."""
    asked = {"reporters": ["CHN"], "products": ["850511"], "flows": ["export"], "months": "2025-06", **given}
    transport = Transport(Policy(read=5.0, connect=5.0, waits=()), sleep=lambda seconds: None)
    try:
        request = FetchRequest(source="un_comtrade", inbox=inbox, base=site.base, **asked)  # type: ignore[arg-type]
        return [(one.name, one.outcome) for one in fetch(request, TODAY, transport, key).fetched]
    finally:
        transport.close()


def test_numbers_of_reporters_are_those_of_the_service() -> None:
    numbers = {
        "CHN": "156",
        "USA": "842",
        "IND": "699",
        "CHE": "757",
        "DEU": "276",
        "TWN": "490",
        "BRA": "76",
        "KOR": "410",
    }
    assert {code: number_of(code) for code in numbers} == numbers
    with pytest.raises(Refused, match="EU27"):
        number_of("EU27")


def test_only_months_that_are_there_are_asked_and_again_only_where_their_dataset_has_changed(
    site: Replay, tmp_path: Path
) -> None:
    site.route(NEWS, Reply(datasets(m202506="-17")))
    site.route(OPEN, Reply(answer(row())))
    of_june = "comtrade_CHN_export_850511_2025-06"
    assert fetched(site, tmp_path, months="2025-05..2025-06") == [(of_june, "new")]
    assert site.asked[0].query == {"reporterCode": ["156"], "period": ["202505,202506"]}
    assert fetched(site, tmp_path) == [(of_june, "unchanged")]
    assert [asked.path for asked in site.asked].count(OPEN) == 1
    site.route(NEWS, Reply(datasets(m202506="5")))
    site.route(OPEN, Reply(answer(row(value=2000.0))))
    assert fetched(site, tmp_path) == [(of_june, "new")]
    assert len([*tmp_path.rglob("comtrade_CHN_export_850511_2025-06*.json")]) == 2


def test_with_a_key_one_answer_has_all_products_and_without_one_each_has_its_own(site: Replay, tmp_path: Path) -> None:
    site.route(NEWS, Reply(datasets(m202506="-17")))
    for place in (KEYED, OPEN):
        site.route(place, Reply(answer(row())))
    fetched(site, tmp_path / "keyed", SECRET, products=["850511", "280530"])
    fetched(site, tmp_path / "open", products=["850511", "280530"])
    asked = [one for one in site.asked if not one.path.startswith(NEWS)]
    whole = {
        "reporterCode": ["156"], "period": ["202506"], "flowCode": ["X"], "motCode": ["0"], "customsCode": ["C00"],
        "partner2Code": ["0"], "includeDesc": ["true"],
    }  # fmt: skip
    assert [(one.path, one.query) for one in asked] == [
        (KEYED, {**whole, "cmdCode": ["280530,850511"], "subscription-key": [SECRET]}),
        (OPEN, {**whole, "cmdCode": ["280530"]}), (OPEN, {**whole, "cmdCode": ["850511"]}),
    ]  # fmt: skip
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(kept) >= 4
    assert [path for path in kept if SECRET in path.read_text()] == []


@pytest.mark.parametrize(
    ("news", "given", "says"),
    [
        (datasets(m202506="1"), {"reporters": []}, "Name whose trade is asked for"), (datasets(m202506="1"), {"reporters": ["EU27"]}, "countries alone"),
        (b'{"data": [{"period": 202506}]}', {}, "The form of getDA has changed"), (b'{"error": "x", "data": []}', {}, "in place of rows"),
        (b"[]", {}, "in place of rows"), (b'{"data": [1]}', {}, "in place of rows"), (b"<html>", {}, "a page or a message"), (b"", {}, "no text"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_by_name(
    site: Replay, tmp_path: Path, news: bytes, given: dict[str, object], says: str
) -> None:
    site.route(NEWS, Reply(news))
    asked = {"reporters": ["CHN"], "products": ["850511"], "months": "2025-06", **given}
    transport = Transport(Policy(read=5.0, connect=5.0, waits=()), sleep=lambda seconds: None)
    request = FetchRequest(source="un_comtrade", inbox=tmp_path, base=site.base, **asked)  # type: ignore[arg-type]
    (one,) = fetch(request, TODAY, transport).fetched
    transport.close()
    assert (one.outcome, says in one.reason) == ("refused", True), one.reason


def test_a_quota_under_403_is_a_refusal_without_the_key(site: Replay, tmp_path: Path) -> None:
    site.route(NEWS, Reply(datasets(m202506="1")))
    site.route(KEYED, Reply(f'{{"message": "Out of call volume quota for {SECRET}"}}'.encode(), 403))
    transport = Transport(Policy(read=5.0, connect=5.0, waits=()), sleep=lambda seconds: None)
    request = FetchRequest(
        source="un_comtrade",
        inbox=tmp_path,
        base=site.base,
        reporters=["CHN"],
        products=["850511"],
        flows=["export"],
        months="2025-06",
    )
    (one,) = fetch(request, TODAY, transport, SECRET).fetched
    transport.close()
    assert one.outcome == "refused"
    assert "Out of call volume quota" in one.reason
    assert SECRET not in one.reason
