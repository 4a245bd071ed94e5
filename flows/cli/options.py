"""Shares code between the commands: messages, parsing a day and a month, ingesting one file.

Exit codes: 0 done or nothing new, 1 an audit or a trace that does not agree or a disk that fails, 2 refused, 3 held; a
command that is ended from outside has those of `flows/cli/signals.py`.
"""

import io
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.terminal import errors, escape, refuse, say
from schemas import settings
from schemas.errors import BrokenTable, UnusableAddress
from schemas.store_address import COPY_NOTE, read_address
from tasks.domain.errors import NoFigure, NotHeld, NothingPublished, Refused, StoreError
from tasks.domain.text import counted

# Slow imports are local, so that a version, a page of help and a refused option load no data library.
if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from schemas.forms.outcome import Outcome
    from schemas.forms.request import ReleaseRequest
    from schemas.store_address import S3Url

DISAGREES, REFUSED, HELD = 1, 2, 3
# What a hold means for the caller; a dry run holds nothing, so there is nothing to decide about.
HOLDS = {
    "held": ": not published, a person must decide: tidewaiter approve or reject", "would be held": "",
    "rejected": ": not published; tidewaiter approve would still publish it",
}  # fmt: skip
# Options whose name differs from the field of the request that they fill; the others have its name.
OPTIONS = {"months": "--month", "products": "--product", "settle_seconds": "--settle"}
# A terminal without a dash or Chinese gets the number of the character; an exception would end the command.
if isinstance(sys.stdout, io.TextIOWrapper):
    sys.stdout.reconfigure(errors="backslashreplace")


STORE = Path("store")
STORE_HELP = "the published tables: a folder, or s3://bucket/prefix"
REPORTER = "tidewaiter.reporter"
InPrefect = Annotated[
    bool, typer.Option("--prefect/--no-prefect", help="record the run in a Prefect server, if one answers")
]


def _of_one(context: typer.Context, root: Any) -> Any:
    """Return the store of the reporter that `--reporter` names, or of the only one."""
    if context.resilient_parsing:
        # The shell completes a word; nothing is read.
        return root
    from tasks.store.reporters import only_store

    return only_store(root, context.meta.get(REPORTER))


def _folder(context: typer.Context, root: Any) -> Path:
    address: Path | S3Url = _of_one(context, root)
    if context.resilient_parsing or (isinstance(address, Path) and not (address / COPY_NOTE).is_file()):
        return Path(address)
    from tasks.store.mirror import at_hand

    return at_hand(address)


@contextmanager
def refusals() -> Iterator[None]:
    """Turn errors of the caller into one line and the exit code for refused."""
    try:
        yield
    except BrokenPipeError:
        # The reader closed the pipe: `Stoppable` handles that.
        raise
    except (OSError, ValueError, Refused, NotHeld, NothingPublished, NoFigure, StoreError, UnusableAddress) as error:
        refuse(_describe(error))
        raise typer.Exit(REFUSED) from error


def _describe(error: Exception) -> str:
    """Describe an error of the caller; the text of a validation error is for programmers: patterns, types, an address
    to look them up.
    """
    if isinstance(error, OSError):
        from tasks.store.diagnose import disk_problem

        return disk_problem(error)
    if not isinstance(error, ValueError):
        return str(error)
    from pydantic import ValidationError

    if not isinstance(error, ValidationError):
        return str(error)
    return "; ".join(map(_describe_option, error.errors(include_url=False)))


def _describe_option(problem: "ErrorDetails") -> str:
    """Describe what is wrong with one option: `--month: '2024' is no month or range; …`."""
    field = str(problem["loc"][0]) if problem["loc"] else ""
    option = OPTIONS.get(field, "--" + field.replace("_", "-"))
    if problem["type"] == "value_error":
        # Our own message, which includes the value.
        return f"{option}: {problem['ctx']['error']}"
    return f"{option}: {problem['input']!r}: {problem['msg']}"


# Commands that ingest get the folder of all reporters as it was given. Those about one reporter get its store: its address,
# or the local folder, brought up to date; they have the option --reporter, which is read first and changes what --store gives.
_store: dict[str, Any] = {"envvar": settings.STORE, "parser": read_address, "metavar": "STORE", "help": STORE_HELP}
StoreGiven = Annotated[Path, typer.Option("--store", **_store)]
StoreOfOne = Annotated[Path, typer.Option("--store", callback=_of_one, **_store)]
Store = Annotated[Path, typer.Option("--store", callback=_folder, **_store)]


def _noted(context: typer.Context, reporter: str | None) -> str | None:
    context.meta[REPORTER] = reporter
    return reporter


ReporterOfStore = Annotated[
    str | None,
    typer.Option(
        "--reporter", is_eager=True, callback=_noted, help="whose figures, as CHN or EU27; else the only reporter of the store"
    ),
]  # fmt: skip


def recording_server(is_wanted: bool) -> str | None:
    """Return the address of the Prefect server that records a run, and have Prefect use it; None if that is not wanted or none
    answers. Must come before Prefect is imported.
    """
    from flows.cli import local_server

    api = local_server.running_server() if is_wanted else None
    prepare_prefect(api)
    return api


