"""What was published before a release came: the part of it that the release can change or must be compared with.

Belongs here: which months a release changes, and what must be read to make them again. Nothing is computed here. The words
used for months (touched, derived, settled, far) are explained in CONTRIBUTING.
"""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple, cast

import polars as pl
from pandera.typing.polars import DataFrame

from schemas.base import Base, BaseFar, BaseYear
from schemas.observation import Detail, Observation
from schemas.release import Release
from schemas.table import schema_sha256, table_name
from tasks.base_file import BaseFile, has_totals
from tasks.far import first_near, first_told
from tasks.normalise import Normalised
from tasks.proof import prove
from tasks.refusal import Refused
from tasks.scope import LOOK_BACK_MONTHS, QUIET_MONTHS, month_index
from tasks.snapshot import Snapshot, open_snapshot
from tasks.tables import Partition, path_partition, read_table
from tasks.years import side_by_side


class Known(NamedTuple):
    """The state before a release: every earlier release, and the part of the other tables that is needed.

    Which months:
    - `touched`: their ledger is made again, because the release has a row in them or asks for them.
    - `derived`: their metrics are made again, because the release can change them.
    - `settled`: those of the derived months whose numbers (the table `base`) stay as they are.
    - `years`: flow, year and last month of each file of `base_year` that is to be made.
    - `far_years`: flow and year of each file of `base_far` that is to be made.

    What was read:
    - `detail`: the touched months, and the same months a year later, because a revision also tells of the growth there.
    - `observation`: the derived months that are neither settled nor touched; the months a year after a touched one; and those
      a year before, where another release speaks of the touched one. The last two are what a revision is held against.
    - `before`: files with the numbers that derived months look back on, and with those of the settled months themselves. They
      are read portion by portion, so that a look back needs no more memory than a portion.

    `chained` are the years (flow, year) of derived months that have a cumulative figure: there a month may tell of those before it.
    `stale` are published files (table and partition) of `base_year` and `base_far` that no longer hold and are not carried over.
    """

    releases: DataFrame[Release]
    observation: DataFrame[Observation]
    detail: DataFrame[Detail]
    touched: tuple[Partition, ...]
    derived: tuple[Partition, ...]
    snapshot: Snapshot | None
    store: Path
    before: tuple[BaseFile, ...] = ()
    years: tuple[Partition, ...] = ()
    settled: tuple[Partition, ...] = ()
    far_years: tuple[tuple[str, int], ...] = ()
    stale: tuple[tuple[str, Partition], ...] = ()
    chained: frozenset[tuple[str, int]] = frozenset()

    @property
    def anew(self) -> tuple[Partition, ...]:
        """The derived months whose numbers are made again."""
        return tuple(sorted({*self.derived} - {*self.settled}))


