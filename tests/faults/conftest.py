"""Where the stores of these tests are: in memory, because they are made and thrown away by the thousand."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.world import memory


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where the machine has such a disk. None of these tests needs a real sync."""
    if memory() is None:
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="tidewaiter-", dir=memory()) as folder:
        yield Path(folder)
