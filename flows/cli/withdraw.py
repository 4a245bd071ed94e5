"""The command that withdraws a published release, and takes that back."""

from typing import Annotated

import typer

from flows.cli.once import Commands
from flows.cli.options import STORE, StoreOfOne, refusals, say

commands = Commands()


@commands.command(epilog="Example: `tidewaiter withdraw gacc_query-4cb411168c5d --by 'Li Wei' --reason 'wrong file'`")
def withdraw(
    release_id: Annotated[str, typer.Argument(help="published release; all its editions are meant", metavar="RELEASE")],
    by: Annotated[str, typer.Option(help="who decides; published with the decision")],
    reason: Annotated[str, typer.Option(help="why; published with the decision")],
    undo: Annotated[bool, typer.Option("--undo", help="take the withdrawal back: the release counts again")] = False,
    store: StoreOfOne = STORE,
) -> None:
    """End the numbers of a published release from today on; those of other releases count again.

    The days before stay as they were: `read --as-of` shows them, and `revisions` what changed.
    """
    from flows.withdraw import withdraw as decide
    from tasks.domain.clock import today

    with refusals():
        outcome = decide(release_id, by, reason, store, today(), undo=undo)
    say(
        f"{outcome.release_id} ({outcome.title}) {'counts again' if undo else 'is withdrawn'}; snapshot {outcome.snapshot_id}"
    )
    say(f"  what changed: tidewaiter revisions --release {outcome.release_id}", style="dim")
