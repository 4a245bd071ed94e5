"""Defines the options that select rows. Each may be given several times: rows of any of its values are selected.

`tasks/reports/resolver.py` and `tasks/domain/period_words.py` interpret the names and months.
"""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import MONTH_HELP, PARTNER_HELP, PRODUCT_HELP

MORE = "; may be repeated"
Products = Annotated[list[str] | None, typer.Option("--product", help=PRODUCT_HELP + MORE)]
Partners = Annotated[list[str] | None, typer.Option("--partner", help=PARTNER_HELP + MORE)]
Months = Annotated[list[str] | None, typer.Option("--month", help=MONTH_HELP + MORE)]
Measures = Annotated[list[str] | None, typer.Option("--measure", help=f"quantity_kg, value_usd, value_cny …{MORE}")]
Output = Annotated[
    Path | None,
    typer.Option(help="write to this file instead of the terminal; its ending says what it is: .csv, .json, .parquet, .xlsx"),
]  # fmt: skip
