"""Which months a release changes, and which files of earlier numbers they are made again from.

Belongs here: what is decided from the names of published partitions (flow, year, month) and from what the release says. What is
decided here is read in `known`. The words used for months (touched, derived, settled, far) are explained in CONTRIBUTING.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Set
from typing import NamedTuple

import polars as pl

from tasks.base_far import first_near, first_told
from tasks.base_file import BaseFile
from tasks.base_year import side_by_side
from tasks.normalise import Normalised
from tasks.scope import LOOK_BACK_MONTHS, QUIET_MONTHS, month_index
from tasks.tables import Partition, partition_month


class MonthPlan(NamedTuple):
    """The months of a release; the words are those of `known.Known`."""

    touched: set[Partition]
    derived: set[Partition]
    settled: set[Partition]
    chained: set[tuple[str, int]]

    @property
    def anew(self) -> set[Partition]:
        """The derived months whose numbers are made again."""
        return self.derived - self.settled


def plan_months(
    release: Normalised,
    in_ledger: Set[Partition],
    with_figures: Set[Partition],
    outdated: Set[Partition],
    in_base: Set[Partition],
    has_totals: Callable[[Partition], bool],
) -> MonthPlan:
    """What the release changes, where `in_ledger`, `with_figures` and `in_base` are the published partitions of `observation`, of
    `metric` and of `base`; `outdated` are those of `metric` that another version wrote, or with other code tables, and `has_totals` says whether a month of
    `base` has a figure of several months."""
    touched = touched_months(release)
    # A month without a number has figures too: its year to date, say, of which a touched month is a part.
    all_months = _months_between(touched | in_ledger | with_figures)
    # Outdated files beside new ones would be a table that no reader can read whole, or that compares by two rules. So all outdated
    # months of a direction are made again, once.
    flows = {flow for flow, _, _ in touched}
    again = {month for month in outdated if month[0] in flows}
    derived = {month for month in all_months if can_change(month, touched)} | again
    years_of_derived = {month[:2] for month in derived}
    known_months = {month for month in in_ledger & in_base if month[:2] in years_of_derived}
    chained = years_of_totals(release.detail) | {month[:2] for month in known_months if has_totals(month)}
    unknown = in_ledger - in_base
    may_be_chained = chained | {month[:2] for month in unknown}
    derived = {
        month for month in derived if month in again or month[:2] in may_be_chained or _is_not_before(month, touched)
    }
    # Months that were published before their numbers were kept are made again, once.
    if any(is_looked_at(month, derived) for month in unknown):
        derived |= unknown
    return MonthPlan(touched, derived, derived & in_base - touched, chained)


class FilePlan(NamedTuple):
    """What becomes of the tables `base`, `base_year` and `base_far`.

    `before` are the files that the derived months look back on; `years` (flow, year and last month) and `far_years` (flow and year)
    those of `base_year` and `base_far` that are to be made; `kept` the published ones of these two that still hold.
    """

    before: tuple[BaseFile, ...]
    years: set[Partition]
    far_years: set[tuple[str, int]]
    kept: set[tuple[str, Partition]]


def plan_files(
    plan: MonthPlan,
    of_months: Mapping[Partition, BaseFile],
    of_years: Mapping[Partition, BaseFile],
    of_far: Mapping[Partition, BaseFile],
) -> FilePlan:
    """Which of the published files of `base`, `base_year` and `base_far` can be used, and which are to be made."""
    months, anew = of_months.keys() | plan.derived, plan.anew
    gathered = side_by_side(months)
    standing = {year: file for year, file in of_years.items() if _stands(year, gathered, anew)}
    years = gathered - standing.keys()
    far = _far(of_far, months, plan.derived, anew, years)
    unchanged = (file for month, file in of_months.items() if month not in anew)
    kept = {("base_year", year) for year in gathered} | {("base_far", year) for year in far.kept}
    return FilePlan((*standing.values(), *unchanged, *far.files), years, far.years, kept)


class _FarPlan(NamedTuple):
    """What becomes of the table `base_far`: the `files` that the derived months look back on, the `years` (flow, year) whose
    file is to be made, and the published partitions that are `kept`."""

    files: list[BaseFile]
    years: set[tuple[str, int]]
    kept: set[Partition]


def _far(
    published: Mapping[Partition, BaseFile],
    months: Collection[Partition],
    derived: set[Partition],
    anew: set[Partition],
    gathered: Collection[Partition],
) -> _FarPlan:
    """Which files of `base_far` can be used, and which are to be made.

    A file is made for the last year of each flow whose published one no longer holds, as soon as a month of that year is derived
    and there are months far from it. Published files are used only where all derived months are of one year and no year that is
    to be `gathered` (a file of `base_year` to be made) is far from it; else the far months themselves are read.
    """
    last: dict[str, int] = {}
    for flow, year, _ in months:
        last[flow] = max(year, last.get(flow, year))
    valid = {
        (flow, year): file for (flow, year, _), file in published.items()
        if not any(month[0] == flow and _is_told_by(year, partition_month(month)) for month in anew)
    }  # fmt: skip
    flows = {flow for flow, year, _ in derived if year == last[flow]}
    years = {(flow, last[flow]) for flow in flows if _has_far(flow, last[flow], months)} - valid.keys()
    files: list[BaseFile] = []
    if len({year for _, year, _ in derived}) == 1 and len(flows) == len({flow for flow, _, _ in derived}):
        year = max(year for _, year, _ in derived)
        # A new year has no file of its own yet: then that of the year before is used, and the year after its far months is read too.
        for told in (year, year - 1):
            asked = {(flow, told) for flow in flows if _has_far(flow, told, months)}
            is_near = all(first_near(told) <= number * 12 for _, number, _ in gathered)
            if not files and asked and asked <= valid.keys() and is_near:
                files = [valid[of_flow] for of_flow in sorted(asked)]
    kept = {(flow, year, 1) for flow, year in valid if year == last.get(flow, year)}
    return _FarPlan(files, years, kept)


def _is_told_by(year: int, month: int) -> bool:
    """Whether what is far of a year tells of a month (a month index), or holds it against later ones."""
    return first_told(year) <= month < year * 12


def _has_far(flow: str, year: int, months: Iterable[Partition]) -> bool:
    return any(month[0] == flow and first_told(year) <= partition_month(month) < first_near(year) for month in months)


def _stands(year: Partition, gathered: Collection[Partition], anew: Collection[Partition]) -> bool:
    """Whether a file of `base_year` still holds: none of its months is made anew, and it goes no further than is to be
    `gathered`."""
    is_wanted = any(year[:2] == other[:2] and year[2] <= other[2] for other in gathered)
    return is_wanted and not any(year[:2] == month[:2] and month[2] <= year[2] for month in anew)


def looked_back_on(
    files: Iterable[BaseFile], months: Collection[Partition], years: Collection[Partition] = ()
) -> list[BaseFile]:
    """As few of the `files` as are needed to make some months, in order: those that the months look back on, those of the
    months themselves, those of `years` (flow, year, last month), and all that say what is far."""
    wanted, told = {*months}, {(month[0], partition_month(month)) for month in months}
    asked = {year[:2] for year in years}
    near = [
        file
        for file in files
        if not file.months or (file.flow, file.month // 12) in asked or is_looked_at(_month_of(file), wanted)
    ]
    # A month that figures are made for is read by itself: how its numbers came to be is told there.
    of_years = [file for file in near if file.months > 1 and told.isdisjoint(_months_of(file))]
    held = {month for file in of_years for month in _months_of(file)}
    others = [file for file in near if file.months < 2 and held.isdisjoint(_months_of(file))]
    return sorted([*of_years, *others], key=lambda file: file[:2])


def _month_of(file: BaseFile) -> Partition:
    return file.flow, file.month // 12, file.month % 12 + 1


def _months_of(file: BaseFile) -> list[tuple[str, int]]:
    return [(file.flow, month) for month in range(file.month, file.month + file.months)]


def touched_months(release: Normalised) -> set[Partition]:
    """Flow, year and month of every period that ends in a month the release has a row in or covers."""
    rows = release.detail.select("flow", month=month_index("period_end")).unique()
    scope = release.release.filter(pl.col("partners") != "keys").select(
        "flow", month=pl.int_ranges(month_index("first_month"), month_index("last_month") + 1, dtype=pl.Int32)
    ).explode("month")  # fmt: skip
    return {(flow, month // 12, month % 12 + 1) for flow, month in pl.concat([rows, scope]).unique().iter_rows()}


def _months_between(partitions: set[Partition]) -> set[Partition]:
    """Every month from the first January to the last month of each flow: a month without a row of its own may still be
    told of, as one of two that the source gives together, or as a gap."""
    reach: dict[str, list[int]] = {}
    for month in partitions:
        reach.setdefault(month[0], []).append(partition_month(month))
    return {
        (flow, index // 12, index % 12 + 1)
        for flow, indices in reach.items()
        for index in range(min(indices) // 12 * 12, max(indices) + 1)
    }


def can_change(month: Partition, touched: set[Partition]) -> bool:
    """Whether a month's metrics can depend on a touched month: cumulative figures reach back to January, and records look
    back LOOK_BACK_MONTHS, to months that may be told because of one QUIET_MONTHS before them."""
    first = [(other[1] * 12, partition_month(other)) for other in touched if other[0] == month[0]]
    index = partition_month(month)
    return any(january <= index <= own + LOOK_BACK_MONTHS + QUIET_MONTHS for january, own in first)


def years_of_totals(numbers: pl.DataFrame) -> set[tuple[str, int]]:
    """Flow and year of each figure of several months. Only there does a month tell of months before it."""
    several = numbers.filter(month_index("period_start") != month_index("period_end"))
    return set(several.select("flow", year=pl.col("period_end").dt.year().cast(pl.Int64)).unique().iter_rows())


def _is_not_before(month: Partition, touched: set[Partition]) -> bool:
    return any(other[0] == month[0] and partition_month(other) <= partition_month(month) for other in touched)


def is_looked_at(month: Partition, derived: set[Partition]) -> bool:
    """Whether a month is among those that the derived months look back on, or in a year of theirs."""
    indices = [partition_month(other) for other in derived if other[0] == month[0]]
    if not indices:
        return False
    first = (min(indices) - LOOK_BACK_MONTHS - QUIET_MONTHS) // 12 * 12
    last = max(indices) // 12 * 12 + 11
    return first <= partition_month(month) <= last
