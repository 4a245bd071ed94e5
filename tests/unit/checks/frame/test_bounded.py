"""A check yields each number that it doubts; of too many, one more finding is about all the rest."""

from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest

from tasks.checks.frame.bounded import FINDINGS_MAX, bounded
from tasks.domain.doubt.findings import finding, gather
from tasks.ledger.doubts import concerned, open_doubts
from tests.unit.builders import release, release_table

JUNE = 2025 * 12 + 5
ABOUT: dict[str, Any] = {"flow": "export", "products": ["8505"], "partners": ["USA"], "months": (JUNE, JUNE)}


def rows(*about: dict[str, Any], severity: str = "error", check: str = "magnitude") -> Iterator[Any]:
    for one in about:
        named = {"scope": "numbers"} | one
        yield finding(check, severity, observed="5", expected="7", advice="look", shares={"goods_share": 1}, **named)


BEFORE = [{"products": [f"01{place:06d}"]} for place in range(FINDINGS_MAX)]


def rest(*about: dict[str, Any]) -> dict[str, Any]:
    """The finding about these, behind as many as are rows of their own."""
    found = [*bounded(rows(*BEFORE, *about))]
    assert [row["products"] for row in found[:-1]] == [one["products"] for one in BEFORE]
    return found[-1]


def test_each_is_a_finding_in_the_order_of_the_check_up_to_the_bound() -> None:
    every = [*rows(*BEFORE), *rows(*BEFORE, severity="warning"), *rows(*BEFORE, check="unit_value")]
    assert [*bounded(every)] == every
    assert [*bounded([])] == []


def test_the_rest_is_one_finding_of_each_severity_with_their_number() -> None:
    more = rest(ABOUT, ABOUT | {"products": ["8506"]})
    assert (more["check"], more["severity"], more["advice"]) == ("magnitude", "error", "look")
    assert (more["observed"], "goods_share" in more) == ("2 more such findings", False)
    assert rest(ABOUT)["observed"] == "1 more such finding"
    found = [*bounded([*rows(*BEFORE, ABOUT), *rows(*BEFORE, ABOUT, severity="warning")])]
    assert [row["severity"] for row in found if "more" in row["observed"]] == ["error", "warning"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([{}], {"flow": "export", "products": ["8505"], "partners": ["USA"], "measure": None}),
        ([{"products": ["8506"], "partners": ["DEU"]}], {"products": ["8505", "8506"], "partners": ["DEU", "USA"]}),
        # One that names none is about all.
        ([{"products": []}, {"flow": "import"}], {"products": [], "partners": ["USA"], "flow": None}),
        ([{"measure": "value_usd"}], {"measure": None}),
        ([{"listed": ["DEU"]}], {"listed": []}),
    ],
)
def test_the_rest_is_about_what_all_of_them_are_about(changes: list[dict[str, Any]], expected: dict[str, Any]) -> None:
    found = rest(ABOUT, *(ABOUT | change for change in changes))
    assert {name: found[name] for name in expected} == expected


def test_the_rest_has_the_measure_and_the_scope_that_all_of_them_have() -> None:
    of_value = ABOUT | {"measure": "value_usd"}
    assert rest(of_value, of_value)["measure"] == "value_usd"
    of_release = rows(*(one | {"scope": "release"} for one in (*BEFORE, ABOUT)))
    assert [*bounded(of_release)][-1]["scope"] == "release"


def test_the_rest_has_the_months_of_all() -> None:
    found = rest(ABOUT, ABOUT | {"months": (JUNE - 3, JUNE - 2)})
    assert (f"{found['first_month']:%Y-%m}", f"{found['last_month']:%Y-%m}") == ("2025-03", "2025-06")
    assert rest(ABOUT, ABOUT | {"months": None})["first_month"] is None


@pytest.mark.parametrize("flow", ["export", None])
def test_no_number_of_thousands_is_without_doubt(flow: str | None) -> None:
    """Every number that has a finding of its own is concerned by the findings within the bound."""
    places = [(f"{code:08d}", partner, month) for code in range(1000) for partner in ("USA", "DEU") for month in (1, 5)]
    about = (
        {"products": [code], "partners": [partner], "months": (2025 * 12 + month - 1,) * 2, "measure": "value_usd"}
        for code, partner, month in places
    )
    found = gather("r1", bounded(rows(*about)))
    assert found.height == FINDINGS_MAX + 1
    numbers = pl.DataFrame(
        [("export", *place[:2], "value_usd", 2025 * 12 + place[2] - 1, "r1") for place in places],
        ["flow", "product", "partner", "measure", "month", "release_id"],
        orient="row",
    ).with_columns(pl.col("month").cast(pl.Int32))
    doubts = open_doubts(found, release_table(release(products=["*"], flow=flow)))
    assert concerned(numbers, doubts).all()
    others = numbers.with_columns(month=pl.lit(2025 * 12 + 7, pl.Int32))
    assert not concerned(others, doubts).any()
