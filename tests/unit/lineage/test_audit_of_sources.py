"""The figures of every source are traced back to the printed numbers, also where a record says several things."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from flows.release import ingest as ingest_release
from schemas.forms.request import ReleaseRequest
from tasks.lineage.audit import audit
from tasks.store.reporters import stores_of

ANSWERS = Path(__file__).parents[2] / "replay" / "answers"
TODAY = date(2026, 8, 20)


@pytest.mark.parametrize(
    ("name", "declared"),
    [
        ("comext.csv", {"source": "eurostat_comext", "reporter": "EU27"}), ("ots.json", {"source": "hmrc_ots"}),
        # Two valuations in one record.
        ("census.json", {"source": "us_census"}),
        # A record has all months of a year.
        ("estat.csv", {"source": "japan_estat"}),
        # A record has a month, the year to date, and the year to date a year before.
        ("preliminary_exports.html", {"source": "gacc_preliminary"}),
    ],
)  # fmt: skip
def test_every_figure_is_traced_to_the_numbers_of_its_records(
    tmp_path: Path, name: str, declared: dict[str, Any]
) -> None:
    request = ReleaseRequest(
        file=ANSWERS / name, store=tmp_path / "store", partners="all", released_on=date(2026, 8, 14), **declared
    )
    assert ingest_release(request, TODAY).status == "published"
    (store,) = stores_of(tmp_path / "store").values()
    report = audit(Path(store), 30)
    assert report.problems == []
    assert report.traced >= 4
