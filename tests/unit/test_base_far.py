"""What is far of a year tells its months as much as all the months before it would."""

import random
import tempfile
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from polars.testing import assert_frame_equal

import tasks.metrics
from schemas.base import Base, BaseFar, BaseYear
from tasks import ledger
from tasks.base_far import first_near
from tasks.base_file import BaseFile
from tasks.metrics import derive
from tasks.scope import month_index
from tests.draws import draws
from tests.unit import worlds
from tests.unit.figures import Store, derive_months, merged
from tests.unit.statements import number, release, release_table
from tests.unit.test_base_reader import all_months, plain, written
from tests.unit.test_incremental import _world

PRODUCTS = ("85051110", "28053011")
PARTNERS = ("USA", "DEU", "GBR")


def far_files(far: pl.DataFrame, year: int, folder: Path) -> list[BaseFile]:
    """The file of what is far of a year, as published; none where there is nothing."""
    folder.mkdir(exist_ok=True)
    return [file._replace(month=first_near(year), months=0) for file in written(BaseFar, far, folder)]


def months_of(year: int, months: pl.DataFrame) -> pl.DataFrame:
    return months.filter(pl.col("month") // 12 == year)


def check_years(words: pl.DataFrame, releases: pl.DataFrame) -> dict[str, int]:
    """Go through the years: each with what was far of the year before, with all that came before it, and in one computation."""
    whole = plain(derive(words, releases))  # type: ignore[arg-type]
    months = all_months(whole, words)
    flows = sorted(set(months["flow"]))
    years = sorted(set((months["month"] // 12).to_list()))
    at_once = derive_months(words, releases, months, (), {(flow, year, 12) for flow in flows for year in years})  # type: ignore[arg-type]
    keyed = whole.with_columns(month=month_index("period"))
    compared = {"figures": 0, "far": 0, "steps": 0, "records": 0}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        single, in_years = written(Base, at_once.base, folder), written(BaseYear, at_once.base_year, folder)
        known_far: list[BaseFile] = []
        for year in years:
            # What is far is taken over from the year before and from no earlier one.
            known_far = [file for file in known_far if file.month == first_near(year - 1)]
            mine = months_of(year, months)
            before = [file for file in in_years if file.month < year * 12]
            own = [file for file in single if file.month // 12 == year]
            wanted = {(flow, year) for flow in flows}
            # As if the year had just begun: from what was far a year ago, and from everything.
            some = mine.group_by("flow", maintain_order=True).first()
            full = derive_months(words.clear(), releases, some, before + own, (), wanted).base_far  # type: ignore[arg-type]
            if known_far and some.height:
                since = [file for file in before if file.month >= first_near(year - 1)]
                chained = derive_months(words.clear(), releases, some, since + own + known_far, (), wanted)  # type: ignore[arg-type]
                assert_frame_equal(plain(chained.base_far), plain(full))
                assert_frame_equal(
                    plain(chained.metric), keyed.join(some, on=["flow", "month"], how="semi").drop("month")
                )
                compared["far"] += full.height
            known_far = far_files(full, year, folder / f"far-{year}")
            if not known_far:
                continue
            told = derive_months(words.clear(), releases, mine, before + own + known_far)  # type: ignore[arg-type]
            expected = keyed.join(mine, on=["flow", "month"], how="semi").drop("month")
            assert_frame_equal(plain(told.metric), expected)
            # A month by itself reads less of the year before last, the later it is.
            for number in (1, 6, 12):
                one = mine.filter(pl.col("month") % 12 == number - 1)
                alone = derive_months(words.clear(), releases, one, before + own + known_far)  # type: ignore[arg-type]
                of_month = keyed.join(one, on=["flow", "month"], how="semi").drop("month")
                assert_frame_equal(plain(alone.metric), of_month)
            compared["figures"] += expected.height
            compared["steps"] += full.filter(pl.col("highest").is_not_null() | pl.col("lowest").is_not_null()).height
            is_far = pl.min_horizontal("highest_since", "lowest_since") < pl.date(year - 1, 1, 1)
            compared["records"] += expected.filter(is_far).height
    return compared


def steady(seed: int, flow: str = "export", first_year: int = 2013, months: int = 110) -> Store:
    """A release each month, seldom none, of goods that are seldom silent: long runs, a peak now and then, kinds that change."""
    draw = random.Random(seed)
    store: Store = []
    for index in range(first_year * 12, first_year * 12 + months):
        if draw.random() < 0.004:
            continue
        month = f"{index // 12}-{index % 12 + 1:02d}"
        kind = draw.choice(("query", "query", "query", "bulletin", "yearbook"))
        row = release(
            f"{flow}-{index}", f"{month}-28", month, kind=kind, flow=flow, products=PRODUCTS, partner_list=PARTNERS
        )
        numbers = [
            number(row, partner, month, round(10 ** draw.uniform(0, 3)), measure, product=product)
            for product in PRODUCTS for partner in PARTNERS
            if draw.random() < 0.97
            for measure in ("quantity_kg", "value_usd")
        ]  # fmt: skip
        store.append((row, numbers))
    return store


@pytest.mark.parametrize("seed", range(3))
def test_far_months_tell_as_much_as_all_of_them(seed: int) -> None:
    store = steady(seed)
    compared = check_years(ledger.last_word(merged(store)), release_table(*(row for row, _ in store)))
    assert compared["figures"] > 3_000
    assert compared["far"] > 250
    assert compared["steps"] > 30
    assert compared["records"] > 5


def test_flows_that_begin_apart_tell_of_their_own_months_in_portions_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.metrics, "ROWS_OF_MONTHS", 1)
    store = [*steady(7), *steady(8, "import", first_year=2016, months=74)]
    portions: list[int] = []
    cut_portions = tasks.metrics.cut_portions
    monkeypatch.setattr(
        tasks.metrics, "cut_portions", lambda *given: portions.append(len(cut := cut_portions(*given))) or cut
    )
    compared = check_years(ledger.last_word(merged(store)), release_table(*(row for row, _ in store)))
    assert compared["figures"] > 6_000
    assert compared["steps"] > 50
    assert max(portions) == 2


@pytest.mark.parametrize(("seed", "totals"), [(0, 0.0), (1, 0.05), (3, 0.4)])
def test_so_they_do_where_months_are_missing_and_others_are_cumulated(seed: int, totals: float) -> None:
    detail, releases = _world(seed, months=130, totals=totals)
    compared = check_years(ledger.last_word(ledger.merge(detail, releases)), releases)  # type: ignore[arg-type]
    assert compared["figures"] > 3_000
    assert compared["far"] > 300


def test_a_month_that_follows_from_the_year_so_far_is_known_from_all_months_before_it() -> None:
    """July is told from January on and never by itself, and the rolling year of a June is compared with one that begins in a July."""
    store: Store = []
    for index in range(2013 * 12, 2018 * 12):
        year, month = index // 12, index % 12 + 1
        told, kind = (f"{year}-{month:02d}", "query") if month != 7 else (f"{year}-01..{year}-07", "bulletin")
        row = release(
            f"r{index}", f"{year}-{month:02d}-28", told, kind=kind, products=PRODUCTS[:1], by_month=month != 7,
            partners="all" if month != 7 else "keys",
        )  # fmt: skip
        values = [100 + 7 * each % 31 for each in range(year * 12 if month == 7 else index, index + 1)]
        store.append((row, [number(row, "USA", told, sum(values), product=PRODUCTS[0])]))
    words, releases = ledger.last_word(merged(store)), release_table(*(row for row, _ in store))
    june = derive(words, releases).filter(period=date(2017, 6, 1), partner="USA", measure="quantity_kg")
    assert june.height
    assert june["rolling_12m_yoy_pct"].is_not_null().all()
    assert check_years(words, releases)["figures"] > 300


@given(worlds.decades())
@draws(8)
def test_whatever_was_said_of_a_decade(store: Store) -> None:
    check_years(ledger.last_word(merged(store)), release_table(*(row for row, _ in store)))
