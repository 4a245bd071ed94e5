"""An archive is read in blocks; one that is damaged, locked, empty, too large or of several files is refused by name."""

import io
import tempfile
from contextlib import suppress
from pathlib import Path

import py7zr
import pytest
from comext_bulk import archive

from tasks.domain.errors import Refused
from tasks.sources import seven_zip
from tasks.sources.seven_zip import unpacked

DATA = bytes(range(256)) * 400


def read(packed: bytes | Path) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return unpacked(packed, "a.7z", Path(folder) / "text").read_bytes()


def test_the_bytes_are_those_that_were_packed(tmp_path: Path) -> None:
    (tmp_path / "a.7z").write_bytes(archive(DATA))
    assert read(archive(DATA)) == read(tmp_path / "a.7z") == DATA


def test_every_damage_is_refused_or_changes_nothing() -> None:
    packed, refused = archive(DATA), 0
    for place in range(len(packed)):
        damaged = bytearray(packed)
        damaged[place] ^= 0x55
        with suppress(Refused):
            refused += 1
            assert read(bytes(damaged)) == DATA, place
            refused -= 1
    assert refused > 0.9 * len(packed)


@pytest.mark.parametrize("length", [0, 5, 31, 100, -1])
def test_an_archive_that_is_cut_off_is_refused(length: int) -> None:
    with pytest.raises(Refused, match="Download it again"):
        read(archive(DATA)[:length])


def test_several_files_none_and_a_password_are_refused() -> None:
    with pytest.raises(Refused, match=r"2 files: a\.dat, b\.dat"):
        read(archive(DATA, "a.dat", "b.dat"))
    empty = io.BytesIO()
    with py7zr.SevenZipFile(empty, "w"):
        pass
    with pytest.raises(Refused, match="an archive of 0 files"):
        read(empty.getvalue())
    with pytest.raises(Refused, match="with a password"):
        read(archive(DATA, password="closed"))


def test_an_archive_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seven_zip, "SMALL_BYTES", 1000)
    with pytest.raises(Refused, match=r"bytes that unpack to 1,000,000, more than"):
        read(archive(bytes(1_000_000)))
    monkeypatch.setattr(seven_zip, "RATIO_MAX", 10**6)
    assert len(read(archive(bytes(1_000_000)))) == 1_000_000
    monkeypatch.setattr(seven_zip, "UNPACKED_BYTES_MAX", 999_999)
    with pytest.raises(Refused, match="more than 999,999"):
        read(archive(bytes(1_000_000)))


def test_no_name_in_an_archive_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert read(archive(DATA, "deep/full.dat")) == DATA
    assert not [*tmp_path.iterdir()]


def test_a_full_disk_is_no_fault_of_the_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: object, block: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tasks.sources.seven_zip._Sink.write", full)
    with pytest.raises(OSError, match="No space"):
        unpacked(archive(DATA), "a.7z", tmp_path / "text")
