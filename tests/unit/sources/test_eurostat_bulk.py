"""The bulk file of Comext: rows of procedures are added up, totals and copies are found, nothing is guessed.

No whole file was available: rows are invented, in the form of the real header and code lists.
"""

import math
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from comext_bulk import HEADER, Row, archive, text

from schemas.forms.request import ReleaseRequest
from schemas.reference.code_tables import code_table
from tasks.domain.errors import Refused
from tasks.ingest.corrections import correct
from tasks.ingest.declaration import locate
from tasks.ingest.normalise import Normalised, normalise
from tasks.ingest.parse import parse
from tasks.ingest.raw_store import land
from tasks.sources import eurostat_archive, eurostat_bulk

TODAY = date(2025, 8, 20)


def read(data: bytes, folder: Path, **declared: Any) -> Normalised:
    """A part through all gates."""
    folder.mkdir(exist_ok=True)
    (folder / "part.csv").write_bytes(data)
    given = {"source": "eurostat_bulk", "reporter": "DEU", "partners": "all", "released_on": TODAY, **declared}
    landed = land(locate(ReleaseRequest(file=folder / "part.csv", **given)), folder / "store", TODAY)
    return normalise(landed, correct(landed, parse(landed), TODAY))


def numbers(release: Normalised) -> dict[tuple[str, str, str], int]:
    rows = release.detail.select(pl.col("product", "partner", "measure").cast(pl.String), "value").rows()
    return {(product, partner, measure): value for product, partner, measure, value in rows}


def findings(release: Normalised, check: str) -> list[dict[str, Any]]:
    return release.findings.filter(check=check).rows(named=True)


def test_procedures_are_added_up_and_the_record_says_which_rows(tmp_path: Path) -> None:
    rows = [
        Row(),
        Row("US", "7", "1"),
        Row(value="500", mass="50", procedure="2"),
        Row(value="30", mass="2", procedure="9"),
    ]
    release = read(text(rows), tmp_path)
    assert numbers(release) == {
        ("85051110", "CHN", "value_eur"): 1530, ("85051110", "CHN", "quantity_kg"): 152,
        ("85051110", "USA", "value_eur"): 7, ("85051110", "USA", "quantity_kg"): 1,
    }  # fmt: skip
    parsed = eurostat_bulk.parse(text(rows), "part.csv").reported
    assert parsed.select("record", pl.col("note").cast(pl.String)).rows() == [(1, "sum of records 1, 3, 4"), (2, None)]
    row = release.detail.row(0, named=True)
    assert (row["flow"], row["classification"], row["reporter"]) == ("import", "CN8", "DEU")
    assert (row["period_start"], row["period_end"], row["resolution"]) == (date(2025, 6, 1), date(2025, 6, 30), 1)
    assert not release.findings.filter(pl.col("severity") != "info").height


def test_cents_are_added_exactly_and_rounded_once(tmp_path: Path) -> None:
    """86,456.87 occurs in files of members; rounded one by one these three would be 2 more."""
    rows = [
        Row(value="86456.57", mass="0.6"),
        Row(value="1.57", mass="0.6", procedure="2"),
        Row(value="1.57", mass="0.6", procedure="3"),
    ]
    release = read(text(rows), tmp_path)
    assert numbers(release) == {("85051110", "CHN", "value_eur"): 86460, ("85051110", "CHN", "quantity_kg"): 2}
    assert [row["severity"] for row in findings(release, "fractions")] == ["info"]


