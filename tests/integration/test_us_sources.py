"""The answers of the Census Bureau's API and its archives are one set of numbers: a store takes both, in any order."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.release import release
from schemas.forms.outcome import Outcome
from schemas.forms.request import ReleaseRequest
from tests.unit.census_archive import Row, archive

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

NAMES = ["CTY_CODE", "GEN_VAL_MO", "GEN_CIF_MO", "GEN_QY1_MO", "UNIT_QY1", "I_COMMODITY", "time", "COMM_LVL"]
CODE = Row().code
MONTHS = {"2025-04": (1_000, 900), "2025-05": (1_250, 300), "2025-06": (2_000, 5)}
DAYS = {"2025-04": date(2025, 6, 5), "2025-05": date(2025, 7, 3), "2025-06": date(2025, 8, 5)}
TODAY = date(2026, 3, 1)
COUNTRIES = ("5700", "5880")
KEY = ["flow", "product", "partner", "measure", "period"]


def of_api(months: Sequence[str], corrected: int | None = None) -> bytes:
    """The answer about these months; `corrected` is another value of the first number."""
    rows = [
        [country, value, value + value // 20, value // 10, "NO", CODE, month, "HS10"]
        for month in months
        for country, value in zip(COUNTRIES, MONTHS[month], strict=True)
    ]
    if corrected is not None:
        rows[0][1:3] = [corrected, corrected + 50]
    return json.dumps([NAMES, *[[str(cell) for cell in row] for row in rows]]).encode()


def of_archive(month: str) -> bytes:
    """The archive of a month; a district each, and the year to date of the months before it."""
    rows = []
    for place, country in enumerate(COUNTRIES):
        value = MONTHS[month][place]
        so_far = sum(MONTHS[before][place] for before in MONTHS if before <= month)
        half = value // 2
        rows += [
            Row(country=country, value=half, charges=0, quantity=0, year_value=so_far),
            Row(country=country, value=value - half, charges=value // 20, quantity=value // 10, district="53",
                year_value=0),
        ]  # fmt: skip
    return archive(*rows, period=month)


class Store:
    """A store of the United States below a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.place = folder, folder / "store" / "reporter=USA"
        folder.mkdir()

    def take(self, name: str, data: bytes, source: str, day: date | None, months: str | None = None) -> Outcome:
        (self.folder / name).write_bytes(data)
        asked: dict[str, Any] = {"flow": "import", "partners": "all"} if source == "us_census" else {}
        form = {"file": self.folder / name, "store": self.place, "source": source, "released_on": day, **asked}
        return release.fn(ReleaseRequest.model_validate(form | ({"months": months} if months else {})), TODAY)

    def api(self, *months: str, day: date, corrected: int | None = None) -> Outcome:
        name = f"api-{day}-{months[0]}.json"
        return self.take(name, of_api(months, corrected), "us_census", day, f"{months[0]}..{months[-1]}")

    def bulk(self, month: str, day: date | None) -> Outcome:
        return self.take(f"IMDB{month[2:4]}{month[5:]}.ZIP", of_archive(month), "us_census_bulk", day)

    def figures(self) -> pl.DataFrame:
        """The figures of general imports of the code, without what names a release. An archive has all goods, so a
        store of it has headings and chapters too."""
        rows = pl.read_parquet(self.place / "current" / "metric" / "**" / "*.parquet", hive_partitioning=True)
        is_general = pl.col("measure").cast(pl.String).is_in(["value_usd", "value_usd_cif", "quantity_item"])
        figures = ["level", "mom_pct", "yoy_pct", "ytd", "share_pct"]
        return (
            rows.filter(is_general, pl.col("product").cast(pl.String) == CODE)
            .select(pl.col(KEY).cast(pl.String), *figures)
            .sort(KEY)
        )


@pytest.fixture(autouse=True)
def compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """The archives are experimental: their first release waits, which is not what these tests are about."""
    monkeypatch.setenv("TIDEWAITER_EXPERIMENTAL", "us_census_bulk")


def test_stores_of_the_api_of_archives_and_of_both_have_the_same_figures(tmp_path: Path) -> None:
    api, bulk, both = (Store(tmp_path / name) for name in ("api", "bulk", "both"))
    for month, day in DAYS.items():
        assert api.api(month, day=day).status == "published"
        assert bulk.bulk(month, day).status == "published"
        assert both.bulk(month, day).status == "published"
        assert both.api(month, day=day).status == "published"
    assert api.figures().height > 20
    assert api.figures().equals(bulk.figures())
    assert api.figures().equals(both.figures())
    june = api.figures().filter(partner="CHN", measure="value_usd", period="2025-06-01").row(0, named=True)
    assert (june["level"], june["mom_pct"]) == (2_000, pytest.approx(60))


def test_an_archive_of_a_past_month_takes_the_place_of_no_correction(tmp_path: Path) -> None:
    store = Store(tmp_path / "usa")
    assert store.api(*MONTHS, day=date(2025, 9, 4), corrected=1_100).status == "published"
    before = store.figures()
    held = store.bulk("2025-04", None)
    assert held.status == "held"
    (line,) = [line for line in held.lines if "older_print" in line]
    assert "1,000 here, 1,100 known since 2025-09-04" in line
    assert "--released-on" in line
    assert store.bulk("2025-04", DAYS["2025-04"]).status == "published"
    assert store.figures().equals(before)


def test_an_archive_that_says_the_same_and_one_that_is_newer_are_no_older_print(tmp_path: Path) -> None:
    store = Store(tmp_path / "usa")
    assert store.api(*MONTHS, day=date(2025, 9, 4)).status == "published"
    assert store.bulk("2025-05", None).status == "published"
    other = Store(tmp_path / "other")
    assert other.api("2025-04", day=DAYS["2025-04"], corrected=990).status == "published"
    assert "older_print" in " ".join(other.bulk("2025-04", date(2025, 6, 6)).lines)
