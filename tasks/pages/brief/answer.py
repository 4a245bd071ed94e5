"""Answers with one page on a product, or a control list, and a month, in both forms, and the figures on it."""

import polars as pl

from schemas.questions import brief as questions
from tasks.answers.form.answer import Answer, store_of
from tasks.answers.trade.movers import flow_of, month_of
from tasks.domain import clock
from tasks.domain.export_controls.control_lists import is_list
from tasks.pages.brief.facts import gather
from tasks.pages.brief.list_page import on_list
from tasks.pages.brief.render import document_of
from tasks.pages.text.document import PageAnswer
from tasks.reading.query import open_published
from tasks.reading.resolver import Resolver

COLUMNS = {
    "partner": pl.String,
    "period": pl.Date,
    "figure": pl.String,
    "measure": pl.String,
    "value": pl.String,
    "status": pl.String,
}


def brief(question: questions.Brief) -> PageAnswer:
    """Return a row for each figure of the page, its value as text, and the page. Raises ValueError for a name that is
    not in the store, and LookupError where the product has no figure in the month."""
    store = store_of(question)
    snapshot = open_published(store)
    if is_list(question.product):
        flow = flow_of(snapshot, question.flow)
        month = month_of(snapshot, flow, question.month)
        return on_list(store, snapshot, question.product, month, flow, question.language)
    resolver = Resolver(snapshot)
    product = resolver.product(question.product)
    flow, language = resolver.flow([product], question.flow), question.language
    facts = gather(snapshot, store, product, flow, resolver.month(question.month, flow, [product]), clock.today())
    figures = [
        {**dict(fact), "period": fact.month, "value": None if fact.value is None else str(fact.value)}
        for fact in facts.facts()
    ]
    rows = pl.DataFrame([{name: row[name] for name in COLUMNS} for row in figures], COLUMNS)
    answer = Answer(rows, snapshot, tuple(resolver.notes), tuple(facts.doubts))
    name = f"brief-{product.replace(':', '-')}-{flow}-{facts.month:%Y-%m}-{language}"
    return PageAnswer.of(answer, name, document_of(facts, language))
