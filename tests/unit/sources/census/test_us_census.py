"""The answers of the US Census API: totals and groups, zeros, units, flags, two valuations, domestic and foreign
exports."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from bad_inputs.case import first

from schemas.forms.fetch import FetchRequest
from tasks.checks.frame.registry import check_release
from tasks.domain.errors import Refused
from tasks.ingest.normalise import Normalised
from tasks.sources.registry import SOURCES
from tests.unit.figures import derived
from tests.unit.sources.census.us_census_answers import CHINA, EXPORTS, JAPAN, MALAYSIA, NAMES, ROWS, answer, line, read
from tests.unit.sources.reading import doubts, numbers, rule_of


def test_countries_with_both_valuations_and_true_zeros(tmp_path: Path) -> None:
    release = read(answer(), tmp_path)
    assert numbers(release, "partner", "measure") == {
        ("CHN", "value_usd"): 172_458, ("CHN", "value_usd_cif"): 180_000, ("CHN", "quantity_kg"): 22_661,
        ("JPN", "value_usd"): 2_032_274, ("JPN", "value_usd_cif"): 2_100_000, ("JPN", "quantity_kg"): 4_657,
        ("MYS", "value_usd"): 0, ("MYS", "value_usd_cif"): 0, ("MYS", "quantity_kg"): 0,
    }  # fmt: skip
    row = release.detail.filter(partner="JPN", measure="value_usd").row(0, named=True)
    assert [row[name] for name in ("reporter", "flow", "product", "classification", "record")] == [
        "USA",
        "import",
        "8505110070",
        "HTS10",
        2,
    ]
    assert doubts(release) == []


@pytest.mark.parametrize(("column", "text"), [(2, "2204733"), (3, "1"), (4, "27317")])
def test_a_total_that_is_not_the_sum_of_the_countries_holds_the_release(tmp_path: Path, column: int, text: str) -> None:
    rows = [[text if (row[0], place) == ("-", column) else cell for place, cell in enumerate(row)] for row in ROWS]
    found = read(answer(rows), tmp_path).findings.filter(check="total_differs")
    assert found["severity"].to_list() == ["error"]
    assert NAMES[column] in found["subject"][0]


def test_a_quantity_without_a_unit_is_none_and_one_with_a_flag_is_not_known(tmp_path: Path) -> None:
    rows = [line(CHINA, "10", "11", "0", unit="X"), line(JAPAN, "20", "21", "7", flag="A")]
    release = read(answer(rows), tmp_path)
    assert {measure for _, measure in numbers(release, "partner", "measure")} == {"value_usd", "value_usd_cif"}
    assert release.release["lost"].to_list() == [["8505110070 2026-05 quantity"]]
    assert doubts(release) == [("flagged", "warning")]


def test_domestic_and_foreign_exports_are_added_up_and_their_records_kept(tmp_path: Path) -> None:
    rows = [
        [code, value, quantity, "KG", df, "8505110070", "2026", "05", "HS10"]
        for code, value, quantity, df in (
            (CHINA, "100", "10", "1"),
            (CHINA, "30", "3", "2"),
            (JAPAN, "7", "1", "2"),
            ("-", "107", "11", "1"),
            ("-", "30", "3", "2"),
        )
    ]
    release = read(answer(rows, EXPORTS), tmp_path)
    assert numbers(release, "flow", "partner", "measure") == {
        ("export", "CHN", "value_usd"): 130,
        ("export", "CHN", "quantity_kg"): 13,
        ("export", "JPN", "value_usd"): 7,
        ("export", "JPN", "quantity_kg"): 1,
    }
    parsed = SOURCES["us_census"].parse(answer(rows, EXPORTS), "f")
    assert (parsed.reported["note"].to_list()[0], parsed.doubts) == ("sum of records 1, 2", ())


def test_exports_that_are_printed_as_a_whole_alone_are_kept(tmp_path: Path) -> None:
    """Japan has no rows of domestic and foreign goods: its whole is the only word on it, China's is there twice."""
    rows = [
        [code, value, value, "KG", df, "8505110070", "2026", "05", "HS10"]
        for code, value, df in (
            (CHINA, "100", "1"), (CHINA, "30", "2"), (CHINA, "130", "-"), (JAPAN, "7", "-"), ("-", "137", "-"),
        )
    ]  # fmt: skip
    release = read(answer(rows, EXPORTS), tmp_path)
    assert numbers(release, "partner", "measure") == {
        ("CHN", "value_usd"): 130, ("CHN", "quantity_kg"): 130, ("JPN", "value_usd"): 7, ("JPN", "quantity_kg"): 7,
    }  # fmt: skip
    assert doubts(release) == []


