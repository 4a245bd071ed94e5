"""Defines the commands that read, verify and maintain what is published."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from flows.cli import options
from flows.cli.command import Commands
from flows.cli.terminal import console, errors, say
from schemas.names import TABLES
from tasks.domain.text import counted, visible

TableName = StrEnum("TableName", TABLES)  # type: ignore[misc]  # the members are the tables there are
Traced = StrEnum("Traced", ["table", "json"])
# A width with room for every requested column; the terminal folds what it cannot show.
ALL_COLUMNS = 10_000
commands = Commands()


@commands.command(
    epilog=(
        "Example: `tidewaiter read soybeans --partner Brazil --month 2024-01..2024-06`, or with the table: "
        "`tidewaiter read metric 85051110 --partner USA --partner DEU --output magnets.xlsx`"
    )
)
def read(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="TABLE or PRODUCT", help="a published table, else metric; and products by name or code"),
    ] = None,
    product: options.Products = None,
    partner: options.Partners = None,
    month: options.Months = None,
    measure: options.Measures = None,
    flow: Annotated[options.Flow | None, typer.Option(help="direction")] = None,
    as_of: Annotated[
        str | None,
        typer.Option(help="as it stood on this day, YYYY-MM-DD: observation, trade_flow, metric, mover, expectation"),
    ] = None,
    sort: Annotated[str | None, typer.Option(help="column to sort by, the largest first")] = None,
    ascending: Annotated[bool, typer.Option("--ascending", help="the smallest first")] = False,
    top: Annotated[
        int | None,
        typer.Option(help="of each month the first rows alone, without totals", min=1, max=options.NUMBER_MAX),
    ] = None,
    columns: Annotated[str | None, typer.Option(help="columns, with commas between them")] = None,
    names: Annotated[bool, typer.Option("--names/--no-names", help="names behind the codes")] = True,
    language: Annotated[options.Language, typer.Option(help="language of the names")] = options.Language.en,
    form: options.Printed = options.Form.table,
    output: options.Output = None,
    rows: Annotated[int, typer.Option(help="rows shown in the format table", min=1, max=options.NUMBER_MAX)] = 40,
    store: options.StoreGiven = options.STORE,
    reporter: options.Reporters = None,
) -> None:
    """Rows of a published table, in key order; without a table figures of the table metric."""
    from tasks.domain.clock import read_day

    on_day = read_day(as_of) if as_of else None
    table, *products = words if words and words[0] in TABLES else ("metric", *(words or ()))

    from tasks.answers import export, export_notes, questions, tables
    from tasks.api import python
    from tasks.reading import query

    export.form_of(form.value, output)
    question = questions.Question(
        table,
        (*products, *(product or ())),
        tuple(partner or ()),
        tuple(month or ()),
        flow and flow.value,
        tuple(measure or ()),
        on_day,
        sort,
        ascending,
        top,
        python.columns_of([name.strip() for name in columns.split(",")] if columns else [], reporter),
        names,
        language.value,
    )
    answers = python.answers(store, reporter, question)
    if form is not options.Form.table or output is not None:
        found = python.together(answers, question.columns, is_one=len(reporter or ()) <= 1)
        export.write(
            found,
            form.value,
            output,
            lambda: export_notes.of_several(
                [
                    export_notes.notes(one.snapshot, table, one.rows, on_day, found.columns, one.states)
                    for one in answers.values()
                ]
            ),
        )
        if output is not None:
            say(f"{counted(found.height, 'row')} in {output}", to=errors)
        return
    width = console().width
    for name, one in answers.items():
        if one.rows.height:
            if len(answers) > 1 and table != "metric":
                say(f"{name}:")
            console().print(
                tables.figure_table(one.rows, rows, width, question.columns, sort, query.reporter_of(one.snapshot).code)
                if table == "metric"
                else tables.listing(one.rows, ALL_COLUMNS if question.columns else width, rows, question.columns)
            )
            if (cited := questions.cited(one, question, rows)) is not None:
                say(cited, style="dim")


@commands.command(epilog="Example: `tidewaiter trace 85051110 --partner USA --month 2025-06 --metric mom_pct`")
def trace(
    product: options.Product,
    partner: options.Partner = "WLD",
    month: options.Month = "latest",
    metric: Annotated[options.Figure, typer.Option(help="figure of the table metric")] = options.LEVEL,
    measure: options.Measure = "quantity_kg",
    flow: options.OneFlow = None,
    form: Annotated[Traced, typer.Option("--format", help="how to print it")] = Traced.table,
    store: options.Store = options.STORE,
    whose: options.ReporterOfStore = None,
) -> None:
    """Where one published figure comes from, down to the records of the raw file; and the same figure computed
    again."""
    from tasks.api import python
    from tasks.pages import trace_text

    asked: dict[str, Any] = {"measure": measure, "flow": flow and flow.value}
    found = python.trace(product, partner, month, metric.value, **asked, store=store)
    if form is Traced.json:
        typer.echo(found.model_dump_json(indent=2))
    else:
        trace_text.show_trace(console(), found)
    if not found.agrees:
        raise typer.Exit(options.DISAGREES)


@commands.command(epilog="Example: `tidewaiter resolve metric --store s3://customs/store`")
def resolve(
    table: Annotated[TableName, typer.Argument(help="published table")],
    flow: Annotated[options.Flow | None, typer.Option(help="direction")] = None,
    release: Annotated[str | None, typer.Option(help="id of a snapshot; else the current one")] = None,
    store: options.StoreOfOne = options.STORE,
    whose: options.ReporterOfStore = None,
) -> None:
    """Addresses of the files of a table, one a line, for a reader of Parquet: all of one published state."""
    from tasks.store.resolve import open_release

    opened = open_release(store, release)
    paths = opened.paths(table.value, flow and flow.value)
    if not paths:
        # Nothing on standard output: an empty line would be read as a file without a name.
        of_flow = f" of the flow {flow.value}" if flow else ""
        say(f"the table {table.value} has no files{of_flow} in this snapshot, {opened.id}", to=errors)
    for path in paths:
        typer.echo(path)


@commands.command(epilog="Example: `tidewaiter audit --sample 100`")
def audit(
    sample: Annotated[
        int, typer.Option(help="figures to trace back and compute again", min=0, max=options.NUMBER_MAX)
    ] = 25,
    store: options.Store = options.STORE,
    whose: options.ReporterOfStore = None,
) -> None:
    """Hash every published and every raw file of the store again, trace a sample of figures back to the raw records,
    and hash the tables that are made of the store."""
    from tasks.analysis.table_audit import audit_tables
    from tasks.lineage.audit import audit as audit_store
    from tasks.store.working_copy import address_of

    report = audit_store(store, sample)
    if not report.problems:
        # What rests on damaged figures is looked at when these are whole.
        report = report.model_copy(update={"problems": audit_tables(address_of(store)).problems})
    for problem in report.problems:
        say(problem, to=errors, style="red")
    if report.problems:
        raise typer.Exit(options.DISAGREES)
    say(
        f"every published and every raw file of {address_of(store)} is what it was; {report.traced} figures traced back"
        " and computed again, all agree"
    )


@commands.command(epilog="Example: `tidewaiter revisions --release gacc_query-4cb411168c5d`")
def revisions(
    release: Annotated[list[str] | None, typer.Option(help="release id; else every release; may be repeated")] = None,
    store: options.Store = options.STORE,
    whose: options.ReporterOfStore = None,
) -> None:
    """What each release revised, as markdown: numbers changed, added, removed or moved, and what that did to the
    totals."""
    import polars as pl

    from tasks.pages.release_sections import revision_report
    from tasks.reading import query

    found = query.query(store, "release").sort("released_on", "release_id")
    revised, decided = query.query(store, "revision"), query.query(store, "decision")
    if unknown := sorted({*(release or ())} - {*found["release_id"]}):
        raise ValueError(f"no release {', '.join(unknown)}; there are {', '.join(found['release_id'])}")
    chosen = found.filter(pl.col("release_id").is_in(release)) if release else found
    for row in chosen.iter_rows(named=True):
        typer.echo(visible(revision_report(revised, row, decided)))


@commands.command(epilog="Example: `tidewaiter retain --months 24`")
def retain(
    months: Annotated[
        int, typer.Option(help="keep snapshots whose releases are younger than this", min=24, max=1200)
    ] = 24,
    store: options.Store = options.STORE,
    whose: options.ReporterOfStore = None,
) -> None:
    """Remove published states that are older than two years; the current one and all it needs always stay.

    What was known on a day is in the ledger and stays readable: only the pinned older snapshots go.
    """
    from tasks.domain.clock import today
    from tasks.store import publish
    from tasks.store.working_copy import retain as retain_store

    with publish.exclusive(store):
        gone = retain_store(store, today=today(), months=months)
    removed = f"{counted(len(gone.snapshots), 'snapshot')} and {counted(gone.objects, 'file')}"
    console().print(f"{removed} removed", highlight=False)
