"""The command line: what a person can ask for. The commands themselves are in `ingest`, `withdraw`, `fetch`, `read`, `search`, `brief` and `reporters`."""

from typing import Annotated

import typer

from flows.cli import brief, fetch, ingest, read, reporters, search, withdraw
from flows.cli.options import console
from flows.cli.signals import Stoppable

app = typer.Typer(
    name="tidewaiter", cls=Stoppable, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Customs releases as numbers that can be cited: validated, versioned, derived, traced to the byte.",
)  # fmt: skip
for part in (ingest, withdraw, fetch, read, search, brief, reporters):
    app.add_typer(part.commands)


def _version(wanted: bool) -> None:
    if wanted:
        import importlib.metadata

        console.print(importlib.metadata.version("tidewaiter"), highlight=False)
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="print the version")
    ] = False,
) -> None:
    """Customs releases as numbers that can be cited."""
