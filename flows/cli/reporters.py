"""Defines the commands about watch rules and about several reporters: which rules fire, what both sides of a trade say,
which members of a group have reported, and what of each source is in and due.
"""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli import options
from flows.cli.command import Commands
from flows.cli.terminal import console, say

INBOXES = [Path("inbox")]
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
    from tasks.analysis import watch_rules
    from tasks.answers import tables
    from tasks.domain.period_words import read_months
    from tasks.domain.periods import month_number

    first, last = read_months(month) if month else (None, None)
    if first != last:
        raise ValueError(f"{month!r} has several months; name one, as 2025-06")
    found = watch_rules.listed(store, month_number(first) if first else None)
    if options.written(found, form):
        return
    if not found.height:
        say("no watch rule is about this reporter")
        return
    cells = {name: [value or "–" for value in found[name]] for name in ("rule", "month", "first", "now")}
    below = [f"{rule}: {why}" for rule, why in found.select("rule", "why").iter_rows()]
    console().print(tables.table(cells, titles={"first": "first print"}, below=below))


@commands.command(epilog="Example: `tidewaiter sources --inbox inbox`")
def sources(
    inbox: Annotated[list[Path], typer.Option(help="folder into which fetches write; may be repeated")] = INBOXES,
    form: options.Printed = options.Form.table,
    store: options.StoreGiven = options.STORE,
) -> None:
    """Of each source the last month that is in, what is due next, what is overdue, and since when it fails."""
    import polars as pl

    from tasks.answers.sources import source_states
    from tasks.answers.tables import table
    from tasks.domain.clock import today

    states = source_states(store, inbox, today()).sources
    rows = pl.DataFrame([state.row for state in states])
    if options.written(rows, form):
        return
    # A terminal is narrow, and in a new store most columns are empty; the other formats list the members that are
    # lacking.
    shown = rows.with_columns(reporters=pl.Series([state.reporters_in_short for state in states]))
    console().print(table({column.name: column.to_list() for column in shown if (column != "").any()}))


@commands.command(epilog="Example: `tidewaiter mirror 850511 --importer Germany --month 2025-01..2025-06`")
def mirror(
    importer: Annotated[str, typer.Option(help="who bought: name or code, Germany, DEU")],
    product: Annotated[
        str | None,
        typer.Argument(help="goods by name, or an HS code of 2, 4 or 6 digits; customs share no longer ones"),
    ] = None,
    exporter: Annotated[str, typer.Option(help="who sold")] = "CHN",
    month: Annotated[str | None, typer.Option(help=options.MONTH_HELP)] = None,
    as_of: Annotated[str | None, typer.Option(help="day, YYYY-MM-DD: both stores as they were known on it")] = None,
    publish: Annotated[
        bool,
        typer.Option(
            "--publish",
            help="publish all goods of six digits as the table mirror; releases of both then keep it up to date",
        ),
    ] = False,
    form: options.Printed = options.Form.table,
    output: options.Output = None,
    store: options.StoreGiven = options.STORE,
) -> None:
    """What the exporter says it sold beside what the importer says it bought, by month, with the reason of a
    difference.

    Both have a store of their own. No third number is made of the two.
    """
    from tasks.analysis.mirror import statements
    from tasks.answers import mirror_shown as shown
    from tasks.answers import tables
    from tasks.domain.clock import read_day

    if publish == (product is not None):
        raise ValueError("name the goods, such as 850511, or publish all of them with --publish")
    if product is None:
        from tasks.steps import catalog as step

        made = step.publish_mirror(store, *statements.pair_of(exporter, importer))
        months = f"{made.months[0]} to {made.months[-1]}, " if made.months else ""
        say(
            f"{months}{'published' if made.changed else 'published already'} in {made.snapshot.store}, snapshot"
            f" {made.snapshot.id}"
        )
        return
    found = statements.asked(store, product, exporter, importer, month, read_day(as_of) if as_of else None)
    if options.written(found.rows, form, output, lambda: shown.workbook_notes(found)):
        return
    columns = shown.columns(found.rows)
    right = [name for name in columns if name not in ("month", "reason")]
    console().print(tables.table(columns, above=shown.title(found.rows), below=shown.notes(found), right=right))


@commands.command(
    epilog="Example: `tidewaiter coverage 850511 --group EU27 --month 2025-06 --flow import --measure value_eur`"
)
def coverage(
    product: Annotated[str, typer.Argument(help=options.PRODUCT_HELP)],
    month: Annotated[str, typer.Option(help="month, 2025-06")],
    group: Annotated[str, typer.Option(help="group of reporters")] = "EU27",
    flow: Annotated[options.Flow, typer.Option(help="direction")] = options.Flow.export,
    measure: options.Measure = "quantity_kg",
    partner: Annotated[str, typer.Option(help="code of a partner; WLD: all of them")] = "WLD",
    form: options.Printed = options.Form.table,
    store: options.StoreGiven = options.STORE,
) -> None:
    """Which reporters of a group have reported a month, and the sum of the group where every one has.

    Exit code 1 where one of them has not, because there is no sum without it, and where the figure that the source
    prints of the group as one is another one.
    """
    import polars as pl

    from tasks.answers import numbers, tables
    from tasks.domain.periods import read_period
    from tasks.reading import groups, resolver

    period = read_period(month)
    if period is None:
        raise ValueError(f"--month: {month!r} is no month; write 2025-06")
    asked = groups.Asked(flow.value, resolver.known_product(product), period[0], measure, partner)
    found = groups.group_month(store, group, asked)
    rows = pl.DataFrame(
        [*found.parts, groups.Part(group, found.status, found.total, found.doubts)],
        {"reporter": pl.String, "status": pl.String, "level": pl.Float64, "reason": pl.String},
        orient="row",
    )
    if not options.written(rows, form):
        console().print(tables.listing(rows, console().width))
        names = f"; without {', '.join(found.absent)} there is no sum" if found.absent else ""
        say(f"{group} {month}: {found.status}{names}")
        if found.printed is not None:
            compared = f", {'not ' if found.differs else ''}the sum of its members" if found.total is not None else ""
            say(f"{group} as one reporter prints {numbers.exact(found.printed)}{compared}")
    if found.absent or found.differs:
        raise typer.Exit(options.DISAGREES)
