"""Configures the messages for a release that is held, overdue or published, a run that fails, and the loss of all
workers.

`tidewaiter deploy` makes a block for each address in its environment and an automation for each occasion. The Prefect server
sends the messages, so they come also when every worker is gone. An unset variable changes nothing, so that a second
`tidewaiter deploy` from another shell stops no messages; an empty one removes its address.

| variable | what |
|---|---|
| TIDEWAITER_SLACK_WEBHOOK | address of an incoming webhook of Slack, or of any service that takes `{"text": …}`, such
as Mattermost |
| TIDEWAITER_MAIL_TO | where mails go: addresses, with commas between |
| TIDEWAITER_SMTP | how: smtps://USER:PASSWORD@HOST:465 (TLS), smtp+starttls://…:587, or smtp://HOST:25 (not encrypted)
|
| TIDEWAITER_MAIL_FROM | sender; by default the first address of TIDEWAITER_MAIL_TO |
"""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from schemas.settings import MAIL_FROM, MAIL_TO, SLACK_WEBHOOK, SMTP

if TYPE_CHECKING:
    from uuid import UUID

    from prefect.client.orchestration import PrefectClient
    from prefect.events.schemas.automations import EventTrigger

# Scheme of TIDEWAITER_SMTP: scheme and mode in Apprise, which Prefect uses to send, and the usual port.
SCHEMES = {
    "smtps": ("mailtos", "ssl", 465),
    "smtp+starttls": ("mailtos", "starttls", 587),
    "smtp": ("mailto", "insecure", 25),
}
WEBHOOK_BLOCK, MAIL_BLOCK = "tidewaiter-webhook", "tidewaiter-mail"
# The only block type of a stock Prefect server that takes any address of Apprise, also one of a mail.
MAIL_BLOCK_TYPE = "slack-webhook"
STATE_MESSAGE_MAX = 1500


class Occasion(NamedTuple):
    """When a message is sent, and its text, as templates of Prefect."""

    name: str
    when: str
    expect: str
    match: Mapping[str, str | list[str]]
    related: Mapping[str, str]
    subject: str
    text: str


def _about(event: str, when: str, **labels: str) -> Occasion:
    """Return an occasion for one of our own events, whose payload has the text."""
    match = {
        "prefect.resource.id": "tidewaiter.release.*",
        **{f"tidewaiter.{key}": value for key, value in labels.items()},
    }
    return Occasion(
        event, when, f"tidewaiter.release.{event}", match, {}, "{{ event.payload.subject }}", "{{ event.payload.text }}",
    )  # fmt: skip


OCCASIONS = (
    # The run that asks is the one in which a person can answer.
    _about("held", "a release waits for a decision", waits="yes"),
    _about("overdue", "the calendar expected a month that is not here"),
    _about("published", "a release was published"),
    _about("withdrawn", "a release was withdrawn"),
    _about("reinstated", "a withdrawn release counts again"),
    Occasion(
        "failed", "a run failed or crashed", "prefect.flow-run.*",
        {"prefect.resource.id": "prefect.flow-run.*", "prefect.state-type": ["FAILED", "CRASHED"]},
        # A subflow, or a run started on a terminal, has no deployment, and its failure is reported there.
        {"prefect.resource.role": "deployment"},
        "{{ event.resource['prefect.state-name'] }}: {{ event.resource['prefect.resource.name'] }}",
        f"{{{{ event.resource['prefect.state-message']|truncate({STATE_MESSAGE_MAX}) }}}}",
    ),
    Occasion(
        "unattended", "no worker takes the runs any more", "prefect.work-pool.not-ready",
        # A pool of that name has workers only while there is something to fill (deployments/README.md).
        {"prefect.resource.id": "prefect.work-pool.*", "prefect.resource.name": "!stores"}, {},
        "No worker: nobody takes the runs of {{ event.resource['prefect.resource.name'] }}",
        "Start one with tidewaiter worker, or check its service. Runs that were missed are caught up.",
    ),
)  # fmt: skip


class Addresses(NamedTuple):
    """The addresses for messages: a text each, an empty text to remove it, None to keep it."""

    webhook: str | None
    mail: str | None


def addresses(environment: Mapping[str, str] = os.environ) -> Addresses:
    """Read the addresses in the environment. Raises ValueError if one cannot be used, without showing the secret in
    it.
    """
    webhook = environment.get(SLACK_WEBHOOK)
    if webhook and (urlsplit(webhook).scheme not in ("http", "https") or not urlsplit(webhook).hostname):
        raise ValueError(f"{SLACK_WEBHOOK} is no address of a webhook; it begins with https://")
    recipients = environment.get(MAIL_TO)
    return Addresses(webhook, _mail(recipients, environment) if recipients else recipients)


