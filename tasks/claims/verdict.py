"""Decides whether a printed figure agrees with the ledger: the verdict, and the sentence that gives both readings.

If the ledger leaves so much open that other figures would agree as well, the claim is neither excluded nor confirmed;
if the ledger is not sure enough to contradict it, it is not checkable. `match` compares the digits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from schemas.forms.doubt import NumberDoubt
from schemas.names import VALUES
from tasks.claims.match import distance, match, tolerance
from tasks.claims.misplaced import at_same_place, elsewhere
from tasks.claims.order import Verdict, check_extreme
from tasks.claims.parse import CHANGES, growth_of_anything, read_claim
from tasks.claims.readings import Readings, known_months
from tasks.claims.statement import Spot, Stated, describe_changes, show_level
from tasks.domain.coverage import WORLD
from tasks.domain.doubt.doubt_words import doubt_text, doubts_in
from tasks.domain.errors import Unclear
from tasks.domain.precision import Reading
from tasks.domain.refunds import refund_note
from tasks.domain.text import named
from tasks.domain.thresholds import threshold
from tasks.domain.units import RATIOS
from tasks.ledger.doubts import ON_CONSUMPTION, ON_THE_SUM

AGREED = ("supported", "not_excluded")
NAMES = {
    "level": "the level",
    "mom": "the change on the month before",
    "yoy": "the change on a year before",
    "share": "the share in the world total",
    "unit_value": "the unit value",
    "against": "the change",
    "duty": "the rate that was assessed",
    "tariff": "the rate that was assessed",
}
RATES = ("duty", "tariff")
CAUTION = (
    "What was assessed at entry is no rate of a tariff: entries may be free, excluded, or entered before it applied;"
    " and it is not what was paid in the end."
)
# How a reason begins to say what is in doubt.
IN_DOUBT = "what the ledger has is in doubt"
# The figure of `metric` by which the doubts about a claim are looked up; for others the level.
FIGURES_OF_KINDS = {"share": "share_pct", "rank": "rank"} | dict.fromkeys(RATES, "of_consumption_pct")


def check_claim(readings: Readings, row: Mapping[str, Any]) -> Verdict:
    """Return the verdict on a row of a claims file, and the reason in a sentence. A growth that does not say of what is
    tried in weight and in each currency at hand; where it agrees with one of them, the reason says which."""
    verdict, reason = _check(readings, row)
    if verdict in AGREED or (growth := growth_of_anything(row)) is None:
        return verdict, reason
    tried = {value: _check(readings, {**row, "metric": f"{value}_{growth}"}) for value in _values(readings, row)}
    for value, (other, why) in tried.items():
        if other in AGREED:
            return other, f"Right in value ({value.removeprefix('value_').upper()}), not in weight: {why}"
    if verdict == "contradicted" and any(other == "not_checkable" for other, _ in tried.values()):
        return "not_checkable", f"Not checkable: not right in weight, and in value it cannot be told. {reason}"
    money = named([value.removeprefix("value_").upper() for value in tried])
    return verdict, f"{reason} In value ({money}) it is not right either." if tried else reason


def _values(readings: Readings, row: Mapping[str, Any]) -> list[str]:
    """The measures of value of which the ledger has the period of a claim."""
    try:
        spot = readings.canonical(read_claim(dict(row), readings.reporter.nomenclature).spot)
    except Unclear:
        return []
    return [value for value in VALUES if readings.level(spot.at(measure=value), exact=True)]


def _check(readings: Readings, row: Mapping[str, Any]) -> Verdict:
    try:
        stated = read_claim(dict(row), readings.reporter.nomenclature)
    except Unclear as unclear:
        return "not_checkable", f"Not checkable: {unclear}."
    spot = readings.canonical(stated.spot)
    verdict, reason = _with_doubts(readings, stated, spot, _verdict(readings, stated, spot))
    if stated.kind not in RATES:
        return verdict, reason
    note = refund_note(spot.first, spot.last)
    return verdict, f"{reason} {CAUTION}" + (f" {note[0].upper()}{note[1:]}." if note else "")


def _with_doubts(readings: Readings, stated: Stated, spot: Spot, verdict: Verdict) -> Verdict:
    """Return the verdict, which no number in doubt can give: it neither supports nor contradicts what others print."""
    figure = FIGURES_OF_KINDS.get(stated.kind, "level")
    doubts = dict.fromkeys(one for place in (spot, _compared(stated)) for one in _doubts_about(readings, place, figure))
    if not doubts or verdict[0] == "not_checkable":
        return verdict
    return "not_checkable", f"Not checkable: {IN_DOUBT} ({doubt_text(doubts)}). {verdict[1]}"


def _doubts_about(readings: Readings, spot: Spot, figure: str) -> list[NumberDoubt]:
    """Return the doubts about what the ledger has of a period; of several months those that are enough of their sum to
    move a printed digit of it."""
    if readings.doubts is None:
        return []
    doubts = list[NumberDoubt]()
    for partner in dict.fromkeys((spot.partner, WORLD) if figure in ON_THE_SUM else (spot.partner,)):
        months = range(spot.first, spot.last + 1)
        parts = readings.doubts.parts(spot.flow, spot.product, [partner], months, spot.measure, figure)
        # Sums of several measures, and values per unit, cannot be weighed so.
        is_plain = spot.measure not in RATIOS and figure not in ON_CONSUMPTION
        if spot.is_month or not is_plain or _is_heavy(readings, spot.at(partner=partner), parts):
            doubts += (one.by_itself for one in doubts_in(parts["doubt"]))
    return doubts


def _is_heavy(readings: Readings, spot: Spot, parts: pl.DataFrame) -> bool:
    """Whether the doubted parts of the months are enough of their sum; where a size is not known, they are."""
    if not parts.height:
        return False
    series = (spot.flow, spot.product, spot.partner, spot.measure)
    rows = {month: readings.metric.get((*series, month, month)) for month in range(spot.first, spot.last + 1)}
    levels = {month: abs(row["level"]) for month, row in rows.items() if row and row["level"] is not None}
    if levels.keys() != rows.keys() or parts["part_pct"].has_nulls():
        return True
    of_months = parts.group_by("month").agg(pl.col("part_pct").sum().clip(upper_bound=100) / 100)
    amount = sum(part * levels[month] for month, part in of_months.iter_rows())
    return bool(amount >= threshold("doubt_part_least") * sum(levels.values()))


def _verdict(readings: Readings, stated: Stated, spot: Spot) -> Verdict:
    stated = replace(stated, spot=spot, against=stated.against and readings.canonical(stated.against))
    if stated.kind in ("rank", "since", "streak"):
        return check_extreme(readings, stated)
    read = direct(readings, stated)
    if agreed := _agreed(readings, stated, read):
        return agreed
    base = _compared(stated)
    if not read and (changes := readings.changes(spot, base)):
        cut = f"{readings.describe(spot)} cannot be compared with {base.months}"
        cut = f"the months of {readings.describe(spot)} cannot be added up" if base == spot else cut
        return "not_checkable", f"Not checkable: {cut}, because {describe_changes(changes)}."
    if other := elsewhere(readings, stated, read, match):
        ledger_words = f"{read[0].words if read else 'no such figure'} for {readings.describe(spot)}"
        why = f"{stated.shown} is right elsewhere: it is {other[0]} ({other[1]}); the ledger has {ledger_words}."
        return "right_number_wrong_place", why
    return _against(readings, stated, read) if read else ("not_checkable", _missing(readings, stated))


def _agreed(readings: Readings, stated: Stated, read: Sequence[Reading]) -> Verdict | None:
    """Return the verdict by the readings that the claim agrees with: the first that confirms it, otherwise the first
    of all.
    """
    agreeing = [(how, reading) for reading in read if (how := match(stated, reading))]
    for how, reading in agreeing:
        if how.is_sure:
            why = f"{stated.shown} {how.words}: the ledger has {reading.words} for {readings.describe(stated.spot)}."
            return "supported", why
    for _, reading in agreeing[:1]:
        return (
            "not_excluded",
            (
                "Not excluded and not confirmed, because other figures with these digits would agree as well: printed"
                f" {stated.qualifier_text}{stated.shown}; the ledger has {reading.words} for"
                f" {readings.describe(stated.spot)}.{_coincidence(readings, stated)}"
            ),
        )
    return None


def _against(readings: Readings, stated: Stated, read: Sequence[Reading]) -> Verdict:
    """Return the verdict if every reading disagrees: the difference decides whether the claim can be called wrong."""
    words = "; or ".join(reading.words for reading in read)
    both = f"printed {stated.qualifier_text}{stated.shown}; the ledger has {words} for {readings.describe(stated.spot)}"
    if any(distance(stated, reading) <= tolerance(stated, reading) for reading in read) and not stated.qualifier:
        return "not_checkable", f"Unresolved, a difference no larger than silent revisions make: {both}."
    if stated.kind == "tariff" and all(stated.value > reading.loose.high for reading in read):
        # Less than the tariff is assessed wherever a part is free: that contradicts nothing.
        return "not_checkable", f"Not checkable: less was assessed than a tariff of {stated.shown}: {both}."
    mirrored = replace(stated, value=-stated.value)
    is_change = stated.kind in CHANGES and stated.value != 0
    is_mirrored = is_change and any(match(mirrored, reading, plain=True) for reading in read)
    sign = " The sign is the other way round." if is_mirrored else ""
    why = f"{NAMES.get(stated.kind, 'the figure').capitalize()} differs: {both}.{sign}{_needed(readings, stated)}"
    return "contradicted", why


def _needed(readings: Readings, stated: Stated) -> str:
    """Say what would have to be true for a growth to be right, if no nearby place explains it."""
    if stated.kind not in CHANGES or stated.qualifier or stated.value <= -100:
        return ""
    base = _compared(stated)
    now, before = readings.level(stated.spot, exact=True), readings.level(base, exact=True)
    if not now or not before or readings.changes(stated.spot, base):
        return ""
    ratio, measure = 1 + stated.value / 100, stated.spot.measure
    # If the current level is 0, every base gives a fall of 100 %: no base can be named.
    instead = f", or {show_level(now[0].point / ratio, measure)} before" if now[0].point else ""
    needed = f"{show_level(before[0].point * ratio, measure)} now{instead}"
    return f" It fits no figure near by; to be right it would take {needed}."


def direct(readings: Readings, stated: Stated) -> list[Reading]:
    """Return the ledger's readings of the very figure that is claimed."""
    if stated.against is not None:
        return readings.growth(stated.spot, stated.against, printed_too=False)
    return readings.figure(stated.spot, stated.kind.removesuffix("_times"))


