"""An archive is split by reporter and direction; one that is damaged, locked, empty, too large or of several files is
refused."""

import io
import random
import tempfile
import tracemalloc
from contextlib import suppress
from pathlib import Path

import py7zr
import pytest
from comext_bulk import Row, archive, text

from tasks.domain.errors import Refused
from tasks.sources.adapter.questions import wanted
from tasks.sources.experimental import eurostat_archive
from tasks.sources.experimental.eurostat_archive import API, split, unpacked
from tests.draws import some

DATA = bytes(range(256)) * 400


def read(packed: bytes | Path) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return unpacked(packed, "a.7z", Path(folder) / "text").read_bytes()


def test_every_damage_is_refused_or_changes_nothing() -> None:
    packed, refused = archive(DATA), 0
    places = some(range(len(packed)))
    for place in places:
        damaged = bytearray(packed)
        damaged[place] ^= 0x55
        with suppress(Refused):
            refused += 1
            assert read(bytes(damaged)) == DATA, place
            refused -= 1
    assert refused > 0.9 * len(places)


def _empty() -> bytes:
    packed = io.BytesIO()
    with py7zr.SevenZipFile(packed, "w"):
        pass
    return packed.getvalue()


@pytest.mark.parametrize(
    ("packed", "said"),
    [
        *((archive(DATA)[:length], "Download it again") for length in (0, 5, 31, 100, -1)),
        (archive(DATA, "a.dat", "b.dat"), r"2 files: a\.dat, b\.dat"),
        (_empty(), "an archive of 0 files"),
        (archive(DATA, password="closed"), "with a password"),
    ],
    ids=range(8),
)
def test_an_archive_that_is_cut_off_or_empty_or_locked_or_of_several_files_is_refused(packed: bytes, said: str) -> None:
    with pytest.raises(Refused, match=said):
        read(packed)


def test_an_archive_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eurostat_archive, "SMALL_BYTES", 1000)
    with pytest.raises(Refused, match=r"bytes that unpack to 1,000,000, more than"):
        read(archive(bytes(1_000_000)))
    monkeypatch.setattr(eurostat_archive, "RATIO_MAX", 10**6)
    assert len(read(archive(bytes(1_000_000)))) == 1_000_000
    monkeypatch.setattr(eurostat_archive, "UNPACKED_BYTES_MAX", 999_999)
    with pytest.raises(Refused, match="more than 999,999"):
        read(archive(bytes(1_000_000)))


def test_no_name_in_an_archive_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert read(archive(DATA, "deep/full.dat")) == DATA
    for name in ("../full.dat", "/tmp/full.dat", "deep/../full.dat", "C:full.dat"):
        with monkeypatch.context() as patched:
            # The library does not write such a name, but other programs do.
            patched.setattr(py7zr.py7zr, "check_archive_path", lambda name: True)
            packed = archive(DATA, name)
        with pytest.raises(Refused, match="may lead elsewhere"):
            read(packed)
    assert not [*tmp_path.iterdir()]


def test_a_full_disk_is_no_fault_of_the_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*given: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(py7zr.SevenZipFile, "extract", full)
    with pytest.raises(OSError, match="No space"):
        unpacked(archive(DATA), "a.7z", tmp_path / "text")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"REPORTER,FLOW\nDE,1\n" + b"x" * 20_000 + b"\n", "more than 10,000 bytes"),
        (b"REPORTER,FLOW\nDE,1\nDE", "without a line end"),
        (b"REPORTER,FLOW\nDE\n", "no reporter and direction"),
        (b"REPORTER,FLOW,X\nDE,7,1\n", "no reporter and direction"),
        (b"", "no bulk file"),
    ],
)
def test_another_text_is_refused(data: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "full.dat").write_bytes(data)
    with pytest.raises(Refused, match=said):
        split(tmp_path / "full.dat", "full.dat", tmp_path, wanted(API, []), ("import", "export"))


@pytest.mark.slow
def test_memory_does_not_grow_with_the_archive(tmp_path: Path) -> None:
    """Archives of 16 MB and 33 MB of text need the same memory: the library unpacks a megabyte at once."""
    draw, peaks = random.Random(7), []
    drawn = (
        (str(draw.randrange(10**6)), str(draw.randrange(10**4)), str(draw.randrange(10**7, 10**8)))
        for _ in range(40_000)
    )
    rows = [Row(value=value, mass=mass, product=product) for value, mass, product in drawn]
    lines = "".join(f"{row.line}\r\n" for row in rows).encode()
    for times in (5, 10):
        file, data = tmp_path / f"{times}.7z", text([]) + lines * times
        file.write_bytes(archive(data))
        tracemalloc.start()
        parts, _ = split(file, file.name, tmp_path, wanted(API, []), ("import", "export"))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert [part.rows for part in parts] == [times * len(rows)]
        is_same = parts[0].file.read_bytes() == data
        assert is_same
    assert max(peaks) < 1.3 * min(peaks), peaks
    assert max(peaks) < len(data), peaks
