"""Figures that compare months and partners: reckoned again in plain Python, and worked by hand."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from schemas.names import FIGURES, MISSING, status
from schemas.reference.code_tables import code_table
from tasks.domain import classification, comparability, precedence, reporter
from tasks.domain.coverage import LOOK_BACK_MONTHS, QUIET_MONTHS
from tasks.domain.periods import month_index
from tasks.ledger.merge import current_statements
from tasks.lineage import operands
from tasks.metrics.derive import derive
from tests.draws import draws
from tests.unit import metrics_oracle, strategies
from tests.unit.builders import MAGNETS, number, release, release_table
from tests.unit.figures import Figures, Store, derived, merged
from tests.unit.metrics.compared import differences, reckoned
from tests.unit.tracing import tracer_of

Row = dict[str, Any]
OTHER = "85051190"


@given(strategies.histories())
@draws(16)
def test_every_figure_is_what_fractions_and_dictionaries_say(store: Store) -> None:
    metric = derived(store)
    assert differences(metric, reckoned(store)) == []
    # The files are written without sorting again, and readers of one product count on their order.
    assert metric.equals(metric.sort("flow", "period", "measure", "product", "partner"))
    for name in FIGURES:
        assert (metric[name].is_null() == metric[status(name)].is_in(list(MISSING))).all()


@given(strategies.histories(), st.sampled_from(("HTS10", "JP9")))
@draws(8)
def test_every_figure_of_another_national_list_is_what_fractions_and_dictionaries_say(
    store: Store, national: str
) -> None:
    assume(any(row["classification"] == "HS8" for row, _ in store))
    store = [strategies.of_list(national, *one) for one in store]
    metric = derived(store)
    assert differences(metric, reckoned(store)) == []
    assert not metric["product"].cast(pl.String).str.starts_with("basket:").any()


def test_rates_of_duty_are_what_fractions_and_dictionaries_say() -> None:
    seen: Counter[str] = Counter()
    names = ("value_usd_consumption", "value_usd_dutiable", "value_usd_duty")
    scope = release(months="2025-06", measures=[*names], flow="import", products=[MAGNETS])
    # Of one partner there are none, of one half was assessed, of one only the duty is known.
    stated = {"CHN": dict.fromkeys(names, 0), "DEU": dict(zip(names, (100, 60, 50), strict=True)), "JPN": {names[2]: 5}}
    rates = [number(scope, code, "2025-06", value, name) for code, of in stated.items() for name, value in of.items()]

    @given(strategies.histories())
    @example([(scope, rates)])
    @draws(16)
    def every_figure(store: Store) -> None:
        store = [strategies.of_duties(*one) for one in store]
        metric = derived(store)
        assert differences(metric, reckoned(store)) == []
        seen.update(metric["of_consumption_status"].cast(pl.String))

    every_figure()
    assert {"computed", "zero_base", "no_base", "not_applicable"} <= {*seen}


def test_a_rate_of_duty_is_duty_by_imports_for_consumption() -> None:
    """47 of 100 dollars were assessed on what came from China, 3 of 60 on what came from Germany: 50 of 160 on all."""
    scope = release(
        months="2025-06",
        measures=["value_usd_consumption", "value_usd_dutiable", "value_usd_duty"],
        flow="import",
        products=[MAGNETS],
    )
    stated = {"CHN": (100, 94, 47), "DEU": (60, 6, 3)}
    names = ("value_usd_consumption", "value_usd_dutiable", "value_usd_duty")
    numbers = [
        number(scope, partner, "2025-06", value, name)
        for partner, values in stated.items()
        for name, value in zip(names, values, strict=True)
    ]
    rows = derived([(scope, numbers)]).filter(product=MAGNETS)
    shown = {(row["partner"], row["measure"]): row for row in rows.iter_rows(named=True)}
    rates = {
        (partner, name): shown[partner, name]["of_consumption_pct"] for partner in ("CHN", "WLD") for name in names
    }
    assert rates == {
        ("CHN", names[0]): None,
        ("CHN", names[1]): 94.0,
        ("CHN", names[2]): 47.0,
        ("WLD", names[0]): None,
        ("WLD", names[1]): 62.5,
        ("WLD", names[2]): 31.25,
    }
    assert shown["CHN", names[0]]["of_consumption_status"] == "not_applicable"


@pytest.fixture
def baskets_of_headings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A basket of HS codes of six digits for every store, and one of HS6 for the stores of China alone."""
    rows = [
        {"basket": basket, "nomenclature": of_list, "hs8": code, "valid_from": since}
        for basket, of_list, code, since in (
            ("headings", "", "850511", ""),
            ("headings", "HS6", "850590", "2025-02"),
            ("chinas", "HS8", "850511", ""),
        )
    ]
    whole = [dict.fromkeys(("name_en", "name_zh", "valid_to", "note"), "") | {"source": "a test"} | row for row in rows]
    columns = code_table("baskets").columns
    pl.DataFrame(whole).select(columns).write_csv(tmp_path / "baskets.csv")
    monkeypatch.setenv("TIDEWAITER_REFERENCE", str(tmp_path))
    monkeypatch.setattr(metrics_oracle, "BASKETS", whole)
    caches = (
        code_table, classification.members, precedence.chapter_group_of, precedence.chapter_groups, reporter._rows,
        comparability.breaks, comparability._numbered, operands._codes_in,
    )  # fmt: skip
    for one in caches:
        one.cache_clear()
    yield
    monkeypatch.undo()
    for one in caches:
        one.cache_clear()


