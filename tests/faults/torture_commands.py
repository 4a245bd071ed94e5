"""The long run of what a person starts: each kind of command is killed at random changes of the disk under readers;
then it runs whole, and all that is published must be what a run without kills leaves, byte by byte.

A killed process is forked from one that has the libraries imported and none of the project, because Polars does not
survive a fork once it has computed.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from pathlib import Path
from random import Random
from typing import Any

from tests.faults.checks import PROCESSES, start_process
from tests.faults.readers import Tally

ROOT = Path(__file__).parent.parent.parent
CHN = "reporter=CHN"
BESIDE = ("mover", "expectation", "first_print")
KILLS_A_RUN, SECONDS_MAX = 6, 3600
WORKERS_KILLED, WORKER_SECONDS = 0.5, 5
CHANGES = {"os.rename", "os.link", "os.symlink", "os.remove", "os.mkdir", "os.rmdir", "os.utime"}
WRITES = os.O_WRONLY | os.O_RDWR
LIBRARIES = ["prefect.flows", "pyarrow.dataset", "duckdb", "pandera.polars", "pydantic", "typer"]
PROCESSES.set_forkserver_preload(["tests.faults.writers", *LIBRARIES])


Call = Callable[[Path], None]


@dataclass(frozen=True)
class Kind:
    """What is killed: the calls, each a process of its own, all at once, in a folder that the base has made."""

    base: Call
    calls: tuple[Call, ...]


@dataclass
class Counts:
    """What became of a kind: kills, whole runs, those equal to an unkilled one, the reads, and what was wrong."""

    kills: int = 0
    runs: int = 0
    equal: int = 0
    reads: Tally = field(default_factory=Tally)
    wrong: list[str] = field(default_factory=list)

    def __iadd__(self, other: "Counts") -> "Counts":
        self.kills, self.runs, self.equal = self.kills + other.kills, self.runs + other.runs, self.equal + other.equal
        self.reads += other.reads
        self.wrong += other.wrong
        return self


def _store(folder: Path) -> Any:
    sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "unit")]
    from tests.unit.customs import Store

    return Store(folder)


def first(folder: Path) -> None:
    """One release, and Iceberg metadata, which the next ones keep up."""
    store = _store(folder)
    from tests.unit import customs

    store.ingest(customs.RIGHT)
    iceberg(folder)


def second(folder: Path) -> None:
    store, on = _store(folder), date(2025, 7, 21)
    from tests.unit import customs

    data = customs.csv_bytes([*customs.MAY, customs.USA, customs.GERMANY, customs.CHILE])
    store.ingest(data, on, released_on=on)


def imports(folder: Path) -> None:
    store, on = _store(folder), date(2025, 7, 22)
    from tests.unit import customs

    data = customs.csv_bytes([customs.magnets("116", "2100", "119,000"), customs.magnets("133", "3400", "195,000")])
    store.ingest(data, on, name="imports.csv", released_on=on, flow="import", months="2025-06")


def withdrawal(folder: Path) -> None:
    from tasks.domain.errors import Refused
    from tasks.store.snapshots.parquet import read_table

    store = _store(folder)
    with suppress(Refused):
        store.withdraw(read_table(store.snapshot, "release")["release_id"].sort()[-1], date(2025, 9, 1))


def two_releases(folder: Path) -> None:
    first(folder)
    second(folder)


def old_states(folder: Path) -> None:
    """A release and one after it; what was published first is of an age at which it goes."""
    two_releases(folder)
    withdrawal(folder)
    for state in sorted((folder / CHN / ".snapshots").glob("0*"))[:2]:
        os.utime(state / "manifest.json", (1.5e9, 1.5e9))


def retention(folder: Path) -> None:
    _store(folder)
    from flows.retain import retain

    retain.fn(folder, 24)


def iceberg(folder: Path) -> None:
    _store(folder)
    from tasks.catalogs.iceberg import keep_iceberg

    keep_iceberg(folder)


def site(folder: Path) -> None:
    _store(folder)
    from flows.site import write
    from schemas.forms.site import SiteRequest

    write(SiteRequest(store=folder, output=folder / "site"), date(2025, 9, 2))


def old_store(folder: Path) -> None:
    """The store to be carried over, beside all runs; readers look at the new one."""
    (folder.parent / "old").mkdir()
    old_states(folder.parent / "old")


def upgrade(folder: Path) -> None:
    _store(folder)
    from flows.upgrade import upgrade as carry
    from schemas.forms.watch import UpgradeRequest

    report = carry.fn(UpgradeRequest(old=folder.parent / "old", store=folder))
    assert not report.troubles


def downloads(folder: Path) -> None:
    _store(folder)
    from bad_inputs.download import CLEAN_RECORDS, csv_bytes, in_month
    from bad_inputs.download import downloads as lay_down

    months = {f"2025{number:02d}": f"2025-{number + 1:02d}-20" for number in (1, 2)}
    files = {f"{month}.csv": (csv_bytes(in_month(month, CLEAN_RECORDS)), day) for month, day in months.items()}
    lay_down(folder / "downloads", files)


def on_dask(folder: Path) -> None:
    """A backfill whose pieces go to the workers of a scheduler, which the folder names."""
    _store(folder)
    from flows.backfill import backfill
    from schemas.forms.watch import BackfillRequest
    from tasks.analysis.reporter import of_reporter
    from tasks.derive import portions

    portions.ROWS_AT_ONCE, portions.CUTS, of_reporter.ROWS_TOGETHER = 0, ("", "85"), 0
    address = (folder.parent / "scheduler").read_text(encoding="utf-8")
    backfill.fn(BackfillRequest(folder=folder / "downloads", store=folder / CHN, dask=address))


KINDS = {
    "one file": Kind(first, (second,)),
    "two processes": Kind(first, (second, imports)),
    "withdraw": Kind(two_releases, (withdrawal,)),
    "retain": Kind(old_states, (retention,)),
    "Iceberg": Kind(old_states, (iceberg,)),
    "site": Kind(first, (site,)),
    "upgrade": Kind(old_store, (upgrade,)),
    "Dask": Kind(downloads, (on_dask,)),
}


def killed(call: Call, folder: Path, at: int, counted: str) -> None:
    """Do it, and end at change `at` of the disk; where there are fewer, leave their number."""
    sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    seen = 0

    def count(event: str, given: tuple[Any, ...]) -> None:
        nonlocal seen
        is_change = event in CHANGES or (event == "open" and isinstance(given[2], int) and bool(given[2] & WRITES))
        seen += is_change
        if is_change and seen == at:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    call(folder)
    Path(counted).write_text(f"{seen}", encoding="utf-8")


def published(folder: Path) -> dict[str, bytes]:
    """What stands in the end: the manifest, which names every file by its hash, what the tables beside it hold, and the
    pages of a site.
    """
    found = {"manifest": folder / CHN / ".current" / "manifest.json"}
    pages = {f"{path}": path for path in (folder / "site").glob("**/*") if path.suffix in (".html", ".json", ".csv")}
    tables = sorted((folder / CHN / "iceberg").glob("*"))
    return (
        {name: path.read_bytes() for name, path in found.items() if path.exists()}
        | {table: _content(folder / table / CHN / ".current" / "manifest.json") for table in BESIDE}
        | {name.removeprefix(str(folder)): path.read_bytes() for name, path in pages.items()}
        | {f"iceberg/{table.name}": str(len(_rows_of_iceberg(table))).encode() for table in tables}
    )


def _content(manifest: Path) -> bytes:
    """What the months of a table rest on, and its files. A killed run may have published it less often, which its
    lineage says, and never where it is empty in the end.
    """
    state = json.loads(manifest.read_bytes()) if manifest.exists() else {"about": {"months": {}}, "files": []}
    files = [(entry["partition"], entry["sha256"]) for entry in state["files"] if entry["table"] != "lineage"]
    return json.dumps([state["about"]["months"], files]).encode()


def _rows_of_iceberg(table: Path) -> Any:
    from pyiceberg.table import StaticTable

    return StaticTable.from_metadata(str(table)).scan().to_arrow()


def _polars(folder: str, column: str) -> tuple[int, int]:
    import polars as pl

    rows = pl.scan_parquet(folder, hive_partitioning=True)
    return rows.select(pl.len(), pl.col(column).count().alias("known")).collect().row(0)  # type: ignore[return-value]


def _duckdb(folder: str, column: str) -> tuple[int, int]:
    import duckdb

    asked = f"select count(*), count({column}) from read_parquet('{folder}/**/*.parquet', hive_partitioning=true)"
    return duckdb.connect(config={"threads": 1}).execute(asked).fetchone()  # type: ignore[return-value]


def _pyarrow(folder: str, column: str) -> tuple[int, int]:
    import pyarrow.dataset as ds

    found = ds.dataset(folder, partitioning="hive").to_table(columns=[column])[column]
    return len(found), len(found) - found.null_count


PLAIN: dict[str, Callable[[str, str], tuple[int, int]]] = {"polars": _polars, "duckdb": _duckdb, "pyarrow": _pyarrow}


def look(folder: Path, engine: str, known: dict[str, Any], tally: Tally) -> str:
    """Read the newest state by its folders, and compare it with its manifest and with every other read of it."""
    store = folder / CHN
    if not (store / ".current").is_symlink():
        return ""
    state = os.path.realpath(store / ".current")
    entries = json.loads(Path(state, "manifest.json").read_bytes())["files"]
    tally["reads"] += 1
    for table, column in (("metric", "level"), ("observation", "value")):
        expected = sum(entry["rows"] for entry in entries if entry["table"] == table)
        try:
            rows = PLAIN[engine](f"{state}/_{table}", column)
        except Exception as error:
            tally["errors"] += 1
            return f"{state}: {engine}: {error}"
        if rows[0] != expected or known.setdefault(f"{state}/{table}", rows) != rows:
            tally["short" if rows[0] < expected else "mixed"] += 1
            return f"{state}: {engine} read {rows}, of {expected}"
    index = folder / "site" / "index.html"
    if index.exists() and not index.read_bytes().rstrip().endswith(b"</html>"):
        tally["short"] += 1
        return f"{index}: cut"
    return ""


def watch(base: Path, stop: Event, send: Any) -> None:
    """Read what the newest run shows until `stop`, with one engine after another."""
    known, tally, wrong = dict[str, Any](), Tally(), list[str]()
    newest = base
    while not stop.is_set():
        # By their numbers: a folder that is removed changes last.
        runs = {int(path.name.removeprefix("run")): path for path in base.glob("run*") if not path.suffix}
        newest = runs[max(runs)] if runs else newest
        for engine in PLAIN:
            if said := look(newest, engine, known, tally):
                wrong.append(said)
        time.sleep(0.05)
    send.send((tally, wrong[:3]))


@contextmanager
def watching(base: Path, counts: Counts) -> Iterator[None]:
    stop, (receive, send) = PROCESSES.Event(), PROCESSES.Pipe(duplex=False)
    process = start_process(watch, base, stop, send)
    yield
    stop.set()
    tally, wrong = receive.recv()
    process.join()
    counts.reads += tally
    counts.wrong += wrong


def ended(processes: Sequence[BaseProcess]) -> list[int | None]:
    for process in processes:
        process.join(SECONDS_MAX)
        if process.is_alive():
            process.terminate()
            process.join()
    return [process.exitcode for process in processes]


def whole(calls: Sequence[Call], folder: Path) -> list[int]:
    """All calls, one after another and without a kill: how often each changes the disk."""
    numbers, counted = [], folder.with_suffix(".count")
    for call in calls:
        [code] = ended([start_process(killed, call, folder, 0, str(counted))])
        if code:
            raise RuntimeError(f"{folder}: {call} ended with {code}")
        numbers.append(int(counted.read_text(encoding="utf-8")))
    return numbers


def copy_of(folder: Path, target: Path) -> Path:
    """A copy in which what was one file under two names is one again, with the times that a retention goes by."""
    # Readers see it when it is whole.
    aside = target.with_name(f".{target.name}")
    subprocess.run(["cp", "-a", folder, aside], check=True)
    return aside.rename(target)


def torture_command(base: Path, name: str, kills: int, chance: Random) -> Counts:
    """So many kills of a kind, in `base`."""
    base.mkdir(parents=True)
    if name == "S3":
        return _torture_bucket(base, kills, chance)
    if name != "Dask":
        return _torture(base, KINDS[name], kills, chance)
    from tests.integration.dask_workers import Workers

    with closing(Workers(base)) as workers:
        (base / "scheduler").write_text(workers.address, encoding="utf-8")
        return _torture(base, KINDS[name], kills, chance, workers)


def _torture(base: Path, kind: Kind, kills: int, chance: Random, workers: Any = None) -> Counts:
    counts, start = Counts(), base / "start"
    start.mkdir()
    whole([kind.base], start)
    # Two at once may be done in either order.
    wanted, orders = [], dict.fromkeys((kind.calls, kind.calls[::-1]))
    for number, calls in enumerate(orders):
        changes = whole(calls, copy_of(start, base / f"unkilled{number}"))
        wanted.append(published(base / f"unkilled{number}"))
    with watching(base, counts):
        while counts.kills < kills:
            folder = copy_of(start, base / f"run{counts.runs}")
            for _ in range(KILLS_A_RUN):
                if not _kill_once(folder, kind.calls[:: chance.choice((1, -1))], max(changes), counts, chance, workers):
                    break
            whole(kind.calls, folder)
            counts.runs += 1
            found = published(folder)
            counts.equal += found in wanted
            if found not in wanted:
                other = [one for one in wanted[0] | found if wanted[0].get(one) != found.get(one)]
                counts.wrong.append(f"{folder}: {', '.join(other)}")
            shutil.rmtree(base / f"run{counts.runs - 3}", ignore_errors=True)
    return counts


def _kill_once(folder: Path, calls: Sequence[Call], most: int, counts: Counts, chance: Random, workers: Any) -> bool:
    """Whether one of the calls was killed before it was done."""
    counted = str(folder.with_suffix(".count"))
    begun = [start_process(killed, call, folder, chance.randint(1, most), counted) for call in calls]
    if workers and chance.random() < WORKERS_KILLED:
        time.sleep(chance.random() * WORKER_SECONDS)
        workers.kill(chance.choice(sorted(workers.workers)))
        counts.kills += 1
    codes = ended(begun)
    if workers:
        workers.complete()
    counts.kills += codes.count(-signal.SIGKILL)
    counts.wrong += [f"{folder}: ended with {code}" for code in codes if code not in (0, -signal.SIGKILL)]
    return -signal.SIGKILL in codes


def _add(folder: Path, url: str, number: int, environment: dict[str, str]) -> None:
    os.environ.update(environment)
    from tests.integration.s3_writer import add

    add(url, number)


def _torture_bucket(base: Path, kills: int, chance: Random) -> Counts:
    """A small writer of a bucket is killed, and the next one goes on; every byte is read over the wire and proved."""
    from tests.integration.s3_bucket import serving

    counts = Counts()
    with serving(base) as customs:
        url, unkilled = customs.store(), customs.store()
        machine = {name: value for name, value in os.environ.items() if name.startswith(("AWS_", "TIDEWAITER_"))}
        while counts.kills < kills:
            number = counts.runs + 1
            [most] = whole([partial(_add, url=str(unkilled), number=number, environment=machine)], base / "unkilled")
            add = partial(_add, url=str(url), number=number, environment=machine)
            for _ in range(KILLS_A_RUN):
                begun = start_process(killed, add, base / "run", chance.randint(1, most), str(base / "run.count"))
                while begun.is_alive():
                    counts.reads["reads"] += 1
                    seen = customs.current(url)[1]
                    if seen not in ([*range(1, number)], [*range(1, number + 1)]):
                        counts.reads["wrong"] += 1
                        counts.wrong.append(f"{url}: {seen} while {number} was added")
                [code] = ended([begun])
                counts.kills += code == -signal.SIGKILL
                if code != -signal.SIGKILL:
                    counts.wrong += [f"{url}: ended with {code}"] if code else []
                    break
            whole([add], base / "run")
            counts.runs += 1
            counts.equal += customs.current(url) == customs.current(unkilled)
    if counts.equal < counts.runs:
        counts.wrong.append(f"{url}: other snapshots than without kills")
    return counts
