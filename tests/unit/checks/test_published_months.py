"""What the checks know of the past: the sums of a month, and where it ends."""

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from bad_inputs.case import laid_down
from hypothesis import given
from hypothesis import strategies as st

from tasks.checks.published_months import CODED, FEW_PRODUCTS, MONTHS_AHEAD, MONTHS_BACK, RATED, PublishedMonths
from tests.draws import draws
from tests.unit import strategies
from tests.unit.builders import number, release
from tests.unit.coverage_oracle import index
from tests.unit.figures import Store, merged

Row = dict[str, Any]
ALL = (0, 10**5)
MANY = [f"{code:08d}" for code in range(FEW_PRODUCTS)]


def _stands(row: Row) -> bool:
    return row["known_until"] is None


def _is_single(row: Row) -> bool:
    return (row["period_start"].year, row["period_start"].month) == (row["period_end"].year, row["period_end"].month)


@given(
    strategies.histories(),
    st.sampled_from(([], MANY)),
    st.sampled_from((["85051110"], ["85051110", "81129290", "850511"])),
)
@draws(20)
def test_the_sums_are_those_of_a_dictionary(store: Store, others: list[str], asked: list[str]) -> None:
    """Whether the products that are asked for are few, and looked for, or many."""
    observation = merged(store)
    rows = [row for row in observation.iter_rows(named=True) if _stands(row) and _is_single(row)]
    kilograms, money = Counter[Any](), Counter[Any]()
    for row in rows:
        if row["kind"] != "published" and row["product"] in asked and row["measure"] in RATED:
            kilograms[row["flow"], row["product"], index(row["period_end"]), row["measure"]] += row["value"]
        if row["measure"].startswith("value") and row["product"] in asked and row["partner"] != "WLD":
            money[row["flow"], row["partner"], row["measure"], index(row["period_end"])] += row["value"]
    with tempfile.TemporaryDirectory() as folder:
        published = PublishedMonths(laid_down(observation, Path(folder)), ["export", "import"], *ALL, without="")
        sums = published.sums(published.files, published.files, [*asked, *others])
        totals = sorted(published.with_totals)
    told = {
        (row["flow"], row["product"], row["month"], name): row[name]
        for row in sums.by_product.iter_rows(named=True) if row["product"] in asked for name in RATED if row[name]
    }  # fmt: skip
    assert told == {key: value for key, value in kilograms.items() if value}
    assert sums.by_partner.height == len(money)
    assert {tuple(row[:4]): row[4] for row in sums.by_partner.iter_rows()} == money
    several = {row["product"] for row in observation.iter_rows(named=True) if _stands(row) and not _is_single(row)}
    assert totals == sorted(several)


@pytest.mark.parametrize(
    ("place", "inside"),
    [(-MONTHS_BACK - 1, False), (-MONTHS_BACK, True), (MONTHS_AHEAD, True), (MONTHS_AHEAD + 1, False)],
)
def test_a_history_ends_where_no_check_looks(tmp_path: Path, place: int, inside: bool) -> None:
    """And it knows neither another direction, nor what was replaced, nor the release itself."""
    month = strategies.month_after("2025-06", place)
    first, second = (
        release("first", "2026-03-23", "2020-01..2029-12"),
        release("second", "2026-05-07", "2020-01..2029-12"),
    )
    own = release("own", "2026-06-01", month, products=["85051190"])
    imported = release("import", "2026-03-23", month, flow="import")
    observation = merged([
        (first, [number(first, "USA", month, 1), number(first, "DEU", month, 2)]), (second, [number(second, "USA", month, 3)]),
        (own, [number(own, "USA", month, 5, product="85051190")]), (imported, [number(imported, "USA", month, 7)]),
    ])  # fmt: skip
    asked = 2025 * 12 + 5
    published = PublishedMonths(laid_down(observation, tmp_path), ["export"], asked, asked, without="own")
    assert list(published.files) == ([("export", asked + place)] if inside else [])
    rows = published.rows(published.files, (*CODED, "value"))
    assert rows["value"].to_list() == ([3] if inside else [])
    assert rows.columns == [*CODED, "value", "month", "single"]


def test_where_nothing_was_published_there_is_nothing() -> None:
    published = PublishedMonths(None, ["export"], *ALL, without="own")
    assert (published.files, published.with_totals) == ({}, [])
    assert published.rows(published.files, (*CODED, "value")).is_empty()
    assert all(part.is_empty() for part in published.sums(published.files, (), ["85051110"]))
