"""Whose numbers are in: the state of each source, what is due, overdue and failing."""

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from flows.cli.frame.options import DISAGREES
from flows.cli.releases.ingest import tell_watched
from schemas.forms.fetch import Fetched, FetchReport, SourceState
from schemas.forms.watch import InboxState, WatchReport
from schemas.reference.code_tables import code_table
from tasks.answers.inventory import sources
from tasks.answers.inventory.sources import due_on, source_states, states_of
from tasks.domain.errors import StoreError
from tasks.inbox.fetched import note_state
from tests.unit.builders import release, release_table

MAY, JUNE = 2025 * 12 + 4, 2025 * 12 + 5


def states(
    monkeypatch: pytest.MonkeyPatch, day: date, *rows: dict[str, object], inbox: Path = Path("none")
) -> dict[str, SourceState]:
    """Of a root whose stores hold these releases."""
    table = release_table(*rows).select(sources.COLUMNS)
    monkeypatch.setattr(sources, "_releases", lambda root: (table, []))
    return {state.source: state for state in source_states(Path("store"), [inbox], day).sources}


def comext(reporter: str, months: str, day: str) -> dict[str, object]:
    return release(f"{reporter}-{day}", day, months, source="eurostat_comext", reporter=reporter, flow="import")


def test_due_days_are_those_of_the_calendar_and_else_of_the_usual_delay() -> None:
    assert due_on("eurostat_comext", 2026 * 12 + 5) == (date(2026, 8, 14), False)
    assert due_on("eurostat_comext", MAY) == (date(2025, 7, 19), True)
    assert due_on("query", JUNE) == (date(2025, 7, 20), False)
    assert due_on("japan_estat", JUNE) == (date(2025, 8, 14), True)
    assert due_on("query", 2039 * 12) is None
    for source, last in (("eurostat_bulk", 14), ("hmrc_ots", 13), ("us_census", 9), ("japan_estat", 14)):
        found = due_on(sources.calendars()[source], 2026 * 12 + 5)
        assert found is not None, source
        assert found.day <= date(2026, 8, last), source
    # The usual delay is never shorter than one that the calendar has: what is on time is not overdue.
    for kind in ("eurostat_comext", "hmrc_ots", "us_census"):
        (delay,) = sources.code_table("release_delays").filter(kind=kind)["days"]
        for year, month, on in (
            sources.code_table("release_calendar").filter(kind=kind).select("year", "month", "expected_on").iter_rows()
        ):
            end = sources.month_end(date(int(year), int(month), 1))
            assert (date.fromisoformat(on) - end).days <= int(delay)


