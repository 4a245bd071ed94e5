"""Says which months the online query of China customs had opened on a day."""

from datetime import date

from schemas.reference.code_tables import code_table
from tasks.domain.periods import first_day, month_number


def last_opened(day: date) -> date:
    """First day of the last month that the online query had on `day`.

    Where the calendar has no entry, the rule applies: a month opens on the 20th of the next, January with February.
    """
    month = month_number(day) - 1
    rows = code_table("release_calendar").filter(kind="query")
    known = {
        (int(year), int(number)): on for year, number, on in rows.select("year", "month", "expected_on").iter_rows()
    }
    while True:
        year, number = month // 12, month % 12 + 1
        rule = first_day(month + (2 if number == 1 else 1)).replace(day=20).isoformat()
        if known.get((year, number), rule) <= day.isoformat():
            return first_day(month)
        month -= 1
