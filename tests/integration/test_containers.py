"""The image and the services of `deployments/`: what they name is there. No engine of containers is asked."""

import os
import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from prefect.settings import Settings

from flows.cli.app import app

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deployments"
COMMANDS = {*typer.main.get_command(app).commands}  # type: ignore[attr-defined]
WORKED_IN = "/srv/tidewaiter"


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile in order, each on one line."""
    text = re.sub(r"\\\n", " ", (FOLDER / "Dockerfile").read_text(encoding="utf-8"))
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split(maxsplit=1)[0], " ".join(line.split(maxsplit=1)[1].split())) for line in lines]


def described() -> dict[str, Any]:
    made: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
    return made


def is_ignored(name: str) -> bool:
    """Whether `.dockerignore` leaves a name of the root out of the image."""
    patterns = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    return any(fnmatch(name, pattern) for pattern in patterns)


def test_every_source_of_a_copy_is_there_and_goes_into_the_image() -> None:
    copied = [given.split()[:-1] for name, given in instructions() if name == "COPY"]
    sources = [source for one in copied for source in one if not source.startswith("--")]
    assert sources == ["requirements.lock", "."]
    assert all((ROOT / source).exists() and not is_ignored(source) for source in sources)
    # What the second installation and the commands need, and what must not get in.
    needed = ("pyproject.toml", "README.md", "LICENSE", "tidewaiter", "flows", "tasks", "schemas", "deployments")
    assert [name for name in needed if not (ROOT / name).exists() or is_ignored(name)] == []
    assert all(map(is_ignored, (".git", ".prefect", ".venv", "store", "inbox")))


def test_the_libraries_are_those_of_the_lock_file_with_their_hashes() -> None:
    order = instructions()
    first = next(given for name, given in order if name == "RUN")
    assert first == "pip install --no-cache-dir --require-hashes --requirement requirements.lock"
    assert order.index(("COPY", "requirements.lock .")) < order.index(("RUN", first)) < order.index(("COPY", ". ."))
    installs = [given for name, given in order if name == "RUN" and "pip install" in given]
    # Of our own package nothing else is installed, and the tools that this takes are in the lock file.
    assert [install for install in installs[1:] if "--no-deps --no-build-isolation" not in install] == []
    entries = re.split(r"\n(?=[a-z])", (ROOT / "requirements.lock").read_text(encoding="utf-8"))
    pinned = [entry for entry in entries if re.match(r"[\w.-]+(\[[\w,]+\])?==", entry)]
    assert len(pinned) > 60
    assert [entry.splitlines()[0] for entry in pinned if "--hash=sha256:" not in entry] == []
    assert {"hatchling", "editables", "asyncpg"} <= {re.split(r"[=\[]", entry)[0] for entry in pinned}


def test_the_image_has_a_python_that_the_project_takes_and_starts_our_command_as_nobody_important() -> None:
    order = dict(instructions())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    version = re.fullmatch(r"python:3\.(\d+)-slim", order["FROM"])
    assert version is not None
    assert project["requires-python"] == ">=3.11,<3.14"
    assert 11 <= int(version[1]) < 14
    assert order["ENTRYPOINT"] == '["tidewaiter"]'
    assert "tidewaiter" in project["scripts"]
    assert order["USER"] == "tidewaiter"
    assert order["WORKDIR"] == WORKED_IN


def test_the_services_start_commands_that_there_are() -> None:
    services = described()["services"]
    assert {*services} == {"database", "server", "deploy", "worker"}
    started = {name: service["command"] for name, service in services.items() if "command" in service}
    assert started == {"deploy": ["deploy"], "worker": ["worker"]}
    assert {command for words in started.values() for command in words} <= COMMANDS
    assert services["server"]["entrypoint"] == ["prefect", "server", "start"]
    for service in services.values():
        assert {*service.get("depends_on", {})} <= {*services}
        assert [port for port in service.get("ports", []) if not port.startswith("127.0.0.1:")] == []
        if "build" in service:
            context = (FOLDER / service["build"]["context"]).resolve()
            assert context == ROOT
            assert (context / service["build"]["dockerfile"]).is_file()


def test_what_is_mounted_is_a_folder_of_the_image_that_its_user_may_write() -> None:
    made = " ".join(given for name, given in instructions() if name == "RUN")
    owned = re.search(r"chown -R tidewaiter ((?:\S+ ?)+)", made)
    assert owned is not None
    made_described, mounted = described(), set[str]()
    for name, service in made_described["services"].items():
        for volume in service.get("volumes", []):
            source, place = volume.split(":")
            if name != "database":
                mounted.add(place)
            assert source.startswith("../") or source in made_described["volumes"]
    assert mounted == {f"{WORKED_IN}/store", f"{WORKED_IN}/inbox"}
    assert {Path(place).name for place in mounted} <= {*owned[1].split()}


def test_every_setting_of_prefect_is_one_that_prefect_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings are read from an environment as compose would give it, and each must change what Prefect has."""
    for name in [name for name in os.environ if name.startswith("PREFECT_")]:
        monkeypatch.delenv(name)
    plain = Settings().model_dump(mode="json", context={"include_secrets": True})
    found: dict[str, str] = {}
    for service in described()["services"].values():
        found |= {name: value for name, value in service.get("environment", {}).items() if name.startswith("PREFECT_")}
    assert len(found) == 7
    for name, value in found.items():
        monkeypatch.setenv(name, re.sub(r"\$\{(\w+)[^}]*\}", r"secret-\1", value))
        changed = Settings().model_dump(mode="json", context={"include_secrets": True})
        assert changed != plain, f"Prefect reads no setting {name}"
        monkeypatch.delenv(name)
