"""Parts have the name of their bytes, are found by every process, and are gone when the run ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.domain.errors import DamagedStore
from tasks.store import exchange
from tasks.store.dry_run import origin_of, rehearsal
from tasks.store.exchange import PartStore


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


@pytest.mark.parametrize("opened", ["in_store", "next_to", "here"])
def test_a_place_is_gone_at_the_end_also_after_an_error(tmp_path: Path, opened: str) -> None:
    store = tmp_path / "reporter=CHN"
    store.mkdir()
    given = [] if opened == "here" else [store]

    def fail() -> None:
        with getattr(exchange, opened)(*given) as place:
            seen.append(place.at)
            place.put(b"rows")
            raise KeyboardInterrupt

    seen: list[Path] = []
    with pytest.raises(KeyboardInterrupt):
        fail()
    assert not seen[0].exists()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_the_raw_bytes_of_a_store_in_a_folder_lie_in_its_folder(tmp_path: Path) -> None:
    raw = tmp_path / "reporter=CHN" / "raw" / "ab" / "abc"
    raw.parent.mkdir(parents=True)
    raw.write_bytes(b"raw")
    assert exchange.place_of_raw(raw).path("abc").read_bytes() == b"raw"


def test_a_temporary_store_names_the_one_it_was_made_from(tmp_path: Path) -> None:
    store = tmp_path / "reporter=CHN"
    with rehearsal(store) as aside:
        assert aside != store
        assert origin_of(aside) == store
    assert origin_of(store) == store
