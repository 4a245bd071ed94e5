"""Fixtures that every folder of tests may use."""

from collections.abc import Iterator
from pathlib import Path

import pytest

# Files whose tests start servers, workers, databases, clusters or browsers and wait for them: `make test-services`. Begun first,
# the longest do not keep everybody waiting at the end.
SERVICES = (
    "test_server.py",
    "test_browser.py",
    "test_closed_server.py",
    "test_notifications.py",
    "test_s3.py",
    "test_s3_faults.py",
    "test_s3_writers.py",
    "test_dask.py",
    "test_postgres.py",
)
SHARED_DATA = Path(__file__).parent.parent / ".." / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real files next to the project; tests that need it carry the marker `shared`."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"the real files are not at hand: no folder {SHARED_DATA}")
    return SHARED_DATA.resolve()


@pytest.fixture(scope="session", autouse=True)
def nothing_is_watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Or every release of magnets in every test would write its briefs; tests of briefs take this away."""
    nothing = tmp_path_factory.mktemp("watched") / "nothing.csv"
    nothing.write_text("product,flow,reason\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIDEWAITER_WATCH_LIST", str(nothing))
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files with services get their marker and come first; within and after them the order stays."""

    def place(item: pytest.Item) -> int:
        is_one = item.path.parent.name == "integration" and item.path.name in SERVICES
        return SERVICES.index(item.path.name) if is_one else len(SERVICES)

    for item in items:
        if place(item) < len(SERVICES):
            item.add_marker("services")
    items.sort(key=place)
