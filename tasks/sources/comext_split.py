"""Splits the bulk file of Comext into one file for each reporter and direction, because a release has one of each.

The rows stay as they are, byte by byte and in their order, below the header line. The archive is read in blocks and the
parts are written to a folder, so that memory does not grow with the file.
"""

from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, NamedTuple

from tasks.domain.errors import Refused
from tasks.domain.text import clip_bytes
from tasks.sources.eurostat_comext import FLOWS
from tasks.sources.seven_zip import MAGIC, read_blocks

HEADER_BYTES_MAX = 10_000
LINE_BYTES_MAX = 10_000
BLOCK_BYTES = 1 << 22
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
    with ExitStack() as opened:
        parts = _Parts(where, folder, {code: key for key, code in reporters.items()}, flows, opened)
        if isinstance(archive, bytes) or _is_archive(archive):
            read_blocks(archive, where, parts.take)
        else:
            with archive.open("rb") as text:
                while block := text.read(BLOCK_BYTES):
                    parts.take(block)
        parts.end()
    return parts.found()


def _is_archive(file: Path) -> bool:
    with file.open("rb") as source:
        return source.read(len(MAGIC)) == MAGIC


class _Parts:
    """The open files of the parts, filled block by block."""

    def __init__(
        self, where: str, folder: Path, keys: Mapping[str, str], flows: tuple[str, ...], opened: ExitStack
    ) -> None:
        self._where, self._folder, self._opened = where, folder, opened
        self._keys = {code.encode(): key for code, key in keys.items()}
        self._flows = {code.encode(): flow for code, flow in FLOWS.items()}
        self._wanted = flows
        self._header, self._rest = b"", b""
        self._reporter_at = self._flow_at = 0
        self._files: dict[bytes, BinaryIO | None] = {}
        self._rows: Counter[bytes] = Counter()

    def take(self, block: bytes) -> None:
        """Sort the whole lines of a block; what follows the last one waits for the next block."""
        lines = (self._rest + block).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > LINE_BYTES_MAX:
            raise Refused(
                "not a table", where=self._where, found=f"a line of more than {LINE_BYTES_MAX:,} bytes", advice=AGAIN
            )
        if not self._header and lines:
            self._open_header(lines.pop(0))
        reporter_at, flow_at, cut = self._reporter_at, self._flow_at, max(self._reporter_at, self._flow_at) + 1
        sorted_lines: dict[bytes, list[bytes]] = {}
        for line in lines:
            fields = line.split(b",", cut)
            if len(fields) <= cut:
                self._refuse_line(line)
            sorted_lines.setdefault(fields[reporter_at] + b"," + fields[flow_at], []).append(line)
        for key, of_key in sorted_lines.items():
            self._rows[key] += len(of_key)
            if (file := self._file(key, of_key[0])) is not None:
                file.write(b"\n".join(of_key) + b"\n")

    def end(self) -> None:
        """Close a file. Raises Refused where its last line has no end, or there is no line at all."""
        if self._rest or not self._header:
            raise Refused(
                "no final newline", where=self._where, advice=AGAIN,
                found=f"it ends in '{clip_bytes(self._rest[-30:])}' without a line end: cut off" if self._rest else "the file has no bytes",
            )  # fmt: skip
        if not self._rows:
            raise Refused("no records", where=self._where, found="a header and no record", advice=AGAIN)

    def found(self) -> Split:
        """What was written, and what was left out."""
        parts, left_out = [], Counter[str]()
        for key in sorted(self._rows):
            reporter, _, flow = key.partition(b",")
            if self._files[key] is not None:
                parts.append(Part(self._keys[reporter], self._flows[flow], self._place(key), self._rows[key]))
            elif reporter not in self._keys:
                left_out[clip_bytes(reporter)] += self._rows[key]
        return Split(tuple(parts), dict(left_out))

    def _open_header(self, line: bytes) -> None:
        titles = line.removesuffix(b"\r").removeprefix(b"\xef\xbb\xbf").split(b",")
        if len(line) > HEADER_BYTES_MAX or not {b"REPORTER", b"FLOW"} <= {*titles}:
            raise Refused(
                "columns", where=f"{self._where}, header", found=f"'{clip_bytes(line[:200])}'", advice=f"This is no bulk file of Comext. {AGAIN}"
            )  # fmt: skip
        self._header = line + b"\n"
        self._reporter_at, self._flow_at = titles.index(b"REPORTER"), titles.index(b"FLOW")

    def _file(self, key: bytes, line: bytes) -> BinaryIO | None:
        if key not in self._files:
            reporter, _, flow = key.partition(b",")
            if flow not in self._flows:
                self._refuse_line(line)
            is_wanted = reporter in self._keys and self._flows[flow] in self._wanted
            self._files[key] = self._opened.enter_context(self._place(key).open("wb")) if is_wanted else None
            if (file := self._files[key]) is not None:
                file.write(self._header)
        return self._files[key]

    def _place(self, key: bytes) -> Path:
        reporter, _, flow = key.partition(b",")
        return self._folder / f"{self._keys[reporter]}_{self._flows[flow]}.csv"

    def _refuse_line(self, line: bytes) -> None:
        raise Refused(
            "columns", where=self._where, found=f"a line that has no reporter and direction where the header has them: '{clip_bytes(line[:120])}'",
            advice=AGAIN,
        )  # fmt: skip
