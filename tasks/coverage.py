"""Which months of a cube the releases speak about: inside that a missing number means no trade.

The rules are those of `scope`; here they stand as arrays over desks (place and measure family) and months, because a cube
asks for millions of keys at once. A basket is covered where each of its codes is, a group of partners where every partner
was asked for and the group has members.
"""

from dataclasses import dataclass

import numpy
import polars as pl
from pandera.typing.polars import DataFrame

from schemas.code_tables import code_table
from schemas.release import Release
from tasks.cube import NOBODY, Cube, months_valid
from tasks.keys import Array
from tasks.scope import GROUPS, basket_members, covered_codes, of_finest_level, speaking


@dataclass
class Coverage:
    """What releases speak of, month by month.

    - `standing`, by desk: the standing of the best kind of release that speaks of it, NOBODY where none does.
    - `below`, by desk: the same of the releases of HS8 codes alone.
    - `everyone`, by flow, product and family: whether every partner was asked for.
    - `known`, by flow and product: whether anything is known at all.
    - `baskets`: basket, code and the months in which the code belongs to it.
    """

    standing: Array
    below: Array
    everyone: Array
    known: Array
    baskets: list[tuple[int, int, Array]]

    def of_months(self, columns: Array) -> "Coverage":
        """The same of some columns."""
        return Coverage(
            self.standing[:, columns], self.below[:, columns], self.everyone[..., columns], self.known[..., columns],
            [(basket, code, valid[columns]) for basket, code, valid in self.baskets],
        )  # fmt: skip


def cover(cube: Cube, releases: DataFrame[Release]) -> Coverage:
    """What the releases that speak by month cover of a cube."""
    number = {name: place for place, name in enumerate(cube.products)}
    members = [
        (number[row["product"]], number[row["part"]],
         months_valid([(row["valid_from"], row["valid_to"])], cube.first, cube.months)[0])
        for row in basket_members().iter_rows(named=True)
        if row["product"] in number and row["part"] in number
    ]  # fmt: skip
    standing, everyone, known = _of_releases(cube, releases, members)
    monthly = speaking(releases.filter(pl.col("by_month")))
    finest = of_finest_level(monthly)
    below = standing
    if finest.height < monthly.height:
        below, _, _ = _of_releases(cube, DataFrame[Release](of_finest_level(releases)), members)
    return Coverage(standing, below, everyone, known, members)


def _of_releases(
    cube: Cube, releases: DataFrame[Release], members: list[tuple[int, int, Array]]
) -> tuple[Array, Array, Array]:
    codes = pl.Series([name for name, kind in zip(cube.products, cube.classification, strict=True) if kind != "basket"],
                      dtype=pl.String)  # fmt: skip
    covered = covered_codes(releases, codes, cube.first, cube.first + cube.months - 1)
    covered = covered.filter(pl.col("flow").is_in(cube.flows))
    # A family that no series has counts for what is known of a product, and for nothing else.
    families = [*cube.families, *sorted(set(covered["family"].unique()) - set(cube.families))]
    flow, product, family = (
        covered[name].cast(pl.Enum(labels)).to_physical().to_numpy().astype(numpy.int64)
        for name, labels in (("flow", cube.flows), ("product", cube.products), ("family", families))
    )
    month, whole = covered["month"].to_numpy() - cube.first, covered["everyone"].to_numpy()
    shape = (len(cube.flows), len(cube.products), len(families), cube.months)
    place = covered["standing"].to_numpy().astype(numpy.uint8)
    # By one number for each cell, which is many times as quick as by four.
    cell = numpy.ravel_multi_index((flow, product, family, month), shape)
    cells, known = numpy.full(shape, NOBODY, numpy.uint8), numpy.zeros(shape, bool)
    numpy.minimum.at(cells.reshape(-1), cell[whole], place[whole])
    known.reshape(-1)[cell] = True
    desk_place, desk_family = cube.desk_key // len(cube.families), cube.desk_key % len(cube.families)
    flow, product, partner = cube.space.names_of_place(desk_place)
    standing = cells[flow, product, desk_family]
    _without_groups_to_come(cube, standing, partner)
    _add_listed(cube, standing, covered.filter(~pl.col("everyone") & pl.col("family").is_in(cube.families)))
    everyone = cells != NOBODY
    for basket in {basket for basket, _, _ in members}:
        codes_of = [(code, valid) for own, code, valid in members if own == basket]
        has_members = numpy.any([valid for _, valid in codes_of], axis=0)
        for each in (everyone, known):
            each[:, basket] = numpy.all([each[:, code] | ~valid for code, valid in codes_of], axis=0) & has_members
        _cover_basket(cube, basket, codes_of, has_members, standing)
    return standing, everyone[:, :, : len(cube.families)], numpy.asarray(known.any(axis=2))


def _without_groups_to_come(cube: Cube, standing: Array, partner: Array) -> None:
    """A group is not covered by everyone before it had members."""
    groups = code_table("partner_groups")
    for name in GROUPS:
        founded = groups.filter(pl.col("group") == name)["valid_from"].min()
        before = ~months_valid([(str(founded or ""), "")], cube.first, cube.months)[0]
        if before.any():
            rows = numpy.flatnonzero(partner == cube.partners.index(name))
            standing[numpy.ix_(rows, numpy.flatnonzero(before))] = NOBODY


def _add_listed(cube: Cube, standing: Array, listed: pl.DataFrame) -> None:
    """Releases that were asked for some partners speak of those."""
    if not listed.height:
        return
    partners = listed.select("lists").unique().with_columns(partner=pl.col("lists").str.split(",")).explode("partner")
    rows = listed.join(partners.filter(pl.col("partner").is_in(cube.partners)), on="lists")
    coded = [
        rows[name].cast(pl.Enum(labels)).to_physical().to_numpy().astype(numpy.int64)
        for name, labels in (("flow", cube.flows), ("product", cube.products), ("partner", cube.partners), ("family", cube.families))
    ]  # fmt: skip
    desk = cube.find_desk(*coded)
    there = desk >= 0
    place = (desk[there], rows["month"].to_numpy()[there] - cube.first)
    numpy.minimum.at(standing, place, rows["standing"].to_numpy().astype(numpy.uint8)[there])


def _cover_basket(
    cube: Cube, basket: int, members: list[tuple[int, Array]], has_members: Array, standing: Array
) -> None:
    """The desks of a basket are covered as the worst of those of its codes of each month."""
    place, family = cube.desk_key // len(cube.families), cube.desk_key % len(cube.families)
    mine = numpy.flatnonzero(cube.space.product_of(place) == basket)
    flow, _, partner = cube.space.names_of_place(place[mine])
    worst = numpy.zeros((len(mine), cube.months), numpy.uint8)
    for code, valid in members:
        desks = cube.find_desk(flow, numpy.full(len(mine), code), partner, family[mine])
        own = numpy.where(desks[:, None] >= 0, standing[desks], NOBODY)
        worst = numpy.maximum(worst, numpy.where(valid, own, 0))
    standing[mine] = numpy.where(has_members, worst, NOBODY)
