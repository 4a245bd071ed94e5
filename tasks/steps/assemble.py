"""Computes the tables that a release changes: the months of the ledger, their revisions, the reader's wide table, the
figures.

Belongs here: which months are recomputed and from what, and how many of them at once. Does not belong here: how a
ledger or a metric is computed, which files are published (`publication`), how a file is written.
"""

import contextlib
import functools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Annotated, Any, NamedTuple, cast

import polars as pl

from schemas.table import DataFrame, Table, empty_frame, table_name
from schemas.tables.decision import Decision
from schemas.tables.metric import Metric
from schemas.tables.observation import Detail, Observation
from schemas.tables.release import Release
from schemas.tables.revision import Revision
from schemas.tables.state import Recent, State
from schemas.tables.trade_flow import TradeFlow
from tasks.domain.coverage import LOOK_BACK_MONTHS, QUIET_MONTHS
from tasks.domain.decisions import NOTHING_DECIDED, brought_about, counting, out_on
from tasks.domain.errors import Refused
from tasks.domain.periods import first_day, month_index
from tasks.ingest.normalise import Normalised
from tasks.ledger import epochs
from tasks.ledger import merge as ledger
from tasks.ledger import revisions as revising
from tasks.ledger.precedence import Portion, chapter_group_of
from tasks.ledger.published_state import Known
from tasks.ledger.trade_flow import widen
from tasks.lineage.provenance import derivation_of_month, rows_of_collected
from tasks.metrics.months import Derived, Inputs, YearTotals, derive_portion, derive_span, year_totals
from tasks.steps.executor import each, is_lent
from tasks.steps.states import States
from tasks.store.month_writer import MonthWriter, PendingFiles
from tasks.store.parquet import Partition, partition_month, path_partition
from tasks.store.verify_on_read import prove

# The tables that are derived from the ledger month by month.
DERIVED = (Metric, State, Recent)
# Series of a month that are in memory at once: a month of the full cube has two million.
SERIES_AT_ONCE = 600_000
SERIES_A_STATEMENT = 4
EVERYTHING = Portion("", None)
# Several months are derived at once if they and the months that they look back on have at most this many rows.
ROWS_AT_ONCE = 60_000


class Ledger(NamedTuple):
    """The ledger after a release: the recomputed partitions, every release, and every decision about a release."""

    touched: DataFrame[Observation]
    releases: DataFrame[Release]
    decisions: DataFrame[Decision]

    @property
    def counting(self) -> DataFrame[Release]:
        """The releases that count: neither withdrawn nor replaced."""
        return counting(self.releases, self.decisions)


class Figures(NamedTuple):
    """The figures, and what later months need of these months. They are already files, because a month may have
    millions of rows.
    """

    metric: Annotated[PendingFiles, Metric]
    state: Annotated[PendingFiles, State]
    recent: Annotated[PendingFiles, Recent]


def merge(release: Normalised, known: Known, decided: DataFrame[Decision] = NOTHING_DECIDED) -> Ledger:
    """Return the ledger with `release`, the decisions `decided` about it, and those that its arrival brings about for
    others. A published release adds nothing: without a decision the ledger stays the same.
    """
    releases = cast(
        "DataFrame[Release]",
        pl.concat([known.releases, release.release]).unique("release_id", keep="first").sort("release_id"),
    )
    details = cast("DataFrame[Detail]", _details(release, known).filter(_in_months(known.touched)))
    coming = brought_about(release.release, known.releases, known.decisions)
    decisions = cast("DataFrame[Decision]", pl.concat([known.decisions, coming, decided]))
    with _refusing_overflow():
        return Ledger(epochs.merge(details, releases, decisions), releases, decisions)


@contextlib.contextmanager
def _refusing_overflow() -> Iterator[None]:
    """Raise Refused if a sum of numbers does not fit into 64 bits: the file has a wrong unit."""
    try:
        yield
    except OverflowError as error:
        raise Refused(
            "number too large", where="the release, with what is published of its months", found=str(error),
            advice="Check the unit column of the file; nothing was published.",
        ) from error  # fmt: skip


def whole(ledger_after: Ledger, known: Known) -> DataFrame[Observation]:
    """Return the ledger of `known` with the recomputed months."""
    rest = known.observation.filter(~_in_months(known.touched))
    return cast("DataFrame[Observation]", pl.concat([rest, ledger_after.touched]))


def _details(release: Normalised, known: Known) -> pl.DataFrame:
    """Return the details of all releases, including this one. If this one was published before, its published
    details count: read again it may have another day, and the ledger would contradict the published details.
    """
    if release.release["release_id"][0] in known.releases["release_id"]:
        return known.detail
    return pl.concat([known.detail, release.detail])


