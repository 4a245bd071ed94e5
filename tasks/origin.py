"""Where a number of a series comes from: the rows of the ledger that make it. The records that say them are in `records`.

Exact and slow on purpose: one place at a time, plain Python over a few rows, an opinion of its own beside the vectorised
code of `series`. What a scope covers is asked of `scope`, which has an oracle of its own in the tests.
"""

import functools
from dataclasses import astuple, dataclass, replace
from fractions import Fraction
from typing import Any

import polars as pl

from schemas.code_tables import code_table, valid_in
from schemas.observation import KINDS, Observation
from schemas.release import Release
from tasks.ledger import last_word
from tasks.periods import month_name
from tasks.records import Records, Row
from tasks.scope import BASKET, TOTALS, WORLD, covering, of_finest_level, part_of
from tasks.snapshot import Snapshot
from tasks.tables import read_table

FINEST = "HS8"
KILOGRAMS = {
    row["unit"]: Fraction(row["kg_per_unit"]) for row in code_table("units").iter_rows(named=True) if row["kg_per_unit"]
}


@dataclass(frozen=True)
class Place:
    """One month of one series."""

    flow: str
    product: str
    partner: str
    measure: str
    month: int

    def at(self, **other: Any) -> "Place":
        """The same with something changed."""
        return replace(self, **other)


@dataclass(frozen=True)
class Amount:
    """An exact number, the kinds of release in it (also the one that says nothing and so means zero), and its ledger rows."""

    exact: Fraction
    kinds: frozenset[str]
    rows: tuple[Row, ...]

    @property
    def standing(self) -> int:
        """The place of the worst kind in it, 0 is the best."""
        return max(map(KINDS.index, self.kinds))

    def with_other(self, other: "Amount", sign: int) -> "Amount":
        """The sum with another amount, or the difference."""
        return Amount(self.exact + sign * other.exact, self.kinds | other.kinds, self.rows + other.rows)


