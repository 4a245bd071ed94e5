"""Defines the commands about watch rules and about several reporters: which rules fire, what both sides of a trade say,
which members of a group have reported, and what of each source is in and due.
"""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.frame import options
from flows.cli.frame.command import Commands
from flows.cli.frame.form import Printed, Written, command
from flows.cli.frame.terminal import console, errors, say
from schemas.questions.coverage import Coverage
from schemas.questions.mirror import MirrorTrade
from schemas.questions.partner import PartnerTrade

INBOXES = [Path("inbox")]
ROWS_MAX = 40
commands = Commands()


@commands.command("watch-rules", epilog="Example: `tidewaiter watch-rules --month 2025-05`")
def rules(
    month: Annotated[str | None, typer.Option(help="one month, 2025-06; else the newest that each series has")] = None,
    form: options.Printed = options.Form.table,
    store: options.Store = options.STORE,
    whose: options.ReporterOfStore = None,
) -> None:
    """What became of each watch rule in a month, by the first print and by what is known now: fired, quiet or not
    evaluable."""
    from tasks.analysis.after import watch_rules
    from tasks.answers.form import tables
    from tasks.domain.period_words import read_months
    from tasks.domain.periods import month_number

    first, last = read_months(month) if month else (None, None)
    if first != last:
        raise ValueError(f"{month!r} has several months; name one, as 2025-06")
    graded = watch_rules.listed(store, month_number(first) if first else None)
    if options.written(graded, form):
        return
    if not graded.height:
        say("no watch rule is about this reporter")
        return
    cells = {name: [value or "–" for value in graded[name]] for name in ("rule", "month", "first", "now")}
    below = [f"{rule}: {why}" for rule, why in graded.select("rule", "why").iter_rows()]
    console().print(tables.table(cells, titles={"first": "first print"}, below=below))


@commands.command(epilog="Example: `tidewaiter sources --inbox inbox`")
def sources(
    inbox: Annotated[list[Path], typer.Option(help="folder into which fetches write; may be repeated")] = INBOXES,
    form: options.Printed = options.Form.table,
    store: options.StoreGiven = options.STORE,
) -> None:
    """Of each source the last month that is in, what is due next, what is overdue, and since when it fails."""
    import polars as pl

    from tasks.answers.form.tables import table
    from tasks.answers.inventory.sources import source_states
    from tasks.domain.clock import today

    known = source_states(store, inbox, today())
    rows = pl.DataFrame([state.row for state in known.sources])
    if not options.written(rows, form):
        # A terminal is narrow, and in a new store most columns are empty; the other formats list the members that are
        # lacking.
        shown = rows.with_columns(reporters=pl.Series([state.reporters_in_short for state in known.sources]))
        console().print(table({column.name: column.to_list() for column in shown if (column != "").any()}))
    for sentence in known.unread:
        say(sentence, to=errors)
    raise typer.Exit(options.DISAGREES if known.unread else 0)


class StatusForm(StrEnum):
    """What a person, a program and a monitor read."""

    table = "table"
    json = "json"
    csv = "csv"
    prometheus = "prometheus"


@commands.command(epilog="Example: `tidewaiter status --format prometheus --output /var/lib/metrics/tidewaiter.prom`")
def status(
    inbox: Annotated[list[Path], typer.Option(help="folder into which fetches write; may be repeated")] = INBOXES,
    form: Annotated[
        StatusForm,
        typer.Option(
            "--format", help="how to print it; json is one object a line, prometheus is what its node exporter reads"
        ),
    ] = StatusForm.table,
    output: Annotated[Path | None, typer.Option(help="write to this file, at once, instead of the terminal")] = None,
    store: options.StoreGiven = options.STORE,
) -> None:
    """Of each reporter and source the last month, what is due and overdue, what is held, and since when a fetch fails.

    Ends with 1 where a month is overdue or a fetch fails, else with 3 where a release is held, else with 0.
    """
    from tasks.answers.form import export, tables
    from tasks.answers.inventory.status import is_late, overview, prometheus
    from tasks.answers.inventory.status import status as answer_to
    from tasks.domain.clock import today
    from tasks.store.snapshots.outside import write_outside

    rows = answer_to(store, inbox, today())
    if form is StatusForm.prometheus:
        text = prometheus(rows, datetime.now(UTC))
        write_outside(output, text.encode()) if output else typer.echo(text, nl=False)
    elif form is not StatusForm.table or output:
        export.write(rows, form.value, output)
    else:
        console().print(tables.table(overview(rows)))
    raise typer.Exit(options.DISAGREES if is_late(rows) else options.HELD if rows["held"].sum() else 0)


