"""Roots that the tests of this room begin with: each is published once, and copied by who adds to it."""

from pathlib import Path

import pytest

from tests.left_out import releases_alone
from tests.unit.catalogs import trade_root


@pytest.fixture(scope="session")
def first_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of `trade_root.initial`, without briefs and without the tables that follow a release."""
    with releases_alone(tmp_path_factory.mktemp("watched")):
        return trade_root.initial(tmp_path_factory.mktemp("first"))


@pytest.fixture(scope="session")
def followed_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with the tables that follow a release."""
    return trade_root.initial(tmp_path_factory.mktemp("followed"))
