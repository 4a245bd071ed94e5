"""A small whole file of every registered source, in its exact form, with what a person declares of it; all numbers are
invented."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from bad_inputs.download import CLEAN

from tests.unit import census_archive, comext_bulk, comtrade_answers, release_pages
from tests.unit.sources.census import test_us_census
from tests.unit.sources.eurostat import test_eurostat_comext
from tests.unit.sources.hmrc import test_hmrc_bulk, test_hmrc_ots
from tests.unit.sources.offices import (
    test_brazil_comexstat,
    test_chile_aduanas,
    test_hongkong_csd,
    test_india_meidb,
    test_japan_estat,
    test_newzealand_stats,
)
from tests.unit.sources.offices.test_published import PUBLISHED, row


class Sample(NamedTuple):
    """The bytes of a file, its name, and what is declared of it besides the source."""

    data: bytes
    name: str
    declared: Mapping[str, Any] = {}


def _country(partner: str, code: int, value: float, mass: float) -> dict[str, Any]:
    return comtrade_answers.row(partner, value, mass, partnerCode=code)


# Every partner of a sample has numbers of its own, so that a number that changes place is seen.
SAMPLES: Mapping[str, Sample] = {
    "brazil_comexstat": Sample(test_brazil_comexstat.file(*test_brazil_comexstat.JANUARY), "EXP_2026.csv"),
    "chile_aduanas": Sample(
        test_chile_aduanas.workbook(*test_chile_aduanas.ROWS), "impo_sa_monto_0103_2025.xlsx", {"partners": "listed"}
    ),
    "eurostat_bulk": Sample(
        comext_bulk.text(
            [
                comext_bulk.Row(),
                comext_bulk.Row("US", "2500", "31"),
                comext_bulk.Row("JP", "77", "5"),
                comext_bulk.Row("FR", "66", "7", trade="I", product="64039900", unit="PA", amount="9"),
            ]
        ),
        "full_v2_202506.dat",
        {"reporter": "DEU"},
    ),
    "eurostat_comext": Sample(test_eurostat_comext.answer(), "comext.csv", {"reporter": "EU27"}),
    "gacc_bulletin": Sample(release_pages.bulletin_countries(release_pages.country_rows()), "bulletin.html"),
    "gacc_preliminary": Sample(release_pages.goods(), "exports.html"),
    "gacc_query": Sample(CLEAN, "download.csv", {"flow": "export"}),
    "hmrc_bulk": Sample(
        test_hmrc_bulk.file(
            test_hmrc_bulk.record(1_000, 100),
            test_hmrc_bulk.record(234, 5, port="131FXT"),
            test_hmrc_bulk.record(9, 1, country="400US"),
            test_hmrc_bulk.record(51, 12, code="06031100"),
        ),
        test_hmrc_bulk.NAME,
    ),
    "hmrc_ots": Sample(
        test_hmrc_ots.page(
            test_hmrc_ots.row(port=1),
            test_hmrc_ots.row(7.0, 2.0, country="XS"),
            test_hmrc_ots.row(500.0, 50.0, port=2),
            test_hmrc_ots.row(31.0, 3.0, flow=1, country="DE"),
        ),
        "ots.json",
    ),
    "hongkong_csd": Sample(
        test_hongkong_csd.answer(
            test_hongkong_csd.row(12),
            test_hongkong_csd.row(340, "QCm"),
            test_hongkong_csd.row(3, partner="JP"),
            test_hongkong_csd.row(5, "QCm", partner="JP"),
        ),
        test_hongkong_csd.NAME,
    ),
    "india_meidb": Sample(test_india_meidb.page(), test_india_meidb.NAME),
    "japan_estat": Sample(
        test_japan_estat.file(
            test_japan_estat.line(test_japan_estat.JAN_TO_MAR),
            test_japan_estat.line([(0, 7, 70), (0, 8, 81), (0, 9, 95)], country=test_japan_estat.CHINA),
        ),
        "estat.csv",
    ),
    "newzealand_stats": Sample(
        test_newzealand_stats.file(*test_newzealand_stats.ROWS), "Jan_2025_Exports_HS10_by_Country.csv"
    ),
    "published": Sample(
        (PUBLISHED + row() + row("value", value="12.5,USD million", place="WLD,2025-06")).encode(), "press.csv"
    ),
    "un_comtrade": Sample(
        comtrade_answers.answer(
            _country("W00", 0, 1600.0, 160.0), _country("JPN", 392, 1000.0, 100.0), _country("KOR", 410, 600.0, 60.0)
        ),
        "comtrade.json",
        {"reporter": "CHN"},
    ),
    "us_census": Sample(test_us_census.answer(), "census.json"),
    "us_census_bulk": Sample(
        census_archive.archive(census_archive.Row(), census_archive.Row(country="5880", value=77, quantity=5)),
        "IMDB2506.ZIP",
    ),
}
