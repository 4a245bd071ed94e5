"""Fetch, watch and the command without a server: three reporters of one month from a replayed source into their stores."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from flows.fetch import fetch
from flows.watch import watch
from schemas.forms.watch import WatchRequest
from tasks.fetch.transport import Policy
from tests.replay.server import Replay
from tests.unit.fetched_site import MONTH, SECRET, replayed, requested

TODAY = date(2026, 8, 20)
SOURCES: tuple[tuple[str, list[str]], ...] = (("eurostat_comext", ["EU27"]), ("hmrc_ots", []), ("us_census", []))


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Replay]:
    replay = replayed()
    monkeypatch.setattr("flows.fetch.POLICY", Policy(pause=0.0, waits=(0.0, 0.0, 0.0)))
    monkeypatch.setenv("TIDEWAITER_CENSUS_KEY", SECRET)
    yield replay
    replay.close()


def values_of(store: Path, column: str) -> dict[str, float]:
    rows = pl.read_parquet(store / "reporter=*" / "current" / "trade_flow" / "**" / "*.parquet")
    return dict(rows.select("partner", column).iter_rows())


def test_a_month_of_three_reporters_is_fetched_and_published_with_nobody_touching_anything(
    site: Replay, tmp_path: Path
) -> None:
    inbox = tmp_path / "inbox"
    # A second time nothing is new, and nothing is published.
    for headline, taken in (("1 new", [("published", MONTH)]), ("nothing new", [])):
        for source, reporters in SOURCES:
            assert fetch.fn(requested(source, site, inbox, reporters=reporters)).headline == headline
            look = WatchRequest(inbox=inbox, store=tmp_path / source, source=source, settle_seconds=0)
            assert [(one.outcome, one.reason[:7]) for one in watch.fn(look, TODAY).taken] == taken
    assert values_of(tmp_path / "eurostat_comext", "value_eur")["CHN"] == 1_066_047
    assert values_of(tmp_path / "eurostat_comext", "quantity_kg")["CHN"] == 90_028
    assert values_of(tmp_path / "hmrc_ots", "value_gbp") == {"CHN": 1500.0}
    assert values_of(tmp_path / "us_census", "value_usd") == {"CHN": 10.0}
    searched = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(searched) > 100
    assert [path for path in searched if SECRET.encode() in path.read_bytes()] == []
