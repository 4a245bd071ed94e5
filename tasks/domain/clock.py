"""Gives the current day in the time zone of the customs authority."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

CUSTOMS_TIME = ZoneInfo("Asia/Shanghai")


def read_day(text: str, *, may_come: bool = False) -> date:
    """Return the day of a text such as `2025-06-30`, which must not be in the future unless it `may_come`. Raises
    ValueError."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no day; write it as 2025-06-30") from error
    if day > today() and not may_come:
        raise ValueError(f"{day} has not come yet: by the customs' clock, in Beijing (UTC+8), it is {today()}")
    return day


def noon(day: date) -> datetime:
    """The middle of a day in China, for what is known to the day alone."""
    return datetime.combine(day, time(12), CUSTOMS_TIME)


def today() -> date:
    """The current day in China.

    Release days are days in China. On a China morning it is still yesterday elsewhere, so a release of today would lie
    in the future.
    """
    return datetime.now(CUSTOMS_TIME).date()
