"""Starts, finds and stops a Prefect server for one person: `prefect server start`, with our settings.

SQLite, loopback only, no telemetry, and access by password only (`flows/cli/server/password.py`). Its password, files
and log are in `.prefect/` of the current folder. Several workers at once need PostgreSQL (deployments/README.md).
"""

import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flows.cli.frame.terminal import errors, say
from flows.cli.server import password
from schemas import settings
from tasks.domain.text import clip_bytes
from tasks.store.files.temporary import write_at_once

HOME = Path(".prefect").resolve()
NOTE = HOME / "server.json"
HOST = "127.0.0.1"
PORT = 4200
# A new database is set up first, which takes minutes on a busy machine; a server that ends is noticed at once.
START_SECONDS_MAX = 300
STOP_SECONDS_MAX = 10
NAMED_SECONDS_MAX = 45
ANSWER_SECONDS_MAX, ANSWER_BYTES_MAX = 5, 10_000
# What a Prefect server says to anybody who asks for its health.
HEALTHY = b"true"
# How long to wait for the runs of a worker, and for a worker without a run, which ends within two seconds.
WORKER_SECONDS_MAX = 15
WORKER = "worker-"
DATABASE = "PREFECT_SERVER_DATABASE_CONNECTION_URL"
# Events of task runs, many at a time: one by one, each is a transaction of its own, and the server lags behind the
# runs.
EVENTS_AT_ONCE = 200
EVENTS_SECONDS = 1
# A run without a heartbeat for three of these has crashed (flows/cli/server/deployments.py); set here too, for runs
# started in another folder.
HEARTBEAT_SECONDS = 30
# A year and a month of runs with their logs and artifacts, as in pyproject.toml: a server that keeps all of them grows
# by 20 KB with each task.
RUNS_KEPT_SECONDS = 400 * 24 * 3600


def prefect_settings() -> dict[str, str]:
    """Return the environment of server and client: everything in this folder, nothing sent anywhere, frequent
    heartbeats.
    """
    return {
        "PREFECT_HOME": str(HOME),
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_SECONDS),
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(RUNS_KEPT_SECONDS),
        # As in pyproject.toml, which an installed package does not have.
        "PREFECT_LOGGING_EXTRA_LOGGERS": "tidewaiter",
        # Each step logs a line of its own; Prefect would add that its task has finished.
        "PREFECT_LOGGING_LOGGERS_PREFECT_TASK_RUNS_LEVEL": "WARNING",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        "PREFECT_RESULTS_DEFAULT_SERIALIZER": "json",
        "PREFECT_RESULTS_LOCAL_STORAGE_PATH": str(HOME / "results"),
        **{
            f"PREFECT_SERVER_SERVICES_{service}_{name}": str(value)
            for service in ("TASK_RUN_RECORDER", "EVENT_PERSISTER")
            for name, value in (
                ("READ_BATCH_SIZE", EVENTS_AT_ONCE),
                ("BATCH_SIZE", EVENTS_AT_ONCE),
                ("FLUSH_INTERVAL", EVENTS_SECONDS),
            )
        },
    }


def server_settings(address: str, line: str) -> dict[str, str]:
    """Return the environment of the server, beyond `prefect_settings`: its address, its password, and pages of that
    address alone.
    """
    host, _, port = address.removeprefix("http://").partition(":")
    return {
        "PREFECT_SERVER_API_HOST": host,
        "PREFECT_SERVER_API_PORT": port,
        "PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS": address,
        "PREFECT_SERVER_API_AUTH_STRING": line,
        "PREFECT_API_AUTH_STRING": line,
        "PREFECT_API_URL": f"{address}/api",
        "PREFECT_UI_API_URL": f"{address}/api",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    }


def running_server() -> str | None:
    """Return the address of the API that answers: the one in PREFECT_API_URL, otherwise the one we started, otherwise
    None.

    Raises PermissionError if the first one asks for a password that is not in our environment, and if others may have
    read our own password; ValueError if what answers there is no Prefect server.
    """
    named, noted = settings.value(settings.PREFECT_API_URL), _noted()
    if noted and named in (None, noted["api"]) and _is_running(noted):
        password.read(HOME)
        return str(noted["api"])
    if named is None or (answer := _answer(f"{named}/health")) is None:
        return None
    status, body = answer
    if (status == HTTPStatus.OK and body.strip() != HEALTHY) or 300 <= status < 400:
        raise ValueError(
            f"{settings.PREFECT_API_URL} names {named}, and what answers there is no Prefect server:"
            f" '{clip_bytes(body[:60])}' ({status}) in place of true at {named}/health. Name the address that ends in"
            " /api, log in to a proxy before it, or unset the variable"
        )
    if status != HTTPStatus.OK:
        return None
    # The health check needs no password.
    user, _, secret = settings.text(settings.PREFECT_API_AUTH_STRING).partition(":")
    if _status(f"{named}/admin/version", (user, secret) if user else None) == HTTPStatus.UNAUTHORIZED:
        raise PermissionError(
            f"the Prefect server at {named} asks for a password: set PREFECT_API_AUTH_STRING as it is in its settings, "
            "or unset PREFECT_API_URL"
        )
    return named


