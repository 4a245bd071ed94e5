"""What adapters share: texts in plain letters, the shape of their records, what is asked for where nothing is named."""

from datetime import date

import polars as pl
import pytest
from pandera.errors import SchemaError, SchemaErrors

from schemas.forms.fetch import FetchRequest
from schemas.reference.code_tables import code_table
from schemas.table import polars_schema
from schemas.tables.release import Reported
from tasks.domain.errors import Refused
from tasks.sources.adapter.protocol import months_of, products_of, short
from tasks.sources.adapter.records import as_reported
from tasks.sources.formats.csv import plain_texts


def test_missing_columns_are_null_others_are_left_out_and_the_order_is_that_of_the_table() -> None:
    found = as_reported(pl.DataFrame({"value": ["1"], "mood": ["good"], "record": [1], "partner": ["502"]}))
    assert dict(found.schema) == polars_schema("reported")
    row = {name: text for name, text in found.row(0, named=True).items() if text is not None}
    assert row == {"record": 1, "partner": "502", "value": "1"}
    with pytest.raises((SchemaError, SchemaErrors)):
        Reported.validate(as_reported(pl.DataFrame({"record": [0]})), lazy=True)


def test_wide_letters_become_plain_and_nothing_else_becomes_a_digit() -> None:
    plain = {
        "８５０５": "8505",
        "－38．1": "-38.1",
        "−5": "-5",
        "\u3000千克\u3000": "千克",
        "a\u200bb\ufeff": "ab",
        " x ": "x",
        "353²": "353²",
        "①": "①",
        "½": "½",
        "": "",
        "－": "-",
        "ＵＳＤ～": "USD~",
        None: None,
    }
    assert plain_texts(pl.Series([*plain])).to_list() == [*plain.values()]


def request(**given: object) -> FetchRequest:
    return FetchRequest(source="hmrc_ots", **given)  # type: ignore[arg-type]


def test_products_are_of_one_level_and_otherwise_the_first_six_digits_of_the_baskets() -> None:
    found = products_of(request())
    assert found == sorted({code[:6] for code in code_table("baskets")["hs8"]})
    assert len(found) > 5
    assert [short(["a", "b", "c", "d"][:count]) for count in (1, 3, 4)] == ["a", "a-b-c", "a-b-c-and-1-more"]
    with pytest.raises(
        Refused, match=r"products: codes of several levels: 8505, 850511\. Ask for each level by itself"
    ):
        products_of(request(products=["850511", "8505"]))


@pytest.mark.parametrize(
    ("months", "today", "first", "last", "count"),
    [
        (None, date(2026, 3, 1), "2025-01", "2026-02", 14),
        (None, date(2026, 1, 31), "2025-01", "2025-12", 12),
        ("2025-06", date(2026, 3, 1), "2025-06", "2025-06", 1),
        ("2024-11..2025-02", date(2026, 3, 1), "2024-11", "2025-02", 4),
        ("2026-03", date(2026, 3, 1), "2026-03", "2026-03", 1),
    ],
)
def test_months(months: str | None, today: date, first: str, last: str, count: int) -> None:
    found = months_of(request(months=months), today)
    assert (found[0], found[-1], len(found)) == (first, last, count)


@pytest.mark.parametrize("months", ["2025-06..2025-05", "2026-04", "2026-02..2026-04"])
def test_a_range_that_ends_before_it_begins_or_has_not_begun_is_refused(months: str) -> None:
    with pytest.raises(Refused, match=r"^months: \S+\. Write a range that has begun"):
        months_of(request(months=months), date(2026, 3, 31))
