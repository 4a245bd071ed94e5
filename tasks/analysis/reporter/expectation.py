"""Says what a month was expected to be by the months before it, and how far from that it came.

The logarithm of a level is regressed (least squares, statsmodels) on a trend, the month of the year, the days around
the Lunar New Year and the level of the month before, in an unbroken window that ends before the month judged. An
expectation enters no other table and holds no release. Belongs here: the rows of the table `expectation`. Statsmodels
is imported where it is used, because it takes a second.
"""

import functools
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

import polars as pl

from schemas.names import VALUES
from schemas.reference.code_tables import code_table
from schemas.table import polars_schema
from tasks.analysis.reporter.movers import LINE, StoreState
from tasks.domain.classification import BASKET
from tasks.domain.coverage import WORLD
from tasks.domain.growth import growth_pct
from tasks.domain.periods import Month, first_day, month_number
from tasks.domain.units import per_unit
from tasks.store.snapshots.parquet import partition_month

MEASURES = (*VALUES, "quantity_kg")
# An older month says little about the season of today.
WINDOW_MAX, WINDOW_MIN = 96, 36
# Shares of months that lie inside by chance: of the interval, and of the wider one outside of which a month is unusual.
INTERVAL, USUAL = 0.80, 0.97
# Trade slows a week before the Lunar New Year, and runs again two weeks after it.
BEFORE_NEW_YEAR, AFTER_NEW_YEAR = 7, 14
# Errors of logarithms that small are those of the machine's numbers.
ROUNDING = 1e-9
METHOD = "log level: trend, month of the year, Lunar New Year, month before (OLS); seasonal: STL"
Levels = Mapping[int, float | None]


class LevelSeries(NamedTuple):
    """The known levels of a series by month number, and by each month that is followed since when levels are comparable
    with it."""

    levels: Levels
    followed: Mapping[int, date | None]


class Window(NamedTuple):
    """The unbroken levels before a month: the number of the first month, the levels, and a word of `status`."""

    first: int
    levels: list[float]
    status: str


def expectation_rows(state: StoreState, flow: str, months: Sequence[int]) -> pl.DataFrame:
    """Return the rows of the table `expectation` of these months (month numbers) of a direction."""
    rows: list[dict[str, Any]] = []
    for (product, measure), series in _series(state, flow, months).items():
        place = {"flow": flow, "product": product, "partner": WORLD, "measure": measure}
        for month in months:
            if month in series.followed:
                judged = _judged(series.levels, month, series.followed[month])
                rows.append({**place, "period": first_day(month), **judged})
    return pl.DataFrame(rows, schema=polars_schema("expectation"))


def of_month(world: pl.DataFrame, month: int) -> dict[str, Any] | None:
    """Return the columns of an expectation of a month (month number) from the rows of `metric` of one series, or why
    there is none; None where the series has no row of the month."""
    levels = {month_number(period): level for period, level in world.select("period", "level").iter_rows()}
    of_this_month = world.filter(period=first_day(month))
    return _judged(levels, month, of_this_month["comparable_from"][0]) if of_this_month.height else None


def watched(products: Sequence[str], known: Sequence[str], reporter: str, flow: str) -> set[str]:
    """Return what is followed in a month: of the products that are known the codes above all others; of those that are
    there lines, baskets, and what is on the watch list.
    """
    codes, listed = {*known}, code_table("watch_list").filter(pl.col("reporter").is_in(["", reporter]), flow=flow)
    tops = {one for one in codes if one.isdecimal() and not any(one[:length] in codes for length in range(2, len(one)))}
    return tops | ({*listed["product"]} & {*products}) | {one for one in products if one.startswith((LINE, BASKET))}


