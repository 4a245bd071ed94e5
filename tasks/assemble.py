"""The tables of one release put together: what changes in the ledger, the reader's wide table, and the files to publish.

Belongs here: which partitions are made again and from what, how many of them at once, which files are carried over. Does not
belong here: how a ledger or a metric is computed, how a file is written, how the pointer moves.
"""

import contextlib
import functools
import itertools
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, NamedTuple, cast

import polars as pl
from pandera.typing.polars import DataFrame

from schemas.base import Base, BaseFar, BaseYear
from schemas.control_event import ControlEvent, EventMonth, EventWindow
from schemas.lineage import Lineage
from schemas.metric import Metric
from schemas.observation import Detail, Observation
from schemas.release import Finding, Quarantine, Release
from schemas.revision import Revision
from schemas.table import PUBLISHED, Table, empty_frame, schema_sha256, table_name
from schemas.trade_flow import TradeFlow
from tasks import event_tables, ledger, metrics, wide
from tasks import revisions as revising
from tasks.event_tables import EventTables
from tasks.far import first_told
from tasks.known import Known, later_year, looked_back_on
from tasks.lineage import code_sha256, json_sha256, lineage_row, versions
from tasks.normalise import Normalised
from tasks.past import BaseFile
from tasks.publish import NewFile, Published, publish
from tasks.refusal import Refused
from tasks.scope import LOOK_BACK_MONTHS, QUIET_MONTHS, month_index
from tasks.tables import Partition, encode_file, encode_months, partition_path, path_partition
from tasks.waiting import Waiting, Writer
from tasks.wide import widen
from tasks.working_copy import announcement

MADE_IN = {
    "observation": ledger,
    "trade_flow": wide,
    "metric": metrics,
    "base": metrics,
    "base_year": metrics,
    "base_far": metrics,
    "revision": revising,
}
# Numbers of settled months whose figures are made at once, a month of the full cube of one flow: a figure has 135 bytes, and there
# are more than twice as many as numbers.
NUMBERS_AT_ONCE = 3_000_000


class Ledger(NamedTuple):
    """The ledger after a release: the partitions that were made again, and every release."""

    touched: DataFrame[Observation]
    releases: DataFrame[Release]


class Figures(NamedTuple):
    """What was derived: metrics, and what they and later months are made of. Files that wait, because a month may have millions."""

    metric: Annotated[Waiting, Metric]
    base: Annotated[Waiting, Base]
    base_year: Annotated[Waiting, BaseYear]
    base_far: Annotated[Waiting, BaseFar]


def merge(release: Normalised, known: Known) -> Ledger:
    """The ledger with `release` in it. A release that is known already adds nothing and the result is what was."""
    releases = cast(
        "DataFrame[Release]",
        pl.concat([known.releases, release.release]).unique("release_id", keep="first").sort("release_id"),
    )
    details = cast("DataFrame[Detail]", _details(release, known).filter(_in_months(known.touched)))
    with _refusing_overflow():
        return Ledger(ledger.merge(details, releases), releases)


@contextlib.contextmanager
def _refusing_overflow() -> Iterator[None]:
    """Numbers of which no sum fits into 64 bits are a wrong unit in the file, and no error of ours."""
    try:
        yield
    except OverflowError as error:
        raise Refused(
            "number too large", where="the release, with what is published of its months", found=str(error),
            advice="Check the unit column of the file; nothing was published.",
        ) from error  # fmt: skip


def whole(ledger_after: Ledger, known: Known) -> DataFrame[Observation]:
    """What `known` has of the ledger, with the months that were made again."""
    rest = known.observation.filter(~_in_months(known.touched))
    return cast("DataFrame[Observation]", pl.concat([rest, ledger_after.touched]))


def _details(release: Normalised, known: Known) -> pl.DataFrame:
    """Details of all releases, this one's among them once. Of one that is known already those that are published: read again it
    may have another day, or other corrections, and the ledger would say what no published detail says."""
    if release.release["release_id"][0] in known.releases["release_id"]:
        return known.detail
    return pl.concat([known.detail, release.detail])


def revise(release: Normalised, ledger_after: Ledger, known: Known) -> DataFrame[Revision]:
    """The revisions of the months that the release touches and of the same months a year later."""
    details = cast("DataFrame[Detail]", _details(release, known))
    if ledger.undisputed(details, ledger_after.releases).all():
        return DataFrame[Revision](empty_frame(Revision))
    return revising.revisions(details, whole(ledger_after, known), ledger_after.releases)


def _in_months(partitions: tuple[Partition, ...]) -> pl.Expr:
    months: dict[str, list[int]] = {}
    for flow, year, number in partitions:
        months.setdefault(flow, []).append(year * 12 + number - 1)
    index = month_index("period_end")
    return pl.any_horizontal(
        pl.lit(False), *((pl.col("flow") == flow) & index.is_in(those) for flow, those in months.items())
    )


def widen_ledger(ledger_after: Ledger) -> DataFrame[TradeFlow]:
    """The last word of the months that were made again, wide."""
    with _refusing_overflow():
        return widen(ledger.last_word(ledger_after.touched), ledger_after.releases)


