"""Defines the commands that ask for detours, and for what was assessed at the border."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.frame import options
from flows.cli.frame.command import Commands
from flows.cli.frame.form import Written, command
from flows.cli.frame.terminal import console, say
from schemas.questions.detours import Detours
from schemas.questions.duties import Duties

commands = Commands()


class DetoursWritten(Written, kw_only=True):
    """How hubs are printed, and where the page and the picture are written."""

    page: Annotated[Path | None, typer.Option(help="HTML page; its markdown goes into the same folder")] = None
    picture: Annotated[Path | None, typer.Option(help="the three flows before and after: .svg or .png")] = None


@command(
    commands,
    Detours,
    DetoursWritten,
    epilog="Example: `tidewaiter detours 850511 --from CHN --to USA --since 2025-04`",
)
def detours(question: Detours, page: DetoursWritten) -> None:
    """Print the hubs, or write page, picture or file."""
    from tasks.answers.form import export, tables
    from tasks.answers.measures.detours import columns, title, workbook_notes
    from tasks.answers.measures.detours import detours as answer_to
    from tasks.pages.measures.detours_page import document_of, write_picture
    from tasks.pages.text.document import DocumentPage

    export.form_of(page.form.value, page.output)
    answer = answer_to(question)
    if page.page is not None:
        say(f"written: {DocumentPage('detours', document_of(answer, question.language)).save(page.page)}")
    if page.picture is not None:
        say(f"written: {write_picture(answer, page.picture, question.language)}")
    if options.written(answer.rows, page.form, page.output, lambda: workbook_notes(answer)):
        return
    shown = columns(answer.rows)
    right = [name for name in shown if name not in ("hub", "verdict")]
    console().print(tables.table(shown, above=title(answer.rows), below=answer.remarks, right=right))


@command(
    commands,
    Duties,
    Written,
    epilog="Example: `tidewaiter duties 8505 --partner China --month 2025-01..2025-06`",
)
def duties(question: Duties, page: Written) -> None:
    """Print what was assessed."""
    import polars as pl

    from tasks.answers.form import export, export_notes, tables
    from tasks.answers.measures.duties import duties as answer_to

    export.form_of(page.form.value, page.output)
    answer = answer_to(question)
    options.show_remarks(answer.remarks)
    if options.written(
        answer.rows, page.form, page.output, lambda: export_notes.notes(answer.snapshot, "duty", answer.rows)
    ):
        return
    first, last = (pl.col(name).dt.strftime("%Y-%m") for name in ("first_month", "last_month"))
    span = pl.when(first == last).then(first).otherwise(pl.format("{} to {}", first, last))
    million = [(pl.col(f"{name}_usd") / 1e6).round(3).alias(f"{name}, million USD") for name in ("consumption", "duty")]
    rates = [
        pl.col(f"{name}_pct").round(2).alias(f"{name}, %".replace("_", " "))
        for name in ("rate", "dutiable_rate", "dutiable_share", "list_rate")
    ]
    shown = answer.rows.select("partner", "role", span.alias("months"), *million, *rates, "status")
    kept = [name for name in shown.columns if shown[name].null_count() < shown.height]
    console().print(tables.listing(shown.select(kept), console().width))
