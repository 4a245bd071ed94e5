"""Answers which values a published figure has had."""

from dataclasses import dataclass, field

import polars as pl

from schemas.figures import QUOTABLE
from schemas.names import caveats_of, quote
from schemas.questions.vintages import Vintages
from tasks.answers.form.answer import Answer
from tasks.answers.form.quotes import with_verdicts
from tasks.answers.trade.series import Series, series_of
from tasks.domain.errors import NoFigure
from tasks.reading import vintages as reading
from tasks.reading.resolver import Resolver


@dataclass(frozen=True)
class VintagesAnswer(Answer):
    """A row for each value that a figure has had, and the series that it is of."""

    series: Series = field(kw_only=True)

    def release_ids(self, first: int) -> set[str]:
        """Return the ids of the releases that brought or ended a value."""
        named = ", ".join(self.rows["releases"].drop_nulls())
        releases = self.releases.select("release_id", pl.coalesce("title", "release_id").alias("title"))
        return {release_id for release_id, title in releases.iter_rows() if title in named}


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
    return VintagesAnswer(_judged(rows, question, series), snapshot, notes, series=series)


def _judged(rows: pl.DataFrame, question: Vintages, series: Series) -> pl.DataFrame:
    """Return vintages of a growth with the verdict on each value, as it was on its first day."""
    figure = question.metric
    if figure not in QUOTABLE:
        return rows
    keys = {"flow": series.flow, "product": series.product, "partner": series.partner, "measure": question.measure}
    in_doubt = pl.when(pl.col("doubt").is_not_null()).then(pl.lit(figure))
    named = rows.rename({"value": figure}).with_columns(**{name: pl.lit(key) for name, key in keys.items()})
    parts = named.with_columns(figures_in_doubt=in_doubt).partition_by("known_from", as_dict=True).items()
    judged = [with_verdicts(part, series.snapshot, day, [figure]) for (day,), part in parts]
    verdict = [pl.col(quote(figure)).alias("quote"), pl.col(caveats_of(figure)).alias("caveats")]
    values = pl.concat(judged).sort("period", "known_from").rename({figure: "value"})
    return values.select(*rows.columns, *verdict)


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