class Origins:
    """The last word of one flow of a snapshot, by number; of one product, where one is named, and of what is part of it."""

    def __init__(self, snapshot: Snapshot, flow: str, product: str | None = None) -> None:
        self.flow = flow
        self.releases = read_table(snapshot, Release)
        where = None if product is None else part_of(product)
        self.observation = last_word(read_table(snapshot, Observation, lambda partition: partition[0] == flow, where))
        self.records = Records(snapshot, flow, self.releases, where)
        self._told: dict[tuple[str, int], dict[tuple[str, str, str], Amount]] = {}
        self._speaks: dict[Place, int | None] = {}
        self._whole: dict[Place, bool] = {}

    def level(self, place: Place, made: str) -> Amount | None:
        """The level, by the rule that `made` (a level_status) names; None where that rule gives none."""
        if made == "reported":
            return self._printed_level(place)
        if made == "sum":
            return self._sum(place)
        standing = self._standing(place) if made == "zero" else None
        return None if standing is None else Amount(Fraction(0), frozenset({KINDS[standing]}), ())

    def printed_ytd(self, place: Place) -> Amount | None:
        """The year to date as a source prints it; January alone is a month."""
        return self._best(place, place.month - place.month % 12) if place.month % 12 else None

    def chain(self, place: Place, levels: dict[int, Amount]) -> dict[int, Amount]:
        """The year to date of every month of the year for which it can be known, with the rows that it follows from.

        A printed total stands, unless all months up to it are known from better kinds of release. From January on, a total is
        the one before it plus the month. Where that chain breaks, totals are reckoned backwards from a later printed one, if
        they are not less than a total before them. `levels` are the months that are known by themselves.
        """
        january = place.month - place.month % 12
        year = range(january, january + 12)
        printed = {month: total for month in year if (total := self.printed_ytd(place.at(month=month)))}
        for month in [*printed]:
            so_far = [levels[earlier] for earlier in range(january, month + 1) if earlier in levels]
            if len(so_far) == month - january + 1 and max(part.standing for part in so_far) < printed[month].standing:
                del printed[month]
        ahead: dict[int, Amount] = {}
        for month in year:
            if month in printed:
                ahead[month] = printed[month]
            elif month in levels and (month == january or month - 1 in ahead):
                ahead[month] = ahead[month - 1].with_other(levels[month], 1) if month > january else levels[month]
        behind: dict[int, Amount] = {}
        for month in reversed(year):
            if month in printed:
                behind[month] = printed[month]
            elif month + 1 in behind and month + 1 in levels:
                behind[month] = behind[month + 1].with_other(levels[month + 1], -1)
        totals: dict[int, Amount] = {}
        floor = Fraction(0)
        for month in year:
            if month in ahead:
                totals[month] = ahead[month]
                floor = max(floor, ahead[month].exact)
            elif month in behind and behind[month].exact >= floor:
                totals[month] = behind[month]
        return totals

    def printed_growth(self, place: Place, *, cumulative: bool) -> Amount | None:
        """A growth that a source prints, in basis points."""
        first = place.month - place.month % 12 if cumulative else place.month
        return self._best(place.at(measure=f"{place.measure}_yoy"), first)

    def covers(self, place: Place) -> bool:
        """Whether some release speaks about the place, with or without a row."""
        return self._standing(place) is not None

    def _standing(self, place: Place) -> int | None:
        """The place of the best kind of release that speaks about the place, None where none does."""
        self._ask([place])
        return self._speaks[place]

    def _ask(self, places: list[Place]) -> None:
        """Find out together who speaks about these places."""
        new = [place for place in places if place not in self._speaks]
        if new:
            keys = _keys(new)
            found = covering(keys, self.releases).select(*keys.columns, "standing")
            self._speaks |= dict.fromkeys(new) | {Place(*row[:-1]): row[-1] for row in found.iter_rows()}

    def _printed_level(self, place: Place) -> Amount | None:
        """What is printed for the place itself, or for the only code of its basket."""
        told = self._numbers(place)
        own = told.get((place.product, place.partner, place.measure))
        codes = _codes_of_basket(place)
        return told.get((codes[0], place.partner, place.measure)) if own is None and len(codes) == 1 else own

    def _sum(self, place: Place) -> Amount | None:
        """The sum over the partners of a total where each was asked for, else over the codes of a level or basket."""
        told = self._numbers(place)
        if place.partner in TOTALS and self.covers(place):
            members = _members_of(place)
            partners = sorted({
                partner for _, partner, _ in told if partner not in TOTALS and (members is None or partner in members)
            })  # fmt: skip
            total = _added([self._of_partner(place.at(partner=partner)) for partner in partners])
            if total is not None:
                return total
        codes = sorted({product for product, _, _ in told} - {place.product})
        return _added([self._of_code(place.at(product=code)) for code in codes])

    def _of_code(self, place: Place) -> Amount | None:
        own = self._printed_level(place)
        return self._sum(place) if own is None and place.partner in TOTALS else own

    def _of_partner(self, place: Place) -> Amount | None:
        own = self._printed_level(place)
        return self._sum(place) if own is None and self._adds_up(place) else own

    def _adds_up(self, place: Place) -> bool:
        """Whether the codes below are all there is: of a basket each is told or spoken of, else somebody asked for all."""
        told = {product for product, partner, _ in self._numbers(place) if partner == place.partner}
        if not told - {place.product}:
            return False
        if place.product.startswith(BASKET):
            return all(code in told or self.covers(place.at(product=code)) for code in _codes_of_basket(place))
        if place not in self._whole:
            self._whole[place] = covering(_keys([place]), of_finest_level(self.releases)).height > 0
        return self._whole[place]

    def _numbers(self, place: Place) -> dict[tuple[str, str, str], Amount]:
        """The numbers of the place's month, of its product and of the codes below it, by product, partner and measure.

        Of each number the word of the best kind, unless a better kind speaks of it and has none.
        """
        if (place.product, place.month) not in self._told:
            start, end = _days(place.month, place.month)
            own = pl.col("product") == place.product
            rows = self.observation.filter(
                (pl.col("period_start") == start) & (pl.col("period_end") == end) & (own | _is_below(place))
            )
            found: dict[tuple[str, str, str], Row] = {}
            for row in sorted(rows.iter_rows(named=True), key=_rank):
                if not row["measure"].endswith("_yoy"):
                    found.setdefault((row["product"], row["partner"], _measure_in_kg(row)), row)
            best = min(map(KINDS.index, self.releases.filter(pl.col("partners") != "keys")["kind"]), default=len(KINDS))
            lesser = [
                Place(self.flow, *key, place.month) for key, row in found.items() if KINDS.index(row["kind"]) > best
            ]
            self._ask(lesser)
            self._told[place.product, place.month] = {
                key: _amount(row) for key, row in found.items()
                if (better := self._speaks.get(Place(self.flow, *key, place.month))) is None or better >= KINDS.index(row["kind"])
            }  # fmt: skip
        return self._told[place.product, place.month]

    def _best(self, place: Place, first: int) -> Amount | None:
        """The best kind's number for the months from `first` to that of the place."""
        codes = _codes_of_basket(place)
        products = [place.product, *(codes if len(codes) == 1 else ())]
        start, end = _days(first, place.month)
        rows = self.observation.filter(
            (pl.col("period_start") == start) & (pl.col("period_end") == end)
            & pl.col("product").is_in(products) & (pl.col("partner") == place.partner)
        )  # fmt: skip
        found = [row for row in rows.iter_rows(named=True) if _measure_in_kg(row) == place.measure]
        return _amount(min(found, key=_rank)) if found else None


