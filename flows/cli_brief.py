"""Commands for the day of a release: what others printed, and what the controls did. `cli.py` mounts them."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tasks import claims as claiming
from tasks import reading
from tasks.snapshot import Snapshot, StoreError, open_snapshot
from tasks.trace import NoFigure

REFUSED = 2
console, errors = Console(), Console(stderr=True)
Form = StrEnum("Form", ["table", "csv", "json", "parquet"])
Store = Annotated[Path, typer.Option("--store", envvar="TIDEWAITER_STORE", help="folder of the published tables")]
STORE = Path("store")
MARKS = {"supported": "green", "contradicted": "bold red", "right_number_wrong_place": "yellow", "not_checkable": "dim"}
claims = typer.Typer(no_args_is_help=True, help="Figures that others printed, checked against the ledger.")


@contextmanager
def refusals() -> Iterator[None]:
    """Errors that are the caller's, as one line and the exit code for refused."""
    try:
        yield
    except (reading.NothingPublished, NoFigure, StoreError, ValueError) as error:
        errors.print(f"[bold red]refused[/] {error}", highlight=False, soft_wrap=True)
        raise typer.Exit(REFUSED) from error


def published(store: Path) -> Snapshot:
    """The current snapshot; NothingPublished where there is none."""
    snapshot = open_snapshot(store)
    if snapshot is None:
        raise reading.NothingPublished(
            f"{store}: nothing is published here yet. Ingest a file first (tidewaiter ingest --help)."
        )
    return snapshot


@claims.command("check", epilog="Example: `tidewaiter claims check printed.csv --format csv`")
def check(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV: commodity, flow, partner, period, metric, value, unit, and qualifier, hs_code_if_stated …"
        ),
    ],
    form: Annotated[Form, typer.Option("--format", help="how to print it")] = Form.table,
    output: Annotated[Path | None, typer.Option(help="write to this file; else a copy lies in STORE/reports")] = None,
    store: Store = STORE,
) -> None:
    """A verdict on each printed figure, with both readings. The ledger is never changed, and a column `note` never read."""
    with refusals():
        snapshot = published(store)
        checked = claiming.check_claims(snapshot, claiming.read_claims(file))
        kept = output or store / "reports" / f"claims-{file.stem}-{snapshot.id}.csv"
        kept.parent.mkdir(parents=True, exist_ok=True)
        reading.write(checked, "csv" if form is Form.table else form.value, kept)
        if form is not Form.table:
            if output is None:
                reading.write(checked, form.value, None)
            return
    table = Table(title=claiming.summary(checked), show_lines=True)
    for name in ("claim", "verdict", "reason"):
        table.add_column(name, overflow="fold")
    for row in checked.iter_rows(named=True):
        said = f"{row['commodity']}, {row['partner']}, {row['period']}, {row['metric']}: {row.get('qualifier') or ''} {row['value']} {row['unit']}"
        table.add_row(
            said.replace(":  ", ": "),
            f"[{MARKS[row['verdict']]}]{row['verdict']}[/]",
            row["reason"].replace("[", r"\["),
        )
    console.print(table)
    console.print(f"kept in {kept}", highlight=False, soft_wrap=True)


def mount(app: typer.Typer) -> None:
    """Put the commands of this module under the application."""
    app.add_typer(claims, name="claims")
