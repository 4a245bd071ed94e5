"""Shares between the commands: the options that select rows, those about the store, and refusals.

`tasks/reading/resolver.py` and `tasks/domain/period_words.py` interpret names and months.

Exit codes: 0 done or nothing new, 1 an audit or a trace that does not agree or a disk that fails, 2 refused, 3 held; a
command that is ended from outside has those of `flows/cli/frame/command.py`.
"""

import io
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from flows.cli.frame.terminal import errors, refuse, say
from schemas import settings
from schemas.code_files import source_names
from schemas.questions.question import NUMBER_MAX, PARTNER
from schemas.store_address import COPY_NOTE, DEFAULT, UnusableAddress, read_address
from tasks.domain.errors import NoFigure, NotHeld, NothingPublished, Refused, StoreError

# Slow imports are local, so that a version, a page of help and a refused option load no data library.
if TYPE_CHECKING:
    import polars as pl
    from pydantic_core import ErrorDetails

    from schemas.forms.outcome import HeldRelease
    from schemas.store_address import S3Url
    from tasks.answers.form.export_notes import Notes

DISAGREES, REFUSED, HELD = 1, 2, 3
# What help pages take as examples: a source whose files a person downloads, one that is fetched, a release.
EXAMPLE_SOURCE, EXAMPLE_FETCHED = source_names()[0], source_names()[3]
EXAMPLE_RELEASE = f"{EXAMPLE_SOURCE}-4cb411168c5d"
# Options whose name differs from the field of the request that they fill; the others have its name.
OPTIONS = {"months": "--month", "products": "--product", "settle_seconds": "--settle"}
# A terminal without a dash or Chinese gets the number of the character; an exception would end the command.
if isinstance(sys.stdout, io.TextIOWrapper):
    sys.stdout.reconfigure(errors="backslashreplace")

Flow = StrEnum("Flow", ["export", "import"])
Form = StrEnum("Form", ["table", "csv", "csv-safe", "json", "parquet", "xlsx"])
MORE, SEVERAL = "; may be repeated", "; one or several"
FORM_HELP = (
    "how to print it; json is one object a line, csv-safe puts ' before a text that a spreadsheet would run (= + - @). "
    "Of a file its ending decides"
)
Printed = Annotated[Form, typer.Option("--format", help=FORM_HELP)]
Partners = Annotated[list[str] | None, typer.Option("--partner", help=PARTNER + MORE)]
Rows = Annotated[int, typer.Option(help="rows shown in the format table", min=1, max=NUMBER_MAX)]
Output = Annotated[
    Path | None,
    typer.Option(
        help="write to this file instead of the terminal; its ending says what it is: .csv, .json, .parquet, .xlsx"
    ),
]


def written(
    rows: "pl.DataFrame", form: Form, output: Path | None = None, notes: "Callable[[], Notes] | None" = None
) -> bool:
    """Write rows to a file, or to standard output in another form than a table; return False for the table, which each
    command prints itself. Raises ValueError for a file whose ending says another form, or none.
    """
    if form is Form.table and output is None:
        return False
    from tasks.answers.form import export

    export.write(rows, form.value, output, notes)
    return True


def show_remarks(remarks: Iterable[str]) -> None:
    """Print what is said beside rows on standard error: it goes to people; a file or a pipe gets rows alone."""
    for remark in remarks:
        say(remark, to=errors)


STORE = Path(DEFAULT)
STORE_HELP = "the published tables: a folder, or s3://bucket/prefix"
REPORTER = "tidewaiter.reporter"
PortOfServer = Annotated[
    int | None,
    typer.Option("--port", help="port of the local Prefect server; none: its last one, or 4200", min=1, max=65535),
]
DecidedOn = Annotated[
    str | None, typer.Option("--on", help="day of the decision, YYYY-MM-DD, where it was made elsewhere; else today")
]
InPrefect = Annotated[
    bool, typer.Option("--prefect/--no-prefect", help="record the run in a Prefect server, if one answers")
]


def _of_one(context: typer.Context, root: Any) -> Any:
    """Return the store of the reporter that `--reporter` names, or of the only one."""
    if context.resilient_parsing:
        # The shell completes a word; nothing is read.
        return root
    from tasks.store.places.reporters import only_store

    return only_store(root, context.meta.get(REPORTER))


