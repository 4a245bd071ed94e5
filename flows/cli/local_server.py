"""Starts, finds and stops a local Prefect server for one person.

SQLite, loopback only, no telemetry, and access by password only (`flows/cli/serve.py`, `flows/cli/password.py`). Its
password, files and log are in `.prefect/` of the current folder.
"""

import fcntl
import hmac
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.cli import password

if TYPE_CHECKING:
    import httpx

HOME = Path(".prefect").resolve()
NOTE = HOME / "server.json"
HOST = "127.0.0.1"
PORT = 4200
# A new database is set up first, which takes minutes on a busy machine; a server that ends is noticed at once.
START_SECONDS_MAX = 300
STOP_SECONDS_MAX = 10
# Events of task runs, many at a time: one by one, each is a transaction of its own, and the server lags behind the
# runs.
EVENTS_AT_ONCE = 200
EVENTS_SECONDS = 1
# A run without a heartbeat for three of these has crashed (flows/cli/deployments.py); set here too, for runs started in
# another folder.
HEARTBEAT_SECONDS = 30
# Servers that have proved that they have our password.
_PROVEN: set[str] = set()


def settings() -> dict[str, str]:
    """Return the environment of server and client: everything in this folder, nothing sent anywhere, frequent
    heartbeats.
    """
    return {
        "PREFECT_HOME": str(HOME), "DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_SECONDS), "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        # As in pyproject.toml, which an installed package does not have.
        "PREFECT_LOGGING_EXTRA_LOGGERS": "tidewaiter", "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        "PREFECT_RESULTS_DEFAULT_SERIALIZER": "json", "PREFECT_RESULTS_LOCAL_STORAGE_PATH": str(HOME / "results"),
        **{f"PREFECT_SERVER_SERVICES_{service}_{name}": str(value)
           for service in ("TASK_RUN_RECORDER", "EVENT_PERSISTER")
           for name, value in (("READ_BATCH_SIZE", EVENTS_AT_ONCE), ("BATCH_SIZE", EVENTS_AT_ONCE), ("FLUSH_INTERVAL", EVENTS_SECONDS))},
    }  # fmt: skip


def server_settings(address: str, line: str) -> dict[str, str]:
    """Return the environment of the server, beyond `settings`: its address, its password, and pages of that address
    alone.
    """
    host, _, port = address.removeprefix("http://").partition(":")
    return {
        "PREFECT_SERVER_API_HOST": host, "PREFECT_SERVER_API_PORT": port, "PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS": address,
        "PREFECT_SERVER_API_AUTH_STRING": line, "PREFECT_API_AUTH_STRING": line,
        "PREFECT_API_URL": f"{address}/api", "PREFECT_UI_API_URL": f"{address}/api",
    }  # fmt: skip


def running_server() -> str | None:
    """Return the address of the API that answers: the one in PREFECT_API_URL, otherwise the one we started, otherwise
    None.

    Raises PermissionError if the first one asks for a password that is not in our environment, if others may have read
    our own password, and if a server without a password runs in our folder.
    """
    named, noted = os.environ.get("PREFECT_API_URL"), _noted()
    if noted and named in (None, noted["api"]) and _is_ours(noted["api"]):
        return str(noted["api"])
    if named and _status(f"{named}/health") == HTTPStatus.OK:
        # The health check needs no password.
        if _status(f"{named}/admin/version") == HTTPStatus.UNAUTHORIZED:
            raise PermissionError(
                f"the Prefect server at {named} asks for a password: set PREFECT_API_AUTH_STRING as it is in its settings, "
                "or unset PREFECT_API_URL"
            )
        return named
    if noted is None:
        return None
    if named and _is_ours(noted["api"]):
        return str(noted["api"])
    if _is_open(noted["api"]):
        raise PermissionError(
            f"the Prefect server at {noted['api']} was started by an earlier version, asks for no password, and runs what anybody "
            "wants: run `tidewaiter stop`, then this again"
        )
    return None


def use(api: str) -> None:
    """Make Prefect in this process use `api`, with the password if it is our server. Must come before Prefect is
    imported.
    """
    for name, value in settings().items():
        os.environ.setdefault(name, value)
    os.environ["PREFECT_API_URL"] = api
    line = password.read(HOME) if api in _PROVEN else None
    if line:
        os.environ["PREFECT_API_AUTH_STRING"] = line


def how_to_open(api: str) -> str:
    """Say where the UI is, and how to log in."""
    page = api.removesuffix("/api")
    return f"{page}; log in there with the line in {_short(HOME / password.FILE)}" if api in _PROVEN else page


