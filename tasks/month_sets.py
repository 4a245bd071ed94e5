"""Sets of months, a bit for each month of a window, so that millions of series are united by whole words.

A row is one set; month `m` is bit `m % 64` of word `m // 64`. What the sets mean is said where they are made
(`calendar_grid`, `sums`).
"""

import numba
import numpy

from tasks.keys import Array

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


def grown(sets: Array, months: int) -> Array:
    """The sets with every month that comes up to so many `months` (fewer than 64) after one of theirs."""
    reach, made = 0, sets.copy()
    while reach < months:
        step = min(reach + 1, months - reach)
        made |= _later(made, step)
        reach += step
    return made


def _later(sets: Array, months: int) -> Array:
    moved = sets << numpy.uint64(months)
    moved[:, 1:] |= sets[:, :-1] >> numpy.uint64(BITS - months)
    return moved


@numba.njit(nogil=True, cache=True)
def first_of(sets: Array, row: int) -> int:
    """The first month of a set, -1 where it is empty."""
    for word in range(sets.shape[1]):
        bits = sets[row, word]
        if bits:
            place = 0
            for step in (32, 16, 8, 4, 2, 1):
                if not bits & ((numpy.uint64(1) << numpy.uint64(step)) - numpy.uint64(1)):
                    bits >>= numpy.uint64(step)
                    place += step
            return word * 64 + place
    return -1


@numba.njit(nogil=True, cache=True)
def last_before(sets: Array, row: int, month: int) -> int:
    """The last month of a set before this one, -1 where there is none."""
    before = month - 1
    while before >= 0 and not has(sets, row, before):
        before -= 1
    return before


@numba.njit(nogil=True, cache=True)
def last_of(sets: Array, row: int) -> int:
    """The last month of a set, -1 where it is empty."""
    for word in range(sets.shape[1] - 1, -1, -1):
        bits = sets[row, word]
        if bits:
            place = 0
            for step in (32, 16, 8, 4, 2, 1):
                if bits >> numpy.uint64(step):
                    bits >>= numpy.uint64(step)
                    place += step
            return word * 64 + place
    return -1
