"""What moved: sums that close to the last unit, price, volume and currency that add up, and nothing said of what is not
known."""

import itertools
import math
import random
from collections import Counter
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from bad_inputs.download import PARTNERS, csv_bytes, magnets

from schemas.questions.movers import Movers
from tasks.analysis.ground.price_volume import Terms, add, own_currency, split
from tasks.analysis.reporter.movers import mover_rows
from tasks.analysis.reporter.of_reporter import state_of
from tasks.answers.trade.movers import movers
from tasks.domain.periods import month_number
from tests.unit.customs import Store
from tests.unit.published_stores import china, query_bytes

pytestmark = pytest.mark.usefixtures("nothing_is_watched")

CODES = ("85051110", "85051190", "85051900", "85052000", "84713000", "84719000")
JUNE = date(2025, 6, 1)
Cell = tuple[str, str, str]


@pytest.fixture(scope="module", params=[1, 2])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, dict[Cell, int]]:
    """Two months of two chapters, with every partner asked for: a cell that is not there was no trade."""
    draw = random.Random(request.param)
    cells = {
        (month, code, partner): draw.randrange(10**5, 10**7)
        for month in ("202505", "202506") for code in CODES for partner in PARTNERS if draw.random() < 0.7
    }  # fmt: skip
    store = Store(tmp_path_factory.mktemp("movers"))
    records = [
        (month, code, *magnets(partner)[2:5], str(value // 20), "千克", "0", "?", str(value))
        for (month, code, partner), value in cells.items()
    ]
    store.ingest(csv_bytes(records), products=["84", "85"])
    return store, cells


def rows_of(store: Store, top: int) -> pl.DataFrame:
    """The rows of June against May, with so many of each kind."""
    rows = mover_rows(state_of(store.snapshot), "export", [month_number(JUNE)], top)
    return rows.filter(measure="value_usd", against="month")


def test_rows_below_a_code_add_up_to_its_change_and_both_ways_to_the_total(
    world: tuple[Store, dict[Cell, int]],
) -> None:
    store, cells = world
    rows = rows_of(store, 1)
    change = {(of, how): 0 for of in (84, 85, "all") for how in (0, 1)}
    for (month, code, _), value in cells.items():
        for of in (int(code[:2]), "all"):
            change[of, int(month == "202506")] += value
    assert rows.filter(kind="total").select("before", "level").row(0) == (change["all", 0], change["all", 1])
    products = rows.filter(kind="product")
    largest = max((84, 85), key=lambda chapter: abs(change[chapter, 1] - change[chapter, 0]))
    assert products["product"][0] == str(largest)
    assert products["change"][0] == change[largest, 1] - change[largest, 0]
    sums: Counter[str | None] = Counter()
    for row in products.iter_rows(named=True):
        sums[row["parent"]] += row["change"]
    assert len(sums) >= 2
    known = {row["product"]: row["change"] for row in products.iter_rows(named=True) if row["product"]}
    assert dict(sums) == {parent: known[parent] if parent else rows["change"][0] for parent in sums}
    assert rows.filter(kind="partner")["change"].sum() == rows["change"][0]
    assert products["contribution_pp"].to_list() == pytest.approx(
        [row / change["all", 0] * 100 for row in products["change"]]
    )


def test_price_and_volume_add_up_to_each_change_and_are_those_of_the_codes(
    world: tuple[Store, dict[Cell, int]],
) -> None:
    store, cells = world
    rows = rows_of(store, 99).filter(pl.col("kind").is_in(["total", "product", "partner"]))
    assert {*rows["split_status"]} == {"split"}
    terms = rows.select("volume_effect", "price_effect", pl.col("currency_effect").fill_null(0)).sum_horizontal()
    assert terms.to_list() == rows["change"].to_list()
    # One code by the formula itself: the logarithmic mean of the values by the growth of the kilograms.
    for code in CODES:
        value, mass = (
            [
                sum(of(cell) for (month, one, _), cell in cells.items() if (month, one) == (when, code))
                for when in ("202505", "202506")
            ]
            for of in (lambda cell: cell, lambda cell: cell // 20)
        )
        mean = (value[1] - value[0]) / math.log(value[1] / value[0])
        found = rows.filter(product=code)["volume_effect"]
        if found.len():
            assert found[0] == pytest.approx(mean * math.log(mass[1] / mass[0]), abs=0.51)
    assert rows.filter(pl.col("product").is_in(CODES)).height >= 2


def test_a_code_that_began_or_stopped_is_named_with_what_it_was_worth(world: tuple[Store, dict[Cell, int]]) -> None:
    store, cells = world
    rows = rows_of(store, 99)
    # Partners whose trade in everything began: none had any in May.
    traded = {month: {partner for when, _, partner in cells if when == month} for month in ("202505", "202506")}
    told = rows.filter(kind="partner", note="began").height
    assert told == len(traded["202506"] - traded["202505"])
    assert rows.filter(pl.col("kind").is_in(["began", "stopped"])).select("before", "level").min_horizontal().sum() == 0


Pair = tuple[float | None, float | None]
COLUMNS = ("before", "level", "mass_before", "mass", "rate_before", "rate")


def terms_of(*changes: tuple[Pair, Pair, Pair]) -> list[tuple[float | None, ...]]:
    """Volume, price and currency of changes: values, masses and rates."""
    rows = pl.DataFrame(
        [(*values, *masses, *rates) for values, masses, rates in changes],
        dict.fromkeys(COLUMNS, pl.Float64),
        orient="row",
    )
    rest = pl.col("level") - pl.col("before") - pl.col("volume") - pl.col("currency").fill_null(0.0)
    return rows.with_columns(split()).select("volume", rest.alias("price"), "currency").rows()


@pytest.mark.parametrize(
    ("values", "masses", "rates", "terms"),
    [
        ((100.0, 200.0), (10.0, 20.0), (None, None), (100.0, 0.0, None)),
        ((100.0, 200.0), (10.0, 10.0), (None, None), (0.0, 100.0, None)),
        # Seven for a dollar, then 7.7: the price in the own currency did not move, the dollar value fell by a tenth of
        # it.
        ((1_100.0, 1_000.0), (10.0, 10.0), (7.0, 7.7), (0.0, 0.0, -100.0)),
        ((0.0, 500.0), (0.0, 9.0), (7.0, 7.7), (500.0, 0.0, 0.0)),
        ((500.0, 0.0), (0.0, 0.0), (None, None), (-500.0, 0.0, None)),
        ((100.0, 200.0), (0.0, 20.0), (None, None), (None, None, None)),
        ((100.0, 100.0), (10.0, 20.0), (None, None), (69.0, -69.0, None)),
    ],
)
def test_a_change_is_split(values: Pair, masses: Pair, rates: Pair, terms: tuple[float | None, ...]) -> None:
    assert terms_of((values, masses, rates)) == [terms]


def test_terms_of_whole_units_add_up_to_the_last_unit() -> None:
    every = [float(number) for number in (1, 7, 991, 88_420, 12_345_678, 9_007_199_254)]
    changes = list(itertools.product(itertools.product(every, every), ((mass, 13.0) for mass in every), [(7.1, 6.9)]))
    for ((before, level), *_), terms in zip(changes, terms_of(*changes), strict=True):
        assert sum(term or 0.0 for term in terms) == level - before
        assert all(term is not None and term.is_integer() for term in terms)
    known = [Terms(3.0, 1.0, None), Terms(12.0, 3.0, 5.0, lacks_rate=True)]
    whole = add(known, 15.0)
    assert whole == Terms(15.0, 4.0, 5.0, lacks_rate=True)
    assert [(one.price, one.status) for one in known] == [(2.0, "split"), (4.0, "without_rate")]
    assert (add(known, 16.0), add([*known, "no_quantity"], 15.0)) == ("not_broken_down", "no_quantity")


def test_the_own_currency_of_a_reporter() -> None:
    assert [own_currency(code) for code in ("CHN", "DEU", "KOR")] == ["CNY", "EUR", None]


def test_the_rows_of_some_products_or_of_one_partner_add_up_to_the_change_of_that_trade(
    world: tuple[Store, dict[Cell, int]],
) -> None:
    """By the cells that were drawn: a chapter with its partners, one code, and all goods traded with one partner."""
    store, cells = world
    usa = "502"

    def worth(month: str, code: str = "", partner: str = "") -> int:
        return sum(
            value
            for (at, of, to), value in cells.items()
            if at == month and of.startswith(code) and partner in ("", to)
        )

    for asked, code, partner in (
        ({"product": "84"}, "84", ""),
        ({"product": "85051110"}, "85051110", ""),
        ({"partner": "USA"}, "", usa),
        ({"product": "85", "partner": "USA"}, "85", usa),
    ):
        answer = movers(Movers("2025-06", **asked, measure="value_usd", store=store.store))
        rows = answer.rows
        assert rows.filter(kind="total").select("before", "level").row(0) == (
            worth("202505", code, partner),
            worth("202506", code, partner),
        )
        change = rows["change"][0]
        assert rows.filter(kind="product", depth=0)["change"].sum() == change
        assert all(product.startswith(code) for product in rows["product"].drop_nulls())
        of_partners = rows.filter(kind="partner")
        if partner:
            assert not of_partners.height
            for row in rows.filter(pl.col("product").str.len_chars() == 8).iter_rows(named=True):
                assert row["level"] == worth("202506", row["product"], partner)
        else:
            assert of_partners["change"].sum() == change
            named = of_partners.drop_nulls("partner").filter(partner="USA")
            assert [*named["level"]] == [worth("202506", code, usa)] * named.height


@pytest.fixture(scope="module")
def years(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[Cell, int]]:
    """Two years of a heading, of which Japan buys none after June 2023, and Korea none before 2024."""
    draw = random.Random(5)
    months = [f"{year}{month:02}" for year in (2023, 2024) for month in range(1, 13)]
    always, first_half, second_year = ("202301", "202412"), ("202301", "202306"), ("202401", "202412")
    spans = {"USA": always, "DEU": always, "JPN": first_half, "KOR": second_year}
    cells = {
        (month, code, partner): draw.randrange(10**6, 2 * 10**6) // (1 + 100 * (partner == "JPN"))
        for month in months for code in ("85051110", "85051900") for partner, (first, last) in spans.items()
        if first <= month <= last
    }  # fmt: skip
    rows = [(month, code, partner, value // 20, value) for (month, code, partner), value in cells.items()]
    asked = {"products": ["8505"], "months": "2023-01..2024-12"}
    return china(tmp_path_factory.mktemp("years"), query_bytes(rows), date(2025, 2, 20), **asked).store, cells


@pytest.mark.parametrize(
    ("month", "against", "before", "now"),
    [
        ("2024", "year", ("202301", "202312"), ("202401", "202412")),
        ("2024-12", "ytd", ("202301", "202312"), ("202401", "202412")),
        ("2024-06", "ytd", ("202301", "202306"), ("202401", "202406")),
        ("2024-01..2024-04", "ytd", ("202301", "202304"), ("202401", "202404")),
        ("2024-12", "12m", ("202301", "202312"), ("202401", "202412")),
    ],
)
def test_who_took_the_lost_share_of_months_added_up(
    years: tuple[Path, dict[Cell, int]], month: str, against: str, before: tuple[str, str], now: tuple[str, str]
) -> None:
    """By sums of the cells; who sold for the last time more than a year ago has 0 now."""
    store, cells = years

    def worth(span: tuple[str, str], code: str = "", partner: str = "") -> int:
        return sum(
            value for (at, of, to), value in cells.items()
            if span[0] <= at <= span[1] and of.startswith(code) and partner in ("", to)
        )  # fmt: skip

    rows = movers(Movers(month, product="8505", against=against, measure="value_usd", store=store)).rows
    assert rows.filter(kind="total").select("before", "level").row(0) == (worth(before), worth(now))
    partners = rows.filter(kind="partner").rows_by_key("partner", named=True, unique=True)
    assert {*partners} == {"USA", "DEU", "JPN", "KOR"}
    for partner, row in partners.items():
        share, ago = (100 * worth(span, "", partner) / worth(span) for span in (now, before))
        assert (row["before"], row["level"]) == (worth(before, "", partner), worth(now, "", partner))
        assert (row["share_pct"], row["share_change_pp"]) == pytest.approx((share, share - ago))
        assert row["contribution_pp"] == pytest.approx(100 * (row["level"] - row["before"]) / worth(before))
    products = rows.filter(kind="product", product="850511").row(0, named=True)
    assert products["level"] == worth(now, "850511")
    assert rows["split_status"].unique().to_list() == ["not_applicable"]


def test_a_total_of_codes_without_a_chapter_has_the_doubts_of_its_codes(tmp_path: Path) -> None:
    """The store has one code, and a file of three partners."""
    store = Store(tmp_path)
    three = ("502", "304", "133")
    records = [
        magnets(one, f"{900_000 + place}", f"{90_000_000 + int(month)}", month)
        for month in ("202505", "202506")
        for place, one in enumerate(three, int(month))
    ]
    store.ingest(csv_bytes(records))
    answer = movers(Movers("2025-06", store=store.store))
    total = answer.rows.filter(kind="total").row(0, named=True)
    assert "few partners" in total["doubt"]
    assert {*answer.rows.filter(kind="product")["quote"]} == {"care"}
    whole = movers(Movers("2025-06", product="85051110", store=store.store))
    assert whole.rows.filter(kind="total")["doubt"][0] == total["doubt"]


def test_a_product_that_is_not_there_and_a_list_beside_a_product_are_refused(
    world: tuple[Store, dict[Cell, int]],
) -> None:
    store, _ = world
    for asked, why in (
        ({"product": "1201"}, "there is no product '1201'"),
        ({"partner": "Atlantis"}, "there is no partner 'Atlantis'"),
        ({"product": "84", "list": "chpl"}, "name the product or the list"),
        ({"month": "2025-05..2025-06"}, "name one month, or ask against the year"),
        ({"month": "2025-05..2025-06", "against": "year"}, "name one month, or ask against the year"),
        ({"against": "ytd"}, "is known for the world in both 2025-01 to 2025-06 and 2024-01 to 2024-06"),
        ({"partner": "USA", "month": "2025-05"}, "is known for the United States in both 2025-05 and 2025-04"),
    ):
        with pytest.raises(ValueError, match=why):
            movers(Movers(**{"month": "2025-06"} | asked, store=store.store))
