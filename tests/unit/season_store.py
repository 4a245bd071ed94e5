"""A store with six years of exports of magnets to one partner: synthetic, with a season, the Lunar New Year and a fall
of half its logarithm from April 2025, when their control took effect."""

import math
import random
from datetime import date
from pathlib import Path

from bad_inputs.download import csv_bytes, magnets

from tasks.analysis.reporter.expectation import new_year_share
from tests.unit.customs import Store

FIRST, LAST = 2020 * 12, 2025 * 12 + 11
SEASON = (0.0, -0.1, 0.05, 0.02, 0.03, 0.08, 0.1, 0.06, 0.04, -0.02, 0.0, 0.07)
CONTROLLED, FALL, HOLIDAY = 2025 * 12 + 3, -0.5, -0.25
DAY = date(2026, 1, 20)


def levels() -> dict[int, int]:
    """Kilograms by month number."""
    drawn = random.Random(1)
    return {
        month: round(
            math.exp(
                13
                + 0.004 * (month - FIRST)
                + SEASON[month % 12]
                + HOLIDAY * new_year_share(month)
                + (FALL if month >= CONTROLLED else 0)
                + drawn.gauss(0, 0.02)
            )
        )
        for month in range(FIRST, LAST + 1)
    }


def season_store(folder: Path, changed: dict[int, int] | None = None) -> Store:
    """The store, with other numbers in some months."""
    store = Store(folder)
    records = [
        magnets("502", str(level), f"{level * 57:,}", f"{month // 12}{month % 12 + 1:02d}")
        for month, level in (levels() | (changed or {})).items()
    ]
    store.ingest(csv_bytes(records), DAY, months="2020-01..2025-12", partners="all", released_on=DAY)
    return store
