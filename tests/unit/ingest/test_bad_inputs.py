"""Every row of the list of bad inputs (`bad_inputs`), byte for byte, against what must become of it.

The list says REJECT of bytes, fields and records as well as of releases. Here the first is `Refuse` (an exception with
the rule, nothing is used) or `Quarantine` (the record is set aside), and REJECT of a release, gate D, is `Hold`: an
error finding, with which nothing is published until a person has decided.

Whatever the case: a refusal says where, what and what to do; records in are records observed plus records quarantined;
and a number that is published is the one of the clean file.
"""

import re
from pathlib import Path

import polars as pl
import pytest
from bad_inputs.archive_rows import ARCHIVE_ROWS
from bad_inputs.bytes_rows import BYTES_ROWS
from bad_inputs.case import (
    Case,
    Hold,
    Normalise,
    Publish,
    Quarantine,
    Refuse,
    Row,
    Warn,
    assert_message_helps,
    assert_nothing_is_lost,
    clean_numbers,
    numbers_of,
    read,
)
from bad_inputs.download import CLEAN, CLEAN_RECORDS, csv_bytes
from bad_inputs.field_rows import FIELD_ROWS
from bad_inputs.mutation import mutated, read_by_csv_module
from bad_inputs.release_rows import RELEASE_ROWS
from hypothesis import HealthCheck, event, given

from schemas.reference.code_tables import code_table
from tasks.domain.errors import Refused
from tasks.ingest.normalise import Normalised, normalise
from tasks.sources.formats.csv import read_fields
from tasks.sources.gacc.gacc_query import parse
from tests.draws import draws
from tests.unit.ingest.file_codes import landed

ROWS: tuple[Row, ...] = (*BYTES_ROWS, *FIELD_ROWS, *RELEASE_ROWS, *ARCHIVE_ROWS)
CASES = [pytest.param(case, id=f"{row.number}-{row.name}-{case.name}") for row in ROWS for case in row.cases]


def test_every_row_is_here_once_with_cases_or_a_reason() -> None:
    assert sorted(row.number for row in ROWS) == list(range(1, 86))
    assert [row.number for row in ROWS if bool(row.cases) == bool(row.not_applicable)] == []
    assert [row.number for row in ROWS if row.not_applicable] == [13]
    names = [(row.number, case.name) for row in ROWS for case in row.cases]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("case", CASES)
def test_each_bad_input_is_refused_set_aside_or_doubted_as_the_table_says(case: Case, tmp_path: Path) -> None:
    if isinstance(case.expect, Refuse):
        with pytest.raises(Refused) as refused:
            read(case, tmp_path / "inbox")
        assert refused.value.rule == case.expect.rule, str(refused.value)
        assert_message_helps(refused.value, case.file)
        return
    release, findings = read(case, tmp_path / "inbox")
    assert_nothing_is_lost(release)
    assert_verdict(case, release, findings)
    if "error" not in findings["severity"] and case.clean and not case.changes:
        clean = clean_numbers(case.clean)
        mine = numbers_of(release)
        assert {key: value for key, value in mine.items() if clean.get(key, value) != value} == {}
        if not isinstance(case.expect, Quarantine):
            assert mine.keys() & clean.keys()


def assert_verdict(case: Case, release: Normalised, findings: pl.DataFrame) -> None:
    checks = {severity: set(findings.filter(severity=severity)["check"]) for severity in ("error", "warning")}
    said = findings.select("check", "severity", "subject", "observed").rows()
    match case.expect:
        case Publish():
            assert [row for row in said if row[0] != "no_proof"] == []
        case Normalise(note, check):
            assert checks["error"] | checks["warning"] == set(), said
            mine = findings.filter(severity="info", check=check)
            assert any(note in text for text in (mine["subject"] + mine["observed"])), said
        case Warn(check):
            assert checks["error"] == set(), said
            assert checks["warning"] == {check}, said
        case Hold(check):
            assert checks["error"] == {check}, said
        case Quarantine(reasons, held):
            aside = dict(release.quarantine.select("record", "reasons").iter_rows())
            assert aside.keys() == reasons.keys(), aside
            for record, reason in reasons.items():
                assert any(reason in text for text in aside[record]), aside
            assert checks["error"] == ({"quarantined"} if held else set()), said


@draws(200, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(mutated())
def test_no_accident_publishes_a_wrong_number(data: bytes) -> None:
    """What is observed is what Python's csv module and `int` read in the file as it is now; everything else is
    refused."""
    by_csv = read_by_csv_module(data)
    try:
        release = normalise(landed(file=Path("download.csv")), parse(data, "download.csv"))
    except Refused as refused:
        event(f"refused: {refused.rule}")
        assert_message_helps(refused, "download.csv")
        return
    event("observed, some set aside" if release.quarantine.height else "observed")
    assert by_csv is not None, "observed, although it is no CSV"
    assert_nothing_is_lost(release)
    assert release.release["records"][0] == len(by_csv)
    codes = {row["gacc_code"]: row["partner"] for row in code_table("partners").iter_rows(named=True)}
    for record, month, product, partner, measure, value in release.detail.select(
        "record", pl.col("period_end").dt.strftime("%Y%m"), "product", "partner", "measure", "value"
    ).iter_rows():
        said = {
            (when.replace("-", ""), what, codes.get(who, f"gacc:{who}"), *number)
            for when, what, who, *number in by_csv[record - 1]
        }
        assert (month, product, partner, measure, value) in said


PLAIN = csv_bytes([[field.strip().replace(",", "") for field in record] for record in CLEAN_RECORDS]).replace(b'"', b"")


@pytest.mark.parametrize("data", [CLEAN, CLEAN.replace(b",\n", b",\r\n"), csv_bytes(encoding="utf-8"), PLAIN],
                         ids=["as it comes", "CRLF", "UTF-8", "without quotes"])  # fmt: skip
def test_a_file_cut_off_anywhere_but_at_the_end_of_a_record_is_refused(data: bytes) -> None:
    ends = {match.end() for match in re.finditer(rb",\r?\n", data)}
    is_number = {"第一数量", "第二数量", "美元"}.__contains__
    for length in set(range(len(data))) - ends:
        with pytest.raises(Refused):
            read_fields(data[:length], "download.csv", is_number)
    for length in ends:
        assert read_fields(data[:length], "download.csv", is_number).fields.height == len(ends & set(range(length)))
