"""The commands of a person on the sample, in processes of their own where it matters: what is printed, and the exit codes."""

import contextlib
import errno
import json
import os
import re
import shlex
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
STORE = Path("store", "reporter=CHN")
DECLARED = "--source gacc_query --flow export --partners all --no-prefect"
ALL_PARTNERS = 'source = "gacc_query"\nflow = "export"\npartners = "all"\n'
SPOKEN = {"COLUMNS": "200", "TIDEWAITER_STORE": "store", "NO_COLOR": "1"}


class Said(NamedTuple):
    code: int
    out: str
    err: str


def process(command: str, cwd: Path) -> Said:
    """A command in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tidewaiter", *shlex.split(command)], cwd=cwd, env={**os.environ, **SPOKEN}, capture_output=True, text=True, check=False
    )  # fmt: skip
    return Said(done.returncode, done.stdout, done.stderr)


def said(command: str, cwd: Path) -> Said:
    """The same where a process of its own would show no more: one takes three seconds to start."""
    with contextlib.chdir(cwd), pytest.MonkeyPatch.context() as patch:
        for console in (terminal.console(), terminal.errors()):
            patch.setattr(console, "_width", 200)
        for name, value in SPOKEN.items():
            patch.setenv(name, value)
        done = CliRunner().invoke(app, shlex.split(command), catch_exceptions=False)
    return Said(done.exit_code, done.stdout, done.stderr)


def state(folder: Path) -> dict[Path, tuple[int, int, int]]:
    """What would show that a file was written; a run leaves nothing in tmp."""
    return {
        path: (at.st_ino, at.st_mtime_ns, at.st_size)
        for path in folder.rglob("*")
        if path.name != "tmp" and (at := path.lstat())
    }


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the sample was run without a server."""
    folder = tmp_path_factory.mktemp("home")
    done = process("run --no-prefect", folder)
    assert done.code == 0, done.err
    (folder / "run.txt").write_text(done.out, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def horses(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with june.csv, one record of a code that begins with a zero, and the store into which it was ingested."""
    folder = tmp_path_factory.mktemp("horses")
    (folder / "june.csv").write_bytes(QUERY.encode("gb18030"))
    done = said(f"ingest june.csv {DECLARED}", folder)
    assert done.code == 0, done.err
    return folder


def test_run_prints_the_story_with_traces_and_where_things_lie(home: Path) -> None:
    told = (home / "run.txt").read_text(encoding="utf-8")
    table, _, traces = told.partition("Where these come from")
    for figure in (*FIGURES, "* rests on a base that no source at hand prints"):
        assert figure in table, figure
    assert traces.count("agrees with snapshot") == 5
    assert "DOES NOT AGREE" not in traces
    for words in ("record 34 of", "https://www.timeslive.co.za/news/world/2025-07-20", "implies a base of 5,146,086 to 5,154,406",
                  "store/reporter=CHN/current/<table>"):  # fmt: skip
        assert words in traces


def test_the_same_again_says_nothing_new_and_touches_nothing(home: Path) -> None:
    before = state(home / "store")
    done = said("run --no-prefect", home)
    assert (done.code, done.out[:11]) == (0, "nothing new")
    assert state(home / "store") == before
    assert len(before) > 100


def test_read_gives_the_rows_that_plain_readers_get(home: Path) -> None:
    for table in ("metric", "trade_flow"):
        rows = [json.loads(line) for line in said(f"read {table} --no-names --format json", home).out.splitlines()]
        folder = (home / STORE / "current" / table).resolve()
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
        ("watch --settle 0 --inbox", "Would publish 2025-06 would be published [b].csv: "),
        ("backfill", "Would ingest 2 downloads/[b].csv downloads/a.csv"),
    ],
)
def test_a_dry_run_says_what_came_of_each_file_or_lists_them_in_their_order(
    tmp_path: Path, command: str, says: str
) -> None:
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads" / "defaults.toml").write_text('source = "gacc_query"\nflow = "export"\n')
    for name, day in (("a.csv", "2025-08-20"), ("[b].csv", "2025-07-20")):
        (tmp_path / "downloads" / name).write_bytes(QUERY.replace("1000", f"1{len(name)}").encode("gb18030"))
        (tmp_path / "downloads" / f"{name}.toml").write_text(f"released_on = {day}\n")
    done = said(f"{command} downloads --dry-run --no-prefect", tmp_path)
    assert done.code == 0, done
    assert " ".join(done.out.split()).startswith(says)
    assert not (tmp_path / "store").exists()


def test_an_approval_whose_bytes_are_gone_is_one_line(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def gone(*_: object) -> Iterator[None]:
        raise BrokenStore("raw/ab/abc: no such object")
        yield

    monkeypatch.setattr(held, "decide", lambda *_: None)
    monkeypatch.setattr(held, "reopened", gone)
    done = said("approve x --by 'Li Wei' --reason seen", home)
    assert done == (2, "", "refused raw/ab/abc: no such object\n")


def test_the_python_of_the_documentation_runs_as_it_is_written(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)
    assert len(blocks) >= 6
    for block in blocks:
        exec(compile(block.replace("s3://customs/store", "store"), "README.md", "exec"), {})


def test_a_store_that_cannot_be_written_is_one_line(horses: Path, tmp_path: Path) -> None:
    """A file where the folder should be: no traceback, and the path in what is said."""
    (tmp_path / "store").write_text("a file")
    done = said(f"ingest {horses}/june.csv {DECLARED}", tmp_path)
    assert (done.code, done.out, done.err[:13], "store" in done.err) == (1, "", "not published", True), done
    assert (tmp_path / "store").read_text() == "a file"


def test_what_a_disk_says_no_with_is_a_sentence_that_says_what_to_do(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What to do about each error: `tests/unit/store/test_diagnose.py`."""

    def refuse(self: FileSystem, path: Path) -> int:
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(FileSystem, "lock", refuse)
    words = f"{STORE}/.lock: Read-only file system. Mount it so that it may be written"
    again = said(f"ingest {SAMPLE} --no-prefect", home)
    assert (again.code, again.out) == (1, "")
    assert again.err.startswith(f"not published {words}")
    assert again.err.rstrip().endswith("then run this again.\n  the store is as it was")
    retained = said("retain", home)
    assert (retained.code, retained.err.startswith(f"refused {words}")) == (2, True)


def test_a_store_that_this_user_may_not_look_into_is_no_damaged_one(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: object) -> str:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(os, "readlink", refuse)
    done = said("resolve metric", home)
    assert done.code == 2
    assert done.err.startswith(f"refused {STORE}/.current: Permission denied. Run this as a user who may read")


@pytest.mark.parametrize("command", ["watch --inbox none", "backfill none"])
def test_no_folder_is_said_before_a_run_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    """Within a run of a server the log would print a traceback above the line."""

    def never() -> str:
        raise AssertionError("a run began")

    monkeypatch.setattr("flows.cli.local_server.running_server", never)
    done = said(command, tmp_path)
    assert (done.code, "none: there is no such folder" in done.err) == (2, True), done
    (tmp_path / "none").write_text("a file")
    done = said(command, tmp_path)
    assert (done.code, "none: a file. Give the folder" in done.err) == (2, True), done


def test_trace_and_audit_agree_and_a_flipped_byte_is_named(home: Path, tmp_path: Path) -> None:
    copied(home / "store", tmp_path)
    traced = said("trace 85051110 --partner USA --month 2025-06 --metric mom_pct --format json", tmp_path)
    found = json.loads(traced.out)
    assert found["agrees"] is True
    numbers = [operand["numbers"][0] for operand in found["operands"]]
    assert [number["value"] for number in numbers] == [353_000, 46_400]
    assert [json.loads(number["printed"][0])["quantity"] for number in numbers] == ["353", "46.4"]
    half_year = said("trace 85051110 --month 2025-06 --metric ytd_yoy_pct --partner WLD --format json", tmp_path)
    # January to June 2024 is printed nowhere: it is January to July less July, and nothing else of that year is in it.
    before = json.loads(half_year.out)["operands"][1]["numbers"]
    assert [(number["period"], number["value"]) for number in before] == [
        ("2024-01..2024-07", 32_812_000), ("2024-07", 5_278_000),
    ]  # fmt: skip
    passed = said("audit", tmp_path)
    assert (passed.code, "25 figures traced back" in passed.out) == (0, True)
    victim = max((tmp_path / STORE / ".objects").rglob("*.parquet"), key=lambda path: path.stat().st_size)
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.chmod(0o644)
    victim.write_bytes(data)
    failed = said("audit", tmp_path)
    assert (failed.code, victim.name[:16] in failed.err) == (1, True)


def test_what_is_held_is_decided_about_by_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decision, store = "--by 'Li Wei' --reason 'compared with the site'", tmp_path / STORE
    (tmp_path / "june.csv").write_bytes(csv_bytes(CLEAN_RECORDS))
    assert said(f"ingest june.csv {DECLARED} --released-on 2025-07-20", tmp_path).code == 0

    def published() -> tuple[str, dict[Path, int]]:
        files = {path: path.lstat().st_mtime_ns for path in store.rglob("*.parquet")}
        return os.readlink(store / ".current"), files

    before = published()
    (tmp_path / "cut.csv").write_bytes(csv_bytes(distinct_records(10_000)))
    (tmp_path / "gone.csv").write_bytes(csv_bytes([row for row in CLEAN_RECORDS if row[3] not in ("304", "133")]))
    for name, finding in (("cut.csv", "row_cap (cut.csv): 10,000 records"), ("gone.csv", "partner_removed")):
        done = said(f"ingest {name} {DECLARED} --released-on 2025-07-21", tmp_path)
        assert (done.code, finding in done.out + done.err) == (3, True), done
    waiting = {kept.title: kept.release_id for kept in held.waiting(store)}
    listed = said("held", tmp_path)
    assert (listed.code, listed.out.splitlines()[-1]) == (0, "2 held")
    assert all(name in listed.out for name in [*waiting, *waiting.values()])
    assert said(f"reject {waiting['cut.csv']} {decision}", tmp_path).code == 0
    assert published() == before
    # Nor is a server started where none answers.
    monkeypatch.setattr("flows.cli.local_server.running_server", lambda: None)
    monkeypatch.setattr(subprocess, "Popen", None)
    done = said(f"approve {waiting['gone.csv']} {decision}", tmp_path)
    assert (done.code, done.out.strip().split(":")[0]) == (0, "published gone.csv")
    (row,) = query.query(store, "finding").filter(check="approved").to_dicts()
    assert (row["release_id"], row["observed"]) == (waiting["gone.csv"], "approved by Li Wei: compared with the site")
    trail = query.query(store, "lineage").filter(release_id=waiting["gone.csv"])
    assert "hold_on_errors" in trail["step"].to_list()
    assert said("held", tmp_path).out.strip() == "nothing is held"
    assert query.query(store, "release")["title"].sort().to_list() == ["gone.csv", "june.csv"]


def test_leading_zeros_survive_in_every_reader(horses: Path) -> None:
    folder = (horses / STORE / "current" / "trade_flow").resolve()
    plain = pl.scan_parquet(folder).collect()
    columns = ("product", "quantity_kg", "quantity_other", "quantity_other_unit", "value_usd")
    assert plain.select(columns).rows() == [("01012100", 1000.0, 2.0, "item", 20000.0)]
    asked = f"select product from read_parquet('{folder}/**/*.parquet', hive_partitioning=true)"
    assert duckdb.sql(asked).fetchall() == [("01012100",)]
    assert pandas.read_parquet(folder)["product"].tolist() == ["01012100"]


def test_a_dead_prefect_and_a_mute_openlineage_block_nothing(
    horses: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same snapshot, which includes the lineage of each step, as without the two, in bounded time."""
    (tmp_path / "alone").mkdir()
    began = time.monotonic()
    assert process(f"ingest {horses}/june.csv {DECLARED}", tmp_path / "alone").code == 0
    alone = time.monotonic() - began
    with socket.socket() as prefect, socket.socket() as openlineage:
        # Both take a call and never say a word: worse than a closed door.
        for mute in (prefect, openlineage):
            mute.bind(("127.0.0.1", 0))
            mute.listen()
        monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{prefect.getsockname()[1]}/api")
        monkeypatch.setenv("OPENLINEAGE_URL", f"http://127.0.0.1:{openlineage.getsockname()[1]}")
        began = time.monotonic()
        done = process(f"ingest {horses}/june.csv {DECLARED}", tmp_path)
        assert done.code == 0, done.err
        # Two patiences of 2 s, and what a busy machine may add.
        assert time.monotonic() - began < 2 * alone + 20
        openlineage.settimeout(0)
        openlineage.accept()[0].close()
        prefect.settimeout(0)
        with pytest.raises(BlockingIOError):
            prefect.accept()
    assert os.readlink(tmp_path / STORE / ".current") == os.readlink(horses / STORE / ".current")
    (told,) = (tmp_path / STORE / "lineage").glob("*.ndjson")
    jobs = [json.loads(line)["job"]["name"] for line in told.read_text().splitlines()]
    assert {"land", "publish", "report"} <= set(jobs)


def test_a_dry_run_goes_the_whole_way_and_leaves_everything_as_it_was(horses: Path, tmp_path: Path) -> None:
    tried = said(f"ingest {horses}/june.csv {DECLARED} --dry-run", tmp_path)
    assert (tried.code, tried.out.split(" june.csv")[0]) == (0, "would be published")
    assert [*tmp_path.iterdir()] == []
    assert os.readlink(horses / STORE / ".current").removeprefix(".snapshots/") in tried.out
    (tmp_path / "july.csv").write_bytes(QUERY.replace("202506", "202507").encode("gb18030"))
    before = {path: path.lstat() for path in (horses / "store").rglob("*")}
    again = said(f"ingest {tmp_path}/july.csv {DECLARED} --dry-run", horses)
    assert again.out.startswith("would be published july.csv")
    after = {path: path.lstat() for path in (horses / "store").rglob("*")}
    assert before.keys() == after.keys()
    assert all((was.st_ino, was.st_mtime_ns, was.st_size) == (after[path].st_ino, after[path].st_mtime_ns, after[path].st_size)
               for path, was in before.items())  # fmt: skip


@pytest.fixture(scope="module")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with a file of each of three months, and the name of the snapshot that a backfill of it makes."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "downloads").mkdir()
    (folder / "downloads" / "defaults.toml").write_text(ALL_PARTNERS)
    for month in range(1, 4):
        own = QUERY.replace("202506", f"2024{month:02d}").replace('"1000"', f'"{1000 + month}"')
        (folder / "downloads" / f"{month}.csv").write_bytes(own.encode("gb18030"))
        (folder / "downloads" / f"{month}.csv.toml").write_text(f"released_on = 2024-{month + 1:02d}-20\n")
    assert said("backfill downloads --no-prefect", folder).code == 0
    return folder / "downloads", os.readlink(folder / STORE / ".current")


INTERRUPTED = "interrupted what was published stands, and nothing is half published; run this again to go on"


@pytest.mark.parametrize(
    ("sent", "code", "says"),
    [(signal.SIGINT, 130, INTERRUPTED), (signal.SIGTERM, 143, INTERRUPTED), (signal.SIGKILL, -signal.SIGKILL, "")],
)
def test_what_is_ended_from_outside_publishes_nothing_half_and_goes_on_when_run_again(
    tmp_path: Path, downloads: tuple[Path, str], sent: signal.Signals, code: int, says: str
) -> None:
    folder, whole = downloads
    # A shell that starts tests next to other work has its children ignore Ctrl-C. In the middle of its way, with two files landed
    # and nothing published, it waits for the signal, which a busy machine may send late.
    waits = (
        "import signal; from flows.cli.app import app; from tasks.steps.listeners import listening\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "seen = []\n"
        "def wait(step):\n"
        "    seen.append(step)\n"
        "    if seen.count('parse') == 2: print('waits', flush=True); signal.pause()\n"
        "with listening(step=wait): app()"
    )
    command = f"backfill {folder} --no-prefect"
    running = subprocess.Popen(
        [sys.executable, "-c", waits, *command.split()], cwd=tmp_path, env={**os.environ, **SPOKEN}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert running.stdout is not None
    assert running.stdout.readline() == "waits\n"
    running.send_signal(sent)
    out, err = running.communicate(timeout=120)
    assert (running.returncode, out, " ".join(err.split())) == (code, "", says)
    assert not (tmp_path / STORE / "current").exists()
    assert len([*(tmp_path / STORE).glob(f"raw/*/{64 * '?'}.json")]) >= 2
    assert said(command, tmp_path).code == 0
    assert os.readlink(tmp_path / STORE / ".current") == whole
    again = said(command, tmp_path)
    assert (again.code, again.out.strip()) == (0, "Nothing new")


def test_a_reader_that_has_seen_enough_is_told_of_no_refusal(home: Path) -> None:
    """`tidewaiter revisions | head` said "refused [Errno 32] Broken pipe", and ended as if it were refused."""
    # What each command needs is imported once, and each is a process that is forked from there.
    program = """
import os, sys
from flows.cli.app import app
for asked in ("revisions", "read record_level", "resolve metric"):
    if not (child := os.fork()):
        ends = os.pipe()
        os.close(ends[0])
        os.dup2(ends[1], 1)
        sys.argv = ["tidewaiter", *asked.split()]
        app()
    print(asked, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=home, env={**os.environ, **SPOKEN}, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["revisions 141", "read record_level 141", "resolve metric 141"]
