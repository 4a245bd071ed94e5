"""A terminal of one width, whatever the runner of the tests says its own is."""

import pytest

from flows.cli.frame import terminal


@pytest.fixture
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A console reads its width once, when it is made."""
    for console in (terminal.console(), terminal.errors()):
        monkeypatch.setattr(console, "_width", 200)
