"""The page of settings has each variable that the product reads, and no other."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
OURS = re.compile(r"\bTIDEWAITER_[A-Z0-9_]*[A-Z0-9]\b")


def test_every_variable_of_ours_is_on_the_page() -> None:
    read = {
        name
        for folder in ("tasks", "flows", "schemas", "tidewaiter", "deployments")
        for file in (ROOT / folder).rglob("*")
        if file.is_file() and file.suffix not in (".pyc", ".md")
        for name in OURS.findall(file.read_text(encoding="utf-8", errors="replace"))
    }
    page = {*OURS.findall((ROOT / "docs" / "settings.md").read_text(encoding="utf-8"))}
    assert len(read) >= 12
    assert page == read
