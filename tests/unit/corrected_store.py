"""A store with a correction and a withdrawal: what was known of it on three days, and what is known now."""

from datetime import date
from pathlib import Path

from bad_inputs.download import csv_bytes, magnets

from tests.unit.customs import DAY, GERMANY, LATER, MAY, RIGHT, Store

CORRECTED = date(2025, 8, 20)
# June to the United States, kilograms, by the day on which it was known.
KNOWN = {DAY: 353_000.0, CORRECTED: 360_000.0, LATER: 353_000.0}


def corrected_store(folder: Path) -> Store:
    """On the 20th of July 2025 two months, a month later another number of June, which is withdrawn in September."""
    store = Store(folder)
    store.ingest(RIGHT)
    again = csv_bytes([*MAY, magnets("502", "360000", "20,500,000"), GERMANY])
    corrected = store.ingest(again, CORRECTED, name="again.csv", released_on=CORRECTED)
    store.withdraw(corrected.release_id, LATER)
    return store
