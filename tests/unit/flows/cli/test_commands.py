"""What single commands print and how they end. What the steps find is made up here; real stores speak in
`tests/golden/said`."""

import os
import threading
import urllib.request
from datetime import date
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner, Result

import flows.fetch
import flows.withdraw
from flows.cli.app import app
from flows.cli.frame.options import DISAGREES, REFUSED
from flows.cli.questions import brief, read, reporters, search, site
from flows.cli.releases import fetch, ingest, withdraw
from flows.cli.server import local_server
from schemas.forms.fetch import Fetched, FetchReport
from schemas.forms.request import WithdrawalRequest
from tasks.domain import clock
from tests.unit.store.small_store import JUNE, stored

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "wide_terminal")

IMPORTS = "flow=import/year=2025/month=6"
API = "http://127.0.0.1:4200/api"


def run(commands: Any, *given: object, columns: int = 200) -> Result:
    return CliRunner().invoke(commands, [str(one) for one in given], env={"COLUMNS": str(columns)})


@pytest.mark.parametrize(
    ("commands", "given"), [(brief.commands, ("brief", "85051110")), (search.commands, ("search", "soy"))]
)
def test_what_is_not_there_is_refused(tmp_path: Path, commands: Any, given: tuple[str, ...]) -> None:
    """By every command in words: `tests/golden/said/refused.session`."""
    result = run(commands, *given, "--store", tmp_path)
    assert (result.exit_code, "nothing is published here yet" in result.stderr) == (REFUSED, True)


def test_a_reporter_without_watch_rules_is_told_so(sample_store: Path) -> None:
    """What rules say of the sample: `tests/golden/said/watch_rules.txt`."""
    assert (
        run(reporters.commands, "watch-rules", "--store", sample_store).output
        == "no watch rule is about this reporter\n"
    )


def test_a_dry_run_names_a_file_with_control_characters_on_one_line(tmp_path: Path) -> None:
    """A name could write another line, or turn the direction of the text."""
    folder = tmp_path / "inbox" / "gacc_query" / "import"
    folder.mkdir(parents=True)
    (folder / "a\nb.csv").write_text("x\n")
    (folder / "c\u202ed.csv").write_text("x\n")
    given = ("--inbox", tmp_path / "inbox", "--store", tmp_path / "store", "--dry-run", "--settle", "0", "--no-prefect")
    lines = run(ingest.commands, "watch", *given).stderr.splitlines()
    assert [line.partition(": ")[0] for line in lines] == [r"a\x0ab.csv", r"c\x202ed.csv"]


def test_the_addresses_of_a_table_are_lines_that_a_reader_takes(tmp_path: Path) -> None:
    def resolved(*given: str) -> Result:
        return run(read.commands, "resolve", *given, "--store", tmp_path)

    stored(tmp_path, {JUNE: [1, 2], IMPORTS: [3]})
    found = pl.read_parquet(resolved("metric").stdout.split(), hive_partitioning=True)
    assert found["level"].to_list() == [1, 2, 3]
    assert len(resolved("metric", "--flow", "import").stdout.split()) == 1
    none = resolved("record_level", "--flow", "export")
    assert (none.exit_code, none.stdout) == (0, "")
    assert "the table record_level has no files of the flow export in this snapshot" in none.stderr


def test_an_output_that_is_a_pipe_or_a_folder_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "folder.csv").mkdir()
    for name in ("pipe.csv", "folder.csv"):
        result = run(app, "read", "metric", "--store", tmp_path, "--output", tmp_path / name)
        assert (result.exit_code, "a folder, a pipe or a device, and no file" in result.output) == (2, True)


