"""Traps of the sources that are of no single adapter."""

import gzip
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from comext_bulk import Row as BulkRow
from comext_bulk import text

from schemas.reference.code_tables import code_table
from tasks.domain.errors import Refused
from tasks.ingest.normalise import Normalised
from tasks.sources.gacc_site import linked
from tasks.sources.registry import SOURCES
from tests.unit.sources.test_eurostat_bulk import read as read_bulk
from tests.unit.sources.test_eurostat_comext import VALUE, answer
from tests.unit.sources.test_eurostat_comext import read as read_comext
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
