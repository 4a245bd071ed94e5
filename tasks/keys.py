"""Whole numbers that stand for names or for several names at once: which of them occur, and where each is.

Whoever makes keys knows how large they can be. A table of all that are possible is quicker than sorting and searching, as
long as it fits into memory.
"""

from typing import Any

import numpy

# Entries of a table of all possible numbers, a byte each.
TABLE_MAX = 2**27

Array = numpy.ndarray[Any, Any]


class Index:
    """Where whole numbers below `size` are among sorted `keys`; a table of all of them is quicker than searching, where it fits
    into memory."""

    def __init__(self, keys: Array, size: int) -> None:
        self.keys = keys
        self._table = None
        if size <= TABLE_MAX:
            self._table = numpy.full(size, -1, numpy.int32)
            self._table[keys] = numpy.arange(len(keys), dtype=numpy.int32)

    def find(self, wanted: Array) -> Array:
        """Where each of `wanted` is; -1 where it is not."""
        if not len(self.keys):
            return numpy.full(len(wanted), -1, numpy.int64)
        if self._table is not None:
            return self._table[wanted].astype(numpy.int64)
        found = numpy.searchsorted(self.keys, wanted)
        found[found == len(self.keys)] = 0
        return numpy.where(self.keys[found] == wanted, found, -1)


def number_distinct(values: Array, size: int) -> tuple[Array, Array]:
    """The distinct ones of whole numbers below `size`, in order, and which of them each is.

    A table of what occurs is quicker than sorting, as long as it fits into memory.
    """
    if size > TABLE_MAX:
        return numpy.unique(values, return_inverse=True)
    occurs = numpy.zeros(size, bool)
    occurs[values] = True
    return numpy.flatnonzero(occurs), (numpy.cumsum(occurs, dtype=numpy.int64) - 1)[values]


def distinct(parts: list[Array], size: int) -> Array:
    """The distinct ones of several arrays of whole numbers below `size`, in order."""
    if size > TABLE_MAX:
        return numpy.unique(numpy.concatenate(parts))
    occurs = numpy.zeros(size, bool)
    for part in parts:
        occurs[part] = True
    return numpy.flatnonzero(occurs)
