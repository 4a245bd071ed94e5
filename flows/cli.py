"""The command line: what a person can ask for, and with which code it ends.

Exit codes: 0 done or nothing new, 1 an audit or a trace that does not agree, 2 refused, 3 held.
"""

import importlib.metadata
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from flows import cli_brief, server
from schemas.catalog import PUBLISHED
from schemas.metric import FIGURES
from schemas.outcome import Outcome
from schemas.request import MONTHS, ReleaseRequest
from schemas.watch import WatchRequest
from tasks import display, hold, publish, reading
from tasks.audit import audit as audit_store
from tasks.hold import Held
from tasks.lineage import listening
from tasks.origin import Place
from tasks.refusal import Refused
from tasks.revision_report import revision_report
from tasks.snapshot import StoreError, open_snapshot
from tasks.trace import NoFigure, Tracer

REFUSED, HELD, DISAGREES = 2, 3, 1
SAMPLE = Path(__file__).parent.parent / "examples" / "published_figures.csv"
app = typer.Typer(
    name="tidewaiter", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="markdown",
    help="Customs releases as numbers that can be cited: validated, versioned, derived, traced to the byte.",
)  # fmt: skip
cli_brief.mount(app)
console, errors = Console(), Console(stderr=True)

Flow = StrEnum("Flow", ["export", "import"])
Kind = StrEnum("Kind", ["preliminary", "bulletin", "query"])
Partners = StrEnum("Partners", ["all", "listed"])
Form = StrEnum("Form", ["table", "csv", "json", "parquet"])
TableName = StrEnum("TableName", list(PUBLISHED))  # type: ignore[misc]  # the members are the tables there are
Figure = StrEnum("Figure", list(FIGURES))  # type: ignore[misc]  # likewise
Store = Annotated[Path, typer.Option("--store", envvar="TIDEWAITER_STORE", help="folder of the published tables")]
STORE = Path("store")


def _version(wanted: bool) -> None:
    if wanted:
        console.print(importlib.metadata.version("tidewaiter"), highlight=False)
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="print the version")
    ] = False,
) -> None:
    """Customs releases as numbers that can be cited."""


@app.command(epilog="Example: `tidewaiter ingest soybeans_2024.csv --source gacc_query --flow import --partners all`")
def ingest(
    files: Annotated[list[Path], typer.Argument(help="downloaded files", metavar="FILE…")],
    source: Annotated[
        str | None, typer.Option(help="gacc_query, published; else from the sidecar or the folder")
    ] = None,
    flow: Annotated[Flow | None, typer.Option(help="direction; a query file does not say it")] = None,
    partners: Annotated[
        Partners | None, typer.Option(help="all: every partner was asked for; listed: those in the file")
    ] = None,
    product: Annotated[
        list[str] | None, typer.Option(help="code that was asked for, 8505 for all below it; may be repeated")
    ] = None,
    month: Annotated[str | None, typer.Option(help="months asked for: 2025-06 or 2025-01..2025-06")] = None,
    released_on: Annotated[
        str | None, typer.Option(help="day from which the figures were public, YYYY-MM-DD; else the day of landing")
    ] = None,
    prefect: Annotated[
        bool, typer.Option("--prefect/--no-prefect", help="record the run in a Prefect server, if one answers")
    ] = True,
    store: Store = STORE,
) -> None:
    """Read releases, check them, and publish what follows from them."""
    with _refusals():
        requests = [
            ReleaseRequest(
                file=file, store=store, source=source, flow=flow and flow.value, partners=partners and partners.value,
                products=product or None, months=month, released_on=_day(released_on) if released_on else None,
            )
            for file in files
        ]  # fmt: skip
    api = server.running_server() if prefect else None
    worst = max(_ingest_one(request, api) for request in requests)
    raise typer.Exit(worst)


