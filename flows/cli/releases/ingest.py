"""Defines the commands that ingest a file, the sample, an inbox or a folder of old files, and those that decide
about held releases.
"""

from contextlib import ExitStack
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.frame.command import Commands
from flows.cli.frame.options import (
    DISAGREES,
    EXAMPLE_FETCHED,
    EXAMPLE_RELEASE,
    EXAMPLE_SOURCE,
    HELD,
    REFUSED,
    STORE,
    DecidedOn,
    Flow,
    InPrefect,
    PortOfServer,
    ReporterOfStore,
    StoreGiven,
    each_store,
    store_that_holds,
    waiting_of,
)
from flows.cli.frame.terminal import console, errors, escape, progress_bar, say
from flows.cli.releases.running import ingest_one, prepare_prefect, recording_server, run_flow, tell, tell_warnings
from schemas.figures import SHORT

if TYPE_CHECKING:
    from rich.table import Table

    from schemas.forms.pool import PoolReport
    from schemas.forms.watch import WatchReport


ROWS_MAX = 12
STORY = (("USA", "level"), ("USA", "mom_pct"), ("WLD", "mom_pct"), ("WLD", "ytd_yoy_pct"), ("WLD", "yoy_pct"))
SAMPLE = Path(__file__).parents[2] / "examples" / "published_figures.csv"
Kind = StrEnum("Kind", ["preliminary", "bulletin", "query"])
Partners = StrEnum("Partners", ["all", "listed"])
# What is declared for the files of a folder that do not say it themselves.
SourceOfFiles = Annotated[
    str | None, typer.Option(help=f"adapter of files that say none themselves, as {EXAMPLE_SOURCE}; others are left")
]
FlowOfFiles = Annotated[Flow | None, typer.Option(help="direction of files that say none themselves; others are left")]
PartnersOfFiles = Annotated[
    Partners | None, typer.Option(help="all: every partner was asked for; listed: those in the file")
]
commands = Commands()


def _named(value: str | None) -> str | None:
    """What an option names. Refuses an empty one, as of a variable that is not set: it would be as if left out."""
    if value is not None and not value.strip():
        raise typer.BadParameter("is empty; name one, or leave the option out")
    return value


@commands.command(
    epilog=f"Example: `tidewaiter ingest soybeans_2024.csv --source {EXAMPLE_SOURCE} --flow import --partners all`"
)
def ingest(  # an option for each field of the form
    files: Annotated[list[Path], typer.Argument(help="downloaded files", metavar="FILE…")],
    source: Annotated[
        str | None,
        typer.Option(
            help=f"adapter, e.g. {EXAMPLE_SOURCE}, published, {EXAMPLE_FETCHED}; else from the sidecar or the folder"
        ),
    ] = None,
    flow: Annotated[Flow | None, typer.Option(help="direction; a query file does not say it")] = None,
    reporter: Annotated[
        str | None, typer.Option(help="who reports, ISO 3166-1 alpha-3 or EU27; else from the sidecar or the source")
    ] = None,
    partners: PartnersOfFiles = None,
    product: Annotated[
        list[str] | None, typer.Option(help="code that was asked for, 8505 for all below it; may be repeated")
    ] = None,
    month: Annotated[str | None, typer.Option(help="months asked for: 2025-06 or 2025-01..2025-06")] = None,
    released_on: Annotated[
        str | None,
        typer.Option(
            help=(
                "day from which the figures were public, YYYY-MM-DD; else the one that the file prints, or the day of"
                " landing"
            )
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="go the whole way, say what came of it, publish nothing")
    ] = False,
    prefect: InPrefect = True,
    store: StoreGiven = STORE,
) -> None:
    """Read releases, check them, and publish what follows from them."""
    from schemas.forms.request import ReleaseRequest
    from tasks.domain.clock import read_day

    requests = [
        ReleaseRequest(
            file=file,
            store=store,
            source=source,
            reporter=reporter,
            flow=flow and flow.value,
            partners=partners and partners.value,
            products=product or None,
            months=month,
            dry_run=dry_run,
            released_on=read_day(released_on) if released_on else None,
        )
        for file in files
    ]
    api = recording_server(prefect)
    worst = max(ingest_one(request, api) for request in requests)
    raise typer.Exit(worst)


