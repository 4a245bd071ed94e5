"""The command line: what a person can ask for. Each module of this package defines some of the commands."""

import os
from typing import Annotated

import typer

from flows.cli.frame.command import Command, Stoppable
from flows.cli.questions import brief, catalog, detours, export, mcp, read, reporters, search, site
from flows.cli.releases import fetch, ingest, start, withdraw
from flows.cli.server import deploy
from schemas import code_files, settings

# A page of help uses a wide terminal up to here. It is plain text, as are refusals of options: rich with its Markdown
# takes longer to import than Typer and all commands together.
HELP_COLUMNS_MAX = 120

app = typer.Typer(
    name="tidewaiter",
    cls=Stoppable,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": HELP_COLUMNS_MAX},
    help="Customs releases as numbers that can be cited: validated, versioned, derived, traced to the byte.",
)
for part in (
    start,
    ingest,
    withdraw,
    fetch,
    read,
    search,
    brief,
    detours,
    site,
    catalog,
    export,
    mcp,
    reporters,
    deploy,
):
    app.add_typer(part.commands)

# Polars' allocator returns unused memory after three seconds, not one: a month is derived in hundreds of steps, and
# asking the system for memory again in each took up to a third of the processor time of a portion. Polars reads this
# when it is loaded.
ALLOCATOR = {"_RJEM_MALLOC_CONF": "dirty_decay_ms:3000,muzzy_decay_ms:3000"}


def _version(wanted: bool) -> None:
    if wanted:
        import importlib.metadata

        typer.echo(importlib.metadata.version("tidewaiter"))
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="print the version")
    ] = False,
) -> None:
    """Customs releases as numbers that can be cited."""
    for name, setting in ALLOCATOR.items():
        os.environ.setdefault(name, setting)
    _check_own_tables()


@app.command("help", cls=Command, epilog="Example: `tidewaiter help read`")
def show_help(
    context: typer.Context, command: Annotated[str | None, typer.Argument(help="one command; else all")] = None
) -> None:
    """What a command does and takes, as with --help."""
    above = context.parent
    assert above is not None
    if command is None:
        typer.echo(above.get_help())
        return
    group = above.command
    shown = group.get_command(above, command) if isinstance(group, Stoppable) else None
    if shown is None:
        raise typer.BadParameter(f"there is no command {command!r}; tidewaiter help lists them", param_hint="command")
    typer.echo(shown.get_help(type(context)(shown, info_name=command, parent=above)))


def _check_own_tables() -> None:
    """Read the code tables that replace packaged ones, before a command imports what rests on them. Raises
    ValueError."""
    if not (named := settings.value(code_files.VARIABLE)):
        return
    names = [name for name, file in code_files.table_files().items() if file.parent != code_files.FOLDER]
    from schemas.reference.code_tables import code_table

    for name in names:
        try:
            code_table(name)
        except (OSError, ValueError) as error:
            raise ValueError(f"{code_files.VARIABLE}, {named}: {error}") from error
