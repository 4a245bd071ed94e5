"""Renders a sheet: a page of headlines, tables, charts and notes, as HTML without anything from the network and as
markdown.

Belongs here: the form that pages about lists, detours and measures share. What they say is in their own modules.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from tasks.pages.text.page_templates import template, words

# How a note begins that says what is in doubt.
IN_DOUBT = "in doubt:"


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
    """A page: its title, a line on what it is made of, sentences at the top, blocks, and what must be said of all."""

    title: str
    about: str
    headlines: Sequence[str]
    blocks: Sequence[SheetPart]
    notes: Sequence[str]
    cited: str
    language: str = "en"

    @property
    def doubts(self) -> list[str]:
        """The notes that say what is in doubt, which stand beside the first sentences."""
        return [line for line in self.notes if line.startswith(IN_DOUBT)]

    @property
    def remarks(self) -> list[str]:
        """The other notes, which stand last."""
        return [line for line in self.notes if not line.startswith(IN_DOUBT)]


def texts(language: str) -> dict[str, Any]:
    """Return the words of sheets."""
    return words("sheet", language)


def page(sheet: Sheet) -> str:
    """Return the HTML of a sheet."""
    return template("sheet.html.j2").render(sheet=sheet, t=texts(sheet.language))


def markdown(sheet: Sheet) -> str:
    """Return the markdown of a sheet; pictures are left out, and their words stay."""
    return template("sheet.md.j2").render(sheet=sheet, t=texts(sheet.language))
