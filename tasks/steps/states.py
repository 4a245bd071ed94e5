"""Reads the states and recent levels that a derived month looks back on, of one portion.

Belongs here: which file has a month, among the published ones and those of this run. Does not belong here: how a month
uses it (`metrics`), how a file is written (`store.month_writer`).
"""

import functools
import io
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Self

import polars as pl
import pyarrow.parquet

from schemas.table import PARTITION_KEYS, empty_frame, table_name
from schemas.tables.state import Recent, State
from tasks.domain.coverage import LOOK_BACK_MONTHS
from tasks.ledger.precedence import Portion, chapter_group_of
from tasks.metrics.recurrence import LOOKED_UP
from tasks.store.parquet import partition_month, path_partition
from tasks.store.snapshot import Snapshot

NAMED = ["product", "partner", "measure"]
TABLES = (table_name(State), table_name(Recent))
EVERYTHING = Portion("", None)
RECENT = (*NAMED, "level", "kinds", "run")
NO_LEVELS = empty_frame(Recent).select(*RECENT, month=pl.lit(0, pl.Int32))


class Published(NamedTuple):
    """The published files of `state` and `recent` of one flow by month, and the rows of each state."""

    files: dict[str, dict[int, str]]
    rows: dict[int, int]

    @classmethod
    def of(cls, snapshot: Snapshot | None, flow: str) -> Self:
        """List the files of a snapshot; their paths are relative to it."""
        entries = {table: snapshot.entries(table, flow) if snapshot else () for table in TABLES}
        files = {
            table: {partition_month(path_partition(entry.partition)): entry.path for entry in of_table}
            for table, of_table in entries.items()
        }
        rows = {partition_month(path_partition(entry.partition)): entry.rows for entry in entries[table_name(State)]}
        return cls(files, rows)

    def of_months(self, months: Iterable[int]) -> dict[int, int]:
        """Return those of the months that have a published state, and the number of its rows."""
        return {month: self.rows[month] for month in sorted(months) if month in self.rows}


def needed(derived: Collection[int], kept: Iterable[int]) -> dict[str, set[int]]:
    """Return by table the published months that `derived` months look back on, with those whose own numbers are
    `kept`.
    """
    mine = {*derived}
    back = {month - step for month in mine for step in (1, 12)} - mine | {*kept}
    recent = {month - step for month in mine for step in range(1, LOOK_BACK_MONTHS + 1)}
    return {table_name(State): back, table_name(Recent): recent - mine}


