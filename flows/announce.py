"""Reports the outcome of a run to Prefect: the name of its state, its own name, artifacts and events.

Outside of a Prefect run nothing is reported. A failure here is logged and does not affect the publication.
"""

import functools
import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast
from uuid import UUID

from prefect import State, get_client, task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import SyncPrefectClient
from prefect.context import FlowRunContext
from prefect.events import emit_event
from prefect.events.filters import EventFilter, EventNameFilter, EventOccurredFilter, EventResourceFilter
from prefect.states import Completed, Failed, Running

from flows import notify
from schemas.forms.fetch import FetchReport, SourceState
from schemas.forms.outcome import Hold, Outcome
from schemas.forms.pool import PoolReport
from schemas.forms.watch import UpgradeReport, WatchReport
from tasks.domain.errors import NotHeld, Refused
from tasks.domain.text import counted
from tasks.inbox import held as held_releases
from tasks.pages.release import prefect_pages
from tasks.pages.release.release_page import Pages
from tasks.steps.listeners import tell_file
from tasks.store.bucket.working_copy import address_of
from tasks.store.files.snapshot import open_snapshot

HELD = "Held for approval"
STATES = {"held": HELD, "would be held": "Would be held", "rejected": "Rejected"}
EVENT = "tidewaiter.release"
# As long as a Prefect server keeps events.
REMIND_AFTER = timedelta(days=7)
P = ParamSpec("P")
R = TypeVar("R", bound=Outcome | Hold)
T = TypeVar("T", bound=FetchReport | PoolReport | UpgradeReport | WatchReport)
log = logging.getLogger("tidewaiter.announce")


class NeedsAttention(Exception):
    """A report about which a person must do something. Prefect raises it if a run has failed, and so logs its
    message."""

    def __init__(self, report: Any, message: str) -> None:
        self.report, self.message = report, message
        super().__init__(f"{report.headline}: {message}")

    def __reduce__(self) -> tuple[Any, ...]:
        return NeedsAttention, (self.report, self.message)


def ended(report: T, lines: Sequence[str], *, needs_attention: bool) -> T:
    """Return a report; inside a Prefect run as a state with its headline and `lines`, failed if a person must do
    something."""
    if FlowRunContext.get() is None:
        return report
    message = "; ".join(lines) or "nothing new"
    if needs_attention:
        return cast(T, Failed(name=report.headline, message=message, data=NeedsAttention(report, message)))
    return cast(T, Completed(name=report.headline, message=message, data=report))


def reported(work: Callable[P, R]) -> Callable[P, R]:
    """Report how `work` ends: inside a Prefect run as a state with a descriptive name, with artifacts and events.

    Outside of a run, nothing is reported. Inside, a refusal and an error about a release that is not held become failed
    states with their names, and `result()` raises them. A hold is an answer: its run has completed.
    """

    @functools.wraps(work)
    def reporting(*args: P.args, **kwargs: P.kwargs) -> R:
        if FlowRunContext.get() is None:
            return work(*args, **kwargs)
        return cast(R, _state_of(lambda: work(*args, **kwargs), is_whole_run=True))

    return reporting


def as_task(name: str, work: Callable[[], R]) -> R:
    """Do `work` about one of many releases of the current Prefect run as a task of that name, whose state says how it
    ended. Raises what the work raises."""
    answers: list[Any] = []

    def ended() -> State[Any]:
        state = _state_of(work, is_whole_run=False)
        # A task that returns a failed state raises nothing.
        answers.append(state.data)
        return state

    # A text would be a template, and a name of a file may hold braces.
    options: dict[str, Any] = {"task_run_name": lambda: name, "cache_policy": NO_CACHE, "persist_result": False}
    task(ended, name="release", **options)()  # type: ignore[call-overload]
    if isinstance(answers[-1], Exception):
        raise answers[-1]
    return cast(R, answers[-1])


def _state_of(work: Callable[[], Outcome | Hold], *, is_whole_run: bool) -> State[Any]:
    """How work about a release ends; of a whole run also its name, and the pages of what is published."""
    try:
        answer = work()
    except Refused as refusal:
        return Failed(name="Refused", message=str(refusal), data=refusal)
    except NotHeld as problem:
        return Failed(name="Not held", message=str(problem), data=problem)
    if isinstance(answer, Hold):
        if answer.status == "held" and not answer.was_asked:
            held(answer, waits=False)
        return Completed(name=STATES[answer.status], message=answer.message, data=answer)
    if is_whole_run:
        attempt(lambda: rename(f"{decided(answer) or 'release'} {answer.span} {answer.title}"))
        if answer.status == "published":
            attempt(lambda: published(answer, pictures=True))
    return Completed(name=state_name(answer), message=message(answer), data=answer)


