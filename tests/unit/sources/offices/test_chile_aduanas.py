"""Chile's imports by code and month: a workbook of the world alone, with its totals, read by a declaration."""

from datetime import date
from functools import partial
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from tasks.domain.errors import Refused
from tasks.sources.registry import SOURCES
from tests.unit.sources import reading
from tests.unit.sources.offices.chile_files import ROWS, workbook
from tests.unit.sources.reading import doubts, numbers
from tests.unit.sources.value_terms import assert_terms

SOURCE = "chile_aduanas"
read = partial(
    reading.read, source=SOURCE, name="impo_sa_monto_0103_2025.xlsx", released_on=date(2025, 4, 20), partners="listed"
)


@pytest.mark.parametrize(("total", "above"), [("Total", 1), ("Total ", 2), ("Total general", 1)])
def test_each_month_is_a_figure_of_the_world_and_those_to_come_are_not_read(
    total: str, above: int, tmp_path: Path
) -> None:
    release = read(workbook(*ROWS, total=total, above=above), tmp_path)
    assert numbers(release, "product", "partner", "period_start") == {
        ("line:chile_00010100", "WLD", "2025-01-01"): 1,
        ("line:chile_00010100", "WLD", "2025-02-01"): 10,
        ("85051100", "WLD", "2025-01-01"): 700,
        ("85051100", "WLD", "2025-02-01"): 31,
        ("line:chile_99999999", "WLD", "2025-01-01"): 1,
        ("line:chile_99999999", "WLD", "2025-02-01"): 0,
    }
    (row,) = release.release.to_dicts()
    assert [row[name] for name in ("reporter", "flow", "classification", "partners", "partner_list", "products")] == [
        "CHL", "import", "SACH8", "listed", ["WLD"], ["*"],
    ]  # fmt: skip
    assert_terms(release, {"value_usd": ("CIF", "not stated", "nearest")})
    said = " ".join(release.findings["observed"])
    assert "figures of the world alone" in said
    assert "no number but 0 in Marzo- 2025: months to come, not read" in said
    assert doubts(release) == []


def test_a_lost_row_and_a_changed_number_break_the_printed_sums() -> None:
    whole = tuple(sum(row[at] for row in ROWS) for at in (1, 2, 3))  # type: ignore[misc]
    assert SOURCES[SOURCE].parse(workbook(*ROWS), "x.xlsx").proof == "1 row of totals, each the sum of its column"
    assert SOURCES[SOURCE].parse(workbook(*ROWS[:2], totals=whole), "x.xlsx").proof == ""
    lost = SOURCES[SOURCE].parse(workbook(*ROWS[:2], totals=whole), "x.xlsx").doubts
    found = [(one["subject"], one["observed"]) for one in lost if one["check"] == "total_differs"]
    assert found == [
        ("x.xlsx, column year", "a printed total of 742.5, its 2 rows add up to 741.25"),
        ("x.xlsx, column Enero - 2025", "a printed total of 702, its 2 rows add up to 700.75"),
    ]
    changed = SOURCES[SOURCE].parse(workbook(*ROWS, totals=(702.01, *whole[1:])), "x.xlsx").doubts
    assert [one["severity"] for one in changed if one["check"] == "total_differs"] == ["error", "error"]


@pytest.mark.parametrize(
    ("data", "rule", "said"),
    [
        (workbook(*ROWS, total=""), "totals", "0 rows of totals"),
        (workbook(*ROWS, total="Suma"), "totals", "0 rows of totals"),
        (workbook(("8505110", 1, 2, 3)), "no number", "column code: '8505110'"),
        (workbook(("85051100", 1.005, 2, 3)), "no number", "column year: '6.005'"),
        (workbook(totals=(0, 0, 0)), "no records", "totals alone"),
        (workbook(*ROWS, year="Año 2025"), "columns", "missing: year"),
        (workbook(("", 1, 2, 3), *ROWS), "row without a code", "record 1: numbers"),
        (b"code,Enero - 2025\n1,2\n", "damaged archive", ""),
    ],
)
def test_another_workbook_is_refused_by_name(data: bytes, rule: str, said: str) -> None:
    with pytest.raises(Refused) as refused:
        SOURCES[SOURCE].parse(data, "x.xlsx")
    assert (refused.value.rule, said in str(refused.value)) == (rule, True), refused.value


@pytest.mark.shared
@pytest.mark.parametrize(("year", "codes", "total"), [(2022, 7_018, "98764771699.61"), (2024, 6_937, "79508898370.78")])
def test_a_whole_real_year_is_what_pandas_computes_from_it(
    year: int, codes: int, total: str, shared_data: Path, tmp_path: Path
) -> None:
    path = shared_data / "chile_real" / f"impo_sa_monto_0112_{year}.xlsx"
    # Its first column is empty.
    sheet = pd.read_excel(path, header=None, usecols=range(1, 15), names=range(14), dtype={0: str})
    start = sheet.index[sheet[0].str.strip().str.endswith("Arancelario", na=False)][0] + 1
    rows = sheet.iloc[start:].dropna(subset=[0, 13])
    printed, rows = rows[rows[0].str.startswith("Total")], rows[rows[0].str.fullmatch("[0-9]{8}")]
    assert len(rows) == codes
    months = rows[[*range(1, 13)]].astype(float)
    assert f"{rows[13].astype(float).sum():.2f}" == f"{float(printed[13].iloc[0]):.2f}" == total
    release = read(path.read_bytes(), tmp_path, name=path.name, released_on=date(year + 1, 2, 20))
    assert (release.quarantine.height, doubts(release)) == (0, [])
    # Half a dollar goes up.
    whole = (months.mul(100).round().add(50) // 100).astype("int64")
    sums = release.detail.group_by("period_start").agg(pl.col("value").sum()).sort("period_start")["value"].to_list()
    assert sums == whole.sum().tolist()
    product = release.detail.filter(pl.col("product").cast(pl.String).str.contains("^[0-9]"))
    by_code = dict(product.group_by("product").agg(pl.col("value").sum()).cast({"product": pl.String}).rows())
    expected = dict(zip(rows[0], whole.sum(axis=1), strict=True))
    assert by_code == {code: value for code, value in expected.items() if code[:2] != "00" and code != "99999999"}
    assert release.release["partner_list"].to_list() == [["WLD"]]
