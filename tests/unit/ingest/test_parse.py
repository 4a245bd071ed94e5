"""Bytes of a landed file through the adapter of its source."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from bad_inputs.download import CLEAN_RECORDS, csv_bytes

from flows.ingestion import ingest
from schemas.forms.request import ReleaseRequest
from tasks.domain.errors import Refused
from tasks.ingest import parse as parsing
from tasks.ingest import raw_store
from tasks.ingest.parse import parse
from tasks.sources.registry import SOURCES, read_file
from tests.unit.ingest.file_codes import landed, parsed


def test_the_raw_bytes_are_read_and_a_refusal_names_the_dropped_file(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.write_bytes(csv_bytes())
    found = parse(landed(raw=raw, file=tmp_path / "gone.csv"))
    assert found.encoding == "gb18030"
    assert found.reported["value"].to_list() == [record[-1] for record in CLEAN_RECORDS]
    raw.write_bytes(b"<html>login</html>")
    with pytest.raises(Refused) as refusal:
        parse(landed(raw=raw, file=tmp_path / "june.csv"))
    assert refusal.value.where.startswith("june.csv")
    assert str(tmp_path) not in str(refusal.value)
    with pytest.raises(KeyError):
        parse(landed(source="nobody", raw=raw))


def test_a_file_with_which_a_store_begins_is_read_once_and_its_records_are_handed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    for module in (parsing, raw_store):
        monkeypatch.setattr(
            module, "read_file", lambda source, raw, name: asked.append(name) or read_file(source, raw, name)
        )
    for day, name in enumerate(("first.csv", "second.csv"), 20):
        (tmp_path / name).write_bytes(csv_bytes(CLEAN_RECORDS[: day - 18]))
        declared: Any = {
            "source": "gacc_query",
            "flow": "export",
            "partners": "listed",
            "released_on": date(2025, 7, day),
        }
        ingest(ReleaseRequest(file=tmp_path / name, store=tmp_path / "store", **declared), date(2025, 7, 25))
    assert asked == ["first.csv", "second.csv"]


def test_records_that_were_read_before_are_no_part_of_what_is_recorded_and_are_let_go() -> None:
    of = landed()
    read = of.model_copy(update={"parsed": parsed({})})
    assert parse(read).reported.height == 1
    assert read.model_dump() == of.model_dump()
    assert read.without_records == of


def test_a_file_on_which_an_adapter_stumbles_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = tmp_path / "raw"
    raw.write_bytes(b"{}")
    monkeypatch.setitem(SOURCES, "hmrc_ots", replace(SOURCES["hmrc_ots"], parse=lambda *_: [].index("row")))  # type: ignore[arg-type, return-value]
    with pytest.raises(Refused, match=r"the adapter hmrc_ots does not expect \(ValueError: 'row' is not in list\)"):
        parse(landed(source="hmrc_ots", raw=raw))
