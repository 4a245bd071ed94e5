"""The bulk file of Comext: rows of procedures are added up, totals and copies are found, nothing is guessed.

No whole file was available: rows are invented, in the form of the real header and code lists.
"""

import re
from datetime import date
from functools import partial
from pathlib import Path

import polars as pl
import pytest
from comext_bulk import HEADER, Row, archive, text

from schemas.reference.code_tables import code_table
from tasks.sources.adapter.declaration import load
from tasks.sources.adapter.protocol import Parsed
from tasks.sources.experimental import eurostat_archive
from tasks.sources.registry import SOURCES
from tests.unit.sources import reading
from tests.unit.sources.reading import doubts, numbers, rule_of

KEY = ("product", "partner", "measure")
MAGNETS, MASS = ("85051110", "CHN", "value_eur"), ("85051110", "CHN", "quantity_kg")
read = partial(reading.read, source="eurostat_bulk", reporter="DEU", released_on=date(2025, 8, 20))


def parsed(*rows: Row) -> Parsed:
    return SOURCES["eurostat_bulk"].parse(text(rows), "part.csv")


def said(*rows: Row) -> list[tuple[str, str]]:
    """Check and severity of each doubt about these rows."""
    return [(doubt["check"], doubt["severity"]) for doubt in parsed(*rows).declared("all").doubts]


def test_procedures_are_added_up_and_the_record_says_which_rows(tmp_path: Path) -> None:
    rows = (
        Row(),
        Row("US", "7", "1"),
        Row(value="500", mass="50", procedure="2"),
        Row(value="30", mass="2", procedure="9"),
    )
    release = read(text(rows), tmp_path)
    assert numbers(release, *KEY) == {
        MAGNETS: 1530, MASS: 152, ("85051110", "USA", "value_eur"): 7, ("85051110", "USA", "quantity_kg"): 1,
    }  # fmt: skip
    notes = parsed(*rows).reported.select("record", pl.col("note").cast(pl.String)).rows()
    assert notes == [(1, "sum of records 1, 3, 4"), (2, None)]
    row = release.detail.row(0, named=True)
    assert [row[name] for name in ("flow", "classification", "reporter", "resolution")] == ["import", "CN8", "DEU", 1]
    assert (row["period_start"], row["period_end"]) == (date(2025, 6, 1), date(2025, 6, 30))
    assert doubts(release) == []


def test_cents_are_added_exactly_and_rounded_once(tmp_path: Path) -> None:
    """86,456.87 occurs in files of members; rounded one by one these three would be 2 more."""
    amounts = (("86456.57", "1"), ("1.57", "2"), ("1.57", "3"))
    rows = [Row(value=value, mass="0.6", procedure=procedure) for value, procedure in amounts]
    assert numbers(read(text(rows), tmp_path), *KEY) == {MAGNETS: 86460, MASS: 2}
    assert said(*rows) == [("fractions", "info")]


def test_a_total_of_all_codes_is_compared_and_not_published() -> None:
    """In files before 2018 it is there under both names."""
    rows = (Row(), Row(product="28XXXXXX", value="11", mass="1"), Row(product="01012100", value="4", mass="9"))
    whole, plain = Row(product="TOTAL", value="1015", mass="110", sitc="TOTAL"), parsed(*rows).reported
    for right in ((whole,), (whole, whole._replace(product="000TOTAL"))):
        found = parsed(*rows, *right)
        assert found.reported.equals(plain)
        assert "total_differs" not in {doubt["check"] for doubt in found.doubts}
    for wrong in (whole._replace(value="1016"), whole._replace(mass="109"), whole._replace(partner="US")):
        doubt, *_ = (one for one in parsed(*rows, wrong).doubts if one["check"] == "total_differs")
        assert (doubt["severity"], doubt["subject"]) == (
            "error",
            "part.csv, record 4, column " + doubt["subject"].split()[-1],
        )


def test_totals_groups_and_parts_of_a_country_among_the_partners_are_not_published(tmp_path: Path) -> None:
    rows = [
        Row("CN", "10", "1"),
        Row("QW", "3", "1"),
        Row("QZ", "2", "1"),
        Row("EXT_EU27_2020", "15", "3"),
        Row("GB", "100", "10", product="81019400"),
        Row("XI", "30", "4", product="81019400", trade="L"),
        Row("XU", "70", "6", product="81019400", trade="M"),
    ]
    release = read(text(rows), tmp_path)
    assert {
        key: value
        for (*key, measure), value in numbers(release, *KEY).items()
        if measure == "value_eur"
        for key in [tuple(key)]
    } == {
        ("85051110", "CHN"): 10,
        ("85051110", "geonom:QW"): 3,
        ("85051110", "geonom:QZ"): 2,
        ("81019400", "GBR"): 100,
    }
    assert doubts(release) == []
    assert said(*(row._replace(value="16") if row.partner == "EXT_EU27_2020" else row for row in rows)) == [
        ("total_differs", "error")
    ]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([Row(), Row(procedure="2"), Row()], [("row_twice", "error")]),
        ([Row(), Row(procedure="2"), Row(value="999")], [("row_twice", "error")]),
        ([Row(product="28XXXXXX"), Row(product="28XXXXXX", sitc="51111")], [("without_detail", "info")]),
    ],
)
def test_a_row_that_is_there_twice_holds_the_release(rows: list[Row], expected: list[tuple[str, str]]) -> None:
    assert said(*rows) == expected


