"""A month whose record levels another version wrote is made again, through the flow; `test_incremental.py` draws stores."""

import itertools
from datetime import date
from pathlib import Path

import pytest
from bad_inputs.download import csv_bytes, magnets

from flows.release import release
from schemas.forms.request import ReleaseRequest
from tasks.domain.hashing import frame_sha256
from tasks.ingest.normalise import normalise
from tasks.sources import gacc_query
from tasks.steps import open_published
from tasks.store.parquet import read_table
from tasks.store.snapshot import open_snapshot
from tests.copied_store import copied
from tests.unit.ingest.file_codes import landed

MONTHS = ("202312", "202401", "202402", "202403")
TABLES = ("record_level", "observation", "trade_flow", "metric", "revision")


def written(folder: Path) -> list[Path]:
    """Made-up query files, one a month: two codes, three partners, some of them silent in some months."""
    found = []
    for number, month in enumerate(MONTHS):
        rows = [
            (
                month,
                code,
                *magnets(partner)[2:5],
                f"{1000 + 37 * number * place}",
                "千克",
                "0",
                "?",
                f"{500 + 11 * place}",
            )
            for place, (code, partner) in enumerate(
                itertools.product(("01012100", "01013000"), ("502", "304", "116")), 1
            )
            if (number + place) % 3 or place == 1
        ]
        found.append(folder / f"{month}.csv")
        found[-1].write_bytes(csv_bytes(rows))
    return found


def filled(files: list[Path], store: Path) -> dict[tuple[str, str], str]:
    """The hashes of the files of a store by table and partition, and one of all figures."""
    day, today = date(2024, 5, 18), date(2024, 5, 20)
    for file in files:
        asked = ReleaseRequest(
            file=file, store=store, source="gacc_query", flow="export", partners="all", released_on=day
        )
        assert release.fn(asked, today).status == "published"
    snapshot = open_snapshot(store)
    assert snapshot is not None
    figures = {("metric", ""): frame_sha256(read_table(snapshot, "metric"))}
    return figures | {(entry.table, entry.partition): entry.sha256 for entry in snapshot.files if entry.table in TABLES}


def test_figures_without_record_levels_of_this_version_are_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, store = written(tmp_path), tmp_path / "reporter=CHN"
    filled(files[:-1], store)
    other = copied(store, tmp_path / "forwards")
    expected = filled(files[-1:], other)
    current = open_published._of_todays_schema
    monkeypatch.setattr(
        open_published,
        "_of_todays_schema",
        lambda snapshot, model: set() if model == "record_level" else current(snapshot, model),
    )
    last = files[-1]
    said = normalise(landed(file=last, partners="all"), gacc_query.parse(last.read_bytes(), last.name))
    derived = open_published.open_known(store, said).derived
    assert derived[-len(MONTHS) :] == tuple(("export", int(month[:4]), int(month[4:])) for month in MONTHS)
    assert filled(files[-1:], store) == expected
