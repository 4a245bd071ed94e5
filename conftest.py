"""What the examples in docstrings may use."""

import shutil
from datetime import date
from pathlib import Path

import pytest

SAMPLE = Path(__file__).parent / "flows" / "examples" / "published_figures.csv"


@pytest.fixture(scope="session")
def sample_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that has the sample of published figures alone."""
    from flows.release import release
    from schemas.forms.request import ReleaseRequest

    folder = tmp_path_factory.mktemp("sample")
    shutil.copy(SAMPLE, folder)
    release.fn(
        ReleaseRequest(file=folder / SAMPLE.name, store=folder / "reporter=CHN", source="published"), date(2026, 6, 30)
    )
    return folder / "reporter=CHN"


@pytest.fixture(autouse=True)
def example_store(request: pytest.FixtureRequest, doctest_namespace: dict[str, object]) -> None:
    """`store` in the examples of the public interface; no other test waits for it to be filled."""
    if request.node.nodeid.startswith("tidewaiter/"):
        doctest_namespace["store"] = request.getfixturevalue("sample_store")
