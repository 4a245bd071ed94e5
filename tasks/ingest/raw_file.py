"""Reads a published raw file again: its printed records, their corrections, and their sums.

For tracing a number to its bytes. The corrections are those of the edition; where they are no longer known, a record
has no number here.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from schemas.frames import Reported
from tasks.domain.periods import read_period
from tasks.ingest.corrections import corrected, correction_text
from tasks.ingest.editions import corrections_in
from tasks.ingest.normalise import numbers_of
from tasks.ingest.raw_store import raw_path
from tasks.sources.registry import SOURCES
from tasks.store.bucket.working_copy import fetched

# First and last day.
Span = tuple[date, date]


@dataclass(frozen=True)
class RawFile:
    """Printed and corrected records with their places, and the corrections (None: unknown). A record has several places
    where it speaks of several months, or in two valuations.
    """

    reported: Reported
    corrected: Reported
    corrections: list[dict[str, str]] | None

    def of(self, records: pl.Series) -> RawFile:
        """The same file with these records alone: reading the numbers of a whole cube takes a second."""
        kept = self.reported["record"].is_in(records.implode())
        reported, mended = (frame.filter(kept) for frame in (self.reported, self.corrected))
        return RawFile(reported, mended, self.corrections)

    def text(self, record: int, measure: str, span: Span) -> dict[str, Any]:
        """The printed text of a record, about these months and with a number in this measure where there is one."""
        places, values = self._places(record, span), self._values.get(measure)
        place = next((place for place in places if values is not None and values[place]), places[0])
        row = self.reported.row(place, named=True)
        return {name: text for name, text in row.items() if text is not None}

    def changes(self, records: list[int]) -> list[str]:
        """The corrections of some records."""
        numbers = {str(record) for record in records}
        return [
            f"record {row['record']}, {correction_text(row)}"
            for row in self.corrections or ()
            if row["record"] in numbers
        ]

    def total(self, records: list[int], measure: str, span: Span) -> int | None:
        """The sum of some records in a measure from the first to the last day of `span`, corrected; None if corrections
        are unknown."""
        if self.corrections is None:
            return None
        values = self._values.get(measure)
        places = (place for record in records for place in self._places(record, span))
        return 0 if values is None else sum(values[place] for place in places)

    def _places(self, record: int, span: Span) -> list[int]:
        places = self.places[record]
        if len(places) == 1:
            return places
        return [place for place in places if read_period(self._periods[place]) == span] or places

    @functools.cached_property
    def places(self) -> dict[int, list[int]]:
        """The places of each record."""
        by_record: dict[int, list[int]] = {}
        for at, number in enumerate(self.reported["record"]):
            by_record.setdefault(number, []).append(at)
        return by_record

    @functools.cached_property
    def _periods(self) -> list[str]:
        return self.corrected["period"].fill_null("").to_list()

    @functools.cached_property
    def _values(self) -> dict[str, list[int]]:
        """The numbers in each measure by place, 0 where there is none: read once, because a chapter uses thousands."""
        by_measure = {}
        for (measure,), numbers in numbers_of(self.corrected).partition_by("measure", as_dict=True).items():
            nothing = pl.repeat(0, self.reported.height, dtype=pl.Int64, eager=True)
            by_measure[str(measure)] = nothing.scatter(numbers["row"], numbers["value"]).to_list()
        return by_measure


def read_raw(store: Path, release: Mapping[str, Any]) -> RawFile:
    """The raw file of a row of the table `release`. Raises ValueError where the bytes do not match their hash."""
    parsed = _parsed(_bytes(store, release), release)
    corrections = corrections_in(release)
    mended = corrected(parsed, corrections, release["raw_sha256"]) if corrections else parsed
    return RawFile(parsed, mended, corrections)


def read_excerpt(store: Path, release: Mapping[str, Any], records: pl.Series) -> RawFile | None:
    """These records (sorted, each once) of a raw file whose source has excerpts; None for another form of file, or with
    corrections. Reading all of a full cube takes seconds. Raises ValueError where the bytes do not match their hash.
    """
    excerpt, corrections = SOURCES[release["source"]].excerpt, corrections_in(release)
    if excerpt is None or corrections != []:
        return None
    raw = excerpt(_bytes(store, release), records.to_list(), release["records"])
    parsed = None if raw is None else _parsed(raw, release)
    if parsed is None or parsed["record"].to_list() != [*range(1, records.len() + 1)]:
        return None
    numbered = parsed.with_columns(record=records.cast(parsed.schema["record"]))
    return RawFile(numbered, numbered, corrections)


def _bytes(store: Path, release: Mapping[str, Any]) -> bytes:
    place = fetched(store, raw_path(store, release["raw_sha256"]))
    raw = place.read_bytes()
    if hashlib.sha256(raw).hexdigest() != release["raw_sha256"]:
        raise ValueError(f"{place}: the raw bytes are not those that were landed; restore the file from a copy")
    return raw


def _parsed(raw: bytes, release: Mapping[str, Any]) -> Reported:
    return SOURCES[release["source"]].parse(raw, Path(release["title"]).name).declared(release["partners"]).reported
