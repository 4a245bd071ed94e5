"""Formats places and numbers of the ledger for the reasons of verdicts, and the changes of definition between two periods.

Levels on the two sides of a change give no growth, no record and no sum, as in the table `metric`; only a source that prints the
figure itself does.
"""

import functools
from collections.abc import Sequence
from fractions import Fraction

from schemas.names import VALUES
from tasks.claims.statement import Spot
from tasks.domain.comparability import Change, breaks_of
from tasks.domain.labels import partner_name, product_name, trade_of, written_month
from tasks.domain.periods import first_day, month_name
from tasks.domain.reporter import Reporter

NAMED_MAX = 3
SCALES = {"quantity_kg": (1000, "t")} | {value: (10**6, f"million {value[-3:].upper()}") for value in VALUES}


def show_level(value: Fraction, measure: str) -> str:
    """Format a level, with no more digits than it needs."""
    scale, unit = SCALES.get(measure, (1, measure))
    if measure in VALUES and abs(value) < scale:
        scale, unit = 1, measure[-3:].upper()
    number = float(value) / scale
    text = f"{number:,.3f}".rstrip("0").rstrip(".") if number < 100_000 else f"{number:,.0f}"
    return f"{text} {unit}"


def show_percent(value: Fraction) -> str:
    """Format a growth."""
    number = float(value)
    return f"{number:+,.2f} %" if abs(number) < 100 else f"{number:+,.1f} %"


def describe(spot: Spot, reporter: Reporter) -> str:
    """Describe a place in the statistics of a reporter in words."""
    months = spot.months if not spot.is_month else written_month(first_day(spot.first))
    to = "" if spot.partner == "WLD" else f" {'to' if spot.flow == 'export' else 'from'} {partner_name(spot.partner)}"
    return f"{trade_of(reporter.code, spot.flow)} of {product_name(spot.product, reporter.nomenclature)}{to}, {months}"


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
