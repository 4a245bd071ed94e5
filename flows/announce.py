"""How a run tells others what came of it: the name of its state, its own name, artifacts and events.

Outside of a Prefect run all of this is silent. Within one it is a courtesy: whatever goes wrong here is logged, and the
publication stands.
"""

import logging
from collections.abc import Callable
from datetime import date
from typing import Any, cast

from prefect import get_client
from prefect.context import FlowRunContext
from prefect.events import emit_event
from prefect.states import Completed, Failed, Running

from schemas.address import StoreAddress
from schemas.held import HeldRelease
from schemas.outcome import Outcome
from schemas.watch import WatchReport, WatchRequest
from tasks import artifacts
from tasks.errors import Held, NotHeld, Refused, Rejected
from tasks.plurals import counted
from tasks.working_copy import at_hand

HELD = "Held for approval"
EVENT = "tidewaiter.release"
log = logging.getLogger("tidewaiter.announce")


class Unmended(Exception):
    """A report of files of which a person must mend some. Prefect raises it where a run has failed, and so logs what it says."""

    def __init__(self, report: WatchReport, said: str) -> None:
        self.report = report
        super().__init__(f"{report.headline}: {said}")


def ending(work: Callable[[], Outcome], store: StoreAddress, *, waits: bool, pictures: bool = True) -> Outcome:
    """The outcome of `work`; inside a Prefect run as a state whose name says it, with artifacts and events.

    Raises what `work` raises outside of a run. Inside, a refusal, a hold, a rejection and an answer about what is not held
    are failed states with their names, from which `result()` raises the same.
    """
    if FlowRunContext.get() is None:
        return work()
    try:
        outcome = work()
    except Rejected as problem:
        return cast(Outcome, Failed(name="Rejected", message=str(problem), data=problem))
    except Held as problem:
        if not waits:
            held(store, problem, waits=False)
        return cast(Outcome, Failed(name=HELD, message=str(problem), data=problem))
    except Refused as refusal:
        return cast(Outcome, Failed(name="Refused", message=str(refusal), data=refusal))
    except NotHeld as problem:
        return cast(Outcome, Failed(name="Not held", message=str(problem), data=problem))
    attempt(lambda: rename(f"release {outcome.span} {outcome.title}"))
    if outcome.status == "published":
        attempt(lambda: published(store, outcome, pictures=pictures))
    return cast(Outcome, Completed(name=state_name(outcome), message=message(outcome), data=outcome))


def watched(report: WatchReport) -> WatchReport:
    """The report of a watch; inside a Prefect run as a state that bears its headline.

    What a person must mend (a full disk, a refused file, a fault) is a failed state; what somebody else must do (decide, publish) is
    none of this run's failures.
    """
    if FlowRunContext.get() is None:
        return report
    expected = report.expected
    if expected.days_overdue:
        payload = expected.model_dump(mode="json")
        attempt(lambda: event("overdue", f"{expected.kind}.{'.'.join(expected.missing)}", payload))
    attempt(lambda: artifacts.write_files(report))
    lines = [
        *report.troubles,
        *report.held,
        *map(message, report.outcomes),
        *expected.lines,
        *report.looked.waiting,
    ]
    said = "; ".join(lines) or "nothing new"
    if report.troubles:
        return cast(WatchReport, Failed(name=report.headline, message=said, data=Unmended(report, said)))
    return cast(WatchReport, Completed(name=report.headline, message=said, data=report))


def state_name(outcome: Outcome) -> str:
    """`Published 2025-06`, `Would be published 2025-06`, `Nothing new`."""
    return f"{outcome.status.capitalize()} {outcome.span}" if outcome.status != "nothing new" else "Nothing new"


def message(outcome: Outcome) -> str:
    """One line about an outcome."""
    return f"{outcome.title}: {counts(outcome)}"


def counts(outcome: Outcome) -> str:
    """How much there was in a release, and where it is."""
    return (
        f"{counted(outcome.records, 'record')}, {outcome.records_observed:,} observed, {outcome.records_quarantined:,} quarantined, "
        f"{counted(len(outcome.warnings), 'warning')}; snapshot {outcome.snapshot_id}"
    )


def pictured(store: StoreAddress, report: WatchReport) -> None:
    """On the page of a run over many files, whose releases have pages without pictures: that of the last release, with them."""
    last = next((outcome for outcome in reversed(report.outcomes) if outcome.status == "published"), None)
    if last is not None and FlowRunContext.get() is not None:
        attempt(lambda: artifacts.write_summary(at_hand(store), last))


def published(store: StoreAddress, outcome: Outcome, *, pictures: bool) -> None:
    """Artifacts and the event of a publication; `revised` too where it changed what was known."""
    revised = artifacts.write(at_hand(store), outcome, pictures=pictures)
    payload = outcome.model_dump(
        mode="json", include={"release_id", "title", "snapshot_id", "flows", "months", "products"}
    )
    event(
        "published",
        outcome.release_id,
        {**payload, "month": outcome.months[-1], "store": str(store)},
        title=outcome.title,
    )
    if revised:
        event(
            "revised", outcome.release_id, {**payload, "revisions": revised, "store": str(store)}, title=outcome.title
        )


def held(store: StoreAddress, problem: Held, *, waits: bool) -> None:
    """The event of a hold; `waits` tells whether this very run asks for the decision."""
    payload = {"release_id": problem.release_id, "findings": problem.lines, "store": str(store)}
    attempt(lambda: event("held", problem.release_id, payload, waits="yes" if waits else "no"))


def event(what: str, name: str, payload: dict[str, Any], **labels: str) -> None:
    """Emit `tidewaiter.release.<what>` about the release (or the expected month) `name`."""
    resource = {"prefect.resource.id": f"{EVENT}.{name}", "prefect.resource.name": labels.pop("title", name)}
    emit_event(
        f"{EVENT}.{what}",
        resource={**resource, **{f"tidewaiter.{key}": value for key, value in labels.items()}},
        payload=payload,
    )


def rename(name: str) -> None:
    """Give the current run a name that was not known when it began."""
    context = FlowRunContext.get()
    if context is not None and context.flow_run is not None:
        with get_client(sync_client=True) as client:
            client.update_flow_run(context.flow_run.id, name=name)


def awake() -> None:
    """Back from a pause that lasted too long: else Prefect calls the end `Failed`, whatever state the run ends with."""
    context = FlowRunContext.get()
    if context is not None and context.flow_run is not None:
        run_id = context.flow_run.id
        with get_client(sync_client=True) as client:
            attempt(lambda: client.set_flow_run_state(run_id, Running(), force=True))


def name_watch(request: WatchRequest, day: date) -> None:
    """`watch for query 2025-07-20`."""
    if FlowRunContext.get() is not None:
        attempt(lambda: rename(f"watch for {request.kind or 'anything new'} {day}"))


def name_question(kept: HeldRelease) -> None:
    """`held for approval: june.csv`, because the state of a run that waits is called Paused whatever it waits for."""
    if FlowRunContext.get() is not None:
        attempt(lambda: rename(f"held for approval: {kept.title}"))


def attempt(telling: Callable[[], object]) -> None:
    """Tell Prefect something; where that fails it is logged, and the work goes on."""
    try:
        telling()
    except Exception:
        log.exception("could not be told to Prefect; what was published stands")
