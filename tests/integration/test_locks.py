"""The two lock files: what running needs, and what developing needs on top of it."""

import ast
import importlib.metadata
import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent.parent
OWN = ("flows", "schemas", "tasks", "tidewaiter")
# Of the extras `catalog`, `dask`, `mcp` and `sdmx`, which the commands name where they are missing.
OPTIONAL = {"dask", "distributed", "duckdb", "mcp", "prefect-dask", "pyiceberg", "pysdmx"}


def _pins(name: str) -> dict[str, str]:
    """Each line `name==version ; marker`, with its hashes."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    return {line.partition(" --hash")[0].strip(): line for line in lines}


def _names(pins: dict[str, str]) -> set[str]:
    return {Requirement(pin).name for pin in pins}


def _version(pin: str) -> tuple[str, str]:
    """Name and version: the lock for developing may ask for more extras of a package."""
    wanted = Requirement(pin)
    return wanted.name, str(wanted.specifier)


def _asked_extras() -> dict[str, set[str]]:
    """The extras that locked packages ask of each other here: `{"httpx": {"http2"}}`."""
    extras: dict[str, set[str]] = {}
    locked = [Requirement(pin) for pin in _pins("requirements.lock")]
    for package in (one for one in locked if one.marker is None or one.marker.evaluate()):
        for text in importlib.metadata.requires(package.name) or ():
            wanted = Requirement(text)
            marker, asking = wanted.marker, ("", *package.extras)
            if wanted.extras and (marker is None or any(marker.evaluate({"extra": extra}) for extra in asking)):
                extras.setdefault(canonicalize_name(wanted.name), set()).update(wanted.extras)
    return extras


def test_the_lock_names_each_extra_that_a_package_asks_for() -> None:
    # Without it pip takes `httpx[http2]` from the newest release of the index, which has no hash here: nothing is
    # installed.
    locked = {canonicalize_name(one.name): one.extras for one in map(Requirement, _pins("requirements.lock"))}
    asked = _asked_extras()
    assert asked["httpx"] == {"http2"}
    assert {name: extras - locked[name] for name, extras in asked.items() if extras - locked[name]} == {}


def test_what_runs_is_the_same_while_developing() -> None:
    running, developing = _pins("requirements.lock"), _pins("requirements-dev.lock")
    assert len(running) > 100
    of_both = {_version(pin): line for pin, line in developing.items()}
    for pin, line in running.items():
        kept = of_both[_version(pin)]
        assert sorted(re.findall("sha256:[0-9a-f]{64}", line)) == sorted(re.findall("sha256:[0-9a-f]{64}", kept)), pin
        assert "--hash=sha256:" in line


def test_both_locks_have_what_the_project_asks_for_and_no_address_and_one_nothing_of_developing() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    for name, wanted in (
        ("requirements.lock", [*project["dependencies"], *extras["build"]]),
        ("requirements-dev.lock", [*project["dependencies"], *extras["build"], *extras["dev"]]),
    ):
        found = _names(_pins(name))
        assert {canonicalize_name(Requirement(one).name) for one in wanted} <= found
        assert "://" not in (ROOT / name).read_text(encoding="utf-8")
        assert found & {"distributed", "moto", "pytest"} == set() or name == "requirements-dev.lock"


def test_what_the_code_imports_is_in_the_lock_for_running() -> None:
    providers = importlib.metadata.packages_distributions()
    running = _names(_pins("requirements.lock"))
    imported = set()
    for file in (file for package in OWN for file in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {(alias.name.partition(".")[0], file) for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                imported.add((node.module.partition(".")[0], file))
    others = [(module, file) for module, file in imported if module not in {*sys.stdlib_module_names, *OWN}]
    assert {"polars", "prefect", "typer"} <= {module for module, _ in others}
    for module, file in others:
        names = {canonicalize_name(name) for name in providers[module]}
        assert names & (running | OPTIONAL), f"{file} imports {module}, of {names}"
