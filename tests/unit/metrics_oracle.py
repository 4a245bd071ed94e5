"""Every figure of `metric` reckoned again, one by one, with dictionaries and fractions.

An opinion of its own: written from the descriptions in `schemas/tables/metric.py`, sharing no line with `tasks`. Only
the code tables are the same, and they are read here with the csv module.
"""

import copy
import csv
import functools
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from tests.unit import coverage_oracle

Row = dict[str, Any]
REFERENCE = Path(__file__).parents[2] / "schemas" / "reference"
KILOGRAMS = {"kg": Fraction(1), "g": Fraction(1, 1000), "carat": Fraction(1, 5000)}
# A series is published for a year after its last number; its silence before the first is a base for two.
QUIET = 12
BEFORE = 24
LOOK_BACK = 60
# Months that are added up.
SPANS = ("ytd", "rolling_12m")
# Lists of the codes that no source divides any further; HS levels are sums of these.
with (REFERENCE / "statement_terms.csv").open(encoding="utf-8", newline="") as terms:
    NATIONAL = {row["nomenclature"] for row in csv.DictReader(terms)} - {"HS6"}
with (REFERENCE / "money.csv").open(encoding="utf-8", newline="") as rows_of_money:
    VALUES = tuple(f"value_{row['currency'].lower()}" for row in csv.DictReader(rows_of_money))
# A partner that no list names, so that only a release that was asked for everyone speaks of it.
EVERYONE = "everyone"


class Place(NamedTuple):
    """One month of one series."""

    flow: str
    product: str
    partner: str
    measure: str
    month: int


class Told(NamedTuple):
    """A number that a source prints, or a sum; None is a sum of which a part is missing."""

    value: Fraction | None
    priority: int
    made: str


@dataclass
class Month:
    """What is known of one month of one series; figures are (value or None, status)."""

    level: Fraction | None = None
    level_status: str = "not_covered"
    priority: int = 99
    ytd: Fraction | None = None
    ytd_status: str = "incomplete_year"
    rolling: Fraction | None = None
    rolling_status: str = "incomplete_window"
    quarter: Fraction | None = None
    quarter_status: str = "incomplete_window"
    changed: int | None = None
    figures: dict[str, tuple[Any, str]] = field(default_factory=dict)

    def number(self, name: str) -> tuple[Fraction | None, str]:
        """The level, the year to date or the twelve months, and its status."""
        attribute = name.removesuffix("_12m")
        return getattr(self, attribute), getattr(self, f"{attribute}_status")

    def cut(self, month: int) -> None:
        """Takes away what would compare the two sides of a change."""
        january = month // 12 * 12
        for name, first, own in (
            ("mom_pct", month - 1, "level"),
            ("yoy_pct", month - 12, "level"),
            ("contribution_mom_pp", month - 1, "level"),
            ("contribution_yoy_pp", month - 12, "level"),
            ("ytd_yoy_pct", january - 12, "ytd"),
            ("ytd_share_pct", january, "ytd"),
            ("ytd_rank", january, "ytd"),
            ("ytd_contribution_pp", january - 12, "ytd"),
            ("ytd", january, "ytd"),
            ("rolling_12m", month - 11, ""),
            ("rolling_12m_yoy_pct", month - 23, ""),
            ("rolling_12m_share_pct", month - 11, ""),
            ("rolling_12m_rank", month - 11, ""),
            ("rolling_12m_contribution_pp", month - 23, ""),
            ("average_3m", month - 2, ""),
            ("average_3m_yoy_pct", month - 14, ""),
        ):
            value, made = self.figures[name]
            nothing = bool(own) and self.figures[own][0] is None and value is None
            stands = made == "not_applicable" or (name == "ytd" and made == "reported") or nothing
            if self.changed is not None and first < self.changed and not stands:
                self.figures[name] = (None, "definition_break")


