"""Checks claims about order: ranks, "highest since", streaks. One number can refute them; confirming them takes all
numbers.
"""

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from tasks.claims.readings import Readings
from tasks.claims.statement import Spot, Stated, describe_changes
from tasks.domain.coverage import WORLD
from tasks.domain.errors import Unclear
from tasks.domain.labels import is_group, partner_name
from tasks.domain.period_words import COUNTS, read_period
from tasks.domain.periods import Month, month_name
from tasks.domain.precision import Reading

Verdict = tuple[str, str]
WITHIN = re.compile(r"rank within (\d{4})")
# Statistics go back fewer months than three digits can count.
SPAN = re.compile(rf"({'|'.join(COUNTS)}|\d{{1,3}})-(month|year) (high|low)")
STREAK_MAX = 999
WAYS = {(1, "highest"): re.compile(r"\bhigh(est)?\b|最高|新高"), (-1, "lowest"): re.compile(r"\blow(est)?\b|最低|新低")}
NAMED_MAX = 5
FALLS = re.compile(r"consecutive monthly (falls|rises|declines|increases|gains)")


def check_extreme(readings: Readings, stated: Stated) -> Verdict:
    """Return the verdict on a rank, a record or a streak."""
    if stated.kind == "rank":
        return _rank(readings, stated)
    return _since(readings, stated) if stated.kind == "since" else _streak(readings, stated)


def _rank(readings: Readings, stated: Stated) -> Verdict:
    spot = stated.spot
    levels = readings.level(spot, exact=True)
    match = WITHIN.fullmatch(stated.unit)
    if stated.value < 1 or (stated.unit not in ("rank", "") and not match and "all-time" not in stated.unit):
        return _unclear(f"{stated.shown!r} is no rank that can be looked up")
    if not levels:
        return _unclear(f"no release at hand gives the level of {readings.describe(spot)}")
    if match:
        return _rank_within(readings, stated, levels[0], int(match[1]))
    if "all-time" in stated.unit:
        series = (spot.flow, spot.product, spot.partner, spot.measure)
        months = {key[4] for key in readings.numbers if key[:4] == series and key[4] == key[5]}
        others = {month_name(month): spot.at(first=month, last=month) for month in months if month < spot.first}
        return _placed(readings, stated, levels[0], others, complete=False, among="all months")
    return _rank_of_partner(readings, stated, levels[0])


def _rank_within(readings: Readings, stated: Stated, level: Reading, year: int) -> Verdict:
    """Check the rank of a month among those of its year."""
    spot, among = stated.spot, f"the months of {year}"
    first, end = Month.of(year, 1), Month.of(year, 12) + 1
    if not spot.is_month or Month(spot.first).year != year:
        return _unclear(f"a rank within {year} is of a month of it, and the claim is of {spot.months}")
    if stated.printed_in == spot.first + 1:
        # Customs had not published later months when this was printed.
        end, among = Month(spot.first + 1), f"{among} so far"
    months = (month for month in range(first, end) if month != spot.first)
    others = {month_name(month): spot.at(first=month, last=month) for month in months}
    return _placed(readings, stated, level, others, complete=True, among=among)


def _rank_of_partner(readings: Readings, stated: Stated, level: Reading) -> Verdict:
    """Check the rank of a partner among all of them, in a month as the table `metric` has it."""
    spot = stated.spot
    if spot.partner == WORLD or is_group(spot.partner):
        return _unclear(f"{partner_name(spot.partner)} has no rank among the partners")
    row = readings.metric.get((spot.flow, spot.product, spot.partner, spot.measure, spot.first, spot.last))
    if row is not None and row["rank"] is not None:
        verdict = "supported" if row["rank"] == stated.value else "contradicted"
        why = f"The ledger has rank {row['rank']} for {readings.describe(spot)}; printed: rank {stated.text}."
        return verdict, why
    partners = [one for one in readings.partners(spot) if one != spot.partner and not is_group(one)]
    others = {partner: spot.at(partner=partner) for partner in partners}
    known = {name: place for name, place in others.items() if readings.level(place, exact=True)}
    if _leaves_nothing(readings, level, spot, known):
        return _placed(readings, stated, level, known, complete=True, among="the partners")
    return _placed(readings, stated, level, others, complete=False, among="the partners")


def _leaves_nothing(readings: Readings, level: Reading, spot: Spot, known: dict[str, Spot]) -> bool:
    """Whether the rest of the world's total is too small for any other partner to be higher."""
    world = readings.level(spot.at(partner=WORLD), exact=True)
    parts = level.loose.low + sum(readings.level(place, exact=True)[0].loose.low for place in known.values())
    return bool(world) and world[0].loose.high - parts < level.loose.low