def revise(release: Normalised, ledger_after: Ledger, known: Known) -> DataFrame[Revision]:
    """Return the revisions of the months that the release touches and of the same months a year later."""
    details = cast("DataFrame[Detail]", _details(release, known))
    if not ledger_after.decisions.height and ledger.undisputed(details, ledger_after.releases).all():
        return DataFrame[Revision](empty_frame(Revision))
    return revising.revisions(details, whole(ledger_after, known), ledger_after.releases, ledger_after.decisions)


def _in_months(partitions: tuple[Partition, ...]) -> pl.Expr:
    months: dict[str, list[int]] = {}
    for partition in partitions:
        months.setdefault(partition[0], []).append(partition_month(partition))
    index = month_index("period_end")
    return pl.any_horizontal(
        pl.lit(False), *((pl.col("flow") == flow) & index.is_in(those) for flow, those in months.items())
    )


def widen_ledger(ledger_after: Ledger) -> DataFrame[TradeFlow]:
    """Return the current values of the recomputed months in wide form."""
    with _refusing_overflow():
        return widen(ledger.current_statements(ledger_after.touched), ledger_after.counting)


def derive(ledger_after: Ledger, known: Known) -> Figures:
    """Derive the figures of the months that the release can change, month by month: each from its own numbers and from
    the states of earlier months. The numbers of some of these months are added up from the ledger, those of the
    others are kept.

    Raises DamagedStore if an input is damaged.
    """
    ledger_whole = whole(ledger_after, known)
    statements = ledger.current_statements(ledger_whole).filter(_in_months(known.recomputed))
    releases = ledger_after.counting
    collected = rows_of_collected(ledger_whole, releases)
    made_of = functools.partial(
        derivation_of_month, releases=ledger_after.releases, chained=known.chained, collected=collected,
        decisions=ledger_after.decisions, out=out_on(ledger_after.releases, ledger_after.decisions),
    )  # fmt: skip
    figures = Figures(*(PendingFiles.of(model) for model in DERIVED))
    in_ledger = _with_rows(known, ledger_after)
    with _refusing_overflow():
        for flow in sorted({flow for flow, _, _ in known.derived}):
            _derive_flow(flow, statements.filter(pl.col("flow") == flow), releases, known, figures, made_of, in_ledger)
    return figures


