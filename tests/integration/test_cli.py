"""The commands of a person on the sample, in processes of their own where it matters: what is printed, and the exit
codes."""

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
from pathlib import Path

import pytest
from bad_inputs.download import CLEAN_RECORDS, csv_bytes, distinct_records
from bad_inputs.download import downloads as downloads_of
from commands import SPOKEN, STORE, Said, said

from flows.cli.releases.ingest import SAMPLE
from tasks.inbox import held
from tasks.reading import query
from tasks.store.files.filesystem import FileSystem
from tests.copied_store import copied
from tests.faults.world import flip_byte

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

ROOT = Path(__file__).parent.parent.parent
FIGURES = ("353", "+660.8", "3,188", "+157.5", "-38.1*", "22,319", "-18.9")
QUERY = (
    '"数据年月","商品编码","商品名称","贸易伙伴编码","贸易伙伴名称","第一数量","第一计量单位","第二数量","第二计量单位","美元",\n'
    '"202506","01012100","改良种用马","502","美国","1000","千克","2","匹","20,000",\n'.replace("匹", "头")
)
DECLARED = "--source gacc_query --flow export --partners all --no-prefect"


def process(command: str, cwd: Path) -> Said:
    """A command in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tidewaiter", *shlex.split(command)],
        cwd=cwd,
        env={**os.environ, **SPOKEN},
        capture_output=True,
        text=True,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


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
    """A folder with june.csv, one record of a code that begins with a zero, and the store into which it was
    ingested."""
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
    for words in (
        "record 34 of",
        "https://www.timeslive.co.za/news/world/2025-07-20",
        "implies a base of 5,146,086 to 5,154,406",
        "store/reporter=CHN/current/<table>",
    ):
        assert words in traces


def test_the_python_of_the_documentation_runs_as_it_is_written(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)
    assert len(blocks) >= 6
    # Two of them read what these commands of the same pages write.
    for words in ("export sdmx --reporter CHN --output folder", "catalog iceberg --store store"):
        assert said(words, home).code == 0, words
    # One reads a table that a reader gets elsewhere: a stand-in of a row.
    (home / "HS2022toBEC.csv").write_text("HS 2022,BEC 4\n850511,22\n", encoding="utf-8")
    (home / "reference").mkdir()
    for block in blocks:
        exec(compile(block.replace("s3://customs/store", "store"), "README.md", "exec"), {})


def test_what_a_disk_says_no_with_is_a_sentence_that_says_what_to_do(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What to do about each error: `tests/unit/store/files/test_diagnose.py`."""

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


@pytest.mark.parametrize("command", ["watch --inbox none", "backfill none"])
def test_no_folder_is_said_before_a_run_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    """Within a run of a server the log would print a traceback above the line."""

    def never() -> str:
        raise AssertionError("a run began")

    monkeypatch.setattr("flows.cli.server.local_server.running_server", never)
    done = said(command, tmp_path)
    assert (done.code, "none: there is no such folder" in done.err) == (2, True), done
    (tmp_path / "none").write_text("a file")
    done = said(command, tmp_path)
    assert (done.code, "none: a file. Give the folder" in done.err) == (2, True), done


def test_the_sample_passes_its_audit_and_a_flipped_byte_is_named(home: Path, tmp_path: Path) -> None:
    copied(home / "store", tmp_path)
    passed = said("audit", tmp_path)
    assert (passed.code, "25 figures traced back" in passed.out) == (0, True)
    victim = flip_byte(max((tmp_path / STORE / ".objects").rglob("*.parquet"), key=lambda path: path.stat().st_size))
    failed = said("audit", tmp_path)
    assert (failed.code, victim.name[:16] in failed.err) == (1, True)


def test_what_is_held_is_decided_about_by_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That a rejection leaves every published byte: `tests/unit/inbox/test_held.py`."""
    decision, store = "--by 'Li Wei' --reason 'compared with the site'", tmp_path / STORE
    (tmp_path / "june.csv").write_bytes(csv_bytes(CLEAN_RECORDS))
    assert said(f"ingest june.csv {DECLARED} --released-on 2025-07-20", tmp_path).code == 0
    (tmp_path / "cut.csv").write_bytes(csv_bytes(distinct_records(10_000)))
    (tmp_path / "gone.csv").write_bytes(csv_bytes([row for row in CLEAN_RECORDS if row[3] not in ("304", "133")]))
    for name, finding in (("cut.csv", "row_cap (the file): 10,000 records"), ("gone.csv", "partner_removed")):
        done = said(f"ingest {name} {DECLARED} --released-on 2025-07-21", tmp_path)
        assert (done.code, finding in done.out + done.err) == (3, True), done
    waiting = {kept.title: kept.release_id for kept in held.waiting(store)}
    listed = said("held", tmp_path)
    assert (listed.code, listed.out.splitlines()[-1]) == (0, "2 held")
    assert all(name in listed.out for name in [*waiting, *waiting.values()])
    assert said(f"reject {waiting['cut.csv']} {decision}", tmp_path).code == 0
    # Nor is a server started where none answers.
    monkeypatch.setattr("flows.cli.server.local_server.running_server", lambda: None)
    monkeypatch.setattr(subprocess, "Popen", None)
    done = said(f"approve {waiting['gone.csv']} {decision}", tmp_path)
    assert (done.code, done.out.strip().split(":")[0]) == (0, "published gone.csv")
    assert said("held", tmp_path).out.strip() == "nothing is held"
    assert query.query(store, "release")["title"].sort().to_list() == ["gone.csv", "june.csv"]


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


def test_a_dry_run_goes_the_whole_way_and_leaves_nothing(horses: Path, tmp_path: Path) -> None:
    tried = said(f"ingest {horses}/june.csv {DECLARED} --dry-run", tmp_path)
    assert (tried.code, tried.out.split(" june.csv")[0]) == (0, "would be published")
    assert [*tmp_path.iterdir()] == []
    assert os.readlink(horses / STORE / ".current").removeprefix(".snapshots/") in tried.out


@pytest.fixture(scope="module")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with a file of each of three months, and the name of the snapshot that a backfill of it makes."""
    folder, files = tmp_path_factory.mktemp("whole"), {}
    for month in range(1, 4):
        own = QUERY.replace("202506", f"2024{month:02d}").replace('"1000"', f'"{1000 + month}"')
        files[f"{month}.csv"] = (own.encode("gb18030"), f"2024-{month + 1:02d}-20")
    downloads_of(folder / "downloads", files)
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
    # A shell that starts tests next to other work has its children ignore Ctrl-C. In the middle of its way, with two
    # files landed and nothing published, it waits for the signal, which a busy machine may send late.
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
        [sys.executable, "-c", program],
        cwd=home,
        env={**os.environ, **SPOKEN},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["revisions 141", "read record_level 141", "resolve metric 141"]
