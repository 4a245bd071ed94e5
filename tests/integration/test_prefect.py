"""The flows as Prefect runs them: a task for each step, names a person understands, and no retry of a refusal."""

import contextvars
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from bad_inputs.download import CLEAN_RECORDS, csv_bytes, distinct_records
from prefect import get_client
from prefect.blocks.system import Secret
from prefect.client.schemas import TaskRun
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey, FlowRunFilter, TaskRunFilter
from prefect.exceptions import FlowPauseTimeout
from prefect.settings import (
    PREFECT_API_DATABASE_CONNECTION_URL,
    PREFECT_API_URL,
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    PREFECT_HOME,
    PREFECT_LOGGING_TO_API_ENABLED,
    temporary_settings,
)
from prefect.testing.utilities import prefect_test_harness

from flows import announce, approval, question
from flows.backfill import backfill
from flows.fetch import fetch
from flows.release import release
from flows.watch import watch
from flows.withdraw import withdraw
from schemas.forms.outcome import HoldVerdict
from schemas.forms.request import ReleaseRequest, WithdrawalRequest
from schemas.forms.watch import BackfillRequest, WatchRequest
from tasks.answers.inventory.sources import calendars
from tasks.fetch.transport import Policy
from tasks.inbox import held as held_releases
from tasks.pages.release import prefect_pages
from tasks.steps import listeners
from tasks.store.files.snapshot import current_id
from tests.replay.server import Replay, Reply
from tests.unit.fetched_site import CENSUS, MONTH, SECRET, replayed, requested

SAMPLE = Path(__file__).parent.parent.parent / "flows" / "examples" / "published_figures.csv"
WAY = [
    "declare",
    "land",
    "amend",
    "parse",
    "correct",
    "normalise",
    "open_known",
    "check",
    "hold_on_errors",
    "merge",
    "widen",
    "revise",
    "report",
    "open_known",
    "derive",
    "mark_events",
    "trail",
    "publish",
    "brief",
    "grade_rules",
    "update_downstream",
]
DECIDED = date(2026, 11, 2)
# What is done once for a batch.
OF_A_BATCH = ["open_known", *WAY[WAY.index("derive") :]]

pytestmark = [
    pytest.mark.usefixtures("nothing_is_watched", "nothing_follows", "experimental_sources_are_trusted"),
    pytest.mark.prefect,
    # A server in the same process leaves sockets and loops to the interpreter's end.
    pytest.mark.filterwarnings(
        "ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
    ),
]


@pytest.fixture(scope="module", autouse=True)
def server() -> Iterator[None]:
    """A Prefect server of the tests' own, without the second that each flow otherwise waits for its heartbeat."""
    quiet = {PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None, PREFECT_LOGGING_TO_API_ENABLED: False}
    with prefect_test_harness(server_startup_timeout=300), temporary_settings(quiet):
        yield


def of_june(folder: Path, name: str, records: int, day: int) -> ReleaseRequest:
    """A release of the first records of June; its file lies in the folder of its store."""
    (folder / name).write_bytes(csv_bytes(CLEAN_RECORDS[:records]))
    return ReleaseRequest(
        file=folder / name, store=folder / "reporter=CHN", source="gacc_query", flow="export", partners="all",
        released_on=date(2025, 7, day),
    )  # fmt: skip


def test_a_release_is_a_run_with_a_task_for_each_step_in_the_order_of_the_mission(
    tmp_path: Path, sample_store: Path
) -> None:
    seen: list[str] = []
    request = ReleaseRequest(
        file=sample_store.parent / SAMPLE.name, store=tmp_path / "reporter=CHN", source="published"
    )
    with listeners.listening(step=seen.append):
        state = release(request, date(2026, 6, 30), return_state=True)
    assert (seen, state.type.value) == (WAY, "COMPLETED")
    outcome = state.result()
    assert (outcome.status, outcome.records, outcome.records_observed) == ("published", 153, 153)
    with get_client(sync_client=True) as client:
        run = client.read_flow_run(state.state_details.flow_run_id)
    assert (run.name, run.state_name) == (f"release {outcome.span} {outcome.title}", "Published 2024-02 to 2026-05")
    # Without Prefect the same steps, the same lineage, the same bytes: a snapshot's name is the hash of all of it.
    assert current_id(sample_store) == outcome.snapshot_id
    # The graph shows what each step was given.
    assert _soon(lambda: len(_task_runs([run.id])), len(WAY)) == len(WAY)
    runs = _task_runs([run.id])
    names = {run.id: run.name for run in runs}
    given = {run.name: {names[one.id] for part in run.task_inputs.values() for one in part} for run in runs}
    assert (given["check"], given["merge"]) == (
        {"normalise", "open_known"},
        {"normalise", "hold_on_errors", "open_known"},
    )
    assert given["publish"] >= {"derive", "mark_events", "trail", "open_known"}
    assert release(request).status == "nothing new"


