"""Months made from their own words and the numbers of other months are what they are when all is computed at once."""

import random
import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import tasks.metrics
from schemas.base import Base
from tasks.ledger import last_word
from tasks.metrics import derive, derive_months
from tasks.past import BaseFile
from tasks.scope import month_index
from tasks.tables import encode_months, path_partition
from tests.unit import worlds
from tests.unit.figures import Store, merged
from tests.unit.statements import release_table



def written(base: pl.DataFrame, folder: Path) -> tuple[BaseFile, ...]:
    """The files of a base, as published."""
    files = []
    for place, file in enumerate(encode_months(Base, base, lambda partition: {})):
        flow, year, month = path_partition(file.partition)
        path = folder / f"{place}.parquet"
        path.write_bytes(file.data)
        files.append(BaseFile(flow, year * 12 + month - 1, path))
    return tuple(files)


def all_months(metric: pl.DataFrame, observation: pl.DataFrame) -> pl.DataFrame:
    months = [metric.select("flow", month=month_index("period")), observation.select("flow", month=month_index("period_end"))]
    return pl.concat(months).unique().sort("flow", "month")


def check_some_months(store: Store, chance: random.Random) -> int:
    observation, releases = last_word(merged(store)), release_table(*(row for row, _ in store))
    whole = pl.DataFrame(derive(observation, releases))
    months = all_months(whole, observation)
    at_once = derive_months(observation, releases, months, ())
    assert_frame_equal(pl.DataFrame(at_once.metric), whole)
    wanted = months.sample(chance.randint(1, months.height), seed=chance.randrange(1000)).sort("flow", "month")
    mine = observation.with_columns(month=month_index("period_end")).join(wanted, on=["flow", "month"], how="semi").drop("month")
    keyed = pl.DataFrame(at_once.base).with_columns(month=month_index("period"))
    others = keyed.join(wanted, on=["flow", "month"], how="anti").drop("month")
    with tempfile.TemporaryDirectory() as folder:
        again = derive_months(mine, releases, wanted, written(others, Path(folder)))
    expected = whole.with_columns(month=month_index("period")).join(wanted, on=["flow", "month"], how="semi").drop("month")
    assert_frame_equal(pl.DataFrame(again.metric), expected)
    assert_frame_equal(pl.DataFrame(again.base), keyed.join(wanted, on=["flow", "month"], how="semi").drop("month"), check_row_order=False)
    return expected.height


@given(worlds.histories(), st.randoms(use_true_random=False))
@settings(max_examples=12, deadline=None)
def test_any_months_can_be_made_from_the_others(store: Store, chance: random.Random) -> None:
    check_some_months(store, chance)


@given(worlds.decades(), st.randoms(use_true_random=False))
@settings(max_examples=6, deadline=None)
def test_over_many_years_and_in_portions_too(store: Store, chance: random.Random) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tasks.metrics, "ROWS_OF_MONTHS", 1)
        check_some_months(store, chance)