def derive(ledger_after: Ledger, known: Known) -> Figures:
    """The metrics of the months that the release can change, from the last word of the ledger on those whose numbers are made
    anew and from the numbers of the others. Where these are many, a few months at a time."""
    words = ledger.last_word(whole(ledger_after, known)).filter(_in_months(known.anew))
    releases, files = ledger_after.releases, known.before
    with _refusing_overflow(), contextlib.ExitStack() as open_writers:
        metric, base, base_year, base_far = (
            open_writers.enter_context(
                Writer(model, known.store, functools.partial(_derivation, model, releases=releases))
            )
            for model in (Metric, Base, BaseYear, BaseFar)
        )
        for place, months in enumerate(_at_once(known)):
            if place == 1:
                # The first months are those whose numbers are made anew, and the others look back on these.
                files, words = (*files, *_made_anew(base.waiting)), words.clear()
            years = () if place else known.years
            before = looked_back_on(files, months, years)
            portions = metrics.derive_portions(
                words, releases, _months(months), before, years, _far_years(months, known)
            )
            # Where a writer fails, no portion more is begun.
            for derived, after in open_writers.enter_context(contextlib.closing(portions)):
                metric.add(derived.metric, after)
                base.add(derived.base, after)
                base_year.add(derived.base_year, after)
                base_far.add(derived.base_far, after)
    return Figures(metric.waiting, base.waiting, base_year.waiting, base_far.waiting)


def _made_anew(base: Waiting) -> list[BaseFile]:
    """The files of the months that were made anew, as those to look back on."""
    return [
        BaseFile(flow, year * 12 + number - 1, base.data(file.partition))
        for file in base.files
        for flow, year, number in [path_partition(file.partition)]
    ]


def _far_years(months: Collection[Partition], known: Known) -> list[tuple[str, int]]:
    """The years of which what is far is made together with these months: those whose last derived month is among them."""
    last = {month[:2]: month for month in sorted(known.derived)}
    return [flow_year for flow_year in known.far_years if last[flow_year] in months]


def _at_once(known: Known) -> list[tuple[Partition, ...]]:
    """The derived months in as many parts as memory asks for: those whose numbers are made anew first."""
    numbers = {path_partition(entry.partition): entry.rows
               for entry in (known.snapshot.entries("base") if known.snapshot else ())}  # fmt: skip
    if sum(numbers[month] for month in known.settled) <= NUMBERS_AT_ONCE:
        return [known.derived]
    parts, room = [known.anew], 0
    for month in known.settled:
        if numbers[month] > room:
            parts.append(())
            room = NUMBERS_AT_ONCE
        parts[-1] = (*parts[-1], month)
        room -= numbers[month]
    return parts


def _months(months: tuple[Partition, ...]) -> pl.DataFrame:
    frame = pl.DataFrame(months, orient="row", schema={"flow": pl.String, "year": pl.Int32, "number": pl.Int32})
    return frame.select("flow", month=pl.col("year") * 12 + pl.col("number") - 1)


def publish_release(
    store: Path,
    release: Normalised,
    findings: DataFrame[Finding],
    ledger_after: Ledger,
    trade_flow: DataFrame[TradeFlow],
    derived: Figures,
    revision: DataFrame[Revision],
    events: EventTables,
    trail: DataFrame[Lineage],
    known: Known,
) -> Published:
    """Publish everything as the successor of the known snapshot; nothing changes where nothing is new."""
    releases = ledger_after.releases
    far = tuple((flow, year, 1) for flow, year in known.far_years)
    told: dict[type[Table], tuple[pl.DataFrame, tuple[Partition, ...]]] = {
        Observation: (ledger_after.touched, known.touched),
        TradeFlow: (trade_flow, known.touched),
        Revision: (revision, tuple(sorted({*known.touched, *later_year(known.touched)}))),
    }
    made: dict[type[Table], tuple[Waiting, tuple[Partition, ...]]] = {
        Metric: (derived.metric, known.derived),
        Base: (derived.base, known.anew),
        BaseYear: (derived.base_year, known.years),
        BaseFar: (derived.base_far, far),
    }
    again = {
        **{model: months for model, (_, months) in told.items()},
        **{model: months for model, (_, months) in made.items()},
    }
    replaced = {(table_name(model), partition_path(month)) for model, months in again.items() for month in months}
    replaced |= {(table_name(model), "") for model in (ControlEvent, EventWindow, EventMonth)}
    replaced |= {(table, partition_path(month)) for table, month in known.stale}
    earlier = known.snapshot.files if known.snapshot else ()
    carried = [entry for entry in earlier if (entry.table, entry.partition) not in replaced]
    about = {"releases": releases["release_id"].sort().to_list(), "released_on": str(releases["released_on"].max())}
    # File after file: each is written and let go before the next one is made.
    # A table without a file would be a folder that no reader finds, so a month without revisions says so with no rows; and
    # so does one without numbers, or it would be taken for one of which they are not known.
    always = {Revision: known.touched, Base: known.anew, BaseYear: known.years, BaseFar: far}
    waiting = itertools.chain(*(files.new_files() for files, _ in made.values()))
    new = _made_again({model: frame for model, (frame, _) in told.items()}, waiting, always, events, releases)
    release_id = release.release["release_id"][0]
    if release_id not in known.releases["release_id"]:
        new = _with_files_of_release(new, release, findings, trail, releases.filter(pl.col("release_id") == release_id))
    return publish(store, new, carried=carried, parent=known.snapshot, about=about, audit=announcement(store))


