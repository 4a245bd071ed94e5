"""Says what is known of releases that another store has published, while they are published here as they were there.

Whoever carries a store over opens `carrying`; inside, such a release is not held, its arrival brings about what it
brought about there, and a file that was published before its corrections is read without them.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from schemas.frames import Decision

# The check under which an approval stands among the findings of a release.
APPROVED = "approved"


class CarriedApproval(NamedTuple):
    """Why a release was published: the words, and those by which its doubts are lifted, None where they are not."""

    words: str
    lifts: str | None


class Carried(NamedTuple):
    """Of the releases of another store the approval of each, and the decisions about them."""

    approvals: Mapping[str, CarriedApproval]
    decisions: Decision


_now: ContextVar[Carried | None] = ContextVar("carried", default=None)
_are_corrected: ContextVar[bool] = ContextVar("are_corrected", default=True)


@contextmanager
def carrying(carried: Carried, *, corrected: bool = True) -> Iterator[None]:
    """Inside, releases are `carried`, with today's corrections or without."""
    before, are_corrected = _now.set(carried), _are_corrected.set(corrected)
    try:
        yield
    finally:
        _now.reset(before)
        _are_corrected.reset(are_corrected)


def carried_now() -> Carried | None:
    """What is carried; None where releases are judged here."""
    return _now.get()


def are_corrected() -> bool:
    """Whether files are read with the corrections of today."""
    return _are_corrected.get()
