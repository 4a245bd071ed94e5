"""The bulk archives of the Census Bureau: sums of districts, control totals, units, layouts that vary, refusals, and
the real records of January 2025."""

import io
import json
import zipfile
from collections import Counter
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from schemas.forms.fetch import FetchRequest
from tasks.domain.errors import Refused
from tasks.ingest.normalise import Normalised
from tasks.sources.experimental.census_archives import EXPORTS, IMPORTS
from tasks.sources.registry import SOURCES
from tests.unit import census_archive as made
from tests.unit.census_archive import Row, archive, members, packed
from tests.unit.sources import reading
from tests.unit.sources.reading import doubts, numbers, rule_of
from tests.unit.sources.value_terms import assert_terms

NAME = "IMDB2506.ZIP"
parse = SOURCES["us_census_bulk"].parse
read = partial(reading.read, source="us_census_bulk", name=NAME)
BUT_FOR_THE_SOURCE = [("experimental_source", "warning")]


def general(release: Normalised, *names: str) -> dict[tuple[str, ...], int]:
    """The numbers of general imports and of exports."""
    is_other = pl.col("measure").cast(pl.String).str.contains("consumption|duty|dutiable")
    return numbers(release._replace(detail=release.detail.filter(~is_other)), *names)


def checks(raw: bytes, name: str = NAME) -> list[tuple[str, str]]:
    return [(doubt["check"], doubt["severity"]) for doubt in parse(raw, name).doubts]


@pytest.mark.parametrize("names", [["README.txt"], ["IMDB2506.ZIP"], ["a.pdf", "imp_port.txt"]])
def test_an_archive_without_the_detail_is_refused_by_what_is_in_it(names: list[str]) -> None:
    with pytest.raises(Refused, match=f"but {', '.join(names)}"):
        parse(packed(dict.fromkeys(names, b"x")), NAME)


def test_the_year_to_date_is_handed_on_and_is_no_number_of_the_release() -> None:
    parsed = parse(archive(Row(value=300, year_value=1_900), Row(country="5880", value=0, year_value=70)), NAME)
    assert parsed.so_far is not None
    assert parsed.so_far.select("period", "product", "partner", "value", "currency").rows() == [
        ("2025-06", Row().code, "5700", "1900", "USD"),
        ("2025-06", Row().code, "5880", "70", "USD"),
    ]
    assert parse(archive(Row(), period="2025-01"), "IMDB2501.ZIP").so_far is None


def test_districts_and_provisions_are_added_up_to_a_code_and_a_country(tmp_path: Path) -> None:
    rows = [
        Row(value=1_000, charges=50, quantity=10, consumption=800, duty=20, dutiable=400),
        Row(value=300, charges=7, quantity=2, district="53", consumption=100, duty=3, dutiable=60),
    ]
    release = read(archive(*rows, Row(country="5880", value=5, charges=0, quantity=1)), tmp_path)
    assert numbers(release, "partner", "measure") == {
        ("CHN", "value_usd"): 1_300, ("CHN", "value_usd_cif"): 1_357, ("CHN", "quantity_item"): 12,
        ("CHN", "value_usd_consumption"): 900, ("CHN", "value_usd_consumption_cif"): 957, ("CHN", "value_usd_duty"): 23,
        ("CHN", "value_usd_dutiable"): 460, ("JPN", "value_usd_dutiable"): 0,
        ("JPN", "value_usd_consumption"): 0, ("JPN", "value_usd_consumption_cif"): 0, ("JPN", "value_usd_duty"): 0,
        ("JPN", "value_usd"): 5, ("JPN", "value_usd_cif"): 5, ("JPN", "quantity_item"): 1,
    }  # fmt: skip
    assert doubts(release) == []
    (row,) = release.release.to_dicts()
    assert [row[name] for name in ("reporter", "flow", "products", "partners", "classification")] == [
        "USA", "import", ["*"], "all", "HTS10",
    ]  # fmt: skip
    assert (row["first_month"], row["last_month"]) == (date(2025, 6, 1), date(2025, 6, 1))
    assert_terms(
        release,
        {
            "value_usd": ("customs value", "origin", "nearest"),
            "value_usd_cif": ("CIF", "origin", "nearest"),
            "value_usd_consumption": ("customs value", "origin", "nearest"),
            "value_usd_consumption_cif": ("CIF", "origin", "nearest"),
            "value_usd_dutiable": ("customs value", "origin", "nearest"),
            "value_usd_duty": ("calculated duty", "origin", "nearest"),
        },
    )


