"""Damage to Iceberg metadata is named by an audit and made good from the store, whatever it hit."""

import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from pyiceberg.table import StaticTable

from tasks.analysis.after.table_audit import audit_tables
from tasks.catalogs.iceberg import keep_iceberg, keep_store
from tasks.catalogs.iceberg_seal import NO_SEAL, damage, damage_of_store, is_sealed, sealed
from tasks.store.files.snapshot import open_snapshot
from tasks.store.places.beside import Beside
from tests.copied_store import copied
from tests.dated import list_snapshots
from tests.unit.catalogs import trade_root
from tests.unit.catalogs.trade_root import CHN

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")


@pytest.fixture(scope="module")
def store(first_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with two states and their metadata, in its place: each test leaves it whole."""
    folder = tmp_path_factory.mktemp("sealed")
    root = copied(first_root, folder)
    keep_iceberg(root)
    trade_root.correct(folder)
    return root / CHN


def newest_of(metadata: Path) -> Path:
    return max(metadata.glob("v*.metadata.json"), key=lambda file: int(file.name[1:].partition(".")[0]))


def lists(metadata: Path, pattern: str) -> list[Path]:
    return sorted(metadata.glob(pattern), key=lambda file: file.stat().st_mtime_ns)


def flipped(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def other_snapshot(file: Path) -> None:
    """Another number, and JSON all the same."""
    text = file.read_text()
    file.write_text(text.replace('"last-sequence-number":2', '"last-sequence-number":7', 1))


def in_a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def swapped(metadata: Path) -> None:
    one, other = lists(metadata, "snap-*.avro")[:2]
    one_bytes, other_bytes = one.read_bytes(), other.read_bytes()
    one.write_bytes(other_bytes)
    other.write_bytes(one_bytes)


DAMAGES: dict[str, Callable[[Path], object]] = {
    **{
        f"{what}, {how.__name__}": lambda metadata, of=of, how=how: how(of(metadata))  # type: ignore[misc]
        for what, of in {
            "the newest version": newest_of,
            "the list of the first state": lambda metadata: lists(metadata, "snap-*.avro")[0],
            "the list of the last state": lambda metadata: lists(metadata, "snap-*.avro")[-1],
            "the files of the first state": lambda metadata: lists(metadata, "*-m0.avro")[0],
            "the files of the last state": lambda metadata: lists(metadata, "*-m0.avro")[-1],
        }.items()
        for how in (flipped, cut, emptied, Path.unlink)
    },
    "a number in the newest version": lambda metadata: other_snapshot(newest_of(metadata)),
    "a folder in the place of the newest version": lambda metadata: in_a_folder(newest_of(metadata)),
    "two lists in each other's place": swapped,
    "all of it": shutil.rmtree,
    "all but the hint": lambda metadata: [file.unlink() for file in metadata.glob("*.*") if file.suffix != ".text"],
    "no hint": lambda metadata: (metadata / "version-hint.text").unlink(),
    "a hint of nothing": lambda metadata: (metadata / "version-hint.text").write_text("newest"),
    "a hint of a version to come": lambda metadata: (metadata / "version-hint.text").write_text("99999"),
    "a hint of more digits than a number has": lambda metadata: (metadata / "version-hint.text").write_text("9" * 5000),
}  # fmt: skip


@pytest.mark.parametrize("kind", DAMAGES)
def test_any_damage_is_named_and_the_next_release_makes_the_table_again(store: Path, kind: str) -> None:
    metadata = store / "iceberg" / "metric" / "metadata"
    DAMAGES[kind](metadata)
    assert audit_tables(store).problems, kind
    keep_store(store, "metric")
    assert audit_tables(store).problems == []
    if not kind.startswith("a folder"):
        assert newest_of(metadata).name == f"v{(metadata / 'version-hint.text').read_text()}.metadata.json"
    table = StaticTable.from_metadata(str(store / "iceberg" / "metric"))
    states = [one.id for one in list_snapshots(store)]
    assert [one.summary and one.summary.additional_properties["tidewaiter.snapshot"] for one in table.snapshots()] == (
        states
    )
    for state in states:
        number = table.snapshot_by_name(state).snapshot_id  # type: ignore[union-attr]
        snapshot = open_snapshot(store, state)
        assert snapshot is not None
        expected = pl.read_parquet([*snapshot.paths("metric")], glob=False)
        rows = table.scan(snapshot_id=number).to_arrow()
        assert rows.num_rows == expected.height
        levels = pl.DataFrame(rows)["level"].drop_nulls().sort()
        assert levels.to_list() == expected["level"].drop_nulls().sort().to_list()


def test_whole_metadata_have_no_damage_and_those_of_another_place_are_none(store: Path, tmp_path: Path) -> None:
    beside = Beside(store)
    assert [*damage(beside, "metric")] == []
    assert [*damage_of_store(beside, ["metric", "release"])] == []
    assert [problem.found for problem in damage_of_store(beside, ["moon"])] == ["no such file"]
    shutil.copytree(store, tmp_path / "copy", symlinks=True)
    assert [*damage_of_store(Beside(tmp_path / "copy"), [])] == []
    assert [*damage_of_store(Beside(tmp_path / "nothing"), ["metric"])] == []


def test_a_seal_holds_for_the_bytes_that_were_sealed_alone() -> None:
    data = b'{"properties": {"tidewaiter.sha256":"' + NO_SEAL.encode() + b'"}, "a": 1}'
    assert is_sealed(sealed(data))
    assert not is_sealed(sealed(data).replace(b'"a": 1', b'"a": 2'))
    assert not is_sealed(data)
    assert not is_sealed(b"{}")
