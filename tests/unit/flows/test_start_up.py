"""What a command costs before it does anything: no data library is loaded for a version, a help page or a refusal."""

import functools
import os
import subprocess
import sys
from pathlib import Path

import pytest
from bad_inputs.download import csv_bytes

ROOT = Path(__file__).parents[3]
# What reads, checks, computes or draws data, talks to a server, or runs flows.
COSTLY = {
    "distributed", "fastexcel", "httpx", "hypothesis", "jinja2", "numpy", "obstore", "openlineage", "pandas", "pandera",
    "polars", "prefect", "pyarrow", "pycountry", "vl_convert", "xlsxwriter",
}  # fmt: skip
COUNTED = "import atexit, sys\natexit.register(lambda: print('modules:', *sys.modules, file=sys.stderr))\n"
MAIN = "sys.argv[0] = 'tidewaiter'\nfrom tidewaiter.__main__ import main\nmain()\n"


def run(*arguments: str, program: str = MAIN, **environment: str) -> tuple[int, str, set[str]]:
    """Exit code, what was printed, and the modules that were loaded."""
    inherited = {key: value for key, value in os.environ.items() if key != "TIDEWAITER_STORE"}
    done = subprocess.run(
        [sys.executable, "-c", COUNTED + program, *arguments],
        env={**inherited, "COLUMNS": "400", "NO_COLOR": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    said, _, loaded = done.stderr.rpartition("modules:")
    return done.returncode, done.stdout + said, {*loaded.split()}


@functools.cache
def modules_of_typer() -> int:
    return len(run(program="import typer")[2])


@pytest.mark.parametrize(
    ("arguments", "code", "says", "more"),
    # Python reads the version with its parser of e-mail.
    [
        ("--version", 0, "0.", 70),
        ("--help", 0, "Usage: tidewaiter", 30),
        ("", 2, "Usage: tidewaiter", 30),
        ("read --help", 0, "Usage: tidewaiter read", 30),
        ("fetch -h", 0, "eurostat_comext", 30),
        ("events windows -h", 0, "placebo", None),
        ("raed", 2, "raed", 30),
        ("read --nosuch", 2, "nosuch", 30),
        ("read metric --flow both", 2, "both", 30),
        ("deploy --show", 0, "entrypoint: flows.watch.watch", None),
        ("read metric --as-of 2999-01-01", 2, "2999", None),
        ("ingest a.csv --month 2024 --no-prefect", 2, "2024", None),
        ("fetch hmrc_ots --month 2026 --no-prefect", 2, "2026", None),
        ("deploy --file no.yaml", 2, "no.yaml", None),
    ],
)
def test_a_version_help_and_a_refusal_load_no_data_library_and_few_modules_beyond_typer(
    arguments: str, code: int, says: str, more: int | None
) -> None:
    """What a refusal says is in `tests/golden/said`."""
    ended, printed, loaded = run(*arguments.split())
    assert (ended, loaded & COSTLY) == (code, set())
    assert says in printed
    if more is not None:
        # Commands and questions are modules of their own, which a new one adds to; what they import is counted.
        others = {name for name in loaded if not name.startswith(("flows.", "schemas.questions."))}
        assert 100 < modules_of_typer() < len(others) <= modules_of_typer() + more
        assert not {"rich", "asyncio", "ssl", "http"} & loaded
        ours = {name for name in loaded if name.partition(".")[0] in ("schemas", "tasks", "tidewaiter")}
        # Each question is a module without imports of its own, from which its options are made.
        ours = {name for name in ours if not name.startswith("schemas.questions.")}
        assert len(ours) <= 15, sorted(ours)
    if more is not None or "--as-of" in arguments:
        # It takes as long to import as Typer.
        assert "pydantic" not in loaded


def test_the_shell_completes_commands_options_and_values_and_loads_no_data_library() -> None:
    def completed(words: str, count: int) -> list[str]:
        asked = {"COMP_WORDS": f"tidewaiter {words}", "COMP_CWORD": str(count)}
        code, printed, loaded = run(_TIDEWAITER_COMPLETE="complete_bash", **asked)
        assert (code, loaded & COSTLY) == (0, set()), printed
        return sorted(printed.split())

    assert completed("re", 1) == ["read", "reject", "resolve", "retain", "revisions"]
    assert "--as-of" in completed("read metric --a", 3)
    assert completed("trace --metric rolling_12m_y", 3) == ["rolling_12m_yoy_pct"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["magnets", "--partner", "us", "--month", "2025-06", "--measure", "quantity_kg", "--format", "csv"], "353000"),
        (["magnets", "--partner", "us", "--month", "2025-06", "--measure", "quantity_kg"], "353 t"),
        (["release"], "published_figures.csv"),
    ],
)
def test_a_read_loads_polars_and_no_library_that_it_does_not_need(
    arguments: list[str], says: str, sample_store: Path
) -> None:
    code, printed, loaded = run("read", *arguments, "--store", str(sample_store.parent))
    # What one row costs besides Polars: nothing that writes, checks, fetches or draws.
    assert (code, loaded & (COSTLY - {"polars", "pycountry", "obstore"} | {"pydantic"})) == (0, set()), printed
    assert says in printed
    assert "polars" in loaded


def test_a_file_without_a_server_needs_no_prefect_and_no_package_of_what_it_does_not_send(tmp_path: Path) -> None:
    declared = "--source gacc_query --flow export --partners listed --released-on 2025-07-20 --no-prefect --store"
    (tmp_path / "june.csv").write_bytes(csv_bytes())
    (tmp_path / "page.csv").write_text("<html>captcha</html>\n")
    for name, code, says, without in (
        ("page.csv", 2, "a web page", {"prefect", "openlineage", "py7zr", "statsmodels", "distributed"}),
        ("june.csv", 0, "published", {"prefect", "openlineage", "pandas", "py7zr", "distributed"}),
    ):
        ended, printed, loaded = run("ingest", str(tmp_path / name), *declared.split(), str(tmp_path / "store"))
        assert (ended, loaded & without) == (code, set()), printed
        assert says in printed