def test_a_sum_names_its_records_and_a_single_record_is_named_by_its_number() -> None:
    reported = parse(archive(Row(), Row(district="53"), Row(country="5880")), NAME).reported
    assert reported.select("record", "note").unique(maintain_order=True).rows() == [
        (1, "sum of 2 records, 1 to 2"),
        (3, None),
    ]


def test_domestic_and_foreign_exports_are_added_up(tmp_path: Path) -> None:
    rows = [
        ("1", "1201900095", "5700", "53", 900, 400_000),
        ("1", "1201900095", "5700", "27", 100, 50_000),
        ("2", "1201900095", "5700", "53", 1, 600),
        ("1", "1201900095", "2010", "23", 7, 3_000),
    ]
    release = read(packed(made.export_members(rows)), tmp_path, name="EXDB2506.ZIP")
    assert numbers(release, "partner", "measure", "flow") == {
        ("CHN", "value_usd", "export"): 450_600, ("CHN", "quantity_kg", "export"): 1_001,
        ("MEX", "value_usd", "export"): 3_000, ("MEX", "quantity_kg", "export"): 7,
    }  # fmt: skip
    assert doubts(release) == []
    assert_terms(release, {"value_usd": ("FAS", "ultimate destination", "nearest")})


def test_a_record_of_the_year_to_date_alone_is_no_zero_of_the_month() -> None:
    silent = Row(country="5880", value=0, charges=0, quantity=0, cards=0, year_value=2_158)
    parsed = parse(archive(Row(), silent, silent._replace(cards=1, district="53", country="4280")), NAME)
    # The third one has an entry in the month, whose numbers are zero.
    assert sorted(parsed.reported["partner"].cast(str).unique()) == ["4280", "5700"]
    assert parsed.normalised == (
        "1 record of a code and a country with a year to date alone",
        "3 records of districts and rate provisions",
    )


def test_each_unit_of_a_code_is_a_quantity_of_its_own(tmp_path: Path) -> None:
    rows = [
        Row(code="6403990000", quantity=3, second=7),
        Row(code="8471300100", quantity=5),
        Row(code="9801000000", quantity=0),
        Row(code="6201000000", quantity=4),
    ]
    units = {"6403990000": ("PRS", "KG"), "9801000000": ("X", ""), "6201000000": ("DOZ", "")}
    release = read(packed(members(rows, units=units)), tmp_path)
    quantities = numbers(release, "product", "measure")
    assert {key: value for key, value in quantities.items() if key[1].startswith("quantity")} == {
        ("6403990000", "quantity_pair"): 3, ("6403990000", "quantity_kg"): 7,
        ("8471300100", "quantity_item"): 5, ("6201000000", "quantity_item"): 48,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("files", "label"),
    [
        (packed(members([Row()], units={Row().code: ("QQQ", "")})), "QQQ"),
        (archive(IMP_COMM=None), "not stated"),
    ],
)
def test_a_quantity_of_an_unknown_unit_is_unknown_and_not_zero(files: bytes, label: str, tmp_path: Path) -> None:
    release = read(files, tmp_path)
    assert {measure for (measure,) in general(release, "measure")} == {"value_usd", "value_usd_cif"}
    (found,) = release.findings.filter(check="unknown_unit").to_dicts()
    assert label in found["observed"]
    assert release.release["lost"].to_list() == [["8505110070 2025-06 quantity"]]


