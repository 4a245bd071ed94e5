"""A store whose disk has changed a bit: nothing is derived from what is damaged, and what the message advises mends it."""

import io
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from bad_inputs.download import csv_bytes, in_month
from pyarrow import parquet

from flows.cli.app import app
from flows.release import ingest as ingest_release
from schemas.forms.outcome import Outcome
from schemas.forms.request import ReleaseRequest
from schemas.store_address import COPY_NOTE
from tasks.domain.errors import DamagedStore
from tasks.reports import query
from tasks.reports.query import open_published
from tasks.store.manifest import FileEntry
from tasks.store.snapshot import object_path
from tasks.store.verify import audit_store
from tasks.store.verify_on_read import prove
from tests.copied_store import copied

TODAY = date(2025, 8, 1)
DAYS = {"202406": date(2024, 7, 20), "202505": date(2025, 6, 20), "202506": date(2025, 7, 20)}
# On the way of the release of June 2025: what it derives from, is judged by, or carries on.
READ = (
    "record_level/flow=export/year=2025/month=5", "observation/flow=export/year=2024/month=6", "observation/flow=export/year=2025/month=5",
    "release",
)  # fmt: skip
Ingest = Callable[[Path, str], Outcome]


@pytest.fixture(scope="module")
def ingest(tmp_path_factory: pytest.TempPathFactory) -> Ingest:
    def ingest(store: Path, month: str) -> Outcome:
        file = tmp_path_factory.getbasetemp() / f"{month}.csv"
        file.write_bytes(csv_bytes(in_month(month)))
        request = ReleaseRequest(
            file=file, store=store, source="gacc_query", flow="export", partners="all", released_on=DAYS[month]
        )
        return ingest_release(request, TODAY)

    return ingest


