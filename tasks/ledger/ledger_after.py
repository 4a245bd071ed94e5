"""The ledger after a release, as one value that is handed on.

Belongs here: what a merge returns. Does not belong here: how statements are merged (`merge`), which months a release
changes (`publication.assemble`).
"""

import contextlib
from collections.abc import Iterator
from typing import NamedTuple

import polars as pl

from schemas.frames import Decision, Observation, Release
from tasks.domain.decisions import counting
from tasks.domain.errors import Refused
from tasks.metrics.doubt.doubts import NONE_OPEN


class Ledger(NamedTuple):
    """The ledger after a release: the recomputed partitions, every release, and every decision about a release.

    `doubts` are the open findings about the releases that count.
    """

    touched: Observation
    releases: Release
    decisions: Decision
    doubts: pl.DataFrame = NONE_OPEN

    @property
    def counting(self) -> Release:
        """The releases that count: neither withdrawn nor replaced."""
        return counting(self.releases, self.decisions)


@contextlib.contextmanager
def refusing_overflow() -> Iterator[None]:
    """Raise Refused if a sum of numbers does not fit into 64 bits: the file has a wrong unit."""
    try:
        yield
    except OverflowError as error:
        raise Refused(
            "number too large",
            where="the release, with what is published of its months",
            found=str(error),
            advice="Check the unit column of the file; nothing was published.",
        ) from error
