"""The Comext API: what is a statement, what is a printed total, what a file must not be, and what is asked."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest
from bad_inputs.case import first
from hypothesis import given
from hypothesis import strategies as st

from schemas.forms.fetch import FetchRequest
from tasks.checks.frame.registry import check_release as check
from tasks.domain.errors import Refused
from tasks.sources.registry import SOURCES
from tests.draws import draws
from tests.unit.sources import reading
from tests.unit.sources.eurostat.comext_answers import CELLS, HEADER, MASS, VALUE, answer
from tests.unit.sources.reading import doubts, numbers, rule_of

CHINA = ("CN", VALUE, "5")
read = partial(reading.read, source="eurostat_comext", reporter="EU27", released_on=date(2026, 8, 14))


def flagged(flags: Sequence[str], column: str = "OBS_FLAG") -> bytes:
    """The answer with a flag for each record."""
    header, *lines = answer().decode().split("\r\n")[:-1]
    return "".join(
        f"{line}\r\n"
        for line in (f"{header},{column}", *(f"{line},{flag}" for line, flag in zip(lines, flags, strict=True)))
    ).encode()


def second_form(data: bytes) -> bytes:
    """The answer as SDMX-CSV 2 writes it: of its own structure, and without the day of the dataset."""
    lines = data.decode().split("\r\n")[:-1]
    cut = ["STRUCTURE,STRUCTURE_ID", *["dataflow,ESTAT:DS-045409(1.0)"] * (len(lines) - 1)]
    return "".join(f"{head},{line.split(',', 2)[2]}\r\n" for head, line in zip(cut, lines, strict=True)).encode()


def test_an_answer_becomes_statements_in_euros_and_kilograms_and_no_total_is_one(tmp_path: Path) -> None:
    release = read(answer(), tmp_path)
    assert numbers(release, "partner", "measure") == {
        ("CHN", "value_eur"): 1_066_047,
        ("CHN", "quantity_kg"): 90_028,
        ("SRB", "value_eur"): 220,
        ("SRB", "quantity_kg"): 19,
        ("GRC", "value_eur"): 1_485,
        ("GRC", "quantity_kg"): 27,
        ("geonom:QW", "value_eur"): 33,
        ("geonom:QW", "quantity_kg"): 0,
        ("geonom:QV", "value_eur"): 15,
        ("geonom:QV", "quantity_kg"): 1,
    }
    row = release.detail.filter(partner="CHN").sort("measure").row(0, named=True)
    assert [row[name] for name in ("flow", "product", "classification", "reporter")] == [
        "import",
        "84834030",
        "CN8",
        "EU27",
    ]
    assert (row["period_start"], row["period_end"]) == (date(2025, 6, 1), date(2025, 6, 30))
    assert (row["resolution"], row["known_from"], row["record"]) == (1, date(2026, 8, 14), 2)
    assert doubts(release) == []
    notes = release.findings.filter(check="normalised")["observed"].to_list()
    assert any("4 records of EXT_EU27_2020, INT_EU27_2020" in note for note in notes)


def test_where_some_partners_were_asked_for_a_printed_total_is_the_only_word_on_it(tmp_path: Path) -> None:
    release = read(answer([cell for cell in CELLS if cell[0] in ("CN", "INT_EU27_2020")]), tmp_path, partners="listed")
    assert numbers(release, "partner", "measure") == {
        ("CHN", "value_eur"): 1_066_047,
        ("CHN", "quantity_kg"): 90_028,
        ("EU27", "value_eur"): 1500,
        ("EU27", "quantity_kg"): 28,
    }
    assert doubts(release) == []


def test_a_file_of_printed_totals_alone_is_refused_where_all_partners_were_asked_for(tmp_path: Path) -> None:
    totals = [cell for cell in CELLS if cell[0] in ("EXT_EU27_2020", "INT_EU27_2020")]
    with pytest.raises(Refused, match="4 records of EXT_EU27_2020, INT_EU27_2020") as refused:
        read(answer(totals), tmp_path)
    assert refused.value.rule == "nothing usable"


OUTSIDE = ("CN", "US", "XS", "XI", "XU", "QP", "QS", "QW", "QZ", "ZY")
INSIDE, NEITHER = ("DE", "FR", "GR", "QR", "QV", "QY"), ("QQ", "QU", "QX")


@draws(60)
@given(
    amounts=st.lists(st.integers(0, 10**9), min_size=19, max_size=19),
    printed=st.sets(st.sampled_from(["EXT_EU27_2020", "INT_EU27_2020", "WORLD", "GB", "EU27_2020"])),
    order=st.randoms(use_true_random=False),
    wrong=st.booleans(),
)
def test_partners_residual_and_secret_ones_count_once_whatever_totals_are_printed(
    amounts: list[int], printed: set[str], order: Random, wrong: bool
) -> None:
    """The sum of what is published is the trade with all partners; ZY is a code that no table has yet."""
    of = dict(zip((*OUTSIDE, *INSIDE, *NEITHER), amounts, strict=True))
    outside, inside = (sum(of[code] for code in side) for side in (OUTSIDE, INSIDE))
    whole = {
        "EXT_EU27_2020": outside,
        "INT_EU27_2020": inside,
        "WORLD": sum(amounts),
        "GB": of["XI"] + of["XU"],
        "EU27_2020": inside,
    }
    checked = sorted(printed - {"EU27_2020"})
    shown = of | {code: whole[code] + (wrong and code in checked[:1]) for code in sorted(printed)}
    cells = [(code, VALUE, str(value)) for code, value in shown.items()]
    order.shuffle(cells)
    parsed = SOURCES["eurostat_comext"].parse(answer(cells), "f.csv").declared("all")
    found = dict(parsed.reported.select(pl.col("partner").cast(pl.String), pl.col("value").cast(pl.Int64)).iter_rows())
    kept = {code: value for code, value in of.items() if "GB" not in printed or code not in ("XI", "XU")}
    assert found == kept | ({"GB": shown["GB"]} if "GB" in printed else {})
    assert bool(parsed.doubts) is (wrong and bool(checked))
    if not wrong:
        assert sum(found.values()) == sum(amounts)


def test_the_direction_is_that_of_the_records_and_a_confidential_code_is_a_line_of_its_own(tmp_path: Path) -> None:
    release = read(answer([CHINA, ("CN", MASS, "")], product="84MMMXXX", flow="2"), tmp_path)
    assert release.detail.select("flow", "product", "classification", "value").rows() == [
        ("export", "line:cn8_84mmmxxx", "line", 5)
    ]
    assert release.release["flow"].to_list() == ["export"]
    assert release.quarantine["record"].to_list() == [2], "an empty value is missing, and not zero"


def test_sdmx_csv_2_has_the_same_numbers_and_the_declared_day(tmp_path: Path) -> None:
    release = read(second_form(answer()), tmp_path, released_on=date(2026, 8, 17))
    assert numbers(release, "partner", "measure") == numbers(read(answer(), tmp_path / "first"), "partner", "measure")
    assert set(release.detail["known_from"]) == {date(2026, 8, 17)}
    assert doubts(release) == []


@pytest.mark.parametrize(
    ("flag", "column", "is_used"),
    [
        ("e", "OBS_FLAG", False),
        ("pe", "OBS_FLAG", False),
        ("S", "OBS_FLAG", False),
        ("bdpR", "OBS_FLAG", True),
        ("N", "CONF_STATUS", False),
        ("f", "CONF_STATUS", True),
    ],
)
def test_a_number_that_is_estimated_or_hidden_is_not_known_and_not_zero(
    tmp_path: Path, flag: str, column: str, is_used: bool
) -> None:
    """Its place is in `lost`; the printed total still has it, so it is compared with it."""
    free = "F" if column == "CONF_STATUS" else ""
    release = read(flagged([free, flag, *[free] * (len(CELLS) - 2)], column), tmp_path)
    found = numbers(release, "partner", "measure")
    assert (len(found), ("CHN", "quantity_kg") in found) == (9 + is_used, is_used)
    assert release.release["lost"].to_list() == [[] if is_used else ["84834030 2025-06 quantity"]]
    assert doubts(release) == ([] if is_used else [("flagged", "warning")])
    said = release.findings.filter(check="flagged")["observed"]
    assert all(f"1 record with a flag, first '{flag}' in record 2" in text for text in said)


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
        (b"<!DOCTYPE html><html>Service unavailable</html>\n", "not a table"),
        (b'{"error": {"status": 413, "label": "EXTRACTION_TOO_BIG: estimated 10305182 rows"}}\n', "request too large"),
        (b"REPORTER_LAB,PARTNER_LAB,PRODUCT,PRODUCT_LAB\n", "other download"),
        (b"PK\x03\x04 a workbook", "other download"),
        (
            b"freq,reporter,partner,product,flow,indicators\\TIME_PERIOD\t2026-06 \nM,DE,US,01,1,VALUE_IN_EUROS\t: \n",
            "other download",
        ),
        (answer(freq="Monthly"), "other download"),
        (second_form(answer(freq="Monthly")), "other download"),
        (second_form(answer()).replace(b",STRUCTURE_ID", b",STRUCTURE_NAME"), "columns"),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)
def test_what_is_no_answer_of_codes_for_one_reporter_is_refused_by_name(data: bytes, rule: str) -> None:
    assert rule_of("eurostat_comext", data) == rule


@pytest.mark.parametrize(
    ("data", "declared", "said"),
    [
        (answer(), {"reporter": "DEU"}, "EU27"),
        (answer(), {"flow": "export"}, "import"),
        (answer(), {"released_on": date(2026, 8, 13)}, "dated 2026-08-14"),
        (answer([CHINA], period="2025-Q2"), {}, "is not a month"),
        (answer([CHINA]) + answer([CHINA], flow="2").split(b"\r\n", 1)[1], {}, "exports and imports in one file"),
        (answer([CHINA], flow="3"), {}, "flow"),
    ],
)
def test_what_the_file_says_of_itself_outweighs_what_was_declared(
    tmp_path: Path, data: bytes, declared: dict[str, Any], said: str
) -> None:
    with pytest.raises(Refused, match=said):
        read(data, tmp_path, **declared)


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
        SOURCES["eurostat_comext"].parse((shared_data / "comext_real" / file).read_bytes(), file)
    assert (refused.value.rule, found in refused.value.found) == (rule, True)


@pytest.mark.shared
def test_the_real_answer_of_sdmx_csv_2(shared_data: Path, tmp_path: Path) -> None:
    data = (shared_data / "comext_real" / "sdmx_csv2_EU27_2814_EG_RU_2023Q1.csv").read_bytes()
    release = read(data, tmp_path, partners="listed")
    mass = release.detail.filter(partner="EGY", measure="quantity_kg")["value"].to_list()
    assert mass == [14_654_628, 42_369_322, 18_843_572]
    assert not check(release, first(release, tmp_path)).filter(severity="error").height


def asked(**given: Any) -> list[Any]:
    request = FetchRequest(source="eurostat_comext", products=["850511", "280530"], months="2025-06..2025-08", **given)
    return list(SOURCES["eurostat_comext"].questions(request, date(2026, 8, 14), None))  # type: ignore[arg-type]


def test_the_key_of_a_question_has_reporter_products_flow_and_both_indicators() -> None:
    (one,) = asked(reporters=["GRC"], flows=["import"])
    path, _, query = one.address.partition("?")
    assert path.endswith("/data/DS-045409/M.GR..280530+850511.1.VALUE_IN_EUROS+QUANTITY_IN_100KG")
    assert query == "format=SDMX-CSV&compressed=false&startPeriod=2025-06&endPeriod=2025-08"
    assert (one.name, one.first_month) == ("comext_GRC_import_280530-850511_from_2025-06", "2025-06")
    assert one.declared == {"reporter": "GRC", "flow": "import", "partners": "all", "products": ["280530", "850511"]}


def test_the_union_and_its_27_members_are_asked_in_both_directions_where_none_is_named() -> None:
    found = [tuple(one.name.split("_")[1:3]) for one in asked()]
    assert found[:3] == [("EU27", "export"), ("EU27", "import"), ("AUT", "export")]
    assert (len(found), len(set(found))) == (56, 56)
    with pytest.raises(Refused, match=r"reporters: GBR, USA\. It is one of EU27, AUT, "):
        asked(reporters=["DEU", "GBR", "USA"])
