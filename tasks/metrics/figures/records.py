"""Computes highest and lowest since: the unbroken run of a series back from a month, and the latest month as extreme.

A run goes back as long as each month is published and known, not beyond the last change of definition, and at most
LOOK_BACK_MONTHS. `metric` has records of the world and the groups, of baskets and lines, and of the products on the
watch list; those of all other series would take longer than everything else, so they are computed on request, from the
history of the product.
"""

import polars as pl

from tasks.domain.coverage import LOOK_BACK_MONTHS
from tasks.metrics.levels.grid import Block
from tasks.metrics.levels.names import status

RECORDS = ("highest_since", "lowest_since")
STATUSES = tuple(f"{name}_status" for name in RECORDS)
RECORD_COLUMNS = ("series_start", *RECORDS, *STATUSES, "kinds_of_run")


class PublishedLevels:
    """The published levels of some series by month, a value by series: float, and null where there is none."""

    def __init__(self, size: int) -> None:
        self._levels, self._kinds = dict[int, pl.Series](), dict[int, pl.Series]()
        self._nothing = pl.repeat(None, size, dtype=pl.Float64, eager=True)
        self._none = pl.repeat(0, size, dtype=pl.UInt8, eager=True)

    def put(self, month: int, level: pl.Series, kinds: pl.Series) -> None:
        """Take over a month."""
        self._levels[month], self._kinds[month] = level, kinds

    def of(self, month: int) -> pl.Series:
        """The levels of a month."""
        return self._levels.get(month, self._nothing)

    def drop(self, before: int) -> None:
        """Drop what no record of a month from `before` on reaches back to."""
        for old in [one for one in self._levels if one < before - LOOK_BACK_MONTHS]:
            del self._levels[old], self._kinds[old]

    def records(self, block: Block, changed: pl.Series) -> pl.DataFrame:
        """RECORD_COLUMNS of some months, which must be there; `changed`: the month of the last change of definition, or
        null."""

        def back(months: int, of: dict[int, pl.Series], otherwise: pl.Series) -> pl.Series:
            return pl.concat([of.get(month - months, otherwise) for month in block.months], rechunk=True)

        now = block.month(self._nothing.len())
        level, kinds = back(0, self._levels, self._nothing), back(0, self._kinds, self._none)
        runs, none = level.is_not_null(), pl.repeat(None, level.len(), dtype=pl.Int32, eager=True)
        start = now.zip_with(runs, none)
        high, low = none, none
        since = changed.fill_null(-(10**6))
        for months in range(1, LOOK_BACK_MONTHS + 1):
            before, past = back(months, self._levels, self._nothing), now - months
            runs = runs & before.is_not_null() & (since <= past)
            if not runs.any():
                break
            start = past.zip_with(runs, start)
            high = past.zip_with((runs & high.is_null() & (before >= level)).fill_null(False), high)
            low = past.zip_with((runs & low.is_null() & (before <= level)).fill_null(False), low)
            kinds = kinds | back(months, self._kinds, self._none).zip_with(runs, block.tiled(self._none))
        frame = pl.DataFrame(
            {
                "month": now,
                "changed": changed,
                "series_start": start,
                "highest_since": high,
                "lowest_since": low,
                "kinds_of_run": kinds,
            }
        )
        return frame.select("series_start", "kinds_of_run", *(column for name in RECORDS for column in _named(name)))


def _named(name: str) -> list[pl.Expr]:
    """A record and its status; the status of a month without a level is that of its level, put in by `with_records`.

    It names no month where the month before was as extreme, or where no month of the run was.
    """
    record, start, month = pl.col(name), pl.col("series_start"), pl.col("month")
    is_change = (pl.col("changed") == month).fill_null(False)
    why = (
        pl.when(start.is_null())
        .then(pl.lit(None, pl.UInt8))
        .when(start == month)
        .then(pl.when(is_change).then(status("definition_break")).otherwise(status("no_base")))
        .when(record.is_null())
        .then(status("series_record"))
        .when(record == month - 1)
        .then(status("not_extreme"))
        .otherwise(status("computed"))
    )
    return [pl.when(why == status("computed")).then(record).alias(name), why.alias(f"{name}_status")]


def with_records(frame: pl.DataFrame, at: pl.Series, records: pl.DataFrame) -> pl.DataFrame:
    """The frame of a month with RECORD_COLUMNS: those `records` in the rows `at`, in the others they are on request."""
    hidden = pl.when(pl.col("level").is_null()).then("level_status").otherwise(status("on_request"))
    others = frame.select(
        *(pl.lit(None, pl.Int32).alias(name) for name in ("series_start", *RECORDS)),
        *(hidden.alias(name) for name in STATUSES),
        pl.col("kinds").alias("kinds_of_run"),
    )
    records = records.with_columns(pl.col(name).fill_null(others[name].gather(at)) for name in STATUSES)
    return frame.with_columns(others[name].scatter(at, records[name]) for name in RECORD_COLUMNS)
