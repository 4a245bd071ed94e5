"""A check yields each number that it doubts; of too many, one more finding is about all the rest."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl
import pytest

from schemas.table import polars_schema
from tasks.checks.frame.bounded import FINDINGS_MAX, NAMED_MAX, bounded
from tasks.domain.findings import finding
from tasks.ledger.doubts import concerned, open_doubts
from tests.unit.builders import release, release_table

EXPORTS = release(products=["85"], months="2025-01..2025-12") | {"title": "file.csv"}
BOTH = EXPORTS | {"flow": None}


def rows(*subjects: str, severity: str = "error", check: str = "magnitude", observed: str = "5") -> Iterator[Any]:
    for subject in subjects:
        yield finding(
            check, severity, subject, observed=observed, expected="7", advice="look", shares={"goods_share": 1}
        )


def rest(*subjects: str, of: Mapping[str, Any] = EXPORTS, **other: str) -> dict[str, Any]:
    """The finding about these subjects, behind as many as are rows of their own."""
    before = [f"export 01{place:06d} 2024-01" for place in range(FINDINGS_MAX)]
    found = [*bounded(rows(*before, *subjects, **other), of)]
    assert [row["subject"] for row in found[:-1]] == before
    return found[-1]


def test_each_is_a_finding_in_the_order_of_the_check_up_to_the_bound() -> None:
    subjects = [f"export {place:08d}" for place in range(FINDINGS_MAX, 0, -1)]
    assert [row["subject"] for row in bounded(rows(*subjects), EXPORTS)] == subjects
    both = [*rows(*subjects), *rows(*subjects, severity="warning"), *rows(*subjects, check="unit_value")]
    assert [*bounded(both, EXPORTS)] == both
    assert [*bounded([], EXPORTS)] == []


def test_the_rest_is_one_finding_of_each_severity_with_their_number() -> None:
    more = rest("export 85051110 2025-06", "export 85051120 2025-06")
    assert (more["check"], more["severity"], more["advice"]) == ("magnitude", "error", "look")
    assert (more["observed"], "goods_share" in more) == ("2 more such findings", False)
    assert rest("export 85051110 2025-06")["observed"] == "1 more such finding"
    subjects = [f"export {place:08d}" for place in range(FINDINGS_MAX + 1)]
    found = [*bounded([*rows(*subjects), *rows(*subjects, severity="warning")], EXPORTS)]
    assert [row["severity"] for row in found if "more" in row["observed"]] == ["error", "warning"]


MANY = [f"export {place:08d} USA 2025-06" for place in range(NAMED_MAX + 1)]


@pytest.mark.parametrize(
    ("subjects", "of", "expected"),
    [
        (["export 85051110 USA 2025-06 value_usd"] * 2, EXPORTS, "export 85051110 USA 2025-06 value_usd"),
        (
            ["export 85051120 USA 2025-06 value_usd", "export 85051110 DEU 2025-02 value_usd"],
            EXPORTS,
            "export 85051110 85051120 DEU USA 2025-02..2025-06 value_usd",
        ),
        (["export 8505 2025-03..2025-06", "export 8505 2025-01"], EXPORTS, "export 8505 2025-01..2025-06"),
        (["85051110 USA 2025-06", "85051120 USA 2025-06"], EXPORTS, "export 85051110 85051120 USA 2025-06"),
        (["85051110 USA 2025-06"], BOTH, "export import 85051110 USA 2025-06"),
        (["export 8505", "import 8505 2025-06"], BOTH, "export import 8505"),
        (MANY, EXPORTS, "export USA 2025-06"),
        (["export 8505 2025-06", "export 2025-06"], EXPORTS, "export 2025-06"),
        (["export 8505 quantity_kg", "export 8505 quantity_item"], EXPORTS, "export 8505 quantity"),
        (["export 8505 quantity_kg", "export 8505 value_usd"], EXPORTS, "export 8505"),
        (["a file", "another file"], EXPORTS, "file.csv"),
    ],
)  # fmt: skip
def test_the_rest_is_about_what_all_of_them_are_about(
    subjects: list[str], of: Mapping[str, Any], expected: str
) -> None:
    assert rest(*subjects, of=of)["subject"] == expected


def test_the_rest_of_absent_partners_names_all_of_them() -> None:
    found = rest("export value_usd 2025-06", check="partners_missing", observed="no row for USA, gacc:888, 5% of")
    assert found["observed"] == "1 more such finding: no row for USA, gacc:888"


@pytest.mark.parametrize("flow", ["export", None])
def test_no_number_of_thousands_is_without_doubt(flow: str | None) -> None:
    """Every number that has a finding of its own is concerned by the findings within the bound."""
    places = [(f"{code:08d}", partner, month) for code in range(1000) for partner in ("USA", "DEU") for month in (1, 5)]
    of = EXPORTS | {"flow": flow, "products": ["*"]}
    subjects = (f"{code} {partner} 2025-{month:02d} value_usd" for code, partner, month in places)
    found = pl.DataFrame(
        [{"release_id": "r1", **row} for row in bounded(rows(*subjects), of)], schema=polars_schema("finding")
    )
    assert found.height == FINDINGS_MAX + 1
    numbers = pl.DataFrame(
        [("export", *place[:2], "value_usd", 2025 * 12 + place[2] - 1, "r1") for place in places],
        ["flow", "product", "partner", "measure", "month", "release_id"],
        orient="row",
    ).with_columns(pl.col("month").cast(pl.Int32))
    doubts = open_doubts(found, release_table({**of, "title": "f"}))
    assert concerned(numbers, doubts).all()
    others = numbers.with_columns(month=pl.lit(2025 * 12 + 7, pl.Int32))
    assert not concerned(others, doubts).any()
