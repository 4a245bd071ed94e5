"""Defines the command for a newcomer: which sources have the figures of some countries, how large they are, fetched,
published, and what moved."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.frame.command import Commands
from flows.cli.frame.options import HELD, REFUSED, STORE, InPrefect, StoreGiven
from flows.cli.frame.terminal import console, errors, escape, progress_bar, say
from schemas import settings

if TYPE_CHECKING:
    from schemas.forms.fetch import FetchRequest
    from tasks.fetch.first_fetch import Planned

commands = Commands()
ROWS_MAX = 8


@commands.command(epilog="Example: `tidewaiter start USA GBR BRA HKG`")
def start(
    reporters: Annotated[list[str], typer.Argument(help="whose trade: ISO 3166-1 alpha-3 or EU27; several")],
    product: Annotated[
        list[str] | None,
        typer.Option(help="HS code to ask for, where a source is asked for single goods; none: those of the baskets"),
    ] = None,
    month: Annotated[
        str | None, typer.Option(help="months: 2025-06 or 2025-01..2025-06; none: from January of last year")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="begin without a question")] = False,
    experimental: Annotated[
        bool,
        typer.Option(
            "--accept-experimental",
            help="publish what experimental sources send, without a comparison with their sites by a person",
        ),
    ] = False,
    inbox: Annotated[Path, typer.Option(help="folder into which the answers are written")] = Path("inbox"),
    prefect: InPrefect = True,
    store: StoreGiven = STORE,
) -> None:
    """Begin with the figures of some countries: say what would be fetched, fetch it, publish it, show what moved.

    No source needs a key. Killed or stopped, the same command goes on where it was.
    """
    from flows.cli.releases.running import recording_server
    from tasks.domain import clock
    from tasks.fetch.first_fetch import planned, require_room

    today = clock.today()
    plan = planned(reporters, inbox, today, products=product or [], months=month)
    require_room(plan, inbox)
    _show(plan)
    if not yes and not _confirmed("Fetch and publish this?"):
        say("nothing was fetched; --yes asks nothing", to=errors)
        raise typer.Exit(REFUSED)
    unproven = [one.source.name for one in plan if one.source.experimental]
    if unproven and (experimental or (not yes and _confirmed(_question(plan)))):
        os.environ[settings.EXPERIMENTAL] = " ".join([settings.text(settings.EXPERIMENTAL), *unproven]).strip()
    raise typer.Exit(begin(plan, store, recording_server(prefect)))


def begin(plan: "list[Planned]", store: Path, api: str | None) -> int:
    """Fetch and publish what is planned, and show what moved; return the worst exit code."""
    worst = 0
    for one in plan:
        folder = one.request.inbox / one.source.name
        code = _fetched(one.request, api)
        if folder.is_dir():
            code = max(code, _published(folder, store, api))
        worst = max(worst, code)
    for reporter in dict.fromkeys(reporter for one in plan for reporter in one.reporters):
        _show_moved(reporter, store)
    if worst == HELD:
        say("compare what is held with its site, then: tidewaiter approve RELEASE --by … --reason …; and start again")
    say("what comes next: tidewaiter read soybeans, tidewaiter site --serve, tidewaiter deploy")
    return worst


def _question(plan: "list[Planned]") -> str:
    lines = [f"  {one.source.name}: {one.source.experimental}" for one in plan if one.source.experimental]
    listed = "\n".join(lines)
    return f"No whole file of these was ever compared with its site:\n{listed}\nPublish them without your comparison?"


def _confirmed(question: str) -> bool:
    try:
        return typer.confirm(question)
    except typer.Abort:
        # There is nobody to answer.
        return False


def _show(plan: "list[Planned]") -> None:
    """Print a row for each source: what is asked for, how large, how long."""
    from tasks.answers.form.tables import table

    def number(value: float | None, form: str) -> str:
        return "small" if value is None else format(value, form)

    rows = {
        "reporter": [", ".join(one.reporters) for one in plan],
        "source": [one.source.name for one in plan],
        "what": [one.goods for one in plan],
        "answers": [f"{one.answers:,}" for one in plan],
        "MB": [number(one.megabytes, ",.0f") for one in plan],
        "minutes": [number(one.minutes, ",.0f") for one in plan],
    }
    below = [f"{one.source.name}: {one.source.licence}" for one in plan]
    console().print(table(rows, right=("answers", "MB", "minutes"), below=below))


def _fetched(request: "FetchRequest", api: str | None) -> int:
    from flows.cli.releases.fetch import tell_report
    from flows.cli.releases.running import run_flow
    from flows.fetch import fetch

    return tell_report(run_flow(fetch, request, api)[0])


def _published(folder: Path, store: Path, api: str | None) -> int:
    from flows.backfill import backfill
    from flows.cli.releases.ingest import tell_watched
    from flows.cli.releases.running import run_flow
    from schemas.forms.watch import BackfillRequest

    with progress_bar():
        report, _ = run_flow(backfill, BackfillRequest(folder=folder, store=store), api)
    return tell_watched(report) or (HELD if report.looked.held else 0)


def _show_moved(reporter: str, store: Path) -> None:
    """Print what made the change of the newest month, or why nothing can be said."""
    from schemas.questions.movers import Movers
    from tasks.answers.form import tables
    from tasks.answers.trade.movers import movers
    from tasks.ledger.doubts import Doubts
    from tasks.pages.release.changes_since_release import sections

    console().print(f"\n[bold]{escape(reporter)}[/]", highlight=False)
    try:
        answer = movers(Movers(store=store, reporter=reporter))
    except (ValueError, LookupError) as error:
        say(str(error))
        return
    first = next(sections(answer.rows, reporter, answer.rows.clear(), Doubts(answer.snapshot)))
    columns = {name: cells[:ROWS_MAX] for name, cells in first.columns.items()}
    console().print(tables.table(columns, above=first.title, right=first.numbers, below=first.below))