def _folder(context: typer.Context, root: Any) -> Path:
    address: Path | S3Url = _of_one(context, root)
    if context.resilient_parsing or (isinstance(address, Path) and not (address / COPY_NOTE).is_file()):
        return Path(address)
    from tasks.store.bucket.working_copy import at_hand

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
        from tasks.store.files.diagnose import disk_problem

        return disk_problem(error)
    if not isinstance(error, ValueError):
        return str(error)
    # Code that raises such an error has imported pydantic; an import here would take as long as that of Typer.
    pydantic = sys.modules.get("pydantic")
    if pydantic is None or not isinstance(error, pydantic.ValidationError):
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


# Commands that ingest get the folder of all reporters as it was given. Those about one reporter get its store: its
# address, or the local folder, brought up to date; they have the option --reporter, which is read first and changes
# what --store gives.
_store: dict[str, Any] = {"envvar": settings.STORE, "parser": read_address, "metavar": "STORE", "help": STORE_HELP}
StoreGiven = Annotated[Path, typer.Option("--store", **_store)]
StoreOfOne = Annotated[Path, typer.Option("--store", callback=_of_one, **_store)]
Store = Annotated[Path, typer.Option("--store", callback=_folder, **_store)]


class StoresAtHand(NamedTuple):
    """The store of each reporter, brought up to date, and a sentence for each that could not be."""

    stores: "list[tuple[str | None, Path]]"
    unread: list[str]

    @property
    def is_one(self) -> bool:
        """Whether there is no other store."""
        return len(self.stores) + len(self.unread) == 1


def each_store(root: "Path | S3Url", reporter: str | None) -> StoresAtHand:
    """The store of each reporter of a root, or that of the one that is named; the root itself where nothing was
    published. Raises StoreError where the only one cannot be brought up to date."""
    from tasks.store.bucket.working_copy import at_hand
    from tasks.store.places.reporters import only_store, stores_of

    stores = stores_of(root) if reporter is None else {}
    if len(stores) <= 1:
        return StoresAtHand([(reporter or next(iter(stores), None), at_hand(only_store(root, reporter)))], [])
    several = StoresAtHand([], [])
    for name, address in stores.items():
        try:
            several.stores.append((name, at_hand(address)))
        except StoreError as error:
            several.unread.append(f"{name}: {error}")
    return several


def waiting_of(stores: StoresAtHand) -> "tuple[list[tuple[str | None, HeldRelease]], list[str]]":
    """The held releases of stores, each with its reporter, and a sentence for each store that cannot be read. Raises
    StoreError where it is the only one."""
    from tasks.inbox import held

    waiting, damaged = list["tuple[str | None, HeldRelease]"](), [*stores.unread]
    for reporter, store in stores.stores:
        try:
            waiting += [(reporter, entry) for entry in held.waiting(store)]
        except StoreError as error:
            if stores.is_one:
                raise
            damaged.append(f"{reporter}: {error}")
    return waiting, damaged


def store_that_holds(root: "Path | S3Url", reporter: str | None, release_id: str) -> Path:
    """The store of a root in which a release was held. Raises NotHeld where none has it, which names those that
    wait."""
    from tasks.inbox import held

    several = each_store(root, reporter)
    if several.is_one:
        return several.stores[0][1]
    holder = next((store for _, store in several.stores if held.find(store, release_id) is not None), None)
    if holder is None:
        releases, unread = waiting_of(several)
        waiting = [f"{entry.release_id} of {name}" for name, entry in releases]
        raise NotHeld(
            " ".join(
                [
                    f"{root}: no release {release_id!r} is held here.",
                    f"Those that wait: {', '.join(waiting) or 'none'}.",
                    *(f"Not looked at: {sentence}" for sentence in unread),
                ]
            )
        )
    return holder


def _noted(context: typer.Context, reporter: str | None) -> str | None:
    context.meta[REPORTER] = reporter
    return reporter


ReporterOfStore = Annotated[
    str | None,
    typer.Option(
        "--reporter",
        is_eager=True,
        callback=_noted,
        help="whose figures, as CHN or EU27; else the only reporter of the store",
    ),
]
