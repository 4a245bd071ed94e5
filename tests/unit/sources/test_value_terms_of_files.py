"""Each number of a file finds what it means: real files through all gates, joined to the table of terms as a reader
would.

Where no whole file of a source was available, its answer is made in the form of the source.
"""

from pathlib import Path
from typing import Any

import comtrade_answers
import polars as pl
import pytest
from comext_bulk import Row, text

from schemas.reference.code_tables import code_table
from tasks.sources.registry import SOURCES
from tests.unit.sources.census import us_census_answers
from tests.unit.sources.hmrc import ots_answers
from tests.unit.sources.offices.press_files import PUBLISHED, row
from tests.unit.sources.reading import read
from tests.unit.sources.value_terms import assert_terms

FOB = ("FOB", "last known destination", "nearest")
# File, or its bytes; what is declared; and what each value in it means: valuation, partner, rounding.
REAL = {
    "gacc_query": [
        ("gacc_query/soybeans_export_2024_cny.csv", {"flow": "export"}, {"value_cny": FOB}),
        ("gacc_query/soybeans_import_2024_cny.csv", {"flow": "import"}, {"value_cny": ("CIF", "origin", "nearest")}),
        ("gacc_query_variants/acetylene_en_full.csv", {"flow": "export"}, {"value_usd": FOB}),
    ],
    "gacc_preliminary": [("gacc_preliminary/major_exports_2025-05_cny.html", {}, {"value_cny": FOB})],
    "gacc_bulletin": [("gacc_real/bulletin_13_exports_2026-07_usd_CUT.html", {}, {"value_usd": FOB})],
    "eurostat_comext": [
        (
            "comext_api/DS-045409_M_EU27_all_84834030_import_2025-06.csv",
            {"reporter": "EU27"},
            {"value_eur": ("CIF", "origin, consignment inside the EU", "nearest")},
        ),
    ],
    "japan_estat": [
        (
            "japan_estat/commodity_by_country_export_2026_jan-may_one_row.csv",
            {},
            {"value_jpy": ("FOB", "last known destination", "down")},
        ),
    ],
}
MADE = {
    "eurostat_bulk": [
        (
            text([Row(period="202505")]),
            {"reporter": "DEU"},
            {"value_eur": ("CIF", "origin, consignment inside the EU", "nearest")},
        )
    ],
    "hmrc_ots": [
        (
            ots_answers.page(ots_answers.row()),
            {},
            {"value_gbp": ("CIF", "origin, consignment inside the EU", "nearest")},
        ),
        (
            ots_answers.page(ots_answers.row(flow=2), ots_answers.row(flow=4, country="US")),
            {},
            {"value_gbp": FOB},
        ),
    ],
    "us_census": [
        (
            us_census_answers.answer(),
            {},
            {"value_usd": ("customs value", "origin", "nearest"), "value_usd_cif": ("CIF", "origin", "nearest")},
        ),
        (
            us_census_answers.answer(
                [["5700", "7", "1", "KG", "1", "8505110070", "2026", "05", "HS10"]], us_census_answers.EXPORTS
            ),
            {},
            {"value_usd": ("FAS", "ultimate destination", "nearest")},
        ),
    ],
    "un_comtrade": [
        (comtrade_answers.answer(comtrade_answers.row()), {"reporter": "CHN"}, {"value_usd": FOB}),
        (
            comtrade_answers.answer(comtrade_answers.row(flowCode="M")),
            {"reporter": "CHN"},
            {"value_usd": ("CIF", "origin", "nearest")},
        ),
    ],
    "published": [
        (
            (PUBLISHED + row("value", value="1.5,USD million")).encode(),
            {},
            {"value_usd": ("not stated", "not stated", "nearest or down")},
        )
    ],
}


@pytest.mark.shared
@pytest.mark.parametrize(
    ("source", "name", "declared", "expected"), [(source, *case) for source, cases in REAL.items() for case in cases]
)
def test_each_value_of_a_real_file_has_its_terms(
    shared_data: Path,
    tmp_path: Path,
    source: str,
    name: str,
    declared: dict[str, Any],
    expected: dict[str, tuple[str, str, str]],
) -> None:
    data = (shared_data / name).read_bytes()
    assert_terms(read(data, tmp_path, source, Path(name).name, **declared), expected)


@pytest.mark.parametrize(
    ("source", "data", "declared", "expected"),
    [(source, *case) for source, cases in MADE.items() for case in cases],
    ids=lambda case: case if isinstance(case, str) else "",
)
def test_each_value_of_an_answer_in_the_form_of_the_source_has_its_terms(
    tmp_path: Path, source: str, data: bytes, declared: dict[str, Any], expected: dict[str, tuple[str, str, str]]
) -> None:
    assert_terms(read(data, tmp_path, source, **declared), expected)


def test_no_source_is_left_out() -> None:
    """Its files are above, or the test module of the source asserts what they mean."""
    files = Path(__file__).parent.rglob("test_*.py")
    own = {file.stem.removeprefix("test_") for file in files if "assert_terms(" in file.read_text(encoding="utf-8")}
    assert {*SOURCES} - {*REAL, *MADE, *own} == set()


def test_all_customs_sources_of_a_reporter_mean_the_same_so_that_metrics_need_no_source() -> None:
    """`metric` has a reporter and no source; figures from print and those that UN Comtrade collects are known by
    `level_kinds`."""
    reporters = pl.DataFrame(
        [(name, source.reporter) for name, source in SOURCES.items() if source.kind not in ("published", "collected")],
        schema=["source", "reporter"],
        orient="row",
    )
    terms = code_table("statement_terms").join(reporters, on="source").drop("source", "basis").unique()
    assert not terms.select("reporter", "flow", "measure").is_duplicated().any()
    assert terms["reporter"].n_unique() == reporters["reporter"].n_unique() > 4
