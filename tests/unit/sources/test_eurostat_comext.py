"""The Comext API: what is a statement, what is a printed total, and what a file must not be."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest
from bad_inputs.case import first
from hypothesis import given
from hypothesis import strategies as st

from schemas.forms.request import ReleaseRequest
from schemas.reference.code_tables import partner_codes
from tasks.checks.registry import check_release as check
from tasks.domain.errors import Refused
from tasks.ingest.corrections import correct
from tasks.ingest.declaration import locate
from tasks.ingest.normalise import Normalised, normalise
from tasks.ingest.parse import parse
from tasks.ingest.raw_store import land
from tasks.sources import eurostat_comext
from tests.draws import draws
from tests.unit.figures import derived

HEADER = "DATAFLOW,LAST UPDATE,freq,reporter,partner,product,flow,indicators,TIME_PERIOD,OBS_VALUE"
TODAY = date(2026, 8, 20)
VALUE, MASS = "VALUE_IN_EUROS", "QUANTITY_IN_100KG"
# Two partners outside and one inside the EU, a residual of each side, and what these add up to.
CELLS = (
    ("CN", VALUE, "1066047"), ("CN", MASS, "900.28"), ("XS", VALUE, "220"), ("XS", MASS, "0.19"),
    ("QW", VALUE, "33"), ("QW", MASS, "0.00"), ("EXT_EU27_2020", VALUE, "1066300"), ("EXT_EU27_2020", MASS, "900.47"),
    ("GR", VALUE, "1485"), ("GR", MASS, "0.27"), ("QV", VALUE, "15"), ("QV", MASS, "0.01"),
    ("INT_EU27_2020", VALUE, "1500"), ("INT_EU27_2020", MASS, "0.28"),
)  # fmt: skip


def answer(cells: Sequence[tuple[str, str, str]] = CELLS, *, reporter: str = "EU27_2020", product: str = "84834030", flow: str = "1",
           period: str = "2025-06", updated: str = "14/08/26 11:00:00", freq: str = "M", eol: str = "\r\n") -> bytes:  # fmt: skip
    """An answer of the API in its exact form."""
    lines = [
        f"ESTAT:DS-045409(1.0),{updated},{freq},{reporter},{partner},{product},{flow},{indicator},{period},{value}"
        for partner, indicator, value in cells
    ]
    return "".join(f"{line}{eol}" for line in (HEADER, *lines)).encode()


def read(data: bytes, folder: Path, **declared: Any) -> Normalised:
    """The answer through all gates."""
    folder.mkdir(exist_ok=True)
    (folder / "comext.csv").write_bytes(data)
    given = {
        "source": "eurostat_comext",
        "reporter": "EU27",
        "partners": "all",
        "released_on": date(2026, 8, 14),
        **declared,
    }
    landed = land(locate(ReleaseRequest(file=folder / "comext.csv", **given)), folder / "store", TODAY)
    return normalise(landed, correct(landed, parse(landed), TODAY))


def numbers(release: Normalised) -> dict[tuple[str, str], int]:
    rows = release.detail.select(pl.col("partner", "measure").cast(pl.String), "value").rows()
    return {(partner, measure): value for partner, measure, value in rows}


def test_an_answer_becomes_statements_in_euros_and_kilograms(tmp_path: Path) -> None:
    release = read(answer(), tmp_path)
    assert numbers(release) == {
        ("CHN", "value_eur"): 1_066_047, ("CHN", "quantity_kg"): 90_028, ("SRB", "value_eur"): 220, ("SRB", "quantity_kg"): 19,
        ("GRC", "value_eur"): 1_485, ("GRC", "quantity_kg"): 27, ("geonom:QW", "value_eur"): 33, ("geonom:QW", "quantity_kg"): 0,
        ("geonom:QV", "value_eur"): 15, ("geonom:QV", "quantity_kg"): 1,
    }  # fmt: skip
    row = release.detail.filter(pl.col("partner") == "CHN").sort("measure").row(0, named=True)
    assert (row["flow"], row["product"], row["classification"], row["reporter"]) == (
        "import",
        "84834030",
        "CN8",
        "EU27",
    )
    assert (row["period_start"], row["period_end"]) == (date(2025, 6, 1), date(2025, 6, 30))
    assert (row["resolution"], row["known_from"], row["record"]) == (1, date(2026, 8, 14), 2)
    assert release.release["classification"].to_list() == ["CN8"]
    assert not release.findings.filter(pl.col("severity") != "info").height


def test_no_total_or_group_is_a_statement_and_that_is_noted(tmp_path: Path) -> None:
    release = read(answer(), tmp_path)
    assert not {key for key, _ in numbers(release)} & {"geonom:EXT_EU27_2020", "geonom:INT_EU27_2020", "WLD", "EU27"}
    notes = release.findings.filter(check="normalised")["observed"].to_list()
    assert any("4 records of EXT_EU27_2020, INT_EU27_2020" in note for note in notes)


@pytest.mark.parametrize(("place", "text"), [(6, "1066301"), (7, "900.48"), (0, "1066046"), (13, "0.27")])
def test_a_printed_total_that_is_not_the_sum_of_its_parts_holds_the_release(
    tmp_path: Path, place: int, text: str
) -> None:
    cells = [(*cell[:2], text) if number == place else cell for number, cell in enumerate(CELLS)]
    found = read(answer(cells), tmp_path).findings.filter(check="total_differs").rows(named=True)
    assert [row["severity"] for row in found] == ["error"]
    assert CELLS[place][1] in found[0]["subject"]
    assert "84834030" in found[0]["subject"]


def test_a_partner_that_is_missing_from_the_answer_is_found_by_the_total(tmp_path: Path) -> None:
    found = read(answer([cell for cell in CELLS if cell[0] != "CN"]), tmp_path).findings.filter(check="total_differs")
    assert found["severity"].to_list() == ["error", "error"]
    assert "1,066,300" in "".join(found["observed"])


def test_where_some_partners_were_asked_for_a_printed_total_is_the_only_word_on_it(tmp_path: Path) -> None:
    release = read(answer([cell for cell in CELLS if cell[0] in ("CN", "INT_EU27_2020")]), tmp_path, partners="listed")
    assert numbers(release) == {
        ("CHN", "value_eur"): 1_066_047, ("CHN", "quantity_kg"): 90_028,
        ("EU27", "value_eur"): 1500, ("EU27", "quantity_kg"): 28,
    }  # fmt: skip
    assert not release.findings.filter(check="total_differs").height


def test_the_total_of_the_world_is_the_sum_of_the_eu_and_the_rest_or_of_all_partners(tmp_path: Path) -> None:
    both = [*CELLS, ("WORLD", VALUE, "1067800"), ("WORLD", MASS, "900.75")]
    alone = [cell for cell in both if not cell[0].startswith(("EXT", "INT"))]
    for number, cells in enumerate((both, alone)):
        release = read(answer(cells), tmp_path / str(number))
        assert numbers(release) == numbers(read(answer(), tmp_path / "plain"))
        assert not release.findings.filter(check="total_differs").height
        wrong = [(*cell[:2], "1067801") if cell[:2] == ("WORLD", VALUE) else cell for cell in cells]
        found = read(answer(wrong), tmp_path / f"wrong {number}").findings.filter(check="total_differs")
        assert found["severity"].to_list() == ["error"]


def test_northern_ireland_and_great_britain_do_not_double_the_united_kingdom(tmp_path: Path) -> None:
    cells = [("GB", VALUE, "100"), ("XI", VALUE, "30"), ("XU", VALUE, "70")]
    assert numbers(read(answer(cells), tmp_path)) == {("GBR", "value_eur"): 100}
    wrong = read(answer([*cells[:2], ("XU", VALUE, "71")]), tmp_path / "wrong").findings.filter(check="total_differs")
    assert wrong["severity"].to_list() == ["error"]
    alone = numbers(read(answer(cells[1:]), tmp_path / "alone"))
    assert alone == {("geonom:XI", "value_eur"): 30, ("geonom:XU", "value_eur"): 70}


OUTSIDE = ("CN", "US", "XS", "XI", "XU", "QP", "QS", "QW", "QZ", "ZY")
INSIDE, NEITHER = ("DE", "FR", "GR", "QR", "QV", "QY"), ("QQ", "QU", "QX")


@draws(60)
@given(
    amounts=st.lists(st.integers(0, 10**9), min_size=19, max_size=19), printed=st.sets(st.sampled_from(["EXT_EU27_2020", "INT_EU27_2020", "WORLD", "GB", "EU27_2020"])),
    order=st.randoms(use_true_random=False), wrong=st.booleans(),
)  # fmt: skip
def test_partners_residual_and_secret_ones_count_once_whatever_totals_are_printed(
    amounts: list[int], printed: set[str], order: Random, wrong: bool
) -> None:
    """The sum of what is published is the trade with all partners; ZY is a code that no table has yet."""
    of = dict(zip((*OUTSIDE, *INSIDE, *NEITHER), amounts, strict=True))
    outside, inside = (sum(of[code] for code in side) for side in (OUTSIDE, INSIDE))
    whole = {"EXT_EU27_2020": outside, "INT_EU27_2020": inside, "WORLD": sum(amounts), "GB": of["XI"] + of["XU"], "EU27_2020": inside}  # fmt: skip
    checked = sorted(printed - {"EU27_2020"})
    shown = of | {code: whole[code] + (wrong and code == checked[0]) for code in sorted(printed)} if checked else of | {code: whole[code] for code in printed}  # fmt: skip
    cells = [(code, VALUE, str(value)) for code, value in shown.items()]
    order.shuffle(cells)
    parsed = eurostat_comext.parse(answer(cells), "f.csv").declared("all")
    found = dict(parsed.reported.select(pl.col("partner").cast(pl.String), pl.col("value").cast(pl.Int64)).iter_rows())
    kept = {code: value for code, value in of.items() if "GB" not in printed or code not in ("XI", "XU")}
    assert found == kept | ({"GB": shown["GB"]} if "GB" in printed else {})
    assert bool(parsed.doubts) is (wrong and bool(checked))
    if not wrong:
        assert sum(found.values()) == sum(amounts)


def test_a_new_country_code_counts_in_the_printed_total_and_is_a_warning(tmp_path: Path) -> None:
    cells = [("CN", VALUE, "5"), ("ZY", VALUE, "2"), ("EXT_EU27_2020", VALUE, "7")]
    release = read(answer(cells), tmp_path)
    assert numbers(release) == {("CHN", "value_eur"): 5, ("geonom:ZY", "value_eur"): 2}
    assert release.findings.filter(pl.col("severity") != "info")["check"].to_list() == ["unknown_partner"]


def test_line_ends_make_no_difference_to_what_is_read() -> None:
    assert eurostat_comext.parse(answer(eol="\n"), "f.csv").reported.equals(
        eurostat_comext.parse(answer(), "f.csv").reported
    )


def test_the_records_say_the_direction_and_a_file_has_one(tmp_path: Path) -> None:
    exports = answer([("CN", VALUE, "7")], flow="2")
    release = read(exports, tmp_path)
    assert release.detail.select("flow", "value").rows() == [("export", 7)]
    assert release.release["flow"].to_list() == ["export"]
    with pytest.raises(Refused, match="exports and imports in one file"):
        read(answer([("CN", VALUE, "5")]) + exports.split(b"\r\n", 1)[1], tmp_path / "both")


def test_a_confidential_code_is_a_line_of_its_own_and_no_cn8_code(tmp_path: Path) -> None:
    detail = read(answer([("CN", VALUE, "5")], product="84MMMXXX"), tmp_path).detail
    assert detail.select("product", "classification").rows() == [("line:cn8_84mmmxxx", "line")]


def test_an_empty_value_is_missing_and_not_zero(tmp_path: Path) -> None:
    release = read(answer([("CN", VALUE, "5"), ("CN", MASS, "")]), tmp_path)
    assert numbers(release) == {("CHN", "value_eur"): 5}
    assert release.quarantine["record"].to_list() == [2]


def flagged(flags: Sequence[str], column: str = "OBS_FLAG") -> bytes:
    """The answer with a flag for each record."""
    header, *lines = answer().decode().split("\r\n")[:-1]
    return "".join(f"{line}\r\n" for line in (f"{header},{column}", *(f"{line},{flag}" for line, flag in zip(lines, flags, strict=True)))).encode()  # fmt: skip


def second_form(data: bytes) -> bytes:
    """The answer as SDMX-CSV 2 writes it: of its own structure, and without the day of the dataset."""
    lines = data.decode().split("\r\n")[:-1]
    cut = ["STRUCTURE,STRUCTURE_ID", *["dataflow,ESTAT:DS-045409(1.0)"] * (len(lines) - 1)]
    return "".join(f"{head},{line.split(',', 2)[2]}\r\n" for head, line in zip(cut, lines, strict=True)).encode()


def test_sdmx_csv_2_has_the_same_numbers_and_the_declared_day(tmp_path: Path) -> None:
    release = read(second_form(answer()), tmp_path, released_on=date(2026, 8, 17))
    assert numbers(release) == numbers(read(answer(), tmp_path / "first"))
    assert set(release.detail["known_from"]) == {date(2026, 8, 17)}
    assert set(release.findings["severity"]) == {"info"}


def test_months_of_one_number_after_those_of_another_are_one_answer(tmp_path: Path) -> None:
    """SDMX sorts by series: all months of the mass, then all of the value."""
    lines = [
        answer([("CN", name, "5")], period=month).split(b"\r\n")[1]
        for name in (MASS, VALUE)
        for month in ("2025-05", "2025-06")
    ]
    release = read(b"\r\n".join([HEADER.encode(), *lines, b""]), tmp_path, partners="listed")
    assert "pasted_records" not in check(release, first(release, tmp_path))["check"].to_list()


@pytest.mark.parametrize(
    ("flag", "column"),
    [*((flag, "OBS_FLAG") for flag in ("e", "c", "pe", "E", "s", "z")), ("C", "CONF_STATUS"), ("N", "CONF_STATUS")],
)
def test_a_number_that_is_estimated_or_hidden_is_not_known_and_not_zero(tmp_path: Path, flag: str, column: str) -> None:
    """Its place is in `lost`; the printed total still has it, so it is compared with it."""
    free = "F" if column == "CONF_STATUS" else ""
    release = read(flagged([free, flag, *[free] * (len(CELLS) - 2)], column), tmp_path)
    assert numbers(release) == {key: value for key, value in numbers(read(answer(), tmp_path / "plain")).items() if key != ("CHN", "quantity_kg")}  # fmt: skip
    assert release.release["lost"].to_list() == [["84834030 2025-06"]]
    (found,) = release.findings.filter(pl.col("severity") != "info").rows(named=True)
    assert (found["check"], found["severity"]) == ("flagged", "warning")
    assert f"1 record with a flag, first '{flag}' in record 2" in found["observed"]


@pytest.mark.parametrize("period", ["2025", "2025-52", "2025-Q2"])
def test_a_year_or_a_quarter_is_no_month(tmp_path: Path, period: str) -> None:
    with pytest.raises(Refused, match="is not a month"):
        read(answer(period=period), tmp_path)


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (answer() + answer(reporter="FR").split(b"\r\n", 1)[1], "several reporters"),
        (answer() + answer(updated="17/08/26 11:00:00").split(b"\r\n", 1)[1], "several updates"),
        (answer(freq="A"), "frequency"),
        (answer(updated="2026-08-14"), "last update"),
        (answer(reporter="EU_V"), "unknown reporter"),
        (answer([("CN", "SUPPLEMENTARY_QUANTITY", "5")]), "quantity without unit"),
        (answer([("CN", "VALUE_OF_WHAT", "5")]), "unknown indicator"),
        (answer().replace(b",flow,", b",Flow,"), "columns"),
        (answer()[: len(HEADER) + 2], "no records"),
        (answer().replace(b"\r\n", b",\r\n").replace(b"OBS_VALUE,", b"OBS_VALUE"), "row width"),
        (b"<!DOCTYPE html><html>Service unavailable</html>\n", "not a table"),
        (b'{"error": {"status": 413, "label": "EXTRACTION_TOO_BIG: estimated 10305182 rows"}}\n', "request too large"),
        (b"<S:Fault><faultstring>EXTRACTION_TOO_BIG: max authorised is 5000000</faultstring></S:Fault>", "request too large"),
        (b"freq,reporter,partner,product,flow,indicators\\TIME_PERIOD\t2026-06 \nM,DE,US,01,1,VALUE_IN_EUROS\t: \n", "other download"),
        (b"REPORTER_LAB,PARTNER_LAB,PRODUCT,PRODUCT_LAB\n", "other download"),
        (b"PK\x03\x04 a workbook", "other download"),
        (answer(freq="Monthly"), "other download"),
        (second_form(answer(freq="Monthly")), "other download"),
        (second_form(answer()).replace(b",STRUCTURE_ID", b",STRUCTURE_NAME"), "columns"),
        (b"", "empty file"),
        (answer()[:-3], "no final newline"),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)  # fmt: skip
def test_what_is_no_answer_of_codes_for_one_reporter_is_refused_by_name(data: bytes, rule: str) -> None:
    with pytest.raises(Refused) as refused:
        eurostat_comext.parse(data, "comext.csv")
    assert refused.value.rule == rule
    assert "comext.csv" in refused.value.where
    assert refused.value.advice.endswith(".")


@pytest.mark.parametrize(
    ("declared", "rule"),
    [({"reporter": "DEU"}, "other reporter"), ({"flow": "export"}, "other flow"), ({"released_on": date(2026, 8, 13)}, "printed later")],
)  # fmt: skip
def test_what_the_file_says_of_itself_outweighs_what_was_declared(
    tmp_path: Path, declared: dict[str, Any], rule: str
) -> None:
    with pytest.raises(Refused) as refused:
        read(answer(), tmp_path, **declared)
    assert refused.value.rule == rule


@pytest.mark.shared
def test_the_real_answer_to_the_last_unit(shared_data: Path, tmp_path: Path) -> None:
    """Sums by Python's csv module and decimals: every partner but EXT and INT, which are what the others add up to."""
    file = shared_data / "comext_api" / "DS-045409_M_EU27_all_84834030_import_2025-06.csv"
    rows = list(csv.DictReader(io.StringIO(file.read_bytes().decode("ascii"), newline="")))
    key = {row["code"]: row["partner"] for row in partner_codes("geonom").filter(valid_to="").iter_rows(named=True)}
    expected: Counter[tuple[str, str]] = Counter()
    for row in rows:
        if not row["partner"].startswith(("EXT", "INT")):
            value = Decimal(row["OBS_VALUE"]) * (100 if row["indicators"] == MASS else 1)
            expected[key[row["partner"]], "quantity_kg" if row["indicators"] == MASS else "value_eur"] += int(value)
    release = read(file.read_bytes(), tmp_path)
    assert numbers(release) == expected
    assert len(expected) == 86
    assert sum(value for (_, measure), value in expected.items() if measure == "value_eur") == 9_914_131 + 16_103_557
    assert release.quarantine.height == 0
    assert set(release.findings["severity"]) == {"info"}
    # The Union as a partner has trade inside it without a country (QV), as INT_EU27_2020 has.
    metric = derived([(release.release.row(0, named=True), release.detail.to_dicts())])
    union = metric.filter(partner="EU27", product="84834030").select("measure", "level", "level_status")
    assert {("value_eur", 16_103_557, "sum"), ("quantity_kg", 602_856, "sum")} <= set(union.rows())


