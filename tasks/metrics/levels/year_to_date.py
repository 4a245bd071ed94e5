"""Computes the months of years with printed year-to-date figures: one chain of totals and months.

Within a year each total is the one before plus the month. A printed total counts, unless every month so far comes from
a better kind of release; from it the chain goes forwards and backwards as far as the months are known, and a month
between two totals is their difference. Few series have such years. All others simply add up their months (`windows`).
"""

import functools
import operator
from collections.abc import Sequence

import polars as pl

from tasks.domain.periods import number_of, year_of
from tasks.metrics.levels.names import status

MONTHS = range(12)
SERIES = ("product", "partner", "measure")
NO_KINDS = pl.lit(0, pl.UInt8)
AMOUNT = "amount"
NO_AMOUNT = pl.lit(0.0).alias(AMOUNT)
OF_MONTH = ("level", "level_status", "kinds", AMOUNT)


def chained_years(frame: pl.DataFrame, printed: pl.DataFrame, keys: Sequence[str] = SERIES) -> pl.DataFrame:
    """The months of all years that have a printed total: keys, month and level, ytd, each with status, kinds and the
    amount in doubt (`amount`, `ytd_amount`).

    `frame` has the months of those series (keys, month, level, level_status, kinds), `printed` the totals (keys, month,
    value, kinds, made), both with `amount` where something of them is in doubt.
    """
    frame, printed = (one if AMOUNT in one.columns else one.with_columns(NO_AMOUNT) for one in (frame, printed))
    printed = printed.select(
        *keys, "month", printed="value", printed_kinds="kinds", printed_made="made", printed_amount=AMOUNT
    )
    year = year_of(pl.col("month"))
    years = printed.select(*keys, year=year).unique()
    months = frame.with_columns(year=year).join(years, on=[*keys, "year"], how="semi")
    months = months.join(printed, on=[*keys, "month"], how="left")
    wide = months.group_by(*keys, "year").agg(
        *(
            pl.col(name).filter(number_of(pl.col("month")) == place + 1).first().alias(f"{name}_{place}")
            for name in (*OF_MONTH, "printed", "printed_kinds", "printed_made", "printed_amount")
            for place in MONTHS
        )
    )
    for step in (_totals_forwards, _totals_backwards, _statuses, _filled_months):
        wide = step(wide)
    long = [
        wide.select(
            *keys,
            month=(pl.col("year") * 12 + place).cast(pl.Int32),
            level=f"level_{place}",
            level_status=f"level_status_{place}",
            kinds=f"kinds_{place}",
            amount=f"amount_{place}",
            ytd_amount=f"ytd_amount_{place}",
            ytd=f"total_{place}",
            ytd_status=f"status_{place}",
            ytd_kinds=f"ytd_kinds_{place}",
        )
        for place in MONTHS
    ]
    return pl.concat(long).filter(pl.col("level_status").is_not_null())


def _level(place: int) -> pl.Expr:
    return pl.col(f"level_{place}")


def _kinds(place: int) -> pl.Expr:
    return pl.col(f"kinds_{place}").fill_null(0)


def _amount(place: int) -> pl.Expr:
    return pl.col(f"amount_{place}").fill_null(0)


def _has(place: int) -> pl.Expr:
    return pl.col(f"level_{place}").is_not_null()


def _total(place: int) -> pl.Expr:
    return pl.col(f"total_{place}")


def _all_known(place: int) -> pl.Expr:
    return pl.all_horizontal(_has(earlier) for earlier in range(place + 1))


def _kinds_so_far(place: int) -> pl.Expr:
    known = (pl.when(_has(earlier)).then(_kinds(earlier)).otherwise(NO_KINDS) for earlier in range(place + 1))
    return functools.reduce(operator.or_, known)