@app.command(epilog="Example: `tidewaiter run` then `tidewaiter read metric --product 85051110 --month 2025-06`")
def run(
    store: Store = STORE,
    prefect: Annotated[
        bool, typer.Option("--prefect/--no-prefect", help="start a local Prefect server if none answers")
    ] = True,
) -> None:
    """Ingest the sample and tell the story of June 2025: magnets, the world and the United States."""
    api = None
    if prefect:
        with console.status(
            "looking for a Prefect server, starting one if none answers (the first start takes a while)"
        ):
            api = server.ensure_server()
    code = _ingest_one(ReleaseRequest(file=SAMPLE, store=store), api)
    if code:
        raise typer.Exit(code)
    rows = reading.query(store, "metric", product="85051110", month=(2025, 6)).filter(measure="quantity_kg")
    console.print(display.headline(rows))
    snapshot = open_snapshot(store)
    assert snapshot is not None
    tracer = Tracer(snapshot, "export")
    console.print("\n[bold]Where these come from[/]")
    for partner, figure in (
        ("USA", "level"),
        ("USA", "mom_pct"),
        ("WLD", "mom_pct"),
        ("WLD", "ytd_yoy_pct"),
        ("WLD", "yoy_pct"),
    ):
        display.show_trace(
            console,
            tracer.trace(Place("export", "85051110", partner, "quantity_kg", 2025 * 12 + 5), figure),
            full=False,
        )
    console.print(
        f"\nThe Parquet lies in [bold]{store}/current/<table>[/]: {', '.join(PUBLISHED)}",
        highlight=False,
        soft_wrap=True,
    )
    if api:
        console.print(
            f"The server runs at {api.removesuffix('/api')}; stop it with [bold]make stop[/].", highlight=False
        )


@app.command(epilog="Example: `tidewaiter read metric --product 85051110 --partner USA --month 2025-06 --format csv`")
def read(
    table: Annotated[TableName, typer.Argument(help="published table")],
    product: Annotated[str | None, typer.Option(help="code, line:… or basket:…")] = None,
    partner: Annotated[str | None, typer.Option(help="ISO 3166-1 alpha-3, WLD, EU27 or gacc:NNN")] = None,
    month: Annotated[str | None, typer.Option(help="YYYY-MM")] = None,
    flow: Annotated[Flow | None, typer.Option(help="direction")] = None,
    as_of: Annotated[
        str | None, typer.Option(help="as it stood on this day, YYYY-MM-DD: observation, trade_flow, metric")
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="how to print it")] = Form.table,
    output: Annotated[Path | None, typer.Option(help="write to this file instead of the terminal")] = None,
    rows: Annotated[int, typer.Option(help="rows shown in the format table", min=1)] = 40,
    store: Store = STORE,
) -> None:
    """Rows of a published table, in key order."""
    with _refusals():
        found = reading.query(
            store, table.value, flow=flow and flow.value, product=product, partner=partner, month=_month(month) if month else None,
            as_of=_day(as_of) if as_of else None,
        )  # fmt: skip
        if form is Form.table and output is None:
            console.print(display.frame_table(found, rows, console.width))
        else:
            reading.write(found, "csv" if form is Form.table else form.value, output)


@app.command(epilog="Example: `tidewaiter trace --product 85051110 --partner USA --month 2025-06 --metric mom_pct`")
def trace(
    product: Annotated[str, typer.Option(help="code, line:… or basket:…")],
    partner: Annotated[str, typer.Option(help="ISO 3166-1 alpha-3, WLD, EU27 or gacc:NNN")],
    month: Annotated[str, typer.Option(help="YYYY-MM")],
    metric: Annotated[Figure, typer.Option(help="figure of the table metric")],
    measure: Annotated[str, typer.Option(help="measure of the table metric")] = "quantity_kg",
    flow: Annotated[Flow, typer.Option(help="direction")] = Flow.export,
    form: Annotated[Form, typer.Option("--format", help="table or json")] = Form.table,
    store: Store = STORE,
) -> None:
    """Where one published figure comes from, down to the records of the raw file; and the same figure computed again."""
    with _refusals():
        snapshot = open_snapshot(store)
        if snapshot is None:
            raise reading.NothingPublished(f"{store}: nothing is published here yet. Ingest a file first.")
        year, number = _month(month)
        found = Tracer(snapshot, flow.value).trace(
            Place(flow.value, product, partner, measure, year * 12 + number - 1), metric.value
        )
    if form is Form.json:
        typer.echo(found.model_dump_json(indent=2))
    else:
        display.show_trace(console, found)
    if not found.agrees:
        raise typer.Exit(DISAGREES)


@app.command(epilog="Example: `tidewaiter audit --sample 100`")
def audit(
    sample: Annotated[int, typer.Option(help="figures to trace back and compute again", min=0)] = 25,
    store: Store = STORE,
) -> None:
    """Hash every byte of the store again, and trace a sample of figures back to the raw records."""
    with _refusals():
        report = audit_store(store, sample)
    for problem in report.problems:
        errors.print(problem, style="red", highlight=False, soft_wrap=True, markup=False)
    if report.problems:
        raise typer.Exit(DISAGREES)
    console.print(
        f"every byte of {store} is what it was; {report.traced} figures traced back and computed again, all agree",
        highlight=False,
    )