def test_a_total_of_all_codes_is_compared_and_not_published(tmp_path: Path) -> None:
    rows = [Row(), Row(product="28XXXXXX", value="11", mass="1"), Row(product="01012100", value="4", mass="9")]
    whole = Row(product="TOTAL", value="1015", mass="110", sitc="TOTAL")
    right = read(text([*rows, whole]), tmp_path / "right")
    assert {product for product, _, _ in numbers(right)} == {"85051110", "line:cn8_28xxxxxx", "01012100"}
    assert not findings(right, "total_differs")
    # In files before 2018 it is there under both names.
    both = read(text([*rows, whole, whole._replace(product="000TOTAL")]), tmp_path / "both")
    assert not findings(both, "total_differs")
    assert numbers(both) == numbers(right)
    for place, wrong in enumerate(
        (whole._replace(value="1016"), whole._replace(mass="109"), whole._replace(partner="US"))
    ):
        (found,) = findings(read(text([*rows, wrong]), tmp_path / str(place)), "total_differs")
        assert found["severity"] == "error"
        assert "record 4" in found["subject"]


def test_totals_groups_and_parts_of_a_country_among_the_partners_are_not_published(tmp_path: Path) -> None:
    rows = [
        Row("CN", "10", "1"), Row("QW", "3", "1"), Row("QZ", "2", "1"), Row("EXT_EU27_2020", "15", "3"),
        Row("GB", "100", "10", product="81019400"), Row("XI", "30", "4", product="81019400", trade="L"), Row("XU", "70", "6", product="81019400", trade="M"),
    ]  # fmt: skip
    release = read(text(rows), tmp_path)
    assert {(product, partner): value for (product, partner, measure), value in numbers(release).items() if measure == "value_eur"} == {
        ("85051110", "CHN"): 10, ("85051110", "geonom:QW"): 3, ("85051110", "geonom:QZ"): 2, ("81019400", "GBR"): 100,
    }  # fmt: skip
    assert not findings(release, "total_differs")
    wrong = [row._replace(value="16") if row.partner == "EXT_EU27_2020" else row for row in rows]
    assert [row["severity"] for row in findings(read(text(wrong), tmp_path / "wrong"), "total_differs")] == ["error"]


def test_a_row_that_is_there_twice_holds_the_release(tmp_path: Path) -> None:
    for place, copy in enumerate((Row(), Row(value="999"))):
        (found,) = findings(read(text([Row(), Row(procedure="2"), copy]), tmp_path / str(place)), "row_twice")
        assert (found["severity"], found["observed"][:9]) == ("error", "2 records")
    other = read(text([Row(product="28XXXXXX"), Row(product="28XXXXXX", sitc="51111")]), tmp_path / "other")
    assert not findings(other, "row_twice")


def test_trade_without_a_published_code_is_a_line_and_makes_silence_say_nothing(tmp_path: Path) -> None:
    rows = [Row(), Row(product="28XXXXXX"), Row(product="28046100"), Row(product="84MMMXXX"), Row(product="84111100")]
    parsed = eurostat_bulk.parse(text(rows), "part.csv")
    assert eurostat_archive.asked(parsed) == ["85", "28046100", "84111100"]
    assert eurostat_archive.asked(eurostat_bulk.parse(text([Row()]), "part.csv")) == ["*"]
    nowhere = eurostat_bulk.parse(text([Row(), Row(product="XXXXXXXX")]), "part.csv")
    assert eurostat_archive.asked(nowhere) == ["85051110"]
    release = read(text(rows), tmp_path, products=eurostat_archive.asked(parsed), months="2025-06")
    assert not release.quarantine.height
    assert [row["severity"] for row in findings(release, "without_detail")] == ["info"]


def test_a_supplementary_quantity_has_its_unit_or_is_named(tmp_path: Path) -> None:
    rows = [
        Row(unit="PST", amount="3"), Row(unit="PST", amount="4", procedure="2"), Row(product="27160000", unit="1000_KWH", amount="5", mass="0"),
        Row(product="22030001", unit="100_PST", amount="2"), Row(product="28046100", unit="KG", amount="100"),
    ]  # fmt: skip
    release = read(text(rows), tmp_path)
    found = numbers(release)
    assert found["85051110", "CHN", "quantity_item"] == 7
    assert found["22030001", "CHN", "quantity_item"] == 200
    assert found["28046100", "CHN", "quantity_kg"] == 100
    assert not [key for key in found if "kwh" in key[2]]
    (left_out,) = findings(release, "unit_left_out")
    assert "1000_KWH" in left_out["observed"]
    assert not release.quarantine.height


