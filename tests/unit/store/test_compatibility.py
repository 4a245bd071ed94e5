"""A store with files of another version. Of an earlier one, without a column of today: refused in words, made again by
the next release. Of a later one, with a table or a column more: nothing is published over it."""

import io
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from bad_inputs.download import csv_bytes
from typer.testing import CliRunner

from flows.cli.app import app
from schemas.forms.outcome import HeldRelease
from tasks.store.files.snapshot import Snapshot, open_snapshot
from tasks.store.snapshots.publish import NewFile, publish
from tests.copied_store import copied
from tests.unit.customs import ingest_month

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")


def _opened(store: Path) -> Snapshot:
    snapshot = open_snapshot(store)
    assert snapshot is not None
    return snapshot


def _rewritten(store: Path, table: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    """The same snapshot as another version would have written it, whose files of one table have other columns."""
    snapshot, new = _opened(store), []
    for partition in {entry.partition for entry in snapshot.entries(table)}:
        files = [snapshot.path / entry.path for entry in snapshot.entries(table) if entry.partition == partition]
        rows = pl.read_parquet(files, hive_partitioning=False)
        sink = io.BytesIO()
        change(rows).write_parquet(sink)
        new.append(NewFile(table, partition, sink.getvalue(), rows.height, "0" * 64))
    assert new
    others = [entry for entry in snapshot.files if entry.table != table]
    publish(store, new, carried=others, parent=snapshot, about=snapshot.about)


def _made_old(store: Path, table: str) -> None:
    """As an earlier version would have written it, without a column."""
    _rewritten(store, table, lambda rows: rows.drop(rows.columns[-1]))


def _hashes(store: Path) -> dict[str, str]:
    # The lineage of a release also names what it was given, which was another snapshot.
    return {entry.path: entry.sha256 for entry in _opened(store).files if entry.table != "lineage"}


def test_figures_of_an_earlier_version_are_refused_in_words_and_the_next_release_makes_them_again(
    tmp_path: Path, two_months: Path, caplog: pytest.LogCaptureFixture
) -> None:
    whole, store, levels = (copied(two_months, tmp_path, name) for name in ("whole", "store", "levels"))
    _made_old(store, "metric")
    # What months look back on.
    _made_old(levels, "record_level")
    of_it = ["85051110", "--store", str(store)]
    for asked in (
        ("read", *of_it), ("trace", *of_it, "--partner", "WLD", "--month", "2025-05", "--metric", "level"),
        ("audit", "--store", str(store)),
    ):  # fmt: skip
        told = CliRunner().invoke(app, asked)
        assert (told.exit_code, told.stdout) == (2, "")
        assert "files of the table metric were written by another version of Tidewaiter" in told.stderr
        assert "Ingest one release of each direction" in told.stderr
        assert "Traceback" not in told.stderr
    # 2024 is no year that June 2025 can change.
    ingest_month(whole, "202506")
    assert "computed again" not in caplog.text
    for folder in (store, levels):
        ingest_month(folder, "202506")
    assert caplog.text.count("figures of 2 months are computed again, once") == 2
    assert _hashes(store) == _hashes(levels) == _hashes(whole)
    assert len({entry.schema_sha256 for entry in _opened(store).entries("metric")}) == 1


def test_a_file_of_a_release_of_an_earlier_version_asks_for_a_new_store(two_months: Path, tmp_path: Path) -> None:
    store = copied(two_months, tmp_path)
    _made_old(store, "finding")
    told = CliRunner().invoke(app, ["read", "finding", "--store", str(store)])
    assert (told.exit_code, told.stdout) == (2, "")
    assert "Carry the store over with tidewaiter upgrade OLD NEW, which leaves it as it is" in told.stderr


def test_commands_that_write_leave_a_store_of_another_version_as_it_is(two_months: Path, tmp_path: Path) -> None:
    """Of today's layout, without a column of a table that is never made again, and of the layout of 0.2."""
    columns, layout = copied(two_months, tmp_path, "columns"), copied(two_months, tmp_path, "layout")
    _made_old(columns, "finding")
    shutil.rmtree(layout / "current")
    (layout / ".snapshots").rename(layout / "snapshots")
    (layout / ".current").unlink()
    (layout / "current").symlink_to(f"snapshots/{_opened(two_months).id}")
    file = tmp_path / "202506.csv"
    file.write_bytes(csv_bytes())
    declared = ["--source", "gacc_query", "--flow", "export", "--partners", "all", "--released-on", "2025-07-20"]
    by = ["--by", "Li Wei", "--reason", "wrong"]
    name = _opened(two_months).about["releases"][0]
    for store in (columns, layout):
        raw = next(path for path in (store / "raw").glob("??/*") if "." not in path.name)
        held = HeldRelease(
            release_id="gacc_query-1", raw=raw.relative_to(store), raw_sha256=raw.name, name="x.csv",
            source="gacc_query", reporter="CHN", flow="export", partners="all", products=None, months=None,
            released_on=date(2025, 7, 20), title="x", held_since=date(2025, 7, 20), findings=(),
        )  # fmt: skip
        (store / "held").mkdir()
        (store / "held" / "gacc_query-1.json").write_text(held.model_dump_json())
        before = {path: path.read_bytes() for path in store.rglob("*") if path.is_file()}
        for asked in (
            ["ingest", str(file), *declared, "--no-prefect"],
            ["withdraw", name, *by, "--no-prefect"],
            ["reject", "gacc_query-1", *by],
            ["approve", "gacc_query-1", *by, "--no-prefect"],
            ["retain"],
        ):
            told = CliRunner().invoke(app, [*asked, "--store", str(store)])
            assert told.exit_code in (1, 2), told
            assert "tidewaiter upgrade" in told.stderr, (asked, told.stderr)
        after = {path: path.read_bytes() for path in store.rglob("*") if path.is_file()}
        assert after.keys() - before.keys() <= {store / ".lock"}
        assert all(after[path] == data for path, data in before.items())


def _made_newer(store: Path, table: str, column: str | None) -> None:
    """As a later version would have written it, with a table more, or with a column more of each file of one."""
    if column is not None:
        _rewritten(store, table, lambda rows: rows.with_columns(pl.lit("x").alias(column)))
        return
    snapshot = _opened(store)
    entry = snapshot.entries("metric")[0]
    more = NewFile(table, entry.partition, (snapshot.path / entry.path).read_bytes(), entry.rows, "0" * 64)
    publish(store, [more], carried=snapshot.files, parent=snapshot, about=snapshot.about)


@pytest.mark.parametrize(
    ("table", "column", "said"),
    [
        ("forecast", None, ".parquet: a table that this version does not know, forecast"),
        ("metric", "median", ".parquet: the table metric has columns that this version does not know: median"),
        ("release", "signed_by", ".parquet: the table release has columns that this version does not know: signed_by"),
    ],
)
def test_nothing_is_published_over_what_a_later_version_wrote(
    two_months: Path, tmp_path: Path, table: str, column: str | None, said: str
) -> None:
    store, claims = copied(two_months, tmp_path), tmp_path / "claims.csv"
    _made_newer(store, table, column)
    before = _opened(store)
    file = tmp_path / "202506.csv"
    file.write_bytes(csv_bytes())
    claims.write_text("commodity,flow,partner,period,metric,value,unit\nmagnets,export,World,2025-05,level_t,1,t\n")
    declared = ["--source", "gacc_query", "--flow", "export", "--partners", "all", "--released-on", "2025-07-20"]
    for asked in (
        ["ingest", str(file), *declared, "--no-prefect", "--store", str(store)],
        ["claims", "check", str(claims), "--store", str(store), "--publish"],
    ):
        told = CliRunner().invoke(app, asked)
        assert told.exit_code in (1, 2), told
        assert said in told.stderr
        assert "Nothing was changed" in told.stderr
        assert "or install the version that last published there" in told.stderr
        assert _opened(store) == before
