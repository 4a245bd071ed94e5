"""Defines the command that asks for detours."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli import options
from flows.cli.command import Commands
from flows.cli.form import Written, command
from flows.cli.terminal import console, say
from schemas.questions.detours import Detours

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
    from tasks.answers import export, tables
    from tasks.answers.detours import columns, title, workbook_notes
    from tasks.answers.detours import detours as answer_to
    from tasks.pages.detours_page import write_page, write_picture

    export.form_of(page.form.value, page.output)
    answer = answer_to(question)
    if page.page is not None:
        say(f"written: {write_page(answer, page.page, question.language)}")
    if page.picture is not None:
        say(f"written: {write_picture(answer, page.picture, question.language)}")
    if options.written(answer.rows, page.form, page.output, lambda: workbook_notes(answer)):
        return
    shown = columns(answer.rows)
    right = [name for name in shown if name not in ("hub", "verdict")]
    console().print(tables.table(shown, above=title(answer.rows), below=answer.remarks, right=right))
