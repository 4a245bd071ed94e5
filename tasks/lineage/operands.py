"""Finds the ledger rows behind a number of a series. Their records are in `raw_records`.

Exact and slow on purpose: one point at a time, plain Python over a few rows, independent of the vectorised code of
`metrics`. Coverage comes from `domain.coverage`, which the tests check in another way.
"""

import copy
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import polars as pl

from schemas.names import KINDS, NATIONAL
from schemas.reference.code_tables import code_table, valid_in
from tasks.domain.classification import BASKET, is_heading, part_of
from tasks.domain.coverage import EVERYTHING, TOTALS, WORLD, covering, of_national_lists, years_as_months
from tasks.domain.decisions import counting
from tasks.domain.nomenclature import ANY_LIST, CHINAS, national_lists
from tasks.domain.periods import Month, first_day, month_end, month_name
from tasks.domain.release_ids import in_turns
from tasks.domain.year_chain import chain_of_year
from tasks.ledger.merge import current_statements
from tasks.lineage.point import Decided, Point, keys_of
from tasks.lineage.raw_records import RawRecords, Row
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import read_table

KILOGRAMS = {
    row["unit"]: Fraction(row["kg_per_unit"]) for row in code_table("units").iter_rows(named=True) if row["kg_per_unit"]
}


@dataclass(frozen=True)
class Amount:
    """An exact number, its kinds of release (also one without a number, which means zero), and its ledger rows."""

    exact: Fraction
    kinds: frozenset[str]
    rows: tuple[Row, ...]

    @property
    def priority(self) -> int:
        """The priority of the worst of its kinds, 0 is the best."""
        return max(map(KINDS.index, self.kinds))

    def with_other(self, other: "Amount", sign: int) -> "Amount":
        """The sum with another amount, or the difference."""
        return Amount(self.exact + sign * other.exact, self.kinds | other.kinds, self.rows + other.rows)


