"""Defines the commands that list what is in a store and find it by name."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.frame import options
from flows.cli.frame.command import Commands
from flows.cli.frame.form import Printed, command
from flows.cli.frame.terminal import console, say
from schemas.questions.contents import Contents
from schemas.questions.question import Form
from schemas.questions.search import Search
from schemas.questions.vintages import Vintages
from tasks.domain.errors import NoFigure
from tasks.domain.text import counted

if TYPE_CHECKING:
    import polars as pl


ROWS_MAX = 40
commands = Commands()


class Listed(Printed, kw_only=True):
    """How rows are printed, and how many of them."""

    rows: options.Rows = 200


# What the R package rjd3revisions takes, beside the forms of all rows.
REVISIONS = "revisions"
VintagesForm = StrEnum("VintagesForm", [*(form.value for form in options.Form), REVISIONS])  # type: ignore[misc]


class VintagesOptions(Form, kw_only=True):
    """How rows are printed, and whether first prints are compared instead."""

    form: Annotated[
        VintagesForm,
        typer.Option(
            "--format", help=f"{options.FORM_HELP}; revisions is CSV with every vintage whole, for rjd3revisions in R"
        ),
    ] = VintagesForm("table")
    first_prints: Annotated[
        bool,
        typer.Option(
            "--first-prints",
            help="compare the first print of each month with later releases and with the partner's figure",
        ),
    ] = False


@command(commands, Search, Printed, epilog="Example: `tidewaiter search soybeans`, or `tidewaiter search 大豆`")
def search(question: Search, page: Printed) -> None:
    """Print what is called so."""
    from tasks.answers.inventory.search import search as answer_to

    answer = answer_to(question)
    options.show_remarks(answer.remarks)
    _show(answer.rows, page.form, ROWS_MAX)


@command(commands, Contents, Listed, name="list", epilog="Example: `tidewaiter list products`")
def list_contents(question: Contents, page: Listed) -> None:
    """Print what is in the store."""
    from tasks.answers.inventory.contents import contents as answer_to

    answer = answer_to(question)
    options.show_remarks(answer.remarks)
    contents = answer.rows
    shows_decisions = question.kind == "releases" and page.form is options.Form.table
    _show(contents.drop("decided") if shows_decisions else contents, page.form, page.rows)
    for release_id, decided in contents.select("release_id", "decided").iter_rows() if shows_decisions else ():
        if decided:
            say(f"{release_id} was {decided}")


@command(
    commands,
    Vintages,
    VintagesOptions,
    epilog="Example: `tidewaiter vintages magnets --partner world --month 2025-06`",
)
def vintages(question: Vintages, page: VintagesOptions) -> None:
    """Print the values that a figure has had."""
    import polars as pl

    from tasks.analysis.after.first_prints import scorecard
    from tasks.answers.form import tables
    from tasks.answers.form.doubted import with_doubts
    from tasks.answers.trade.series import series_of
    from tasks.answers.trade.vintages import as_revisions
    from tasks.answers.trade.vintages import vintages as answer_to
    from tasks.domain import labels
    from tasks.domain.doubt.doubt_words import remarks_of
    from tasks.reading import query

    is_revisions = page.form.value == REVISIONS
    form = options.Form.table if is_revisions else options.Form(page.form.value)
    if page.first_prints:
        if is_revisions:
            raise ValueError(
                "--format revisions has every vintage, and --first-prints the first: leave one of them out"
            )
        snapshot, flow, product, partner, notes = series_of(question)
        options.show_remarks(notes)
        prints, doubts = with_doubts(
            scorecard(snapshot, flow, product, partner, question.measure), snapshot, is_by_release=True
        )
        options.show_remarks(remarks_of(doubts))
        _show_first_prints(prints, form)
        return
    try:
        answer = answer_to(question)
    except NoFigure as none:
        raise ValueError(f"{none}; tidewaiter search {question.product} shows what there is") from none
    options.show_remarks(answer.notes)
    prints = answer.rows
    if is_revisions:
        # The form has no column for it.
        options.show_remarks(f"in doubt: {doubt}" for doubt in prints["doubt"].drop_nulls().unique())
        options.show_remarks(prints["caveats"].drop_nulls().unique() if "caveats" in prints.columns else ())
        options.written(as_revisions(prints), options.Form.csv)
    elif not options.written(prints, form):
        snapshot, flow, product, partner, _ = answer.series
        reporter = query.reporter_of(snapshot)
        trade, name = labels.trade_of(reporter.code, flow), labels.product_name(product, reporter.nomenclature)
        say(f"{question.metric} of {trade} of {name}, {labels.partner_name(partner)}, {question.measure}", style="bold")
        of_month = pl.col("period").alias("month")
        verdict_columns = [name for name in ("caveats", "doubt") if name in prints.columns and prints[name].count()]
        shown = prints.select(
            of_month, "known_from", "known_until", "value", pl.col("change_pct").round(2), "releases", *verdict_columns
        )
        console().print(tables.listing(shown, console().width))


def _show_first_prints(prints: "pl.DataFrame", form: options.Form) -> None:
    from tasks.analysis.after.first_prints import WITHIN_PCT, within

    if not prints.height:
        raise ValueError("no source prints a single month of it: ask for a line of a release page, or for one partner")
    counts = within(prints) if form is options.Form.table else None
    if form is options.Form.table:
        prints = prints.drop("flow", "product", "partner", "measure", "first_release_id")
        prints = prints.select(column for column in prints if column.null_count() < prints.height)
    _show(prints, form, ROWS_MAX)
    if counts:
        say(f"first prints have been within {WITHIN_PCT:g} % in {counts[0]} of {counts[1]} months")


def _show(rows: "pl.DataFrame", form: options.Form, rows_max: int) -> None:
    from tasks.answers.form.tables import listing

    if options.written(rows, form):
        return
    # A heading or basket whose parts are not all covered has no figure: it is in the other formats.
    known = rows.drop_nulls("first_month") if "months" in rows.columns else rows
    if known.height:
        console().print(listing(known, console().width, rows_max))
    if bare := rows.height - known.height:
        say(f"and without a figure {counted(bare, 'code')}: no release covers the whole of them", style="dim italic")
