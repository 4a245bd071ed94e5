"""The command that withdraws a published release, and takes that back."""

from typing import Annotated

import typer

from flows.cli.frame.command import Commands
from flows.cli.frame.options import EXAMPLE_RELEASE, STORE, DecidedOn, InPrefect, ReporterOfStore, StoreOfOne
from flows.cli.frame.terminal import say
from flows.cli.releases.running import recording_server, run_flow, tell_warnings

commands = Commands()


@commands.command(epilog=f"Example: `tidewaiter withdraw {EXAMPLE_RELEASE} --by 'Li Wei' --reason 'wrong file'`")
def withdraw(
    release_id: Annotated[str, typer.Argument(help="published release; all its editions are meant", metavar="RELEASE")],
    by: Annotated[str, typer.Option(help="who decides; published with the decision")],
    reason: Annotated[str, typer.Option(help="why; published with the decision")],
    undo: Annotated[bool, typer.Option("--undo", help="take the withdrawal back: the release counts again")] = False,
    on: DecidedOn = None,
    prefect: InPrefect = True,
    store: StoreOfOne = STORE,
    whose: ReporterOfStore = None,
) -> None:
    """End the numbers of a published release from today on; those of other releases count again.

    The days before stay as they were: `read --as-of` shows them, and `revisions` what changed.
    """
    from schemas.forms.request import WithdrawalRequest
    from tasks.domain.clock import read_day

    day = read_day(on) if on else None
    api = recording_server(prefect)
    from flows.withdraw import withdraw as decide

    request = WithdrawalRequest(release_id=release_id, by=by, reason=reason, undo=undo, store=store, on=day)
    outcome, page = run_flow(decide, request, api)
    say(
        f"{outcome.release_id} ({outcome.title}) {'counts again' if undo else 'is withdrawn'}; snapshot"
        f" {outcome.snapshot_id}"
    )
    say(f"  {outcome.changed}")
    if page:
        say(f"  this run in the UI: {page}")
    for place in outcome.briefs:
        if place.endswith(".html"):
            say(f"  brief written again, in the store: {place}")
    tell_warnings([outcome], "  ")
    say(f"  what changed: tidewaiter revisions --release {outcome.release_id}", style="dim")
