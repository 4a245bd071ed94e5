"""Which day it is where releases are made."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

CUSTOMS_TIME = ZoneInfo("Asia/Shanghai")


def today() -> date:
    """The day by the customs' clock. Days of release are days there, and in their morning it is still yesterday elsewhere: what
    they release today would lie in the future."""
    return datetime.now(CUSTOMS_TIME).date()