def open_known(store: Path, release: Normalised) -> Known:
    """The published state that matters for `release`; everything empty where nothing was published yet.

    Raises Refused where the store is another reporter's: no figure says whose it is; DamagedStore where what is read is damaged.
    """
    snapshot = open_snapshot(store)
    prove(snapshot, Release)
    releases = read_table(snapshot, Release)
    _refuse_another_reporter(releases, release, store)
    touched = touched_months(release)
    held = {path_partition(entry.partition) for entry in snapshot.entries("observation")} if snapshot else set()
    # A month without a number has figures too: its year to date, say, of which a touched month is a part.
    told = {path_partition(entry.partition) for entry in snapshot.entries("metric")} if snapshot else set()
    derived = {month for month in _months_between(touched | held | told) if _can_change(month, touched)}
    based = _base_files(snapshot, Base)
    years_of_derived = {month[:2] for month in derived}
    told_in_base = {month for month in held & based.keys() if month[:2] in years_of_derived}
    chained = _years_of_totals(release.detail) | {
        month[:2] for month in told_in_base if has_totals(based[month].footer())
    }
    unknown = held - based.keys()
    may_be_chained = chained | {month[:2] for month in unknown}
    derived = {month for month in derived if month[:2] in may_be_chained or _is_not_before(month, touched)}
    # Months that were published before their numbers were kept are made again, once.
    if any(_is_looked_at(month, derived) for month in unknown):
        derived |= unknown
    settled = derived & based.keys() - touched
    year_before = {
        (flow, year - 1, month) for flow, year, month in touched if _is_spoken_of((flow, year, month), releases)
    }
    near = ((derived - settled) | later_year(touched) | year_before) - touched
    detailed = touched | later_year(touched)
    prove(snapshot, Observation, near.__contains__)
    prove(snapshot, Detail, detailed.__contains__)
    observation = read_table(snapshot, Observation, near.__contains__)
    months, anew = based.keys() | derived, derived - settled
    gathered = side_by_side(months)
    of_years = {year: file for year, file in _base_files(snapshot, BaseYear).items() if _stands(year, gathered, anew)}
    years = gathered - of_years.keys()
    far = _far(_base_files(snapshot, BaseFar), months, derived, anew, years)
    kept = {("base_year", year) for year in gathered} | {("base_far", year) for year in far.kept}
    entries = [*snapshot.entries("base_year"), *snapshot.entries("base_far")] if snapshot else []
    return Known(
        cast("DataFrame[Release]", releases),
        cast("DataFrame[Observation]", observation),
        cast("DataFrame[Detail]", read_table(snapshot, Detail, detailed.__contains__)),
        tuple(sorted(touched)),
        tuple(sorted(derived)),
        snapshot,
        store,
        (
            *of_years.values(),
            *(file for month, file in based.items() if month not in anew),
            *far.files,
        ),
        tuple(sorted(years)),
        tuple(sorted(settled)),
        tuple(sorted(far.years)),
        tuple(sorted({(entry.table, path_partition(entry.partition)) for entry in entries} - kept)),
        frozenset(chained | _years_of_totals(observation)),
    )


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

    To be made is that of the last year of each flow, once a month of it has figures and there are far months. Used is a file
    only where all derived months are of one year and none of the years that are to be `gathered` is far; in all other cases the
    months themselves are read.
    """
    last: dict[str, int] = {}
    for flow, year, _ in months:
        last[flow] = max(year, last.get(flow, year))
    valid = {
        (flow, year): file for (flow, year, _), file in published.items()
        if not any(other == flow and _is_told_by(year, number * 12 + month - 1) for other, number, month in anew)
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
    return any(
        other == flow and first_told(year) <= number * 12 + month - 1 < first_near(year)
        for other, number, month in months
    )


def _base_files(snapshot: Snapshot | None, model: type[Base | BaseYear | BaseFar]) -> dict[Partition, BaseFile]:
    """The published files of `base`, `base_year` or `base_far` by partition; one of another schema cannot be read and is left
    out. The month of a partition of `base_year` is the last of the months that the file has side by side."""
    entries = snapshot.entries(table_name(model)) if snapshot else ()
    places = {
        path_partition(entry.partition): snapshot.path / entry.path  # type: ignore[union-attr]
        for entry in entries
        if entry.schema_sha256 == schema_sha256(model)
    }
    if model is BaseFar:
        return {month: BaseFile(month[0], first_near(month[1]), path, 0) for month, path in places.items()}
    if model is BaseYear:
        return {month: BaseFile(month[0], month[1] * 12, path, month[2]) for month, path in places.items()}
    return {month: BaseFile(month[0], _index(month), path) for month, path in places.items()}


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
    wanted, told = {*months}, {(month[0], _index(month)) for month in months}
    asked = {year[:2] for year in years}
    near = [
        file
        for file in files
        if not file.months or (file.flow, file.month // 12) in asked or _is_looked_at(_month_of(file), wanted)
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


def _is_spoken_of(month: Partition, releases: pl.DataFrame) -> bool:
    """Whether some earlier release speaks of a month."""
    index = _index(month)
    first, last = month_index("first_month"), month_index("last_month")
    of_flow = pl.col("flow").is_null() | (pl.col("flow") == month[0])
    return releases.filter(of_flow & (first <= index) & (last >= index)).height > 0


def _refuse_another_reporter(releases: pl.DataFrame, release: Normalised, store: Path) -> None:
    mine = release.release["reporter"][0]
    others = releases.filter(pl.col("reporter") != mine)["reporter"].unique().sort().to_list()
    if others:
        raise Refused(
            "another reporter",
            where=str(release.release["title"][0]),
            found=f"figures of {mine}, and {store} holds those of {', '.join(others)}",
            advice="Keep each reporting country in a store of its own (--store).",
        )


def _months_between(partitions: set[Partition]) -> set[Partition]:
    """Every month from the first January to the last month of each flow: a month without a row of its own may still be
    told of, as one of two that the source gives together, or as a gap."""
    reach: dict[str, list[int]] = {}
    for month in partitions:
        reach.setdefault(month[0], []).append(_index(month))
    return {
        (flow, index // 12, index % 12 + 1)
        for flow, indices in reach.items()
        for index in range(min(indices) // 12 * 12, max(indices) + 1)
    }


def _can_change(month: Partition, touched: set[Partition]) -> bool:
    """Whether a month's metrics can depend on a touched month: cumulative figures reach back to January, and records look
    back LOOK_BACK_MONTHS, to months that may be told because of one QUIET_MONTHS before them."""
    first = [(year * 12, year * 12 + number - 1) for flow, year, number in touched if flow == month[0]]
    index = _index(month)
    return any(january <= index <= own + LOOK_BACK_MONTHS + QUIET_MONTHS for january, own in first)


def _years_of_totals(numbers: pl.DataFrame) -> set[tuple[str, int]]:
    """Flow and year of each figure of several months. Only there does a month tell of months before it."""
    several = numbers.filter(month_index("period_start") != month_index("period_end"))
    return set(several.select("flow", year=pl.col("period_end").dt.year().cast(pl.Int64)).unique().iter_rows())


def _is_not_before(month: Partition, touched: set[Partition]) -> bool:
    return any(flow == month[0] and _index(month) >= year * 12 + number - 1 for flow, year, number in touched)


def _is_looked_at(month: Partition, derived: set[Partition]) -> bool:
    """Whether a month is among those that the derived months look back on, or in a year of theirs."""
    indices = [_index(other) for other in derived if other[0] == month[0]]
    if not indices:
        return False
    first = (min(indices) - LOOK_BACK_MONTHS - QUIET_MONTHS) // 12 * 12
    last = max(indices) // 12 * 12 + 11
    return first <= _index(month) <= last


def _index(month: Partition) -> int:
    return month[1] * 12 + month[2] - 1


def later_year(partitions: Iterable[Partition]) -> set[Partition]:
    """The same months a year later."""
    return {(flow, year + 1, month) for flow, year, month in partitions}


def touched_months(release: Normalised) -> set[Partition]:
    """Flow, year and month of every period that ends in a month the release has a row in or covers."""
    rows = release.detail.select("flow", month=month_index("period_end")).unique()
    scope = release.release.filter(pl.col("partners") != "keys").select(
        "flow", month=pl.int_ranges(month_index("first_month"), month_index("last_month") + 1, dtype=pl.Int32)
    ).explode("month")  # fmt: skip
    return {(flow, month // 12, month % 12 + 1) for flow, month in pl.concat([rows, scope]).unique().iter_rows()}
