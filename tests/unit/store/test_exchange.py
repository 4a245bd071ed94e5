"""Parts have the name of their bytes, are found by every process, and are gone when the run ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from obstore.store import LocalStore

from schemas.forms.address import S3Url
from tasks.domain.errors import DamagedStore
from tasks.store import exchange, fetched, s3
from tasks.store.exchange import PartStore
from tests.unit.store.small_store import JUNE, stored


def test_the_same_bytes_have_one_name_and_another_process_finds_them(tmp_path: Path) -> None:
    place = PartStore(at=tmp_path)
    name = place.put(b"rows")
    assert place.put(b"rows") == name
    assert [*tmp_path.iterdir()] == [tmp_path / name]
    again = PartStore.model_validate_json(place.model_dump_json())
    program = "import sys; from tasks.store.exchange import PartStore; print(PartStore.model_validate_json(sys.argv[1]).get(sys.argv[2]))"
    done = subprocess.run(
        [sys.executable, "-c", program, again.model_dump_json(), name], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "b'rows'"


def test_a_part_with_other_bytes_or_none_is_an_error_that_says_so(tmp_path: Path) -> None:
    place = PartStore(at=tmp_path)
    name = place.put(b"rows")
    (tmp_path / name).write_bytes(b"rowz")
    with pytest.raises(DamagedStore, match="other bytes than were written"):
        place.get(name)
    os.unlink(tmp_path / name)
    with pytest.raises(DamagedStore, match=r"no such file.* must see the folder of the store"):
        place.get(name)


@pytest.mark.parametrize("opened", ["in_store", "next_to"])
def test_a_place_is_gone_at_the_end_also_after_an_error(tmp_path: Path, opened: str) -> None:
    store = tmp_path / "reporter=CHN"
    store.mkdir()

    def fail() -> None:
        with getattr(exchange, opened)(store) as place:
            seen.append(place.at)
            place.put(b"rows")
            raise KeyboardInterrupt

    seen: list[Path] = []
    with pytest.raises(KeyboardInterrupt):
        fail()
    assert not seen[0].exists()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The prefix `store` of a bucket: a folder in which each object is a file."""

    def opened(bucket: str, *, prefix: str, **_: object) -> LocalStore:
        return LocalStore(tmp_path / bucket / prefix, mkdir=True)

    monkeypatch.setattr(s3, "S3Store", opened)
    s3._connected.cache_clear()
    exchange._sweep.cache_clear()
    return tmp_path / "customs" / "store"


def keys(bucket: Path) -> list[str]:
    return sorted(path.relative_to(bucket).as_posix() for path in bucket.rglob("*") if path.is_file())


def test_in_a_bucket_a_part_is_kept_nowhere_and_a_file_once(bucket: Path) -> None:
    with exchange.next_to(S3Url("s3://customs/store")) as place:
        name = place.put(b"rows")
        before = sorted(fetched.of_this_process().folder.iterdir())
        assert place.get(name) == b"rows"
        assert sorted(fetched.of_this_process().folder.iterdir()) == before
        path = place.path(name)
        assert path.read_bytes() == b"rows"
        assert path.parent == fetched.of_this_process().folder
        with pytest.raises(DamagedStore, match=r"parts-.*no such file"):
            place.get("0" * 64)
        with pytest.raises(DamagedStore, match=r"parts-.*no such file"):
            place.path("0" * 64)
        assert len(keys(bucket)) == 1
    assert keys(bucket) == []


def test_what_a_killed_run_left_in_a_store_goes_with_the_next_publication(tmp_path: Path) -> None:
    store = tmp_path / "store"
    stored(store, {JUNE: [1]})
    left = store / "tmp" / f"{exchange.PREFIX}killed"
    left.mkdir(parents=True)
    (left / "rows").write_bytes(b"rows")
    stored(store, {JUNE: [1, 2]})
    assert [*(store / "tmp").iterdir()] == []
