"""Finds the changes of definition between the periods that a claim compares.

Levels on the two sides of a change give no growth, no record and no sum, as in the table `metric`; only a source that
prints the figure itself does.
"""

import functools
from collections.abc import Sequence

from tasks.claims.statement import Spot
from tasks.domain.definition_changes import Change, breaks_of
from tasks.domain.periods import month_name
from tasks.domain.reporter import Reporter

NAMED_MAX = 3


def changes_between(spot: Spot, other: Spot, reporter: Reporter) -> list[Change]:
    """Return the changes in the reporter's statistics of the series of `spot` after the first and up to the last month of two of its periods, in
    order.

    For a period and itself: the changes inside it.
    """
    first, last = min(spot.first, other.first), max(spot.last, other.last)
    return [
        change for change in _known(spot.product, spot.partner, spot.measure, reporter) if first < change.month <= last
    ]


def describe_changes(changes: Sequence[Change]) -> str:
    """Format the changes for the reason of a verdict: from when, what, and by which source."""
    named = [f"{month_name(change.month)}: {change.what} ({change.source})" for change in changes[:NAMED_MAX]]
    more = [f"{len(changes) - NAMED_MAX} more"] if len(changes) > NAMED_MAX else []
    return "; ".join([*named, *more])


# The search for a number elsewhere repeats the question for every partner and nearby month of a series.
@functools.lru_cache(4096)
def _known(product: str, partner: str, measure: str, reporter: Reporter) -> list[Change]:
    return breaks_of(product, partner, measure, reporter)