def test_a_withdrawal_is_a_run_with_its_steps_and_the_earlier_page_says_it(tmp_path: Path) -> None:
    store = tmp_path / "reporter=CHN"
    outcome = release(of_june(tmp_path, "june.csv", 1, 20))
    plain = shutil.copytree(store, tmp_path / "plain" / "reporter=CHN", symlinks=True)

    def asked(place: Path, undo: bool = False) -> WithdrawalRequest:
        return WithdrawalRequest(
            release_id=outcome.release_id, by="Li Wei", reason="a *wrong* file", undo=undo, store=place
        )

    seen: list[str] = []
    with listeners.listening(step=seen.append):
        state = withdraw(asked(store), DECIDED, return_state=True)
    assert seen == [
        "recall", "open_known", "withdraw", "merge", "widen", "revise", "report_decision", "open_known", "derive",
        "mark_events", "trail", "publish", "rewrite_briefs", "update_downstream",
    ]  # fmt: skip
    assert (state.name, state.type.value) == (f"Withdrawn {outcome.span}", "COMPLETED")
    # Without Prefect the same steps and the same bytes.
    assert withdraw.fn(asked(plain), DECIDED).snapshot_id == state.result().snapshot_id
    with get_client(sync_client=True) as client:
        run = client.read_flow_run(state.state_details.flow_run_id)
        pages = client.read_artifacts(
            artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=[prefect_pages.key_of("summary", outcome)]))
        )
    assert run.name == f"withdrawn {outcome.span} {outcome.title}"
    of_release = [page for page in pages if outcome.release_id in str(page.data)]
    assert len(of_release) >= 2
    for page in of_release:
        assert str(page.data).startswith("# Withdrawn on 2026-11-02 by Li Wei: a \\*wrong\\* file; ")
    again = withdraw(asked(store), DECIDED, return_state=True)
    assert (again.name, again.type.value) == ("Refused", "FAILED")
    undone = withdraw(asked(store, undo=True), DECIDED, return_state=True)
    assert undone.name == f"Reinstated {outcome.span}"
    assert announce.message(undone.result()).startswith(f"{outcome.title}: reinstated on 2026-11-02 by Li Wei")


def test_a_page_that_fails_is_logged_and_the_publication_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> int:
        raise RuntimeError("the disk of the pages is full")

    monkeypatch.setattr(prefect_pages, "write", fail)
    state = release(of_june(tmp_path, "june.csv", 1, 20), return_state=True)
    assert (state.name, state.type.value) == ("Published 2025-06", "COMPLETED")
    assert (tmp_path / "reporter=CHN" / "current").exists()
    assert "the disk of the pages is full" in caplog.text


