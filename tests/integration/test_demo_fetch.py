"""`make demo-fetch` as a person sees it: its figures are those of the answers that it serves, added up another way."""

import csv
import io
import json
import os
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path

ANSWERS = Path(__file__).parents[1] / "replay" / "answers"
THOUSAND, MILLION = 1000, 1_000_000
Cells = tuple[str, str, Decimal, Decimal]


def comext() -> list[Cells]:
    """Of partners, not of the printed totals."""
    found: Counter[tuple[str, str]] = Counter()
    for row in csv.DictReader(io.StringIO((ANSWERS / "comext.csv").read_text())):
        for partner in {row["partner"], "WLD"} if "EU27" not in row["partner"] else ():
            found[partner, row["indicators"]] += Decimal(row["OBS_VALUE"])
    return [
        ("EU27", ours, Decimal(found[code, "QUANTITY_IN_100KG"]) * 100, Decimal(found[code, "VALUE_IN_EUROS"]))
        for code, ours in (("CN", "CHN"), ("WLD", "WLD"))
    ]


def ots() -> list[Cells]:
    rows = json.loads((ANSWERS / "ots.json").read_text())["value"]
    chinas = [row for row in rows if row["CountryId"] == 720]
    return [
        ("GBR", ours, Decimal(sum(row["NetMass"] for row in some)), Decimal(sum(row["Value"] for row in some)))
        for ours, some in (("CHN", chinas), ("WLD", rows))
    ]


def census() -> list[Cells]:
    header, *rows = json.loads((ANSWERS / "census.json").read_text())
    by_code = {row[0]: dict(zip(header, row, strict=True)) for row in rows}
    return [
        ("USA", ours, Decimal(by_code[code]["GEN_QY1_MO"]), Decimal(by_code[code]["GEN_VAL_MO"]))
        for code, ours in (("5700", "CHN"), ("-", "WLD"))
    ]


def estat() -> list[Cells]:
    rows = list(csv.DictReader(io.StringIO((ANSWERS / "estat.csv").read_text())))
    chinas = [row for row in rows if row["Country"] == "105"]
    return [
        ("JPN", ours, sum(Decimal(row["Quantity2-May"]) for row in some), sum(Decimal(row["Value-May"]) for row in some) * THOUSAND)
        for ours, some in (("CHN", chinas), ("WLD", rows))
    ]  # fmt: skip


def test_five_sources_are_fetched_and_their_figures_are_those_of_the_answers(tmp_path: Path) -> None:
    environment = {name: text for name, text in os.environ.items() if name != "TIDEWAITER_CENSUS_KEY"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.replay", "--folder", tmp_path, "--no-prefect"],
        env={**environment, "COLUMNS": "80", "NO_COLOR": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("1 new; published") == 5
    rows = [line.split() for line in done.stdout.splitlines()]
    for reporter, partner, kilograms, value in (*comext(), *ots(), *census(), *estat()):
        row = next(cells for cells in rows if cells[:1] == [reporter] and partner in cells)
        assert row[-3:-1] == [f"{kilograms / THOUSAND:,.1f}", f"{value / MILLION:,.2f}"], row
    # Printed as 5,000.0 tons and CNY 1.0 x 100 million.
    assert ["CHN", "export", "line:rare_earths", "line", "WLD", "5,000.0", "100.00", "CNY"] in rows