def test_the_site_is_written_and_shown_on_loopback(
    sample_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[bytes] = []

    def serve_once(server: ThreadingHTTPServer) -> None:
        host, port = server.server_address[:2]
        assert host == "127.0.0.1"
        url = f"http://127.0.0.1:{port}/index.html"
        asking = threading.Thread(target=lambda: answers.append(urllib.request.urlopen(url).read()))
        asking.start()
        server.handle_request()
        asking.join()

    monkeypatch.setattr(ThreadingHTTPServer, "serve_forever", serve_once)
    given = ("--store", sample_store.parent, "--output", tmp_path / "public", "--moved", "0", "--serve", "--port", "0")
    done = run(site.commands, *given)
    assert (done.exit_code, "pages in" in done.output) == (0, True), done.output
    assert answers == [(tmp_path / "public" / "index.html").read_bytes()]


@pytest.mark.parametrize(
    ("outcomes", "code", "headline", "lines"),
    [
        ([], 0, "nothing new", []),
        (["new", "unchanged"], 0, "1 new", ["new q0: [why]; f.csv"]),
        (["not out", "skipped"], 0, "1 skipped, 1 not out", ["skipped q1: [why]"]),
        (["refused", "new"], REFUSED, "1 refused, 1 new", ["refused q0: [why]", "new q1: [why]; f.csv"]),
        (["refused", "failed", "new", "new"], DISAGREES, "1 failed, 1 refused, 2 new", ["failed q1: [why]"]),
        # Those that were skipped for one reason are one line.
        (["failed", "skipped", "skipped", "skipped", "new"], DISAGREES, "1 failed, 1 new, 3 skipped",
            ["skipped q1 and 2 more: [why]"]),
    ],
)  # fmt: skip
def test_each_question_is_a_line_and_the_gravest_outcome_decides_the_exit_code_of_a_fetch(
    monkeypatch: pytest.MonkeyPatch, outcomes: list[str], code: int, headline: str, lines: list[str]
) -> None:
    found = [
        Fetched(name=f"q{place}", outcome=outcome, reason="[why]", file=Path("f.csv") if outcome == "new" else None)
        for place, outcome in enumerate(outcomes)
    ]  # type: ignore[arg-type]
    monkeypatch.setattr(flows.fetch.fetch, "fn", lambda request: FetchReport(source=request.source, fetched=found))
    result = run(fetch.commands, "fetch", "hmrc_ots", "--no-prefect")
    assert (result.exit_code, f"hmrc_ots: {headline}\n" in result.stdout) == (code, True)
    said = {line.strip() for line in (result.stdout + result.stderr).splitlines()}
    assert {*lines} <= said
    assert len([line for line in said if "skipped q" in line]) == len([line for line in lines if "skipped" in line])


GIVEN = ("r1", "--by", "Li Wei", "--reason", "wrong file", "--store", "here")
REQUEST = WithdrawalRequest(release_id="r1", by="Li Wei", reason="wrong file", store=Path("here"))
TODAY = date(2026, 1, 20)


def outcome_of(request: WithdrawalRequest) -> SimpleNamespace:
    pages = ["briefs/2025-06/magnets.en.html", "briefs/2025-06/magnets.en.md"]
    return SimpleNamespace(
        release_id=request.release_id, title="june.csv", snapshot_id="000002-b", briefs=pages if request.undo else [],
        warnings=["brief (May): not written"] if request.undo else [], changed="2 numbers of 2025-06 ended",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("more", "lines"),
    [
        ((),
            ["r1 (june.csv) is withdrawn; snapshot 000002-b", "  2 numbers of 2025-06 ended",
                "  this run in the UI: http://127.0.0.1:4200/runs/flow-run/run-7",
                "  what changed: tidewaiter revisions --release r1"]),
        (("--undo", "--no-prefect"),
            ["r1 (june.csv) counts again; snapshot 000002-b", "  2 numbers of 2025-06 ended",
                "  brief written again, in the store: briefs/2025-06/magnets.en.html",
                "  warning brief (May): not written", "  what changed: tidewaiter revisions --release r1"]),
    ],
)  # fmt: skip
def test_a_withdrawal_and_its_end_hold_from_today_and_a_server_that_answers_records_it_unless_that_is_not_wanted(
    monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...], lines: list[str]
) -> None:
    used: list[str] = []
    asked: list[tuple[WithdrawalRequest, date]] = []
    recorded: list[tuple[WithdrawalRequest, bool]] = []

    def body(request: WithdrawalRequest, today: date) -> SimpleNamespace:
        asked.append((request, today))
        return outcome_of(request)

    def flow(request: WithdrawalRequest, *, return_state: bool) -> SimpleNamespace:
        recorded.append((request, return_state))
        details = SimpleNamespace(flow_run_id="run-7")
        return SimpleNamespace(result=lambda: outcome_of(request), state_details=details)

    monkeypatch.setenv("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    monkeypatch.setattr(clock, "today", lambda: TODAY)
    monkeypatch.setattr(flows.withdraw, "publish_decision", body)
    monkeypatch.setattr(flow, "fn", flows.withdraw.withdraw.fn, raising=False)
    monkeypatch.setattr(flows.withdraw, "withdraw", flow)
    monkeypatch.setattr(local_server, "running_server", lambda: API)
    monkeypatch.setattr(local_server, "use", used.append)
    result = run(withdraw.commands, *GIVEN, *more)
    assert (result.exit_code, result.stdout.splitlines()) == (0, lines)
    # Recorded by the server, or run as a plain function; never both.
    undone = REQUEST.model_copy(update={"undo": True})
    assert (used, recorded, asked) == (([], [], [(undone, TODAY)]) if more else ([API], [(REQUEST, True)], []))


def test_help_is_a_command_too() -> None:
    assert run(app, "help", "trace").stdout == run(app, "trace", "--help").stdout.replace("root trace", "trace")
    assert run(app, "help").stdout == run(app, "--help").stdout
    refused = run(app, "help", "traces")
    assert (refused.exit_code, "no command 'traces'" in refused.output) == (REFUSED, True)