def test_a_backfill_shows_how_far_it_is_and_every_step(tmp_path: Path) -> None:
    folder = tmp_path / "downloads"
    folder.mkdir()
    lines = SAMPLE.read_bytes().splitlines(keepends=True)
    # The last one is refused.
    for name, data in (("figures.csv", lines), ("more.csv", lines[:-1]), ("page.csv", [b"<html>captcha</html>\n"])):
        (folder / name).write_bytes(b"".join(data))
    (folder / "defaults.toml").write_text('source = "published"\n')
    state = backfill(BackfillRequest(folder=folder, store=tmp_path / "reporter=CHN"), return_state=True)
    assert state.name == "Refused 1, Published 2024-02 to 2026-05"
    assert state.type.value == "COMPLETED"
    assert state.message.startswith("page.csv: it begins with '<'")
    # Each file is a task whose state says what came of it, and what is done once for all of them is one each.
    wanted = sorted(
        [
            ("Completed", "inbox_state"),
            ("Entered 2024-02 to 2026-05", "release figures.csv"),
            ("Entered 2024-02 to 2026-05", "release more.csv"),
            ("Refused", "release page.csv"),
            *(("Completed", name) for name in OF_A_BATCH),
        ]
    )
    flow_run = state.state_details.flow_run_id
    assert _soon(lambda: _steps_of([flow_run]), wanted) == wanted
    assert _parts(flow_run) == []
    with get_client(sync_client=True) as client:
        made = client.request("POST", "/artifacts/filter", json={}).json()
    (bar,) = [artifact for artifact in made if artifact["type"] == "progress"]
    assert (bar["data"], bar["description"]) == (100.0, f"Files of {folder}: 3 of 3")
    # The run itself has what came of each file, the pages of each release of the batch, and that of the last one once
    # more, with its pictures.
    every = [one for one in made if one["flow_run_id"] == str(state.state_details.flow_run_id)]
    *pages, drawn = sorted(
        (one for one in every if one["key"] == "summary-published-export"), key=lambda one: one["created"]
    )
    assert [("| **World** |" in one["data"], "data:image/png" in one["data"]) for one in pages] == [(True, False)] * 2
    assert re.sub(r"!\[[^\n]*\n*", "", drawn["data"]).split() == pages[-1]["data"].split()
    assert "data:image/png" in drawn["data"]
    own = {one["key"]: one for one in every}
    assert "lineage-published-export" in own
    assert own["files"]["description"] == "Refused 1, Published 2024-02 to 2026-05: what came of each file"
    rows = [(row["file"], row["outcome"]) for row in json.loads(own["files"]["data"])]
    assert rows == [("figures.csv", "published"), ("more.csv", "published"), ("page.csv", "refused")]
    assert "a web page" in own["files"]["data"]
    assert len([*(tmp_path / "reporter=CHN" / "lineage").glob("failed-*-parse.ndjson")]) == 1


