"""Bounds of checks, by their names."""

import pytest

from tasks.domain.thresholds import threshold, whole_threshold


def test_a_bound_is_the_number_of_its_row_and_one_that_no_row_has_is_refused() -> None:
    assert (threshold("trifle_a_month"), threshold("missing_partner_regular")) == (100_000, 0.75)
    assert type(whole_threshold("trifle_a_month")) is int
    with pytest.raises(LookupError, match=r"has no threshold nothing\. Add a row with its reason\."):
        threshold("nothing")
