"""What a monitor reads: of each reporter and source what is in, due, overdue, held and failing."""

import json
import shutil
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from typer.testing import CliRunner

from flows.cli.app import app
from schemas.forms.fetch import FetchState, state_file
from tasks.answers.inventory.status import is_late, overview, prometheus, status
from tasks.domain import clock
from tests.unit.customs import RIGHT, Store

REPORTERS = ("BRA", "CHN", "DEU", "GBR", "HKG", "IND", "JPN", "USA")
# June is in, July is due on 20 August.
QUIET, LATE = date(2025, 8, 1), date(2025, 8, 23)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight stores with the same release, whoever's it would be."""
    folder = tmp_path_factory.mktemp("desk")
    store = Store(folder)
    store.ingest(RIGHT)
    for name in REPORTERS:
        if name != "CHN":
            shutil.copytree(store.store, folder / f"reporter={name}", symlinks=True)
    return folder


def test_each_reporter_and_source_has_a_row(root: Path) -> None:
    rows = status(root, [], QUIET)
    assert rows["reporter"].to_list() == [*REPORTERS]
    row = rows.row(1, named=True)
    assert (row["source"], row["last_month"], row["next_month"]) == ("gacc_query", "2025-06", "2025-07")
    assert (row["due"], row["overdue_days"], row["held"]) == (date(2025, 8, 20), 0, 0)
    assert not is_late(rows)
    assert overview(rows)["due"][0] == "2025-07 on 2025-08-20"


def test_a_month_that_was_due_is_overdue_in_days(root: Path) -> None:
    rows = status(root, [], LATE)
    assert rows["overdue"].to_list() == [["2025-07"]] * 8
    assert rows["overdue_days"].to_list() == [3] * 8
    assert is_late(rows)


def test_a_fetch_that_fails_is_told_with_its_time(root: Path, tmp_path: Path) -> None:
    asked, since = datetime(2025, 7, 31, 6, tzinfo=UTC), datetime(2025, 7, 29, 6, tzinfo=UTC)
    note = FetchState(asked_at=asked, failing_since=since, reason="no answer")
    place = state_file(tmp_path, "gacc_query")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(note.model_dump_json())
    rows = status(root, [tmp_path], QUIET)
    assert rows["last_run"].to_list() == [asked] * 8
    assert rows["failing_since"].to_list() == [since] * 8
    assert is_late(rows)


def test_prometheus_reads_every_number(root: Path) -> None:
    now = datetime(2025, 8, 23, 12, tzinfo=UTC)
    families = {one.name: one for one in text_string_to_metric_families(prometheus(status(root, [], LATE), now))}
    assert {one.type for one in families.values()} == {"gauge"}
    days = {one.labels["reporter"]: one.value for one in families["tidewaiter_overdue_days"].samples}
    assert days == dict.fromkeys(REPORTERS, 3)
    june = datetime(2025, 6, 1, tzinfo=UTC).timestamp()
    assert {one.value for one in families["tidewaiter_last_month_timestamp_seconds"].samples} == {june}
    assert families["tidewaiter_failing_since_timestamp_seconds"].samples == []
    assert families["tidewaiter_status_timestamp_seconds"].samples[0].value == now.timestamp()


@pytest.mark.parametrize(("day", "code"), [(QUIET, 0), (LATE, 1)])
def test_the_command_ends_with_what_is_wrong_and_jq_reads_it(
    root: Path, day: date, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "today", lambda: day)
    asked = ["status", "--store", str(root), "--inbox", str(tmp_path), "--format", "json"]
    made = CliRunner().invoke(app, asked)
    assert made.exit_code == code, made.output
    assert [json.loads(line)["reporter"] for line in made.stdout.splitlines()] == [*REPORTERS]
    if jq := shutil.which("jq"):
        late = subprocess.run(
            [jq, "-r", "select(.overdue_days > 0) | .reporter"],
            input=made.stdout, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert late.stdout.split() == ([*REPORTERS] if code else [])
    file = tmp_path / "tidewaiter.prom"
    CliRunner().invoke(app, [*asked[:-1], "prometheus", "--output", str(file)])
    assert file.read_text().startswith("# HELP tidewaiter_")
