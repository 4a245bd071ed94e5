"""The one division of each figure: smallest units to units, value by mass, growth on a base.

A number is kept whole in its smallest unit until then. A loop has an item at hand (`metric_items`) and asks what it is worth in a
month; it gets the figure with the number of its status, nan where there is none.
"""

from typing import Any

import numba
import numpy

from tasks.cube import NOTHING
from tasks.keys import Array
from tasks.months import STATUS
from tasks.series import EXACT_MAX

BASIS_POINTS_PER_PERCENT = 100
NO_BASE = (numpy.nan, STATUS.no_base)


@numba.njit(nogil=True, cache=True, inline="always")
def in_units(whole: int, size: int) -> float:
    """Smallest units to units: the whole part stays exact however large it is."""
    units = numpy.nan
    if whole != NOTHING:
        exact = abs(whole) <= EXACT_MAX
        units = float(whole) / size if exact else float(whole // size) + float(whole % size) / size
    return units


@numba.njit(nogil=True, cache=True, inline="always")
def figure_of(whole: Array, made: Array, item: Any, month: int) -> tuple[float, int]:
    """What an item is worth in a month: the number of its series, or the value divided by the mass."""
    # Arrays are asked before anything branches: one that is needed in several branches would be counted in and out each time.
    return _worth(
        whole[item.own, month], int(made[item.own, month]), whole[item.mass, month], int(made[item.mass, month]), item
    )


@numba.njit(nogil=True, cache=True, inline="always")
def _worth(value: int, value_made: int, mass: int, mass_made: int, item: Any) -> tuple[float, int]:
    worth, worth_made = numpy.nan, value_made
    if item.is_ratio:
        worth, worth_made = _divide(value, value_made, mass, mass_made, item)
    else:
        worth = in_units(value, item.size)
    return worth, worth_made


@numba.njit(nogil=True, cache=True)
def _divide(value: int, value_made: int, mass: int, mass_made: int, item: Any) -> tuple[float, int]:
    """Value by mass. Two months of one price have the same float, or one of them would be a record: the only rounding is that
    of the division, of whole numbers that floats hold; of larger ones what they have in common is taken out first."""
    if value == NOTHING:
        return numpy.nan, value_made
    if mass == NOTHING:
        return numpy.nan, mass_made
    if mass <= 0:
        return numpy.nan, STATUS.zero_base
    if max(abs(float(value)) * item.per_mass, float(mass) * item.size) >= EXACT_MAX:
        common, rest = abs(value), mass
        while rest:
            common, rest = rest, common % rest
        value, mass = value // common, mass // common
    return float(value) * item.per_mass / (float(mass) * item.size), STATUS.computed


@numba.njit(nogil=True, cache=True, inline="always")
def year_of(whole: int, mass: int, item: Any) -> tuple[float, int]:
    """The same of twelve months, of whose numbers the sums are given (`sum_years`), NOTHING where not all are there."""
    made = STATUS.computed if whole != NOTHING else STATUS.incomplete_window
    mass_made = STATUS.computed if mass != NOTHING else STATUS.incomplete_window
    return _worth(whole, made, mass, mass_made, item)


@numba.njit(nogil=True, cache=True)
def sum_years(level: Array, begins: Array, wanted: Array, first: int, last: int, sums: Array) -> None:
    """Sums of the twelve months that end with each of the `wanted` ones, and of those before them, of the series from `first` on and
    before `last`: two columns for each month, NOTHING where not all are there."""
    for series in range(first, last):
        own, begin = series - first, begins[series]
        for column in range(2 * len(wanted)):
            month = wanted[column // 2] - 12 * (column % 2)
            sum_: Any = numpy.int64(0)
            if begin < 0 or month - 11 < begin:
                sums[own, column] = NOTHING
                continue
            for each in range(month - 11, month + 1):
                if level[own, each] == NOTHING:
                    sum_ = NOTHING
                    break
                sum_ += level[own, each]
            sums[own, column] = sum_


@numba.njit(nogil=True, cache=True, inline="always")
def in_percent(growth: int) -> float:
    """A printed growth; nan where there is none."""
    percent = numpy.nan
    if growth != NOTHING:
        percent = growth / BASIS_POINTS_PER_PERCENT
    return percent


@numba.njit(nogil=True, cache=True)
def growth_on(base: tuple[float, int], now: tuple[float, int], printed: float) -> tuple[float, int]:
    """Growth on the same figure some months earlier, in per cent; a printed growth where the base is not at hand."""
    if base[0] > 0 and not numpy.isnan(now[0]):
        return (now[0] / base[0] - 1) * 100, STATUS.computed
    if numpy.isnan(base[0]) and not numpy.isnan(printed):
        return printed, STATUS.implied_base
    if numpy.isnan(now[0]):
        return numpy.nan, now[1]
    if base[0] == 0:
        return numpy.nan, STATUS.zero_base
    return numpy.nan, no_base(base[1])


@numba.njit(nogil=True, cache=True)
def no_base(made: int) -> int:
    """Why there is nothing to compare with."""
    return STATUS.combined_months if made == STATUS.combined_months else STATUS.no_base
