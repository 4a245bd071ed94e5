"""Publishes the table `first_print` of a reporter, in a store of its own beside the stores.

Belongs here: what its months rest on. What is in them is in `first_prints`, how they are published in `downstream`.
"""

from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl

from schemas.forms.address import S3Url
from schemas.layouts import FLOWS
from tasks.domain.periods import month_number
from tasks.reports.downstream import Publication, Upstream, contents, publish_table, releases_of
from tasks.reports.first_prints import TABLE, first_prints
from tasks.reports.query import open_published
from tasks.store.reporters import stores_of, table_of
from tasks.store.snapshot import Snapshot, open_snapshot
from tasks.store.working_copy import again_if_outpaced, at_hand


@again_if_outpaced
def publish_first_prints(root: Path | S3Url, reporter: str) -> Publication | None:
    """Publish the table `first_print` of a reporter, or bring it up to date; None where no month has several releases, which could be
    held against each other. Raises NothingPublished where the reporter's store is empty.
    """
    stores = {code: at_hand(store) for code, store in stores_of(root).items()}
    folder = at_hand(table_of(root, TABLE, reporter))
    now = open_published(stores[reporter])
    if open_snapshot(folder) is None and not any(_months_of_several(releases_of(now, flow)) for flow in FLOWS):
        return None

    def look() -> Upstream:
        own = {flow: contents(stores[reporter], flow) for flow in FLOWS}
        snapshot = own[FLOWS[0]].snapshot
        several = {flow: _months_of_several(releases_of(snapshot, flow)) for flow in FLOWS}
        snapshots, months = {reporter: snapshot}, dict[int, list[Any]]()
        others = dict[str, dict[int, list[str]]]()
        for code in stores if any(several.values()) else ():
            for flow in FLOWS if code != reporter and open_snapshot(stores[code]) else ():
                there = contents(stores[code], flow)
                snapshots[code], others[f"{code} {flow}"] = there.snapshot, there.months
        for flow, own_months in several.items():
            for month in own_months:
                said = {name: there[month] for name, there in others.items() if month in there}
                months.setdefault(month, []).append([flow, own[flow].months.get(month, []), said])
        return Upstream(snapshots, months)

    def rows_of(months: range, parent: Snapshot | None) -> pl.DataFrame:
        snapshot = open_published(stores[reporter])
        return pl.concat(first_prints(snapshot, flow, months) for flow in FLOWS)

    return publish_table(TABLE, folder, look, rows_of)


def _months_of_several(releases: pl.DataFrame) -> set[int]:
    """The months (month numbers) that more than one of these releases covers."""
    spans = releases.select("first_month", "last_month").iter_rows()
    counts = Counter(month for first, last in spans for month in range(month_number(first), month_number(last) + 1))
    return {month for month, count in counts.items() if count > 1}
