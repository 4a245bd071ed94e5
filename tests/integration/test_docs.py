"""The pages that people read: every link leads somewhere, and the first page is short."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted(
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
) if (ROOT / ".git").exists() else sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])  # fmt: skip


def test_the_pages_are_found_and_name_one_another() -> None:
    assert len(PAGES) >= 8
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme.count("\n") <= 100
    missing = [page.name for page in (ROOT / "docs").glob("*.md") if f"docs/{page.name}" not in readme]
    assert missing == []


def _built(source: Path, made: Path) -> "subprocess.CompletedProcess[str]":
    """The site as `make docs` builds it."""
    command = next(
        line for line in (ROOT / "Makefile").read_text(encoding="utf-8").splitlines() if "sphinx-build" in line
    ).split()
    assert command[-2:] == [".", "build/site"]
    return subprocess.run(
        [sys.executable, "-m", "sphinx", *command[1:-1], str(made)],
        cwd=source,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_site_is_not_built_with_a_broken_link(tmp_path: Path) -> None:
    """In a copy of the pages a link to no file, one to no heading, and a page that is listed nowhere."""
    left_out = shutil.ignore_patterns(".*", "build", "demo", "dist", "inbox", "store", "tests", "__pycache__")
    copied = Path(shutil.copytree(ROOT, tmp_path / "project", ignore=left_out))
    page = copied / "README.md"
    for was, now in (("(docs/limits.md)", "(docs/limit.md)"), ("(docs/vintages.md)", "(docs/vintages.md#nowhere)")):
        text = page.read_text(encoding="utf-8")
        assert was in text
        page.write_text(text.replace(was, now), encoding="utf-8")
    (copied / "docs" / "extra.md").write_text("# A page that nobody listed\n")
    done = _built(copied, tmp_path / "made")
    assert done.returncode != 0
    for says in ("'docs/limit.md' [myst.xref_missing]", "local id not found in doc 'docs/vintages'",
                 "document isn't included in any toctree"):  # fmt: skip
        assert says in done.stderr


def test_the_site_is_whole_without_a_network_on_a_wide_and_on_a_narrow_screen(tmp_path: Path, browser: Any) -> None:
    done = _built(ROOT, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    names = [
        str(file.relative_to(ROOT).with_suffix("")) for file in PAGES if "tests" not in file.relative_to(ROOT).parts
    ]
    outside: list[str] = []
    page = browser.new_page()
    page.on("request", lambda asked: None if asked.url.startswith(("file:", "data:")) else outside.append(asked.url))
    page.on("console", lambda said: outside.append(said.text) if said.type == "error" else None)
    page.goto(f"file://{tmp_path}/index.html")
    page.wait_for_url("**/README.html")
    listed = page.locator(".sidebar-tree a.reference.internal").evaluate_all("links => links.map(link => link.href)")
    assert {f"file://{tmp_path}/{name}.html" for name in names} - {*listed} == {f"file://{tmp_path}/README.html"}
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        for name in names:
            page.goto(f"file://{tmp_path}/{name}.html")
            assert page.locator("article h1").count() >= 1
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (name, width)
    assert outside == []
