"""Defines the commands that write forms of the published tables for other programs: a DuckDB file, Iceberg metadata,
contracts."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.frame.command import Commands
from flows.cli.frame.options import STORE, StoreGiven
from flows.cli.frame.terminal import say
from schemas import settings
from tasks.domain.text import counted

VIEWS = Path("trade.duckdb")
commands = Commands()
catalog = Commands(
    no_args_is_help=True, help="Forms in which other programs find the tables: metadata over the same files."
)
commands.add_typer(catalog, name="catalog")


@catalog.command(epilog="Example: `tidewaiter catalog duckdb --output trade.duckdb`, then `duckdb -ui trade.duckdb`")
def duckdb(
    output: Annotated[Path, typer.Option(help="the file; one that is there is replaced at once")] = VIEWS,
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


@catalog.command(epilog="Example: `tidewaiter catalog iceberg --store s3://customs/store`")
def iceberg(
    register: Annotated[
        str | None,
        typer.Option(
            envvar=settings.ICEBERG_CATALOG,
            help="catalogue to register the tables in, by its name in the settings of pyiceberg (.pyiceberg.yaml)",
        ),
    ] = None,
    store: StoreGiven = STORE,
) -> None:
    """Write Iceberg metadata of all tables in the stores: a snapshot for each published state that is there.

    No data is written. From then on each release, correction and withdrawal adds a snapshot, and `retain` removes those
    whose states it removes. Of a folder the metadata hold where it lies now: run this again in a copy of it.
    """
    from tasks.catalogs.iceberg import keep_iceberg
    from tasks.catalogs.register import register as register_in

    kept = keep_iceberg(store)
    for table in kept:
        say(f"{table.metadata_location}{'' if table.changed else ' (as before)'}")
    if isinstance(store, Path):
        say("the addresses in them begin with this folder: in a copy of it, run this again, which writes new metadata")
    if register:
        say(f"registered in {register}: {', '.join(register_in(kept, register))}")


@catalog.command(epilog="Example: `tidewaiter catalog odcs --output trade.odcs.yaml`")
def odcs(
    output: Annotated[Path, typer.Option(help="the file; one that is there is replaced")] = Path("trade.odcs.yaml"),
    views: Annotated[Path, typer.Option(help="DuckDB file that `tidewaiter catalog duckdb` has written")] = VIEWS,
    store: StoreGiven = STORE,
) -> None:
    """Write the contract of the tables in the Open Data Contract Standard: columns, types, units, what is never null.

    `datacontract test` compares the views of the DuckDB file with it.
    """
    from tasks.catalogs.contracts import odcs as contract
    from tasks.store.snapshots.outside import write_outside

    write_outside(output, contract(store, views))
    say(f"{output}: datacontract test {output}")


@catalog.command(epilog="Example: `tidewaiter catalog dbt --output models/trade.yml`")
def dbt(
    output: Annotated[Path, typer.Option(help="the file; one that is there is replaced")] = Path("sources.yml"),
    store: StoreGiven = STORE,
) -> None:
    """Write sources of dbt: the tables with their descriptions, places for dbt-duckdb, and tests of what is never null.

    Those of a bucket name the files of this moment.
    """
    from tasks.catalogs.contracts import dbt_sources
    from tasks.store.snapshots.outside import write_outside

    write_outside(output, dbt_sources(store))
    say(f"{output}: select from {{{{ source('trade', 'metric') }}}}")
