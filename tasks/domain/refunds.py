"""Says of which months duties that were assessed at entry are owed back, because a court took away their ground.

Statistics state what was calculated at entry and are not revised when it is refunded. Belongs here: the months and the
sentence. Rates are in `tasks.analysis.measures.duty`.
"""

from datetime import date

from tasks.domain.periods import month_name, month_number

# The tariffs of the United States under the International Emergency Economic Powers Act, from the first month on. The
# judgment is of 20 February 2026; revision 4 of the tariff schedule of 2026, of 24 February, took them out.
FIRST, LAST = month_number(date(2025, 2, 1)), month_number(date(2026, 2, 1))
KNOWN_ON = "2026-12-01"


def refund_note(first: int, last: int) -> str | None:
    """The sentence on refunds for months (month numbers); None where it concerns none of them."""
    begin, end = max(first, FIRST), min(last, LAST)
    if begin > end:
        return None
    span = month_name(begin) if begin == end else f"{month_name(begin)} to {month_name(end)}"
    return (
        f"of {span}: the duties assessed have tariffs under IEEPA in them, which ended by a judgment of 2026-02-20 and"
        f" are owed back; what was refunded is not taken off (as known on {KNOWN_ON})"
    )
