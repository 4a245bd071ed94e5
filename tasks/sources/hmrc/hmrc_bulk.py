"""Reads HM Revenue and Customs' bulk data sets of a month: imports (`bdsimp2605`) and exports (`bdsexp2605`) of the
United Kingdom, all goods of eight digits by country and port.

Who and when: with the Overseas Trade Statistics (`hmrc_ots.toml`), about 43 days after the month.
Open, without a key (Open Government Licence v3.0).

Address: https://www.uktradeinfo.com/trade-data/latest-bulk-data-sets links to the files of the last months and to a
page with the archives of past years (`bdsexp_25archive.zip`), which have a file a month. An address changes with each
issue, so that the name of a file identifies it.

Layout since January 2022: a text of 85 characters a record, in a ZIP archive of its own; a header record before and a
trailer record after them. Fields: month of the file, type, month of account, commodity, SITC, country (number and
letters), port (number and letters), origin (number and letters), mode of transport, value in pounds, net mass in
kilograms, supplementary quantity, suppression, flow, record type. The form before 2022, with fields between `|`, is no
longer on the site and is refused by name.

Rows of ports, origins and modes are added up to code and country. Imports are CIF, exports FOB. The country is that by
which the statistics count: by HMRC's rules origin for imports from outside the EU, consignment from inside, and last
destination for exports. Trade below the thresholds, which HMRC estimates, is not in these files: the totals of the API
are higher.

Amendments: a record whose month of account is another one than that of the file changes an earlier month by a
difference, often below zero. It is no number of that month, so it is not published, and a finding says how many there
are and what they add up to; corrected months come from the API.

Suppression: where it, or the record type, is not 0, a part of the record is hidden; its value counts and its quantity
is unknown, and a sum with such a part has no quantity. Codes of chapter 99 hold trade whose own code is hidden, so a
file covers the codes that are in it, and a code that is not may still have been traded.

The direction stands in the name of the file, or is declared. The unit of the supplementary quantity is in another file
(SMKA12), so it is left out.

Unsure: no record of this form was at hand, only the places that a public program of the Food Standards Agency reads,
which skips the first line and knows of a last one. What type and flow say is not known: they are not used, unless flow
is a number of the API and contradicts the direction. What stands in header and trailer is not known either. A first
line that begins with the month of the records is a record cut short; one that does not begin with zeros, as older
headers of HMRC do, needs a trailer that counts the records. A header without a trailer is half a file, and where a
trailer has numbers, one of them must be the count of records. Of the site only the address of its page and names of
files were at hand, not the page; how an archive of a year is packed is not known: its months are found by the names of
its members, in archives in it too.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

import polars as pl

from tasks.domain.doubt.findings import finding
from tasks.domain.errors import Refused
from tasks.domain.text import clip, clip_bytes, counted
from tasks.sources.adapter.declared import source_of
from tasks.sources.adapter.protocol import Parsed, Response, Site, WantedFile, months_of, refuse_products
from tasks.sources.adapter.questions import not_listed
from tasks.sources.adapter.records import as_reported, doubt_copies, of_sums, summed
from tasks.sources.formats.envelope import magic_of
from tasks.sources.formats.fixed_width import Member, layout_of, members_of, read_blocks

if TYPE_CHECKING:
    from schemas.forms.fetch import Fetched, FetchRequest

# The same figures, as their API gives them, and its types of flow.
API = source_of(Path(__file__).parents[1] / "experimental" / "hmrc_ots.toml")
FLOWS = {"1": "import", "2": "export", "3": "import", "4": "export"}
ZONE = ZoneInfo("Europe/London")
BASE = "https://www.uktradeinfo.com"
LIST = "/trade-data/latest-bulk-data-sets"
LINK = re.compile(r"""(?i)href\s*=\s*["']?([^"'<>\s]+)""")
# A file of a month, the archive of a year or half of it, and the page of the archives.
MONTH_FILE = re.compile(r"(?i)bds(imp|exp)_?([0-9]{2})(0[1-9]|1[0-2])\.zip$")
ARCHIVE = re.compile(r"(?i)bds(imp|exp)_?(?:(jan-jun|jul-dec)_?)?(?:20)?([0-9]{2})_?archive\.zip$")
HALVES = {"jan-jun": range(1, 7), "jul-dec": range(7, 13)}
ARCHIVES = re.compile(r"(?i)bulk-data-?sets?[^?#]*archive[^?#.]*$")
BYTES_MAX = 600_000_000
DEPTH_MAX = 2

LAYOUT = layout_of(
    [
        ("period", 6),
        ("type", 1),
        ("account", 6),
        ("commodity", 8),
        ("sitc", 5),
        ("country", 3),
        ("country_alpha", 2),
        ("port", 3),
        ("port_alpha", 3),
        ("origin", 3),
        ("origin_alpha", 2),
        ("mode", 2),
        ("value", 12),
        ("mass", 12),
        ("supplementary", 12),
        ("suppression", 1),
        ("flow", 3),
        ("record_type", 1),
    ]
)
NUMBERS = ("value", "mass")
TEXTS = tuple(name for name in LAYOUT if name not in (*NUMBERS, "supplementary"))
LENGTH = 85
RECORD = re.compile(rb"[0-9]{6}.[0-9]{6}[0-9A-Za-z ]{8}.{%d}" % (LENGTH - 21))
# The end of a record: three amounts, suppression, flow and type.
RECORD_ANYWHERE = re.compile(rb"[0-9]{36}.[0-9]{3}.\s*$")
NAME = re.compile(r"(?i)bds(imp|exp)(?:[^0-9]*([0-9]{2})(0[1-9]|1[0-2]))?")
DIRECTIONS = {"imp": "import", "exp": "export"}
MONTH = r"^[0-9]{4}(0[1-9]|1[0-2])$"
DIGITS = 8
PLAIN = ("0", "")
AGAIN = "Download the file again, and give it as it is."
CELL = ("commodity", "country")


def parse(raw: bytes, where: str) -> Parsed:
    """The sums over ports of a month, in order of their first record. Raises Refused; `where` names the file."""
    if raw.split(b"\n", 1)[0].count(b"|") > 1 or b"comcode" in raw[:40]:
        raise Refused(
            "other form",
            where,
            "fields between |, the form of bulk files before 2022",
            "Take the month from the API: tidewaiter fetch hmrc_ots --month.",
        )
    text = _records(raw, where)
    fields = pl.concat(read_blocks(Member("its records", lambda: io.BytesIO(text.body)), LAYOUT, TEXTS, NUMBERS, where))
    month = _the_month(fields, where)
    named = NAME.search(where)
    direction = DIRECTIONS[named[1].lower()] if named else None
    of_month = fields.filter(pl.col("account") == month)
    if not of_month.height:
        raise Refused("no records", where, f"amendments alone, and no record of {month}", AGAIN)
    doubts = [
        *of_sums(doubt_copies(fields, [*TEXTS, *NUMBERS], where), of_month, CELL),
        *_doubt_ends(text, fields.height, where),
        *_doubt_name(month, where),
        *_doubt_flow(fields, direction, where),
        *_doubt_amendments(fields.filter(pl.col("account") != month), where),
        *_doubt_hidden(of_month, where),
        *_doubt_negative(of_month, where),
    ]
    sums = summed(of_month.with_columns(mass=pl.when(~_is_hidden()).then("mass")), CELL, NUMBERS)
    notes = [
        f"{counted(of_month.height, 'record')} of single ports added up to {counted(sums.height, 'sum')}",
        *(f"a {end} record: '{clip_bytes(line[:40])}'" for end, line in text.ends.items() if line),
    ]
    reported = sums.select(
        "record",
        "note",
        flow=pl.lit(direction, pl.String),
        period=pl.lit(f"{month[:4]}-{month[4:]}"),
        product=_product(pl.col("commodity")),
        partner=_number("country"),
        value=pl.col("value").cast(pl.String),
        currency=pl.lit("GBP"),
        quantity=pl.col("mass").cast(pl.String),
        quantity_unit=pl.lit("KG"),
    )
    is_proven = text.is_counted(fields.height) and not any(doubt["severity"] == "error" for doubt in doubts)
    proof = f"{counted(fields.height, 'record')}, as its trailer counts" if is_proven else ""
    return Parsed(as_reported(reported), "ascii", tuple(notes), tuple(doubts), reporter="GBR", proof=proof)


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
        """Whether one of the numbers of the trailer is that of the records, with so many other lines."""
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


def _the_month(fields: pl.DataFrame, where: str) -> str:
    months = fields["period"].unique().sort().to_list()
    if len(months) > 1:
        raise Refused(
            "several months", where, f"files of {', '.join(map(clip, months[:4]))} in one", "Give each month by itself."
        )
    bad = fields.filter(~pl.col("period").str.contains(MONTH) | ~pl.col("account").str.contains(MONTH))
    if bad.height:
        shown = f"'{clip(bad['period'][0])}' and '{clip(bad['account'][0])}'"
        raise Refused("no month", f"{where}, record {bad['record'][0]}", f"months {shown}", AGAIN)
    return str(months[0])


def _product(code: pl.Expr) -> pl.Expr:
    """A code of eight digits as it is; one of fewer is trade that is known by chapter alone, a line of its own."""
    is_short = code.str.contains(r"^[0-9]+$") & (code.str.len_chars() < DIGITS)
    return pl.when(is_short).then(pl.concat_str(pl.lit("line:cn8_"), code)).otherwise(code)


def _number(name: str) -> pl.Expr:
    """A number without zeros before it, as the list of countries has it; other text as it stands."""
    text = pl.col(name)
    return pl.when(text.str.contains(r"^[0-9]+$")).then(text.str.replace(r"^0+([0-9])", "${1}")).otherwise(text)


def _is_hidden() -> pl.Expr:
    return ~pl.col("suppression").is_in(PLAIN) | ~pl.col("record_type").is_in(PLAIN)


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


def _doubt_name(month: str, where: str) -> Iterator[dict[str, str]]:
    named = NAME.search(where)
    if named and named[2] and named[2] + named[3] != month[2:]:
        yield finding(
            "file_name",
            "error",
            clip(where),
            observed=f"20{named[2]}-{named[3]} in the name",
            expected=f"{month[:4]}-{month[4:]}, as in its records",
            advice="See which month it is; give it the name of that month, or approve.",
        )


def _doubt_flow(fields: pl.DataFrame, direction: str | None, where: str) -> Iterator[dict[str, str]]:
    flows = fields.select(flow=_number("flow")).to_series().unique().sort().to_list()
    other = [flow for flow in flows if direction and FLOWS.get(flow, direction) != direction]
    if other:
        yield finding(
            "other_flow",
            "error",
            f"{where}, field flow",
            scope="release",
            observed=f"{', '.join(map(clip, other[:4]))}, which the API uses for {FLOWS[other[0]]}s",
            expected=f"{direction}s, as the name of the file has it",
            advice="See which of the two the file is; give it the right name, or approve.",
        )


def _doubt_amendments(amended: pl.DataFrame, where: str) -> Iterator[dict[str, str]]:
    """Says what is left out, because a difference is no number of its month."""
    if amended.height:
        months = amended["account"].unique().sort()
        yield finding(
            "amendments",
            "warning",
            where,
            observed=(
                f"{counted(amended.height, 'record')} that change months {months[0]} to {months[-1]} by"
                f" {int(amended['value'].sum()):,} GBP and {int(amended['mass'].sum()):,} kg"
            ),
            expected="records of the month of the file",
            advice="They are differences and are not published; fetch these months with hmrc_ots.",
        )


def _doubt_hidden(fields: pl.DataFrame, where: str) -> Iterator[dict[str, str]]:
    hidden = fields.filter(_is_hidden())
    if hidden.height:
        yield finding(
            "suppressed",
            "warning",
            where,
            observed=f"{counted(hidden.height, 'record')} with a suppression, first record {hidden['record'][0]}",
            expected="records without suppression",
            advice="Their quantities are not known and not zero; their values are published.",
        )


def _doubt_negative(fields: pl.DataFrame, where: str) -> Iterator[dict[str, str]]:
    negative = fields.filter(pl.any_horizontal(pl.col(name) < 0 for name in NUMBERS))
    if negative.height:
        yield finding(
            "negative_part",
            "warning",
            where,
            observed=(
                f"{counted(negative.height, 'record')} with a number below zero, first record {negative['record'][0]}"
            ),
            expected="numbers of zero or more",
            advice="They are added up as corrections: compare the sum with the site before you cite it.",
        )


def questions(request: FetchRequest, today: date, site: Site) -> Iterator[WantedFile | Fetched]:
    """Yield a question for each file of a month, the newest first, and for each archive of months that have no file;
    before them what became of a page that lists none, behind them what is listed nowhere. Raises Refused where codes
    are asked for."""
    refuse_products(request, "A bulk file has every code; leave them out, or fetch hmrc_ots.")
    base = request.base or BASE
    links = site.listed(f"{base}{LIST}", "hmrc_bulk, list of files", _links)
    if not isinstance(links, list):
        yield links
        return
    pages = [link for link in links if ARCHIVES.search(urlsplit(link).path) and link.startswith(f"{base}/")]
    for page in dict.fromkeys(pages):
        older = site.listed(page, "hmrc_bulk, list of archives", _links)
        if not isinstance(older, list):
            yield older
        else:
            links += older
    wanted = months_of(request, today)
    yield from _files(links, wanted, request.flows, page=f"{base}{LIST}")


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
    links: Sequence[str], wanted: Sequence[str], flows: Sequence[str], page: str
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
                yield _question(months[flow, month], flow, [month])
        of_archive = dict[str | None, list[str]]()
        for month in reversed(missing):
            of_archive.setdefault(archives.get((flow, month)), []).append(month)
        nowhere[flow] = of_archive.pop(None, [])[::-1]
        yield from (_question(str(link), flow, of_link[::-1]) for link, of_link in of_archive.items())
    for flow in filter(nowhere.get, flows):
        yield not_listed(f"hmrc_bulk, {flow}s", ", ".join(nowhere[flow]), page)


def _question(address: str, flow: str, months: Sequence[str]) -> WantedFile:
    name = urlsplit(address).path.rpartition("/")[2].rpartition(".")[0].lower()
    return WantedFile(
        name=f"{name}.zip",
        source="hmrc_bulk",
        address=address,
        form="zip",
        zone=ZONE,
        title=f"HMRC bulk data set {name}, {flow}s",
        declared={**SOURCE.declared, "reporter": SOURCE.reporter, "flow": flow},
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


SOURCE = replace(
    API,
    name="hmrc_bulk",
    titles={"en": "HM Revenue & Customs, bulk data sets", "zh": "英国税务海关总署批量数据"},
    parse=parse,
    declared={"partners": "all"},
    base=BASE,
    bytes_max=BYTES_MAX,
    questions=questions,
    first_fetch=None,
    proof=(
        "each record has 85 characters and stands once, and the trailer counts them; a file without such a trailer has"
        " no proof"
    ),
    experimental=(
        "the layout as a public program states it, and the addresses of the site's page, have been read; no record"
    ),
)