def _made_again(
    frames: dict[type[Table], pl.DataFrame], waiting: Iterable[NewFile], always: dict[type[Table], tuple[Partition, ...]],
    events: EventTables, releases: pl.DataFrame,
) -> Iterator[NewFile]:  # fmt: skip
    """The files that take the place of earlier ones, also without rows for the months that `always` have one."""
    encoded = itertools.chain(
        *(
            encode_months(model, frame, functools.partial(_derivation, model, releases=releases))
            for model, frame in frames.items()
        )
    )
    told = set()
    for file in itertools.chain(encoded, waiting):
        told.add((file.table, file.partition))
        yield file
    for model, months in always.items():
        for month in months:
            if (table_name(model), partition_path(month)) not in told:
                yield encode_file(model, empty_frame(model), partition_path(month), _derivation(model, month, releases))
    made_with = event_tables.derivation()
    speaking = event_tables.speaking(releases)
    yield encode_file(ControlEvent, events.control_event, "", _origin(ControlEvent, releases.clear()) | made_with)
    yield encode_file(EventWindow, events.event_window, "", _origin(EventWindow, speaking) | made_with)
    yield encode_file(EventMonth, events.event_month, "", _origin(EventMonth, speaking) | made_with)


def _with_files_of_release(
    others: Iterable[NewFile],
    release: Normalised,
    findings: pl.DataFrame,
    trail: DataFrame[Lineage],
    mine: pl.DataFrame,
) -> Iterator[NewFile]:
    """`others` and then the files that a release gets once and for ever: its details, its row, its doubts, its lineage."""
    details = encode_months(Detail, release.detail, functools.partial(_derivation, Detail, releases=mine))
    single = ((Release, release.release), (Finding, findings), (Quarantine, release.quarantine))
    own = (encode_file(model, frame, "", _origin(model, mine)) for model, frame in single)
    rows: dict[str, int] = {}
    hashes: dict[str, list[str]] = {}
    for file in itertools.chain(others, details, own):
        rows[file.table] = rows.get(file.table, 0) + file.rows
        hashes.setdefault(file.table, []).append(file.sha256)
        yield file
    lineage = _with_own_record(trail, mine["release_id"][0], rows, hashes)
    yield encode_file(Lineage, lineage, "", _origin(Lineage, mine))


def _with_own_record(
    trail: DataFrame[Lineage], release_id: str, rows: dict[str, int], hashes: dict[str, list[str]]
) -> pl.DataFrame:
    """The trail and, as its last row, the publication itself: what it was given and, by table, the rows and the hashes of
    the files it makes.

    The lineage's own file cannot be among them.
    """
    # The order in which files are made depends on how many months are made at once, and says nothing.
    outputs = {name: json_sha256(sorted(hashes[name])) for name in sorted(hashes)}
    given = {text.split("=", 1)[0]: text.split("=", 1)[1] for texts in trail["outputs"] for text in texts}
    schemas_used = json_sha256({name: schema_sha256(PUBLISHED[name].model) for name in outputs})
    total = sum(rows.values())
    own = lineage_row(
        release_id, trail.height + 1, "publish", code_sha256(__name__), schemas_used, given, outputs, total, total, {}
    )
    return pl.concat([trail, pl.DataFrame([own], schema=trail.schema)])


def _derivation(model: type[Table], partition: Partition, releases: pl.DataFrame) -> dict[str, Any]:
    """What a partition was made from: the releases that speak of its month, or of a month that its metrics look back on."""
    flow, year, month = partition
    first = last = year * 12 + month - 1
    if model is BaseFar:
        first, last = first_told(year), year * 12 - 1
    elif model is BaseYear:
        first = year * 12
    elif model is Metric:
        first, last = first - LOOK_BACK_MONTHS - QUIET_MONTHS, year * 12 + 11
    speaking = releases.filter(
        (pl.col("flow").is_null() | (pl.col("flow") == flow))
        & (month_index("first_month") <= last) & (month_index("last_month") >= first)
    )  # fmt: skip
    return _origin(model, speaking)


def _origin(model: type[Table], releases: pl.DataFrame) -> dict[str, Any]:
    name = table_name(model)
    module = MADE_IN.get(name)
    return {
        "table": name,
        "code_sha256": code_sha256(module.__name__ if module else Normalised.__module__),
        "inputs": [
            {"release_id": release_id, "raw_sha256": sha256}
            for release_id, sha256 in releases.select("release_id", "raw_sha256").sort("release_id").iter_rows()
        ],
        "versions": versions(),
    }
