"""Fixtures that every folder of tests may use."""

from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).parent.parent / ".." / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real files beside the project; tests that need it carry the marker `shared`."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"the real files are not at hand: no folder {SHARED_DATA}")
    return SHARED_DATA.resolve()
