"""What moved: sums that close to the last unit, price, volume and currency that add up, and nothing said of what is not
known."""

import itertools
import math
import random
from collections import Counter
from datetime import date

import polars as pl
import pytest
from bad_inputs.download import PARTNERS, csv_bytes, magnets

from tasks.analysis.ground.price_volume import Terms, add, own_currency, split
from tasks.analysis.reporter.movers import mover_rows
from tasks.analysis.reporter.of_reporter import state_of
from tasks.domain.periods import month_number
from tests.unit.customs import Store

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
