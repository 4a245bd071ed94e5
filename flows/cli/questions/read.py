"""Defines the commands that read, verify and maintain what is published."""

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.frame import options
from flows.cli.frame.command import Commands
from flows.cli.frame.form import NoOptions, command
from flows.cli.frame.terminal import console, errors, say
from schemas.names import TABLES
from schemas.questions.question import NUMBER_MAX, Form, texts
from schemas.questions.read import Read
from schemas.questions.revisions import Revisions
from schemas.questions.trace import Trace
from tasks.domain.errors import NothingPublished
from tasks.domain.text import counted, visible

if TYPE_CHECKING:
    from tasks.answers.form.answer import Answer

TableName = StrEnum("TableName", TABLES)  # type: ignore[misc]  # the members are the tables there are
Traced = StrEnum("Traced", ["table", "json"])
# A width with room for every requested column; the terminal folds what it cannot show.
ALL_COLUMNS = 10_000
commands = Commands()


SDMX = "sdmx"
ReadForm = StrEnum("ReadForm", [*(form.value for form in options.Form), SDMX])  # type: ignore[misc]


class ListedTable(Form, kw_only=True):
    """How rows are printed or written, and words that name a table and products."""

    form: Annotated[
        ReadForm,
        typer.Option("--format", help=f"{options.FORM_HELP}; sdmx is SDMX-CSV 2.0, of figures of the table metric"),
    ] = ReadForm("table")
    output: options.Output = None

    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="TABLE or PRODUCT", help="a published table, else metric; and products by name or code"),
    ] = None
    rows: options.Rows = 40


@command(
    commands,
    Read,
    ListedTable,
    epilog=(
        "Example: `tidewaiter read soybeans --partner Brazil --month 2024-01..2024-06`, or with the table: "
        "`tidewaiter read metric 85051110 --partner USA --partner DEU --output magnets.xlsx`"
    ),
)
def read(question: Read, page: ListedTable) -> None:
    """Print rows of a table."""
    from tasks.domain.clock import read_day

    words = page.words or []
    if words and words[0] in TABLES:
        table, *words = words
        question = replace(question, table=table)
    question = replace(question, product=(*words, *texts(question.product)))
    if question.as_of:
        read_day(str(question.as_of))

    from tasks.answers.form import export, export_notes
    from tasks.answers.trade.read import read as answer_to

    form = "csv" if page.form.value == SDMX else page.form.value
    export.form_of(form, page.output)
    answer = answer_to(question)
    options.show_remarks(answer.remarks)
    if page.form.value == SDMX:
        from tasks.answers.programs.sdmx import observations

        export.write(observations(answer.parts, question.shown or ("level",)), form, page.output)
        return
    if form == "table" and page.output is None:
        for name, part in answer.parts.items():
            _show(name if len(answer.parts) > 1 else "", part, question, page.rows)
        return
    export.write(
        answer.rows,
        form,
        page.output,
        lambda: export_notes.of_several(
            [
                export_notes.notes(
                    part.snapshot, part.table, part.rows, part.as_of, answer.rows.columns, part.states, part.doubts
                )
                for part in answer.parts.values()
            ]
        ),
        answer.figures_in_doubt,
    )
    if page.output is not None:
        say(f"{counted(answer.rows.height, 'row')} in {page.output}", to=errors)


def _show(name: str, part: "Answer", question: Read, rows: int) -> None:
    """Print the rows of one reporter; its name first, where no row has it."""
    from rich.console import Group

    from tasks.answers.form import tables

    if not part.rows.height:
        return
    width = console().width
    if question.table == "metric":
        table = tables.figure_table(part.rows, rows, width, question.shown, question.sort, part.reporters[0])
    elif question.table == "expectation" and not question.shown:
        from tasks.answers.form.expected_table import expected_tables

        table = Group(*expected_tables(part.rows, width, rows, part.reporters[0]))
    else:
        if name:
            say(f"{name}:")
        table = tables.listing(part.rows, ALL_COLUMNS if question.shown else width, rows, question.shown)
    console().print(table)
    if (cited := part.cite_rows(rows)) is not None:
        say(cited, style="dim")


