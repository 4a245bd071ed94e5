"""What an answer of UN Comtrade must be, and which of its numbers are statements."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from comtrade_answers import answer, row
from comtrade_answers import datasets as listed

from schemas.forms.fetch import FetchRequest
from tasks.domain.errors import Refused
from tasks.sources.adapter.protocol import Response, WantedFile
from tasks.sources.offices.comtrade_api import datasets
from tasks.sources.registry import SOURCES
from tests.unit.sources.reading import rule_of

PARTNERS = {"W00": 0, "JPN": 392, "KOR": 410, "USA": 842, "IND": 699, "TWN": 490}
ALIKE = [row(value=50.8261 * mass, mass=mass, partnerCode=code) for mass, code in enumerate(range(31, 44), 1000)]


def one(partner: str = "JPN", value: float = 1000.0, mass: float | None = 100.0, **other: Any) -> dict[str, Any]:
    return row(partner, value, mass, partnerCode=PARTNERS[partner], **other)


def read(*rows: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    """Partner, value and weight of each statement."""
    reported = SOURCES["un_comtrade"].parse(answer(*rows), "w").reported
    assert {*reported["currency"], *reported["quantity_unit"]} == {"USD", "KG"}
    return list(reported.select(pl.col("partner").cast(pl.String), "value", "quantity").iter_rows())


@pytest.mark.parametrize(
    ("rows", "statements"),
    [
        (
            [one("W00", 1500.01, 100.4), one("JPN", 1000.5, 100.4), one("KOR", 499.51, 0)],
            [("392", "1001", "100"), ("410", "500", None)],
        ),
        (
            [
                one(motCode=2100, primaryValue=1.0),
                one(),
                one(partner2Code=344, primaryValue=9.0),
                one(flowCode="RX", primaryValue=5.0),
            ],
            [("392", "1000", "100")],
        ),
        (
            [one(isNetWgtEstimated=True), one("KOR", isNetWgtEstimated=None), one("USA", 5, None)],
            [("392", "1000", None), ("410", "1000", None), ("842", "5", None)],
        ),
    ],
    ids=[
        "whole dollars and kilograms, without the world",
        "without breakdowns and re-exports",
        "without estimated weights",
    ],
)
def test_the_statements_of_an_answer(rows: list[dict[str, Any]], statements: list[tuple[str, str, str | None]]) -> None:
    assert read(*rows) == statements


def test_the_world_is_compared_with_its_partners_and_is_the_only_word_where_some_were_asked_for() -> None:
    parsed = SOURCES["un_comtrade"].parse(answer(one("W00", 1500), one("JPN", 1000)), "w")
    assert [(doubt["check"], doubt["severity"]) for doubt in parsed.declared("all").doubts] == [
        ("total_differs", "error")
    ]
    assert parsed.declared("listed").reported["partner"].cast(pl.String).to_list() == ["392", "0"]


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (answer(error="internal error"), "no answer"),
        (b'{"statusCode": 403, "message": "Out of call volume quota."}', "no answer"),
        (answer(one(), count=500), "cut off"),
        (answer(one(), count=2), "cut off"),
        (answer(one(refMonth=52, period="2025")), "frequency"),
        (answer(one(freqCode="A")), "frequency"),
        (answer(one(), one("KOR", cmdCode="8505")), "mixed levels"),
        (answer(one(cmdCode="TOTAL")), "mixed levels"),
        (answer(one(), one("KOR", reporterCode=410)), "reporter"),
        (answer(one(reporterCode=5)), "reporter"),
        (answer(one(), one()), "total twice"),
        (answer(one(motCode=1000)), "breakdown rows"),
        (answer(one(customsCode="C05"), one("KOR")), "breakdown rows"),
        (answer({"freqCode": "M"}), "columns"),
        (answer(one(cmdCode=None)), "columns"),
        (answer(one(primaryValue=None)), "no number"),
        (answer(one(netWgt="x")), "no number"),
        (answer(one(primaryValue=True)), "no number"),
        (answer(one(primaryValue="1_000")), "no number"),
        (answer(one(), nextLink="https://comtradeapi.un.org/x"), "cut off"),
        (answer(one(), totalRecords=2), "cut off"),
        (answer(), "no records"),
        (b"[1]", "no answer"),
        (b"<html>", "not JSON"),
    ],
)
def test_what_is_no_whole_answer_is_refused(data: bytes, rule: str) -> None:
    assert rule_of("un_comtrade", data) == rule


def test_one_unit_value_for_ten_partners_is_an_estimate() -> None:
    assert {mass for _, _, mass in read(*ALIKE)} == {None}
    assert {mass for _, _, mass in read(*ALIKE[:9])} == {str(mass) for mass in range(1000, 1009)}


@pytest.mark.parametrize(
    ("rows", "checks"),
    [
        (ALIKE, ["weight_estimated", "fractions"]),
        ([one(flowCode="M", fobvalue=1000.0, cifvalue=None)], ["imports_fob"]),
        ([one(flowCode="M", fobvalue=None, cifvalue=1000.0)], []),
    ],
)
def test_estimated_weights_and_a_reporter_whose_imports_are_valued_fob_are_named(
    rows: list[dict[str, Any]], checks: list[str]
) -> None:
    assert [doubt["check"] for doubt in SOURCES["un_comtrade"].parse(answer(*rows), "w").doubts] == checks


@pytest.mark.shared
def test_real_months_of_ukraine_are_read_and_add_up_to_their_totals(shared_data: Path) -> None:
    files = sorted((shared_data / "comtrade_real" / "ukraine_070200_2024_monthly").glob("2024*.json"))
    assert len(files) == 12
    values = []
    for file in files:
        parsed = SOURCES["un_comtrade"].parse(json.dumps(json.loads(file.read_bytes())["payload"]).encode(), file.name)
        assert (parsed.reporter, {doubt["check"] for doubt in parsed.doubts}) == ("UKR", {"fractions"})
        assert "1 total compared" in parsed.normalised[-1]
        values.append(parsed.reported["value"].cast(pl.Int64).sum())
    # The year that the same service prints, up to the rounding of each record to whole dollars.
    assert abs(sum(values) - 113_169_975) <= 60


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
    assert {code: SOURCES["un_comtrade"].require_reporter(code) for code in numbers} == numbers
    with pytest.raises(Refused, match="EU27"):
        SOURCES["un_comtrade"].require_reporter("EU27")


class Site:
    """Gives one answer to every question; `asked` has the addresses."""

    def __init__(self, body: bytes, *, has_key: bool = False) -> None:
        self.body, self.has_key, self.asked = body, has_key, list[str]()

    def get(self, address: str) -> Response:
        self.asked.append(address)
        return Response(self.body, datetime(2026, 8, 14, tzinfo=UTC), address)

    def tried(self, name: str, work: Callable[[], Any]) -> Any:
        return work()


@pytest.mark.parametrize(
    ("has_key", "place", "products"),
    [(True, "data/v1/get", ["280530,850511"]), (False, "public/v1/preview", ["280530", "850511"])],
)
def test_with_a_key_one_answer_has_all_products_and_without_one_each_has_its_own(
    has_key: bool, place: str, products: list[str]
) -> None:
    given = {"products": ["850511", "280530"], "flows": ["export"], "months": "2025-05..2025-06"}
    request = FetchRequest.model_validate({"source": "un_comtrade", "reporters": ["CHN"], **given})
    found = list(
        SOURCES["un_comtrade"].questions(request, date(2026, 8, 14), Site(listed(m202506="-17"), has_key=has_key))
    )  # type: ignore[arg-type]
    assert [one.address for one in found if isinstance(one, WantedFile)] == [
        f"https://comtradeapi.un.org/{place}/C/M/HS?reporterCode=156&period=202506&cmdCode={codes}&flowCode=X"
        "&motCode=0&customsCode=C00&partner2Code=0&includeDesc=true#2026-08-02T00%3A00%3A00%20-17"
        for codes in products
    ]
    assert [one.name for one in found] == [
        f"comtrade_CHN_export_{codes.replace(',', '-')}_2025-06" for codes in products
    ]
    with pytest.raises(Refused, match="Name whose trade is asked for"):
        next(
            SOURCES["un_comtrade"].questions(request.model_copy(update={"reporters": []}), date(2026, 8, 14), Site(b""))
        )  # type: ignore[arg-type]


def test_the_datasets_of_a_reporter_are_asked_for_a_year_at_a_time() -> None:
    site = Site(listed(m202506="-17"))
    months = [f"2025-{month:02d}" for month in range(1, 13)]
    assert datasets(site, "156", [*months, "2026-01"], "http://x") == {"2025-06": "2026-08-02T00:00:00 -17"}  # type: ignore[arg-type]
    assert [address.rpartition("=")[2].count(",") for address in site.asked] == [11, 0]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"data": [{"period": 202506}]}', "no datasetchecksum, lastreleased. The form of getDA has changed"),
        (b'{"error": "x", "data": []}', "in place of rows"),
        (b"[]", "in place of rows"),
        (b'{"data": [1]}', "in place of rows"),
        (b"<html>", "a page or a message"),
        (b"", "no text"),
    ],
)
def test_a_list_of_datasets_in_another_form_is_refused(body: bytes, said: str) -> None:
    with pytest.raises(Refused, match=said):
        datasets(Site(body), "156", ["2025-06"], "http://x")  # type: ignore[arg-type]