@pytest.mark.shared
@pytest.mark.parametrize(
    ("file", "rule", "found"),
    [
        ("sdmx_csv_labels_EU_3915_2015_2024_monthly.csv", "other download", "labels instead of codes"),
        ("easy_comext_labels_rare_earths_2016_2023_annual.csv", "other download", "Easy Comext"),
        ("DS-045409_DE_US_M_2026-06_07_first3.tsv", "other download", "TSV"),
        ("databrowser_DS-045409_value_4011_2025-12.xlsx", "other download", "Data Browser"),
        ("too_big_413.json", "request too large", "max authorised is 5000000"),
        ("too_big_413.xml", "request too large", "estimated 17348292 rows"),
    ],
)
def test_real_downloads_of_another_form_are_refused_with_the_right_one(
    file: str, rule: str, found: str, shared_data: Path
) -> None:
    with pytest.raises(Refused) as refused:
        eurostat_comext.parse((shared_data / "comext_real" / file).read_bytes(), file)
    assert refused.value.rule == rule
    assert found in refused.value.found


@pytest.mark.shared
def test_the_real_answer_of_sdmx_csv_2(shared_data: Path, tmp_path: Path) -> None:
    data = (shared_data / "comext_real" / "sdmx_csv2_EU27_2814_EG_RU_2023Q1.csv").read_bytes()
    release = read(data, tmp_path, partners="listed")
    assert release.detail.filter(pl.col("partner") == "EGY", pl.col("measure") == "quantity_kg")["value"].to_list() == [
        14_654_628, 42_369_322, 18_843_572,
    ]  # fmt: skip
    assert not check(release, first(release, tmp_path)).filter(severity="error").height
