"""Finds the later months whose records a correction changes: "highest since" looks back further than all other figures.

Few of the series with records change with a correction, and few of their later records with them; so these are computed
with the levels before and after it, and only the months in which one differs are derived again.
"""

from collections.abc import Mapping, Sequence, Set
from pathlib import Path

import polars as pl

from tasks.domain.comparability import changes_of_texts
from tasks.domain.coverage import LOOK_BACK_MONTHS
from tasks.domain.reporter import Reporter
from tasks.domain.units import VALUE_OF
from tasks.metrics.figures.records import PublishedLevels
from tasks.metrics.levels.grid import MASS, Block

SERIES = ["product", "partner", "measure"]
Files = Mapping[int, Sequence[Path]]


def months_with_other_records(months: Set[int], before: Files, after: Files, reporter: Reporter) -> list[int]:
    """Return those of `months` whose records differ with the levels `after` from those `before`: files of
    `record_level` by month."""
    in_reach = sorted(
        month for month in months if any(month - LOOK_BACK_MONTHS <= changed < month for changed in after)
    )
    if not in_reach:
        return []
    changed: list[pl.DataFrame] = []
    for month in (month for month in after if month < in_reach[-1]):
        # The series whose level or kinds differ.
        old, new = _read(before.get(month, ())), _read(after[month])
        changed += [old.join(new, on=old.columns, how="anti"), new.join(old, on=old.columns, how="anti")]
    series = pl.concat(changed).select(SERIES).unique().sort(SERIES)
    if not series.height:
        return []
    block = Block(in_reach[0], in_reach[-1] - in_reach[0] + 1)
    was, now = PublishedLevels(series.height), PublishedLevels(series.height)
    for month in range(block.first - LOOK_BACK_MONTHS, block.first + block.size):
        levels = _levels(_read(before.get(month, ())), series)
        was.put(month, *levels)
        now.put(month, *(_levels(_read(after[month]), series) if month in after else levels))
    since = _changes(series, block, reporter)
    one, other = was.records(block, since), now.records(block, since)
    differs = pl.any_horizontal(one[name].ne_missing(other[name]) for name in one.columns)
    differing = pl.DataFrame([block.month(series.height)]).filter(pl.select(differs).to_series())["month"]
    return sorted({*differing} & {*in_reach})


def _read(files: Sequence[Path]) -> pl.DataFrame:
    rows = [pl.read_parquet(file, hive_partitioning=False, columns=[*SERIES, "level", "kinds"]) for file in files]
    nothing = pl.DataFrame(schema={**dict.fromkeys(SERIES, pl.String), "level": pl.Float64, "kinds": pl.UInt8})
    return pl.concat([nothing, *(one.with_columns(pl.col(SERIES).cast(pl.String)) for one in rows)])


def _levels(rows: pl.DataFrame, series: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    joined = series.join(rows, on=SERIES, how="left", maintain_order="left")
    return joined["level"], joined["kinds"].fill_null(0)


def _changes(series: pl.DataFrame, block: Block, reporter: Reporter) -> pl.Series:
    """The last change of definition of each series; of a value per kilogram also those of the value and of the mass."""
    rows = pl.DataFrame({name: block.tiled(series[name]) for name in SERIES})
    rows = rows.with_columns(month=block.month(series.height))
    parts = (
        pl.col("measure").replace(VALUE_OF),
        pl.when(pl.col("measure").is_in([*VALUE_OF])).then(pl.lit(MASS)).otherwise("measure"),
    )
    changes = [
        changes_of_texts(rows, reporter),
        *(changes_of_texts(rows.with_columns(measure=part), reporter) for part in parts),
    ]
    return pl.select(pl.max_horizontal(*changes)).to_series()
