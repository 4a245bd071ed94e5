"""Finds the raw records behind a number of the ledger, and their printed text.

The raw bytes are hashed and parsed again: the printed text of a trace comes from the file itself.
"""

import functools
import json
from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from schemas.forms.trace import TracedNumber
from tasks.domain.labels import in_words, value_terms
from tasks.domain.periods import span_name
from tasks.ingest.raw_file import RawFile, read_excerpt, read_raw
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import Partition, read_table

PRINTED_MAX = 3
# Records of a raw file from which reading all their numbers takes longer than choosing those of a month.
LARGE = 20_000
KEY = ("product", "partner", "period_start", "period_end", "measure")
# What distinguishes the statements of a number, apart from their day.
STATEMENT = ("release_id", "classification", "unit")
# A row of the ledger.
Row = dict[str, Any]


class RecordedNumber(NamedTuple):
    """A number of a release: the record, since when it was public, and its value."""

    record: int
    known_from: date
    value: int


class RawRecords:
    """The records behind rows of the ledger of one flow; each raw file and each month of details is read once.

    `where` limits the details that can be requested, None means all.
    """

    def __init__(self, snapshot: Snapshot, flow: str, releases: pl.DataFrame, where: pl.Expr | None) -> None:
        self.snapshot, self.flow, self.releases, self.where = snapshot, flow, releases, where
        self._known: dict[tuple[Any, ...], TracedNumber] = {}
        self._whole: dict[str, RawFile] = {}
        self._files: dict[tuple[str, Partition], RawFile] = {}
        self._of_month: dict[Partition, pl.DataFrame] = {}
        self._by_key: dict[Partition, dict[tuple[Any, ...], list[RecordedNumber]]] = {}

    @functools.cached_property
    def _releases(self) -> dict[str, Row]:
        return {row["release_id"]: row for row in self.releases.iter_rows(named=True)}

    def traced(self, rows: Iterable[Row]) -> list[TracedNumber]:
        """Each row with its records in the raw file. Raises ValueError where the raw bytes do not match their hash."""
        by_key = {tuple(row[name] for name in (*KEY, "source", "unit")): row for row in rows}
        for key in by_key.keys() - self._known.keys():
            self._known[key] = self._trace(by_key[key])
        return [self._known[key] for key in sorted(by_key)]

    def _trace(self, row: Row) -> TracedNumber:
        release = self._releases[row["release_id"]]
        details = [one for one in self._details(row) if one.known_from <= row["known_from"]]
        # A number that counts again from a decision on is of an earlier day than the row of the ledger, and no other
        # number is.
        is_again = row["known_from"] in self._decided_on
        day = max((one.known_from for one in details), default=None) if is_again else row["known_from"]
        details = [one for one in details if one.known_from == day]
        records = sorted(one.record for one in details)
        file = self._file(release, row["period_end"]) if records else None
        span, measure = (row["period_start"], row["period_end"]), row["measure"]
        valuation, terms = _terms(row["source"], self.flow, measure)
        texts = [file.text(record, measure, span) for record in records[:PRINTED_MAX]] if file else []
        return TracedNumber(
            product=row["product"],
            partner=row["partner"],
            period=span_name(row["period_start"], row["period_end"]),
            measure=measure,
            value=row["value"],
            unit=row["unit"],
            valuation=valuation,
            terms=terms,
            release_id=row["release_id"],
            title=release["title"],
            known_from=str(row["known_from"]),
            raw_sha256=release["raw_sha256"],
            records=records,
            reported=sum(one.value for one in details),
            read=file.total(records, measure, span) if file else None,
            corrected=file.changes(records) if file else [],
            printed=[json.dumps(text, ensure_ascii=False) for text in texts],
            address=texts[0].get("address") if texts else None,
        )

    @functools.cached_property
    def _decided_on(self) -> frozenset[date]:
        """The days from which decisions about releases hold."""
        return frozenset(read_table(self.snapshot, "decision")["decided_on"])

    def _details(self, row: Row) -> list[RecordedNumber]:
        """The details of the statement that a row of the ledger is of."""
        month, key = self._month(row["period_end"]), (*KEY, *STATEMENT)
        if month not in self._of_month:
            self._of_month[month] = read_table(
                self.snapshot, "detail", lambda partition: partition == month, self.where
            )
            parts: dict[tuple[Any, ...], list[RecordedNumber]] = {}
            for one in self._of_month[month].select(*key, *RecordedNumber._fields).iter_rows():
                parts.setdefault(one[: len(key)], []).append(RecordedNumber(*one[len(key) :]))
            self._by_key[month] = parts
        return self._by_key[month].get(tuple(row[name] for name in key), [])

    def _month(self, day: date) -> Partition:
        return self.flow, day.year, day.month

    def _file(self, release: Row, day: date) -> RawFile:
        """The records of a release, of a large one those that details of this month name."""
        name, month = release["release_id"], self._month(day)
        if release["records"] < LARGE:
            return self._whole_file(name, release)
        if (name, month) not in self._files:
            details = self._of_month[month]
            records = details.filter(pl.col("release_id") == name)["record"].unique().sort()
            excerpt = read_excerpt(self.snapshot.store, release, records)
            self._files[name, month] = excerpt or self._whole_file(name, release).of(records)
        return self._files[name, month]

    def _whole_file(self, name: str, release: Row) -> RawFile:
        if name not in self._whole:
            self._whole[name] = read_raw(self.snapshot.store, release)
        return self._whole[name]


@functools.cache
def _terms(source: str, flow: str, measure: str) -> tuple[str | None, str | None]:
    """The valuation of values of a source, and what they mean in words."""
    terms = value_terms([source], flow, [measure])
    return next(iter(terms["valuation"]), None), "; ".join(in_words(terms)) or None
