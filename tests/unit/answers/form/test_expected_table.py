"""The table of expectations on a terminal: the reason where there is none, and the place among the months at hand."""

from datetime import date

import polars as pl
from rich.console import Console

from schemas.table import readers_schema
from tasks.answers.form.expected_table import expected_tables

NAME = "Other soya beans, genetically modified, in a name that is longer than any column of a terminal"


def rows() -> pl.DataFrame:
    """Two months with an expectation, one of them unusual, and one without; and another measure."""
    common = {"flow": "import", "product": "12019019", "partner": "WLD", "measure": "quantity_kg"}
    known = {"status": "expected", "expected": 8.5e9, "low": 7.5e9, "high": 9.5e9, "months": 36}
    made = [
        common | known | {"period": date(2024, 5, 1), "level": 9e9, "unusual": False, "rank": 12},
        common | known | {"period": date(2024, 6, 1), "level": 12e9, "unusual": True, "rank": 1},
        common | {"period": date(2020, 6, 1), "level": 1e9, "status": "too_few_months", "months": 5, "rank": 2},
        common
        | {"period": date(2020, 6, 1), "level": 7e8, "status": "gap", "months": 0, "rank": 1, "measure": "value_usd"},
    ]
    kinds = readers_schema("expectation")
    frame = pl.DataFrame([{name: row.get(name) for name in kinds} for row in made], schema=kinds)
    return frame.with_columns(product_name=pl.lit(NAME))


def printed(width: int, rows_max: int = 40) -> list[str]:
    console = Console(width=width, no_color=True)
    with console.capture() as said:
        for one in expected_tables(rows(), width, rows_max, "CHN"):
            console.print(one)
    return said.get().splitlines()


def test_it_fits_into_a_terminal_and_says_why_nothing_was_expected() -> None:
    for width in (80, 120, 200):
        lines = printed(width)
        assert max(map(len, lines)) <= width
        text = " ".join(" ".join(lines).split())
        assert "China's imports, thousand t, and what was expected of the month" in text
        assert "fewer than 36 months before this one are known" in text
        assert "unusual: outside the 97 % interval" in text
        assert "a month is missing" in text
        assert "2 of 6" in text
        assert "12 of 37" in text
    first = next(line for line in printed(200) if "2024-06" in line)
    numbers = [word for word in first.split() if ",500" in word or ",000" in word]
    assert numbers == ["12,000", "8,500", "7,500", "9,500"]


def test_rows_beyond_the_number_asked_for_are_counted() -> None:
    text = " ".join(printed(200, 2))
    assert "3 rows, the first 2 shown" in text
    assert "2020-06" not in text
    assert "1 row of other directions and measures not shown" in text
    whole = " ".join(printed(200, 3))
    assert "3 rows; 1 row of other directions and measures not shown" in whole
    assert "not shown" not in " ".join(printed(200, 4))
