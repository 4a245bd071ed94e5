"""Defines the commands that write forms of the published tables for other programs: a DuckDB file."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.command import Commands
from flows.cli.options import STORE, StoreGiven
from flows.cli.terminal import say
from tasks.domain.text import counted

commands = Commands()
catalog = Commands(
    no_args_is_help=True, help="Forms in which other programs find the tables: metadata over the same files."
)
commands.add_typer(catalog, name="catalog")


@catalog.command(epilog="Example: `tidewaiter catalog duckdb --output trade.duckdb`, then `duckdb -ui trade.duckdb`")
def duckdb(
    output: Annotated[Path, typer.Option(help="the file; one that is there is replaced at once")] = Path(
        "trade.duckdb"
    ),
    store: StoreGiven = STORE,
) -> None:
    """Write one DuckDB file of views over the tables of all reporters, with a description of each column.

    Without rows of its own it is a few hundred kilobytes, and follows later releases; one over a bucket names the files
    of this moment. With TIDEWAITER_DUCKDB each release writes it again.
    """
    from tasks.catalogs.duckdb_file import write_duckdb

    written = write_duckdb(store, output)
    say(f"{counted(len(written.views), 'view')} in {output}: {', '.join(written.views)}")
    if written.is_relative:
        say("its paths are relative: open it in its folder, and copy it with the folder")
