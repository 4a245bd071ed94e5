"""A total of nothing is a number: nothing divides by it, and nothing that is said of it is `nan` or `inf`."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl
from bad_inputs.download import QUANTITY, Record, csv_bytes, figures, magnets
from hypothesis import given
from hypothesis import strategies as st

from tests.draws import draws
from tests.unit.checks.found import PRINTED, find, said

JULY_18, OTHER = date(2025, 7, 18), "85051190"
NO_NUMBER = re.compile(r"\b(nan|inf|NaN|Infinity)\b", re.IGNORECASE)
NOTHING = magnets("502", "0", "0")


def assert_numbers(rows: pl.DataFrame) -> None:
    for text in [*rows["observed"], *rows["expected"]]:
        assert not NO_NUMBER.search(text), text


def raised(now: Sequence[Record], before: Sequence[Record], **declared: Any) -> pl.DataFrame:
    """What is found about a release after another one; none of it says what is no number."""
    told = {"partners": "all", **declared}
    rows = find(csv_bytes(now), (csv_bytes(before), told | {"released_on": JULY_18}), **told)
    assert_numbers(rows)
    return rows


def test_of_a_month_in_which_nothing_was_traded_nobody_and_nothing_is_missed() -> None:
    """Nothing of nothing is gone; what follows is no crash either."""
    assert said(raised([magnets("304", "0", "0")], [NOTHING, magnets("304", "0", "0")])) == ""
    assert said(raised([(NOTHING[0], OTHER, *NOTHING[2:])], [NOTHING], products=("8505",))) == ""


records = st.lists(
    st.builds(
        lambda month, product, partner, amounts: (
            month, product, *magnets(partner)[2:QUANTITY], amounts[0], "千克", "0", "?", amounts[1],
        ),
        st.sampled_from(("202404", "202504", "202505", "202506")), st.sampled_from(("85051110", OTHER)),
        st.sampled_from(("502", "304", "116")),
        st.tuples(st.sampled_from(("0", "0", "1", "353000")), st.sampled_from(("0", "0", "1", "20,121,000"))),
    ),
    min_size=1, max_size=8, unique_by=lambda record: record[:4],
)  # fmt: skip
prints = st.lists(
    st.builds(
        lambda period, measure, amount, day: (
            f"export,85051110,USA,{period},{measure[0]},{amount[measure[2]]},{measure[1]},{day}"
        ),
        st.sampled_from(("2024-05", "2024-06", "2024-01..2024-06", "2025-05", "2025-06", "2025-01..2025-06")),
        st.sampled_from((("quantity", "t", 0), ("quantity_yoy", "%", 1))),
        st.tuples(st.sampled_from(("0", "0.001", "353")), st.sampled_from(("-100", "-99.5", "-99", "0", "660"))),
        st.sampled_from(("2025-07-18", "2025-07-20")),
    ),
    min_size=1, max_size=6, unique_by=lambda line: (*line.split(",")[3:5], line.split(",")[7]),
)  # fmt: skip


@draws(16)
@given(now=records, before=records, partners=st.sampled_from(("all", "listed")))
def test_no_check_divides_by_nothing(now: list[Record], before: list[Record], partners: str) -> None:
    raised(now, before, products=("8505",), partners=partners)


@draws(16)
@given(now=prints, before=prints)
def test_no_check_of_printed_figures_divides_by_nothing(now: list[str], before: list[str]) -> None:
    assert_numbers(find(figures(*now), (figures(*before), PRINTED), **PRINTED))
