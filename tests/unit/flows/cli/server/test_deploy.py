"""The commands of a Prefect server: what they start, and what they say. Server and Prefect are made up."""

import os
import signal
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from flows import notify
from flows.cli.frame.options import REFUSED
from flows.cli.server import deployments, local_server
from flows.cli.server.deploy import RUNS_MAX, commands

pytestmark = pytest.mark.usefixtures("wide_terminal")

ROOT = Path(__file__).parents[5]
API = "http://127.0.0.1:4200/api"
PREFECT = [sys.executable, "-P", "-m", "prefect", "worker", "start"]


RETRIES = "PREFECT_CLIENT_MAX_RETRIES"


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SimpleNamespace:
    """What the commands do to the machine, in their order, and what they find there."""
    made = SimpleNamespace(done=[], channels=[], running=API, shares=False)

    def does(name: str, answer: Callable[[], Any] = lambda: None) -> Callable[..., Any]:
        return lambda *given: made.done.append((name, *given)) or answer()

    monkeypatch.chdir(tmp_path)
    # Set first, so that what a worker sets is taken back.
    monkeypatch.setenv(RETRIES, "")
    monkeypatch.delenv(RETRIES)
    monkeypatch.setattr(notify, "addresses", lambda: "the addresses")
    monkeypatch.setattr(deployments, "deploy_all", does("deploy", lambda: made.channels))
    for name, replacement in {
        "ensure_server": does("server", lambda: API), "use": does("use"), "note_worker": does("worker"),
        "shares_sqlite": lambda api, *, of_pool: made.shares,
        "running_server": lambda: made.running, "how_to_open": lambda api: f"{api} (log in)",
    }.items():  # fmt: skip
        monkeypatch.setattr(local_server, name, replacement)
    monkeypatch.setattr(signal, "signal", does("signal"))
    monkeypatch.setattr(os, "execv", does("exec"))
    return made


def run(*given: str) -> Result:
    return CliRunner().invoke(commands, [*given], env={"COLUMNS": "200"})


@pytest.mark.parametrize(
    ("channels", "said"),
    [
        (["Slack", "mail"], "messages about what is held, overdue, published or failed go out by Slack and mail"),
        (
            [],
            (
                "nobody gets messages: set TIDEWAITER_SLACK_WEBHOOK, or TIDEWAITER_MAIL_TO and TIDEWAITER_SMTP, and"
                " deploy again"
            ),
        ),
    ],
)
def test_deploy_starts_a_server_uses_it_and_then_puts_everything_on_it(
    machine: SimpleNamespace, tmp_path: Path, channels: list[str], said: str
) -> None:
    machine.channels = channels
    result = run("deploy")
    file = ROOT / "deployments" / "prefect.yaml"
    assert machine.done == [("server", None), ("use", API), ("deploy", file, "the addresses")]
    first, asked, second, third = result.stdout.splitlines()
    assert asked == "say once in inbox/gacc_query/<flow>/defaults.toml which partners you ask customs for"
    assert first.startswith(
        "deployed; drop files into inbox/<source>/<flow>/ and start a worker with `tidewaiter worker`"
    )
    assert (second, third) == (said, f"the server runs at {API} (log in)")
    made = sorted((tmp_path / "inbox" / "gacc_query").glob("*/defaults.toml"))
    assert [path.parent.name for path in made] == ["export", "import"]
    # A person takes one mark away, and the next deployment leaves that as it is.
    for line in made[0].read_text().splitlines()[1:]:
        assert tomllib.loads(line.removeprefix("# ")).keys() == {"partners"}
    made[0].write_text('partners = "all"')
    run("deploy")
    assert made[0].read_text() == 'partners = "all"'


def test_what_cannot_be_used_is_refused_before_anything_is_started(
    machine: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    result = run("deploy", "--file", "gone.yaml")
    assert (result.exit_code, result.stdout) == (REFUSED, "")
    assert "there is no file gone.yaml; `tidewaiter deploy --show` prints one to begin with" in result.stderr

    def unusable() -> None:
        raise ValueError("TIDEWAITER_SMTP has no host")

    monkeypatch.setattr(notify, "addresses", unusable)
    result = run("deploy")
    assert (result.exit_code, result.stderr) == (REFUSED, "refused TIDEWAITER_SMTP has no host\n")
    (tmp_path / "tasks.py").write_text("")
    for command in ("deploy", "worker"):
        result = run(command)
        said = (
            f"refused {tmp_path / 'tasks.py'} hides the package `tasks` of Tidewaiter, because Prefect imports from the"
            " current"
        )
        assert (result.exit_code, result.stderr.startswith(said)) == (REFUSED, True)
    assert machine.done == []
    assert [path.name for path in tmp_path.iterdir()] == ["tasks.py"]


@pytest.mark.parametrize(
    ("given", "pool", "limit", "more"),
    [
        ([], "local-process", "4", []),
        (["--once"], "local-process", "4", ["--run-once"]),
        (["--runs", "7", "--pool", "big"], "big", "7", []),
    ],
)
def test_a_worker_is_prefects_own_and_takes_the_place_of_the_command(
    machine: SimpleNamespace, given: list[str], pool: str, limit: str, more: list[str]
) -> None:
    assert run("worker", *given).exit_code == 0
    command = [*PREFECT, "--pool", pool, "--type", "process", "--limit", limit, *more]
    # In a script's background Ctrl-C would be ignored, and a worker end by a second signal alone, with its runs.
    heard = ("signal", signal.SIGINT, signal.SIG_DFL)
    assert machine.done == [("use", API), ("worker",), heard, ("exec", sys.executable, command)]
    # One run that works, and one that can wait for a person without blocking it.
    assert RUNS_MAX >= 2


@pytest.mark.parametrize(("given", "there"), [(None, "8"), ("3", "3")])
def test_its_runs_ask_a_busy_server_again_for_minutes_unless_somebody_says_otherwise(
    machine: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, given: str | None, there: str
) -> None:
    if given is not None:
        monkeypatch.setenv(RETRIES, given)
    seen = {}
    monkeypatch.setattr(os, "execv", lambda program, command: seen.update(os.environ))
    assert run("worker").exit_code == 0
    assert seen[RETRIES] == there


def test_a_worker_that_shares_a_server_on_sqlite_is_told_how_to_start_one_on_postgresql(
    machine: SimpleNamespace,
) -> None:
    assert "SQLite" not in run("worker").stderr
    machine.shares = True
    told = run("worker", "--pool", "reporters")
    assert told.exit_code == 0
    assert "For more than one worker start it on PostgreSQL" in " ".join(told.stderr.split())
    assert "make server-postgres" in told.stderr


def test_a_worker_without_a_server_is_refused_with_what_to_do(machine: SimpleNamespace) -> None:
    machine.running = None
    result = run("worker")
    assert (result.exit_code, machine.done) == (REFUSED, [])
    assert "no Prefect server answers. Start one with `tidewaiter deploy`, or set PREFECT_API_URL." in result.stderr


@pytest.mark.parametrize(
    ("workers", "was_ours", "said"),
    [
        (0, True, "stopped the server\n"),
        (2, True, "stopped 2 workers and the server\n"),
        (1, False, "stopped 1 worker\n"),
        (0, False, "no server of ours is running\n"),
    ],
)
def test_stop_says_whether_there_was_anything_to_stop(
    monkeypatch: pytest.MonkeyPatch, workers: int, was_ours: bool, said: str
) -> None:
    monkeypatch.setattr(local_server, "stop_workers", lambda: workers)
    monkeypatch.setattr(local_server, "stop_server", lambda: was_ours)
    assert run("stop").stdout == said