def _derive_flow(
    flow: str, statements: pl.DataFrame, releases: DataFrame[Release], known: Known, figures: Figures,
    made_of: Callable[[type[Table], Partition], dict[str, Any]], in_ledger: Collection[Partition],
) -> None:  # fmt: skip
    months = sorted(partition_month(month) for month in known.derived if month[0] == flow)

    def writers_of(month: int, stack: contextlib.ExitStack) -> list[MonthWriter]:
        partition = (flow, month // 12, month % 12 + 1)
        return [
            stack.enter_context(MonthWriter(
                pending, model, partition, made_of(model, partition), known.store,
                always=model is State and partition in in_ledger,
            ))
            for model, pending in zip(DERIVED, figures, strict=True)
        ]  # fmt: skip

    recomputed = {partition_month(month) for month in known.recomputed if month[0] == flow}
    states = States(known.snapshot, flow, months)
    of_chained = {year * 12 + place for one, year in known.chained if one == flow for place in range(12)}
    if len(months) > 1 and not is_lent():
        # Records look back furthest, and a series is published because of a number some months before.
        back = {*range(months[0] - LOOK_BACK_MONTHS - QUIET_MONTHS - 1, months[-1] + 1)} | of_chained
        kept = states.published(back - recomputed)
        if statements.height * SERIES_A_STATEMENT + sum(kept.values()) <= ROWS_AT_ONCE:
            _prove_states(known, flow, State, kept)
            span = derive_span(
                flow, months, statements, {month: states.own(month, EVERYTHING) for month in kept}, releases
            )
            _write_span(span, months, writers_of)
            return
    kept_months = (of_chained | {*months}) - recomputed
    for model in (State, Recent):
        _prove_states(known, flow, model, states.needed(kept_months)[table_name(model)])
    by_month = statements.with_columns(month=month_index("period_end")).partition_by(
        "month", as_dict=True, include_key=False
    )
    of_month = {month: by_month.get((month,), statements.clear()) for month in months if month in recomputed}
    portions = _portions(of_month, states, [months[0] - 1, *sorted(kept_months & {*months})[-1:]])
    totals: dict[int, YearTotals] = {}
    for month in months:
        year = month // 12
        if (flow, year) in known.chained and year not in totals:
            inputs = {
                one: _inputs(of_month.get(one), states, one, portions[0]._replace(first="", after=None), alone=True)
                for one in range(year * 12, year * 12 + 12)
            }
            totals = {year: year_totals(flow, year, inputs, releases)}
        with contextlib.ExitStack() as stack:
            writers = writers_of(month, stack)
            states.read_recent(month)
            inputs_of = functools.partial(_inputs_of, month, of_month.get(month), states, totals.get(year))
            work = functools.partial(_derive_piece, flow, month, releases)
            made = (
                each(work, [inputs_of(portion) for portion in portions])
                if is_lent()
                else each(lambda portion: work(inputs_of(portion)), portions)  # noqa: B023
            )
            for portion, derived in zip(portions, made, strict=True):
                for writer, rows in zip(writers, derived, strict=True):
                    writer.add(rows, portion.after)
        states.put(month, figures[1:])


def _prove_states(known: Known, flow: str, model: type[State | Recent], months: Collection[int]) -> None:
    prove(known.snapshot, model, lambda one: one[0] == flow and partition_month(one) in months)


def _write_span(
    made: Derived, months: Sequence[int], writers_of: Callable[[int, contextlib.ExitStack], list[MonthWriter]]
) -> None:
    by_month: list[dict[Any, pl.DataFrame]] = []
    for model, rows in zip(DERIVED, made, strict=True):
        model.validate(rows, lazy=True)
        by_month.append(rows.partition_by("period", as_dict=True))
    for month in months:
        with contextlib.ExitStack() as stack:
            for writer, of_months in zip(writers_of(month, stack), by_month, strict=True):
                if (first_day(month),) in of_months:
                    writer.add(of_months[first_day(month),], None, is_validated=True)


def _derive_piece(
    flow: str, month: int, releases: DataFrame[Release], piece: tuple[Inputs, YearTotals | None]
) -> Derived:
    """Derive a portion of a month, here or on a worker."""
    return derive_portion(flow, month, piece[0], releases, piece[1])


def _inputs_of(
    month: int, statements: pl.DataFrame | None, states: States, totals: YearTotals | None, portion: Portion
) -> tuple[Inputs, YearTotals | None]:
    return _inputs(statements, states, month, portion), _of_portion(totals, portion)


def _inputs(
    statements: pl.DataFrame | None, states: States, month: int, portion: Portion, *, alone: bool = False
) -> Inputs:
    """Return the inputs of a month of a portion; `alone`: only its own numbers are needed."""
    own = states.own(month, portion)
    nothing = own.clear()
    recent = states.recent(portion)
    return Inputs(
        None if statements is None else _rows_of(statements, portion), own if statements is None else nothing,
        nothing if alone else states.before(month - 1, portion), nothing if alone else states.before(month - 12, portion),
        recent.clear() if alone else recent,
    )  # fmt: skip


def _rows_of(rows: pl.DataFrame, portion: Portion) -> pl.DataFrame:
    """Return the rows of a portion."""
    if not portion.first and portion.after is None:
        return rows
    mine = [name for name in rows["product"].unique() if portion.holds(chapter_group_of(str(name)))]
    return rows.filter(pl.col("product").is_in(mine))


def _of_portion(totals: YearTotals | None, portion: Portion) -> YearTotals | None:
    return None if totals is None else YearTotals(*(_rows_of(frame, portion) for frame in totals))


def _portions(statements: Mapping[int, pl.DataFrame], states: States, months: Sequence[int]) -> list[Portion]:
    """Split the products into portions that no sum crosses, each of about SERIES_AT_ONCE series in one of the
    `months`.
    """
    sizes: dict[str, int] = {}
    known = [states.own(month, EVERYTHING).select("product") for month in months]
    counted = [frame.select("product").with_columns(pl.col("product").cast(pl.String)) for frame in known]
    # A month of the full cube has this many series for each number of its own, including sums and quiet series.
    for weight, frames in (
        (1, counted),
        (SERIES_A_STATEMENT, [frame.select("product") for frame in statements.values()]),
    ):
        for frame in frames:
            of_group: dict[str, int] = {}
            for product, rows in frame["product"].value_counts().iter_rows():
                of_group[chapter_group_of(product)] = of_group.get(chapter_group_of(product), 0) + rows * weight
            sizes = {
                chapter_group: max(sizes.get(chapter_group, 0), of_group.get(chapter_group, 0))
                for chapter_group in {*sizes, *of_group}
            }
    starts, room = [""], SERIES_AT_ONCE
    for chapter_group in sorted(sizes):
        if sizes[chapter_group] > room and room < SERIES_AT_ONCE:
            starts.append(chapter_group)
            room = SERIES_AT_ONCE
        room -= sizes[chapter_group]
    return [Portion(first, after) for first, after in zip(starts, [*starts[1:], None], strict=True)]


def _with_rows(known: Known, ledger_after: Ledger) -> set[Partition]:
    """Return the months that have rows in the ledger, after the release."""
    entries = known.snapshot.entries(table_name(Observation)) if known.snapshot else ()
    months = {path_partition(entry.partition) for entry in entries if entry.rows} - {*known.touched}
    touched = ledger_after.touched.select("flow", month=month_index("period_end")).unique()
    return months | {(flow, month // 12, month % 12 + 1) for flow, month in touched.iter_rows()}
