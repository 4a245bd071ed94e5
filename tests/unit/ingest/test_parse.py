"""Bytes of a landed file through the adapter of its source, and what they say against what is declared."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from bad_inputs.download import CLEAN_RECORDS, csv_bytes

from flows.release import ingest
from schemas.forms.request import Landed, ReleaseRequest
from tasks.domain.errors import Refused
from tasks.ingest import parse as parsing
from tasks.ingest.parse import parse, refuse_contradictions
from tasks.sources.registry import SOURCES, read_file
from tests.unit.ingest.file_codes import landed, parsed


def test_the_raw_bytes_are_read_and_not_the_dropped_file(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.write_bytes(csv_bytes())
    found = parse(landed(raw=raw, file=tmp_path / "gone.csv"))
    assert found.encoding == "gb18030"
    assert found.reported["value"].to_list() == [record[-1] for record in CLEAN_RECORDS]


def test_a_file_with_which_a_store_begins_is_parsed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(
        parsing, "read_file", lambda source, raw, name: asked.append(name) or read_file(source, raw, name)
    )
    for day, name in enumerate(("first.csv", "second.csv"), 20):
        (tmp_path / name).write_bytes(csv_bytes(CLEAN_RECORDS[: day - 18]))
        told = {"source": "gacc_query", "flow": "export", "partners": "listed", "released_on": date(2025, 7, day)}
        ingest(ReleaseRequest(file=tmp_path / name, store=tmp_path / "store", **told), date(2025, 7, 25))
    assert asked == ["first.csv", "second.csv"]


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


DAY = date(2025, 7, 20)


@pytest.mark.parametrize(
    ("records", "about", "of"),
    [
        ([{}], {}, landed()), ([{"flow": "export"}, {}], {"reporter": "CHN", "printed_on": DAY}, landed()),
        ([{"flow": "export"}, {"flow": "import"}], {}, landed(flow=None)), ([], {}, landed()),
    ],
)  # fmt: skip
def test_what_agrees_or_is_missing_passes(records: list[dict[str, Any]], about: dict[str, Any], of: Landed) -> None:
    assert refuse_contradictions(of, parsed(*records, **about)) is None, "what agrees was refused"


@pytest.mark.parametrize(
    ("records", "about", "rule", "message"),
    [
        ([{}], {"reporter": "DEU"}, "other reporter", 'the file reports for DEU, declared is CHN. Write reporter = "DEU" into f.csv.toml'),
        ([{}], {"printed_on": date(2025, 7, 21)}, "printed later", "the file is dated 2025-07-21, declared is released_on = 2025-07-20"),
        ([{"flow": "export"}, {"flow": "import"}], {}, "other flow", "the file has import records, declared is export"),
    ],
)  # fmt: skip
def test_a_contradiction_is_refused(
    records: list[dict[str, Any]], about: dict[str, Any], rule: str, message: str
) -> None:
    with pytest.raises(Refused) as refusal:
        refuse_contradictions(landed(), parsed(*records, **about))
    assert refusal.value.rule == rule
    assert message in str(refusal.value)
