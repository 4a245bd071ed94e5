"""The same flow with PostgreSQL behind the server, by the recipe that a team uses; and nobody comes in without the password."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parent.parent.parent
RUN = """
from pathlib import Path
from flows.release import release
from schemas.request import ReleaseRequest
for _ in range(2):
    state = release(ReleaseRequest(file=Path({file!r}), store=Path("store")), return_state=True)
    print(state.name)
"""
pytestmark = pytest.mark.prefect


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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
    port = str(_free_port())
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT")}
    environment |= {"BIN": str(Path(sys.executable).parent), "TIDEWAITER_POSTGRES_PORT": str(_free_port())}
    settings = (ROOT / "deployments" / "server.env").read_text().replace("4200", port).replace("CHANGE-ME", "word")
    (folder / ".prefect").mkdir()
    (folder / ".prefect" / "server.env").write_text(settings)
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            ["deployments/server.sh"], cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    named = dict(line.split("=", 1) for line in settings.splitlines() if line and not line.startswith("#"))
    try:
        deadline = time.monotonic() + 90
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


def test_the_flow_runs_against_postgresql_and_a_stranger_is_turned_away(team: tuple[Path, dict[str, str]]) -> None:
    folder, environment = team
    script = RUN.format(file=str(ROOT / "examples" / "published_figures.csv"))
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.split("\n")[:2] == ["Published 2024-02 to 2026-05", "Nothing new"], done.stderr[-2000:]
    api = environment["PREFECT_API_URL"]
    assert httpx.post(f"{api}/flow_runs/filter", json={}, timeout=20).status_code == 401
    runs = httpx.post(f"{api}/flow_runs/filter", json={}, auth=("tidewaiter", "word"), timeout=20).json()
    assert sorted(run["state_name"] for run in runs) == ["Nothing new", "Published 2024-02 to 2026-05"]
    answer = httpx.get(
        f"{api}/health", auth=("tidewaiter", "word"), headers={"Origin": "https://example.org"}, timeout=20
    )
    assert "access-control-allow-origin" not in answer.headers
    database = json.dumps((folder / "server.log").read_text())
    assert "sqlite" not in database.lower()
    assert not list((folder / ".prefect").glob("*.db"))
