"""Whose numbers are in: the state of each source, what is due, overdue and failing; and a group of reporters, which has
no sum without all of its members."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from flows.cli.app import app
from schemas.forms.fetch import Fetched, FetchReport, SourceState
from schemas.forms.watch import Look, WatchReport
from schemas.reference.code_tables import code_table
from tasks.answers import sources
from tasks.answers.sources import due_on, source_states
from tasks.inbox.fetched import note_state
from tasks.reading.groups import IN_PART, NO_STORE, NOT_ASKED, Asked, Part, group_month
from tests.copied_store import copied
from tests.unit.builders import release, release_table
from tests.unit.published_stores import publish
from tests.unit.sources.test_eurostat_comext import MASS, VALUE, answer

MAY, JUNE = 2025 * 12 + 4, 2025 * 12 + 5


def states(
    monkeypatch: pytest.MonkeyPatch, day: date, *rows: dict[str, object], inbox: Path = Path("none")
) -> dict[str, SourceState]:
    """Of a root whose stores hold these releases."""
    table = release_table(*rows).select(sources.COLUMNS)
    monkeypatch.setattr(sources, "_releases", lambda root: table)
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
        found = due_on(sources.CALENDARS[source], 2026 * 12 + 5)
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
    due = due_on(sources.CALENDARS["us_census"], 2026 * 12 + 5)
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
    looked = Look(ready=[], unsettled=[], later=[], held=[], refused=[], published=0)
    return WatchReport(looked=looked, sources=[*found.values()])


def test_every_row_of_a_calendar_is_that_of_a_source_and_every_source_has_one() -> None:
    for table in ("release_calendar", "release_delays"):
        assert {*code_table(table)["kind"]} <= {*sources.CALENDARS.values()}
    assert [source for source, kind in sources.CALENDARS.items() if due_on(kind, 2026 * 12 + 5) is None] == []


JUNE_2025 = date(2025, 6, 1)
CODE = "84834030"
ASKED = Asked("import", CODE, JUNE_2025, "value_eur")
CODES = {"DEU": "DE", "FRA": "FR", "NLD": "NL"}
TRADE = {"DEU": "500", "FRA": "30", "NLD": "7"}


def ingested(
    root: Path, reporter: str, *, partners: str = "all", product: str = CODE, months: str | None = None, **of: str
) -> None:
    """One answer of Eurostat about one member: what came from each partner."""
    cells = [(partner, indicator, value) for partner, value in of.items() for indicator in (VALUE, MASS)]
    data = answer(cells, reporter=CODES[reporter], product=product)
    name, asked = f"{reporter}-{product}-{partners}-{len(of)}.csv", {"products": [product], "months": months}
    publish(root.parent, reporter, name, data, "eurostat_comext", partners=partners, **asked)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Germany and France, each with two partners."""
    root = tmp_path_factory.mktemp("group") / "store"
    root.mkdir()
    for reporter in ("DEU", "FRA"):
        ingested(root, reporter, CN=TRADE[reporter], US="1")
    return root


@pytest.mark.parametrize(
    ("asked", "members", "status", "total", "parts"),
    [
        ({}, "DEU FRA", "complete", 501 + 31, (Part("DEU", "complete", 501.0), Part("FRA", "complete", 31.0))),
        ({"partner": "CHN"}, "DEU FRA", "complete", 530, ()),
        ({"measure": "quantity_kg"}, "DEU FRA", "complete", 100 * (501 + 31), ()),
        # A partner without a row is no trade where every partner was asked for.
        ({"partner": "JPN"}, "DEU FRA", "complete", 0, ()),
        # A member without a store is named, and there is no sum.
        ({}, "DEU FRA NLD", "partial", None, (Part("NLD", "missing", None, NO_STORE),)),
        # Of these no member speaks.
        *(
            (other, "DEU FRA", "missing", None, tuple(Part(one, "missing", None, NOT_ASKED) for one in ("DEU", "FRA")))
            for other in (
                {"month": date(2025, 5, 1)},
                {"flow": "export"},
                {"product": "85051110"},
                {"measure": "value_usd"},
            )
        ),
    ],
)
def test_a_group_has_a_sum_where_all_of_its_members_speak(
    root: Path, asked: dict[str, Any], members: str, status: str, total: float | None, parts: tuple[Part, ...]
) -> None:
    found = group_month(root, "EU27", ASKED._replace(**asked), members.split()[::-1])
    assert (found.status, found.total) == (status, total)
    assert {*parts} <= {*found.parts}
    assert [part.reporter for part in found.parts] == members.split()
    assert found.absent == ([] if total is not None else [part.reporter for part in parts])


def test_a_member_of_whose_partners_only_some_were_asked_for_is_partial(root: Path, tmp_path: Path) -> None:
    root = copied(root, tmp_path)
    ingested(root, "NLD", partners="listed", CN="7")
    found = group_month(root, "EU27", ASKED, ["DEU", "NLD"])
    assert (found.status, found.total, found.absent) == ("partial", None, ["NLD"])
    assert found.parts[1].status == "partial"
    # Of China it says everything.
    china = group_month(root, "EU27", ASKED._replace(partner="CHN"), ["DEU", "NLD"])
    assert (china.status, china.total) == ("complete", 507)
    # Of Japan, nothing.
    japan = group_month(root, "EU27", ASKED._replace(partner="JPN"), ["DEU", "NLD"])
    assert japan.parts == (Part("DEU", "complete", 0.0), Part("NLD", "partial", None, IN_PART))


def test_the_printed_figure_of_the_group_is_compared_with_the_sum_of_its_members(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.reading.groups.members_of", lambda group, month: ["DEU", "FRA"])
    monkeypatch.setitem(CODES, "EU27", "EU27_2020")
    asked = ["coverage", CODE, "--month", "2025-06", "--flow", "import", "--measure", "value_eur"]
    for printed, said, code in (
        ("533", "prints 533, the sum of its members", 0),
        ("534", "prints 534, not the sum of its members", 1),
        ("", "EU27 2025-06: complete\n", 0),
    ):
        group = copied(root, tmp_path / printed) if printed else root
        if printed:
            ingested(group, "EU27", CN=printed)
        found = group_month(group, "EU27", ASKED)
        assert (found.total, found.printed, found.differs) == (532, float(printed) if printed else None, bool(code))
        done = CliRunner().invoke(app, [*asked, "--store", str(group)], env={"COLUMNS": "200"})
        assert (done.exit_code, said in done.output, "532" in done.output) == (code, True, True), done.output
