"""Every row of docs/BAD_INPUTS.md, byte for byte, against what must become of it.

BAD_INPUTS says REJECT of bytes, fields and records as well as of releases. Here the first is `Refuse` (an exception with
the rule, nothing is used) or `Quarantine` (the record is set aside), and REJECT of a release, gate D, is `Hold`: an error
finding, with which nothing is published until a person has decided.

Whatever the case: a refusal says where, what and what to do; records in are records observed plus records quarantined;
and a number that is published is the one of the clean file.
"""

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
    numbers_of,
    read,
)
from bad_inputs.field_rows import FIELD_ROWS
from bad_inputs.release_rows import RELEASE_ROWS

from tasks.normalise import Normalised
from tasks.refusal import Refused

ROWS: tuple[Row, ...] = (*BYTES_ROWS, *FIELD_ROWS, *RELEASE_ROWS, *ARCHIVE_ROWS)
CASES = [pytest.param(case, id=f"{row.number}-{row.name}-{case.name}") for row in ROWS for case in row.cases]


def test_every_row_is_here_once_with_cases_or_a_reason() -> None:
    assert sorted(row.number for row in ROWS) == list(range(1, 86))
    assert [row.number for row in ROWS if bool(row.cases) == bool(row.not_applicable)] == []
    assert [row.number for row in ROWS if row.not_applicable] == [13]
    names = [(row.number, case.name) for row in ROWS for case in row.cases]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("case", CASES)
def test_bad_input(case: Case, tmp_path: Path) -> None:
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
        clean = numbers_of(read(Case("clean", case.clean, Publish()), tmp_path / "clean")[0])
        mine = numbers_of(release)
        assert {key: value for key, value in mine.items() if clean.get(key, value) != value} == {}
        if not isinstance(case.expect, Quarantine):
            assert mine.keys() & clean.keys()


def assert_verdict(case: Case, release: Normalised, findings: pl.DataFrame) -> None:
    raised = {severity: findings.filter(pl.col("severity") == severity) for severity in ("error", "warning", "info")}
    checks = {severity: set(frame["check"]) for severity, frame in raised.items()}
    said = findings.select("check", "severity", "subject", "observed").rows()
    match case.expect:
        case Publish():
            assert said == []
        case Normalise(note, check):
            assert checks["error"] | checks["warning"] == set(), said
            mine = raised["info"].filter(pl.col("check") == check)
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
