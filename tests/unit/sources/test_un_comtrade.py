"""What an answer of UN Comtrade must be, and which of its numbers are statements."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from comtrade_answers import answer, row

from tasks.domain.errors import Refused
from tasks.sources.un_comtrade import parse

PARTNERS = {"W00": 0, "JPN": 392, "KOR": 410, "USA": 842, "IND": 699, "TWN": 490}


def one(partner: str = "JPN", value: float = 1000.0, mass: float | None = 100.0, **other: Any) -> dict[str, Any]:
    return row(partner, value, mass, partnerCode=PARTNERS[partner], **other)


def read(*rows: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    """Partner, value and weight of each statement."""
    reported = parse(answer(*rows), "w").reported
    assert {*reported["currency"], *reported["quantity_unit"]} == {"USD", "KG"}
    return list(reported.select(pl.col("partner").cast(pl.String), "value", "quantity").iter_rows())


def test_a_row_becomes_whole_dollars_and_kilograms_and_the_world_is_compared_and_left_out() -> None:
    assert read(one("W00", 1500.01, 100.4), one("JPN", 1000.5, 100.4), one("KOR", 499.51, 0)) == [
        ("392", "1001", "100"),
        ("410", "500", None),
    ]
    parsed = parse(answer(one("W00", 1500), one("JPN", 1000)), "w")
    assert [(doubt["check"], doubt["severity"]) for doubt in parsed.declared("all").doubts] == [
        ("total_differs", "error")
    ]
    # Of some partners the printed world is the only word on it.
    assert parsed.declared("listed").reported["partner"].cast(pl.String).to_list() == ["392", "0"]


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (answer(error="internal error"), "no answer"), (b'{"statusCode": 403, "message": "Out of call volume quota."}', "no answer"),
        (answer(one(), count=500), "cut off"), (answer(one(), count=2), "cut off"), (answer(one(refMonth=52, period="2025")), "frequency"),
        (answer(one(freqCode="A")), "frequency"), (answer(one(), one("KOR", cmdCode="8505")), "mixed levels"), (answer(one(cmdCode="TOTAL")), "mixed levels"),
        (answer(one(), one("KOR", reporterCode=410)), "reporter"), (answer(one(reporterCode=5)), "reporter"), (answer(one(), one()), "total twice"),
        (answer(one(motCode=1000)), "breakdown rows"), (answer(one(customsCode="C05"), one("KOR")), "breakdown rows"),
        (answer({"freqCode": "M"}), "columns"), (answer(one(cmdCode=None)), "columns"), (answer(one(primaryValue=None)), "no number"),
        (answer(one(netWgt="x")), "no number"), (answer(), "no records"), (b"[1]", "no answer"), (b"<html>", "not JSON"), (b"", "empty file"),
    ],
)  # fmt: skip
def test_what_is_no_whole_answer_is_refused(data: bytes, rule: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(data, "w")
    assert (refused.value.rule, refused.value.where[:1]) == (rule, "w")


def test_rows_of_a_breakdown_and_of_re_exports_are_left_out() -> None:
    rows = [
        one(motCode=2100, primaryValue=1.0),
        one(),
        one(partner2Code=344, primaryValue=9.0),
        one(flowCode="RX", primaryValue=5.0),
    ]
    assert read(*rows) == [("392", "1000", "100")]


def test_an_estimated_weight_is_unknown_and_one_unit_value_for_ten_partners_is_an_estimate() -> None:
    assert read(one(isNetWgtEstimated=True), one("KOR", isNetWgtEstimated=None), one("USA", 5, None)) == [
        ("392", "1000", None),
        ("410", "1000", None),
        ("842", "5", None),
    ]
    alike = [row(value=50.8261 * mass, mass=mass, partnerCode=code) for mass, code in enumerate(range(31, 44), 1000)]
    assert {mass for _, _, mass in read(*alike)} == {None}
    assert [doubt["check"] for doubt in parse(answer(*alike), "w").doubts] == ["weight_estimated"]
    assert {mass for _, _, mass in read(*alike[:9])} == {str(mass) for mass in range(1000, 1009)}


def test_a_reporter_whose_imports_are_valued_fob_is_named() -> None:
    fob, cif = one(flowCode="M", fobvalue=1000.0, cifvalue=None), one(flowCode="M", fobvalue=None, cifvalue=1000.0)
    assert [[doubt["check"] for doubt in parse(answer(some), "w").doubts] for some in (fob, cif)] == [
        ["imports_fob"],
        [],
    ]


@pytest.mark.shared
def test_real_months_of_ukraine_are_read_and_add_up_to_their_totals(shared_data: Path) -> None:
    files = sorted((shared_data / "comtrade_real" / "ukraine_070200_2024_monthly").glob("2024*.json"))
    assert len(files) == 12
    values = []
    for file in files:
        parsed = parse(json.dumps(json.loads(file.read_bytes())["payload"]).encode(), file.name)
        assert (parsed.reporter, parsed.doubts) == ("UKR", ())
        assert "1 total compared" in parsed.normalised[-1]
        values.append(parsed.reported["value"].cast(pl.Int64).sum())
    # The year that the same service prints, up to the rounding of each record to whole dollars.
    assert abs(sum(values) - 113_169_975) <= 60
