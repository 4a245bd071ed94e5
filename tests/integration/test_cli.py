"""The commands of a person on the sample, in processes of their own where it matters: what is printed, and the exit codes."""

import contextlib
import errno
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import duckdb
import pandas
import polars as pl
import pytest
from bad_inputs.download import CLEAN_RECORDS, csv_bytes, distinct_records
from typer.testing import CliRunner

from flows.cli import terminal
from flows.cli.app import app
from flows.cli.ingest import SAMPLE
from tasks.domain.errors import BrokenStore
from tasks.ingest import held
from tasks.reports import query
from tasks.store.filesystem import FileSystem
from tests.copied_store import copied

ROOT = Path(__file__).parent.parent.parent
FIGURES = ("353", "+660.8", "3,188", "+157.5", "-38.1*", "22,319", "-18.9")
QUERY = (
    '"数据年月","商品编码","商品名称","贸易伙伴编码","贸易伙伴名称","第一数量","第一计量单位","第二数量","第二计量单位","美元",\n'
    '"202506","01012100","改良种用马","502","美国","1000","千克","2","匹","20,000",\n'.replace("匹", "头")
)


def tidewaiter(*arguments: str, cwd: Path, store: str | Path = "store") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COLUMNS": "200", "TIDEWAITER_STORE": str(store), "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, "-m", "flows", *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