def test_a_doubt_about_a_record_is_one_about_the_number_that_it_was_added_to(tmp_path: Path) -> None:
    release = read(text([Row(), Row("US", procedure="2"), Row("US"), Row("US")]), tmp_path)
    (found,) = release.findings.filter(check="row_twice").to_dicts()
    assert (found["scope"], found["products"], found["partners"]) == ("numbers", ["85051110"], ["USA"])


@pytest.mark.parametrize(
    ("codes", "asked"),
    [
        (["85051110"], ["*"]),
        (["85051110", "28XXXXXX", "28046100", "84MMMXXX", "84111100"], ["85", "28046100", "84111100"]),
        (["85051110", "XXXXXXXX"], ["85051110"]),
    ],
)
def test_trade_without_a_published_code_makes_silence_in_its_chapter_say_nothing(
    tmp_path: Path, codes: list[str], asked: list[str]
) -> None:
    rows = [Row(product=code) for code in codes]
    assert eurostat_archive.covered_products(parsed(*rows)) == asked
    assert not read(text(rows), tmp_path, products=asked, months="2025-06").quarantine.height


def test_a_supplementary_quantity_has_its_unit_or_is_named(tmp_path: Path) -> None:
    rows = [
        Row(unit="PST", amount="3"),
        Row(unit="PST", amount="4", procedure="2"),
        Row(product="27160000", unit="1000_KWH", amount="5", mass="0"),
        Row(product="22030001", unit="100_PST", amount="2"),
        Row(product="28046100", unit="KG", amount="100"),
    ]
    release = read(text(rows), tmp_path)
    found = {key: value for key, value in numbers(release, *KEY).items() if key[2] != "value_eur"}
    assert found == {
        ("85051110", "CHN", "quantity_item"): 7,
        MASS: 200,
        ("27160000", "CHN", "quantity_kg"): 0,
        ("22030001", "CHN", "quantity_item"): 200,
        ("22030001", "CHN", "quantity_kg"): 100,
        ("28046100", "CHN", "quantity_kg"): 100,
    }
    (left_out,) = release.findings.filter(check="unit_left_out")["observed"]
    assert "1000_KWH" in left_out
    assert not release.quarantine.height


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (text([Row(period="202552")]), "frequency"),
        (text([Row(period="202513")]), "period"),
        (text([Row(), Row(reporter="FR")]), "several reporters"),
        (text([Row(), Row(flow="2")]), "both flows"),
        (text([Row(flow="3")]), "unknown flow"),
        (text([Row(procedure="4")]), "unknown procedure"),
        (text([Row(value="1e3")]), "no number"),
        (text([Row(mass="-1")]), "no number"),
        (text([Row(value="1.0001")]), "no number"),
        (text([]), "no records"),
        (text([Row(reporter="GB:")]), "unknown reporter"),
        (text([Row()]).replace(b",STAT_PROCEDURE", b",PROCEDURE"), "columns"),
        (archive(text([Row()])), "archive of all reporters"),
    ],
)
def test_what_is_no_part_is_refused_by_name(data: bytes, rule: str) -> None:
    assert rule_of("eurostat_bulk", data, "part.csv") == rule


@pytest.mark.shared
def test_columns_units_and_procedures_are_those_of_eurostat(shared_data: Path) -> None:
    folder = shared_data / "comext_bulk"
    assert f"`{HEADER}`" in (folder / "PROVENANCE.md").read_text(encoding="utf-8")
    declared = load(Path(eurostat_archive.__file__).with_name("eurostat_bulk.toml"))
    assert {*HEADER.split(",")} == {*declared["columns"], *declared["optional"]}
    units = dict(re.findall(r"WHEN '(\w+)' THEN '([^']*)'", declared["record"][0]["supplementary_unit"]))
    assert {*units.values()} <= {*code_table("units")["printed"]}
    listed = (folder / "full_v2_dictionary.txt").read_text(encoding="utf-8")
    assert {*re.findall(r"^  (\w+)\t", listed[listed.index("SUPPL_UNIT\n") :], re.M)} >= {*units}
    procedures = listed[listed.index("STAT_PROCEDURE\n") : listed.index("SUPPL_UNIT\n")]
    (known,) = (rule["when"] for rule in declared["rules"] if rule["rule"] == "unknown procedure")
    assert re.findall(r"^  ([0-9])\t", procedures, re.M) == re.findall("[0-9]", known)
