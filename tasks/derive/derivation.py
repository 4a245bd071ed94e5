"""Derives the figures that a release changes: which months, from what, and how many of them at once.

Belongs here: what each portion of products needs, and what becomes of its files. Does not belong here: how a metric is
computed (`metrics`), one portion (`portions`), which files are published (`publication`).
"""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import Annotated, NamedTuple

import polars as pl

from schemas.table import empty_frame, polars_schema
from tasks.derive import portions as dividing
from tasks.derive.affected_months import looked_back_on
from tasks.derive.executor import each
from tasks.derive.portions import DERIVED, Part, Plan, Work
from tasks.derive.records_of_later_months import months_with_other_records
from tasks.domain.coverage import FIGURES_LOOK_BACK
from tasks.domain.decisions import out_on
from tasks.domain.periods import Month
from tasks.domain.reporter import Reporter
from tasks.ledger.doubts import findings_of, open_doubts
from tasks.ledger.ledger_after import refusing_overflow
from tasks.ledger.published_state import PublishedState
from tasks.lineage.provenance import derivation_of_month
from tasks.store.files import exchange
from tasks.store.places.verify_on_read import prove
from tasks.store.snapshots.parquet import Partition, encode_file, partition_month, partition_path, path_partition
from tasks.store.snapshots.pending_files import PendingFiles
from tasks.store.snapshots.publish import NewFile

# Rows of the ledger of the months that are derived together: two years of the full cube.
LEDGER_ROWS_AT_ONCE = 26_000_000


class Figures(NamedTuple):
    """The figures, the levels that later records look back on, and the numbers in doubt: files already, because a month
    may have millions of rows."""

    metric: Annotated[PendingFiles, "metric"]
    recent: Annotated[PendingFiles, "record_level"]
    doubts: Annotated[PendingFiles, "doubt"]


def derive(known: PublishedState, place: Path) -> Figures:
    """Derive the figures that a release in `known` can change, each month from the ledger of two years; their files lie
    in `place`. Raises DamagedStore if an input is damaged."""
    figures = Figures(*(PendingFiles.of(table, place) for table in DERIVED))
    doubts = open_doubts(findings_of(known.snapshot), known.counting)
    with refusing_overflow():
        for flow in sorted({flow for flow, _, _ in known.derived}):
            _Flow(flow, known, doubts, figures).derive(place)
    return figures


