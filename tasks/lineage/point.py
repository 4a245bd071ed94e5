"""The place of a number: one month of one series."""

from dataclasses import astuple, dataclass, replace
from typing import Any

import polars as pl


@dataclass(frozen=True)
class Point:
    """One month of one series: the place of a number."""

    flow: str
    product: str
    partner: str
    measure: str
    month: int

    def at(self, **other: Any) -> "Point":
        """A copy with changed fields."""
        return replace(self, **other)


def keys_of(points: list[Point]) -> pl.DataFrame:
    """Return the places as rows, as `coverage` asks for them."""
    kinds = dict.fromkeys(("flow", "product", "partner", "measure"), pl.String) | {"month": pl.Int32}
    return pl.DataFrame([astuple(point) for point in points], orient="row", schema=kinds)
