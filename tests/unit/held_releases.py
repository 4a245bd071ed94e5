"""Releases into one store that are held, and approved."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from bad_inputs.download import CLEAN_RECORDS, csv_bytes

from flows.ingestion import ingest as ingest_release
from schemas.forms.outcome import Outcome
from schemas.forms.request import ReleaseRequest
from tasks.domain.errors import Held
from tasks.inbox import held as held_releases

TODAY = date(2025, 8, 1)
NOW = datetime(2025, 8, 2, 9, tzinfo=UTC)
JUNE, WITHOUT_PARTNERS = csv_bytes(CLEAN_RECORDS[:6]), csv_bytes(CLEAN_RECORDS[:1])


Ingest = Callable[..., Outcome]


def ingest_into(store: Path) -> Ingest:
    def ingest(data: bytes, day: int = 20, name: str = "june.csv", *, today: date = TODAY, **declared: Any) -> Outcome:
        file = store.parent / name
        file.write_bytes(data)
        told = {"source": "gacc_query", "flow": "export", "partners": "all", "released_on": date(2025, 7, day)}
        return ingest_release(ReleaseRequest(file=file, store=store, **told | declared), today)

    return ingest


def held_from(ingest: Ingest, data: bytes, *given: Any, **declared: Any) -> Held:
    with pytest.raises(Held) as raised:
        ingest(data, *given, **declared)
    return raised.value


def approve(store: Path, release_id: str) -> None:
    held_releases.decide(store, release_id, "approve", "Li Wei", "compared with the site", NOW)
