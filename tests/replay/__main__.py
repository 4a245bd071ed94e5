"""Runs `make demo-fetch`: begins with seven reporters as `tidewaiter start` does, from a server on this machine that
answers like their sources, and shows the figures of all reporters together.
"""

import itertools
import os
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.frame.options import refusals
from flows.cli.frame.terminal import console
from flows.cli.releases.running import prepare_prefect

BEFORE, MONTH, TODAY = "2025-04", "2025-05", date(2025, 8, 20)
MAGNETS = "850511"
PARTNERS = ("CHN", "WLD")
STORE = "store"
KG_PER_TONNE, MILLION = 1000, 1_000_000


# Of the last three the answers have two months, so that something moves.
FIRST, LATER = ("EU27", "GBR", "JPN"), ("USA", "BRA", "HKG")


app = typer.Typer(pretty_exceptions_enable=False)


@app.command()
def demo(
    folder: Annotated[Path, typer.Option(help="where the inbox and the store go")] = Path("demo"),
    prefect: Annotated[
        bool, typer.Option("--prefect/--no-prefect", help="start a local Prefect server if none answers")
    ] = True,
) -> None:
    """Fetch invented answers of seven sources from a server on this machine, publish them, and show the figures."""
    from flows.cli.releases.start import begin
    from flows.cli.server import local_server
    from tests.replay import site

    api = None
    if prefect:
        with refusals(), console().status("looking for a Prefect server, starting one if none answers"):
            api = local_server.ensure_server()
    prepare_prefect(api)
    from tasks.fetch.first_fetch import planned

    opened = site.open_site()
    inbox, asked = folder / "inbox", {"base": opened.base, "products": [MAGNETS], "flows": ["import"]}
    plan = [
        *planned(FIRST, inbox, TODAY, months=MONTH, **asked),
        *planned(LATER, inbox, TODAY, months=f"{BEFORE}..{MONTH}", **asked),
        *planned(["CHN"], inbox, TODAY, months=MONTH, base=opened.base),
    ]
    # Most of them are experimental; nobody is asked about invented numbers.
    os.environ["TIDEWAITER_EXPERIMENTAL"] = " ".join(one.source.name for one in plan)
    console().print("All numbers are invented; their form is that of the real sources.", style="yellow")
    try:
        with refusals():
            code = begin(plan, folder / STORE, api)
    finally:
        opened.close()
    rows = lines(folder / STORE)
    _show(rows)
    if api:
        written(rows)
        console().print(f"The runs are in the UI: {api.removesuffix('/api')}", highlight=False)
    raise typer.Exit(code)


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
