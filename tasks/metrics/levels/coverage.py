"""Computes what the releases cover, month by month, in the numbers of `names`.

Where a key is covered, a missing row means no trade. The rules are those of `tasks/domain/coverage.py`, here as tables
that are joined with millions of rows: one of the cells (product, family, month) for which every partner was requested,
and one of the partners that a release lists. A basket is covered where each of its codes is, a group of partners where
every partner was requested, the group has members and no code of a partner is unknown (`groups`).
"""

from typing import NamedTuple, Self

import polars as pl

from schemas.frames import Release
from tasks.domain.classification import BASKET
from tasks.domain.coverage import covered_codes, of_national_lists, with_scope
from tasks.metrics.levels.names import Names

CELL = ("product", "family", "month")
PLACE_OF_FAMILY = ("product", "partner", "family", "month")


class Scope(NamedTuple):
    """The priority of the best kind of release that covers a cell, 0 is the best, null where none does.

    `cells` has it at the position of each cell of which every partner was requested: there are few cells, and a look-up
    by position costs a fraction of a join. `of_groups` has those of groups of partners. `listed` has a row for every
    month of a partner that a release lists. `alike` has the months in which every cell is covered for every partner by
    one kind of release, and its priority.
    """

    listed: pl.DataFrame
    cells: pl.Series
    of_groups: pl.Series
    alike: dict[int, int]

    @classmethod
    def of(cls, everyone: pl.DataFrame, listed: pl.DataFrame, names: Names) -> Self:
        """The scope of cells and listed partners."""
        nothing = pl.repeat(None, names.size(*CELL), dtype=everyone.schema["priority"], eager=True)
        places = everyone.select(names.key(*CELL)).to_series()
        cells = nothing.clone().scatter(places, everyone["priority"])
        if everyone["groups"].all():
            return cls(listed, cells, cells, {} if listed.height else _alike(everyone, names))
        closed = everyone.filter("groups")
        of_groups = nothing.scatter(closed.select(names.key(*CELL)).to_series(), closed["priority"])
        return cls(listed, cells, of_groups, {})


class FlowCoverage(NamedTuple):
    """What the releases of one direction of trade cover.

    `all_levels` covers all releases; `finest` only releases of national codes, which can be summed. `known` are the
    products and months with any coverage at all.
    """

    all_levels: Scope
    finest: Scope
    known: pl.DataFrame
    names: Names

    @property
    def is_mixed(self) -> bool:
        """Whether some releases give higher codes themselves, or a total without partners: a code below may be no part
        of such a number."""
        totals = self.all_levels.listed["partner"].is_in(self.names.totals)
        return self.finest is not self.all_levels or totals.any()

    def priority(self, frame: pl.DataFrame, *, finest: bool = False) -> pl.Series:
        """The priority of each row (product, partner, measure, month, ...), null where no release covers it."""
        names, scope, cell = self.names, self.finest if finest else self.all_levels, self.names.key(*CELL)
        of_groups, cells = (pl.lit(one).gather(cell) for one in (scope.of_groups, scope.cells))
        in_cell = pl.when(names.is_group).then(of_groups).otherwise(cells)
        frame = frame.with_columns(names.family)
        of_scope = frame.select(priority=pl.when(names.founded <= pl.col("month")).then(in_cell))["priority"]
        if not scope.listed.height:
            return of_scope
        place = names.key(*PLACE_OF_FAMILY).alias("place")
        listed = frame.select(place).join(
            scope.listed.select(place, "priority"), on="place", how="left", maintain_order="left"
        )
        return pl.select(pl.min_horizontal(of_scope, listed["priority"])).to_series()

    def everyone(self, frame: pl.DataFrame, *, groups: bool = False) -> pl.Series:
        """Of each row (product, measure, month, ...) whether every partner was requested, and with `groups` none is
        unknown."""
        cells = self.all_levels.of_groups if groups else self.all_levels.cells
        covered = pl.lit(cells).gather(self.names.key(*CELL)).is_not_null()
        return frame.with_columns(self.names.family).select(everyone=covered)["everyone"]


