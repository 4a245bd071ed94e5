"""What every adapter promises."""

import re
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from benchmarks.false_alarms import rows_of_table, unlisted
from schemas.names import KINDS
from schemas.reference.code_tables import partner_codes
from tasks.domain.nomenclature import FINEST
from tasks.sources.protocol import Parsed, Source
from tasks.sources.registry import SOURCES
from tests.unit.ingest.file_codes import reported


@pytest.mark.parametrize("name", SOURCES)
def test_an_adapter_names_a_kind_a_code_list_and_a_nomenclature_that_exist(name: str) -> None:
    source = SOURCES[name]
    assert isinstance(source, Source)
    assert source.name == name
    assert source.kind in KINDS
    assert source.nomenclature in FINEST
    assert partner_codes(source.code_list).height > 10
    assert source.row_cap is None or source.row_cap > 1000


def test_the_plainest_adapter_reads_queries_of_china() -> None:
    source = Source("made", "query", (), lambda raw, where: Parsed(reported(), "utf-8", ()))
    assert (source.reporter, source.code_list, source.nomenclature, source.says_day, source.row_cap) == ("CHN", "gacc", "HS8", False, None)  # fmt: skip
    assert source.parse(b"", "f")[3:6] == ((), None, None)
    with pytest.raises(FrozenInstanceError):
        source.kind = "yearbook"  # type: ignore[misc]


def test_a_source_of_which_no_whole_file_was_read_is_experimental_and_the_page_says_so() -> None:
    """`published` is collected by hand. A whole file that can be published makes a source known."""
    whole = {row["source"] for row in rows_of_table() if row["given"] == "whole" and row["verdict"] == "publish"}
    assert len(whole) > 4
    experimental = {name for name, source in SOURCES.items() if source.experimental}
    assert experimental == {*SOURCES} - whole - {"published"}
    (said,) = re.findall(
        r"^(.*) are experimental:",
        (Path(__file__).parents[3] / "docs" / "sources.md").read_text(encoding="utf-8"),
        re.M,
    )
    assert {*re.findall(r"`(\w+)`", said)} == experimental


@pytest.mark.shared
def test_every_real_file_at_hand_is_judged(shared_data: Path) -> None:
    rows = rows_of_table()
    assert len(rows) > 80
    assert unlisted(shared_data, rows) == []
    assert {row["source"] for row in rows} <= {*SOURCES, ""}
    assert {verdict for row in rows for verdict in row["verdict"].split(" or ")} == {"publish", "hold", "refuse", ""}
