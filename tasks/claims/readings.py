"""Derives every reading of a figure from the ledger, each with the interval that the printed digits allow.

This is independent of the table `metric`, which holds single values: here a level comes from a printed number, from the
difference of two printed totals, from a sum of months, or from the bounds that all printed numbers of its series give
(`bounds`), and a growth from two such levels.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import polars as pl

from schemas.figures import FIGURE_OF
from schemas.names import ORIGINS
from schemas.reference.code_tables import code_table
from tasks.claims import bounds
from tasks.claims.numbers import Key, current_numbers, without_trade
from tasks.claims.statement import Spot, changes_between, describe, describe_changes, show_level, show_percent
from tasks.domain.classification import BASKET, members, part_of
from tasks.domain.comparability import Change
from tasks.domain.coverage import WORLD
from tasks.domain.decisions import counting
from tasks.domain.doubt.verdict_words import said_of
from tasks.domain.periods import Month, first_day, month_name, month_number
from tasks.domain.precision import Interval, Reading, hull, printed
from tasks.domain.reporter import Reporter
from tasks.domain.units import CONSUMPTION, DUTIABLE, DUTY
from tasks.domain.year_chain import chain_of_year
from tasks.ledger.doubts import Doubts
from tasks.ledger.merge import current_statements, was_last_on
from tasks.ledger.quotable import BACK, COLUMNS, numbers_of, verdicts_from
from tasks.metrics.derive import derive
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import read_table

PLACE = ("flow", "product", "partner", "measure", "period")
# Statuses of a year to date that is added up.
ADDED = ("sum_of_months", "sum")
USED = ("level", "level_status", "rank", "ytd", "ytd_status")


class Readings:
    """The current values of a snapshot, or those known at the end of a day, by place: of `products` for every partner
    and, unless `others` is false, of other named products for the totals.

    A figure that is wrong in its place is also searched for among the totals of other products, and these fit in memory
    in a store of any size.
    """

    def __init__(
        self, snapshot: Snapshot, products: Iterable[str], *, others: bool = True, day: date | None = None
    ) -> None:
        wanted = pl.col("product").is_in(sorted(products))
        if others:
            named = {*code_table("products")["product"], *(BASKET + code_table("baskets")["basket"])}
            is_named = pl.col("product").is_in(sorted(named)) | pl.col("product").str.starts_with("line:")
            wanted |= is_named & (pl.col("partner") == WORLD)
        releases, decisions = read_table(snapshot, "release"), read_table(snapshot, "decision")
        self.snapshot, self.reporter, self.day = snapshot, Reporter.of(releases), day
        self.doubts: Doubts | None = Doubts(snapshot) if day is None else None
        parts = pl.any_horizontal(*map(part_of, products)) if day is not None else wanted
        history = read_table(snapshot, "observation", where=parts)
        known = current_statements(history) if day is None else history.filter(was_last_on(day))
        words = known.filter(wanted)
        if day is not None:
            is_public = (pl.col("released_on") <= day) | pl.col("release_id").is_in(known["release_id"].implode())
            releases = releases.filter(is_public)
        releases = counting(releases, decisions, day or date.max)
        # The days on which something of it became known later.
        self.later = sorted(one for one in history["known_from"].unique() if day is not None and one > day)
        numbers, self.growths, silent = current_numbers(words, releases)
        # Where all statements are outranked, a row without a figure means more than no trade.
        is_silent = pl.col("product").is_in(sorted({key[1] for key in silent}))
        has_figure = pl.col("level").is_not_null() | pl.col("rank").is_not_null() | is_silent
        metric = (
            read_table(snapshot, "metric", where=wanted & has_figure, columns=(*PLACE, *USED))
            if day is None
            else derive(known, releases).filter(wanted & has_figure)
        )
        self.metric = {
            (*(row[name] for name in PLACE[:-1]), month := month_number(row["period"]), month): row
            for row in metric.iter_rows(named=True)
        }
        self.numbers = {key: number for key, number in numbers.items() if not self._is_outranked(key)}
        self.silent = without_trade(silent, (*self.numbers, *self.metric))
        self.covered = {(key[0], key[1]) for key in (*self.numbers, *self.metric)}
        self._levels: dict[tuple[Spot, bool], list[Reading]] = {}
        self._series: dict[tuple[str, ...], bounds.PrintedSeries] = {}
        self._judged: dict[tuple[str, str], dict[tuple[str, str, date, str], dict[str, Any]]] = {}

    def _is_outranked(self, key: Key) -> bool:
        """Whether a year to date is not in the table `metric`, because more trusted kinds of release have all its
        months, or all its partners.
        """
        first, last = key[4:]
        row = self.metric.get((*key[:4], last, last)) if Month(first).is_january and first < last < first + 12 else None
        return row is not None and row["ytd_status"] in ADDED

    def describe(self, spot: Spot) -> str:
        """Describe a place in words."""
        return describe(spot, self.reporter)

    def changes(self, spot: Spot, other: Spot) -> list[Change]:
        """Return the changes of definition between two periods of a series, in order."""
        return changes_between(spot, other, self.reporter)

    def canonical(self, spot: Spot) -> Spot:
        """Replace a basket of one code by that code."""
        codes = members(spot.product)
        return spot.at(product=codes[0]) if len(codes) == 1 else spot

    def level(self, spot: Spot, *, exact: bool = False) -> list[Reading]:
        """Return readings of a level or a total, of the surest tier available; `exact` leaves out what is only
        implied.
        """
        if (spot, exact) not in self._levels:
            self._levels[spot, exact] = self._level(spot) or ([] if exact else self._implied(spot))
        return self._levels[spot, exact]

    def _level(self, spot: Spot) -> list[Reading]:
        if (direct := self._printed(spot) or self._computed_level(spot)) is not None:
            return [direct]
        if not spot.is_month and self.changes(spot, spot):
            return []
        derived = [reading for reading in (self._difference(spot), self._sum(spot)) if reading is not None]
        return derived or self._covered_total(spot)

    def _covered_total(self, spot: Spot) -> list[Reading]:
        """Return a year to date that the table `metric` adds up: of partners, or of months of which one has no row
        because there was no trade.
        """
        row = self.metric.get(_key(spot.at(first=spot.last)))
        if not Month(spot.first).is_january or spot.is_month or row is None or row["ytd_status"] not in ADDED:
            return []
        return [_exactly(row["ytd"], spot, "computed", row["ytd_status"])]

    def _printed(self, spot: Spot) -> Reading | None:
        number = self.numbers.get(_key(spot))
        return None if number is None else printed(*number, show_level(number[0], spot.measure))

    def _computed_level(self, spot: Spot) -> Reading | None:
        """Return a month that is the sum of its parts, or without trade, as in the table `metric`."""
        row = self.metric.get(_key(spot))
        if row is None:
            # Where a series has only outranked numbers, `metric` has none.
            return _exactly(0, spot, "printed", "zero") if _key(spot) in self.silent else None
        is_made = row["level"] is not None and row["level_status"] in ("sum", "zero")
        return _exactly(row["level"], spot, "printed", row["level_status"]) if is_made else None

    def _difference(self, spot: Spot) -> Reading | None:
        """Return a month as the difference of two years to date, or such a total from others and the months between."""
        january = Month(spot.first).january
        if not spot.is_month and spot.first != january:
            return None
        totals = self._totals(spot.at(first=january, last=january))
        now = totals.get(spot.last)
        if now is None or spot.first == january:
            return now
        before = totals.get(spot.last - 1)
        return before and _combined(now, before, -1, spot, "a difference of totals of the year")

    def _totals(self, january: Spot) -> dict[int, Reading]:
        """Return the years to date by month: as printed, otherwise from printed ones and the months between.

        Such a month is printed, or made of its parts; if no total is printed at all, `_sum` adds the months.
        """
        first = january.first
        span = range(first, first + 12)
        totals = {month: one for month in span[1:] if (one := self._printed(january.at(last=month)))}
        if not totals:
            return {}
        places = {month: january.at(first=month, last=month) for month in span}
        months = {
            month: one
            for month, place in places.items()
            if (one := self._printed(place) or self._computed_level(place))
        }
        way = {1: "the total of the month before and", -1: "the total of the month after less"}

        def joined(total: Reading, month: Reading, sign: int) -> Reading:
            return _combined(total, month, sign, january, f"from {way[sign]} {month.words}")

        return chain_of_year(span, totals, months, joined, lambda reading: reading.point)

    def _sum(self, spot: Spot) -> Reading | None:
        """Add up months, each as first printed."""
        if spot.is_month:
            return None
        parts = [self.level(spot.at(first=month, last=month), exact=True) for month in range(spot.first, spot.last + 1)]
        if not all(parts):
            return None
        strict, loose, point = parts[0][0].strict, parts[0][0].loose, parts[0][0].point
        for part in parts[1:]:
            strict, loose, point = strict + part[0].strict, loose + part[0].loose, point + part[0].point
        is_revisable = any(part[0].strict.width > 1 for part in parts)
        words = f"{show_level(point, spot.measure)}, the sum of {len(parts)} months"
        return Reading(strict, loose, point, "computed", words, is_revisable)

    def _implied(self, spot: Spot) -> list[Reading]:
        """Return the bounds that all printed numbers of the series give for a level that nobody prints."""
        series = self._series_of(spot)
        solved = series.between((spot.first, spot.last))
        return [] if solved is None else [bounds.reading(solved, series, spot.measure)]

    def _series_of(self, spot: Spot) -> bounds.PrintedSeries:
        """Return the printed numbers of a place's series, gathered once."""
        name = _key(spot)[:4]
        if name not in self._series:
            levels, growths = (
                {key[4:]: number for key, number in numbers.items() if key[:4] == name}
                for numbers in (self.numbers, self.growths)
            )
            places = {key[4:] for key in (*self.metric, *self.silent) if key[:4] == name and key[4] == key[5]}
            computed = {
                place: self._computed_level(spot.at(first=place[0], last=place[1]))
                for place in sorted(places - {*levels})
            }
            exact = {place: one.point for place, one in computed.items() if one is not None}

            def is_comparable(one: bounds.Period, other: bounds.Period) -> bool:
                first, second = (spot.at(first=period[0], last=period[1]) for period in (one, other))
                return not self.changes(first, second)

            self._series[name] = bounds.PrintedSeries(levels, growths, exact, is_comparable)
        return self._series[name]

    def growth(self, spot: Spot, base: Spot, *, printed_too: bool = True, exact: bool = False) -> list[Reading]:
        """Return readings of a growth in per cent: as a source prints it, and from two levels with the same meaning;
        `exact` leaves out levels that are only implied.
        """
        growths = []
        changes = self.changes(spot, base)
        number = self.growths.get(_key(spot)) if base == spot.shifted(-12) else None
        if number is not None and printed_too:
            over = f" over a change of what the series means ({describe_changes(changes)})" if changes else ""
            as_printed = printed(*number, f"{show_percent(number[0])}, as a source prints it{over}")
            growths.append(self.judged(spot, base, as_printed, f"a growth that a source prints{over}"))
        if changes:
            return growths
        # A printed growth is among the sources of its implied base, and says more than what follows from that base.
        now, before = (self.level(one, exact=exact or (number is not None and printed_too)) for one in (spot, base))
        growth = growth_of(now[0], before[0]) if now and before else None
        if growth is None:
            return growths
        return [*growths, self.judged(spot, base, growth, f"{now[0].words} against {before[0].words}")]

    def judged(self, spot: Spot, base: Spot, growth: Reading, otherwise: str) -> Reading:
        """Return a growth from one period to another with what keeps it from being quoted in its words, which are
        others where it is not to be quoted as a percentage."""
        row = self._verdicts(spot.flow, spot.product).get(
            (spot.partner, spot.measure, first_day(spot.last), _figure(spot, base))
        )
        if row is None:
            return growth
        words = otherwise if row["quote"] == "no" else growth.words
        return replace(growth, words=f"{words} [{said_of(row, 'en').removesuffix('.')}]")

    def _verdicts(self, flow: str, product: str) -> dict[tuple[str, str, date, str], dict[str, Any]]:
        """The verdicts on the growths of a product that are not quoted as they are, by partner, measure, month and
        figure."""
        if self.day is not None:
            return {}
        if (flow, product) not in self._judged:
            of_product = pl.col("product") == product
            rows = read_table(self.snapshot, "metric", lambda place: place[0] == flow, of_product, COLUMNS)
            judgements = verdicts_from(rows, rows, numbers_of(self.snapshot, flow, [product]))
            self._judged[flow, product] = {
                (row["partner"], row["measure"], row["period"], row["figure"]): row
                for row in judgements.filter(pl.col("quote") != "yes").iter_rows(named=True)
            }
        return self._judged[flow, product]

    def share(self, spot: Spot, *, exact: bool = False) -> list[Reading]:
        """Return the share in the world total, in per cent."""
        part, world = (self.level(one, exact=exact) for one in (spot, spot.at(partner=WORLD)))
        return _quotients(part, world, lambda share: f"{float(share):.1f} %", "of", 100)

    def unit_value(self, spot: Spot, *, exact: bool = False) -> list[Reading]:
        """Return money per kilogram, in the currency of the place's measure."""
        value, mass = (self.level(one, exact=exact) for one in (spot, spot.at(measure="quantity_kg")))
        money = spot.measure.removeprefix("value_").upper()
        return _quotients(value, mass, lambda price: f"{float(price * 1000):,.0f} {money}/t", "for")

    def duty(self, spot: Spot, *, exact: bool = False) -> list[Reading]:
        """Return the duty assessed in per cent of imports for consumption, and of what was dutiable of them."""
        duty, *wholes = (self.level(spot.at(measure=name), exact=exact) for name in (DUTY, CONSUMPTION, DUTIABLE))
        # A printed zero may be half a dollar, and not less than nothing.
        not_less = [one.mapped(lambda ends: Interval(max(ends.low, Fraction(0)), ends.high)) for one in duty]
        readings = list[Reading]()
        for whole, name in zip(wholes, ("imports for consumption", "dutiable imports"), strict=True):
            rates = _quotients(not_less, whole, lambda rate: f"{float(rate):.2f} %", "of duty on", 100)
            readings += [replace(one, words=f"{one.words} of {name}") for one in rates]
        return readings

    def figure(self, spot: Spot, kind: str, *, exact: bool = False) -> list[Reading]:
        """Return readings of a kind of figure of a claim; `exact` leaves out what is only implied, and the world's
        share in itself, which explains nothing.
        """
        if kind in ("mom", "yoy"):
            return self.growth(spot, spot.base(kind), exact=exact) if kind == "yoy" or spot.is_month else []
        if kind == "share" and exact and spot.partner == WORLD:
            return []
        read = {
            "level": self.level,
            "share": self.share,
            "unit_value": self.unit_value,
            "duty": self.duty,
            "tariff": self.duty,
        }.get(kind)
        return read(spot, exact=exact) if read else []

    def partners(self, spot: Spot) -> list[str]:
        """Return the partners with a number of their own in the ledger for this product."""
        return sorted({key[2] for key in self.numbers if key[:2] == (spot.flow, spot.product) and key[2] != WORLD})


