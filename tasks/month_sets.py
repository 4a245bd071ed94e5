"""Sets of months, a bit for each month of a window, so that millions of series are united by whole words.

A row is one set; month `m` is bit `m % 64` of word `m // 64`. What the sets mean is said where they are made
(`calendar_grid`, `sums`).
"""

import numba
import numpy

from tasks.cube import Array

BITS = 64


def empty_sets(rows: int, months: int) -> Array:
    """So many sets without a month."""
    return numpy.zeros((rows, (months + BITS - 1) // BITS), numpy.uint64)


@numba.njit(nogil=True, cache=True)
def has(sets: Array, row: int, month: int) -> bool:
    """Whether the month is in the set."""
    return bool((sets[row, month >> 6] >> numpy.uint64(month & 63)) & numpy.uint64(1))


@numba.njit(nogil=True, cache=True)
def put(sets: Array, row: int, month: int) -> None:
    """Put the month into the set."""
    sets[row, month >> 6] |= numpy.uint64(1) << numpy.uint64(month & 63)


@numba.njit(nogil=True, cache=True)
def pack(flags: Array, sets: Array) -> None:
    """Put the months that have a flag into the sets of their rows."""
    for row in range(flags.shape[0]):
        for month in range(flags.shape[1]):
            if flags[row, month]:
                put(sets, row, month)


@numba.njit(nogil=True, cache=True)
def spread(child: Array, target: Array, sets: Array, to: Array) -> None:
    """Put the months of each child into the set of its target, where it has one (-1: none)."""
    for each in range(len(child)):
        if target[each] >= 0:
            for word in range(sets.shape[1]):
                to[target[each], word] |= sets[child[each], word]


@numba.njit(nogil=True, cache=True)
def spread_members(child: Array, target: Array, sets: Array, to: Array, partner: Array, valid: Array) -> None:
    """The same, of those months alone that are in the set of the child's partner."""
    for each in range(len(child)):
        if target[each] >= 0:
            for word in range(sets.shape[1]):
                to[target[each], word] |= sets[child[each], word] & valid[partner[child[each]], word]
