"""Months made from their own words and the numbers of other months are what they are when all is computed at once."""

import random
import tempfile
from collections.abc import Collection
from pathlib import Path

import polars as pl
import polars.selectors as cs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import tasks.metrics
from schemas.base import Base, BaseYear
from tasks.base_file import BaseFile
from tasks.base_reader import Past
from tasks.ledger import last_word
from tasks.metrics import derive
from tasks.scope import month_index
from tasks.tables import Partition, encode_months, path_partition
from tests.draws import draws
from tests.unit import worlds
from tests.unit.figures import Store, derive_months, merged
from tests.unit.statements import number, release, release_table


def plain(frame: pl.DataFrame) -> pl.DataFrame:
    """As readers have it: what is coded is text."""
    return pl.DataFrame(frame).with_columns((cs.categorical() | cs.enum()).cast(pl.String))


def written(model: type[Base | BaseYear], frame: pl.DataFrame, folder: Path) -> list[BaseFile]:
    """The files of a table, as published."""
    files = []
    for place, file in enumerate(encode_months(model, frame, lambda partition: {}, in_order=True)):
        flow, year, month = path_partition(file.partition)
        path = folder / f"{model.__name__}-{place}.parquet"
        path.write_bytes(file.data)
        of_year = BaseFile(flow, year * 12, path, month)
        files.append(of_year if model is BaseYear else BaseFile(flow, year * 12 + month - 1, path))
    return files


def all_months(metric: pl.DataFrame, observation: pl.DataFrame) -> pl.DataFrame:
    months = [
        metric.select("flow", month=month_index("period")),
        observation.select("flow", month=month_index("period_end")),
    ]
    return pl.concat(months).unique().sort("flow", "month")


def is_of(months: Collection[tuple[str, int]]) -> pl.Expr:
    """Whether a row is of one of these months (flow, month index)."""
    named = [f"{flow} {month}" for flow, month in months]
    return pl.concat_str(pl.col("flow").cast(pl.String), month_index("period"), separator=" ").is_in(named)


def months_of(years: Collection[Partition]) -> set[tuple[str, int]]:
    """All months of years until the last one that is side by side."""
    return {(flow, year * 12 + month) for flow, year, last in years for month in range(last)}


