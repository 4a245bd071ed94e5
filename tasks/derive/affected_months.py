"""Decides which months a release changes, from the names of published partitions (flow, year, month) and from its rows
and scope.

`open_published` reads the months. Months here are month indices by flow; CONTRIBUTING explains the terms (touched,
derived).
"""

from collections.abc import Callable, Iterable, Set
from typing import NamedTuple

import polars as pl

from tasks.domain.coverage import FIGURES_LOOK_BACK
from tasks.domain.periods import Month, month_index
from tasks.ingest.normalise import Normalised
from tasks.ledger.doubts import HELD
from tasks.ledger.published_state import PublishedState
from tasks.store.snapshots.parquet import Partition, partition_month


class MonthPlan(NamedTuple):
    """The months of a release: `touched` are those whose ledger it can change, `derived` those whose figures; `chained`
    the years (flow, year) with printed totals among those that the derived months look back on.
    """

    touched: set[Partition]
    derived: set[Partition]
    chained: set[tuple[str, int]]


def plan_months(
    release: Normalised,
    in_ledger: Set[Partition],
    with_figures: Set[Partition],
    outdated: Set[Partition],
    has_totals: Callable[[Partition], bool],
    findings: pl.DataFrame,
) -> MonthPlan:
    """Return the months that the release changes. `in_ledger` and `with_figures` are the published partitions of
    `observation` and `metric`; `outdated` are those of `metric` that another version wrote, or that used other code
    tables; `has_totals` says whether the ledger of a month has a figure of several months. `findings` are published.
    """
    touched = touched_months(release) | (contradicted_months(release, findings) & in_ledger)
    flows = {flow for flow, _, _ in touched}
    # Outdated files next to new ones would make a table that no reader can read whole, or that compares by two rules.
    # So all outdated months of a direction are derived again, once.
    again = {month for month in outdated if month[0] in flows}
    months = _months_between(touched | in_ledger | with_figures)
    in_reach = months_in_reach(months, touched)
    years = {(flow, year) for flow, year, _ in in_reach | again | touched}
    years |= {(flow, year - back) for flow, year in years for back in (1, 2)}
    chained = years_of_totals(release.detail)
    chained |= {month[:2] for month in in_ledger if month[:2] in years - chained and has_totals(month)}
    whole_years = {month for month in months if month[:2] in chained & {one[:2] for one in touched}}
    derived = in_reach | again | months_in_reach(months, whole_years)
    return MonthPlan(touched, derived, chained)


def looked_back_on(derived: Iterable[int], chained: Set[int]) -> set[int]:
    """Return the months on whose numbers the figures of some months rest: two years, and whole years with printed
    totals."""
    back = {month - step for month in derived for step in range(FIGURES_LOOK_BACK + 1)}
    return back | {
        Month.of(year, number) for year in {Month(month).year for month in back} & {*chained} for number in range(1, 13)
    }


def touched_months(release: Normalised) -> set[Partition]:
    """Return flow, year and month of every period that ends in a month the release has a row in or covers."""
    rows = release.detail.select("flow", month=month_index("period_end")).unique()
    scope = (
        release.release.filter(pl.col("partners") != "keys")
        .select("flow", month=pl.int_ranges(month_index("first_month"), month_index("last_month") + 1, dtype=pl.Int32))
        .explode("month")
    )
    return {Month(month).partition(flow) for flow, month in pl.concat([rows, scope]).unique().iter_rows()}


def contradicted_months(release: Normalised, findings: pl.DataFrame) -> set[Partition]:
    """Return the months of the numbers that the release contradicts, by its findings and those published of it."""
    of_release = release.release["release_id"].implode()
    published = findings.filter(pl.col("release_id").is_in(of_release), pl.col("severity") != HELD)
    both = pl.concat([release.findings, published]).filter("both_sides", pl.col("flow").is_not_null())
    months = pl.int_ranges(month_index("first_month"), month_index("last_month") + 1, dtype=pl.Int32)
    rows = both.select("flow", month=months).explode("month").drop_nulls().unique()
    return {Month(month).partition(flow) for flow, month in rows.iter_rows()}


def contradicts_other_months(release: Normalised, known: PublishedState) -> bool:
    """Whether the release contradicts numbers of months that `known` was not opened for."""
    return not contradicted_months(release, release.findings.clear()) <= {*known.touched}


def _months_between(partitions: Iterable[Partition]) -> set[Partition]:
    """Every month from the first January to the last month of each flow: one without a row may be a gap, or published
    with another."""
    reach: dict[str, list[int]] = {}
    for month in partitions:
        reach.setdefault(month[0], []).append(partition_month(month))
    return {
        Month(index).partition(flow)
        for flow, indices in reach.items()
        for index in range(Month(min(indices)).january, max(indices) + 1)
    }


def months_in_reach(months: Set[Partition], changed: Set[Partition]) -> set[Partition]:
    """Return those months whose figures can depend on a changed month: they look back FIGURES_LOOK_BACK months, and a
    month is published because of one QUIET_MONTHS before it. Records look back further, on few series: see
    `months_with_other_records`.
    """
    changed_months = {(flow, Month.of(year, number)) for flow, year, number in changed}
    reached = {(flow, month + step) for flow, month in changed_months for step in range(FIGURES_LOOK_BACK + 1)}
    return {(flow, year, number) for flow, year, number in months if (flow, Month.of(year, number)) in reached}


def years_of_totals(numbers: pl.DataFrame) -> set[tuple[str, int]]:
    """Return flow and year of each figure of several months. Only in these years can a month depend on later months."""
    several = numbers.filter(month_index("period_start") != month_index("period_end"))
    return set(several.select("flow", year=pl.col("period_end").dt.year().cast(pl.Int64)).unique().iter_rows())
