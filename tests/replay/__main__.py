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


def _show(rows: list[dict[str, str]]) -> None:
    """Print a line for each product and partner, of each reporter."""
    from rich import box
    from rich.table import Table

    title = f"{MONTH}, all reporters from one store"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for name in rows[0] if rows else ():
        table.add_column(
            "" if name == "currency" else name, justify="right" if name in ("tonnes", "million") else "left"
        )
    for _, of_one in itertools.groupby(rows, key=lambda line: line["reporter"]):
        for line in of_one:
            table.add_row(*line.values())
        table.add_section()
    console().print(table)


def written(rows: list[dict[str, str]]) -> None:
    """Write the same table to the page `figures` of the server."""
    from prefect import flow
    from prefect.artifacts import create_table_artifact

    @flow(name="figures", flow_run_name=f"figures of {MONTH}")
    def figures() -> None:
        create_table_artifact(rows, key="figures", description=f"{MONTH}, all reporters from one store")

    figures()


def lines(root: Path) -> list[dict[str, str]]:
    """Return the figures that are shown: product and list of goods, tonnes, and value in a currency. They are read as
    any reader of Parquet would: the reporter is in the path.
    """
    import polars as pl

    year, month = map(int, MONTH.split("-"))
    key = ("reporter", "flow", "product", "list", "partner")
    rows = pl.scan_parquet(f"{root}/reporter=*/current/metric/**/*.parquet", hive_partitioning=True).filter(
        pl.col("level").is_not_null(), year=year, month=month
    )
    rows = rows.rename({"classification": "list"}).with_columns(pl.col(*key, "measure").cast(pl.String))
    is_shown = ~pl.col("product").str.starts_with("line:") | (pl.col("product") == "line:rare_earths")
    # Besides the value that months are compared by, the US print one with freight.
    is_value = pl.col("measure").str.contains("^value_") & ~pl.col("measure").str.ends_with("_cif")
    of_one = rows.filter(is_shown, pl.col("partner").is_in(PARTNERS)).sort("measure").group_by(key)
    found = of_one.agg(
        tonnes=pl.col("level").filter(measure="quantity_kg").first() / KG_PER_TONNE,
        million=pl.col("level").filter(is_value).first() / MILLION,
        currency=pl.col("measure").filter(is_value).first().str.strip_prefix("value_").str.to_uppercase(),
    )
    shown = {"tonnes": ",.1f", "million": ",.2f"}
    return [
        {name: "" if one is None else format(one, shown.get(name, "")) for name, one in row.items()}
        for row in found.sort(key).collect().iter_rows(named=True)
    ]


if __name__ == "__main__":
    app()
