"""Numbers of a ledger in memory, and claims about them, a line each. `99999999` and `XXX` are in no table of names."""

from fractions import Fraction
from typing import Any

from tasks.claims.readings import Readings
from tasks.claims.statement import Spot, Stated
from tasks.domain.period_words import read_period
from tasks.domain.precision import Interval, Reading
from tasks.domain.reporter import Reporter

PRODUCT, PARTNER = "99999999", "XXX"
JANUARY = 2025 * 12


def spot(months: str = "6", **other: Any) -> Spot:
    """Months of 2025 as `6` or `1-6`, of any year as `2024-06`."""
    if len(months) > 5:
        first, last = read_period(months)
    else:
        first, last = (JANUARY + int(month) - 1 for month in (months.split("-") * 2)[:2])
    return Spot("export", PRODUCT, PARTNER, "quantity_kg", first, last).at(**other)


def claim(text: str, unit: str = "t", kind: str = "level", of: Spot | None = None, **other: Any) -> Stated:
    digits = len(text.partition(".")[2])
    size = {"t": 1000, "kt": 10**6, "USD/t": 1000}.get(unit, 1)
    values = {"qualifier": "", **other}
    number = Fraction(text) if text.lstrip("-").replace(".", "").isdigit() else Fraction(0)
    return Stated(of or spot(), kind, number, Fraction(1, 10**digits), text, unit, size, **values)


def exactly(value: int | str, tier: str = "computed", **other: Any) -> Reading:
    one = Interval(Fraction(value), Fraction(value))
    return Reading(one, one, Fraction(value), tier, f"{value}", **other)


def between(low: int | str, high: int | str, tier: str = "implied", **other: Any) -> Reading:
    one = Interval(Fraction(low), Fraction(high))
    return Reading(one, one, one.middle, tier, f"{low} to {high}", **other)


def _key(place: str | Spot) -> tuple[str, str, str, str, int, int]:
    one = spot(place) if isinstance(place, str) else place
    return (one.flow, one.product, one.partner, one.measure, one.first, one.last)


class Ledger(Readings):
    """Levels in tonnes, a number to the kilogram and a text to its last digit (`{"6": 353, "7": "46.4"}`), 0 without
    trade, growths in per cent to the tenth, rows of `metric`."""

    def __init__(
        self, levels: dict[str | Spot, int | str], growths: dict[str | Spot, str] | None = None,
        metric: dict[str | Spot, dict[str, Any]] | None = None,
    ) -> None:  # fmt: skip
        def step(value: int | str) -> Fraction:
            return Fraction(1 if isinstance(value, int) else Fraction(1000, 10 ** len(value.partition(".")[2])))

        self.numbers = {
            _key(place): (Fraction(value) * 1000, step(value)) for place, value in levels.items() if value != 0
        }
        self.growths = {_key(place): (Fraction(value), Fraction(1, 10)) for place, value in (growths or {}).items()}
        empty = dict.fromkeys(("level", "level_status", "rank", "ytd", "ytd_status"))
        self.metric = {_key(place): empty | row for place, row in (metric or {}).items()}
        self.reporter, self.doubts = Reporter("CHN", "HS8"), None
        self.silent = frozenset(_key(place) for place, value in levels.items() if value == 0)
        self.covered = {(one[0], one[1]) for one in (*self.numbers, *self.metric)}
        self._levels, self._series = {}, {}

    def judged(self, spot: Spot, base: Spot, growth: Reading, otherwise: str) -> Reading:
        """Growths of a ledger in memory have no verdicts, for which the published tables are read."""
        return growth
