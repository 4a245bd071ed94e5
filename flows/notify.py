"""Writes the messages to people, a subject and a few lines of plain text on what was published, held or is overdue, and
configures who gets them, also of a run that fails and of the loss of all workers.

The text travels in the payload of an event. Texts from a file are clipped here, so that each stays one line.

`tidewaiter deploy` makes a block for each address in its environment; the occasions are those of
`deployments/automations.yaml` that have a message. The Prefect server sends the messages, so they come also when every
worker is gone. An unset variable changes nothing, so that a second `tidewaiter deploy` from another shell stops no
messages; an empty one removes its address. `docs/settings.md` says what each variable is.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from schemas import settings
from schemas.forms.fetch import SourceState
from schemas.forms.outcome import Graded, HeldRelease, Outcome
from schemas.forms.watch import WatchReport
from schemas.settings import MAIL_FROM, MAIL_TO, SLACK_WEBHOOK, SMTP
from tasks.domain.text import clip, counted

if TYPE_CHECKING:
    from uuid import UUID

    from prefect.client.orchestration import PrefectClient

# Scheme of TIDEWAITER_SMTP: scheme and mode in Apprise, which Prefect uses to send, and the usual port.
SCHEMES = {
    "smtps": ("mailtos", "ssl", 465),
    "smtp+starttls": ("mailtos", "starttls", 587),
    "smtp": ("mailto", "insecure", 25),
}
WEBHOOK_BLOCK, MAIL_BLOCK = "tidewaiter-webhook", "tidewaiter-mail"
# The only block type of a stock Prefect server that takes any address of Apprise, also one of a mail.
MAIL_BLOCK_TYPE = "slack-webhook"


class Addresses(NamedTuple):
    """The addresses for messages: a text each, an empty text to remove it, None to keep it."""

    webhook: str | None
    mail: str | None


class Channels(NamedTuple):
    """The blocks of Prefect through which messages are sent; None where there is none."""

    webhook: "UUID | None"
    mail: "UUID | None"


def addresses(value: Callable[[str], str | None] = settings.value) -> Addresses:
    """Read the addresses among the settings. Raises ValueError if one cannot be used, without showing the secret in
    it."""
    webhook = value(SLACK_WEBHOOK)
    if webhook and (urlsplit(webhook).scheme not in ("http", "https") or not urlsplit(webhook).hostname):
        raise ValueError(f"{SLACK_WEBHOOK} is no address of a webhook; it begins with https://")
    recipients = value(MAIL_TO)
    return Addresses(webhook, _mail(recipients, value) if recipients else recipients)


def _mail(recipients: str, value: Callable[[str], str | None]) -> str:
    to = [address.strip() for address in recipients.split(",") if address.strip()]
    bad = [address for address in to if "@" not in address]
    if bad:
        raise ValueError(f"{MAIL_TO} has {bad[0]!r}, which is no address of a mail")
    try:
        server = urlsplit(value(SMTP) or "")
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
    options = {
        "smtp": host,
        "from": value(MAIL_FROM) or to[0],
        "name": "Tidewaiter",
        "to": ",".join(to),
        "mode": mode,
        "format": "text",
    }
    return f"{scheme}://{login}{host}:{port}/?{urlencode(options)}"


async def ensure(wanted: Addresses) -> Channels:
    """Make, change or remove the blocks of the addresses; return those that messages are sent through now."""
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
        return Channels(
            await _block(client, "webhook", WEBHOOK_BLOCK, is_wanted=wanted.webhook != ""),
            await _block(client, MAIL_BLOCK_TYPE, MAIL_BLOCK, is_wanted=wanted.mail != ""),
        )


async def _block(client: "PrefectClient", kind: str, name: str, *, is_wanted: bool) -> "UUID | None":
    """Return the id of a block; None if there is none, or if it was removed because it is not wanted."""
    from prefect.exceptions import ObjectNotFound

    try:
        block = await client.read_block_document_by_name(name, kind, include_secrets=False)
    except ObjectNotFound:
        return None
    if not is_wanted:
        await client.delete_block_document(block.id)
        return None
    return block.id


def actions(subject: str, text: str, channels: Channels) -> list[dict[str, Any]]:
    """Return what sends a message through each channel: actions of an automation, in Prefect's form. Below the text is
    the page of the run; the server itself does not know its public address, the person who deploys does.
    """
    from prefect.settings import PREFECT_UI_URL

    text += f"{{% if flow_run %}}\n{PREFECT_UI_URL.value()}/runs/flow-run/{{{{ flow_run.id }}}}{{% endif %}}"
    channel_actions: list[dict[str, Any]] = []
    if channels.webhook:
        body = slack_template(subject, text)
        channel_actions.append({"type": "call-webhook", "block_document_id": channels.webhook, "payload": body})
    if channels.mail:
        mail = {"subject": f"[Tidewaiter] {subject}", "body": text}
        channel_actions.append({"type": "send-notification", "block_document_id": channels.mail, **mail})
    return channel_actions


def slack_template(subject: str, text: str) -> str:
    """Return the body of the request. Slack interprets `&`, `<` and `>`, so a file's title could mention a channel."""
    plain = "|replace('&', '&amp;')|replace('<', '&lt;')|replace('>', '&gt;')"
    return (
        f"{{% set subject %}}{subject}{{% endset %}}{{% set text %}}{text}{{% endset %}}"
        f"{{\"text\": {{{{ ('*' ~ (subject{plain}) ~ '*\\n' ~ (text{plain}))|tojson }}}}}}"
    )