def watched(report: WatchReport) -> WatchReport:
    """Return the report of a watch; inside a Prefect run as a state with its headline, failed where the program or the
    disk did (and a person must mend that), and not where a file is refused, or others must decide or publish.

    Whatever has an event has a message of its own, so that of a failed run has the faults alone.
    """
    if FlowRunContext.get() is None:
        return report
    for late in report.late:
        attempt(partial(overdue, late))
    if report.refused and not report.dry_run:
        attempt(partial(refused, report))
    attempt(lambda: prefect_pages.write_files(report))
    attempt(lambda: prefect_pages.write_sources(report.sources))
    lines = report.faults or [
        *report.refused,
        *report.held,
        *map(message, report.outcomes),
        *report.lines_of_sources,
        *report.looked.waiting,
    ]
    return ended(report, lines, needs_attention=bool(report.faults))


def counted_files(reporter: str, report: WatchReport, store: Path) -> None:
    """Write the page of a run over the files of one reporter that the run over a pool reads."""
    if FlowRunContext.get() is not None:
        attempt(lambda: prefect_pages.write_counts(reporter, report, open_snapshot(store)))


def pooled(report: PoolReport) -> PoolReport:
    """Return the report of a backfill over a pool; inside a Prefect run with its page, and as a state with its
    headline, failed where a person must fix something."""
    if FlowRunContext.get() is None:
        return report
    attempt(lambda: prefect_pages.write_reporters(report))
    return ended(report, [*report.troubles, *report.children], needs_attention=report.needs_mending)


def state_name(outcome: Outcome) -> str:
    """Return `Published 2025-06`, `Would be published 2025-06`, `Withdrawn 2025-06`, `Nothing new`."""
    if outcome.status == "nothing new":
        return "Nothing new"
    return f"{(decided(outcome) or outcome.status).capitalize()} {outcome.span}"


def decided(outcome: Outcome) -> str:
    """Return what was decided about a published release, `withdrawn` or `reinstated`; empty for a release itself."""
    return outcome.decision.partition(" ")[0]


def message(outcome: Outcome) -> str:
    """Return one line about an outcome."""
    if outcome.decision:
        return f"{outcome.title}: {outcome.decision}; snapshot {outcome.snapshot_id}"
    return f"{outcome.title}: {counts(outcome)}"


def counts(outcome: Outcome) -> str:
    """Summarise the amount of data in a release, and its place."""
    return (
        f"{counted(outcome.records, 'record')}, {outcome.records_observed:,} observed, {outcome.records_quarantined:,}"
        f" quarantined, {counted(len(outcome.warnings), 'warning')}"
        # A state that nobody sees yet is no address.
        + ("" if outcome.status == "entered" else f"; snapshot {outcome.snapshot_id}")
    )


def pictured(report: WatchReport) -> None:
    """Add pictures to the pages of the last release of a run over many files; the other pages have none."""
    last = next((outcome for outcome in reversed(report.outcomes) if outcome.status == "published"), None)
    if last is not None and FlowRunContext.get() is not None:
        attempt(lambda: prefect_pages.write_summary(last.store, last))


def published(outcome: Outcome, *, pictures: bool) -> None:
    """Write the artifacts and emit the event of a publication; also `revised` if it changed published numbers, and
    `rule-fired` for each watch rule that fires and did not before. If the pages fail, the event is emitted all the
    same, because messages depend on it. The event of a decision about a published release has its name.
    """
    pages: list[Pages] = []
    attempt(lambda: pages.append(prefect_pages.write(outcome.store, outcome, pictures=pictures)))
    lead, revised = (pages[0].lead, pages[0].revised) if pages else (f"{outcome.span}, {outcome.title}", 0)
    doubt = pages[0].doubt if pages else ""
    payload = outcome.model_dump(
        mode="json", include={"release_id", "title", "snapshot_id", "flows", "months", "products"}
    )
    words = notify.decided(outcome) if outcome.decision else notify.published(outcome, lead, revised, doubt)
    payload |= {"store": str(address_of(outcome.store)), **words}
    event(
        decided(outcome) or "published",
        outcome.release_id,
        {**payload, "month": outcome.months[-1]},
        title=outcome.title,
    )
    for rule in dict.fromkeys(one.rule for one in outcome.rules if one.is_news):
        fired = [one for one in outcome.rules if one.rule == rule and one.is_news]
        event("rule-fired", f"{outcome.release_id}.{rule}", {**payload, **notify.fired(outcome, fired)}, title=rule)
    if revised:
        event("revised", outcome.release_id, {**payload, "revisions": revised}, title=outcome.title)


