"""Reads the states and recent levels that a derived month looks back on, portion by portion.

Belongs here: which file has a month, among the published ones and those of this run. Does not belong here: how a month
uses it (`metrics`), how a file is written (`store.month_writer`).
"""

import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl
import pyarrow.parquet

from schemas.table import PARTITION_KEYS, empty_frame, table_name
from schemas.tables.state import Recent, State
from tasks.domain.coverage import LOOK_BACK_MONTHS
from tasks.ledger.precedence import Portion, chapter_group_of
from tasks.metrics.recurrence import LOOKED_UP
from tasks.store.month_writer import PendingFiles
from tasks.store.parquet import partition_month, partition_path, path_partition
from tasks.store.snapshot import Snapshot

NAMED = ["product", "partner", "measure"]
EVERYTHING = Portion("", None)


class States:
    """The states of one flow by month. A month in `derived` is read only if this run has made it."""

    def __init__(self, snapshot: Snapshot | None, flow: str, derived: Iterable[int]) -> None:
        self._flow, self._derived = flow, set(derived)
        self._published: dict[str, dict[int, Path]] = {table_name(State): {}, table_name(Recent): {}}
        for table, files in self._published.items():
            for entry in snapshot.entries(table, flow) if snapshot else ():
                files[partition_month(path_partition(entry.partition))] = snapshot.path / entry.path  # type: ignore[union-attr]
        of_states = snapshot.entries(table_name(State), flow) if snapshot else ()
        self._rows = {partition_month(path_partition(entry.partition)): entry.rows for entry in of_states}
        self._made: dict[str, dict[int, bytes]] = {table: {} for table in self._published}
        self._recent: dict[int, pl.DataFrame] = {}

    def needed(self, kept: Iterable[int]) -> dict[str, set[int]]:
        """Return by table the published months that derived months look back on, with those whose own numbers are
        `kept`.
        """
        back = {month - step for month in self._derived for step in (1, 12)} - self._derived | {*kept}
        recent = {month - step for month in self._derived for step in range(1, LOOK_BACK_MONTHS + 1)}
        return {table_name(State): back, table_name(Recent): recent - self._derived}

    def published(self, months: Iterable[int]) -> dict[int, int]:
        """Return those of the months that have a published state, and the number of its rows."""
        return {month: self._rows[month] for month in sorted(months) if month in self._rows}

    def put(self, month: int, made: Sequence[PendingFiles]) -> None:
        """Take over what this run has made of a month."""
        partition = partition_path((self._flow, month // 12, month % 12 + 1))
        for pending in made:
            if any(file.partition == partition for file in pending.files):
                self._made[pending.table][month] = pending.data(partition)
        # Two years are enough to look back on.
        for files in self._made.values():
            files.pop(month - 13, None)

    def own(self, month: int, portion: Portion) -> pl.DataFrame:
        """Return the published state of a month whose numbers are kept."""
        return _rows(self._published[table_name(State)].get(month), portion)

    def products(self, month: int) -> pl.DataFrame:
        """Return the product of each series in the published state of a month."""
        return _rows(self._published[table_name(State)].get(month), EVERYTHING, ["product"])

    def before(self, month: int, portion: Portion) -> pl.DataFrame:
        """Return the state of a month that another one looks back on; without rows if there was no trade for a year."""
        files = self._made if month in self._derived else self._published
        return _rows(files[table_name(State)].get(month), portion, LOOKED_UP)

    def read_recent(self, month: int) -> None:
        """Read the recent levels of the months before a month, once for all its portions."""
        window = range(month - LOOK_BACK_MONTHS, month)
        self._recent = {place: frame for place, frame in self._recent.items() if place in window}
        for place in window:
            if place not in self._recent:
                files = self._made if place in self._derived else self._published
                self._recent[place] = self._recent_of(place, files[table_name(Recent)].get(place))

    def recent(self, portion: Portion) -> pl.DataFrame:
        """Return the recent levels read last, with a column `month`."""
        frames = [frame for frame in self._recent.values() if frame.height]
        nothing = empty_frame(Recent).select(*NAMED, "level", "kinds", "run", month=pl.lit(0, pl.Int32))
        return _of_portion(pl.concat([nothing, *frames]), portion)

    def _recent_of(self, month: int, file: Path | bytes | None) -> pl.DataFrame:
        rows = _read(file, Recent)
        return rows.select(*NAMED, "level", "kinds", "run", month=pl.lit(month, pl.Int32))


def _rows(file: Path | bytes | None, portion: Portion, columns: Sequence[str] = ()) -> pl.DataFrame:
    return _of_portion(_read(file, State, portion, columns), portion)


def _read(
    file: Path | bytes | None, model: type[State | Recent], portion: Portion | None = None, columns: Sequence[str] = ()
) -> pl.DataFrame:
    """Read the rows of a file, names as categories; for a portion only the row groups that may have rows of it. All
    columns, if none are named.
    """
    nothing = empty_frame(model).drop(PARTITION_KEYS, strict=False).drop("period")
    nothing = nothing.select(columns) if columns else nothing
    if file is None:
        return nothing
    names = [name for name in NAMED if name in nothing.columns]
    opened = pyarrow.parquet.ParquetFile(
        io.BytesIO(file) if isinstance(file, bytes) else file,
        read_dictionary=names,
        memory_map=not isinstance(file, bytes),
    )
    groups = [*range(opened.num_row_groups)]
    if portion is not None:
        place = opened.schema_arrow.names.index("product")
        groups = [
            number
            for number in groups
            if _may_have(opened.metadata.row_group(number).column(place).statistics, portion)
        ]
    rows = pl.from_arrow(opened.read_row_groups(groups, columns=nothing.columns))
    assert isinstance(rows, pl.DataFrame)
    return rows.with_columns(pl.col(names).cast(pl.Categorical))


def _may_have(statistics: pyarrow.parquet.Statistics | None, portion: Portion) -> bool:
    """Whether a row group may have products of a portion; a basket may belong to any."""
    if statistics is None or not statistics.has_min_max or not statistics.max[:2].isdigit():
        return True
    chapters = range(int(statistics.min[:2]), int(statistics.max[:2]) + 1)
    return any(portion.holds(chapter_group_of(f"{chapter:02d}")) for chapter in chapters)


def _of_portion(rows: pl.DataFrame, portion: Portion) -> pl.DataFrame:
    if not portion.first and portion.after is None:
        return rows
    products = rows["product"].unique()
    mine = [name for name in products.cast(pl.String) if portion.holds(chapter_group_of(name))]
    return rows.filter(pl.col("product").is_in(pl.Series(mine, dtype=pl.Categorical).implode()))
