"""Asks for Eurostat's bulk files: an archive for each month, which is split into a release for each reporter and
direction.

Signal of news: `ETag` or `Last-Modified` of the archive, so an unchanged month costs one request. Many earlier months
are replaced on each of Eurostat's days; of a replaced archive only those parts are new whose records have changed. A
month that is not out is answered with a page and status 200. CC BY 4.0, no key.

The rows of a part stay as they are, byte by byte and in their order, below the header line. A 7z archive is unpacked
into a folder first, and read line by line from there, so that memory does not grow with the file. It has an unknown
origin: its one file must be a file with a plain name and of a limited size, and a wrong checksum is an error.
"""

from __future__ import annotations

import io
import logging
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from lzma import LZMAError
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple
from urllib.parse import quote
from zoneinfo import ZoneInfo

import polars as pl

from tasks.domain.errors import Refused, refuse_first
from tasks.domain.text import clip, clip_bytes, counted
from tasks.sources.adapter.declaration import Spec, load
from tasks.sources.adapter.protocol import Parsed, Response, Site, WantedFile, months_of, refuse_products
from tasks.sources.adapter.questions import reporters, wanted

if TYPE_CHECKING:
    from schemas.forms.fetch import FetchRequest

SOURCE = "eurostat_bulk"
BASE, ZONE = "https://ec.europa.eu", ZoneInfo("Europe/Luxembourg")
FLOWS = {"1": "import", "2": "export"}
# Whose figures Eurostat has.
API = load(Path(__file__).parents[1] / "offices" / "eurostat_comext.toml")
PATH = "/eurostat/api/dissemination/files"
FILE = "comext/COMEXT_DATA/PRODUCTS/full_v2_{}.7z"
MAGIC = b"7z\xbc\xaf\x27\x1c"
UNPACKED_BYTES_MAX = 4_000_000_000
RATIO_MAX, SMALL_BYTES = 200, 10_000_000
NAMES_SHOWN = 5
# Folders and a file, none of which leads out of where they are unpacked.
PLAIN_NAME = re.compile(r"(?:\w[\w.-]{0,100}/){0,9}\w[\w.-]{0,100}")
LINE_BYTES_MAX = 10_000
NO_MONTH = "No month of Comext is that large. See where it comes from, or download it again."
AGAIN = "Download the archive again."
# What the decoders below the library raise for damaged bytes.
DAMAGES = (LZMAError, EOFError, OSError, ValueError, IndexError, KeyError, TypeError)
log = logging.getLogger("tidewaiter.fetch")


def questions(name: str, spec: Spec, request: FetchRequest, today: date, site: Site) -> Iterator[WantedFile]:
    """Yield a question for each month, the newest first. Raises Refused for a reporter that Eurostat does not have."""
    chosen = wanted(API, request.reporters)
    refuse_products(request, "A bulk file has every code; leave them out, or fetch eurostat_comext.")
    # An archive that was split for some reporters may be asked for again for others.
    some = [
        *sorted(request.reporters),
        *(f"{flow}s" for flow in request.flows if {*request.flows} != {*FLOWS.values()}),
    ]
    for month in reversed(months_of(request, today)):
        file = FILE.format(month.replace("-", ""))
        yield WantedFile(
            name="_".join(["comext_archive", month, *some]),
            source=SOURCE,
            form="7z",
            zone=ZONE,
            address=f"{request.base or BASE}{PATH}?file={quote(file, safe='')}",
            title=f"Eurostat Comext {Path(file).name}",
            declared={"months": month},
            parts=partial(split_parts, chosen, tuple(request.flows)),
        )


def covered_products(parsed: Parsed) -> list[str]:
    """The codes of which a part has every row, so that a missing one means no trade: all, or all but those of chapters
    with trade without a published code; of these only the codes in the part.
    """
    codes = parsed.reported["product"].unique().drop_nulls().cast(pl.String)
    hidden = codes.filter(codes.str.starts_with("line:"))
    if not hidden.len():
        return ["*"]
    chapters = hidden.str.extract(r"^line:cn8_([0-9]{2})", 1)
    plain = codes.filter(codes.str.contains(r"^[0-9]+$"))
    # A code without a chapter may hide any other one.
    open_chapters = [] if chapters.null_count() else sorted({code[:2] for code in plain} - {*chapters})
    return [*open_chapters, *plain.filter(~plain.str.head(2).is_in(open_chapters)).sort()]


