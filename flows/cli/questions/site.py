"""Defines the command that writes the static site, and shows it on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.frame.command import Commands
from flows.cli.frame.options import STORE, StoreGiven
from flows.cli.frame.terminal import say
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
    address: Annotated[
        str,
        typer.Option(
            metavar="URL", help="address of the folder on the web, for feeds and pictures of links; https://…"
        ),
    ] = "",
    desk: Annotated[bool, typer.Option("--desk", help="also say what is overdue, for those who run the store")] = False,
    at_once: Annotated[
        bool,
        typer.Option("--at-once", help="make the output a link to the newest state, which is put in place at once"),
    ] = False,
    serve: Annotated[
        bool,
        typer.Option(
            "--serve", help="then show it at http://127.0.0.1:PORT until Ctrl-C, with a page of every product on demand"
        ),
    ] = False,
    port: Annotated[int, typer.Option(help="port for --serve; 0: any free one", min=0, max=65535)] = 8000,
    store: StoreGiven = STORE,
) -> None:
    """Write a static site: what moved, what is held and due, pages of products and partners, feeds, and a search.

    It needs no server and no network: open index.html, or copy the folder to any web server.
    """
    from flows.cli.frame import serving
    from tasks.domain import clock
    from tasks.pages.site import site as building
    from tasks.pages.text.page_templates import FRONT

    if address and not address.startswith(("https://", "http://")):
        raise ValueError(f"--address: {address} is no address of the web; it begins with https://")
    if serve:
        serving.require_port(port)
    plan = building.SitePlan(output, clock.today(), address, moved, desk=desk, on_demand=serve)
    pages = building.publish(store, plan) if at_once else building.build(store, plan)
    say(f"{counted(len(pages), 'page')} in {output}; open {output / FRONT['en']}")
    if serve:
        renewed = building.OnDemand(store, plan, clock.today)
        with serving.server_of(output, port, renewed.renew) as server:
            say(f"http://{serving.LOOPBACK}:{server.server_port}/ until Ctrl-C")
            server.serve_forever()
