"""What values mean, in words: each set of terms once, a unit value with those of its value, nothing for quantities."""

import pytest

from tasks.domain.value_terms import in_words, value_terms


@pytest.mark.parametrize(
    ("sources", "flow", "measures", "lines"),
    [
        (["gacc_query", "gacc_bulletin"], "export", ["value_usd"], ["exports in USD: FOB, partner is the last known destination"]),
        (["us_census"], "import", ["value_usd_cif", "value_usd"],
         ["imports in USD: customs value, partner is the origin", "imports in USD: CIF, partner is the origin"]),
        (["us_census"], "export", ["value_usd", "value_usd_cif"], ["exports in USD: FAS, partner is the ultimate destination"]),
        (["gacc_query"], "import", ["unit_value_cny_per_kg"], ["imports in CNY: CIF, partner is the origin"]),
        (["japan_estat"], "export", ["value_jpy"],
         ["exports in JPY: FOB, partner is the last known destination; digits cut off, so a printed 0 may be trade below one step"]),
        (["gacc_query", "published"], "export", ["value_usd"],
         ["exports in USD: FOB, partner is the last known destination", "exports in USD: valuation not stated; rounded or cut off"]),
        (["gacc_query"], "export", ["quantity_kg"], []), ([], "export", ["value_usd"], []),
    ],
)  # fmt: skip
def test_terms_in_words(sources: list[str], flow: str, measures: list[str], lines: list[str]) -> None:
    assert in_words(value_terms(sources, flow, measures)) == lines