@pytest.mark.usefixtures("baskets_of_headings")
def test_baskets_of_headings_are_what_fractions_and_dictionaries_say() -> None:
    seen: Counter[tuple[str, str]] = Counter()

    @given(strategies.histories(), st.sampled_from(("HS8", "HTS10")))
    @draws(16)
    def every_figure(store: Store, national: str) -> None:
        assume(national == "HS8" or any(row["classification"] == "HS8" for row, _ in store))
        store = store if national == "HS8" else [strategies.of_list(national, *one) for one in store]
        metric = derived(store)
        assert differences(metric, reckoned(store)) == []
        baskets = metric.filter(pl.col("product").cast(pl.String).str.starts_with("basket:"))
        seen.update(baskets.select(pl.col("product", "level_status").cast(pl.String)).iter_rows())

    every_figure()
    assert seen


@pytest.mark.usefixtures("baskets_of_headings")
def test_a_basket_of_headings_adds_up_the_codes_below_them() -> None:
    """In a store of HTS10: 850511 has two codes, and 850590 is in the basket since February."""
    scope = release(months="2025-01..2025-03", products=["8505"], partner_list=["USA"], level="HTS10", reporter="CHN")
    told = {"8505110000": 40, "8505111000": 2, "8505900000": 5}
    numbers = [
        number(scope, "USA", month, mass, product=code, of_list="HTS10")
        for month in ("2025-01", "2025-03")
        for code, mass in told.items()
    ]
    figures = Figures((scope, numbers))
    of_basket = {"product": "basket:headings"}
    for partner in ("USA", "WLD"):
        levels = [figures.level(partner, f"2025-{month}", **of_basket) for month in ("01", "02", "03")]
        assert levels == [(42, "sum"), (0, "zero"), (47, "sum")]
    # The basket of China's list is none of this store.
    assert "basket:chinas" not in figures.metric["product"]


@given(strategies.histories())
@draws(8)
def test_figures_of_groups_where_a_code_has_no_place_are_what_fractions_and_dictionaries_say(store: Store) -> None:
    assume(all(row["partner_list"] != ["WLD"] for row, _ in store))
    store = strategies.without_a_place(store)
    metric = derived(store)
    assert differences(metric, reckoned(store)) == []


@given(strategies.decades(), st.randoms(use_true_random=False))
@draws(8)
def test_a_month_needs_no_more_than_its_window(store: Store, chance: random.Random) -> None:
    """What `derive` says of the months it is asked for does not change with what lies before and after their window."""
    observation, releases = current_statements(merged(store)), release_table(*(row for row, _ in store))
    everything = derive(observation, releases)
    index = month_index("period")
    month = chance.choice([*everything.select(index).to_series().unique().sort().to_list(), 2020 * 12])
    window = (month - LOOK_BACK_MONTHS - QUIET_MONTHS) // 12 * 12, month // 12 * 12 + 11
    wanted = pl.DataFrame({"flow": ["export"], "month": [month]}, schema={"flow": pl.String, "month": pl.Int32})
    seen = observation.filter(month_index("period_end").is_between(*window))
    assert_frame_equal(derive(seen, releases, wanted), pl.DataFrame(everything).filter(index == month))