def use(api: str) -> None:
    """Make Prefect in this process use `api`, with the password if it is our server. Must come before Prefect is
    imported.
    """
    for name, value in prefect_settings().items():
        os.environ.setdefault(name, value)
    os.environ["PREFECT_API_URL"] = api
    if _is_ours(api) and (line := password.read(HOME)):
        os.environ["PREFECT_API_AUTH_STRING"] = line


def page_of(api: str) -> str:
    """Return the address at which people open the UI of a server."""
    return (settings.value(settings.PREFECT_UI_URL) or api.removesuffix("/api")).rstrip("/")


def how_to_open(api: str) -> str:
    """Say where the UI is, and how to log in."""
    if _is_ours(api):
        return f"{page_of(api)}; log in there with the line in {_short(HOME / password.FILE)}"
    login = settings.PREFECT_API_AUTH_STRING
    return page_of(api) + (f"; log in there with what {login} has" if settings.value(login) else "")


def _short(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def ensure_server(port: int | None = None) -> str:
    """Return the address of a server that answers, started if necessary, at a port where one is named: that of the
    environment, where it names another one, is only waited for. Raises TimeoutError if none comes up, PermissionError,
    and ValueError where the server has another port or another program has this one.
    """
    if address := running_server():
        return _at_port(address, port)
    named = settings.value(settings.PREFECT_API_URL)
    if named and not _is_our_address(named):
        say(
            f"waiting up to {NAMED_SECONDS_MAX} s for the Prefect server at {named} ({settings.PREFECT_API_URL})",
            to=errors,
        )
        if _wait_until(lambda: running_server() is not None, NAMED_SECONDS_MAX):
            return _at_port(named, port)
        raise TimeoutError(
            f"{settings.PREFECT_API_URL} names {named}, and no server answers there: start it, or unset the variable"
            " for a server of this folder"
        )
    password.make_folder(HOME)
    with open(HOME / "start.lock", "w", opener=password.private) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Another process may have started it in the meantime.
        if address := running_server():
            return _at_port(address, port)
        if port and _free_port(port) != port:
            raise ValueError(f"--port: another program has the port {port}; name another one, or leave the option out")
        line = password.make(HOME)
        for kept in HOME.glob("prefect.db*"):
            kept.chmod(0o600)
        # At its previous address a worker that kept asking finds it again.
        noted = _noted()
        before = _port_of(noted["api"]) if noted else None
        for wanted in (port,) if port else (before or PORT, 0):
            if api := _start_server(_free_port(wanted), line):
                return api
    lines = (HOME / "server.log").read_text(errors="replace").split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), "it printed nothing")
    raise TimeoutError(f"the Prefect server ended before it answered: {last}; see {HOME / 'server.log'}")


def _port_of(address: str) -> int | None:
    import httpx

    return httpx.URL(address).port


def _at_port(address: str, port: int | None) -> str:
    """An address of a server that answers. Raises ValueError where another port was named."""
    if port and _port_of(address) != port:
        raise ValueError(f"--port: the server that answers is {address}; stop it first (tidewaiter stop)")
    return address


def _is_our_address(named: str) -> bool:
    """Whether a server of this folder may start at an address: the one that it had, or after a stop our own port,
    unless another program has it.
    """
    if noted := _noted():
        return bool(noted["api"] == named)
    return named in {f"http://{host}:{PORT}/api" for host in (HOST, "localhost")} and _free_port(PORT) == PORT


