"""Of which months duties are owed back."""

from datetime import date

import pytest

from tasks.domain.periods import month_number
from tasks.domain.refunds import refund_note


@pytest.mark.parametrize(
    ("first", "last", "span"),
    [
        ("2025-09", "2025-09", "of 2025-09:"), ("2025-01", "2025-06", "of 2025-02 to 2025-06:"),
        ("2024-01", "2026-06", "of 2025-02 to 2026-02:"), ("2025-01", "2025-01", None), ("2026-03", "2026-04", None),
    ],
)  # fmt: skip
def test_the_months_that_are_owed_back_are_named_with_the_day_of_the_knowledge(
    first: str, last: str, span: str | None
) -> None:
    note = refund_note(*(month_number(date.fromisoformat(f"{one}-01")) for one in (first, last)))
    assert (note is None) == (span is None)
    assert note is None or (note.startswith(span or "") and "as known on 2026-12-01" in note)
