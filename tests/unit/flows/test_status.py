"""The flow leaves a file that Prometheus reads."""

from datetime import date
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from flows import status
from tests.unit.customs import RIGHT, Store

pytestmark = pytest.mark.usefixtures("nothing_is_watched")


@pytest.mark.parametrize(("day", "said"), [(date(2025, 8, 1), "all in time"), (date(2025, 8, 23), "overdue")])
def test_the_state_of_every_source_is_written(
    tmp_path: Path, day: date, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "today", lambda: day)
    store = Store(tmp_path / "root")
    store.ingest(RIGHT)
    file = tmp_path / "status.prom"
    assert said in status.status.fn(store.folder, (tmp_path,), file)
    families = {one.name: one for one in text_string_to_metric_families(file.read_text())}
    assert families["tidewaiter_overdue_days"].samples[0].value == (3 if said == "overdue" else 0)
