"""What a command costs before it does anything: no data library is loaded for a version, a help page or a refusal."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# What reads, checks, computes or draws data, talks to a server, or runs flows.
COSTLY = (
    "distributed", "fastexcel", "httpx", "jinja2", "numpy", "obstore", "openlineage", "pandas", "pandera",
    "polars", "prefect", "pyarrow", "pycountry", "vl_convert", "xlsxwriter",
)  # fmt: skip
PROGRAM = f"""
import atexit, sys
def report():
    print("loaded:", *sorted({{*{COSTLY!r}, "hypothesis"}} & {{*sys.modules}}), file=sys.stderr)
atexit.register(report)
sys.argv[0] = "tidewaiter"
from tidewaiter.__main__ import main
main()
"""


def run(arguments: Sequence[str], **environment: str) -> tuple[int, str, str]:
    """Exit code, what was printed, and the costly libraries that were loaded."""
    inherited: Mapping[str, str] = {key: value for key, value in os.environ.items() if key != "TIDEWAITER_STORE"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], env={**inherited, "COLUMNS": "400", "NO_COLOR": "1", **environment},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    said, _, loaded = done.stderr.rpartition("loaded:")
    return done.returncode, done.stdout + said, loaded.strip()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--version"], "0."),
        (["-h"], "Usage: tidewaiter"),
        ([], "Usage: tidewaiter"),
        (["resolve", "-h"], "trade_flow"),
        (["fetch", "-h"], "eurostat_comext"),
        (["events", "windows", "-h"], "placebo"),
        (["deploy", "-h"], "--show"),
        (["deploy", "--show"], "entrypoint: flows.watch.watch"),
    ],
)
def test_a_page_of_help_loads_no_data_library(arguments: list[str], says: str) -> None:
    code, printed, loaded = run(arguments)
    assert (code, loaded) == (0 if arguments else 2, "")
    assert says in printed


@pytest.mark.parametrize(
    "arguments",
    [
        ["raed"], ["read", "metric", "--flow", "both"], ["read", "metric", "--as-of", "2999-01-01"], ["ingest", "a.csv", "--partners", "some"],
        ["fetch", "hmrc_ots", "--month", "2026", "--no-prefect"], ["ingest", "a.csv", "--month", "2024", "--no-prefect"],
        ["deploy", "--file", "no.yaml"],
    ],
)  # fmt: skip
def test_a_refusal_of_bad_options_loads_no_data_library(arguments: list[str]) -> None:
    """What it says is in `tests/golden/said`."""
    code, _, loaded = run(arguments)
    assert (code, loaded) == (2, "")


def test_the_shell_completes_commands_options_and_values_and_loads_no_data_library() -> None:
    def completed(words: str, count: int) -> tuple[list[str], str]:
        code, printed, loaded = run(
            [], _TIDEWAITER_COMPLETE="complete_bash", COMP_WORDS=f"tidewaiter {words}", COMP_CWORD=str(count)
        )
        assert code == 0, printed
        return sorted(printed.split()), loaded

    assert completed("re", 1) == (["read", "reject", "resolve", "retain", "revisions"], "")
    assert completed("resolve metr", 2) == (["metric"], "")
    assert "--as-of" in completed("read metric --a", 3)[0]
    assert completed("trace --metric rolling", 3) == (["rolling_12m", "rolling_12m_yoy_pct"], "")


@pytest.mark.parametrize(
    ("arguments", "code", "more"),
    # Typer reads the values of options with pydantic, and Python the version with its parser of e-mail.
    [
        (["--version"], 0, 100), (["--help"], 0, 60), (["read", "--help"], 0, 60), (["raed"], 2, 60), (["read", "--nosuch"], 2, 60),
        (["read", "metric", "--flow", "both"], 2, 180),
    ],
)  # fmt: skip
def test_a_version_help_and_a_refusal_import_few_modules_beyond_typer(
    arguments: list[str], code: int, more: int
) -> None:
    counted = "\nimport atexit, sys\natexit.register(lambda: print('modules:', *sys.modules, file=sys.stderr))\n"

    def modules(program: str, *given: str) -> tuple[int, set[str]]:
        done = subprocess.run(
            [sys.executable, "-c", counted + program, *given], capture_output=True, text=True, check=False
        )
        return done.returncode, {*done.stderr.rpartition("modules:")[2].split()}

    _, typer = modules("import typer")
    ended, loaded = modules("from tidewaiter.__main__ import main; main()", *arguments)
    assert ended == code
    assert 100 < len(typer) < len(loaded) <= len(typer) + more
    assert not {"rich", "asyncio", "ssl", "http"} & loaded
    ours = {name for name in loaded if name.partition(".")[0] in ("schemas", "tasks", "tidewaiter")}
    assert len(ours) <= 15, sorted(ours)
    if "both" not in arguments:
        assert "pydantic" not in loaded


# What one row costs besides Polars: nothing that writes, checks, fetches or draws.
NOT_FOR_READING = (*(library for library in COSTLY if library not in ("polars", "pycountry", "obstore")), "hypothesis")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["magnets", "--partner", "us", "--month", "2025-06", "--measure", "quantity_kg", "--format", "csv"], "353000"),
        (["magnets", "--partner", "us", "--month", "2025-06", "--measure", "quantity_kg"], "353 t"),
        (["release"], "published_figures.csv"),
    ],
)  # fmt: skip
def test_a_read_loads_polars_and_no_library_that_it_does_not_need(
    arguments: list[str], says: str, sample_store: Path
) -> None:
    code, printed, loaded = run(["read", *arguments, "--store", str(sample_store.parent)])
    assert (code, {*loaded.split()} & {*NOT_FOR_READING}) == (0, set()), printed
    assert says in printed
    assert "polars" in loaded


@pytest.fixture
def shell(tmp_path: Path) -> Callable[[str], str]:
    """What bash prints, with `tidewaiter` on its path and a home folder of its own."""
    if not (bash := shutil.which("bash")):
        pytest.skip("no bash here")
    command = tmp_path / "bin" / "tidewaiter"
    command.parent.mkdir()
    command.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\nfrom tidewaiter.__main__ import main\nmain()\n"
    )
    command.chmod(0o755)
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}",
        "NO_COLOR": "1",
    }

    def run_in(script: str) -> str:
        # The command finds out in which shell it was started, so the shell must not give way to it.
        done = subprocess.run(
            [bash, "-c", script + "\ntrue"], env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout + done.stderr

    return run_in


def test_the_completion_that_the_command_installs_completes_in_bash(
    shell: Callable[[str], str], tmp_path: Path
) -> None:
    shown = shell("tidewaiter --show-completion")
    assert "complete -o default -F _tidewaiter_completion tidewaiter" in shown
    assert "bash completion installed in" in shell("tidewaiter --install-completion")
    assert "tidewaiter" in (tmp_path / ".bashrc").read_text()
    words = "COMP_WORDS=(tidewaiter wo); COMP_CWORD=1; _tidewaiter_completion tidewaiter; echo found: ${COMPREPLY[@]}"
    assert shell(f"source {tmp_path}/.bashrc; {words}").strip() == "found: worker"