@commands.command(epilog="Example: `tidewaiter run` then `tidewaiter read 85051110 --month 2025-06`")
def run(
    store: StoreGiven = STORE,
    prefect: Annotated[
        bool, typer.Option("--prefect/--no-prefect", help="start a local Prefect server if none answers")
    ] = True,
    port: PortOfServer = None,
) -> None:
    """Ingest the sample and tell the story of June 2025: magnets, the world and the United States."""
    from flows.cli.server import local_server
    from schemas.forms.request import ReleaseRequest
    from schemas.questions.read import Read
    from tasks.answers.form import tables
    from tasks.answers.trade.read import read_store
    from tasks.domain.export_controls.measures import mixed_words
    from tasks.domain.periods import Month
    from tasks.lineage.point import Point
    from tasks.lineage.trace import Tracer
    from tasks.pages.text import trace_text
    from tasks.reading import query
    from tasks.store.bucket.working_copy import at_hand
    from tasks.store.places.reporters import store_of

    api = None
    if prefect:
        looks = "looking for a Prefect server, starting one if none answers (the first start takes a while)"
        with console().status(looks):
            api = local_server.ensure_server(port)
    prepare_prefect(api)
    code = ingest_one(ReleaseRequest(file=SAMPLE, store=store), api)
    if code:
        raise typer.Exit(code)
    folder = at_hand(store_of(store, "CHN"))
    # In a store that has imports too, the sample adds exports.
    question = Read("85051110", month="2025-06", flow="export", measure="quantity_kg", sort="level")
    rows = read_store(question, folder).rows.drop_nulls("level")
    snapshot = query.open_published(folder)
    tracer = Tracer(snapshot, "export", "85051110")
    console().print(tables.figure_table(rows, ROWS_MAX, console().width, SHORT, reporter=tracer.reporter.code))
    for line in mixed_words(["85051110"], tracer.reporter.code):
        say(line)
    console().print("\n[bold]Where these come from[/]")
    for partner, figure in STORY:
        point = Point("export", "85051110", partner, "quantity_kg", Month.of(2025, 6))
        trace_text.show_trace(console(), tracer.trace(point, figure), full=False)
    say(
        f"\nThe Parquet lies in {folder}/current/<table>:"
        f" {', '.join(sorted({entry.table for entry in snapshot.files}))}"
    )
    if api:
        say(
            f"The server runs at {local_server.how_to_open(api)}; stop it with tidewaiter stop (in a clone: make stop)."
        )


@commands.command(epilog="Example: `tidewaiter watch --inbox inbox --kind query`")
def watch(
    inbox: Annotated[Path, typer.Option(help="folder into which files are dropped")] = Path("inbox"),
    kind: Annotated[
        list[Kind] | None, typer.Option(help="kind of release that the calendar expects; may be repeated")
    ] = None,
    settle: Annotated[float, typer.Option(help="seconds during which a new file must not change", min=0)] = 10.0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="go the whole way with each file, say what came of it, publish nothing")
    ] = False,
    prefect: InPrefect = True,
    store: StoreGiven = STORE,
) -> None:
    """Look into the inbox once and ingest everything new, oldest first."""
    from schemas.forms.watch import WatchRequest
    from tasks.inbox.inbox import require_folder

    require_folder(inbox)
    request = WatchRequest(
        inbox=inbox, store=store, kinds=[one.value for one in kind or ()], settle_seconds=settle, dry_run=dry_run
    )
    api = recording_server(prefect)
    from flows.watch import watch as look

    raise typer.Exit(tell_watched(run_flow(look, request, api)[0]))