def _series(state: StoreState, flow: str, months: Sequence[int]) -> dict[tuple[str, str], LevelSeries]:
    """Return by product and measure the levels that these months rest on, and of each month that is followed since when
    they are comparable.
    """
    wanted, reach = {*months}, range(min(months) - WINDOW_MAX, max(months) + 1)
    where = (pl.col("partner") == WORLD) & pl.col("measure").is_in(MEASURES)
    columns = ("product", "measure", "period", "comparable_from", "level")
    now = state.read("metric", lambda part: part[0] == flow and partition_month(part) in wanted, where, columns)
    followed: dict[tuple[str, str], dict[int, date | None]] = defaultdict(dict)
    for (period,), rows in now.select(columns).partition_by("period", as_dict=True).items():
        shown = watched(
            rows["product"].unique().to_list(),
            rows.drop_nulls("level")["product"].unique().to_list(),
            state.reporter,
            flow,
        )
        month = month_number(period)
        for product, measure, _, comparable, _ in rows.filter(pl.col("product").is_in(list(shown))).iter_rows():
            followed[product, measure][month] = comparable
    # The levels alone are a thirtieth of the figures; they are in smallest units.
    where &= pl.col("product").is_in([product for product, _ in followed])
    levels = state.read("record_level", lambda part: part[0] == flow and partition_month(part) in reach, where)
    levels_of: dict[tuple[str, str], dict[int, float]] = defaultdict(dict)
    for product, measure, period, level in levels.select("product", "measure", "period", "level").iter_rows():
        levels_of[product, measure][month_number(period)] = level / per_unit(measure)
    # A measure without any number is another unit.
    return {
        key: LevelSeries(levels_of[key], since)
        for key, since in sorted(followed.items())
        if any(levels_of[key].values())
    }


def window(levels: Levels, month: int, since: date | None) -> Window:
    """Return the unbroken window before a month: without a gap, a zero, or a month before `since`, which means
    something else."""
    status, first, unbroken = "too_few_months", month, list[float]()
    earliest = min(levels, default=month)
    for one in range(month - 1, month - 1 - WINDOW_MAX, -1):
        level = levels.get(one)
        if since is not None and first_day(one) < since:
            status = "definition_break" if earliest <= one else status
            break
        if not level or level < 0:
            status = "gap" if level is None and earliest < one else status if level is None else "zero"
            break
        unbroken.append(level)
        first = one
    return Window(first, unbroken[::-1], "expected" if len(unbroken) >= WINDOW_MIN else status)


def _judged(levels: Levels, month: int, since: date | None) -> dict[str, Any]:
    level, before = levels.get(month), window(levels, month, since)
    row: dict[str, Any] = {
        "level": level,
        "rank": None if level is None else 1 + sum(one > level for one in before.levels),
        "status": before.status,
        "months": len(before.levels),
        "method": METHOD,
        "version": _version(),
        "window_start": first_day(before.first) if before.levels else None,
    }
    if before.status != "expected":
        return row
    try:
        return row | _expected(before, month, level)
    except Undetermined:
        return row | {"status": "not_determined"}


def _expected(before: Window, month: int, level: float | None) -> dict[str, Any]:
    """Return what a window says of the month after it. Raises Undetermined."""
    model = Model(before.first, before.levels)
    expected, error = model.ahead(month)
    ends = {"low": (-1, INTERVAL), "high": (1, INTERVAL), "unusual_low": (-1, USUAL), "unusual_high": (1, USUAL)}
    row: dict[str, Any] = {name: model.bound(expected, error, sign, share) for name, (sign, share) in ends.items()}
    judged = model.past()
    fired = 100 * sum(judged) / len(judged) if judged else None
    row |= {"expected": math.exp(expected), "judged_months": len(judged), "fired_pct": fired}
    if level is not None:
        row["unusual"] = not row["unusual_low"] <= level <= row["unusual_high"]
    if level is not None and level > 0:
        before_it, adjusted = model.adjusted(level)
        row |= {"seasonally_adjusted": adjusted, "seasonally_adjusted_mom_pct": growth_pct(adjusted, before_it)}
    if not all(math.isfinite(value) for value in row.values() if isinstance(value, float)):
        raise Undetermined
    return row


class Undetermined(Exception):
    """The months of a window do not determine its regression, or no number holds what follows from it."""


