"""Describes a page as a list of parts, which answers make, and renders it as HTML, as markdown and for a terminal.

A new page is a `Document`: no template, and its doubts, verdicts and source are parts like any other. Belongs here: the
parts, and the three renderers, of which each knows every part once (`parts.html.j2`, `document.md.j2`, `shown`). Does
not belong here: what a page says.
"""

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from schemas.forms.doubt import NumberDoubt
from tasks.answers.form.answer import Answer
from tasks.domain.doubt.doubt_words import doubt_sentences
from tasks.pages.text import wording
from tasks.pages.text.assets import with_policy
from tasks.pages.text.page_templates import FRONT, template, words
from tasks.store.snapshots.outside import file_outside, write_outside

if TYPE_CHECKING:
    from rich.console import RenderableType


class TextRun(NamedTuple):
    """A stretch of a text: where it leads, what a pointer is told of it, its look, the language that it has apart from
    the page's, and the whole value of a number. Looks are `n` (a number that leads to its source), `soft`, `code`,
    `hash`, `strong`, `mark` (of a footnote), and `below` (on a line of its own)."""

    text: str
    address: str = ""
    title: str = ""
    look: str = ""
    language: str = ""
    value: object = None


Text = str | Sequence[str | TextRun]


class Headline(NamedTuple):
    """The sentences at the top; of each, what keeps its growths from being quoted, and what a copy of it says too."""

    sentences: Sequence[Text]
    verdicts: Sequence[str] = ()
    copied: Sequence[str] = ()


class Note(NamedTuple):
    """A paragraph; its look is `soft`, `note` (it must be seen), `caveat` (why a growth is quoted with care), or
    none."""

    text: Text
    look: str = ""


class Lines(NamedTuple):
    """A list of short texts, numbered or not."""

    items: Sequence[Text]
    look: str = ""
    numbered: bool = False


class TableRow(NamedTuple):
    """A row of a table: its cells, the anchor that leads to it, its look, the partner whose line a chart may show, and
    a line below it."""

    cells: Sequence[Text]
    anchor: str = ""
    look: str = ""
    partner: str = ""
    below: str = ""


class TablePart(NamedTuple):
    """A table: the titles of its columns, its rows, and the places of the columns of numbers. `heads` says whether the
    first cell names its row; `pictures` are those of the rows, with their title, which only HTML has."""

    columns: Sequence[str]
    rows: Sequence[TableRow]
    numbers: Collection[int] = ()
    look: str = ""
    heads: bool = True
    title: str = ""
    pictures: tuple[str, Sequence[str]] = ("", ())


class Chart(NamedTuple):
    """A picture (SVG) with the same in words."""

    picture: str
    caption: Text


class DoubtPart(NamedTuple):
    """What is in doubt of the numbers around it."""

    doubts: Sequence[NumberDoubt]


class Links(NamedTuple):
    """Other pages and files: their names and addresses; a file is one that has a name to save it by."""

    links: Sequence[tuple[str, str]]
    file: tuple[str, str, str] = ("", "", "")


class SourcePart(NamedTuple):
    """The line to cite the page by, and what must not be done with its numbers."""

    cited: str
    licence: str = ""


class SectionPart(NamedTuple):
    """Parts below a title, and the anchor that leads to them; a folded one (`closed`, `open`) can be put away."""

    title: str
    parts: Sequence["Part"]
    name: str = ""
    fold: str = ""


Part = Headline | Note | Lines | TablePart | Chart | DoubtPart | Links | SourcePart | SectionPart


class SiteFrame(NamedTuple):
    """Where a page of the site stands: the way to the root of the site, the pages above it, and the name of its file
    without the language, in which the other language has it too."""

    up: str
    trail: Sequence[tuple[str, str]]
    stem: str


class Document(NamedTuple):
    """A page: its title, the lines above and below the title, its parts, its language, and its frame, if it is one of
    the site; `mark` is for whoever reads the page again, and `copies` says whether its script copies and saves."""

    title: str
    parts: Sequence[Part]
    language: str = "en"
    above: Text = ""
    below: Text = ""
    frame: SiteFrame | None = None
    mark: str = ""
    copies: bool = False

    @property
    def headline_texts(self) -> list[tuple[str, str]]:
        """The sentences at the top, each with what a copy of it says too."""
        every = itertools.chain.from_iterable(
            one.parts if isinstance(one, SectionPart) else [one] for one in self.parts
        )
        top = next((one for one in every if isinstance(one, Headline)), Headline([self.title]))
        return [*itertools.zip_longest(map(plain_text, top.sentences), top.copied, fillvalue="")]


def plain_text(text: Text) -> str:
    """Return a text without its looks, and without marks, whose meaning stands elsewhere on the page."""
    if isinstance(text, str):
        return text
    runs = (TextRun(one) if isinstance(one, str) else one for one in text)
    return "".join(one.text for one in runs if one.look != "mark")


def rows_of(cells: Sequence[Sequence[Text]]) -> list[TableRow]:
    """Return rows of cells alone."""
    return [TableRow(row) for row in cells]


