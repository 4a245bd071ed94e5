"""A scan has the rows and types of `read`, of one published state, and reads of the files what a query needs."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import tidewaiter
from schemas.names import TABLES
from schemas.table import readers_schema, stored_columns
from tasks.analysis.mirror.publication import publish_pair
from tasks.domain.errors import NothingPublished, StoreError
from tasks.reading.query import open_published, query, table_on
from tasks.reading.scan import FOLDERS, scan_table, scan_tables
from tasks.store.snapshots.parquet import read_table
from tests.unit.corrected_store import KNOWN, corrected_store
from tests.unit.customs import DAY, LATER, RIGHT, Store
from tests.unit.mirror_stores import china_and_germany

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

KEYS = ["flow", "period", "measure", "product", "partner"]
OF_JUNE = {"product": "85051110", "partner": "USA", "measure": "quantity_kg", "year": 2025, "month": 6}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return corrected_store(tmp_path_factory.mktemp("corrected"))


@pytest.mark.parametrize("table", sorted({*TABLES} - {"mirror", "first_print", "mover", "expectation"}))
def test_a_scan_has_the_rows_and_the_types_of_the_published_table(store: Store, table: str) -> None:
    rows, kinds = scan_table(store.store, table), readers_schema(table)
    assert {name: kind for name, kind in rows.collect_schema().items() if name in kinds} == kinds
    published = read_table(store.snapshot, table)
    assert_frame_equal(rows.select(*kinds).collect(), published.cast(kinds), check_row_order=False)  # type: ignore[arg-type]
    assert published.height > 0 or table in {"claim", "finding", "doubt", "quarantine"}


def test_each_day_has_its_number_after_a_correction_and_a_withdrawal(store: Store) -> None:
    for day, number in KNOWN.items():
        found = scan_table(store.store, "metric", day).filter(**OF_JUNE).collect()
        assert (day, found["level"].to_list()) == (day, [number])
        kinds = readers_schema("metric")
        whole = scan_table(store.store, "metric", day).select(*kinds).collect()
        assert_frame_equal(whole.sort(KEYS), query(store.store, "metric", as_of=day).sort(KEYS))
        words = scan_table(store.store, "observation", day)
        assert words.collect().height == table_on(store.snapshot, "observation", day, None).height
    assert scan_table(store.store, "metric").filter(**OF_JUNE).collect()["level"].to_list() == [KNOWN[LATER]]


def test_a_condition_leaves_out_files_by_their_folder_and_row_groups_by_their_statistics(store: Store) -> None:
    plan = scan_table(store.store, "metric").filter(**OF_JUNE, flow="export").select("level").explain()
    assert "flow=export/year=2025/month=6/" in plan
    # One file is left, a few of its columns, and the condition is with the reader.
    assert "other sources" not in plan
    assert 'col("product") == "85051110"' in plan
    assert "FILTER" not in plan


def test_an_open_scan_stays_with_its_state_when_another_is_published(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.ingest(RIGHT)
    before = scan_table(store.store, "metric").filter(**OF_JUNE)
    same_day = scan_table(store.store, "metric", date(2025, 8, 31)).filter(**OF_JUNE)
    store.withdraw(read_table(store.snapshot, "release")["release_id"][0], LATER)
    assert before.collect()["level"].to_list() == same_day.collect()["level"].to_list() == [KNOWN[DAY]]
    assert scan_table(store.store, "metric").filter(**OF_JUNE).collect()["level"].to_list() in ([], [None])


def test_several_reporters_stand_in_a_first_column_and_tables_beside_theirs_are_scanned(tmp_path: Path) -> None:
    folder = tmp_path / "a=b"
    folder.mkdir()
    root = china_and_germany(folder)
    both = tidewaiter.scan("metric", reporter=["DEU", "CHN"], store=root)
    counts = {code: read_table(open_published(root / f"reporter={code}"), "metric").height for code in ("DEU", "CHN")}
    assert dict(both.group_by("reporter").len().collect().iter_rows()) == counts
    assert both.collect_schema().names()[:2] == ["reporter", "flow"]
    assert "reporter" not in tidewaiter.scan("metric", reporter="CHN", store=root).collect_schema()
    assert both.collect_schema().names()[-2:] == [*FOLDERS]
    # `release` says the reporter itself.
    releases = tidewaiter.scan("release", reporter=["DEU", "CHN"], store=root).collect()
    assert set(releases["reporter"]) == {"DEU", "CHN"}
    with pytest.raises(ValueError, match="name one of them as the reporter"):
        tidewaiter.scan("metric", store=root)
    with pytest.raises(ValueError, match="no reporter is named"):
        scan_tables({}, "metric")


def test_a_published_mirror_is_scanned_with_both_sides(tmp_path: Path) -> None:
    root = china_and_germany(tmp_path)
    with pytest.raises(NothingPublished, match="the table mirror of CHN is not published"):
        tidewaiter.scan("mirror", reporter="CHN", store=root)
    publish_pair(root, "CHN", "DEU")
    found = tidewaiter.scan("mirror", reporter="CHN", store=root).collect()
    assert_frame_equal(
        found.select(*readers_schema("mirror")),
        tidewaiter.read(table="mirror", reporter="CHN", names=False, store=root).select(*readers_schema("mirror")),
        check_row_order=False,
    )
    assert set(found.select("exporter", "importer").rows()) == {("CHN", "DEU")}


@pytest.mark.parametrize(
    ("table", "day", "says"),
    [
        ("metrics", None, "there is no table 'metrics'; there are claim, "),
        ("release", DAY, "the table release has no days of knowledge"),
        ("mirror", None, "lies beside the stores of a root"),
    ],
)
def test_what_cannot_be_scanned_is_refused(
    store: Store, tmp_path: Path, table: str, day: date | None, says: str
) -> None:
    alone = Store(tmp_path)
    place = alone.folder / "one"
    place.mkdir()
    with pytest.raises(ValueError, match=says):
        scan_table(place if table == "mirror" else store.store, table, day)


def test_frames_have_dates_as_dates(sample_store: Path) -> None:
    frames = [
        tidewaiter.list("months", store=sample_store),
        tidewaiter.list("releases", store=sample_store),
        tidewaiter.vintages("magnets", "us", "2025-05", store=sample_store),
        tidewaiter.read("magnets", month="2025-06", store=sample_store),
        tidewaiter.scan(store=sample_store).collect(),
    ]
    texts = [
        (name, frame[name][0])
        for frame in frames
        for name, kind in frame.schema.items()
        if kind == pl.String and frame[name].drop_nulls().str.contains(r"^\d{4}-\d\d(-\d\d)?$").any()
    ]
    assert texts == []
    assert isinstance(frames[-1]["period"][0], date)


def test_files_of_another_version_are_refused_where_they_lack_a_column(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.store.snapshots.parquet.schema_sha256", lambda _: "another")
    whole = scan_table(store.store, "metric").collect()
    assert whole.height == read_table(store.snapshot, "metric").height
    monkeypatch.setattr("tasks.reading.scan.stored_columns", lambda table: [*stored_columns(table), "new"])
    with pytest.raises(
        StoreError, match=r"files of the table metric were written by another version .* are made again"
    ):
        scan_table(store.store, "metric")
