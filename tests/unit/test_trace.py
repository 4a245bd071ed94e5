"""A figure reckoned again from the ledger's rows is the figure that was published, whatever the store holds."""

from typing import Any

import polars as pl
from hypothesis import HealthCheck, given, settings

from schemas.metric import FIGURES
from tasks import ledger, metrics
from tasks.origin import Origins, Place
from tasks.trace import Tracer
from tests.unit import worlds
from tests.unit.statements import detail_table, release_table

Row = dict[str, Any]
SERIES = ("flow", "product", "partner", "measure")


class _Origins(Origins):
    """Origins over frames in memory, whose records are not looked up."""

    def __init__(self, observation: pl.DataFrame, releases: pl.DataFrame) -> None:
        self.flow, self.releases = "export", releases
        self.observation = observation.filter(pl.col("flow") == "export")
        self._told, self._speaks = {}, {}

    def traced(self, rows: Any) -> list[Any]:
        return []


class _Tracer(Tracer):
    def __init__(self, metric: pl.DataFrame, origins: Origins) -> None:
        self.metric, self.origins, self.flow = metric.filter(pl.col("flow") == "export"), origins, "export"
        self.snapshot = type("Snapshot", (), {"id": "none"})()


@given(worlds.histories())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_figure_is_found_again_from_the_rows_that_make_it(store: list[tuple[Row, list[Row]]]) -> None:
    releases = release_table(*(row for row, _ in store))
    observation = ledger.last_word(ledger.merge(detail_table(*(row for _, rows in store for row in rows)), releases))
    metric = metrics.derive(observation, releases)
    tracer = _Tracer(metric, _Origins(observation, releases))
    rows = tracer.metric.sort(tracer.metric.columns[:6]).gather_every(9)
    for count, row in enumerate(rows.iter_rows(named=True)):
        month = row["period"].year * 12 + row["period"].month - 1
        place, figure = Place(*(row[name] for name in SERIES), month), FIGURES[count % len(FIGURES)]
        trace = tracer.trace(place, figure)
        assert trace.agrees, (place, figure, trace)
