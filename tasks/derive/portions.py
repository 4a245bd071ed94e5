"""Derives the months of a portion of products where its inputs can be read: here in a thread, or on a worker elsewhere.

A plan and the parts that it names lie in a place that all processes of the run see. Whoever derives a portion gets the
address of that place, the name of the plan and a number, reads what it needs, leaves the files of its months, and
returns their names. So no rows pass through a scheduler, and the files are the same wherever they were made: whether a
month is divided depends on its rows in the ledger alone, and never on the machine or on the number of workers.

Belongs here: the portions, and one of them from its inputs to its files. Does not belong here: which months are derived
(`assemble`), who derives a portion (`executor`), how a month is computed (`metrics`).
"""

import functools
import io
import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
from pydantic import BaseModel

from schemas.table import empty_frame
from schemas.validation import validated
from tasks.domain.classification import BASKET, basket_members
from tasks.domain.coverage import LOOK_BACK_MONTHS
from tasks.domain.periods import Month
from tasks.domain.precedence import Portion, chapter_group_of, chapter_groups
from tasks.metrics.derive import NO_LEVELS, DerivedRows, derive_months
from tasks.metrics.doubt.doubts import NONE_OPEN
from tasks.store.files import exchange
from tasks.store.snapshots.parquet import encode_months, partition_month, path_partition

# The tables that are derived from the ledger month by month.
DERIVED = ("metric", "record_level", "doubt")
STATED = (
    "source",
    "kind",
    "reporter",
    "flow",
    "product",
    "classification",
    "partner",
    "period_start",
    "period_end",
    "measure",
    "value",
    "unit",
    "resolution",
    "release_id",
    "known_from",
)

# Rows of the ledger from which a month has a file for each portion. Below, it is one file.
ROWS_OF_A_LARGE_MONTH = 250_000
# Rows of a month from which it is derived in portions, to bound the memory. A month that has one file is derived at
# once, unless a larger one is derived with it: the files of portions would be read and written again.
ROWS_AT_ONCE = ROWS_OF_A_LARGE_MONTH
# Parts of the nomenclature of which none has more than about a fifth of the trade, because the largest bounds the
# memory: farm goods; minerals and chemicals; plastics to paper; textiles; shoes to metals; machines and electrical
# goods; the rest. Each month of each costs readers a file, and us some hundred queries.
CUTS = ("", "20", "36", "50", "64", "84", "86")
WHOLE = Portion("", None)
FIRST_CHAPTER, LAST_CHAPTER = "01", "97"


class Plan(BaseModel):
    """What is derived of one flow, and where its inputs are.

    `ledger` has the files of the months that the `months` look back on, `recent` those with the levels of earlier
    months, which are published or made by this run, `doubts` the open findings, None where there are none. `notes` are
    kept in the files, by table and month.
    """

    flow: str
    months: list[int]
    portions: list[tuple[str, str | None]]
    ledger: list[Path]
    releases: str
    doubts: str | None
    recent: list[Path]
    notes: dict[str, dict[int, dict[str, Any]]]


class Part(NamedTuple):
    """A file that has the rows of a portion of a month."""

    table: str
    month: int
    portion: int
    name: str
    rows: int
    size: int


class Work(NamedTuple):
    """A portion to derive: where the parts of the run are, the plan's name, the portion's number, and a `title` for
    people."""

    place: Path
    plan: str
    number: int
    title: str | None = None


def is_divided(rows: int) -> bool:
    """Whether a month with so many rows in the ledger has a file for each portion."""
    return rows >= ROWS_OF_A_LARGE_MONTH


def portions_of(rows: int) -> list[Portion]:
    """The portions in which months with at most so many rows in the ledger are derived."""
    if rows < ROWS_AT_ONCE:
        return [WHOLE]
    return [Portion(first, after) for first, after in zip(CUTS, [*CUTS[1:], None], strict=True)]


def title_of(flow: str, months: Sequence[int], portion: Portion) -> str:
    """Name the derivation of a portion for people.

    >>> title_of("export", [2026 * 12 + 5], Portion("", "28"))
    'derive 2026-06 export, chapters 01-27'
    """
    first, last = (Month(month).text for month in (min(months), max(months)))
    begins = portion.first or FIRST_CHAPTER
    ends = f"{int(portion.after) - 1:02d}" if portion.after and portion.after.isdigit() else LAST_CHAPTER
    goods = (
        "lines of other lists"
        if not begins.isdigit()
        else f"chapter {begins}"
        if begins == ends
        else f"chapters {begins}-{ends}"
    )
    return f"derive {first if first == last else f'{first} to {last}'} {flow}, {goods}"


