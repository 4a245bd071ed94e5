"""A backfill with processes on, from drawn files, on a disk that fills up, and beside a reader: they may cost time, and
never another byte.

The files are drawn: their months overlap, some come twice, some are held or refused.
"""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from bad_inputs.download import csv_bytes, downloads, magnets
from small_disk import mount

from flows.backfill import backfill
from schemas import settings
from schemas.forms.watch import BackfillRequest, WatchReport
from tasks.analysis.reporter import of_reporter
from tasks.derive import portions, processes
from tasks.derive.executor import lending
from tasks.publication import batch
from tasks.store.files.snapshot import current_id
from tasks.store.files.verify import audit_store
from tests.dated import list_snapshots
from tests.draws import some
from tests.unit.engines import AtOnce

pytestmark = pytest.mark.usefixtures("nothing_is_watched")

PARTNERS = ("502", "304", "116", "133", "141", "303")


@pytest.fixture(autouse=True)
def _everything_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    _set_up(monkeypatch)


def _set_up(patch: pytest.MonkeyPatch) -> None:
    """Small files have several portions, and are enough for processes."""
    patch.setattr(portions, "ROWS_AT_ONCE", 0)
    patch.setattr(portions, "CUTS", ("", "85"))
    patch.setattr(of_reporter, "ROWS_TOGETHER", 0)
    patch.setattr(processes, "ROWS_THAT_PAY", 0)
    patch.setenv(settings.PROCESSES, "1")


def drawn(folder: Path, seed: int) -> Path:
    """Six files of months of 2024 and 2025: of one month, of several, again with other numbers, twice with the same
    ones; and files that are held and refused."""
    draw = random.Random(seed)
    files: dict[str, tuple[bytes, str]] = {
        "page.csv": (b"<html>captcha</html>\n", "2025-05-01"),
        "held.csv": (csv_bytes([magnets("998", "1000", "50,000", "202412")]), "2025-01-25"),
    }
    first, day, twice = draw.randrange(8), date(2025, 2, 20), draw.sample(range(6), 2)
    for at in range(6):
        begin = draw.choice([first, first + at, first + at])
        months = [divmod(begin + step, 12) for step in range(draw.choice([1, 1, 2]))]
        rows = [
            magnets(partner, f"{(weight := draw.randrange(200, 9_000) * 100)}", f"{57 * weight + at}", month)
            for month in (f"{2024 + year}{number + 1:02d}" for year, number in months)
            for partner in draw.sample(PARTNERS, draw.randrange(4, 7))
        ]
        day += timedelta(days=draw.randrange(0, 40))
        files[f"{at}.csv"] = (csv_bytes(rows), f"{day}")
        if at in twice:
            files[f"{at}_again.csv"] = (files[f"{at}.csv"][0], f"{day + timedelta(days=1)}")
    return downloads(folder, files)


def fill(folder: Path, store: Path) -> WatchReport:
    for note in folder.glob("*.refused.txt"):
        note.unlink()
    return backfill.fn(BackfillRequest(folder=folder, store=store))


def told(report: WatchReport) -> object:
    outcomes = [(one.release_id, one.status, one.snapshot_id) for one in report.outcomes]
    return outcomes, report.held, report.refused, report.failed


def manifests(store: Path) -> list[bytes]:
    places = [store, *(store.parent / table / store.name for table in of_reporter.MAKERS)]
    return [(place / ".current" / "manifest.json").read_bytes() for place in places]


@pytest.mark.parametrize(("seed", "number"), [*((seed, "1") for seed in some(range(6))), (100, "2"), (101, "2")])
def test_drawn_files_make_the_same_store_whoever_reads_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, number: str
) -> None:
    """One process, by whole files; and by pieces, in the same one or in two."""
    folder = drawn(tmp_path / "files", seed)
    stores = [tmp_path / name / "reporter=CHN" for name in ("alone", "pieces")]
    alone = fill(folder, stores[0])
    monkeypatch.setenv(settings.PROCESSES, number)
    with lending(AtOnce(9)) if number == "1" else nullcontext():
        pieces = fill(folder, stores[1])
    assert not pieces.failed
    assert told(pieces) == told(alone)
    assert manifests(stores[0]) == manifests(stores[1])


