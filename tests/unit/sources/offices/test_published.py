"""Figures that others printed, collected by hand: each goes where its measure says, and names its source."""

import polars as pl
import pytest

from tasks.sources.registry import SOURCES
from tests.unit.sources.offices.press_files import PUBLISHED, row
from tests.unit.sources.reading import rule_of


def test_published_figures_go_where_their_measure_says() -> None:
    lines = (
        row(),
        row("value", value="12.5,USD million", place="WLD,2025-01..2025-06"),
        row("quantity_yoy", value="-38.1,%", note="a note"),
    )
    reported = SOURCES["published"].parse((PUBLISHED + "".join(lines)).encode(), "f.csv").reported
    names = ("quantity", "quantity_unit", "value", "currency", "quantity_yoy", "note")
    assert reported.select(pl.col(names).cast(pl.String)).rows() == [
        ("353", "t", None, None, None, ""),
        (None, None, "12.5", "USD million", None, ""),
        (None, None, None, None, "-38.1", "a note"),
    ]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (PUBLISHED, "no records"),
        (PUBLISHED.replace(",note", ""), "columns"),
        (PUBLISHED.replace(",note", ",note,mood"), "columns"),
        (PUBLISHED + row("price"), "measure"),
        (PUBLISHED + row("quantity_yoy"), "unit of growth"),
        *(
            (PUBLISHED + row(source=source), "no source")
            for source in (",https://a.example", "A, ", "A,-", "?,https://a.example")
        ),
    ],
)
def test_published_files_of_another_layout_or_without_a_source_are_refused(text: str, rule: str) -> None:
    assert rule_of("published", text.encode()) == rule
