"""Sums and pairs of a release: lines of release pages against their codes, and what a piece weighs. More of it is in
`test_checks`."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl
import pytest
from bad_inputs.download import HORSES, Record, csv_bytes
from release_pages import goods

from schemas.reference.code_tables import code_table
from tests.unit.checks.found import find

Release = tuple[bytes, Mapping[str, Any]]
PAGE: Release = goods(), {"source": "gacc_preliminary", "flow": None, "released_on": date(2025, 6, 10)}
# Rare earths of May 2025 on the page: 5,864.6 t for CNY 130 million.
PARTS = {"25309020": 600, "28053011": 264_000, "28461010": 5_600_000}
LESS = PARTS | {"28461010": 4_000_000}
ALL = ["25309020", "2805", "2846"]


def query(parts: Mapping[str, int], asked: list[str], month: str = "202505", **declared: Any) -> Release:
    rows = [(month, code, "name", "502", "美国", str(kg), "千克", "0", "?", f"{4 * kg}") for code, kg in parts.items()]
    of_all = {
        "partners": "all",
        "products": tuple(asked),
        "months": f"{month[:4]}-{month[4:]}",
        "released_on": date(2025, 6, 18),
    }
    return csv_bytes(rows), of_all | declared


@pytest.mark.parametrize(
    ("download", "observed"),
    [
        (query(PARTS, ALL), None),
        (query(PARTS | {"28053011": 320_000}, ALL), None),
        (query(PARTS | {"28053011": 330_000}, ALL), "5,930,600"),
        (query(LESS, ALL), "4,264,600"),
        # A code that was not asked for can be the difference, or a partner; another month is another one.
        (query({"28461010": 4_000_000}, ["2846"]), None),
        (query(LESS, ["25309020", "28053011", "2846"]), None),
        (query(LESS, ALL, partners="listed"), None),
        (query({"28461010": 4_000_000}, ALL, "202504"), None),
    ],
)
def test_a_line_is_the_sum_of_its_codes_up_to_revisions(download: Release, observed: str | None) -> None:
    subject = "export line:rare_earths 2025-05 quantity_kg"
    expected = [("warning", subject, f"5,864,600 in the line, {observed} in its codes")] if observed else []
    for (data, declared), before, file in ((download, PAGE, "download.csv"), (PAGE, download, "page.html")):
        found = find(data, before, file=file, **declared).filter(check="line_differs")
        assert found.select("severity", "subject", "observed").rows() == expected


def test_the_catalogue_has_the_lines_of_the_pages() -> None:
    catalogue = code_table("line_codes")
    assert catalogue["product"].n_unique() == catalogue.height == 31
    assert set(catalogue["product"]) <= set(code_table("page_lines")["product"])


HORSE_KG = 450


def horses(month: int, heads: object, kilograms: object, partner: str = "502") -> Record:
    return (f"2024{month:02d}", *HORSES, partner, "某国", str(heads), "头", str(kilograms), "千克", "900,000")


def weights(rows: list[Record]) -> pl.DataFrame:
    return find(csv_bytes(rows), partners="listed").filter(check="piece_weight")


@pytest.mark.parametrize(
    ("month", "heads", "kilograms", "months", "observed"),
    [
        # Pieces in thousands, and tonnes for kilograms.
        (5, 105_000, 105 * HORSE_KG, 12, "0.45 kg per item"),
        (5, 105, 105 * HORSE_KG * 1000, 12, "4.5e+05 kg per item"),
        (12, 112_000, 112 * HORSE_KG, 12, "0.45 kg per item"),
        # A factor of fifty may be other goods; below a tonne a month is samples; of five other months nobody knows what
        # is usual.
        (5, 105, 105 * HORSE_KG, 12, None),
        (5, 5250, 105 * HORSE_KG, 12, None),
        (5, 105_000, 9, 12, None),
        (5, 105_000, 105 * HORSE_KG, 6, None),
        (5, 0, 0, 12, None),
    ],
)
def test_a_quantity_in_another_unit_than_that_of_its_other_months_is_named(
    month: int, heads: int, kilograms: int, months: int, observed: str | None
) -> None:
    usual = {at: (100 + at, (100 + at) * HORSE_KG) for at in range(1, months + 1)} | {month: (heads, kilograms)}
    found = weights([horses(at, *both) for at, both in usual.items()])
    assert found.height == (observed is not None)
    for row in found.iter_rows(named=True):
        assert (row["severity"], row["subject"]) == ("warning", f"export 01012100 USA 2024-{month:02d} quantity")
        assert row["observed"].startswith(observed)