class Origins:
    """The current statements of one flow of a snapshot; of one product and its parts, where one is named."""

    _is_cumulative = False

    def __init__(self, snapshot: Snapshot, flow: str, product: str | None = None) -> None:
        self.flow = flow
        releases, decisions = read_table(snapshot, "release"), read_table(snapshot, "decision")
        self.releases = counting(releases, decisions)
        where = None if product is None else part_of(product)
        history = read_table(snapshot, "observation", lambda partition: partition[0] == flow, where)
        self.observation = current_statements(history)
        self.decided = Decided(releases, decisions, history)
        self.records = RawRecords(snapshot, flow, self.releases, where)
        self._reported: dict[tuple[str, int], dict[tuple[str, str, str], Amount]] = {}
        self._printed: dict[tuple[str, int], dict[str, set[str]]] = {}
        self._priorities: dict[Point, int | None] = {}
        self._whole: dict[Point, bool] = {}
        self._levels: dict[tuple[Point, str], Amount | None] = {}

    @functools.cached_property
    def _national(self) -> str:
        """The national list of the codes of the store."""
        return next(iter(national_lists(self.releases)), CHINAS)

    @functools.cached_property
    def _years(self) -> "Origins":
        """The same for figures from January to a month, which releases gave as one."""
        years = copy.copy(self)
        years.releases, years._is_cumulative = years_as_months(self.releases), True
        years._reported, years._printed, years._priorities, years._whole, years._levels = {}, {}, {}, {}, {}
        return years

    def level(self, point: Point, rule: str) -> Amount | None:
        """The level, by the rule of `rule` (a level_status); None where that rule gives none."""
        if (point, rule) not in self._levels:
            self._levels[point, rule] = self._level(point, rule)
        return self._levels[point, rule]

    def _level(self, point: Point, rule: str) -> Amount | None:
        if rule == "reported":
            return self._printed_level(point)
        if rule == "sum":
            return self._sum(point)
        priority = self._priority(point) if rule == "zero" else None
        return None if priority is None else Amount(Fraction(0), frozenset({KINDS[priority]}), ())

    def printed_ytd(self, point: Point) -> Amount | None:
        """The printed year to date, unless a later release has its months; January alone is a month."""
        printed = self._best(point, Month(point.month).january) if not Month(point.month).is_january else None
        return None if printed is None or self._is_superseded(point, printed) else printed

    def year_sum(self, point: Point) -> Amount | None:
        """The sum of the years to date that came as one figure, by the rule of `sum`."""
        return self._years._sum(point)

    def _is_superseded(self, point: Point, printed: Amount) -> bool:
        """Whether a later release of the same or a better kind covers each month of a printed year to date.

        A corrected edition counts with the day of the release that it corrects.
        """
        january = Month(point.month).january
        row, start, end = printed.rows[0], first_day(january), month_end(first_day(point.month))
        as_printed = point.at(product=row["product"], measure=row["measure"])
        is_whole = ~pl.col("by_month") & (pl.col("first_month") == start) & (pl.col("last_month").dt.month_end() == end)
        turns = in_turns(self.releases)
        again = turns.filter(is_whole, kind=row["kind"]).with_columns(first_month="last_month", by_month=True)
        first = min(row["known_from"], turns.filter(release_id=row["release_id"])["first_day"][0])
        stated_on = max([first, *(one["first_day"][0] for one in _each(again) if _covers_all(one, [as_printed]))])
        better = pl.col("kind").is_in(KINDS[: KINDS.index(row["kind"]) + 1])
        later = turns.filter("by_month", better, pl.col("first_day") > stated_on, pl.col("first_month") <= start)
        year = [as_printed.at(month=month) for month in range(january, point.month + 1)]
        return any(_covers_all(one, year) for one in _each(later))

    def chain(self, point: Point, levels: dict[int, Amount], year_sums: dict[int, Amount]) -> dict[int, Amount]:
        """The year to date of every month of the year for which it is known, with the rows behind it.

        A printed total wins, unless all months up to it are known from better kinds of release. `levels` are the months
        known by themselves, `year_sums` the totals that are sums of partners or codes, which count as printed.
        """
        january = Month(point.month).january
        year = range(january, january + 12)
        printed = self._printed_years(point, year, levels) | year_sums
        return chain_of_year(year, printed, levels, Amount.with_other, lambda amount: amount.exact)

    def _printed_years(self, point: Point, year: range, levels: dict[int, Amount]) -> dict[int, Amount]:
        """Printed years to date but for those whose months are all known from better kinds of release."""
        printed = {month: total for month in year if (total := self.printed_ytd(point.at(month=month)))}
        for month in [*printed]:
            so_far = [levels[earlier] for earlier in range(year.start, month + 1) if earlier in levels]
            is_whole = len(so_far) == month - year.start + 1
            if is_whole and max(part.priority for part in so_far) < printed[month].priority:
                del printed[month]
        return printed

    def printed_growth(self, point: Point, *, cumulative: bool) -> Amount | None:
        """A printed growth, in basis points."""
        first = Month(point.month).january if cumulative else point.month
        return self._best(point.at(measure=f"{point.measure}_yoy"), first)

    def covers(self, point: Point) -> bool:
        """Whether some release covers the point, with or without a row."""
        return self._priority(point) is not None

    def _priority(self, point: Point) -> int | None:
        """The priority of the best kind of release that covers the point, None where none does."""
        self.look_up([point])
        return self._priorities[point]

    def look_up(self, points: list[Point]) -> None:
        """Look up the coverage of these points together: one by one, each costs as much as all of them."""
        new = [point for point in points if point not in self._priorities]
        if new:
            keys = keys_of(new)
            covered = covering(keys, self.releases).select(*keys.columns, "priority")
            self._priorities |= dict.fromkeys(new) | {Point(*row[:-1]): row[-1] for row in covered.iter_rows()}

    def _printed_level(self, point: Point) -> Amount | None:
        """The printed number of the point itself, or of the only code of its basket."""
        printed = self._numbers(point)
        of_point = printed.get((point.product, point.partner, point.measure))
        codes = self._codes_of(point)
        return (
            printed.get((codes[0], point.partner, point.measure)) if of_point is None and len(codes) == 1 else of_point
        )

    def _sum(self, point: Point) -> Amount | None:
        """The sum over the partners of a total where each was requested, else over the codes of a level or basket."""
        printed = self._numbers(point)
        # Who is covered as every partner there is covers one that no list names, too.
        if point.partner in TOTALS and self.covers(point.at(partner=EVERYTHING)):
            members = _members_of(point)
            partners = sorted(
                {
                    partner
                    for _, partner, _ in printed
                    if partner not in TOTALS and (members is None or partner in members)
                }
            )
            places = [point.at(partner=partner) for partner in partners]
            self.look_up_whole(places)
            total = _added([self._of_partner(place) for place in places])
            if total is not None:
                return total
        codes = sorted(set[str]().union(*self._products(point).values()) - {point.product})
        if point.product.startswith(BASKET):
            # Of a heading in the basket the codes below it are no parts of their own.
            codes = [code for code in self._codes_of(point) if any(one.startswith(code) for one in codes)]
        return _added([self._of_code(point.at(product=code)) for code in codes])

    def _of_code(self, point: Point) -> Amount | None:
        as_printed = self._printed_level(point)
        adds_up = point.partner in TOTALS or (is_heading(point.product) and self._adds_up(point))
        return self._sum(point) if as_printed is None and adds_up else as_printed

    def _of_partner(self, point: Point) -> Amount | None:
        as_printed = self._printed_level(point)
        return self._sum(point) if as_printed is None and self._adds_up(point) else as_printed

    def _adds_up(self, point: Point) -> bool:
        """Whether the codes below are complete: in a basket each has a number or is covered; else all are covered."""
        printed = self._products(point).get(point.partner, set())
        if not printed - {point.product}:
            return False
        if point.product.startswith(BASKET):
            return all(code in printed or self.covers(point.at(product=code)) for code in self._codes_of(point))
        self.look_up_whole([point])
        return self._whole[point]

    def look_up_whole(self, points: list[Point]) -> None:
        """Look up together whether every national code below these points is covered."""
        new = [point for point in points if point not in self._whole]
        if new:
            keys = keys_of(new)
            covered = covering(keys, of_national_lists(self.releases)).select(keys.columns)
            self._whole |= dict.fromkeys(new, False) | {Point(*row): True for row in covered.iter_rows()}

    def _products(self, point: Point) -> dict[str, set[str]]:
        """The codes of `_numbers`, by partner."""
        if (point.product, point.month) not in self._printed:
            by_partner: dict[str, set[str]] = {}
            for product, partner, _ in self._numbers(point):
                by_partner.setdefault(partner, set()).add(product)
            self._printed[point.product, point.month] = by_partner
        return self._printed[point.product, point.month]

    def _numbers(self, point: Point) -> dict[tuple[str, str, str], Amount]:
        """The numbers of the point's month, of its product and of the codes below it, by product, partner and measure.

        Each number is of the best kind, unless a better kind covers it without a number.
        """
        if (point.product, point.month) not in self._reported:
            is_of_product = pl.col("product") == point.product
            first = Month(point.month).january if self._is_cumulative else point.month
            rows = self.observation.filter(_is_of(first, point.month), is_of_product | self._is_below(point))
            rows_by_key: dict[tuple[str, str, str], Row] = {}
            for row in sorted(rows.iter_rows(named=True), key=_rank):
                if not row["measure"].endswith("_yoy"):
                    rows_by_key.setdefault((row["product"], row["partner"], _measure_in_kg(row)), row)
            best = min(map(KINDS.index, self.releases.filter(pl.col("partners") != "keys")["kind"]), default=len(KINDS))
            lesser = [
                Point(self.flow, *key, point.month)
                for key, row in rows_by_key.items()
                if KINDS.index(row["kind"]) > best
            ]
            self.look_up(lesser)
            self._reported[point.product, point.month] = {
                key: _amount(row)
                for key, row in rows_by_key.items()
                if (better := self._priorities.get(Point(self.flow, *key, point.month))) is None
                or better >= KINDS.index(row["kind"])
            }
        return self._reported[point.product, point.month]

    def _codes_of(self, point: Point) -> list[str]:
        """The codes of a basket in a month, in stores of this national list; none for another product."""
        return _codes_in(point.product, point.month, self._national) if point.product.startswith(BASKET) else []

    def _is_below(self, point: Point) -> pl.Expr:
        """Whether a row's code is a part of the point's product."""
        code, is_national = pl.col("product"), pl.col("classification").is_in([*NATIONAL])
        if point.product.startswith(BASKET):
            codes = self._codes_of(point)
            below = [code.str.starts_with(one) & is_national for one in codes if is_heading(one)]
            return pl.any_horizontal(code.is_in(codes), *below)
        return code.str.starts_with(point.product) & (code != point.product) & is_national

    def _best(self, point: Point, first: int) -> Amount | None:
        """The best kind's number for the months from `first` to that of the point."""
        codes = self._codes_of(point)
        products = [point.product, *(codes if len(codes) == 1 else ())]
        rows = self.observation.filter(
            _is_of(first, point.month), pl.col("product").is_in(products), pl.col("partner") == point.partner
        )
        candidates = [row for row in rows.iter_rows(named=True) if _measure_in_kg(row) == point.measure]
        return _amount(min(candidates, key=_rank)) if candidates else None


