"""A store whose disk has changed a bit: nothing is derived from what is damaged, and what the message advises mends
it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli.app import app
from schemas.store_address import COPY_NOTE
from tasks.domain.errors import DamagedStore
from tasks.reading import query
from tasks.reading.query import open_published
from tasks.store.files.manifest import FileEntry
from tasks.store.files.snapshot import object_path
from tasks.store.files.verify import audit_store
from tasks.store.places.verify_on_read import prove
from tests.copied_store import copied
from tests.faults.world import flip_byte
from tests.unit.customs import ingest_month

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

# On the way of the release of June 2025: what it derives from, is judged by, or carries on.
READ = (
    "record_level/flow=export/year=2025/month=5",
    "observation/flow=export/year=2024/month=6",
    "observation/flow=export/year=2025/month=5",
    "release",
)


def _entry(store: Path, beginning: str) -> FileEntry:
    return next(entry for entry in open_published(store).files if entry.path.startswith(f"_{beginning}/"))


@pytest.mark.parametrize("beginning", READ)
def test_a_release_derives_nothing_from_a_damaged_file(tmp_path: Path, two_months: Path, beginning: str) -> None:
    store = copied(two_months, tmp_path)
    before = open_published(store)
    entry = _entry(store, beginning)
    flip_byte(object_path(store, entry.sha256))
    with pytest.raises(DamagedStore, match=f"{entry.path}: found sha256 .* expected sha256 {entry.sha256}"):
        ingest_month(store, "202506")
    assert open_published(store).id == before.id


def test_what_is_advised_mends_it_and_then_the_release_is_what_it_would_have_been(
    tmp_path: Path, two_months: Path
) -> None:
    store, whole = copied(two_months, tmp_path), copied(two_months, tmp_path, "whole")
    state, detail = _entry(store, READ[0]), _entry(store, "detail")
    # A file of a month: the release of that month again.
    flip_byte(object_path(store, state.sha256))
    assert "ingest the release of this month again" in audit_store(store)[0].advice
    assert ingest_month(store, "202505").status == "nothing new"
    assert audit_store(store) == []
    # A file of a release: from a store into which the same releases went.
    damaged = object_path(store, detail.sha256)
    flip_byte(damaged)
    assert "from one into which the same releases are ingested" in audit_store(store)[0].advice
    damaged.write_bytes(object_path(whole, detail.sha256).read_bytes())
    assert audit_store(store) == []
    for folder in (store, whole):
        assert ingest_month(folder, "202506").status == "published"
    assert open_published(store).files == open_published(whole).files


def test_a_working_copy_that_is_damaged_is_to_be_deleted(tmp_path: Path, two_months: Path) -> None:
    store = copied(two_months, tmp_path)
    flip_byte(object_path(store, _entry(store, READ[0]).sha256))
    (store / COPY_NOTE).write_text(json.dumps({"url": "s3://customs/store", "endpoint": "", "held": {}}))
    with pytest.raises(DamagedStore, match=f"delete {store}, and it is fetched again"):
        prove(open_published(store), "record_level")


def test_a_figure_of_a_damaged_file_is_told_to_nobody(tmp_path: Path, two_months: Path) -> None:
    store = copied(two_months, tmp_path)
    ingest_month(store, "202506")
    path = _entry(store, "metric/flow=export/year=2025/month=6").path
    flip_byte(open_published(store).path / path)
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
        told = CliRunner().invoke(app, asked)
        assert (told.exit_code, told.stdout) == (2, ""), asked
        assert f"{path}: found sha256" in told.stderr
        assert "ingest the release of this month again" in told.stderr
    assert open_published(store).id == snapshot
    assert not [*tmp_path.glob("told.*"), *tmp_path.glob("brief.*"), *store.glob("reports/*")]
    # What does not lie in that file is told as ever.
    told = CliRunner().invoke(app, ["read", *of_it, "--month", "2025-05", "--format", "csv"])
    assert (told.exit_code, "2025-05-01" in told.stdout) == (0, True)


def test_of_what_takes_too_long_to_hash_a_person_is_told_so(
    tmp_path: Path, two_months: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = copied(two_months, tmp_path)
    monkeypatch.setattr(query, "PROVED_BYTES_MAX", 10)
    told = CliRunner().invoke(
        app, ["trace", "85051110", "--partner", "WLD", "--month", "2025-05", "--metric", "level", "--store", str(store)]
    )
    assert told.exit_code == 0
    # Once, whatever many tables are read.
    assert told.stderr.count("are read without verification: with those before them") == 1
    assert "tidewaiter audit verifies them" in told.stderr
