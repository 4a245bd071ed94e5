"""Defines the options that select rows and say how they are printed. Those that may be given several times select rows of any of
their values.

`tasks/reports/resolver.py` and `tasks/domain/period_words.py` interpret the names and months.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from schemas.names import FIGURES

Flow = StrEnum("Flow", ["export", "import"])
Form = StrEnum("Form", ["table", "csv", "csv-safe", "json", "parquet", "xlsx"])
Figure = StrEnum("Figure", FIGURES)  # type: ignore[misc]  # the members are the figures there are
Language = StrEnum("Language", ["en", "zh"])
LEVEL = Figure("level")
# The largest number that an option takes.
NUMBER_MAX = 10**9
MORE, SEVERAL = "; may be repeated", "; one or several"
PRODUCT_HELP = "name or code: soybeans, 大豆, 1201.90.19, line:… or basket:…"
PARTNER_HELP = "name or code: Brazil, 巴西, BRA, BR, world, EU"
MONTH_HELP = "2024-06, June 2024, latest, or a range: 2024-01..2024-06"
MEASURE_HELP = "measure of the table metric"
FORM_HELP = (
    "how to print it; json is one object a line, csv-safe puts ' before a text that a spreadsheet would run (= + - @). "
    "Of a file its ending decides"
)
Product = Annotated[str, typer.Argument(help=PRODUCT_HELP)]
Partner = Annotated[str, typer.Option(help=PARTNER_HELP)]
Month = Annotated[str, typer.Option(help=MONTH_HELP)]
Measure = Annotated[str, typer.Option(help=MEASURE_HELP)]
OneFlow = Annotated[Flow | None, typer.Option(help="direction; else the one that there is, exports of both")]
Printed = Annotated[Form, typer.Option("--format", help=FORM_HELP)]
Products = Annotated[list[str] | None, typer.Option("--product", help=PRODUCT_HELP + MORE)]
Partners = Annotated[list[str] | None, typer.Option("--partner", help=PARTNER_HELP + MORE)]
Months = Annotated[list[str] | None, typer.Option("--month", help=MONTH_HELP + MORE)]
Measures = Annotated[list[str] | None, typer.Option("--measure", help=f"quantity_kg, value_usd, value_cny …{MORE}")]
Output = Annotated[
    Path | None,
    typer.Option(help="write to this file instead of the terminal; its ending says what it is: .csv, .json, .parquet, .xlsx"),
]  # fmt: skip
