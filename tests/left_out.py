"""What a release does that tests of other things leave out, because it takes time or a person: briefs and rules of what
is watched, tables that follow a release, and the hold of the first release of an experimental source.

Nothing here acts by itself: a module that leaves something out names its fixture (`tests/conftest.py`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from schemas import settings
from tasks.sources.registry import SOURCES


def nothing_watched(folder: Path) -> dict[str, str]:
    """The environment in which no product is watched and no rule is graded; the two empty files are in the folder."""
    products, rules = folder / "nothing.csv", folder / "nothing.toml"
    products.write_text("reporter,product,flow,reason\n", encoding="utf-8")
    rules.write_text("", encoding="utf-8")
    return {settings.WATCH_LIST: str(products), settings.WATCH_RULES: str(rules)}


def all_trusted() -> dict[str, str]:
    """The environment in which a person has compared a release of each experimental source."""
    return {settings.EXPERIMENTAL: " ".join(name for name, source in SOURCES.items() if source.experimental)}


@contextmanager
def releases_alone(folder: Path) -> Iterator[None]:
    """For a store that many modules begin with: its releases make no briefs, no rules, and no tables that follow."""
    folder.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in nothing_watched(folder).items():
            patch.setenv(name, value)
        patch.setattr("tasks.analysis.after.after_release.MAKERS", {})
        yield
