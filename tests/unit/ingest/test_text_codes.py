"""Texts in numbers say what the texts said."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tasks.ingest import text_codes
from tasks.ingest.text_codes import code, distinct, retold, take
from tests.draws import draws

TEXTS = st.lists(st.one_of(st.none(), st.sampled_from(["", "a", "b", " b", "85051110"])), max_size=12)


@draws(100)
@given(TEXTS)
def test_each_row_keeps_its_text_and_each_text_has_one_number(texts: list[str | None]) -> None:
    column = pl.Series(texts, dtype=pl.Categorical)
    for coded, expected in (
        (code(column), texts),
        (retold(code(column), code(column).texts.str.strip_chars()), [text and text.strip() for text in texts]),
    ):
        assert take(coded.texts.to_frame("text"), coded.numbers)["text"].to_list() == expected
        assert coded.texts.n_unique() == len(coded.texts) == len(set(expected))


@draws(100)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(0, 2)), min_size=1, max_size=12), st.booleans()
)
def test_combined_numbers_are_in_the_order_of_their_parts(rows: list[tuple[int, int, int]], crowded: bool) -> None:
    columns = [pl.Series(part) for part in zip(*rows, strict=True)]
    # With so much room for each, the numbers of the first two are numbered anew before the third is added.
    room = 2**30 if crowded else 5
    combined = text_codes.combine((column, room) for column in columns)
    assert [rows[place] for place in combined.numbers.arg_sort()] == sorted(rows)
    assert len(set(combined.numbers)) == len(set(rows))
    assert 0 <= combined.numbers.min() <= combined.numbers.max() < combined.limit <= text_codes.COUNT_MAX
    numbers, first = distinct(*combined)
    assert [rows[first[number]] for number in numbers] == rows
