"""Derives the months of a portion of products where its inputs can be read: here in a thread, or on a worker elsewhere.

A plan and the parts that it names lie in a place that all processes of the run see. Whoever derives a portion gets the
address of that place, the name of the plan and a number, reads what it needs, leaves the rows as parts of files, and
returns their names. So no rows pass through a scheduler, and the parts are the same wherever they were made.

Belongs here: one portion from its inputs to its parts. Does not belong here: which months are derived (`assemble`), who
derives a portion (`executor`), how a month is computed (`metrics`).
"""

import io
import itertools
from collections.abc import Iterable, Iterator
from typing import NamedTuple, cast

import polars as pl
from pydantic import BaseModel

from schemas.table import DataFrame, table_name
from schemas.tables.metric import Metric
from schemas.tables.release import Release
from schemas.tables.state import Recent, State
from tasks.domain.periods import month_index
from tasks.ledger.precedence import Portion
from tasks.metrics.months import Inputs, YearTotals, derive_portion, year_totals
from tasks.steps.segments import cut
from tasks.steps.states import NO_LEVELS, States
from tasks.store.exchange import PartStore
from tasks.store.parquet import encode_part

# The tables that are derived from the ledger month by month.
DERIVED = (Metric, State, Recent)


class Plan(BaseModel):
    """What is derived of one flow, and where its inputs are.

    `months` are derived in order, those of `recomputed` from `statements` (a part for each portion), the others from
    their own states. `states` are the published files by table and month, below `published`. `segments` says where the
    file of each month is cut, `years` which years have printed totals.
    """

    flow: str
    months: list[int]
    recomputed: set[int]
    portions: list[tuple[str, str | None]]
    statements: list[str]
    releases: str
    published: PartStore
    states: dict[str, dict[int, str]]
    segments: dict[int, tuple[str, ...]]
    years: set[int]


class Part(NamedTuple):
    """Rows of a portion in one segment of a month: a piece of a file, which another process joins."""

    table: str
    month: int
    segment: int
    name: str
    rows: int
    size: int


class Work(NamedTuple):
    """A portion to derive: where the parts of the run are, the name of the plan, and the number of the portion; `title` is
    for people.
    """

    place: PartStore
    plan: str
    number: int
    title: str | None = None


def derive_months(work: Work) -> list[Part]:
    """Derive all months of a portion and leave the rows as parts. Raises OverflowError for a sum that is too large."""
    place, plan = work.place, Plan.model_validate_json(work.place.get(work.plan))
    releases = cast("DataFrame[Release]", read_frame(place, plan.releases))
    statements = read_frame(place, plan.statements[work.number])
    by_month = statements.with_columns(month=month_index("period_end")).partition_by(
        "month", as_dict=True, include_key=False
    )
    of_month = {month: by_month.get((month,), statements.clear()) for month in plan.recomputed}
    portion = Portion(*plan.portions[work.number])
    states = States(plan.states, plan.published.path, plan.months, portion)
    totals: dict[int, YearTotals] = {}
    made: list[Part] = []
    for month in plan.months:
        year = month // 12
        if year in plan.years and year not in totals:
            whole_year = {
                one: inputs_of(of_month.get(one), states, one, alone=True) for one in range(year * 12, year * 12 + 12)
            }
            totals = {year: year_totals(plan.flow, year, whole_year, releases)}
        inputs = inputs_of(of_month.get(month), states, month)
        derived = derive_portion(plan.flow, month, inputs, releases, totals.get(year))
        for model, rows in zip(DERIVED, derived, strict=True):
            model.validate(rows, lazy=True)
            table = table_name(model)
            parts = [
                (number, some.height, encode_part(model, some)) for number, some in cut(rows, plan.segments[month])
            ]
            made += [Part(table, month, number, place.put(data), height, len(data)) for number, height, data in parts]
            if model is not Metric:
                states.put(table, month, [data for _, _, data in parts])
    return made


def inputs_of(statements: pl.DataFrame | None, states: States, month: int, *, alone: bool = False) -> Inputs:
    """Return the inputs of a month of a portion; `alone`: only its own numbers are needed."""
    own = states.own(month)
    nothing = own.clear()
    return Inputs(
        statements, own if statements is None else nothing, nothing if alone else states.before(month - 1),
        nothing if alone else states.before(month - 12), NO_LEVELS if alone else states.recent(month),
    )  # fmt: skip


def parts_by_segment(place: PartStore, parts: Iterable[Part]) -> Iterator[list[bytes]]:
    """Yield the bytes of a table's parts of a month by segment, one segment in memory at a time."""
    ordered = sorted(parts, key=lambda part: part.segment)
    for _, same in itertools.groupby(ordered, key=lambda part: part.segment):
        yield [place.get(part.name) for part in same]


def leave_frame(place: PartStore, frame: pl.DataFrame) -> str:
    """Leave a frame as a part and return its name."""
    sink = io.BytesIO()
    frame.write_ipc(sink, compression="lz4")
    return place.put(sink.getvalue())


def read_frame(place: PartStore, name: str) -> pl.DataFrame:
    """Return a frame that was left."""
    return pl.read_ipc(place.get(name))
