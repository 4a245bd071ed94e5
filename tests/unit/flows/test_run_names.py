"""The name of a scheduled run, by the customs' clock."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from flows import run_names


def test_the_name_of_the_current_run_is_that_of_its_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    night = datetime(2025, 7, 19, 22, 5, tzinfo=UTC)
    late = SimpleNamespace(flow_run=SimpleNamespace(scheduled_start_time=night, flow_name="watch"))
    monkeypatch.setattr(run_names, "runtime", late)
    assert run_names.of_this_run() == "watch 2025-07-20 06:05"
    assert run_names.scheduled_for().utcoffset() == timedelta(hours=8)
