"""`make demo-fetch` as a person sees it: it begins with seven countries as `tidewaiter start` does, and its figures are
those of the answers that it serves, added up by hand."""

import os
import subprocess
import sys
from pathlib import Path

# Reporter, partner, tonnes, and value in millions. The union's world is its partners without the printed totals; a port
# of the United Kingdom is a row.
FIGURES = """
EU27 CHN 900.0 31.00
EU27 WLD 1,060.0 45.00
GBR CHN 80.0 2.00
GBR WLD 93.0 2.50
USA CHN 500.0 20.00
USA WLD 570.0 28.00
JPN CHN 250.0 1,000.00
JPN WLD 254.0 1,040.00
BRA CHN 50.0 1.70
BRA WLD 52.0 1.88
HKG CHN 80.0 18.00
HKG WLD 85.0 24.20
"""
# What moved: one of the imports of the United States halved, those of Brazil and Hong Kong doubled.
MOVED = {"The United States' imports": "-50.0", "Brazil's imports": "+100.0", "Hong Kong, China's imports": "+100.0"}


def test_seven_sources_are_fetched_and_their_figures_are_those_of_the_answers(tmp_path: Path) -> None:
    environment = {name: text for name, text in os.environ.items() if name != "TIDEWAITER_CENSUS_KEY"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.replay", "--folder", tmp_path, "--no-prefect"],
        env={**environment, "COLUMNS": "80", "NO_COLOR": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(": 1 new\n") + done.stdout.count(": 2 new\n") == 7
    for title, growth in MOVED.items():
        below = done.stdout.partition(f"{title} in May 2025 against the month before")[2]
        assert growth in below.split("\n\n")[0] + below.split("\n\n")[1], title
    rows = [line.split() for line in done.stdout.splitlines()]
    for reporter, partner, *figures in map(str.split, FIGURES.strip().splitlines()):
        row = next(cells for cells in rows if cells[:1] == [reporter] and partner in cells)
        assert row[-3:-1] == figures, row
    # Printed as 5,000.0 tons and CNY 1.0 x 100 million.
    assert ["CHN", "export", "line:rare_earths", "line", "WLD", "5,000.0", "100.00", "CNY"] in rows
