"""A download that came packed is the same release as the file in it; whatever else an archive may be is refused or left
as it is."""

import gzip
import io
import tarfile
from pathlib import Path

import pytest
from bad_inputs.archive_rows import zipped
from bad_inputs.download import CLEAN, workbook_bytes

from tasks.domain.errors import Refused
from tasks.ingest.unpack import read_download


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


BOOK, ZIP = workbook_bytes(), zipped(("download.csv", CLEAN))
CUT, DAMAGED = ZIP[: len(ZIP) // 2], ZIP.replace(b"PK\x01\x02", b"PK\x01\x03")


@pytest.mark.parametrize(
    ("packed", "read"),
    [
        (ZIP, CLEAN),
        (zipped(("June/", b""), ("June/download.csv", CLEAN)), CLEAN),
        (zipped(("download.csv", CLEAN), ("__MACOSX/._download.csv", b"x"), (".DS_Store", b"x")), CLEAN),
        (gzip.compress(CLEAN[:500]) + gzip.compress(CLEAN[500:]), CLEAN),
        (CLEAN, CLEAN),
        # A workbook is an archive that is left as it is, and one in an archive is read; what is damaged the next gate
        # refuses.
        (BOOK, BOOK),
        (zipped(("download.xlsx", BOOK)), BOOK),
        (CUT, CUT),
        (DAMAGED, DAMAGED),
    ],
    ids=[
        "zip",
        "with a folder",
        "of a Mac",
        "gzip in two parts",
        "not packed",
        "workbook",
        "packed workbook",
        "cut off",
        "damaged",
    ],
)
def test_the_one_file_in_an_archive_is_read(tmp_path: Path, packed: bytes, read: bytes) -> None:
    file = tmp_path / "download.bin"
    file.write_bytes(packed)
    assert read_download(file) == read


@pytest.mark.parametrize(
    ("data", "rule", "words"),
    [
        (zipped(("a.csv", CLEAN), ("b.csv", CLEAN)), "archive", "an archive of 2 files: a.csv, b.csv"),
        (zipped(("June/", b"")), "archive", "an archive of 0 files"),
        (zipped(("../../tmp/x.csv", CLEAN)), "archive", "leads out"),
        (zipped(("C:\\x.csv", CLEAN)), "archive", "leads out"),
        (zipped(("bomb.csv", b"0" * 50_000_000)), "archive", "unpack to more than"),
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
