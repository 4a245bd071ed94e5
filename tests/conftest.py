"""Fixtures that every folder of tests may use."""

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

# Files whose tests start servers, workers, databases, clusters or browsers and wait for them: `make test-services`. Begun first,
# the longest do not keep everybody waiting at the end.
SERVICES = (
    "test_server.py",
    "test_full_disk.py",
    "test_browser.py",
    "test_closed_server.py",
    "test_notifications.py",
    "test_s3.py",
    "test_s3_faults.py",
    "test_s3_writers.py",
    "test_dask.py",
    "test_postgres.py",
)
# Files that take half a minute or more, the longest first: begun last, each of them would keep one core busy and the other one idle.
LONG = (
    "unit/steps/test_incremental.py",
    "unit/reports/test_brief.py",
    "integration/test_past_months.py",
    "integration/test_cli.py",
    "unit/steps/test_batch.py",
    "unit/ingest/test_editions.py",
    "integration/test_prefect.py",
    "unit/metrics/test_months.py",
    "integration/test_real_files.py",
    "unit/ingest/test_bad_inputs.py",
    "integration/test_benchmark.py",
    "unit/flows/test_withdraw.py",
    "unit/checks/test_approval.py",
)
FOLDER = Path(__file__).parent
SHARED_DATA = Path(__file__).parent.parent / ".." / "shared" / "data"

# A disk in memory, where a sync costs nothing; every program still asks for each of them. What is on it when a run ends is small.
MEMORY, MEMORY_BYTES_MIN = Path("/dev/shm"), 4 * 2**30


def pytest_configure() -> None:
    """Temporary folders are in memory where the machine has such a disk and room on it, and where nobody named another place."""
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > MEMORY_BYTES_MIN:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_collection_finish() -> None:
    """What thousands of tests and their modules are made of stays, so the search for garbage need not go through it each time."""
    gc.collect()
    gc.freeze()


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
    nothing.write_text("reporter,product,flow,reason\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIDEWAITER_WATCH_LIST", str(nothing))
        yield


@pytest.fixture(scope="session", autouse=True)
def experimental_sources_are_trusted() -> Iterator[None]:
    """Or the first release of each of them in every test would wait for approval; the tests of that take this away."""
    with pytest.MonkeyPatch.context() as patch:
        from tasks.sources.registry import SOURCES

        patch.setenv(
            "TIDEWAITER_EXPERIMENTAL", " ".join(name for name, source in SOURCES.items() if source.experimental)
        )
        yield


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Where no test with services is asked for, their files are not even imported: clusters and browsers take seconds."""
    return (_is_service(collection_path) and "not services" in config.option.markexpr) or None


def _is_service(path: Path) -> bool:
    return path.parent.name == "integration" and path.name in SERVICES


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files with services get their marker and come first, then those that take long; otherwise the order stays."""
    places = {FOLDER / name: len(SERVICES) + place for place, name in enumerate(LONG)}

    def place(item: pytest.Item) -> int:
        return SERVICES.index(item.path.name) if _is_service(item.path) else places.get(item.path, last)

    last = len(SERVICES) + len(LONG)
    for item in items:
        if _is_service(item.path):
            item.add_marker("services")
    items.sort(key=place)
