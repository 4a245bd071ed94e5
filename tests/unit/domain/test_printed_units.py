"""Printed units, with and without a scale."""

import pytest

from tasks.domain.printed_units import printed_unit


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("Ton", ("kg", 10**3)), ("T", ("kg", 10**3)), ("KG", ("kg", 1)), ("10,000 Tons", ("kg", 10**7)), ("10000T", ("kg", 10**7)), ("1,000 tons", ("kg", 10**6)),
        ("Million Tons", ("kg", 10**9)), ("100 Million PCS", ("item", 10**8)), ("100MN", ("item", 10**8)), ("MN", ("item", 10**6)), ("10000N", ("item", 10**4)),
        ("Thousand Sets", ("item", 10**3)), ("10,000 CBM", ("cubic_metre", 10**4)), ("10000CR", ("carat", 10**4)), ("MKWH", ("kwh", 10**6)), ("1000L", ("litre", 10**3)),
        ("10000SM", ("square_metre", 10**4)), ("10000PR", ("pair", 10**4)), ("100MP", ("pair", 10**8)), ("100 Million Pairs", ("pair", 10**8)), ("Craft", ("item", 1)),
        ("100 kg", ("kg", 100)), ("千克", ("kg", 1)), ("Kangaroos", None), ("10,000 Kangaroos", None), ("10,000", None), ("", None), ("-", None), ("0 Tons", None),
    ],
)  # fmt: skip
def test_a_unit_may_have_a_scale_before_it(text: str, unit: tuple[str, int] | None) -> None:
    assert printed_unit(text) == unit
