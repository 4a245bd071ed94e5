"""The state of an export control on a day: by its own days, by what suspends it, and where a term has run out unrecorded."""

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from schemas.reference.code_tables import code_table
from schemas.reference.control_tables import STATES
from tasks.domain.measure_states import State, states, states_on, took_effect

OCTOBER = [f"mofcom-gacc-2025-{number}" for number in (55, 56, 57, 58)]
ABROAD, TECHNOLOGY = "mofcom-2025-61", "mofcom-2025-62"
ANNOUNCEMENT_70, ANNOUNCEMENT_72, ANNOUNCEMENT_46 = "mofcom-gacc-2025-70", "mofcom-2025-72", "mofcom-2024-46"


def on(day: str, event: str) -> str:
    return states_on(date.fromisoformat(day))[event].name


@pytest.mark.parametrize("event", OCTOBER)
def test_the_measures_of_october_2025_were_suspended_before_they_began_and_their_suspension_has_run_out(
    event: str,
) -> None:
    days = ("2025-10-08", "2025-10-09", "2025-11-06", "2025-11-07", "2025-11-08", "2026-11-10", "2026-11-11")
    assert [on(day, event) for day in days] == [
        "not_yet_announced", "announced", "announced", "never_in_force", "never_in_force", "never_in_force",
        "lapsed_unrecorded",
    ]  # fmt: skip


@pytest.mark.parametrize("event", [ABROAD, TECHNOLOGY])
def test_what_was_in_force_is_suspended_until_the_last_day_of_the_suspension(event: str) -> None:
    days = ("2025-10-08", "2025-10-09", "2025-11-06", "2025-11-07", "2026-11-10", "2026-11-11", "2027-01-01")
    assert [on(day, event) for day in days] == [
        "not_yet_announced", "in_force", "in_force", "suspended", "suspended", "lapsed_unrecorded", "lapsed_unrecorded",
    ]  # fmt: skip


def test_a_suspension_is_in_force_through_its_last_day_and_then_nothing_is_known_of_what_followed() -> None:
    assert [on(day, ANNOUNCEMENT_70) for day in ("2025-11-06", "2025-11-07", "2026-11-10", "2026-11-11")] == [
        "not_yet_announced", "in_force", "in_force", "lapsed_unrecorded",
    ]  # fmt: skip
    assert [on(day, ANNOUNCEMENT_72) for day in ("2025-11-09", "2026-11-27", "2026-11-28")] == [
        "in_force", "in_force", "lapsed_unrecorded",
    ]  # fmt: skip


def test_a_measure_of_which_one_paragraph_is_suspended_is_partly_suspended() -> None:
    assert [on(day, ANNOUNCEMENT_46) for day in ("2025-11-08", "2025-11-09", "2026-11-27", "2026-11-28")] == [
        "in_force", "partly_suspended", "partly_suspended", "lapsed_unrecorded",
    ]  # fmt: skip
    found = states_on(date(2026, 11, 28))[ANNOUNCEMENT_46]
    assert found == State("lapsed_unrecorded", ANNOUNCEMENT_72, "2", date(2025, 11, 9), date(2026, 11, 27))


def test_the_measures_that_lapsed_are_those_that_a_term_or_a_suspension_names() -> None:
    """Counted from the document numbers, and no other measure among the thirty-one."""
    lapsed = {event for event, state in states_on(date(2026, 11, 28)).items() if state.name == "lapsed_unrecorded"}
    assert lapsed == {*OCTOBER, ABROAD, TECHNOLOGY, ANNOUNCEMENT_70, ANNOUNCEMENT_72, ANNOUNCEMENT_46}
    later = {event for event, state in states_on(date(2028, 1, 1)).items() if state.name == "lapsed_unrecorded"}
    assert later - lapsed == {"mofcom-2025-68", "exporters-2026"}


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


def test_a_successor_that_is_recorded_ends_the_lapse() -> None:
    longer = FIRST | {
        "event": "longer", "announced_on": "2025-07-05", "effective_from": "2025-07-05", "effective_until": "2025-12-31",
        "succeeds": "first",
    }  # fmt: skip
    assert _named("2025-07-01", TARGET, FIRST) == ["lapsed_unrecorded", "lapsed_unrecorded"]
    assert _named("2025-07-04", TARGET, FIRST, longer) == ["lapsed_unrecorded", "lapsed_unrecorded", "not_yet_announced"]  # fmt: skip
    assert _named("2025-07-05", TARGET, FIRST, longer) == ["suspended", "ended", "in_force"]
    assert _named("2026-01-01", TARGET, FIRST, longer) == ["lapsed_unrecorded", "ended", "lapsed_unrecorded"]
    back = {"event": "back", "announced_on": "2025-07-01", "effective_from": "2025-07-01", "succeeds": "first"}
    assert _named("2025-07-01", TARGET, FIRST, back) == ["in_force", "ended", "in_force"]


def test_a_successor_says_nothing_of_the_days_before_it_begins() -> None:
    back = {"event": "back", "announced_on": "2025-05-01", "effective_from": "2025-09-01", "succeeds": "first;target"}
    target = TARGET | {"effective_until": "2025-08-31"}
    assert _named("2025-05-02", target, FIRST, back) == ["suspended", "in_force", "announced"]
    assert _named("2025-08-31", target, FIRST, back) == ["lapsed_unrecorded", "lapsed_unrecorded", "announced"]
    assert _named("2025-09-01", target, FIRST, back) == ["ended", "ended", "in_force"]


def test_of_two_suspensions_in_a_row_the_first_day_decides_whether_it_ever_was_in_force() -> None:
    early = FIRST | {"announced_on": "2025-01-20", "effective_from": "2025-01-20"}
    longer = early | {"event": "longer", "effective_from": "2025-06-15", "effective_until": "", "succeeds": "first"}
    assert _named("2025-07-10", TARGET, early, longer)[0] == "never_in_force"
    assert _named("2025-07-10", TARGET, FIRST, longer)[0] == "suspended"


def test_every_state_is_explained_and_every_row_has_one_on_every_day() -> None:
    first, seen = date(2018, 12, 30), set()
    for days in range(0, 365 * 12, 5):
        found = states_on(first + timedelta(days=days))
        assert {*found} == {*code_table("control_events")["event"]}
        seen |= {state.name for state in found.values()}
    assert seen == {*STATES} - {"ended"}


def test_what_was_suspended_before_its_first_day_explains_no_month() -> None:
    def row(event: str) -> dict[str, Any]:
        return code_table("control_events").filter(event=event).row(0, named=True)

    assert [took_effect(row(event)) for event in (*OCTOBER, ABROAD)] == [False] * 4 + [True]
    assert took_effect(row("mofcom-gacc-2025-18"))
    assert not took_effect(row("talks-2025-05-12"))