def test_units_stand_in_the_list_of_codes_too() -> None:
    listed = "8505110070" + " " * 200 + "KG    " + " " * 19
    files = members()
    del files["IMP_COMM.TXT"]
    parsed = parse(packed({**files, "CONCORD.TXT": made.text([listed])}), NAME)
    assert parsed.reported["quantity_unit"].cast(str).to_list() == ["KG", *[None] * 5]
    assert [doubt["check"] for doubt in parsed.doubts] == ["no_control_total"]


@pytest.mark.parametrize(
    "changed",
    [
        lambda files: {name.lower(): data for name, data in files.items()},
        lambda files: {f"IMDB2506/{name.title()}": data for name, data in files.items()},
        lambda files: {name.removesuffix(".TXT"): data for name, data in files.items()},
        lambda files: {**files, "__MACOSX/IMP_DETL.TXT": b"x", "Documentation/README.doc": b"\xd0\xcf"},
        # Fields that a later layout adds at the end, and lines of Unix.
        lambda files: {name: data.replace(b"\r\n", b"       99 NEW\r\n") for name, data in files.items()},
        lambda files: {name: data.replace(b"\r\n", b"\n") for name, data in files.items()},
        lambda files: {name: data + b"\x1a" for name, data in files.items()},
    ],
)
def test_other_names_line_ends_and_new_fields_change_nothing(changed: Any) -> None:
    rows = [Row(), Row(district="53"), Row(country="5880", value=7)]
    there, other = (parse(packed(files), NAME) for files in (members(rows), changed(members(rows))))
    assert other.reported.equals(there.reported)
    assert other.doubts == there.doubts == ()


def test_a_layout_that_the_archive_states_counts() -> None:
    """Another order of the fields, as its description in the archive has it."""
    order = [name for name in IMPORTS.layout if name.startswith("gen_")]
    order += [name for name in IMPORTS.layout if name not in order]
    places, start, stated = {}, 1, []
    for name in order:
        width = IMPORTS.layout[name][1]
        places[name] = (start, start + width - 1)
        stated.append(f" {start:02d}-{start + width - 1}   \t{name}  what it is")
        start += width
    detail = made.text([made.line(places, Row().fields("2025-06"), start - 1)])
    files = {**members(), "IMP_DETL.TXT": detail}
    described = {**files, "Documentation/IMP_DETL.lay": "\n".join(stated).encode()}
    assert parse(packed(described), NAME).reported.equals(parse(archive(), NAME).reported)
    # Without the description nobody can know.
    assert rule_of("us_census_bulk", packed(files), NAME) in ("no number", "several months")


@pytest.mark.parametrize("member", ["IMP_COMM", "IMP_CTY", "IMP_DE"])
def test_a_sum_that_is_not_the_printed_one_holds_the_release(member: str) -> None:
    right = members([Row(), Row(country="5880", code="2709001000", district="10")])[f"{member}.TXT"]
    wrong = right.replace(b"           1000", b"           1001", 1)
    assert wrong != right
    raw = archive(Row(), Row(country="5880", code="2709001000", district="10"), **{member: wrong})
    found = parse(raw, NAME).doubts
    assert [(doubt["check"], doubt["severity"]) for doubt in found] == [("total_differs", "error")]
    assert f"{member}.TXT, gen_val_mo" in found[0]["subject"]
    assert "1 sum of 2" in found[0]["observed"]
    assert "printed as 1,001, its records add up to 1,000; in all 2,001 and 2,000" in found[0]["observed"]


@pytest.mark.parametrize("member", ["IMP_COMM", "IMP_CTY", "IMP_DE"])
def test_a_record_that_is_lost_differs_in_every_sum(member: str) -> None:
    both = members([Row(), Row(country="5880", code="2709001000", district="10", consumption=9, duty=1)])
    short = archive(Row(), **{member: both[f"{member}.TXT"]})
    assert set(checks(short)) == {("total_differs", "error")}
    assert len(checks(short)) == (9 if member == "IMP_COMM" else 8)