def _short(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def ensure_server() -> str:
    """Return the address of a server that answers, started if necessary. Raises TimeoutError if none comes up, and
    PermissionError.
    """
    import httpx

    if found := running_server():
        return found
    password.make_folder(HOME)
    with open(HOME / "start.lock", "w", opener=password.private) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Another process may have started it in the meantime.
        if found := running_server():
            return found
        line = password.make(HOME)
        for kept in HOME.glob("prefect.db*"):
            kept.chmod(0o600)
        # At its previous address a worker that kept asking finds it again.
        noted = _noted()
        before = httpx.URL(noted["api"]).port if noted else None
        for port in (before or PORT, 0):
            if api := _start_server(_free_port(port), line):
                return api
    lines = (HOME / "server.log").read_text(errors="replace").split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), "it printed nothing")
    raise TimeoutError(f"the Prefect server ended before it answered: {last}; see {HOME / 'server.log'}")


def _start_server(port: int, line: str) -> str | None:
    """Start a server at `port` and return its address; None if it ended, for instance because the port was taken.

    Raises TimeoutError if it does not answer in time; it has ended then, so that no other one meets it at its database.
    """
    address = f"http://{HOST}:{port}"
    api = f"{address}/api"
    with open(HOME / "server.log", "ab", opener=password.private) as log:
        # Its files, above all its database, are readable by the owner alone.
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "flows.cli.serve"], umask=0o077,
            stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
            env={**os.environ, **settings(), **server_settings(address, line)},
        )  # fmt: skip
    note({"api": api, "pid": process.pid})
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline and process.poll() is None:
        if _is_ours(api):
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


def stop_server() -> bool:
    """Stop the server that `ensure_server` started; False if there is none."""
    noted = _noted()
    stopped = noted is not None and (_is_ours(noted["api"], even_if_exposed=True) or _is_open(noted["api"]))
    if noted is not None and stopped:
        os.kill(noted["pid"], signal.SIGTERM)
        for _ in range(100):
            if _get(f"{noted['api']}/health") is None:
                break
            time.sleep(0.1)
    NOTE.unlink(missing_ok=True)
    return stopped


def note(started: dict[str, Any]) -> None:
    """Record which server we started, atomically."""
    half = NOTE.with_suffix(".half")
    half.write_text(json.dumps(started))
    half.replace(NOTE)


def _noted() -> dict[str, Any] | None:
    """Return which server we started; None if there is no record, or an unreadable one, for instance after a full
    disk.
    """
    try:
        found: dict[str, Any] = json.loads(NOTE.read_text())
        return {"api": str(found["api"]), "pid": int(found["pid"])}
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def ui_address(api: str, flow_run_id: str) -> str:
    """Return the page of a run in the UI."""
    return f"{api.removesuffix('/api')}/runs/flow-run/{flow_run_id}"


def _is_ours(api: str, *, even_if_exposed: bool = False) -> bool:
    """Whether the server at that address has our password. It must prove that and is not sent the password."""
    line = password.read(HOME, even_if_exposed=even_if_exposed)
    if line is None:
        return False
    address, nonce = api.removesuffix("/api"), secrets.token_hex(16)
    answer = _get(f"{address}{password.PROOF_PATH}?nonce={nonce}")
    if answer is None or not hmac.compare_digest(
        answer.text.encode(), password.proof(line, HOME, address, nonce).encode()
    ):
        return False
    _PROVEN.add(api)
    return True


def _is_open(api: str) -> bool:
    """Whether a server of our folder answers there and gives its settings to anybody."""
    answer = _get(f"{api}/admin/settings")
    return answer is not None and answer.status_code == HTTPStatus.OK and answer.json().get("home") == str(HOME)


def _status(url: str) -> int | None:
    """Return the status of the server that PREFECT_API_URL names, with its password."""
    user, _, secret = os.environ.get("PREFECT_API_AUTH_STRING", "").partition(":")
    answer = _get(url, (user, secret) if user else None)
    return None if answer is None else answer.status_code


def _get(url: str, login: tuple[str, str] | None = None) -> "httpx.Response | None":
    import httpx

    try:
        # Certificates are loaded only for https; loading takes longer than the request.
        return httpx.get(url, timeout=2, auth=login, verify=url.startswith("https:"))
    except httpx.HTTPError:
        return None


def _free_port(wanted: int) -> int:
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise RuntimeError("no free port on the loopback address")
