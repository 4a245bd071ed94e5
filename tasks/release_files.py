"""The files of a release put together and published as the successor of what was current.

Belongs here: which files replace earlier ones, which are carried over, which are written once for a release and stay for good,
and the lineage record of the publication itself. Does not belong here: what is in the tables (`assemble`), how a file is written
(`tables`), how the pointer moves (`publish`).
"""

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
from pandera.typing.polars import DataFrame

from schemas.control_event import ControlEvent, EventMonth, EventWindow
from schemas.lineage import Lineage
from schemas.metric import Metric
from schemas.name import PartnerName, ProductName
from schemas.observation import Detail, Observation
from schemas.release import Finding, Quarantine, Release
from schemas.revision import Revision
from schemas.state import Recent, State
from schemas.table import PUBLISHED, Table, empty_frame, schema_sha256, table_name
from schemas.trade_flow import TradeFlow
from tasks import event_tables
from tasks.assemble import Figures, Ledger, whole
from tasks.derivation import derivation_of, derivation_of_month, words_of_collected
from tasks.event_tables import EventTables
from tasks.known import Known, later_year
from tasks.lineage import code_sha256, json_sha256, lineage_row
from tasks.month_writer import PendingFiles
from tasks.name_tables import NameTables, name_tables
from tasks.normalise import Normalised
from tasks.publish import NewFile, Published, publish
from tasks.tables import Partition, encode_file, encode_months, partition_path
from tasks.working_copy import announcement

# Tables that earlier versions kept for later months; `state` and `recent` took their place.
GONE = ("base", "base_year", "base_far")


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
    # Each table with the months of which it is made again: those that are frames, and those that are files already.
    frames: dict[type[Table], tuple[pl.DataFrame, tuple[Partition, ...]]] = {
        Observation: (ledger_after.touched, known.touched),
        TradeFlow: (trade_flow, known.touched),
        Revision: (revision, tuple(sorted({*known.touched, *later_year(known.touched)}))),
    }
    files: dict[type[Table], tuple[PendingFiles, tuple[Partition, ...]]] = {
        Metric: (derived.metric, known.derived),
        State: (derived.state, known.derived),
        Recent: (derived.recent, known.derived),
    }
    again = {model: months for made in (frames, files) for model, (_, months) in made.items()}
    replaced = {(table_name(model), partition_path(month)) for model, months in again.items() for month in months}
    replaced |= {(table_name(model), "") for model in (ControlEvent, EventWindow, EventMonth, ProductName, PartnerName)}
    earlier = known.snapshot.files if known.snapshot else ()
    carried = [entry for entry in earlier if (entry.table, entry.partition) not in replaced and entry.table not in GONE]
    about = {"releases": releases["release_id"].sort().to_list(), "released_on": str(releases["released_on"].max())}
    # These months get a file also where it has no rows: a table without files would be a folder that no reader finds, and a file
    # that was there stays one.
    there = {entry.partition for entry in earlier if entry.table == table_name(Revision)}
    revised = tuple(month for month in again[Revision] if month in known.touched or partition_path(month) in there)
    always: dict[type[Table], tuple[Partition, ...]] = {Revision: revised}
    # File after file: each is written and let go before the next one is made.
    waiting = itertools.chain(*(table.new_files() for table, _ in files.values()))
    collected = words_of_collected(whole(ledger_after, known), releases)
    made_of = functools.partial(derivation_of_month, releases=releases, collected=collected)
    release_id = release.release["release_id"][0]
    is_new = release_id not in known.releases["release_id"]
    names = name_tables(known.snapshot, release.names if is_new else None)
    new = _made_again(
        {model: frame for model, (frame, _) in frames.items()}, waiting, always, events, names, made_of, releases
    )
    if is_new:
        new = _with_files_of_release(new, release, findings, trail, releases.filter(pl.col("release_id") == release_id))
    return publish(store, new, carried=carried, parent=known.snapshot, about=about, audit=announcement(store))


def _made_again(
    frames: dict[type[Table], pl.DataFrame], waiting: Iterable[NewFile], always: dict[type[Table], tuple[Partition, ...]],
    events: EventTables, names: NameTables, made_of: Callable[[type[Table], Partition], dict[str, Any]], releases: pl.DataFrame,
) -> Iterator[NewFile]:  # fmt: skip
    """The files that take the place of earlier ones, also without rows for the months that `always` have one."""
    encoded = itertools.chain(
        *(encode_months(model, frame, functools.partial(made_of, model)) for model, frame in frames.items())
    )
    told = set()
    for file in itertools.chain(encoded, waiting):
        told.add((file.table, file.partition))
        yield file
    for model, months in always.items():
        for month in months:
            if (table_name(model), partition_path(month)) not in told:
                yield encode_file(model, empty_frame(model), partition_path(month), made_of(model, month))
    made_with = event_tables.derivation()
    speaking = event_tables.speaking(releases)
    yield encode_file(ControlEvent, events.control_event, "", derivation_of(ControlEvent, releases.clear()) | made_with)
    yield encode_file(EventWindow, events.event_window, "", derivation_of(EventWindow, speaking) | made_with)
    yield encode_file(EventMonth, events.event_month, "", derivation_of(EventMonth, speaking) | made_with)
    yield encode_file(ProductName, names.product_name, "", derivation_of(ProductName, releases))
    yield encode_file(PartnerName, names.partner_name, "", derivation_of(PartnerName, releases))


def _with_files_of_release(
    others: Iterable[NewFile],
    release: Normalised,
    findings: pl.DataFrame,
    trail: DataFrame[Lineage],
    mine: pl.DataFrame,
) -> Iterator[NewFile]:
    """`others` and then the files that a release gets once and for ever: its details, its row, its doubts, its lineage."""
    details = encode_months(Detail, release.detail, functools.partial(derivation_of_month, Detail, releases=mine))
    single = ((Release, release.release), (Finding, findings), (Quarantine, release.quarantine))
    own = (encode_file(model, frame, "", derivation_of(model, mine)) for model, frame in single)
    rows: dict[str, int] = {}
    hashes: dict[str, list[str]] = {}
    for file in itertools.chain(others, details, own):
        rows[file.table] = rows.get(file.table, 0) + file.rows
        hashes.setdefault(file.table, []).append(file.sha256)
        yield file
    lineage = _with_own_record(trail, mine["release_id"][0], rows, hashes)
    yield encode_file(Lineage, lineage, "", derivation_of(Lineage, mine))


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
