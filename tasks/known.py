"""What was published before a release came: the part of it that the release can change or must be compared with.

Belongs here: what of the published tables is read for a release. Nothing is computed here; which months those are is decided in
`month_plan`. The words used for months (touched, derived, settled, far) are explained in CONTRIBUTING.
"""

import logging
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple, cast

import polars as pl
import pyarrow.parquet
from pandera.typing.polars import DataFrame

from schemas.base import Base, BaseFar, BaseYear
from schemas.metric import Metric
from schemas.observation import Detail, Observation
from schemas.release import Release
from schemas.table import Table, schema_sha256, stored_columns, table_name
from tasks.base_far import first_near
from tasks.base_file import BaseFile, has_totals
from tasks.month_plan import plan_files, plan_months, years_of_totals
from tasks.newer import refuse_newer
from tasks.normalise import Normalised
from tasks.proof import prove
from tasks.refusal import Refused
from tasks.scope import month_index
from tasks.snapshot import FileEntry, Snapshot, open_snapshot
from tasks.tables import Partition, partition_month, path_partition, read_table

log = logging.getLogger("tidewaiter.known")


class Known(NamedTuple):
    """The state before a release: every earlier release, and the part of the other tables that is needed.

    Which months:
    - `touched`: their ledger is made again, because the release has a row in them or asks for them.
    - `derived`: their metrics are made again, because the release can change them.
    - `settled`: those of the derived months whose numbers (the table `base`) stay as they are.
    - `years`: flow, year and last month of each file of `base_year` that is to be made.
    - `far_years`: flow and year of each file of `base_far` that is to be made.

    What was read:
    - `detail`: the touched months, and the same months a year later, because a revision also tells of the growth there.
    - `observation`: the derived months that are neither settled nor touched; the months a year after a touched one; and those
      a year before, where another release speaks of the touched one. The last two are what a revision is held against.
    - `before`: files with the numbers that derived months look back on, and with those of the settled months themselves. They
      are read portion by portion, so that a look back needs no more memory than a portion.

    `chained` are the years (flow, year) of derived months that have a cumulative figure: there a month may tell of those before it.
    `stale` are published files (table and partition) of `base_year` and `base_far` that no longer hold and are not carried over.
    """

    releases: DataFrame[Release]
    observation: DataFrame[Observation]
    detail: DataFrame[Detail]
    touched: tuple[Partition, ...]
    derived: tuple[Partition, ...]
    snapshot: Snapshot | None
    store: Path
    before: tuple[BaseFile, ...] = ()
    years: tuple[Partition, ...] = ()
    settled: tuple[Partition, ...] = ()
    far_years: tuple[tuple[str, int], ...] = ()
    stale: tuple[tuple[str, Partition], ...] = ()
    chained: frozenset[tuple[str, int]] = frozenset()

    @property
    def anew(self) -> tuple[Partition, ...]:
        """The derived months whose numbers are made again."""
        return tuple(sorted({*self.derived} - {*self.settled}))


def open_known(store: Path, release: Normalised) -> Known:
    """The published state that matters for `release`; everything empty where nothing was published yet.

    Raises Refused where the store is another reporter's: no figure says whose it is; DamagedStore where what is read is damaged;
    StoreError where a later version wrote what this one does not know.
    """
    snapshot = open_snapshot(store)
    refuse_newer(snapshot)
    prove(snapshot, Release)
    releases = read_table(snapshot, Release)
    _refuse_another_reporter(releases, release, store)
    in_ledger, figures = _published(snapshot, Observation), _published(snapshot, Metric)
    outdated = figures.keys() - _of_todays_schema(figures, Metric).keys()
    # A version that wrote figures with other columns did not bring these numbers up to date: they may be older than the figures.
    foreign = {month for month in outdated if _has_other_columns(snapshot, Metric, figures[month])}
    based = {month: file for month, file in _base_files(snapshot, Base).items() if month not in foreign}
    plan = plan_months(
        release, in_ledger.keys(), figures.keys(), outdated, based.keys(),
        lambda month: has_totals(based[month].footer()) or _has_spans(snapshot, month, in_ledger[month]),
    )  # fmt: skip
    if again := sum(month in plan.derived for month in outdated):
        log.warning(
            "figures of %d months are computed again, once: other code tables or another version made them", again
        )
    year_before = {
        (flow, year - 1, month) for flow, year, month in plan.touched if _is_spoken_of((flow, year, month), releases)
    }
    near = (plan.anew | later_year(plan.touched) | year_before) - plan.touched
    detailed = plan.touched | later_year(plan.touched)
    prove(snapshot, Observation, near.__contains__)
    prove(snapshot, Detail, detailed.__contains__)
    observation = read_table(snapshot, Observation, near.__contains__)
    files = plan_files(plan, based, _base_files(snapshot, BaseYear), _base_files(snapshot, BaseFar))
    published = {(table_name(model), month) for model in (BaseYear, BaseFar) for month in _published(snapshot, model)}
    return Known(
        releases=cast("DataFrame[Release]", releases),
        observation=cast("DataFrame[Observation]", observation),
        detail=cast("DataFrame[Detail]", read_table(snapshot, Detail, detailed.__contains__)),
        touched=tuple(sorted(plan.touched)),
        derived=tuple(sorted(plan.derived)),
        snapshot=snapshot,
        store=store,
        before=files.before,
        years=tuple(sorted(files.years)),
        settled=tuple(sorted(plan.settled)),
        far_years=tuple(sorted(files.far_years)),
        stale=tuple(sorted(published - files.kept)),
        chained=frozenset(plan.chained | years_of_totals(observation)),
    )


