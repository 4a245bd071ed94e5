"""Gives the current day in the time zone of the customs authority."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

CUSTOMS_TIME = ZoneInfo("Asia/Shanghai")


def today() -> date:
    """The current day in China.

    Release days are days in China. On a China morning it is still yesterday elsewhere, so a release of today would lie
    in the future.
    """
    return datetime.now(CUSTOMS_TIME).date()