class TraceFormat(Form, kw_only=True):
    """How a trace is printed."""

    form: Annotated[Traced, typer.Option("--format", help="how to print it")] = Traced.table


@command(
    commands,
    Trace,
    TraceFormat,
    epilog="Example: `tidewaiter trace 85051110 --partner USA --month 2025-06 --metric mom_pct`",
)
def trace(question: Trace, page: TraceFormat) -> None:
    """Print a trace."""
    from tasks.answers.trade.trace import trace as answer_to
    from tasks.pages.text import trace_text

    answer = answer_to(question)
    options.show_remarks(answer.notes)
    traced = answer.trace
    if page.form is Traced.json:
        typer.echo(traced.model_dump_json(indent=2))
    else:
        trace_text.show_trace(console(), traced)
    if not traced.agrees:
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
    from tasks.store.bucket.resolve import open_release

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
    sample: Annotated[int, typer.Option(help="figures to trace back and compute again", min=0, max=NUMBER_MAX)] = 25,
    store: options.StoreGiven = options.STORE,
    whose: options.ReporterOfStore = None,
) -> None:
    """Hash every published and every raw file of each store again, trace a sample of figures back to the raw records,
    and hash the tables that are made of the stores."""
    stores = options.each_store(store, whose)
    problems, published = [*stores.unread], 0
    for problem in problems:
        say(problem, to=errors, style="red")
    for reporter, one in stores.stores:
        try:
            problems += _audited(one, sample, "" if stores.is_one else f"{reporter}: ")
            published += 1
        except NothingPublished as nothing:
            # A reporter whose first release is held has a store and no tables.
            if stores.is_one:
                raise
            say(f"{reporter}: {nothing}", to=errors)
    if problems:
        raise typer.Exit(options.DISAGREES)
    if not published:
        raise NothingPublished(f"{store}: nothing is published here")


def _audited(store: Path, sample: int, of: str) -> list[str]:
    """Audit a store and print what was found; return what is wrong."""
    from tasks.analysis.after.table_audit import audit_tables
    from tasks.lineage.audit import audit as audit_store
    from tasks.store.bucket.working_copy import address_of

    report = audit_store(store, sample)
    # What rests on damaged figures is looked at when these are whole.
    problems = report.problems or audit_tables(address_of(store)).problems
    for problem in problems:
        say(f"{of}{problem}", to=errors, style="red")
    if not problems:
        say(
            f"every published and every raw file of {address_of(store)} is what it was; {report.traced} figures traced"
            " back and computed again, all agree"
        )
    return problems


@command(commands, Revisions, NoOptions, epilog=f"Example: `tidewaiter revisions --release {options.EXAMPLE_RELEASE}`")
def revisions(question: Revisions, _: NoOptions) -> None:
    """Print what releases revised."""
    from tasks.answers.trade.revisions import revisions as answer_to
    from tasks.pages.release.release_sections import revision_report
    from tasks.store.snapshots.parquet import read_table

    answer = answer_to(question)
    decided = read_table(answer.snapshot, "decision")
    for row in answer.chosen.iter_rows(named=True):
        typer.echo(visible(revision_report(answer.rows, row, decided, doubts=answer.doubts_by_row)))


@commands.command(epilog="Example: `tidewaiter retain --months 24`")
def retain(
    months: Annotated[
        int, typer.Option(help="keep snapshots that were published for less long than this", min=24, max=1200)
    ] = 24,
    store: options.Store = options.STORE,
    whose: options.ReporterOfStore = None,
) -> None:
    """Remove published states that are older than two years; the current one and all it needs always stay.

    What was known on a day is in the ledger and stays readable: only the pinned older snapshots go.
    """
    from tasks.analysis.after.after_release import update_forms
    from tasks.domain.clock import today
    from tasks.store.bucket.working_copy import retain as retain_store
    from tasks.store.files.snapshot import open_snapshot
    from tasks.store.places.verify_on_read import refuse_another_version

    refuse_another_version(open_snapshot(store))
    gone = retain_store(store, today=today(), months=months)
    for problem in update_forms(store):
        say(problem, to=errors)
    removed = f"{counted(len(gone.snapshots), 'snapshot')} and {counted(gone.objects, 'file')}"
    console().print(f"{removed} removed", highlight=False)
