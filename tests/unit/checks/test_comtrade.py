"""What an answer of UN Comtrade must be to be compared, and what a comparison finds."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from comtrade_answers import answer, row

from tasks.checks.comtrade import Asked, Row, compare, read_answer
from tasks.domain.errors import Refused

ASKED = Asked("CHN", "export", "850511", "2025-06")


def checks(ours: dict[str, dict[str, float]], *rows: dict[str, Any]) -> list[tuple[str, str]]:
    found = [*compare(ASKED, ours, read_answer(answer(*rows), ASKED, "w"))]
    assert {one["subject"] for one in found} <= {"CHN export 850511 2025-06"}
    return [(one["check"], one["severity"]) for one in found]


def test_a_row_becomes_value_and_weight_and_codes_become_ours() -> None:
    rows = [row(), row("W00", 912208653.293, 0), row("S19", 5, 7, isNetWgtEstimated=True), row("NAM", 3, None)]
    assert read_answer(answer(*rows), ASKED, "w") == [
        Row("JPN", Decimal("1000.0"), Decimal("100.0")), Row("WLD", Decimal("912208653.293"), None, "unknown"),
        Row("TWN", Decimal(5), None, "estimated"), Row("NAM", Decimal(3), None, "unknown"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (answer(error="internal error"), "no answer"), (b'{"statusCode": 403, "message": "Out of call volume quota."}', "no answer"),
        (answer(row(), count=500), "cut off"), (answer(row(), count=2), "cut off"), (answer(row(refMonth=52, period="2025")), "frequency"),
        (answer(row(freqCode="A")), "frequency"), (answer(row(flowCode="M")), "another question"), (answer(row(cmdCode="8505")), "another question"),
        (answer(row(reporterISO="IND")), "another question"), (answer(row(period="202505")), "another question"), (answer(row(), row()), "partner twice"),
        (answer(row(motCode=1000)), "breakdown rows"), (answer(row(customsCode="C05"), row("KOR")), "breakdown rows"),
        (answer({"freqCode": "M"}), "columns"), (answer(row(primaryValue=None)), "no number"), (answer(row(netWgt="x")), "no number"),
        (b"<html>", "not JSON"), (b"", "empty file"),
    ],
)  # fmt: skip
def test_what_is_no_whole_answer_to_the_question_is_refused(data: bytes, rule: str) -> None:
    with pytest.raises(Refused) as refused:
        read_answer(data, ASKED, "w")
    assert (refused.value.rule, refused.value.where[:1]) == (rule, "w")


def test_rows_of_a_breakdown_next_to_their_total_are_left_out() -> None:
    rows = [row(motCode=2100, primaryValue=1.0), row(), row(partner2Code=344, primaryValue=9.0)]
    assert [one.value for one in read_answer(answer(*rows), ASKED, "w")] == [1000]


def test_equal_figures_and_differences_below_a_hundredth_are_no_finding() -> None:
    ours = {"JPN": {"value_usd": 1_000_000.0, "quantity_kg": 5_000.0}, "KOR": {"value_usd": 900.0}}
    assert checks(ours, row("JPN", 1_000_000, 5_000), row("KOR", 400, 9)) == []
    assert checks(ours, row("JPN", 1_009_000, 5_040)) == []


def test_a_difference_in_value_or_weight_is_a_finding() -> None:
    ours = {"JPN": {"value_usd": 1_000_000.0, "quantity_kg": 5_000.0}}
    assert checks(ours, row("JPN", 1_020_000, 5_000)) == [("comtrade_value", "warning")]
    assert checks(ours, row("JPN", 1_000_000, 5_100)) == [("comtrade_weight", "warning")]
    (found,) = compare(ASKED, ours, read_answer(answer(row("JPN", 1_020_000, 5_000)), ASKED, "w"))
    assert found["observed"] == "JPN: 1,000,000 USD here, 1,020,000 there"


def test_a_value_far_too_small_is_called_a_row_of_a_breakdown() -> None:
    ours = {"CHN": {"value_usd": 13_700_000.0}}
    assert checks(ours, row("CHN", 1503)) == [("comtrade_breakdown", "warning")]


def test_an_estimated_or_unknown_weight_is_refused_and_named() -> None:
    ours = {"JPN": {"value_usd": 1_000_000.0, "quantity_kg": 5_000.0}}
    assert checks(ours, row("JPN", 1_000_000, 9_999, isNetWgtEstimated=True)) == [("comtrade_weight_refused", "info")]
    assert checks(ours, row("JPN", 1_000_000, 0)) == [("comtrade_weight_refused", "info")]


def test_one_unit_value_for_ten_partners_is_an_invention_although_no_flag_says_so() -> None:
    names = [f"{letter}AA" for letter in "BCDEFGHIJK"]
    rows = [row(name, 50.8261 * 1000 * number, 1000 * number) for number, name in enumerate(names, 1)]
    rows.append(row("W00", 12345678, 1_000))
    others = [row(f"{letter}ZZ", 7000 * number, 1000) for number, letter in enumerate("BCDEFGHIJKL", 1)]
    rows += others
    read = {one.partner: one for one in read_answer(answer(*rows), ASKED, "w")}
    assert {read[name].why_no_mass for name in [*names, "WLD"]} == {"one unit value for many partners"}
    assert {read[other["partnerISO"]].mass for other in others} == {1000}
    nine = read_answer(answer(*rows[1:]), ASKED, "w")
    assert {one.why_no_mass for one in nine} == {""}
    # Where most weights are such ones the others differ by rounding.
    few = read_answer(answer(*rows[:-2]), ASKED, "w")
    assert {one.why_no_mass for one in few} == {"one unit value for many partners"}


def test_partners_that_only_one_side_has_are_named() -> None:
    ours = {"JPN": {"value_usd": 1_000_000.0}, "KOR": {"value_usd": 50_000.0}, "VNM": {"value_usd": 9.0}}
    assert checks(ours, row("JPN", 1_000_000), row("DEU", 70_000), row("FRA", 3)) == [
        ("comtrade_only_there", "warning"), ("comtrade_only_here", "warning"),
    ]  # fmt: skip


def test_a_reporter_without_dollars_is_compared_by_weight_alone() -> None:
    assert checks({"CHN": {"quantity_kg": 5_000.0}}, row("CHN", 1, 5_000), row("JPN", 10**9, 10**9)) == []
    assert checks({"CHN": {"quantity_kg": 5_000.0}}, row("CHN", 1, 9_000)) == [("comtrade_weight", "warning")]


def test_an_empty_answer_is_a_month_that_the_service_does_not_have() -> None:
    assert checks({"JPN": {"value_usd": 1.0}}) == [("comtrade_has_nothing", "info")]


@pytest.mark.shared
def test_the_recorded_answers_are_empty_whole_years_or_cut_off(shared_data: Path) -> None:
    folder = shared_data / "comtrade_api"
    assert read_answer((folder / "data_v1_get_S_A_EB_empty.json").read_bytes(), ASKED, "w") == []
    for name, rule in (
        ("data_v1_get_C_A_HS_CHN_2010_total.json", "frequency"), ("preview_C_M_HS_IND_2022_7113_count500_first_rows.json", "cut off"),
        ("bulk_v1_get_C_A_HS_listing.json", "columns"),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused:
            read_answer((folder / name).read_bytes(), ASKED, name)
        assert refused.value.rule == rule


@pytest.mark.shared
def test_the_invented_weights_of_the_united_states_are_refused_and_those_of_china_are_not(shared_data: Path) -> None:
    """Real figures of December 2024, written here in the form of an answer: the flag of their estimates was lost."""
    table = pl.read_csv(shared_data / "mirror_pairs" / "comtrade_202412_hs850511_810194_811292.csv", infer_schema=False)
    for reporter, flow, code, are_invented in (
        ("USA", "import", "M", True),
        ("USA", "export", "X", True),
        ("CHN", "export", "X", False),
    ):
        rows = (
            table.filter(reporter=reporter, flow=flow, hs6="850511")
            .unique("partner")
            .filter(pl.col("partner") != reporter)
        )
        assert rows.height > 30
        made = [
            row(one["partner"], float(one["value_usd"]), float(one["qty_kg"] or 0), reporterISO=reporter, flowCode=code, period="202412", refMonth=12)
            for one in rows.iter_rows(named=True)
        ]  # fmt: skip
        read = read_answer(answer(*made), replace(ASKED, reporter=reporter, flow=flow, month="2024-12"), "w")
        invented = [one for one in read if one.why_no_mass == "one unit value for many partners"]
        # All that have a weight; of a few partners there is none.
        assert {one.why_no_mass for one in read} - {"unknown"} == (
            {"one unit value for many partners"} if are_invented else {""}
        )
        assert (len(invented) > 30) is are_invented