def _totals_forwards(wide: pl.DataFrame) -> pl.DataFrame:
    """Printed totals that count, and the totals computed forwards from each of them, or from January."""
    for place in MONTHS:
        printed = pl.col(f"printed_{place}")
        outranked = _all_known(place) & (_kinds_so_far(place) < pl.col(f"printed_kinds_{place}"))
        wide = wide.with_columns(stated=(printed.is_not_null() & ~outranked.fill_null(False)))
        before = _total(place - 1) if place else pl.lit(0, pl.Int64)
        links = pl.col(f"links_{place - 1}") if place else NO_KINDS
        follows = before.is_not_null() & _has(place)
        wide = wide.with_columns(
            pl.when("stated").then(printed).when(follows).then(before + _level(place)).alias(f"total_{place}"),
            pl.when("stated")
            .then(f"printed_kinds_{place}")
            .when(follows)
            .then(links | _kinds(place))
            .otherwise(NO_KINDS)
            .alias(f"links_{place}"),
            pl.when("stated")
            .then(f"printed_amount_{place}")
            .when(follows)
            .then((pl.col(f"doubted_{place - 1}") if place else NO_AMOUNT) + _amount(place))
            .otherwise(NO_AMOUNT)
            .alias(f"doubted_{place}"),
            pl.col("stated").alias(f"stated_{place}"),
        )
    return wide.with_columns(
        *(_total(place).is_not_null().alias(f"forwards_{place}") for place in MONTHS),
        any_stated=pl.any_horizontal(f"stated_{place}" for place in MONTHS),
    )


def _totals_backwards(wide: pl.DataFrame) -> pl.DataFrame:
    """A total less its month is the total before, unless an earlier one is above it: printed figures are rounded or
    revised."""
    for place in reversed(MONTHS[:-1]):
        carried = _total(place + 1) - _level(place + 1)
        least = pl.max_horizontal(pl.lit(0, pl.Int64), *(_total(earlier) for earlier in range(place)))
        fits = pl.col("any_stated") & _total(place).is_null() & (carried >= least).fill_null(False)
        wide = wide.with_columns(
            pl.when(fits).then(carried).otherwise(_total(place)).alias(f"total_{place}"),
            pl.when(fits)
            .then(pl.col(f"links_{place + 1}") | _kinds(place + 1))
            .otherwise(f"links_{place}")
            .alias(f"links_{place}"),
            pl.when(fits)
            .then(pl.col(f"doubted_{place + 1}") + _amount(place + 1))
            .otherwise(f"doubted_{place}")
            .alias(f"doubted_{place}"),
        )
    return wide


def _statuses(wide: pl.DataFrame) -> pl.DataFrame:
    """How each total was made. Where the months alone give it, its kinds are theirs."""
    for place in MONTHS:
        is_sum = _all_known(place) & (
            pl.sum_horizontal(_level(earlier) for earlier in range(place + 1)) == _total(place)
        )
        is_sum = is_sum.fill_null(False) & ~pl.col(f"stated_{place}")
        why = (
            pl.when(f"stated_{place}")
            .then(f"printed_made_{place}")
            .when(_total(place).is_null())
            .then(status("incomplete_year"))
            .when(is_sum)
            .then(status("sum_of_months"))
            .when(f"forwards_{place}")
            .then(status("ytd_sum"))
            .otherwise(status("ytd_difference"))
        )
        kinds = pl.when(is_sum).then(_kinds_so_far(place)).otherwise(f"links_{place}")
        so_far = pl.sum_horizontal(_amount(earlier) for earlier in range(place + 1))
        amount = pl.when(is_sum).then(so_far).otherwise(f"doubted_{place}")
        wide = wide.with_columns(
            why.alias(f"status_{place}"), kinds.alias(f"ytd_kinds_{place}"), amount.alias(f"ytd_amount_{place}")
        )
    return wide


def _filled_months(wide: pl.DataFrame) -> pl.DataFrame:
    """Months between two totals are their difference; for January and February the source may give only the sum."""
    together = pl.col("any_stated") & _total(1).is_not_null() & ~_has(1) & ~_has(0)
    columns = []
    for place in MONTHS:
        before = _total(place - 1) if place else pl.lit(0, pl.Int64)
        links = pl.col(f"links_{place - 1}") if place else NO_KINDS
        follows = pl.col("any_stated") & ~_has(place) & (_total(place) >= before).fill_null(False)
        is_open = ~_has(place) & ~follows & together & pl.lit(place < 2)
        why = pl.col(f"level_status_{place}")
        columns += [
            pl.when(follows).then(_total(place) - before).otherwise(_level(place)).alias(f"level_{place}"),
            pl.when(follows)
            .then(status("ytd_difference"))
            .when(is_open & why.is_not_null())
            .then(status("combined_months"))
            .otherwise(why)
            .alias(f"level_status_{place}"),
            pl.when(follows).then(pl.col(f"links_{place}") | links).otherwise(f"kinds_{place}").alias(f"kinds_{place}"),
            pl.when(follows)
            .then(pl.col(f"doubted_{place}") + (pl.col(f"doubted_{place - 1}") if place else 0.0))
            .otherwise(f"amount_{place}")
            .alias(f"amount_{place}"),
        ]
    return wide.with_columns(columns)
