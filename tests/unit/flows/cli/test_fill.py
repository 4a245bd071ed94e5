"""The command that fills stores: what it asks for, what it prints, how it ends. The flow is made up."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import flows.fill
from flows.announce import Unfilled
from flows.cli import local_server, options
from flows.cli.fill import commands
from schemas.forms.fill import FillReport, FillRequest, StoreRun

RUNS = {
    name: StoreRun(reporter="CHN", outcome=name, message=f"{name} it is") for name in ("finished", "held", "failed")
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[FillRequest]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "downloads").mkdir()
    monkeypatch.setattr(local_server, "running_server", lambda: "http://127.0.0.1:4200/api")
    monkeypatch.setattr(local_server, "use", lambda api: None)
    return []


def run(*given: str) -> Result:
    return CliRunner().invoke(commands, [*given], env={"COLUMNS": "200"})


@pytest.mark.parametrize(
    ("report", "code"),
    [({"stores": [RUNS["finished"]]}, 0), ({"stores": [RUNS["finished"], RUNS["held"]]}, 3),
     ({"stores": [RUNS["finished"], RUNS["failed"]]}, 1), ({"refused": ["a.csv: no source. Write it."]}, 2), ({}, 0)],
)  # fmt: skip
def test_a_line_for_each_store_and_the_exit_code_of_the_gravest(
    asked: list[FillRequest], monkeypatch: pytest.MonkeyPatch, report: dict[str, list[object]], code: int
) -> None:
    made = FillReport.model_validate({"folder": Path("downloads"), **report})

    def fill(request: FillRequest) -> FillReport:
        asked.append(request)
        if made.is_mended:
            return made
        raise Unfilled(made)

    monkeypatch.setattr(flows.fill, "fill", fill)
    result = run("downloads", "--store", "stores", "--restarts", "2", "--flow", "import", "--dask", "tcp://a:1")
    assert result.exit_code == code, result.output
    assert result.stdout.splitlines() == [made.headline, *(f"  {line}" for line in made.lines)]
    (request,) = asked
    assert (request.folder, request.store, request.flow, request.restarts, request.dask) == (
        Path("downloads"), Path("stores"), "import", 2, "tcp://a:1",
    )  # fmt: skip


def test_without_a_server_or_a_folder_it_is_refused_with_what_to_do(
    asked: list[FillRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_server, "running_server", lambda: None)
    result = run("downloads")
    assert result.exit_code == options.REFUSED
    assert (
        "no Prefect server answers, and its workers fill the stores. Start one with `tidewaiter deploy`"
        in result.stderr
    )
    result = run("gone")
    assert (result.exit_code, "there is no such folder" in result.stderr) == (options.REFUSED, True)
    result = run("downloads", "--dask", "nowhere")
    assert (result.exit_code, "write it as tcp://host:port" in result.stderr) == (options.REFUSED, True)
