"""Answers which values a published figure has had."""

from dataclasses import dataclass, field

from schemas.questions.vintages import Vintages
from tasks.answers.answer import Answer
from tasks.answers.series import Series, series_of
from tasks.domain.errors import NoFigure
from tasks.reading import vintages as reading
from tasks.reading.resolver import Resolver


@dataclass(frozen=True)
class VintagesAnswer(Answer):
    """A row for each value that a figure has had, and the series that it is of."""

    series: Series = field(kw_only=True)


def vintages(question: Vintages) -> VintagesAnswer:
    """Return a row for each value of a figure. Raises ValueError for a name that is not in the store, and LookupError
    where there is no such figure on any day."""
    series = series_of(question)
    snapshot, flow, product, partner, notes = series
    months = Resolver(snapshot).months(question.month, flow, [product])
    key = (flow, product, partner)
    rows = reading.vintages(snapshot.store, *key, months, question.measure, question.metric)
    if not rows.height:
        raise NoFigure(reading.none_known(snapshot, *key, question.month, question.measure, question.metric))
    return VintagesAnswer(rows, snapshot, notes, series=series)
