"""A correction fits, or the release stops."""

from collections.abc import Callable
from datetime import date

import polars as pl
import pytest

from schemas.code_files import BrokenTable
from schemas.forms.request import Landed
from schemas.reference.models import Corrections
from tasks.domain.errors import Refused
from tasks.ingest.corrections import correct
from tasks.sources.protocol import Parsed
from tasks.sources.registry import SOURCES

RAW = (
    '"数据年月","商品编码","商品名称","贸易伙伴编码","贸易伙伴名称","美元",\n'
    '"202506","8505","磁铁","502","美国","1,000",\n"202506","8505","磁铁","304","德国","2,000",\n'
).encode("gb18030")
SHA = "a" * 64


def _landed() -> Landed:
    return Landed.model_construct(source="gacc_query", raw_sha256=SHA, file=type("File", (), {"name": "f.csv"})())


def _parsed() -> Parsed:
    return SOURCES["gacc_query"].parse(RAW, "f.csv")


@pytest.fixture
def decide(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts a correction into the table."""

    def decided(**other: str) -> None:
        monkeypatch.setattr("tasks.ingest.corrections.code_table", lambda name: _table(**other))

    return decided


def _table(**other: str) -> pl.DataFrame:
    row = {
        "id": "c1", "source": "gacc_query", "raw_sha256": SHA, "record": "2", "field": "value", "expect": "2,000",
        "value": "2,500", "reason": "misprint", "provider": "us", "decided_on": "2025-08-01", "expires_on": "2026-08-01",
    } | other  # fmt: skip
    return Corrections.validate(pl.DataFrame([row], schema=dict.fromkeys(Corrections.to_schema().columns, pl.String)))


def test_a_correction_changes_its_place_and_nothing_else_and_is_told(decide: Callable[..., None]) -> None:
    before = _parsed()
    decide()
    last_day = date(2026, 8, 1)
    after = correct(_landed(), before, last_day)
    assert after.reported["value"].to_list() == ["1,000", "2,500"]
    assert after.reported.drop("value").equals(before.reported.drop("value"))
    assert after.normalised[-1] == "record 2, value: '2,000' corrected to '2,500' (misprint)"


@pytest.mark.parametrize("other", [{"raw_sha256": "b" * 64}, {"source": "published"}])
def test_a_correction_of_another_file_does_nothing(decide: Callable[..., None], other: dict[str, str]) -> None:
    decide(**other)
    assert correct(_landed(), _parsed(), date(2026, 1, 1)).normalised == _parsed().normalised


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
    decide: Callable[..., None], other: dict[str, str], today: date, says: str
) -> None:
    decide(**other)
    with pytest.raises(Refused, match="correction") as refused:
        correct(_landed(), _parsed(), today)
    assert says in str(refused.value)


def test_a_table_of_corrections_that_cannot_be_read_refuses_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> pl.DataFrame:
        raise BrokenTable(f"{name}.csv, row 2 below the header, column expires_on: '' is not as it must be.")

    monkeypatch.setattr("tasks.ingest.corrections.code_table", broken)
    with pytest.raises(Refused, match=r"schemas/reference: corrections.csv, row 2 .* as it must be\. Mend the table"):
        correct(_landed(), _parsed(), date(2025, 8, 1))
