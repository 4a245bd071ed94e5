"""A month of which every number is twice what it should be, and the price of a partner beside its neighbourhood."""

import functools
from random import Random

import pytest
from bad_inputs.download import Record
from bad_inputs.soybeans import in_yuan, record

from tests.unit.checks import found
from tests.unit.checks.found import IMPORTS, said

case = functools.partial(found.case, **IMPORTS)
PARTNERS = [f"{code}" for code in (401, 402, 405, 344, 502, 304)]
MONTHS = [f"2024{month:02d}" for month in range(1, 13)]


def drawn(months: int = 12, times: int = 1, **changed: float) -> list[Record]:
    """Goods of six partners whose prices are within a tenth of one another; June is multiplied, and the value that one
    partner has there: `p401=7.2`."""
    draw = Random(63)
    rows = []
    for month in MONTHS[:months]:
        for partner in PARTNERS:
            mass = draw.randrange(1_000_000, 2_000_000)
            value = round(mass * 4 * draw.uniform(0.9, 1.1))
            in_june = month == "202406"
            value = round(value * changed.get(f"p{partner}", 1)) if in_june else value
            rows.append(record(month, partner, mass * (times if in_june else 1), value * (times if in_june else 1)))
    return rows


CASES = [
    case("as it is", "", in_yuan(drawn())),
    case("June twice", "month_doubled warning", in_yuan(drawn(times=2))),
    case("June three times", "", in_yuan(drawn(times=3))),
    case("of one month nothing says whether its numbers are rounded", "", in_yuan(drawn(times=2)[30:36])),
    # Seven yuan are a dollar: less than seven times is no currency.
    *(case(f"a partner's value x {factor:.3g}", expected, in_yuan(drawn(p401=factor)))
        for factor, expected in ((3.5, ""), (1 / 3.5, ""), (7.2, "unit_value error"), (1 / 7.2, "unit_value error"),
            (10, "unit_value error"), (0.1, "unit_value error"))),
    # Dear for all: the price of the goods is said once, and not of each partner.
    case("all values of June x 7.2", "unit_value error", in_yuan(drawn(**{f"p{code}": 7.2 for code in PARTNERS}))),
    case("a first month says nothing of its prices", "", in_yuan(drawn(months=1))),
]  # fmt: skip


@pytest.mark.parametrize(("expected", "data", "before", "declared"), CASES)
def test_a_number_is_judged_by_its_own_neighbourhood(
    expected: str, data: bytes, before: tuple[found.Earlier, ...], declared: dict[str, object]
) -> None:
    assert said(found.find(data, *before, **declared)) == expected


def test_a_price_that_is_far_names_its_number_and_what_is_usual() -> None:
    (row,) = found.find(in_yuan(drawn(p401=7.2)), **IMPORTS).to_dicts()
    assert (row["products"], row["partners"], f"{row['first_month']}") == (
        ["12019019"],
        [row["partners"][0]],
        "2024-06-01",
    )
    assert 0.9 * 4 * 7.2 <= row["observed_value"] <= 1.1 * 4 * 7.2
    assert 3.4 <= row["expected_value"] <= 4.6
