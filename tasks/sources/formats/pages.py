"""Reads web pages and old workbooks as rows of cells: for statistics that are published as a page.

Belongs here: bytes to cells, with cells that span several columns or rows repeated in each. The adapter interprets the
cells. Digits that a line break, a footnote sign, a paragraph, a link or another look parts are no one number, and
hidden or struck ones none that a reader sees (`page_styles`): such a cell is read with marks between its parts, so that
it is no number. A page is refused where it is cut off, is not a page, or requires a browser (a JavaScript challenge, a
captcha): such a gate is for people, and Tidewaiter does not bypass it.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from html.parser import HTMLParser
from typing import NamedTuple

import fastexcel
import polars as pl

from tasks.domain.errors import Refused
from tasks.domain.text import clip
from tasks.sources.formats.envelope import open_text
from tasks.sources.formats.page_styles import (
    Element,
    Rule,
    element,
    is_unseen,
    parting_style,
    rules_of,
    styled_classes,
)

CELLS_MAX = 100_000
SPAN_MAX = 100
GATES = ("captcha", "$_ts", "challenge-platform", "enable javascript", "checking your browser")
# A page behind a gate is small; a whole page of statistics may have these texts in a script of its frame.
GATE_BYTES_MAX = 20_000
VOID = frozenset({"br", "img", "link", "meta", "input", "hr", "col"})
BLOCKS = frozenset({"br", "hr", "p", "div", "li", "ul", "ol", "dl", "dt", "dd", "pre", "section", "table", "tr"})
UNSHOWN = frozenset({"script", "style", "template"})
# What is around a cell and a row: the elements before it in there have ended, also where a page does not say so.
AROUND = {name: frozenset({"tr", "table"}) for name in ("td", "th")} | {
    "tr": frozenset({"table", "tbody", "thead", "tfoot"})
}
RAISED, STRUCK = frozenset({"sup", "sub"}), frozenset({"s", "del", "strike"})
# Elements that give letters a look and parts no number; all others have a meaning of their own (`a`, `ins`, `small`).
PLAIN = frozenset({"b", "strong", "i", "em", "u", "span", "font", "big", "tt", "nobr", "center"})
PARTING = ("aria-hidden", "color", "size", "role", "inert", "contenteditable")
# What stands between two parts of a cell: nothing, a break, or the edge of text that is no part of the number.
BREAK, EDGE = " ", " | "
NUMERIC = re.compile(r"[-+]?[\d\s.,%]*\d[\d\s.,%]*")


class Link(NamedTuple):
    """A link: its text, its address as printed, and the numbers of its table and row (-1: outside of tables)."""

    text: str
    address: str
    table: int
    row: int


class Page(NamedTuple):
    """A page: its tables as rows of cells, the texts of elements by their class, and the links in their order."""

    tables: list[list[list[str]]]
    texts: dict[str, str]
    links: list[Link]


def read_page(raw: bytes, where: str) -> Page:
    """The tables, texts and links of an HTML page in UTF-8. Raises Refused; `where` names the file in messages."""
    text = open_text(raw, where, "not a page", "Save the page again as HTML, or give its .xls attachment.")
    small = text.lower()
    if "<html" not in small[:2_000] and "<!doctype html" not in small[:2_000]:
        raise Refused("not a page", where, f"it begins with '{clip(text[:40])}'", "Save the page as HTML.")
    gate = next((phrase for phrase in GATES if phrase in small), None)
    if gate and len(raw) <= GATE_BYTES_MAX and "<table" not in small:
        raise Refused(
            "gate",
            where,
            f"a page that asks for a browser or a person ('{gate}')",
            "A person must open the page and save it; Tidewaiter does not work around such a gate.",
        )
    if "</html>" not in small:
        raise Refused("cut off", where, "the page does not end", "Fetch or save it again; rows may be missing.")
    reader = _Reader(rules_of(text), styled_classes(text))
    reader.feed(text)
    return Page([_expanded(table, where) for table in reader.tables], reader.texts, reader.links)


def read_workbook(raw: bytes, where: str) -> list[list[str]]:
    """The rows of the first sheet of an .xls or .xlsx workbook; the cells of a merged area that are not its first are
    empty."""
    try:
        sheet = fastexcel.read_excel(raw).load_sheet(0, header_row=None, dtypes="string").to_polars()
    except fastexcel.FastExcelError as error:
        raise Refused("unreadable workbook", where, clip(str(error), 200), "Download the attachment again.") from error
    if sheet.height * sheet.width > CELLS_MAX:
        raise Refused(
            "too many cells", where, f"{sheet.height} rows of {sheet.width} cells", "This is no release page."
        )
    return [[cell or "" for cell in row] for row in sheet.cast(pl.String).iter_rows()]


class _Open(NamedTuple):
    """An open element: its tag and class, whether its text is raised, or not there for a reader, and how it looks."""

    tag: str
    name: str
    is_raised: bool
    is_unseen: bool
    look: str


class _Reader(HTMLParser):
    """Collects the cells of tables with their spans, the texts by class, and the links."""

    def __init__(self, rules: Sequence[Rule], styled: Collection[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.rules, self.styled = rules, styled
        self.tables: list[list[list[tuple[str, int, int]]]] = []
        self.texts: dict[str, str] = {}
        self.links: list[Link] = []
        self._open: list[_Open] = []
        self._elements: list[Element] = []
        self._cell: tuple[list[str], int, int] | None = None
        self._cell_table = 0
        self._digits_look: list[str] | None = None
        self._link: tuple[list[str], str] | None = None
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in AROUND:
            self._end_cell()
            while any(one.tag in AROUND[tag] for one in self._open) and self._open[-1].tag not in AROUND[tag]:
                self._open.pop()
                self._elements.pop()
        self._hidden += tag in UNSHOWN
        if tag in BLOCKS:
            self._part(BREAK)
            # A paragraph ends where another block begins.
            if tag not in VOID and self._open and self._open[-1].tag == "p":
                self._open.pop()
                self._elements.pop()
        if tag not in VOID:
            one = element(tag, given)
            unseen = tag in STRUCK or "hidden" in given
            unseen = unseen or is_unseen(self.rules, self._elements, one, given.get("style") or "")
            self._open.append(
                _Open(tag, given.get("class") or "", tag in RAISED, unseen, _look(tag, given, self.styled))
            )
            self._elements.append(one)
        self._start_place(tag, given)

    def _start_place(self, tag: str, given: Mapping[str, str | None]) -> None:
        """Begin a table, a row, a cell or a link."""
        if tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self._cell = ([], _span(given.get("colspan")), _span(given.get("rowspan")))
            self._cell_table, self._digits_look = len(self.tables), None
        elif tag == "a" and given.get("href"):
            self._link = ([], str(given["href"]))

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in UNSHOWN and self._hidden > 0
        if tag in ("td", "th", "tr", "table"):
            self._end_cell()
        elif tag == "a" and self._link is not None:
            row = len(self.tables[-1]) - 1 if self._cell is not None else -1
            self.links.append(
                Link("".join(self._link[0]), self._link[1], len(self.tables) - 1 if row >= 0 else -1, row)
            )
            self._link = None
        if any(one.tag == tag for one in self._open):
            while self._elements.pop() and self._open.pop().tag != tag:
                pass
        if tag in BLOCKS:
            self._part(BREAK)

    def _end_cell(self) -> None:
        """End a cell of this table that is open: a page may leave out the ends of its cells and rows."""
        if self._cell is None or self._cell_table != len(self.tables):
            return
        text, across, down = self._cell
        if self.tables and self.tables[-1]:
            self.tables[-1][-1].append((_joined(text), across, down))
        self._cell = None

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        is_unseen = any(one.is_unseen for one in self._open)
        if self._cell is not None:
            if is_unseen or any(one.is_raised for one in self._open):
                # A footnote sign belongs to a word as it stands; of hidden text only digits could be taken for some.
                shown = f"[{data}]" if is_unseen else data
                self._part(EDGE)
                self._cell[0].append(shown if not is_unseen or re.search(r"\d", data) else "")
                self._part(EDGE)
            else:
                self._part_looks(data)
                self._cell[0].append(data)
        if is_unseen:
            return
        if self._link is not None:
            self._link[0].append(data)
        for name in (one.name for one in self._open if one.name):
            self.texts[name] = self.texts.get(name, "") + data

    def _part_looks(self, data: str) -> None:
        """Part digits from those before them in the cell that look otherwise: a note, a link, a text that a style sheet
        elsewhere may hide."""
        if not re.search(r"\d", data):
            return
        start = max((place for place, one in enumerate(self._open) if one.tag in ("td", "th")), default=-1)
        look = [one.look for one in self._open[start + 1 :] if one.look]
        if self._digits_look is not None and look != self._digits_look:
            self._part(EDGE)
        self._digits_look = look

    def _part(self, mark: str) -> None:
        """Note in an open cell that what follows is another part of its text."""
        if self._cell is not None:
            self._cell[0].append(mark)


def _look(tag: str, given: Mapping[str, str | None], styled: Collection[str]) -> str:
    """What sets the text of an element apart; empty where nothing does. What the page's own styles say of a class is
    known (`is_unseen`); an unknown class may be one that a style sheet elsewhere hides."""
    names = (given.get("class") or "").split()
    parts = [] if tag in PLAIN else [tag]
    parts += names if not set(names) & set(styled) else []
    parts += parting_style(given.get("style") or "")
    parts += [f"{name}={given[name]}" for name in PARTING if name in given]
    return " ".join(parts)


def _joined(parts: list[str]) -> str:
    """The text of a cell: in one, as a reader takes words; its parts apart where it would be a number otherwise."""
    apart = "".join(EDGE if part in (BREAK, EDGE) else part for part in parts).split(EDGE)
    texts = [text.strip() for text in apart if text.strip()]
    if len(texts) > 1 and NUMERIC.fullmatch("".join(texts).replace("[", "").replace("]", "")):
        return EDGE.join(texts)
    return "".join("" if part == EDGE else part for part in parts)


def _span(text: str | None) -> int:
    return min(int(text), SPAN_MAX) if text and text.isdecimal() and int(text) > 0 else 1


def _expanded(table: list[list[tuple[str, int, int]]], where: str) -> list[list[str]]:
    """Rows of texts, each cell in every column and row that it spans."""
    rows: list[list[str]] = []
    below: dict[int, tuple[str, int]] = {}
    cells = 0
    for row in table:
        texts: list[str] = []
        waiting = list(row)
        while waiting or len(texts) in below:
            place = len(texts)
            if place in below:
                text, left = below.pop(place)
                texts.append(text)
                if left > 1:
                    below[place] = (text, left - 1)
                continue
            text, across, down = waiting.pop(0)
            for column in range(place, place + across):
                texts.append(text)
                if down > 1:
                    below[column] = (text, down - 1)
        cells += len(texts)
        if cells > CELLS_MAX:
            raise Refused("too many cells", where, f"more than {CELLS_MAX:,} cells", "This is no release page.")
        rows.append(texts)
    return rows
