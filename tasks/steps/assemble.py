"""Computes the tables that a release changes: the months of the ledger, their revisions, the reader's wide table, the
figures.

Belongs here: which months are recomputed and from what, and how many of them at once. Does not belong here: how a
ledger or a metric is computed, which files are published (`publication`), how a file is written.
"""

import contextlib
import functools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, NamedTuple, cast

import polars as pl

from schemas.forms.address import S3Url
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
from tasks.ledger.published_state import Known
from tasks.ledger.trade_flow import widen
from tasks.lineage.provenance import derivation_of_month, rows_of_collected
from tasks.metrics.months import Derived, derive_span
from tasks.steps.executor import each, is_shared
from tasks.steps.portions import DERIVED, Part, Plan, Work, derive_months, leave_frame, parts_by_segment
from tasks.steps.segments import cut, group_sizes, portions_of, segments_of, title_of
from tasks.steps.states import Published, States, needed, rows_of
from tasks.store import exchange
from tasks.store.dry_run import origin_of
from tasks.store.exchange import PartStore
from tasks.store.mirror import address_of
from tasks.store.month_writer import PendingFiles, write_month
from tasks.store.parquet import Partition, encode_part, partition_month, path_partition
from tasks.store.s3_store import FILES
from tasks.store.verify_on_read import prove

# Series of a month that are in memory at once: a month of the full cube has two million.
SERIES_AT_ONCE = 300_000
SERIES_A_STATEMENT = 4
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
    releases = ledger_after.counting
    made_of = functools.partial(
        derivation_of_month, releases=ledger_after.releases, chained=known.chained,
        collected=rows_of_collected(whole(ledger_after, known), releases),
        decisions=ledger_after.decisions, out=out_on(ledger_after.releases, ledger_after.decisions),
    )  # fmt: skip
    figures = Figures(*(PendingFiles.of(model) for model in DERIVED))
    in_ledger = _ledger_rows(known, ledger_after)
    with _refusing_overflow():
        for flow in sorted({flow for flow, _, _ in known.derived}):
            _derive_flow(flow, _statements_of(flow, ledger_after, known), releases, known, figures, made_of, in_ledger)
    return figures


def _statements_of(flow: str, ledger_after: Ledger, known: Known) -> pl.DataFrame:
    """Return the current statements of the recomputed months of a flow."""
    mine = whole(ledger_after, known).filter(pl.col("flow") == flow, _in_months(known.recomputed))
    return ledger.current_statements(cast("DataFrame[Observation]", mine))


