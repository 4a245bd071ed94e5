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

GOLDEN = Path(__file__).with_name("published_figures_2025.csv")
TONNE = {"level", "ytd", "rolling_12m"}
FEWEST = 50


@pytest.fixture(scope="module")
def metric(sample_store: Path) -> pl.DataFrame:
    return pl.scan_parquet(sample_store / "current" / "metric").filter(pl.col("measure") == "quantity_kg").collect()


def figures(metric: pl.DataFrame, partner: str, month: str, product: str = "85051110") -> dict[str, Any]:
    """One month of one partner, masses in tonnes."""
    period = date.fromisoformat(f"{month}-01")
    row = metric.filter(flow="export", product=product, partner=partner, period=period).row(0, named=True)
    return row | {name: row[name] / 1000 for name in TONNE if row[name] is not None}


def test_every_figure_of_2025_is_within_the_tolerance_of_its_print(metric: pl.DataFrame) -> None:
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


def test_june_2025_is_told_as_the_press_told_it(metric: pl.DataFrame) -> None:
    usa, world = figures(metric, "USA", "2025-06"), figures(metric, "WLD", "2025-06")
    assert (usa["level"], round(usa["mom_pct"], 1)) == (353, 660.8)
    assert (world["level"], round(world["mom_pct"], 1)) == (3188, 157.5)
    assert (world["ytd"], round(world["ytd_yoy_pct"], 1)) == (22319, -18.9)
    assert (round(world["yoy_pct"], 1), world["yoy_status"]) == (-38.1, "implied_base")
    # What the half-year's growth rests on, to the tonne: 32,812 t to July less July's 5,278 t.
    assert figures(metric, "WLD", "2024-06")["ytd"] == 27534
