"""The installed package: what is in the wheel is enough to run, read, deploy and work in an empty folder."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
NO_CODE = {".csv", ".j2", ".json", ".html", ".toml", ".typed"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.Path:
    """The wheel, built without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    (file,) = folder.glob("*.whl")
    return zipfile.Path(file)


def _names(wheel: zipfile.Path) -> set[str]:
    return {name for name in wheel.root.namelist() if not name.endswith("/")}


def test_the_wheel_has_every_file_of_the_packages_and_nothing_else(wheel: zipfile.Path) -> None:
    names = _names(wheel)
    wanted = {
        file.relative_to(ROOT).as_posix()
        for package in ("flows", "schemas", "tasks", "tidewaiter")
        for file in (ROOT / package).rglob("*")
        if file.suffix in {".py", *NO_CODE}
    }
    assert len(wanted) > 300
    assert wanted - names == set()
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"flows", "schemas", "tasks", "tidewaiter"}


def test_a_neighbour_keeps_the_modules_of_its_folders_of_the_same_names(wheel: zipfile.Path, tmp_path: Path) -> None:
    installed, project = tmp_path / "site-packages", tmp_path / "project"
    wheel.root.extractall(installed)
    names = ("flows", "tasks", "schemas")
    for name in names:
        (project / name).mkdir(parents=True)
        (project / name / "mine.py").write_text(f"NAME = {name!r}")
    code = f"import {', '.join(f'{name}.mine' for name in names)}, tidewaiter; print(flows.mine.NAME, tasks.mine.NAME, tidewaiter.__file__); tidewaiter.read"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project, env={**os.environ, "PYTHONPATH": str(installed)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    own = str(installed / "tidewaiter" / "__init__.py")
    assert (done.returncode, done.stdout.split()) == (0, ["flows", "tasks", own]), done.stderr


def test_the_installed_package_runs_reads_deploys_and_works_in_an_empty_folder(
    wheel: zipfile.Path, tmp_path: Path
) -> None:
    installed, folder = tmp_path / "site-packages", tmp_path / "empty"
    folder.mkdir()
    wheel.root.extractall(installed)
    environment = {**os.environ, "PYTHONPATH": str(installed), "DO_NOT_TRACK": "1", "NO_COLOR": "1", "COLUMNS": "200"}
    for name in ("PREFECT_API_URL", "PREFECT_API_AUTH_STRING", "PREFECT_HOME", "TIDEWAITER_STORE"):
        environment.pop(name, None)

    def command(*arguments: str, module: str = "tidewaiter", **more: str) -> str:
        done = subprocess.run(
            [sys.executable, "-P", "-m", module, *arguments], cwd=folder, env=environment | more, capture_output=True, text=True, check=False
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "+660.8" in command("run", "--no-prefect")
    try:
        assert "deployed; drop files into inbox/" in command("deploy")
        note = json.loads((folder / ".prefect" / "server.json").read_text())
        own = {
            "PREFECT_API_URL": note["api"],
            "PREFECT_API_AUTH_STRING": (folder / ".prefect" / "password").read_text().strip(),
        }
        inbox = folder / "inbox" / "published"
        inbox.mkdir()
        (inbox / "defaults.toml").write_text('source = "published"\n')
        (inbox / "june.csv").write_bytes((installed / "flows" / "examples" / "published_figures.csv").read_bytes())
        asked = json.dumps({"inbox": "inbox", "store": "worked", "settle_seconds": 0})
        command("deployment", "run", "watch/watch", "--param", f"request={asked}", module="prefect", **own)
        command("worker", "--once")
        rows = command(
            "read", "magnets", "--partner", "US", "--month", "2025-06", "--format", "json", "--store", "worked"
        )
        assert {json.loads(line)["level"] for line in rows.splitlines() if '"quantity_kg"' in line} == {353000.0}
    finally:
        stopped = command("stop")
    assert stopped.strip() == "stopped the server"
