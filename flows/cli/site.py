"""Defines the command that writes the static site, and shows it on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.command import Commands
from flows.cli.options import STORE, StoreGiven
from flows.cli.terminal import say
from tasks.domain.text import counted

commands = Commands()


@commands.command(epilog="Example: `tidewaiter site --output public --serve`")
def site(
    output: Annotated[
        Path, typer.Option(help="folder of the pages; what lies there under their names is replaced")
    ] = Path("site"),
    moved: Annotated[
        int,
        typer.Option(
            help=(
                "number of codes with the largest changes that get a page, in addition to the watch list; of a full"
                " cube each page takes about a second"
            ),
            min=0,
            max=100,
        ),
    ] = 3,
    serve: Annotated[bool, typer.Option("--serve", help="then show it at http://127.0.0.1:PORT until Ctrl-C")] = False,
    port: Annotated[int, typer.Option(help="port for --serve; 0: any free one", min=0, max=65535)] = 8000,
    store: StoreGiven = STORE,
) -> None:
    """Write a static site: what moved, what is held and due, a page for each watched product, and a search.

    It needs no server and no network: open index.html, or copy the folder to any web server.
    """
    from flows.cli import serving
    from tasks.domain import clock
    from tasks.pages import site as building

    if serve:
        serving.require_port(port)
    pages = building.build(store, output, clock.today(), moved)
    say(f"{counted(len(pages), 'page')} in {output}; open {output / building.FRONT['en']}")
    if serve:
        with serving.server_of(output, port) as server:
            say(f"http://{serving.LOOPBACK}:{server.server_port}/ until Ctrl-C")
            server.serve_forever()
