"""A release with so few partners that its numbers stand in doubt: its rows, and the words of the doubt."""

from datetime import date
from pathlib import Path

import pytest
from bad_inputs.download import csv_bytes, magnets

from tasks.domain.errors import Held
from tests.unit.customs import MAY, Store

CODE = "85051110"
FEW = "few partners for a file of all partners, 2025-05 to 2025-06: only Germany, South Korea and United States"
# Worth so much that more partners than three are expected.
THREE = [magnets(partner, "900000", "90,000,000") for partner in ("502", "304", "133")]


def few_store(folder: Path) -> Store:
    """Return the store of a file of three partners that was declared as all of them: its sum passed for the world."""
    store = Store(folder)
    assert store.ingest(csv_bytes([*MAY, *THREE])).status == "published"
    return store


def july_of_june(store: Store, day: date) -> str:
    """Ingest the numbers of June as those of July, which is a reason to hold them; return the name of the release."""
    july = csv_bytes([("202507", *row[1:]) for row in THREE])
    with pytest.raises(Held) as held:
        store.ingest(july, day, name="july.csv", months="2025-07")
    return held.value.release_id