def _derive_flow(
    flow: str, statements: pl.DataFrame, releases: DataFrame[Release], known: Known, figures: Figures,
    made_of: Callable[[type[Table], Partition], dict[str, Any]], in_ledger: Mapping[Partition, int],
) -> None:  # fmt: skip
    months = sorted(partition_month(month) for month in known.derived if month[0] == flow)
    partitions = {month: (flow, month // 12, month % 12 + 1) for month in months}

    def write(month: int, model: type[Table], segments: Iterable[Sequence[bytes]]) -> None:
        partition, pending = partitions[month], figures[DERIVED.index(model)]
        always = model is State and in_ledger.get(partition, 0) > 0
        write_month(pending, model, partition, made_of(model, partition), known.store, segments, always=always)

    segments = {month: segments_of(in_ledger.get(partition, 0)) for month, partition in partitions.items()}
    recomputed = {partition_month(month) for month in known.recomputed if month[0] == flow}
    published = Published.of(known.snapshot, flow)
    of_chained = {year * 12 + place for one, year in known.chained if one == flow for place in range(12)}
    if len(months) > 1:
        # Records look back furthest, and a series is published because of a number some months before.
        back = {*range(months[0] - LOOK_BACK_MONTHS - QUIET_MONTHS - 1, months[-1] + 1)} | of_chained
        kept = published.of_months(back - recomputed)
        if statements.height * SERIES_A_STATEMENT + sum(kept.values()) <= ROWS_AT_ONCE:
            _prove_states(known, flow, State, kept)
            states = _states_here(known, published, months)
            own = {month: states.own(month) for month in kept}
            _write_span(derive_span(flow, months, statements, own, releases), months, segments, write)
            return
    kept_months = (of_chained | {*months}) - recomputed
    for model in (State, Recent):
        _prove_states(known, flow, model, needed(months, kept_months)[table_name(model)])
    own_sizes = _series_by_product(
        statements, _states_here(known, published, months), [months[0] - 1, *sorted(kept_months & {*months})[-1:]]
    )
    portions = portions_of(
        group_sizes(own_sizes), SERIES_AT_ONCE, is_cut=any(len(some) > 1 for some in segments.values())
    )
    address = address_of(origin_of(known.store))
    bucket = address if isinstance(address, S3Url) and is_shared() else None
    with exchange.in_bucket(bucket) if bucket else exchange.in_store(known.store) as place:
        left = [leave_frame(place, rows_of(statements, portion)) for portion in portions]
        # They are as large as the months of one portion, and no longer needed here.
        del statements
        plan = Plan(
            flow=flow, months=months, recomputed=recomputed, portions=[(one.first, one.after) for one in portions],
            statements=left,
            releases=leave_frame(place, releases), published=_published_files(known, bucket), states=published.files,
            segments=segments, years={year for one, year in known.chained if one == flow},
        )  # fmt: skip
        name = place.put(plan.model_dump_json().encode())
        parts: dict[tuple[str, int], list[Part]] = {}
        titles = [title_of(flow, months, portion) for portion in portions]
        for made in each(derive_months, [Work(place, name, number, title) for number, title in enumerate(titles)]):
            for part in made:
                parts.setdefault((part.table, part.month), []).append(part)
        for month in months:
            for table in DERIVED:
                write(month, table, parts_by_segment(place, parts.get((table_name(table), month), [])))


def _published_files(known: Known, bucket: S3Url | None) -> PartStore:
    """Return where the published files are that `Published` lists."""
    if bucket is not None:
        return PartStore(at=S3Url(f"{bucket}/{FILES}"))
    return PartStore(at=(known.snapshot.path if known.snapshot else known.store).absolute())


def _states_here(known: Known, published: Published, months: Collection[int]) -> States:
    return States(published.files, _published_files(known, None).path, months)


def _prove_states(known: Known, flow: str, model: type[State | Recent], months: Collection[int]) -> None:
    prove(known.snapshot, model, lambda one: one[0] == flow and partition_month(one) in months)


def _write_span(
    made: Derived, months: Sequence[int], segments: Mapping[int, Sequence[str]],
    write: Callable[[int, type[Table], Iterable[Sequence[bytes]]], None],
) -> None:  # fmt: skip
    for model, rows in zip(DERIVED, made, strict=True):
        model.validate(rows, lazy=True)
        by_month = rows.partition_by("period", as_dict=True)
        for month in months:
            of_month = by_month.get((first_day(month),), rows.clear())
            write(month, model, ([encode_part(model, some)] for _, some in cut(of_month, segments[month])))


def _series_by_product(statements: pl.DataFrame, states: States, months: Sequence[int]) -> dict[str, int]:
    """Estimate how many series each product has in a month: as many as one of the published `months` has, or as
    follow from its statements.
    """
    by_month = statements.group_by("product", month_index("period_end")).len()
    counted = [by_month.with_columns(pl.col("product").cast(pl.String), pl.col("len") * SERIES_A_STATEMENT)]
    for month in months:
        products = states.products(month).value_counts(name="len")
        counted.append(products.with_columns(pl.col("product").cast(pl.String), period_end=pl.lit(month, pl.Int32)))
    columns = ["product", pl.col("len").cast(pl.Int64)]
    most = pl.concat([frame.select(columns) for frame in counted]).group_by("product").max()
    return dict(most.iter_rows())


def _ledger_rows(known: Known, ledger_after: Ledger) -> dict[Partition, int]:
    """Return the months that have rows in the ledger after the release, and how many."""
    entries = known.snapshot.entries(table_name(Observation)) if known.snapshot else ()
    months = {path_partition(entry.partition): entry.rows for entry in entries if entry.rows}
    touched = ledger_after.touched.group_by("flow", month=month_index("period_end")).len()
    new = {(flow, month // 12, month % 12 + 1): rows for flow, month, rows in touched.iter_rows()}
    return {month: rows for month, rows in months.items() if month not in known.touched} | new
