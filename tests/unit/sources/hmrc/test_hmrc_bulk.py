"""HMRC's bulk data sets of 85 characters a record: ports added up, amendments, suppression, header and trailer."""

import json
import zipfile
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from tasks.sources.adapter.protocol import WantedFile
from tasks.sources.experimental import hmrc_files
from tasks.sources.registry import SOURCES
from tests.unit.sources import reading
from tests.unit.sources.hmrc import ots_answers
from tests.unit.sources.hmrc.hmrc_bulk_files import NAME, TRAILER, file, record
from tests.unit.sources.reading import doubts, numbers, rule_of
from tests.unit.sources.value_terms import assert_terms

SPEC = {"reporter": "GBR", "declared": {"partners": "all"}}
parse = SOURCES["hmrc_bulk"].parse
read = partial(reading.read, source="hmrc_bulk", name=NAME, released_on=date(2026, 7, 16))


def test_ports_are_added_up_to_a_code_and_a_country(tmp_path: Path) -> None:
    records = [
        record(1_000, 100),
        record(234, 5, port="131FXT"),
        record(9, 1, country="004DE"),
        record(5, 2, code="06031100"),
    ]
    release = read(file(*records), tmp_path)
    assert numbers(release, "product", "partner", "measure") == {
        ("85051110", "CHN", "value_gbp"): 1_234, ("85051110", "CHN", "quantity_kg"): 105,
        ("85051110", "DEU", "value_gbp"): 9, ("85051110", "DEU", "quantity_kg"): 1,
        ("06031100", "CHN", "value_gbp"): 5, ("06031100", "CHN", "quantity_kg"): 2,
    }  # fmt: skip
    assert doubts(release) == []
    (row,) = release.release.to_dicts()
    assert (row["flow"], row["partners"], row["first_month"]) == ("import", "all", date(2026, 5, 1))
    assert row["products"] == ["06031100", "85051110"]
    assert_terms(release, {"value_gbp": ("CIF", "origin, consignment inside the EU", "nearest")})


def test_the_direction_stands_in_the_name_or_is_declared(tmp_path: Path) -> None:
    exports = file(record(flow="004"))
    release = read(exports, tmp_path / "named", name="BDSExp2605.TXT")
    assert_terms(release, {"value_gbp": ("FOB", "last known destination", "nearest")})
    assert read(exports, tmp_path / "declared", name="may.txt", flow="export").release["flow"].to_list() == ["export"]
    assert rule_in(exports, tmp_path / "unknown", "may.txt") == "nothing usable"


def rule_in(data: bytes, folder: Path, name: str) -> str:
    with pytest.raises(reading.Refused) as refused:
        read(data, folder, name=name)
    return refused.value.rule


def test_a_packed_download_is_the_file_in_it(tmp_path: Path) -> None:
    packed = tmp_path / "bdsimp2605.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("BDSImp2605.txt", file(record()))
    release = read(packed.read_bytes(), tmp_path / "in", name=packed.name)
    assert numbers(release, "partner", "measure") == {("CHN", "value_gbp"): 1_000, ("CHN", "quantity_kg"): 100}


def test_an_amendment_is_a_difference_and_no_number_of_its_month(tmp_path: Path) -> None:
    late = [
        record(-221, -91, account="202603").replace("00000000-221", "-00000000221"),
        record(50, 4, account="202604"),
    ]
    release = read(file(record(), *late), tmp_path)
    assert numbers(release, "partner", "measure") == {("CHN", "value_gbp"): 1_000, ("CHN", "quantity_kg"): 100}
    (found,) = release.findings.filter(check="amendments").to_dicts()
    assert "2 records that change months 202603 to 202604 by -171 GBP and -87 kg" in found["observed"]
    assert rule_of("hmrc_bulk", file(*late), NAME) == "no records"