@app.command(epilog="Example: `tidewaiter releases --format json`")
def releases(
    form: Annotated[Form, typer.Option("--format", help="how to print it")] = Form.table,
    store: Store = STORE,
) -> None:
    """What was ingested: file, day, scope, records."""
    with _refusals():
        found = reading.query(store, "release").sort("released_on", "release_id")
        if form is Form.table:
            shown = found.select(
                "release_id",
                "title",
                "released_on",
                "flow",
                "partners",
                "first_month",
                "last_month",
                "records",
                "records_quarantined",
            )
            console.print(display.frame_table(shown, 1000, console.width))
        else:
            reading.write(found, form.value, None)


@app.command(epilog="Example: `tidewaiter revisions --release gacc_query-4cb411168c5d`")
def revisions(
    release: Annotated[str | None, typer.Option(help="release id; else every release")] = None,
    store: Store = STORE,
) -> None:
    """What each release revised, as markdown: numbers changed, added, removed or moved, and what that did to the totals."""
    with _refusals():
        found = reading.query(store, "release").sort("released_on", "release_id")
        revised = reading.query(store, "revision")
        chosen = found.filter(release_id=release) if release else found
        if not chosen.height:
            raise ValueError(f"no release {release!r}; there are {', '.join(found['release_id'])}")
        for row in chosen.iter_rows(named=True):
            typer.echo(revision_report(revised, row))


@app.command(epilog="Example: `tidewaiter retain --months 24`")
def retain(
    months: Annotated[int, typer.Option(help="keep snapshots whose releases are younger than this", min=24)] = 24,
    store: Store = STORE,
) -> None:
    """Remove published states that are older than two years; the current one and all it needs always stay.

    What was known on a day is in the ledger and stays readable: only the pinned older snapshots go.
    """
    with _refusals(), publish.exclusive(store):
        gone = publish.retain(store, today=date.today(), months=months)
    console.print(f"{len(gone.snapshots)} snapshots and {gone.objects} files removed", highlight=False)


@app.command(epilog="Example: `tidewaiter watch --inbox inbox --kind query`")
def watch(
    inbox: Annotated[Path, typer.Option(help="folder into which files are dropped")] = Path("inbox"),
    kind: Annotated[Kind | None, typer.Option(help="kind of release that the calendar expects")] = None,
    settle: Annotated[float, typer.Option(help="seconds during which a new file must not change", min=0)] = 10.0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be ingested, ingest nothing")] = False,
    prefect: Annotated[
        bool, typer.Option("--prefect/--no-prefect", help="record the run in a Prefect server, if one answers")
    ] = True,
    store: Store = STORE,
) -> None:
    """Look into the inbox once and ingest everything new, oldest first."""
    request = WatchRequest(inbox=inbox, store=store, kind=kind and kind.value, settle_seconds=settle, dry_run=dry_run)
    _prepare_prefect(server.running_server() if prefect else None)
    from flows.watch import watch as look

    with _refusals():
        report = look(request) if prefect and server.running_server() else look.fn(request)
    console.print(f"[bold]{report.headline}[/]", highlight=False)
    for line in [*report.failed, *report.refused, *report.held, *report.expected.warnings]:
        errors.print(line, highlight=False, soft_wrap=True, markup=False)
    for outcome in report.outcomes:
        _tell(outcome, None)
    raise typer.Exit(DISAGREES if report.failed else REFUSED if report.refused else HELD if report.held else 0)


@app.command(epilog="Example: `tidewaiter held`")
def held(store: Store = STORE) -> None:
    """Releases that were not published because of their findings and wait for a person."""
    waiting = hold.waiting(store)
    for entry in waiting:
        console.print(
            f"[bold yellow]{entry.release_id}[/] {escape(entry.title)}, held since {entry.held_since}",
            highlight=False,
            soft_wrap=True,
        )
        for doubt in entry.findings:
            console.print(f"  {doubt.line}", highlight=False, soft_wrap=True, markup=False)
    console.print(f"{len(waiting)} held" if waiting else "nothing is held", highlight=False)


