"""Follows the years to date of a year from printed ones and single months: one chain for traces and claims.

Exact and slow on purpose: the metrics chain whole columns by code of their own (`tasks.metrics.levels.year_to_date`).
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TypeVar

AmountT = TypeVar("AmountT")


def chain_of_year(
    year: range,
    printed: Mapping[int, AmountT],
    months: Mapping[int, AmountT],
    joined: Callable[[AmountT, AmountT, int], AmountT],
    exact: Callable[[AmountT], Fraction],
) -> dict[int, AmountT]:
    """Return the known years to date by month (month numbers of `year`). A printed one counts; from January on one is
    that of the month before plus the month; where that breaks, it is that of the month after less the month after,
    unless this is less than an earlier one. `joined` adds two amounts (1) or subtracts the second (-1)."""
    ahead, behind = dict(printed), dict(printed)
    for month in year:
        if month in months and month not in ahead and (month == year.start or month - 1 in ahead):
            ahead[month] = months[month] if month == year.start else joined(ahead[month - 1], months[month], 1)
    for month in reversed(year[:-1]):
        if month not in behind and month + 1 in behind and month + 1 in months:
            behind[month] = joined(behind[month + 1], months[month + 1], -1)
    totals, floor = dict[int, AmountT](), Fraction(0)
    for month in year:
        if month in ahead:
            totals[month], floor = ahead[month], max(floor, exact(ahead[month]))
        elif month in behind and exact(behind[month]) >= floor:
            totals[month] = behind[month]
    return totals
