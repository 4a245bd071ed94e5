"""Finds the series that a question names."""

from typing import NamedTuple

from schemas.questions.trace import Trace
from schemas.questions.vintages import Vintages
from tasks.answers.form.answer import store_of
from tasks.reading.query import open_published
from tasks.reading.resolver import Resolver
from tasks.store.files.snapshot import Snapshot


class Series(NamedTuple):
    """A series of a published state, by the keys of its names; `notes` say how these were understood."""

    snapshot: Snapshot
    flow: str
    product: str
    partner: str
    notes: tuple[str, ...] = ()


def series_of(question: Trace | Vintages) -> Series:
    """Return the series that a question names. Raises ValueError for a name that is not in the store."""
    snapshot = open_published(store_of(question))
    resolver = Resolver(snapshot)
    product, partner = resolver.product(question.product), resolver.partner(question.partner)
    flow = resolver.flow([product], question.flow)
    return Series(snapshot, flow, product, partner, tuple(resolver.notes))
