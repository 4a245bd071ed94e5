"""Three sources with a month of one product, replayed on the loopback, and requests to them."""

from pathlib import Path
from typing import Any

from schemas.forms.fetch import FetchRequest
from tests.replay.server import Asked, Replay, Reply
from tests.unit.sources.census.us_census_answers import NAMES, line
from tests.unit.sources.census.us_census_answers import answer as census
from tests.unit.sources.eurostat.comext_answers import CELLS
from tests.unit.sources.eurostat.comext_answers import answer as comext
from tests.unit.sources.hmrc.ots_answers import page, row

SECRET = "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00"
MONTH = "2026-05"
COMEXT, HMRC, CENSUS = "/eurostat/api/comext/", "/OTS", "/data/timeseries/intltrade/imports/hs"


def replayed() -> Replay:
    """The site; whoever asks for it closes it."""
    replay = Replay()
    cells = [cell for cell in CELLS if not cell[0].startswith(("EXT", "INT"))]
    replay.route(COMEXT, Reply(comext(cells, product="850511", period=MONTH)))
    replay.route(HMRC, Reply(page(row(1000.0, 100.0, month=202605), row(500.0, 50.0, port=2, month=202605))))
    replay.route(CENSUS, keyed)
    return replay


def keyed(asked: Asked) -> Reply:
    """What the Census Bureau answers: with the key the rows, without it a redirect to a page."""
    if asked.query.get("key") != [SECRET]:
        return Reply(status=302, headers={"Location": "/data/missing_key.html"})
    return Reply(census([line("5700", "10", "11", "4", month=MONTH), line("-", "10", "11", "4", month=MONTH)], NAMES))


def requested(source: str, site: Replay, inbox: Path, **given: Any) -> FetchRequest:
    """A request for that month."""
    asked = {"source": source, "inbox": inbox, "base": site.base, "products": ["850511"], "flows": ["import"]}
    return FetchRequest.model_validate({**asked, "months": MONTH, **given})
