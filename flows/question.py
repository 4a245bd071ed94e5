"""Asks a person about a held release through Prefect: the run pauses with a form, and continues with the answer.

The decision is stored in the store (`tasks/checks/frame/approval.py`), so `tidewaiter approve` can decide in the
meantime: the paused run looks for the decision and answers its own form. A worker that dies during the pause loses
nothing. The store is not locked during the pause.
"""

import contextvars
import functools
import inspect
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import ParamSpec

from prefect import get_client, runtime
from prefect.exceptions import FlowPauseTimeout
from prefect.flow_runs import pause_flow_run
from prefect.input import RunInput
from pydantic import Field

from flows import announce
from flows.ingestion import hold_of, tell_contradictions
from schemas.forms.outcome import HeldFinding, HeldRelease, Hold, HoldVerdict, Outcome
from schemas.forms.request import ReleaseRequest
from tasks.domain.errors import Held
from tasks.inbox import held as held_releases
from tasks.pages.text.page_templates import plain
from tasks.store.bucket.working_copy import at_hand

PATIENCE_SECONDS = 7 * 24 * 3600
POLL_SECONDS = 3
# How often a paused run looks into the store. In a bucket each look is a request or two.
LOOK_SECONDS = 15
P = ParamSpec("P")


class Approval(RunInput):
    """The form."""

    verdict: HoldVerdict = Field(
        description="approve: publish with this decision in the lineage. reject: never publish these bytes"
    )
    by: str = Field(min_length=1, pattern=r"\S", description="your name; it is published with the release")
    reason: str = Field(min_length=1, pattern=r"\S", description="why; it is published with the release")
    lifts_doubts: bool = Field(
        False, description="publish its numbers without the doubts about them, because the reason settles them"
    )


def asks_when_held(work: Callable[P, Outcome]) -> Callable[P, Outcome | Hold]:
    """Return a hold as an answer. With the argument `wait_for_approval`, first pause the run until a person decides,
    and then do the work again: nothing is locked meanwhile, and the bytes that are published are those that were
    judged.
    """

    @functools.wraps(work)
    def asking(*args: P.args, **kwargs: P.kwargs) -> Outcome | Hold:
        given = inspect.signature(work).bind(*args, **kwargs)

        def ended(request: ReleaseRequest) -> Outcome | Hold:
            given.arguments["request"] = request
            try:
                return work(*given.args, **given.kwargs)
            except Held as problem:
                return hold_of(problem, dry_run=request.dry_run)

        first = ended(given.arguments["request"])
        if isinstance(first, Hold) and first.status == "held" and given.arguments.get("wait_for_approval"):
            return decided(first, ended)
        return first

    return asking


def decided(
    hold: Hold, publish: Callable[[ReleaseRequest], Outcome | Hold], patience_seconds: int = PATIENCE_SECONDS
) -> Outcome | Hold:
    """Pause the run until a person decides, and `publish` the release if the answer is yes. Return the hold if it is
    no, or if none came in time and nobody decided otherwise: then it stays held.
    """
    kept = held_releases.find(hold.store, hold.release_id)
    if kept is None:
        return hold
    hold = hold.model_copy(update={"was_asked": True})
    announce.held(hold, waits=True)
    # Prefect calls every paused state Paused.
    name, form = f"held for approval: {kept.title}", Approval.with_initial_data(description=question(kept))
    announce.attempt(lambda: announce.rename(name))
    answer = None
    try:
        with _answered_by_command(hold, kept):
            answer = pause_flow_run(wait_for_input=form, timeout=patience_seconds, poll_interval=POLL_SECONDS)
    except FlowPauseTimeout:
        announce.mark_running_again()
    at_hand(hold.store)
    # A decision made by command during the pause is the result of this run.
    kept = held_releases.find(hold.store, hold.release_id) or kept
    if answer is not None:
        given, recorded = (answer.verdict, answer.by, answer.reason), kept.decision
        if recorded is None or given != (recorded.verdict, recorded.by, recorded.reason):
            now, lifts = datetime.now(UTC), answer.lifts_doubts
            kept = held_releases.decide(hold.store, hold.release_id, *given, now, lifts_doubts=lifts)
    decision = kept.decision
    if decision is None:
        return hold
    if decision.verdict == "reject":
        tell_contradictions(hold.store)
        why = f"rejected by {decision.by}: {decision.reason}"
        lines = {"lines": [*hold.lines, why], "few": [*hold.few, why]}
        return hold.model_copy(update={"status": "rejected", **lines})
    with held_releases.reopened(hold.store, kept) as again:
        return publish(again)


@contextmanager
def _answered_by_command(hold: Hold, held_release: HeldRelease) -> Iterator[None]:
    """Answer the form with a decision made by command after the question, as soon as there is one."""
    over, run_id = threading.Event(), runtime.flow_run.id

    def answer() -> None:
        decision = held_releases.settled(at_hand(hold.store), held_release.release_id)
        if decision is not None and decision != held_release.decision:
            with get_client(sync_client=True) as client:
                client.resume_flow_run(run_id, decision.model_dump(include=set(Approval.model_fields)))

    def look() -> None:
        while not over.wait(LOOK_SECONDS):
            announce.attempt(answer)

    # The settings of the run, with its server, are in the context.
    thread = threading.Thread(target=contextvars.copy_context().run, args=(look,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def question(held: HeldRelease) -> str:
    """Write the text above the form's fields: the release, and the first findings of each check with what to do."""
    lines = [
        f"## {plain(held.title)} is held",
        "",
        (
            f"`{held.release_id}`, {plain(held.source)}, {held.flow or 'both directions'}, public from"
            f" {held.released_on}, held since {held.held_since}."
        ),
        f"Raw file: sha256 `{held.raw_sha256[:16]}…`. Nothing of it is published.",
        "",
        *(line for check, entries, more in held.by_check for line in _lines(check, entries, more)),
        *([f"- {plain(held.asked_again)}"] if held.asked_again else []),
        "",
        *(f"> {plain(advice)}" for advice in dict.fromkeys(entry.advice for entry in held.findings)),
    ]
    return "\n".join(lines)


def _lines(check: str, entries: Sequence[HeldFinding], more: int) -> Iterator[str]:
    for entry in entries:
        yield f"- **{plain(check)}**, {plain(entry.subject)}: {plain(entry.observed)}; expected {plain(entry.expected)}"
    if more:
        yield f"- and {more:,} more of **{plain(check)}**"
