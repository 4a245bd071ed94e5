"""Fixtures that every folder of tests may use."""

from pathlib import Path

import pytest

# Files whose tests wait for servers most of the time; begun first, they do not keep everybody waiting at the end.
LONG = ("test_server.py", "test_browser.py", "test_s3.py")
SHARED_DATA = Path(__file__).parent.parent / ".." / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real files beside the project; tests that need it carry the marker `shared`."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"the real files are not at hand: no folder {SHARED_DATA}")
    return SHARED_DATA.resolve()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long files first; within and after them the order stays."""
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))
