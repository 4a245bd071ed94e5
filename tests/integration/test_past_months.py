"""Months that look back on what others left, through the flow; `test_incremental.py` draws stores and cuts them into portions."""

import itertools
import json
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet
import pytest

from flows.release import release
from schemas.forms.request import Landed, ReleaseRequest
from tasks.domain.hashing import frame_sha256
from tasks.ingest.normalise import Normalised, normalise
from tasks.sources import gacc_query
from tasks.steps import open_published
from tasks.store.parquet import read_table
from tasks.store.snapshot import Snapshot, open_snapshot
from tests.copied_store import copied

HEADER = '"数据年月","商品编码","商品名称","贸易伙伴编码","贸易伙伴名称","第一数量","第一计量单位","第二数量","第二计量单位","美元",\n'
MONTHS = ("202312", "202401", "202402", "202403")
TABLES = ("record_level", "observation", "trade_flow", "metric", "revision")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Made-up query files, one a month: two codes, three partners, some of them silent in some months."""
    folder = tmp_path_factory.mktemp("months")
    found = []
    for number, month in enumerate(MONTHS):
        rows = [
            f'"{month}","{code}","合成","{partner}","合成","{1000 + 37 * number * place}","千克","0","?","{500 + 11 * place}",\n'
            for place, (code, partner) in enumerate(
                itertools.product(("01012100", "01013000"), ("502", "304", "116")), 1
            )
            if (number + place) % 3 or place == 1
        ]
        found.append(folder / f"{month}.csv")
        found[-1].write_bytes((HEADER + "".join(rows)).encode("gb18030"))
    return found


class Filled(NamedTuple):
    """A store that a test copies before it adds to it."""

    store: Path
    hashes: dict[tuple[str, str], str]


@pytest.fixture(scope="module")
def first(files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """All months but the last, one after another."""
    store = tmp_path_factory.mktemp("first") / "reporter=CHN"
    return Filled(store, filled(files[:-1], store))


@pytest.fixture(scope="module")
def forwards(files: list[Path], first: Filled, tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """All of them, one after another."""
    store = copied(first.store, tmp_path_factory.mktemp("forwards"))
    return Filled(store, filled(files[-1:], store))


def _released(file: Path, store: Path, day: date) -> str:
    request = ReleaseRequest(
        file=file, store=store, source="gacc_query", flow="export", partners="all", released_on=day
    )
    return release.fn(request, day + timedelta(days=2)).status


def filled(files: list[Path], store: Path, released_on: date = date(2024, 5, 18)) -> dict[tuple[str, str], str]:
    """The hashes of the files of a store by table and partition, and one of all figures."""
    for file in files:
        assert _released(file, store, released_on) == "published"
    snapshot = open_snapshot(store)
    assert snapshot is not None
    figures = {("metric", ""): frame_sha256(read_table(snapshot, "metric"))}
    return figures | {(entry.table, entry.partition): entry.sha256 for entry in snapshot.files if entry.table in TABLES}


def test_what_is_known_makes_nothing_new_however_much_was_published_since(
    files: list[Path], forwards: Filled, tmp_path: Path
) -> None:
    """Also where a cumulative figure connects the months of a year, and a later release speaks of an earlier month."""
    folder = tmp_path / "quarter"
    folder.mkdir()
    months = [line for file in files[1:] for line in file.read_bytes().decode("gb18030").splitlines()[1:]]
    sums: dict[tuple[str, ...], list[int]] = {}
    for line in months:
        _, *name, quantity, unit, second, other, value = line.strip('",').split('","')
        total = sums.setdefault((*name, unit, second, other), [0, 0])
        total[:] = total[0] + int(quantity), total[1] + int(value)
    rows = [
        ",".join(f'"{text}"' for text in (*name, total[0], unit, second, other, total[1])) + ",\n"
        for (*name, unit, second, other), total in sums.items()
    ]
    quarter = folder / "quarter.csv"
    quarter.write_bytes((HEADER.partition(",")[2] + "".join(rows)).encode("gb18030"))
    (folder / "quarter.csv.toml").write_text('months = "2024-01..2024-03"\n')
    one = filled([quarter], copied(forwards.store, tmp_path / "store0"))
    assert one == filled([quarter, *reversed(files)], tmp_path / "store1" / "reporter=CHN")
    for file in (files[1], quarter):
        assert _released(file, tmp_path / "store0" / "reporter=CHN", date(2024, 5, 18)) == "nothing new", file.name
    # With the sum of three months a number of the third one is a number of the second.
    assert _made_from(tmp_path / "store0" / "reporter=CHN", "flow=export/year=2024/month=2") == {
        file.stem for file in (*files, quarter)
    }


def _made_from(store: Path, partition: str) -> set[str]:
    """Which files the figures of a month say that they are made from."""
    snapshot = _snapshot(store)
    (entry,) = (entry for entry in snapshot.entries("metric") if entry.partition == partition)
    note = json.loads(pyarrow.parquet.read_metadata(snapshot.path / entry.path).metadata[b"tidewaiter.derivation"])
    names = dict(read_table(snapshot, "release").select("release_id", "title").iter_rows())
    return {Path(names[one["release_id"]]).stem for one in note["inputs"]}


def test_figures_without_record_levels_of_this_version_are_made_again(
    files: list[Path], first: Filled, forwards: Filled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = copied(first.store, tmp_path)
    current = open_published._of_todays_schema
    monkeypatch.setattr(
        open_published,
        "_of_todays_schema",
        lambda snapshot, model: set() if model == "record_level" else current(snapshot, model),
    )
    derived = open_published.open_known(store, _normalised(files[-1])).derived
    assert derived[-len(MONTHS) :] == tuple(("export", int(month[:4]), int(month[4:])) for month in MONTHS)
    assert filled(files[-1:], store) == forwards.hashes


def _snapshot(store: Path) -> Snapshot:
    snapshot = open_snapshot(store)
    assert snapshot is not None
    return snapshot


def _normalised(file: Path) -> Normalised:
    data = file.read_bytes()
    landed = Landed(
        file=file, source="gacc_query", reporter="CHN", flow="export", partners="all", products=None, first_month=None,
        last_month=None, released_on=date(2024, 5, 18), title=file.name, raw=file, raw_sha256="0" * 64, raw_bytes=len(data),
    )  # fmt: skip
    return normalise(landed, gacc_query.parse(data, file.name))