# By hand


def by_month(partner: str = "USA", **levels: int | None) -> list[Row]:
    """Numbers of an export query by month: may25=46 is 46 kg in May 2025."""
    names = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
    scope = release(months="2024-01..2026-12")
    return [
        number(scope, partner, f"20{name[3:]}-{names.index(name[:3]) + 1:02d}", level)
        for name, level in levels.items() if level is not None
    ]  # fmt: skip


def whole(*numbers: list[Row], months: str = "2024-01..2026-12", **scope: Any) -> Figures:
    """Figures of one query for all partners."""
    return Figures((release(months=months, **scope), [row for rows in numbers for row in rows]))


def test_growth_goes_by_kilograms_and_not_by_rounded_tonnes() -> None:
    figures = whole(by_month(may25=46_400, jun25=353_000))
    assert figures.pair("mom_pct", "USA", "2025-06") == (pytest.approx(660.7759, abs=1e-4), "computed")


def test_the_year_to_date_grows_on_the_same_months_of_the_year_before() -> None:
    figures = whole(by_month(jan24=10, feb24=10, mar24=80, jan25=20, feb25=10, mar25=60))
    assert figures.pair("ytd", "USA", "2025-03") == (90, "sum_of_months")
    growths = figures.path("ytd_yoy_pct")
    assert [growths[f"2025-{month}"] for month in ("01", "02", "03")] == pytest.approx([100, 50, -10])


def test_a_holiday_that_moves_from_february_to_january_moves_nothing_in_a_quarter() -> None:
    figures = whole(by_month(jan24=90, feb24=30, mar24=80, jan25=40, feb25=80, mar25=82), months="2023-12..2025-03")
    assert figures.pair("yoy_pct", "USA", "2025-02") == (pytest.approx(100 * 50 / 30), "computed")
    assert figures.pair("average_3m", "USA", "2025-03") == (pytest.approx((40 + 80 + 82) / 3), "computed")
    assert figures.pair("average_3m", "USA", "2024-01") == (None, "incomplete_window")
    assert figures.pair("average_3m_yoy_pct", "USA", "2025-03") == (pytest.approx(1), "computed")
    assert figures.pair("average_3m_yoy_pct", "USA", "2025-02") == (0, "computed")
    assert figures.pair("average_3m_yoy_pct", "USA", "2025-01") == (None, "no_base")
    assert figures.pair("average_3m_yoy_pct", "USA", "2024-01") == (None, "incomplete_window")


def test_shares_ranks_and_contributions_of_one_month() -> None:
    figures = whole(
        by_month("USA", may25=10, jun25=40), by_month("DEU", may25=20, jun25=40), by_month("JPN", may25=70, jun25=20)
    )
    shares = [figures.row(partner)["share_pct"] for partner in ("USA", "DEU", "JPN", "EU27", "WLD")]
    assert shares == [40, 40, 20, 40, 100]
    assert [figures.row(partner)["rank"] for partner in ("USA", "DEU", "JPN")] == [1, 1, 3]
    assert [figures.row(partner)["contribution_mom_pp"] for partner in ("USA", "DEU", "JPN", "WLD")] == [30, 20, -50, 0]
    for total in ("WLD", "EU27"):
        assert figures.pair("rank", total) == (None, "not_applicable")


def test_shares_ranks_and_contributions_of_months_added_up() -> None:
    """January and February: 120 and 80 of 200, then 60 and 140 of 200; of twelve months the same and 1 of December."""
    figures = whole(
        by_month("USA", jan24=90, feb24=30, dec24=1, jan25=20, feb25=40),
        by_month("DEU", jan24=10, feb24=70, jan25=60, feb25=80),
        months="2023-01..2025-02",
    )
    found = {
        partner: [figures.row(partner, "2025-02")[f"{span}_{name}"] for span in ("ytd", "rolling_12m")
                  for name in ("share_pct", "rank", "contribution_pp")]
        for partner in ("USA", "DEU", "WLD")
    }  # fmt: skip
    assert found["USA"] == pytest.approx([30, 2, -30, 100 * 61 / 201, 2, -29.5])
    assert found["DEU"] == pytest.approx([70, 1, 30, 100 * 140 / 201, 1, 30])
    assert found["WLD"] == pytest.approx([100, None, 0, 100, None, 0.5])


