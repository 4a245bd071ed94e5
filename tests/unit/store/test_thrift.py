"""What is read of an encoded structure and written again are the same bytes, whatever the fields are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.store.thrift import BINARY, DOUBLE, I64, LIST, MAP, STRUCT, TRUE, read_struct, write_struct

numbers = st.integers(-(2**63), 2**63 - 1)
plain = st.one_of(
    st.tuples(st.just(I64), numbers), st.tuples(st.just(BINARY), st.binary(max_size=200)),
    st.tuples(st.just(DOUBLE), st.floats(allow_nan=False)),
    st.tuples(st.just(LIST), st.tuples(st.just(I64), st.lists(numbers, max_size=20))),
)  # fmt: skip
fields = st.dictionaries(st.integers(1, 300), plain, max_size=8)


@given(st.dictionaries(st.integers(1, 300), st.one_of(plain, st.tuples(st.just(STRUCT), fields)), max_size=8))
def test_a_structure_survives(made: dict[int, tuple[int, object]]) -> None:
    data = write_struct(made)
    found, end = read_struct(data + b"more")
    assert (found, end) == (made, len(data))


def test_the_bytes_are_those_of_the_protocol() -> None:
    """Worked by hand from the specification of the compact protocol."""
    # Field 1, i64 -1: zigzag 1. Field 2, text "ab". Field 20, true: 18 further, so its number (zigzag 40) follows the head.
    made = {1: (I64, -1), 2: (BINARY, b"ab"), 20: (TRUE, True)}
    data = bytes([0x16, 0x01, 0x18, 0x02]) + b"ab" + bytes([0x01, 0x28, 0x00])
    assert write_struct(made) == data
    assert read_struct(data) == (made, len(data))


def test_a_type_that_footers_do_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match=f"type {MAP} at byte 1"):
        read_struct(bytes([0x10 | MAP, 0]))
