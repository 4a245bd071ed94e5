"""A small whole file of every registered source, in its exact form, with what a person declares of it; all numbers are
invented."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from bad_inputs.download import CLEAN

from tests.unit import census_archive, comext_bulk, comtrade_answers, release_pages
from tests.unit.sources.census import us_census_answers
from tests.unit.sources.eurostat import comext_answers
from tests.unit.sources.hmrc import hmrc_bulk_files, ots_answers
from tests.unit.sources.offices import (
    brazil_files,
    chile_files,
    estat_files,
    hongkong_answers,
    india_pages,
    newzealand_files,
)
from tests.unit.sources.offices.press_files import PUBLISHED, row


class Sample(NamedTuple):
    """The bytes of a file, its name, and what is declared of it besides the source."""

    data: bytes
    name: str
    declared: Mapping[str, Any] = {}


def _country(partner: str, code: int, value: float, mass: float) -> dict[str, Any]:
    return comtrade_answers.row(partner, value, mass, partnerCode=code)


# Every partner of a sample has numbers of its own, so that a number that changes place is seen.
SAMPLES: Mapping[str, Sample] = {
    "brazil_comexstat": Sample(brazil_files.file(*brazil_files.JANUARY), "EXP_2026.csv"),
    "chile_aduanas": Sample(
        chile_files.workbook(*chile_files.ROWS), "impo_sa_monto_0103_2025.xlsx", {"partners": "listed"}
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
    "eurostat_comext": Sample(comext_answers.answer(), "comext.csv", {"reporter": "EU27"}),
    "gacc_bulletin": Sample(release_pages.bulletin_countries(release_pages.country_rows()), "bulletin.html"),
    "gacc_preliminary": Sample(release_pages.goods(), "exports.html"),
    "gacc_query": Sample(CLEAN, "download.csv", {"flow": "export"}),
    "hmrc_bulk": Sample(
        hmrc_bulk_files.file(
            hmrc_bulk_files.record(1_000, 100),
            hmrc_bulk_files.record(234, 5, port="131FXT"),
            hmrc_bulk_files.record(9, 1, country="400US"),
            hmrc_bulk_files.record(51, 12, code="06031100"),
        ),
        hmrc_bulk_files.NAME,
    ),
    "hmrc_ots": Sample(
        ots_answers.page(
            ots_answers.row(port=1),
            ots_answers.row(7.0, 2.0, country="XS"),
            ots_answers.row(500.0, 50.0, port=2),
            ots_answers.row(31.0, 3.0, flow=1, country="DE"),
        ),
        "ots.json",
    ),
    "hongkong_csd": Sample(
        hongkong_answers.answer(
            hongkong_answers.row(12),
            hongkong_answers.row(340, "QCm"),
            hongkong_answers.row(3, partner="JP"),
            hongkong_answers.row(5, "QCm", partner="JP"),
        ),
        hongkong_answers.NAME,
    ),
    "india_meidb": Sample(india_pages.page(), india_pages.NAME),
    "japan_estat": Sample(
        estat_files.file(
            estat_files.line(estat_files.JAN_TO_MAR),
            estat_files.line([(0, 7, 70), (0, 8, 81), (0, 9, 95)], country=estat_files.CHINA),
        ),
        "estat.csv",
    ),
    "newzealand_stats": Sample(newzealand_files.file(*newzealand_files.ROWS), "Jan_2025_Exports_HS10_by_Country.csv"),
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
    "us_census": Sample(us_census_answers.answer(), "census.json"),
    "us_census_bulk": Sample(
        census_archive.archive(census_archive.Row(), census_archive.Row(country="5880", value=77, quantity=5)),
        "IMDB2506.ZIP",
    ),
}
