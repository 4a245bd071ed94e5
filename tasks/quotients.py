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
    value, value_made = numpy.nan, int(made[item.own, month])
    if item.is_ratio:
        value, value_made = _divide(
            whole[item.own, month], value_made, whole[item.mass, month], int(made[item.mass, month]), item
        )
    else:
        value = in_units(whole[item.own, month], item.size)
    return value, value_made


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
def year_of(level: Array, begins: Array, item: Any, month: int) -> tuple[float, int]:
    """The same of the twelve months that end with this one."""
    whole = sum_year(level, item.own, month, begins[item.series])
    year, made = numpy.nan, STATUS.computed if whole != NOTHING else STATUS.incomplete_window
    if item.is_ratio:
        mass = sum_year(level, item.mass, month, begins[item.weight])
        mass_made = STATUS.computed if mass != NOTHING else STATUS.incomplete_window
        year, made = _divide(whole, made, mass, mass_made, item)
    else:
        year = in_units(whole, item.size)
    return year, made


@numba.njit(nogil=True, cache=True, inline="always")
def sum_year(level: Array, own: int, month: int, begin: int) -> Any:
    """Sum of the twelve months that end with this one, NOTHING where not all are there."""
    sum_: Any = NOTHING
    if month - 11 >= begin:
        sum_ = numpy.int64(0)
        for each in range(month - 11, month + 1):
            if level[own, each] == NOTHING:
                sum_ = NOTHING
                break
            sum_ += level[own, each]
    return sum_


@numba.njit(nogil=True, cache=True, inline="always")
def in_percent(growth: Array, series: int, column: int) -> float:
    """A printed growth; nan where there is none."""
    percent = numpy.nan
    if growth.shape[1] and growth[series, column] != NOTHING:
        percent = growth[series, column] / BASIS_POINTS_PER_PERCENT
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