LINES_MAX = 10
# A brief is HTML and markdown, in English and Chinese.
BRIEF_FILES = 4
LINE_LENGTH_MAX = 600
Message = dict[str, str]


def published(outcome: Outcome, lead: str, revised: int, doubt: str = "") -> Message:
    """Write the message on a published release: its newest month first, and what is in doubt about it, then its
    revisions and findings."""
    checks = Counter(line.partition(" (")[0] for line in outcome.warnings)
    lines = [
        f"In doubt: {doubt}." if doubt else "",
        (
            f"{clip(outcome.title)}, {outcome.span}: {counted(outcome.records, 'record')}, "
            f"{outcome.records_quarantined:,} quarantined."
        ),
        f"It revised {counted(revised, 'number')} of earlier releases." if revised else "",
        (
            f"{counted(len(outcome.warnings), 'warning')}:"
            f" {', '.join(f'{check} {count}' for check, count in sorted(checks.items()))}."
            if checks
            else ""
        ),
        f"Release {outcome.release_id}, snapshot {outcome.snapshot_id}.",
    ]
    # In a list of messages the subject stands alone.
    return _message(f"Published{', in doubt' if doubt else ''}: {lead}", lines)


def fired(outcome: Outcome, rules: Sequence[Graded]) -> Message:
    """Write the message on a watch rule that fires, of the newest month first."""
    newest = rules[-1]
    lines = [
        *(
            f"{one.why}{f'; before this release: {one.before}' if one.before else ' (first print)'}."
            for one in rules[::-1]
        ),
        f"Watched because: {newest.reason}.",
        f"Release {outcome.release_id}, snapshot {outcome.snapshot_id}.",
    ]
    return _message(f"Watch rule {newest.rule} fires: {', '.join(one.month for one in rules)}", lines)


def decided(outcome: Outcome) -> Message:
    """Write the message on a release that was withdrawn, or counts again."""
    lines = [
        f"{clip(outcome.title)}, {outcome.span}: {outcome.decision}.",
        f"{outcome.changed}.",
        f"{counted(len(outcome.briefs) // BRIEF_FILES, 'brief')} written again." if outcome.briefs else "",
        f"Release {outcome.release_id}, snapshot {outcome.snapshot_id}.",
    ]
    what = "Withdrawn" if outcome.decision.startswith("withdrawn") else "Counts again"
    return _message(f"{what}: {clip(outcome.title)}, {outcome.span}", lines)


def held(kept: HeldRelease) -> Message:
    """Write the message on a release that a person must decide about: its findings, and the two ways to decide."""
    name = kept.release_id
    lines = [
        *kept.few,
        (
            "Nothing of it is published. Open the run and press Resume (in Prefect's new pages in the menu ⋮), or"
            f" decide with tidewaiter approve {name} or tidewaiter reject {name}, each with --by and --reason."
        ),
    ]
    return _message(f"Held for approval: {clip(kept.title)}, {counted(len(kept.findings), 'finding')}", lines)


def refused(report: WatchReport) -> Message:
    """Write the message on the files that a look into the inbox refused: why, and what to do about each."""
    lines = [
        *report.refused,
        "Nothing of them is published. One with a note next to it (.refused.txt) is tried again when it or its"
        " declaration changes.",
    ]
    return _message(f"Refused {counted(report.refusals, 'file')}", lines)


def overdue(state: SourceState) -> Message:
    """Write the message on months of a source that are late."""
    way, late = "Download it and drop it into the inbox", "customs are"
    if state.is_fetched:
        way, late = f"Ask again with tidewaiter fetch {state.source}", "the source is"
    lines = [
        *state.lines,
        f"Its fetch fails since {state.row['failing since']}." if state.failing_since else "",
        f"{way}. If {late} late, correct the day in schemas/reference/release_calendar.csv.",
    ]
    return _message(f"Overdue {counted(state.days_late, 'day')}: {state.source} of {' and '.join(state.late)}", lines)


def _message(subject: str, lines: list[str]) -> Message:
    shown = [clip(line, LINE_LENGTH_MAX) for line in lines if line]
    if len(shown) > LINES_MAX:
        # The last line says what to do.
        shown = [*shown[: LINES_MAX - 1], f"and {len(shown) - LINES_MAX:,} more", shown[-1]]
    return {"subject": clip(subject, 200), "text": "\n".join(shown)}
