"""Defines the commands that hand figures to other programs in forms of their own."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.frame import options
from flows.cli.frame.command import Commands
from flows.cli.frame.form import Printed, command
from flows.cli.frame.terminal import console, say
from schemas.questions.adjust import Adjust
from schemas.questions.export import Export
from schemas.questions.question import Form
from tasks.domain.text import counted

commands = Commands()
export = Commands(help="Figures in the forms of other programs.")
commands.add_typer(export, name="export")


class Folder(Form, kw_only=True):
    """Where the files go."""

    output: Annotated[
        Path, typer.Option(help="folder of the files; files of their names there are replaced", file_okay=False)
    ] = Path("sdmx")


@command(
    export,
    Export,
    Folder,
    name="sdmx",
    epilog="Example: `tidewaiter export sdmx 85051110 --reporter CHN --output magnets`",
)
def sdmx(question: Export, page: Folder) -> None:
    """Write a data set in SDMX."""
    from tasks.answers.programs.sdmx_structure import data_set
    from tasks.store.snapshots.outside import outside, write_outside

    outside(page.output)
    written = data_set(question)
    options.show_remarks(written.remarks)
    page.output.mkdir(parents=True, exist_ok=True)
    for name, data in written.files.items():
        write_outside(page.output / name, data)
    say(f"{counted(written.rows.height, 'observation')} in {page.output}: {', '.join(written.files)}")


TOOLS = ("x13", "jdemetra")
Tool = StrEnum("Tool", TOOLS)  # type: ignore[misc]  # the members are the tools there are


class Adjustment(Printed, kw_only=True):
    """For which tool, and whether its files are written or its result is read."""

    tool: Annotated[Tool, typer.Option("--for", help="x13: X-13ARIMA-SEATS, jdemetra: JDemetra+ 3")]
    output: Annotated[
        Path | None, typer.Option(help="folder for the files of the tool; those of their names are replaced")
    ] = None
    result: Annotated[
        Path | None, typer.Option(help="folder in which the tool has run: print its result beside ours")
    ] = None


@command(
    commands,
    Adjust,
    Adjustment,
    epilog="Example: `tidewaiter adjust magnets --for x13 --output folder`, there `x13as adjust -s`, and then "
    "`tidewaiter adjust magnets --for x13 --result folder`",
)
def adjust(question: Adjust, page: Adjustment) -> None:
    """Hand a series to a tool of seasonal adjustment, or read its result."""
    from tasks.answers.form import tables
    from tasks.answers.programs import adjust as adjusting
    from tasks.answers.programs import jdemetra, x13
    from tasks.domain.doubt.doubt_words import remarks_of
    from tasks.store.snapshots.outside import outside, write_outside

    form = {"x13": x13, "jdemetra": jdemetra}[page.tool.value]
    if (page.output is None) == (page.result is None):
        raise ValueError(
            "name a folder: with --output to write the files of the tool, or with --result to read its own"
        )
    if page.result is not None:
        answer = adjusting.compared(question, form.result_of(page.result))
        options.show_remarks(answer.remarks)
        if not options.written(answer.rows, page.form):
            console().print(tables.listing(answer.rows, console().width))
        return
    assert page.output is not None
    outside(page.output)
    series = adjusting.handed(question)
    options.show_remarks((*series.notes, *remarks_of(series.doubts)))
    page.output.mkdir(parents=True, exist_ok=True)
    for name, data in form.files_of(series).items():
        write_outside(page.output / name, data)
    say(
        f"{counted(len(series.levels), 'month')} and {counted(len(series.interventions), 'level shift')} in"
        f" {page.output}: {', '.join(form.files_of(series))}"
    )
