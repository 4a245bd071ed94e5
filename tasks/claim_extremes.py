"""Claims about order: ranks, "highest since", streaks. They can be refuted by one number and confirmed only by all of them."""

import itertools
import re

from tasks.claim_changes import changes_between, said_changes
from tasks.claim_readings import Readings
from tasks.claim_text import describe
from tasks.claim_words import PERIOD, Spot, Stated
from tasks.intervals import Reading
from tasks.periods import month_name

Verdict = tuple[str, str]
WITHIN = re.compile(r"rank within (\d{4})")
SPANS = {
    name: number
    for number, name in enumerate(
        ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), 2
    )
}
SPAN = re.compile(rf"({'|'.join(SPANS)}|\d+)-(month|year) (high|low)")
YEAR = re.compile(r"(\d{4})")
NAMED_MAX = 5
FALLS = re.compile(r"consecutive monthly (falls|rises|declines|increases|gains)")


def check_extreme(readings: Readings, stated: Stated) -> Verdict:
    """The verdict on a rank, a record or a streak."""
    if stated.kind == "rank":
        return _rank(readings, stated)
    return _since(readings, stated) if stated.kind == "since" else _streak(readings, stated)


def _rank(readings: Readings, stated: Stated) -> Verdict:
    spot, place = stated.spot, int(stated.value)
    own = readings.level(spot, exact=True)
    if place < 1 or (
        stated.unit not in ("rank", "") and not WITHIN.fullmatch(stated.unit) and "all-time" not in stated.unit
    ):
        return _unclear(f"{stated.shown!r} is no rank that can be looked up")
    if not own:
        return _unclear(f"no release at hand gives the level of {describe(spot)}")
    if match := WITHIN.fullmatch(stated.unit):
        year = int(match[1]) * 12
        others = {
            month_name(month): spot.at(first=month, last=month)
            for month in range(year, year + 12)
            if month != spot.first
        }
        return _placed(readings, stated, own[0], others, complete=True, among=f"the months of {match[1]}")
    if "all-time" in stated.unit:
        months = {
            key[4]
            for key in readings.numbers
            if key[:4] == (spot.flow, spot.product, spot.partner, spot.measure) and key[4] == key[5]
        }
        others = {month_name(month): spot.at(first=month, last=month) for month in months if month < spot.first}
        return _placed(readings, stated, own[0], others, complete=False, among="all months")
    row = readings.metric.get((spot.flow, spot.product, spot.partner, spot.measure, spot.first, spot.last))
    if row is not None and row["rank"] is not None:
        verdict = "supported" if row["rank"] == place else "contradicted"
        return verdict, f"The ledger has rank {row['rank']} for {describe(spot)}; printed: rank {place}."
    others = {partner: spot.at(partner=partner) for partner in readings.partners(spot) if partner != spot.partner}
    return _placed(readings, stated, own[0], others, complete=False, among="the partners")


def _placed(
    readings: Readings, stated: Stated, own: Reading, others: dict[str, Spot], *, complete: bool, among: str
) -> Verdict:
    """The place of a number among others, of which some may be missing."""
    place = int(stated.value)
    levels = {
        name: found[0]
        for name, spot in others.items()
        if not changes_between(stated.spot, spot) and (found := readings.level(spot, exact=True))
    }
    higher = [name for name, level in levels.items() if level.strict.low >= own.strict.high]
    missing = len(others) - len(levels)
    facts = f"{describe(stated.spot)}: {own.words}; higher among those at hand: {', '.join(sorted(higher)) or 'none'}"
    if len(higher) >= place:
        return "contradicted", f"Printed: rank {place} among {among}; at least {len(higher)} are higher. {facts}."
    if complete and not missing:
        verdict = "supported" if len(higher) + 1 == place else "contradicted"
        return verdict, f"Rank {len(higher) + 1} among {among}; printed: {place}. {facts}."
    changes = sorted({change for spot in others.values() for change in changes_between(stated.spot, spot)})
    cut = f", or mean something else ({said_changes(changes)})" if changes else ""
    return _unclear(
        f"rank {place} among {among} is open, because not all of them are at hand{cut}; nothing here speaks against it. {facts}"
    )


