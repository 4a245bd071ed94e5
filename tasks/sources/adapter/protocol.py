"""Defines the interface of an adapter: how a file of a source is read, and what the source is asked for, also where a
request names no products or months.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeVar
from urllib.parse import quote, quote_plus
from zoneinfo import ZoneInfo

import polars as pl

from schemas.frames import Reported
from schemas.names import MONTHS
from schemas.reference.code_tables import code_table
from tasks.domain.coverage import WORLD
from tasks.domain.errors import Refused
from tasks.domain.periods import first_day, month_name, month_number
from tasks.domain.text import clip
from tasks.sources.formats.envelope import FILE_BYTES_MAX

if TYPE_CHECKING:
    from schemas.forms.fetch import Fetched, FetchRequest

T = TypeVar("T")
WATCHED_DIGITS = 6
PAGE_KINDS = ("preliminary", "bulletin")


class Parsed(NamedTuple):
    """A file as read: its records as printed, the encoding, the normalisations made.

    `doubts` are findings that only the adapter can raise. `printed_on` and `reporter` come from the file; the
    declaration must agree with them. `totals` are the printed totals of the world and of groups, as records, and
    `short` the findings that the parts of one add up to less: see `declared`. `so_far` are printed years to date, as
    records of their last month, which are compared with the months before and not published. `proof` is what proves
    that this file is whole, as a count or a sum that it prints and that agrees; empty where nothing does.
    """

    reported: Reported
    encoding: str
    normalised: tuple[str, ...]
    doubts: tuple[dict[str, str], ...] = ()
    printed_on: date | None = None
    reporter: str | None = None
    totals: Reported | None = None
    short: tuple[dict[str, str], ...] = ()
    so_far: Reported | None = None
    proof: str = ""

    def declared(self, partners: str) -> Parsed:
        """What the file says where these partners were asked for: `all`, or some of them.

        Of every partner a printed total is a check on the sum. Of some of them it is the only word on the total.
        """
        if partners == "all":
            return self._replace(doubts=(*self.doubts, *self.short))
        if self.totals is None:
            return self
        return self._replace(reported=pl.concat([self.reported, self.totals]))


@dataclass(frozen=True)
class Key:
    """A key that a source requires with each call. It is added when a request is sent, and is never kept or printed."""

    parameter: str
    secret: str = field(repr=False)

    def hide(self, text: str) -> str:
        """Remove the key from a text, for messages that may repeat an address."""
        # In any form in which a server repeats it: as a parameter of any address, or bare.
        text = re.sub(rf"(?i)\b({re.escape(self.parameter)}=)[^&\s\"'<>)]*", r"\1***", text)
        for written in (self.secret, quote(self.secret, safe=""), quote_plus(self.secret)) if self.secret else ():
            text = text.replace(written, "***")
        return text

    def __str__(self) -> str:
        return f"{self.parameter}=***"


@dataclass(frozen=True)
class WantedFile:
    """One wanted file.

    `name` stays the same for every request, also if the address changes. `form` is the required form of the answer:
    csv, json, html, xls, zip or 7z. `declared` goes into the sidecar. `again` says that the answer may have changed
    since it was seen; otherwise an answered question is not asked again at the same address. `retry_on` are temporary
    statuses besides the usual ones; `page_size` requests page after page by `$skip`. `attachment` returns what to
    request if the adapter cannot read a page. `parts` divides an answer into releases, each with a question of its own;
    `covers` returns the products for the sidecar from what was read, where they are not those that were requested.
    """

    name: str
    source: str
    address: str
    form: str
    zone: ZoneInfo
    title: str
    declared: Mapping[str, Any]
    first_month: str | None = None
    again: bool = True
    retry_on: frozenset[int] = frozenset()
    page_size: int | None = None
    attachment: Callable[[WantedFile, Response], WantedFile | None] | None = None
    parts: Callable[[WantedFile, Response], Iterator[tuple[WantedFile, Response]]] | None = None
    covers: Callable[[Parsed], list[str]] | None = None


@dataclass(frozen=True)
class Response:
    """An answer: the bytes, the time of the source's clock, and what the next conditional request needs. `doubt` says
    why the time is that of this machine.
    """

    body: bytes
    answered_at: datetime
    address: str
    etag: str | None = None
    last_modified: str | None = None
    doubt: str = ""


class Site(Protocol):
    """The site of a source, for the lists that are asked for before its files. `has_key`: the source is asked with a
    key."""

    has_key: bool

    def get(self, address: str) -> Response:
        """The answer of an address. Raises Refused and Unreachable."""

    def tried(self, name: str, work: Callable[[], T]) -> T | Fetched:
        """What `work` returns, or what became of the question that it asks."""

    def listed(self, place: str, name: str, read: Callable[[Response], Iterable[T]]) -> list[T] | Fetched:
        """What `read` finds on a list page, or what became of the page."""


class KeyNeed(NamedTuple):
    """The key of a source: the environment variable that holds it, its parameter in a request, whether it must be
    there."""

    variable: str
    parameter: str
    required: bool = True


class FirstFetch(NamedTuple):
    """What a newcomer is told of the answers of a source before it is asked.

    `about` is what one answer of a direction is about: a `month` or a `year`. `megabytes` of an answer and `seconds` to
    publish it are rough, and None where nobody has measured them: answers about the goods of the baskets are small.
    `has_all_goods`: the answers have every code; otherwise those of the baskets are asked for.
    """

    about: Literal["month", "year"]
    megabytes: float | None = None
    seconds: float | None = None
    has_all_goods: bool = False


@dataclass(frozen=True)
class Source:
    """An adapter: its name, the kind of release it reads, the required declarations, and how to read a file.

    `titles` is what readers call it, by language: the name of a module says nothing to them.

    `parse(raw, where)` returns the records or raises Refused. `says_day` means that each record has the day on which it
    was made public; otherwise the whole file has one day. A download that ends at a multiple of `row_cap` records was
    probably cut off by the site; None where no cap is known.

    `reporter` is whose figures the files have; another one is refused, unless the source `has_others`: then it is that
    of a file that declares none. It is empty where each file names its own, one of a `group` or any. `currency` is that
    in which they count themselves, ISO 4217, also where the files are in another one; empty where it is not one.
    `code_list` names the partner codes (`schemas/reference/partner_codes.csv`). `partner_code` is the form of a code, a
    pattern: one that the list lacks is published with a warning; empty where partners are names. `nomenclature` names
    the national codes
    (`tasks/domain/nomenclature.py`). `has_lines`: products may be lines that only the
    source defines; `has_spans`: a record may cover several months together. `dated` gives the day from which the
    figures of a file were public, by what it prints, where no day is declared; None for a file that prints none.
    `experimental` says what was read of the source where that was no whole real file; its first release waits for
    approval. `excerpt(raw, records, count)` returns the bytes of a file of so many records with these alone (numbers
    from 1, sorted), for a source that numbers records by their place; None for a file that it cannot cut.

    `is_archive`: a file is a ZIP archive of several members, which `parse` opens itself. `declared` is what holds of
    every file of the source where nothing else is declared: a file of all goods and partners covers them. `bytes_max`
    limits an answer.

    `proof` says what proves that a file is whole (lengths, counts, printed sums, keys that stand once), and what
    nothing in it proves.

    `first_print_of` names the source of the same statistics whose answers are corrected, where files of this one never
    are.

    `questions(request, today, site)` yields what is asked of the source, or what became of a list; None where a person
    downloads its files. `base` is the address of its site: no other host is asked. `calendar` is the name of the source
    in `release_calendar.csv` and `release_delays.csv`; empty where nobody waits for it. `first_fetch` is set for the
    source from which a newcomer gets the figures of its reporters. `licence` says in a few words what others may do
    with the numbers: it stands in the README.md of each snapshot. `forbids` is a sentence on what nobody may do with
    them, for every answer, and `permission` the variable that is set where one was given. `collector` is who passes on
    what others have published: it is named beside the file; `require_reporter` raises Refused for a reporter of whom it
    has nothing. `split(file, reporters, flows, asked_at)` yields the parts of a file that a person downloaded, for a
    source whose files are of many reporters; it raises Refused for a reporter that the source does not have.
    """

    name: str
    kind: str
    needs: tuple[str, ...]
    parse: Callable[[bytes, str], Parsed]
    reporter: str
    currency: str
    partner_code: str
    titles: Mapping[str, str] = field(default_factory=dict)
    has_others: bool = False
    group: str = ""
    says_day: bool = False
    row_cap: int | None = None
    code_list: str = "gacc"
    nomenclature: str = "HS8"
    has_lines: bool = False
    has_spans: bool = False
    dated: Callable[[bytes], date | None] | None = None
    experimental: str = ""
    is_archive: bool = False
    declared: Mapping[str, Any] = field(default_factory=dict)
    bytes_max: int = FILE_BYTES_MAX
    excerpt: Callable[[bytes, Sequence[int], int], bytes | None] | None = None
    proof: str = ""
    first_print_of: str = ""
    calendar: str = ""
    base: str = ""
    questions: Callable[[FetchRequest, date, Site], Iterable[WantedFile | Fetched]] | None = None
    key: KeyNeed | None = None
    first_fetch: FirstFetch | None = None
    licence: str = "no terms are known: ask the source before you give its numbers to others"
    forbids: str = ""
    permission: str = ""
    collector: str = ""
    require_reporter: Callable[[str], object] | None = None
    split: Callable[[Path, list[str], tuple[str, ...], datetime], Iterator[tuple[WantedFile, Response]]] | None = None

    @property
    def is_page(self) -> bool:
        """Whether its files are pages of a site, which say their direction themselves."""
        return self.kind in PAGE_KINDS

    def refuse_other_reporters(self, reporters: Iterable[str], where: str) -> None:
        """Raises Refused for a reporter whose figures no file of this source has: they would get into its store."""
        other = [reporter for reporter in reporters if self.reporter and reporter != self.reporter]
        if other and not self.has_others:
            raise Refused(
                "reporter of another source",
                where,
                f"reporter {clip(', '.join(other))}, and {self.name} has figures of {self.reporter} alone",
                f"Leave the reporter out, or write {self.reporter}; take the source that the file is really of.",
            )
        nobody = [reporter for reporter in reporters if self.has_others and reporter not in _countries_and_groups()]
        if nobody:
            raise Refused(
                "unknown reporter",
                where,
                f"reporter {clip(', '.join(nobody))}, which is no country and no group of countries",
                "Write the code of the country whose trade the figures are about: CHN, USA, EU27.",
            )


def _countries_and_groups() -> set[str]:
    """The keys of countries in the lists of partners, and those of groups: who may report."""
    of_sources = code_table("partner_codes").filter(kind="country")["partner"]
    return {*of_sources, *code_table("partners")["partner"], *code_table("partner_groups")["group"]} - {WORLD}


def products_of(request: FetchRequest) -> list[str]:
    """The requested codes, otherwise the HS6 codes of the baskets. Raises Refused if they are of several levels."""
    products = sorted(set(request.products)) or sorted({code[:WATCHED_DIGITS] for code in code_table("baskets")["hs8"]})
    if len({len(code) for code in products}) > 1:
        raise Refused(
            "mixed levels",
            "products",
            f"codes of several levels: {', '.join(products[:6])}",
            "Ask for each level by itself; their sum would count twice.",
        )
    return products


def refuse_products(request: FetchRequest, advice: str) -> None:
    """Raises Refused where codes are asked of a source whose files have all of them."""
    if request.products:
        raise Refused("products", "products", ", ".join(request.products[:6]), advice)


def months_of(request: FetchRequest, today: date) -> list[str]:
    """Return the requested months: those given, otherwise from January of last year to the month before this one."""
    if request.months is None:
        first, last = month_number(date(today.year - 1, 1, 1)), month_number(today) - 1
    else:
        match = MONTHS.fullmatch(request.months)
        assert match is not None  # the form is checked by the request
        year, month, last_year, last_month = match.groups()
        first = month_number(date(int(year), int(month), 1))
        last = month_number(date(int(last_year), int(last_month), 1)) if last_year else first
    if last < first or first_day(last) > today:
        raise Refused(
            "months", "months", f"{request.months}", "Write a range that has begun and ends after its beginning."
        )
    return [month_name(number) for number in range(first, last + 1)]


def short(products: list[str]) -> str:
    """Return products for a file name: the first few, and how many more."""
    return "-".join(products[:3]) + (f"-and-{len(products) - 3}-more" if len(products) > 3 else "")