@pytest.mark.parametrize("code", ["570", "8123", "9999"])
def test_a_partner_code_of_another_form_is_published_with_a_warning(tmp_path: Path, code: str) -> None:
    release = read(answer([line(CHINA, "100"), line(code, "3"), line("-", "103"), line("0003", "3")]), tmp_path)
    values = {key: value for key, value in numbers(release, "partner", "measure").items() if key[1] == "value_usd"}
    assert values == {("CHN", "value_usd"): 100, (f"schedule_c:{code}", "value_usd"): 3}
    assert doubts(release) == [("unknown_partner", "warning")]


def test_a_row_without_a_partner_is_set_aside_and_not_the_world(tmp_path: Path) -> None:
    rows = [line(CHINA, "100"), [None, *line(JAPAN, "3")[1:]]]
    release = read(json.dumps([NAMES, *rows]).encode(), tmp_path)
    assert release.quarantine["reasons"].explode().to_list() == ["partner '' is no partner code"] * 2
    assert {partner for partner, _ in numbers(release, "partner", "measure")} == {"CHN"}


def test_domestic_exports_that_come_twice_hold_the_release() -> None:
    rows = [
        [CHINA, value, "10", "KG", df, "8505110070", "2026", "05", "HS10"]
        for value, df in (("100", "1"), ("30", "2"), ("101", "1"))
    ]
    (found,) = SOURCES["us_census"].parse(answer(rows, EXPORTS), "f").doubts
    assert (found["check"], found["severity"], found["records"]) == ("row_twice", "error", [1])
    assert "first record 1" in found["observed"]


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (answer([]), "no records"),
        (answer([*ROWS, line(CHINA, "1", product="850511", level="HS6")]), "mixed levels"),
        (answer([line(CHINA, "1", product="850511")]), "code of another level"),
        (answer([line(CHINA, "1.5")]), "no number"),
        (answer([line(CHINA, "1")[:-1]]), "row width"),
        (answer([row[:-1] for row in ROWS], NAMES[:-1]), "columns"),
        (answer(ROWS, [name.replace("I_COMM", "X_COMM") for name in NAMES]), "columns"),
        (answer(ROWS, [name.replace("_VAL_MO", "_V").replace("_CIF_MO", "_C") for name in NAMES]), "columns"),
        (answer(ROWS, [name.replace("time", "when") for name in NAMES]), "columns"),
        (answer([[*row, "5700"] for row in ROWS], [*NAMES, "CTY_CODE"]), "column twice"),
        (b'{"error": "unknown variable"}', "no answer"),
        (b"[]", "no answer"),
        (b"<html><head><title>Missing Key</title></head></html>", "not JSON"),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)
def test_what_is_no_answer_is_refused_by_name(data: bytes, rule: str) -> None:
    assert rule_of("us_census", data) == rule


@pytest.mark.parametrize(
    ("name", "unknown", "near"),
    [
        ("GEN_VAL_MO", "GEN_VAL_M0", "Is it GEN_VAL_MO? "),
        ("GEN_VAL_MO", "gen_val_mo", "Is it GEN_VAL_MO? "),
        ("GEN_CIF_MO", "GEN_CIF", "Is it GEN_CIF_MO? "),
        ("GEN_QY1_MO", "GEN_QTY1_MO", "Is it GEN_QY1_MO? "),
        ("GEN_QY1_MO", "GEN_QY3_MO", "Is it GEN_QY"),
        ("UNIT_QY1", "UNIT_QTY1", "Is it UNIT_QY1? "),
        ("GEN_CIF_MO", "QUANTITY_TOTAL", "Ask the API again, by one COMM_LVL"),
    ],
)
def test_a_number_of_an_unknown_name_is_refused_and_not_left_out(name: str, unknown: str, near: str) -> None:
    with pytest.raises(Refused) as refused:
        SOURCES["us_census"].parse(answer(ROWS, [unknown if one == name else one for one in NAMES]), "census.json")
    assert (refused.value.rule, unknown in refused.value.found) == ("unknown number", True)
    assert refused.value.advice.startswith(near)


