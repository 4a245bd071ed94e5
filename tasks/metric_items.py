"""What has a row each month: series, and values per kilogram, which are made of two series of one place."""

from collections import namedtuple
from typing import Any, NamedTuple

import numba
import numpy

from tasks.cube import Cube
from tasks.keys import Array
from tasks.series import UNIT_VALUE_OF

MASS = "quantity_kg"
# One of them in a loop: its series and that of its kilograms (-1: none), their rows in the room of their block (`months`), and how
# many smallest units make one unit of each. A plain series has one row, and is reckoned with in its smallest unit.
Item = namedtuple("Item", "series weight own mass is_ratio size per_mass")


class Items(NamedTuple):
    """What has a row each month, in order: series, and values per kilogram, whose `mass` is the series of the kilograms."""

    series: Array
    mass: Array
    measure: Array
    measures: list[str]


def list_items(cube: Cube, begin: Array) -> Items:
    """The series that have months, and a value per kilogram for each value beside a mass."""
    names = dict(enumerate(cube.measures))
    measures = sorted({*cube.measures, *(UNIT_VALUE_OF[name] for name in cube.measures if name in UNIT_VALUE_OF)})
    number = {name: place for place, name in enumerate(measures)}
    plain = numpy.flatnonzero(begin >= 0)
    found = [
        (plain, numpy.full(len(plain), -1), numpy.array([number[name] for name in cube.measures])[cube.measure[plain]])
    ]
    if MASS in cube.measures:
        for place, name in names.items():
            if name in UNIT_VALUE_OF:
                values = plain[cube.measure[plain] == place]
                kilograms = numpy.full(len(values), cube.measures.index(MASS))
                mass = cube.find(cube.keys_of(cube.flow[values], cube.product[values], cube.partner[values], kilograms))
                both = (mass >= 0) & (begin[mass] >= 0)
                measure = numpy.full(int(both.sum()), number[UNIT_VALUE_OF[name]])
                found.append((values[both], mass[both], measure))
    item, mass, measure = (numpy.concatenate(parts) for parts in zip(*found, strict=True))
    order = numpy.lexsort((measure, cube.place[item]))
    return Items(item[order], mass[order], measure[order], measures)


@numba.njit(nogil=True, cache=True, inline="always")
def item_of(series: int, weight: int, start: int, sizes: Array) -> Any:
    """An item of a block that begins with the series `start`; `sizes` are the units of all series."""
    is_ratio = weight >= 0
    beside = weight if is_ratio else series
    size, per_mass = sizes[series], sizes[beside]
    if not is_ratio:
        size, per_mass = 1, 1
    return Item(series, weight, series - start, beside - start, is_ratio, size, per_mass)


@numba.njit(nogil=True, cache=True, inline="always")
def kinds_of(kinds: Array, item: Any, month: int) -> Any:
    """The kinds of release behind an item in a month."""
    return kinds[item.own, month] | kinds[item.mass, month]


@numba.njit(nogil=True, cache=True, inline="always")
def first_month(begins: Array, item: Any) -> Any:
    """The first month that an item has, where series have theirs from `begins` on."""
    return max(begins[item.series], begins[item.weight if item.is_ratio else item.series])
