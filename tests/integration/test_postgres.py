"""The same flow with PostgreSQL behind the server, by the recipe that a team uses; and nobody comes in without the
password."""

import configparser
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from benchmarks.servers import free_port

ROOT = Path(__file__).parent.parent.parent
pytestmark = [
    pytest.mark.usefixtures("nothing_is_watched", "nothing_follows"),
    pytest.mark.prefect,
]


# A shell that starts tests next to other work has its children ignore Ctrl-C; systemd does not.
HEARS_CTRL_C = (
    "import os, signal, sys\n"
    "signal.signal(signal.SIGINT, signal.SIG_DFL)\n"
    "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
)


@pytest.fixture
def team() -> Iterator[tuple[Path, dict[str, str]]]:
    """The folder and the environment of a team's server that is running."""
    if not any(Path("/usr/lib/postgresql").glob("*/bin/initdb")) and not shutil.which("initdb"):
        pytest.skip("no PostgreSQL here (Debian: apt-get install postgresql)")
    # Not pytest's folder: the user that runs PostgreSQL must be able to reach it.
    folder = Path(tempfile.mkdtemp(prefix="tidewaiter-"))
    folder.chmod(0o755)
    (folder / "deployments").symlink_to(ROOT / "deployments")
    shutil.copy(ROOT / "pyproject.toml", folder)
    port = str(free_port())
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT")}
    environment |= {"BIN": str(Path(sys.executable).parent), "TIDEWAITER_POSTGRES_PORT": str(free_port())}
    settings = (ROOT / "deployments" / "server.env").read_text().replace("4200", port).replace("CHANGE-ME", "word")
    (folder / ".prefect").mkdir()
    (folder / ".prefect" / "server.env").write_text(settings)
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            ["deployments/server.sh"], cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    named = dict(line.split("=", 1) for line in settings.splitlines() if line and not line.startswith("#"))
    try:
        deadline = time.monotonic() + 240
        while process.poll() is None and time.monotonic() < deadline:
            try:
                if httpx.get(f"{named['PREFECT_API_URL']}/health", auth=("tidewaiter", "word"), timeout=2).is_success:
                    break
            except httpx.HTTPError:
                time.sleep(0.3)
        else:
            raise AssertionError((folder / "server.log").read_text())
        yield folder, environment | named
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)
        subprocess.run(
            ["deployments/postgres.sh", "stop"], cwd=folder, env=environment, capture_output=True, check=False
        )
        shutil.rmtree(folder, ignore_errors=True)


def unit(name: str) -> dict[str, str]:
    """The settings of a systemd unit, each by its last word."""
    parsed = configparser.ConfigParser(strict=False, interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment,method-assign]
    parsed.read(ROOT / "deployments" / "systemd" / name)
    return {key: value for section in parsed.sections() for key, value in parsed[section].items()}


def listeners(port: int) -> set[str]:
    """Addresses on which something listens at a port, as the kernel writes them."""
    rows = [line.split() for table in ("tcp", "tcp6") for line in Path("/proc/net", table).read_text().splitlines()[1:]]
    return {row[1].partition(":")[0] for row in rows if row[3] == "0A" and int(row[1].partition(":")[2], 16) == port}


