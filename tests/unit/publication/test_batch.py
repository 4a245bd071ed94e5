"""Files of a folder that are published together make the store that they make one by one."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from bad_inputs.download import csv_bytes, magnets
from hypothesis import given
from hypothesis import strategies as st

from flows import watch
from flows.backfill import backfill
from flows.ingestion import publish_batch
from flows.watch import take
from schemas.forms.watch import BackfillRequest, InboxState, WatchReport
from tasks.domain.errors import BucketError
from tasks.publication import batch
from tasks.steps import recording
from tasks.store.files.snapshot import Snapshot, open_snapshot
from tasks.store.files.verify import audit_store
from tests.dated import list_snapshots
from tests.draws import draws

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

# What depends on the way: a batch takes some steps for all of its releases, and findings compare with what came before.
OF_THE_WAY = ("lineage", "finding")
NOTHING_ELSE: dict[str, Any] = {"unsettled": [], "later": [], "held": [], "refused": [], "published": 0}


def downloads(folder: Path, months: list[str], base: int = 350_000) -> Path:
    """A folder of a download for each month, with magnets that are under control; the third month is also revised."""
    folder.mkdir()
    (folder / "defaults.toml").write_text('source = "gacc_query"\nflow = "export"\npartners = "all"\n')
    for place, month in enumerate(months):
        written(folder, f"{month}.csv", of_month(month, base + 1_000 * place), date(2026, 1, 20))
    written(folder, "revised.csv", of_month(months[2], base + 2_500), date(2026, 1, 28))
    return folder


def of_month(month: str, kilograms: int) -> list[tuple[str, ...]]:
    """Magnets to three partners, at one price."""
    shares = (("502", 1), ("304", 2), ("344", 3))
    return [magnets(to, str(part * kilograms), f"{part * kilograms * 57:,}", month) for to, part in shares]


def written(folder: Path, name: str, rows: list[tuple[str, ...]], day: date) -> None:
    (folder / name).write_bytes(csv_bytes(rows))
    (folder / f"{name}.toml").write_text(f"released_on = {day}\n")


def fill(folder: Path, store: Path) -> WatchReport:
    return backfill.fn(BackfillRequest(folder=folder, store=store))


def hashes(store: Path) -> dict[tuple[str, str, str], str]:
    snapshot = open_snapshot(store)
    assert isinstance(snapshot, Snapshot)
    return {
        (entry.table, entry.partition, entry.path): entry.sha256
        for entry in snapshot.files
        if entry.table not in OF_THE_WAY
    }


MONTHS = ["202311", "202312", "202401", "202403", "202407"]


@pytest.fixture(scope="module")
def one_by_one(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str, str], str]:
    folder = tmp_path_factory.mktemp("alone")
    files = downloads(folder / "files", MONTHS)
    ready = [files / f"{month}.csv" for month in MONTHS] + [files / "revised.csv"]
    report = take(InboxState(ready=ready, **NOTHING_ELSE), folder / "reporter=CHN", dry_run=False)
    assert [row.outcome for row in report.taken] == ["published"] * 6
    assert len(list_snapshots(folder / "reporter=CHN")) == 6
    return hashes(folder / "reporter=CHN")


@draws(4)
@given(size=st.integers(1, 7), order=st.permutations(range(5)))
def test_batches_of_any_size_in_any_order_make_the_same_store(
    one_by_one: dict[tuple[str, str, str], str], tmp_path_factory: pytest.TempPathFactory, size: int, order: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("together")
    files = downloads(folder / "files", MONTHS)
    ready = [*(files / f"{MONTHS[place]}.csv" for place in order), files / "revised.csv"]
    looked = InboxState(ready=ready, **NOTHING_ELSE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch, "FILES_MAX", size)
        report = take(looked, folder / "reporter=CHN", dry_run=False, together=True)
    assert [(row.file, row.outcome) for row in report.taken] == [(file, "published") for file in ready]
    assert len(list_snapshots(folder / "reporter=CHN")) == -(-len(ready) // size)
    assert hashes(folder / "reporter=CHN") == one_by_one
    assert audit_store(folder / "reporter=CHN") == []


def test_where_somebody_else_published_meanwhile_the_files_are_taken_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, store = downloads(tmp_path / "files", MONTHS[:3]), tmp_path / "reporter=CHN"
    other = downloads(tmp_path / "other", ["202401", "202402", "202405"], base=410_000)
    publish = publish_batch

    def outpaced(*given: Any) -> Any:
        looked = InboxState(ready=[other / "202402.csv"], **NOTHING_ELSE)
        assert take(looked, store, dry_run=False).outcomes[0].status == "published"
        return publish(*given)

    monkeypatch.setattr(watch, "publish_batch", outpaced)
    report = fill(files, store)
    assert [row.outcome for row in report.taken] == ["published"] * 4
    assert len(list_snapshots(store)) == 5
    assert audit_store(store) == []


def test_a_large_file_goes_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files, store = downloads(tmp_path / "files", MONTHS), tmp_path / "reporter=CHN"
    more = [*of_month("202401", 352_000), magnets("133", "7000", "399,000", "202401")]
    written(files, "202401.csv", more, date(2026, 1, 20))
    ready = [files / f"{month}.csv" for month in MONTHS]
    monkeypatch.setattr(watch, "FILE_BYTES_MAX", (files / "202401.csv").stat().st_size - 1)
    report = take(InboxState(ready=ready, **NOTHING_ELSE), store, dry_run=False, together=True)
    # Two months before it, the large one, two months after it.
    assert [outcome.snapshot_id[:6] for outcome in report.outcomes] == ["000001"] * 2 + ["000002"] + ["000003"] * 2


def test_a_store_that_cannot_be_opened_ends_the_run_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, store = downloads(tmp_path / "files", MONTHS[:3]), tmp_path / "reporter=CHN"

    def refuses(address: object) -> Path:
        raise BucketError("s3://customs/store/current.json: GET failed: 403")

    for module in (watch, recording):
        monkeypatch.setattr(module, "at_hand", refuses)
    report = fill(files, store)
    assert (report.outcomes, len(report.left)) == ([], 4)
    assert report.stopped.startswith("s3://customs/store/current.json: GET failed")


def test_a_file_that_is_published_already_changes_nothing_and_names_the_state_that_has_it(tmp_path: Path) -> None:
    files, store = downloads(tmp_path / "files", MONTHS[:3]), tmp_path / "reporter=CHN"
    ready = [files / f"{MONTHS[0]}.csv"]
    first = take(InboxState(ready=ready, **NOTHING_ELSE), store, dry_run=False, together=True).outcomes
    again = take(InboxState(ready=ready, **NOTHING_ELSE), store, dry_run=False, together=True).outcomes
    assert [outcome.status for outcome in (*first, *again)] == ["published", "nothing new"]
    assert again[0].snapshot_id == first[0].snapshot_id == list_snapshots(store)[0].id
    assert len(list_snapshots(store)) == 1
    assert [*(store / "tmp").iterdir()] == []


def test_copies_of_a_file_in_a_new_store_change_nothing_and_name_the_state_that_has_it(tmp_path: Path) -> None:
    files, store = downloads(tmp_path / "files", MONTHS[:3]), tmp_path / "reporter=CHN"
    for number in (1, 2):
        written(files, f"{MONTHS[0]}_{number}.csv", of_month(MONTHS[0], 350_000), date(2026, 1, 20 + number))
    report = fill(files, store)
    assert [row.outcome for row in report.taken] == ["published"] * 3 + ["nothing new"] * 2 + ["published"]
    (only,) = list_snapshots(store)
    assert {outcome.snapshot_id for outcome in report.outcomes} == {only.id}
    alone = tmp_path / "alone" / "reporter=CHN"
    fill(downloads(tmp_path / "once", MONTHS[:3]), alone)
    assert hashes(store) == hashes(alone)
    assert audit_store(store) == []


@pytest.mark.parametrize(("size", "order"), [(1, 1), (1, -1), (2, -1)])
def test_months_without_figures_have_no_files_of_doubts_in_any_order(tmp_path: Path, size: int, order: int) -> None:
    folder, stores = downloads(tmp_path / "files", ["202408", "202508", "202507"]), [tmp_path / "a", tmp_path / "b"]
    ready = [folder / f"{month}.csv" for month in ("202408", "202508")]
    for store, most, files in zip(stores, (2, size), (ready, ready[::order]), strict=True):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(batch, "FILES_MAX", most)
            take(InboxState(ready=files, **NOTHING_ELSE), store / "reporter=CHN", dry_run=False, together=True)
    together, other = (hashes(store / "reporter=CHN") for store in stores)
    assert other == together
    with_figures, with_doubts = ({key[1] for key in other if key[0] == table} for table in ("metric", "doubt"))
    assert with_doubts == with_figures == {"flow=export/year=2024/month=8", "flow=export/year=2025/month=8"}