class MirrorOptions(Written, kw_only=True):
    """How both sides are printed, written or published."""

    publish: Annotated[
        bool,
        typer.Option(
            "--publish",
            help="publish all goods of six digits as the table mirror; releases of both then keep it up to date",
        ),
    ] = False


@command(
    commands,
    MirrorTrade,
    MirrorOptions,
    optional=("product",),
    epilog="Example: `tidewaiter mirror 850511 --importer Germany --month 2025-01..2025-06`",
)
def mirror(question: MirrorTrade, page: MirrorOptions) -> None:
    """Print both sides of a trade, or publish those of all goods."""
    from tasks.answers.form import tables
    from tasks.answers.trade import mirror as answers

    if page.publish == bool(question.product):
        raise ValueError("name the goods, such as 850511, or publish all of them with --publish")
    if page.publish:
        _publish_mirror(question)
        return
    answer = answers.mirror(question)
    rows = answer.rows
    if options.written(rows, page.form, page.output, lambda: answers.workbook_notes(answer.mirror)):
        return
    columns = answers.columns(rows)
    right = [name for name in columns if name not in ("month", "reason")]
    console().print(tables.table(columns, above=answers.title(rows), below=answer.notes, right=right))


def _publish_mirror(question: MirrorTrade) -> None:
    from schemas.store_address import root_given
    from tasks.analysis.mirror.statements import pair_of
    from tasks.steps import catalog as step

    publication = step.publish_mirror(root_given(question.store), *pair_of(question.exporter, question.importer))
    months = f"{publication.months[0]} to {publication.months[-1]}, " if publication.months else ""
    say(
        f"{months}{'published' if publication.changed else 'published already'} in {publication.snapshot.store},"
        f" snapshot {publication.snapshot.id}"
    )


@command(commands, PartnerTrade, Written, epilog="Example: `tidewaiter partner USA --month 2025-06`")
def partner(question: PartnerTrade, page: Written) -> None:
    """Print all goods traded with a partner."""
    from tasks.answers.form import tables
    from tasks.answers.trade.mirror import columns
    from tasks.answers.trade.partner import partner as answer_to

    answer = answer_to(question)
    options.show_remarks(answer.remarks)
    if options.written(answer.rows, page.form, page.output):
        return
    columns_shown = ["product", "product_name", "level", "before", "change", "contribution_pp"]
    columns_shown += ["mom_caveats"] if answer.rows["mom_caveats"].count() else []
    shown = answer.rows.select(columns_shown)
    console().print(tables.listing(shown, console().width, ROWS_MAX))
    for row in answer.change.iter_rows(named=True):
        say(f"all goods: {row['change']:+,.0f} on the month before, in {row['measure']}")
    if answer.mirror.height:
        console().print(tables.table(columns(answer.mirror), above="what both sides say"))
    if (cited := answer.cite_rows(ROWS_MAX)) is not None:
        say(cited, style="dim")


@command(
    commands,
    Coverage,
    Printed,
    epilog="Example: `tidewaiter coverage 850511 --group EU27 --month 2025-06 --flow import --measure value_eur`",
)
def coverage(question: Coverage, page: Printed) -> None:
    """Print how far a group has reported."""
    from tasks.answers.form import tables
    from tasks.answers.inventory.coverage import coverage as answer_to
    from tasks.answers.inventory.coverage import rows_of
    from tasks.domain import numbers

    of_group = answer_to(question)
    rows = rows_of(of_group)
    if not options.written(rows, page.form):
        console().print(tables.listing(rows, console().width))
        names = f"; without {', '.join(of_group.absent)} there is no sum" if of_group.absent else ""
        say(f"{of_group.group} {question.month}: {of_group.status}{names}")
        if of_group.printed is not None:
            compared = (
                f", {'not ' if of_group.differs else ''}the sum of its members" if of_group.total is not None else ""
            )
            say(f"{of_group.group} as one reporter prints {numbers.exact(of_group.printed)}{compared}")
    if of_group.absent or of_group.differs:
        raise typer.Exit(options.DISAGREES)
