"""New Zealand's exports by ten digits: a declaration alone, read as its two whole months are."""

from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

from schemas.forms.fetch import FetchRequest
from tasks.domain.errors import Refused
from tasks.sources.adapter.protocol import Response, WantedFile
from tasks.sources.registry import SOURCES
from tests.unit.sources import reading
from tests.unit.sources.offices.newzealand_files import HEADER, ROWS, file
from tests.unit.sources.reading import doubts, numbers
from tests.unit.sources.value_terms import assert_terms

SOURCE = "newzealand_stats"
KEY = ("product", "partner", "measure")
read = partial(reading.read, source=SOURCE, name="Jan_2025_Exports_HS10_by_Country.csv", released_on=date(2025, 3, 25))
MONTHS = {"Jan": (17_705, 6_054_649_883, 268_169_426, 16), "Feb": (21_147, 6_606_364_542, 266_378_880, 19)}


def test_the_total_is_published_and_secret_goods_are_a_line_of_their_own(tmp_path: Path) -> None:
    release = read(file(*ROWS), tmp_path)
    assert numbers(release, *KEY) == {
        ("0101210015", "AUS", "value_nzd"): 50_700,
        ("0101210015", "AUS", "quantity_item"): 3,
        ("2204210010", "CHN", "value_nzd"): 900,
        ("2204210010", "CHN", "quantity_litre"): 30,
        ("4901100019", "newzealand:ships-stores", "value_nzd"): 80,
        ("line:newzealand_confidential", "DEU", "value_nzd"): 1_444,
    }
    (row,) = release.release.to_dicts()
    assert [row[name] for name in ("reporter", "flow", "classification", "products", "partners")] == [
        "NZL", "export", "NZHS10", ["*"], "all",
    ]  # fmt: skip
    assert_terms(release, {"value_nzd": ("FOB", "last known destination", "nearest")})
    (secret,) = release.findings.filter(check="secret_goods").to_dicts()
    assert secret["observed"].startswith("1 rows of confidential items (9809000000)")
    assert doubts(release) == []


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (ROWS[0].replace("50700", "50007"), "a printed total of 50,007, its 2 columns add up to 50,700; 1 such row"),
        (ROWS[0].replace(",700,", ",70,"), "a printed total of 50,700, its 2 columns add up to 50,070; 1 such row"),
        (ROWS[0].replace(",3,Final", ",4,Final"), "a printed total of 4, its 2 columns add up to 3; 1 such row"),
    ],
)
def test_a_number_that_is_lost_or_changed_breaks_the_printed_sum_and_holds_the_month(row: str, found: str) -> None:
    (doubt,) = (
        one for one in SOURCES[SOURCE].parse(file(ROWS[1], row), "x.csv").doubts if one["check"] == "total_differs"
    )
    assert (doubt["severity"], doubt["observed"]) == ("error", found)
    assert doubt["subject"].startswith("x.csv, record 2, column total_export_")


def test_a_provisional_month_is_named_and_its_changes_are_revisions(tmp_path: Path) -> None:
    first = file(*(row.replace("Final", "Provisional") for row in ROWS))
    provisional = read(first, tmp_path / "first")
    (found,) = provisional.findings.filter(check="provisional").to_dicts()
    assert found["observed"] == "4 rows with the status Provisional, first 202501"
    final = read(file(*ROWS[1:], ROWS[0].replace("50000", "60000").replace("50700", "60700")), tmp_path / "later")
    assert final.findings.filter(check="provisional").height == 0
    before, after = numbers(provisional, *KEY), numbers(final, *KEY)
    mares = ("0101210015", "AUS", "value_nzd")
    assert {key: (before[key], after[key]) for key in before if before[key] != after[key]} == {mares: (50_700, 60_700)}
    # Another status alone is another issue, and no other number.
    same = read(file(*ROWS), tmp_path / "same")
    assert numbers(same, *KEY) == before
    assert same.release["release_id"].to_list() != provisional.release["release_id"].to_list()


@pytest.mark.parametrize(
    ("data", "rule", "said"),
    [
        (file(), "no records", "Download the CSV of exports"),
        (file(*ROWS, header=HEADER.replace("status", "state")), "columns", "missing: status; unknown: state"),
        (file(ROWS[0].replace("Final", "Preliminary")), "unknown status", "record 1: status 'Preliminary'"),
        (file(ROWS[0].replace("202501", "202513")), "no number", "column month: '202513'"),
        (file(ROWS[0].replace("0101210015", "101210015")), "no number", "column hs: '101210015'"),
        (file(ROWS[0].replace("50700", "")), "no number", "column total_export_FOB: ''"),
        (file(ROWS[0].replace("50700", "5.07e4")), "no number", "column total_export_FOB: '5.07e4'"),
        (b"month,hs,hs_desc,uom,country,Imports_VFD\n1,2,3,4,5,6\n", "other download", "imports, whose columns"),
        (file(*ROWS)[:-3], "no final newline", "cut off"),
    ],
)
def test_another_file_is_refused_by_name(data: bytes, rule: str, said: str) -> None:
    with pytest.raises(Refused) as refused:
        SOURCES[SOURCE].parse(data, "x.csv")
    assert (refused.value.rule, said in str(refused.value)) == (rule, True), refused.value