class _Flow:
    def __init__(self, flow: str, known: PublishedState, doubts: pl.DataFrame, figures: Figures) -> None:
        self.flow, self.known, self.figures, self.doubts = flow, known, figures, doubts
        self.rows = dict[int, int]()
        for entry in known.snapshot.entries("observation", flow) if known.snapshot else ():
            if entry.rows:
                self.rows[partition_month(path_partition(entry.partition))] = entry.rows
        self.chained = {year for one, year in known.chained if one == flow}
        self.made_of = functools.partial(
            derivation_of_month,
            releases=known.releases,
            chained=known.chained,
            decisions=known.decisions,
            out=out_on(known.releases, known.decisions),
        )
        # What this run has made of `record_level`, by month.
        self.levels: dict[int, list[Path]] = {}

    def derive(self, place: Path) -> None:
        """Derive the months, and then those later ones whose records they change."""
        months = sorted(partition_month(month) for month in self.known.derived if month[0] == self.flow)
        for some in _chunks(months, self.rows):
            self._derive(some, place)
        with_figures, before = self._published("metric").keys() - {*months}, self._published("record_level")
        later = months_with_other_records(with_figures, before, self.levels, Reporter.of(self.known.releases))
        for some in _chunks(later, self.rows):
            self._derive(some, place)

    def _derive(self, months: Sequence[int], place: Path) -> None:
        known, back = self.known, looked_back_on(months, self.chained)
        prove(known.snapshot, "observation", self._is_in(back))
        prove(known.snapshot, "record_level", self._is_in(dividing.months_of_levels(months) - self.levels.keys()))
        portions = dividing.portions_of(max((self.rows.get(month, 0) for month in back), default=0))
        ledger, recent = self._published("observation"), self._published("record_level")
        plan = Plan(
            flow=self.flow,
            months=[*months],
            portions=[(one.first, one.after) for one in portions],
            ledger=[file for month in sorted(back) for file in ledger.get(month, ())],
            releases=dividing.leave_frame(place, known.counting),
            doubts=dividing.leave_frame(place, self.doubts) if self.doubts.height else None,
            recent=[
                file
                for month in sorted(dividing.months_of_levels(months))
                for file in self.levels.get(month, recent.get(month, ()))
            ],
            notes={
                table: {month: self.made_of(table, self._partition(month)) for month in months} for table in DERIVED
            },
        )
        name = exchange.put(place, plan.model_dump_json().encode())
        works = [
            Work(place, name, number, dividing.title_of(self.flow, months, one)) for number, one in enumerate(portions)
        ]
        done = each(dividing.derive_portion, works, rows=sum(self.rows.get(month, 0) for month in months))
        self._keep_all([part for parts in done for part in parts], months, place)

    def _keep_all(self, parts: Sequence[Part], months: Sequence[int], place: Path) -> None:
        """Keep the files of each table and month."""
        with_figures = {part.month for part in parts if part.table == "metric"}
        for table, pending in zip(DERIVED, self.figures, strict=True):
            for month in months:
                of_month = [part for part in parts if (part.table, part.month) == (table, month)]
                if table == "record_level":
                    self.levels[month] = [place / part.name for part in of_month]
                if table == "doubt" and month in with_figures and not of_month:
                    # A table without files would be a folder that no reader finds. Which other months are derived
                    # depends on the order of the releases, so these have no file.
                    pending.keep(self._encoded(table, month, empty_frame(table)))
                self._keep(pending, table, month, of_month, place)

    def _keep(self, pending: PendingFiles, table: str, month: int, parts: Sequence[Part], place: Path) -> None:
        """Keep the files of a month: one for each portion of a large month, else one."""
        partition, kinds = self._partition(month), polars_schema(table)
        if len(parts) < 2 or dividing.is_divided(self.rows.get(month, 0)):
            for part in parts:
                pending.add(partition_path(partition), part.name, part.rows, part.size)
            return
        rows = pl.concat([pl.read_parquet(exchange.get(place, part.name), hive_partitioning=False) for part in parts])
        rows = rows.cast({name: kinds[name] for name in rows.columns})
        pending.keep(self._encoded(table, month, rows))

    def _encoded(self, table: str, month: int, rows: pl.DataFrame) -> NewFile:
        partition = self._partition(month)
        return encode_file(table, rows, partition_path(partition), self.made_of(table, partition))

    def _partition(self, month: int) -> Partition:
        return Month(month).partition(self.flow)

    def _is_in(self, months: Set[int]) -> Callable[[Partition], bool]:
        return lambda one: one[0] == self.flow and partition_month(one) in months

    def _published(self, table: str) -> dict[int, list[Path]]:
        """Return the published files of a table by month."""
        by_month: dict[int, list[Path]] = {}
        if (snapshot := self.known.snapshot) is not None:
            for entry in snapshot.entries(table, self.flow):
                file = Path(snapshot.located(entry)).absolute()
                by_month.setdefault(partition_month(path_partition(entry.partition)), []).append(file)
        return by_month


def _chunks(months: Sequence[int], rows: Mapping[int, int]) -> Iterator[list[int]]:
    """Divide months so that each part fits into memory, and cut where they share no month that they look back on."""
    some: list[int] = []
    for month in months:
        is_far = bool(some) and month - some[-1] > FIGURES_LOOK_BACK
        if some and (is_far or sum(rows.get(one, 0) for one in [*some, month]) > LEDGER_ROWS_AT_ONCE):
            yield some
            some = []
        some.append(month)
    if some:
        yield some
