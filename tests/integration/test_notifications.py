"""Who is told: a real server with real deployments sends its messages to a webhook and a mail server on the loopback address."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from bad_inputs.download import CLEAN_RECORDS, csv_bytes
from receivers import Received, mail_server, webhook
from services import Services

from flows import notify

pytestmark = pytest.mark.prefect
JUNE = CLEAN_RECORDS[:6]
NAMES = {
    f"tidewaiter-notify-{name}"
    for name in ("held", "overdue", "published", "rule", "withdrawn", "reinstated", "failed", "unattended")
}


@pytest.fixture(scope="module")
def receivers(services: Services, screenshots: Path | None) -> Iterator[tuple[Received, Received]]:
    """The two, with everything deployed so that messages go there. What came is left to look at."""
    with webhook() as posts, mail_server() as mails:
        services.environment |= {
            notify.SLACK_WEBHOOK: f"http://127.0.0.1:{posts.port}/services/T0/B0/secret",
            notify.MAIL_TO: "desk@example.org",
            notify.SMTP: f"smtp://127.0.0.1:{mails.port}",
        }
        services.deploy()
        yield posts, mails
        if screenshots:
            texts = [f"{mail['Subject']}\n{mail.get_content()}" for mail in mails.mails]
            (screenshots / "messages.json").write_text(json.dumps({"posts": posts.posts, "mails": texts}, indent=1))
        services.environment |= {notify.SLACK_WEBHOOK: "", notify.MAIL_TO: ""}
        services.deploy()
        assert not NAMES & {entry["name"] for entry in services.ask("/automations/filter", {})}


def month(year: int, number: int, records: list[Any] = JUNE) -> bytes:
    return csv_bytes([(f"{year}{number:02d}", *row[1:]) for row in records])


def both(services: Services, receivers: tuple[Received, Received], subject: str) -> tuple[str, str]:
    """The text of the only post and of the only mail with this subject, which is their first line; it waits for both."""
    posts, mails = receivers

    def of_posts() -> list[str]:
        return [post["text"] for post in posts.posts if post["text"].startswith(f"*{subject}")]

    def of_mails() -> list[str]:
        return [
            f"{mail['Subject']}\n{mail.get_content()}"
            for mail in mails.mails
            if mail["Subject"].startswith(f"[Tidewaiter] {subject}")
        ]

    services.wait(lambda: of_posts() and of_mails(), f"messages about {subject}", lambda: (posts.posts, mails.mails))
    (post,), (mail,) = of_posts(), of_mails()
    return post, mail


def linked(text: str) -> str:
    """The id of the run to which a message leads."""
    found = re.search(r"http://127\.0\.0\.1:\d+/(?:v2/)?runs/flow-run/([0-9a-f-]{36})", text)
    assert found, text
    # The server gives a page to who asks for one, as a browser does.
    answer = httpx.get(found.group(0), headers={"Accept": "text/html"}, timeout=60)
    assert answer.is_success, answer.text
    assert "<!doctype html>" in answer.text.lower()
    return found.group(1)


def test_a_publication_is_told_with_the_finding_and_a_link(
    services: Services, receivers: tuple[Received, Received]
) -> None:
    # A month of its own: tests of one session share a store.
    services.drop("told <!channel>.csv", month(2023, 7), "2023-08-20")
    assert services.ended(services.watch())["state_name"] == "Published 2023-07"
    post, mail = both(
        services, receivers, "Published: July 2023: China's exports of Permanent magnets of rare earths (85051110)"
    )
    for text in (post, mail):
        assert "(85051110) 1,676 t" in text
        assert "2023-07: 6 records, 0 quarantined." in text
        # A message may come while its run still writes down how it ended.
        run = services.ended(linked(text))
        assert run["state_name"] == "Published 2023-07"
    # A title calls nobody: Slack would take `<!channel>` for a call of everybody.
    assert "told &lt;!channel&gt;.csv" in post
    assert "<!" not in post
    assert "told <!channel>.csv" in mail


def test_a_hold_is_told_with_its_findings_and_leads_to_the_run_that_asks(
    services: Services, receivers: tuple[Received, Received]
) -> None:
    services.drop("told again.csv", month(2023, 7, JUNE[:1]), "2023-08-21")
    assert services.ended(services.watch())["state_name"] == "Held for approval"
    post, mail = both(services, receivers, "Held for approval: told again.csv")
    for text in (post, mail):
        assert "partner_removed" in text
        assert "tidewaiter approve gacc_query-" in text
        run = services.paused(linked(text))
        assert run["name"] == "held for approval: told again.csv"
    decided = {"verdict": "reject", "by": "Li Wei", "reason": "cut off"}
    services.ask(f"/flow_runs/{linked(post)}/resume", {"run_input": decided})
    services.ended(linked(post))


def test_a_withdrawal_is_told_with_who_decided_it_and_why(
    services: Services, receivers: tuple[Received, Received]
) -> None:
    released = [event["payload"] for event in services.events("tidewaiter.release.published")]
    (name,) = {one["release_id"] for one in released if one["title"] == "told <!channel>.csv"}
    asked = {"release_id": name, "by": "Li Wei", "reason": "wrong file"}
    run = services.ended(services.start("withdraw/withdraw", {"request": asked}))
    assert (run["state_name"], run["name"]) == ("Withdrawn 2023-07", "withdrawn 2023-07 told <!channel>.csv")
    post, mail = both(services, receivers, "Withdrawn: told ")
    for text in (post, mail):
        assert re.search(r"withdrawn on \d{4}-\d\d-\d\d by Li Wei: wrong file\.", text)
        assert linked(text) == run["id"]


def test_what_is_overdue_is_told_once(services: Services, receivers: tuple[Received, Received]) -> None:
    """And not by each run that sees it, which is every hour."""
    late = {"request": {"kinds": ["query"], "settle_seconds": 0}}
    for _ in range(2):
        run = services.ended(services.start("watch/watch", late, "2026-05-23T02:00:00Z"))
        assert "Overdue 3 days" in run["state_name"]
    post, mail = both(services, receivers, "Overdue 3 days: gacc_query of 2026-04")
    for text in (post, mail):
        assert "was due on 2026-05-20 and is not here" in text
    assert len(services.events("tidewaiter.release.overdue")) == len(
        {event["resource"]["prefect.resource.id"] for event in services.events("tidewaiter.release.overdue")}
    )


def test_a_failure_is_told_once_for_the_run_and_the_runs_in_it(
    services: Services, receivers: tuple[Received, Received]
) -> None:
    page = services.drop("captcha.csv", b"<html>captcha</html>\n", "2024-08-20")
    assert services.ended(services.watch())["state_name"] == "Refused 1"
    post, mail = both(services, receivers, "Refused 1: watch")
    for text in (post, mail):
        assert "captcha.csv" in text
        assert "a web page" in text
    assert not [entry for entry in receivers[0].posts if entry["text"].startswith("*Refused:")]
    page.unlink()


def test_deploying_again_changes_nothing_and_leaves_addresses_that_are_not_given(
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


def test_nobody_left_to_take_the_runs_is_told(services: Services, receivers: tuple[Received, Received]) -> None:
    """The event is one that the server makes when a worker has missed three of its heartbeats."""
    services.stop_worker()
    try:
        post, mail = both(services, receivers, "No worker: nobody takes the runs of local-process")
    finally:
        services.worker = services.start_worker()
    for text in (post, mail):
        assert "tidewaiter worker" in text