class States:
    """The states of one flow by month, of one portion. A month in `derived` is read only if this run has made it."""

    def __init__(
        self, files: Mapping[str, Mapping[int, str]], open_file: Callable[[str], Path], derived: Collection[int],
        portion: Portion = EVERYTHING,
    ) -> None:  # fmt: skip
        self._files, self._open, self._derived, self._portion = files, open_file, {*derived}, portion
        self._made: dict[str, dict[int, list[bytes]]] = {table: {} for table in TABLES}
        self._recent, self._recent_months = NO_LEVELS, range(0)

    def put(self, table: str, month: int, parts: Sequence[bytes]) -> None:
        """Take over what this run has made of a month of the portion."""
        self._made[table][month] = [*parts]
        # A year of states and five of levels are enough to look back on.
        back = 12 if table == table_name(State) else LOOK_BACK_MONTHS
        self._made[table].pop(month - back - 1, None)

    def own(self, month: int) -> pl.DataFrame:
        """Return the published state of a month whose numbers are kept."""
        return self._read(State, self._published(State, month), ())

    def products(self, month: int) -> pl.Series:
        """Return the product of each series of a published month."""
        return self._read(State, self._published(State, month), ("product",))["product"]

    def before(self, month: int) -> pl.DataFrame:
        """Return the state of a month that another one looks back on; without rows if there was no trade for a year."""
        return self._read(State, self._sources(State, month), LOOKED_UP)

    def recent(self, month: int) -> pl.DataFrame:
        """Return the recent levels of the months before a month, with a column `month`."""
        window = range(month - LOOK_BACK_MONTHS, month)
        missing = [place for place in window if place not in self._recent_months]
        published = [_levels(file, place) for place in missing for file in self._of_others(place)]
        own = [
            _in_month(self._read(Recent, self._made[table_name(Recent)].get(place, []), RECENT), place)
            for place in missing if place in self._derived
        ]  # fmt: skip
        kept = self._recent.filter(pl.col("month") >= window.start)
        self._recent = pl.concat([kept, rows_of(pl.concat([NO_LEVELS, *published]), self._portion), *own])
        self._recent_months = window
        return self._recent

    def _of_others(self, month: int) -> list[Path]:
        name = None if month in self._derived else self._files[table_name(Recent)].get(month)
        return [] if name is None else [self._open(name)]

    def _sources(self, model: type[State | Recent], month: int) -> Sequence[Path | bytes]:
        made = self._made[table_name(model)].get(month, [])
        return made if month in self._derived else self._published(model, month)

    def _published(self, model: type[State | Recent], month: int) -> list[Path | bytes]:
        name = self._files[table_name(model)].get(month)
        return [] if name is None else [self._open(name)]

    def _read(self, model: type[State | Recent], files: Sequence[Path | bytes], columns: Sequence[str]) -> pl.DataFrame:
        nothing = empty_frame(model).drop(PARTITION_KEYS, strict=False).drop("period")
        nothing = nothing.select(columns) if columns else nothing
        return pl.concat([_read(file, self._portion, nothing.columns) for file in files] or [nothing])


@functools.lru_cache(maxsize=LOOK_BACK_MONTHS)
def _levels(file: Path, month: int) -> pl.DataFrame:
    """Return the levels of a published month, which all portions look back on; a published file never changes."""
    return _in_month(_read(file, EVERYTHING, RECENT), month)


def _in_month(levels: pl.DataFrame, month: int) -> pl.DataFrame:
    return levels.with_columns(month=pl.lit(month, pl.Int32))


def _read(file: Path | bytes, portion: Portion, columns: Sequence[str]) -> pl.DataFrame:
    """Read the rows of a portion, and only the row groups that may have some; names as categories."""
    opened = pyarrow.parquet.ParquetFile(
        io.BytesIO(file) if isinstance(file, bytes) else file,
        read_dictionary=NAMED,
        memory_map=not isinstance(file, bytes),
    )
    place = opened.schema_arrow.names.index("product")
    groups = [
        number
        for number in range(opened.num_row_groups)
        if _may_have(opened.metadata.row_group(number).column(place).statistics, portion)
    ]
    rows = pl.from_arrow(opened.read_row_groups(groups, columns=columns))
    assert isinstance(rows, pl.DataFrame)
    named = [name for name in NAMED if name in rows.columns]
    return rows_of(rows.with_columns(pl.col(named).cast(pl.Categorical)), portion)


def _may_have(statistics: pyarrow.parquet.Statistics | None, portion: Portion) -> bool:
    """Whether a row group may have products of a portion; a basket may belong to any."""
    if portion == EVERYTHING or statistics is None or not statistics.has_min_max or not statistics.max[:2].isdigit():
        return True
    chapters = range(int(statistics.min[:2]), int(statistics.max[:2]) + 1)
    return any(portion.holds(chapter_group_of(f"{chapter:02d}")) for chapter in chapters)


def rows_of(rows: pl.DataFrame, portion: Portion) -> pl.DataFrame:
    """Return the rows of a portion."""
    if portion == EVERYTHING:
        return rows
    products = rows["product"].unique()
    mine = [name for name in products.cast(pl.String) if portion.holds(chapter_group_of(name))]
    return rows.filter(pl.col("product").is_in(pl.Series(mine, dtype=products.dtype).implode()))