def later_year(partitions: Iterable[Partition]) -> set[Partition]:
    """The same months a year later."""
    return {(flow, year + 1, month) for flow, year, month in partitions}


def _published(snapshot: Snapshot | None, model: type[Table]) -> dict[Partition, FileEntry]:
    """The published files of a table that has one for each partition."""
    entries = snapshot.entries(table_name(model)) if snapshot else ()
    return {path_partition(entry.partition): entry for entry in entries}


def _has_spans(snapshot: Snapshot | None, month: Partition, entry: FileEntry) -> bool:
    """Whether the ledger of a month has a figure of several months, also one that gave way and is in no `base`: the files of its
    year name the same releases whichever came first. The statistics tell."""
    assert snapshot is not None, "an entry is of a snapshot"
    try:
        footer = pyarrow.parquet.read_metadata(snapshot.path / entry.path)
    except (OSError, pyarrow.ArrowInvalid):
        prove(snapshot, Observation, month.__eq__)
        raise
    place = footer.schema.to_arrow_schema().names.index("period_start")
    starts = (footer.row_group(group).column(place).statistics.min for group in range(footer.num_row_groups))
    return any(start < date(month[1], month[2], 1) for start in starts)


def _base_files(snapshot: Snapshot | None, model: type[Base | BaseYear | BaseFar]) -> dict[Partition, BaseFile]:
    """The published files of `base`, `base_year` or `base_far` by partition; one of another schema cannot be read and is left
    out. The month of a partition of `base_year` is the last of the months that the file has side by side."""
    ours = _of_todays_schema(_published(snapshot, model), model)
    places = {month: snapshot.path / entry.path for month, entry in ours.items()}  # type: ignore[union-attr]
    if model is BaseFar:
        return {month: BaseFile(month[0], first_near(month[1]), path, 0) for month, path in places.items()}
    if model is BaseYear:
        return {month: BaseFile(month[0], month[1] * 12, path, month[2]) for month, path in places.items()}
    return {month: BaseFile(month[0], partition_month(month), path) for month, path in places.items()}


def _of_todays_schema(files: Mapping[Partition, FileEntry], model: type[Table]) -> dict[Partition, FileEntry]:
    """Those files of a table that are as this version writes them, with the code tables of today."""
    ours = schema_sha256(model)
    return {month: file for month, file in files.items() if file.schema_sha256 == ours}


def _has_other_columns(snapshot: Snapshot | None, model: type[Table], file: FileEntry) -> bool:
    """Whether a published file has other columns than this version writes."""
    assert snapshot is not None
    return [*pl.read_parquet_schema(snapshot.path / file.path)] != stored_columns(model)


def _is_spoken_of(month: Partition, releases: pl.DataFrame) -> bool:
    """Whether some earlier release speaks of a month."""
    index = partition_month(month)
    first, last = month_index("first_month"), month_index("last_month")
    of_flow = pl.col("flow").is_null() | (pl.col("flow") == month[0])
    return releases.filter(of_flow & (first <= index) & (last >= index)).height > 0


def _refuse_another_reporter(releases: pl.DataFrame, release: Normalised, store: Path) -> None:
    mine = release.release["reporter"][0]
    others = releases.filter(pl.col("reporter") != mine)["reporter"].unique().sort().to_list()
    if others:
        raise Refused(
            "another reporter",
            where=str(release.release["title"][0]),
            found=f"figures of {mine}, and {store} holds those of {', '.join(others)}",
            advice="Keep each reporting country in a store of its own (--store).",
        )