@pytest.mark.parametrize("hidden", [{"suppression": "2"}, {"kind": "3"}])
def test_a_sum_with_a_hidden_part_has_a_value_and_no_quantity(hidden: dict[str, str], tmp_path: Path) -> None:
    release = read(file(record(), record(500, 0, port="131FXT", **hidden)), tmp_path)
    assert numbers(release, "partner", "measure") == {("CHN", "value_gbp"): 1_500}
    assert release.release["lost"].to_list() == [["85051110 2026-05 quantity"]]
    assert ("suppressed", "warning") in doubts(release)


def test_trade_that_is_known_by_chapter_alone_is_a_line_of_its_own(tmp_path: Path) -> None:
    release = read(file(record(), record(70, 7, code="01")), tmp_path)
    assert numbers(release, "product", "measure")["line:cn8_01", "value_gbp"] == 70


def test_countries_are_those_of_the_api(tmp_path: Path) -> None:
    """Two numbers with the same letters are two partners."""
    release = read(
        file(record(1, 1, country="959QV"), record(2, 2, country="962QV"), record(3, 3, country="400US")), tmp_path
    )
    api = ots_answers.page(
        *(
            {**ots_answers.row(value, value, month=202605), "CountryId": number}
            for value, number in ((1, 959), (2, 962), (3, 400))
        )
    )
    other = reading.read(api, tmp_path / "api", source="hmrc_ots", name="ots.json", released_on=date(2026, 7, 16))
    assert numbers(release, "partner", "measure") == numbers(other, "partner", "measure")
    assert len(numbers(release, "partner", "measure")) == 6


@pytest.mark.parametrize(
    ("raw", "name", "found"),
    [
        (file(record()), NAME, []),
        (file(record(), header="", trailer=""), NAME, []),
        (file(record(), header="MAY 2026"), NAME, []),
        (file(record(), end="\n"), NAME, []),
        (file(record()) + b"\x1a", NAME, []),
        # Low values fill the header of older files.
        (file(record(), header="000000000|" + "\0" * 40), NAME, []),
        # One record fewer than the trailer says, and one that counts header and trailer, too.
        (file(record(), record(1, port="131FXT"), trailer=TRAILER.format(3)), NAME, [("control_total", "error")]),
        (file(record(), record(1, port="131FXT"), trailer=TRAILER.format(4)), NAME, []),
        (file(record(), record(-5, 0, port="131FXT")), NAME, [("negative_part", "warning")]),
        (file(record()), "bdsimp2604.txt", [("file_name", "error")]),
        (file(record(flow="004")), NAME, [("other_flow", "error")]),
        (file(record(flow="IMP")), NAME, []),
    ],
)
def test_what_varies_is_read_and_what_is_doubtful_is_named(raw: bytes, name: str, found: list[tuple[str, str]]) -> None:
    parsed = parse(raw, name)
    assert [(doubt["check"], doubt["severity"]) for doubt in parsed.doubts] == found
    assert int(parsed.reported["value"][0]) in (1_000, 995, 1_001)


def test_copies_are_doubts_about_the_sum_that_they_went_into() -> None:
    (found,) = parse(file(record(1, port="131FXT"), record(), record()), NAME).doubts
    assert (found["check"], found["records"]) == ("row_twice", [1])


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        (b"", "not a table"),
        (b"<html>\n<body>\n", "not a table"),
        (b'{"value": []}', "not a table"),
        (file(header="comcode|sitc|record_type"), "other form"),
        (b"comcode,sitc,record_type\n610442000,84424,000\n", "other form"),
        (file(record(), record()[:60], record()), "row width"),
        (file(record(), record(1)[:60], trailer=""), "row width"),
        (file(record(), record(1), header="000000IMPORTS BUL" + "\0" * 30 + record(3)[9:]), "damaged text"),
        (file(record(), record(month="202604")), "several months"),
        (file(record(month="202613"), header="", trailer=""), "no month"),
        (file(record().replace("000000001000", "00000000 1000"), trailer=""), "no number"),
        (file(record(), record(1), trailer="")[:-30], "no final newline"),
    ],
)  # fmt: skip
def test_what_is_no_bulk_file_is_refused_by_name(raw: bytes, rule: str) -> None:
    assert rule_of("hmrc_bulk", raw, NAME) == rule


