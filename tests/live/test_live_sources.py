"""The real sources still answer as their adapters expect: one small question each.

Run by `make test-live`. Elsewhere, and where a source cannot be reached, each test is skipped and says why.
"""

import os
import socket
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from schemas.forms.fetch import FetchReport, FetchRequest
from tasks.fetch.fetch import fetch
from tasks.fetch.transport import Policy, Transport
from tasks.sources.registry import SOURCES
from tests.live.contract import ASKED, assert_contract

pytestmark = pytest.mark.live
VARIABLE = "TIDEWAITER_CENSUS_KEY"
KEY = os.environ.get(VARIABLE, "")


@pytest.fixture
def transport() -> Iterator[Transport]:
    if os.environ.get("TIDEWAITER_LIVE") != "1":
        pytest.skip("a test of the real sources: run make test-live")
    made = Transport(Policy(waits=(5.0,), read=120.0))
    yield made
    made.close()


def asked(transport: Transport, folder: Path, secret: str | None = None, **given: Any) -> FetchReport:
    parts = urlsplit(SOURCES[given["source"]].base)
    try:
        socket.create_connection((parts.hostname or "", 443 if parts.scheme == "https" else 80), timeout=10).close()
    except OSError as problem:
        pytest.skip(f"{parts.hostname} cannot be reached: {problem}")
    return fetch(FetchRequest.model_validate({"inbox": folder, **given}), date.today(), transport, secret)


@pytest.mark.parametrize("source", ASKED)
def test_a_source_still_answers_as_its_adapter_expects(transport: Transport, tmp_path: Path, source: str) -> None:
    if source == "us_census" and not KEY:
        pytest.skip(f"no key in {VARIABLE}")
    report = asked(transport, tmp_path, KEY or None, source=source, **ASKED[source])
    files = [one.file for one in report.fetched if one.outcome == "new" and one.file is not None]
    assert files, [one.reason for one in report.fetched]
    for file in files:
        assert_contract(source, file.read_bytes(), file.name)


def test_census_without_a_valid_key_is_refused_by_name(transport: Transport, tmp_path: Path) -> None:
    report = asked(transport, tmp_path, "not-a-key", source="us_census", **ASKED["us_census"])
    assert [one.outcome for one in report.fetched] == ["refused"]
