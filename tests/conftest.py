"""Fixtures that every folder of tests may use."""

import functools
import gc
import os
import shutil
from collections.abc import Generator, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.left_out import all_trusted, nothing_watched, releases_alone

if TYPE_CHECKING:
    from tests.unit.customs import Store

# Files whose tests share one server and one worker, which cost a minute of a processor; the last takes something from
# it.
SHARED = ("test_server.py", "test_browser.py", "test_closed_server.py", "test_wheel.py", "test_notifications.py")
# Files whose tests start servers, workers, databases, clusters or browsers and wait for them: `make test-services`.
# Begun first, the longest do not keep everybody waiting at the end.
SERVICES = (
    *SHARED,
    "test_full_disk.py",
    "test_s3.py",
    "test_s3_faults.py",
    "test_s3_writers.py",
    "test_s3_iceberg.py",
    "test_dask.py",
    "test_pieces.py",
    "test_postgres.py",
    "test_pool.py",
)
# What takes long by nature, the longest first: whole histories, commands in processes of their own, servers, kills at
# every step. `make test` leaves it out, `make test-slow` runs it.
SLOW = (
    "integration/test_month.py",
    "integration",
    "unit/publication/test_incremental.py",
    "unit/pages/brief/test_brief.py",
    "unit/pages/site/test_site.py",
    "unit/pages/site/test_grounds.py",
    "unit/pages/site/test_product_pages.py",
    "unit/flows/test_site.py",
    "unit/claims/test_claims.py",
    "unit/flows/test_watch.py",
    "unit/flows/test_upgrade.py",
    "unit/ledger/test_doubted_figures.py",
    "unit/analysis/test_mirror.py",
    "unit/analysis/test_hub_books.py",
    "unit/publication/test_batch.py",
    "unit/derive/test_processes.py",
    "unit/derive/test_child.py",
    "unit/analysis/ground/test_derived_table.py",
    "unit/analysis/after/test_table_audit.py",
    "unit/flows/cli/questions/test_mcp.py",
    "unit/catalogs",
    "unit/sources/test_any_file.py",
    "unit/ingest/test_editions.py",
    "unit/ledger/test_revisions.py",
    "unit/flows/test_start_up.py",
    "unit/lineage/test_audit.py",
    "unit/pages/release/test_release_page.py",
    "unit/reading/test_resolver.py",
    "unit/flows/test_asked.py",
    "unit/store/files/test_verify.py",
    "unit/store/test_compatibility.py",
    "unit/analysis/after/test_watch_rules.py",
    "unit/lineage/test_provenance.py",
    "unit/flows/test_withdraw.py",
    "unit/flows/test_backfill.py",
    "unit/flows/cli/releases/test_start.py",
    "unit/inbox/test_held.py",
    "unit/checks/frame/test_approval.py",
    "unit/answers/trade/test_read.py",
    "unit/answers/programs/test_sdmx_structure.py",
    "unit/answers/programs/test_sdmx.py",
    "unit/answers/programs/test_adjust.py",
    "unit/answers/programs/test_x13.py",
    "unit/flows/cli/questions/test_export.py",
    "unit/reading/test_scan.py",
    "unit/answers/trade/test_mirror.py",
    "unit/controls/test_controls.py",
    "unit/publication/test_contradicted.py",
    "unit/answers/measures/test_duties.py",
    "unit/store/test_publication_costs.py",
    "unit/pages/series/test_series_data.py",
    "unit/pages/release/test_changes_since_release.py",
    "unit/answers/measures/test_detours.py",
    "unit/pages/measures/test_detours_page.py",
    "unit/pages/measures/test_event_page.py",
    "unit/analysis/measures/test_detours.py",
    "unit/analysis/measures/test_detour_interval.py",
    "unit/ledger/test_name_tables.py",
    "unit/checks/test_no_trade.py",
    "unit/checks/declared/test_lapsed_measures.py",
    "unit/checks/declared/test_earlier_months.py",
    "unit/pages/brief/test_watched.py",
    "unit/lineage/test_audit_of_sources.py",
    "faults/test_power_loss.py",
    "faults/test_mutants.py",
    "faults/test_any_order.py",
)
FOLDER = Path(__file__).parent
SAMPLE = FOLDER.parent / "flows" / "examples" / "published_figures.csv"
SHARED_DATA = Path(__file__).parent.parent / ".." / "shared" / "data"

