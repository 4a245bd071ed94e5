"""Finds the records in a bulk file of HM Revenue and Customs, which `hmrc_bulk.toml` declares, and asks for such files.

What stands in header and trailer is not known. A first line that begins with the month of the records is a record cut
short; one that does not begin with zeros, as older headers of HMRC do, needs a trailer that counts the records. A
header without a trailer is half a file, and where a trailer has numbers, one of them must be the count of records.

https://www.uktradeinfo.com/trade-data/latest-bulk-data-sets links to the files of the last months and to a page with
the archives of past years (`bdsexp_25archive.zip`), which have a file a month. An address changes with each issue, so
that the name of a file identifies it. Of the site only the address of its page and names of files were at hand, not the
page; how an archive of a year is packed is not known: its months are found by the names of its members, in archives in
it too.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

from tasks.domain.doubt.findings import finding
from tasks.domain.errors import Refused
from tasks.domain.text import clip, clip_bytes, counted
from tasks.sources.adapter.declaration import Spec
from tasks.sources.adapter.declared_files import read_fixed
from tasks.sources.adapter.json_rows import FileRead
from tasks.sources.adapter.protocol import Response, Site, WantedFile, months_of, refuse_products
from tasks.sources.adapter.questions import not_listed
from tasks.sources.formats.envelope import magic_of
from tasks.sources.formats.fixed_width import members_of

if TYPE_CHECKING:
    from schemas.forms.fetch import Fetched, FetchRequest

ZONE = ZoneInfo("Europe/London")
LIST = "/trade-data/latest-bulk-data-sets"
LINK = re.compile(r"""(?i)href\s*=\s*["']?([^"'<>\s]+)""")
# A file of a month, the archive of a year or half of it, and the page of the archives.
MONTH_FILE = re.compile(r"(?i)bds(imp|exp)_?([0-9]{2})(0[1-9]|1[0-2])\.zip$")
ARCHIVE = re.compile(r"(?i)bds(imp|exp)_?(?:(jan-jun|jul-dec)_?)?(?:20)?([0-9]{2})_?archive\.zip$")
HALVES = {"jan-jun": range(1, 7), "jul-dec": range(7, 13)}
ARCHIVES = re.compile(r"(?i)bulk-data-?sets?[^?#]*archive[^?#.]*$")
DEPTH_MAX = 2

LENGTH = 85
RECORD = re.compile(rb"[0-9]{6}.[0-9]{6}[0-9A-Za-z ]{8}.{%d}" % (LENGTH - 21))
# The end of a record: three amounts, suppression, flow and type.
RECORD_ANYWHERE = re.compile(rb"[0-9]{36}.[0-9]{3}.\s*$")
NAME = re.compile(r"(?i)bds(imp|exp)(?:[^0-9]*([0-9]{2})(0[1-9]|1[0-2]))?")
DIRECTIONS = {"imp": "import", "exp": "export"}
AGAIN = "Download the file again, and give it as it is."


def read(spec: Spec, raw: bytes, where: str) -> FileRead:
    """The fields of the records, and what header and trailer say of them. Raises Refused; `where` names the file."""
    text = _records(raw, where)
    fields = read_fixed(spec, text.body, where).fields
    notes = [f"a {end} record: '{clip_bytes(line[:40])}'" for end, line in text.ends.items() if line]
    doubts = [*_doubt_ends(text, fields.height, where)]
    is_proven = text.is_counted(fields.height) and not doubts
    proof = f"{counted(fields.height, 'record')}, as its trailer counts" if is_proven else ""
    return FileRead(fields, "ascii", notes, doubts, proof)


class _Text(NamedTuple):
    """The records of a file, and the lines before and after them, its header and trailer; empty where there is none."""

    body: bytes
    header: bytes
    trailer: bytes

    @property
    def ends(self) -> dict[str, bytes]:
        """Header and trailer by what they are."""
        return {"header": self.header, "trailer": self.trailer}

    @property
    def length(self) -> int:
        """How many characters a record has: all have as many, or the file is refused."""
        return len(self.body.partition(b"\n")[0].rstrip(b"\r"))

    def is_counted(self, records: int, lines: int = 0) -> bool:
        """Whether a number of the trailer counts the records, or the records and these other lines."""
        return records + lines in [int(number) for number in re.findall(rb"[0-9]{1,18}", self.trailer)]


def _records(raw: bytes, where: str) -> _Text:
    """Raises Refused where there is no record between the first and the last line, and where the first is a damaged
    record."""
    first, _, rest = raw.partition(b"\n")
    header = trailer = b""
    if not RECORD.match(first):
        if not RECORD.match(rest):
            raise Refused(
                "not a table",
                where,
                f"no record of {LENGTH} characters in its first two lines: '{clip_bytes(raw[:60])}'",
                f"{AGAIN} A page or a message is none.",
            )
        # A line end that was lost or blocks of zeros join the first record to it; one that begins with the month of the
        # records is a record, however short.
        if RECORD_ANYWHERE.search(first) or first[:6] == rest[:6]:
            raise Refused("damaged text", f"{where}, line 1", f"'{clip_bytes(first[:160])}' is no header alone", AGAIN)
        header, raw = first, rest
    whole = raw.rstrip(b"\x1a")
    body, _, last = whole.removesuffix(b"\n").rpartition(b"\n")
    if body and not RECORD.match(last) and last[:6] != whole[:6]:
        trailer, raw = last, body + b"\n"
    return _Text(raw, header, trailer)


def _doubt_ends(text: _Text, count: int, where: str) -> Iterator[dict[str, str]]:
    """Finds a trailer whose numbers have neither the count of records nor that of all lines, a header whose trailer is
    gone, a first line that may be a record, and records of another length."""
    is_counted, lines = text.is_counted(count), 1 + bool(text.header)
    has_numbers = re.search(rb"[0-9]", text.trailer)
    is_short = text.header and not text.trailer
    if is_short or (has_numbers and not is_counted and not text.is_counted(count, lines)):
        yield finding(
            "control_total",
            "error",
            f"{where}, trailer",
            observed=f"{'none' if is_short else clip_bytes(text.trailer[:60])}, and {counted(count, 'record')}",
            expected="a trailer that has the count of records",
            advice=f"The file may be cut off. {AGAIN}",
        )
    if text.header and not text.header.startswith(b"000000") and not is_counted:
        yield finding(
            "unknown_header",
            "error",
            f"{where}, line 1",
            observed=f"'{clip_bytes(text.header[:60])}', and no trailer that counts the {counted(count, 'record')}",
            expected="a header that begins with zeros, or a trailer that proves that no record is taken for it",
            advice=f"See whether it is a damaged record. {AGAIN}",
        )
    if text.length != LENGTH:
        yield finding(
            "row_width",
            "error",
            where,
            observed=f"records of {text.length} characters",
            expected=f"{LENGTH}, as the layout has them",
            advice="See whether a field was added at the end or has moved: compare some numbers with the site.",
        )


def questions(name: str, spec: Spec, request: FetchRequest, today: date, site: Site) -> Iterator[WantedFile | Fetched]:
    """Yield a question for each file of a month, the newest first, and for each archive of months that have no file;
    before them what became of a page that lists none, behind them what is listed nowhere. Raises Refused where codes
    are asked for."""
    refuse_products(request, "A bulk file has every code; leave them out, or fetch hmrc_ots.")
    base = request.base or spec["base"]
    links = site.listed(f"{base}{LIST}", f"{name}, list of files", _links)
    if not isinstance(links, list):
        yield links
        return
    pages = [link for link in links if ARCHIVES.search(urlsplit(link).path) and link.startswith(f"{base}/")]
    for page in dict.fromkeys(pages):
        older = site.listed(page, f"{name}, list of archives", _links)
        if not isinstance(older, list):
            yield older
        else:
            links += older
    wanted = months_of(request, today)
    yield from _files(links, wanted, request.flows, spec, page=f"{base}{LIST}")


def _links(answer: Response) -> list[str]:
    """The addresses that a page links to. Raises Refused for one that links to no file of trade."""
    text = answer.body.decode("utf-8", "replace")
    links = [urljoin(answer.address, html.unescape(target)) for target in LINK.findall(text)]
    if not any(MONTH_FILE.search(urlsplit(link).path) or ARCHIVE.search(urlsplit(link).path) for link in links):
        raise Refused(
            "no links",
            answer.address,
            "a list page without bdsimpYYMM.zip or bdsexpYYMM.zip",
            "The site has changed: look at it in a browser.",
        )
    return links


def _files(
    links: Sequence[str], wanted: Sequence[str], flows: Sequence[str], spec: Spec, page: str
) -> Iterator[WantedFile | Fetched]:
    """The questions for the wanted months, and which of them no link is about; a later link to the same file does not
    count."""
    months, archives = dict[tuple[str, str], str](), dict[tuple[str, str], str]()
    for link in links:
        path = urlsplit(link).path
        if named := MONTH_FILE.search(path):
            months.setdefault((DIRECTIONS[named[1].lower()], f"20{named[2]}-{named[3]}"), link)
        elif named := ARCHIVE.search(path):
            for number in HALVES.get((named[2] or "").lower(), range(1, 13)):
                archives.setdefault((DIRECTIONS[named[1].lower()], f"20{named[3]}-{number:02d}"), link)
    nowhere = dict[str, list[str]]()
    for flow in flows:
        missing = [month for month in wanted if (flow, month) not in months]
        for month in reversed(wanted):
            if (flow, month) in months:
                yield _question(months[flow, month], flow, [month], spec)
        of_archive = dict[str | None, list[str]]()
        for month in reversed(missing):
            of_archive.setdefault(archives.get((flow, month)), []).append(month)
        nowhere[flow] = of_archive.pop(None, [])[::-1]
        yield from (_question(str(link), flow, of_link[::-1], spec) for link, of_link in of_archive.items())
    for flow in filter(nowhere.get, flows):
        yield not_listed(f"hmrc_bulk, {flow}s", ", ".join(nowhere[flow]), page)


def _question(address: str, flow: str, months: Sequence[str], spec: Spec) -> WantedFile:
    name = urlsplit(address).path.rpartition("/")[2].rpartition(".")[0].lower()
    return WantedFile(
        name=f"{name}.zip",
        source="hmrc_bulk",
        address=address,
        form="zip",
        zone=ZONE,
        title=f"HMRC bulk data set {name}, {flow}s",
        declared={**spec["declared"], "reporter": spec["reporter"], "flow": flow},
        parts=partial(split_months, frozenset(months)),
    )


def split_months(
    months: frozenset[str], question: WantedFile, answer: Response
) -> Iterator[tuple[WantedFile, Response]]:
    """Yield question and answer of each of these months in an archive, one a text. Raises Refused for an archive that
    has none of them."""
    count = 0
    for name, body in _texts(answer.body, question.name, 0):
        named = NAME.search(name)
        month = f"20{named[2]}-{named[3]}" if named and named[2] else None
        if month is None and len(months) == 1:
            (month,) = months
        if month in months and (named is None or DIRECTIONS[named[1].lower()] == question.declared["flow"]):
            count += 1
            short = f"bds{question.declared['flow'][:3]}{month[2:4]}{month[5:]}"
            declared = {**question.declared, "months": month}
            yield replace(question, name=short, form="csv", parts=None, declared=declared), replace(answer, body=body)
    if not count:
        raise Refused("no file yet", question.name, "an archive without the months that are asked for", AGAIN)


def _texts(raw: bytes, where: str, depth: int) -> Iterator[tuple[str, bytes]]:
    """The texts of an archive with their names, also those of archives in it."""
    for member in members_of(raw, where).values():
        with member.opened() as opened:
            body = opened.read()
        if magic_of(body) == "zip" and depth < DEPTH_MAX:
            yield from _texts(body, f"{where}, {clip(member.name)}", depth + 1)
        else:
            yield member.name, body
