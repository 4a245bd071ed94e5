"""Answers where a published figure comes from."""

from dataclasses import dataclass, field
from typing import ClassVar

import polars as pl

from schemas.forms.trace import TraceReport
from schemas.names import caveats_of, quote
from schemas.questions import trace as questions
from tasks.answers.form.answer import Answer
from tasks.answers.form.quotes import with_verdicts
from tasks.answers.trade.series import series_of
from tasks.domain.periods import first_day, month_number
from tasks.lineage.point import Point
from tasks.lineage.trace import Tracer
from tasks.reading.resolver import Resolver


@dataclass(frozen=True)
class TraceAnswer(Answer):
    """A row for each operand of a figure, and its trace down to the records of the raw file."""

    RESULT: ClassVar[str] = "trace"
    trace: TraceReport = field(kw_only=True)

    @property
    def beside_result(self) -> tuple[str, ...]:
        """The notes: a trace has its doubts."""
        return self.notes

    def release_ids(self, first: int) -> set[str]:
        """Return the ids of the releases that print the numbers of all operands; without a number those of all."""
        ids = {number.release_id for operand in self.trace.operands for number in operand.numbers}
        return ids or super().release_ids(first)


def trace(question: questions.Trace) -> TraceAnswer:
    """Return the trace of a figure. Raises ValueError for a name that is not in the store, and LookupError where there
    is no such figure."""
    snapshot, flow, product, partner, notes = series_of(question)
    month = month_number(Resolver(snapshot).month(question.month, flow, [product]))
    point = Point(flow, product, partner, question.measure, month)
    tracer = Tracer(snapshot, flow, product)
    traced = tracer.trace(point, question.metric)
    at_point = {"product": product, "partner": partner, "measure": question.measure, "period": first_day(month)}
    row = with_verdicts(tracer.metric.filter(**at_point), snapshot, figures=[question.metric]).row(0, named=True)
    verdict = {"quote": row.get(quote(question.metric)), "caveats": row.get(caveats_of(question.metric))}
    traced = traced.model_copy(update=verdict)
    operands = [(one.name, one.value, one.status) for one in traced.operands]
    rows = pl.DataFrame(operands, {"operand": pl.String, "value": pl.Float64, "status": pl.String}, orient="row")
    return TraceAnswer(rows, snapshot, notes, doubts=tuple(traced.doubted), trace=traced)