def _alike(everyone: pl.DataFrame, names: Names) -> dict[int, int]:
    partners = pl.DataFrame({"partner": pl.int_range(names.size("partner"), eager=True)})
    founded, count = partners.select(names.founded.max()).item(), names.size("product", "family")
    months = everyone.group_by("month").agg(
        pl.len().alias("cells"), pl.col("priority").min(), worst=pl.col("priority").max()
    )
    whole = months.filter(pl.col("cells") == count, pl.col("priority") == pl.col("worst"), pl.col("month") >= founded)
    return dict(whole.select("month", "priority").iter_rows())


def cover(names: Names, flow: str, releases: Release) -> FlowCoverage:
    """What the releases cover of the named products in the window of months, for one direction of trade."""
    of_flow = releases.filter(pl.col("flow").is_null() | (pl.col("flow") == flow))
    all_levels, known = _scope(names, of_flow)
    monthly = with_scope(of_flow.filter("by_month"))
    finest = all_levels
    if of_national_lists(monthly).height < monthly.height:
        finest, _ = _scope(names, of_national_lists(of_flow))
    return FlowCoverage(all_levels, finest, known, names)


def _scope(names: Names, releases: pl.DataFrame) -> tuple[Scope, pl.DataFrame]:
    codes = pl.Series([code for code in names.products if not code.startswith(BASKET)], dtype=pl.String)
    covered = covered_codes(releases, codes, names.first, names.first + names.months - 1)
    known = names.numbered(covered.select("product", "month").unique())
    # A family without a series only counts towards the coverage of a product.
    of_families = names.numbered(covered.filter(pl.col("family").is_in(names.families)))
    everyone = of_families.filter("everyone").group_by(CELL).agg(pl.col("priority").min(), pl.col("groups").any())
    listed = (
        of_families.filter(~pl.col("everyone")).with_columns(partner=pl.col("lists").str.split(",")).explode("partner")
    )
    listed = names.numbered(listed.filter(pl.col("partner").is_in(names.partners)).drop("everyone", "groups", "lists"))
    members = names.baskets.rename({"part": "product"})
    months = pl.DataFrame({"month": range(names.first, names.first + names.months)}, schema={"month": pl.Int32})
    by_month = members.join(months, how="cross").filter(pl.col("month").is_between("begin", "end")).drop("begin", "end")
    known = pl.concat([known, _of_baskets(known, by_month, []).select(known.columns)])
    whole = _of_baskets(everyone, by_month, ["family"]).select(everyone.columns)
    if listed.height:
        listed = listed.group_by(PLACE_OF_FAMILY).agg(pl.col("priority").min())
        # One code of a basket may be covered for every partner and another one by a list.
        partners = listed.select("product", "partner", "family").unique()
        codes_of = members.select("basket", "product").unique()
        of_members = (
            partners.join(codes_of, on="product")
            .select("basket", "partner", "family")
            .unique()
            .join(codes_of, on="basket")
        )
        wanted = pl.concat([partners, of_members.select(partners.columns)]).unique()
        open_to_all = wanted.join(everyone, on=["product", "family"]).filter(
            names.founded <= pl.col("month"), ~names.is_group | pl.col("groups")
        )
        listed = (
            pl.concat([listed, open_to_all.select(listed.columns)])
            .group_by(PLACE_OF_FAMILY)
            .agg(pl.col("priority").min())
        )
        baskets = _of_baskets(listed, by_month, ["partner", "family"]).select(listed.columns)
        listed = pl.concat([listed, baskets])
    return Scope.of(pl.concat([everyone, whole]), listed, names), known


def _of_baskets(covered: pl.DataFrame, members: pl.DataFrame, others: list[str]) -> pl.DataFrame:
    """The rows of baskets for which every code has a row in `covered`, with the worst of their priorities."""
    needed = members.group_by("basket", "month").agg(needed=pl.len())
    worst = [pl.col("priority").max()] if "priority" in covered.columns else []
    worst += [pl.col("groups").all()] if "groups" in covered.columns else []
    covered_codes = (
        members.join(covered, on=["product", "month"]).group_by("basket", *others, "month").agg(*worst, there=pl.len())
    )
    whole = covered_codes.join(needed, on=["basket", "month"]).filter(pl.col("there") == pl.col("needed"))
    return whole.rename({"basket": "product"})