def test_a_trailer_that_counts_the_records_proves_that_none_is_gone(tmp_path: Path) -> None:
    both = (record(), record(1, port="131FXT"))
    assert parse(file(*both), NAME).proof == "2 records, as its trailer counts"
    for without in (
        file(*both, trailer=""),
        file(*both, trailer="999999THE END"),
        file(*both, trailer=TRAILER.format(3)),
    ):
        assert parse(without, NAME).proof == ""
    (found,) = read(file(*both, trailer="999999THE END"), tmp_path).findings.filter(check="no_proof").to_dicts()
    assert "each record has 85 characters" in found["expected"]
    assert read(file(*both), tmp_path / "proven").findings.filter(check="no_proof").height == 0


def test_the_source_of_the_api_names_the_one_of_the_bulk_file() -> None:
    assert rule_of("hmrc_ots", file(record()), NAME) == "other download"
    assert rule_of("hmrc_ots", file(record(), header=""), NAME) == "other download"


@pytest.mark.shared
@pytest.mark.parametrize("kind", ["imports", "exports", "arrdis"])
def test_records_of_the_form_before_2022_are_refused_by_name(kind: str, shared_data: Path) -> None:
    raw = (shared_data / "hmrc_real" / f"tradetools_sample_{kind}.csv").read_bytes()
    assert rule_of("hmrc_bulk", raw, f"{kind}.csv") == "other form"


@pytest.mark.shared
def test_every_country_of_a_real_month_is_a_partner(shared_data: Path, tmp_path: Path) -> None:
    """The totals of chapter 06 that the API added up, written as records: the sums by country are these again."""
    (totals,) = (shared_data / "hmrc_bulk_real").glob("*chapter_06*.json")
    rows = [row for row in json.loads(totals.read_text())["rows"] if row[2] == "I"]
    assert len(rows) == 18
    records = [record(value, mass, code="06031100", country=f"{country:03d}  ", month="202607", account="202607")
               for _, country, _, value, mass in rows]  # fmt: skip
    release = read(file(*records), tmp_path, name="bdsimp2607.txt", released_on=date(2026, 9, 16))
    found = numbers(release, "partner", "measure")
    assert sum(value for (_, measure), value in found.items() if measure == "value_gbp") == sum(row[3] for row in rows)
    assert sorted(value for (_, measure), value in found.items() if measure == "quantity_kg") == sorted(
        row[4] for row in rows
    )
    assert all(len(partner) == 3 for partner, _ in found)


@pytest.mark.shared
def test_every_month_that_the_real_page_lists_is_asked_for_also_in_archives_of_half_a_year(shared_data: Path) -> None:
    text = (shared_data / "hmrc_bulk_real" / "hmrc_archive_manifest.json").read_text(encoding="utf-8")
    links = [archive["url"] for archive in json.loads(text)["archives"]]
    assert len(links) == 28
    wanted = [f"{year}-{month:02d}" for year in (2025, 2026) for month in range(1, 13)][:18]
    found = [*hmrc_files._files(links, wanted, ("export", "import"), SPEC, page="page")]
    files = {one.name: [*one.parts.args[0]] for one in found if isinstance(one, WantedFile)}  # type: ignore[union-attr]
    assert {name: len(months) for name, months in files.items()} == {
        "bdsexp2605.zip": 1, "bdsexp_26archive.zip": 5, "bdsexp_25archive.zip": 12,
        "bdsimp2605.zip": 1, "bdsimp_jan-jun26archive.zip": 5, "bdsimp_jul-dec25archive.zip": 6,
        "bdsimp_jan-jun25archive.zip": 6,
    }  # fmt: skip
    assert sorted(files["bdsimp_jul-dec25archive.zip"]) == wanted[6:12]
    # Of an earlier year the page has no half, and a month that no link is about is said.
    (missing,) = hmrc_files._files(links, ["2015-12"], ["import"], SPEC, page="page")
    assert (missing.name, missing.outcome, missing.reason) == (  # type: ignore[union-attr]
        "hmrc_bulk, imports", "not out", "page lists no file of 2015-12",
    )  # fmt: skip
