"""The command that says which watch rules fire."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli.reporters import commands
from schemas.code_files import FOLDER
from schemas.settings import WATCH_RULES


def test_it_says_what_became_of_each_rule_by_the_first_print_and_now(
    sample_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(commands, ["watch-rules", "--store", str(sample_store), *arguments])
        return done.exit_code, done.output

    assert run() == (0, "no watch rule is about this reporter\n")
    monkeypatch.setenv(WATCH_RULES, str(FOLDER / "watch_rules.toml"))
    code, said = run("--month", "2025-05")
    assert code == 0
    assert ["magnets-fall-by-half", "2025-05", "fired", "fired"] in [line.split() for line in said.splitlines()]
    assert "World, 2025-05: mom_pct (quantity_kg) is -52.87" in " ".join(said.split())
    rows = [json.loads(line) for line in run("--format", "json")[1].splitlines()]
    assert [row["now"] for row in rows] == ["not evaluable", "quiet", "not evaluable"]
    assert run("--month", "2025")[0] == 2
    wrong = tmp_path / "rules.toml"
    wrong.write_text("[[rule]]\nname = 1\n", encoding="utf-8")
    monkeypatch.setenv(WATCH_RULES, str(wrong))
    code, said = run()
    assert (code, "rules.toml, line 2, name: 1 is not allowed; a name of its own" in " ".join(said.split())) == (
        2,
        True,
    )
