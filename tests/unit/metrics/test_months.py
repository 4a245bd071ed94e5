"""Month after month from states, several months at once, and all months on a calendar: three ways to the same rows."""

import random
from collections.abc import Mapping

import polars as pl
import polars.selectors as cs
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from schemas.table import DataFrame, empty_frame
from schemas.tables.metric import Metric
from schemas.tables.release import Release
from schemas.tables.state import Recent, State
from tasks.domain.coverage import LOOK_BACK_MONTHS
from tasks.domain.periods import month_index
from tasks.ledger.merge import current_statements, merge
from tasks.metrics.calendar import derive
from tasks.metrics.months import Derived, Inputs, derive_portion, derive_span, year_totals
from tests.draws import draws
from tests.unit import strategies
from tests.unit.builders import detail_table, release_table
from tests.unit.strategies import Row

Store = list[tuple[Row, list[Row]]]
NOTHING = empty_frame(State)
NO_RECENT = empty_frame(Recent).with_columns(month=pl.lit(0, pl.Int32))
PERIOD_END = month_index("period_end")


def month_after_month(
    flow: str, statements: Mapping[int, pl.DataFrame], chained: set[int], releases: DataFrame[Release], *, again: bool
) -> dict[int, Derived]:
    """Each month from its statements and the states before it; `again`: and then from its own state, which must give the same."""
    made: dict[int, Derived] = {}
    recent = [NO_RECENT]
    totals = {
        year: year_totals(
            flow, year,
            {one: Inputs(rows, NOTHING, NOTHING, NOTHING, NO_RECENT) for one, rows in statements.items() if one // 12 == year},
            releases,
        )
        for year in chained
    }  # fmt: skip
    for month, rows in statements.items():
        before, ago = (made[one].state if one in made else NOTHING for one in (month - 1, month - 12))
        inputs = Inputs(rows, NOTHING, before, ago, pl.concat(recent[-LOOK_BACK_MONTHS:]))
        made[month] = derive_portion(flow, month, inputs, releases, totals.get(month // 12))
        if again:
            own = inputs._replace(statements=None, own=made[month].state)
            same(derive_portion(flow, month, own, releases, totals.get(month // 12)), made[month])
        recent.append(made[month].recent.with_columns(month=pl.lit(month, pl.Int32)))
    return made


def same(found: Derived, expected: Derived) -> None:
    for one, other in zip(found, expected, strict=True):
        assert_frame_equal(in_text(one), in_text(other), check_exact=True)


def in_text(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns((cs.categorical() | cs.enum()).cast(pl.String))


def check(store: Store, seed: int) -> None:
    drawn = random.Random(seed)
    releases = release_table(*(release for release, _ in store))
    words = current_statements(merge(detail_table(*(row for _, rows in store for row in rows)), releases))
    by_month: list[pl.DataFrame] = [empty_frame(Metric)]
    for (flow,), rows in words.group_by("flow"):
        scopes = releases.filter((pl.col("flow") == flow) & (pl.col("partners") != "keys"))
        asked = scopes.select(month_index("first_month"), month_index("last_month")).rows()
        reach = {*rows.select(PERIOD_END).to_series(), *(month for pair in asked for month in pair)}
        months = range(min(reach) // 12 * 12, max(reach) + 1)
        statements = {month: rows.filter(month == PERIOD_END) for month in months}
        several = rows.filter(month_index("period_start") != PERIOD_END)
        chained = {day.year for day in several["period_end"]}
        made = month_after_month(str(flow), statements, chained, releases, again=drawn.random() < 0.5)
        by_month += [derived.metric for derived in made.values()]
        # Some of the months at once, with the statements of some and the states of others behind them.
        first = drawn.choice(months)
        span = range(first, drawn.choice(range(first, months.stop)) + 1)
        kept = {
            month: made[month].state.drop("flow", "period")
            for month in months
            if made[month].state.height and drawn.random() < 0.5
        }
        read = pl.concat([rows.clear(), *(statements[month] for month in months if month not in kept)])
        expected = zip(*(made[month] for month in span), strict=True)
        same(derive_span(str(flow), span, read, kept, releases), Derived(*(pl.concat(tables) for tables in expected)))
    key = ["flow", "period", "product", "partner", "measure"]
    one, other = derive(words, releases, all_records=False), pl.concat(by_month)
    assert_frame_equal(in_text(other).sort(key), in_text(one).sort(key), check_exact=True)


@draws(4)
@given(strategies.histories(), st.integers(0, 10**6))
def test_histories_are_the_same_by_month_in_spans_and_at_once(store: Store, seed: int) -> None:
    check(store, seed)


@draws(2)
@given(strategies.decades(), st.integers(0, 10**6))
def test_so_are_decades(store: Store, seed: int) -> None:
    check(store, seed)


@draws(4)
@given(strategies.years_so_far(), st.integers(0, 10**6))
def test_so_are_years_of_which_totals_are_printed(store: Store, seed: int) -> None:
    check(store, seed)
