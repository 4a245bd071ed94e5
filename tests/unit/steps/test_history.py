"""The figures by series are those by month, follow every publication, and cost a release nothing where nobody asked for them."""

import itertools
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest
from bad_inputs.download import csv_bytes, magnets

from flows.backfill import backfill
from flows.release import from_bytes_to_tables
from schemas.forms.outcome import Outcome
from schemas.forms.request import ReleaseRequest
from schemas.forms.watch import BackfillRequest
from schemas.tables.metric import Metric
from tasks.domain.errors import DamagedStore, NothingPublished, StoreError
from tasks.steps import history
from tasks.steps.history import switch
from tasks.store.manifest import FileEntry
from tasks.store.month_writer import PendingFiles
from tasks.store.objects import bytes_on_disk
from tasks.store.parquet import read_derivation
from tasks.store.publish import exclusive
from tasks.store.snapshot import Snapshot, object_path, open_snapshot
from tasks.store.verify import audit_store
from tests.unit.customs import Store

MONTHS = ("202311", "202312", "202401", "202402", "202412", "202501")
DAY = date(2026, 1, 20)
KEYS = ["flow", "product", "partner", "measure", "period"]


def rows_of(month: str, kilograms: int = 0) -> bytes:
    weight = kilograms or 350_000 + (int(month) - 202_300) * 97
    return csv_bytes(
        [magnets(to, str(part * weight), f"{part * weight * 57:,}", month) for to, part in (("502", 1), ("304", 2))]
    )


class Downloads(Store):
    """A store into which the downloads of whole months come."""

    def month(self, month: str, kilograms: int = 0, day: date = DAY) -> Outcome:
        file = self.folder / f"{month}.csv"
        file.write_bytes(rows_of(month, kilograms))
        return from_bytes_to_tables(
            ReleaseRequest(file=file, store=self.store, source="gacc_query", flow="export", partners="all"), day
        )

    def switch(self, *, on: bool = True) -> Snapshot:
        with exclusive(self.store):
            return switch(self.store, on=on).snapshot


def ingested(folder: Path, months: tuple[str, ...] = MONTHS) -> Downloads:
    store = Downloads(folder)
    for month in months:
        store.month(month)
    return store


def files(snapshot: Snapshot) -> dict[str, list[FileEntry]]:
    """The files by series by their year."""
    return {
        year: [*same]
        for year, same in itertools.groupby(snapshot.entries("history"), lambda entry: entry.partition.split("/")[1])
    }


def assert_same_rows(snapshot: Snapshot) -> None:
    """What a reader finds in both folders is the same; `month` is in the path of one of them alone."""
    found = [
        duckdb.sql(
            f"select * exclude (year), year::int as year from read_parquet('{snapshot.path}/{table}/**/*.parquet', hive_partitioning = true)"
        ).pl()
        for table in ("metric", "history")
    ]
    by_month, by_series = (frame.drop("month", strict=False).sort(KEYS) for frame in found)
    assert by_month.height > 30
    assert by_series.select(by_month.columns).equals(by_month)
    assert pl.read_parquet(f"{snapshot.path}/history", hive_partitioning=True).height == by_month.height
    assert audit_store(snapshot.store) == []


def test_without_being_asked_for_there_are_none(tmp_path: Path) -> None:
    assert ingested(tmp_path).snapshot.entries("history") == ()


def test_years_that_are_over_lie_in_one_file_and_the_newest_as_it_was(tmp_path: Path) -> None:
    store = ingested(tmp_path)
    snapshot = store.switch()
    found = files(snapshot)
    assert [*found] == ["year=2023", "year=2024", "year=2025"]
    assert [len(some) for some in found.values()] == [1, 1, 1]
    of_metric = {entry.sha256: entry for entry in snapshot.entries("metric")}
    (newest,) = found["year=2025"]
    assert of_metric[newest.sha256].partition == "flow=export/year=2025/month=1"
    (closed,) = found["year=2024"]
    assert closed.sha256 not in of_metric
    months = [entry for entry in snapshot.entries("metric") if "year=2024" in entry.partition]
    assert closed.rows == sum(entry.rows for entry in months)
    made_of = read_derivation(str(snapshot.path / closed.path))["metric"]
    assert made_of == {entry.partition.split("/")[2]: entry.sha256 for entry in months}
    read = pl.read_parquet(snapshot.path / closed.path, hive_partitioning=False)
    assert read.equals(read.sort("product", "partner", "measure", "period"))
    assert_same_rows(snapshot)


def test_a_second_time_nothing_changes(tmp_path: Path) -> None:
    store = ingested(tmp_path)
    assert store.switch().id == store.switch().id == store.snapshot.id


def test_they_follow_the_next_month_and_the_next_year(tmp_path: Path) -> None:
    store = ingested(tmp_path, MONTHS[:3])
    before = files(store.switch())
    store.month("202402")
    after = files(store.snapshot)
    assert after["year=2023"] == before["year=2023"]
    assert [*map(len, after.values())] == [1, 2]
    assert before["year=2024"][0] in after["year=2024"]
    assert_same_rows(store.snapshot)
    store.month("202501")
    last = files(store.snapshot)
    assert last["year=2023"] == before["year=2023"]
    assert [*map(len, last.values())] == [1, 1, 1]
    assert last["year=2024"][0] not in after["year=2024"]
    assert_same_rows(store.snapshot)