@pytest.mark.parametrize("many", [1, 10**10 + 1])
def test_two_months_of_one_price_are_no_record_whatever_was_weighed(many: int) -> None:
    """A price is one float: also of grams, which are no whole kilograms, and of numbers that floats do not hold."""
    scope = release(products=["71069110"], months="2025-01..2025-05")
    grams = {"2025-01": 10, "2025-02": 10, "2025-03": 9, "2025-04": 10, "2025-05": 17}
    told = [
        number(scope, "GBR", month, value * many, measure, product="71069110")
        for month, of_month in grams.items()
        for value, measure in (
            (of_month, "quantity_g"),
            (of_month // (1 + (month in ("2025-02", "2025-04"))), "value_usd"),
        )
    ]
    figures = Figures((scope, told))

    def pair(figure: str, month: str) -> tuple[Any, str]:
        return figures.pair(figure, "GBR", month, "unit_value_usd_per_kg", "71069110")

    assert [pair("level", month)[0] for month in grams] == [1000, 500, 1000, 500, 1000]
    assert [pair("highest_since", month) for month in ("2025-03", "2025-05")] == [
        (date(2025, 1, 1), "computed"), (date(2025, 3, 1), "computed"),
    ]  # fmt: skip
    assert pair("lowest_since", "2025-04") == (date(2025, 2, 1), "computed")
    assert pair("mom_pct", "2025-04") == (-50, "computed")


def test_nothing_known_gives_a_table_without_rows() -> None:
    scope = release()
    assert derive(current_statements(merged([(scope, [])])), release_table(scope)).is_empty()
    assert derive(current_statements(merged([])), release_table()).is_empty()


def test_a_level_that_follows_from_cumulative_figures_gives_no_rank_beside_dollars_alone() -> None:
    """Germany has a number of dollars that month and none of kilograms, whatever follows for these; nobody else has
    any."""
    paper = release("paper", kind="published", flow=None, partners="keys", products=["850511"])
    query = release("query", months="2025-01..2025-12", products=["*"], partner_list=["USA"], measures=["quantity"])
    store = [
        (
            paper,
            [
                number(paper, "DEU", "2025-01..2025-06", 19, product="850511"),
                number(paper, "DEU", "2025-06", 19, "value_usd", product="850511"),
            ],
        ),
        (query, [number(query, "USA", "2025-01", 1, product="81129290")]),
    ]
    figures = Figures(*store)
    assert differences(figures.metric, reckoned(store)) == []
    assert figures.level("DEU", product="850511") == (19, "ytd_difference")
    assert figures.pair("rank", "DEU", product="850511") == (None, "not_covered")


def test_a_file_of_world_totals_is_no_leave_to_add_up_the_partners_of_another_file() -> None:
    """The printed worlds of two codes are 157 and 50; of the partners two were asked for, and these have 80 of it."""
    world = release("world", months="2025-06", products=["8505"], partners="listed", partner_list=["WLD"])
    some = release("some", "2026-01-21", "2025-06", products=["8505"], partners="listed", partner_list=["DEU", "USA"])
    store = [
        (
            world,
            [number(world, "WLD", "2025-06", value, product=code) for code, value in ((MAGNETS, 157), (OTHER, 50))],
        ),
        (
            some,
            [
                number(some, partner, "2025-06", value, product=code)
                for code, partner, value in ((MAGNETS, "USA", 40), (MAGNETS, "DEU", 20), (OTHER, "USA", 20))
            ],
        ),
    ]
    figures = Figures(*store)
    for product in ("8505", "850511"):
        assert figures.level("WLD", product=product) == (207, "sum"), product
        assert figures.level("EU27", product=product) == (None, "not_covered"), product
    assert figures.pair("share_pct", product="850511") == (pytest.approx(60 / 207 * 100), "computed")
    trace = tracer_of(store).trace(operands.Point("export", "850511", "WLD", "quantity_kg", 2025 * 12 + 5), "level")
    assert (trace.value, trace.recomputed) == (207, 207)
    assert differences(figures.metric, reckoned(store)) == []
