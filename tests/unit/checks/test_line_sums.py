"""Lines of release pages against the sum of the codes that they have."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from bad_inputs.case import Case, Publish, read
from bad_inputs.download import csv_bytes
from release_pages import goods

from schemas.reference.code_tables import code_table
from tasks.checks import line_sums

PAGE = (goods(), {"source": "gacc_preliminary", "flow": None, "released_on": date(2025, 6, 10)})
# Rare earths of May 2025 on the page: 5,864.6 t for CNY 130 million.
PARTS = {"25309020": 600, "28053011": 264_000, "28461010": 5_600_000}
ALL = ["25309020", "2805", "2846"]


def query(parts: dict[str, int], asked: list[str], **declared: Any) -> tuple[bytes, dict[str, Any]]:
    rows = [
        ("202505", code, "name", "502", "美国", str(kg), "千克", "0", "?", f"{4 * kg}") for code, kg in parts.items()
    ]
    of_all = {"partners": "all", "products": tuple(asked), "months": "2025-05", "released_on": date(2025, 6, 18)}
    return csv_bytes(rows), of_all | declared


def said(folder: Path, release: tuple[bytes, dict[str, Any]], before: tuple[bytes, dict[str, Any]]) -> list[tuple[str, str, str]]:  # fmt: skip
    folder.mkdir()
    case = Case(
        "", release[0], Publish(), release[1], "page.html" if release is PAGE else "download.csv", None, (before,)
    )
    _, findings = read(case, folder / "inbox")
    return findings.filter(check="line_differs").select("severity", "subject", "observed").rows()


@pytest.mark.parametrize(
    ("parts", "asked", "observed"),
    [
        (PARTS, ALL, None), (PARTS | {"28053011": 320_000}, ALL, None), (PARTS | {"28053011": 330_000}, ALL, "5,930,600"), (PARTS | {"28461010": 4_000_000}, ALL, "4,264,600"),
        # A code that was not asked for can be the difference.
        ({"28461010": 4_000_000}, ["2846"], None), (PARTS | {"28461010": 4_000_000}, ["25309020", "28053011", "2846"], None),
    ],
)  # fmt: skip
def test_a_line_is_the_sum_of_its_codes_up_to_revisions(
    parts: dict[str, int], asked: list[str], observed: str | None, tmp_path: Path
) -> None:
    subject = "export line:rare_earths 2025-05 quantity_kg"
    expected = [("warning", subject, f"5,864,600 in the line, {observed} in its codes")] if observed else []
    download = query(parts, asked)
    assert said(tmp_path / "query", download, PAGE) == expected
    assert said(tmp_path / "page", PAGE, download) == expected


def test_listed_partners_and_other_months_are_not_compared(tmp_path: Path) -> None:
    less = PARTS | {"28461010": 4_000_000}
    assert said(tmp_path / "listed", query(less, ALL, partners="listed"), PAGE) == []
    rows = csv_bytes([("202504", "28461010", "name", "502", "美国", "4000000", "千克", "0", "?", "1")])
    assert said(tmp_path / "april", (rows, query({}, ALL, months="2025-04")[1]), PAGE) == []


def test_the_catalogue_has_the_lines_of_the_pages() -> None:
    catalogue = code_table("line_codes")
    lines = set(catalogue["product"])
    assert len(lines) == catalogue.height == 31
    assert lines <= set(code_table("page_lines")["product"])
    assert {"products", "partners"} < {*line_sums.OF_RELEASES}
