"""Defines the command that fills the stores of several reporters at once, through the workers of a Prefect server."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.ingest import FlowOfFiles, Notes, PartnersOfFiles, SourceOfFiles
from flows.cli.once import Commands
from flows.cli.options import (
    DISAGREES,
    HELD,
    REFUSED,
    STORE,
    StoreGiven,
    prepare_prefect,
    recording_server,
    refusals,
)
from flows.cli.terminal import console, escape, progress_bar, say

commands = Commands()


@commands.command(epilog="Example: `tidewaiter fill downloads`, with `tidewaiter worker --stores` in a second terminal")
def fill(
    folder: Annotated[
        Path, typer.Argument(help="folder of old downloads of several reporters, with what is declared about them")
    ],
    source: SourceOfFiles = None,
    flow: FlowOfFiles = None,
    partners: PartnersOfFiles = None,
    notes: Notes = False,
    dask: Annotated[
        str | None, typer.Option(help="Dask scheduler whose workers help every run", metavar="tcp://HOST:PORT")
    ] = None,
    restarts: Annotated[
        int, typer.Option(help="how often the run of a store is started again after its process died", min=0, max=5)
    ] = 1,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be ingested, ingest nothing")] = False,
    store: StoreGiven = STORE,
) -> None:
    """Fill the store of each reporter that has files in a folder, several at once; killed or stopped, it goes on where it was.

    Each store is a run of its own, which a worker takes (`tidewaiter worker --stores`), here or on another machine. If this
    command is ended, the runs go on; the same command again waits for them.
    """
    from schemas.forms.fill import FillRequest
    from tasks.ingest.inbox import require_folder

    with refusals():
        require_folder(folder)
        request = FillRequest(
            folder=folder, store=store, source=source, flow=flow and flow.value, partners=partners and partners.value,
            notes=notes, dask=dask, restarts=restarts, dry_run=dry_run,
        )  # fmt: skip
    api = recording_server(True)
    if api is None:
        with refusals():
            raise ValueError(
                "no Prefect server answers, and its workers fill the stores. Start one with `tidewaiter deploy`, or fill one "
                "store after another with `tidewaiter backfill`."
            )
    prepare_prefect(api)
    from flows.announce import Unfilled
    from flows.fill import fill as fill_stores

    with refusals(), progress_bar():
        try:
            report = fill_stores(request)
        except Unfilled as some:
            report = some.report
    console().print(f"[bold]{escape(report.headline)}[/]", highlight=False)
    for line in report.lines:
        say(f"  {line}")
    held = HELD if report.of("held") else 0
    raise typer.Exit(DISAGREES if report.of("failed") else REFUSED if report.refused else held)
