"""The server of one's own is found again by its process, never by its port alone."""

import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.settings import Settings

from flows.cli.server import local_server, password
from tests.replay.server import Replay, Reply

DEPLOYMENTS = Path(__file__).parents[3] / "deployments"
OVER = 2**22 + 1  # no process has this number


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the server, which is not made yet."""
    folder = tmp_path / ".prefect"
    monkeypatch.setattr(local_server, "HOME", folder)
    monkeypatch.setattr(local_server, "NOTE", folder / "server.json")
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    return folder


@pytest.fixture
def stranger(home: Path) -> Iterator[Replay]:
    """A server that answers at the address we once noted."""
    home.mkdir()
    replay = Replay()
    replay.route("/", Reply(b"true"))
    local_server.note({"api": f"{replay.base}/api", "pid": OVER})
    yield replay
    replay.close()


@pytest.fixture
def api(stranger: Replay) -> str:
    return f"{stranger.base}/api"


@pytest.fixture
def prefect() -> Iterator[int]:
    """The number of a process whose command names Prefect."""
    command = [sys.executable, "-c", "import time; print(flush=True); time.sleep(60)", "prefect"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        # Until its program runs, the system may not tell its command yet.
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        process.kill()


@pytest.mark.parametrize("left", [None, "", '{"api": "http://127.0', "[]", '{"pid": 1}'])
def test_another_server_at_our_old_address_is_not_taken_for_ours_nor_stopped_and_half_a_note_is_none(
    api: str, left: str | None
) -> None:
    if left is not None:
        local_server.NOTE.write_text(left)
    assert local_server.running_server() is None
    assert local_server.stop_server() is False
    assert not local_server.NOTE.exists()


@pytest.mark.parametrize("whose", ["a number of no process", "another process", "ours"])
def test_a_server_of_our_folder_is_ours_and_one_that_was_named_is_used_with_its_password(
    stranger: Replay, api: str, prefect: int, monkeypatch: pytest.MonkeyPatch, whose: str
) -> None:
    pid = {"ours": prefect, "another process": os.getpid()}.get(whose, OVER)
    local_server.note({"api": api, "pid": pid})
    assert local_server.running_server() == (api if whose == "ours" else None)
    monkeypatch.setenv("PREFECT_API_URL", api)
    assert local_server.running_server() == api
    # The server says to anybody that it is healthy.
    stranger.route("/api/admin", Reply(status=401))
    if whose != "ours":
        with pytest.raises(PermissionError, match="asks for a password: set PREFECT_API_AUTH_STRING"):
            local_server.running_server()


def test_a_second_worker_shares_our_server_on_sqlite_and_one_on_postgresql_is_for_several(
    stranger: Replay, api: str, prefect: int, home: Path
) -> None:
    assert local_server.shares_sqlite(api, of_pool=True) is False
    local_server.note({"api": api, "pid": prefect})
    assert [local_server.shares_sqlite(api, of_pool=of_pool) for of_pool in (False, True)] == [False, True]
    assert local_server.shares_sqlite("http://server:4200/api", of_pool=True) is False
    (home / f"worker-{OVER}").touch()
    assert local_server.shares_sqlite(api, of_pool=False) is False
    with subprocess.Popen([sys.executable, "-c", "print(flush=True); input()", "worker"], stdin=-1, stdout=-1) as other:
        assert other.stdout is not None
        other.stdout.readline()
        (home / f"worker-{other.pid}").touch()
        assert local_server.shares_sqlite(api, of_pool=False) is True
        local_server.note({"api": api, "pid": prefect, "is_sqlite": False})
        assert local_server.shares_sqlite(api, of_pool=True) is False
        other.kill()


def test_the_password_is_given_to_our_own_server_alone(
    stranger: Replay, api: str, prefect: int, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has the port now, after our server has ended, is not sent what was meant for ours."""
    line = password.make(home)
    monkeypatch.setattr(os, "environ", {**os.environ, "PREFECT_API_AUTH_STRING": "team:word"})
    named, login = "http://server:4200/api", "; log in there with what PREFECT_API_AUTH_STRING has"
    assert local_server.how_to_open(named) == f"http://server:4200{login}"
    os.environ["PREFECT_UI_URL"] = "https://team.example.org/"
    assert local_server.how_to_open(named) == f"https://team.example.org{login}"
    del os.environ["PREFECT_UI_URL"]
    local_server.use(api)
    assert os.environ["PREFECT_API_AUTH_STRING"] == "team:word"
    del os.environ["PREFECT_API_URL"]
    local_server.note({"api": api, "pid": prefect})
    local_server.use(local_server.running_server() or "")
    assert os.environ["PREFECT_API_AUTH_STRING"] == line
    assert local_server.how_to_open(api).endswith(f"log in there with the line in {home / 'password'}")
    assert {asked.headers.get("authorization") for asked in stranger.asked} == {None}