def _start_server(port: int, line: str) -> str | None:
    """Start a server at `port` and return its address; None if it ended, for instance because the port was taken.

    Raises TimeoutError if it does not answer in time; it has ended then, so that no other one meets it at its database.
    """
    address = f"http://{HOST}:{port}"
    api = f"{address}/api"
    with open(HOME / "server.log", "ab", opener=password.private) as log:
        # Its files, above all its database, are readable by the owner alone.
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "prefect", "server", "start"],
            umask=0o077,
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, **prefect_settings(), **server_settings(address, line)},
        )
    note({"api": api, "pid": process.pid, "is_sqlite": not settings.value(DATABASE)})
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline and process.poll() is None:
        # Another server may have the port and answer; ours ends then, but not at once.
        if _status(f"{api}/health") == HTTPStatus.OK and _listens(process.pid, port):
            return api
        time.sleep(0.3)
    if process.poll() is not None:
        return None
    process.terminate()
    try:
        process.wait(STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    raise TimeoutError(
        f"the Prefect server did not come up within {START_SECONDS_MAX} s; see {HOME / 'server.log'}. "
        "If the machine is busy, run this again later"
    )


def _listens(pid: int, port: int) -> bool:
    """Whether a process or a child of it has a port open. False if it has ended."""
    import psutil

    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        return any(
            connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
            for one in (process, *process.children(recursive=True))
            for connection in one.net_connections("tcp")
        )
    return False


def stop_server() -> bool:
    """Stop the server that `ensure_server` started; False if there is none."""
    noted = _noted()
    is_ours = noted is not None and _is_running(noted)
    if noted is not None and is_ours:
        os.kill(noted["pid"], signal.SIGTERM)
        _wait_until(lambda: _status(f"{noted['api']}/health") is None, STOP_SECONDS_MAX)
    NOTE.unlink(missing_ok=True)
    return is_ours


def shares_sqlite(api: str, *, of_pool: bool) -> bool:
    """Whether a worker more, or one of a pool, would share a server of ours whose database is SQLite."""
    noted = _noted()
    if noted is None or not noted["is_sqlite"] or not _is_ours(api):
        return False
    others = (int(file.name.removeprefix(WORKER)) for file in HOME.glob(f"{WORKER}*"))
    return of_pool or any(_is_process(pid, b"worker") for pid in others)


def note_worker() -> None:
    """Record that this process becomes a worker of the folder."""
    if HOME.is_dir():
        (HOME / f"{WORKER}{os.getpid()}").touch(mode=0o600)


def stop_workers() -> int:
    """End the workers that were started in this folder, before the server that they ask; return how many there were.

    Raises TimeoutError if one is running flows, which Prefect would end with it; then no worker is ended.
    """
    import psutil

    kept = sorted(HOME.glob(f"{WORKER}*"))
    workers = []
    for pid in (int(file.name.removeprefix(WORKER)) for file in kept):
        with contextlib.suppress(psutil.NoSuchProcess):
            workers += [psutil.Process(pid)] if _is_process(pid, b"worker") else []
    if not _wait_until(lambda: not any(map(_has_runs, workers)), WORKER_SECONDS_MAX):
        busy = next(filter(_has_runs, workers), workers[0]).pid
        raise TimeoutError(
            f"the worker (process {busy}) is at work: stop again when its runs are over, or end it with kill {busy},"
            " and its runs with it; nothing is half published"
        )
    for worker in workers:
        with contextlib.suppress(psutil.NoSuchProcess):
            worker.terminate()
    for alive in psutil.wait_procs(workers, WORKER_SECONDS_MAX)[1]:
        with contextlib.suppress(psutil.NoSuchProcess):
            alive.kill()
    for file in kept:
        file.unlink(missing_ok=True)
    return len(workers)


def _has_runs(worker: Any) -> bool:
    """Whether a worker, a process of psutil, has started others. False if it has ended."""
    import psutil

    with contextlib.suppress(psutil.NoSuchProcess):
        return bool(worker.children())
    return False


def _wait_until(is_so: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def note(started: dict[str, Any]) -> None:
    """Record which server we started."""
    write_at_once(NOTE, json.dumps(started).encode())


def _noted() -> dict[str, Any] | None:
    """Return which server we started; None if there is no record, or an unreadable one, for instance after a full
    disk.
    """
    try:
        note: dict[str, Any] = json.loads(NOTE.read_text())
        return {"api": str(note["api"]), "pid": int(note["pid"]), "is_sqlite": bool(note.get("is_sqlite", True))}
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _is_ours(api: str) -> bool:
    """Whether the server that we started, and that runs, has that address: it alone is sent our password."""
    noted = _noted()
    return noted is not None and noted["api"] == api and _is_running(noted)


def _is_running(noted: dict[str, Any]) -> bool:
    """Whether the process that we noted is a Prefect server of ours that answers. A process that has its port after it
    has ended is not.
    """
    return _is_process(noted["pid"], b"prefect") and _status(f"{noted['api']}/health") == HTTPStatus.OK


def _is_process(pid: int, mark: bytes) -> bool:
    """Whether a process of ours has that number and, where the system tells, that word in its command."""
    try:
        os.kill(pid, 0)
        command = Path(f"/proc/{pid}/cmdline")
        return mark in command.read_bytes() if command.exists() else True
    except OSError:
        return False


def _status(url: str, login: tuple[str, str] | None = None) -> int | None:
    """Return the status that the server answers with; None without an answer."""
    answer = _answer(url, login)
    return None if answer is None else answer[0]


def _answer(url: str, login: tuple[str, str] | None = None) -> tuple[int, bytes] | None:
    """Return the status and the first bytes that the server answers with; None without an answer in a few seconds."""
    import threading

    import httpx

    answers: list[tuple[int, bytes]] = []

    def ask() -> None:
        # Certificates are loaded only for https; loading takes longer than the request.
        how: dict[str, Any] = {"timeout": ANSWER_SECONDS_MAX, "auth": login, "verify": url.startswith("https:")}
        with (
            contextlib.suppress(httpx.HTTPError, httpx.InvalidURL),
            httpx.stream("GET", url, **how) as answer,
        ):
            body = b""
            for part in answer.iter_bytes():
                body += part
                if len(body) > ANSWER_BYTES_MAX:
                    break
            answers.append((answer.status_code, body))

    # The library limits the wait for each piece, and a server may send one byte at a time without end.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(ANSWER_SECONDS_MAX)
    return answers[0] if answers else None


def _free_port(wanted: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except OSError:
            probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
