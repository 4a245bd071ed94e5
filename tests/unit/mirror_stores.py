"""Stores of China and of Germany that speak of the same trade in magnets."""

from datetime import date
from pathlib import Path
from typing import Any

from bad_inputs.download import csv_bytes, magnets

from tests.unit.published_stores import of_germany, publish
from tests.unit.sources.eurostat.comext_answers import MASS, VALUE

# Germany's 50,000 euros are 56,400 and 57,600 dollars in these months, 6.5 % of them freight.
SOLD = {"202504": (500_000, "90,000"), "202505": (209_000, "53,000"), "202506": (764_000, "54,000")}
OF_MAGNETS: dict[str, Any] = {"products": ["850511"]}


def bought(month: str, mass: str | int, value: str = "50000") -> bytes:
    """What Germany bought of China: value in euros, mass in hundreds of kilograms."""
    return of_germany(month, ("CN", VALUE, value), ("CN", MASS, str(mass)))


def china_and_germany(folder: Path) -> Path:
    """China's exports to Germany and Hong Kong in three months, and what Germany bought of China in the last two."""
    records = [magnets("304", str(mass), value, month) for month, (mass, value) in SOLD.items()]
    records += [magnets("110", "20000", "900", month) for month in SOLD]
    query = {"flow": "export", "months": "2025-04..2025-06", "released_on": date(2025, 7, 20), **OF_MAGNETS}
    publish(folder, "CHN", "china.csv", csv_bytes(records), **query)
    for month, mass in (("2025-05", 2150), ("2025-06", 7400)):
        publish(folder, "DEU", f"germany-{month}.csv", bought(month, mass), "eurostat_comext")
    return folder / "store"
