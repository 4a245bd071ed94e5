"""Parts have the name of their bytes, are found by every process, and are gone when the run ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.domain.errors import DamagedStore
from tasks.store.files import exchange


def test_the_same_bytes_have_one_name_and_another_process_finds_them(tmp_path: Path) -> None:
    name = exchange.put(tmp_path, b"rows")
    assert exchange.put(tmp_path, b"rows") == name
    assert [*tmp_path.iterdir()] == [tmp_path / name]
    program = (
        "import sys, pathlib; from tasks.store.files import exchange; print(exchange.get(pathlib.Path(sys.argv[1]),"
        " sys.argv[2]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path), name], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "b'rows'"


def test_a_part_with_other_bytes_or_none_is_an_error_that_says_so(tmp_path: Path) -> None:
    name = exchange.put(tmp_path, b"rows")
    (tmp_path / name).write_bytes(b"rowz")
    with pytest.raises(DamagedStore, match="other bytes than were written"):
        exchange.get(tmp_path, name)
    os.unlink(tmp_path / name)
    with pytest.raises(DamagedStore, match=r"no such file.* must see the folder of the store"):
        exchange.get(tmp_path, name)


def test_a_place_is_gone_at_the_end_also_after_an_error(tmp_path: Path) -> None:
    store = tmp_path / "reporter=CHN"
    store.mkdir()

    def fail() -> None:
        with exchange.in_store(store) as place:
            seen.append(place)
            exchange.put(place, b"rows")
            raise KeyboardInterrupt

    seen: list[Path] = []
    with pytest.raises(KeyboardInterrupt):
        fail()
    assert not seen[0].exists()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
