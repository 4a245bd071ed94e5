"""Fetch and watch as Prefect runs them: the names of runs and states, and a key that is nowhere."""

import json
import logging
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from prefect import get_client
from prefect.blocks.system import Secret
from prefect.settings import (
    PREFECT_API_DATABASE_CONNECTION_URL,
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    PREFECT_HOME,
    temporary_settings,
)
from prefect.testing.utilities import prefect_test_harness

from flows.announce import NeedsAttention
from flows.fetch import fetch
from flows.watch import watch
from schemas.forms.fetch import FetchRequest
from schemas.forms.watch import WatchRequest
from tasks.fetch.transport import Policy
from tasks.reports.sources import CALENDARS
from tasks.store.reporters import stores_of
from tests.replay.__main__ import written
from tests.replay.server import Asked, Replay, Reply
from tests.unit.sources.test_eurostat_comext import CELLS
from tests.unit.sources.test_eurostat_comext import answer as comext
from tests.unit.sources.test_hmrc_ots import page, row
from tests.unit.sources.test_us_census import NAMES, line
from tests.unit.sources.test_us_census import answer as census

SECRET = "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00"
MONTH = "2026-05"
COMEXT, HMRC, CENSUS = "/eurostat/api/comext/", "/OTS", "/data/timeseries/intltrade/imports/hs"

pytestmark = [
    pytest.mark.prefect,
    pytest.mark.filterwarnings(
        "ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
    ),
]


@pytest.fixture(scope="module", autouse=True)
def server() -> Iterator[None]:
    with (
        prefect_test_harness(server_startup_timeout=300),
        temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}),
    ):
        yield


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Replay]:
    replay = Replay()
    replay.route(
        COMEXT,
        Reply(
            comext([cell for cell in CELLS if not cell[0].startswith(("EXT", "INT"))], product="850511", period=MONTH)
        ),
    )
    replay.route(HMRC, Reply(page(row(1000.0, 100.0, month=202605), row(500.0, 50.0, port=2, month=202605))))
    replay.route(CENSUS, keyed)
    monkeypatch.setattr("flows.fetch.POLICY", Policy(pause=0.0, waits=(0.0, 0.0, 0.0)))
    monkeypatch.delenv("TIDEWAITER_CENSUS_KEY", raising=False)
    yield replay
    replay.close()


def keyed(asked: Asked) -> Reply:
    """What the Census Bureau answers: with the key the rows, without it a redirect to a page."""
    if asked.query.get("key") != [SECRET]:
        return Reply(status=302, headers={"Location": "/data/missing_key.html"})
    return Reply(census([line("5700", "10", "11", "4", month=MONTH), line("-", "10", "11", "4", month=MONTH)], NAMES))


def requested(source: str, site: Replay, inbox: Path, **given: Any) -> FetchRequest:
    return FetchRequest.model_validate(
        {
            "source": source,
            "inbox": inbox,
            "base": site.base,
            "products": ["850511"],
            "flows": ["import"],
            "months": MONTH,
            **given,
        }
    )


def test_a_fetch_is_a_run_with_a_name_and_its_key_is_in_nothing_that_is_kept(site: Replay, tmp_path: Path) -> None:
    """The key lies in a secret block, encrypted; searched are the inbox, the store and all that the server keeps."""
    Secret(value=SECRET).save("tidewaiter-census-key", overwrite=True)
    inbox, store = tmp_path / "inbox", tmp_path / "store"
    state = fetch(requested("us_census", site, inbox), return_state=True)
    assert (state.is_completed(), state.name) == (True, "1 new")
    report = watch(WatchRequest(inbox=inbox, store=store, source="us_census", settle_seconds=0))
    assert [(one.outcome, one.reason[:7]) for one in report.taken] == [("published", MONTH)]
    assert fetch(requested("us_census", site, inbox), return_state=True).name == "nothing new"
    assert {tuple(asked.query["key"]) for asked in site.asked} == {(SECRET,)}
    database = Path(PREFECT_API_DATABASE_CONNECTION_URL.value().partition(":///")[2])
    searched = [
        path for home in (tmp_path, PREFECT_HOME.value(), database.parent) for path in home.rglob("*") if path.is_file()
    ]
    assert any(path.suffix == ".db" for path in searched)
    assert any(path.suffix == ".parquet" for path in searched)
    assert [path for path in searched if SECRET.encode() in path.read_bytes()] == []


def pages(key: str) -> list[list[dict[str, str]]]:
    """The pages of the UI with this key, the newest first."""
    asked = {"artifacts": {"key": {"any_": [key]}}, "sort": "CREATED_DESC"}
    with get_client(sync_client=True) as client:
        found = client.request("POST", "/artifacts/filter", json=asked).json()
    return [json.loads(page["data"]) for page in found]


def test_two_reporters_go_into_one_store_and_one_page_shows_all_sources(site: Replay, tmp_path: Path) -> None:
    inbox, store = tmp_path / "inbox", tmp_path / "store"
    for source in ("hmrc_ots", "eurostat_comext"):
        asked = requested(source, site, inbox, **({"reporters": ["EU27"]} if source == "eurostat_comext" else {}))
        assert fetch(asked, return_state=True).is_completed()
    site.route(HMRC, Reply(b"<html>Sorry</html>"))
    assert fetch(requested("hmrc_ots", site, inbox), return_state=True).is_failed()
    report = watch(WatchRequest(inbox=inbox, store=store, settle_seconds=0), date(2026, 8, 20))
    assert [one.outcome for one in report.taken] == ["published", "published"]
    assert [*stores_of(store)] == ["EU27", "GBR"]
    rows = {row["source"]: row for row in pages("sources")[0]}
    assert [*rows] == [*CALENDARS]
    assert (rows["hmrc_ots"]["reporters"], rows["hmrc_ots"]["last month in"]) == ("GBR", MONTH)
    assert rows["hmrc_ots"]["overdue"] == "2026-06: 7 days"
    assert "a page where JSON was asked for" in rows["hmrc_ots"]["failing since"]
    assert (rows["eurostat_comext"]["last month in"], rows["eurostat_comext"]["failing since"]) == (MONTH, "")
    assert rows["us_census"]["last month in"] == "none"


def test_the_demonstration_shows_its_figures_in_the_ui() -> None:
    line = {
        "flow": "import",
        "product": "85051110",
        "list": "CN8",
        "partner": "CHN",
        "tonnes": "80.0",
        "million": "2.00",
        "currency": "GBP",
    }
    written([{"reporter": reporter, **line} for reporter in ("GBR", "USA")])
    assert [row["reporter"] for row in pages("figures")[0]] == ["GBR", "USA"]


def test_a_source_that_refuses_is_a_failed_run_and_says_so_without_the_key(
    site: Replay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = "badbadbadbadbadbadbadbadbadbadbadbadbadb"
    monkeypatch.setenv("TIDEWAITER_CENSUS_KEY", wrong)
    site.route("/data/missing_key", Reply(b"<html>Missing Key</html>"))
    caplog.set_level(logging.DEBUG)
    state = fetch(requested("us_census", site, tmp_path / "inbox"), return_state=True)
    assert (state.is_failed(), state.name) == (True, "1 refused")
    assert "a page where JSON was asked for" in state.message
    with pytest.raises(NeedsAttention, match="1 refused"):
        state.result()
    with get_client(sync_client=True) as client:
        run = client.read_flow_run(state.state_details.flow_run_id)
    assert run.name == "fetch us_census"
    assert wrong not in f"{state.message}{run.model_dump_json()}{caplog.text}"
