"""Stores of China and the United States that speak of a drawn trade (SYNTHETIC): goods by hubs, one rerouted."""

import json
import random
from datetime import date
from pathlib import Path
from typing import Any

from tests.unit.published_stores import publish, query_bytes
from tests.unit.sources.census import us_census_answers

# Partner of the tables -> code of the Census Bureau.
CENSUS = {"CHN": "5700", "JPN": "5880", "KOR": "5800", "DEU": "4280"}
HUBS = ("JPN", "KOR", "DEU")
TARGET = "850511"
# Headings that no measure of China's names.
PLACEBOS = tuple(
    f"{heading}{tail}"
    for heading in ("6403", "4202", "6911", "3923", "9403")
    for tail in ("11", "12", "13", "14", "15")
)
FIRST, SINCE, LAST = 2023 * 12, 2025 * 12 + 3, 2025 * 12 + 8
NAMES = [name for name in us_census_answers.NAMES if name != "GEN_QY1_MO_FLAG"]


def detour_stores(folder: Path, placebos: int = len(PLACEBOS), *, national: bool = False) -> Path:
    """From April 2025 on 80 % of the magnets for the United States do not go direct, and three quarters of these go by
    Korea; half of them arrive a month later. Japan and Germany trade as before. `national`: China was asked for one
    national code of each, and has no total of six digits."""
    draw = random.Random(7)
    sold: dict[tuple[str, str, int], int] = {}
    bought: dict[tuple[str, str, int], int] = {}
    for code in (TARGET, *PLACEBOS[:placebos]):
        for month in range(FIRST, LAST + 1):
            direct = round(100_000 * draw.lognormvariate(0, 0.1))
            legs = {hub: [round(20_000 * draw.lognormvariate(0, 0.1)) for _ in range(2)] for hub in HUBS}
            if code == TARGET and month >= SINCE:
                legs["KOR"][0] += 60_000
                legs["KOR"][1] += 60_000 if month > SINCE else 30_000
                direct //= 5
            sold |= {(code, "USA", month): direct} | {(code, hub, month): legs[hub][0] for hub in HUBS}
            bought |= {(code, "CHN", month): direct} | {(code, hub, month): legs[hub][1] for hub in HUBS}
    codes = [TARGET, *PLACEBOS[:placebos]]
    rows = [
        (f"{month // 12}{month % 12 + 1:02d}", code + "10", partner, mass, mass * 10)
        for (code, partner, month), mass in sold.items()
    ]
    asked = [code + "10" for code in codes] if national else codes
    scope: dict[str, Any] = {"flow": "export", "products": asked, "months": "2023-01..2025-09"}
    publish(folder, "CHN", "china.csv", query_bytes(rows), released_on=date(2025, 10, 20), **scope)
    lines = [NAMES]
    for (code, partner, month), mass in bought.items():
        at = f"{month // 12}-{month % 12 + 1:02d}"
        numbers = [str(mass * 11), str(mass * 12), str(mass), "KG"]
        lines.append([CENSUS[partner], partner, *numbers, code + "0070", at, "HS10"])
    data = json.dumps(lines).encode()
    scope = {"flow": "import", "products": codes, "months": "2023-01..2025-09", "released_on": date(2025, 11, 5)}
    publish(folder, "USA", "census.json", data, "us_census", **scope)
    return folder / "store"
