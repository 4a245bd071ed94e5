"""A root with the stores of two reporters, and what happens to one of them: a correction, a withdrawal, a retention."""

from datetime import date
from pathlib import Path

from flows.withdraw import publish_decision
from schemas.forms.request import WithdrawalRequest
from tests.unit.published_stores import china, of_germany, publish, query_bytes

CHN = "reporter=CHN"
MAY, JUNE, WITHDRAWN = date(2025, 6, 20), date(2025, 7, 20), date(2025, 8, 5)
ROWS = [
    ("202504", "85051110", "USA", 100_000, 500_000),
    ("202504", "85051110", "DEU", 150_000, 800_000),
    ("202505", "85051110", "USA", 46_000, 250_000),
    ("202505", "85051110", "DEU", 120_000, 600_000),
]
# Germany's May is another number, and June is new.
LATER = [
    *ROWS[:-1],
    ("202505", "85051110", "DEU", 121_000, 600_000),
    ("202506", "85051110", "USA", 353_000, 1_800_000),
    ("202506", "85051110", "DEU", 400_000, 2_100_000),
]


def initial(folder: Path) -> Path:
    """The root `folder`/store with the first release of China, and one of Germany."""
    china(folder, query_bytes(ROWS), MAY)
    cells = (("CN", "QUANTITY_IN_100KG", "1234"), ("CN", "VALUE_IN_EUROS", "999999"))
    publish(folder, "DEU", "de.json", of_germany("2025-05", *cells), source="eurostat_comext", partners=None)
    return folder / "store"


def correct(folder: Path) -> str:
    """Publish China's second release, which corrects the first; its name."""
    return publish(folder, "CHN", f"{JUNE}.csv", query_bytes(LATER), flow="export", released_on=JUNE).release_id


def withdraw(root: Path, release_id: str) -> None:
    """Withdraw a release of China."""
    request = WithdrawalRequest(release_id=release_id, by="Li Wei", reason="wrong file", store=root)
    publish_decision(request, WITHDRAWN)