class Reader:
    """Reads the store again and again as people do, through `current`, and keeps what it saw of each snapshot."""

    def __init__(self, store: Path) -> None:
        self.store, self.seen, self.reads = store, dict[str, set[tuple[int, int]]](), 0
        self._ended = threading.Event()

    @contextmanager
    def reading(self) -> Iterator[None]:
        thread = threading.Thread(target=self._read_on)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _read_on(self) -> None:
        while not self._ended.is_set():
            if (self.store / ".current").exists():
                self.read()

    def read(self) -> None:
        # Resolved once: whoever follows the pointer twice may see two snapshots.
        root = (self.store / ".current").resolve()
        rows = [
            pl.scan_parquet(f"{root}/_{table}/**/*.parquet").select(pl.len()).collect().item()
            for table in ("trade_flow", "metric")
        ]
        self.seen.setdefault(root.name, set()).add((rows[0], rows[1]))
        self.reads += 1


def test_a_reader_sees_one_snapshot_while_processes_help(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each batch has one file, so that a reader meets several publications."""
    monkeypatch.setattr(batch, "FILES_MAX", 1)
    monkeypatch.setenv(settings.PROCESSES, "2")
    store = tmp_path / "reporter=CHN"
    reader = Reader(store)
    with reader.reading():
        report = fill(drawn(tmp_path / "files", 7), store)
    reader.read()
    assert report.failed == []
    rows = {
        one.id: tuple(sum(file.rows for file in one.entries(table)) for table in ("trade_flow", "metric"))
        for one in list_snapshots(store)
    }
    assert len(rows) >= 4
    assert len(reader.seen) >= 2, "it read beside the run"
    assert reader.seen == {name: {rows[name]} for name in reader.seen}
    assert current_id(store) in reader.seen


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[bytes]]:
    """Drawn files, and what one process makes of them."""
    place = tmp_path_factory.mktemp("undisturbed")
    with pytest.MonkeyPatch.context() as patch:
        _set_up(patch)
        patch.setattr(batch, "FILES_MAX", 1)
        fill(folder := drawn(place / "files", 3), place / "reporter=CHN")
    return folder, manifests(place / "reporter=CHN")


@pytest.mark.parametrize("kilobytes", some(range(200, 4_200, 200)))
def test_a_full_disk_leaves_the_store_whole_while_processes_help(
    undisturbed: tuple[Path, list[bytes]], disk: Path, monkeypatch: pytest.MonkeyPatch, kilobytes: int
) -> None:
    monkeypatch.setattr(batch, "FILES_MAX", 1)
    (folder, expected), store = undisturbed, disk / "reporter=CHN"
    monkeypatch.setenv(settings.PROCESSES, "2")
    mount(disk, kilobytes, "remount,")
    reader = Reader(store)
    with reader.reading():
        with suppress(OSError):
            fill(folder, store)
        if current_id(store) is not None:
            assert audit_store(store) == []
        mount(disk, 64_000, "remount,")
        assert fill(folder, store).failed == []
    assert manifests(store)[0] == expected[0]
    # A table for which there was no room was made with the next publication, and its lineage says so.
    for table in of_reporter.MAKERS:
        one, other = (
            pl.read_parquet(f"{(root.parent / table / root.name / '.current').resolve()}/_{table}/**/*.parquet")
            for root in (store, folder.parent / store.name)
        )
        assert one.height
        assert one.equals(other)
    assert audit_store(store) == []
    assert [*(store / "tmp").iterdir()] == [*disk.glob(".copy-*")] == []
    reader.read()
    assert reader.seen
    assert all(len(rows) == 1 for rows in reader.seen.values())
