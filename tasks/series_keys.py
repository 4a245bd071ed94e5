"""Series as whole numbers: which there can be, and the key of each, which is in the order of its names.

Belongs here: how the numbers of four names become one key and are taken out of it again, and which keys a cube needs besides
those that have numbers: the sums that could be made of them. Does not belong here: what the numbers are (`cube`), whether a sum
may be made (`coverage`, `sums`).
"""

from typing import Any, NamedTuple

import numba
import numpy
import polars as pl

from tasks.keys import Array, distinct
from tasks.scope import HS_LEVELS, TOTALS, WORLD, basket_members, kind_of_code
from tasks.settled import Far, Settled


class KeySpace(NamedTuple):
    """How many flows, products, partners and measures there are. A name is its number among those of its sort, in order."""

    flows: int
    products: int
    partners: int
    measures: int

    @property
    def places(self) -> int:
        """All places (flow, product, partner) are numbers below this."""
        return self.flows * self.products * self.partners

    @property
    def size(self) -> int:
        """All keys are numbers below this."""
        return self.places * self.measures

    def place(self, flow: Any, product: Any, partner: Any) -> Array:
        """Places by the numbers of their names."""
        return (flow * self.products + product) * self.partners + partner

    def key(self, flow: Array, product: Array, partner: Array, measure: Array) -> Array:
        """Keys of series by the numbers of their names."""
        return self.place(flow, product, partner) * self.measures + measure

    def product_of(self, place: Array) -> Array:
        """The product of places."""
        return place // self.partners % self.products

    def names_of_place(self, place: Array) -> tuple[Array, Array, Array]:
        """Flow, product and partner of places."""
        return place // self.partners // self.products, self.product_of(place), place % self.partners

    def names_of(self, key: Array) -> tuple[Array, Array, Array, Array]:
        """Flow, product, partner and measure of keys."""
        return *self.names_of_place(key // self.measures), key % self.measures


def name_products(numbers: pl.DataFrame, settled: list[str]) -> tuple[list[str], list[str]]:
    """All products that are told or can be made, in order, and what kind of code each is."""
    kinds = {name: kind_of_code(name) for name in settled}
    kinds |= dict(numbers.select("product", "classification").unique().iter_rows())
    eights = {name for name, kind in kinds.items() if kind == "HS8"}
    for name in eights:
        for level in HS_LEVELS:
            kinds.setdefault(name[:level], f"HS{level}")
    members = basket_members()
    touched = members.filter(pl.col("part").is_in(list(eights)))["product"].unique()
    for basket, code in (
        members.filter(pl.col("product").is_in(touched.to_list())).select("product", "part").iter_rows()
    ):
        kinds.setdefault(basket, "basket")
        kinds.setdefault(code, "HS8")
    products = sorted(kinds)
    return products, [kinds[name] for name in products]


def possible_keys(own: Array, space: KeySpace, wholes: list[Array], partners: list[str]) -> Array:
    """Keys of the series that have numbers and of those that could be made of them."""
    is_total = numpy.array([name in TOTALS for name in partners], bool)

    def higher(keys: Array) -> list[Array]:
        """The same series of the products that theirs is part of."""
        product = space.product_of(keys // space.measures)
        found = [(whole[product], whole[product] >= 0) for whole in wholes]
        step = space.partners * space.measures
        return [keys[here] + (above[here] - product[here]) * step for above, here in found]

    def partner_of(keys: Array) -> Array:
        return keys // space.measures % space.partners

    def of_partner(keys: Array, partner: Any) -> Array:
        return keys + (partner - partner_of(keys)) * space.measures

    size = space.size
    keys = distinct([own, *higher(own)], size)
    parts = keys[~is_total[partner_of(keys)]]
    keys = distinct([keys, *(of_partner(parts, place) for place in numpy.flatnonzero(is_total))], size)
    totals = keys[is_total[partner_of(keys)]]
    world = of_partner(keys, partners.index(WORLD))
    return distinct([keys, *higher(totals), *higher(world)], size)


def wholes_of(products: list[str], classification: list[str]) -> list[Array]:
    """Which product each product is a part of: an array for each HS level, in the order of HS_LEVELS, and one for each code of a
    basket; -1 where it is a part of none."""
    number = {name: place for place, name in enumerate(products)}
    wholes = [
        numpy.array([number.get(name[:level], -1) if kind == "HS8" else -1
                     for name, kind in zip(products, classification, strict=True)], numpy.int64)
        for level in HS_LEVELS
    ]  # fmt: skip
    for basket, code in basket_members().select("product", "part").iter_rows():
        if basket in number and code in number:
            wholes.append(numpy.full(len(products), -1, numpy.int64))
            wholes[-1][number[code]] = number[basket]
    return wholes


def desks_of_members(
    flow: Array, product: Array, partner: Array, family: Array, space: KeySpace, families: int,
    products: list[str],
) -> Array:  # fmt: skip
    """Desks of the codes of each basket that has a series: whether they are covered decides whether the basket adds up."""
    number = {name: place for place, name in enumerate(products)}
    found = [numpy.empty(0, numpy.int64)]
    for basket, code in basket_members().select("product", "part").iter_rows():
        if basket in number and code in number:
            mine = product == number[basket]
            place = space.place(flow[mine], number[code], partner[mine])
            found.append(place * families + family[mine])
    return numpy.concatenate(found)


def keys_of_settled(names_of: Settled, rows: Settled | Far, labels: dict[str, list[str]], space: KeySpace) -> Array:
    """The keys of settled rows, whose names have other numbers than those of the cube."""
    # There are millions of rows and few names: what a name adds to a key is reckoned once.
    scales = (space.products * space.partners * space.measures, space.partners * space.measures, space.measures, 1)
    adds = []
    for names, texts, scale in zip(names_of[:4], labels.values(), scales, strict=True):
        place = {text: number for number, text in enumerate(texts)}
        adds.append(numpy.array([place[name] for name in names], numpy.int64) * scale)
    return _add_up_keys(rows.flow, rows.product, rows.partner, rows.measure, *adds)


@numba.njit(nogil=True, cache=True)
def _add_up_keys(
    flow: Array, product: Array, partner: Array, measure: Array, of_flow: Array, of_product: Array, of_partner: Array,
    of_measure: Array,
) -> Array:  # fmt: skip
    keys = numpy.empty(len(flow), numpy.int64)
    for row in range(len(flow)):
        keys[row] = of_flow[flow[row]] + of_product[product[row]] + of_partner[partner[row]] + of_measure[measure[row]]
    return keys
