"""Defines how each metric follows from its operands, for a trace to recompute it.

Independent of the loops that publish the metrics: exact fractions, one metric at a time, and no import of their code,
so that an error in them is found. A recipe is the formula in words, the names of the operands, and the function. The
name of an operand gives its number and month: `level` of the month itself, `level@-12` a year before, `months@series`
each month of the unbroken series, `added@-11:0` each of the last twelve months; with `world_` before it that of all
partners together, with `partners_` that of each partner with a place.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from schemas.forms.trace import Operand
from tasks.domain.coverage import FIGURES_LOOK_BACK
from tasks.domain.periods import Month, first_day, month_number
from tasks.domain.units import RATIOS
from tasks.lineage.point import Point


@dataclass
class ExactOperand:
    """An operand with its exact value and its kinds of release."""

    shown: Operand
    exact: Fraction | None
    point: Point
    kinds: frozenset[str]


def first_month(point: Point, name: str) -> int:
    """The first month of an operand."""
    what, _, shift = name.partition("@")
    if what.endswith("ytd"):
        return Month(point.month + int(shift or 0)).january
    return point.month + (0 if shift == "series" else int(shift.split(":")[0] or 0))


def months_of(point: Point, text: str, row: dict[str, Any]) -> range:
    """The months after the @ of an operand's name: `series`, or the first and the last as offsets from the point."""
    if text == "series":
        start = row["series_start"]
        return range(month_number(start) if start else point.month, point.month + 1)
    first, last = map(int, text.split(":"))
    return range(point.month + first, point.month + last + 1)


def months_behind(figure: str, point: Point) -> list[int]:
    """The months on whose numbers a figure rests; of a record, which goes back far, those of two years."""
    _, names, _ = RECIPES[figure]
    months = {point.month}
    for name in names:
        what, _, shift = name.partition("@")
        if ":" in shift:
            months |= {*months_of(point, shift, {})}
        elif shift == "series":
            months |= {*range(point.month - FIGURES_LOOK_BACK, point.month)}
        else:
            last = point.month + int(shift or 0)
            months |= {*range(first_month(point, name), last + 1)} if what.endswith("ytd") else {last}
    return sorted(months)


def _growth(operands: list[ExactOperand], point: Point) -> Fraction | None:
    return _growth_on(operands[0].exact, operands[1].exact)


def _growth_on(now: Fraction | None, base: Fraction | None) -> Fraction | None:
    return None if now is None or not base else (now / base - 1) * 100


def _first(operands: list[ExactOperand], point: Point) -> Fraction | None:
    return operands[0].exact


def _rolling(operands: list[ExactOperand], point: Point) -> Fraction | None:
    if any(known.exact is None for known in operands):
        return None
    sums: dict[str, Fraction] = {}
    for known in operands:
        sums[known.point.measure] = sums.get(known.point.measure, Fraction(0)) + (known.exact or 0)
    if point.measure not in RATIOS:
        return sums[point.measure]
    value, mass = (sums[measure] for measure in RATIOS[point.measure])
    return value / mass if mass else None


def _average(operands: list[ExactOperand], point: Point) -> Fraction | None:
    total = _rolling(operands, point)
    return total if total is None or point.measure in RATIOS else total / len({known.point.month for known in operands})


def _rolling_growth(operands: list[ExactOperand], point: Point) -> Fraction | None:
    year_ago = point.month - 12
    before = _rolling([known for known in operands if known.point.month <= year_ago], point)
    now = _rolling([known for known in operands if known.point.month > year_ago], point)
    return _growth_on(now, before)


def _share(operands: list[ExactOperand], point: Point) -> Fraction | None:
    half = len(operands) // 2
    part, whole = _rolling(operands[:half], point), _rolling(operands[half:], operands[-1].point)
    return None if part is None or not whole else part / whole * 100