def held(hold: Hold, *, waits: bool) -> None:
    """Emit the event of a hold, whose findings are on the page, in the log and an artifact; `waits`: this run asks for
    the decision."""
    payload = {
        "release_id": hold.release_id,
        "findings": hold.few,
        "store": str(address_of(hold.store)),
    }
    kept = held_releases.find(hold.store, hold.release_id)
    if kept is not None:
        payload |= notify.held(kept)
        attempt(lambda: prefect_pages.write_held(kept))
    for line in hold.few:
        log.warning("held: %s", line)
    attempt(lambda: event("held", hold.release_id, payload, waits="yes" if waits else "no"))


def overdue(state: SourceState) -> None:
    """Emit the event of a late month."""
    name = f"{state.source}.{'.'.join(state.late)}"
    event_of_the_week("overdue", name, {**state.model_dump(mode="json"), **notify.overdue(state)})


def refused(report: WatchReport) -> None:
    """Emit one event of all the files that a look refused. One that cannot have a note is refused by each look."""
    name = hashlib.sha256("\n".join(report.refused).encode(errors="backslashreplace")).hexdigest()[:16]
    event_of_the_week("refused", f"files.{name}", {"files": report.refusals, **notify.refused(report)})


def event_of_the_week(what: str, name: str, payload: dict[str, Any]) -> None:
    """Emit an event once, and again each week as long as it is so. The server remembers."""
    wanted = EventFilter(
        occurred=EventOccurredFilter(since=datetime.now(UTC) - REMIND_AFTER),
        event=EventNameFilter(name=[f"{EVENT}.{what}"]),
        resource=EventResourceFilter(id=[f"{EVENT}.{name}"]),
    )
    with get_client(sync_client=True) as client:
        events = client.read_events(filter=wanted, limit=1).total
    if not events:
        event(what, name, payload)


def event(what: str, name: str, payload: dict[str, Any], **labels: str) -> None:
    """Emit `tidewaiter.release.<what>` about the release (or the expected month) `name`."""
    resource = {"prefect.resource.id": f"{EVENT}.{name}", "prefect.resource.name": labels.pop("title", name)}
    emit_event(
        f"{EVENT}.{what}",
        resource={**resource, **{f"tidewaiter.{key}": value for key, value in labels.items()}},
        payload=payload,
    )


def rename(name: str) -> None:
    """Rename the current run when its subject is known."""
    _tell_run(lambda client, run_id: client.update_flow_run(run_id, name=name))


def mark_running_again() -> None:
    """Resume after a pause that lasted too long: otherwise Prefect calls the end `Failed`, whatever state the run ends
    with."""
    attempt(lambda: _tell_run(lambda client, run_id: client.set_flow_run_state(run_id, Running(), force=True)))


def _tell_run(tell: Callable[[SyncPrefectClient, UUID], object]) -> None:
    context = FlowRunContext.get()
    if context is not None and context.flow_run is not None:
        with get_client(sync_client=True) as client:
            tell(client, context.flow_run.id)


def attempt(telling: Callable[[], object]) -> None:
    """Call Prefect; a failure is logged, and the work goes on."""
    try:
        telling()
    except Exception:
        log.exception("could not be sent to Prefect; the publication is not affected")


@contextmanager
def shown(title: str) -> Iterator[Callable[[int, int, str], None]]:
    """Yield a function of the number done, the total and the file, for the terminal; inside a Prefect run a bar shows
    them."""
    bar = prefect_pages.Bar(title) if FlowRunContext.get() is not None else None

    def tell(done: int, total: int, name: str) -> None:
        tell_file(done, total, name)
        if bar is not None:
            attempt(lambda: bar.show(done / total if total else 1.0, f"{title}: {done} of {total}"))

    yield tell
