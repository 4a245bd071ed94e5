"""Defines the commands that list what is in a store and find it by name."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli import options
from flows.cli.command import Commands
from flows.cli.terminal import console, errors, say
from tasks.domain.text import clip, counted

if TYPE_CHECKING:
    import polars as pl


Kind = StrEnum("Kind", ["products", "partners", "months", "releases", "mirrors"])
ROWS_MAX = 40
commands = Commands()


@commands.command(epilog="Example: `tidewaiter search soybeans`, or `tidewaiter search 大豆`")
def search(
    word: Annotated[str, typer.Argument(help="name or code, or part of it, in English or Chinese")],
    form: options.Printed = options.Form.table,
    store: options.Store = options.STORE,
    whose: options.ReporterOfStore = None,
) -> None:
    """Products and partners in the store by name or code, with the months that there are of each."""
    from tasks.answers import inventory

    found = inventory.search(store, word)
    if not found.height:
        near = inventory.nearest_names(store, word)
        close = f"; the nearest: {', '.join(near)}" if near else ""
        say(
            f"nothing in this store is called {clip(word)!r}{close}; tidewaiter list products and list partners"
            " show all",
            to=errors,
        )
    _show(found, form, ROWS_MAX)


@commands.command("list", epilog="Example: `tidewaiter list products`")
def list_things(
    kind: Annotated[Kind, typer.Argument(help="products, partners, months, releases, or mirrors of the reporter")],
    form: options.Printed = options.Form.table,
    rows: Annotated[int, typer.Option(help="rows shown in the format table", min=1, max=options.NUMBER_MAX)] = 200,
    store: options.Store = options.STORE,
    whose: options.ReporterOfStore = None,
) -> None:
    """What is in the store, with first and last month; of releases also what was decided about them since."""
    from tasks.answers import inventory

    found = inventory.inventory(store, kind.value)
    shows_decisions = kind is Kind.releases and form is options.Form.table
    _show(found.drop("decided") if shows_decisions else found, form, rows)
    for release_id, decided in found.select("release_id", "decided").iter_rows() if shows_decisions else ():
        if decided:
            say(f"{release_id} was {decided}")


@commands.command(epilog="Example: `tidewaiter vintages magnets --partner world --month 2025-06`")
def vintages(
    product: options.Product,
    partner: options.Partner = "WLD",
    month: options.Month = "latest",
    flow: options.OneFlow = None,
    measure: options.Measure = "quantity_kg",
    metric: Annotated[options.Figure, typer.Option(help="figure of the table metric")] = options.LEVEL,
    first_prints: Annotated[
        bool,
        typer.Option(
            "--first-prints",
            help="compare the first print of each month with later releases and with the partner's figure",
        ),
    ] = False,
    form: options.Printed = options.Form.table,
    store: options.Store = options.STORE,
    whose: options.ReporterOfStore = None,
) -> None:
    """The days on which a figure changed: each value that it has had, and the release that brought it."""
    import polars as pl

    from tasks.analysis.first_prints import scorecard
    from tasks.answers import tables
    from tasks.domain import labels
    from tasks.reading import query, resolver
    from tasks.reading import vintages as tracing

    snapshot = query.open_published(store)
    asked, reporter = resolver.Resolver(snapshot), query.reporter_of(snapshot)
    code, key = asked.product(product), asked.partner(partner)
    way = asked.flow([code], flow and flow.value)
    if first_prints:
        _show_first_prints(scorecard(snapshot, way, code, key, measure), form)
        return
    months = asked.months(month, way, [code])
    found = tracing.vintages(store, way, code, key, months, measure, metric.value)
    if not found.height:
        none = tracing.none_known(snapshot, way, code, key, month, measure, metric.value)
        raise ValueError(f"{none}; tidewaiter search {product} shows what there is")
    if not options.written(found, form):
        say(
            f"{metric.value} of {labels.trade_of(reporter.code, way)} of"
            f" {labels.product_name(code, reporter.nomenclature)}, {labels.partner_name(key)}, {measure}",
            style="bold",
        )
        of_month = pl.col("period").alias("month")
        doubt = ["doubt"] if found["doubt"].count() else []
        shown = found.select(
            of_month, "known_from", "known_until", "value", pl.col("change_pct").round(2), "releases", *doubt
        )
        console().print(tables.listing(shown, console().width))


def _show_first_prints(found: "pl.DataFrame", form: options.Form) -> None:
    from tasks.analysis.first_prints import WITHIN_PCT, within

    if not found.height:
        raise ValueError("no source prints a single month of it: ask for a line of a release page, or for one partner")
    counts = within(found) if form is options.Form.table else None
    if form is options.Form.table:
        found = found.drop("flow", "product", "partner", "measure", "first_release_id")
        found = found.select(column for column in found if column.null_count() < found.height)
    _show(found, form, ROWS_MAX)
    if counts:
        say(f"first prints have been within {WITHIN_PCT:g} % in {counts[0]} of {counts[1]} months")


def _show(found: "pl.DataFrame", form: options.Form, rows_max: int) -> None:
    from tasks.answers.tables import listing

    if options.written(found, form):
        return
    # A heading or basket whose parts are not all covered has no figure: it is in the other formats.
    known = found.drop_nulls("first_month") if "months" in found.columns else found
    if known.height:
        console().print(listing(known, console().width, rows_max))
    if bare := found.height - known.height:
        say(f"and without a figure {counted(bare, 'code')}: no release covers the whole of them", style="dim italic")