def test_three_printed_sums_prove_that_no_record_is_gone() -> None:
    assert parse(archive(), NAME).proof == "the sums of IMP_COMM, IMP_CTY, IMP_DE"
    assert parse(archive(IMP_DE=None), NAME).proof == ""


@pytest.mark.parametrize(("member", "severity"), [("IMP_COMM", "error"), ("IMP_CTY", "warning"), ("IMP_DE", "warning")])
def test_a_missing_control_member_is_named(member: str, severity: str) -> None:
    assert ("no_control_total", severity) in checks(archive(**{member: None}))


@pytest.mark.parametrize(
    ("raw", "name", "found"),
    [
        (archive(period="2025-05"), NAME, [("file_name", "error")]),
        (archive(period="2025-05"), "imdb2505.zip", []),
        (archive(IMP_CTY=members(period="2025-05")["IMP_CTY.TXT"]), NAME, [("other_month", "error")]),
        (archive(Row(year_value=9), period="2025-01"), "IMDB2501.ZIP", [("year_to_date", "error")]),
        (archive(Row(year_value=9), period="2025-06"), NAME, []),
    ],
)
def test_months_that_disagree_hold_the_release(raw: bytes, name: str, found: list[tuple[str, str]]) -> None:
    assert checks(raw, name) == found


def test_charges_are_the_difference_of_the_two_values() -> None:
    files = {name: data.replace(b"             50           1050", b"             49           1050")
             for name, data in members().items()}  # fmt: skip
    assert checks(packed(files)) == [("charges_differ", "warning")]


DETAIL = members()["IMP_DETL.TXT"]


def changed(old: bytes, new: bytes) -> bytes:
    assert old in DETAIL
    return archive(IMP_DETL=DETAIL.replace(old, new))


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        (b"", "no detail"),
        (b"<html>busy</html>", "no detail"),
        (b"7z\xbc\xaf\x27\x1c", "not text"),
        (archive()[:-40], "damaged archive"),
        (archive().replace(b"PK\x01\x02", b"PK\x01\x03"), "damaged archive"),
        (packed({}), "no detail"),
        (packed({"IMP_COMM.TXT": b"x\n"}), "no detail"),
        (packed({**members(), **made.export_members([("1", "1201900095", "5700", "53", 1, 1)])}), "both flows"),
        (packed({**members(), "other/IMP_DETL.txt": DETAIL}), "archive"),
        (packed({**members(), "IMP_DETL_2.TXT": DETAIL}), "archive"),
        (packed({f"{number}.txt": b"x" for number in range(200)}), "archive"),
        (archive(IMP_DETL=b" " * 50_000_000 + b"\n"), "archive"),
        (archive(IMP_DETL=b""), "no records"),
        (archive(IMP_DETL=DETAIL[:-2]), "no final newline"),
        (archive(IMP_DETL=DETAIL[:-200] + b"\r\n"), "row width"),
        (archive(IMP_DETL=DETAIL + b"\r\n" + DETAIL), "row width"),
        (archive(IMP_DETL=DETAIL + DETAIL[:200] + b"\r\n"), "row width"),
        (archive(IMP_DETL=DETAIL + DETAIL.replace(b"\r\n", b" \r\n")), "row width"),
        (archive(IMP_DETL=DETAIL.replace(b"\r\n", b"\r")), "not a table"),
        (archive(IMP_DETL=DETAIL.replace(b" ", b"\0", 1)), "not a table"),
        (archive(IMP_DETL=DETAIL.replace(b"  ", b"\t ", 1)), "not a table"),
        (archive(IMP_DETL=DETAIL + DETAIL.replace(b"202506", b"202507")), "several months"),
        (changed(b"           1000", b"          1 000"), "no number"),
        (changed(b"           1000", b"         1000.5"), "no number"),
        (changed(b"           1000", b"               "), "no number"),
        (changed(b"           1000", b"999999999999999"), "no number"),
    ],
)
def test_what_is_no_archive_of_a_month_is_refused_by_name(raw: bytes, rule: str) -> None:
    assert rule_of("us_census_bulk", raw, NAME) == rule