class Said(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


def in_process(*arguments: str, cwd: Path) -> Said:
    """The same command where a process of its own would show no more: one takes three seconds to start."""
    with contextlib.chdir(cwd), pytest.MonkeyPatch.context() as patch:
        for console in (terminal.console(), terminal.errors()):
            patch.setattr(console, "_width", 200)
        for name, value in (("COLUMNS", "200"), ("TIDEWAITER_STORE", "store"), ("NO_COLOR", "1")):
            patch.setenv(name, value)
        done = CliRunner().invoke(app, [*arguments], catch_exceptions=False)
    return Said(done.exit_code, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the sample was run without a server."""
    folder = tmp_path_factory.mktemp("home")
    done = tidewaiter("run", "--no-prefect", cwd=folder)
    assert done.returncode == 0, done.stderr
    (folder / "run.txt").write_text(done.stdout, encoding="utf-8")
    return folder


def test_run_prints_the_story_with_traces_and_where_things_lie(home: Path) -> None:
    told = (home / "run.txt").read_text(encoding="utf-8")
    table = told[: told.index("Where these come from")]
    for figure in FIGURES:
        assert figure in table, figure
    assert "* rests on a base that no source at hand prints" in table
    traces = told[told.index("Where these come from") :]
    assert traces.count("agrees with snapshot") == 5
    assert "DOES NOT AGREE" not in traces
    assert "record 34 of" in traces
    assert "https://www.timeslive.co.za/news/world/2025-07-20" in traces
    assert "implies a base of 5,146,086 to 5,154,406" in traces
    assert "store/reporter=CHN/current/<table>" in traces


def test_the_same_again_says_nothing_new_and_touches_nothing(home: Path) -> None:
    def state() -> dict[str, tuple[int, int, int]]:
        # What a run leaves for itself in tmp is gone again.
        return {
            str(path): (path.lstat().st_ino, path.lstat().st_mtime_ns, path.lstat().st_size)
            for path in (home / "store").rglob("*")
            if path.name != "tmp"
        }

    before = state()
    done = tidewaiter("run", "--no-prefect", cwd=home)
    assert done.returncode == 0
    assert done.stdout.startswith("nothing new")
    assert state() == before
    assert len(before) > 100


def test_read_gives_the_rows_that_plain_readers_get(home: Path) -> None:
    for table in ("metric", "trade_flow"):
        printed = in_process("read", table, "--no-names", "--format", "json", cwd=home)
        rows = [json.loads(line) for line in printed.stdout.splitlines()]
        folder = (home / "store" / "reporter=CHN" / "current" / table).resolve()
        key = ["flow", "year", "month", "product", "partner", *(["measure"] if table == "metric" else [])]
        own = pl.scan_parquet(folder, hive_partitioning=True).collect()
        assert len(rows) == own.height > 20
        ordered = own.sort(key).drop("year", "month")
        plain = [json.loads(line) for line in ordered.select(list(rows[0])).write_ndjson().splitlines()]
        # Records of single partners are in no file: `read` computes them.
        asked = {name for name in rows[0] if name.startswith(("highest", "lowest", "series_start", "kinds"))}
        for row, other in zip(rows, plain, strict=True):
            is_asked = other.get("highest_since_status") == "on_request"
            assert {name for name in row if row[name] != other[name]} <= (asked if is_asked else set())
            assert row.get("highest_since_status") != "on_request"
        duck = duckdb.sql(
            f"select * from read_parquet('{folder}/**/*.parquet', hive_partitioning=true) order by {', '.join(key)}"
        ).pl()
        frame = pandas.read_parquet(folder).astype({"flow": str, "year": int, "month": int}).sort_values(key)
        names = [name for name, kind in ordered.schema.items() if kind in (pl.String, pl.Float64)]
        assert duck.select(names).equals(ordered.select(names))
        for name in names:
            assert [None if pandas.isna(value) else value for value in frame[name]] == ordered[name].to_list(), name


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("watch", "--settle", "0", "--inbox"), "Would publish 2025-06 would be published [b].csv: "),
        (("backfill",), "Would ingest 2 downloads/[b].csv downloads/a.csv"),
    ],
)
def test_a_dry_run_says_what_came_of_each_file_or_lists_them_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads" / "defaults.toml").write_text('source = "gacc_query"\nflow = "export"\n')
    for name, day in (("a.csv", "2025-08-20"), ("[b].csv", "2025-07-20")):
        (tmp_path / "downloads" / name).write_bytes(QUERY.replace("1000", f"1{len(name)}").encode("gb18030"))
        (tmp_path / "downloads" / f"{name}.toml").write_text(f"released_on = {day}\n")
    done = CliRunner().invoke(app, [*command, "downloads", "--dry-run", "--no-prefect", "--store", "store"])
    assert done.exit_code == 0, done.output
    assert " ".join(done.stdout.split()).startswith(says)
    assert not (tmp_path / "store").exists()


def test_an_approval_whose_bytes_are_gone_is_one_line(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def gone(*_: object) -> Iterator[None]:
        raise BrokenStore("raw/ab/abc: no such object")
        yield

    monkeypatch.chdir(home)
    monkeypatch.setattr(held, "decide", lambda *_: None)
    monkeypatch.setattr(held, "reopened", gone)
    done = CliRunner().invoke(app, ["approve", "x", "--by", "Li Wei", "--reason", "seen", "--store", "store"])
    assert (done.exit_code, done.output) == (2, "refused raw/ab/abc: no such object\n")


def test_the_python_of_the_documentation_runs_as_it_is_written(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)
    assert len(blocks) >= 6
    for block in blocks:
        exec(compile(block.replace("s3://customs/store", "store"), "README.md", "exec"), {})


def test_a_store_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """A file where the folder should be: no traceback, and the path in what is said."""
    file, store = tmp_path / "june.csv", tmp_path / "store"
    file.write_bytes(QUERY.encode("gb18030"))
    store.write_text("a file")
    declared = ("--source", "gacc_query", "--flow", "export", "--no-prefect", "--store", str(store))
    done = CliRunner().invoke(app, ["ingest", str(file), *declared])
    assert (done.exit_code, "not published" in done.output, str(store) in done.output.replace("\n", "")) == (
        1,
        True,
        True,
    )
    assert store.read_text() == "a file"


@pytest.mark.parametrize(
    ("code", "found", "to_do"),
    [
        (errno.ENOSPC, "No space left on device", "Make room on that disk"),
        (errno.EROFS, "Read-only file system", "Mount it so that it may be written"),
        (errno.EACCES, "Permission denied", "Run this as a user who may read and write there"),
    ],
)
def test_what_a_disk_says_no_with_is_a_sentence_that_says_what_to_do(
    home: Path, monkeypatch: pytest.MonkeyPatch, code: int, found: str, to_do: str
) -> None:
    def refuse(self: FileSystem, path: Path) -> int:
        raise OSError(code, os.strerror(code), str(path))

    monkeypatch.chdir(home)
    monkeypatch.setattr(FileSystem, "lock", refuse)
    said = f"store/reporter=CHN/.lock: {found}. {to_do}"
    again = CliRunner().invoke(app, ["ingest", str(SAMPLE), "--no-prefect"])
    assert (again.exit_code, again.stdout) == (1, "")
    assert again.stderr.startswith(f"not published {said}")
    assert again.stderr.rstrip().endswith("then run this again.\n  the store is as it was")
    retained = CliRunner().invoke(app, ["retain"])
    assert (retained.exit_code, retained.stderr.startswith(f"refused {said}")) == (2, True)


def test_a_store_that_this_user_may_not_look_into_is_no_damaged_one(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: object) -> str:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.chdir(home)
    monkeypatch.setattr(os, "readlink", refuse)
    done = CliRunner().invoke(app, ["resolve", "metric"])
    assert done.exit_code == 2
    assert done.stderr.startswith(
        "refused store/reporter=CHN/.current: Permission denied. Run this as a user who may read"
    )


@pytest.mark.parametrize("command", [("watch", "--inbox", "none"), ("backfill", "none")])
def test_no_folder_is_said_before_a_run_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    """Within a run of a server the log would print a traceback above the line."""

    def never() -> str:
        raise AssertionError("a run began")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("flows.cli.local_server.running_server", never)
    done = CliRunner().invoke(app, [*command, "--store", "store"])
    assert (done.exit_code, "none: there is no such folder" in done.output) == (2, True), done.output
    (tmp_path / "none").write_text("a file")
    done = CliRunner().invoke(app, [*command, "--store", "store"])
    assert (done.exit_code, "none: a file. Give the folder" in done.output) == (2, True), done.output


def test_trace_and_audit_agree_and_a_flipped_byte_is_named(home: Path, tmp_path: Path) -> None:
    copied(home / "store", tmp_path)
    traced = in_process(
        "trace",
        "85051110",
        "--partner",
        "USA",
        "--month",
        "2025-06",
        "--metric",
        "mom_pct",
        "--format",
        "json",
        cwd=tmp_path,
    )
    found = json.loads(traced.stdout)
    assert found["agrees"] is True
    assert [operand["numbers"][0]["value"] for operand in found["operands"]] == [353_000, 46_400]
    assert [json.loads(operand["numbers"][0]["printed"][0])["quantity"] for operand in found["operands"]] == [
        "353",
        "46.4",
    ]
    half_year = in_process(
        "trace",
        "85051110",
        "--month",
        "2025-06",
        "--metric",
        "ytd_yoy_pct",
        "--partner",
        "WLD",
        "--format",
        "json",
        cwd=tmp_path,
    )
    # January to June 2024 is printed nowhere: it is January to July less July, and nothing else of that year is in it.
    before = json.loads(half_year.stdout)["operands"][1]["numbers"]
    assert [(number["period"], number["value"]) for number in before] == [
        ("2024-01..2024-07", 32_812_000), ("2024-07", 5_278_000),
    ]  # fmt: skip
    passed = in_process("audit", cwd=tmp_path)
    assert passed.returncode == 0
    assert "25 figures traced back" in passed.stdout
    victim = max(
        (tmp_path / "store" / "reporter=CHN" / ".objects").rglob("*.parquet"), key=lambda path: path.stat().st_size
    )
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.chmod(0o644)
    victim.write_bytes(data)
    failed = tidewaiter("audit", cwd=tmp_path)
    assert failed.returncode == 1
    assert victim.name[:16] in failed.stderr


def test_what_is_held_is_decided_about_by_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "400")
    declared = ("--source", "gacc_query", "--flow", "export", "--partners", "all", "--no-prefect")
    decision = ("--by", "Li Wei", "--reason", "compared with the site")

    def run(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, [*arguments], catch_exceptions=False)
        return done.exit_code, done.output

    (tmp_path / "june.csv").write_bytes(csv_bytes(CLEAN_RECORDS))
    assert run("ingest", "june.csv", *declared, "--released-on", "2025-07-20")[0] == 0
    before = {path: path.lstat().st_mtime_ns for path in (tmp_path / "store").rglob("*") if path.suffix == ".parquet"}
    current = os.readlink(tmp_path / "store" / "reporter=CHN" / ".current")
    (tmp_path / "cut.csv").write_bytes(csv_bytes(distinct_records(10_000)))
    (tmp_path / "gone.csv").write_bytes(csv_bytes([row for row in CLEAN_RECORDS if row[3] not in ("304", "133")]))
    for name, finding in (("cut.csv", "row_cap (cut.csv): 10,000 records"), ("gone.csv", "partner_removed")):
        code, told = run("ingest", name, *declared, "--released-on", "2025-07-21")
        assert code == 3
        assert finding in told
    waiting = {kept.title: kept.release_id for kept in held.waiting(tmp_path / "store" / "reporter=CHN")}
    code, told = run("held")
    assert (code, told.splitlines()[-1]) == (0, "2 held")
    assert all(name in told for name in [*waiting, *waiting.values()])
    assert run("reject", waiting["cut.csv"], *decision)[0] == 0
    assert os.readlink(tmp_path / "store" / "reporter=CHN" / ".current") == current
    assert before == {
        path: path.lstat().st_mtime_ns for path in (tmp_path / "store").rglob("*") if path.suffix == ".parquet"
    }
    # Nor is a server started where none answers.
    monkeypatch.setattr("flows.cli.local_server.running_server", lambda: None)
    monkeypatch.setattr(subprocess, "Popen", None)
    code, told = run("approve", waiting["gone.csv"], *decision)
    assert (code, told.strip().split(":")[0]) == (0, "published gone.csv")
    (row,) = query.query(tmp_path / "store" / "reporter=CHN", "finding").filter(check="approved").to_dicts()
    assert (row["release_id"], row["observed"]) == (waiting["gone.csv"], "approved by Li Wei: compared with the site")
    trail = query.query(tmp_path / "store" / "reporter=CHN", "lineage").filter(release_id=waiting["gone.csv"])
    assert "hold_on_errors" in trail["step"].to_list()
    assert run("held")[1].strip() == "nothing is held"
    assert query.query(tmp_path / "store" / "reporter=CHN", "release")["title"].sort().to_list() == [
        "gone.csv",
        "june.csv",
    ]


def test_leading_zeros_survive_in_every_reader(tmp_path: Path) -> None:
    (tmp_path / "query.csv").write_bytes(QUERY.encode("gb18030"))
    done = tidewaiter(
        "ingest",
        "query.csv",
        "--source",
        "gacc_query",
        "--flow",
        "import",
        "--partners",
        "all",
        "--no-prefect",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    folder = (tmp_path / "store" / "reporter=CHN" / "current" / "trade_flow").resolve()
    assert pl.scan_parquet(folder).collect()["product"].to_list() == ["01012100"]
    assert duckdb.sql(
        f"select product from read_parquet('{folder}/**/*.parquet', hive_partitioning=true)"
    ).fetchall() == [("01012100",)]
    assert pandas.read_parquet(folder)["product"].tolist() == ["01012100"]
    wide = pl.scan_parquet(folder).collect().row(0, named=True)
    assert (wide["quantity_kg"], wide["quantity_other"], wide["quantity_other_unit"], wide["value_usd"]) == (
        1000.0,
        2.0,
        "item",
        20000.0,
    )


def test_a_dead_prefect_and_a_mute_openlineage_block_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same snapshot, which includes the lineage of each step, with and without the two, in bounded time."""
    declared = ("--source", "gacc_query", "--flow", "export", "--partners", "all", "--no-prefect")
    for name in ("alone", "beset"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "june.csv").write_bytes(QUERY.encode("gb18030"))
    began = time.monotonic()
    assert tidewaiter("ingest", "june.csv", *declared, cwd=tmp_path / "alone").returncode == 0
    alone_s = time.monotonic() - began
    with socket.socket() as prefect, socket.socket() as openlineage:
        # Both take a call and never say a word: worse than a closed door.
        for mute in (prefect, openlineage):
            mute.bind(("127.0.0.1", 0))
            mute.listen()
        monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{prefect.getsockname()[1]}/api")
        monkeypatch.setenv("OPENLINEAGE_URL", f"http://127.0.0.1:{openlineage.getsockname()[1]}")
        began = time.monotonic()
        done = tidewaiter("ingest", "june.csv", *declared, cwd=tmp_path / "beset")
        beset_s = time.monotonic() - began
        assert done.returncode == 0, done.stderr
        openlineage.settimeout(0)
        openlineage.accept()[0].close()
        prefect.settimeout(0)
        with pytest.raises(BlockingIOError):
            prefect.accept()
    # Two patiences of 2 s, and what a busy machine may add.
    assert beset_s < 2 * alone_s + 20
    alone, beset = (os.readlink(tmp_path / name / "store" / "reporter=CHN" / ".current") for name in ("alone", "beset"))
    assert alone == beset
    (told,) = (tmp_path / "beset" / "store" / "reporter=CHN" / "lineage").glob("*.ndjson")
    jobs = [json.loads(line)["job"]["name"] for line in told.read_text().splitlines()]
    assert {"land", "publish", "report"} <= set(jobs)


def test_a_dry_run_goes_the_whole_way_and_leaves_everything_as_it_was(tmp_path: Path) -> None:
    declared = ("--source", "gacc_query", "--flow", "export", "--partners", "all", "--no-prefect")
    (tmp_path / "june.csv").write_bytes(QUERY.encode("gb18030"))
    tried = tidewaiter("ingest", "june.csv", *declared, "--dry-run", cwd=tmp_path)
    assert (tried.returncode, tried.stdout.split(" june.csv")[0]) == (0, "would be published")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["june.csv"]
    assert in_process("ingest", "june.csv", *declared, cwd=tmp_path).returncode == 0
    state = os.readlink(tmp_path / "store" / "reporter=CHN" / ".current")
    assert state.removeprefix(".snapshots/") in tried.stdout
    (tmp_path / "july.csv").write_bytes(QUERY.replace("202506", "202507").encode("gb18030"))
    before = {path: path.lstat() for path in (tmp_path / "store").rglob("*")}
    again = in_process("ingest", "july.csv", *declared, "--dry-run", cwd=tmp_path)
    assert again.stdout.startswith("would be published july.csv")
    after = {path: path.lstat() for path in (tmp_path / "store").rglob("*")}
    assert before.keys() == after.keys()
    assert all((was.st_ino, was.st_mtime_ns, was.st_size) == (after[path].st_ino, after[path].st_mtime_ns, after[path].st_size)
               for path, was in before.items())  # fmt: skip


def test_a_backfill_that_was_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    for name in ("killed", "whole"):
        folder = tmp_path / name / "downloads"
        folder.mkdir(parents=True)
        (folder / "defaults.toml").write_text('source = "gacc_query"\nflow = "export"\npartners = "all"\n')
        for month in range(1, 7):
            own = (
                QUERY.replace("202506", f"2024{month:02d}")
                .replace('"1000"', f'"{1000 + month}"')
                .replace('"20,000"', f'"{20_000 + 20 * month:,}"')
            )
            (folder / f"{month}.csv").write_bytes(own.encode("gb18030"))
            (folder / f"{month}.csv.toml").write_text(f"released_on = 2024-{month + 1:02d}-20\n")
    home = tmp_path / "killed"
    command = [sys.executable, "-m", "flows", "backfill", "downloads", "--no-prefect"]
    filling = subprocess.Popen(command, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    # In the middle of its batch: some files are landed, and nothing is published.
    while len([*(home / "store" / "reporter=CHN").glob(f"raw/*/{64 * '?'}.json")]) < 3:
        assert time.monotonic() < deadline, "the backfill landed nothing"
        time.sleep(0.01)
    filling.kill()
    filling.wait(10)
    assert not (home / "store" / "reporter=CHN" / "current").exists()
    assert tidewaiter("backfill", "downloads", "--no-prefect", cwd=home).returncode == 0
    assert tidewaiter("backfill", "downloads", "--no-prefect", cwd=tmp_path / "whole").returncode == 0
    both = [os.readlink(tmp_path / name / "store" / "reporter=CHN" / ".current") for name in ("killed", "whole")]
    assert both[0] == both[1]
    again = tidewaiter("backfill", "downloads", "--no-prefect", cwd=home)
    assert (again.returncode, again.stdout.strip()) == (0, "Nothing new")


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_what_is_ended_from_outside_says_what_holds_and_goes_on_when_run_again(
    tmp_path: Path, sent: signal.Signals, code: int
) -> None:
    store = tmp_path / "store"
    store.mkdir()
    # A shell that starts tests next to other work has its children ignore Ctrl-C. In the middle of its way, landed and not
    # published, it waits for the signal, which a busy machine may send late.
    waits = (
        "import signal; from flows.cli.app import app; from tasks.steps.listeners import listening\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "with listening(step=lambda step: signal.pause() if step == 'parse' else None): app()"
    )
    ingest = ["ingest", "flows/examples/published_figures.csv", "--no-prefect", "--store", str(store)]
    running = subprocess.Popen(
        [sys.executable, "-c", waits, *ingest], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    deadline = time.monotonic() + 120
    while running.poll() is None and not [*store.glob("reporter=CHN/raw/*/*")]:
        assert time.monotonic() < deadline, "nothing was landed"
        time.sleep(0.01)
    running.send_signal(sent)
    out, err = running.communicate(timeout=120)
    assert (running.returncode, out) == (code, ""), err
    assert err.split() == (
        [
            "interrupted",
            "what",
            "was",
            "published",
            "stands,",
            "and",
            "nothing",
            "is",
            "half",
            "published;",
            "run",
            "this",
            "again",
            "to",
            "go",
            "on",
        ]
    )
    assert not (store / "reporter=CHN" / "current").exists()
    again = tidewaiter(*ingest, cwd=ROOT)
    assert (again.returncode, again.stdout[:9]) == (0, "published"), again.stderr


@pytest.mark.parametrize("asked", [("revisions",), ("read", "record_level"), ("resolve", "metric")])
def test_a_reader_that_has_seen_enough_is_told_of_no_refusal(home: Path, asked: tuple[str, ...]) -> None:
    """`tidewaiter revisions | head` said "refused [Errno 32] Broken pipe", and ended as if it were refused."""
    with subprocess.Popen(
        [sys.executable, "-m", "flows", *asked], cwd=home, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as running:  # fmt: skip
        assert running.stdout is not None
        running.stdout.close()
        assert running.stderr is not None
        said = running.stderr.read()
    assert (said, running.returncode) == ("", 141)
