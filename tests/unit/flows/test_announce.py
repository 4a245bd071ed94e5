"""What is said of a run: names, lines, events and messages, and the addresses that these go to. Without a server
nothing is reported."""

import json
import logging
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from jinja2 import Template

from flows import announce, notify
from flows.question import question
from schemas.forms.fetch import SourceState
from schemas.forms.outcome import Graded, Outcome
from schemas.forms.watch import InboxState, Taken, WatchReport
from tasks.domain.errors import Refused
from tasks.pages.release.release_page import Pages
from tests.unit.builders import held_finding, held_release, outcome


def test_outside_of_a_run_the_work_itself_returns_and_raises(monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_a_task_is_called_as_the_file_is_whatever_braces_that_has(monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[str] = []

    def task(work: Any, *, task_run_name: Any, **options: Any) -> Any:
        names.append(task_run_name())
        return work

    monkeypatch.setattr(announce, "task", task)
    assert announce.as_task("release {ended}{b}.csv", outcome) == outcome()
    assert names == ["release {ended}{b}.csv"]


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
        {
            "prefect.resource.id": "tidewaiter.release.r1",
            "prefect.resource.name": "june.csv",
            "tidewaiter.waits": "yes",
        },
        {"a": 1},
    )
    assert sent[1][1]["prefect.resource.name"] == "query.2025-06"


def test_a_rule_that_fires_sends_one_event_with_its_months(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, str, dict[str, Any]]] = []
    monkeypatch.setattr(announce, "event", lambda what, name, payload, **_: sent.append((what, name, payload)))
    monkeypatch.setattr(announce.prefect_pages, "write", lambda *_, **__: Pages("lead", "", [], [], [], [], 0))
    rules = [
        Graded(
            rule="fall",
            month="2025-05",
            outcome="fired",
            value=-60.0,
            why="mom_pct is -60",
            before="quiet",
            reason="test",
        ),
        Graded(rule="fall", month="2025-06", outcome="fired", value=-70.0, why="mom_pct is -70", reason="test"),
        Graded(rule="rise", month="2025-06", outcome="quiet", value=-70.0, why="mom_pct is -70", reason="test"),
        Graded(
            rule="old", month="2025-06", outcome="fired", value=1.0, why="level is 1", before="fired", reason="test"
        ),
    ]
    announce.published(outcome(rules=rules, store=Path("store")), pictures=False)
    assert [(what, name) for what, name, _ in sent] == [("published", "r1"), ("rule-fired", "r1.fall")]
    said = sent[1][2]
    assert said["subject"] == "Watch rule fall fires: 2025-05, 2025-06"
    assert said["text"].splitlines()[:3] == [
        "mom_pct is -70 (first print).", "mom_pct is -60; before this release: quiet.", "Watched because: test.",
    ]  # fmt: skip


def taken(name: str, outcome: str, reason: str) -> Taken:
    return Taken(file=Path(name), outcome=outcome, reason=reason)


