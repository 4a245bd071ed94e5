"""Rows of a published table."""

from dataclasses import KW_ONLY
from typing import Annotated

from schemas.layouts import LAYOUTS
from schemas.questions.question import (
    NUMBER_MAX,
    Day,
    Direction,
    Help,
    Language,
    Months,
    OfReporters,
    Partners,
    Products,
    Texts,
    texts,
)


class Read(OfReporters):
    """Rows of a published table, in key order, every digit as it is published; also as they were known on a day.

    Returns:
        A frame of the rows; with several reporters they have a first column `reporter`.

    Raises:
        ValueError: A name means several things or is not in the store (the message names the nearest), there is no such
            column, or the store has several reporters and none is named.
        LookupError: Nothing is published in the store.

    Warns:
        UserWarning: How a name was understood, where that is not plain; why there is no row.

    >>> rows = read("magnets", partner="United States", month="June 2025", measure="quantity_kg", store=store)
    >>> row = rows.row(0, named=True)
    >>> row["partner_name"], row["level"], round(row["mom_pct"], 1)
    ('United States', 353000.0, 660.8)
    >>> question = {"partner": "us", "month": "2025-05", "measure": "quantity_kg", "columns": "level"}
    >>> read("magnets", **question, as_of="2025-07-01", store=store).rows()
    [(46400.0,)]
    """

    ANSWER = "tasks.answers.trade.read:read"
    NARROW = "product, partner, month, measure, columns or top"
    product: Products = None
    _: KW_ONLY
    partner: Partners = None
    month: Months = None
    measure: Annotated[Texts, Help("quantity_kg, value_usd, value_cny …; none: all")] = None
    flow: Annotated[Direction | None, Help("direction; none: both")] = None
    table: Annotated[str, Help("a published table; schemas/DICTIONARY.md lists their columns", choices=[*LAYOUTS])] = (
        "metric"
    )
    as_of: Annotated[
        Day,
        Help("as it stood on this day, YYYY-MM-DD: tables observation, trade_flow, metric, mover, expectation"),
    ] = None
    sort: Annotated[str | None, Help("column to sort by, the largest first")] = None
    ascending: Annotated[bool, Help("the smallest first")] = False
    top: Annotated[
        int | None,
        Help("of each direction and month the first rows alone, without totals", least=1, most=NUMBER_MAX),
    ] = None
    columns: Annotated[Texts, Help("columns, with commas between them; none: all")] = None
    names: Annotated[bool, Help("names behind the codes")] = True
    language: Language = "en"

    @property
    def months(self) -> tuple[str, ...]:
        """The months and ranges that are named; none: all."""
        return texts(self.month)

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures that are named; none: all."""
        return texts(self.measure)

    @property
    def shown(self) -> tuple[str, ...]:
        """The columns that a table is asked for; rows of several reporters have a column `reporter` anyhow."""
        named = (one.strip() for text in texts(self.columns) for one in text.split(","))
        return tuple(name for name in named if name != "reporter" or len(self.reporters) <= 1)