@pytest.mark.parametrize(
    "name",
    ["AIR_VAL_MO", "VES_WGT_MO", "CNT_WGT_YR", "GEN_VAL_YR", "CON_QY1_MO", "CON_QY2_MO_FLAG", "GEN_CHA_MO", "UNIT_QY2",
     "DIST_NAME", "RP", "I_COMMODITY_LDESC"],
)  # fmt: skip
def test_a_number_of_the_source_that_is_not_published_is_left_out(tmp_path: Path, name: str) -> None:
    release = read(answer([[*row, "1"] for row in ROWS], [*NAMES, name]), tmp_path)
    assert numbers(release, "partner", "measure") == numbers(
        read(answer(), tmp_path / "as asked"), "partner", "measure"
    )


def test_a_number_that_is_null_is_missing_and_the_finding_says_so(tmp_path: Path) -> None:
    nothing = [None, None, None]
    rows = [[*line(CHINA, "1")[:2], *nothing, *line(CHINA, "1")[5:]], line(JAPAN, "20", "21", "7")]
    rows.append([*line(MALAYSIA, "3", "4", unit="-")[:4], None, *line(MALAYSIA, "3", unit="-")[5:]])
    release = read(json.dumps([NAMES, *rows]).encode(), tmp_path)
    assert {partner for partner, _ in numbers(release, "partner", "measure")} == {"JPN", "MYS"}
    found = release.findings.filter(check="missing_number").select("subject", "observed").rows()
    # A quantity without a unit is none.
    assert {subject.rpartition(" ")[2]: observed for subject, observed in found} == dict.fromkeys(
        ("GEN_VAL_MO", "GEN_CIF_MO", "GEN_QY1_MO"), "1 null, first in record 1"
    )


def test_a_region_whose_only_country_is_gone_differs_from_its_parts(tmp_path: Path) -> None:
    """The regions are the world, so that its sum agrees; of a region without trade nothing is gone."""
    africa, south = line("7XXX", "70", "80", "2"), line("3XXX", "0")
    rows = [*ROWS[:3], line("-", "2204802", "2280080", "27320"), ROWS[5], africa, south]
    release = read(answer(rows), tmp_path)
    assert {name for name, _ in doubts(release)} == {"total_differs"}
    said = release.findings.filter(check="total_differs")["observed"].sort().to_list()
    assert said == [f"7XXX prints {number}, its 0 parts add up to 0" for number in ("2", "70", "80")]
    whole = SOURCES["us_census"].parse(answer([*rows, line("7910", "70", "80", "2")]), "census.json")
    assert (whole.doubts, whole.short) == ((), ())


def test_a_total_that_differs_because_a_row_comes_twice_says_so() -> None:
    found = SOURCES["us_census"].parse(answer([*ROWS, ROWS[0]]), "census.json")
    told = [doubt["observed"] for doubt in (*found.doubts, *found.short) if doubt["check"] == "total_differs"]
    assert told
    assert all(text.endswith("; partner 5700 comes more than once") for text in told)
    other = SOURCES["us_census"].parse(answer([*ROWS, line("5820", "1")]), "census.json")
    assert not [doubt for doubt in (*other.doubts, *other.short) if "more than once" in doubt["observed"]]


