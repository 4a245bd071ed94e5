"""Enters releases into the ledger one after another and publishes them together; a release that comes alone is a batch
of one.

Each release is read, checked, held and merged as if it came alone, on top of those before it: the files of its ledger
are written where the store keeps its objects, and make a state that no reader sees. Figures, tables of events and
lineage are made once for all of them, and one publication links everything and moves the pointer. A batch that is
killed has published nothing, and its files are read again.

Belongs here: what a batch contains and when it is full. Does not belong here: how a file is ingested (`flows.release`),
which files of a snapshot are replaced (`publication`).
"""

import functools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from schemas.forms.outcome import Outcome
from schemas.frames import Lineage
from tasks.domain.errors import Outpaced
from tasks.ingest.normalise import Normalised
from tasks.lineage.records import Run, StepRecord, as_table, current_run
from tasks.store.files import exchange
from tasks.store.files.snapshot import Snapshot, current_id, open_snapshot
from tasks.store.snapshots.pending_files import PendingSnapshot, leave, pending_snapshot
from tasks.store.snapshots.publish import NewFile, PlacedFile, Publication

# The maximum size of a batch: its months are derived together, a year of the full cube at most, and a kill loses at
# most one batch.
RECORDS_MAX = 4_000_000
FILES_MAX = 100
# A larger file, such as a month of all members of the Union, needs the memory for itself.
FILE_BYTES_MAX = 64_000_000
MONTHS = ("flow", "period_start", "period_end")


class BatchChange(NamedTuple):
    """The ledger after a release: a state that is not published, whether anything in it is new, and the name of the
    lineage of the release, or of a decision about it; empty where it has none."""

    state: Snapshot
    is_new: bool
    name: str


@dataclass(frozen=True)
class Entry:
    """A release in a batch: the name of its lineage (of a decision about it, where that is what is new; empty where
    nothing is), the run that read it, its outcome, and its statements, of which a row for each period is kept."""

    name: str
    run: Run
    outcome: Outcome
    statements: Normalised


class Batch:
    """Releases that are published together: `parent` is what is published, and `ledger` that with the files of those
    that were entered."""

    def __init__(self, store: Path, until_the_end: ExitStack) -> None:
        self.store, self.parent = store, open_snapshot(store)
        self.ledger: PendingSnapshot | None = None
        self.entries: list[Entry] = []
        self._until_the_end = until_the_end

    @functools.cached_property
    def place(self) -> Path:
        """The folder in the store in which its files lie until they are published."""
        return self._until_the_end.enter_context(exchange.in_store(self.store))

    @property
    def state(self) -> Snapshot | None:
        """What the next release is read against."""
        return self.ledger or self.parent

    @property
    def is_full(self) -> bool:
        """Whether the batch must be published before another file is added."""
        records = sum(entry.outcome.records for entry in self.entries)
        return records >= RECORDS_MAX or len(self.entries) >= FILES_MAX

    @property
    def is_new(self) -> bool:
        """Whether a release in it has changed the ledger."""
        return any(entry.outcome.status == "entered" for entry in self.entries)

    def require_current(self) -> None:
        """Raises Outpaced if another process has published since the batch was opened."""
        if current_id(self.store) != (self.parent.id if self.parent else None):
            raise Outpaced(
                f"{self.store}: another run published while a batch was read. Each of its files is ingested by itself"
                " now."
            )

    def enter(
        self, name: str, new: Iterable[NewFile | PlacedFile], replaced: set[tuple[str, str]], about: dict[str, Any]
    ) -> BatchChange:
        """Write files on top of the state, in place of those of the partitions (table, partition) that are `replaced`;
        `name` is that of the lineage."""
        before, waits = self.state, self.ledger.pending if self.ledger else frozenset()
        files = before.files if before else ()
        stays = [entry for entry in files if (entry.table, entry.partition) not in replaced]
        pending = [*(entry for entry in stays if entry.path in waits), *(leave(file, self.place) for file in new)]
        carried = [entry for entry in stays if entry.path not in waits]
        self.ledger = pending_snapshot(self.store, self.parent, self.place, carried, pending, about)
        is_new = before is None or about != before.about or {*files} != {*self.ledger.files}
        return BatchChange(self.ledger, is_new, name if is_new else "")

    def add(self, change: BatchChange, statements: Normalised, outcome: Outcome) -> Outcome:
        """Keep what the publication needs of a release that was entered; return its outcome, which says whether
        anything is new."""
        run = current_run()
        assert run is not None, "a release is entered in a run"
        # `unique` of the frame would copy every text of every row.
        first_rows = statements.detail.select(pl.struct(MONTHS).is_first_distinct().arg_true()).to_series()
        months = statements.detail[first_rows]
        if not change.is_new:
            # In a new store it can only repeat a release of this batch, whose snapshot `finish` names.
            snapshot_id = self.parent.id if self.parent else outcome.snapshot_id
            outcome = outcome.model_copy(update={"status": "nothing new", "snapshot_id": snapshot_id})
        self.entries.append(Entry(change.name, run, outcome, statements._replace(detail=months)))
        run.outcome = outcome
        return outcome

    @property
    def combined(self) -> Normalised:
        """The releases as one, with a statement for each period."""
        some = [entry.statements for entry in self.entries]
        return some[0]._replace(
            detail=pl.concat([one.detail for one in some]), release=pl.concat([one.release for one in some])
        )

    def finish(self, published: Publication) -> list[Outcome]:
        """Return the outcomes of all releases, as they are in the published snapshot; their runs end with them."""
        outcomes = []
        for entry in self.entries:
            # Of a release that is published already, figures of another version, or damaged files, may be new.
            is_new = published.changed and (entry.outcome.status == "entered" or len(self.entries) == 1)
            ended = {"status": "published" if is_new else "nothing new", "snapshot_id": published.snapshot.id}
            outcomes.append(entry.outcome.model_copy(update=ended))
        healed = [Path(path).name for path in published.healed]
        outcomes[-1] = outcomes[-1].model_copy(update={"healed": healed})
        for entry, outcome in zip(self.entries, outcomes, strict=True):
            entry.run.outcome = outcome
        return outcomes


@contextmanager
def opened(store: Path) -> Iterator[Batch]:
    """Open a batch; what it has written and not published is gone at the end."""
    with ExitStack() as until_the_end:
        yield Batch(store, until_the_end)


def trail(batch: Batch) -> Lineage:
    """Return the trails of all releases of a batch, which end with the steps that ran once for all of them."""
    run = current_run()
    together = run.records if run else []

    def records(entry: Entry) -> Sequence[StepRecord]:
        # A release that came alone has one run for everything.
        return together if entry.run is run else [*entry.run.records, *together]

    trails = [
        as_table(entry.name, [record for record in records(entry) if record.step != "report"])
        for entry in batch.entries
        if entry.name
    ]
    return pl.concat([as_table("", []), *trails])


def newest_of_each(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return the published outcomes by flows and last month, those of one month merged, so that a brief is written
    once."""
    newest: dict[tuple[tuple[str, ...], str], Outcome] = {}
    for outcome in outcomes:
        if outcome.status == "published":
            key = tuple(outcome.flows), outcome.months[-1]
            earlier = newest.get(key)
            products = {*outcome.products, *(earlier.products if earlier else ())}
            newest[key] = outcome.model_copy(update={"products": sorted(products)})
    return [*newest.values()]
