"""Derives the state of an export control on a day, from its days and from what suspends or succeeds it.

The reference data contain no state, because it changes as days pass. Where a term has run out and no recorded measure
succeeds it, the state is `lapsed_unrecorded`: what followed is not known. Which products a measure covers is in
`measures`.
"""

import functools
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import NamedTuple

import polars as pl

from schemas.code_files import BrokenTable
from schemas.reference.code_tables import code_table

MEASURE = "measure"
LAPSED = "lapsed_unrecorded"
IN_FORCE = ("in_force", "partly_suspended")


class State(NamedTuple):
    """A state, and the suspension or expired term that decides it, if any.

    `by` names the row of that term, `part` the paragraph that alone is suspended; `since` and `until` are the first and
    the last day of the term.
    """

    name: str
    by: str = ""
    part: str = ""
    since: date | None = None
    until: date | None = None


class Term(NamedTuple):
    """A row of `control_events` with its days as dates."""

    event: str
    basis: str
    announced: date | None
    start: date | None
    end: date | None
    # Event -> the suspended paragraph; empty: the whole of it.
    suspends: Mapping[str, str]
    succeeds: frozenset[str]

    def has_begun(self, day: date) -> bool:
        """Whether its first day is on or before a day."""
        return self.start is not None and self.start <= day

    def has_run_out(self, day: date) -> bool:
        """Whether its last day is before a day."""
        return self.end is not None and self.end < day


@functools.cache
def states_on(day: date) -> dict[str, State]:
    """The state of every row of the reference data on a day."""
    return states(code_table("control_events"), day)


def states(table: pl.DataFrame, day: date) -> dict[str, State]:
    """The state of every row of a table `control_events` on a day.

    Raises BrokenTable where a row names an event that the table lacks.
    """
    terms = {row["event"]: _term(row) for row in table.iter_rows(named=True)}
    for term in terms.values():
        for column, names in (("suspends", term.suspends), ("succeeds", term.succeeds)):
            for name in sorted({*names} - {*terms}):
                raise BrokenTable(
                    f"control_events.csv, event {term.event}, column {column}: {name!r} is no event of the table. "
                    "Write names of its column event, with ; between them."
                )
    return {event: _state(term, terms, day) for event, term in terms.items()}


def with_states(events: pl.DataFrame, day: date) -> pl.DataFrame:
    """Rows of `control_events` with the `state` of each on a day, the row that decides it and the last day of that
    term; where a row has `paragraphs`, the state of these."""
    named = events["paragraphs"] if "paragraphs" in events.columns else [None] * events.height
    states = [
        of_paragraphs(states_on(day)[event], paragraphs)
        for event, paragraphs in zip(events["event"], named, strict=True)
    ]
    return events.with_columns(
        pl.Series("state", [state.name for state in states], pl.String),
        pl.Series("state_on", [day] * len(states), pl.Date),
        pl.Series("state_by", [state.by or None for state in states], pl.String),
        pl.Series("state_until", [state.until for state in states], pl.Date),
    )


def of_paragraphs(state: State, paragraphs: str | None) -> State:
    """The state of some paragraphs of a measure, with ; between them: of one that alone is suspended, and of others."""
    named = (paragraphs or "").split(";")
    if not state.part or not paragraphs:
        return state
    if state.part not in named:
        return State("in_force")
    return state._replace(name="suspended") if state.name == "partly_suspended" and named == [state.part] else state


def took_effect(row: Mapping[str, str]) -> bool:
    """Whether a row of `control_events` was in force on its first day: one suspended before explains no month."""
    if not row["effective_from"]:
        return False
    return states_on(date.fromisoformat(row["effective_from"]))[row["event"]].name in IN_FORCE


def _state(term: Term, terms: Mapping[str, Term], day: date) -> State:
    """Checks its own days first, then what suspends the whole of it, then what suspends a paragraph."""
    first = term.announced or term.start
    if term.basis != MEASURE:
        return State(term.basis)
    if first is not None and day < first:
        return State("not_yet_announced")
    if term.has_run_out(day):
        name = "ended" if _is_succeeded(term, terms, day) else LAPSED
        return State(name, term.event, "", term.start, term.end)
    return _by_suspensions(term, terms, day) or State("in_force" if term.has_begun(day) else "announced")


def _by_suspensions(term: Term, terms: Mapping[str, Term], day: date) -> State | None:
    """The state that follows from the suspensions of a measure; None where they do not change it."""
    begun = _suspensions(term, terms, day)
    whole = [other for other in begun if not other.suspends[term.event]]
    parts = [other for other in begun if other.suspends[term.event] and term.has_begun(day)]
    of_whole = "never_in_force" if _is_covered(term, whole, day) else "suspended"
    for suspensions, name in ((whole, of_whole), (parts, "partly_suspended")):
        if active := [other for other in suspensions if not other.has_run_out(day)]:
            return _by(name, active[-1], term)
        if lapsed := [other for other in suspensions if not _is_succeeded(other, terms, day)]:
            return _by(LAPSED, lapsed[-1], term)
    return None


def _by(name: str, suspension: Term, term: Term) -> State:
    return State(name, suspension.event, suspension.suspends[term.event], suspension.start, suspension.end)


def _suspensions(term: Term, terms: Mapping[str, Term], day: date) -> list[Term]:
    """The measures that have begun and suspend another one or a part of it, in the order in which they end."""
    suspending = [
        other
        for other in terms.values()
        if term.event in other.suspends and other.basis == MEASURE and other.has_begun(day)
    ]
    return sorted(suspending, key=lambda other: (other.end or date.max, other.start, other.event))


def _is_succeeded(term: Term, terms: Mapping[str, Term], day: date) -> bool:
    """Whether a measure that has begun is recorded as the successor of another one."""
    return any(
        term.event in other.succeeds and other.basis == MEASURE and other.has_begun(day) for other in terms.values()
    )


def _is_covered(term: Term, suspensions: list[Term], day: date) -> bool:
    """Whether the suspensions cover every day from a measure's first day to another day."""
    free = term.start or day
    for other in sorted(suspensions, key=lambda one: one.start or date.min):
        if other.start is not None and other.start <= free:
            free = max(free, date.max if other.end is None else other.end + timedelta(days=1))
    return free > day


def _term(row: Mapping[str, str]) -> Term:
    announced, start, end = (_day(row[name]) for name in ("announced_on", "effective_from", "effective_until"))
    suspends = {event: part for event, _, part in (name.partition("#") for name in _names(row["suspends"]))}
    return Term(row["event"], row["basis"], announced, start, end, suspends, frozenset(_names(row["succeeds"])))


def _names(text: str) -> Iterator[str]:
    return (name.strip() for name in text.split(";") if name.strip())


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