# A disk in memory, where a sync costs nothing; every program still asks for each of them. What is on it when a run ends
# is small.
MEMORY, MEMORY_BYTES_MIN = Path("/dev/shm"), 4 * 2**30


def pytest_configure() -> None:
    """Temporary folders are in memory where the machine has such a disk and room on it, and where nobody named another
    place."""
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > MEMORY_BYTES_MIN:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_collection_finish() -> None:
    """What thousands of tests and their modules are made of stays, so the search for garbage need not go through it
    each time."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """The first line about a test that fails says which rule broke, in words, and for which case."""
    report = yield
    crash = getattr(report.longrepr, "reprcrash", None)
    if report.failed and crash:
        name, _, case = item.name.partition("[")
        rule = name.removeprefix("test_").replace("_", " ") + (f" ({case[:-1]})" if case else "")
        crash.message = f"not so: {rule}: {crash.message}"
    return report


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real files next to the project; tests that need it carry the marker `shared`."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"the real files are not at hand: no folder {SHARED_DATA}")
    return SHARED_DATA.resolve()


@pytest.fixture(scope="session")
def sample_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that has the sample of published figures alone; briefs, rules and tables that follow are left out."""
    from flows.release import release
    from schemas.forms.request import ReleaseRequest

    folder = tmp_path_factory.mktemp("sample")
    shutil.copy(SAMPLE, folder)
    request = ReleaseRequest(file=folder / SAMPLE.name, store=folder / "reporter=CHN", source="published")
    with releases_alone(tmp_path_factory.mktemp("watched")):
        release.fn(request, date(2026, 6, 30))
    return folder / "reporter=CHN"


@pytest.fixture(scope="session")
def few_partners(tmp_path_factory: pytest.TempPathFactory) -> "Store":
    """A store of a file of three partners that was declared as all of them; who adds to it takes a copy."""
    from tests.unit.few_partners import few_store

    with releases_alone(tmp_path_factory.mktemp("watched")):
        return few_store(tmp_path_factory.mktemp("few") / "root")


# What a release does and a test may leave out; a module that does names it in its `pytestmark`. No fixture in a
# `conftest.py` changes the program by itself, which `tests/unit/test_left_out.py` asserts.


@pytest.fixture(scope="module")
def nothing_is_watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No brief is written and no rule graded: of a release of magnets a second of a processor."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in nothing_watched(tmp_path_factory.mktemp("watched")).items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="module")
def nothing_follows() -> Iterator[None]:
    """The tables `mover` and `expectation` are not made: a fifth of what a release costs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tasks.analysis.after.after_release.MAKERS", {})
        yield


@pytest.fixture(scope="module")
def experimental_sources_are_trusted() -> Iterator[None]:
    """The first release of an experimental source is published, where it would wait for a person."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in all_trusted().items():
            patch.setenv(name, value)
        yield


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """What is not asked for is not even imported: clusters and browsers take seconds."""
    asked, is_slow = config.option.markexpr, _slow_place(collection_path) is not None
    is_quick = collection_path.suffix == ".py" and not is_slow
    left_out = ("not services" in asked and _is_service(collection_path)) or ("not slow" in asked and is_slow)
    return left_out or (asked.startswith("slow or services") and is_quick) or None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With `--dist loadfile` the files that share a server go to one process, and each other one to any."""
    from xdist.scheduler import LoadFileScheduling

    class OneServer(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            return SHARED[0] if file.rpartition("/")[2] in SHARED else file

    return OneServer(config, log) if config.getvalue("dist") == "loadfile" else None


@functools.cache
def _is_service(path: Path) -> bool:
    return path.parent.name == "integration" and path.name in SERVICES


@functools.cache
def _slow_place(path: Path) -> int | None:
    """Where a file or a folder is among those that take long."""
    return next((place for place, name in enumerate(SLOW) if path.is_relative_to(FOLDER / name)), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files with services get their marker and come first, then those that take long; otherwise the order stays."""

    def place(item: pytest.Item) -> int:
        if _is_service(item.path):
            return SERVICES.index(item.path.name)
        slow = _slow_place(item.path)
        return len(SERVICES) + (len(SLOW) if slow is None else slow)

    for item in items:
        if _is_service(item.path):
            item.add_marker("services")
        elif _slow_place(item.path) is not None and not item.get_closest_marker("month"):
            item.add_marker("slow")
    items.sort(key=place)