@commands.command(
    epilog=f"Example: `tidewaiter backfill downloads --source {EXAMPLE_SOURCE} --flow import --partners all`"
)
def backfill(
    folder: Annotated[
        Path,
        typer.Argument(help="folder of old downloads, or s3://bucket/prefix; what is declared lies next to each"),
    ],
    source: SourceOfFiles = None,
    flow: FlowOfFiles = None,
    partners: PartnersOfFiles = None,
    day_in_name: Annotated[
        bool,
        typer.Option(
            "--day-in-name", help="the day of release stands in the name of a file or folder, as in as_of_2026-03-23"
        ),
    ] = False,
    dask: Annotated[
        str | None,
        typer.Option(callback=_named, help="Dask scheduler whose workers help", metavar="tcp://HOST:PORT"),
    ] = None,
    pool: Annotated[
        str | None,
        typer.Option(callback=_named, help="work pool whose workers ingest the files, a run for each reporter"),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be ingested, ingest nothing")] = False,
    prefect: InPrefect = True,
    store: StoreGiven = STORE,
) -> None:
    """Ingest a folder of old downloads, oldest first; killed or stopped, it goes on where it was."""
    from schemas.forms.watch import BackfillRequest
    from schemas.store_address import read_address
    from tasks.inbox.inbox import require_folder

    inbox = read_address(folder)
    if isinstance(inbox, Path):
        require_folder(inbox)
    request = BackfillRequest(
        folder=inbox,
        pool=pool,
        store=store,
        source=source,
        flow=flow and flow.value,
        partners=partners and partners.value,
        day_in_name=day_in_name,
        dry_run=dry_run,
        dask=dask,
    )
    api = recording_server(prefect)
    from flows.backfill import backfill as fill

    if request.pool is not None and api is not None and not dry_run:
        from flows.cli.server.deployments import ensure_crashes

        ensure_crashes()
    with progress_bar():
        report, page = run_flow(fill, request, api)
    if request.pool is not None:
        raise typer.Exit(tell_pooled(report, page))
    # Of an archive as of a file: what was held before waits still.
    raise typer.Exit(tell_watched(report) or (HELD if report.looked.held else 0))


def tell_watched(report: "WatchReport") -> int:
    """Print the outcome of many files; return the exit code."""
    from schemas.forms.watch import printable

    console().print(f"[bold]{escape(report.headline)}[/]", highlight=False)
    for file in report.listed:
        say(f"  {printable(str(file))}")
    for line in [*report.troubles, *report.held, *report.lines_of_sources, *report.looked.waiting]:
        say(line, to=errors)
    for outcome in report.outcomes:
        tell(outcome, None, warnings=False)
    tell_warnings(report.outcomes)
    if report.stopped or report.failed or report.unread:
        return DISAGREES
    if report.refused:
        return REFUSED
    return HELD if report.held else 0


def tell_pooled(report: "PoolReport", page: str | None) -> int:
    """Print what came of each reporter, the largest first; return the exit code."""
    say(f"[bold]{escape(report.headline)}[/]", markup=True)
    console().print(_table_of_runs(report))
    for run in report.runs:
        if run.link or run.run:
            say(f"  {run.reporter}: {run.link or f'run {run.run}'}")
    if page:
        say(f"  all of them: {page}")
    for line in report.troubles:
        say(line, to=errors)
    is_failed = report.broken or report.not_made
    return DISAGREES if is_failed else REFUSED if report.refused else HELD if report.held else 0


def _table_of_runs(report: "PoolReport") -> "Table":
    """A row for each reporter; links are too long for a table."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in report.runs[0].row if report.runs else ():
        if name != "link":
            table.add_column(name, justify="left" if name in ("reporter", "last month", "run") else "right")
    for run in report.runs:
        table.add_row(*(escape(cell) for name, cell in run.row.items() if name != "link"))
    return table


class HeldForm(StrEnum):
    """What a person and a program read."""

    table = "table"
    json = "json"


@commands.command(epilog="Example: `tidewaiter held`")
def held(
    form: Annotated[
        HeldForm, typer.Option("--format", help="how to print it; json is one object a line")
    ] = HeldForm.table,
    store: StoreGiven = STORE,
    whose: ReporterOfStore = None,
) -> None:
    """Releases that were not published because of their findings and wait for a person, of each reporter.

    A store that cannot be read is named, and the command ends with 1.
    """

    from tasks.inbox import held as held_releases
    from tasks.store.bucket.working_copy import address_of
    from tasks.store.files.snapshot import open_snapshot

    stores = each_store(store, whose)
    waiting, damaged = waiting_of(stores)
    for line in damaged:
        say(line, to=errors)
    if form is HeldForm.json:
        import json

        for reporter, entry in waiting:
            fields = entry.model_dump(mode="json", exclude={"decision"}) | {"reporter": reporter or entry.reporter}
            typer.echo(json.dumps(fields, ensure_ascii=False))
        raise typer.Exit(DISAGREES if damaged else 0)
    for reporter, entry in waiting:
        of = "" if stores.is_one else f"{reporter}, "
        title = f"{of}{escape(entry.title)}, held since {entry.held_since}"
        say(f"[bold yellow]{entry.release_id}[/] {title}", markup=True)
        for line in entry.few:
            say(f"  {line}")
    # A store without any release usually means a wrong path.
    is_new = (
        not waiting
        and not damaged
        and not any((one / held_releases.FOLDER).is_dir() or open_snapshot(one) is not None for _, one in stores.stores)
    )
    if is_new:
        say(f"nothing is held, and nothing was ever published: {address_of(Path(store))}")
    else:
        console().print(f"{len(waiting)} held" if waiting else "nothing is held", highlight=False)
    if damaged:
        raise typer.Exit(DISAGREES)


@commands.command(
    epilog=f"Example: `tidewaiter approve {EXAMPLE_RELEASE} --by 'Li Wei' --reason 'compared with the site'`"
)
def approve(
    release_id: Annotated[str, typer.Argument(help="held release")],
    by: Annotated[str, typer.Option(help="who decides; published with the release")],
    reason: Annotated[str, typer.Option(help="why; published with the release")],
    lift_doubts: Annotated[
        bool,
        typer.Option("--lift-doubts", help="publish its numbers without the doubts about them"),
    ] = False,
    on: DecidedOn = None,
    prefect: InPrefect = True,
    store: StoreGiven = STORE,
    whose: ReporterOfStore = None,
) -> None:
    """Publish a held release, with the decision among its findings. Its numbers stay in doubt unless that is lifted."""

    from tasks.domain.clock import noon, read_day
    from tasks.inbox import held as held_releases

    now = noon(read_day(on)) if on else datetime.now(UTC)
    api = recording_server(prefect)
    store = store_that_holds(store, whose, release_id)
    with ExitStack() as while_open:
        decided = held_releases.decide(store, release_id, "approve", by, reason, now, lifts_doubts=lift_doubts)
        request = while_open.enter_context(held_releases.reopened(store, decided))
        raise typer.Exit(ingest_one(request, api))


@commands.command(epilog=f"Example: `tidewaiter reject {EXAMPLE_RELEASE} --by 'Li Wei' --reason 'cut off'`")
def reject(
    release_id: Annotated[str, typer.Argument(help="held release")],
    by: Annotated[str, typer.Option(help="who decides")],
    reason: Annotated[str, typer.Option(help="why")],
    store: StoreGiven = STORE,
    whose: ReporterOfStore = None,
) -> None:
    """Decide that a held release is never published. The decision is kept; the published tables are not touched."""

    from flows.ingestion import tell_contradictions
    from tasks.inbox import held as held_releases

    store = store_that_holds(store, whose, release_id)
    held_releases.decide(store, release_id, "reject", by, reason, datetime.now(UTC))
    tell_contradictions(store)
    console().print(f"{release_id} is rejected; `tidewaiter approve` would still publish it", highlight=False)
