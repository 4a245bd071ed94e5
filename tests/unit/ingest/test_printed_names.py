"""Which name a release prints for which code."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from tasks.ingest.printed_names import language, plain_name, printed_names
from tests.unit.ingest.file_codes import codes_of, landed, reported

MAY, JUNE, DAY = date(2025, 5, 1), date(2025, 6, 1), date(2025, 7, 20)


def names(*records: dict[str, Any], rows: list[int] | None = None) -> list[tuple[Any, ...]]:
    chosen = pl.Series(range(len(records)) if rows is None else rows, dtype=pl.Int64)
    keys = codes_of(*records).keys.filter(pl.col("row").is_in(chosen.implode()))
    found = printed_names(reported(*records), keys, landed())
    return found.select("subject", "code", "classification", "name", "language", "month", "printed_on").rows()


def test_each_name_of_a_code_is_there_once_with_its_newest_month() -> None:
    old, new = {"period": "202505", "product_name": "磁铁"}, {"product_name": "磁铁"}
    assert names(new, old, new | {"product_name": "Magnets", "partner_name": "美国"}) == [
        ("partner", "USA", None, "美国", "zh", JUNE, DAY), ("product", "85051110", "HS8", "Magnets", "en", JUNE, DAY),
        ("product", "85051110", "HS8", "磁铁", "zh", JUNE, DAY),
    ]  # fmt: skip
    assert names(old)[1] == ("product", "85051110", "HS8", "磁铁", "zh", MAY, DAY)


def test_a_code_without_a_name_has_one_row_without_name_month_and_day() -> None:
    assert names({}, {"product_name": "?"}) == [
        ("partner", "USA", None, None, None, None, None), ("product", "85051110", "HS8", None, None, None, None),
    ]  # fmt: skip


def test_only_the_chosen_records_count_and_a_code_that_cannot_be_read_has_no_name() -> None:
    records = ({"product_name": "One"}, {"product": "85051900", "product_name": "Two"}, {"product": "x", "product_name": "Three"})  # fmt: skip
    assert [row[3] for row in names(*records, rows=[1, 2]) if row[0] == "product"] == ["Two"]


@pytest.mark.parametrize(
    ("printed", "plain"),
    [("玻利维亚\n", "玻利维亚"), ("a \t\r\n b", "a b"), ("\ufeffMag\u200bnets", "Magnets"), (" ", ""), (None, None)],
)
def test_a_name_is_one_line_without_invisible_letters(printed: str | None, plain: str | None) -> None:
    assert pl.DataFrame({"name": [printed]}, schema={"name": pl.String}).select(plain_name()).item() == plain


@pytest.mark.parametrize(
    ("name", "expected"),
    [("磁铁 magnets", "zh"), ("Magnets", "en"), ("Ölsaaten", "en"), ("磁石の", None), ("자석", None), ("8505", None), ("?", None), (None, None)],
)  # fmt: skip
def test_the_language_of_a_name(name: str | None, expected: str | None) -> None:
    assert pl.DataFrame({"name": [name]}, schema={"name": pl.String}).select(language()).item() == expected
