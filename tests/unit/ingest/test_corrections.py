"""A correction fits, or the release stops."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from schemas.code_files import BrokenTable
from schemas.reference.models import Corrections
from tasks.domain.errors import Refused
from tasks.ingest.corrections import correct
from tests.unit.ingest.file_codes import GERMANY, landed, parsed

FILE = parsed({"value": "1,000"}, {"value": "2,000", "partner": GERMANY})
ROW = {
    "id": "c1", "source": "gacc_query", "raw_sha256": "0" * 64, "record": "2", "field": "value", "expect": "2,000",
    "value": "2,500", "reason": "misprint", "provider": "us", "decided_on": "2025-08-01", "expires_on": "2026-08-01",
}  # fmt: skip


def corrected(monkeypatch: pytest.MonkeyPatch, today: date = date(2026, 1, 1), **other: str) -> Any:
    """The file with a row in the table of corrections."""
    kinds = dict.fromkeys(Corrections.to_schema().columns, pl.String)
    table = Corrections.validate(pl.DataFrame([ROW | other], schema=kinds))
    monkeypatch.setattr("tasks.ingest.corrections.code_table", lambda name: table)
    return correct(landed(), FILE, today)


def test_a_correction_changes_its_place_and_nothing_else_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    after = corrected(monkeypatch, date(2026, 8, 1))
    assert after.reported["value"].to_list() == ["1,000", "2,500"]
    assert after.reported.drop("value").equals(FILE.reported.drop("value"))
    assert after.normalised[-1] == "record 2, value: '2,000' corrected to '2,500' (misprint)"
    for other in ({"raw_sha256": "b" * 64}, {"source": "published"}):
        assert corrected(monkeypatch, **other) is FILE, "a correction of another file"


@pytest.mark.parametrize(
    ("other", "today", "says"),
    [
        ({"expect": "2,001"}, date(2026, 1, 1), "'2,000' where correction c1 expects '2,001'"),
        ({"record": "3"}, date(2026, 1, 1), "record 3, column value: None"),
        ({"field": "valeu"}, date(2026, 1, 1), "column valeu: None"),
        ({}, date(2026, 8, 2), "expired on 2026-08-01"),
    ],
)
def test_a_correction_that_does_not_fit_or_is_too_old_stops_the_release(
    monkeypatch: pytest.MonkeyPatch, other: dict[str, str], today: date, says: str
) -> None:
    with pytest.raises(Refused, match="correction") as refused:
        corrected(monkeypatch, today, **other)
    assert says in str(refused.value)


def test_a_table_of_corrections_that_cannot_be_read_refuses_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> pl.DataFrame:
        raise BrokenTable(f"{name}.csv, row 2 below the header, column expires_on: '' is not as it must be.")

    monkeypatch.setattr("tasks.ingest.corrections.code_table", broken)
    with pytest.raises(Refused, match=r"schemas/reference: corrections.csv, row 2 .* as it must be\. Mend the table"):
        correct(landed(), FILE, date(2025, 8, 1))
