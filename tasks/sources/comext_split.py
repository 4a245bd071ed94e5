"""Splits the bulk file of Comext into one file for each reporter and direction, because a release has one of each.

The rows stay as they are, byte by byte and in their order, below the header line. A 7z archive is unpacked into the folder first, and
read line by line from there, so that memory does not grow with the file. It has an unknown origin: its one file must be a file with
a plain name and of a limited size, and a wrong checksum is an error.
"""

import io
import re
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from lzma import LZMAError
from pathlib import Path
from typing import BinaryIO, NamedTuple

import py7zr
from py7zr.exceptions import ArchiveError, DecompressionBombError, PasswordRequired

from tasks.domain.errors import Refused
from tasks.domain.text import clip, clip_bytes, counted
from tasks.sources.eurostat_comext import FLOWS

MAGIC = b"7z\xbc\xaf\x27\x1c"
UNPACKED_BYTES_MAX = 4_000_000_000
RATIO_MAX, SMALL_BYTES = 200, 10_000_000
NAMES_SHOWN = 5
# Folders and a file, none of which leads out of where they are unpacked.
PLAIN_NAME = re.compile(r"(?:\w[\w.-]{0,100}/){0,9}\w[\w.-]{0,100}")
LINE_BYTES_MAX = 10_000
NO_MONTH = "No month of Comext is that large. See where it comes from, or download it again."
AGAIN = "Download the archive again."
# What the library and the decoders below it raise for damaged bytes.
DAMAGES = (ArchiveError, LZMAError, EOFError, OSError, ValueError, IndexError, KeyError, TypeError)


class Part(NamedTuple):
    """The rows of one reporter in one direction: our key of the reporter, the direction, the file, how many rows."""

    reporter: str
    flow: str
    file: Path
    rows: int


def split(
    archive: bytes | Path, where: str, folder: Path, reporters: Mapping[str, str], flows: tuple[str, ...]
) -> tuple[list[Part], Mapping[str, int]]:
    """Write the parts of these reporters (our key: Eurostat's code) and directions into `folder`.

    `archive` is a 7z archive, or the path of one or of the text in it. Returns the parts in the order of their keys, and the number
    of rows of each reporter that was left out. Raises Refused for anything else.
    """
    is_text = isinstance(archive, Path) and not _is_archive(archive)
    text = archive if isinstance(archive, Path) and is_text else unpacked(archive, where, folder / "unpacked")
    keys = {code.encode(): key for key, code in reporters.items()}
    directions = {code.encode(): flow for code, flow in FLOWS.items()}
    rows, files = Counter[tuple[bytes, bytes]](), dict[tuple[bytes, bytes], BinaryIO | None]()
    parts = dict[tuple[bytes, bytes], Part]()
    with ExitStack() as opened:
        lines = opened.enter_context(text.open("rb"))
        header = lines.readline(LINE_BYTES_MAX)
        reporter_at, flow_at = _places(header, where)
        cut = max(reporter_at, flow_at) + 1
        for line in iter(lambda: lines.readline(LINE_BYTES_MAX), b""):
            fields = line.rstrip(b"\r\n").split(b",", cut)
            if not line.endswith(b"\n") or len(fields) < cut or fields[flow_at] not in directions:
                raise _unfit(line, where)
            at = fields[reporter_at], fields[flow_at]
            rows[at] += 1
            if at not in files:
                files[at] = None
                reporter, flow = keys.get(at[0]), directions[at[1]]
                if reporter is not None and flow in flows:
                    parts[at] = Part(reporter, flow, folder / f"{reporter}_{flow}.csv", 0)
                    files[at] = opened.enter_context(parts[at].file.open("wb"))
                    files[at].write(header)  # type: ignore[union-attr]
            if (file := files[at]) is not None:
                file.write(line)
    if not rows:
        raise Refused("no records", where=where, found="a header and no record", advice=AGAIN)
    left_out = Counter[str]()
    for (code, _), count in rows.items():
        if code not in keys:
            left_out[clip_bytes(code)] += count
    return [part._replace(rows=rows[at]) for at, part in sorted(parts.items())], left_out


def unpacked(archive: bytes | Path, where: str, file: Path) -> Path:
    """Write what is in a 7z archive to `file`, and return it.

    Raises Refused for an archive of several files or of none, one with a password, one that is damaged, and one that
    unpacks to too much.
    """
    packed = len(archive) if isinstance(archive, bytes) else archive.stat().st_size
    limit = min(UNPACKED_BYTES_MAX, max(RATIO_MAX * packed, SMALL_BYTES))
    try:
        with py7zr.SevenZipFile(
            io.BytesIO(archive) if isinstance(archive, bytes) else archive, max_extract_size=UNPACKED_BYTES_MAX
        ) as opened:
            entries = [entry for entry in opened.list() if not entry.is_directory]
            names = [entry.filename for entry in entries]
            if len(names) != 1:
                shown = f": {', '.join(map(clip, names[:NAMES_SHOWN]))}" if names else ""
                raise Refused(
                    "archive", where=where, found=f"an archive of {counted(len(names), 'file')}{shown}",
                    advice="One that holds one file is read. Unpack it, and pack each file by itself.",
                )  # fmt: skip
            if not entries[0].is_file or not PLAIN_NAME.fullmatch(names[0]):
                raise Refused(
                    "archive", where=where, found=f"'{clip(names[0])}', a link, or a name that may lead elsewhere",
                    advice="Eurostat packs its files otherwise. See where it comes from, or download it again.",
                )  # fmt: skip
            if (size := entries[0].uncompressed) > limit:
                raise Refused(
                    "archive", where=where, found=f"{packed:,} bytes that unpack to {size:,}, more than {limit:,}", advice=NO_MONTH
                )  # fmt: skip
            opened.extract(file.parent, names)
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
    return Path(file.parent, names[0]).rename(file)


def _is_archive(file: Path) -> bool:
    with file.open("rb") as source:
        return source.read(len(MAGIC)) == MAGIC


def _places(header: bytes, where: str) -> tuple[int, int]:
    """Where reporter and direction stand. Raises Refused for the header of another file."""
    titles = header.rstrip(b"\r\n").removeprefix(b"\xef\xbb\xbf").split(b",")
    if not header.endswith(b"\n") or not {b"REPORTER", b"FLOW"} <= {*titles}:
        raise Refused(
            "columns", where=f"{where}, header", found=f"'{clip_bytes(header[:200])}'", advice=f"This is no bulk file of Comext. {AGAIN}"
        )  # fmt: skip
    return titles.index(b"REPORTER"), titles.index(b"FLOW")


def _unfit(line: bytes, where: str) -> Refused:
    if len(line) >= LINE_BYTES_MAX:
        return Refused("not a table", where=where, found=f"a line of more than {LINE_BYTES_MAX:,} bytes", advice=AGAIN)
    if not line.endswith(b"\n"):
        return Refused("no final newline", where=where, found=f"it ends in '{clip_bytes(line[-30:])}' without a line end: cut off", advice=AGAIN)  # fmt: skip
    return Refused(
        "columns", where=where, found=f"a line that has no reporter and direction where the header has them: '{clip_bytes(line[:120])}'",
        advice=AGAIN,
    )  # fmt: skip
