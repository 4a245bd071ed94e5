"""Answers with one page on a product, or a control list, and a month, in both forms, and the figures on it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import polars as pl

from schemas.questions import brief as questions
from tasks.answers.form.answer import Answer, store_of
from tasks.answers.trade.movers import flow_of, month_of
from tasks.domain import clock
from tasks.domain.export_controls.control_lists import is_list
from tasks.pages.brief import render
from tasks.pages.brief.facts import gather
from tasks.pages.brief.list_page import list_sheet
from tasks.pages.text import sheet
from tasks.pages.text.sentences import headlines, with_notes
from tasks.reading.query import open_published
from tasks.reading.resolver import Resolver
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.outside import file_outside, write_outside

COLUMNS = {
    "partner": pl.String,
    "period": pl.Date,
    "figure": pl.String,
    "measure": pl.String,
    "value": pl.String,
    "status": pl.String,
}


@dataclass(frozen=True)
class BriefPage:
    """One page on one product and month: the page, the same as markdown, and the sentences at its top. A notebook shows
    the page."""

    name: str
    html: str
    markdown: str
    headlines: list[str]

    def save(self, place: str | Path) -> Path:
        """Write the page to a file that ends in .html, and the markdown next to it; return the file. Raises ValueError
        where either is in a store or no file.
        """
        file = Path(place)
        for page, text in ((file, self.html), (file.with_suffix(".md"), self.markdown)):
            file_outside(page)
            write_outside(page, text.encode())
        return file

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return f"<Brief {self.name}: {self.headlines[0]}>"


@dataclass(frozen=True)
class BriefAnswer(Answer):
    """A row for each figure of the page, its value as text, and the page."""

    RESULT: ClassVar[str] = "page"
    page: BriefPage = field(kw_only=True)


def brief(question: questions.Brief) -> BriefAnswer:
    """Return the page. Raises ValueError for a name that is not in the store, and LookupError where the product has no
    figure in the month."""
    store = store_of(question)
    snapshot = open_published(store)
    if is_list(question.product):
        return _of_list(question, store, snapshot)
    resolver = Resolver(snapshot)
    product = resolver.product(question.product)
    flow, language = resolver.flow([product], question.flow), question.language
    facts = gather(snapshot, store, product, flow, resolver.month(question.month, flow, [product]), clock.today())
    figures = [
        {**dict(fact), "period": fact.month, "value": None if fact.value is None else str(fact.value)}
        for fact in facts.facts()
    ]
    page = BriefPage(
        f"brief-{product.replace(':', '-')}-{flow}-{facts.month:%Y-%m}-{language}",
        render.page(facts, language),
        render.markdown(facts, language),
        [with_notes(sentence, language) for sentence in headlines(facts, language)],
    )
    rows = pl.DataFrame([{name: row[name] for name in COLUMNS} for row in figures], COLUMNS)
    return BriefAnswer(rows, snapshot, tuple(resolver.notes), tuple(facts.doubts), page=page)


def _of_list(question: questions.Brief, store: Path, snapshot: Snapshot) -> BriefAnswer:
    """Return the page on a control list."""
    flow, language = flow_of(snapshot, question.flow), question.language
    month = month_of(snapshot, flow, question.month)
    listed, rows, doubts = list_sheet(store, snapshot, question.product, month, flow, language)
    name = question.product.replace(":", "-").replace("@", "-")
    page = BriefPage(
        f"brief-{name}-{flow}-{month:%Y-%m}-{language}", sheet.page(listed), sheet.markdown(listed), [*listed.headlines]
    )
    return BriefAnswer(rows, snapshot, tuple(listed.notes), doubts, table="mover", page=page)
