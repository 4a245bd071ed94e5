"""The deployment that fetches the members of the EU: coverage of a month is partial until the last of them has reported.

Three members stand for the 27, of which each costs a publication.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from flows.cli.app import app
from flows.fetch import fetch
from flows.watch import watch
from schemas.forms.fetch import FetchReport, FetchRequest
from schemas.forms.watch import WatchRequest
from tasks.fetch.transport import Policy
from tasks.reports import groups
from tasks.reports.groups import group_month
from tasks.reports.sources import source_states
from tests.replay.server import Asked, Replay, Reply
from tests.unit.sources.test_eurostat_comext import HEADER, MASS, VALUE, answer

DEPLOYMENTS = Path(__file__).parents[2] / "deployments" / "prefect.yaml"
CODE, MONTH, TODAY = "850511", "2025-06", date(2025, 8, 20)
ASKED = groups.Asked("import", CODE, date(2025, 6, 1), "value_eur", "CHN")
MEMBERS = ["DEU", "MLT", "NLD"]
# Each member has another number, so that none can stand for another.
EUROS = {"DE": 1001, "MT": 1002, "NL": 1004}
LATE = "NL"


class Eurostat:
    """The API on this machine: members that have reported, and the EU as one, which is their sum."""

    def __init__(self) -> None:
        self.late = {LATE}
        self.of_the_union = sum(EUROS.values())

    def answer(self, asked: Asked) -> Reply:
        reporter = asked.path.rpartition("/")[2].split(".")[1]
        if reporter in self.late:
            return Reply(f"{HEADER}\r\n".encode())
        euros = self.of_the_union if reporter == "EU27_2020" else EUROS[reporter]
        return Reply(
            answer(
                [("CN", VALUE, str(euros)), ("CN", MASS, "4.00")],
                reporter=reporter,
                product=CODE,
                period=MONTH,
                updated="14/08/25 11:00:00",
            )
        )


@pytest.fixture
def eurostat(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Eurostat, str]]:
    site, source = Replay("Thu, 14 Aug 2025 09:05:00 GMT"), Eurostat()
    site.route("/eurostat/api/comext/", source.answer)
    monkeypatch.setattr("flows.fetch.POLICY", Policy(pause=0.0, waits=()))
    for module in ("groups", "sources"):
        monkeypatch.setattr(f"tasks.reports.{module}.members_of", lambda group, month: MEMBERS)
    monkeypatch.setattr(
        "tasks.sources.eurostat_comext.reporters", lambda: {"EU27": "EU27_2020", "DEU": "DE", "MLT": "MT", "NLD": "NL"}
    )
    yield source, site.base
    site.close()


def deployed(base: str, inbox: Path) -> FetchReport:
    """What the deployment runs, of one code and month and in one direction."""
    places = yaml.safe_load(DEPLOYMENTS.read_text(encoding="utf-8"))["deployments"]
    (request,) = (place["parameters"]["request"] for place in places if place["name"] == "fetch-eurostat-members")
    given = {**request, "inbox": inbox, "base": base, "products": [CODE], "flows": ["import"], "months": MONTH}
    return fetch.fn(FetchRequest.model_validate(given), TODAY)


def covered(store: Path) -> tuple[int, str]:
    asked = f"coverage {CODE} --month {MONTH} --flow import --measure value_eur --partner CHN --store {store}"
    done = CliRunner().invoke(app, asked.split(), env={"COLUMNS": "300"})
    return done.exit_code, done.output


def test_a_month_of_the_union_is_partial_until_its_last_member_has_reported(
    eurostat: tuple[Eurostat, str], tmp_path: Path
) -> None:
    source, base = eurostat
    inbox, store = tmp_path / "inbox", tmp_path / "store"
    wanted = WatchRequest(inbox=inbox, store=store, settle_seconds=0)
    report = deployed(base, inbox)
    assert (report.count("new"), report.count("not out")) == (3, 1)
    assert {one.outcome for one in watch.fn(wanted, TODAY).taken} == {"published"}
    found = group_month(store, "EU27", ASKED)
    assert (found.status, found.total, found.absent, found.printed) == ("partial", None, ["NLD"], source.of_the_union)
    code, text = covered(store)
    assert (code, "EU27 2025-06: partial; without NLD there is no sum" in text) == (1, True)
    (state,) = (state for state in source_states(store, [inbox], TODAY).sources if state.source == "eurostat_comext")
    assert (state.last_month, state.lacking) == (MONTH, ["NLD"])

    source.late.clear()
    report = deployed(base, inbox)
    assert (report.count("new"), report.count("unchanged")) == (1, 3)
    watch.fn(wanted, TODAY)
    found = group_month(store, "EU27", ASKED)
    assert (found.status, found.total, found.printed, found.differs) == (
        "complete",
        sum(EUROS.values()),
        source.of_the_union,
        False,
    )
    assert {part.level for part in found.parts} == {*EUROS.values()}
    code, text = covered(store)
    assert code == 0, text
    assert f"EU27 as one reporter prints {source.of_the_union:,}, the sum of its members" in text
