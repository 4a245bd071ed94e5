"""The installed package: what is in the wheel is enough to run, read, deploy and work in an empty folder."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from services import Services

ROOT = Path(__file__).parent.parent.parent
NO_CODE = {".csv", ".j2", ".json", ".html", ".toml", ".typed"}


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
    code = (
        f"import {', '.join(f'{name}.mine' for name in names)}, tidewaiter; print(flows.mine.NAME, tasks.mine.NAME,"
        " tidewaiter.__file__); tidewaiter.read"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    own = str(installed / "tidewaiter" / "__init__.py")
    assert (done.returncode, done.stdout.split()) == (0, ["flows", "tasks", own]), done.stderr


def test_the_installed_package_runs_reads_deploys_and_works_in_an_empty_folder(
    services: Services, june: dict[str, Any]
) -> None:
    """All tests of the services are such a proof; what they ran is nowhere but in the wheel."""
    ours = (
        "import flows, schemas, tasks, tidewaiter; print(*(one.__file__ for one in (flows, schemas, tasks,"
        " tidewaiter)))"
    )
    installed = services.folder.parent / "site-packages"
    assert [Path(file).parent.parent for file in services.python("-c", ours).split()] == [installed] * 4
    assert "+660.8" in services.command("run", "--no-prefect", "--store", "sample")
    assert "deployed; drop files into inbox/" in services.said
    rows = services.command("read", "magnets", "--partner", "US", "--month", "2025-06", "--format", "json")
    assert june["watch"]["state_name"] == "Published 2025-06"
    assert {json.loads(line)["level"] for line in rows.splitlines() if '"quantity_kg"' in line} == {353000.0}
