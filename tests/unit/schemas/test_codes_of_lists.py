"""Codes of tables go with the national list that their row names."""

import polars as pl
import pytest

from schemas.reference.codes_of_lists import LISTS, is_of_list


@pytest.mark.parametrize(
    ("code", "nomenclature", "fits"),
    [
        ("85", "", True),
        ("8505", "HTS10", True),
        ("850511", "HS6", True),
        ("85051110", "HS8", True),
        ("85051110", "CN8", True),
        ("8505110070", "HTS10", True),
        ("85051110", "HTS10", False),
        ("8505110070", "HS8", False),
        ("85051110", "", False),
        ("850511000", "JP9", True),
    ],
)
def test_a_code_has_the_digits_of_its_list_or_those_of_every_list(code: str, nomenclature: str, *, fits: bool) -> None:
    assert nomenclature in LISTS
    rows = pl.DataFrame({"hs8": [code], "nomenclature": [nomenclature]})
    assert rows.select(is_of_list()).to_series().to_list() == [fits]
