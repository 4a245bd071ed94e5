"""Defines the command that asks a source for what is new."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.frame.command import Commands
from flows.cli.frame.options import DISAGREES, EXAMPLE_FETCHED, REFUSED, Flow, InPrefect
from flows.cli.frame.terminal import console, errors, escape, say
from flows.cli.releases.running import recording_server, run_flow
from schemas.code_files import source_names

if TYPE_CHECKING:
    from schemas.forms.fetch import Fetched, FetchReport


commands = Commands()
Source = StrEnum("Source", source_names())  # type: ignore[misc]  # the members are the sources there are
STYLES = {"new": "bold green", "refused": "bold red", "failed": "bold red", "skipped": "yellow"}


@commands.command(
    epilog=f"Example: `tidewaiter fetch {EXAMPLE_FETCHED} --reporter EU27 --month 2025-06` then `tidewaiter watch`"
)
def fetch(
    source: Annotated[Source, typer.Argument(help="which source is asked")],
    inbox: Annotated[Path, typer.Option(help="folder into which the answers are written")] = Path("inbox"),
    product: Annotated[
        list[str] | None, typer.Option(help="HS code to ask for; may be repeated; none: those of the baskets")
    ] = None,
    reporter: Annotated[
        list[str] | None, typer.Option(help="of Eurostat and UN Comtrade: DEU, EU27 …; may be repeated; none: all")
    ] = None,
    flow: Annotated[list[Flow] | None, typer.Option(help="direction; may be repeated; none: both")] = None,
    month: Annotated[
        str | None, typer.Option(help="months: 2025-06 or 2025-01..2025-06; none: those that may have changed")
    ] = None,
    prefect: InPrefect = True,
) -> None:
    """Ask a source for what is new and drop it into the inbox, file and sidecar; `watch` publishes it."""
    from schemas.forms.fetch import FetchRequest

    flows = [one.value for one in flow] if flow else ["export", "import"]
    request = FetchRequest.model_validate(
        {
            "source": source.value,
            "inbox": inbox,
            "products": product or [],
            "reporters": reporter or [],
            "flows": flows,
            "months": month,
        }
    )
    api = recording_server(prefect)
    from flows.fetch import fetch as ask

    raise typer.Exit(tell_report(run_flow(ask, request, api)[0]))


@commands.command(
    epilog=(
        "Example: `tidewaiter split full_v2_202506.7z --reporter DEU --released-on 2025-08-14` then `tidewaiter watch`"
    )
)
def split(
    file: Annotated[Path, typer.Argument(help="bulk file of Comext: full_v2_YYYYMM.7z, or the text in it")],
    inbox: Annotated[Path, typer.Option(help="folder into which the parts are written")] = Path("inbox"),
    reporter: Annotated[list[str] | None, typer.Option(help="DEU, FRA …; may be repeated; none: all")] = None,
    flow: Annotated[list[Flow] | None, typer.Option(help="direction; may be repeated; none: both")] = None,
    released_on: Annotated[
        str | None,
        typer.Option(
            help="day on which Eurostat published it, 2025-08-14; none: the day on which it is published here"
        ),
    ] = None,
) -> None:
    """Split a bulk file of Comext that you downloaded into the inbox: a file for each reporter and direction."""
    from tasks.domain.clock import read_day
    from tasks.domain.errors import Refused
    from tasks.fetch.fetch import split_file

    if not file.is_file():
        raise Refused("no file", where=str(file), found="there is no such file", advice="Give the path of an archive.")
    day = None if released_on is None else read_day(released_on)
    flows = tuple(one.value for one in flow) if flow else ("export", "import")
    refused = False
    for one in split_file(file, inbox, reporter or [], flows, day):
        _tell_one(one)
        refused |= one.outcome == "refused"
    if refused:
        raise typer.Exit(REFUSED)


def tell_report(report: "FetchReport") -> int:
    """Print the result of each question; return the exit code."""
    from tasks.sources.registry import SOURCES

    console().print(f"[bold]{escape(report.source)}[/]: {escape(report.headline)}", highlight=False)
    if read := SOURCES[report.source].experimental:
        say(f"  experimental: {read}; the first release of it waits for approval", to=errors)
    skipped: dict[str, list[Fetched]] = {}
    for one in report.fetched:
        if one.outcome == "skipped":
            skipped.setdefault(one.reason, []).append(one)
        else:
            _tell_one(one)
    # A source that does not answer leaves dozens of questions for another run.
    for first, *others in skipped.values():
        more = f" and {len(others)} more" if others else ""
        _tell_one(first.model_copy(update={"name": first.name + more}))
    return DISAGREES if report.count("failed") else REFUSED if report.count("refused") else 0


def _tell_one(one: "Fetched") -> None:
    style = STYLES.get(one.outcome, "dim")
    where = f"; {one.file}" if one.file else ""
    line = f"  [{style}]{one.outcome}[/] {escape(one.name)}: {escape(one.reason + where)}"
    say(line, to=errors if one.outcome in ("failed", "refused") else console, markup=True)
