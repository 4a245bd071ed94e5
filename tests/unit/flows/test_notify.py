"""Which addresses are taken, and how they are written for Prefect; the messages themselves."""

import json
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from jinja2 import Template

from flows import notify
from schemas.forms.fetch import SourceState
from schemas.forms.outcome import HeldFinding, HeldRelease, Outcome


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


def test_a_long_list_of_findings_ends_with_what_to_do() -> None:
    finding = HeldFinding(
        check="row_cap", subject="file", observed="10,000 records", expected="fewer", advice="Split it."
    )
    kept = HeldRelease.model_validate({
        "release_id": "gacc_query-1", "raw": "raw/ab", "raw_sha256": "ab", "name": "cut.csv", "source": "gacc_query",
        "reporter": "CHN", "flow": "export", "partners": "all", "products": None, "months": None,
        "released_on": date(2025, 7, 20), "title": "cut\n<!channel>.csv", "held_since": date(2025, 7, 20),
        "findings": [finding.model_copy(update={"subject": f"record {number}"}) for number in range(30)],
    })  # fmt: skip
    message = notify.held(kept)
    assert message["subject"] == "Held for approval: cut\\x0a<!channel>.csv, 30 findings"
    lines = message["text"].split("\n")
    assert lines[0] == "row_cap (record 0): 10,000 records; expected fewer. Split it."
    assert (len(lines), lines[-2]) == (11, "and 21 more")
    assert "tidewaiter approve gacc_query-1" in lines[-1]


def test_a_publication_is_told_with_its_finding_first_and_its_warnings_by_kind() -> None:
    outcome = Outcome(
        status="published", release_id="gacc_query-1", title="june.csv", snapshot_id="000001-ab", flows=["export"],
        months=["2025-05", "2025-06"], products=["85051110"], records=1200, records_observed=1199, records_quarantined=1,
        warnings=["slips (a): 1; expected 2. See.", "file_name (b): x; expected y. See.", "slips (c): 1; expected 2. See."],
        notes=[], healed=[],
    )  # fmt: skip
    message = notify.published(outcome, "June 2025: exports of magnets 3,188 t", 2)
    assert message["subject"] == "Published: June 2025: exports of magnets 3,188 t"
    assert message["text"].split("\n") == [
        "june.csv, 2025-05 to 2025-06: 1,200 records, 1 quarantined.",
        "It revised 2 numbers of earlier releases.",
        "3 warnings: file_name 1, slips 2.",
        "Release gacc_query-1, snapshot 000001-ab.",
    ]


def test_what_is_overdue_of_a_fetched_source_names_its_fetch_and_since_when_it_fails() -> None:
    state = SourceState(
        source="us_census", reporters=["USA"], late=["2026-06"], late_since=date(2026, 8, 5), days_late=15, is_fetched=True,
        failing_since=datetime(2026, 8, 6, 8, 50, tzinfo=UTC), reason="status 403",
    )  # fmt: skip
    assert notify.overdue(state) == {
        "subject": "Overdue 15 days: us_census of 2026-06",
        "text": "us_census of 2026-06 was due on 2026-08-05 and is not here\nIts fetch fails since 2026-08-06 08:50: status 403.\n"
        "Ask again with tidewaiter fetch us_census. If the source is late, correct the day in schemas/reference/release_calendar.csv.",
    }


def test_a_message_goes_through_each_channel_that_there_is_and_mentions_nobody() -> None:
    hook, mail = uuid4(), uuid4()
    sent = notify.actions("{{ event.payload.subject }}", "{{ event.payload.text }}", notify.Channels(hook, mail))
    assert [(one["type"], one["block_document_id"]) for one in sent] == [("call-webhook", hook), ("send-notification", mail)]  # fmt: skip
    event = {"payload": {"subject": "Held: <!channel>.csv", "text": 'a "b" & c'}}
    body = json.loads(Template(sent[0]["payload"]).render(event=event, flow_run=None))
    assert body == {"text": '*Held: &lt;!channel&gt;.csv*\na "b" &amp; c'}
    with_page = Template(sent[1]["body"]).render(event=event, flow_run={"id": "1"})
    assert with_page.endswith("/runs/flow-run/1")
    assert notify.actions("a", "b", notify.Channels(None, None)) == []
