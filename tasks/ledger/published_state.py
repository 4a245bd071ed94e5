"""Holds the published state before a release: the part that the release can change or must be compared with."""

from pathlib import Path
from typing import NamedTuple

from pandera.typing.polars import DataFrame

from schemas.tables.observation import Detail, Observation
from schemas.tables.release import Release
from tasks.store.parquet import Partition
from tasks.store.snapshot import Snapshot


class Known(NamedTuple):
    """The state before a release: every earlier release, and the needed part of the other tables.

    Which months:
    - `touched`: their ledger is rebuilt, because the release has a row in them or requests them.
    - `derived`: their metrics are computed again, because the release can change them.
    - `unchanged`: derived months whose own numbers stay as the table `state` has them.

    What was read:
    - `detail`: the touched months, and the same months a year later, because a revision also changes the growth there.
    - `observation`: derived months that are neither unchanged nor touched; the months a year after a touched one; and
      those a year before, where another release covers the touched one. The last two are needed to detect revisions.

    `chained` are the years (flow, year) with a cumulative figure: there a month may depend on later ones.
    """

    releases: DataFrame[Release]
    observation: DataFrame[Observation]
    detail: DataFrame[Detail]
    touched: tuple[Partition, ...]
    derived: tuple[Partition, ...]
    snapshot: Snapshot | None
    store: Path
    unchanged: tuple[Partition, ...] = ()
    chained: frozenset[tuple[str, int]] = frozenset()

    @property
    def recomputed(self) -> tuple[Partition, ...]:
        """The derived months whose numbers are added up again from the ledger."""
        return tuple(sorted({*self.derived} - {*self.unchanged}))
