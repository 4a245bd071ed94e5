"""Publishes the table `mirror` of two reporters, and tells which differences have become unexplained.

Belongs here: what the months of a pair rest on. What is in them is in `statements`, how they are published in
`downstream`.
"""

import functools
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from schemas.forms.outcome import Gap
from schemas.store_address import S3Url
from tasks.analysis.ground.derived_table import Upstream, contents, publish_table
from tasks.analysis.mirror.statements import compare, hub_stores, pair, read_pair
from tasks.analysis.mirror.verdicts import REACH_AHEAD, REACH_BACK
from tasks.domain.errors import NothingPublished
from tasks.store.bucket.working_copy import again_if_outpaced, at_hand
from tasks.store.files.snapshot import Snapshot
from tasks.store.places.reporters import mirror_of
from tasks.store.snapshots.parquet import partition_month, read_table

TABLE = "mirror"
GAPS_MAX = 200


@dataclass(frozen=True)
class MirrorPublication:
    """The current snapshot of a pair's mirror: whether it is new, the months made again, and the rows that became
    `unexplained`."""

    snapshot: Snapshot
    changed: bool
    months: list[str]
    gaps: list[Gap]


@again_if_outpaced
def publish_pair(root: Path | S3Url, exporter: str, importer: str) -> MirrorPublication:
    """Publish the mirror of a pair, of all HS codes of six digits and all months of either side, or bring it up to
    date.

    A row is where either side has trade. Raises ValueError where one of them has no store, NothingPublished where it is
    empty.
    """
    stores, through = pair(root, exporter, importer), hub_stores(root, exporter, importer)
    gaps = list[pl.DataFrame]()

    def rows_of(months: range, parent: Snapshot | None) -> pl.DataFrame:
        sold, bought = read_pair(stores, (exporter, importer), months, through=through)
        figures = ("export_kg", "import_kg", "export_stated", "import_stated")
        compared = compare(sold, bought, months).filter(pl.max_horizontal(figures) > 0)
        if parent is not None:
            before = read_table(parent, TABLE, lambda partition: partition_month(partition) in months)
            place, unexplained = ["product", "period"], before.filter(reason="unexplained")
            gaps.append(compared.filter(reason="unexplained").join(unexplained, on=place, how="anti"))
        return compared

    read_upstream = functools.partial(upstream, root, exporter, importer)
    publication = publish_table(TABLE, at_hand(mirror_of(root, exporter, importer)), read_upstream, rows_of)
    return MirrorPublication(publication.snapshot, publication.changed, publication.months, _as_gaps(gaps))


def upstream(root: Path | S3Url, exporter: str, importer: str) -> Upstream:
    """Return what the mirror of a pair rests on: the stores of both, and those of hubs. Raises ValueError where one of
    them has none, NothingPublished where it is empty."""
    stores = pair(root, exporter, importer)
    sides = [contents(store, flow) for store, flow in zip(stores, ("export", "import"), strict=True)]
    codes = [exporter, importer]
    for hub, store in hub_stores(root, exporter, importer).items():
        with suppress(NothingPublished):
            sides.append(contents(store, "export"))
            codes.append(hub)
    months = {
        month: [
            [side.months.get(neighbour, []) for neighbour in range(month - REACH_BACK, month + REACH_AHEAD + 1)]
            for side in sides
        ]
        for month in {month for side in sides[:2] for month in side.months}
    }
    return Upstream(dict(zip(codes, (side.snapshot for side in sides), strict=True)), months)


def _as_gaps(parts: list[pl.DataFrame]) -> list[Gap]:
    """The largest first."""
    if not parts:
        return []
    apart = (pl.max_horizontal("import_value", "fob_low") - pl.col("export_value")).abs()
    rows = pl.concat(parts).sort(apart, "product", descending=[True, False], nulls_last=True).head(GAPS_MAX)
    names = ("product", "exporter", "importer", "export_kg", "import_kg", "export_value", "import_value", "currency")
    return [
        Gap(month=f"{row['period']:%Y-%m}", **{name: row[name] for name in names}) for row in rows.iter_rows(named=True)
    ]
