"""Answers which reporters of a group have reported a month. Its rows rest on the stores of all of them."""

import polars as pl

from schemas.questions.coverage import Coverage
from schemas.store_address import root_given
from tasks.domain import clock
from tasks.domain.period_words import read_months
from tasks.reading import groups, resolver


def coverage(question: Coverage) -> groups.GroupMonth:
    """Return what each reporter of a group says about a month, and the sum where every one has. Raises ValueError."""
    first, last = read_months(question.month)
    if first != last:
        raise ValueError(f"--month: {question.month!r} is {first:%Y-%m} to {last:%Y-%m}; name one month")
    if first > clock.today():
        raise ValueError(f"--month: {first:%Y-%m} has not begun yet; nobody has reported it")
    product = resolver.known_product(question.product)
    figure = groups.FigureOfReporters(question.flow, product, first, question.measure, question.partner)
    return groups.group_month(root_given(question.store), question.group, figure)


def rows_of(of_group: groups.GroupMonth) -> pl.DataFrame:
    """Return a row for each reporter, and one for the group."""
    return pl.DataFrame(
        [*of_group.parts, groups.ReporterFigure(of_group.group, of_group.status, of_group.total, of_group.doubts)],
        {"reporter": pl.String, "status": pl.String, "level": pl.Float64, "reason": pl.String},
        orient="row",
    )
