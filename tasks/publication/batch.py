"""Enters releases into the ledger one after another and publishes them together, as a batch of a backfill.

Each release is read, checked, held and merged as if it came alone, on top of those before it, in a copy of the store
that no reader sees. Figures, tables of events and lineage are made once for all of them, and one publication makes
everything visible. A batch that is killed has published nothing, and its files are read again.

Belongs here: what a batch contains and when it is full. Does not belong here: how a file is ingested (`flows.release`),
which files of a snapshot are replaced (`publication`).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from schemas.forms.outcome import Outcome
from schemas.frames import Lineage
from schemas.table import empty_frame
from tasks.domain.errors import Outpaced
from tasks.ingest.normalise import Normalised
from tasks.ledger.doubts import findings_of, open_doubts
from tasks.ledger.ledger_after import Ledger
from tasks.ledger.published_state import Known
from tasks.lineage.records import Run, as_table, current_run
from tasks.store.snapshot import Snapshot, current_id, open_snapshot
from tasks.store.temporary import temporary_copy

# The maximum size of a batch: its months are derived together, a year of the full cube at most, and a kill loses at
# most one batch.
RECORDS_MAX = 4_000_000
FILES_MAX = 100
# A larger file, such as a month of all members of the Union, needs the memory for itself.
FILE_BYTES_MAX = 64_000_000
# Steps of a release that end in the copy and do not belong to the lineage of the published tables.
IN_THE_COPY = ("publish", "report")
MONTHS = ("flow", "period_start", "period_end")


class Batch:
    """A batch: `tables` is the copy of `store` that its releases are entered into."""

    def __init__(self, store: Path, tables: Path) -> None:
        self.store, self.tables = store, tables
        self.parent = open_snapshot(store)
        self.runs: list[Run] = []
        self.entered: list[Run] = []
        self.records = 0
        self._releases: list[Normalised] = []

    @property
    def is_full(self) -> bool:
        """Whether the batch must be published before another file is added."""
        return self.records >= RECORDS_MAX or len(self.runs) >= FILES_MAX

    @property
    def outcomes(self) -> list[Outcome]:
        """The outcomes of the releases so far, in order."""
        return [run.outcome for run in self.runs if run.outcome is not None]

    def add(self, run: Run, outcome: Outcome, release: Normalised) -> Outcome:
        """Keep what the publication needs of a release; its statements are in `tables`. The outcome says so."""
        if outcome.status == "published":
            self.entered.append(run)
            outcome = outcome.model_copy(update={"status": "entered"})
            months = release.detail.unique(MONTHS, keep="first", maintain_order=True)
            self._releases.append(release._replace(detail=months))
        run.outcome = outcome
        self.runs.append(run)
        self.records += outcome.records
        return outcome

    def combined(self) -> Normalised:
        """Return the entered releases as one, with a statement for each period. Raises Outpaced if another process
        published since."""
        mine = self.parent.id if self.parent else None
        if current_id(self.store) != mine:
            raise Outpaced(
                f"{self.store}: another run published while a batch was read. Each of its files is ingested by itself"
                " now."
            )
        first = self._releases[0]
        return first._replace(
            detail=pl.concat([one.detail for one in self._releases]),
            release=pl.concat([one.release for one in self._releases]),
        )

    def finish(self, snapshot: Snapshot) -> list[Outcome]:
        """Return the outcomes of all releases, as they are in the published snapshot; their runs end with them."""
        for run in self.runs:
            assert run.outcome is not None
            status = "published" if run.outcome.status == "entered" else run.outcome.status
            ended = {"status": status, "snapshot_id": snapshot.id, "store": self.store}
            run.outcome = run.outcome.model_copy(update=ended)
        return self.outcomes


@contextmanager
def opened(store: Path) -> Iterator[Batch]:
    """Open a batch, with a copy of the store that is gone at the end."""
    with temporary_copy(store) as tables:
        yield Batch(store, tables)


def ledger_of(known: Known) -> Ledger:
    """Return the ledger after the releases of a batch; its months are files already."""
    doubts = open_doubts(findings_of(known.snapshot), known.counting)
    return Ledger(empty_frame("observation"), known.releases, known.decisions, doubts=doubts)


def trail(batch: Batch) -> Lineage:
    """Return the trails of all releases of a batch, which end with the steps that ran once for all of them."""
    run = current_run()
    together = run.records if run else []
    trails = [
        as_table(
            one.outcome.release_id, [*(record for record in one.records if record.step not in IN_THE_COPY), *together]
        )
        for one in batch.entered
        if one.outcome is not None
    ]
    return pl.concat(trails)


def newest_of_each(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return the published outcomes by flows and last month, those of one month merged, so that a brief is written
    once."""
    found: dict[tuple[tuple[str, ...], str], Outcome] = {}
    for outcome in outcomes:
        if outcome.status == "published":
            key = tuple(outcome.flows), outcome.months[-1]
            earlier = found.get(key)
            products = {*outcome.products, *(earlier.products if earlier else ())}
            found[key] = outcome.model_copy(update={"products": sorted(products)})
    return [*found.values()]
