"""What the checks see: a release by month, partner and product, the published months around it, and the bounds."""

import tempfile
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from bad_inputs.case import laid_down
from hypothesis import given
from hypothesis import strategies as st

from schemas.table import polars_schema
from tasks.checks.frame import context as seen_context
from tasks.checks.frame.context import CheckContext, dollars_of, in_dollars
from tasks.checks.frame.measures_begun import EVIDENCE
from tasks.checks.frame.published_months import CODED, FEW_PRODUCTS, MONTHS_AHEAD, MONTHS_BACK, RATED, PublishedMonths
from tasks.ingest.normalise import Normalised
from tasks.ledger.published_state import PublishedState
from tests.draws import draws
from tests.unit import strategies
from tests.unit.builders import MAGNETS, detail_table, number, release, release_table
from tests.unit.coverage_oracle import index
from tests.unit.figures import Store, merged

JUNE = 2025 * 12 + 5
ALL = (0, 10**5)
MANY = [f"{code:08d}" for code in range(FEW_PRODUCTS)]
Row = dict[str, Any]


def context(rows: list[Row], scope: Row) -> CheckContext:
    """What the checks see of a release in an empty store."""
    empty = pl.DataFrame()
    told = Normalised(detail_table(*rows), empty, empty, release_table(scope), empty)  # type: ignore[arg-type]
    nothing = pl.DataFrame(schema=polars_schema("observation"))
    known = PublishedState(release_table(), nothing, detail_table(), (("export", 2025, 6),), (), None)  # type: ignore[arg-type]
    return CheckContext(told, known)


@pytest.mark.parametrize(("products", "is_broad"), [(FEW_PRODUCTS, False), (FEW_PRODUCTS + 1, True)])
def test_a_broad_release_is_compared_by_whole_products(products: int, is_broad: bool) -> None:
    scope = release(months="2025-06")
    codes = [f"{10_000_000 + number}" for number in range(products)]
    rows = [number(scope, partner, "2025-06", 2, product=code) for code in codes for partner in ("USA", "DEU")]
    found = context(rows, scope)
    assert found.is_broad is is_broad
    assert {*found.numbers["partner"].cast(pl.String)} == ({"WLD"} if is_broad else {"USA", "DEU"})
    assert found.numbers["value"].sum() == 4 * products
    assert found.row["released_on"] == date(2026, 1, 20)


@pytest.mark.parametrize(("partners", "asked"), [("all", ["DEU", "USA"]), ("listed", ["USA"])])
def test_a_release_is_judged_in_its_own_currencies_and_for_the_partners_asked_for(
    partners: str, asked: list[str]
) -> None:
    scope = release(months="2025-06", partners=partners, partner_list=["USA"])
    amounts = {"value_gbp": 1, "value_cny": 2, "value_usd": 0, "quantity_kg": 3}
    found = context([number(scope, "USA", "2025-06", value, measure=name) for name, value in amounts.items()], scope)
    assert found.money == ["value_cny", "value_gbp"]
    others = pl.DataFrame({"partner": ["DEU", "USA"]}, schema={"partner": pl.Categorical})
    assert others.filter(found.is_asked)["partner"].to_list() == asked


@pytest.mark.parametrize(("partners", "wants"), [("all", True), ("listed", False)])
def test_sums_by_partner_are_of_the_year_and_a_quarter_before_and_only_where_every_partner_was_requested(
    partners: str, wants: bool
) -> None:
    scope = release(months="2025-06", partners=partners, partner_list=["USA"])
    found = context([number(scope, "USA", "2025-06", 1)], scope)
    asked: list[tuple[Any, ...]] = []

    class Published:
        def sums(self, *given: Any) -> None:
            asked.append(given)

    found.published = Published()  # type: ignore[assignment]
    found.months, found.met = {("export", JUNE - back) for back in (0, 1, 15, 16)}, {("export", JUNE)}
    assert found.sums is None
    of_partners = {("export", JUNE - 1), ("export", JUNE - 15)} if wants else set()
    assert asked == [([("export", JUNE - back) for back in (16, 15, 1)], of_partners, [MAGNETS])]