def run_flow(flow: Any, request: Any, api: str | None) -> tuple[Any, str | None]:
    """Return the result of a flow, and the page of the run if the server at `api` records it. Without one the flow's body runs as
    a plain function: the same steps, the same lineage. A run that needs attention has failed in the UI, and has a report all the same.
    """
    from flows.announce import NeedsAttention
    from flows.cli.signals import end_again
    from tasks.steps.listeners import listening

    with listening(step=end_again):
        if api is None:
            return flow.fn(request), None
        state = flow(request, return_state=True)
    try:
        made = state.result()
    except NeedsAttention as problem:
        made = problem.report
    return made, f"{api.removesuffix('/api')}/runs/flow-run/{state.state_details.flow_run_id}"


def ingest_one(request: "ReleaseRequest", api: str | None) -> int:
    """Ingest one file with progress on the terminal; return the exit code."""
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from tasks.steps.listeners import listening
    from tasks.store.diagnose import of_every_file

    # Square brackets in a name are not markup.
    name = escape(request.file.name)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    # Where nobody looks at it, it would print an empty line.
    with Progress(*columns, console=errors(), transient=True, disable=not errors().is_terminal) as progress:
        shown = progress.add_task(name)
        try:
            from flows.release import release

            with listening(step=lambda step: progress.update(shown, description=f"{name}: {step}")):
                ended, page = run_flow(release, request, api)
        except (Refused, BrokenTable) as refusal:
            # People edit code tables: an invalid row is theirs to fix.
            refuse(str(refusal))
            return REFUSED
        except (StoreError, OSError) as error:
            why = of_every_file(error, request.store) or str(error)
            say(f"[bold red]not published[/] {escape(why)}", to=errors, markup=True)
            if isinstance(error, OSError):
                see = f"; check the disk of {request.store}, then run this again" if why == str(error) else ""
                say(f"  the store is as it was{see}", to=errors)
            return DISAGREES
    if ended.status in HOLDS:
        say(f"[bold yellow]{ended.status}[/] {name} ({ended.release_id}){HOLDS[ended.status]}:", to=errors, markup=True)
        for line in ended.lines:
            say(f"  {line}", to=errors)
        return HELD
    tell(ended, page)
    return 0


class OneLine(logging.Handler):
    """Prints errors that we log in one line on the terminal, without a traceback."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print the message and the exception, if there is one."""
        problem = record.exc_info[1] if record.exc_info else None
        why = f": {type(problem).__name__}: {problem}" if problem else ""
        say(f"[yellow]warning[/] {escape(record.getMessage() + why)}", to=errors, markup=True)


ONE_LINE = OneLine(logging.ERROR)
# Warnings for the caller: unverified reads, why a release takes long, and what a worker blocks on.
for _name in ("tidewaiter.proof", "tidewaiter.known", "tidewaiter.cluster"):
    logging.getLogger(_name).addHandler(OneLine(logging.WARNING))


def prepare_prefect(api: str | None) -> None:
    """Set what must be set before Prefect is imported."""
    # Prefect prints a traceback for each step that raises, and the command then gives the reason in a line. The runs in
    # the UI keep theirs; what we log ourselves, and nobody else would print, goes through `OneLine`.
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    logging.getLogger("tidewaiter").addHandler(ONE_LINE)
    if api:
        from flows.cli import local_server

        local_server.use(api)


def tell(outcome: "Outcome", page: str | None, *, warnings: bool = True) -> None:
    """Print an outcome; `page` is the run's address in the UI. Without `warnings` they are printed elsewhere."""
    months = outcome.months[0] if len(outcome.months) == 1 else f"{outcome.months[0]} to {outcome.months[-1]}"
    say(
        f"[bold green]{outcome.status}[/] {escape(outcome.title)}: {outcome.release_id}, {', '.join(outcome.flows)}, {months}; "
        f"{counted(outcome.records, 'record')} = {outcome.records_observed:,} observed + {outcome.records_quarantined:,} quarantined; "
        f"snapshot {outcome.snapshot_id}", markup=True,
    )  # fmt: skip
    if page:
        say(f"  this run in the UI: {page}")
    if warnings:
        tell_warnings([outcome], "  ")
    for place in outcome.briefs:
        if place.endswith(".html"):
            say(f"  brief, in the store: {place}")
    for line in outcome.notes:
        say(f"  {line}", style="dim")


def tell_warnings(outcomes: "Sequence[Outcome]", indent: str = "") -> None:
    """Print the warnings of releases, those of one check in one line: the first of them, and how many more there
    are.
    """
    alike: dict[str, list[tuple[str, Outcome]]] = {}
    for outcome in outcomes:
        for line in outcome.warnings:
            alike.setdefault(line.partition(" (")[0], []).append((line, outcome))
    for found in alike.values():
        line, first = found[0]
        files = len({outcome.release_id for _, outcome in found})
        of = f" of {escape(first.title)}" if len(outcomes) > 1 else ""
        more = f" (and {len(found) - 1:,} more" + (f", in {counted(files, 'file')}" if files > 1 else "") + "; all: tidewaiter read finding)"  # fmt: skip
        say(f"{indent}[yellow]warning[/]{of} {escape(line)}{escape(more) if len(found) > 1 else ''}", markup=True)


def read_day(text: str, *, may_come: bool = False) -> date:
    """Parse a day such as `2025-06-30`, which must not be in the future unless it `may_come`. Raises ValueError."""
    from tasks.domain.clock import today

    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no day; write it as 2025-06-30") from error
    if day > today() and not may_come:
        raise ValueError(f"{day} has not come yet, by the customs' clock")
    return day
