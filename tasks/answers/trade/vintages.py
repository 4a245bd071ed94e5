"""Answers which values a published figure has had."""

from dataclasses import dataclass, field

import polars as pl

from schemas.questions.vintages import Vintages
from tasks.answers.form.answer import Answer
from tasks.answers.trade.series import Series, series_of
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


def as_revisions(rows: pl.DataFrame) -> pl.DataFrame:
    """Return vintages as the R package rjd3revisions takes them: `rev_date`, `time_period`, `obs_values`.

    It reads each day as a whole vintage, and a month that a vintage leaves out as missing, where the rows of an answer
    have each value once, from the day of its first print. So each day has every month here, with the value that was
    current on it; one that was not yet known, or no longer, is null. Raises ValueError for a single day, of which there
    is no revision.
    """
    days = rows.select(rev_date="known_from").unique().sort("rev_date")
    if days.height < 2:
        raise ValueError(
            f"the figure has one vintage, of {days.item() if days.height else 'no day'}, and revisions need two; ask"
            " for more months (--month 2024-01..2025-06)"
        )
    span = rows.select(pl.date_range(pl.col("period").min(), pl.col("period").max(), "1mo").alias("time_period"))
    current = (
        days.join(span, how="cross")
        .join(rows, left_on="time_period", right_on="period", how="inner")
        .filter(
            pl.col("known_from") <= pl.col("rev_date"),
            pl.col("known_until").is_null() | (pl.col("known_until") > pl.col("rev_date")),
        )
        .select("rev_date", "time_period", obs_values="value")
    )
    return days.join(span, how="cross").join(current, on=["rev_date", "time_period"], how="left", maintain_order="left")