@pytest.fixture
def in_a_run(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """The events that are sent in a run of Prefect whose server has none yet."""
    sent: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(announce.FlowRunContext, "get", object)
    monkeypatch.setattr(announce, "event_of_the_week", lambda what, name, payload: sent.append((what, payload)))
    for page in ("write_files", "write_sources"):
        monkeypatch.setattr(announce.prefect_pages, page, lambda *_: None)
    return sent


def test_refused_files_are_one_message_and_leave_the_watch_green(in_a_run: list[tuple[str, dict[str, Any]]]) -> None:
    files = [taken(f"{number}.csv", "refused", f"{number}.csv: cut off. Download it again.") for number in range(40)]
    report = WatchReport.model_construct(
        looked=InboxState.model_construct(**{name: [] for name in InboxState.model_fields}),
        taken=[*files, taken("held.csv", "held", "r1 is held")],
        outcomes=[outcome()],
    )
    state: Any = announce.watched(report)
    assert (state.type.value, state.name) == (
        "COMPLETED",
        "Held for approval, Refused 40, Published 2025-05 to 2025-06",
    )
    [(what, payload)] = in_a_run
    assert (what, payload["subject"], payload["files"]) == ("refused", "Refused 40 files", 40)
    lines = payload["text"].splitlines()
    assert (len(lines), lines[0]) == (notify.LINES_MAX + 1, "0.csv: cut off. Download it again.")
    assert "is tried again when it or its declaration changes" in lines[-1]


def test_the_message_of_a_watch_that_failed_repeats_no_other(in_a_run: list[tuple[str, dict[str, Any]]]) -> None:
    """What is held, published, refused and late has a message of its own."""
    late = SourceState(source="s", reporters=["USA"], late=["2026-06"], late_since=date(2026, 8, 5), days_late=15)
    report = WatchReport.model_construct(
        looked=InboxState.model_construct(**{name: [] for name in InboxState.model_fields}),
        taken=[
            taken("a.csv", "failed", "a.csv: ZeroDivisionError: division by zero"),
            taken("b.csv", "refused", "b.csv: cut off"),
            taken("c.csv", "held", "r1 is held"),
        ],
        outcomes=[outcome()],
        sources=[late],
    )
    state: Any = announce.watched(report)
    assert (state.type.value, state.message) == ("FAILED", "a.csv: ZeroDivisionError: division by zero")
    assert [what for what, _ in in_a_run] == ["overdue", "refused"]


def test_a_long_list_of_findings_ends_with_what_to_do() -> None:
    findings = [held_finding(check=f"gaps_{number:02d}") for number in range(30)]
    message = notify.held(held_release(release_id="r1", title="cut\n<!channel>.csv", findings=findings))
    assert message["subject"] == "Held for approval: cut\\x0a<!channel>.csv, 30 findings"
    lines = message["text"].split("\n")
    assert lines[0].startswith("gaps_00 (")
    assert lines[0].endswith("): 10,000 rows; expected fewer. Ask again.")
    assert (len(lines), lines[-2]) == (11, "and 21 more")
    assert "tidewaiter approve r1" in lines[-1]


def test_of_many_findings_of_a_check_people_see_the_first_ones_and_how_many_more_there_are() -> None:
    kept = held_release(findings=[held_finding(subject=f"record {number}") for number in range(30)])
    lines = notify.held(kept)["text"].split("\n")
    assert lines[:3] == [f"row_cap (record {number}): 10,000 rows; expected fewer. Ask again." for number in range(3)]
    assert lines[3] == "and 27 more of row_cap"
    assert len(lines) == 5
    asked = [line for line in question(kept).splitlines() if line.startswith("- ")]
    assert asked[3:] == ["- and 27 more of **row_cap**"]
    assert len(kept.lines) == 30


def test_a_publication_is_told_with_its_finding_first_and_its_warnings_by_kind() -> None:
    warnings = [
        "slips (a): 1; expected 2. See.",
        "file_name (b): x; expected y. See.",
        "slips (c): 1; expected 2. See.",
    ]
    message = notify.published(outcome(warnings=warnings), "June 2025: exports of magnets 3,188 t", 2)
    assert message["subject"] == "Published: June 2025: exports of magnets 3,188 t"
    assert message["text"].split("\n") == [
        "june.csv, 2025-05 to 2025-06: 1,200 records, 1 quarantined.", "It revised 2 numbers of earlier releases.",
        "3 warnings: file_name 1, slips 2.", "Release r1, snapshot 000001-a.",
    ]  # fmt: skip
    # The subject stands alone in a list of messages.
    doubted = notify.published(outcome(), "June 2025: exports of magnets 3,188 t", 0, "cut off")
    assert doubted["subject"] == "Published, in doubt: June 2025: exports of magnets 3,188 t"
    assert doubted["text"].startswith("In doubt: cut off.\n")


def test_what_is_not_set_is_left_and_what_is_set_to_nothing_is_taken_away() -> None:
    assert notify.addresses({}.get) == (None, None)
    assert notify.addresses({notify.SLACK_WEBHOOK: "", notify.MAIL_TO: ""}.get) == ("", "")


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({notify.SLACK_WEBHOOK: "hooks.slack.com/services/T/B/secret"}, "no address of a webhook"),
        ({notify.MAIL_TO: "desk"}, "'desk', which is no address"),
        ({notify.MAIL_TO: "desk@example.org"}, "names no mail server: write it as smtps://"),
        ({notify.MAIL_TO: "desk@example.org", notify.SMTP: "https://u:secret@example.org"}, "names no mail server"),
        ({notify.MAIL_TO: "desk@example.org", notify.SMTP: "smtp://u:secret@example.org:port"}, "names no mail server"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_its_secret(environment: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words) as refused:
        notify.addresses(environment.get)
    assert "secret" not in str(refused.value)


def test_what_is_overdue_of_a_fetched_source_names_its_fetch_and_since_when_it_fails() -> None:
    state = SourceState(
        source="us_census",
        reporters=["USA"],
        late=["2026-06"],
        late_since=date(2026, 8, 5),
        days_late=15,
        is_fetched=True,
        failing_since=datetime(2026, 8, 6, 8, 50, tzinfo=UTC),
        reason="status 403",
    )
    assert notify.overdue(state) == {
        "subject": "Overdue 15 days: us_census of 2026-06",
        "text": (
            "us_census of 2026-06 was due on 2026-08-05 and is not here\nIts fetch fails since 2026-08-06 08:50: status"
            " 403.\nAsk again with tidewaiter fetch us_census. If the source is late, correct the day in"
            " schemas/reference/release_calendar.csv."
        ),
    }


def test_a_message_goes_through_each_channel_that_there_is_and_mentions_nobody() -> None:
    hook, mail = uuid4(), uuid4()
    sent = notify.actions("{{ event.payload.subject }}", "{{ event.payload.text }}", notify.Channels(hook, mail))
    assert [(one["type"], one["block_document_id"]) for one in sent] == [
        ("call-webhook", hook),
        ("send-notification", mail),
    ]
    event = {"payload": {"subject": "Held: <!channel>.csv", "text": 'a "b" & c'}}
    body = json.loads(Template(sent[0]["payload"]).render(event=event, flow_run=None))
    assert body == {"text": '*Held: &lt;!channel&gt;.csv*\na "b" &amp; c'}
    with_page = Template(sent[1]["body"]).render(event=event, flow_run={"id": "1"})
    assert with_page.endswith("/runs/flow-run/1")
    assert notify.actions("a", "b", notify.Channels(None, None)) == []