def test_a_country_that_no_list_names_is_set_aside_and_a_row_that_stands_twice_holds(tmp_path: Path) -> None:
    release = read(file(*ROWS, ROWS[0].replace("Australia", "Ruritania")), tmp_path)
    assert [row["reasons"] for row in release.quarantine.to_dicts()] == [["partner 'Ruritania' is no partner code"]]
    twice = SOURCES[SOURCE].parse(file(*ROWS, ROWS[0]), "x.csv").doubts
    assert ("row_twice", "error") in {(one["check"], one["severity"]) for one in twice}


PAGE = (
    '<div data-value="{&quot;url&quot;:&quot;\\/assets\\/Uploads\\/Jan_2025_Exports_HS10_by_Country.csv&quot;}">'
    '<a href="/assets/Feb_2025_Exports_HS10_by_Country.csv">Feb</a>'
    '<a href="/assets/2024_Exports_HS10_by_Country.zip">2024</a></div>'
)


class Page:
    """A site with one page."""

    has_key = False

    def __init__(self, text: str) -> None:
        self.text = text

    def listed(self, place: str, name: str, read: Any) -> Any:
        return [*read(Response(self.text.encode(), None, place))]  # type: ignore[arg-type]


def test_the_files_of_the_page_are_asked_for_and_a_month_that_is_not_there_is_said() -> None:
    request = FetchRequest(source=SOURCE, months="2025-01..2025-03")
    ask = SOURCES[SOURCE].questions
    assert ask is not None
    missing, february, january = ask(request, date(2025, 4, 30), Page(PAGE))  # type: ignore[arg-type]
    assert isinstance(january, WantedFile)
    assert january.address == "https://www.stats.govt.nz/assets/Uploads/Jan_2025_Exports_HS10_by_Country.csv"
    assert january.declared == {"reporter": "NZL", "flow": "export", "partners": "all", "products": ["*"]}
    assert isinstance(february, WantedFile)
    assert (february.title, february.first_month) == (
        "Stats NZ, overseas merchandise trade, exports of 2025-02 by HS10 and country",
        "2025-02",
    )
    assert (missing.name, missing.outcome) == ("newzealand_stats_export_2025-03", "not out")  # type: ignore[union-attr]
    with pytest.raises(Refused, match="there are files of export alone"):
        next(iter(ask(FetchRequest(source=SOURCE, flows=["import"]), date(2025, 4, 30), Page(PAGE))))  # type: ignore[arg-type]
    with pytest.raises(Refused, match="a list page without a file"):
        [*ask(request, date(2025, 4, 30), Page("<html></html>"))]  # type: ignore[arg-type]


@pytest.mark.shared
@pytest.mark.parametrize("month", MONTHS)
def test_a_whole_real_month_is_what_pandas_computes_from_it(month: str, shared_data: Path, tmp_path: Path) -> None:
    path = shared_data / "newzealand_real" / f"{month}_2025_Exports_HS10_by_Country.csv"
    rows = pd.read_csv(
        path, dtype={"hs": str, "month": str}, keep_default_na=False, na_values={"total_export_qty": [""]}
    )
    count, total, again, secret = MONTHS[month]
    assert (len(rows), rows["total_export_FOB"].sum(), rows["Re_export_FOB"].sum()) == (count, total, again)
    assert (rows["Export_FOB"] + rows["Re_export_FOB"] == rows["total_export_FOB"]).all()
    release = read(path.read_bytes(), tmp_path, name=path.name)
    assert (release.quarantine.height, doubts(release)) == (0, [])
    is_secret = rows["hs"] == "9809000000"
    assert is_secret.sum() == secret
    rows["product"] = rows["hs"].mask(is_secret, "line:newzealand_confidential")
    values = release.detail.filter(measure="value_nzd")
    found = values.group_by("product").agg(pl.col("value").sum()).rows()
    assert dict(found) == rows.groupby("product")["total_export_FOB"].sum().to_dict()
    by_country = rows.groupby("country")["total_export_FOB"].sum()
    assert sorted(values.group_by("partner").agg(pl.col("value").sum())["value"]) == sorted(by_country)
    australia = values.filter(partner="AUS")["value"].sum()
    assert australia == by_country["Australia"]
    wine = rows[(rows["uom"] == "LTR") & rows["total_export_qty"].notna()]
    assert release.detail.filter(measure="quantity_litre")["value"].sum() == wine["total_export_qty"].sum()
    tonnes, kilograms, grams = (rows[rows["uom"] == unit]["total_export_qty"].sum() for unit in ("TNE", "KGM", "GRM"))
    assert release.detail.filter(measure="quantity_kg")["value"].sum() == tonnes * 1000 + kilograms
    assert release.detail.filter(measure="quantity_g")["value"].sum() == grams
    named = release.findings.filter(check="secret_goods")["observed"].to_list()
    assert [text.partition(" rows")[0] for text in named] == [str(secret)]