@app.command(
    epilog="Example: `tidewaiter approve gacc_query-4cb411168c5d --by 'Li Wei' --reason 'compared with the site'`"
)
def approve(
    release_id: Annotated[str, typer.Argument(help="held release")],
    by: Annotated[str, typer.Option(help="who decides; published with the release")],
    reason: Annotated[str, typer.Option(help="why; published with the release")],
    prefect: Annotated[
        bool, typer.Option("--prefect/--no-prefect", help="record the run in a Prefect server, if one answers")
    ] = True,
    store: Store = STORE,
) -> None:
    """Publish a held release, with the decision among its findings."""
    with _refusals():
        decided = hold.decide(store, release_id, "approve", by, reason, datetime.now(UTC))
    with hold.reopened(store, decided) as request:
        raise typer.Exit(_ingest_one(request, server.running_server() if prefect else None))


@app.command(epilog="Example: `tidewaiter reject gacc_query-4cb411168c5d --by 'Li Wei' --reason 'cut off'`")
def reject(
    release_id: Annotated[str, typer.Argument(help="held release")],
    by: Annotated[str, typer.Option(help="who decides")],
    reason: Annotated[str, typer.Option(help="why")],
    store: Store = STORE,
) -> None:
    """Decide that a held release is never published. The decision is kept; the published tables are not touched."""
    with _refusals():
        hold.decide(store, release_id, "reject", by, reason, datetime.now(UTC))
    console.print(f"{release_id} is rejected; `tidewaiter approve` would still publish it", highlight=False)


@app.command(hidden=True)
def stop() -> None:
    """Stop the server that `run` started."""
    console.print("stopped" if server.stop_server() else "no server of ours is running")


def _ingest_one(request: ReleaseRequest, api: str | None) -> int:
    """Ingest one file with progress on the terminal; the exit code."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as progress:
        shown = progress.add_task(request.file.name)
        try:
            with listening(lambda step: progress.update(shown, description=f"{request.file.name}: {step}")):
                outcome, page = _release(request, api)
        except Refused as refusal:
            errors.print(f"[bold red]refused[/] {refusal}", highlight=False, soft_wrap=True)
            return REFUSED
        except Held as held:
            errors.print(
                f"[bold yellow]held[/] {request.file.name} ({held.release_id}): not published, a person must decide: "
                "tidewaiter approve or reject",
                highlight=False, soft_wrap=True,
            )  # fmt: skip
            for line in held.lines:
                errors.print(f"  {line}", highlight=False, soft_wrap=True, markup=False)
            return HELD
    _tell(outcome, page)
    return 0


def _release(request: ReleaseRequest, api: str | None) -> tuple[Outcome, str | None]:
    """The outcome, and the page of the run where a server records it. Without one the flow's body runs as a plain
    function: the same steps, the same lineage."""
    _prepare_prefect(api)
    from flows.release import release

    if api is None:
        return release.fn(request), None
    state = release(request, return_state=True)
    return state.result(), server.ui_address(api, str(state.state_details.flow_run_id))


def _prepare_prefect(api: str | None) -> None:
    """What must be said before Prefect is imported."""
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "ERROR")
    if api:
        server.use(api)


def _tell(outcome: Outcome, page: str | None) -> None:
    months = outcome.months[0] if len(outcome.months) == 1 else f"{outcome.months[0]} to {outcome.months[-1]}"
    console.print(
        f"[bold green]{outcome.status}[/] {outcome.title}: {outcome.release_id}, {', '.join(outcome.flows)}, {months}; "
        f"{outcome.records:,} records = {outcome.records_observed:,} observed + {outcome.records_quarantined:,} quarantined; "
        f"snapshot {outcome.snapshot_id}", highlight=False, soft_wrap=True,
    )  # fmt: skip
    if page:
        console.print(f"  this run in the UI: {page}", highlight=False, soft_wrap=True)
    for line in outcome.warnings:
        console.print(f"  [yellow]warning[/] {line}", highlight=False, soft_wrap=True)
    for line in outcome.notes:
        console.print(f"  {line}", highlight=False, soft_wrap=True, style="dim")


@contextmanager
def _refusals() -> Iterator[None]:
    """Errors that are the caller's, as one line and the exit code for refused."""
    try:
        yield
    except (
        Refused,
        hold.NotHeld,
        reading.NothingPublished,
        NoFigure,
        StoreError,
        ValidationError,
        ValueError,
    ) as error:
        errors.print(f"[bold red]refused[/] {error}", highlight=False, soft_wrap=True)
        raise typer.Exit(REFUSED) from error


def _month(text: str) -> tuple[int, int]:
    match = MONTHS.fullmatch(text)
    if match is None or match.group(3):
        raise ValueError(f"{text!r} is no month; write it as 2025-06")
    return int(match.group(1)), int(match.group(2))


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no day; write it as 2025-06-30") from error
    if day > date.today():
        raise ValueError(f"{day} has not come yet")
    return day