def _each(releases: pl.DataFrame) -> Iterator[pl.DataFrame]:
    return (releases[place] for place in range(releases.height))


def _covers_all(release: pl.DataFrame, points: list[Point]) -> bool:
    """Whether one release covers all the points."""
    return covering(keys_of(points), release).height == len(points)


def _is_of(first: int, last: int) -> pl.Expr:
    """Whether a row is of exactly these months."""
    return (pl.col("period_start") == first_day(first)) & (pl.col("period_end") == month_end(first_day(last)))


def _rank(row: Row) -> tuple[Any, ...]:
    return KINDS.index(row["kind"]), row["source"], row["reporter"], row["resolution"], row["unit"]


def _measure_in_kg(row: Row) -> str:
    """The measure of a mass in kilograms, which the ledger may keep in another unit of mass."""
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
def _codes_in(basket: str, month: int, national: str) -> list[str]:
    is_here = pl.col("nomenclature").is_in([*ANY_LIST, national]) & valid_in(pl.lit(month_name(month)))
    return code_table("baskets").filter(BASKET + pl.col("basket") == basket, is_here)["hs8"].to_list()


def _members_of(point: Point) -> set[str] | None:
    """The partners of a group in that month, None for the world, which contains all."""
    if point.partner == WORLD:
        return None
    groups = code_table("partner_groups").filter(
        (pl.col("group") == point.partner) & valid_in(pl.lit(month_name(point.month)))
    )
    return set(groups["partner"])
