"""A backfill in pieces: processes of this machine, a real Dask scheduler and its workers. They may cost time, and never
another byte."""

import contextlib
import itertools
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cloudpickle
import polars as pl
import pytest
from bad_inputs.download import CLEAN_RECORDS, csv_bytes, downloads, in_month, magnets
from dask_workers import Workers
from distributed import Client
from prefect import get_client
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, PREFECT_LOGGING_TO_API_ENABLED, temporary_settings
from prefect.testing.utilities import prefect_test_harness
from typer.testing import CliRunner

from benchmarks.servers import free_port
from flows.backfill import backfill, workers_of
from flows.cli.app import app
from flows.cli.releases.running import prepare_prefect
from schemas import settings
from schemas.forms.watch import BackfillRequest, WatchReport
from schemas.store_address import S3Url
from tasks.analysis.reporter import of_reporter
from tasks.derive import cluster as dask
from tasks.derive import portions, processes
from tasks.derive.processes import Processes
from tasks.domain.errors import Refused
from tasks.steps.listeners import listening
from tests.draws import some

ROOT = Path(__file__).parent.parent.parent
FILES = 3
# With portions of one series each.
PORTIONS = ("chapters 01-84", "chapters 85-97")
# The tables `expectation` and `mover` are divided among two.
ANALYSIS = 2 * 2
PIECES = len(PORTIONS) + ANALYSIS

