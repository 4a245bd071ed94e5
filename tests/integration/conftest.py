"""One server, one worker and one browser for all tests of a session: each start costs seconds."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from house import House


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Server, worker and deployments of the tests' own."""
    built = House(tmp_path_factory.mktemp("house"))
    yield built
    built.close()


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures of the UI are left for a person to look at: $TIDEWAITER_SCREENSHOTS, else a temporary folder."""
    import os

    folder = os.environ.get("TIDEWAITER_SCREENSHOTS")
    place = Path(folder) if folder else tmp_path_factory.mktemp("screenshots")
    place.mkdir(parents=True, exist_ok=True)
    return place
