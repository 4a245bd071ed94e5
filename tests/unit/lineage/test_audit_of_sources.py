"""The figures of every source are traced back to the printed numbers, also where a record says several things."""

from pathlib import Path

import pytest

from tasks.lineage.audit import audit
from tests.unit.published_stores import publish

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows", "experimental_sources_are_trusted")

ANSWERS = Path(__file__).parents[2] / "replay" / "answers"


@pytest.mark.parametrize(
    ("name", "source", "reporter"),
    [
        ("comext.csv", "eurostat_comext", "EU27"), ("ots.json", "hmrc_ots", "GBR"),
        # Two valuations in one record.
        ("census.json", "us_census", "USA"),
        # A record has all months of a year.
        ("estat.csv", "japan_estat", "JPN"),
        # A record has a month, the year to date, and the year to date a year before.
        ("preliminary_exports.html", "gacc_preliminary", "CHN"),
    ],
)  # fmt: skip
def test_every_figure_is_traced_to_the_numbers_of_its_records(
    tmp_path: Path, name: str, source: str, reporter: str
) -> None:
    publish(tmp_path, reporter, name, (ANSWERS / name).read_bytes(), source)
    report = audit(tmp_path / "store" / f"reporter={reporter}", 30)
    assert report.problems == []
    assert report.traced >= 4