def _figure(spot: Spot, base: Spot) -> str:
    """The figure of the table `metric` that a growth from one period to another is; empty of others."""
    if spot.is_month:
        of_month = (figure for figure in BACK if not FIGURE_OF[figure].is_so_far)
        return next((figure for figure in of_month if base.shifted(BACK[figure]) == spot), "")
    return "ytd_yoy_pct" if Month(spot.first).is_january and base == spot.base("yoy") else ""


def growth_of(now: Reading, before: Reading) -> Reading | None:
    """Compute the growth from one level to another, in per cent."""
    growths = _quotients([now], [before], show_percent, "against", 100, -100)
    if not growths or growths[0].tier == "implied":
        return growths[0] if growths else None
    low, high = show_percent(growths[0].strict.low), show_percent(growths[0].strict.high)
    between = f" (the printed digits leave {low} to {high} open)" if low != high else ""
    return replace(growths[0], words=growths[0].words + between)


def _quotients(
    over: list[Reading],
    under: list[Reading],
    show: Callable[[Fraction], str],
    joined: str,
    factor: int = 1,
    plus: int = 0,
) -> list[Reading]:
    """Return the quotient of the first readings of two levels, times a factor, plus a number: one value, or the two
    ends if no single value follows from an implied level; nothing where one of them is not known or the divisor may be
    zero.
    """
    if not over or not under or (ratios := over[0].over(under[0])) is None:
        return []
    strict, loose = (ratio.scaled(factor, plus) for ratio in ratios)
    point = over[0].point / under[0].point * factor + plus
    is_implied, low, high = "implied" in (over[0].tier, under[0].tier), show(strict.low), show(strict.high)
    shown = f"between {low} and {high}" if is_implied and low != high else show(point)
    words, tier = f"{shown}, {over[0].words} {joined} {under[0].words}", "implied" if is_implied else "computed"
    return [Reading(strict, loose, point, tier, words, over[0].is_revisable or under[0].is_revisable)]


