"""Renders a sheet: a page of headlines, tables, charts and notes, as HTML without anything from the network and as
markdown.

Belongs here: the form that pages about lists, detours and measures share. What they say is in their own modules.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from schemas.forms.doubt import NumberDoubt
from tasks.domain.doubt.doubt_words import doubt_sentences
from tasks.pages.text.page_templates import template, words


class SheetPart(NamedTuple):
    """A part of a sheet: sentences, a table of `columns` by their titles, of which `numbers` are numbers, and a
    picture (SVG) with its words."""

    title: str
    lines: Sequence[str] = ()
    columns: Mapping[str, Sequence[str]] = {}
    numbers: Collection[str] = ()
    picture: str = ""
    caption: str = ""


class Sheet(NamedTuple):
    """A page: its title, a line on what it is made of, sentences at the top, blocks, what must be said of all, and what
    is in doubt, which stands beside the first sentences."""

    title: str
    about: str
    headlines: Sequence[str]
    blocks: Sequence[SheetPart]
    notes: Sequence[str]
    in_doubt: Sequence[NumberDoubt]
    cited: str
    language: str = "en"

    @property
    def doubts(self) -> list[str]:
        """What is in doubt, a sentence for each cause."""
        pattern = texts(self.language)["in_doubt"]
        return [pattern.format(doubt=words) for words in doubt_sentences(self.in_doubt, self.language)]


def texts(language: str) -> dict[str, Any]:
    """Return the words of sheets."""
    return words("sheet", language)


def page(sheet: Sheet) -> str:
    """Return the HTML of a sheet."""
    return template("sheet.html.j2").render(sheet=sheet, t=texts(sheet.language))


def markdown(sheet: Sheet) -> str:
    """Return the markdown of a sheet; pictures are left out, and their words stay."""
    return template("sheet.md.j2").render(sheet=sheet, t=texts(sheet.language))
