"""Traps of the sources that are of no single adapter."""

import gzip
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from comext_bulk import Row as BulkRow
from comext_bulk import text
from release_pages import GOODS, SPANS, TITLE, goods

from schemas.reference.code_tables import code_table
from schemas.tables.observation import Detail
from schemas.tables.release import Release
from tasks.domain.errors import Refused
from tasks.ingest.normalise import Normalised
from tasks.ledger.merge import merge
from tasks.sources.gacc_site import linked
from tasks.sources.registry import SOURCES
from tests.unit.sources.test_eurostat_bulk import read as read_bulk
from tests.unit.sources.test_eurostat_comext import VALUE, answer
from tests.unit.sources.test_eurostat_comext import read as read_comext
from tests.unit.sources.test_gacc_pages import read as read_page
from tests.unit.sources.test_gacc_site import index


@pytest.mark.shared
@pytest.mark.parametrize("source", sorted({*SOURCES}))
def test_no_other_adapter_reads_a_file_of_comtrade(shared_data: Path, source: str) -> None:
    """Nor does its own where an answer is of a year or was cut off, or where a project has made a table of it."""
    files = [
        *(shared_data / "comtrade_api").glob("*_v1_*.json"),
        *(shared_data / "comtrade_api").glob("preview_*.json"),
    ]
    files += [*(shared_data / "comtrade").glob("*.gz"), *(shared_data / "mirror_pairs").glob("comtrade_*.csv")]
    assert len(files) >= 7
    for file in files:
        data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        with pytest.raises(Refused) as refused:
            SOURCES[source].parse(data, file.name)
        assert file.name in refused.value.where


BULK = (
    "REPORTER,PARTNER,TRADE_TYPE,PRODUCT_NC,PRODUCT_SITC,PRODUCT_CPA21,PRODUCT_CPA22,PRODUCT_BEC,PRODUCT_BEC5,PRODUCT_SECTION,FLOW,STAT_PROCEDURE,"
    "SUPPL_UNIT,PERIOD,VALUE_EUR,VALUE_NAC,QUANTITY_KG,QUANTITY_SUPPL_UNIT\r\n"
    "DE,CN,E,85051110,77881,27.90,27.90,42,0,16,1,1,-,202605,1000,1000,100,0\r\n"
    "DE,CN,E,85051110,77881,27.90,27.90,42,0,16,1,2,-,202605,500,500,50,0\r\n"
)


@pytest.mark.parametrize("source", sorted({*SOURCES} - {"eurostat_bulk"}))
def test_a_part_of_the_bulk_file_is_refused_by_all_other_adapters(source: str) -> None:
    """It has a row for each procedure; an adapter that took the first one of a cell would lose trade."""
    with pytest.raises(Refused) as refused:
        SOURCES[source].parse(BULK.encode(), "full_202605.dat")
    assert "full_202605.dat" in refused.value.where


def test_a_line_whose_label_changed_has_a_definition_break() -> None:
    rows = code_table("definition_breaks").filter(pl.col("what").str.contains("the label Rare earth became"))
    assert rows.height == 1
    row = rows.row(0, named=True)
    assert "line:rare_earths" in row.values()
    assert "2026-02" in row.values()


def test_a_late_issue_changes_only_the_months_that_it_has(tmp_path: Path) -> None:
    """A re-issue of a month of eighteen months ago speaks of that month alone."""
    release = read_comext(answer([("CN", VALUE, "5")], period="2025-02"), tmp_path)
    row = release.release.row(0, named=True)
    assert (row["first_month"], row["last_month"]) == (date(2025, 2, 1), date(2025, 2, 1))


@pytest.mark.parametrize(
    ("updated", "day"), [("14/08/26 11:00:00", date(2026, 8, 14)), ("13/02/26 11:00:00", date(2026, 2, 13)), ("14/08/26 23:59:59", date(2026, 8, 14))]
)  # fmt: skip
def test_eleven_in_luxembourg_is_that_day_in_summer_and_winter(tmp_path: Path, updated: str, day: date) -> None:
    """In Beijing it is 17 or 18 o'clock, and late in the evening the next day; the source's day counts."""

    def on(day: date) -> Normalised:
        return read_comext(answer([("CN", VALUE, "5")], period="2025-06", updated=updated), tmp_path, released_on=day)

    assert on(day).detail["known_from"].to_list() == [day]
    # No figure is known before the day that the source prints.
    with pytest.raises(Refused, match=str(day)):
        on(date.fromordinal(day.toordinal() - 1))


PRELIMINARY_DAYS = {
    2025: "01-13 03-07 04-14 05-09 06-09 07-14 08-07 09-08 10-13 11-07 12-08",
    2026: "01-14 03-10 04-14 05-09 06-09 07-14 08-07 09-08 10-14 11-10 12-08",
}


@pytest.mark.parametrize("year", PRELIMINARY_DAYS)
def test_the_calendar_has_the_official_days_of_the_preliminary_release(year: int) -> None:
    """As announced for each year; January and February come in March."""
    rows = code_table("release_calendar").filter(
        pl.col("kind") == "preliminary", pl.col("expected_on").str.starts_with(f"{year}-")
    )
    assert rows["expected_on"].unique().sort().to_list() == [f"{year}-{day}" for day in PRELIMINARY_DAYS[year].split()]


def test_a_code_without_its_leading_zero_is_set_aside(tmp_path: Path) -> None:
    """Another program made the code a number; it might be any other one, so it is not guessed."""
    release = read_bulk(text([BulkRow(product="1012100"), BulkRow()]), tmp_path)
    assert {*release.detail["product"].cast(pl.String)} == {"85051110"}
    assert release.quarantine["record"].to_list() == [1]


def test_re_exports_of_the_api_are_no_exports(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="flow"):
        read_comext(answer([("CN", VALUE, "5")], flow="3"), tmp_path)


@pytest.mark.parametrize(
    "link", ["<a href=/a.html>Mar.</a>", "<a href='/a.html'>Mar.</a>", '<a  HREF="/a.html" >Mar.</a>']
)
def test_an_index_without_quotes_around_its_links_is_read(link: str) -> None:
    assert [address for *_, address in linked(index(link), 2026, "gacc_preliminary")] == [
        "http://english.customs.gov.cn/a.html"
    ]


def test_a_changed_column_of_the_year_before_is_a_revision_of_that_year(tmp_path: Path) -> None:
    """The page of May 2025 is not rewritten; that of May 2026 has another figure of January to May 2025."""
    first = read_page(goods(), tmp_path / "2025", released_on=date(2025, 6, 10))
    after = [[*row[:6], "24,827.1" if row[0].startswith("Rare earth") else row[4], row[5], *row[8:]] for row in GOODS]
    later = read_page(
        goods(after, title=TITLE.replace("2025", "2026"), day="2026/06/09", spans=[span.replace("2024", "2025") for span in SPANS]), tmp_path / "2026",
        released_on=date(2026, 6, 10),
    )  # fmt: skip
    ledger = merge(
        Detail.validate(pl.concat([first.detail, later.detail])),
        Release.validate(pl.concat([first.release, later.release])),
    )
    said = ledger.filter(
        product="line:rare_earths", measure="quantity_kg", period_start=date(2025, 1, 1), period_end=date(2025, 5, 31)
    )
    assert said.sort("known_from").select("value", "known_from", "known_until").rows() == [
        (24_827_000, date(2025, 6, 10), date(2026, 6, 10)), (24_827_100, date(2026, 6, 10), None),
    ]  # fmt: skip
