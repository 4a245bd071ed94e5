"""Unpacks a download: returns the one file in a ZIP or gzip archive.

The bytes of the release are those of the file inside, so a packed and an unpacked download are one release. An archive
has an unknown origin: it is read in memory, up to a limit, and no name in it is used as a path. A file that is not an
archive, a workbook (a ZIP by its format), and a damaged file pass unchanged: the later gates report the problem.
"""

import gzip
import io
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from tasks.domain.errors import Refused
from tasks.domain.text import clip, counted
from tasks.sources.formats.envelope import FILE_BYTES_MAX, magic_of
from tasks.sources.formats.excel import DAMAGES, RATIO_MAX, SMALL_MEMBER_BYTES

# Files that operating systems add to an archive.
ADDED = ("__macosx/", ".ds_store", "thumbs.db", "desktop.ini")
WORKBOOK = "xl/workbook.xml"
ENCRYPTED = 0x1
NAMES_SHOWN = 5
TAR, TAR_AT = b"ustar", 257


def read_download(file: Path, *, is_archive: bool = False) -> bytes:
    """The bytes of a download, unpacked where it is an archive of one file; unchanged where the adapter of its source
    opens the archive itself.

    Raises Refused for one of several files or none, with a password, or that unpacks to too much; OSError where the
    file cannot be read.
    """
    raw = file.read_bytes()
    if is_archive:
        return raw
    kind = magic_of(raw)
    if kind == "zip":
        return _from_zip(raw, str(file))
    if kind == "gzip":
        return _from_gzip(raw, str(file))
    return raw


def _from_zip(raw: bytes, where: str) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            members = archive.infolist()
            if any(member.filename.casefold() == WORKBOOK for member in members):
                return raw
            member = _only(members, where)
            with archive.open(member) as stream:
                unpacked = stream.read(_limit(raw) + 1)
    except DAMAGES:
        return raw
    return _checked(unpacked, raw, where)


def _only(members: Sequence[zipfile.ZipInfo], where: str) -> zipfile.ZipInfo:
    """The one file among the members. Raises Refused."""
    files = [member for member in members if not member.is_dir() and not _is_added(member.filename)]
    names = ", ".join(clip(member.filename) for member in files[:NAMES_SHOWN])
    if len(files) != 1:
        more = ", …" if len(files) > NAMES_SHOWN else ""
        raise Refused(
            "archive",
            where=where,
            found=f"an archive of {counted(len(files), 'file')}" + (f": {names}{more}" if files else ""),
            advice=(
                "One that holds one file is read. Unpack it into a folder of its own and take that with tidewaiter"
                " backfill."
            ),
        )
    plain = names.replace("\\", "/")
    if plain.startswith("/") or ":" in plain or ".." in plain.split("/"):
        raise Refused(
            "archive",
            where=where,
            found=f"a file whose name leads out of the archive: {names}",
            advice="No program that people use makes such an archive. See where it comes from, or download it again.",
        )
    if files[0].flag_bits & ENCRYPTED:
        raise Refused("archive", where, "an archive with a password", "Unpack it and give the file in it.")
    return files[0]


def _is_added(name: str) -> bool:
    plain = name.casefold()
    return plain.startswith(ADDED[0]) or plain.rpartition("/")[2] in ADDED


def _from_gzip(raw: bytes, where: str) -> bytes:
    try:
        with gzip.open(io.BytesIO(raw)) as stream:
            unpacked = stream.read(_limit(raw) + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise Refused(
            "damaged archive",
            where=where,
            found=f"gzip data that is cut off or damaged: {error}",
            advice="Download it again.",
        ) from error
    return _checked(unpacked, raw, where)


def _limit(raw: bytes) -> int:
    return min(FILE_BYTES_MAX, max(RATIO_MAX * len(raw), SMALL_MEMBER_BYTES))


def _checked(unpacked: bytes, raw: bytes, where: str) -> bytes:
    if len(unpacked) > _limit(raw):
        raise Refused(
            "archive",
            where=where,
            found=f"{len(raw):,} bytes that unpack to more than {_limit(raw):,}",
            advice="A download is no larger than that. Unpack it, and split what is in it by month.",
        )
    if unpacked[TAR_AT : TAR_AT + len(TAR)] == TAR:
        raise Refused("archive", where=where, found="a tar archive in it", advice="Unpack it and give the file in it.")
    return unpacked