def test_an_archive_with_a_password_is_refused() -> None:
    raw = bytearray(archive())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.find(mark) + at] |= 1
    assert rule_of("us_census_bulk", bytes(raw), NAME) == "archive"


def test_a_damaged_member_is_refused_and_not_read_as_far_as_it_goes() -> None:
    raw = bytearray(archive(*[Row(value=number) for number in range(1, 400)]))
    with zipfile.ZipFile(io.BytesIO(bytes(raw))) as opened:
        entry = opened.getinfo("IMP_DETL.TXT")
    raw[entry.header_offset + 60 + entry.compress_size // 2] ^= 0xFF
    assert rule_of("us_census_bulk", bytes(raw), NAME) == "damaged archive"


def test_a_number_below_zero_is_added_up_and_a_sum_below_zero_is_set_aside(tmp_path: Path) -> None:
    rows = [Row(value=1_000, charges=0), Row(value=-200, charges=0, district="53")]
    release = read(archive(*rows, Row(country="5880", value=-5, charges=0)), tmp_path)
    assert numbers(release, "partner", "measure")["CHN", "value_usd"] == 800
    assert release.quarantine.height == 2
    assert "is negative" in release.quarantine["reasons"][0][0]


def test_blocks_end_where_lines_end(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [Row(value=one, district=f"{one % 7:02d}", country=("5700", "5880")[one % 2]) for one in range(1, 60)]
    whole = parse(archive(*rows), NAME)
    for size in (10, 689, 690, 691, 5_000):
        monkeypatch.setattr("tasks.sources.formats.fixed_width.BLOCK_BYTES", size)
        assert parse(archive(*rows), NAME).reported.equals(whole.reported)


def test_an_archive_for_each_month_and_direction_is_asked_for() -> None:
    request = FetchRequest(source="us_census_bulk", months="2025-12..2026-01")
    asked = list(SOURCES["us_census_bulk"].questions(request, date(2026, 3, 20), None))  # type: ignore[misc, arg-type]
    assert sorted(question.address for question in asked) == [
        "https://www.census.gov/trade/downloads/2025/Merch/ex_m/EXDB2512.ZIP",
        "https://www.census.gov/trade/downloads/2025/Merch/im_m/IMDB2512.ZIP",
        "https://www.census.gov/trade/downloads/2026/Merch/ex_m/EXDB2601.ZIP",
        "https://www.census.gov/trade/downloads/2026/Merch/im_m/IMDB2601.ZIP",
    ]
    assert {question.form for question in asked} == {"zip"}
    assert {question.declared["partners"] for question in asked} == {"all"}


@pytest.mark.shared
def test_the_places_of_imports_are_those_of_the_official_descriptions(shared_data: Path) -> None:
    """Read by another way: each line that begins with two numbers."""
    folder = shared_data / "us_census_bulk_real"
    layouts = {"IMP_DETL": IMPORTS.layout} | {control.member.upper(): control.layout for control in IMPORTS.controls}
    for member, layout in layouts.items():
        words = [line.split() for line in (folder / f"{member}.lay").read_text().splitlines()]
        stated = {
            found[1]: tuple(map(int, found[0].split("-"))) for found in words if len(found) > 2 and "-" in found[0]
        }
        assert len(stated) >= 40
        assert {name: (start + 1, start + width) for name, (start, width) in layout.items()} == stated


@pytest.mark.shared
def test_every_number_of_the_real_records_of_january_2025(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "us_census_bulk_real"
    names = {
        "USD": "gen_val_mo",
        "USD CIF": "gen_cif_mo",
        "USD consumption": "con_val_mo",
        "USD consumption CIF": "con_cif_mo",
        "USD dutiable": "dut_val_mo",
        "USD duty": "cal_dut_mo",
    }
    expected = json.loads((folder / "IMDB2501_expected_values.json").read_text())
    sums: Counter[tuple[str, str, str]] = Counter()
    for record in expected:
        fields = record["fields"]
        if record["member_kind"] == "IMP_DETL":
            for name in (*names.values(), "gen_qy1_mo"):
                sums[fields["hts10"], fields["cty_code"], name] += fields[name]
    lines = {name: (folder / f"IMDB2501_{name}_{count}_lines.txt").read_bytes()
             for name, count in (("IMP_DETL", 6), ("IMP_COMM", 2), ("imp_CTY", 2), ("IMP_DE", 2))}  # fmt: skip
    described = {f"Documentation/{name}.lay": (folder / f"{name}.lay").read_bytes()
                 for name in ("IMP_DETL", "IMP_COMM", "IMP_CTY", "IMP_DE")}  # fmt: skip
    raw = packed({**{f"{name}.txt": data for name, data in lines.items()}, **described})
    parsed = parse(raw, "IMDB2501.ZIP")
    found = {
        (row["product"], row["partner"], names[row["currency"]]): int(row["value"])
        for row in parsed.reported.iter_rows(named=True)
    }
    assert len(found) == 30
    assert found == {key: value for key, value in sums.items() if key[2] != "gen_qy1_mo"}
    # Two records are of the code whose unit is at hand; the sums of whole months are larger than those of six records.
    quantities = parsed.reported.filter(quantity_unit="NO").select("product", "partner", "quantity").rows()
    assert quantities == [("0101210010", "1220", "3"), ("0101210010", "3310", "1")]
    assert sums["0101210010", "1220", "gen_qy1_mo"] == 3
    printed = {
        (record["member_kind"], record["line"]): record["fields"]["gen_val_mo"]
        for record in expected
        if record["member_kind"] != "IMP_DETL"
    }
    observed = " ".join(doubt["observed"] for doubt in parsed.doubts if doubt["check"] == "total_differs")
    assert len(printed) == 6
    for kind in ("IMP_COMM", "IMP_CTY", "IMP_DE"):
        in_all = sum(value for (member, _), value in printed.items() if member == kind)
        assert f"in all {in_all:,} and {sum(v for k, v in sums.items() if k[2] == 'gen_val_mo'):,}" in observed
    release = read(raw, tmp_path, name="IMDB2501.ZIP", released_on=date(2025, 3, 6))
    assert {check for check, severity in doubts(release) if severity == "error"} == {"total_differs"}


def test_the_layout_of_exports_has_the_lengths_that_its_readers_state() -> None:
    lengths = {base.member: max(map(sum, base.layout.values())) for base in EXPORTS.controls}
    assert max(map(sum, EXPORTS.layout.values())) == 323
    assert lengths == {"exp_comm": 373, "exp_cty": 280, "exp_dist": 278}


def test_api_and_archive_have_the_same_statements(tmp_path: Path) -> None:
    """But for the source and the record, so that a store takes both and a later release changes nothing."""
    rows = [Row(country="5700", value=900, charges=30, quantity=7), Row(country="5700", value=100, district="53")]
    names = ["CTY_CODE", "GEN_VAL_MO", "GEN_CIF_MO", "GEN_QY1_MO", "UNIT_QY1", "I_COMMODITY", "time", "COMM_LVL"]
    same = ["5700", "1000", "1080", "17", "NO", Row().code, "2025-06", "HS10"]
    api = reading.read(json.dumps([names, same]).encode(), tmp_path / "api", source="us_census", name="census.json")
    alike = [
        release.detail.drop("source", "record", "release_id")
        .with_columns(pl.col(pl.Categorical).cast(pl.String))
        .filter(~pl.col("measure").cast(pl.String).str.contains("consumption|duty|dutiable"))
        for release in (api, read(archive(*rows), tmp_path / "bulk"))
    ]
    assert alike[0].height == 3
    assert alike[0].equals(alike[1])