def _exactly(value: float, spot: Spot, tier: str, origin: str) -> Reading:
    """Return the reading of a figure that the table `metric` has made of others."""
    exact = Fraction(value)
    one = Interval(exact, exact)
    return Reading(one, one, exact, tier, f"{show_level(exact, spot.measure)} ({ORIGINS[origin]})")


def _combined(first: Reading, second: Reading, sign: int, spot: Spot, words: str) -> Reading:
    """Add or subtract two readings; `words` say of what."""
    strict, loose = (
        (a + b if sign > 0 else a - b) for a, b in ((first.strict, second.strict), (first.loose, second.loose))
    )
    point = first.point + sign * second.point
    return Reading(strict, hull(strict, loose), point, "computed", f"{show_level(point, spot.measure)}, {words}", True)


def _key(spot: Spot) -> Key:
    return (spot.flow, spot.product, spot.partner, spot.measure, spot.first, spot.last)


def known_months(readings: Readings, spot: Spot) -> str:
    """Return the first and last month of a series in the ledger and their number, as text for the reason of a
    verdict."""
    keys = {*readings.numbers, *(key for key, row in readings.metric.items() if row["level"] is not None)}
    months = sorted(key[4] for key in keys if key[:4] == _key(spot)[:4] and key[4] == key[5])
    return f"{month_name(months[0])} to {month_name(months[-1])}, {len(months)} months" if months else "none"
