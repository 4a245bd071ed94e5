"""Commands that read what is published, prove it, and keep it in order."""

from enum import StrEnum
from typing import Annotated

import polars as pl
import typer

from flows.asked import Measures, Months, Output, Partners, Products, conditions
from flows.once import Commands
from flows.terminal import (
    DISAGREES,
    FORM_HELP,
    STORE,
    Flow,
    Form,
    Store,
    StoreGiven,
    console,
    errors,
    read_month,
    refusals,
    say,
)
from schemas.catalog import PUBLISHED
from schemas.metric import FIGURES
from tasks import display, export_notes, formats, nearby, publish, reading
from tasks.audit import audit as audit_store
from tasks.origin import Point
from tasks.plurals import counted
from tasks.release_calendar import today
from tasks.resolve import open_release
from tasks.revision_report import revision_report
from tasks.trace import Tracer
from tasks.working_copy import address_of
from tasks.working_copy import retain as retain_store

TableName = StrEnum("TableName", list(PUBLISHED))  # type: ignore[misc]  # the members are the tables there are
Figure = StrEnum("Figure", list(FIGURES))  # type: ignore[misc]  # likewise
Traced = StrEnum("Traced", ["table", "json"])
commands = Commands()


@commands.command(
    epilog="Example: `tidewaiter read metric --product 85051110 --partner USA --partner DEU --month 2025-01..2025-06 --output magnets.xlsx`"
)
def read(
    table: Annotated[TableName, typer.Argument(help="published table")],
    product: Products = None,
    partner: Partners = None,
    month: Months = None,
    measure: Measures = None,
    flow: Annotated[Flow | None, typer.Option(help="direction")] = None,
    as_of: Annotated[
        str | None, typer.Option(help="as it stood on this day, YYYY-MM-DD: observation, trade_flow, metric")
    ] = None,
    form: Annotated[Form, typer.Option("--format", help=FORM_HELP)] = Form.table,
    output: Output = None,
    rows: Annotated[int, typer.Option(help="rows shown in the format table", min=1)] = 40,
    store: Store = STORE,
) -> None:
    """Rows of a published table, in key order."""
    with refusals():
        formats.form_of(form.value, output)
        asked = conditions(
            flow=flow, products=product, partners=partner, months=month, measures=measure, as_of=as_of
        )  # fmt: skip
        found = reading.query(store, table.value, **asked)
        # To people; a file or a pipe gets no rows.
        absent = (
            nearby.what_is_absent(table.value, found, **asked) if found.height
            else [f"0 rows: {nearby.what_is_nearby(store, table.value, **asked)}"]
        )  # fmt: skip
        for line in absent:
            say(line, to=errors)
        if form is Form.table and output is None:
            if not found.height:
                return
            console.print(display.frame_table(found, rows, console.width))
        else:
            model = PUBLISHED[table.value].model
            formats.write(
                found, form.value, output,
                lambda: export_notes.notes(reading.open_published(store), model, found, asked["as_of"]),
            )  # fmt: skip


@commands.command(
    epilog="Example: `tidewaiter trace --product 85051110 --partner USA --month 2025-06 --metric mom_pct`"
)
def trace(
    product: Annotated[str, typer.Option(help="code, line:… or basket:…")],
    partner: Annotated[str, typer.Option(help="ISO 3166-1 alpha-3, WLD, EU27 or gacc:NNN")],
    month: Annotated[str, typer.Option(help="YYYY-MM")],
    metric: Annotated[Figure, typer.Option(help="figure of the table metric")],
    measure: Annotated[str, typer.Option(help="measure of the table metric")] = "quantity_kg",
    flow: Annotated[Flow, typer.Option(help="direction")] = Flow.export,
    form: Annotated[Traced, typer.Option("--format", help="how to print it")] = Traced.table,
    store: Store = STORE,
) -> None:
    """Where one published figure comes from, down to the records of the raw file; and the same figure computed again."""
    with refusals():
        snapshot = reading.open_published(store)
        year, number = read_month(month)
        found = Tracer(snapshot, flow.value, product).trace(
            Point(flow.value, product, partner, measure, year * 12 + number - 1), metric.value
        )
    if form is Traced.json:
        typer.echo(found.model_dump_json(indent=2))
    else:
        display.show_trace(console, found)
    if not found.agrees:
        raise typer.Exit(DISAGREES)