@pytest.fixture(scope="module")
def may(ingest: Ingest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of May 2025."""
    store = tmp_path_factory.mktemp("may") / "reporter=CHN"
    ingest(store, "202505")
    return store


@pytest.fixture(scope="module")
def two_months(ingest: Ingest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of June 2024, then of May 2025."""
    store = tmp_path_factory.mktemp("two") / "reporter=CHN"
    ingest(store, "202406")
    ingest(store, "202505")
    return store


def _hashes(store: Path) -> dict[str, str]:
    return {entry.path: entry.sha256 for entry in open_published(store).files}


def _entry(store: Path, beginning: str) -> FileEntry:
    return next(entry for entry in open_published(store).files if entry.path.startswith(f"_{beginning}/"))


def _flip_a_silent_bit(path: Path) -> None:
    """One after which the file reads as well as before, and says something else; else one in the middle."""
    path.chmod(0o644)
    whole = path.read_bytes()
    said = pl.read_parquet(whole)
    for place in range(4, 200):
        data = bytearray(whole)
        data[place] ^= 4
        try:
            other = pl.read_parquet(bytes(data))
        except BaseException:  # the reader panics over some
            continue
        if not other.equals(said):
            break
    # In place, because the file of the snapshot is another name of the object.
    with path.open("r+b") as file:
        file.write(data)


@pytest.mark.parametrize("beginning", READ)
def test_a_release_derives_nothing_from_a_damaged_file(
    tmp_path: Path, two_months: Path, ingest: Ingest, beginning: str
) -> None:
    store = copied(two_months, tmp_path)
    before = open_published(store)
    entry = _entry(store, beginning)
    _flip_a_silent_bit(object_path(store, entry.sha256))
    with pytest.raises(DamagedStore, match=f"{entry.path}: found sha256 .* expected sha256 {entry.sha256}"):
        ingest(store, "202506")
    assert open_published(store).id == before.id


def test_what_is_advised_mends_it_and_then_the_release_is_what_it_would_have_been(
    tmp_path: Path, may: Path, ingest: Ingest
) -> None:
    store, whole = copied(may, tmp_path), copied(may, tmp_path, "whole")
    state, detail = _entry(store, READ[0]), _entry(store, "detail")
    # A file of a month: the release of that month again.
    _flip_a_silent_bit(object_path(store, state.sha256))
    assert "ingest the release of this month again" in audit_store(store)[0].advice
    assert ingest(store, "202505").status == "nothing new"
    assert audit_store(store) == []
    # A file of a release: from a store into which the same releases went.
    damaged = object_path(store, detail.sha256)
    _flip_a_silent_bit(damaged)
    assert "from one into which the same releases are ingested" in audit_store(store)[0].advice
    damaged.write_bytes(object_path(whole, detail.sha256).read_bytes())
    assert audit_store(store) == []
    for folder in (store, whole):
        assert ingest(folder, "202506").status == "published"
    assert _hashes(store) == _hashes(whole)


def test_a_working_copy_that_is_damaged_is_to_be_deleted(tmp_path: Path, may: Path) -> None:
    store = copied(may, tmp_path)
    _flip_a_silent_bit(object_path(store, _entry(store, READ[0]).sha256))
    (store / COPY_NOTE).write_text(json.dumps({"url": "s3://customs/store", "endpoint": "", "held": {}}))
    with pytest.raises(DamagedStore, match=f"delete {store}, and it is fetched again"):
        prove(open_published(store), "record_level")


def _flip_a_level(store: Path) -> tuple[str, float, float]:
    """Damage the file of metric of June 2025 so that it reads as well as before and the world's level is another: the path of
    the file, the level before and after."""
    entry = _entry(store, "metric/flow=export/year=2025/month=6")
    path = object_path(store, entry.sha256)
    whole = path.read_bytes()

    def level(data: bytes) -> float:
        # PyArrow says no where Polars panics.
        rows = pl.DataFrame(parquet.read_table(io.BytesIO(data), columns=["product", "partner", "measure", "level"]))
        return float(rows.filter(product="85051110", partner="WLD", measure="quantity_kg")["level"].item())

    before = level(whole)
    group = parquet.read_metadata(io.BytesIO(whole)).row_group(0)
    column = next(part for part in map(group.column, range(group.num_columns)) if part.path_in_schema == "level")
    begin = column.dictionary_page_offset or column.data_page_offset
    path.chmod(0o644)
    for place in range(begin, begin + column.total_compressed_size):
        data = bytearray(whole)
        data[place] ^= 4
        try:
            after = level(bytes(data))
        except (OSError, ValueError):
            continue
        if after != before:
            with path.open("r+b") as file:
                file.write(data)
            return entry.path, before, after
    raise AssertionError("no bit of the file changes the level and nothing else")


def test_a_figure_of_a_damaged_file_is_told_to_nobody(
    tmp_path: Path, may: Path, ingest: Ingest, capsys: pytest.CaptureFixture[str]
) -> None:
    store = copied(may, tmp_path)
    ingest(store, "202506")
    path, before, after = _flip_a_level(store)
    # The file reads as well as before, and says another number.
    plain = pl.read_parquet(open_published(store).path / path).filter(
        product="85051110", partner="WLD", measure="quantity_kg"
    )
    assert (plain["level"].item(), before == after) == (after, False)
    claims = tmp_path / "printed.csv"
    claims.write_text(
        "commodity,flow,partner,period,metric,value,unit\nrare earth magnets,export,World,2025-06,level_t,1,t\n"
    )
    snapshot = open_published(store).id
    of_it = ["85051110", "--store", str(store)]
    for asked in (
        ["read", *of_it, "--month", "2025-06"],
        ["read", *of_it, "--format", "csv", "--output", str(tmp_path / "told.csv")],
        ["trace", *of_it, "--partner", "WLD", "--month", "2025-06", "--metric", "level"],
        ["brief", *of_it, "--month", "2025-06", "--output", str(tmp_path / "brief.html")],
        ["plot", *of_it, "--output", str(tmp_path / "told.png")],
        ["claims", "check", str(claims), "--store", str(store), "--publish"],
        ["claims", "check", str(claims), "--store", str(store)],
    ):
        with pytest.raises(SystemExit) as ended:
            app(asked)
        told = capsys.readouterr()
        assert (ended.value.code, told.out) == (2, ""), asked
        assert f"{path}: found sha256" in told.err
        assert "ingest the release of this month again" in told.err
    assert open_published(store).id == snapshot
    assert not [*tmp_path.glob("told.*"), *tmp_path.glob("brief.*"), *store.glob("reports/*")]
    # What does not lie in that file is told as ever.
    with pytest.raises(SystemExit) as ended:
        app(["read", *of_it, "--month", "2025-05", "--format", "csv"])
    assert (ended.value.code, capsys.readouterr().out.count("2025-05-01") > 0) == (0, True)


def test_of_what_takes_too_long_to_hash_a_person_is_told_so(
    tmp_path: Path, may: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = copied(may, tmp_path)
    monkeypatch.setattr(query, "PROVED_BYTES_MAX", 10)
    with pytest.raises(SystemExit) as ended:
        app(["trace", "85051110", "--partner", "WLD", "--month", "2025-05", "--metric", "level", "--store", str(store)])  # fmt: skip
    told = capsys.readouterr().err
    assert ended.value.code == 0
    # Once, whatever many tables are read.
    assert told.count("are read without verification: with those before them") == 1
    assert "tidewaiter audit verifies them" in told
