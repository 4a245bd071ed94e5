"""The image and the services of `deployments/`: what they name is there. No engine of containers is asked."""

import re
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import typer
import yaml

from flows.cli.app import app

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deployments"
COMMANDS = {*typer.main.get_command(app).commands}  # type: ignore[attr-defined]


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile in order, each on one line."""
    text = re.sub(r"\\\n", " ", (FOLDER / "Dockerfile").read_text(encoding="utf-8"))
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split(maxsplit=1)[0], " ".join(line.split(maxsplit=1)[1].split())) for line in lines]


def described(name: str = "compose.yaml") -> dict[str, Any]:
    made: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
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
    # What the entries of that file are: `test_locks.py`.


def test_the_services_start_commands_that_there_are() -> None:
    services = described()["services"]
    assert {*services} == {"database", "server", "deploy", "worker", "web"}
    # The web server is started where somebody asks for it.
    assert {name: service.get("profiles") for name, service in services.items() if "profiles" in service} == {
        "web": ["web"]
    }
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


def test_the_workers_of_a_pool_share_a_bucket_and_no_folder_and_start_what_there_is() -> None:
    services, others = described("compose-pool.yaml")["services"], described()["services"]
    workers = {name: service for name, service in services.items() if name != "bucket"}
    assert len(workers) == 2
    for service in workers.values():
        command, *given = service["command"]
        options = {name for option in typer.main.get_command(app).commands[command].params for name in option.opts}  # type: ignore[attr-defined]
        assert {word for word in given if word.startswith("--")} <= options
        assert "volumes" not in service
        assert service["image"] == others["worker"]["image"]
        assert {*service["depends_on"]} <= {*services, *others}
        # What a worker of the schedules has, and the bucket besides.
        assert {*others["worker"]["environment"]} <= {*service["environment"]}
        assert service["environment"]["AWS_ENDPOINT_URL"] == "http://bucket:9000"
    assert [port for port in services["bucket"]["ports"] if not port.startswith("127.0.0.1:")] == []
    # Anchors are those of a file, so a secret that one of them asks for is asked for in the other.
    for name in ("PREFECT_API_URL", "PREFECT_API_AUTH_STRING", "PREFECT_UI_URL"):
        assert {service["environment"][name] for service in workers.values()} == {others["worker"]["environment"][name]}
