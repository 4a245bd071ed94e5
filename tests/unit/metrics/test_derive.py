"""A few months from the statements of two years are what all months at once are: one way, whatever is asked of it."""

import random

import polars as pl
import polars.selectors as cs
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tasks.domain.classification import part_of
from tasks.domain.periods import month_index
from tasks.ledger import merge as ledger
from tasks.ledger.merge import current_statements, merge
from tasks.metrics import derive as deriving
from tasks.metrics.derive import NO_LEVELS, derive, derive_months
from tests.draws import draws
from tests.unit import strategies
from tests.unit.builders import detail_table, release_table
from tests.unit.figures import Store, merged, rows_as_read
from tests.unit.strategies import Row


@draws(8)
@given(st.one_of(strategies.histories(), strategies.decades(), strategies.years_so_far()), st.integers(0, 10**6))
def test_months_one_by_one_in_any_blocks_make_what_all_at_once_make(
    store: list[tuple[Row, list[Row]]], seed: int
) -> None:
    drawn = random.Random(seed)
    releases = release_table(*(release for release, _ in store))
    words = current_statements(merge(detail_table(*(row for _, rows in store for row in rows)), releases))
    whole = derive(words, releases, all_records=False)
    for (flow,), rows in words.group_by("flow"):
        expected = whole.filter(pl.col("flow") == flow)
        months = expected.select(month_index("period").unique().sort()).to_series().to_list()
        levels, made, left = NO_LEVELS, [expected.clear()], [*range(min(months), max(months) + 1)] if months else []
        while left:
            size = drawn.choice((1, 2, 30))
            some, left = left[:size], left[size:]
            first = (some[0] - 23) // 12 * 12
            near = rows.filter(month_index("period_end").is_between(first, some[-1] // 12 * 12 + 11))
            parts = [near.clear(), *(part for _, part in near.group_by(month_index("period_end")))]
            with_rows = drawn.choice((1, 100, deriving.ROWS_AT_ONCE))
            for derived in derive_months(str(flow), some, parts, releases, levels, at_once=with_rows):
                made.append(derived.metric)
                levels = pl.concat([levels, derived.levels])
        in_text = [
            pl.DataFrame(one).with_columns((cs.categorical() | cs.enum()).cast(pl.String))
            for one in (pl.concat(made), expected)
        ]
        assert_frame_equal(*in_text, check_exact=True)


@given(strategies.histories())
@draws(6)
def test_what_is_part_of_a_product_gives_what_the_whole_gives(store: Store) -> None:
    """So a product can be looked at as it was on a day without deriving everything else of that day."""
    words, releases = ledger.current_statements(merged(store)), release_table(*(row for row, _ in store))
    whole = derive(words, releases)
    for product in whole["product"].cast(pl.String).unique():
        mine = pl.col("product").cast(pl.String) == product
        part = derive(words.filter(part_of(product)), releases)  # type: ignore[arg-type]
        assert_frame_equal(rows_as_read(part.filter(mine)), rows_as_read(whole.filter(mine)))
