"""Drawn: releases of several reporters, in any interleaving, leave each reporter what a store of its own would have."""

import shutil
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import NamedTuple

from bad_inputs.download import csv_bytes, magnets
from hypothesis import given
from hypothesis import strategies as st

from flows.release import release
from schemas.forms.request import ReleaseRequest
from tasks.store.snapshot import open_snapshot
from tests.draws import draws
from tests.integration.test_reporters import state
from tests.unit.sources.test_hmrc_ots import page, row
from tests.unit.sources.test_us_census import answer as census
from tests.unit.sources.test_us_census import line

DAY = date(2026, 9, 1)
# What is said of the way to a state, and not of the state.
OF_THE_WAY = ("lineage", "finding")


class Dropped(NamedTuple):
    """A release: its reporter and source, the quantity that is drawn, and its day."""

    reporter: str
    source: str
    amount: int
    day: date


BYTES: dict[str, Callable[[int], bytes]] = {
    "gacc_query": lambda kg: csv_bytes([magnets("502", str(kg), f"{57 * kg:,}"), magnets("304", "764000", "43,548,120")]),
    "hmrc_ots": lambda kg: page(row(10.0 * kg, float(kg)), row(500.0, 50.0, port=2)),
    "us_census": lambda kg: census([line(code, str(60 * kg), str(61 * kg), str(kg)) for code in ("5700", "-")]),
}  # fmt: skip
REPORTERS = {"gacc_query": "CHN", "hmrc_ots": "GBR", "us_census": "USA"}


@st.composite
def interleavings(draw: st.DrawFn) -> list[Dropped]:
    """One to three releases of each of two or three reporters, of different days, in any order."""
    sources = draw(st.lists(st.sampled_from(sorted(REPORTERS)), min_size=2, max_size=3, unique=True))
    dropped = []
    for source in sources:
        days = draw(st.lists(st.integers(1, 20), min_size=1, max_size=3, unique=True))
        dropped += [
            Dropped(REPORTERS[source], source, draw(st.integers(100_000, 110_000)), date(2026, 8, day)) for day in days
        ]
    return draw(st.permutations(dropped))


def ingested(root: Path, one: Dropped) -> None:
    file = root.parent / f"{one.reporter}-{one.day}.csv"
    file.write_bytes(BYTES[one.source](one.amount))
    flow = "export" if one.source == "gacc_query" else None
    request = ReleaseRequest(file=file, store=root, source=one.source, flow=flow, partners="all", released_on=one.day)  # type: ignore[arg-type]
    assert release.fn(request, DAY).status == "published"


def hashes(store: Path) -> dict[str, str]:
    snapshot = open_snapshot(store)
    assert snapshot is not None
    return {entry.path: entry.sha256 for entry in snapshot.files if entry.table not in OF_THE_WAY}


@draws(4)
@given(interleavings())
def test_each_reporter_has_what_a_store_of_its_own_would_have(order: list[Dropped]) -> None:
    base = Path(tempfile.mkdtemp(prefix="tidewaiter-"))
    try:
        root = base / "store"
        for one in order:
            others = {path: state(path) for path in root.glob("reporter=*") if path.name != f"reporter={one.reporter}"}
            ingested(root, one)
            for path, before in others.items():
                assert state(path) == before
        for reporter in sorted({one.reporter for one in order}):
            # Its own releases, oldest first.
            for one in sorted((one for one in order if one.reporter == reporter), key=lambda one: one.day):
                ingested(base / reporter, one)
            alone = hashes(base / reporter / f"reporter={reporter}")
            assert len(alone) > 5
            assert hashes(root / f"reporter={reporter}") == alone
    finally:
        shutil.rmtree(base)
