"""What is asked for where the request names nothing."""

from datetime import date

import pytest

from schemas.forms.fetch import FetchRequest
from schemas.reference.code_tables import code_table
from tasks.domain.errors import Refused
from tasks.sources.plan import months_of, products_of


def request(**given: object) -> FetchRequest:
    return FetchRequest(source="hmrc_ots", **given)  # type: ignore[arg-type]


def test_otherwise_products_are_the_first_six_digits_of_the_baskets() -> None:
    codes = code_table("baskets")["hs8"].to_list()
    found = products_of(request())
    assert found == sorted({code[:6] for code in codes})
    assert len(found) > 5


def test_codes_of_several_levels_are_refused() -> None:
    with pytest.raises(
        Refused, match=r"products: codes of several levels: 8505, 850511\. Ask for each level by itself"
    ):
        products_of(request(products=["850511", "8505"]))


@pytest.mark.parametrize(
    ("months", "today", "first", "last", "count"),
    [
        (None, date(2026, 3, 1), "2025-01", "2026-02", 14), (None, date(2026, 1, 31), "2025-01", "2025-12", 12),
        ("2025-06", date(2026, 3, 1), "2025-06", "2025-06", 1), ("2024-11..2025-02", date(2026, 3, 1), "2024-11", "2025-02", 4),
        ("2026-03", date(2026, 3, 1), "2026-03", "2026-03", 1),
    ],
)  # fmt: skip
def test_months(months: str | None, today: date, first: str, last: str, count: int) -> None:
    found = months_of(request(months=months), today)
    assert (found[0], found[-1], len(found)) == (first, last, count)


@pytest.mark.parametrize("months", ["2025-06..2025-05", "2026-04", "2026-02..2026-04"])
def test_a_range_that_ends_before_it_begins_or_has_not_begun_is_refused(months: str) -> None:
    with pytest.raises(Refused, match=r"^months: \S+\. Write a range that has begun"):
        months_of(request(months=months), date(2026, 3, 31))
