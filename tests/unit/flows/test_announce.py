"""Names and lines about a run; without a server nothing is reported."""

import logging
from pathlib import Path
from typing import Any

import pytest

from flows import announce
from schemas.forms.outcome import Graded, Outcome
from schemas.forms.watch import WatchReport
from tasks.domain.errors import Refused
from tasks.reports.release_page import Pages


def outcome(**change: Any) -> Outcome:
    made = {
        "status": "published", "release_id": "r1", "title": "june.csv", "snapshot_id": "000001-a", "flows": ["export"], "months": ["2025-05", "2025-06"],
        "products": ["85051110"], "records": 1200, "records_observed": 1199, "records_quarantined": 1, "warnings": ["w"], "notes": [], "healed": [],
    }  # fmt: skip
    return Outcome.model_validate(made | change)


def test_outside_of_a_run_the_work_itself_returns_and_raises(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    def nobody(*_: object, **__: object) -> None:
        raise AssertionError("a server was asked")

    for name in ("get_client", "emit_event"):
        monkeypatch.setattr(announce, name, nobody)
    assert announce.reported(outcome)() == outcome()

    def refuses() -> Outcome:
        raise Refused("rule", where="w", found="f", advice="a")

    with pytest.raises(Refused):
        announce.reported(refuses)()
    report = WatchReport.model_construct(outcomes=[outcome()])
    assert announce.watched(report) is report
    announce.pictured(report)
    announce.rename("x")
    announce.mark_running_again()


def test_a_failure_of_the_server_is_logged_and_does_not_end_the_work(caplog: pytest.LogCaptureFixture) -> None:
    def fails() -> None:
        raise ConnectionError("no server")

    with caplog.at_level(logging.ERROR, "tidewaiter.announce"):
        announce.attempt(fails)
    assert "the publication is not affected" in caplog.text
    assert "no server" in caplog.text


def test_an_event_names_the_release_and_its_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, dict[str, str], dict[str, Any]]] = []
    monkeypatch.setattr(announce, "emit_event", lambda name, resource, payload: sent.append((name, resource, payload)))
    announce.event("held", "r1", {"a": 1}, title="june.csv", waits="yes")
    announce.event("overdue", "query.2025-06", {})
    assert sent[0] == (
        "tidewaiter.release.held",
        {"prefect.resource.id": "tidewaiter.release.r1", "prefect.resource.name": "june.csv", "tidewaiter.waits": "yes"}, {"a": 1},
    )  # fmt: skip
    assert sent[1][1]["prefect.resource.name"] == "query.2025-06"


def test_a_rule_that_fires_sends_one_event_with_its_months(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, str, dict[str, Any]]] = []
    monkeypatch.setattr(announce, "event", lambda what, name, payload, **_: sent.append((what, name, payload)))
    monkeypatch.setattr(announce.prefect_pages, "write", lambda *_, **__: Pages("lead", "", [], [], [], [], 0))
    rules = [
        Graded(rule="fall", month="2025-05", outcome="fired", value=-60.0, why="mom_pct is -60", before="quiet", reason="test"),
        Graded(rule="fall", month="2025-06", outcome="fired", value=-70.0, why="mom_pct is -70", reason="test"),
        Graded(rule="rise", month="2025-06", outcome="quiet", value=-70.0, why="mom_pct is -70", reason="test"),
        Graded(rule="old", month="2025-06", outcome="fired", value=1.0, why="level is 1", before="fired", reason="test"),
    ]  # fmt: skip
    announce.published(outcome(rules=rules, store=Path("store")), pictures=False)
    assert [(what, name) for what, name, _ in sent] == [("published", "r1"), ("rule-fired", "r1.fall")]
    said = sent[1][2]
    assert said["subject"] == "Watch rule fall fires: 2025-05, 2025-06"
    assert said["text"].splitlines()[:3] == [
        "mom_pct is -70 (first print).", "mom_pct is -60; before this release: quiet.", "Watched because: test.",
    ]  # fmt: skip
