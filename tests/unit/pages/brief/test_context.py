"""Which decisions a reader of a brief must know: made-up tables, no store."""

from datetime import date

import polars as pl
import pytest

from tasks.pages.brief import context
from tasks.pages.brief.context import covers_product, decided
from tests.unit.builders import release, release_table
from tests.unit.decisions import decision, decision_table

JUNE = date(2025, 6, 1)
RELEASES = release_table(
    release("new", months="2025-06", products=["8505"]),
    release("old", months="2024-05..2024-06"),
    release("older", months="2024-05"),
    release("later", months="2025-07"),
    release("both", months="2025-06", flow=None),
    release("imports", months="2025-06", flow="import"),
    release("soybeans", months="2025-06", products=["12019019"]),
)
ALL = [decision("withdrawn", name, f"2025-08-{day:02d}") for day, name in enumerate(RELEASES["release_id"], 1)]


@pytest.mark.parametrize(
    ("product", "flow", "since", "names"),
    [
        ("85051110", "export", None, ["both", "old", "new"]),
        ("85051110", "import", None, ["imports", "both"]),
        ("basket:rare_earth_magnets", "export", None, ["both", "old", "new"]),
        ("12019019", "export", None, ["soybeans"]),
        ("2710", "export", None, []),
        # Decisions up to a day are left out where the brief has them.
        ("85051110", "export", 1, ["both", "old"]),
        ("85051110", "export", 2, ["both"]),
        ("85051110", "export", 5, []),
    ],
)
def test_releases_of_the_product_its_direction_and_the_year_before_are_named_the_newest_first(
    product: str, flow: str, since: int | None, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = {"decision": decision_table(*ALL), "release": RELEASES}
    monkeypatch.setattr(context, "read_table", lambda _, name: tables[name])
    day = since and date(2025, 8, since)
    found = decided(object(), product, flow, JUNE, day)  # type: ignore[arg-type]
    assert [fact["release_id"] for fact in found] == names


def test_the_last_decision_of_a_person_says_what_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    replaced = decision("replaced", "old", "2025-09-03", 2, replaced_by="new")
    three = [decision("reinstated", "new", "2025-09-02", 2), decision("withdrawn", "new", "2025-08-01"), replaced]
    tables: dict[str, pl.DataFrame] = {"decision": decision_table(*three), "release": RELEASES}
    monkeypatch.setattr(context, "read_table", lambda _, name: tables[name])
    (fact,) = decided(object(), "85051110", "export", JUNE)  # type: ignore[arg-type]
    wanted = {
        "kind": "reinstated",
        "release_id": "new",
        "title": "new",
        "decided_on": date(2025, 9, 2),
        "decided_by": "Li Wei",
        "reason": "cut off",
    }
    assert fact | wanted == fact


@pytest.mark.parametrize(
    ("product", "scope", "covers"),
    [
        ("85051110", ["85051110"], True),
        ("85051110", ["8505"], True),
        ("8505", ["85051110"], True),
        ("85051110", ["*"], True),
        ("85051110", ["85051190"], False),
        ("8505", ["8506"], False),
        ("85051110", [], False),
        ("basket:rare_earth_magnets", ["8505"], True),
        ("basket:rare_earth_magnets", ["12"], False),
        ("line:rare_earths", ["8505"], False),
        ("line:rare_earths", ["line:rare_earths"], True),
    ],
)
def test_a_product_is_covered_by_a_code_above_or_below_it(product: str, scope: list[str], covers: bool) -> None:
    assert covers_product(product, scope) is covers
