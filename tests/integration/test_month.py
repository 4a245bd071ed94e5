"""A month as large as a real one, 0.3 million records, through everything: `make test-month`.

What other tests hold for small files is held here where columns have many row groups, portions are several and uploads
are large: the whole job next to its rivals with equal figures, plain readers, a store in a bucket, Dask workers. The
benchmarks are run as a reader of RESULTS.md would run them, and leave that file alone.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from distributed import Client
from s3_bucket import Customs

from benchmarks import dask_workers, generate, readers, results, whole
from tasks.store.bucket.s3_store import file_key
from tasks.store.files.readme import NO_TABLE_NAME
from tasks.store.files.snapshot import parse_manifest

ROOT = Path(__file__).parent.parent.parent
PEAK_MAX_MEBIBYTES = 12 * 1024

pytestmark = [
    pytest.mark.usefixtures("nothing_is_watched", "nothing_follows"),
    pytest.mark.month,
    # Of sockets that the loops of Dask leave to the interpreter.
    *(
        pytest.mark.filterwarnings(f"ignore::{kind}")
        for kind in ("ResourceWarning", "DeprecationWarning", "pytest.PytestUnraisableExceptionWarning")
    ),
]


def run(*module_and_options: str | Path) -> str:
    """What a program of ours says that ends well."""
    done = subprocess.run(
        [sys.executable, "-m", *map(str, module_and_options)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def table(printed: str) -> dict[str, list[str]]:
    """The table in what a benchmark says: the first cell of each row, and the others."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in printed.splitlines() if line.startswith("|")
    ]
    return {first: rest for first, *rest in rows[2:]}


@pytest.fixture(scope="module", autouse=True)
def results_stay() -> Iterator[None]:
    """And all programs take as many threads as there are cores, whatever the tests beside take."""
    before = results.RESULTS.read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("POLARS_MAX_THREADS", raising=False)
        yield
    assert results.RESULTS.read_bytes() == before


@pytest.fixture(scope="module")
def raced(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What the race with the quickest rival says, and the store of tidewaiter; `test_benchmark.py` has all rivals on
    fewer records."""
    store = tmp_path_factory.mktemp("kept") / "reporter=CHN"
    only = [word for name in ("tidewaiter", "polars") for word in ("--only", name)]
    return run("benchmarks.whole", "--size", "S", "--rounds", "1", "--keep", store, *only), store


@pytest.fixture(scope="module")
def manifest(raced: tuple[str, Path]) -> bytes:
    """The names, sizes and hashes of all files of the store."""
    return (raced[1] / ".current" / "manifest.json").read_bytes()


@pytest.fixture(scope="module")
def folder(raced: tuple[str, Path]) -> Path:
    """The files that were raced with."""
    return ROOT / generate.FOLDER / "S"


def test_both_contenders_make_the_same_figures(raced: tuple[str, Path]) -> None:
    printed, _ = raced
    assert re.search(r": 1 files, 300,\d{3} records, ", printed)
    rows = table(printed)
    assert {*rows} == {"tidewaiter", "polars"} <= {*whole.CONTENDERS}
    figures = {name: int(cells[-1].replace(",", "")) for name, cells in rows.items()}
    equal = re.search(r"^Equal in all contenders: ([\d,]+) rows", printed, re.MULTILINE)
    assert equal
    # The rivals make nothing else.
    assert figures["tidewaiter"] >= figures["polars"] == int(equal[1].replace(",", "")) > 2_000_000
    for name, cells in rows.items():
        assert 0 < int(cells[2].replace(",", "")) < PEAK_MAX_MEBIBYTES, name


def test_who_asks_for_one_product_reads_little_and_all_readers_say_the_same(raced: tuple[str, Path]) -> None:
    _, store = raced
    rows = table(run("benchmarks.readers", "--store", store, "--rounds", "1"))
    assert len(rows) == 2 * len(readers.QUESTIONS)
    for question, (found, groups, _, *shares_and_times) in rows.items():
        name = question.partition(":")[0]
        files = list((store / "current" / name).rglob("*.parquet"))
        read, there = map(int, groups.replace(",", "").split(" of "))
        # A large month of metric has a file for each portion of products.
        assert len(files) == (7 if name == "metric" else 1), question
        # A product may begin at the end of a row group, and a group that ends one measure and begins the next admits
        # every product.
        assert 1 <= read <= 4 < there, question
        assert int(found.replace(",", "")) > 0
        assert len(shares_and_times) == 2 + len(readers.READERS)
        share, with_footers = (float(text.rstrip("%")) / 100 for text in shares_and_times[:2])
        # Row groups have about the same size, and of those asked for only some columns are read.
        assert 0 < share < with_footers < 1, question
        assert share < 1.5 * read / there, question


def test_two_dask_workers_make_the_same_bytes_in_a_bucket(
    customs: Customs, folder: Path, manifest: bytes, tmp_path: Path
) -> None:
    url = customs.store()
    with dask_workers.cluster(2, tmp_path) as helped:
        dask_workers.do("2 workers", folder, url, tmp_path, {2: helped})
        with Client(helped.relay.address, set_as_default=False) as client:
            done = client.run(lambda dask_worker: dask_worker.state.executed_count)
    # One reads the file, and both derive.
    assert len(done) == 2
    assert min(done.values()) > 0
    printed = (tmp_path / "backfill.log").read_text()
    assert "published synthetic 202501" in printed
    assert "this process does the rest" not in printed
    # This proves every object by its hash.
    snapshot, _ = customs.current(url)
    assert customs.get(url, f"snapshots/{snapshot}/manifest.json") == manifest
    files = {key for key in customs.keys(url) if key.startswith(".files/")}
    named = parse_manifest(folder, snapshot, manifest, "the bucket").every
    assert files == {f".files/{NO_TABLE_NAME}", *map(file_key, named)}


def test_a_download_is_read_as_others_read_it() -> None:
    printed = run("benchmarks.parse", "--rounds", "1", "--megabytes", "10")
    assert "best of 1 rounds, all texts equal" in printed
    for name in ("pandas", "polars", "pyarrow", "tidewaiter"):
        assert re.search(rf"^{name} +[\d.]+ MB/s", printed, re.MULTILINE)


def test_month_after_month_makes_what_one_computation_makes(tmp_path: Path) -> None:
    months = generate.Size(date(2023, 1, 1), 4, 4, 1_170, 90, 25)
    generate.generate(months, tmp_path / "files")
    printed = run("benchmarks.monthly", "--short", "2", "--long", "4", "--rounds", "1", "--data", tmp_path / "files")
    assert re.search(
        r"^4 months ingested .*: [\d,]+ rows of metric, equal to one computation over all: True$", printed, re.MULTILINE
    )
    assert re.search(r"^month +4 onto +3: ", printed, re.MULTILINE)
