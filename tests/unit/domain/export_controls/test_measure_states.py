"""The state of an export control on a day: by its own days, by what suspends it, and where a term has run out
unrecorded."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from schemas.reference.code_tables import code_table
from tasks.domain.export_controls.measure_states import State, of_paragraphs, states, states_on, took_effect

OCTOBER = [f"mofcom-gacc-2025-{number}" for number in (55, 56, 57, 58)]
ABROAD, TECHNOLOGY = "mofcom-2025-61", "mofcom-2025-62"
ANNOUNCEMENT_70, ANNOUNCEMENT_72, ANNOUNCEMENT_46 = "mofcom-gacc-2025-70", "mofcom-2025-72", "mofcom-2024-46"


def on(day: str, event: str) -> str:
    return states_on(date.fromisoformat(day))[event].name


@pytest.mark.parametrize(
    ("events", "days"),
    [
        # Suspended before they began, and the suspension has run out.
        (OCTOBER,
            {"2025-10-08": "not_yet_announced", "2025-10-09": "announced", "2025-11-06": "announced",
                "2025-11-07": "never_in_force", "2025-11-08": "never_in_force", "2026-11-10": "never_in_force",
                "2026-11-11": "lapsed_unrecorded"}),
        # In force, and suspended until the last day of the suspension.
        ([ABROAD, TECHNOLOGY],
            {"2025-10-08": "not_yet_announced", "2025-10-09": "in_force", "2025-11-06": "in_force",
                "2025-11-07": "suspended", "2026-11-10": "suspended", "2026-11-11": "lapsed_unrecorded",
                "2027-01-01": "lapsed_unrecorded"}),
        # A suspension is in force through its last day, and then nothing is known of what followed.
        ([ANNOUNCEMENT_70],
            {"2025-11-06": "not_yet_announced", "2025-11-07": "in_force", "2026-11-10": "in_force",
                "2026-11-11": "lapsed_unrecorded"}),
        ([ANNOUNCEMENT_72], {"2025-11-09": "in_force", "2026-11-27": "in_force", "2026-11-28": "lapsed_unrecorded"}),
        # One paragraph of it is suspended.
        ([ANNOUNCEMENT_46],
            {"2025-11-08": "in_force", "2025-11-09": "partly_suspended", "2026-11-27": "partly_suspended",
                "2026-11-28": "lapsed_unrecorded"}),
    ],
)  # fmt: skip
def test_the_state_of_a_measure_on_a_day(events: list[str], days: dict[str, str]) -> None:
    for event in events:
        assert {day: on(day, event) for day in days} == days


def test_the_measures_that_lapsed_are_those_that_a_term_or_a_suspension_names() -> None:
    """Counted from the document numbers, and no other measure."""
    term = State("lapsed_unrecorded", ANNOUNCEMENT_72, "2", date(2025, 11, 9), date(2026, 11, 27))
    assert states_on(date(2026, 11, 28))[ANNOUNCEMENT_46] == term
    lapsed = {event for event, state in states_on(date(2026, 11, 28)).items() if state.name == "lapsed_unrecorded"}
    firms = {"entities-2025-08-12", "mofcom-2025-21"}
    assert lapsed == {*OCTOBER, ABROAD, TECHNOLOGY, ANNOUNCEMENT_70, ANNOUNCEMENT_72, ANNOUNCEMENT_46, *firms}
    later = {event for event, state in states_on(date(2028, 1, 1)).items() if state.name == "lapsed_unrecorded"}
    assert later - lapsed == {"mofcom-2025-68", "exporters-2026"}


@pytest.mark.parametrize(
    ("day", "paragraphs", "name"),
    [
        ("2026-01-01", None, "partly_suspended"), ("2026-01-01", "", "partly_suspended"),
        ("2026-01-01", "2", "suspended"), ("2026-01-01", "1", "in_force"), ("2026-01-01", "1;2", "partly_suspended"),
        ("2026-11-28", "2", "lapsed_unrecorded"), ("2026-11-28", "1", "in_force"), ("2025-01-01", "2", "in_force"),
    ],
)  # fmt: skip
def test_a_paragraph_has_a_state_of_its_own(day: str, paragraphs: str | None, name: str) -> None:
    assert of_paragraphs(states_on(date.fromisoformat(day))[ANNOUNCEMENT_46], paragraphs).name == name


def _table(*rows: dict[str, str]) -> pl.DataFrame:
    plain = dict.fromkeys(code_table("control_events").columns, "") | {"basis": "measure"}
    return pl.DataFrame([plain | row for row in rows])


TARGET = {"event": "target", "announced_on": "2025-01-01", "effective_from": "2025-02-01"}
FIRST = {
    "event": "first", "announced_on": "2025-03-01", "effective_from": "2025-03-01", "effective_until": "2025-06-30",
    "suspends": "target",
}  # fmt: skip


def _named(day: str, *rows: dict[str, str]) -> list[str]:
    return [states(_table(*rows), date.fromisoformat(day))[row["event"]].name for row in rows]


def test_a_successor_that_is_recorded_ends_the_lapse_from_its_first_day_on() -> None:
    longer = FIRST | {
        "event": "longer",
        "announced_on": "2025-07-05",
        "effective_from": "2025-07-05",
        "effective_until": "2025-12-31",
        "succeeds": "first",
    }
    assert _named("2025-07-01", TARGET, FIRST) == ["lapsed_unrecorded", "lapsed_unrecorded"]
    assert _named("2025-07-04", TARGET, FIRST, longer) == [
        "lapsed_unrecorded",
        "lapsed_unrecorded",
        "not_yet_announced",
    ]
    assert _named("2025-07-05", TARGET, FIRST, longer) == ["suspended", "ended", "in_force"]
    assert _named("2026-01-01", TARGET, FIRST, longer) == ["lapsed_unrecorded", "ended", "lapsed_unrecorded"]
    back = {"event": "back", "announced_on": "2025-07-01", "effective_from": "2025-07-01", "succeeds": "first"}
    assert _named("2025-07-01", TARGET, FIRST, back) == ["in_force", "ended", "in_force"]
    # It says nothing of the days before it begins.
    back |= {"announced_on": "2025-05-01", "effective_from": "2025-09-01", "succeeds": "first;target"}
    target = TARGET | {"effective_until": "2025-08-31"}
    assert _named("2025-05-02", target, FIRST, back) == ["suspended", "in_force", "announced"]
    assert _named("2025-08-31", target, FIRST, back) == ["lapsed_unrecorded", "lapsed_unrecorded", "announced"]
    assert _named("2025-09-01", target, FIRST, back) == ["ended", "ended", "in_force"]


def test_of_two_suspensions_in_a_row_the_first_day_decides_whether_it_ever_was_in_force() -> None:
    early = FIRST | {"announced_on": "2025-01-20", "effective_from": "2025-01-20"}
    longer = early | {"event": "longer", "effective_from": "2025-06-15", "effective_until": "", "succeeds": "first"}
    assert _named("2025-07-10", TARGET, early, longer)[0] == "never_in_force"
    assert _named("2025-07-10", TARGET, FIRST, longer)[0] == "suspended"


def test_what_was_suspended_before_its_first_day_explains_no_month() -> None:
    def row(event: str) -> dict[str, Any]:
        return code_table("control_events").filter(event=event).row(0, named=True)

    assert [took_effect(row(event)) for event in (*OCTOBER, ABROAD)] == [False] * 4 + [True]
    assert took_effect(row("mofcom-gacc-2025-18"))
    assert not took_effect(row("talks-2025-05-12"))