def _since(readings: Readings, stated: Stated) -> Verdict:
    """The highest or the lowest since an earlier month or year; the claim's direction is not in the form, so either will do."""
    spot = stated.spot
    step = 1 if spot.is_month else 12
    if not spot.is_month and (spot.first % 12, spot.last - spot.first) != (0, 11):
        return _unclear(f"a record is of a month or of a whole year, and the claim is of {spot.months}")
    back = _back(stated, step)
    if back is None or back < 1:
        return _unclear(f"{stated.shown!r} names no earlier month or year since which it was the highest or lowest")
    places = [spot.shifted(-step * number) for number in range(back, 0, -1)]
    own = readings.level(spot, exact=True)
    # What lies before a change of what the series means is neither higher nor lower.
    earlier = [[] if changes_between(spot, place) else readings.level(place, exact=True) for place in places]
    if not own:
        return _unclear(f"no release at hand gives the level of {describe(spot)}")
    then, sure = earlier[0], [level[0] for level in earlier[1:] if level]
    since = places[0].months
    # A "nine-month high" is the highest of nine months; "since June" says that June was as high.
    window = SPAN.fullmatch(stated.text.lower()) is not None
    for sign, word in ((1, "highest"), (-1, "lowest")):
        if any(not _beats(own[0], level, sign) for level in sure) or (
            then and not window and _beats(own[0], then[0], sign)
        ):
            continue
        if (then or window) and len(sure) == back - 1:
            reading = f" ({then[0].words})" if then else ""
            return "supported", f"{own[0].words} is the {word} since {since}{reading}, {describe(spot)}."
        missing = [
            place
            for place, level in zip(places, earlier, strict=True)
            if not level and not (window and place == places[0])
        ]
        which = f"{len(missing)} of {back}, from {missing[0].months} on"
        if len(missing) <= NAMED_MAX:
            which = ", ".join(place.months for place in missing)
        changes = changes_between(spot, missing[0])
        cut = f", or not to be compared ({said_changes(changes)})" if changes else ""
        return _unclear(
            f"it may be the {word} since {since}; not at hand{cut}: {which}; nothing here speaks against it ({describe(spot)}: {own[0].words})"
        )
    known = "; ".join(f"{place.months} {level[0].words}" for place, level in zip(places, earlier, strict=True) if level)
    return (
        "contradicted",
        f"{own[0].words} is neither the highest nor the lowest since {since}, {describe(spot)}: {known}.",
    )


def _back(stated: Stated, step: int) -> int | None:
    """How many months, or years, the record goes back; None where the words do not say."""
    if match := SPAN.fullmatch(stated.text.lower()):
        number = SPANS.get(match[1]) or int(match[1])
        return number * 12 // step if match[2] == "year" else number if step == 1 else None
    if match := YEAR.fullmatch(stated.text):
        december = int(match[1]) * 12 + 11
        return (stated.spot.last - december) // step
    match = PERIOD.fullmatch(stated.text)
    if match is None or match[3] or step != 1:
        return None
    return stated.spot.first - (int(match[1]) * 12 + int(match[2]) - 1)


def _beats(own: Reading, other: Reading, sign: int) -> bool:
    return own.strict.low > other.strict.high if sign > 0 else own.strict.high < other.strict.low


def _streak(readings: Readings, stated: Stated) -> Verdict:
    spot, months = stated.spot, int(stated.value)
    match = FALLS.fullmatch(stated.unit.lower())
    if match is None or months < 1:
        return _unclear(f"{stated.shown!r} is no streak that can be looked up; consecutive monthly falls or rises")
    sign = 1 if match[1] in ("rises", "increases", "gains") else -1
    places = [spot.at(first=month, last=month) for month in range(spot.first - months, spot.first + 1)]
    levels = [readings.level(place, exact=True) for place in places]
    changes = changes_between(spot, places[0])
    cut = {change.month for change in changes}
    for (before, now), place in zip(itertools.pairwise(levels), places[1:], strict=True):
        if before and now and place.first not in cut and not _beats(now[0], before[0], sign):
            return (
                "contradicted",
                f"Not {months} {match[1]} in a row: {before[0].words}, then {now[0].words}, {describe(spot)}.",
            )
    if not all(levels):
        return _unclear(
            f"months of the {months} before {describe(spot)} are not at hand; nothing here speaks against it"
        )
    if changes:
        return _unclear(
            f"not all months of the {months} before {describe(spot)} can be compared, because {said_changes(changes)}; nothing here speaks against it"
        )
    return (
        "supported",
        f"{months} {match[1]} in a row: {', '.join(level[0].words for level in levels if level)}, {describe(spot)}.",
    )


def _unclear(why: str) -> Verdict:
    return "not_checkable", f"Not checkable: {why}."