def derive_portion(work: Work) -> list[Part]:
    """Derive all months of a portion and leave their files. Raises OverflowError for a sum that is too large."""
    place, plan = work.place, Plan.model_validate_json(exchange.get(work.place, work.plan))
    releases = read_frame(place, plan.releases)
    portion = Portion(*plan.portions[work.number])
    recent = read_levels(plan.recent, plan.flow, portion)
    doubts = NONE_OPEN if plan.doubts is None else read_frame(place, plan.doubts)
    derived = derive_months(plan.flow, plan.months, _statements(plan, portion), releases, recent, doubts=doubts)
    # A loop would hold the rows of some months while the next ones are derived.
    return [*itertools.chain.from_iterable(map(functools.partial(_leave, work, plan), derived))]


def _leave(work: Work, plan: Plan, derived: DerivedRows) -> list[Part]:
    """Leave the files of some months."""
    parts: list[Part] = []
    for table, rows in zip(DERIVED, derived, strict=True):
        validated(table, rows)
        notes = {Month(month).partition(plan.flow): note for month, note in plan.notes[table].items()}
        for file in encode_months(table, rows, notes.__getitem__, in_order=True):
            month = partition_month(path_partition(file.partition))
            name = exchange.put(work.place, file.data)
            parts.append(Part(table, month, work.number, name, file.rows, len(file.data)))
    return parts


def _statements(plan: Plan, portion: Portion) -> Iterator[pl.DataFrame]:
    """The current statements of a portion, a part for each month of the ledger; one without a row, as there may be
    none."""
    yield empty_frame("observation").select(STATED)
    are_current = products_of(portion), pl.col("known_until").is_null()
    for file in plan.ledger:
        rows = pl.scan_parquet(file, hive_partitioning=False, glob=False).filter(*are_current)
        yield rows.with_columns(flow=pl.lit(plan.flow)).select(STATED).collect()


def read_levels(files: Iterable[Path], flow: str, portion: Portion) -> pl.DataFrame:
    """The levels of earlier months of a portion, of the series with records."""
    rows = [pl.scan_parquet(file, hive_partitioning=False, glob=False) for file in files]
    if not rows:
        return NO_LEVELS
    # The codes of a basket, and not its name, determine its portion.
    baskets = [name for name in basket_members()["product"].unique() if portion.holds(chapter_group_of(name))]
    is_mine = pl.col("product").is_in(baskets) | (products_of(portion) & ~pl.col("product").str.starts_with(BASKET))
    return pl.concat(rows).filter(is_mine).with_columns(flow=pl.lit(flow)).select(NO_LEVELS.columns).collect()


def products_of(portion: Portion) -> pl.Expr:
    """Whether a row of the ledger is of a portion, as ranges of products: row groups of others are not read."""
    product, first, after = pl.col("product"), portion.first, portion.after
    is_inside = (product >= first) & (pl.lit(True) if after is None else product < after)
    for chapter, group in chapter_groups().items():
        # A basket connects chapters that do not lie together.
        is_mine, is_there = portion.holds(group), portion.holds(chapter)
        of_chapter = (product >= chapter) & (product < f"{int(chapter) + 1:02d}")
        if is_mine and not is_there:
            is_inside = is_inside | of_chapter
        if is_there and not is_mine:
            is_inside = is_inside & ~of_chapter
    return is_inside


def months_of_levels(months: Iterable[int]) -> set[int]:
    """The earlier months to whose levels the records of some months reach back."""
    these = {*months}
    return {month - step for month in these for step in range(1, LOOK_BACK_MONTHS + 1)} - these


def leave_frame(place: Path, frame: pl.DataFrame) -> str:
    """Leave a frame as a part and return its name."""
    sink = io.BytesIO()
    frame.write_ipc(sink, compression="lz4")
    return exchange.put(place, sink.getvalue())


def read_frame(place: Path, name: str) -> pl.DataFrame:
    """Return a frame that was left."""
    return pl.read_ipc(exchange.get(place, name))