def _keys(places: list[Place]) -> pl.DataFrame:
    kinds = dict.fromkeys(("flow", "product", "partner", "measure"), pl.String) | {"month": pl.Int32}
    return pl.DataFrame([astuple(place) for place in places], orient="row", schema=kinds)


def _days(first: int, last: int) -> tuple[pl.Expr, pl.Expr]:
    return pl.date(first // 12, first % 12 + 1, 1), pl.date(last // 12, last % 12 + 1, 1).dt.month_end()


def _rank(row: Row) -> tuple[Any, ...]:
    return KINDS.index(row["kind"]), row["source"], row["reporter"], row["resolution"], row["unit"]


def _measure_in_kg(row: Row) -> str:
    """A mass in kilograms may be kept in another unit of mass in the ledger."""
    return "quantity_kg" if row["unit"] in KILOGRAMS else str(row["measure"])


def _amount(row: Row) -> Amount:
    return Amount(row["value"] * KILOGRAMS.get(row["unit"], Fraction(1)), frozenset({row["kind"]}), (row,))


def _added(parts: list[Amount | None]) -> Amount | None:
    whole = [part for part in parts if part is not None]
    if not whole:
        return None
    rows = tuple(row for part in whole for row in part.rows)
    kinds = frozenset[str]().union(*(part.kinds for part in whole))
    return Amount(sum((part.exact for part in whole), Fraction(0)), kinds, rows)


@functools.cache
def _codes_of_basket(place: Place) -> list[str]:
    baskets = code_table("baskets").filter(
        (BASKET + pl.col("basket") == place.product) & valid_in(pl.lit(month_name(place.month)))
    )
    return baskets["hs8"].to_list()


def _members_of(place: Place) -> set[str] | None:
    """The partners of a group in that month, None for the world, of which everybody is a part."""
    if place.partner == WORLD:
        return None
    groups = code_table("partner_groups").filter(
        (pl.col("group") == place.partner) & valid_in(pl.lit(month_name(place.month)))
    )
    return set(groups["partner"])


def _is_below(place: Place) -> pl.Expr:
    """Whether a row's code is a part of the place's product."""
    if place.product.startswith(BASKET):
        return pl.col("product").is_in(_codes_of_basket(place))
    is_part = pl.col("product").str.starts_with(place.product) & (pl.col("product") != place.product)
    return is_part & (pl.col("classification") == FINEST)