def _rank(operands: list[ExactOperand], point: Point) -> Fraction | None:
    by_partner: dict[str, list[ExactOperand]] = {}
    for known in operands:
        by_partner.setdefault(known.point.partner, []).append(known)
    sums = {partner: _rolling(of_it, point) for partner, of_it in by_partner.items()}
    level = sums[point.partner]
    return Fraction(1 + sum(1 for other in sums.values() if level is not None and other is not None and other > level))


def _contribution(operands: list[ExactOperand], point: Point) -> Fraction | None:
    third = len(operands) // 3
    now, before, world = (_rolling(operands[start : start + third], point) for start in (0, third, 2 * third))
    return None if now is None or before is None or not world else (now - before) / world * 100


def _since(sign: int) -> Callable[[list[ExactOperand], Point], Any]:
    def latest(operands: list[ExactOperand], point: Point) -> date | None:
        level = operands[-1].exact
        assert level is not None
        months = [
            known.point.month
            for known in operands[:-1]
            if known.exact is not None and sign * known.exact >= sign * level
        ]
        return first_day(max(months)) if months else None

    return latest


RECIPES: dict[str, tuple[str, tuple[str, ...], Callable[[list[ExactOperand], Point], Any]]] = {
    "level": ("the number of the month", ("level",), _first),
    "mom_pct": ("(level / level of the month before - 1) x 100", ("level", "level@-1"), _growth),
    "yoy_pct": ("(level / level of the same month a year before - 1) x 100", ("level", "level@-12"), _growth),
    "ytd": ("January to this month", ("ytd",), _first),
    "ytd_yoy_pct": ("(ytd / ytd a year before - 1) x 100", ("ytd", "ytd@-12"), _growth),
    "rolling_12m": ("twelve months added up; of a unit value: value by mass", ("added@-11:0",), _rolling),
    "rolling_12m_yoy_pct": ("(twelve months / the twelve before - 1) x 100", ("added@-23:0",), _rolling_growth),
    "average_3m": ("three months added up / 3; of a unit value: value by mass", ("added@-2:0",), _average),
    "average_3m_yoy_pct": (
        "(three months / the same three a year before - 1) x 100",
        ("added@-14:-12", "added@-2:0"),
        _rolling_growth,
    ),
    "share_pct": ("level / world level x 100", ("level", "world_level"), _share),
    "of_consumption_pct": (
        "level / imports for consumption of the same goods, partner and month x 100",
        ("level", "consumption"),
        _share,
    ),
    "rank": ("one more than the partners with a higher level", ("partners_level",), _rank),
    "contribution_mom_pp": (
        "(level - month before) / world of the month before x 100",
        ("level", "level@-1", "world_level@-1"),
        _contribution,
    ),
    "contribution_yoy_pp": (
        "(level - year before) / world of the year before x 100",
        ("level", "level@-12", "world_level@-12"),
        _contribution,
    ),
    "ytd_share_pct": ("ytd / world ytd x 100", ("ytd", "world_ytd"), _share),
    "ytd_rank": ("one more than the partners with a higher ytd", ("partners_ytd",), _rank),
    "ytd_contribution_pp": (
        "(ytd - ytd of the year before) / world ytd of the year before x 100",
        ("ytd", "ytd@-12", "world_ytd@-12"),
        _contribution,
    ),
    "rolling_12m_share_pct": (
        "twelve months / twelve months of the world x 100",
        ("added@-11:0", "world_added@-11:0"),
        _share,
    ),
    "rolling_12m_rank": ("one more than the partners with more in twelve months", ("partners_added@-11:0",), _rank),
    "rolling_12m_contribution_pp": (
        "(twelve months - the twelve before) / the world's twelve before x 100",
        ("added@-11:0", "added@-23:-12", "world_added@-23:-12"),
        _contribution,
    ),
    "highest_since": ("latest earlier month at least as high", ("months@series",), _since(1)),
    "lowest_since": ("latest earlier month at least as low", ("months@series",), _since(-1)),
}