def on_an_answer(
    answer: Answer,
    title: str,
    headlines: Sequence[Text],
    about: str,
    sections: Sequence[SectionPart],
    notes: Sequence[str],
    language: str,
) -> Document:
    """Return the page on an answer: its sentences with what is in doubt and why its growths are not quoted as they are,
    what it is `about` with its source, sections and notes."""
    t = words("sheet", language)
    caveats = wording.caveats_in(answer.rows.iter_rows(named=True), language, lambda row: _name_of(row, language))
    parts: list[Part] = [
        Headline(headlines),
        DoubtPart(answer.doubts),
        *(Note(line, "caveat") for line in caveats),
        Note(about, "soft"),
        SourcePart(t["cite"].format(citation=answer.cited(language)), answer.licence or ""),
        *sections,
        SectionPart(t["notes"], [Lines(notes, "soft")], "notes"),
    ]
    return Document(title, parts, language)


def _name_of(row: Mapping[str, Any], language: str) -> str:
    """What a row is about."""
    return wording.partner(row["partner"], language) if row.get("partner") else str(row.get("product") or "")


@dataclass(frozen=True)
class DocumentPage:
    """A page on an answer: as HTML, the same as markdown, and the sentences at its top. A notebook shows the page."""

    name: str
    document: Document

    @cached_property
    def html(self) -> str:
        """The page, with nothing from outside."""
        return as_html(self.document)

    @cached_property
    def markdown(self) -> str:
        """The same without pictures."""
        return as_markdown(self.document)

    @property
    def headlines(self) -> list[str]:
        """The sentences at the top, each with what must stand beside it where it is quoted alone."""
        gap = words("brief", self.document.language)["gap"]
        return [gap.join(filter(None, one)) for one in self.document.headline_texts]

    def save(self, place: str | Path) -> Path:
        """Write the page to a file that ends in .html, and the markdown next to it; return the file. Raises ValueError
        where either is in a store, or no file, or the name has another end.
        """
        file = Path(place)
        if file.suffix.lower() != ".html":
            raise ValueError(f"{file}: the page is HTML; end the name in .html")
        for one, text in ((file, self.html), (file.with_suffix(".md"), self.markdown)):
            file_outside(one)
            write_outside(one, text.encode())
        return file

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return f"<DocumentPage {self.name}: {self.headlines[0]}>"


@dataclass(frozen=True)
class PageAnswer(Answer):
    """An answer with its page."""

    RESULT: ClassVar[str] = "page"
    page: DocumentPage = field(kw_only=True)

    @classmethod
    def of(cls, answer: Answer, name: str, document: Document) -> "PageAnswer":
        """Put a page beside an answer, whose growths have their verdicts already."""
        about = (answer.rows, answer.snapshot, answer.notes, answer.doubts)
        return cls(*about, table=answer.table, shown=(), page=DocumentPage(name, document))


def as_html(document: Document) -> str:
    """Return the HTML of a page: with the files of the site, or of one that stands alone with nothing from outside."""
    return with_policy(template("document.html.j2").render(_context(document)))


def as_markdown(document: Document) -> str:
    """Return the markdown of a page; pictures and links are left out, and their words stay."""
    text = template("document.md.j2").render(_context(document))
    return "\n\n".join(filter(None, (block.strip("\n") for block in text.split("\n\n")))) + "\n"


def both_forms(document: Document) -> dict[str, str]:
    """Return a page in both forms, by the ends of the names of its files."""
    return {f"{document.language}.html": as_html(document), f"{document.language}.md": as_markdown(document)}


def shown(parts: Sequence[Part], language: str = "en") -> Iterator["RenderableType"]:
    """Yield parts as a terminal shows them; charts and links are left out."""
    from rich.text import Text as Line

    from tasks.answers.form.tables import table

    for part in parts:
        match part:
            case SectionPart():
                yield Line(part.title, style="bold")
                yield from shown(part.parts, language)
            case TablePart():
                cells = [[plain_text(cell) for cell in row.cells] for row in part.rows]
                columns = {name: [row[place] for row in cells] for place, name in enumerate(part.columns)}
                yield table(columns, above=part.title, right=[part.columns[place] for place in part.numbers])
            case Headline() | Lines():
                yield from (Line(plain_text(one)) for one in (part[0]))
            case Note():
                yield Line(plain_text(part.text), style="dim italic")
            case DoubtPart():
                yield from (Line(f"▲ {one}") for one in in_doubt(part.doubts, language))
            case SourcePart():
                yield from (Line(one) for one in part if one)


def in_doubt(doubts: Sequence[NumberDoubt], language: str) -> list[str]:
    """Return what is in doubt, a sentence for each cause."""
    pattern = words("brief", language)["in_doubt"]
    return [pattern.format(doubt=one) for one in doubt_sentences(doubts, language)]


def part_words(language: str) -> dict[str, Any]:
    """Return what the templates of parts need besides the parts."""
    numbers = itertools.count(1)
    return {
        "language": language,
        "kind": lambda part: type(part).__name__.removesuffix("Part").lower(),
        "label_of": lambda part: part.name or f"part{next(numbers)}",
        "plain_text": plain_text,
        "in_doubt": lambda doubts: in_doubt(doubts, language),
    }


def _context(document: Document) -> dict[str, Any]:
    language, frame = document.language, document.frame
    # A page that stands alone has no words of the site.
    of_site = words("site", language) | words("series", language) if frame else {}
    return {
        **part_words(language),
        "document": document,
        "description": document.headline_texts[0][0],
        "t": words("brief", language) | of_site,
        "up": frame.up if frame else "",
        "front": FRONT,
    }
