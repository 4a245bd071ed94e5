"""Runs `make demo-fetch`: fetches from five sources on this machine, publishes each file into the store of its reporter
below one root, and shows the figures of all reporters together.
"""

import itertools
import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from flows.cli.options import refusals
from flows.cli.running import prepare_prefect
from flows.cli.terminal import console

if TYPE_CHECKING:
    import polars as pl

    from tests.replay.server import Replay

MONTH, TODAY = "2025-05", date(2025, 8, 20)
MAGNETS = "850511"
PARTNERS = ("CHN", "WLD")
STORE = "store"
KG_PER_TONNE, MILLION = 1000, 1_000_000


class Shown(NamedTuple):
    """A source of the demonstration, its reporter, and the request."""

    source: str
    reporter: str
    asked: dict[str, Any]


OF_MAGNETS = {"products": [MAGNETS], "flows": ["import"]}
SOURCES = (
    Shown("eurostat_comext", "EU27", {**OF_MAGNETS, "reporters": ["EU27"]}),
    Shown("hmrc_ots", "GBR", OF_MAGNETS),
    Shown("us_census", "USA", OF_MAGNETS),
    Shown("japan_estat", "JPN", OF_MAGNETS),
    Shown("gacc_preliminary", "CHN", {}),
)
app = typer.Typer(pretty_exceptions_enable=False)


@app.command()
def demo(
    folder: Annotated[Path, typer.Option(help="where the inbox and the store go")] = Path("demo"),
    prefect: Annotated[
        bool, typer.Option("--prefect/--no-prefect", help="start a local Prefect server if none answers")
    ] = True,
) -> None:
    """Fetch invented answers of five sources from a server on this machine, publish them, and show the figures."""
    from flows.cli import local_server
    from tests.replay import site

    api = None
    if prefect:
        with refusals(), console().status("looking for a Prefect server, starting one if none answers"):
            api = local_server.ensure_server()
    prepare_prefect(api)
    # The demonstration does not get this machine's key for the real source.
    os.environ["TIDEWAITER_CENSUS_KEY"] = site.KEY
    # Two of the five sources are experimental; nobody is asked about invented numbers.
    os.environ["TIDEWAITER_EXPERIMENTAL"] = " ".join(shown.source for shown in SOURCES)
    console().print("All numbers are invented; their form is that of the real sources.", style="yellow")
    opened = site.open_site()
    try:
        taken = [shown for shown in SOURCES if _taken(shown, folder, opened, is_recorded=api is not None)]
    finally:
        opened.close()
    rows = lines(folder / STORE)
    _show(rows)
    if api:
        written(rows)
        console().print(f"The runs are in the UI: {api.removesuffix('/api')}", highlight=False)
    raise typer.Exit(0 if len(taken) == len(SOURCES) else 1)


def _taken(shown: Shown, folder: Path, opened: "Replay", *, is_recorded: bool) -> bool:
    """Fetch one source and publish what is new; return whether everything went well."""
    from flows.announce import NeedsAttention
    from flows.fetch import fetch as ask
    from flows.watch import watch
    from schemas.forms.fetch import FetchRequest
    from schemas.forms.watch import WatchRequest

    inbox, store = folder / "inbox", folder / STORE
    request = FetchRequest.model_validate(
        {"source": shown.source, "inbox": inbox, "base": opened.base, "months": MONTH, **shown.asked}
    )
    wanted = WatchRequest(inbox=inbox, store=store, source=shown.source, settle_seconds=0)
    with refusals():
        try:
            report = ask(request, TODAY) if is_recorded else ask.fn(request, TODAY)
        except NeedsAttention as some:
            report = some.report
        taken = (watch(wanted, TODAY) if is_recorded else watch.fn(wanted, TODAY)).taken
    published = "; ".join(f"{one.outcome} {one.reason}" for one in taken) or "nothing to publish"
    console().print(f"{shown.source}: {report.headline}; {published}", highlight=False)
    for one in report.fetched:
        if one.outcome not in ("new", "unchanged"):
            console().print(f"  {one.outcome} {one.name}: {one.reason}", highlight=False, markup=False)
    is_answered = all(one.outcome in ("new", "unchanged") for one in report.fetched)
    return is_answered and all(one.outcome in ("published", "unchanged") for one in taken)


def _show(rows: "list[Line]") -> None:
    """Print a line for each product and partner, of each reporter."""
    from rich import box
    from rich.table import Table

    title = f"{MONTH}, all reporters from one store"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for name in Line._fields:
        table.add_column(
            "" if name == "currency" else name, justify="right" if name in ("tonnes", "million") else "left"
        )
    for _, of_one in itertools.groupby(rows, key=lambda line: line.reporter):
        for line in of_one:
            table.add_row(*line)
        table.add_section()
    console().print(table)


def written(rows: "list[Line]") -> None:
    """Write the same table to the page `figures` of the server."""
    from prefect import flow
    from prefect.artifacts import create_table_artifact

    @flow(name="figures", flow_run_name=f"figures of {MONTH}")
    def figures() -> None:
        table = [line._asdict() for line in rows]
        create_table_artifact(table, key="figures", description=f"{MONTH}, all reporters from one store")

    figures()


class Line(NamedTuple):
    """A figure as it is shown: product and list of goods, tonnes, and value in a currency."""

    reporter: str
    flow: str
    product: str
    list: str
    partner: str
    tonnes: str
    million: str
    currency: str


def lines(root: Path) -> "list[Line]":
    """Return the figures that are shown, read as any reader of Parquet would: the reporter is in the path."""
    import polars as pl

    year, month = map(int, MONTH.split("-"))
    files = f"{root}/reporter=*/current/metric/**/*.parquet"
    rows = (
        pl.scan_parquet(files, hive_partitioning=True)
        .filter(
            pl.col("year") == year, pl.col("month") == month, pl.col("partner").cast(pl.String).is_in(PARTNERS),
            pl.col("level").is_not_null(),
            ~pl.col("product").cast(pl.String).str.starts_with("line:") | (pl.col("product") == "line:rare_earths"),
        )
        .with_columns(pl.col("reporter", "flow", "product", "classification", "partner", "measure").cast(pl.String))
        .sort("reporter", "flow", "product", "classification", "partner", "measure")
        .collect()
    )  # fmt: skip
    groups = rows.group_by("reporter", "flow", "product", "classification", "partner", maintain_order=True)
    return [Line._make([*map(str, place), _tonnes(of_place), *_value(of_place)]) for place, of_place in groups]


def _tonnes(rows: "pl.DataFrame") -> str:
    mass = rows.filter(measure="quantity_kg")["level"]
    return f"{mass[0] / KG_PER_TONNE:,.1f}" if mass.len() else ""


def _value(rows: "pl.DataFrame") -> tuple[str, str]:
    for measure, level in rows.select("measure", "level").iter_rows():
        name = str(measure)
        # Besides the value that months are compared by, the US print one with freight.
        if name.startswith("value_") and not name.endswith("_cif"):
            return f"{level / MILLION:,.2f}", name.removeprefix("value_").upper()
    return "", ""


if __name__ == "__main__":
    app()