def _mail(recipients: str, environment: Mapping[str, str]) -> str:
    """Return the address of Apprise for a mail to `recipients`."""
    to = [address.strip() for address in recipients.split(",") if address.strip()]
    bad = [address for address in to if "@" not in address]
    if bad:
        raise ValueError(f"{MAIL_TO} has {bad[0]!r}, which is no address of a mail")
    try:
        server = urlsplit(environment.get(SMTP, ""))
        scheme, mode, port = SCHEMES[server.scheme]
        host, port = server.hostname or "", server.port or port
    except (KeyError, ValueError):
        host = ""
    if not host:
        raise ValueError(
            f"{MAIL_TO} is set and {SMTP} names no mail server: write it as smtps://USER:PASSWORD@HOST:465, "
            "smtp+starttls://USER:PASSWORD@HOST:587 or smtp://HOST:25"
        )
    # urlsplit returns the login as written: quoted, or not at all.
    login = f"{quote(server.username, safe='%')}:{quote(server.password or '', safe='%')}@" if server.username else ""
    options = {"smtp": host, "from": environment.get(MAIL_FROM) or to[0], "name": "Tidewaiter", "to": ",".join(to),
               "mode": mode, "format": "text"}  # fmt: skip
    return f"{scheme}://{login}{host}:{port}/?{urlencode(options)}"


def _with_link(text: str) -> str:
    """Add the page of the run below the text. The server itself does not know its public address; the person who
    deploys does.
    """
    from prefect.settings import PREFECT_UI_URL

    return f"{text}{{% if flow_run %}}\n{PREFECT_UI_URL.value()}/runs/flow-run/{{{{ flow_run.id }}}}{{% endif %}}"


async def ensure(wanted: Addresses) -> list[str]:
    """Make, change or remove blocks and automations as wanted; return the channels that messages are sent through
    now.
    """
    from prefect import get_client
    from prefect.blocks.notifications import SlackWebhook
    from prefect.blocks.webhook import Webhook
    from pydantic import SecretStr

    async with get_client() as client:
        if wanted.webhook:
            block: Any = Webhook(url=SecretStr(wanted.webhook), headers={"Content-Type": "application/json"})
            await block.asave(WEBHOOK_BLOCK, overwrite=True)
        if wanted.mail:
            await SlackWebhook(url=SecretStr(wanted.mail)).asave(MAIL_BLOCK, overwrite=True)
        webhook = await _block(client, "webhook", WEBHOOK_BLOCK, is_wanted=wanted.webhook != "")
        mail = await _block(client, MAIL_BLOCK_TYPE, MAIL_BLOCK, is_wanted=wanted.mail != "")
    for occasion in OCCASIONS:
        await _automate(occasion._replace(text=_with_link(occasion.text)), webhook, mail)
    return [name for name, block in (("webhook", webhook), ("mail", mail)) if block]


async def _block(client: "PrefectClient", kind: str, name: str, *, is_wanted: bool) -> "UUID | None":
    """Return the id of a block; None if there is none, or if it was removed because it is not wanted."""
    from prefect.exceptions import ObjectNotFound

    try:
        found = await client.read_block_document_by_name(name, kind, include_secrets=False)
    except ObjectNotFound:
        return None
    if not is_wanted:
        await client.delete_block_document(found.id)
        return None
    return found.id


async def _automate(occasion: Occasion, webhook: "UUID | None", mail: "UUID | None") -> None:
    """Make, change or delete the automation of an occasion."""
    from prefect.automations import Automation
    from prefect.events.actions import CallWebhook, SendNotification

    name = f"tidewaiter-notify-{occasion.name}"
    actions: list[Any] = []
    if webhook:
        actions.append(CallWebhook(block_document_id=webhook, payload=slack_template(occasion)))
    if mail:
        actions.append(
            SendNotification(block_document_id=mail, subject=f"[Tidewaiter] {occasion.subject}", body=occasion.text)
        )
    try:
        found: Automation | None = await Automation.aread(name=name)
    except ValueError:
        found = None
    if not actions:
        if found is not None:
            await found.adelete()
        return
    automation = Automation(
        name=name, description=f"Sends a message when {occasion.when}.", trigger=_trigger(occasion), actions=actions
    )
    if found is None:
        await automation.acreate()
    else:
        automation.id = found.id
        await automation.aupdate()


def _trigger(occasion: Occasion) -> "EventTrigger":
    from prefect.events.schemas.automations import EventTrigger, Posture
    from prefect.events.schemas.events import ResourceSpecification

    return EventTrigger(
        expect={occasion.expect},
        match=ResourceSpecification.model_validate(dict(occasion.match)),
        match_related=ResourceSpecification.model_validate(dict(occasion.related)),
        posture=Posture.Reactive,
        threshold=1,
    )


def slack_template(occasion: Occasion) -> str:
    """Return the body of the request. Slack interprets `&`, `<` and `>`, so a file's title could mention a channel."""
    plain = "|replace('&', '&amp;')|replace('<', '&lt;')|replace('>', '&gt;')"
    return (
        f"{{% set subject %}}{occasion.subject}{{% endset %}}{{% set text %}}{occasion.text}{{% endset %}}"
        f"{{\"text\": {{{{ ('*' ~ (subject{plain}) ~ '*\\n' ~ (text{plain}))|tojson }}}}}}"
    )
