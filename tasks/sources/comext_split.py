"""Splits the bulk file of Comext into one file for each reporter and direction, because a release has one of each.

The rows stay as they are, byte by byte and in their order, below the header line. An archive is unpacked into the folder first, and
read line by line from there, so that memory does not grow with the file.
"""

from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, NamedTuple

from tasks.domain.errors import Refused
from tasks.domain.text import clip_bytes
from tasks.sources.eurostat_comext import FLOWS
from tasks.sources.seven_zip import MAGIC, unpacked

LINE_BYTES_MAX = 10_000
AGAIN = "Download the archive again."


class Part(NamedTuple):
    """The rows of one reporter in one direction: our key of the reporter, the direction, the file, how many rows."""

    reporter: str
    flow: str
    file: Path
    rows: int


class Split(NamedTuple):
    """The parts of a file in the order of their keys, and the number of rows of each reporter that was left out."""

    parts: tuple[Part, ...]
    left_out: Mapping[str, int]


def split(
    archive: bytes | Path, where: str, folder: Path, reporters: Mapping[str, str], flows: tuple[str, ...]
) -> Split:
    """Write the parts of these reporters (our key: Eurostat's code) and directions into `folder`.

    `archive` is a 7z archive, or the path of one or of the text in it. Raises Refused for anything else.
    """
    is_text = isinstance(archive, Path) and not _is_archive(archive)
    text = archive if isinstance(archive, Path) and is_text else unpacked(archive, where, folder / "unpacked")
    keys = {code.encode(): key for key, code in reporters.items()}
    directions = {code.encode(): flow for code, flow in FLOWS.items()}
    rows, files = Counter[tuple[bytes, bytes]](), dict[tuple[bytes, bytes], tuple[Part, BinaryIO] | None]()
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
                    part = Part(reporter, flow, folder / f"{reporter}_{flow}.csv", 0)
                    files[at] = part, opened.enter_context(part.file.open("wb"))
                    files[at][1].write(header)  # type: ignore[index]
            if (found := files[at]) is not None:
                found[1].write(line)
    if not rows:
        raise Refused("no records", where=where, found="a header and no record", advice=AGAIN)
    left_out = Counter[str]()
    for (reporter_code, _), count in rows.items():
        if reporter_code not in keys:
            left_out[clip_bytes(reporter_code)] += count
    parts = (found[0]._replace(rows=rows[at]) for at, found in sorted(files.items()) if found is not None)
    return Split(tuple(parts), dict(left_out))


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
