"""Printed texts in ASCII, without making digits of what is none."""

import polars as pl
import pytest

from tasks.sources.plain_text import plain_texts


@pytest.mark.parametrize(
    ("printed", "plain"),
    [
        ("８５０５", "8505"), ("－38．1", "-38.1"), ("−5", "-5"), ("\u3000千克\u3000", "千克"), ("a\u200bb\ufeff", "ab"), (" x ", "x"),
        ("353²", "353²"), ("①", "①"), ("½", "½"), ("", ""), ("－", "-"), ("ＵＳＤ～", "USD~"),
    ],
)  # fmt: skip
def test_wide_letters_become_plain_and_nothing_else_becomes_a_digit(printed: str, plain: str) -> None:
    assert plain_texts(pl.Series([printed])).to_list() == [plain]


def test_missing_stays_missing_and_rows_keep_their_order() -> None:
    assert plain_texts(pl.Series([" b", None, "ａ"])).to_list() == ["b", None, "a"]
    assert plain_texts(pl.Series([], dtype=pl.String)).is_empty()
