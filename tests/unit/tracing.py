"""A tracer over made-up releases in memory, whose records are not looked up."""

from typing import Any

import polars as pl

from schemas.forms.trace import TracedNumber
from tasks.domain.reporter import Reporter
from tasks.ledger import merge as ledger
from tasks.ledger.doubts import Doubts
from tasks.lineage.operands import Origins
from tasks.lineage.point import Decided
from tasks.lineage.raw_records import RawRecords
from tasks.lineage.trace import Tracer
from tasks.metrics.derive import derive
from tests.unit.builders import release_table
from tests.unit.decisions import decision_table
from tests.unit.figures import Row, Store, merged


class _NoRecords(RawRecords):
    def __init__(self) -> None:
        pass

    def traced(self, rows: Any) -> list[Any]:
        return []


class _Listed(RawRecords):
    """Numbers as they are in the ledger."""

    def __init__(self) -> None:
        pass

    def traced(self, rows: Any) -> list[Any]:
        return [
            TracedNumber.model_construct(
                product=row["product"],
                partner=row["partner"],
                period=f"{row['period_start']:%Y-%m}..{row['period_end']:%Y-%m}",
                measure=row["measure"],
                value=row["value"],
                unit=row["unit"],
                release_id=row["release_id"],
                records=[row["value"]],
                reported=row["value"],
                read=None,
            )
            for row in rows
        ]


class _NoDoubts(Doubts):
    def __init__(self) -> None:
        pass

    def of(self, *_: Any, **__: Any) -> list[str]:
        return []


class _Origins(Origins):
    def __init__(self, history: pl.DataFrame, releases: pl.DataFrame, decisions: pl.DataFrame, *, listed: bool) -> None:
        self.flow, self.releases, self.records = "export", releases, _Listed() if listed else _NoRecords()
        exports = history.filter(pl.col("flow") == "export")
        self.observation, self.decided = ledger.current_statements(exports), Decided(releases, decisions, exports)
        self._reported, self._printed, self._priorities, self._whole, self._levels = {}, {}, {}, {}, {}


class _Tracer(Tracer):
    def __init__(self, metric: pl.DataFrame, origins: Origins) -> None:
        self._levels, self._ranked = {}, {}
        self.reporter, self.doubts = Reporter.of(origins.releases), _NoDoubts()
        self.metric, self.origins, self.flow = metric.filter(pl.col("flow") == "export"), origins, "export"
        self.snapshot = type("Snapshot", (), {"id": "none"})()


def tracer_of(store: Store, *decisions: Row, listed: bool = False) -> Tracer:
    """A tracer of the exports of a store. Its traces name the decisions, and its figures ignore them; they list the
    numbers of the ledger where that is asked."""
    releases, history = release_table(*(row for row, _ in store)), merged(store)
    return _Tracer(
        derive(ledger.current_statements(history), releases),
        _Origins(history, releases, decision_table(*decisions), listed=listed),
    )
