"""Which decisions a reader of a brief must know of: those about releases of the product, up to a year before the month."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from tasks.reports.brief import decided as module
from tasks.reports.brief.decided import covers_product, decided
from tests.unit.builders import release, release_table
from tests.unit.decisions import decision, decision_table

JUNE = date(2025, 6, 1)
RELEASES = release_table(
    release("new", months="2025-06", products=["8505"]), release("old", months="2024-05..2024-06"),
    release("older", months="2024-05"), release("later", months="2025-07"), release("both", months="2025-06", flow=None),
    release("imports", months="2025-06", flow="import"), release("soybeans", months="2025-06", products=["12019019"]),
)  # fmt: skip
ALL = [decision("withdrawn", name, f"2025-08-{day:02d}") for day, name in enumerate(RELEASES["release_id"], 1)]


@pytest.fixture
def decisions(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The decisions that are published; a test changes them."""
    published = [*ALL]

    def read_table(_: object, model: Any) -> pl.DataFrame:
        return {"decision": decision_table(*published), "release": RELEASES}[model]

    monkeypatch.setattr(module, "read_table", read_table)
    return published


def names(product: str = "85051110", flow: str = "export", **since: date) -> list[str]:
    return [fact["release_id"] for fact in decided(object(), product, flow, JUNE, **since)]  # type: ignore[arg-type]


@pytest.mark.usefixtures("decisions")
def test_releases_of_the_product_its_direction_and_the_year_before_are_named_the_newest_first() -> None:
    assert names() == ["both", "old", "new"]
    assert names(flow="import") == ["imports", "both"]
    assert names("basket:rare_earth_magnets") == ["both", "old", "new"]
    assert names("12019019") == ["soybeans"]
    assert names("2710") == []


@pytest.mark.usefixtures("decisions")
def test_decisions_up_to_a_day_are_left_out_where_the_brief_has_them() -> None:
    assert names(since=date(2025, 8, 1)) == ["both", "old"]
    assert names(since=date(2025, 8, 2)) == ["both"]
    assert names(since=date(2025, 8, 5)) == []


def test_the_last_decision_of_a_person_says_what_holds(decisions: list[dict[str, Any]]) -> None:
    replaced = decision("replaced", "old", "2025-09-03", 2, replaced_by="new")
    decisions[:] = [
        decision("reinstated", "new", "2025-09-02", 2),
        decision("withdrawn", "new", "2025-08-01"),
        replaced,
    ]
    (fact,) = decided(object(), "85051110", "export", JUNE)  # type: ignore[arg-type]
    wanted = {
        "kind": "reinstated", "release_id": "new", "title": "new", "decided_on": date(2025, 9, 2), "decided_by": "Li Wei", "reason": "cut off",
    }  # fmt: skip
    assert fact | wanted == fact


@pytest.mark.parametrize(
    ("product", "scope", "covers"),
    [
        ("85051110", ["85051110"], True), ("85051110", ["8505"], True), ("8505", ["85051110"], True), ("85051110", ["*"], True),
        ("85051110", ["85051190"], False), ("8505", ["85"], True), ("8505", ["8506"], False), ("85051110", [], False),
        ("basket:rare_earth_magnets", ["8505"], True), ("basket:rare_earth_magnets", ["12"], False), ("line:rare_earths", ["8505"], False),
        ("line:rare_earths", ["line:rare_earths"], True),
    ],
)  # fmt: skip
def test_a_product_is_covered_by_a_code_above_or_below_it(product: str, scope: list[str], covers: bool) -> None:
    assert covers_product(product, scope) is covers
