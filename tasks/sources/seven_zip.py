"""Unpacks the one file in a 7z archive, block by block, so that memory does not grow with what is in it.

An archive has an unknown origin: no name in it is used as a path, its size is limited, and a wrong checksum is an error.
"""

import io
from collections.abc import Sequence
from lzma import LZMAError
from pathlib import Path
from typing import BinaryIO

import py7zr
from py7zr.exceptions import ArchiveError, DecompressionBombError, PasswordRequired
from py7zr.io import Py7zIO, WriterFactory

from tasks.domain.errors import Refused
from tasks.domain.text import clip, counted

MAGIC = b"7z\xbc\xaf\x27\x1c"
UNPACKED_BYTES_MAX = 4_000_000_000
RATIO_MAX, SMALL_BYTES = 200, 10_000_000
NAMES_SHOWN = 5
NO_MONTH = "No month of Comext is that large. See where it comes from, or download it again."
# What the library and the decoders below it raise for damaged bytes.
DAMAGES = (ArchiveError, LZMAError, EOFError, OSError, ValueError, IndexError, KeyError, TypeError)


def unpacked(archive: bytes | Path, where: str, file: Path) -> Path:
    """Write what is in an archive to `file`, and return it.

    Raises Refused for an archive of several files or of none, one with a password, one that is damaged, and one that
    unpacks to too much.
    """
    source = io.BytesIO(archive) if isinstance(archive, bytes) else archive
    try:
        with py7zr.SevenZipFile(source, max_extract_size=UNPACKED_BYTES_MAX) as opened, file.open("wb") as sink:
            files = [entry for entry in opened.list() if not entry.is_directory]
            _refuse_others([entry.filename for entry in files], where)
            _refuse_much(sum(entry.uncompressed for entry in files), _size(archive), where)
            opened.extract(factory=_IntoFile(sink))
    except PasswordRequired as error:
        raise Refused(
            "archive", where=where, found="an archive with a password", advice="Unpack it and give the file in it."
        ) from error
    except DecompressionBombError as error:
        raise Refused("archive", where=where, found=f"{error}", advice=NO_MONTH) from error
    except DAMAGES as error:
        if isinstance(error, OSError) and error.errno is not None:
            # A full disk, or no right to write: nothing is wrong with the archive.
            raise
        raise Refused(
            "damaged archive", where=where, found=f"7z data that cannot be read ({type(error).__name__}: {clip(str(error), 80)})",
            advice="Download it again.",
        ) from error  # fmt: skip
    return file


def _refuse_others(files: Sequence[str], where: str) -> None:
    if len(files) == 1:
        return
    names = ", ".join(map(clip, files[:NAMES_SHOWN]))
    raise Refused(
        "archive", where=where, found=f"an archive of {counted(len(files), 'file')}" + (f": {names}" if files else ""),
        advice="One that holds one file is read. Unpack it, and pack each file by itself.",
    )  # fmt: skip


def _size(archive: bytes | Path) -> int:
    return len(archive) if isinstance(archive, bytes) else archive.stat().st_size


def _refuse_much(unpacked: int, packed: int, where: str) -> None:
    limit = min(UNPACKED_BYTES_MAX, max(RATIO_MAX * packed, SMALL_BYTES))
    if unpacked > limit:
        raise Refused(
            "archive", where=where, found=f"{packed:,} bytes that unpack to {unpacked:,}, more than {limit:,}", advice=NO_MONTH
        )  # fmt: skip


class _Sink(Py7zIO):
    """Writes what it is given to a file, which the library never reads again."""

    def __init__(self, sink: BinaryIO) -> None:
        self._sink = sink

    def write(self, s: bytes | bytearray) -> int:
        return self._sink.write(s)

    def read(self, size: int | None = None) -> bytes:
        return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        return 0

    def flush(self) -> None:
        self._sink.flush()

    def size(self) -> int:
        return self._sink.tell()


class _IntoFile(WriterFactory):
    def __init__(self, sink: BinaryIO) -> None:
        self._sink = sink

    def create(self, filename: str) -> Py7zIO:
        return _Sink(self._sink)
