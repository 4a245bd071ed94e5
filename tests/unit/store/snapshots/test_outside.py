"""What people ask for is written outside of every store, whole or not at all."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.store.snapshots.outside import outside, write_outside
from tasks.store.snapshots.publish import exclusive
from tests.unit.store.small_store import JUNE, new, release

INSIDE = (
    "x.csv", "current/x.csv", "current/metric/x.parquet", ".current/x.csv", ".snapshots/x.csv", ".objects/x.csv",
    "raw/x.csv", "held/x.json", "lineage/x.json", "no such folder/x.csv",
)  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with a store of a reporter, one of a table made of it, and beside it a store of no reporter's name."""
    for store in ("root/reporter=CHN", "root/mover/reporter=CHN", "one"):
        release(tmp_path / store, [new(JUNE, 1)])
    return tmp_path


@pytest.mark.parametrize("name", INSIDE)
@pytest.mark.parametrize("store", ["root/reporter=CHN", "root/mover/reporter=CHN", "one"])
def test_nothing_is_written_into_a_store(root: Path, store: str, name: str) -> None:
    before = sorted(root.rglob("*"))
    with pytest.raises(ValueError, match=f"inside the store {root / store}, .* Name a place outside"):
        write_outside(root / store / name, b"other")
    assert sorted(root.rglob("*")) == before


@pytest.mark.parametrize("name", ["mover/x.csv", "mirror/exporter=CHN/importer=USA/x.csv", "reporter=USA/x.csv"])
def test_nothing_is_written_where_a_store_would_be(root: Path, name: str) -> None:
    with pytest.raises(ValueError, match="inside the store"):
        outside(root / "root" / name)


@pytest.mark.parametrize("place", ["s3://bucket/x.csv", "gs:/bucket/x.csv", "file:///x.csv", "https://a.example/x"])
def test_an_address_is_no_file_of_this_machine(place: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    before = sorted(root.rglob("*"))
    with pytest.raises(ValueError, match="an address"):
        write_outside(Path(place), b"other")
    assert sorted(root.rglob("*")) == before


@pytest.mark.parametrize("name", [".fetch/x.csv", ".fetch/gacc/answers.json", "../inbox/.fetch/x", "link/x.csv"])
def test_nothing_is_written_into_the_notes_of_fetches(root: Path, name: str) -> None:
    (root / "inbox" / ".fetch").mkdir(parents=True)
    (root / "inbox" / "link").symlink_to(root / "inbox" / ".fetch")
    with pytest.raises(ValueError, match="where fetches note"):
        outside(root / "inbox" / name)


def test_a_store_whose_first_release_is_held_is_one(root: Path) -> None:
    with exclusive(root / "new"):
        (root / "new" / "raw").mkdir()
    with pytest.raises(ValueError, match="inside the store"):
        outside(root / "new" / "held" / "x.json")


@pytest.mark.parametrize(
    "lead",
    [
        lambda place, root: place.symlink_to(next((root / "one" / ".objects").rglob("*.parquet"))),
        lambda place, root: place.symlink_to(root / "one" / "current" / "new.parquet"),
        lambda place, root: os.link(next((root / "one" / ".objects").rglob("*.parquet")), place),
    ],
)
def test_a_link_into_a_store_leaves_the_store_as_it_is(root: Path, lead: Callable[[Path, Path], None]) -> None:
    files = {path: path.read_bytes() for path in (root / "one").rglob("*") if path.is_file()}
    lead(root / "out.parquet", root)
    if (root / "out.parquet").is_symlink():
        with pytest.raises(ValueError, match="inside the store"):
            write_outside(root / "out.parquet", b"other")
    else:
        write_outside(root / "out.parquet", b"other")
    assert {path: path.read_bytes() for path in (root / "one").rglob("*") if path.is_file()} == files


def test_a_folder_and_a_place_in_no_folder_are_refused_with_what_to_do(root: Path) -> None:
    with pytest.raises(ValueError, match=f"{root}: a folder, a pipe or a device, and no file. Give another name"):
        write_outside(root, b"x")
    (root / "a file").write_bytes(b"")
    with pytest.raises(ValueError, match=f"{root / 'a file'} is a file, and nothing can lie in it. Name another place"):
        write_outside(root / "a file" / "x.csv", b"1")
    for name in ("no/such/x.csv", "none/x.csv"):
        place = root / name
        with pytest.raises(ValueError, match=f"{place}: there is no folder {place.parent}. Make it, or name"):
            write_outside(place, b"x")
    assert not (root / "no").exists()


def test_what_is_outside_is_written_at_once_and_keeps_its_mode_and_its_link(root: Path) -> None:
    (root / "real").mkdir()
    place, link = root / "real" / "out.csv", root / "out.csv"
    link.symlink_to(place)
    write_outside(link, b"first")
    assert (place.read_bytes(), link.is_symlink()) == (b"first", True)
    place.chmod(0o600)
    with place.open("rb") as reader:
        write_outside(link, b"second and longer")
        # Whoever reads has the file before, whole.
        assert reader.read() == b"first"
    assert (place.read_bytes(), place.stat().st_mode & 0o777) == (b"second and longer", 0o600)
    for allowed in ("root/x.csv", "root/reporter=CHN/reports/x.html", "one/reports/x.html", "mover/x.csv"):
        assert outside(root / allowed) == root / allowed
    assert [path.name for path in (root / "real").iterdir()] == ["out.csv"]
