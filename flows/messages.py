"""Writes the messages to people: a subject and a few lines of plain text on what was published, held, or is overdue.

The text travels in the payload of the event; `flows/notify.py` decides who gets it. Texts from a file are clipped here,
so that each stays one line.
"""

from collections import Counter
from collections.abc import Sequence

from schemas.forms.fetch import SourceState
from schemas.forms.outcome import Graded, HeldRelease, Outcome
from tasks.domain.text import clip, counted

LINES_MAX = 10
# A brief is HTML and markdown, in English and Chinese.
BRIEF_FILES = 4
LINE_LENGTH_MAX = 600
Message = dict[str, str]


def published(outcome: Outcome, lead: str, revised: int) -> Message:
    """Write the message on a published release: its newest month first, then its revisions and findings."""
    checks = Counter(line.partition(" (")[0] for line in outcome.warnings)
    lines = [
        f"{clip(outcome.title)}, {outcome.span}: {counted(outcome.records, 'record')}, "
        f"{outcome.records_quarantined:,} quarantined.",
        f"It revised {counted(revised, 'number')} of earlier releases." if revised else "",
        f"{counted(len(outcome.warnings), 'warning')}: {', '.join(f'{check} {count}' for check, count in sorted(checks.items()))}."
        if checks else "",
        f"Release {outcome.release_id}, snapshot {outcome.snapshot_id}.",
    ]  # fmt: skip
    return _message(f"Published: {lead}", lines)


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


def decided(outcome: Outcome, changed: int) -> Message:
    """Write the message on a release that was withdrawn, or counts again."""
    lines = [
        f"{clip(outcome.title)}, {outcome.span}: {outcome.decision}.",
        f"{counted(changed, 'number')} of the ledger changed." if changed else "No number of the ledger changed.",
        f"{counted(len(outcome.briefs) // BRIEF_FILES, 'brief')} written again." if outcome.briefs else "",
        f"Release {outcome.release_id}, snapshot {outcome.snapshot_id}.",
    ]
    what = "Withdrawn" if outcome.decision.startswith("withdrawn") else "Counts again"
    return _message(f"{what}: {clip(outcome.title)}, {outcome.span}", lines)


def held(kept: HeldRelease) -> Message:
    """Write the message on a release that a person must decide about: every finding, and the two ways to decide."""
    name = kept.release_id
    lines = [
        *kept.lines,
        "Nothing of it is published. Open the run and press Resume (in Prefect's new pages in the menu ⋮), or decide with "
        f"tidewaiter approve {name} or tidewaiter reject {name}, each with --by and --reason.",
    ]
    return _message(f"Held for approval: {clip(kept.title)}, {counted(len(kept.findings), 'finding')}", lines)


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
    said = [clip(line, LINE_LENGTH_MAX) for line in lines if line]
    if len(said) > LINES_MAX:
        # The last line says what to do.
        said = [*said[: LINES_MAX - 1], f"and {len(said) - LINES_MAX:,} more", said[-1]]
    return {"subject": clip(subject, 200), "text": "\n".join(said)}