def test_the_folder_and_the_password_are_made_once_and_are_for_their_owner_alone(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    old.chmod(0o777)
    before = os.umask(0)
    try:
        for folder in (old, new):
            password.make_folder(folder)
        line = password.make(new)
    finally:
        os.umask(before)
    assert [oct(stat.S_IMODE(path.stat().st_mode)) for path in (old, new, new / "password")] == [
        "0o711",
        "0o711",
        "0o600",
    ]
    assert password.make(new) == password.read(new) == line
    assert [path.name for path in new.iterdir()] == ["password"]
    assert password.read(old) is None
    assert password.make(old) != line


def test_a_password_that_others_may_have_read_is_not_used(
    api: str, prefect: int, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    password.make(home)
    (home / "password").chmod(0o640)
    local_server.note({"api": api, "pid": prefect})
    with pytest.raises(PermissionError, match=r"other users .* \(mode 640\): run `tidewaiter stop`, delete that file"):
        local_server.running_server()
    ended: list[tuple[int, int]] = []
    kill = os.kill
    monkeypatch.setattr(local_server, "_wait_until", lambda is_so, seconds: False)
    with monkeypatch.context() as patch:
        patch.setattr(os, "kill", lambda pid, number: ended.append((pid, number)) if number else kill(pid, number))
        assert local_server.stop_server() is True
    assert ended == [(prefect, signal.SIGTERM)]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder to another user")
def test_a_folder_of_another_user_holds_no_password(home: Path) -> None:
    home.mkdir()
    os.chown(home, 65534, 65534)
    with pytest.raises(PermissionError, match="belongs to another user of this machine"):
        local_server.ensure_server()
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("name", ["start.lock", "server.log", "password"])
def test_no_file_of_the_server_is_opened_through_a_link(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    victim, shared = tmp_path / "victim", tmp_path / "shared"
    victim.write_text("what must stay")
    home.mkdir()
    shared.mkdir()
    (home / name).symlink_to(victim)
    # In a folder that all users share anybody could lay a link under a name that is easy to guess.
    (shared / f"tidewaiter-{os.getuid()}.lock").symlink_to(victim)
    monkeypatch.setattr("tempfile.tempdir", str(shared))
    with pytest.raises(OSError, match="symbolic link"):
        local_server.ensure_server()
    assert victim.read_text() == "what must stay"
    assert (home / name).is_symlink()


def test_of_two_who_start_at_once_one_starts_and_both_use_it(
    api: str, prefect: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    local_server.NOTE.unlink()
    started: list[int] = []
    both = threading.Barrier(2)

    def start(port: int, line: str) -> str:
        started.append(port)
        local_server.note({"api": api, "pid": prefect})
        return api

    make = password.make_folder

    def wait_for_the_other(home: Path) -> None:
        both.wait(20)
        make(home)

    monkeypatch.setattr(password, "make_folder", wait_for_the_other)
    monkeypatch.setattr(local_server, "_start_server", start)
    with ThreadPoolExecutor(2) as pool:
        found = [pool.submit(local_server.ensure_server) for _ in range(2)]
        assert [one.result() for one in found] == [api] * 2
    assert len(started) == 1


def test_a_server_that_is_named_or_was_noted_is_waited_for_or_comes_back_at_its_address(
    api: str, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a container whose server was slow, `deploy` started one of its own, and the deployments were gone with it."""
    named, noted = "http://127.0.0.1:1/api", "http://127.0.0.1:43210/api"
    monkeypatch.setattr(local_server, "NAMED_SECONDS_MAX", 0)
    monkeypatch.setattr(local_server, "_free_port", lambda wanted: wanted)
    monkeypatch.setattr(local_server, "_start_server", lambda port, line: f"at {port}")
    password.make(home)
    local_server.note({"api": noted, "pid": OVER})
    monkeypatch.setenv("PREFECT_API_URL", named)
    with pytest.raises(
        TimeoutError, match=f"PREFECT_API_URL names {named}, and no server answers there: start it, or unset"
    ):
        local_server.ensure_server()
    said = f"waiting up to 0 s for the Prefect server at {named} (PREFECT_API_URL)\n"
    assert capsys.readouterr().err == said
    # A worker goes on asking where our own one was that has ended.
    for one in (named, noted):
        local_server.note({"api": one, "pid": OVER})
        assert local_server.ensure_server() == f"at {one.split(':')[2].removesuffix('/api')}"
        monkeypatch.delenv("PREFECT_API_URL", raising=False)
    local_server.NOTE.unlink()
    assert local_server.ensure_server() == "at 4200"
    assert local_server.ensure_server(4321) == "at 4321"
    monkeypatch.setattr(local_server, "_free_port", lambda wanted: wanted + 1)
    with pytest.raises(ValueError, match="--port: another program has the port 4321"):
        local_server.ensure_server(4321)


def test_a_server_that_answers_at_another_port_than_the_named_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_server, "running_server", lambda: "http://127.0.0.1:4200/api")
    assert local_server.ensure_server(4200) == local_server.ensure_server() == "http://127.0.0.1:4200/api"
    with pytest.raises(ValueError, match=r"the server that answers is http://127\.0\.0\.1:4200/api; stop it"):
        local_server.ensure_server(4321)


@pytest.mark.parametrize(
    ("named", "is_taken", "is_noted", "is_ours"),
    [
        ("http://127.0.0.1:4200/api", False, False, True),
        ("http://localhost:4200/api", False, False, True),
        ("http://127.0.0.1:4200/api", True, False, False),
        ("http://127.0.0.1:4200/api", False, True, False),
        ("http://127.0.0.1:4201/api", False, False, False),
        ("http://server:4200/api", False, False, False),
    ],
)
def test_after_a_stop_the_address_that_the_environment_still_names_is_ours(
    api: str, monkeypatch: pytest.MonkeyPatch, named: str, is_taken: bool, is_noted: bool, is_ours: bool
) -> None:
    """For a new password: stop, delete the file, deploy. A server that listens there by now, or our own elsewhere, is
    left alone."""
    monkeypatch.setenv("PREFECT_API_URL", named)
    monkeypatch.setattr(local_server, "NAMED_SECONDS_MAX", 0)
    monkeypatch.setattr(local_server, "_answer", lambda url, login=None: None)
    monkeypatch.setattr(local_server, "_free_port", lambda wanted: wanted + is_taken)
    monkeypatch.setattr(local_server, "_start_server", lambda port, line: f"at {port}")
    if not is_noted:
        local_server.stop_server()
    if is_ours:
        assert local_server.ensure_server() == "at 4200"
    else:
        with pytest.raises(TimeoutError, match=f"PREFECT_API_URL names {named}, and no server answers there"):
            local_server.ensure_server()


def _in_place_of_the_server(monkeypatch: pytest.MonkeyPatch, code: str) -> list[subprocess.Popen[bytes]]:
    """Start a process with this code in place of a Prefect server; return the processes that were started."""
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def start(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        started.append(popen([command[0], "-c", code], **options))
        return started[-1]

    monkeypatch.setattr(local_server.subprocess, "Popen", start)
    return started


def test_a_server_that_is_slow_is_ended_and_no_second_one_starts_on_its_database(
    api: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two servers at once created the same tables: the second failed with `duplicate column name`."""
    local_server.NOTE.unlink()
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
    started = _in_place_of_the_server(monkeypatch, code)
    monkeypatch.setattr(local_server, "START_SECONDS_MAX", 1)
    monkeypatch.setattr(local_server, "STOP_SECONDS_MAX", 0.5)
    with pytest.raises(TimeoutError, match=r"did not come up within 1 s.*server\.log.*run this again later"):
        local_server.ensure_server()
    assert [process.poll() for process in started] == [-signal.SIGKILL]


def test_a_server_that_lost_the_port_to_another_one_is_not_taken_for_that_one(
    api: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two folders that start at once both find the port free; the one that comes second still lives while the first
    answers.
    """
    local_server.NOTE.unlink()
    taken = int(api.split(":")[2].removesuffix("/api"))
    monkeypatch.setattr(local_server, "_free_port", lambda wanted: taken)
    _in_place_of_the_server(monkeypatch, "import time; time.sleep(1)")
    with pytest.raises(TimeoutError, match="ended before it answered"):
        local_server.ensure_server()


# Starts another process, as a worker a run, until a line comes; does not listen to the signal.
WORKER = (
    "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); run ="
    " subprocess.Popen(['sleep', '60']); print('up', flush=True); sys.stdin.readline(); run.kill(); run.wait();"
    " print('idle', flush=True); time.sleep(60)"
)


def test_a_worker_at_work_is_left_alone_and_one_without_a_run_ends(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prefect ended a run together with its worker, while `stop` said that it would end first."""
    home.mkdir()
    monkeypatch.setattr(local_server, "WORKER_SECONDS_MAX", 0.3)
    assert local_server.stop_workers() == 0
    command = [sys.executable, "-c", WORKER, "worker"]
    idle = [sys.executable, "-c", "import time; print(flush=True); time.sleep(60)", "worker"]
    with (
        subprocess.Popen(idle, stdout=subprocess.PIPE) as other,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process,
    ):
        assert other.stdout is not None
        assert process.stdin is not None
        assert process.stdout is not None
        other.stdout.readline()
        process.stdout.readline()
        for pid in (other.pid, process.pid, OVER):
            (home / f"worker-{pid}").touch()
        with pytest.raises(
            TimeoutError, match=f"the worker \\(process {process.pid}\\) is at work: stop again when its runs are over"
        ):
            local_server.stop_workers()
        assert other.poll() is None, "none is ended while one is at work"
        process.stdin.write(b"\n")
        process.stdin.flush()
        process.stdout.readline()
        assert local_server.stop_workers() == 2
        assert process.wait(20) == -signal.SIGKILL
        assert other.poll() is not None
    assert list(home.iterdir()) == []


def test_a_disk_that_is_full_leaves_the_note_as_it_was(api: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = local_server.NOTE.read_text()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        local_server.note({"api": "http://127.0.0.1:1/api", "pid": 1})
    assert local_server.NOTE.read_text() == before


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        (Reply(b"<!doctype html><title>Log in</title>"), "<!doctype html><title>Log in</title>"),
        (Reply(b"[]"), "[]"),
        (Reply(b"", 302, {"Location": "/login"}), "302"),
        (Reply(b"\x1b[2J"), "x1b"),
        (Reply(b'{"detail": "' + b"x" * 100_000 + b'"}'), "detail"),
    ],
)
def test_what_answers_at_a_named_address_and_is_no_prefect_server_is_refused(
    stranger: Replay, api: str, monkeypatch: pytest.MonkeyPatch, reply: Reply, found: str
) -> None:
    stranger.route("/api", reply)
    monkeypatch.setenv("PREFECT_API_URL", api)
    for ask in (local_server.running_server, local_server.ensure_server):
        with pytest.raises(ValueError, match=r"names http.*no Prefect server:") as refused:
            ask()
        assert found in str(refused.value)
        assert len(str(refused.value)) < 500


def test_a_server_that_sends_a_byte_at_a_time_is_no_answer_after_some_seconds(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_server, "ANSWER_SECONDS_MAX", 0.5)
    monkeypatch.setattr(local_server, "NAMED_SECONDS_MAX", 1)
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            while not over.is_set():
                asked, _ = listening.accept()
                threading.Thread(target=drops, args=(asked,), daemon=True).start()

        def drops(asked: socket.socket) -> None:
            with asked, suppress(OSError):
                asked.sendall(b"HTTP/1.1 200 OK\r\n")
                while not over.wait(0.1):
                    asked.sendall(b"X: y\r\n")

        threading.Thread(target=drip, daemon=True).start()
        monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{listening.getsockname()[1]}/api")
        assert local_server.running_server() is None
        with pytest.raises(TimeoutError, match="no server answers there"):
            local_server.ensure_server()
        over.set()


def test_runs_are_kept_for_400_days_wherever_the_server_is_started_and_prefect_reads_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Prefect ignores a setting whose name it does not know, so the one that is installed is asked."""
    team = dict(
        line.split("=", 1) for line in (DEPLOYMENTS / "server.env").read_text().splitlines() if "VACUUM" in line
    )
    compose = yaml.safe_load((DEPLOYMENTS / "compose.yaml").read_text())["services"]["server"]["environment"]
    toml = tomllib.loads((DEPLOYMENTS.parent / "pyproject.toml").read_text())["tool"]["prefect"]["server"]
    names = [f"PREFECT_SERVER_SERVICES_DB_VACUUM_{name}" for name in ("ENABLED", "RETENTION_PERIOD")]
    recipes = [{name: str(one[name]) for name in names} for one in (local_server.prefect_settings(), team, compose)]
    kept = toml["services"]["db_vacuum"]
    recipes.append(dict(zip(names, (",".join(kept["enabled"]), str(kept["retention_period"])), strict=True)))
    for recipe in recipes:
        for name, value in recipe.items():
            monkeypatch.setenv(name, value)
        read = Settings().server.services.db_vacuum
        assert (read.enabled, read.retention_period) == ({"events", "flow_runs"}, timedelta(days=400))
