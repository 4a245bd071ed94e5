"""The place of a number, one month of one series, and the decisions of people about the releases behind the numbers of
places."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import polars as pl

from tasks.domain.coverage import TOTALS, covering
from tasks.domain.decisions import decision_text
from tasks.domain.periods import month_index
from tasks.domain.release_ids import release_of


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


class Decided:
    """The releases that were withdrawn or count again, with what they covered. `history` is the ledger of a flow."""

    def __init__(self, releases: pl.DataFrame, decisions: pl.DataFrame, history: pl.DataFrame) -> None:
        of_people = decisions.filter(pl.col("kind") != "replaced").sort("release_id", "number")
        self.last = {row["release_id"]: row for row in of_people.iter_rows(named=True)}
        names = sorted(self.last)
        self.releases = releases.filter(release_of().is_in(names))
        self.words = history.filter(release_of().is_in(names)) if names else history.clear()

    def lines(self, points: Sequence[Point]) -> list[str]:
        """Return the last decision about each release that covers one of the points, or had a number of it, in
        words."""
        return [
            f"{name} ({editions['title'][0]}): {decision_text(row)}"
            for name, row in self.last.items()
            if (editions := self.releases.filter(release_of() == name)).height
            and (covering(keys_of([*points]), editions).height or self._has_number(name, points))
        ]

    def _has_number(self, name: str, points: Sequence[Point]) -> bool:
        """Whether the ledger ever had a number of the release at one of the points, or one that such a total adds
        up."""
        words = self.words.filter(release_of() == name)
        first, last = month_index("period_start"), month_index("period_end")
        places = (
            ((pl.col("product") == point.product) | pl.lit(point.partner in TOTALS))
            & ((pl.col("partner") == point.partner) | pl.lit(point.partner in TOTALS))
            & (first <= point.month)
            & (last >= point.month)
            for point in points
        )
        return bool(words.height) and words.filter(pl.any_horizontal(*places)).height > 0
