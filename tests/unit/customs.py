"""A store into which downloads of one query come on days, through the flow, and what it says."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
from bad_inputs.download import csv_bytes, in_month, magnets

from flows.ingestion import ingest as ingest_release
from flows.withdraw import publish_decision
from schemas.forms.outcome import Outcome
from schemas.forms.request import ReleaseRequest, WithdrawalRequest
from tasks.inbox import held as held_releases
from tasks.reading import query
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import read_table

DAY, NEXT, LATER = date(2025, 7, 20), date(2025, 7, 21), date(2025, 9, 1)
MAY = [magnets("502", "46000", "2,622,000", "202505"), magnets("304", "209000", "11,913,000", "202505")]
USA, GERMANY = magnets("502", "353000", "20,121,000"), magnets("304", "764000", "43,548,120")
CHILE = magnets("412", "1000", "57,000")
# Another code with much of the trade, which somebody asked for by mistake.
OTHER = ("202506", "85051900", *USA[2:5], "900000", *USA[6:])
RIGHT = csv_bytes([*MAY, USA, GERMANY])


class Store:
    """A store into which files come on days, and what it says."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.folder, self.store = folder, folder / "reporter=CHN"

    def ingest(self, data: bytes, day: date = DAY, name: str = "june.csv", **declared: Any) -> Outcome:
        file = self.folder / name
        file.write_bytes(data)
        asked: dict[str, Any] = {
            "source": "gacc_query", "flow": "export", "partners": "all", "products": ["8505"],
            "months": "2025-05..2025-06",
        }  # fmt: skip
        return ingest_release(ReleaseRequest(file=file, store=self.store, **(asked | declared)), day)

    def approve(self, release_id: str, day: date = DAY, *, lifts_doubts: bool = False) -> Outcome:
        now = datetime(2025, 7, 20, tzinfo=UTC)
        decided = held_releases.decide(
            self.store, release_id, "approve", "Li Wei", "so it is", now, lifts_doubts=lifts_doubts
        )
        with held_releases.reopened(self.store, decided) as request:
            return ingest_release(request, day)

    def withdraw(self, release_id: str, day: date, reason: str = "wrong file", *, undo: bool = False) -> Outcome:
        request = WithdrawalRequest(release_id=release_id, by="Li Wei", reason=reason, undo=undo, store=self.store)
        return publish_decision(request, day)

    @property
    def snapshot(self) -> Snapshot:
        return query.open_published(self.store)

    def kilograms(self, partner: str = "USA", product: str = "85051110", **as_of: date) -> list[float]:
        found = query.query(self.store, "metric", product=product, partner=partner, month=(2025, 6), **as_of)
        return found.filter(measure="quantity_kg")["level"].drop_nulls().to_list()

    def words(self, partner: str = "USA", product: str = "85051110") -> list[tuple[Any, ...]]:
        found = query.query(self.store, "observation", product=product, partner=partner, month=(2025, 6))
        return (
            found.filter(measure="quantity_kg").sort("known_from").select("value", "known_from", "known_until").rows()
        )


def ingest_month(store: Path, month: str) -> Outcome:
    """Ingest the usual download of a month, such as `202506`, which was public on the 20th of the next one."""
    file = store.parent / f"{month}.csv"
    file.write_bytes(csv_bytes(in_month(month)))
    public = date(int(month[:4]), int(month[4:]) + 1, 20)
    told: dict[str, Any] = {"source": "gacc_query", "flow": "export", "partners": "all", "released_on": public}
    return ingest_release(ReleaseRequest(file=file, store=store, **told), date(2025, 8, 1))


def figures_of(store: Store) -> list[pl.DataFrame]:
    """What stands now, as readers get it."""
    found = []
    for model, order in (
        ("metric", ("flow", "period", "product", "partner", "measure")),
        ("trade_flow", ("flow", "period", "product", "partner")),
    ):
        rows = read_table(store.snapshot, model)
        found.append(rows.sort([name for name in order if name in rows.columns]))
    return found


def same_figures(one: Store, other: Store) -> bool:
    return all(mine.equals(theirs) for mine, theirs in zip(figures_of(one), figures_of(other), strict=True))
