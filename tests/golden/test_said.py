"""What the commands say about the sample, word for word: one file a command in `said/`, and sessions of many commands,
whose files have each command after a `$` and then what it says. To add one, write its line there.

After a change that is meant: `TIDEWAITER_GOLDEN=write pytest tests/golden/test_said.py`, and read the difference.
"""

import os
import re
import shlex
from datetime import date
from pathlib import Path

import pytest
from bad_inputs.download import CLEAN
from typer.testing import CliRunner

from flows.cli.app import app
from flows.cli.frame import terminal
from schemas.code_files import FOLDER
from schemas.figures import FIGURE_OF
from schemas.settings import WATCH_RULES
from tasks.domain import clock
from tasks.sources.registry import SOURCES

SAID = Path(__file__).with_name("said")
RULES = FOLDER / "watch_rules.toml"
COMMANDS = {
    "read": "read magnets --month 2025-06",
    "read_one": "read magnets --partner us --month 2025-06 --measure quantity_kg",
    "read_sdmx": "read magnets --partner us --month 2025-06 --measure quantity_kg --columns level --format sdmx",
    "read_none": "read magnets --partner us --month 2031-06",
    "trace": "trace magnets --partner us --month 2025-06 --metric mom_pct",
    "trace_printed": "trace magnets --partner world --month 2025-06 --metric yoy_pct",
    "trace_json": "trace magnets --partner world --month 2025-06 --metric level --format json",
    "trace_half_year": "trace magnets --partner world --month 2025-06 --metric ytd_yoy_pct",
    "search": "search magnet",
    "search_none": "search unobtainium",
    "list_releases": "list releases",
    "list_products": "list products",
    "vintages": "vintages magnets --partner us --month 2025-05..2025-06",
    "vintages_for_r": "vintages magnets --partner us --month 2025-05..2025-06 --format revisions",
    "first_prints": "vintages line:rare_earths --first-prints",
    "revisions": "revisions",
    "events": "events --product magnets --on 2026-06-30",
    "held": "held",
    "brief": "brief magnets --month 2025-06 --output <folder>/brief.html",
    "brief_zh": "brief magnets --month 2025-06 --output <folder>/brief.html --language zh",
    "brief_of_july": "brief magnets --month 2025-07 --output <folder>/brief.html",
    "movers": "movers --month 2025-06",
    "partner": "partner USA --month 2025-06",
    "movers_none": "movers --month 2025-06 --measure value_usd",
    "watch_rules": "watch-rules --month 2025-05",
    "sources": "sources --inbox none",
    "coverage": "coverage 850511 --month 2025-06",
    "resolve_none": "resolve quarantine",
    "no_product": "read widgets",
    "no_month": "read magnets --month 2025-13",
    "help_read": "read --help",
    "help_ingest": "ingest --help",
}
# What differs from run to run or with any change of the code, and what stands for it.
CHANGING = (
    (r"\b\d{6}-[0-9a-f]{12}\b", "<snapshot>"),
    (r"\b[0-9a-f]{64}\b", "<sha256>"),
    (r"\b[0-9a-f]{12,16}\b", "<hash>"),
    (r"version \d+\.\d+\.\d+", "version <version>"),
)


def said(command: str, store: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The exit code of a command, all that it prints, 120 columns wide, and the pages that it writes as markdown."""
    for console in (terminal.console(), terminal.errors()):
        monkeypatch.setattr(console, "_width", 120)
    environment = {"TIDEWAITER_STORE": str(store.parent), WATCH_RULES: str(RULES), "COLUMNS": "120", "NO_COLOR": "1"}
    with monkeypatch.context() as patch:
        patch.setattr(clock, "today", lambda: date(2026, 6, 30))
        for name, value in environment.items():
            patch.setenv(name, value)
        done = CliRunner().invoke(app, shlex.split(command.replace("<folder>", str(folder))))
    text = f"{done.stdout}{done.stderr}exit code {done.exit_code}\n"
    text += "".join(f"\n{page.name}\n{page.read_text(encoding='utf-8')}" for page in sorted(folder.glob("*.md")))
    # Every source and every figure, in the order of their tables, so that a new one changes no session.
    for kind, names in (("source", [*SOURCES]), ("figure", [*FIGURE_OF])):
        for every in (", ".join(names), f"{', '.join(names[:-1])} and {names[-1]}"):
            text = text.replace(every, f"<every {kind}>")
    text = text.replace(str(store.parent), "<store>").replace(str(folder), "<folder>")
    for pattern, word in CHANGING:
        text = re.sub(pattern, word, text)
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_what_its_file_has(
    name: str, sample_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, file = said(COMMANDS[name], sample_store, tmp_path, monkeypatch), SAID / f"{name}.txt"
    if os.environ.get("TIDEWAITER_GOLDEN") == "write":
        SAID.mkdir(exist_ok=True)
        file.write_text(found, encoding="utf-8")
    assert found == file.read_text(encoding="utf-8"), f"`tidewaiter {COMMANDS[name]}` says something else than {file}"


PROMPT = "$ tidewaiter "


@pytest.mark.parametrize("session", ["refused", "none"])
def test_the_commands_of_a_session_say_what_it_has(
    session: str, sample_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "query.csv").write_bytes(CLEAN)
    file = SAID / f"{session}.session"
    parts = [part.partition("\n") for part in file.read_text(encoding="utf-8").split(PROMPT)[1:]]
    expected = {command: text for command, _, text in parts}
    found = {command: said(command, sample_store, tmp_path, monkeypatch) for command in expected}
    if os.environ.get("TIDEWAITER_GOLDEN") == "write":
        file.write_text("".join(f"{PROMPT}{command}\n{text}" for command, text in found.items()), encoding="utf-8")
        expected = found
    assert len(found) > 5
    for command, text in found.items():
        assert text == expected[command], f"`tidewaiter {command}` says something else than {file}"
    assert [path.name for path in tmp_path.iterdir()] == ["query.csv"], "nothing is written"
    assert {text.rpartition("exit code ")[2] for text in found.values()} == {{"refused": "2\n", "none": "0\n"}[session]}


def test_every_file_has_its_command() -> None:
    assert {file.stem for file in SAID.glob("*.txt")} == {*COMMANDS}
