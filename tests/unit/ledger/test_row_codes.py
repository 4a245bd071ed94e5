"""Keys as numbers: they tell rows apart and order them as the texts themselves do."""

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.ledger import row_codes
from tasks.ledger.row_codes import in_order_of, numbered
from tests.draws import draws

SCHEMA = {"text": pl.String, "day": pl.Date, "number": pl.Int64, "same": pl.String}
ROWS = st.lists(
    st.tuples(
        st.sampled_from((None, "", "a", "B", "b", "é", "ab", "税")),
        st.sampled_from((None, date(1969, 12, 31), date(2025, 1, 1), date(2025, 1, 31))),
        st.sampled_from((None, -(2**60), -1, 0, 2**60)),
        st.just("x"),
    ),
    max_size=25,
)
Row = tuple[Any, ...]


def _place(row: Row) -> list[tuple[bool, Any]]:
    """What Python sorts by: missing first, texts by their code points."""
    return [(part is not None, part if part is not None else 0) for part in row]


def _table(rows: list[Row]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


@pytest.mark.parametrize("most", [row_codes.CODES_MAX, 10])
@given(ROWS, ROWS)
@draws(60)
def test_codes_compare_as_the_rows_do_over_two_tables(most: int, one: list[Row], other: list[Row]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_codes, "CODES_MAX", most)
        codes = row_codes.coded(list(SCHEMA), _table(one), _table(other))
    assert [part.len() for part in codes] == [len(one), len(other)]
    told = list(zip([*codes[0], *codes[1]], [*one, *other], strict=True))
    for code, row in told:
        for code_2, row_2 in told:
            assert (code < code_2) == (_place(row) < _place(row_2))
            assert (code == code_2) == (row == row_2)


@given(ROWS)
@draws(60)
def test_the_distinct_rows_are_numbered_in_their_order(rows: list[Row]) -> None:
    numbers, firsts = numbered(list(SCHEMA), _table(rows))
    distinct = sorted(set(rows), key=_place)
    assert [rows[place] for place in firsts] == distinct
    assert numbers.to_list() == [distinct.index(row) for row in rows]


@given(ROWS)
@draws(30)
def test_rows_in_the_order_of_their_codes(rows: list[Row]) -> None:
    table = _table(rows)
    assert in_order_of(row_codes.coded(list(SCHEMA), table)[0], table).rows() == sorted(rows, key=_place)