@pytest.mark.shared
def test_the_union_is_the_printed_row_and_not_covered_where_a_code_has_no_place(
    shared_data: Path, tmp_path: Path
) -> None:
    """Row 0003 prints the sum of the members of that month; 4701 is a code that no list has."""
    data = (shared_data / "census_real" / "imports_hs6_2018_030254_030235_030442.json").read_bytes()
    names, *rows = json.loads(data)
    lines = [dict(zip(names, row, strict=True)) for row in rows]
    printed = {
        (line["I_COMMODITY"], f"{line['YEAR']}-{line['MONTH']}"): int(line["GEN_VAL_MO"])
        for line in lines if line["CTY_CODE"] == "0003"
    }  # fmt: skip
    assert len(printed) == 30
    found = union_of(read(data, tmp_path / "as it is"))
    assert {key: found[key] for key in printed} == {
        key: (value, "sum") if value else (0, found[key][1]) for key, value in printed.items()
    }
    unknown = union_of(read(data.replace(b'"4700"', b'"4701"'), tmp_path / "unknown"))
    assert {unknown[key] for key in printed} == {(None, "not_covered")}


def union_of(release: Normalised) -> dict[tuple[str, str], tuple[float | None, str]]:
    metric = derived([(release.release.row(0, named=True), release.detail.to_dicts())])
    rows = metric.filter(partner="EU27", measure="value_usd").with_columns(month=pl.col("period").dt.strftime("%Y-%m"))
    return {(row[0], row[1]): row[2:] for row in rows.select("product", "month", "level", "level_status").iter_rows()}


def test_the_printed_totals_are_the_word_on_the_world_where_some_countries_were_asked_for(tmp_path: Path) -> None:
    rows = [line(CHINA, "7", "8"), line("-", "47", "50"), line("0003", "40", "41"), line("0022", "45", "46")]
    release = read(answer(rows), tmp_path, partners="listed")
    assert {
        key[0]: value for key, value in numbers(release, "partner", "measure").items() if key[1] == "value_usd"
    } == {"CHN": 7, "WLD": 47, "EU27": 40}
    assert union_of(release)["8505110070", "2026-05"] == (40, "reported")
    too_much = read(answer([line(CHINA, "48"), line("-", "47")]), tmp_path / "too much", partners="listed")
    assert doubts(too_much) == [("total_differs", "error")]


def test_a_question_is_of_a_year_and_in_june_and_july_the_year_before_last_is_asked_for_again() -> None:
    def asked(today: date) -> dict[str, str]:
        request = FetchRequest(source="us_census", products=["850511"], flows=["import"])
        return {one.name[-4:]: one.address for one in SOURCES["us_census"].questions(request, today, None)}  # type: ignore[arg-type]

    assert [*asked(date(2026, 5, 31))] == [*asked(date(2026, 8, 1))] == ["2026", "2025"]
    assert [*asked(date(2026, 6, 1))] == [*asked(date(2026, 7, 31))] == ["2026", "2025", "2024"]
    address = asked(date(2026, 6, 1))["2024"]
    assert address.startswith("https://api.census.gov/data/timeseries/intltrade/imports/hs?get=CTY_CODE,")
    assert address.endswith("&COMM_LVL=HS10&I_COMMODITY=850511*&time=from+2024-01+to+2024-12")


def _judged(folder: Path, rows: Sequence[Sequence[str]], names: Sequence[str] = NAMES) -> list[tuple[str, str]]:
    release = read(answer(rows, names), folder)
    found = check_release(release, first(release, folder / "ledger"))
    return found.filter(check="cif_below_value").select("severity", "observed").rows()


def test_a_value_with_freight_is_no_less_than_the_value_without(tmp_path: Path) -> None:
    swapped = [*NAMES]
    swapped[2], swapped[3] = swapped[3], swapped[2]
    assert _judged(tmp_path / "right", ROWS) == []
    assert _judged(tmp_path / "swapped", ROWS, swapped) == [
        ("error", "172,458 (2 of 3 such values)"),
        ("error", "2,032,274 (2 of 3 such values)"),
    ]
    many = [line(code, "100", "101", "5") for code in ("4280", "4279", "5800", "5570", "5590", "5650", "5700", "5880")]
    rows = [*many, line("4120", "100", "100", "5"), line("4010", "100", "100"), line("4270", "100", "90", "5")]
    assert _judged(tmp_path / "cell", rows) == [("warning", "90 (1 of 11 such values)")]
