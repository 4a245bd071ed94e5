"""What a publication costs by itself, in a store that grows: time by step, bytes, calls to the disk.

    python -m benchmarks.publications [--months 360] [--publications 1000] [--at-once 1] [--keep 20] [--folder FOLDER]

Each publication is a month of one direction with tiny files: one of each table filed by month, one of each table that a
release writes once; or of several months, as `--at-once` says. When there are `--months` of them the store keeps its
number of files, and each further publication corrects the newest month. The files have a few hundred bytes, so that
what is measured is the publication and not its data. Outside of the measured time old snapshots are retired; `--keep`
says how many stay.
"""

import argparse
import functools
import io
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import generate, results
from tasks.store.files.filesystem import FileSystem
from tasks.store.files.snapshot import Snapshot, history, load_snapshot, open_snapshot, snapshot_ids
from tasks.store.files.verify import audit_store
from tasks.store.snapshots import publish as publishing
from tasks.store.snapshots.publish import NewFile, exclusive
from tasks.store.snapshots.retention import retain

BY_MONTH = ("metric", "observation", "record_level", "revision", "trade_flow")
BY_RELEASE = ("finding", "lineage", "quarantine", "release")
FIRST_YEAR = 1997
SCHEMA = "5" * 64
# The steps of a publication, by the name of the function that does each.
STEPS = {
    "manifest": "encode",
    "carried": "_refuse_damaged",
    "linking": "_build",
    "read back": "read_back",
    "pointer": "_point",
}
TIMES = ("all", "processor", "open", *STEPS)


class CountingFileSystem(FileSystem):
    """The local disk, counting calls by name and bytes written."""

    def __init__(self) -> None:
        self.calls, self.bytes = Counter[str](), 0

    def write(self, descriptor: int, data: memoryview) -> int:
        """Count the bytes."""
        written = super().write(descriptor, data)
        self.bytes += written
        return written


def _counted(name: str) -> Callable[..., Any]:
    plain = getattr(FileSystem, name)

    def call(self: CountingFileSystem, *given: Any) -> Any:
        self.calls[name] += 1
        return plain(self, *given)

    return call


for _name in ("link", "symlink", "rename", "replace", "make_directory", "fsync_file", "fsync_directory"):
    setattr(CountingFileSystem, _name, _counted(_name))


def files_of(month: int, edition: int) -> Iterator[NewFile]:
    """The files of the release of a month; a correction has other bytes in the same places, and no file of its own."""
    partition = f"flow=export/year={FIRST_YEAR + month // 12}/month={month % 12 + 1}"
    for number, table in enumerate(BY_MONTH):
        yield NewFile(table, partition, parquet(month, edition, number), 1, SCHEMA)
    for number, table in enumerate(BY_RELEASE if edition == 0 else ()):
        yield NewFile(table, "", parquet(month, edition, -number - 1), 1, SCHEMA, is_added=True)


def parquet(*values: int) -> bytes:
    """A tiny file."""
    sink = io.BytesIO()
    pq.write_table(pa.table({"level": [values[0]], "edition": [values[1]], "table": [values[2]]}), sink)
    return sink.getvalue()


def grow(store: Path, given: argparse.Namespace, stops: set[int]) -> Iterator[dict[str, Any]]:
    """Publish so often; figures for each of `stops`."""
    releases: list[str] = []
    for number in range(1, given.publications + 1):
        months = range(len(releases), min(len(releases) + given.at_once, given.months))
        edition = 0 if months else number
        new = [file for month in months or [given.months - 1] for file in files_of(month, edition)]
        releases += [
            f"gacc_query-export-{FIRST_YEAR + month // 12}-{month % 12 + 1:02d}-{month:012x}" for month in months
        ]
        fs, seconds = CountingFileSystem(), Counter[str]()
        begun, busy = time.perf_counter(), time.process_time()
        with exclusive(store, fs), timed(seconds):
            opened = time.perf_counter()
            parent = open_snapshot(store)
            seconds["open"] = time.perf_counter() - opened
            named = {(file.table, file.partition) for file in new if not file.is_added}
            carried = [
                entry for entry in (parent.files if parent else ()) if (entry.table, entry.partition) not in named
            ]
            about = {"releases": releases, "released_on": str(date(2026, 1, 1))}
            made = publishing.publish(store, new, carried=carried, parent=parent, about=about, fs=fs)
        seconds["all"], seconds["processor"] = time.perf_counter() - begun, time.process_time() - busy
        if number in stops:
            yield figures(number, made.snapshot, seconds, fs)
        if number % given.keep == 0:
            retire(store, given.keep)