def _placed(
    readings: Readings, stated: Stated, ranked: Reading, others: dict[str, Spot], *, complete: bool, among: str
) -> Verdict:
    """Return the verdict on the rank of a number among others, some of which may be missing unless these are
    `complete`.
    """
    place = int(stated.value)
    known = _comparable(readings, stated.spot, others.values())
    levels = {name: known[spot] for name, spot in others.items() if spot in known}
    beyond = {name: _beyond(level, ranked, 1) for name, level in levels.items()}
    higher = [name for name, is_higher in beyond.items() if is_higher]
    is_open = len(levels) < len(others) or None in beyond.values()
    facts = (
        f"{readings.describe(stated.spot)}: {ranked.words}; higher among those at hand:"
        f" {', '.join(sorted(higher)) or 'none'}"
    )
    if len(higher) >= place:
        return "contradicted", f"Printed: rank {place} among {among}; at least {len(higher)} are higher. {facts}."
    if complete and not is_open:
        verdict = "supported" if len(higher) + 1 == place else "contradicted"
        return verdict, f"Rank {len(higher) + 1} among {among}; printed: {place}. {facts}."
    changes = sorted({change for spot in others.values() for change in readings.changes(stated.spot, spot)})
    cut = f", or mean something else ({describe_changes(changes)})" if changes else ""
    return _unclear(
        f"rank {place} among {among} is open, because not all of them are at hand{cut}, or known well enough; nothing"
        f" at hand contradicts it. {facts}"
    )


def _comparable(readings: Readings, spot: Spot, others: Iterable[Spot]) -> dict[Spot, Reading]:
    """Return the levels of other places that are known; those on the other side of a change of definition are neither
    higher nor lower."""
    comparable = (place for place in others if not readings.changes(spot, place))
    return {place: levels[0] for place in comparable if (levels := readings.level(place, exact=True))}


def _since(readings: Readings, stated: Stated) -> Verdict:
    """Check the highest or the lowest since an earlier month or year; if the claim names no direction, either is
    accepted.
    """
    spot = stated.spot
    if not spot.is_month and (Month(spot.first).number, spot.last - spot.first) != (1, 11):
        return _unclear(f"a record is of a month or of a whole year, and the claim is of {spot.months}")
    if (record := _record(stated)) is None:
        return _unclear(f"{stated.shown!r} names no earlier month or year since which it was the highest or lowest")
    levels_here = readings.level(spot, exact=True)
    if not levels_here:
        return _unclear(f"no release at hand gives the level of {readings.describe(spot)}")
    levels = _comparable(readings, spot, (*record.named, *record.between))
    words = [adjective for _, adjective in record.ways]
    against = ""
    for sign, adjective in record.ways:
        beyond = {place: _beyond(levels_here[0], level, sign) for place, level in levels.items()}
        broken = _broken(record, adjective, beyond, levels)
        if not broken:
            return _unbroken(readings, spot, record, adjective, beyond, levels, levels_here[0])
        against += broken
    neither = f"not the {words[0]}" if len(words) == 1 else "neither the highest nor the lowest"
    why = f"{levels_here[0].words} is {neither} {record.since_words}, {readings.describe(spot)}{against}."
    return "contradicted", why


def _broken(record: "Record", adjective: str, beyond: dict[Spot, bool | None], levels: dict[Spot, Reading]) -> str:
    """Return what contradicts a record in one direction; empty where nothing does."""
    if passed := [place for place in record.between if beyond.get(place) is False]:
        return f"; as {adjective.removesuffix('est')} or {adjective.removesuffix('st')}r: {_listed(passed, levels)}"
    if record.named and all(beyond.get(place) for place in record.named):
        return f"; {adjective.removesuffix('st')}r than that itself: {_listed(record.named, levels)}"
    return ""


def _unbroken(
    readings: Readings,
    spot: Spot,
    record: "Record",
    adjective: str,
    beyond: dict[Spot, bool | None],
    levels: dict[Spot, Reading],
    level: Reading,
) -> Verdict:
    """Return the verdict on a record that nothing contradicts: supported where every place that counts is known."""
    reached = [place for place in record.named if place in levels and not beyond[place]]
    # One month of the named year is enough for "since that year".
    unknown = [place for place in record.between if beyond.get(place) is None]
    unknown += [] if reached else [place for place in record.named if place not in levels]
    if not unknown:
        then = f" ({levels[reached[-1]].words})" if reached else ""
        return "supported", f"{level.words} is the {adjective} {record.since_words}{then}, {readings.describe(spot)}."
    return _unclear(
        f"it may be the {adjective} {record.since_words}; {_why_open(readings, spot, unknown)}; nothing at hand"
        f" contradicts it ({readings.describe(spot)}: {level.words})"
    )


