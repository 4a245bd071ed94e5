"""Who is told: a real server with real deployments sends its messages to a webhook and a mail server on the loopback
address."""

import re
from typing import Any

import pytest
from receivers import Received, both, linked
from services import LATE, Services

from flows import notify

pytestmark = pytest.mark.prefect
NAMES = {
    f"tidewaiter-notify-{name}"
    for name in ("held", "overdue", "refused", "published", "rule", "withdrawn", "reinstated", "failed", "unattended")
}


def test_a_publication_is_told_with_the_finding_and_a_link(services: Services, june: dict[str, Any]) -> None:
    post, mail = june["messages"]
    for text in (post, mail):
        assert "(85051110) 1,676 t" in text
        assert "2025-06: 6 records, 0 quarantined." in text
        # A message may come while its run still writes down how it ended.
        run = services.ended(linked(text))
        assert (run["id"], run["state_name"]) == (june["id"], "Published 2025-06")
    # A title calls nobody: Slack would take `<!channel>` for a call of everybody.
    assert "june &lt;!channel&gt;.csv" in post
    assert "<!" not in post
    assert "june <!channel>.csv" in mail


def test_a_hold_is_told_with_its_findings_and_leads_to_the_run_that_asks(held: dict[str, Any]) -> None:
    for text in held["messages"]:
        assert "partner_removed" in text
        assert "tidewaiter approve gacc_query-" in text
        assert linked(text) == held["asked"]["id"]


def test_a_withdrawal_is_told_with_who_decided_it_and_why(
    services: Services, receivers: tuple[Received, Received], june: dict[str, Any]
) -> None:
    title = june["name"].removeprefix("release 2025-06 ")
    released = [event["payload"] for event in services.events("tidewaiter.release.published")]
    (name,) = {one["release_id"] for one in released if one["title"] == title}
    asked = {"release_id": name, "by": "Li Wei", "reason": "wrong file"}
    run = services.ended(services.start("withdraw/withdraw", {"request": asked}))
    assert (run["state_name"], run["name"]) == ("Withdrawn 2025-06", f"withdrawn 2025-06 {title}")
    post, mail = both(services, receivers, "Withdrawn: june ")
    for text in (post, mail):
        assert re.search(r"withdrawn on \d{4}-\d\d-\d\d by Li Wei: wrong file\.", text)
        assert linked(text) == run["id"]


def test_what_is_overdue_is_told_once(
    services: Services, receivers: tuple[Received, Received], late: dict[str, Any]
) -> None:
    """And not by each run that sees it, which is every hour."""
    again = services.ended(services.start("watch/watch", {"request": LATE}, "2025-03-22T16:30:00Z"))
    assert "Overdue 3 days" in late["state_name"]
    assert "Overdue 3 days" in again["state_name"]
    post, mail = both(services, receivers, "Overdue 3 days: gacc_query of 2025-02")
    for text in (post, mail):
        assert "was due on 2025-03-20 and is not here" in text
    assert len(services.events("tidewaiter.release.overdue")) == len(
        {event["resource"]["prefect.resource.id"] for event in services.events("tidewaiter.release.overdue")}
    )


def test_a_broken_file_is_told_once_and_the_run_that_refused_it_is_green(
    services: Services, receivers: tuple[Received, Received]
) -> None:
    page = services.drop("captcha.csv", b"<html>captcha</html>\n", "2024-08-20")
    before = len(receivers[0].posts)
    run = services.ended(services.watch())
    assert (run["state_name"], run["state_type"]) == ("Refused 1", "COMPLETED")
    post, mail = both(services, receivers, "Refused 1 file")
    for text in (post, mail):
        assert "captcha.csv" in text
        assert "a web page" in text
        assert linked(text) == run["id"]
    assert [entry["text"][:10] for entry in receivers[0].posts[before:]] == ["*Refused 1"]
    # A run that fails is told, too.
    failed = services.start("watch/watch", {"request": {"inbox": str(services.folder / "nowhere")}})
    assert services.ended(failed)["state_type"] == "FAILED"
    post, mail = both(services, receivers, "Failed: watch")
    assert "there is no such folder" in post
    page.unlink()


def test_deploying_again_changes_nothing_leaves_addresses_that_are_not_given_and_takes_away_empty_ones(
    services: Services, receivers: tuple[Received, Received]
) -> None:
    def deployed() -> list[tuple[str, str]]:
        """Names and ids; Prefect makes the trigger of a deployment anew each time."""
        automations = services.ask("/automations/filter", {})
        names = [(one["name"], one["id"] if one["name"] in NAMES else "") for one in automations]
        return sorted(names + [(name, services.deployment(f"{name}/{name}")["id"]) for name in services.DEPLOYED])

    given = {name: services.environment.pop(name) for name in (notify.SLACK_WEBHOOK, notify.MAIL_TO, notify.SMTP)}
    try:
        before = deployed()
        assert NAMES | {"tidewaiter-zombies"} <= {name for name, _ in before}
        services.deploy()
        assert deployed() == before
    finally:
        services.environment |= given
    actions = [str(entry["actions"]) for entry in services.ask("/automations/filter", {}) if entry["name"] in NAMES]
    assert len(actions) == len(NAMES)
    for made in actions:
        # The addresses, which are secrets, are in the blocks alone; the page to which a message leads is none.
        for secret in ("T0/B0/secret", "desk@example.org", *(f"127.0.0.1:{received.port}" for received in receivers)):
            assert secret not in made
    services.environment |= {notify.SLACK_WEBHOOK: "", notify.MAIL_TO: ""}
    try:
        services.deploy()
        assert not NAMES & {entry["name"] for entry in services.ask("/automations/filter", {})}
    finally:
        services.environment |= given