@pytest.mark.parametrize(
    ("day", "months", "last_month", "overdue", "days"),
    [
        # A month that is due and not in is overdue from the day after.
        ((8, 14), [("2026-01..2026-05", "2026-07-16")], "2026-05", [], 0),
        ((8, 15), [("2026-01..2026-05", "2026-07-16")], "2026-05", ["2026-06"], 1),
        ((8, 20), [("2026-01..2026-05", "2026-07-16")], "2026-05", ["2026-06"], 6),
        # A gap behind the newest month is overdue.
        ((8, 20), [("2026-01..2026-03", "2026-05-19"), ("2026-05..2026-06", "2026-08-14")], "2026-06", ["2026-04"], 66),
        # Months asked for before they ended are not in.
        ((8, 20), [("2026-01..2026-12", "2026-08-14")], "2026-07", [], 0),
    ],
)
def test_a_month_is_overdue_from_the_day_after_it_was_due(
    day: tuple[int, int],
    months: list[tuple[str, str]],
    last_month: str,
    overdue: list[str],
    days: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state = states(monkeypatch, date(2026, *day), *(comext("EU27", *one) for one in months))["eurostat_comext"]
    assert (state.last_month, state.overdue, state.days_overdue) == (last_month, overdue, days)
    assert state.row["overdue"] == (f"{overdue[0]}: {days} day{'s' * (days != 1)}" if overdue else "")


def test_members_that_lack_the_newest_month_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [comext(name, "2026-05..2026-06", "2026-08-14") for name in ("DEU", "FRA")]
    late = comext("NLD", "2026-05..2026-05", "2026-07-16")
    found = states(monkeypatch, date(2026, 8, 20), *rows, late)
    state = found["eurostat_comext"]
    assert "NLD" in state.lacking
    assert "DEU" not in state.lacking
    assert len(state.lacking) == 25
    assert state.row["reporters"].startswith("DEU, FRA, NLD, without AUT, BEL")
    # In the watch only one that reported before.
    assert report_of(found).lines_of_sources == ["eurostat_comext: 2026-06 is in without NLD"]


def report(*outcomes: str) -> FetchReport:
    return FetchReport.model_validate(
        {
            "source": "hmrc_ots",
            "fetched": [
                Fetched.model_validate({"name": str(at), "outcome": one, "reason": f"[why] {at}"})
                for at, one in enumerate(outcomes)
            ],
        }
    )


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
    assert state.row["failing since"] == "2026-08-13 04:00: [why] 0"
    assert states(monkeypatch, date(2026, 8, 20), inbox=tmp_path)["us_census"].asked_at is None
    # A source without its key was not asked and does not fail.
    note_state(tmp_path / "other", report("skipped"), at(1))
    state = states(monkeypatch, date(2026, 8, 20), inbox=tmp_path / "other")["hmrc_ots"]
    assert (state.failing_since, state.row["failing since"]) == (None, "not asked: [why] 0")


def test_a_message_comes_on_the_day_after_a_month_was_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """May is in, June is not: there is no message on the day it is due, and one on the next day."""
    may = release("census", "2026-07-20", "2026-01..2026-05", source="us_census", reporter="USA", flow="import")
    due = due_on(sources.calendars()["us_census"], 2026 * 12 + 5)
    assert due is not None
    for days in (0, 1, 3):
        report = report_of(states(monkeypatch, due.day + timedelta(days), may))
        assert [(one.source, one.is_fetched, one.late, one.late_since, one.days_late) for one in report.late] == (
            [("us_census", True, ["2026-06"], due.day, days)] if days else []
        )
        assert report.headline == {0: "Nothing new", 1: "Overdue 1 day", 3: "Overdue 3 days"}[days]
        said = [f"us_census of 2026-06 was due on {due.day} and is not here"]
        assert report.lines_of_sources == (said if days else [])


def report_of(found: dict[str, SourceState]) -> WatchReport:
    looked = InboxState(ready=[], unsettled=[], later=[], held=[], refused=[], published=0)
    return WatchReport(looked=looked, sources=[*found.values()])


def test_every_row_of_a_calendar_is_that_of_a_source_and_every_source_has_one() -> None:
    for table in ("release_calendar", "release_delays"):
        assert {*code_table(table)["kind"]} <= {*sources.calendars().values()}
    assert [source for source, kind in sources.calendars().items() if due_on(kind, 2026 * 12 + 5) is None] == []


def test_a_damaged_store_is_named_beside_what_the_others_have(sample_store: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    for reporter in ("CHN", "JPN"):
        shutil.copytree(sample_store, root / f"reporter={reporter}", symlinks=True)
    manifest = root / "reporter=JPN" / ".current" / "manifest.json"
    manifest.chmod(0o644)
    manifest.write_text("{")
    known = source_states(root, [], date(2026, 7, 1))
    assert len(known.sources) == len(sources.calendars())
    (state,) = states_of(root, ["published"], [], date(2026, 7, 1))
    assert state.reporters == ["CHN"]
    (sentence,) = known.unread
    assert sentence.startswith(f"JPN: {manifest.resolve()}")
    shutil.rmtree(root / "reporter=CHN")
    with pytest.raises(StoreError, match="manifest"):
        source_states(root, [], date(2026, 7, 1))
    report = WatchReport(
        looked=InboxState(ready=[], unsettled=[], later=[], held=[], refused=[], published=0), unread=known.unread
    )
    assert (report.troubles, tell_watched(report)) == ([sentence], DISAGREES)
