"""The steps between the ledger and the published tables: each gets what the one before it made. The steps are made up."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flows import ledger_to_tables as module
from flows.ledger_to_tables import into_ledger, to_tables
from tasks.steps.release_tables import Derived, Entered
from tests.unit.decisions import decision, decision_table

RELEASE = SimpleNamespace(release="the release")
KNOWN: Any = "what is published"
LEDGER = SimpleNamespace(counting="the releases that count")
DERIVED = SimpleNamespace(metric="the figures")
MADE: dict[str, Any] = {
    "merge": LEDGER, "widen": "the wide table", "revise": "the revisions", "derive": DERIVED, "mark_events": "the events",
    "trail": "the trail", "publish": "published",
}  # fmt: skip
Called = list[tuple[str, tuple[Any, ...]]]


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> Called:
    """Each step that runs, with what it gets."""
    calls: Called = []

    def step(name: str) -> Any:
        def run(*given: Any) -> Any:
            calls.append((name, given))
            return MADE[name]

        return run

    monkeypatch.setattr(module, "step", SimpleNamespace(**{name: step(name) for name in MADE}))
    return calls


def test_a_release_enters_the_ledger_and_a_record_of_its_run_names_no_decision(called: Called) -> None:
    release: Any = RELEASE
    assert into_ledger(release, KNOWN) == (LEDGER, "the wide table", "the revisions")
    assert called == [("merge", (RELEASE, KNOWN)), ("widen", (LEDGER,)), ("revise", (RELEASE, LEDGER, KNOWN))]


def test_a_decision_enters_the_ledger_with_its_release(called: Called) -> None:
    release: Any = RELEASE
    decided = decision_table(decision("withdrawn", "r1", "2026-02-01"))
    into_ledger(release, KNOWN, decided)
    name, given = called[0]
    assert (name, given[:2]) == ("merge", (RELEASE, KNOWN))
    assert given[2] is decided


def test_without_a_decision_in_it_the_table_of_decisions_is_not_handed_on(called: Called) -> None:
    release: Any = RELEASE
    into_ledger(release, KNOWN, decision_table())
    assert called[0] == ("merge", (RELEASE, KNOWN))


def test_figures_and_events_follow_from_the_releases_that_count_and_all_is_published(
    called: Called, tmp_path: Path
) -> None:
    release: Any = RELEASE
    entered: Any = Entered(LEDGER, "the wide table", "the revisions")  # type: ignore[arg-type]
    assert to_tables(tmp_path, release, entered, KNOWN) == "published"  # type: ignore[comparison-overlap]
    assert called == [
        ("derive", (LEDGER, KNOWN)),
        ("mark_events", (RELEASE, "the figures", KNOWN, "the releases that count")),
        ("trail", ("the release",)),
        ("publish", (tmp_path, RELEASE, entered, Derived(DERIVED, "the events"), "the trail", KNOWN)),
    ]  # fmt: skip
