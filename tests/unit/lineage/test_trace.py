"""A figure reckoned again from the ledger's rows is the figure that was published, whatever the store holds."""

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st

from schemas.names import FIGURES, status
from tasks.lineage.point import Point
from tasks.lineage.trace import NO_RECORD, RECORDS
from tests.draws import draws
from tests.unit import strategies
from tests.unit.builders import number, release
from tests.unit.figures import Store
from tests.unit.ledger.year_to_date import by_month, whole
from tests.unit.tracing import tracer_of

SERIES = ("flow", "product", "partner", "measure")
ROWS_TRACED = 15
JUNE_OF_USA = Point("export", "85051110", "USA", "quantity_kg", 2025 * 12 + 5)
# A store that fails is traced thousands of times while it is made smaller; the message names the place as it is.
QUICK = (Phase.explicit, Phase.reuse, Phase.generate)


@given(st.one_of(strategies.histories(most=4), strategies.years_so_far()), st.sampled_from(("HS8", "HS8", "HTS10")))
@draws(12, suppress_health_check=[HealthCheck.too_slow], phases=QUICK)
def test_every_figure_is_found_again_from_the_rows_that_make_it(store: Store, national: str) -> None:
    """Every figure of a row; and the kinds of release that the row names are those of the rows that make its
    figures."""
    if any(row["classification"] == "HS8" for row, _ in store):
        store = [strategies.of_list(national, *one) for one in store]
    tracer = tracer_of(store)
    rows = tracer.metric.sort(tracer.metric.columns[:6])
    for row in rows.gather_every(max(1, rows.height // ROWS_TRACED)).iter_rows(named=True):
        point = Point(*(row[name] for name in SERIES), row["period"].year * 12 + row["period"].month - 1)
        kinds: set[str] = set()
        for figure in FIGURES:
            if row[figure] is None and row[status(figure)] not in ("definition_break", *NO_RECORD):
                continue
            trace = tracer.trace(point, figure)
            assert trace.agrees, (point, figure, trace)
            kinds |= set((trace.kinds or "").split("+")) - {""}
            if figure == "level":
                assert trace.kinds == row["level_kinds"], (point, trace)
        assert "+".join(sorted(kinds)) == (row["kinds"] or ""), (point, row["kinds"], kinds)


@given(strategies.histories(most=3))
@draws(8, suppress_health_check=[HealthCheck.too_slow], phases=QUICK)
def test_every_rate_of_duty_is_found_again(store: Store) -> None:
    tracer = tracer_of([strategies.of_duties(*one) for one in store])
    rows = tracer.metric.filter(pl.col("of_consumption_pct").is_not_null()).sort(tracer.metric.columns[:6])
    for row in rows.gather_every(max(1, rows.height // ROWS_TRACED)).iter_rows(named=True):
        point = Point(*(row[name] for name in SERIES), row["period"].year * 12 + row["period"].month - 1)
        trace = tracer.trace(point, "of_consumption_pct")
        assert trace.agrees, (point, trace)
        assert len(trace.operands) == 2


def test_a_rate_of_duty_is_traced_to_the_duty_and_the_imports() -> None:
    scope = release(measures=["value_usd_consumption", "value_usd_duty"], months="2025-06")
    numbers = [
        number(scope, "CHN", "2025-06", 100, "value_usd_consumption"),
        number(scope, "CHN", "2025-06", 47, "value_usd_duty"),
    ]
    point = Point("export", "85051110", "CHN", "value_usd_duty", 2025 * 12 + 5)
    trace = tracer_of([(scope, numbers)]).trace(point, "of_consumption_pct")
    assert (trace.value, trace.recomputed, trace.agrees) == (47, 47, True)
    assert [operand.value for operand in trace.operands] == [47, 100]


@pytest.mark.parametrize(("asked", "level"), [("85051110", 1000), ("850511", 1001)])
def test_a_code_below_adds_to_a_printed_level_where_it_is_all_there_is(asked: str, level: int) -> None:
    """HS6 is printed for one partner, and one HS8, of several or of all, for a partner that the other file does not
    have."""
    six = release("six", products=["850511"], measures=["value_usd"])
    eight = release("eight", products=[asked], measures=["quantity", "value_usd"])
    store = [
        (six, [number(six, "DEU", "2025-06", 1000, "value_usd", product="850511")]),
        (eight, [number(eight, "HRV", "2025-06", 1, "value_usd")]),
    ]
    trace = tracer_of(store).trace(Point("export", "850511", "EU27", "value_usd", 2025 * 12 + 5), "level")
    assert (trace.value, trace.recomputed) == (level, level)


@pytest.mark.parametrize(
    ("later", "half"),
    [
        ([by_month()], 660),
        ([by_month(kind="bulletin", source="gacc_query")], 600),
        ([by_month(), whole("2025-11-03", name="again")], 600),
        ([by_month(), whole("2025-11-03", name="again", lost=["85051110 *"])], 660),
    ],
    ids=["months of its kind", "months of a worse kind", "the figure again", "another figure again"],
)
def test_a_half_year_that_came_as_one_figure_stands_until_its_months_came_after_it(later: Store, half: int) -> None:
    trace = tracer_of([whole(), *later]).trace(JUNE_OF_USA, "ytd")
    assert (trace.value, trace.recomputed) == (half, half)


def test_a_basket_is_the_sum_of_its_codes_where_one_is_covered_without_a_row() -> None:
    scope = release(products=["81129210", "81129910"])
    store = [(scope, [number(scope, "USA", "2025-06", 7, product="81129210")])]
    trace = tracer_of(store).trace(JUNE_OF_USA.at(product="basket:germanium"), "level")
    assert (trace.value, trace.recomputed) == (7, 7)


@pytest.mark.parametrize(("figure", "months"), [("yoy_pct", "2025-06"), ("ytd_yoy_pct", "2025-01..2025-06")])
def test_a_printed_growth_implies_a_base_as_wide_as_its_last_digit(figure: str, months: str) -> None:
    """3,188 t after a fall of 38.05 to 38.15 %."""
    press = release("press", kind="published", partners="keys")
    level = number(press, "WLD", months, 3_188_000, resolution=1000)
    growth = number(press, "WLD", months, -3810, "quantity_kg_yoy", resolution=10)
    trace = tracer_of([(press, [level, growth])]).trace(JUNE_OF_USA.at(partner="WLD"), figure)
    assert (trace.value, trace.recomputed, trace.status) == (-38.1, -38.1, "implied_base")
    assert trace.operands[1].note == "implies a base of 5,146,086 to 5,154,406, which no source at hand prints"


def test_a_record_that_is_none_is_not_believed_either() -> None:
    """April stands below March and above February: each of the four can be reckoned, and what contradicts it is
    denied."""
    scope = release(months="2025-01..2025-04")
    levels = {"2025-01": 30, "2025-02": 10, "2025-03": 40, "2025-04": 20}
    tracer = tracer_of([(scope, [number(scope, "USA", month, value) for month, value in levels.items()])])
    april = JUNE_OF_USA.at(month=2025 * 12 + 3)
    march = april.at(month=april.month - 1)
    told = [(point, name, tracer.trace(point, name)) for point in (march, april) for name in RECORDS]
    assert [(name, trace.value, trace.status, trace.agrees) for _, name, trace in told] == [
        ("highest_since", None, "series_record", True), ("lowest_since", None, "not_extreme", True),
        ("highest_since", None, "not_extreme", True), ("lowest_since", "2025-02", "computed", True),
    ]  # fmt: skip
    other = {"series_record": "not_extreme", "not_extreme": "series_record", "computed": "series_record"}
    for point, name, trace in told:
        mine = (pl.col("partner") == "USA") & (pl.col("period").dt.month() == point.month % 12 + 1)
        kinds = tracer.metric.schema
        wrong = tracer.metric.with_columns(
            pl.when(mine).then(None).otherwise(name).cast(kinds[name]).alias(name),
            pl.when(mine).then(pl.lit(other[trace.status])).otherwise(pl.col(status(name)).cast(pl.String))
            .cast(kinds[status(name)]).alias(status(name)),
        )  # fmt: skip
        whole, tracer.metric = tracer.metric, wrong
        assert not tracer.trace(point, name).agrees, (point, name)
        tracer.metric = whole


def test_the_operands_of_a_rank_say_whose_they_are() -> None:
    row = release(months="2025-06")
    store = [(row, [number(row, "USA", "2025-06", 353), number(row, "DEU", "2025-06", 764)])]
    trace = tracer_of(store).trace(JUNE_OF_USA, "rank")
    assert (trace.value, trace.agrees) == (2, True)
    named = {operand.name: operand.value for operand in trace.operands}
    assert named == {"level 2025-06, DEU": 764, "level 2025-06, USA": 353}
