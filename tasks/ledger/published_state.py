"""Holds the published state before a release: the part that the release can change or must be compared with."""

from typing import NamedTuple

from schemas.frames import Decision, Detail, Observation, Release
from tasks.domain.decisions import NOTHING_DECIDED, counting
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import Partition


class PublishedState(NamedTuple):
    """The state before a release: every earlier release, and the needed part of the other tables.

    Which months:
    - `touched`: their ledger is rebuilt, because the release has a row in them or requests them.
    - `derived`: their metrics are computed again, because the release can change them.

    What was read:
    - `detail`: the touched months, and the same months a year later where their numbers may be revised, because a
    revision also
      changes the growth there.
    - `observation`: the months a year after a touched one, and those a year before, where another release covers the
    touched
      one: they are needed to detect revisions. The months that figures look back on are read by portion.

    `decisions` is what was decided about the releases. `chained` are the years (flow, year) that have a cumulative
    figure: there a month may depend on those after it.
    """

    releases: Release
    observation: Observation
    detail: Detail
    touched: tuple[Partition, ...]
    derived: tuple[Partition, ...]
    snapshot: Snapshot | None
    chained: frozenset[tuple[str, int]] = frozenset()
    decisions: Decision = NOTHING_DECIDED

    @property
    def counting(self) -> Release:
        """The earlier releases that count: neither withdrawn nor replaced."""
        return counting(self.releases, self.decisions)
