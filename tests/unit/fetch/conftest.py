"""A source on this machine, and a fetch from it that neither waits nor looks at the clock."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from schemas.forms.fetch import FetchReport, FetchRequest
from tasks.fetch.fetch import fetch
from tasks.fetch.transport import Policy, Transport
from tests.replay.server import Replay

NOW = datetime(2026, 8, 14, 9, 5, tzinfo=UTC)
TODAY = NOW.date()
Ask = Callable[..., FetchReport]


@pytest.fixture
def site() -> Iterator[Replay]:
    replay = Replay()
    yield replay
    replay.close()


@pytest.fixture
def ask(site: Replay, tmp_path: Path) -> Iterator[Ask]:
    """Asks a source what is new, into the folder `inbox` unless another one is given."""
    transport = Transport(Policy(read=5.0, connect=5.0), sleep=lambda seconds: None, clock=lambda: NOW)

    def asked(source: str, secret: str | None = None, today: date = TODAY, **given: Any) -> FetchReport:
        form = {"source": source, "inbox": tmp_path / "inbox", "base": site.base, **given}
        return fetch(FetchRequest.model_validate(form), today, transport, secret)

    yield asked
    transport.close()


def results(report: FetchReport) -> list[tuple[str, str]]:
    """Name and outcome of each question."""
    return [(one.name, one.outcome) for one in report.fetched]


def files_of(folder: Path) -> list[Path]:
    """The files of an inbox, without the notes of what was fetched."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and ".fetch" not in path.parts)