@pytest.mark.parametrize(
    "command",
    [
        ("watch", "--inbox", "downloads", "--settle", "0"),
        ("ingest", "downloads/page.csv", "--source", "gacc_query", "--flow", "export"),
    ],
)
def test_a_command_that_refuses_a_file_says_why_in_a_line_and_its_run_keeps_the_log(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    """A run that refused is a failed one, which once ended the command with a TypeError and the report lost."""
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads" / "page.csv").write_text("<html>captcha</html>\n")
    (tmp_path / "downloads" / "defaults.toml").write_text('source = "gacc_query"\nflow = "export"\n')
    done = subprocess.run(
        [sys.executable, "-m", "tidewaiter", *command], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1", "PREFECT_API_URL": str(PREFECT_API_URL.value())},
    )  # fmt: skip
    assert done.returncode == 2, done.stdout + done.stderr
    (line,) = done.stderr.strip().splitlines()
    assert "page.csv: it begins with '<': a web page" in line
    assert ("Refused 1" in done.stdout) == (command[0] != "ingest")
    with get_client(sync_client=True) as client:
        logged = client.request("POST", "/logs/filter", json={"sort": "TIMESTAMP_DESC"}).json()
    assert any("page.csv: it begins with '<': a web page" in entry["message"] for entry in logged)


def _soon(look: Callable[[], Any], wanted: object) -> Any:
    """What is seen, once it is what is wanted: the server has the states of task runs a moment after the run."""
    deadline = time.monotonic() + 60
    while (seen := look()) != wanted and time.monotonic() < deadline:
        time.sleep(0.5)
    return seen


def _steps_of(flow_runs: list[UUID]) -> list[tuple[str, str]]:
    """State and name of each task run of some flow runs."""
    return sorted((run.state_name, run.name) for run in _task_runs(flow_runs))


def _parts(parent: UUID) -> list[UUID]:
    """The flow runs within a run."""
    with get_client(sync_client=True) as client:
        parts = client.read_flow_runs(flow_run_filter=FlowRunFilter(parent_flow_run_id={"any_": [parent]}))
    return [part.id for part in parts]


def _task_runs(flow_runs: list[UUID]) -> list[TaskRun]:
    with get_client(sync_client=True) as client:
        return client.read_task_runs(task_run_filter=TaskRunFilter(flow_run_id={"any_": flow_runs}), limit=200)


def _with_a_held_release(folder: Path) -> tuple[Path, str, ReleaseRequest]:
    """A store that holds a download which lost its partners, the name of the release, and what was asked."""
    release.fn(of_june(folder, "june.csv", 6, 20))
    request = of_june(folder, "cut.csv", 1, 21)
    ended = release.fn(request)
    assert ended.status == "held"
    return folder / "reporter=CHN", ended.release_id, request


def test_a_held_release_has_failed_at_nothing_and_its_findings_are_on_its_page(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the run nor a step of it is red, nothing is logged as an error, and who opens the run need not press
    anything."""
    file = tmp_path / "cut.csv"
    file.write_bytes(csv_bytes(distinct_records(10_000)))
    request = ReleaseRequest(
        file=file, store=tmp_path / "reporter=CHN", source="gacc_query", flow="export", partners="all"
    )
    state = release(request, return_state=True)
    assert (state.name, state.type.value) == (announce.HELD, "COMPLETED")
    for ended in (state.result(), release(request)):
        assert ended.status == "held"
        assert "row_cap" in ended.message
    wanted = sorted(("Completed", name) for name in WAY[: WAY.index("merge")])
    assert _soon(lambda: _steps_of([state.state_details.flow_run_id]), wanted) == wanted
    warned = [entry.getMessage() for entry in caplog.records if entry.levelname == "WARNING"]
    assert any(line.startswith("held: row_cap (") for line in warned)
    assert not [entry.getMessage() for entry in caplog.records if entry.levelno > logging.WARNING]
    with get_client(sync_client=True) as client:
        made = client.request("POST", "/artifacts/filter", json={}).json()
    page = next(one for one in made if one["flow_run_id"] == str(state.state_details.flow_run_id))
    assert page["key"] == "held-gacc-query-export"
    assert page["description"].startswith("1 finding against cut.csv, release gacc_query-")
    (row,) = json.loads(page["data"])
    assert list(row) == ["check", "about", "found", "expected", "what to do"]
    assert row["check"] == "row_cap"


@pytest.mark.parametrize(
    ("verdict", "end"), [("approve", "Nothing new"), ("reject", "Rejected"), (None, announce.HELD)]
)
def test_a_question_that_nobody_answers_ends_with_what_was_decided_by_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verdict: HoldVerdict | None, end: str
) -> None:
    """Published or rejected meanwhile, the release is not held any more, and a red run must not say that it is."""
    store, name, request = _with_a_held_release(tmp_path)

    def meanwhile(**_: object) -> None:
        if verdict:
            kept = held_releases.decide(store, name, verdict, "Li Wei", "seen", datetime.now(UTC))
            if verdict == "approve":
                with held_releases.reopened(store, kept) as again:
                    release.fn(again)
        raise FlowPauseTimeout

    monkeypatch.setattr(question, "pause_flow_run", meanwhile)
    state = approval.decide(name, store, return_state=True)
    assert state.name == end, state.message
    unknown = approval.decide("gacc_query-0", store, return_state=True)
    assert (unknown.name, unknown.type.value) == ("Not held", "FAILED")
    assert "no release 'gacc_query-0' is held here" in str(unknown.message)
    assert (held_releases.waiting(store) == []) is (verdict is not None)
    if verdict == "reject":
        assert "rejected by Li Wei: seen" in str(state.message)
        # Who was answered does not ask once more.
        assert release(request, wait_for_approval=True, return_state=True).name == "Rejected"


@pytest.mark.parametrize(("verdict", "end"), [("approve", "Nothing new"), ("reject", "Rejected")])
def test_a_run_that_waits_ends_with_what_is_decided_by_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verdict: HoldVerdict, end: str
) -> None:
    """At once, and not when its week is over; what was decided before it was asked is no answer."""
    monkeypatch.setattr(question, "LOOK_SECONDS", 0.2)
    monkeypatch.setattr(question, "POLL_SECONDS", 1)
    store, name, _ = _with_a_held_release(tmp_path)
    held_releases.decide(store, name, "reject", "Li Wei", "before the question", datetime.now(UTC))
    seen: list[str] = []

    def command() -> None:
        with get_client(sync_client=True) as client:
            deadline = time.monotonic() + 120
            while time.monotonic() < deadline:
                waits = client.read_flow_runs(
                    flow_run_filter=FlowRunFilter.model_validate(
                        {"name": {"any_": ["held for approval: cut.csv"]}, "state": {"type": {"any_": ["PAUSED"]}}}
                    )
                )
                if waits:
                    break
                time.sleep(0.1)
            # Several looks of the run later it waits still.
            time.sleep(1.5)
            seen.append(client.read_flow_run(waits[0].id).state_name or "")
        kept = held_releases.decide(store, name, verdict, "Wang Fang", "by command", datetime.now(UTC))
        if verdict == "approve":
            with held_releases.reopened(store, kept) as again:
                seen.append(release.fn(again).status)

    thread = threading.Thread(target=contextvars.copy_context().run, args=(command,))
    thread.start()
    state = approval.decide(name, store, patience_hours=0.05, return_state=True)
    thread.join()
    # The command is who publishes.
    assert seen == ["Paused", *(["published"] if verdict == "approve" else [])]
    assert state.name == end, state.message
    if verdict == "reject":
        assert "rejected by Wang Fang: by command" in str(state.message)
    kept = held_releases.find(store, name)
    assert kept is not None
    assert kept.decision is not None
    assert (kept.decision.verdict, kept.decision.by) == (verdict, "Wang Fang")


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Replay]:
    replay = replayed()
    monkeypatch.setattr("flows.fetch.POLICY", Policy(pause=0.0, waits=(0.0, 0.0, 0.0)))
    monkeypatch.delenv("TIDEWAITER_CENSUS_KEY", raising=False)
    yield replay
    replay.close()


def test_a_fetch_is_a_run_that_the_page_of_sources_tells_of_and_its_key_is_in_nothing_that_is_kept(
    site: Replay, tmp_path: Path
) -> None:
    """The key lies in a secret block, encrypted; searched are the inbox, the store and all that the server keeps."""
    Secret(value=SECRET).save("tidewaiter-census-key", overwrite=True)
    inbox, store = tmp_path / "inbox", tmp_path / "store"
    with temporary_settings({PREFECT_LOGGING_TO_API_ENABLED: True}):
        state = fetch(requested("us_census", site, inbox), return_state=True)
        assert (state.is_completed(), state.name) == (True, "1 new")
        report = watch(WatchRequest(inbox=inbox, store=store, source="us_census", settle_seconds=0))
        assert [(one.outcome, one.reason[:7]) for one in report.taken] == [("published", MONTH)]
        assert fetch(requested("us_census", site, inbox), return_state=True).name == "nothing new"
        assert {tuple(asked.query["key"]) for asked in site.asked} == {(SECRET,)}
        site.route(CENSUS, Reply(b"<html>Sorry</html>"))
        refused = fetch(requested("us_census", site, inbox), return_state=True)
        assert (refused.is_failed(), refused.name) == (True, "1 refused")
        watch(WatchRequest(inbox=inbox, store=store, settle_seconds=0), date(2026, 8, 20))
    newest = {"artifacts": {"key": {"any_": ["sources"]}}, "sort": "CREATED_DESC"}
    with get_client(sync_client=True) as client:
        (page, *_) = client.request("POST", "/artifacts/filter", json=newest).json()
    rows = {row["source"]: row for row in json.loads(page["data"])}
    assert [*rows] == [*calendars()]
    assert (rows["us_census"]["reporters"], rows["us_census"]["last month in"]) == ("USA", MONTH)
    assert "a page where JSON was asked for" in rows["us_census"]["failing since"]
    assert (rows["hmrc_ots"]["last month in"], rows["hmrc_ots"]["failing since"]) == ("none", "")
    database = Path(PREFECT_API_DATABASE_CONNECTION_URL.value().partition(":///")[2])
    searched = [
        path for home in (tmp_path, PREFECT_HOME.value(), database.parent) for path in home.rglob("*") if path.is_file()
    ]
    assert any(path.suffix == ".db" for path in searched)
    assert any(path.suffix == ".parquet" for path in searched)
    assert [path for path in searched if SECRET.encode() in path.read_bytes()] == []