def split_file(
    file: Path, reporters: list[str], flows: tuple[str, ...], asked_at: datetime
) -> Iterator[tuple[WantedFile, Response]]:
    """Yield the parts of a file that a person downloaded, as `split_parts` does. Raises Refused for a reporter that
    Eurostat does not have."""
    whole = WantedFile(file.stem, SOURCE, "", "7z", ZONE, f"Eurostat Comext {file.name}", {})
    return split_parts(wanted(API, reporters), flows, whole, Response(b"", asked_at, ""), file)


def split_parts(
    chosen: Mapping[str, str],
    flows: tuple[str, ...],
    question: WantedFile,
    answer: Response,
    archive: bytes | Path = b"",
) -> Iterator[tuple[WantedFile, Response]]:
    """Yield the question and the answer of each part; one part at a time is in memory. Without an `archive` it is the
    answer."""
    months = question.declared.get("months")
    with tempfile.TemporaryDirectory(prefix="tidewaiter-comext-") as folder:
        parts, left_out = split(archive or answer.body, question.name, Path(folder), chosen, flows)
        others = {code: rows for code, rows in left_out.items() if code not in reporters(API).values()}
        if others:
            log.warning(
                "%s: left out, because they are no reporters of this source: %s",
                question.name,
                ", ".join(f"{code} ({counted(rows, 'row')})" for code, rows in others.items()),
            )
        in_archive = {part.reporter for part in parts}
        if absent := [reporter for reporter in chosen if reporter not in in_archive and reporter != "EU27"]:
            log.warning(
                "%s: no row of %s: the month of a reporter that is not in the file is not out yet, and is no month"
                " without trade",
                question.name,
                ", ".join(absent),
            )
        for part in parts:
            declared = {**question.declared, "reporter": part.reporter, "flow": part.flow, "partners": "all"}
            name = "_".join(filter(None, ["comext_bulk", part.reporter, part.flow, months]))
            title = f"{question.title}, {part.reporter}, {part.flow}s"
            asked_for = replace(
                question, name=name, form="csv", title=title, declared=declared, parts=None, covers=covered_products
            )
            yield asked_for, replace(answer, body=part.file.read_bytes())


class ReporterFile(NamedTuple):
    """The rows of one reporter in one direction: our key of the reporter, the direction, the file, how many rows."""

    reporter: str
    flow: str
    file: Path
    rows: int


def split(
    archive: bytes | Path, where: str, folder: Path, reporters: Mapping[str, str], flows: tuple[str, ...]
) -> tuple[list[ReporterFile], Mapping[str, int]]:
    """Write the parts of these reporters (our key: Eurostat's code) and directions into `folder`.

    `archive` is a 7z archive, or the path of one or of the text in it. Returns the parts in the order of their keys,
    and the number of rows of each reporter that was left out. Raises Refused for anything else.
    """
    is_text = isinstance(archive, Path) and not _is_archive(archive)
    text = archive if isinstance(archive, Path) and is_text else unpacked(archive, where, folder / "unpacked")
    keys = {code.encode(): key for key, code in reporters.items()}
    directions = {code.encode(): flow for code, flow in FLOWS.items()}
    rows, files = Counter[tuple[bytes, bytes]](), dict[tuple[bytes, bytes], BinaryIO | None]()
    parts = dict[tuple[bytes, bytes], ReporterFile]()
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
                    parts[at] = ReporterFile(reporter, flow, folder / f"{reporter}_{flow}.csv", 0)
                    files[at] = opened.enter_context(parts[at].file.open("wb"))
                    files[at].write(header)  # type: ignore[union-attr]
            if (file := files[at]) is not None:
                file.write(line)
    if not rows:
        raise Refused("no records", where, "a header and no record", AGAIN)
    left_out = {at: count for at, count in rows.items() if at[0] not in keys}
    return [part._replace(rows=rows[at]) for at, part in sorted(parts.items())], _by_reporter(left_out)