def retire(store: Path, kept: int) -> None:
    """Remove all snapshots but the newest."""
    with exclusive(store):
        retain(store, today=date.max, least=kept)


def figures(number: int, snapshot: Snapshot, seconds: Counter[str], fs: CountingFileSystem) -> dict[str, Any]:
    """One publication in numbers."""
    return {
        "publication": number,
        "files": len(snapshot.files),
        **{name: seconds[name] for name in TIMES},
        "bytes": fs.bytes,
        "links": fs.calls["link"],
        "folders": fs.calls["make_directory"],
        "syncs": fs.calls["fsync_file"] + fs.calls["fsync_directory"],
    }


class timed:  # noqa: N801
    """Inside, the steps of a publication add their seconds to a counter."""

    def __init__(self, seconds: Counter[str]) -> None:
        self.seconds, self.plain = seconds, {name: getattr(publishing, name) for name in STEPS.values()}

    def __enter__(self) -> None:
        for step, name in STEPS.items():
            setattr(publishing, name, self._timing(step, self.plain[name]))

    def __exit__(self, *_: object) -> None:
        for name, plain in self.plain.items():
            setattr(publishing, name, plain)

    def _timing(self, step: str, plain: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(plain)
        def call(*given: Any, **named: Any) -> Any:
            begun = time.perf_counter()
            try:
                return plain(*given, **named)
            finally:
                self.seconds[step] += time.perf_counter() - begun

        return call


def seconds_of(work: Callable[[], Any]) -> float:
    """How long it takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def afterwards(store: Path) -> list[list[str]]:
    """What reading the history, verifying and retiring takes at the end."""

    def every() -> list[Snapshot]:
        newest = open_snapshot(store)
        return [] if newest is None else history(newest, snapshot_ids(store), lambda name: load_snapshot(store, name))

    kept = len(every())
    rows = [["open the current snapshot", f"{seconds_of(lambda: open_snapshot(store)):,.3f}"]]
    rows.append([f"list {kept:,} snapshots", f"{seconds_of(every):,.2f}"])

    def check() -> None:
        if problems := audit_store(store):
            raise SystemExit(f"the store is not whole: {problems[:3]}")

    rows.append(["audit of the store, all snapshots", f"{seconds_of(check):,.2f}"])
    folders = sum(1 for path in (store / ".snapshots").rglob("*") if path.is_dir())
    rows.append(
        [f"retention of all but 2 snapshots, {folders:,} folders", f"{seconds_of(lambda: retire(store, 2)):,.2f}"]
    )
    check()
    return rows


def report(lines: list[dict[str, Any]], rows: list[list[str]], label: str) -> str:
    """The tables of one run."""
    titles = ["publication", "files", *(f"{name}, ms" for name in TIMES), "KB written", "links", "folders", "syncs"]
    cells = [
        [
            f"{one['publication']:,}",
            f"{one['files']:,}",
            *(f"{one[name] * 1000:,.1f}" for name in TIMES),
            f"{one['bytes'] / 1000:,.1f}",
            f"{one['links']:,}",
            f"{one['folders']:,}",
            f"{one['syncs']:,}",
        ]
        for one in lines
    ]
    return f"{label}\n\n{results.table(titles, cells)}\n\n{results.table(['at the end', 's'], rows)}"


def main() -> int:
    """Grow a store, print."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--months", type=int, default=360, help="publications that add files, ten each")
    ask.add_argument("--publications", type=int, default=1000)
    ask.add_argument("--at-once", type=int, default=1, help="months of one publication, until there are enough")
    ask.add_argument("--keep", type=int, default=20, help="snapshots that stay")
    ask.add_argument("--folder", type=Path, default=generate.FOLDER, help="a folder on the disk to be measured")
    ask.add_argument("--title", help="with it the results are written down, under this title")
    given = ask.parse_args()
    machine = results.machine()
    given.folder.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=given.folder))
    full = -(-given.months // given.at_once)
    stops = {1, 2, 10, 100, full, full + 1, given.publications - 1, given.publications}
    lines = []
    try:
        for line in grow(folder / "reporter=CHN", given, stops):
            print(line, flush=True)
            lines.append(line)
        rows = afterwards(folder / "reporter=CHN")
    finally:
        shutil.rmtree(folder)
    command = (
        f"`python -m benchmarks.publications --months {given.months} --publications {given.publications} --at-once"
        f" {given.at_once}`"
    )
    text = f"{machine}\n\n{report(lines, rows, f'{command}: a publication each line.')}"
    print(text)
    if given.title:
        results.put(given.title, text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
