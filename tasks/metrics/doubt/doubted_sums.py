"""Follows doubted numbers into the sums that are made of them, in the order in which `sums` adds up: codes for each
partner, partners to totals, codes of totals.

A number reaches a sum only where the sum is one: what a source prints by itself rests on no other number. Belongs here:
the way, for numbers that a finding names and for the partners that a release has. How much of a sum the numbers are is
in `doubts`.
"""

from collections.abc import Callable
from typing import NamedTuple

import polars as pl

from tasks.domain.classification import HS_LEVELS
from tasks.metrics.levels.coverage import FlowCoverage
from tasks.metrics.levels.names import NUMBER, STATUS, Names

PLACE = ("product", "partner", "measure", "month")


class Reach(NamedTuple):
    """Where numbers go.

    `at` adds to places their `level` and `status`, and drops those without; `trades` says of such places whether
    single partners have numbers of the product, measure and month.
    """

    names: Names
    coverage: FlowCoverage
    at: Callable[[pl.DataFrame], pl.DataFrame]
    trades: Callable[[pl.DataFrame], pl.Series]

    def all(self, numbers: pl.DataFrame) -> pl.DataFrame:
        """Printed numbers, and the same at each sum of which they are a part. Rows have the columns of PLACE and what
        goes with the number."""
        is_total = self.names.is_total
        printed = self._printed(numbers)
        parts = printed.filter(~is_total)
        parts = pl.concat([parts, self._codes(parts)])
        parts = pl.concat([parts, self._baskets(parts)])
        totals = pl.concat([printed.filter(is_total), *self._partners(parts)])
        return pl.concat([parts, self._of_totals(totals)])

    def totals(self, cells: pl.DataFrame) -> pl.DataFrame:
        """The sums over the partners of which these are some, and the sums of such sums, each once, with `level`. Rows
        have the columns of PLACE and what goes with the cell; their partner makes no difference to it."""
        columns = cells.columns
        parts = pl.concat([cells, self._codes(cells)])
        parts = pl.concat([parts, self._baskets(parts)])
        somebody = parts.drop("partner").unique()
        every = [somebody.with_columns(partner=pl.lit(total, NUMBER)).select(columns) for total in self.names.totals]
        sums = pl.concat([self._sums(one, of_partners=True) for one in every])
        return self.at(self._of_totals(sums).unique())

    def _printed(self, numbers: pl.DataFrame) -> pl.DataFrame:
        return self.at(numbers).filter(pl.col("status") == STATUS["reported"]).select(numbers.columns)

    def _sums(self, places: pl.DataFrame, *, of_partners: bool | None = None) -> pl.DataFrame:
        """Places that are sums: of partners, of codes, or either where that is not asked."""
        at = self.at(places).filter(pl.col("status") == STATUS["sum"])
        if of_partners is not None:
            is_group = at.select(self.names.is_group).to_series()
            everyone = pl.select(
                pl.when(is_group).then(self.coverage.everyone(at, groups=True)).otherwise(self.coverage.everyone(at))
            ).to_series()
            is_of_partners = everyone & self.trades(at)
            at = at.filter(is_of_partners if of_partners else ~is_of_partners)
        return at.select(places.columns)

    def _codes(self, parts: pl.DataFrame, *, of_partners: bool | None = None) -> pl.DataFrame:
        """The HS levels above national codes."""
        codes = parts.filter(self.names.is_national)
        above = [codes.with_columns(product=self.names.above[level]).drop_nulls("product") for level in HS_LEVELS]
        return self._sums(pl.concat(above), of_partners=of_partners)

    def _baskets(self, parts: pl.DataFrame, *, of_partners: bool | None = None) -> pl.DataFrame:
        """The baskets of these products. That of one code has what is printed of the code."""
        inside = in_baskets(self.names, parts)
        sums = self._sums(inside.drop("is_copy"), of_partners=of_partners)
        return pl.concat([sums, self._printed(inside.filter("is_copy").drop("is_copy"))])

    def _partners(self, parts: pl.DataFrame) -> list[pl.DataFrame]:
        """The world and the groups of these partners."""
        groups = parts.join(self.names.groups, on="partner").filter(pl.col("month").is_between("begin", "end"))
        world = parts.with_columns(partner=pl.lit(self.names.world, NUMBER))
        of_groups = groups.with_columns(partner=pl.col("total").cast(NUMBER)).select(parts.columns)
        return [self._sums(one, of_partners=True) for one in (world, of_groups)]

    def _of_totals(self, totals: pl.DataFrame) -> pl.DataFrame:
        """Numbers of totals, and the sums of codes that they are in: where partners add up, they do not count."""
        every = pl.concat([totals, self._codes(totals, of_partners=False)])
        return pl.concat([every, self._baskets(every, of_partners=False)])


def with_products_above(names: Names, cells: pl.DataFrame) -> pl.DataFrame:
    """Rows of `product`, and the same of every product above, whether or not that is a sum."""
    codes = cells.filter(names.is_national)
    above = [codes.with_columns(product=names.above[level]).drop_nulls("product") for level in HS_LEVELS]
    every = pl.concat([cells, *above])
    return pl.concat([every, in_baskets(names, every).drop("is_copy")])


def in_baskets(names: Names, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of the baskets of these products; `is_copy` marks baskets of one code."""
    members = names.baskets.with_columns(is_copy=pl.len().over("basket") == 1)
    inside = rows.join(members, left_on="product", right_on="part")
    inside = inside.filter(pl.col("month").is_between("begin", "end"))
    return inside.with_columns(product=pl.col("basket").cast(NUMBER)).select(*rows.columns, "is_copy")
