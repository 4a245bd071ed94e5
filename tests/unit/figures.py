"""From made-up releases to figures, the way of the flow: merge, last word, derive."""

from datetime import date
from typing import Any

import polars as pl
import polars.selectors as cs

from schemas.frames import Metric, Observation
from tasks.ledger.doubts import open_doubts
from tasks.ledger.merge import current_statements, merge
from tasks.metrics.derive import DerivedRows, derive, derive_all
from tests.unit.builders import MAGNETS, detail_table, finding_table, release_table

Row = dict[str, Any]
Store = list[tuple[Row, list[Row]]]


def merged(store: Store) -> Observation:
    return merge(detail_table(*(row for _, rows in store for row in rows)), release_table(*(row for row, _ in store)))


def derived(store: Store) -> Metric:
    return derive(current_statements(merged(store)), release_table(*(row for row, _ in store)))


def derived_in_doubt(store: Store, *findings: tuple[str, str, str]) -> DerivedRows:
    """Figures and doubts of a store with open findings: release, check, and what it is about."""
    releases = release_table(*(row for row, _ in store))
    return derive_all(current_statements(merged(store)), releases, doubts=doubts_about(store, *findings))


def doubts_about(store: Store, *findings: tuple[str, str, str]) -> pl.DataFrame:
    """The open findings of a store."""
    table = [
        finding_table((check, about)).with_columns(release_id=pl.lit(release), number=pl.lit(place + 1, pl.UInt32))
        for place, (release, check, about) in enumerate(findings)
    ]
    return open_doubts(pl.concat(table), release_table(*(row for row, _ in store)))


class Figures:
    """The table `metric` of made-up releases, to be asked for one row at a time."""

    def __init__(self, *store: tuple[Row, list[Row]]) -> None:
        self.store = list(store)
        self.metric = derived(self.store)

    def row(
        self,
        partner: str = "USA",
        month: str = "2025-06",
        measure: str = "quantity_kg",
        product: str = MAGNETS,
        flow: str = "export",
    ) -> Row:
        period = date.fromisoformat(f"{month}-01")
        rows = self.metric.filter(flow=flow, product=product, partner=partner, period=period, measure=measure)
        return rows.row(0, named=True)

    def level(self, *place: str, **named: str) -> tuple[float | None, str]:
        return self.pair("level", *place, **named)

    def pair(self, figure: str, *place: str, **named: str) -> tuple[Any, str]:
        """A figure and its status."""
        row = self.row(*place, **named)
        return row[figure], row[f"{figure.removesuffix('_pct').removesuffix('_pp')}_status"]

    def path(self, figure: str, partner: str = "USA", **named: str) -> dict[str, Any]:
        """A figure by month."""
        place = {"partner": partner, "measure": "quantity_kg", "product": MAGNETS} | named
        rows = self.metric.filter(**place).sort("period").select("period", figure)
        return {f"{day:%Y-%m}": value for day, value in rows.iter_rows()}


def rows_as_read(frame: pl.DataFrame) -> pl.DataFrame:
    """As readers have them, in an order of their own."""
    return pl.DataFrame(frame).with_columns((cs.categorical() | cs.enum()).cast(pl.String)).sort(~cs.list())
