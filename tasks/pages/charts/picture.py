"""Answers with a series as a picture, and the rows that are drawn."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import polars as pl

from schemas.questions.plot import Plot
from schemas.questions.question import texts
from tasks.answers.form.answer import Answer, store_of
from tasks.domain.doubt.doubt_words import doubt_sentences, once_each
from tasks.domain.labels import DOUBTED
from tasks.domain.period_words import each_month
from tasks.ledger.doubts import Doubts
from tasks.pages.charts.plot import draw
from tasks.pages.text.wording import texts as texts_in
from tasks.reading import query
from tasks.reading.citation import cite_rows
from tasks.reading.resolver import Resolver
from tasks.store.snapshots.outside import file_outside, write_outside

# A longer name of a file helps nobody.
NAMED_MAX = 3


@dataclass(frozen=True)
class PlotAnswer(Answer):
    """The rows of the series, and the file with the picture."""

    RESULT: ClassVar[str] = "file"
    file: Path = field(kw_only=True)


def plot(question: Plot) -> PlotAnswer:
    """Write the picture and return its file. Raises ValueError for a name that is not in the store or an ending of no
    picture, and LookupError where there is nothing to draw."""
    measure, language = question.measure, question.language
    if question.output is not None:
        file_outside(Path(question.output))
    store = store_of(question)
    snapshot = query.open_published(store)
    resolver = Resolver(snapshot)
    products = list(dict.fromkeys(map(resolver.product, texts(question.product))))
    partners = list(dict.fromkeys(map(resolver.partner, texts(question.partner) or ["WLD"])))
    flow = resolver.flow(products, question.flow)
    spans = texts(question.month)
    months = each_month(resolver.months(text, flow, products) for text in spans) if spans else None
    rows = query.query(store, "metric", flow=flow, product=products, month=months)
    shown = rows.filter(pl.col("partner").is_in(partners) & (pl.col("measure") == measure))
    doubts = once_each(Doubts(snapshot).each_of_rows(shown, ["level"]))
    in_doubt = texts_in(language)["in_doubt"]
    doubt_lines = [f"{DOUBTED} {in_doubt.format(doubt=words)}" for words in doubt_sentences(doubts, language)]
    cited = [cite_rows(shown, snapshot, None, language) or "", *doubt_lines]
    whose = query.reporter_of(snapshot)
    file = Path(question.output or _name(products, partners, measure))
    file_outside(file)
    write_outside(file, draw(rows, products, partners, measure, file.suffix, whose, cited, language))
    return PlotAnswer(shown, snapshot, tuple(resolver.notes), doubts, table="metric", file=file)


def _name(products: Sequence[str], partners: Sequence[str], measure: str) -> str:
    """The name of the file of a picture that nobody named: 12019019-WLD-quantity_kg.png."""
    parts = [*products[:NAMED_MAX], *partners[:NAMED_MAX], measure]
    return "-".join(re.sub(r"\W", "_", part) for part in parts) + ".png"