def test_the_schedule_runs_against_postgresql_and_a_stranger_is_turned_away(team: tuple[Path, dict[str, str]]) -> None:
    """By the recipes: deployed by the command, worked by the command of the systemd unit; the same flow as against
    SQLite."""
    folder, environment = team
    api, auth = environment["PREFECT_API_URL"], ("tidewaiter", "word")

    def ask(path: str, body: Any = None) -> Any:
        answer = httpx.request("GET" if body is None else "POST", api + path, json=body, auth=auth, timeout=30)
        assert answer.is_success, answer.text
        return answer.json()

    def wait(ready: Callable[[], Any], words: str) -> Any:
        deadline = time.monotonic() + 240
        while not (found := ready()):
            assert time.monotonic() < deadline, words + (folder / "worker.log").read_text()[-2000:]
            time.sleep(0.3)
        return found

    # All deployments are deployed by the tests of the server; here what runs is enough.
    deployments = yaml.safe_load((ROOT / "deployments" / "prefect.yaml").read_text())
    deployments["deployments"] = [one for one in deployments["deployments"] if one["name"] == "watch"]
    (folder / "watch.yaml").write_text(yaml.safe_dump(deployments))
    done = subprocess.run(
        [sys.executable, "-m", "tidewaiter", "deploy", "--file", "watch.yaml"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "inbox" / "published").mkdir()
    (folder / "inbox" / "published" / "defaults.toml").write_text('source = "published"\n')
    shutil.copy(ROOT / "flows" / "examples" / "published_figures.csv", folder / "inbox" / "published")
    service = unit("tidewaiter-worker.service")
    command = service["ExecStart"].split()
    assert (command[0], service["KillSignal"]) == ("/srv/tidewaiter/.venv/bin/tidewaiter", "SIGINT")
    with (folder / "worker.log").open("wb") as log:
        worker = subprocess.Popen(
            [sys.executable, "-c", HEARS_CTRL_C, "-m", "tidewaiter", *command[1:]],
            cwd=folder,
            env=environment | {"PREFECT_WORKER_QUERY_SECONDS": "1"},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        identity, name = ask("/deployments/name/watch/watch")["id"], "Published 2024-02 to 2026-05"
        run = ask(f"/deployments/{identity}/create_flow_run", {"parameters": {"request": {"settle_seconds": 0}}})
        state = wait(
            lambda: (now := ask(f"/flow_runs/{run['id']}"))["state_type"] in ("COMPLETED", "FAILED", "CRASHED") and now,
            name,
        )
        assert state["state_name"] == name, state["state"]["message"]
    finally:
        worker.send_signal(signal.SIGINT)
        try:
            worker.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(worker.pid, signal.SIGKILL)
            raise
    assert httpx.post(f"{api}/flow_runs/filter", json={}, timeout=20).status_code == 401
    answer = httpx.get(f"{api}/health", auth=auth, headers={"Origin": "https://example.org"}, timeout=20)
    assert "access-control-allow-origin" not in answer.headers
    assert ask("/admin/settings")["server"]["analytics_enabled"] is False
    for port in (api.rpartition(":")[2].removesuffix("/api"), environment["TIDEWAITER_POSTGRES_PORT"]):
        assert listeners(int(port)) == {"0100007F"}, "somebody listens beyond the loopback address"
    # What a shell says before it runs a command is what `ps` shows; these three it does by itself.
    traced = subprocess.run(
        ["bash", "-x", "deployments/postgres.sh"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    word = traced.stdout.partition("tidewaiter:")[2].partition("@")[0]
    commands = [line for line in traced.stderr.splitlines() if line.startswith("+") and word in line]
    assert word
    assert [line.lstrip("+ ").split()[0] for line in commands] == ["export", f"PGPASSWORD={word}", "echo"]
    database = json.dumps((folder / "server.log").read_text())
    assert "sqlite" not in database.lower()
    assert not list((folder / ".prefect").glob("*.db"))


def test_the_units_hold_what_the_recipes_need(tmp_path: Path) -> None:
    for name in ("tidewaiter-server.service", "tidewaiter-worker.service"):
        service = unit(name)
        home = service["WorkingDirectory"]
        program, *arguments = (
            service["ExecStart"].replace(f"{home}/.venv/bin", str(Path(sys.executable).parent)).split()
        )
        assert os.access(program, os.X_OK), program
        assert all((ROOT / argument).is_file() for argument in arguments if argument.endswith(".py"))
        assert home in service["ReadWritePaths"].split()
        # No home folder is within reach, so nothing may be kept there.
        assert service["ProtectHome"] == "yes"
        kept = {
            "tidewaiter-server.service": f"PREFECT_HOME={home}/.prefect",
            "tidewaiter-worker.service": f"TIDEWAITER_CACHE=/var/cache/{service.get('CacheDirectory')}",
        }
        assert service["Environment"] == kept[name]
        text = (ROOT / "deployments" / "systemd" / name).read_text()
        for was, now in (
            ("/etc/tidewaiter/server.env", str(ROOT / "deployments" / "server.env")),
            (f"{home}/.venv/bin", str(Path(sys.executable).parent)),
            (home, str(ROOT)),
        ):
            text = text.replace(was, now)
        (tmp_path / name).write_text(text)
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze here (Debian: apt-get install systemd)")
    done = subprocess.run(
        ["systemd-analyze", "verify", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if "tidewaiter" in line]
    assert ours == []
