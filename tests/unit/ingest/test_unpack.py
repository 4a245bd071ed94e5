"""A download that came packed is the same release as the file in it; whatever else an archive may be is refused or left as it is."""

import gzip
import io
import tarfile
import zipfile
from datetime import date
from pathlib import Path

import pytest
from bad_inputs.download import CLEAN, workbook_bytes

from flows.release import release
from schemas.forms.request import ReleaseRequest
from tasks.domain.errors import Refused
from tasks.ingest.unpack import read_download

ASKED = {"source": "gacc_query", "flow": "export", "partners": "all", "released_on": date(2025, 7, 20)}


def zipped(*members: tuple[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return sink.getvalue()


def tarred() -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w:gz") as archive:
        entry = tarfile.TarInfo("download.csv")
        entry.size = len(CLEAN)
        archive.addfile(entry, io.BytesIO(CLEAN))
    return sink.getvalue()


def with_password() -> bytes:
    data = bytearray(zipped(("download.csv", CLEAN)))
    for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(sign) + place] |= 1
    return bytes(data)


BOOK = workbook_bytes()
PACKED = {
    "zip": zipped(("download.csv", CLEAN)),
    "zip with a folder": zipped(("June/", b""), ("June/download.csv", CLEAN)),
    "zip of a Mac": zipped(("download.csv", CLEAN), ("__MACOSX/._download.csv", b"x"), (".DS_Store", b"x")),
    "zip with a Chinese name": zipped(("出口.csv", CLEAN)),
    "gzip": gzip.compress(CLEAN),
    "gzip in two parts": gzip.compress(CLEAN[:500]) + gzip.compress(CLEAN[500:]),
    "not packed": CLEAN,
}


@pytest.mark.parametrize("how", PACKED)
def test_the_one_file_in_an_archive_is_read(tmp_path: Path, how: str) -> None:
    file = tmp_path / "download.bin"
    file.write_bytes(PACKED[how])
    assert read_download(file) == CLEAN


def test_a_workbook_is_an_archive_that_is_left_as_it_is_and_one_in_an_archive_is_read(tmp_path: Path) -> None:
    file = tmp_path / "download.xlsx"
    file.write_bytes(BOOK)
    assert read_download(file) == BOOK
    file.write_bytes(zipped(("download.xlsx", BOOK)))
    assert read_download(file) == BOOK


@pytest.mark.parametrize(
    ("data", "rule", "words"),
    [
        (zipped(("a.csv", CLEAN), ("b.csv", CLEAN)), "archive", "an archive of 2 files: a.csv, b.csv"),
        (zipped(("June/", b"")), "archive", "an archive of 0 files"),
        (zipped(("../../tmp/x.csv", CLEAN)), "archive", "leads out"),
        (zipped(("C:\\x.csv", CLEAN)), "archive", "leads out"),
        (zipped(("bomb.csv", b"0" * 50_000_000)), "archive", "unpack to more than"),
        (gzip.compress(b"0" * 50_000_000), "archive", "unpack to more than"),
        (gzip.compress(CLEAN)[:-200], "damaged archive", "cut off"),
        (gzip.compress(CLEAN) + b"junk", "damaged archive", "damaged"),
        (tarred(), "archive", "a tar archive"),
        (with_password(), "archive", "a password"),
    ],
)
def test_an_archive_that_is_not_of_one_file_is_refused(tmp_path: Path, data: bytes, rule: str, words: str) -> None:
    file = tmp_path / "download.zip"
    file.write_bytes(data)
    with pytest.raises(Refused) as refused:
        read_download(file)
    assert refused.value.rule == rule
    assert words in refused.value.found
    assert str(file) in str(refused.value)


def test_a_damaged_archive_goes_on_to_the_gate_that_says_so(tmp_path: Path) -> None:
    data = zipped(("download.csv", CLEAN))
    file = tmp_path / "download.zip"
    for damaged in (data[: len(data) // 2], data.replace(b"PK\x01\x02", b"PK\x01\x03")):
        file.write_bytes(damaged)
        assert read_download(file) == damaged
        with pytest.raises(Refused) as refused:
            release.fn(ReleaseRequest(file=file, store=tmp_path / "reporter=CHN", **ASKED), date(2026, 1, 5))
        assert refused.value.rule == "damaged archive"
