"""The pages that people read: every link leads somewhere, and the first page is short."""

import re
import subprocess
from pathlib import Path

import pytest
import typer
import yaml

from flows.cli.app import app

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted(
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
) if (ROOT / ".git").exists() else sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])  # fmt: skip
LINK = re.compile(r"\]\(([^)\s]+)\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_within_the_project_leads_to_a_file(page: Path) -> None:
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if not link.startswith(("http://", "https://", "#", "mailto:")):
            place = page.parent / link.partition("#")[0]
            assert place.exists(), f"{page.name} leads to {link}, and there is no such file"


def test_the_pages_are_found_and_name_one_another() -> None:
    assert len(PAGES) >= 8
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme.count("\n") <= 100
    missing = [page.name for page in (ROOT / "docs").glob("*.md") if f"docs/{page.name}" not in readme]
    assert missing == []


def test_the_containers_start_what_is_there() -> None:
    """Form and names only: no engine of containers is asked."""
    described = yaml.safe_load((ROOT / "deployments" / "compose.yaml").read_text(encoding="utf-8"))
    services = described["services"]
    commands = {*typer.main.get_command(app).commands}  # type: ignore[attr-defined]
    assert {*services} == {"database", "server", "deploy", "worker"}
    for service in services.values():
        assert {*service.get("depends_on", {})} <= {*services}
        assert {*service.get("command", [])} <= commands
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), "nobody else's machine"
    built = (ROOT / "deployments" / "Dockerfile").read_text(encoding="utf-8")
    assert "--require-hashes" in built
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert {".git", ".prefect", ".venv", "store"} <= {*ignored}