pytestmark = [
    pytest.mark.usefixtures("nothing_is_watched"),
    # Of a peer that was killed, and of sockets that loops leave to the interpreter.
    pytest.mark.filterwarnings(
        "ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
    ),
]


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    made = Workers(tmp_path_factory.mktemp("workers"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of three months, and next to them one that is held and one that is refused."""
    files = {
        # All its trade is with a partner that no table has.
        "held.csv": (csv_bytes([magnets("998", "1000", "50,000", "202506")]), "2025-07-01"),
        "page.csv": (b"<html>captcha</html>\n", "2025-05-01"),
    }
    for number in range(FILES):
        month = f"2025{number + 1:02d}"
        kept = in_month(month, CLEAN_RECORDS[: len(CLEAN_RECORDS) - number % 3])
        files[f"{month}.csv"] = (csv_bytes(kept), f"2025-{number + 2:02d}-20")
    return downloads(tmp_path_factory.mktemp("files") / "downloads", files)


@pytest.fixture(autouse=True)
def _several_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Portions of so few rows that these small files have several; one alone is derived here. Each month of an analysis
    is a piece, and processes of this machine are used where a test says how many."""
    monkeypatch.setattr(portions, "ROWS_AT_ONCE", 0)
    monkeypatch.setattr(portions, "CUTS", ("", "85"))
    monkeypatch.setattr(of_reporter, "ROWS_TOGETHER", 0)
    monkeypatch.setattr(processes, "ROWS_THAT_PAY", 0)
    monkeypatch.setenv(settings.PROCESSES, "1")


def forget_refusals(folder: Path) -> None:
    for note in folder.glob("*.refused.txt"):
        note.unlink()


def fill(folder: Path, store: Path | S3Url, scheduler: str | None = None) -> WatchReport:
    forget_refusals(folder)
    return backfill.fn(BackfillRequest(folder=folder, store=store, dask=scheduler))


@pytest.fixture(scope="module")
def local(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, WatchReport]:
    """The store that a backfill makes without Dask, and what it says."""
    store = tmp_path_factory.mktemp("local") / "reporter=CHN"
    report = fill(folder, store)
    assert [len(report.outcomes), len(report.held), len(report.refused), report.failed] == [FILES, 1, 1, []]
    return store, report


def assert_same(store: Path, report: WatchReport, local: tuple[Path, WatchReport]) -> None:
    expected, told = local
    for table in ("", *of_reporter.MAKERS):
        places = [one.parent / table / one.name for one in (store, expected)]
        manifests = [(place / ".current" / "manifest.json").resolve() for place in places]
        assert manifests[0].read_bytes() == manifests[1].read_bytes()
    assert [outcome.snapshot_id for outcome in report.outcomes] == [outcome.snapshot_id for outcome in told.outcomes]
    assert (report.held, report.refused, report.failed) == (told.held, told.refused, [])
    # The events, whose names are those of snapshots and of failed steps, tell of the same steps.
    events = [
        {path.name: path.read_bytes().count(b"\n") for path in (place / "lineage").iterdir()}
        for place in (store, expected)
    ]
    assert events[0] == events[1]
    assert "failed" in "".join(events[0])


def assert_no_parts(folder: Path) -> None:
    assert [*folder.glob(".copy-*")] == [*folder.glob("**/tmp/*")] == [], "parts were left behind"


def size_of(thing: object) -> int:
    """Bytes of what goes to a worker, or comes back."""
    return len(cloudpickle.dumps(thing))


def test_workers_derive_and_every_byte_is_that_of_a_local_run(
    workers: Workers, folder: Path, local: tuple[Path, WatchReport], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    result = dask.Cluster.result

    def weigh(self: dask.Cluster, *given: Any) -> object:
        made = result(self, *given)
        sizes.append(size_of(made))
        return made

    monkeypatch.setattr(dask.Cluster, "result", weigh)
    report = fill(folder, tmp_path / "reporter=CHN", workers.address)
    assert_same(tmp_path / "reporter=CHN", report, local)
    assert len(sizes) == PIECES, "a portion with all months, a run of months of a table"
    assert max(sizes) < 40_000, "rows passed through the scheduler"
    lineage = pl.read_parquet(tmp_path / "reporter=CHN" / "current" / "lineage" / "*.parquet")
    steps = lineage.filter(pl.col("position") <= 6).sort("release_id", "position")["step"].to_list()
    assert steps == ["declare", "land", "amend", "parse", "correct", "normalise"] * FILES
    assert_no_parts(tmp_path)


def test_in_a_prefect_run_each_piece_is_a_task_with_a_name_and_a_killed_worker_costs_time_alone(
    workers: Workers, folder: Path, local: tuple[Path, WatchReport], tmp_path: Path, caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    sent: list[int] = []
    submit = Client.submit

    def weigh(self: Client, function: object, *things: object, **given: object) -> object:
        future = submit(self, function, *things, **given)  # type: ignore[no-untyped-call]
        if "task_run_id" in given:
            sent.append(size_of((function, given)))
            if len(sent) == len(PORTIONS):
                workers.kill("two")
        return future

    monkeypatch.setattr(Client, "submit", weigh)

    quiet = {PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None, PREFECT_LOGGING_TO_API_ENABLED: False}
    with prefect_test_harness(server_startup_timeout=240), temporary_settings(quiet):
        forget_refusals(folder)
        request = BackfillRequest(folder=folder, store=tmp_path / "reporter=CHN", dask=workers.address)
        state = backfill(request, return_state=True)
        assert state.name == local[1].headline
        report = state.result()
        with get_client(sync_client=True) as client:
            wanted = {f"derive 2025-01 to 2025-0{FILES} export, {goods}" for goods in PORTIONS}
            deadline = time.monotonic() + 60
            while wanted and time.monotonic() < deadline:
                wanted -= {run.name for run in client.read_task_runs() if run.state_name == "Completed"}
                time.sleep(0.5)
    assert wanted == set()
    assert len(sent) >= len(PORTIONS)
    assert "two" not in workers.workers
    assert max(sent) < 40_000, "rows passed through the scheduler"
    assert "this process does the rest" not in caplog.text
    assert_same(tmp_path / "reporter=CHN", report, local)


def test_two_processes_do_the_pieces_and_every_byte_is_that_of_one(
    folder: Path, local: tuple[Path, WatchReport], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(settings.PROCESSES, "2")
    taken: list[object] = []
    submit = Processes.submit

    def count(self: Processes, work: Any, thing: Any) -> Any:
        taken.append(thing)
        return submit(self, work, thing)

    monkeypatch.setattr(Processes, "submit", count)
    report = fill(folder, tmp_path / "reporter=CHN")
    assert len(taken) == PIECES
    assert_same(tmp_path / "reporter=CHN", report, local)
    assert_no_parts(tmp_path)


@pytest.mark.parametrize("border", some(range(PIECES)))
def test_a_process_that_is_killed_at_a_border_of_a_piece_costs_time_alone(
    folder: Path, local: tuple[Path, WatchReport], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, border: int,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.setenv(settings.PROCESSES, "2")
    result, seen = Processes.result, itertools.count()

    def kill(self: Processes, work: Any, thing: Any, future: Any) -> Any:
        if next(seen) == border:
            multiprocessing.active_children()[0].kill()
        return result(self, work, thing, future)

    monkeypatch.setattr(Processes, "result", kill)
    report = fill(folder, tmp_path / "reporter=CHN")
    assert_same(tmp_path / "reporter=CHN", report, local)
    assert_no_parts(tmp_path)
    # The last piece may have been done before.
    assert "a process died; this process does the rest" in caplog.text or border == PIECES - 1


@pytest.mark.parametrize("border", [0, 1, len(PORTIONS) + 1])
def test_a_run_that_is_killed_at_a_border_of_a_piece_ends_in_the_same_bytes_when_it_is_started_again(
    folder: Path, local: tuple[Path, WatchReport], tmp_path: Path, border: int
) -> None:
    store = tmp_path / "reporter=CHN"
    forget_refusals(folder)
    program = (
        "import itertools, os, signal, sys\n"
        "from pathlib import Path\n"
        "from flows.backfill import backfill\n"
        "from schemas.forms.watch import BackfillRequest\n"
        "from tasks.analysis.reporter import of_reporter\n"
        "from tasks.derive import portions, processes\n"
        "portions.ROWS_AT_ONCE, portions.CUTS, of_reporter.ROWS_TOGETHER = 0, ('', '85'), 0\n"
        "processes.ROWS_THAT_PAY = 0\n"
        "result, seen = processes.Processes.result, itertools.count()\n"
        "def kill(self, *given):\n"
        "    if next(seen) == int(sys.argv[3]):\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return result(self, *given)\n"
        "processes.Processes.result = kill\n"
        "backfill.fn(BackfillRequest(folder=Path(sys.argv[1]), store=Path(sys.argv[2])))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), settings.PROCESSES: "2"}
    command = [sys.executable, "-c", program, str(folder), str(store), str(border)]
    assert subprocess.run(command, env=environment, check=False).returncode == -signal.SIGKILL
    is_published = (store / "current").exists()
    assert is_published == (border >= len(PORTIONS))
    report = fill(folder, store)
    assert [one.status for one in report.outcomes] == ([] if is_published else ["published"] * FILES)
    tables = [store, *(tmp_path / table / "reporter=CHN" for table in of_reporter.MAKERS)]
    expected = [local[0], *(local[0].parent / table / "reporter=CHN" for table in of_reporter.MAKERS)]
    for place, other in zip(tables, expected, strict=True):
        manifests = [(one / ".current" / "manifest.json").resolve() for one in (place, other)]
        assert manifests[0].read_bytes() == manifests[1].read_bytes()
    # Those of a store that is published are deleted by its next publication.
    if not is_published:
        assert_no_parts(tmp_path)


def test_a_worker_that_hangs_from_the_start_is_refused_in_time(
    workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask, "PATIENCE_SECONDS", 3)
    hangs = workers.workers["one"]
    hangs.send_signal(signal.SIGSTOP)
    try:
        with (
            pytest.raises(Refused, match=r"it does not answer within 3 s.* end it"),
            workers_of(workers.address, tmp_path),
        ):
            pass
    finally:
        hangs.send_signal(signal.SIGCONT)


def test_the_pieces_of_a_worker_that_hangs_are_done_by_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL", "30 s")
    prepare_prefect(None)
    two, here, stopped = Workers(tmp_path), os.getpid(), tmp_path / "stopped"

    def hang(number: int) -> tuple[int, int]:
        if os.getpid() == here:
            return number, here
        # Both workers begin at once, and one of them alone makes the file.
        with contextlib.suppress(FileExistsError):
            stopped.touch(exist_ok=False)
            stopped.write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGSTOP)
        return number, os.getpid()

    try:
        with workers_of(two.address, tmp_path) as cluster:
            made = [*cluster.each(hang, range(4))]
            assert not cluster.is_lost
    finally:
        two.close()
    assert [number for number, _ in made] == [0, 1, 2, 3]
    (other,) = {process.pid for process in two.workers.values()} - {int(stopped.read_text())}
    assert {pid for _, pid in made} == {other}, "done by the other worker, none of it here"


def test_a_scheduler_without_workers_and_none_at_all_are_refused_in_time(
    workers: Workers, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(workers.workers):
        workers.kill(name)
    monkeypatch.setattr(dask, "PATIENCE_SECONDS", 2)
    monkeypatch.setattr(dask, "CONNECT_SECONDS", 2)
    begun = time.monotonic()
    for address, found in (
        (workers.address, "no worker"),
        (f"tcp://127.0.0.1:{free_port()}", "no scheduler"),
        ("nowhere:8786", "tcp://host:port"),
    ):
        said = CliRunner().invoke(
            app, ["backfill", str(folder), "--store", str(tmp_path / "reporter=CHN"), "--no-prefect", "--dask", address]
        )
        assert said.exit_code == 2, said.output
        assert address in said.stderr
        assert found in said.stderr
    assert time.monotonic() - begun < 60
    assert not (tmp_path / "reporter=CHN").exists()


@pytest.mark.parametrize(("dies", "says"), [("workers", "no worker for 2 s"), ("scheduler", "the scheduler is gone")])
def test_where_all_workers_or_the_scheduler_die_the_rest_is_done_here(
    workers: Workers, folder: Path, local: tuple[Path, WatchReport], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture, dies: str, says: str,
) -> None:  # fmt: skip
    # Another test may have killed some of them already.
    workers.complete()

    def kill(done: int, total: int, name: str) -> None:
        if done == 2 and dies == "scheduler":
            workers.scheduler.kill()
        elif done == 2:
            monkeypatch.setattr(dask, "PATIENCE_SECONDS", 2)
            for worker in [*workers.workers]:
                workers.kill(worker)

    with listening(file=kill):
        report = fill(folder, tmp_path / "reporter=CHN", workers.address)
    assert_same(tmp_path / "reporter=CHN", report, local)
    assert f"{says}; this process does the rest" in caplog.text


def test_nothing_of_dask_is_imported_where_no_scheduler_is_named() -> None:
    program = (
        "import sys, flows.cli.app, flows.backfill; sys.exit(', '.join({'dask', 'distributed', 'prefect_dask'} &"
        " set(sys.modules)) or 0)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert (done.stderr.strip(), done.returncode) == ("", 0)
