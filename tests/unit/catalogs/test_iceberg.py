"""Each published state is a snapshot of the Iceberg tables, with its numbers and keys; whatever happens to the
metadata, no publication is harmed, and the next one makes up for it."""

import io
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import StaticTable, Table

import tidewaiter
from schemas import table as table_module
from tasks.analysis.after.after_release import update_forms
from tasks.catalogs import iceberg_table, kept_up
from tasks.catalogs.iceberg import States, has_iceberg, keep_iceberg, keep_store
from tasks.domain.errors import NothingPublished, Outpaced
from tasks.store.files.snapshot import Snapshot, current_id, open_snapshot, snapshot_ids
from tasks.store.places.beside import Beside
from tasks.store.snapshots import publish as publishing
from tasks.store.snapshots.retention import retain
from tests.copied_store import copied
from tests.dated import list_snapshots
from tests.unit.catalogs import trade_root
from tests.unit.catalogs.trade_root import CHN

pytestmark = [
    pytest.mark.usefixtures("nothing_is_watched", "nothing_follows"),
    pytest.mark.filterwarnings("ignore::tasks.domain.errors.HowUnderstood"),
]
KEYS = ["reporter", "flow", "year", "month"]


@pytest.fixture(scope="module")
def published(first_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a root in which metadata were begun after the first release, and three states of China since."""
    folder = tmp_path_factory.mktemp("root")
    root = copied(first_root, folder)
    keep_iceberg(root)
    trade_root.withdraw(root, trade_root.correct(folder))
    return folder


@pytest.fixture
def root(published: Path) -> Path:
    """The root, in its place: the addresses of its metadata hold there alone. It is put back afterwards."""
    return published / "store"


@pytest.fixture
def early(first_root: Path, tmp_path: Path) -> Path:
    """A root with the first release and its metadata."""
    root = copied(first_root, tmp_path)
    keep_iceberg(root)
    return root


def table_of(root: Path, table: str, store: str = CHN) -> Table:
    return StaticTable.from_metadata(str(root / store / "iceberg" / table))


def names_of(table: Table) -> list[str]:
    """Our snapshots, in the order in which they were appended."""
    return [str(one.summary and one.summary.additional_properties[iceberg_table.SNAPSHOT]) for one in table.snapshots()]


def rows_of(table: Table, name: str | None = None, **scan: Any) -> pl.DataFrame:
    number = None if name is None else table.snapshot_by_name(name).snapshot_id  # type: ignore[union-attr]
    return pl.DataFrame(table.scan(snapshot_id=number, **scan).to_arrow())


def published_rows(root: Path, name: str, table: str) -> pl.DataFrame:
    """The rows of a table of a state, read from its files with the keys of their paths."""
    snapshot = open_snapshot(root / CHN, name)
    assert snapshot is not None
    paths = [*map(str, snapshot.paths(table))]
    rows = pl.read_parquet(paths, hive_partitioning=True, glob=False) if paths else pl.DataFrame()
    return rows.drop("reporter", strict=False)


def in_order(rows: pl.DataFrame) -> list[str]:
    return sorted(str(row) for row in rows.select(sorted(rows.columns)).rows())


def test_each_state_is_a_snapshot_with_the_rows_of_its_files(root: Path) -> None:
    states = [one.id for one in list_snapshots(root / CHN)]
    assert len(states) == 3
    tables = sorted({entry.table for name in states for entry in open_snapshot(root / CHN, name).files})  # type: ignore[union-attr]
    assert len(tables) > 12
    for name in tables:
        table = table_of(root, name)
        assert names_of(table) == states
        assert {*table.refs()} == {"main", *states}
        for state in states:
            expected, found = published_rows(root, state, name), rows_of(table, state)
            assert found.height == expected.height
            if expected.height:
                shown = found.select(expected.columns).cast(dict(expected.schema))
                assert in_order(shown) == in_order(expected)
    assert rows_of(table_of(root, "metric")).height == published_rows(root, states[-1], "metric").height


def test_the_numbers_are_those_of_read_as_of_three_days(root: Path) -> None:
    table = table_of(root, "metric")
    days = [date(2025, 7, 19), trade_root.JUNE, trade_root.WITHDRAWN]
    for state, day in zip([one.id for one in list_snapshots(root / CHN)], days, strict=True):
        question = {"partner": "DEU", "measure": "quantity_kg", "product": "85051110", "reporter": "CHN", "store": root}
        known = tidewaiter.read(as_of=day, **question).select("period", "level").rows()  # type: ignore[arg-type]
        where = "partner == 'DEU' and measure == 'quantity_kg' and product == '85051110' and level is not null"
        shown = rows_of(table, state, row_filter=where).select("period", "level").sort("period").rows()
        assert shown == sorted(row for row in known if row[1] is not None)
    assert [level for _, level in shown] == [150_000.0, 120_000.0]


def test_keys_are_those_of_the_paths_which_plain_add_files_makes_null(root: Path, tmp_path: Path) -> None:
    table = table_of(root, "metric")
    height = published_rows(root, current_id(root / CHN) or "", "metric").height
    assert height > 20
    assert rows_of(table, row_filter="flow == 'export' and reporter == 'CHN'").height == height
    assert rows_of(table, row_filter="flow == 'import'").height == 0
    months = rows_of(table).select(*KEYS).unique().sort(KEYS).rows()
    assert months == [("CHN", "export", 2025, 4), ("CHN", "export", 2025, 5)]
    assert rows_of(table, row_filter="month == 5").height == rows_of(table).filter(month=5).height
    # What pyiceberg does by itself with the same files.
    (tmp_path / "house").mkdir()
    catalog = SqlCatalog("plain", uri=f"sqlite:///{tmp_path}/plain.db", warehouse=f"file://{tmp_path}/house")
    catalog.create_namespace("plain")
    plain = catalog.create_table("plain.metric", schema=table.schema(), partition_spec=table.spec())
    snapshot = open_snapshot(root / CHN)
    assert snapshot is not None
    plain.add_files([f"file://{path}" for path in snapshot.paths("metric")])
    assert rows_of(plain).height == height
    assert rows_of(plain, row_filter="flow == 'export'").height == 0
    assert rows_of(plain)["flow"].null_count() == height
    catalog.close()


def test_other_engines_read_the_same(root: Path) -> None:
    table = table_of(root, "metric")
    for state in [one.id for one in list_snapshots(root / CHN)]:
        number = table.snapshot_by_name(state).snapshot_id  # type: ignore[union-attr]
        scan = pl.scan_iceberg(table.metadata_location, snapshot_id=number)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("POLARS_ICEBERG_PLANNER", "pyiceberg")
            shown = scan.filter(pl.col("flow") == "export", pl.col("level").is_not_null()).collect()
        expected = published_rows(root, state, "metric").drop_nulls("level")
        assert shown.height == expected.height
        assert shown["level"].sum() == expected["level"].sum()


def test_no_wildcard_over_parquet_finds_the_metadata(root: Path) -> None:
    files = [path for path in (root / CHN / "iceberg").rglob("*") if path.is_file()]
    assert len(files) > 40
    assert {path.suffix for path in files} == {".json", ".avro", ".text"}
    assert (
        pl.scan_parquet(root / CHN / "current" / "metric").collect().height == rows_of(table_of(root, "metric")).height
    )


def test_the_same_again_writes_nothing(root: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (root / CHN / "iceberg").rglob("*")}
    assert {kept.changed for kept in keep_store(root / CHN)} == {False}
    assert {path: path.stat().st_mtime_ns for path in (root / CHN / "iceberg").rglob("*")} == before


def test_a_retention_expires_snapshots_with_ours(early: Path) -> None:
    trade_root.correct(early.parent)
    before = table_of(early, "metric")
    lists = {path.name for path in (early / CHN / "iceberg" / "metric").rglob("*.avro")}
    with publishing.exclusive(early / CHN):
        assert len(retain(early / CHN, today=date(2030, 1, 1)).snapshots) == 1
    assert update_forms(early / CHN) == []
    after = table_of(early, "metric")
    assert names_of(after) == snapshot_ids(early / CHN)
    assert {*after.refs()} == {"main", *names_of(after)}
    assert rows_of(after).height == rows_of(after, names_of(after)[0]).height
    left = {path.name for path in (early / CHN / "iceberg" / "metric").rglob("*.avro")}
    assert left < lists
    # Whoever opened the table before still reads the state that is kept, and not the one that is gone.
    assert rows_of(before).height == rows_of(after).height
    with pytest.raises(FileNotFoundError):
        rows_of(before, names_of(before)[0])


def without_forms(work: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    """A publication whose writer was killed before it came to the metadata."""
    with monkeypatch.context() as patch:
        patch.setattr("tasks.analysis.after.after_release.kept_up", lambda root, reporter: iter(()))
        work()


def test_a_publication_makes_up_for_those_before(early: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[str] = []
    without_forms(lambda: names.append(trade_root.correct(early.parent)), monkeypatch)
    assert len(names_of(table_of(early, "metric"))) == 1
    trade_root.withdraw(early, names[0])
    for name in ("metric", "observation", "decision"):
        assert names_of(table_of(early, name)) == [one.id for one in list_snapshots(early / CHN)]
    assert rows_of(table_of(early, "decision")).height == 1


def test_a_kill_at_each_write_leaves_the_old_or_the_new_and_is_made_up_for(
    early: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_forms(lambda: trade_root.correct(early.parent), monkeypatch)
    old, new = [one.id for one in list_snapshots(early / CHN)]
    saved, writes, real = tmp_path / "saved", [0], Beside.first
    shutil.copytree(early / CHN / "iceberg", saved)
    heights = {name: published_rows(early, name, "metric").height for name in (old, new)}

    class Killed(BaseException):
        pass

    def first(beside: Beside, name: str, data: bytes) -> bool:
        writes[0] -= 1
        if writes[0] == 0:
            raise Killed
        return real(beside, name, data)

    monkeypatch.setattr(Beside, "first", first)
    outcomes, position = set(), 0
    while "written" not in outcomes:
        position += 1
        writes[0] = position
        shutil.rmtree(early / CHN / "iceberg")
        shutil.copytree(saved, early / CHN / "iceberg")
        try:
            keep_store(early / CHN, "metric")
            outcomes.add("written")
        except Killed:
            outcomes.add("killed")
        writes[0] = 0
        table = table_of(early, "metric")
        assert rows_of(table).height == heights[names_of(table)[-1]]
        keep_store(early / CHN, "metric")
        assert names_of(table_of(early, "metric")) == [old, new]
        assert rows_of(table_of(early, "metric"), new).height == heights[new]
    # The list of files, the list of lists, the version; and once nothing was killed.
    assert position == 4
    assert "killed" in outcomes


def test_a_hint_that_was_left_behind_is_put_right(early: Path) -> None:
    hint = early / CHN / "iceberg" / "metric" / "metadata" / "version-hint.text"
    trade_root.correct(early.parent)
    assert hint.read_text() == "2"
    hint.write_text("1")
    assert len(names_of(table_of(early, "metric"))) == 1
    assert not [kept for kept in keep_store(early / CHN) if kept.changed]
    assert hint.read_text() == "2"


def test_two_publishers_lose_nothing(early: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_forms(lambda: trade_root.correct(early.parent), monkeypatch)
    states = States(early / CHN)
    now, present = states.now() or "", states.names()
    one, other = (iceberg_table.IcebergTable(Beside(early / CHN), "metric", {"reporter": "CHN"}) for _ in range(2))
    missing = states.since([*one.states], now, present)
    assert one.bring_up(missing, now, present)
    with pytest.raises(Outpaced, match="somebody else wrote it meanwhile"):
        other.bring_up(missing, now, present)
    with ThreadPoolExecutor(3) as threads:
        assert len([*threads.map(lambda _: keep_store(early / CHN), range(3))]) == 3
    for name in ("metric", "observation", "release"):
        assert names_of(table_of(early, name)) == [state.id for state in list_snapshots(early / CHN)]


def test_a_pointer_that_is_put_back_is_followed(early: Path) -> None:
    first = current_id(early / CHN)
    trade_root.correct(early.parent)
    pointer = early / CHN / ".current"
    pointer.unlink()
    pointer.symlink_to(f".snapshots/{first}")
    keep_store(early / CHN)
    table = table_of(early, "metric")
    assert table.current_snapshot() == table.snapshot_by_name(str(first))
    assert len(names_of(table)) == 2


def file_of(table: str, partition: str, flow_number: int) -> publishing.NewFile:
    """A synthetic file of one row; those of one number have the same bytes."""
    values: dict[str, Any] = {
        "string": "x",
        "double": float(flow_number),
        "bool": False,
        "date32[day]": date(2025, 6, 1),
    }
    schema = table_module.arrow_schema(table)
    row = {field.name: values.get(str(field.type), flow_number) for field in schema}
    pyarrow.parquet.write_table(pa.Table.from_pylist([row], schema=schema), sink := io.BytesIO())
    return publishing.NewFile(table, partition, sink.getvalue(), 1, "0" * 64)


def of_month(month: int, number: int) -> publishing.NewFile:
    return file_of("trade_flow", f"flow=export/year={2024 + (month - 1) // 12}/month={(month - 1) % 12 + 1}", number)


def published_next(store: Path, parent: Snapshot | None, number: int, *new: publishing.NewFile) -> Snapshot:
    """The next state of a store: these files in place of those of their months, and the others as they were."""
    named = {file.partition for file in new}
    kept = [entry for entry in (parent.files if parent else ()) if entry.partition not in named]
    with publishing.exclusive(store):
        return publishing.publish(store, [*new], carried=kept, parent=parent, about={"number": number}).snapshot


def test_files_with_the_same_bytes_are_two_files_of_the_table(tmp_path: Path) -> None:
    store = tmp_path / CHN
    files = [file_of("trade_flow", f"flow={flow}/year=2025/month=6", 7) for flow in ("export", "import")]
    assert files[0].sha256 == files[1].sha256
    published_next(store, None, 1, *files)
    keep_store(store)
    assert rows_of(table_of(tmp_path, "trade_flow"))["flow"].sort().to_list() == ["export", "import"]
    assert rows_of(table_of(tmp_path, "trade_flow"), row_filter="flow == 'import'").height == 1


def test_lists_of_files_are_merged_and_say_the_same(tmp_path: Path) -> None:
    store, parent = tmp_path / CHN, None
    for number in range(1, 13):
        new = [of_month(month, 100 * number + month) for month in sorted({number, 1})]
        parent = published_next(store, parent, number, *new)
        keep_store(store)
    table = table_of(tmp_path, "trade_flow")
    assert len(table.current_snapshot().manifests(table.io)) <= iceberg_table.MANIFESTS_MAX  # type: ignore[union-attr]
    assert rows_of(table)["month"].sort().to_list() == [*range(1, 13)]
    for number, name in enumerate(names_of(table), 1):
        values = rows_of(table, name).filter(month=1)["value_usd"].to_list()
        assert values == [100 * number + 1]
        assert rows_of(table, name).height == number


@pytest.mark.parametrize(("is_older", "is_kept_up"), [(True, False), (False, False), (True, True)])
def test_columns_that_only_the_model_or_only_a_file_has_are_there(
    is_older: bool, is_kept_up: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model has got a column since a file was written, or has lost it; the table is begun before that, or after."""
    real = iceberg_table.arrow_schema("trade_flow")
    shorter = pa.schema([field for field in real if field.name != "in_doubt"])
    store, parent = tmp_path / CHN, None
    for number, schema in enumerate([shorter, real] if is_older else [real, shorter], 1):
        monkeypatch.setattr("schemas.table.arrow_schema", lambda name, schema=schema: schema)
        monkeypatch.setattr(iceberg_table, "arrow_schema", lambda name, schema=schema: schema)
        parent = published_next(store, parent, number, of_month(number, number))
        if number == 2 or is_kept_up:
            keep_store(store)
            columns = rows_of(table_of(tmp_path, "trade_flow")).columns
            assert ("in_doubt" in columns) == (number == 2)
    rows = rows_of(table_of(tmp_path, "trade_flow")).sort("month")
    assert rows["in_doubt"].to_list() == ([None, False] if is_older else [False, None])


def test_what_is_begun_is_kept_up_and_what_is_not_is_not(early: Path) -> None:
    assert has_iceberg(early / CHN)
    names = [name for name, _ in kept_up.kept_up(early, "CHN")]
    assert names == [f"Iceberg metadata ({early / CHN})"]
    shutil.rmtree(early / CHN / "iceberg")
    assert [*kept_up.kept_up(early, "CHN")] == []


def test_an_empty_root_and_a_path_with_signs_of_addresses_are_refused(early: Path, tmp_path: Path) -> None:
    with pytest.raises(NothingPublished, match="nothing is published here yet"):
        keep_iceberg(tmp_path / "none")
    shutil.copytree(early, tmp_path / "no#2", symlinks=True)
    with pytest.raises(ValueError, match="# in the path of a store; give the folder another name"):
        keep_iceberg(tmp_path / "no#2")


def test_metadata_that_came_with_a_copy_are_begun_anew_in_its_place(early: Path, tmp_path: Path) -> None:
    release = trade_root.correct(early.parent)
    root = tmp_path / "moved" / "store"
    shutil.move(early, root)
    metadata = root / CHN / "iceberg" / "metric" / "metadata"
    before = {*metadata.rglob("*.*")} - {metadata / "version-hint.text"}
    with pytest.raises(FileNotFoundError):
        rows_of(table_of(root, "metric"))
    (kept,) = [one for one in keep_store(root / CHN) if one.table == "metric"]
    assert kept.changed
    assert not [path for path in before if path.exists()]
    states = [one.id for one in list_snapshots(root / CHN)]
    assert len(states) == 2
    assert names_of(table_of(root, "metric")) == states
    for state in states:
        assert rows_of(table_of(root, "metric"), state).height == published_rows(root, state, "metric").height
    # It goes on from there, and nothing in the newest metadata names the place before.
    trade_root.withdraw(root, release)
    table = table_of(root, "metric")
    assert names_of(table) == [one.id for one in list_snapshots(root / CHN)]
    assert rows_of(table).height == published_rows(root, names_of(table)[-1], "metric").height
    assert f"{early}/" not in Path(table.metadata_location.removeprefix("file://")).read_text()
    assert {kept.changed for kept in keep_store(root / CHN)} == {False}


def test_bounds_and_counts_are_those_that_pyiceberg_finds_in_a_file(root: Path) -> None:
    from pyiceberg.io import pyarrow as of_pyiceberg

    compared = 0
    for name in ("metric", "observation", "release"):
        table = table_of(root, name)
        for task in table.scan().plan_files():
            footer = pa.parquet.read_metadata(task.file.file_path.removeprefix("file://"))
            plan = of_pyiceberg.compute_statistics_plan(table.schema(), table.properties)
            places = of_pyiceberg.parquet_path_to_id_mapping(table.schema())
            expected = of_pyiceberg.data_file_statistics_from_parquet_metadata(footer, plan, places)
            assert task.file.record_count == expected.record_count
            assert task.file.value_counts == expected.value_counts
            assert task.file.null_value_counts == expected.null_value_counts
            assert task.file.split_offsets == expected.split_offsets
            bounds = {number: one.min_as_bytes() for number, one in expected.column_aggregates.items()}
            assert task.file.lower_bounds == {number: bound for number, bound in bounds.items() if bound is not None}
            bounds = {number: one.max_as_bytes() for number, one in expected.column_aggregates.items()}
            assert task.file.upper_bounds == {number: bound for number, bound in bounds.items() if bound is not None}
            compared += len(bounds)
    assert compared > 10


def test_a_publication_writes_one_list_of_files_and_few_bytes(tmp_path: Path) -> None:
    store, parent, written = tmp_path / CHN, None, list[set[Path]]()
    for number in range(3):
        months = range(1, 121) if number == 0 else [number]
        new = [of_month(month, 1000 * number + month) for month in months]
        parent = published_next(store, parent, number, *new)
        keep_store(store)
        written.append({*(store / "iceberg").rglob("*.avro")} - {path for paths in written for path in paths})
    assert [len(paths) for paths in written] == [2, 2, 2]
    # 119 months are listed again in the second, because the first list has a month that is gone.
    assert max(path.stat().st_size for path in written[1]) < 16_000
    assert rows_of(table_of(tmp_path, "trade_flow")).height == 120


def test_a_new_month_reads_no_list_of_files_and_a_correction_reads_those_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a bucket each list would be a request. What is read is the same as that of a table without a state before."""
    store, parent, real = tmp_path / CHN, None, Beside.get
    reads, counts = list[list[str]](), list[int]()

    def get(beside: Beside, name: str) -> bytes | None:
        if name.endswith("-m0.avro"):
            reads[-1].append(name)
        return real(beside, name)

    monkeypatch.setattr(Beside, "get", get)
    # In a folder each list is compared with its hash; of a bucket it must be there, and is not read.
    monkeypatch.setattr(iceberg_table, "damage", lambda *_, **__: iter(()))
    for number, month in enumerate([1, 2, 3, 2, 4], 1):
        parent = published_next(store, parent, number, of_month(month, 100 * number + month))
        there = {path.relative_to(store).as_posix() for path in store.rglob("*-m0.avro")}
        reads.append([])
        keep_store(store)
        counts.append(len({*reads[-1]} & there))
    assert counts == [0, 0, 0, 3, 0]
    table = table_of(tmp_path, "trade_flow")
    values = [sorted(rows_of(table, name)["value_usd"].to_list()) for name in names_of(table)]
    assert values == [[101], [101, 202], [101, 202, 303], [101, 303, 402], [101, 303, 402, 504]]


def test_the_number_of_a_snapshot_is_exact_as_a_float_and_new(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = iter([6, 6, 41])
    monkeypatch.setattr("secrets.randbits", lambda bits: next(draws) if bits < 53 else 2**bits - 1)
    assert iceberg_table._new_number({7}) == 42


def test_older_versions_are_deleted_and_the_newest_lists_those_that_are_left(tmp_path: Path) -> None:
    store, parent = tmp_path / CHN, None
    for number in range(1, iceberg_table.VERSIONS_KEPT + 4):
        parent = published_next(store, parent, number, of_month(1, number))
        keep_store(store)
    table = table_of(tmp_path, "trade_flow")
    versions = {str(path) for path in (store / "iceberg").rglob("v*.metadata.json")}
    listed = {entry.metadata_file.removeprefix("file://") for entry in table.metadata.metadata_log}
    assert len(versions) == iceberg_table.VERSIONS_KEPT + 1
    assert versions == listed | {table.metadata_location}
    assert len(names_of(table)) == iceberg_table.VERSIONS_KEPT + 3
