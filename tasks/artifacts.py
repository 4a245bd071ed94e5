"""Pages about a release in the Prefect UI, a history per key."""

from pathlib import Path

from schemas.outcome import Outcome


def write(store: Path, outcome: Outcome) -> int:
    """Write the pages of a published release; how many numbers it revised."""
    return 0
