"""The command that carries a store of another version into a new one."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.frame.command import Commands
from flows.cli.frame.options import DISAGREES, InPrefect
from flows.cli.frame.terminal import errors, progress_bar, say
from flows.cli.releases.running import recording_server, run_flow

commands = Commands()


@commands.command(epilog="Example: `tidewaiter upgrade store new`")
def upgrade(
    old: Annotated[Path, typer.Argument(help="store of another version, which stays as it is")],
    new: Annotated[Path, typer.Argument(help="new store: a folder, or s3://bucket/prefix")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what can and cannot be carried over")] = False,
    prefect: InPrefect = True,
) -> None:
    """Carry a store of another version over: files, days, decisions, holds. Killed or stopped, it goes on where it was.

    The figures are made again from the files. What cannot be carried over is said first.
    """
    from schemas.forms.watch import UpgradeRequest
    from schemas.store_address import read_address

    request = UpgradeRequest(old=old, store=read_address(new), dry_run=dry_run)
    api = recording_server(prefect)
    from flows.upgrade import upgrade as carry

    looked = carry.fn(request.model_copy(update={"dry_run": True}))
    for line in looked.not_carried:
        say(f"not carried over: {line}", to=errors)
    if dry_run:
        say(looked.headline)
        return
    with progress_bar():
        report, page = run_flow(carry, request, api)
    say(report.headline)
    if page:
        say(f"  this run in the UI: {page}")
    for line in report.troubles:
        say(line, to=errors)
    raise typer.Exit(DISAGREES if report.troubles else 0)