@functools.cache
def table(name: str) -> list[Row]:
    with (REFERENCE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def holds(row: Row, month: int) -> bool:
    text = f"{month // 12}-{month % 12 + 1:02d}"
    return (not row["valid_from"] or row["valid_from"] <= text) and (not row["valid_to"] or text <= row["valid_to"])


def month_of(text: str) -> int:
    return int(text[:4]) * 12 + int(text[5:]) - 1


class Breaks:
    """Months from which a series means something else, by what it is about: written from the words of the code
    tables."""

    def __init__(self, reporter: str, national: str) -> None:
        self.reporter, self.national = reporter, national
        self.revised: dict[str, set[int]] = defaultdict(set)
        for row in table("hs_revisions"):
            self.revised[row["code"]].add(month_of(row["from_month"]))
        for row in table("cn_revisions") if national == "CN8" else ():
            self.revised[row["code"]].add(month_of(row["from_month"]))
        self.stated = [
            (row, month_of(row["from_month"]))
            for row in table("definition_breaks")
            if row["reporter"] in ("", reporter) and row["nomenclature"] in ("", national)
        ]

    def of(self, product: str, partner: str, measure: str) -> set[int]:
        if measure.startswith("unit_value"):
            worth = measure.removeprefix("unit_").removesuffix("_per_kg")
            return self.of(product, partner, worth) | self.of(product, partner, "quantity_kg")
        months = self._of_product(product, partner, measure) | self._of_partner(partner)
        if product.startswith("basket:"):
            for row in BASKETS:
                if row["nomenclature"] not in ("", "HS2", "HS4", "HS6", self.national):
                    continue
                if f"basket:{row['basket']}" == product:
                    months |= self._of_product(row["hs8"], partner, measure) | borders(row)
        return months

    def _of_product(self, product: str, partner: str, measure: str) -> set[int]:
        carried = {month for row, month in self.stated if row["comparable"] == "yes" and row["product"] == product}
        revised = self.revised[product] | self.revised[product[:6] if product.isdigit() else product]
        told = {
            month
            for row, month in self.stated
            if row["comparable"] == "no"
            and row["product"] == product
            and row["partner"] in ("", partner)
            and row["measure"] in ("", measure)
        }
        return (revised - carried) | told

    def _of_partner(self, partner: str) -> set[int]:
        # The dates are those of codes of China customs.
        lives = [row for row in table("partners") if self.reporter == "CHN" and row["partner"] == partner]
        lives += [row for row in GROUPS if row["group"] == partner]
        carried = {month for row, month in self.stated if row["comparable"] == "yes" and row["partner"] == partner}
        return {month for row in lives for month in borders(row)} - carried


def borders(row: Row) -> set[int]:
    """First month of a row of a code table, and the month after its last."""
    begin = {month_of(row["valid_from"])} if row["valid_from"] else set()
    return begin | ({month_of(row["valid_to"]) + 1} if row["valid_to"] else set())


GROUPS = table("partner_groups")
GROUP_NAMES = sorted({row["group"] for row in GROUPS})
TOTALS = ["WLD", *GROUP_NAMES]
BASKETS = table("baskets")


class Reckoning:
    """All figures of all months of a ledger; `rows` maps each place that must be published to its month."""

    def __init__(self, observation: Iterable[Row], releases: list[Row]) -> None:
        self.releases = [row for row in releases if row["partners"] != "keys" and row["by_month"]]
        self.reporter = next((row["reporter"] for row in releases), "")
        lists = sorted({row["classification"] for row in releases} & {*NATIONAL})
        # China's codes are HS8 where no release says so.
        self.national = lists[0] if lists else "HS8"
        self.baskets = [row for row in BASKETS if row["nomenclature"] in ("", "HS2", "HS4", "HS6", self.national)]
        self.level_name: dict[str, str] = {}
        self.told: dict[Place, Told] = {}
        self.printed_ytd: dict[Place, Told] = {}
        self.printed_growth: dict[tuple[Place, bool], Fraction] = {}
        self.wholes = [row for row in releases if row["partners"] != "keys" and not row["by_month"]]
        self.said_on: dict[Place, date] = {}
        self.retold: dict[Place, Told] = {}
        self.year_sums: dict[Place, Told] = {}
        self.days = coverage_oracle.days_of_speech(releases)
        self._read(observation)
        self._drop_retold()
        self._drop_outranked()
        self._copy_baskets()
        self._sum_codes(totals=False)
        self._sum_partners()
        self._sum_codes(totals=True)
        self._sum_years()
        self.breaks = Breaks(self.reporter, self.national)
        self.ratios: dict[tuple[str, ...], tuple[tuple[str, ...], ...]] = {}
        self.series = self._lay_grid()
        for key, months in self.series.items():
            self._fill(key, months)
        for key, months in self.series.items():
            self._chain(key, months)
        self._add_unit_values()
        for key, months in self.series.items():
            self._compare_months(key, months)
        for key, months in self.series.items():
            self._compare_partners(key, months)
            for month, about in months.items():
                about.cut(month)
        self.rows = {
            Place(*key, month): about for key, months in self.series.items() for month, about in months.items()
            if self._is_told(key, month)
        }  # fmt: skip

    # What is covered

    def covering(
        self, flow: str, product: str, partner: str | None, family: str, month: int, *, from_below: bool = False
    ) -> int | None:
        """Place of the best kind of release that speaks of a key (of anybody, where partner is None); None: nobody
        does."""
        if product.startswith("basket:"):
            codes = [row["hs8"] for row in self.baskets if f"basket:{row['basket']}" == product and holds(row, month)]
            each = [self.covering(flow, code, partner, family, month) for code in codes]
            return None if not each or None in each else max(place for place in each if place is not None)
        if partner in GROUP_NAMES and not any(row["group"] == partner and holds(row, month) for row in GROUPS):
            return None
        about = [
            release for release in self._about(flow, product, family, month)
            if not (from_below and coverage_oracle.digits_of_records(release) <= 6)
        ]  # fmt: skip
        is_open = partner in GROUP_NAMES and coverage_oracle.groups_are_open(about, month)
        return min(
            (
                coverage_oracle.KINDS.index(release["kind"])
                for release in about
                if partner is None
                or (not is_open and coverage_oracle.names_partner(release, partner))
                or partner in release["partner_list"]
            ),
            default=None,
        )

    def _about(self, flow: str, product: str, family: str, month: int) -> Iterator[Row]:
        for release in self.releases:
            months = coverage_oracle.index(release["first_month"]), coverage_oracle.index(release["last_month"])
            if months[0] <= month <= months[1] and self._asks(release, flow, product, family, month):
                yield release

    @staticmethod
    def _asks(release: Row, flow: str, product: str, family: str, month: int) -> bool:
        """Whether a release whose months have this one asks for a product in it."""
        digits = coverage_oracle.digits_of_records(release)
        level = not product.isdigit() or len(product) == digits or (digits > 6 and len(product) <= 6)
        return bool(
            release["flow"] == flow
            and level
            and coverage_oracle.asks_for(release, product)
            and family in release["measures"]
            and month < coverage_oracle.index(release["released_on"])
            and not coverage_oracle.lost_a_record(release, product, month, family)
        )

    def everyone(self, flow: str, product: str, family: str, month: int, total: str = "WLD") -> bool:
        """Whether every partner was asked for; of a group also whether each code has its place."""
        if product.startswith("basket:"):
            codes = [row["hs8"] for row in self.baskets if f"basket:{row['basket']}" == product and holds(row, month)]
            return bool(codes) and all(self.everyone(flow, code, family, month, total) for code in codes)
        asked = self.covering(flow, product, EVERYONE, family, month) is not None
        is_open = total in GROUP_NAMES and coverage_oracle.groups_are_open(
            [*self._about(flow, product, family, month)], month
        )
        return asked and not is_open

    # What is told

    def _read(self, observation: Iterable[Row]) -> None:
        def rank(row: Row) -> tuple[Any, ...]:
            size = KILOGRAMS.get(row["unit"], Fraction(1))
            return (
                coverage_oracle.KINDS.index(row["kind"]),
                row["source"],
                row["reporter"],
                row["resolution"] * size,
                row["unit"],
            )

        for row in sorted(observation, key=rank):
            start, end = row["period_start"], row["period_end"]
            one_month = coverage_oracle.index(start) == coverage_oracle.index(end)
            if not one_month and (start.month != 1 or start.year != end.year):
                continue
            growth = row["measure"].endswith("_yoy")
            measure = row["measure"].removesuffix("_yoy")
            measure = "quantity_kg" if row["unit"] in KILOGRAMS else measure
            place = Place(row["flow"], row["product"], row["partner"], measure, coverage_oracle.index(end))
            self.level_name[row["product"]] = row["classification"]
            told = Told(
                row["value"] * KILOGRAMS.get(row["unit"], Fraction(1)),
                coverage_oracle.KINDS.index(row["kind"]),
                "reported",
            )
            if growth:
                self.printed_growth.setdefault((place, one_month), Fraction(row["value"], 100))
            elif one_month:
                self.told.setdefault(place, told)
            elif place not in self.printed_ytd:
                self.printed_ytd[place] = told
                self.said_on[place] = min(row["known_from"], self.days[row["release_id"]])

    def _drop_retold(self) -> None:
        """A year so far gives way to a later release of its kind or a better one that tells all its months."""
        for place, told in list(self.printed_ytd.items()):
            about = (*place[:2], coverage_oracle.family(place.measure))
            year = range(place.month - place.month % 12, place.month + 1)
            days = [self.said_on[place]]
            for release in self.wholes:
                span = coverage_oracle.index(release["first_month"]), coverage_oracle.index(release["last_month"])
                if (
                    span == (year[0], year[-1])
                    and coverage_oracle.KINDS.index(release["kind"]) == told.priority
                    and self._asks(release, *about, place.month)
                    and coverage_oracle.names_partner(release, place.partner)
                ):
                    days.append(self.days[release["release_id"]])
            holders = [[row["release_id"] for row in self._about(*about, month)] for month in year]
            if any(
                self.days[release["release_id"]] > max(days)
                and coverage_oracle.KINDS.index(release["kind"]) <= told.priority
                and coverage_oracle.names_partner(release, place.partner)
                and all(release["release_id"] in held for held in holders)
                for release in self.releases
            ):
                self.retold[place] = self.printed_ytd.pop(place)._replace(value=None)

    def _drop_outranked(self) -> None:
        for place, told in list(self.told.items()):
            best = self.covering(
                place.flow, place.product, place.partner, coverage_oracle.family(place.measure), place.month
            )
            if best is not None and best < told.priority:
                del self.told[place]

    # Sums

    def _copy_baskets(self) -> None:
        for name in {row["basket"] for row in self.baskets}:
            rows = [row for row in self.baskets if row["basket"] == name]
            if len(rows) > 1:
                continue
            self.level_name[f"basket:{name}"] = "basket"
            for numbers in (self.told, self.printed_ytd, self.retold):
                for place, told in list(numbers.items()):
                    if place.product == rows[0]["hs8"] and holds(rows[0], place.month):
                        numbers[place._replace(product=f"basket:{name}")] = told
            for (place, one_month), growth in list(self.printed_growth.items()):
                if place.product == rows[0]["hs8"] and holds(rows[0], place.month):
                    self.printed_growth[place._replace(product=f"basket:{name}"), one_month] = growth

    def _sum_codes(self, *, totals: bool) -> None:
        parts: dict[Place, dict[str, Told]] = defaultdict(dict)
        there: dict[Place, set[str]] = defaultdict(set)
        for place, told in self.told.items():
            if self.level_name[place.product] not in NATIONAL or (place.partner in TOTALS) != totals:
                continue
            for level in (6, 4, 2):
                target = place._replace(product=place.product[:level])
                there[target._replace(measure="")].add(place.product)
                if (
                    self.covering(*target[:3], coverage_oracle.family(target.measure), target.month, from_below=True)
                    is not None
                ):
                    parts[target][place.product] = told
        self._add_up(parts, there)
        self._sum_baskets(totals=totals)

    def _sum_baskets(self, *, totals: bool) -> None:
        """Baskets of codes that are printed or sums, of any level."""
        parts: dict[Place, dict[str, Told]] = defaultdict(dict)
        there: dict[Place, set[str]] = defaultdict(set)
        for place, told in self.told.items():
            if (place.partner in TOTALS) != totals:
                continue
            for row in self.baskets:
                if row["hs8"] == place.product and holds(row, place.month):
                    target = place._replace(product=f"basket:{row['basket']}")
                    there[target._replace(measure="")].add(place.product)
                    if self._whole_basket(target):
                        parts[target][place.product] = told
        self._add_up(parts, there)

    def _whole_basket(self, target: Place) -> bool:
        codes = [
            row["hs8"]
            for row in self.baskets
            if f"basket:{row['basket']}" == target.product and holds(row, target.month)
        ]
        return all(
            any(
                p.product == code and (p.flow, p.partner, p.month) == (target.flow, target.partner, target.month)
                for p in self.told
            )
            or self.covering(target.flow, code, target.partner, coverage_oracle.family(target.measure), target.month)
            is not None
            for code in codes
        )

    def _sum_partners(self) -> None:
        parts: dict[Place, dict[str, Told]] = defaultdict(dict)
        there: dict[Place, set[str]] = defaultdict(set)
        for place, told in self.told.items():
            if place.partner in TOTALS:
                continue
            groups = [row["group"] for row in GROUPS if row["partner"] == place.partner and holds(row, place.month)]
            for total in ("WLD", *groups):
                target = place._replace(partner=total)
                there[target._replace(measure="")].add(place.partner)
                if self.everyone(*target[:2], coverage_oracle.family(target.measure), target.month, total):
                    parts[target][place.partner] = told
        self._add_up(parts, there)

    def _add_up(self, parts: dict[Place, dict[str, Told]], there: dict[Place, set[str]]) -> None:
        """Sums of `parts`; `there` is what has a number in any measure, so that none in this one is not zero."""
        for target, told in parts.items():
            if target in self.told:
                continue
            values = [number.value for number in told.values() if number.value is not None]
            whole = len(values) == len(there[target._replace(measure="")])
            if target.product not in self.level_name:
                self.level_name[target.product] = f"HS{len(target.product)}" if target.product.isdigit() else "basket"
            total = sum(values, Fraction(0)) if whole else None
            self.told[target] = Told(total, max(number.priority for number in told.values()), "sum")

    def _sum_years(self) -> None:
        """Months since January that were asked for as one figure add up like one month, the last of them.

        A figure that later months replaced is a part that is not known; one of a lesser kind is none where a better
        kind speaks.
        """
        years = copy.copy(self)
        years.releases = [
            row | {"first_month": row["last_month"]}
            for row in self.wholes
            if row["first_month"].month == 1 < row["last_month"].month
            and row["first_month"].year == row["last_month"].year
        ]
        years.told = {**self.printed_ytd, **self.retold}
        years._drop_outranked()
        years._sum_codes(totals=False)
        years._sum_partners()
        years._sum_codes(totals=True)
        self.year_sums = {p: told for p, told in years.told.items() if told.made == "sum" and told.value is not None}

    # Months

    def _lay_grid(self) -> dict[tuple[str, ...], dict[int, Month]]:
        self.seen = self._months_seen()
        known: dict[tuple[str, str], set[int]] = defaultdict(set)
        for key, months in self.seen.items():
            known[key[0], key[1]] |= months
        for flow, product in known:
            known[flow, product] |= {month for month in self._possible() if self._is_covered(flow, product, month)}
        self.known = known
        grid = {}
        for key, months in self.seen.items():
            around = known[key[0], key[1]]
            begin, end = max(min(around), min(months) - BEFORE), min(max(around), max(months) + QUIET)
            grid[key] = {month: Month() for month in range(begin, end + 1)}
        return grid

    def _months_seen(self) -> dict[tuple[str, ...], set[int]]:
        """Months of which some number of a series speaks, or of what it would be made of."""
        seen: dict[tuple[str, ...], set[int]] = defaultdict(set)
        for place in self.told:
            seen[place[:4]].add(place.month)
        for place in [
            *self.printed_ytd,
            *self.year_sums,
            *(place for place, one_month in self.printed_growth if not one_month),
        ]:
            seen[place[:4]] |= set(range(place.month - place.month % 12, place.month + 1))
        for place, one_month in self.printed_growth:
            if one_month:
                seen[place[:4]].add(place.month)
        for (flow, product, partner, measure), months in list(seen.items()):
            for total in TOTALS if partner not in TOTALS else ():
                seen[flow, product, total, measure] |= months
            for level in (6, 4, 2) if self.level_name[product] in NATIONAL else ():
                self.level_name.setdefault(product[:level], f"HS{level}")
                seen[flow, product[:level], "WLD", measure] |= months
        return seen

    def _is_told(self, key: tuple[str, ...], month: int) -> bool:
        """A month is published where something is known of the product, not long after a number of the series."""
        if key in self.ratios:
            return all(self._is_told(part, month) for part in self.ratios[key])
        recently = any(month - QUIET <= before <= month for before in self.seen[key])
        return recently and month in self.known[key[0], key[1]]

    def _possible(self) -> list[int]:
        return sorted(
            {
                month
                for row in self.releases
                for month in range(
                    coverage_oracle.index(row["first_month"]), coverage_oracle.index(row["last_month"]) + 1
                )
            }
        )

    def _is_covered(self, flow: str, product: str, month: int) -> bool:
        families = {name for row in self.releases for name in row["measures"]}
        return any(self.covering(flow, product, None, name, month) is not None for name in families)

    def _fill(self, key: tuple[str, ...], months: dict[int, Month]) -> None:
        with_baskets = self._with_baskets()
        for month, about in months.items():
            place = Place(*key, month)  # type: ignore[arg-type]
            told = self.told.get(place)
            priority = self.covering(*place[:3], coverage_oracle.family(place.measure), month)
            if told is not None and told.value is not None:
                about.level, about.level_status, about.priority = told.value, told.made, told.priority
            elif told is not None:
                about.level_status = "other_unit"
            elif any(
                (p[:2], p.month) == (place[:2], month) and p.partner in self._parts_of(place) for p in with_baskets
            ):
                about.level_status = "not_covered" if priority is None else "other_unit"
            elif priority is not None and not self._traded_below(place):
                about.level, about.level_status, about.priority = Fraction(0), "zero", priority

    def _with_baskets(self) -> list[Place]:
        """Every place that has a number, and those of the baskets that it is in."""
        return [*self.told, *(
            place._replace(product=f"basket:{row['basket']}") for place in self.told for row in self.baskets
            if row["hs8"] == place.product and holds(row, place.month)
        )]  # fmt: skip

    def _parts_of(self, place: Place) -> set[str]:
        """The partner of a place and those that it is the total of."""
        others = {p.partner for p in self.told} - set(TOTALS) if place.partner == "WLD" else set()
        return {place.partner} | others | {
            row["partner"] for row in GROUPS if row["group"] == place.partner and holds(row, place.month)
        }  # fmt: skip

    def _traded_below(self, place: Place) -> bool:
        below = [
            p.partner for p in self.told
            if self._is_below(p.product, place.product, place.month) and (p.flow, p.month) == (place.flow, place.month)
        ]  # fmt: skip
        return not self._parts_of(place).isdisjoint(below)

    def _is_below(self, code: str, product: str, month: int) -> bool:
        wholes = [product] if product.isdigit() else [
            row["hs8"] for row in self.baskets if f"basket:{row['basket']}" == product and holds(row, month)
        ]  # fmt: skip
        return self.level_name.get(code) in NATIONAL and any(code != one and code.startswith(one) for one in wholes)

    def _chain(self, key: tuple[str, ...], months: dict[int, Month]) -> None:
        for year in {month // 12 for month in months}:
            self._chain_year(key, {month: about for month, about in months.items() if month // 12 == year})

    def _chain_year(self, key: tuple[str, ...], months: dict[int, Month]) -> None:
        levels = {month: about.level for month, about in months.items() if about.level is not None}
        printed: dict[int, Fraction] = {}
        made: dict[int, str] = {}
        for month in months:
            place = Place(*key, month)  # type: ignore[arg-type]
            told = self.year_sums.get(place, self.printed_ytd.get(place))
            so_far = [months[m].priority for m in range(month - month % 12, month + 1) if m in levels]
            outranked = told is not None and len(so_far) == month % 12 + 1 and max(so_far) < told.priority
            if told is not None and told.value is not None and not outranked:
                printed[month], made[month] = told.value, told.made
        totals = dict(printed)
        for month in sorted(months):
            before = Fraction(0) if month % 12 == 0 else totals.get(month - 1)
            if month not in totals and month in levels and before is not None:
                totals[month] = before + levels[month]
        ahead = dict(totals)
        forwards = set(totals)
        for month in sorted(months, reverse=True):
            if month not in totals and month + 1 in totals and month + 1 in levels:
                carried = totals[month + 1] - levels[month + 1]
                if carried >= max((ahead[m] for m in ahead if m < month), default=Fraction(0)):
                    totals[month] = carried
        january = min(months) - min(months) % 12
        together = january + 1 in totals and january not in levels and january + 1 not in levels
        for month, about in months.items():
            if month in printed:
                about.ytd, about.ytd_status = printed[month], made[month]
            elif month in totals:
                summed = [levels.get(m) for m in range(january, month + 1)]
                plain = None not in summed and sum(value for value in summed if value is not None) == totals[month]
                about.ytd, about.ytd_status = (
                    totals[month],
                    "sum_of_months" if plain else "ytd_sum" if month in forwards else "ytd_difference",
                )
        for month, about in months.items():
            before = Fraction(0) if month == january else totals.get(month - 1)
            if month in levels:
                continue
            if month in totals and before is not None and totals[month] >= before:
                about.level, about.level_status = totals[month] - before, "ytd_difference"
            elif together and month - january < 2:
                about.level_status = "combined_months"

    def _roll(self, months: dict[int, Month]) -> None:
        for month, about in months.items():
            window = [months[m].level if m in months else None for m in range(month - 11, month + 1)]
            if None not in window:
                about.rolling, about.rolling_status = sum((v for v in window if v is not None), Fraction(0)), "computed"
            if None not in window[-3:]:
                about.quarter, about.quarter_status = (
                    sum((v for v in window[-3:] if v is not None), Fraction(0)),
                    "computed",
                )

    # Figures

    def _add_unit_values(self) -> None:
        for months in self.series.values():
            self._roll(months)
        for key in list(self.series):
            if key[3] not in VALUES or (*key[:3], "quantity_kg") not in self.series:
                continue
            values, masses = self.series[key], self.series[*key[:3], "quantity_kg"]
            name = (*key[:3], f"unit_{key[3]}_per_kg")
            self.ratios[name] = (key, (*key[:3], "quantity_kg"))
            self.series[name] = {m: _per_kilogram(values[m], masses[m]) for m in values if m in masses}

    def _compare_months(self, key: tuple[str, ...], months: dict[int, Month]) -> None:
        nothing = Month()
        breaks = self.breaks.of(*key[1:])
        for month, about in months.items():
            place = Place(*key, month)  # type: ignore[arg-type]
            about.changed = max((m for m in breaks if m <= month), default=None)
            before, year_before = months.get(month - 1, nothing), months.get(month - 12, nothing)
            is_ratio = key[3].startswith("unit_value")
            about.figures |= {
                "level": (about.level, about.level_status),
                "ytd": (about.ytd, about.ytd_status),
                "rolling_12m": (about.rolling, about.rolling_status),
                "mom_pct": _growth(about.level, about.level_status, before.level, before.level_status, None),
                "yoy_pct": _growth(
                    about.level,
                    about.level_status,
                    year_before.level,
                    year_before.level_status,
                    None if is_ratio else self.printed_growth.get((place, True)),
                ),
                "ytd_yoy_pct": _growth(
                    about.ytd,
                    about.ytd_status,
                    year_before.ytd,
                    year_before.ytd_status,
                    None if is_ratio else self.printed_growth.get((place, False)),
                ),
                "rolling_12m_yoy_pct": _growth(
                    about.rolling, about.rolling_status, year_before.rolling, year_before.rolling_status, None
                ),
                "average_3m": (
                    about.quarter if is_ratio or about.quarter is None else about.quarter / 3,
                    about.quarter_status,
                ),
                "average_3m_yoy_pct": _growth(
                    about.quarter, about.quarter_status, year_before.quarter, year_before.quarter_status, None
                ),
                **_records(
                    {m: a for m, a in months.items() if m == month or self._is_told(key, m)}, month, about.changed
                ),
                "comparable_from": (about.changed, ""),
            }

    def _compare_partners(self, key: tuple[str, ...], months: dict[int, Month]) -> None:
        flow, product, _, measure = key
        world = self.series.get((flow, product, "WLD", measure), {})
        for month, about in months.items():
            if measure.startswith("unit_value"):
                names = ("of_consumption_pct", "share_pct", "rank", "contribution_mom_pp", "contribution_yoy_pp")
                of_spans = (f"{span}_{name}" for span in SPANS for name in ("share_pct", "rank", "contribution_pp"))
                about.figures |= dict.fromkeys([*names, *of_spans], (None, "not_applicable"))
                continue
            about.figures["rank"] = self._rank(key, month, "level")
            about.figures["of_consumption_pct"] = self._of_consumption(key, month, about)
            nothing = Month()
            own, whole = about.number("level"), world.get(month, nothing)
            about.figures["share_pct"] = _share(*own, whole.number("level")[0])
            for name, back in (("contribution_mom_pp", 1), ("contribution_yoy_pp", 12)):
                before, base = (of.get(month - back, nothing).number("level") for of in (months, world))
                about.figures[name] = _contribution(own, before, base[0] if month in world else None)
            for span in SPANS:
                own, year_ago = about.number(span), months.get(month - 12, nothing).number(span)
                base = world.get(month - 12, nothing).number(span)[0] if month in world else None
                about.figures[f"{span}_share_pct"] = _share(*own, whole.number(span)[0])
                about.figures[f"{span}_rank"] = self._rank(key, month, span)
                about.figures[f"{span}_contribution_pp"] = _contribution(own, year_ago, base)

    def _rank(self, key: tuple[str, ...], month: int, span: str) -> tuple[Any, str]:
        """The place by the month or by months added up, where the partners add up to the world."""
        flow, product, partner, measure = key
        number, made = self.series[key][month].number(span)
        if partner in TOTALS or number == 0:
            return (None, "not_applicable")
        if number is None:
            return (None, made)
        others = [
            months[month].number(span)[0] or 0 for (f, p, other, m), months in self.series.items()
            if (f, p, m) == (flow, product, measure) and other not in TOTALS and month in months
        ]  # fmt: skip
        world = self.series.get((flow, product, "WLD", measure), {}).get(month, Month()).number(span)[0]
        return (1 + sum(other > number for other in others), "computed") if sum(others) == world else (
            None, "not_covered"
        )  # fmt: skip

    def _of_consumption(self, key: tuple[str, ...], month: int, about: Month) -> tuple[Any, str]:
        """Duty, or dutiable value, by imports for consumption of the same place."""
        if key[3] not in ("value_usd_duty", "value_usd_dutiable"):
            return (None, "not_applicable")
        if about.level is None:
            return (None, about.level_status)
        consumption = (*key[:3], "value_usd_consumption")
        whole = self.series.get(consumption, {}).get(month, Month()).level
        # A place of which no consumption is published has no base, even where nothing is left out.
        if whole is None or not self._is_told(consumption, month):
            return (None, "no_base")
        return (about.level / whole * 100, "computed") if whole else (None, "zero_base")


def _growth(
    now: Fraction | None, made: str, base: Fraction | None, base_made: str, printed: Fraction | None
) -> tuple[Fraction | None, str]:
    if now is not None and base:
        return ((now / base - 1) * 100, "computed")
    if base is None and printed is not None:
        return (printed, "implied_base")
    if now is None:
        return (None, made)
    if base is not None:
        return (None, "zero_base")
    return (None, "combined_months" if base_made == "combined_months" else "no_base")


def _share(part: Fraction | None, made: str, whole: Fraction | None) -> tuple[Fraction | None, str]:
    if part is None or whole is None:
        return (None, made if part is None else "no_world_total")
    return (part / whole * 100, "computed") if whole else (None, "zero_base")


def _contribution(
    now: tuple[Fraction | None, str], before: tuple[Fraction | None, str], base: Fraction | None
) -> tuple[Fraction | None, str]:
    if now[0] is None:
        return now
    if before[0] is None:
        return (None, "combined_months" if before[1] == "combined_months" else "no_base")
    if base is None:
        return (None, "no_world_total")
    return ((now[0] - before[0]) / base * 100, "computed") if base else (None, "zero_base")


def _per_kilogram(value: Month, mass: Month) -> Month:
    def ratio(worth: Fraction | None, made: str, weight: Fraction | None, weighed: str) -> tuple[Fraction | None, str]:
        if worth is None:
            return (None, made)
        if weight is None:
            return (None, weighed)
        return (worth / weight, "computed") if weight else (None, "zero_base")

    month = Month()
    month.level, month.level_status = ratio(value.level, value.level_status, mass.level, mass.level_status)
    month.ytd, month.ytd_status = ratio(value.ytd, value.ytd_status, mass.ytd, mass.ytd_status)
    month.rolling, month.rolling_status = ratio(value.rolling, value.rolling_status, mass.rolling, mass.rolling_status)
    month.quarter, month.quarter_status = ratio(value.quarter, value.quarter_status, mass.quarter, mass.quarter_status)
    return month


def _records(months: dict[int, Month], month: int, changed: int | None) -> dict[str, tuple[Any, str]]:
    own = months[month]
    if own.level is None:
        return {
            "highest_since": (None, own.level_status),
            "lowest_since": (None, own.level_status),
            "series_start": (None, ""),
        }
    start = month
    while (
        start - 1 in months and months[start - 1].level is not None and start > month - LOOK_BACK and start != changed
    ):
        start -= 1
    found: dict[str, tuple[Any, str]] = {"series_start": (start, "")}
    for name, sign in (("highest_since", 1), ("lowest_since", -1)):
        as_extreme = [m for m in range(start, month) if sign * months[m].level >= sign * own.level]  # type: ignore[operator]
        if start == month:
            found[name] = (None, "definition_break" if changed == month else "no_base")
        elif not as_extreme:
            found[name] = (None, "series_record")
        elif as_extreme[-1] == month - 1:
            found[name] = (None, "not_extreme")
        else:
            found[name] = (as_extreme[-1], "computed")
    return found
