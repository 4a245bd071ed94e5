"""Formats rows of the table `expectation` for a terminal: what each month was expected to be, or why there is no
expectation, and its place among the months at hand.

All other formats have every column and every digit.
"""

from collections.abc import Iterator
from typing import Any

import polars as pl
from rich.console import Group

from schemas.names import EXPECTATIONS
from tasks.answers.form.tables import NONE, scale_of, table, with_notes_below
from tasks.domain.labels import capitalised, trade_of
from tasks.domain.numbers import amount
from tasks.domain.text import counted

NUMBERS = ("level", "expected", "low", "high")
TITLES = {"level": "month", "expected": "expected", "low": "80 % from", "high": "to", "rank": "rank"}
NOTE = "note"
# Larger numbers are shown in thousands, and longer names cut.
THOUSANDS_MIN, NAME_MAX = 1e6, 40


def expected_tables(rows: pl.DataFrame, width: int, rows_max: int, reporter: str = "") -> Iterator[Group]:
    """Yield a table for each direction and measure of rows with the column product_name, of at most `rows_max` rows
    together."""
    left = rows_max
    groups = rows.partition_by("flow", "measure", as_dict=True, maintain_order=True)
    behind = rows.height
    for (flow, measure), some in groups.items():
        shown = some.head(left)
        left -= shown.height
        behind -= some.height
        factor, unit = scale_of(str(measure))
        largest = some.select(pl.max_horizontal(pl.col(NUMBERS).max())).item()
        if (largest or 0) * factor >= THOUSANDS_MIN:
            factor, unit = factor / 1000, f"thousand {unit}"
        columns = _columns(shown.to_dicts(), factor)
        columns, notes = with_notes_below(columns, NOTE, width)
        more = f", the first {shown.height} shown" if shown.height < some.height else ""
        if left <= 0 and behind:
            more += f"; {counted(behind, 'row')} of other directions and measures not shown"
        yield table(
            columns,
            above=f"{capitalised(trade_of(reporter, str(flow)))}, {unit}, and what was expected of the month",
            right=[*TITLES.values()],
            below=[*notes, f"{counted(some.height, 'row')}{more}; all columns with --format csv"],
        )
        if left <= 0:
            return


def _columns(rows: list[dict[str, Any]], factor: float) -> dict[str, list[str]]:
    columns = {"": [_name(row) for row in rows], "period": [f"{row['period']:%Y-%m}" for row in rows]}
    for name in NUMBERS:
        cells = [NONE if row[name] is None else amount(row[name] * factor) for row in rows]
        if name == "level" or {*cells} != {NONE}:
            columns[TITLES[name]] = cells
    columns[TITLES["rank"]] = [NONE if row["rank"] is None else f"{row['rank']} of {row['months'] + 1}" for row in rows]
    return columns | {NOTE: [_note(row) for row in rows]}


def _name(row: dict[str, Any]) -> str:
    name = row.get("product_name") or ""
    short = name if len(name) <= NAME_MAX else name[: NAME_MAX - 1] + "…"
    return f"{short} ({row['product']})" if name else str(row["product"])


def _note(row: dict[str, Any]) -> str:
    if row["status"] != "expected":
        return EXPECTATIONS[row["status"]].partition(":")[0]
    return "unusual: outside the 97 % interval" if row["unusual"] else ""
