"""What the checks see of a release in an empty store: its own numbers, by month, partner and product."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from schemas.table import polars_schema
from tasks.checks.context import CheckContext, values_by_partner, values_of
from tasks.checks.published_months import FEW_PRODUCTS, PublishedMonths
from tasks.ingest.normalise import Normalised
from tasks.ledger.published_state import Known
from tests.unit.builders import MAGNETS, detail_table, number, release, release_table

JUNE = 2025 * 12 + 5
Row = dict[str, Any]


def context(rows: list[Row], scope: Row) -> CheckContext:
    empty = pl.DataFrame()
    told = Normalised(detail_table(*rows), empty, empty, release_table(scope), empty)  # type: ignore[arg-type]
    nothing = pl.DataFrame(schema=polars_schema("observation"))
    known = Known(release_table(), nothing, detail_table(), (("export", 2025, 6),), (), None, Path("store"))  # type: ignore[arg-type]
    return CheckContext(told, known)


@pytest.fixture
def june() -> CheckContext:
    scope = release(months="2025-05..2025-06", measures=("quantity", "value_usd"))
    rows = [
        number(scope, "USA", "2025-06", 353), number(scope, "USA", "2025-06", 20, "value_usd"),
        number(scope, "DEU", "2025-06", 5, "value_usd"), number(scope, "WLD", "2025-06", 25, "value_usd"),
        number(scope, "USA", "2025-01..2025-06", 999), number(scope, "USA", "2025-05", 7, "quantity_piece"),
    ]  # fmt: skip
    return context(rows, scope)


def test_statements_know_their_month_and_whether_it_is_one(june: CheckContext) -> None:
    found = june.own.sort("value").select("value", "month", "single").rows()
    assert found == [(5, JUNE, True), (7, JUNE - 1, True), (20, JUNE, True), (25, JUNE, True), (353, JUNE, True), (999, JUNE, False)]  # fmt: skip
    assert (june.first, june.last) == (JUNE - 1, JUNE)
    assert june.touched == {("export", JUNE)}


def test_in_an_empty_store_nothing_is_published(june: CheckContext) -> None:
    assert (june.months, june.met) == (set(), set())
    assert june.published_rows.is_empty()
    assert june.values.is_empty()
    assert (june.sums.by_product.height, june.sums.by_partner.height) == (0, 0)
    assert values_of(PublishedMonths(None, {"export"}, JUNE, JUNE, "r1"), set(), [MAGNETS]).is_empty()


def test_trades_have_each_rated_measure_and_zero_where_there_is_none(june: CheckContext) -> None:
    found = june.trades.with_columns(pl.col("partner").cast(pl.String)).sort("partner")
    assert found.select("partner", "month", "new", "quantity_kg", "value_usd", "value_cny").rows() == [
        ("DEU", JUNE, True, 0, 5, 0), ("USA", JUNE, True, 353, 20, 0), ("WLD", JUNE, True, 0, 25, 0),
    ]  # fmt: skip


def test_numbers_are_single_months_of_rated_measures(june: CheckContext) -> None:
    assert june.products == [MAGNETS]
    assert june.is_broad is False
    found = june.numbers.with_columns(pl.col("partner", "measure").cast(pl.String)).sort("value")
    assert found.select("partner", "measure", "value").rows() == [
        ("DEU", "value_usd", 5), ("USA", "value_usd", 20), ("WLD", "value_usd", 25), ("USA", "quantity_kg", 353),
    ]  # fmt: skip


def test_values_by_partner_leave_out_the_world_quantities_and_totals(june: CheckContext) -> None:
    found = june.by_partner.with_columns(pl.col("partner").cast(pl.String)).sort("partner")
    assert found.select("partner", "month", "value").rows() == [("DEU", JUNE, 5), ("USA", JUNE, 20)]
    assert values_by_partner(june.own.clear()).is_empty()


@pytest.mark.parametrize(("products", "is_broad"), [(FEW_PRODUCTS, False), (FEW_PRODUCTS + 1, True)])
def test_a_broad_release_is_compared_by_whole_products(products: int, is_broad: bool) -> None:
    scope = release(months="2025-06")
    codes = [f"{10_000_000 + number}" for number in range(products)]
    rows = [number(scope, partner, "2025-06", 2, product=code) for code in codes for partner in ("USA", "DEU")]
    found = context(rows, scope)
    assert found.is_broad is is_broad
    partners = {"WLD"} if is_broad else {"USA", "DEU"}
    assert {*found.numbers["partner"].cast(pl.String)} == partners
    assert found.numbers["value"].sum() == 4 * products
    assert found.row["released_on"] == date(2026, 1, 20)


@pytest.mark.parametrize(("partners", "wants"), [("all", True), ("listed", False)])
def test_sums_by_partner_are_of_the_year_before_and_only_where_every_partner_was_requested(partners: str, wants: bool) -> None:  # fmt: skip
    scope = release(months="2025-06", partners=partners, partner_list=["USA"])
    found = context([number(scope, "USA", "2025-06", 1)], scope)
    asked: list[tuple[Any, ...]] = []

    class Published:
        def sums(self, *given: Any) -> None:
            asked.append(given)

    found.published = Published()  # type: ignore[assignment]
    found.months = {("export", JUNE - back) for back in (0, 1, 12, 13)}
    found.met = {("export", JUNE)}
    assert found.sums is None
    ((months, of_partners, products),) = asked
    assert months == [("export", JUNE - 13), ("export", JUNE - 12), ("export", JUNE - 1)]
    assert of_partners == ({("export", JUNE - 1), ("export", JUNE - 12)} if wants else set())
    assert products == [MAGNETS]
