"""Defines the commands that hand figures to other programs in forms of their own."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli import options
from flows.cli.command import Commands
from flows.cli.form import command
from flows.cli.terminal import say
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
    from tasks.answers.sdmx_structure import data_set
    from tasks.store.outside import outside, write_outside

    outside(page.output)
    found = data_set(question)
    options.show_remarks(found.remarks)
    page.output.mkdir(parents=True, exist_ok=True)
    for name, data in found.files.items():
        write_outside(page.output / name, data)
    say(f"{counted(found.rows.height, 'observation')} in {page.output}: {', '.join(found.files)}")
