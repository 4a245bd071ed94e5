"""Reads the one file in a 7z archive block by block, so that memory does not grow with what is in it.

An archive has an unknown origin: no name in it is used as a path, its size is limited, and a wrong checksum is an error.
"""

import io
from collections.abc import Callable, Sequence
from lzma import LZMAError
from pathlib import Path

import py7zr
from py7zr.exceptions import ArchiveError, DecompressionBombError, PasswordRequired
from py7zr.io import Py7zIO, WriterFactory

from tasks.domain.errors import Refused
from tasks.domain.text import clip, counted

MAGIC = b"7z\xbc\xaf\x27\x1c"
UNPACKED_BYTES_MAX = 4_000_000_000
# The library unpacks a megabyte at once, to 9 to 11 megabytes of a file of Comext; these are passed on in smaller blocks.
BLOCK_BYTES = 1 << 20
RATIO_MAX, SMALL_BYTES = 200, 10_000_000
NAMES_SHOWN = 5
NO_MONTH = "No month of Comext is that large. See where it comes from, or download it again."
# What the library and the decoders below it raise for damaged bytes.
DAMAGES = (ArchiveError, LZMAError, EOFError, OSError, ValueError, IndexError, KeyError, TypeError)


def read_blocks(archive: bytes | Path, where: str, take: Callable[[bytes], None]) -> None:
    """Pass the blocks of the one file in an archive to `take`, in order.

    Raises Refused for an archive of several files or of none, one with a password, one that is damaged, and one that
    unpacks to too much. Blocks may have been passed by then.
    """
    source = io.BytesIO(archive) if isinstance(archive, bytes) else archive
    try:
        with py7zr.SevenZipFile(source, max_extract_size=UNPACKED_BYTES_MAX) as opened:
            files = [entry for entry in opened.list() if not entry.is_directory]
            _refuse_others([entry.filename for entry in files], where)
            _refuse_much(sum(entry.uncompressed for entry in files), _size(archive), where)
            opened.extract(factory=_Blocks(take))
    except PasswordRequired as error:
        raise Refused(
            "archive", where=where, found="an archive with a password", advice="Unpack it and give the file in it."
        ) from error
    except DecompressionBombError as error:
        raise Refused("archive", where=where, found=f"{error}", advice=NO_MONTH) from error
    except _Stopped as stopped:
        raise stopped.cause from None
    except DAMAGES as error:
        raise Refused(
            "damaged archive", where=where, found=f"7z data that cannot be read ({type(error).__name__}: {clip(str(error), 80)})",
            advice="Download it again.",
        ) from error  # fmt: skip


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


class _Stopped(BaseException):
    """Takes an exception of `take` past the library, whose own handlers must not see it."""

    def __init__(self, cause: BaseException) -> None:
        self.cause = cause
        super().__init__(str(cause))


class _Sink(Py7zIO):
    """Passes on what it is given and keeps nothing."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take, self._size = take, 0

    def write(self, s: bytes | bytearray) -> int:
        try:
            for start in range(0, len(s), BLOCK_BYTES):
                self._take(bytes(s[start : start + BLOCK_BYTES]))
        except Exception as problem:
            raise _Stopped(problem) from problem
        self._size += len(s)
        return len(s)

    def read(self, size: int | None = None) -> bytes:
        return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        return 0

    def flush(self) -> None:
        """Nothing is kept back."""

    def size(self) -> int:
        return self._size


class _Blocks(WriterFactory):
    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take

    def create(self, filename: str) -> Py7zIO:
        return _Sink(self._take)
