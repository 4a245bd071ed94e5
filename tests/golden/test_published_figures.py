"""The figures of the press come out: everything printed about rare earth magnets in 2025 that follows from other print.

`published_figures_2025.csv` holds what must come out, with the tolerance that the printed digits allow, in tonnes. The
example holds what goes in.
"""

import csv
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

GOLDEN = Path(__file__).with_name("published_figures_2025.csv")
TONNE = {"level", "ytd", "rolling_12m"}
FEWEST = 50


def figures(metric: pl.DataFrame, partner: str, month: str, product: str = "85051110") -> dict[str, Any]:
    """One month of one partner, masses in tonnes."""
    period = date.fromisoformat(f"{month}-01")
    row = metric.filter(flow="export", product=product, partner=partner, period=period).row(0, named=True)
    return row | {name: row[name] / 1000 for name in TONNE if row[name] is not None}


def test_every_figure_of_2025_is_within_the_tolerance_of_its_print(sample_store: Path) -> None:
    metric = pl.read_parquet(sample_store / "current" / "metric").filter(measure="quantity_kg")
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        expected = list(csv.DictReader(file))
    compared = [(row, figures(metric, row["partner"], row["month"], row["product"])[row["metric"]]) for row in expected]
    off = [
        f"{row['partner']} {row['month']} {row['metric']}: {found}, printed {row['value']} +- {row['tolerance']}"
        for row, found in compared
        if found is None or abs(found - float(row["value"])) > float(row["tolerance"])
    ]
    assert off == []
    assert len(compared) > FEWEST