def _compared(stated: Stated) -> Spot:
    """Return the period that the claim's is compared with; its own if the figure is not a change."""
    kind = stated.kind.removesuffix("_times")
    return stated.against or (stated.spot.base(kind) if kind in ("mom", "yoy") else stated.spot)


def _missing(readings: Readings, stated: Stated) -> str:
    spot = stated.spot
    if (spot.flow, spot.product) not in readings.covered:
        return f"Not checkable: no release at hand covers {readings.describe(spot)}."
    base = _compared(stated)
    if base != spot and (before := readings.level(base, exact=True)) and not before[0].point:
        return f"Not checkable: there is no growth of what was nothing: {before[0].words}, {readings.describe(base)}."
    what = NAMES.get(stated.kind.removesuffix("_times"), "this figure")
    parts = [(place, levels[0]) for place in dict.fromkeys((spot, base)) if (levels := readings.level(place))]
    if base != spot and len(parts) > 1:
        known = "; ".join(f"{reading.words}, {readings.describe(place)}" for place, reading in parts)
        return (
            f"Not checkable: the printed figures leave too much open for {what} of {readings.describe(spot)}:"
            f" {known}.{_coincidence(readings, stated)}"
        )
    if stated.kind in RATES:
        what += " (the duty is stated by customs of the United States alone)"
    return (
        f"Not checkable: no release at hand gives {what} of {readings.describe(spot)}, nor what it could be computed"
        f" from; months of this series: {known_months(readings, spot)}.{_coincidence(readings, stated)}"
    )


def _coincidence(readings: Readings, stated: Stated) -> str:
    """Name the figure at the same place that has the claim's digits, if these are too few to call it a mix-up."""
    other = at_same_place(readings, stated, match)
    return f" The same digits are {other[0]} ({other[1]})." if other else ""
