"""The recorded answers at their addresses, and the two faults."""

from collections.abc import Iterator

import httpx
import pytest

from tasks.sources.registry import SOURCES
from tests.replay.server import Replay
from tests.replay.site import ANSWERS, KEY, open_site


@pytest.fixture
def site() -> Iterator[Replay]:
    made = open_site()
    yield made
    made.close()


def get(site: Replay, path: str) -> httpx.Response:
    return httpx.get(f"{site.base}{path}", trust_env=False, follow_redirects=False)


@pytest.mark.parametrize(
    ("path", "file", "source"),
    [
        ("/eurostat/api/comext/dissemination/sdmx/2.1/data/DS-045409/M.DE?x=1", "comext.csv", "eurostat_comext"), ("/en/stat-search/file-download?a=1", "estat.csv", "japan_estat"),
        ("/Statics/anything.html", "preliminary_exports.html", "gacc_preliminary"), (f"/data/timeseries/intltrade/imports/hs?key={KEY}", "census.json", "us_census"),
    ],
)  # fmt: skip
def test_each_address_has_its_recorded_answer_which_its_adapter_reads(site: Replay, path: str, file: str, source: str) -> None:  # fmt: skip
    found = get(site, path)
    assert found.status_code == 200
    assert found.content == (ANSWERS / file).read_bytes()
    assert SOURCES[source].parse(found.content, file).reported.height > 0