def test_a_correction_writes_the_years_again_that_it_changes(tmp_path: Path) -> None:
    store = ingested(tmp_path)
    before = files(store.switch())
    store.month("202402", 351_500, date(2026, 1, 28))
    after = files(store.snapshot)
    assert after["year=2023"] == before["year=2023"]
    assert after["year=2024"] != before["year=2024"]
    assert_same_rows(store.snapshot)


def test_a_withdrawn_year_opens_the_one_before(tmp_path: Path) -> None:
    store = ingested(tmp_path, MONTHS[:3])
    january = store.snapshot.about["releases"]
    store.switch()
    newest = store.month("202401").release_id
    assert newest in january
    store.withdraw(newest, date(2026, 1, 29))
    assert_same_rows(store.snapshot)


@pytest.mark.parametrize("order", [MONTHS[::-1], (*MONTHS[2:], *MONTHS[:2])])
def test_the_way_there_does_not_matter(tmp_path: Path, order: tuple[str, ...]) -> None:
    """Switched on at the end or at the beginning, month by month in any order or as a batch: the same files."""
    expected = ingested(tmp_path / "end").switch().entries("history")
    begun = ingested(tmp_path / "begin", order[:1])
    begun.switch()
    for month in order[1:]:
        begun.month(month)
    assert begun.snapshot.entries("history") == expected
    batch = ingested(tmp_path / "batch", order[:1])
    batch.switch()
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "defaults.toml").write_text('source = "gacc_query"\nflow = "export"\npartners = "all"\n')
    for month in order[1:]:
        (inbox / f"{month}.csv").write_bytes(rows_of(month))
        (inbox / f"{month}.csv.toml").write_text("released_on = 2026-01-20\n")
    report = backfill.fn(BackfillRequest(folder=inbox, store=batch.store))
    assert {taken.outcome for taken in report.taken} == {"published"}
    assert batch.snapshot.entries("history") == expected


def test_they_are_left_out_again(tmp_path: Path) -> None:
    store = ingested(tmp_path)
    others = store.snapshot.files
    store.switch()
    snapshot = store.switch(on=False)
    assert snapshot.files == others
    store.month("202502")
    assert store.snapshot.entries("history") == ()


def test_nothing_is_made_of_a_damaged_file(tmp_path: Path) -> None:
    store = ingested(tmp_path)
    snapshot = store.snapshot
    entry = next(entry for entry in snapshot.entries("metric") if "year=2023" in entry.partition)
    damaged = object_path(snapshot.store, entry.sha256)
    damaged.chmod(0o644)
    data = damaged.read_bytes()
    damaged.write_bytes(data[:-20] + bytes(20))
    with pytest.raises(DamagedStore, match="missing or damaged"):
        store.switch()
    assert store.snapshot.id == snapshot.id


def test_a_year_that_is_lost_stops_a_release_and_the_refusal_says_what_writes_it_again(tmp_path: Path) -> None:
    store = ingested(tmp_path)
    snapshot = store.switch()
    (closed,) = files(snapshot)["year=2023"]
    object_path(snapshot.store, closed.sha256).unlink()
    with pytest.raises(DamagedStore, match=r"Run tidewaiter compact --undo and then tidewaiter compact"):
        store.month("202502")
    assert store.snapshot.id == snapshot.id
    store.switch(on=False)
    store.switch()
    store.month("202502")
    assert_same_rows(store.snapshot)


def test_bytes_that_a_killed_run_left_half_are_not_taken(tmp_path: Path) -> None:
    store = ingested(tmp_path, MONTHS[:1]).snapshot
    (entry,) = store.entries("metric")
    left = store.store / "tmp" / f"{entry.sha256}.parquet"
    left.write_bytes(b"PAR1")
    assert bytes_on_disk(store.store, entry.sha256) == object_path(store.store, entry.sha256)
    object_path(store.store, entry.sha256).rename(tmp_path / "aside")
    with pytest.raises(DamagedStore):
        bytes_on_disk(store.store, entry.sha256)
    left.write_bytes((tmp_path / "aside").read_bytes())
    assert bytes_on_disk(store.store, entry.sha256) == left


def test_figures_of_another_version_must_be_made_again_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = ingested(tmp_path, MONTHS[:1])
    monkeypatch.setattr(history, "schema_sha256", lambda model: "0" * 64)
    with pytest.raises(StoreError, match="1 file of the table metric: written by another version"):
        store.switch()


def test_an_empty_store_has_nothing_to_publish(tmp_path: Path) -> None:
    with exclusive(tmp_path), pytest.raises(NothingPublished, match="nothing is published here yet"):
        switch(tmp_path, on=True)
    assert open_snapshot(tmp_path) is None
    assert history.follow(tmp_path, None, [], PendingFiles.of(Metric)).carried == []
