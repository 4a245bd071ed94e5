"""A store of graphite with one growth that is not to be quoted, and one that is quoted with care: synthetic.

The United States took 1,223 t in each month of a year, 25 kg in May 2025 and 1,700 t in June: 6,800,000 %. All partners
together took a sixth of the usual in May, so that the world's +361.7 % is from an unusually low base.
"""

import re
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from bad_inputs.download import csv_bytes
from customs import LATER, Store

from tasks.domain.errors import Held
from tasks.domain.labels import check_words
from tasks.ledger.doubts import Doubts

CODE, JUNE = "25041010", "2025-06"
USA, OTHERS = "502", ("304", "133", "116", "305", "110", "307", "303", "122", "141", "136", "112")
USUAL = {month: {USA: 1_223_000} | dict.fromkeys(OTHERS, 290_000) for month in range(202401, 202413)}
USUAL |= dict.fromkeys(range(202501, 202505), USUAL[202401])
MAY, NOW = {USA: 25} | dict.fromkeys(OTHERS, 68_181), {USA: 1_700_025} | dict.fromkeys(OTHERS, 160_258)
MONTHS = USUAL | {202505: MAY, 202506: NOW}
NO, CARE = "6,800,000", "361.7"
SAID = ("quote with care", "From 25 kg", "引用时须说明", "基数仅25千克")
PERCENT = re.compile(rf"{NO}(\.0+)?[^0-9,.\n]?%|6800000(\.0+)? ?%")
DOUBTED = re.compile(r"1,?700,?025|\b1,700(\.0+)?(&nbsp;|\s)?(t\b|吨)")
BARE = re.compile(r"6,?800,?000\b|from 25 kg|基数25千克")


def records(months: dict[int, dict[str, int]]) -> list[tuple[str, ...]]:
    """The records of a download: each partner pays 2 dollars a kilogram, and no two months are alike."""
    return [
        (str(month), CODE, "鳞片状天然石墨", partner, "某国", str(mass), "千克", "0", "?", f"{2 * mass:,}")
        for month, partners in months.items()
        for partner, mass in (
            (one, kg + (month % 100) * (kg > 100_000 and month < 202505)) for one, kg in partners.items()
        )
    ]


def graphite_store(folder: Path) -> Store:
    """Return the store, in which a person approved what was held."""
    store = Store(folder)
    for name, months in (("2024", "2024-01..2024-12"), ("2025", "2025-01..2025-06")):
        of_year = {month: partners for month, partners in MONTHS.items() if str(month).startswith(name)}
        try:
            told = {"name": f"graphite {name}.csv", "products": [CODE], "months": months}
            store.ingest(csv_bytes(records(of_year)), LATER, **told)
        except Held as held:
            store.approve(held.release_id, LATER, lifts_doubts=True)
    return store


def doubted_store(folder: Path) -> Store:
    """Return the store, where a file that is held has another number of the United States in June."""
    store = graphite_store(folder)
    other = {"name": "other.csv", "products": ["250410"], "months": JUNE, "partners": "listed"}
    with suppress(Held):
        store.ingest(csv_bytes(records({202506: {USA: 1_800_025}})), LATER, **other)
    return store


def in_doubt(store: Store) -> set[str]:
    """What is said of the number of the United States in June that is in doubt, in both languages."""
    checks = {one.check for one in Doubts(store.snapshot).of("export", CODE, "USA", [2025 * 12 + 5])}
    return {check_words(language)[check] for check in checks for language in ("en", "zh")}


def lacks_doubt(text: str, said: Collection[str]) -> bool:
    """Whether a text has the number in doubt, and nothing of the doubt."""
    return bool(DOUBTED.search(text)) and not any(one in text for one in said)


def complaint(text: str) -> str:
    """What a text lacks; empty where each growth in it has its verdict."""
    if PERCENT.search(text):
        return "has the percentage"
    if CARE in text and not any(one in text for one in SAID):
        return "has +361.7 % without a word"
    has_no = re.search(r"From (25 kg|USD 50)|基数仅(25千克|50美元)", text)
    return "has the growth without a word" if BARE.search(text) and not has_no else ""