@given(
    strategies.histories(),
    st.sampled_from(([], MANY)),
    st.sampled_from((["85051110"], ["85051110", "81129290", "850511"])),
)
@draws(20)
def test_the_sums_are_those_of_a_dictionary(store: Store, others: list[str], asked: list[str]) -> None:
    """Whether the products that are asked for are few, and looked for, or many."""
    observation = merged(store)
    standing = [row for row in observation.iter_rows(named=True) if row["known_until"] is None]
    kilograms, money = Counter[Any](), Counter[Any]()
    rows = [row for row in standing if index(row["period_start"]) == index(row["period_end"])]
    for row in (row for row in rows if row["product"] in asked):
        if row["kind"] != "published" and row["measure"] in RATED:
            kilograms[row["flow"], row["product"], index(row["period_end"]), row["measure"]] += row["value"]
        if row["measure"].startswith("value") and row["partner"] != "WLD":
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
    assert totals == sorted(
        {row["product"] for row in standing if index(row["period_start"]) != index(row["period_end"])}
    )


@pytest.mark.parametrize(
    ("place", "inside"),
    [(-MONTHS_BACK - 1, False), (-MONTHS_BACK, True), (MONTHS_AHEAD, True), (MONTHS_AHEAD + 1, False)],
)
def test_a_history_ends_where_no_check_looks(tmp_path: Path, place: int, inside: bool) -> None:
    """And it knows neither another direction, nor what was replaced, nor the release itself."""
    month = strategies.month_after("2025-06", place)
    first, second = (
        release(name, day, "2020-01..2029-12") for name, day in (("first", "2026-03-23"), ("second", "2026-05-07"))
    )
    own = release("own", "2026-06-01", month, products=["85051190"])
    imported = release("import", "2026-03-23", month, flow="import")
    observation = merged(
        [
            (first, [number(first, "USA", month, 1), number(first, "DEU", month, 2)]),
            (second, [number(second, "USA", month, 3)]),
            (own, [number(own, "USA", month, 5, product="85051190")]),
            (imported, [number(imported, "USA", month, 7)]),
        ]
    )
    published = PublishedMonths(laid_down(observation, tmp_path), ["export"], JUNE, JUNE, without="own")
    assert list(published.files) == ([("export", JUNE + place)] if inside else [])
    rows = published.rows(published.files, (*CODED, "value"))
    assert rows["value"].to_list() == ([3] if inside else [])
    assert rows.columns == [*CODED, "value", "month", "single"]


def test_yuan_are_seven_and_yen_150_to_the_dollar_and_euros_and_pounds_are_dollars() -> None:
    measures = ["value_cny", "value_usd", "quantity_kg", "value_cny", "value_eur", "value_jpy"]
    rows = pl.DataFrame({"value": [700, 700, 700, None, 700, 300], "measure": measures})
    assert rows.select(in_dollars()).to_series().to_list() == [100, 700, 700, None, 700, 2]
    coded = rows.with_columns(pl.col("measure").cast(pl.Categorical)).rename({"value": "money"})
    assert coded.select(in_dollars("money")).to_series().to_list() == [100, 700, 700, None, 700, 2]
    assert [dollars_of(f"value_{money}") for money in ("cny", "usd", "eur", "gbp", "jpy")] == [7, 1, 1, 1, 150]


@pytest.mark.parametrize(("products", "asked"), [(FEW_PRODUCTS, 1), (FEW_PRODUCTS + 1, 0)])
def test_controls_are_looked_for_where_a_release_has_few_products(
    monkeypatch: pytest.MonkeyPatch, products: int, asked: int
) -> None:
    """Of many products each code would be compared with each measure, and none explains the sums of whole products."""
    calls = list[object]()

    def count(*given: object) -> pl.DataFrame:
        calls.append(given)
        return pl.DataFrame(schema=EVIDENCE)

    monkeypatch.setattr(seen_context, "measures_begun", count)
    scope = release(months="2025-06")
    rows = [number(scope, "USA", "2025-06", 2, product=f"{10_000_000 + code}") for code in range(products)]
    assert context(rows, scope).falls_explained.columns == [*EVIDENCE, "value_fell", "mass_fell"]
    assert len(calls) == asked
