"""Bytes of a landed file through the adapter of its source."""

from dataclasses import replace
from pathlib import Path

import pytest
from bad_inputs.download import CLEAN_RECORDS, csv_bytes

from tasks.domain.errors import Refused
from tasks.ingest.parse import parse
from tasks.sources.registry import SOURCES
from tests.unit.ingest.file_codes import landed


def test_the_raw_bytes_are_read_and_not_the_dropped_file(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.write_bytes(csv_bytes())
    found = parse(landed(raw=raw, file=tmp_path / "gone.csv"))
    assert found.encoding == "gb18030"
    assert found.reported["value"].to_list() == [record[-1] for record in CLEAN_RECORDS]


def test_a_refusal_names_the_dropped_file(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.write_bytes(b"<html>login</html>")
    with pytest.raises(Refused) as refusal:
        parse(landed(raw=raw, file=tmp_path / "june.csv"))
    assert refusal.value.where.startswith("june.csv")
    assert str(tmp_path) not in str(refusal.value)


def test_a_source_without_an_adapter_is_no_source(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.write_bytes(b"a")
    with pytest.raises(KeyError):
        parse(landed(source="nobody", raw=raw))


def test_a_file_on_which_an_adapter_stumbles_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = tmp_path / "raw"
    raw.write_bytes(b"{}")
    monkeypatch.setitem(SOURCES, "hmrc_ots", replace(SOURCES["hmrc_ots"], parse=lambda *_: [].index("row")))  # type: ignore[arg-type, return-value]
    with pytest.raises(Refused, match=r"the adapter hmrc_ots does not expect \(ValueError: 'row' is not in list\)"):
        parse(landed(source="hmrc_ots", raw=raw))