def _by_reporter(rows: Mapping[tuple[bytes, bytes], int]) -> Mapping[str, int]:
    """Rows by the code of the reporter, of both directions."""
    counts = Counter[str]()
    for (code, _), count in rows.items():
        counts[clip_bytes(code)] += count
    return counts


def unpacked(archive: bytes | Path, where: str, file: Path) -> Path:
    """Write what is in a 7z archive to `file`, and return it.

    Raises Refused for an archive of several files or of none, one with a password, one that is damaged, and one that
    unpacks to too much.
    """
    # It takes as long to import as a small file to read, and few files are such archives.
    import py7zr
    from py7zr.exceptions import ArchiveError, DecompressionBombError, PasswordRequired

    packed = len(archive) if isinstance(archive, bytes) else archive.stat().st_size
    limit = min(UNPACKED_BYTES_MAX, max(RATIO_MAX * packed, SMALL_BYTES))
    try:
        with py7zr.SevenZipFile(
            io.BytesIO(archive) if isinstance(archive, bytes) else archive, max_extract_size=UNPACKED_BYTES_MAX
        ) as opened:
            entries = [entry for entry in opened.list() if not entry.is_directory]
            names = [entry.filename for entry in entries]
            shown, size = ", ".join(map(clip, names[:NAMES_SHOWN])), sum(entry.uncompressed for entry in entries)
            is_plain = all(entry.is_file and PLAIN_NAME.fullmatch(entry.filename) for entry in entries)
            refuse_first(
                where,
                (
                    len(names) != 1,
                    "archive",
                    f"an archive of {counted(len(names), 'file')}{shown and f': {shown}'}",
                    "One that holds one file is read. Unpack it, and pack each file by itself.",
                ),
                (
                    not is_plain,
                    "archive",
                    f"'{shown}', a link, or a name that may lead elsewhere",
                    "Eurostat packs its files otherwise. See where it comes from, or download it again.",
                ),
                (size > limit, "archive", f"{packed:,} bytes that unpack to {size:,}, more than {limit:,}", NO_MONTH),
            )
            opened.extract(file.parent, names)
    except PasswordRequired as error:
        raise Refused("archive", where, "an archive with a password", "Unpack it and give the file in it.") from error
    except DecompressionBombError as error:
        raise Refused("archive", where, f"{error}", NO_MONTH) from error
    except (ArchiveError, *DAMAGES) as error:
        if isinstance(error, OSError) and error.errno is not None:
            # A full disk, or no right to write: nothing is wrong with the archive.
            raise
        raise Refused(
            "damaged archive",
            where,
            f"7z data that cannot be read ({type(error).__name__}: {clip(str(error), 80)})",
            "Download it again.",
        ) from error
    return Path(file.parent, names[0]).rename(file)


def _is_archive(file: Path) -> bool:
    with file.open("rb") as source:
        return source.read(len(MAGIC)) == MAGIC


def _places(header: bytes, where: str) -> tuple[int, int]:
    """Where reporter and direction stand. Raises Refused for the header of another file."""
    titles = header.rstrip(b"\r\n").removeprefix(b"\xef\xbb\xbf").split(b",")
    if not header.endswith(b"\n") or not {b"REPORTER", b"FLOW"} <= {*titles}:
        raise Refused(
            "columns", f"{where}, header", f"'{clip_bytes(header[:200])}'", f"This is no bulk file of Comext. {AGAIN}"
        )
    return titles.index(b"REPORTER"), titles.index(b"FLOW")


def _unfit(line: bytes, where: str) -> Refused:
    if len(line) >= LINE_BYTES_MAX:
        return Refused("not a table", where, f"a line of more than {LINE_BYTES_MAX:,} bytes", AGAIN)
    if not line.endswith(b"\n"):
        return Refused(
            "no final newline", where, f"it ends in '{clip_bytes(line[-30:])}' without a line end: cut off", AGAIN
        )
    return Refused(
        "columns",
        where,
        f"a line that has no reporter and direction where the header has them: '{clip_bytes(line[:120])}'",
        AGAIN,
    )
