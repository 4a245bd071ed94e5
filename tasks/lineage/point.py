"""The place of a number: one month of one series."""

from typing import Any, NamedTuple

import polars as pl


class Point(NamedTuple):
    """One month of one series: the place of a number."""

    flow: str
    product: str
    partner: str
    measure: str
    month: int

    def at(self, **other: Any) -> "Point":
        """A copy with changed fields."""
        return self._replace(**other)


def keys_of(points: list[Point]) -> pl.DataFrame:
    """Return the places as rows, as `coverage` asks for them."""
    kinds = dict.fromkeys(("flow", "product", "partner", "measure"), pl.String) | {"month": pl.Int32}
    return pl.DataFrame(points, orient="row", schema=kinds)
