"""The options with which a person says what rows they want, and what comes of them: the one place that reads them.

Each may be given several times: rows of any of its values are meant. Names and other spellings are turned into keys here.
"""

from pathlib import Path
from typing import Annotated

import typer

from flows.terminal import Flow, read_day
from schemas.request import MONTHS
from tasks.reading import Conditions, Month

MORE = "; may be repeated"
Products = Annotated[list[str] | None, typer.Option("--product", help=f"code, line:… or basket:…{MORE}")]
Partners = Annotated[
    list[str] | None, typer.Option("--partner", help=f"ISO 3166-1 alpha-3, WLD, EU27 or gacc:NNN{MORE}")
]
Months = Annotated[list[str] | None, typer.Option("--month", help=f"YYYY-MM, or a range YYYY-MM..YYYY-MM{MORE}")]
Measures = Annotated[list[str] | None, typer.Option("--measure", help=f"quantity_kg, value_usd, value_cny …{MORE}")]
Output = Annotated[
    Path | None,
    typer.Option(help="write to this file instead of the terminal; its ending says what it is: .csv, .json, .parquet, .xlsx"),
]  # fmt: skip


def conditions(
    *, flow: Flow | None = None, products: list[str] | None = None, partners: list[str] | None = None,
    months: list[str] | None = None, measures: list[str] | None = None, as_of: str | None = None,
) -> Conditions:  # fmt: skip
    """What was asked for, as `tasks.reading.query` takes it. Raises ValueError for a text of the wrong form."""
    return Conditions(
        flow=flow and flow.value, product=products or None, partner=partners or None, measure=measures or None,
        month=read_months(months), as_of=read_day(as_of) if as_of else None,
    )  # fmt: skip


def read_months(texts: list[str] | None) -> list[Month] | None:
    """The months of texts such as `2025-06` and `2025-01..2025-06`, in their order; None where there is no text.

    Raises ValueError.
    """
    if not texts:
        return None
    found = {number for text in texts for number in _numbers(text)}
    return [(number // 12, number % 12 + 1) for number in sorted(found)]


def _numbers(text: str) -> range:
    match = MONTHS.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no month or range; write 2025-06 or 2025-01..2025-06")
    year, month, last_year, last_month = (int(part) if part else None for part in match.groups())
    assert year is not None
    assert month is not None
    first = year * 12 + month - 1
    last = first if last_year is None or last_month is None else last_year * 12 + last_month - 1
    if last < first:
        begin, end = text.split("..")
        raise ValueError(f"{text!r} ends before it begins; write {end}..{begin}")
    return range(first, last + 1)
