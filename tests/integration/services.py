"""A services with everything in it: server, worker, process pool, deployments, inbox and store, as `tidewaiter deploy`
of an installed package builds it in an empty folder."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

# On a machine that has much else to do a process may take half a minute to start.
PATIENCE_SECONDS = 240
EXPORTS = Path("inbox/gacc_query/export")
DECLARED = {"source": "gacc_query", "flow": "export", "partners": "all"}
# What a watch is asked that minds one source and waits for no file.
LATE = {"kinds": ["query"], "settle_seconds": 0}


class Services:
    """One folder from which everything was deployed with the package that is unpacked in `installed`; the server
    answers at `api`. `settings` are those of the person who deploys."""

    DEPLOYED = ("watch", "release", "backfill", "decide", "audit", "withdraw")

    def __init__(self, folder: Path, installed: Path, settings: dict[str, str]) -> None:
        self.folder, self.store = folder, folder / "store" / "reporter=CHN"
        self.environment = {
            **os.environ,
            **settings,
            "DO_NOT_TRACK": "1",
            "PREFECT_HOME": str(folder / ".prefect"),
            "PREFECT_WORKER_QUERY_SECONDS": "1",
            "PREFECT_WORKER_HEARTBEAT_SECONDS": "15",
            "PREFECT_SERVER_SERVICES_TRIGGERED_FREQUENCY": "1",
            "PREFECT_SERVER_SERVICES_SCHEDULER_RECENT_DEPLOYMENTS_LOOP_SECONDS": "1",
            "PYTHONPATH": os.pathsep.join((str(installed), str(Path(__file__).parent))),
        }
        for name in ("PREFECT_API_URL", "PREFECT_API_AUTH_STRING", "TIDEWAITER_STORE", "POLARS_MAX_THREADS"):
            self.environment.pop(name, None)
        self.said = self.command("deploy")
        self.note = json.loads((folder / ".prefect" / "server.json").read_text())
        self.api: str = self.note["api"]
        self.ui = self.api.removesuffix("/api")
        self.password = (folder / ".prefect" / "password").read_text().strip()
        # A connection for each request, because the server stops and starts again; certificates would take longer than
        # all else.
        none_kept = httpx.Limits(max_keepalive_connections=0)
        self.http = httpx.Client(base_url=self.api, auth=self.login, timeout=120, verify=False, limits=none_kept)
        self._stop_schedules()
        (folder / EXPORTS / "defaults.toml").write_text('partners = "all"\n')
        self.worker = self.start_worker()

    def deploy(self) -> None:
        self.command("deploy")
        self._stop_schedules()

    def _stop_schedules(self) -> None:
        """Or a test that runs while the clock passes one would find its file taken."""
        for found in self.ask("/deployments/filter", {}):
            for schedule in found["schedules"]:
                self.ask(f"/deployments/{found['id']}/schedules/{schedule['id']}", {"active": False}, "PATCH")

    def command(self, *arguments: str) -> str:
        """What a command says that ends well."""
        return self.python("-m", "tidewaiter", *arguments)

    def python(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-P", *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start_worker(self) -> "subprocess.Popen[bytes]":
        with (self.folder / "worker.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-P", "-m", "tidewaiter", "worker"], cwd=self.folder, stdout=log, stderr=log,
                env={**self.environment, "PREFECT_API_URL": self.api}, start_new_session=True,
            )  # fmt: skip

    def close(self) -> None:
        self.stop_worker()
        self.stop_server()
        self.http.close()

    def stop_worker(self) -> None:
        for signal_number in (signal.SIGINT, signal.SIGKILL):
            if self.worker.poll() is None:
                os.killpg(self.worker.pid, signal_number)
                try:
                    self.worker.wait(8)
                except subprocess.TimeoutExpired:
                    continue

    def stop_server(self) -> None:
        pid = json.loads((self.folder / ".prefect" / "server.json").read_text())["pid"]
        # A test that failed may have stopped it.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGTERM)
        self.wait(lambda: not self._answers(), "the server to stop")

    def start_server(self) -> None:
        """The same server again, at the same address."""
        self.python("-c", "from flows.cli.server import local_server; local_server.ensure_server()")
        self.note = json.loads((self.folder / ".prefect" / "server.json").read_text())
        assert self.note["api"] == self.api

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.api}/health", timeout=2).is_success
        except httpx.HTTPError:
            return False

    def drop(self, name: str, data: bytes, released_on: str) -> Path:
        file = self.folder / EXPORTS / name
        file.write_bytes(data)
        file.with_name(name + ".toml").write_text(f"released_on = {released_on}\n")
        return file

    @property
    def login(self) -> tuple[str, str]:
        """User and password, as the browser and every command send them."""
        user, _, word = self.password.partition(":")
        return user, word

    def ask(self, path: str, body: Any = None, method: str | None = None) -> Any:
        for _ in range(30):
            verb = method or ("GET" if body is None else "POST")
            answer = self.http.request(verb, path, json=body)
            # SQLite is busy; Prefect's own client waits and asks again too.
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            time.sleep(0.5)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def deployment(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ask(f"/deployments/name/{name}")
        return found

    def start(self, name: str, parameters: dict[str, Any], scheduled: str | None = None) -> str:
        """Start a run of a deployment, now or for a time that has passed; its id."""
        details = {"state": {"type": "SCHEDULED", "state_details": {"scheduled_time": scheduled}}} if scheduled else {}
        run = self.ask(
            f"/deployments/{self.deployment(name)['id']}/create_flow_run", {"parameters": parameters, **details}
        )
        return str(run["id"])

    @contextmanager
    def impatient(self, seconds: int) -> Iterator[None]:
        """What is deployed against dead runs, with less patience than it has for a busy machine."""
        kept = ("name", "description", "enabled", "trigger", "actions")
        every = [entry for entry in self.ask("/automations/filter", {}) if entry["trigger"]["posture"] == "Proactive"]
        assert sorted(entry["name"] for entry in every) == ["tidewaiter-never-started", "tidewaiter-zombies"]
        found = {entry["id"]: {name: entry[name] for name in kept} for entry in every}
        for identity, entry in found.items():
            self.ask(f"/automations/{identity}", {**entry, "trigger": {**entry["trigger"], "within": seconds}}, "PUT")
        yield
        for identity, entry in found.items():
            self.ask(f"/automations/{identity}", entry, "PUT")

    def watch(self, **request: Any) -> str:
        return self.start("watch/watch", {"request": {"settle_seconds": 0, **request}})

    def run(self, run_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ask(f"/flow_runs/{run_id}")
        return found

    def ended(self, run_id: str) -> dict[str, Any]:
        return self._in_state(run_id, "COMPLETED", "FAILED", "CRASHED", "CANCELLED")

    def paused(self, run_id: str) -> dict[str, Any]:
        return self._in_state(run_id, "PAUSED")

    def _in_state(self, run_id: str, *wanted: str) -> dict[str, Any]:
        words = f"run {run_id} to be {' or '.join(wanted)}"
        self.wait(lambda: self.run(run_id)["state_type"] in wanted, words, lambda: self.run(run_id)["state_name"])
        return self.run(run_id)

    def runs(self, flow: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask(
            "/flow_runs/filter",
            {
                "flows": {"name": {"any_": [flow]}},
                "flow_runs": {"state": {"type": {"not_any_": ["SCHEDULED"]}}},
                "sort": "START_TIME_DESC",
            },
        )
        return found

    def events(self, name: str) -> list[dict[str, Any]]:
        wanted = {"filter": {"event": {"name": [name]}}, "limit": 50}
        found: list[dict[str, Any]] = self.ask("/events/filter", wanted)["events"]
        return found

    def process_of(self, run_id: str) -> int | None:
        """The process in which a flow run runs."""
        for place in Path("/proc").glob("[0-9]*/environ"):
            try:
                if f"PREFECT__FLOW_RUN_ID={run_id}".encode() in place.read_bytes():
                    return int(place.parent.name)
            except OSError:
                continue
        return None

    def wait(self, ready: Any, words: str, seen: Any = lambda: "") -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if ready():
                return
            time.sleep(0.4)
        log = self.folder / "worker.log"
        tail = log.read_text(errors="replace")[-3000:] if log.exists() else ""
        raise AssertionError(f"waited {PATIENCE_SECONDS} s for {words}: {seen()}\n{tail}")
