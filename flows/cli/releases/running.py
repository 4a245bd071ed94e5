"""Runs a flow from a command: with a Prefect server that records it or without one, and what came of it on the
terminal."""

import logging
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flows.cli.frame.command import end_again
from flows.cli.frame.options import DISAGREES, HELD, REFUSED
from flows.cli.frame.terminal import OneLine, errors, escape, refuse, say
from schemas.code_files import BrokenTable
from tasks.domain.errors import Refused, StoreError
from tasks.domain.text import counted

if TYPE_CHECKING:
    from schemas.forms.outcome import Hold, Outcome
    from schemas.forms.request import ReleaseRequest

# What a hold means for the caller; a dry run holds nothing, so there is nothing to decide about.
HOLDS = {
    "held": ": not published, a person must decide: tidewaiter approve or reject",
    "would be held": "",
    "rejected": ": not published; tidewaiter approve would still publish it",
}


def recording_server(is_wanted: bool) -> str | None:
    """Return the address of the Prefect server that records a run, and have Prefect use it; None if that is not wanted
    or none answers. Must come before Prefect is imported.
    """
    from flows.cli.server import local_server

    api = local_server.running_server() if is_wanted else None
    prepare_prefect(api)
    return api


def run_flow(flow: Any, request: Any, api: str | None) -> tuple[Any, str | None]:
    """Return the result of a flow, and the page of the run if the server at `api` records it. Without one the flow's
    body runs as a plain function: the same steps, the same lineage. A run that needs attention has failed in the UI,
    and has a report all the same.
    """
    from flows.announce import NeedsAttention
    from flows.cli.server.local_server import page_of
    from tasks.steps.listeners import listening

    with listening(step=end_again):
        if api is None:
            return flow.fn(request), None
        state = flow(request, return_state=True)
    try:
        result = state.result()
    except NeedsAttention as problem:
        result = problem.report
    return result, f"{page_of(api)}/runs/flow-run/{state.state_details.flow_run_id}"


def ingest_one(request: "ReleaseRequest", api: str | None) -> int:
    """Ingest one file with progress on the terminal; return the exit code."""
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from schemas.forms.outcome import Hold
    from tasks.steps.listeners import listening
    from tasks.store.files.diagnose import of_every_file

    # Square brackets in a name are not markup.
    name = escape(request.file.name)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    # Where nobody looks at it, it would print an empty line.
    with Progress(*columns, console=errors(), transient=True, disable=not errors().is_terminal) as progress:
        shown = progress.add_task(name)
        try:
            with listening(step=lambda step: progress.update(shown, description=f"{name}: {step}")):
                ended, page = _ingested(request, api)
        except (Refused, BrokenTable) as refusal:
            # People edit code tables: an invalid row is theirs to fix.
            refuse(str(refusal))
            return REFUSED
        except (StoreError, OSError) as error:
            why = of_every_file(error, request.store) or str(error)
            say(f"[bold red]not published[/] {escape(why)}", to=errors, markup=True)
            if isinstance(error, OSError):
                see = f"; check the disk of {request.store}, then run this again" if why == str(error) else ""
                say(f"  the store is as it was{see}", to=errors)
            return DISAGREES
    if isinstance(ended, Hold):
        say(f"[bold yellow]{ended.status}[/] {name} ({ended.release_id}){HOLDS[ended.status]}:", to=errors, markup=True)
        for line in ended.few:
            say(f"  {line}", to=errors)
        return HELD
    tell(ended, page)
    return 0


def _ingested(request: "ReleaseRequest", api: str | None) -> "tuple[Outcome | Hold, str | None]":
    """Run the flow `release` where a server records it; without one only its body, which does not import Prefect."""
    if api is not None:
        from flows.release import release

        return run_flow(release, request, api)
    from flows.ingestion import answered
    from tasks.domain import clock
    from tasks.steps.listeners import listening

    with listening(step=end_again):
        return answered(request, clock.today()), None


ONE_LINE = OneLine(logging.ERROR)


def prepare_prefect(api: str | None) -> None:
    """Set what must be set before Prefect is imported."""
    # Prefect prints a traceback for each step that raises, and the command then gives the reason in a line. The runs in
    # the UI keep theirs; what we log ourselves, and nobody else would print, goes through `OneLine`.
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    logging.getLogger("tidewaiter").addHandler(ONE_LINE)
    if api:
        from flows.cli.server import local_server

        local_server.use(api)


def tell(outcome: "Outcome", page: str | None, *, warnings: bool = True) -> None:
    """Print an outcome; `page` is the run's address in the UI. Without `warnings` they are printed elsewhere."""
    say(
        f"[bold green]{outcome.status}[/] {escape(outcome.title)}: {outcome.release_id}, {', '.join(outcome.flows)},"
        f" {outcome.span}; {counted(outcome.records, 'record')} = {outcome.records_observed:,} observed +"
        f" {outcome.records_quarantined:,} quarantined; snapshot {outcome.snapshot_id}",
        markup=True,
    )
    if page:
        say(f"  this run in the UI: {page}")
    if warnings:
        tell_warnings([outcome], "  ")
    for place in outcome.briefs:
        if place.endswith(".html"):
            say(f"  brief, in the store: {place}")
    for line in outcome.notes:
        say(f"  {line}", style="dim")


def tell_warnings(outcomes: "Sequence[Outcome]", indent: str = "") -> None:
    """Print the warnings of releases, those of one check in one line: the first of them, and how many more there
    are.
    """
    alike: dict[str, list[tuple[str, Outcome]]] = {}
    for outcome in outcomes:
        for line in outcome.warnings:
            alike.setdefault(line.partition(" (")[0], []).append((line, outcome))
    for same in alike.values():
        line, first = same[0]
        files = len({outcome.release_id for _, outcome in same})
        of = f" of {escape(first.title)}" if len(outcomes) > 1 else ""
        more = (
            f" (and {len(same) - 1:,} more"
            + (f", in {counted(files, 'file')}" if files > 1 else "")
            + "; all: tidewaiter read finding)"
        )
        say(f"{indent}[yellow]warning[/]{of} {escape(line)}{escape(more) if len(same) > 1 else ''}", markup=True)
