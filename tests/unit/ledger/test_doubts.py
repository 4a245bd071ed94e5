"""Which open finding is a doubt, about which numbers and months, and what a later release answers."""

from typing import Any

import polars as pl
import pytest

from tasks.domain.doubt.doubt_words import doubts_in
from tasks.ledger.doubts import LIFTED, open_doubts
from tests.unit.builders import finding_table, release, release_table
from tests.unit.few_partners import CODE

JUNE = 2025 * 12 + 5


@pytest.mark.parametrize(
    ("check", "about", "flow", "products", "partners", "measure", "months"),
    [
        ("few_partners", "", None, [], [], None, (JUNE - 1, JUNE)),
        ("partners_missing", "import 1201 USA 2025-05", "import", ["1201"], ["USA"], None, (JUNE - 1, JUNE - 1)),
        ("magnitude", "export 85051110 USA 2025-06 value_usd", "export", [CODE], ["USA"], "value_usd", (JUNE, JUNE)),
        ("another_month", "export - - 2025-04..2025-05", "export", [], [], None, (JUNE - 2, JUNE - 1)),
        ("unit_value", "- 8505119030 gacc:888 2025-06", None, ["8505119030"], ["gacc:888"], None, (JUNE, JUNE)),
        ("total_differs", "export 85051110 WLD 2025-06", "export", [CODE], [], None, (JUNE, JUNE)),
        ("zero_number", "export 85051110 USA 2025-06 quantity_kg", "export", [CODE], ["USA"], "quantity", (JUNE, JUNE)),
    ],
)
def test_a_finding_is_about_what_its_columns_name(
    check: str,
    about: str,
    flow: str | None,
    products: list[str],
    partners: list[str],
    measure: str | None,
    months: tuple[int, int],
) -> None:
    row = open_doubts(finding_table((check, about)), RELEASES).row(0, named=True)
    assert (row["flow"], row["products"], row["partners"], row["measure"]) == (flow, products, partners, measure)
    assert (row["first"], row["last"], row["of_sums"]) == (*months, check in ("few_partners", "partners_missing"))


@pytest.mark.parametrize(
    ("scope", "severity"), [("none", "warning"), ("none", "error"), ("numbers", "info"), ("release", "info")]
)
def test_a_finding_about_no_number_is_no_doubt(scope: str, severity: str) -> None:
    about = finding_table(("magnitude", "export 85051110 USA 2025-06"), severity=severity, scope=scope)
    assert open_doubts(about, RELEASES).is_empty()


def test_a_doubt_that_a_person_lifted_is_not_open() -> None:
    rows = finding_table(("magnitude", "export 85051110 USA 2025-06"), ("unit_value", "export 85051110 DEU 2025-06"))
    lifted = finding_table((LIFTED, ""), severity="info", listed=["magnitude", "row_cap"], scope="none")
    assert open_doubts(pl.concat([rows, lifted]), RELEASES)["finding"].to_list() == ["unit_value"]


DAYS = ("2025-07-20", "2025-08-20")
RELEASES = release_table(release("r1", months="2025-05..2025-06", flow=None))


def test_a_finding_about_the_whole_release_is_about_each_of_its_numbers() -> None:
    row = open_doubts(finding_table(("pasted_records", ""), scope="release"), RELEASES).row(0, named=True)
    assert (row["products"], row["partners"], row["of_sums"], row["of_gaps"]) == ([], [], False, False)
    assert (row["first"], row["last"]) == (JUNE - 1, JUNE)


@pytest.mark.parametrize(
    ("check", "partners", "later", "months"),
    [
        ("few_partners", [], {}, [(JUNE - 1, JUNE - 1)]),
        ("month_without_records", [], {}, [(JUNE - 1, JUNE - 1)]),
        ("product_without_records", [], {}, [(JUNE - 1, JUNE - 1)]),
        ("partners_missing", ["DEU"], {}, [(JUNE - 1, JUNE - 1)]),
        # A heading asked for answers its codes; another currency, level, direction or part of the goods does not.
        ("few_partners", [], {"products": ["85"], "level": "HS8"}, [(JUNE - 1, JUNE - 1)]),
        ("few_partners", [], {"products": ["*"], "level": "HS8"}, [(JUNE - 1, JUNE - 1)]),
        ("few_partners", [], {"months": "2025-05..2025-06"}, []),
        ("few_partners", [], {"products": ["85051190"]}, [(JUNE - 1, JUNE)]),
        ("few_partners", [], {"flow": "import"}, [(JUNE - 1, JUNE)]),
        ("few_partners", [], {"measures": ["value_cny"]}, [(JUNE - 1, JUNE)]),
        ("few_partners", [], {"level": "HS6"}, [(JUNE - 1, JUNE)]),
        ("few_partners", [], {"partners": "listed"}, [(JUNE - 1, JUNE)]),
        ("few_partners", [], {"partner_list": ["WLD"]}, [(JUNE - 1, JUNE)]),
        ("few_partners", [], {"lost": ["* *"]}, [(JUNE - 1, JUNE)]),
        ("few_partners", [], {"by_month": False}, [(JUNE - 1, JUNE)]),
        ("few_partners", [], {"day": "2025-01-01"}, [(JUNE - 1, JUNE)]),
        # June had not ended.
        ("few_partners", [], {"day": "2025-06-25"}, [(JUNE - 1, JUNE)]),
        ("partners_missing", ["DEU", "BRA"], {}, [(JUNE - 1, JUNE)]),
        # What is wrong in a number stays wrong: the later file may have repeated it.
        ("magnitude", [], {}, [(JUNE - 1, JUNE)]),
    ],
)
def test_a_later_release_of_the_same_goods_answers_what_an_earlier_one_lacks(
    check: str, partners: list[str], later: dict[str, Any], months: list[tuple[int, int]]
) -> None:
    first = release("r1", "2025-06-20" if later.get("day") == "2025-06-25" else "2025-07-20", "2025-05..2025-06")
    second = release(
        "r2", **{"day": "2025-08-20", "months": "2025-06..2025-06", "partner_list": ["DEU", "USA"]} | later
    )
    about = finding_table((check, f"export {CODE} - 2025-05..2025-06"), partners=partners)
    opened = open_doubts(about, release_table(first, second))
    assert opened.select("first", "last").rows() == months
    # The doubt has the months that are open, and not all of the finding.
    assert [(one.first, one.last) for one in doubts_in(opened["doubt"])] == months


def test_a_later_release_that_lacks_the_same_answers_nothing() -> None:
    names = ("r1", "r2")
    releases = release_table(*(release(name, day, "2025-06..2025-06") for name, day in zip(names, DAYS, strict=True)))
    about = finding_table(("few_partners", ""))
    of_both = pl.concat([about.with_columns(release_id=pl.lit(name)) for name in names])
    assert open_doubts(of_both, releases)["release_id"].to_list() == [*names]
    assert open_doubts(about, releases).is_empty()
