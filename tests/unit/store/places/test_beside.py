"""Files beside the tables of a store: the first writer counts, and names and addresses say each other."""

from pathlib import Path

import pytest

from tasks.store.files.manifest import FileEntry
from tasks.store.places.beside import Beside


def entry(partition: str) -> FileEntry:
    return FileEntry("metric", partition, "_metric/x.parquet", "ab" * 32, 1, 1, "")


def test_of_two_writers_the_first_counts_and_the_same_bytes_are_no_quarrel(tmp_path: Path) -> None:
    beside = Beside(tmp_path)
    assert beside.get("iceberg/a/v1.json") is None
    assert beside.first("iceberg/a/v1.json", b"one")
    assert beside.first("iceberg/a/v1.json", b"one")
    assert not beside.first("iceberg/a/v1.json", b"two")
    assert beside.get("iceberg/a/v1.json") == b"one"
    beside.replace("iceberg/a/hint", b"1")
    beside.replace("iceberg/a/hint", b"2")
    assert beside.get("iceberg/a/hint") == b"2"
    assert beside.names("iceberg/") == ["iceberg/a/hint", "iceberg/a/v1.json"]
    assert beside.names("nothing/") == []
    beside.delete(["iceberg/a/v1.json", "iceberg/a/v1.json"])
    assert beside.names("iceberg/") == ["iceberg/a/hint"]


def test_an_address_says_the_name_and_no_two_files_of_a_table_have_one(tmp_path: Path) -> None:
    beside = Beside(tmp_path)
    assert beside.address("iceberg/x") == f"file://{tmp_path}/iceberg/x"
    assert beside.name(beside.address("iceberg/x")) == "iceberg/x"
    one, other = (beside.address_of(entry(f"flow={flow}/year=2025/month=6")) for flow in ("export", "import"))
    assert one != other
    assert Path(one.removeprefix("file://")).resolve() == Path(other.removeprefix("file://")).resolve()
    with pytest.raises(ValueError, match="% in the path of a store"):
        Beside(tmp_path / "100%")
