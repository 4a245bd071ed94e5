"""A local Prefect server for one person: found if it answers, started in the background if none does, stopped on request.

SQLite, loopback only, no telemetry. Its files and log lie in `.prefect/` of the current folder.
"""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

HOME = Path(".prefect").resolve()
NOTE = HOME / "server.json"
HOST = "127.0.0.1"
PORT = 4200
START_SECONDS_MAX = 120
# What tells of task runs, many at a time: one by one, each is a transaction of its own, and the server lags behind the runs.
TOLD_AT_ONCE = 200
TELL_SECONDS = 1
# A run that is silent for three of these has crashed (deployments/deploy.py); said here too, for runs begun in another folder.
HEARTBEAT_SECONDS = 30


def settings() -> dict[str, str]:
    """Environment of server and client: everything in this folder, nothing sent anywhere, signs of life often enough."""
    return {
        "PREFECT_HOME": str(HOME), "DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_SECONDS),
        **{f"PREFECT_SERVER_SERVICES_{service}_{name}": str(value)
           for service in ("TASK_RUN_RECORDER", "EVENT_PERSISTER")
           for name, value in (("READ_BATCH_SIZE", TOLD_AT_ONCE), ("BATCH_SIZE", TOLD_AT_ONCE), ("FLUSH_INTERVAL", TELL_SECONDS))},
    }  # fmt: skip


def running_server() -> str | None:
    """Address of the API that answers: the one in PREFECT_API_URL, else the one we started, else None.

    Raises PermissionError where the first one asks for a password that is not in our environment.
    """
    told = os.environ.get("PREFECT_API_URL")
    if told and _answers(told):
        # Whether it is well it says to anybody.
        if _status(f"{told}/admin/version") == HTTPStatus.UNAUTHORIZED:
            raise PermissionError(
                f"the Prefect server at {told} asks for a password: set PREFECT_API_AUTH_STRING as it is in its settings, "
                "or unset PREFECT_API_URL"
            )
        return told
    noted = _noted()
    return noted["api"] if noted and _is_ours(noted["api"]) else None


def use(api: str) -> None:
    """Make Prefect in this process talk to `api`. Must come before Prefect is imported."""
    for name, value in settings().items():
        os.environ.setdefault(name, value)
    os.environ["PREFECT_API_URL"] = api


def ensure_server() -> str:
    """Address of a server that answers, started if need be. Raises TimeoutError where none comes up, and PermissionError."""
    if found := running_server():
        return found
    HOME.mkdir(exist_ok=True)
    # Those who start at once would find the same port free; the lock keeps ours apart, a second try those of others.
    with (Path(tempfile.gettempdir()) / f"tidewaiter-{os.getuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for port in (PORT, 0):
            if api := _start_server(_free_port(port)):
                return api
    raise TimeoutError(f"the Prefect server did not come up within {START_SECONDS_MAX} s; see {HOME / 'server.log'}")


def _start_server(port: int) -> str | None:
    """Address of a server started at `port`; None where it did not come up, as when somebody else was there first."""
    api = f"http://{HOST}:{port}/api"
    with (HOME / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "prefect", "server", "start", "--host", HOST, "--port", str(port)],
            stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
            env={**os.environ, **settings(), "PREFECT_API_URL": api},
        )  # fmt: skip
    note({"api": api, "pid": process.pid})
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline and process.poll() is None:
        if _is_ours(api):
            return api
        time.sleep(0.3)
    process.terminate()
    return None


def stop_server() -> bool:
    """Stop the server that `ensure_server` started; False where there is none."""
    noted = _noted()
    stopped = noted is not None and _is_ours(noted["api"])
    if noted is not None and stopped:
        os.kill(noted["pid"], signal.SIGTERM)
        for _ in range(100):
            if not _answers(noted["api"]):
                break
            time.sleep(0.1)
    NOTE.unlink(missing_ok=True)
    return stopped


def note(started: dict[str, Any]) -> None:
    """Write down which server we started, whole or not at all."""
    half = NOTE.with_suffix(".half")
    half.write_text(json.dumps(started))
    half.replace(NOTE)


def _noted() -> dict[str, Any] | None:
    """Which server we started; None where nothing is noted, or nothing that can be read, as after a disk was full."""
    try:
        found: dict[str, Any] = json.loads(NOTE.read_text())
        return {"api": str(found["api"]), "pid": int(found["pid"])}
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def ui_address(api: str, flow_run_id: str) -> str:
    """Page of a run in the UI."""
    return f"{api.removesuffix('/api')}/runs/flow-run/{flow_run_id}"


def _answers(api: str) -> bool:
    return _status(f"{api}/health") == HTTPStatus.OK


def _is_ours(api: str) -> bool:
    """Whether the server that answers there keeps its things in our folder, and is not another that took the port."""
    answer = _get(f"{api}/admin/settings")
    return answer is not None and answer.status_code == HTTPStatus.OK and answer.json().get("home") == str(HOME)


def _status(url: str) -> int | None:
    answer = _get(url)
    return None if answer is None else answer.status_code


def _get(url: str) -> "httpx.Response | None":
    import httpx

    try:
        user, _, word = os.environ.get("PREFECT_API_AUTH_STRING", "").partition(":")
        return httpx.get(url, timeout=2, auth=(user, word) if user else None)
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