class Model:
    """The regression of a window: `first` is the number of its first month. Raises Undetermined."""

    def __init__(self, first: int, levels: Sequence[float]) -> None:
        import numpy as np
        from statsmodels.regression.linear_model import OLS

        self.first, self.logs = first, np.log(levels)
        # The first month has none before it.
        self.rows = np.array([self._row(place) for place in range(1, len(levels))])
        if not self._is_determined(len(self.rows)):
            raise Undetermined
        self.fit = OLS(self.logs[1:], self.rows).fit()
        if self.fit.ssr < len(self.rows) * ROUNDING**2:
            # Months without any error leave no measure of what is usual.
            raise Undetermined

    def ahead(self, month: int) -> tuple[float, float]:
        """Return the expected logarithm of the month after the window, and its standard error."""
        prediction = self.fit.get_prediction(self._row(month - self.first))
        return float(prediction.predicted_mean[0]), float(prediction.se_obs[0])

    def bound(self, expected: float, error: float, sign: int, share: float) -> float:
        """Return an end of the interval that holds this share of the months, as a level. Raises Undetermined."""
        try:
            return math.exp(expected + sign * _quantile(share, int(self.fit.df_resid)) * error)
        except OverflowError as overflow:
            raise Undetermined from overflow

    def past(self) -> list[bool]:
        """Return of each month of the window with WINDOW_MIN months before it whether it was unusual by those alone;
        of none before these determine the regression."""
        from statsmodels.regression.linear_model import OLS
        from statsmodels.stats.diagnostic import recursive_olsresiduals

        count, parameters = self.rows.shape
        skip = next(rows for rows in range(WINDOW_MIN - 1, count + 1) if self._is_determined(rows))
        # One alone has no variance, which statsmodels asks for.
        if count <= skip + 1:
            return []
        # Errors one month ahead, in units of the error of the regression, which follows from those before.
        errors = recursive_olsresiduals(self.fit, skip=skip)[4][-(count - skip) :]
        squares = OLS(self.logs[1 : skip + 1], self.rows[:skip]).fit().ssr
        unusual = list[bool]()
        for freedom, error in enumerate(errors, start=skip - parameters):
            unusual.append(bool(abs(error) > _quantile(USUAL, freedom) * math.sqrt(squares / freedom)))
            squares += error**2
        return unusual

    def adjusted(self, level: float) -> list[float]:
        """Return the last level of the window and the one after it without their season and the Lunar New Year."""
        import numpy as np
        from statsmodels.tsa.seasonal import STL

        logs = np.append(self.logs, math.log(level))
        holiday = np.array([new_year_share(self.first + place) for place in range(len(logs))])
        plain = logs - self.fit.params[-2] * holiday
        # A few rounds find the same outliers as the fifteen that are usual, in a tenth of the time.
        seasonal = STL(plain, period=12, robust=True).fit(inner_iter=1, outer_iter=3).seasonal
        return [float(one) for one in np.exp(plain - seasonal)[-2:]]

    def _is_determined(self, count: int) -> bool:
        """Whether the first rows determine the regression: no column follows from the others."""
        import numpy as np

        return bool(np.linalg.matrix_rank(self.rows[:count]) == self.rows.shape[1])

    def _row(self, place: int) -> list[float]:
        month = self.first + place
        season = [float(Month(month).number == number) for number in range(2, 13)]
        return [1.0, place / 12, *season, new_year_share(month), self.logs[place - 1]]


@functools.cache
def new_year_share(month: int) -> float:
    """Return which share of the days around a Lunar New Year a month has, less its share in other years."""
    return days_share(month) - _usual_share(Month(month).number)


@functools.cache
def days_share(month: int) -> float:
    """Return which share of the days around a Lunar New Year a month (month number) has; 0 outside of the table."""
    days = _days_around().get(Month(month).year, [])
    return sum(day.month == Month(month).number for day in days) / (BEFORE_NEW_YEAR + AFTER_NEW_YEAR)


@functools.cache
def _usual_share(number: int) -> float:
    return sum(days_share(Month.of(year, number)) for year in _days_around()) / len(_days_around())


@functools.cache
def _days_around() -> dict[int, list[date]]:
    days = [date.fromisoformat(day) for day in code_table("lunar_new_year")["day"]]
    span = range(-BEFORE_NEW_YEAR, AFTER_NEW_YEAR)
    return {day.year: [day + timedelta(days=one) for one in span] for day in days}


@functools.cache
def _quantile(share: float, freedom: int) -> float:
    from scipy.stats import t

    return float(t.ppf(0.5 + share / 2, freedom))


@functools.cache
def _version() -> str:
    import statsmodels

    return f"statsmodels {statsmodels.__version__}"