def check_years(base: pl.DataFrame, base_year: pl.DataFrame) -> None:
    """A year is its months, each number in its place."""
    keys = ["flow", "product", "partner", "measure", "span", "kinds"]
    long = base_year.unpivot(
        [f"value_{month}" for month in range(1, 13)], index=[*keys, "period", "months"], value_name="value"
    ).with_columns(number=pl.col("variable").str.slice(6).cast(pl.Int32))
    long = long.filter(pl.col("months").cast(pl.Int32) // pl.lit(2).pow(pl.col("number") - 1).cast(pl.Int32) % 2 == 1)
    months = long.select(*keys, pl.col("value"), period=pl.date(pl.col("period").dt.year(), pl.col("number"), 1))
    assert_frame_equal(months, base.select(months.columns), check_row_order=False)


def check_some_months(store: Store, chance: random.Random) -> int:
    observation, releases = last_word(merged(store)), release_table(*(row for row, _ in store))
    whole = plain(derive(observation, releases))
    months = all_months(whole, observation)
    flow_years = sorted(set(months.select("flow", pl.col("month") // 12).iter_rows()))
    all_years = {(flow, year, chance.choice((12, 12, 3, 6, 9))) for flow, year in flow_years}
    at_once = derive_months(observation, releases, months, (), all_years)
    assert_frame_equal(plain(at_once.metric), whole)
    wanted = months.sample(chance.randint(1, months.height), seed=chance.randrange(1000)).sort("flow", "month")
    # Of some of them the numbers are known already.
    settled = wanted.sample(chance.randint(0, wanted.height), seed=chance.randrange(1000))
    anew = wanted.join(settled, on=["flow", "month"], how="anti")
    mine = observation.with_columns(month=month_index("period_end")).join(anew, on=["flow", "month"], how="semi")
    keyed = plain(at_once.base).with_columns(month=month_index("period"))
    # Years are read side by side, as far as no month of that is wanted, or month by month; any may be gathered, until a month.
    touched = set(wanted.iter_rows())
    together = {year for year in all_years if touched.isdisjoint(months_of({year})) and chance.random() < 0.7}
    gathered = {(flow, year, chance.choice((12, 9, 3))) for flow, year in flow_years if chance.random() < 0.5}
    with tempfile.TemporaryDirectory() as folder:
        in_years = plain(at_once.base_year).filter(
            is_of({(flow, year * 12 + last - 1) for flow, year, last in together})
        )
        others = keyed.join(anew, on=["flow", "month"], how="anti").drop("month").filter(~is_of(months_of(together)))
        files = sorted(written(Base, others, Path(folder)) + written(BaseYear, in_years, Path(folder)))
        again = derive_months(mine.drop("month"), releases, wanted, files, gathered)
    expected = (
        whole.with_columns(month=month_index("period")).join(wanted, on=["flow", "month"], how="semi").drop("month")
    )
    assert_frame_equal(plain(again.metric), expected)
    assert_frame_equal(plain(again.base), keyed.join(anew, on=["flow", "month"], how="semi").drop("month"))
    assert_frame_equal(
        plain(again.base_year), plain(derive_months(observation, releases, months, (), gathered).base_year)
    )
    for made, years in ((at_once, all_years), (again, gathered)):
        check_years(plain(at_once.base).filter(is_of(months_of(years))), plain(made.base_year))
    return expected.height


@given(worlds.histories(), st.randoms(use_true_random=False))
@draws(12)
def test_any_months_can_be_made_from_the_others(store: Store, chance: random.Random) -> None:
    check_some_months(store, chance)


@given(worlds.decades(), st.randoms(use_true_random=False))
@draws(6)
def test_over_many_years_and_in_portions_too(store: Store, chance: random.Random) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tasks.metrics, "ROWS_OF_MONTHS", 1)
        check_some_months(store, chance)


def test_a_settled_month_stands_as_it_is_and_tells_how_large_it_is(tmp_path: Path) -> None:
    """Where a sum is made today that was not made then (a basket that is new, say), no figure contradicts the numbers."""
    scope = release()
    store = [(scope, [number(scope, partner, "2025-06", 1000) for partner in ("USA", "DEU")])]
    words, releases = last_word(merged(store)), release_table(scope)
    june = pl.DataFrame({"flow": ["export"], "month": [2025 * 12 + 5]}, schema={"flow": pl.String, "month": pl.Int32})
    then = derive_months(words, releases, june, ())
    world = pl.col("partner") == "WLD"
    assert then.base.filter(world)["how"].unique().to_list() == ["sum"]
    files = written(Base, then.base.filter(~world), tmp_path)
    assert sum(Past(files).rows_of_kin().values()) == then.base.filter(~world).height
    assert Past(files).rows_of_kin().keys() == {"85"}
    again = derive_months(words.clear(), releases, june, files)
    assert again.base.is_empty()
    columns = ["product", "partner", "measure", "level", "level_status"]
    own = (pl.col("partner") == "USA") & (pl.col("measure") == "quantity_kg")
    assert_frame_equal(plain(again.metric).filter(own).select(columns), plain(then.metric).filter(own).select(columns))
    assert then.metric.filter(world, measure="quantity_kg", product="85051110")["level"].to_list() == [2000]
    assert 2000 not in again.metric.filter(world)["level"].to_list()


def test_goods_that_nobody_trades_any_more_hinder_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A portion of their own, which the month that is made does not reach."""
    old, new = release("old", months="2021-01", products=["81129290"]), release("new", months="2025-06")
    numbers = [
        number(old, name, "2021-01", 5, product="81129290") for name in ("USA", "DEU", "GBR", "JPN", "FRA", "ITA")
    ]
    words = last_word(merged([(old, numbers), (new, [number(new, "USA", "2025-06", 7)])]))
    releases, months = (
        release_table(old, new),
        pl.DataFrame({"flow": ["export"] * 2, "month": [2021 * 12, 2025 * 12 + 5]}),
    )
    whole = derive_months(words, releases, months.cast({"month": pl.Int32}), ())
    files = written(Base, whole.base.filter(pl.col("period").dt.year() == 2021), tmp_path)
    monkeypatch.setattr(tasks.metrics, "ROWS_OF_MONTHS", 1)
    june = months[1:].cast({"month": pl.Int32})
    of_june = derive_months(words.filter(pl.col("period_end").dt.year() == 2025), releases, june, files)
    assert_frame_equal(plain(of_june.metric), plain(whole.metric).filter(pl.col("period").dt.year() == 2025))
    assert of_june.metric.height > 0