@pytest.mark.shared
def test_every_unit_that_is_read_is_in_the_table_of_units_and_in_the_list_of_eurostat(shared_data: Path) -> None:
    printed = {*code_table("units")["printed"]}
    assert {*eurostat_bulk.UNITS.values()} <= printed
    listed = (shared_data / "comext_bulk" / "full_v2_dictionary.txt").read_text(encoding="utf-8")
    assert {*re.findall(r"^  (\w+)\t", listed[listed.index("SUPPL_UNIT\n") :], re.M)} >= {*eurostat_bulk.UNITS}
    procedures = listed[listed.index("STAT_PROCEDURE\n") : listed.index("SUPPL_UNIT\n")]
    assert re.findall(r"^  ([0-9])\t", procedures, re.M) == [*eurostat_bulk.PROCEDURES]


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (text([Row(period="202552")]), "frequency"), (text([Row(period="202513")]), "period"), (text([Row(), Row(reporter="FR")]), "several reporters"),
        (text([Row(), Row(flow="2")]), "both flows"), (text([Row(flow="3")]), "unknown flow"), (text([Row(procedure="4")]), "unknown procedure"),
        (text([Row(value="1e3")]), "no number"), (text([Row(mass="-1")]), "no number"), (text([Row(value="1.0001")]), "no number"),
        (text([]), "no records"), (text([Row(reporter="GB:")]), "unknown reporter"), (text([Row()])[:-2], "no final newline"),
        (text([Row()]).replace(b",STAT_PROCEDURE", b",PROCEDURE"), "columns"), (archive(text([Row()])), "archive of all reporters"), (b"<html>", "not a table"),
    ],
)  # fmt: skip
def test_what_is_no_part_is_refused_by_name(data: bytes, rule: str) -> None:
    with pytest.raises(Refused) as refused:
        eurostat_bulk.parse(data, "part.csv")
    assert refused.value.rule == rule
    assert "part.csv" in refused.value.where


@pytest.mark.shared
def test_the_columns_are_those_of_the_real_header(shared_data: Path) -> None:
    said = (shared_data / "comext_bulk" / "PROVENANCE.md").read_text(encoding="utf-8")
    assert f"`{HEADER}`" in said
    assert tuple(HEADER.split(",")) == eurostat_bulk.COLUMNS


@pytest.mark.shared
def test_real_rows_of_the_united_kingdom_are_not_doubled(shared_data: Path, tmp_path: Path) -> None:
    """Real figures of May 2026, written here in the form of the bulk file: GB is XI and XU."""
    rows = pl.read_csv(shared_data / "mirror_pairs" / "comext_partxixu_202605_magnets.csv", infer_schema=False)
    compared = 0
    for (code, flow), part in rows.group_by("reporter", "flow", maintain_order=True):
        made = [
            Row(row["partner"], row["value_eur"], row["qty_kg"], row["cn8"], flow="1" if flow == "import" else "2", reporter=str(code), period=row["period"])
            for row in part.iter_rows(named=True)
        ]  # fmt: skip
        whole = part.filter(partner="GB")
        if not whole.height:
            continue
        reported = eurostat_bulk.parse(text(made), "part.csv")
        sums = reported.reported.select(
            pl.col("value").cast(pl.Int64).sum(), pl.col("quantity").cast(pl.Int64).sum()
        ).row(0)
        assert sums == tuple(
            sum(math.floor(Decimal(text) + Decimal("0.5")) for text in whole[name]) for name in ("value_eur", "qty_kg")
        )
        assert {doubt["check"] for doubt in reported.doubts} <= {"fractions"}
        compared += 1
    assert compared > 3