@dataclass(frozen=True)
class Record:
    """A claimed record: the places of the month or year that it names, those between it and the claim's, its
    directions.
    """

    named: list[Spot]
    between: list[Spot]
    ways: list[tuple[int, str]]
    since: str

    @property
    def since_words(self) -> str:
        """The start of the record: a month, or a number of months if only a length is named."""
        return f"since {self.since}" if self.named else f"of {self.since}"


def _record(stated: Stated) -> Record | None:
    """Return the claimed record; None if the text does not say since when."""
    spot = stated.spot
    step = 1 if spot.is_month else 12
    text = f"{stated.text} {stated.unit} {stated.qualifier}".lower()
    ways = [way for way, words in WAYS.items() if words.search(text)]
    ways = ways if len(ways) == 1 else [*WAYS]
    if match := SPAN.fullmatch(stated.text.lower()):
        return _record_of_length(spot, ways, COUNTS.get(match[1]) or int(match[1]), match[2])
    try:
        first, last = read_period(stated.text)
    except Unclear:
        return None
    is_whole = Month(first).number in (Month(last).number, Month(last + 1).number)
    if not is_whole or last >= spot.first or (step == 12 and not Month(first).is_january):
        return None
    named = [spot.at(first=month, last=month + step - 1) for month in range(first, last + 1, step)]
    between = [spot.at(first=month, last=month + step - 1) for month in range(last + 1, spot.first, step)]
    return Record(named, between, ways, named[0].months if len(named) == 1 else str(Month(first).year))


def _record_of_length(spot: Spot, ways: list[tuple[int, str]], number: int, unit: str) -> Record | None:
    """Return the record of so many months or years, as a "nine-month high": its own month is one of the nine."""
    step = 1 if spot.is_month else 12
    if unit == "month" and step == 12:
        return None
    back = number * 12 // step if unit == "year" else number
    between = [spot.shifted(-step * months) for months in range(back - 1, 0, -1)]
    return Record([], between, ways, f"{back} {'months' if step == 1 else 'years'}") if between else None


def _listed(places: list[Spot], levels: dict[Spot, Reading]) -> str:
    """List the nearest of some places with their levels."""
    named = ", ".join(f"{place.months} {levels[place].words}" for place in places[-NAMED_MAX:])
    return named + (f" and {len(places) - NAMED_MAX} more" if len(places) > NAMED_MAX else "")


def _why_open(readings: Readings, spot: Spot, unknown: list[Spot]) -> str:
    """Say which places are missing, or cannot be compared, and why."""
    which = f"{len(unknown)}, from {unknown[0].months} on"
    if len(unknown) <= NAMED_MAX:
        which = ", ".join(place.months for place in unknown)
    changes = readings.changes(spot, unknown[0])
    cut = f", or not to be compared ({describe_changes(changes)})" if changes else ""
    return f"not at hand{cut}: {which}"


def _beyond(level: Reading, other: Reading, sign: int) -> bool | None:
    """Whether a number is higher (or lower) than another; None if their printed digits leave it open."""
    if level.point != other.point and level.strict.meets(other.strict):
        return None
    return (level.point - other.point) * sign > 0


def _streak(readings: Readings, stated: Stated) -> Verdict:
    spot, months = stated.spot, int(stated.value)
    match = FALLS.fullmatch(stated.unit.lower())
    if match is None or not 1 <= months <= STREAK_MAX or not spot.is_month:
        return _unclear(
            f"{stated.shown!r} is no streak of {spot.months} that can be looked up; consecutive monthly falls or rises"
            " up to a month"
        )
    sign = 1 if match[1] in ("rises", "increases", "gains") else -1
    places = [spot.at(first=month, last=month) for month in range(spot.first - months, spot.first + 1)]
    levels = [readings.level(place, exact=True) for place in places]
    changes = readings.changes(spot, places[0])
    cut = {change.month for change in changes}
    for (before, now), place in zip(itertools.pairwise(levels), places[1:], strict=True):
        if before and now and place.first not in cut and _beyond(now[0], before[0], sign) is False:
            why = (
                f"Not {months} {match[1]} in a row: {before[0].words}, then {now[0].words}, {readings.describe(spot)}."
            )
            return "contradicted", why
    if not all(levels) or any(_beyond(now[0], before[0], sign) is None for before, now in itertools.pairwise(levels)):
        return _unclear(
            f"months of the {months} before {readings.describe(spot)} are not at hand, or not known well enough;"
            " nothing at hand contradicts it"
        )
    if changes:
        return _unclear(
            f"not all months of the {months} before {readings.describe(spot)} can be compared, because"
            f" {describe_changes(changes)}; nothing at hand contradicts it"
        )
    why = (
        f"{months} {match[1]} in a row: {', '.join(level[0].words for level in levels if level)},"
        f" {readings.describe(spot)}."
    )
    return "supported", why


def _unclear(why: str) -> Verdict:
    return "not_checkable", f"Not checkable: {why}."