@commands.command(epilog="Example: `tidewaiter resolve metric --store s3://customs/store`")
def resolve(
    table: Annotated[TableName, typer.Argument(help="published table")],
    flow: Annotated[Flow | None, typer.Option(help="direction")] = None,
    release: Annotated[str | None, typer.Option(help="id of a snapshot; else the current one")] = None,
    store: StoreGiven = STORE,
) -> None:
    """Addresses of the files of a table, one a line, for a reader of Parquet: all of one published state."""
    with refusals():
        opened = open_release(store, release)
        paths = opened.paths(table.value, flow and flow.value)
    if not paths:
        # Nothing on standard output: an empty line would be read as a file without a name.
        say(
            f"the table {table.value} has no files{f' of the flow {flow.value}' if flow else ''} in this snapshot, {opened.id}",
            to=errors,
        )
    for path in paths:
        typer.echo(path)


@commands.command(epilog="Example: `tidewaiter audit --sample 100`")
def audit(
    sample: Annotated[int, typer.Option(help="figures to trace back and compute again", min=0)] = 25,
    store: Store = STORE,
) -> None:
    """Hash every published and every raw file of the store again, and trace a sample of figures back to the raw records."""
    with refusals():
        report = audit_store(store, sample)
    for problem in report.problems:
        say(problem, to=errors, style="red")
    if report.problems:
        raise typer.Exit(DISAGREES)
    say(
        f"every published and every raw file of {address_of(store)} is what it was; {report.traced} figures traced back and computed again, all agree"
    )


@commands.command(epilog="Example: `tidewaiter releases --format json`")
def releases(
    form: Annotated[Form, typer.Option("--format", help=FORM_HELP)] = Form.table,
    store: Store = STORE,
) -> None:
    """What was ingested: file, day, scope, records."""
    with refusals():
        found = reading.query(store, "release").sort("released_on", "release_id")
        if form is Form.table:
            shown = (
                "release_id", "title", "released_on", "flow", "partners", "first_month", "last_month", "records",
                "records_quarantined",
            )  # fmt: skip
            console.print(display.frame_table(found, 1000, console.width, shown))
        else:
            formats.write(found, form.value, None)


@commands.command(epilog="Example: `tidewaiter revisions --release gacc_query-4cb411168c5d`")
def revisions(
    release: Annotated[list[str] | None, typer.Option(help="release id; else every release; may be repeated")] = None,
    store: Store = STORE,
) -> None:
    """What each release revised, as markdown: numbers changed, added, removed or moved, and what that did to the totals."""
    with refusals():
        found = reading.query(store, "release").sort("released_on", "release_id")
        revised = reading.query(store, "revision")
        if unknown := sorted({*(release or ())} - {*found["release_id"]}):
            raise ValueError(f"no release {', '.join(unknown)}; there are {', '.join(found['release_id'])}")
        chosen = found.filter(pl.col("release_id").is_in(release)) if release else found
        for row in chosen.iter_rows(named=True):
            typer.echo(revision_report(revised, row))


@commands.command(epilog="Example: `tidewaiter retain --months 24`")
def retain(
    months: Annotated[int, typer.Option(help="keep snapshots whose releases are younger than this", min=24)] = 24,
    store: Store = STORE,
) -> None:
    """Remove published states that are older than two years; the current one and all it needs always stay.

    What was known on a day is in the ledger and stays readable: only the pinned older snapshots go.
    """
    with refusals(), publish.exclusive(store):
        gone = retain_store(store, today=today(), months=months)
    removed = f"{counted(len(gone.snapshots), 'snapshot')} and {counted(gone.objects, 'file')}"
    console.print(f"{removed} removed", highlight=False)
