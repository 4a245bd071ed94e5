"""A store that several modules begin with."""

from pathlib import Path

import pytest

from tests.left_out import releases_alone
from tests.unit.customs import ingest_month


@pytest.fixture(scope="session")
def two_months(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of June 2024, then of May 2025, to be copied; without what follows a release."""
    store = tmp_path_factory.mktemp("two") / "reporter=CHN"
    with releases_alone(tmp_path_factory.mktemp("watched")):
        for month in ("202406", "202505"):
            ingest_month(store, month)
    return store
