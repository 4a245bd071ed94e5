"""The page of all sources: what is in, what is due next, what is overdue, and since when a source fails."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from flows.cli import terminal
from flows.cli.app import app
from schemas.forms.fetch import Fetched, FetchReport, SourceState
from schemas.forms.watch import Look, WatchReport
from schemas.reference.code_tables import code_table
from tasks.fetch.inbox import note_state
from tasks.reports import sources
from tasks.reports.sources import due_on, source_states
from tests.unit.builders import release, release_table

MAY, JUNE = 2025 * 12 + 4, 2025 * 12 + 5


def states(monkeypatch: pytest.MonkeyPatch, day: date, *rows: dict[str, object], inbox: Path = Path("none")) -> dict[str, SourceState]:  # fmt: skip
    """Of a root whose stores hold these releases."""
    table = release_table(*rows).select(sources.COLUMNS) if rows else pl.DataFrame(schema=_schema())
    monkeypatch.setattr(sources, "_releases", lambda root: table)
    return {state.source: state for state in source_states(Path("store"), [inbox], day).sources}


def _schema() -> dict[str, pl.DataType]:
    from schemas.table import polars_schema

    return {name: kind for name, kind in polars_schema("release").items() if name in sources.COLUMNS}  # type: ignore[misc]


def comext(reporter: str, months: str, day: str) -> dict[str, object]:
    return release(f"{reporter}-{day}", day, months, source="eurostat_comext", reporter=reporter, flow="import")


def test_due_days_are_those_of_the_calendar_and_else_of_the_usual_delay() -> None:
    assert due_on("eurostat_comext", 2026 * 12 + 5) == (date(2026, 8, 14), False)
    assert due_on("eurostat_comext", MAY) == (date(2025, 7, 19), True)
    assert due_on("query", JUNE) == (date(2025, 7, 20), False)
    assert due_on("japan_estat", JUNE) == (date(2025, 8, 14), True)
    assert due_on("query", 2039 * 12) is None
    # The usual delay is never shorter than one that the calendar has: what is on time is not overdue.
    for kind in ("eurostat_comext", "hmrc_ots", "us_census"):
        (delay,) = sources.code_table("release_delays").filter(kind=kind)["days"]
        for year, month, on in sources.code_table("release_calendar").filter(kind=kind).select("year", "month", "expected_on").iter_rows():  # fmt: skip
            end = sources.month_end(date(int(year), int(month), 1))
            assert (date.fromisoformat(on) - end).days <= int(delay)


def test_a_month_that_is_due_and_not_in_is_overdue_from_the_day_after(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [comext("EU27", "2026-01..2026-05", "2026-07-16")]
    for day, late in ((14, 0), (15, 1), (20, 6)):
        state = states(monkeypatch, date(2026, 8, day), *rows)["eurostat_comext"]
        assert (state.overdue, state.days_overdue) == (["2026-06"] if late else [], late)
    assert state.row["overdue"] == "2026-06: 6 days"


def test_a_gap_behind_the_newest_month_is_overdue(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [comext("EU27", "2026-01..2026-03", "2026-05-19"), comext("EU27", "2026-05..2026-06", "2026-08-14")]
    state = states(monkeypatch, date(2026, 8, 20), *rows)["eurostat_comext"]
    assert (state.last_month, state.overdue) == ("2026-06", ["2026-04"])
    assert state.days_overdue == (date(2026, 8, 20) - date(2026, 6, 15)).days


def test_months_asked_for_before_they_ended_are_not_in(monkeypatch: pytest.MonkeyPatch) -> None:
    state = states(monkeypatch, date(2026, 8, 20), comext("EU27", "2026-01..2026-12", "2026-08-14"))["eurostat_comext"]
    assert state.last_month == "2026-07"


def test_members_that_lack_the_newest_month_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [comext(name, "2026-05..2026-06", "2026-08-14") for name in ("DEU", "FRA")]
    late = comext("NLD", "2026-05..2026-05", "2026-07-16")
    state = states(monkeypatch, date(2026, 8, 20), *rows, late)["eurostat_comext"]
    assert "NLD" in state.lacking
    assert "DEU" not in state.lacking
    assert len(state.lacking) == 25
    assert state.row["reporters"].startswith("DEU, FRA, NLD, without AUT, BEL")


def report(*outcomes: str) -> FetchReport:
    return FetchReport.model_validate({
        "source": "hmrc_ots",
        "fetched": [Fetched.model_validate({"name": str(at), "outcome": one, "reason": f"why {at}"}) for at, one in enumerate(outcomes)],
    })  # fmt: skip


def at(hour: int) -> datetime:
    return datetime(2026, 8, 13, hour, tzinfo=UTC)


def test_a_source_fails_since_the_first_failure_after_the_last_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    since = []
    for hour, outcomes in enumerate((["new"], ["failed", "new"], ["refused"], ["unchanged", "not out"], ["failed"])):
        note_state(tmp_path, report(*outcomes), at(hour))
        state = states(monkeypatch, date(2026, 8, 20), inbox=tmp_path)["hmrc_ots"]
        since.append(state.failing_since and state.failing_since.hour)
        assert state.asked_at == at(hour)
    assert since == [None, 1, 1, None, 4]
    assert state.row["failing since"] == "2026-08-13 04:00: why 0"
    assert states(monkeypatch, date(2026, 8, 20), inbox=tmp_path)["us_census"].asked_at is None


def test_a_source_without_its_key_was_not_asked_and_does_not_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note_state(tmp_path, report("skipped"), at(1))
    state = states(monkeypatch, date(2026, 8, 20), inbox=tmp_path)["hmrc_ots"]
    assert (state.failing_since, state.row["failing since"]) == (None, "not asked: why 0")


def test_the_command_prints_a_row_for_each_source_of_all_reporters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal.console(), "_width", 200)
    note_state(tmp_path / "inbox", report("refused"), at(5))
    asked = ["sources", "--inbox", str(tmp_path / "inbox"), "--store", str(tmp_path / "store"), "--format", "csv"]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert lines[0] == "source,reporters,last month in,released on,next due,overdue,failing since"
    assert [line.split(",")[0] for line in lines[1:]] == [*sources.CALENDARS]
    (of_hmrc,) = (line for line in lines if line.startswith("hmrc_ots"))
    assert of_hmrc.endswith("2026-08-13 05:00: why 0")
    table = CliRunner().invoke(app, asked[:-2])
    assert "2026-08-13 05:00: why 0" in table.output
    # A table for people leaves out a column that has nothing in any row: this store has no release, so nothing is overdue.
    assert table.output.splitlines()[1].split() == ["source", "last", "month", "in", "next", "due", "failing", "since"]


@pytest.mark.parametrize(
    ("source", "reporter", "last_due"),
    [
        ("eurostat_comext", "EU27", date(2026, 8, 14)), ("eurostat_bulk", "DEU", date(2026, 8, 14)), ("hmrc_ots", "GBR", date(2026, 8, 13)),
        ("us_census", "USA", date(2026, 8, 9)), ("japan_estat", "JPN", date(2026, 8, 14)),
    ],
)  # fmt: skip
def test_each_source_is_overdue_on_its_own_days(
    source: str, reporter: str, last_due: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    """May is in, June is not: there is no message on the day it is due, and one on the next day."""
    may = release(f"{source}-1", "2026-07-20", "2026-01..2026-05", source=source, reporter=reporter, flow="import")
    due = due_on(sources.CALENDARS[source], 2026 * 12 + 5)
    assert due is not None
    assert due.day <= last_due
    for days in (0, 1, 3):
        report = report_of(states(monkeypatch, due.day + timedelta(days), may))
        assert [(one.source, one.is_fetched, one.late, one.late_since, one.days_late) for one in report.late] == (
            [(source, True, ["2026-06"], due.day, days)] if days else []
        )
        assert report.headline == {0: "Nothing new", 1: "Overdue 1 day", 3: "Overdue 3 days"}[days]
        assert report.lines_of_sources == (
            [f"{source} of 2026-06 was due on {due.day} and is not here"] if days else []
        )


def report_of(found: dict[str, SourceState]) -> WatchReport:
    looked = Look(ready=[], unsettled=[], later=[], held=[], refused=[], published=0)
    return WatchReport(looked=looked, sources=[*found.values()])


def test_a_member_that_reported_before_and_lacks_the_newest_month_is_named_in_the_watch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = [
        comext("EU27", "2026-06", "2026-08-14"),
        comext("DEU", "2026-06", "2026-08-14"),
        comext("NLD", "2026-05", "2026-07-16"),
    ]
    report = report_of(states(monkeypatch, date(2026, 8, 15), *rows))
    assert report.lines_of_sources == ["eurostat_comext: 2026-06 is in without NLD"]
    assert report.headline == "Nothing new"


@pytest.mark.parametrize("table", ["release_calendar", "release_delays"])
def test_every_row_of_a_calendar_is_that_of_a_source(table: str) -> None:
    assert {*code_table(table)["kind"]} <= {*sources.CALENDARS.values()}


def test_every_source_that_is_waited_for_has_a_calendar_or_a_usual_delay() -> None:
    assert [source for source, kind in sources.CALENDARS.items() if due_on(kind, 2026 * 12 + 5) is None] == []
