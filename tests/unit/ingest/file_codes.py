"""The columns of a made-up file, as the modules of this room hand them to one another.

A record says only what a test is about; everything else is the plainest case: 85051110 to the United States in June
2025, in a download of exports of 20 July.
"""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from schemas.forms.request import Landed
from schemas.frames import Reported
from schemas.table import polars_schema
from schemas.tables.catalog import MODELS
from tasks.ingest.codes import CODES, ReadCodes, read_codes
from tasks.ingest.quantities import NUMBERS, UNIT_OF, Amounts, read_amounts
from tasks.sources.adapter.protocol import Parsed

USA, GERMANY = "502", "304"
PLAIN = {"period": "202506", "product": "85051110", "partner": USA}
Record = dict[str, Any]


def landed(**change: Any) -> Landed:
    plain = Landed(
        file=Path("f.csv"),
        source="gacc_query",
        reporter="CHN",
        flow="export",
        partners="listed",
        products=None,
        first_month=None,
        last_month=None,
        released_on=date(2025, 7, 20),
        title="f.csv",
        raw=Path("raw"),
        raw_sha256="0" * 64,
        raw_bytes=7,
    )
    return plain.model_copy(update=change)


COLLECTED = landed(source="published", flow=None)


def reported(*records: Record) -> Reported:
    rows = [{"record": place, **PLAIN, **record} for place, record in enumerate(records, 1)]
    return MODELS["reported"].validate(pl.DataFrame(rows, schema=polars_schema("reported")))


def parsed(*records: Record, **about: Any) -> Parsed:
    return Parsed(reported(*records), "utf-8", (), **about)


def records_of(*records: Record) -> pl.DataFrame:
    """The records as plain texts, each with its row."""
    table = reported(*records)
    texts = table.select("record", pl.col(*CODES, *UNIT_OF.values(), *NUMBERS).cast(pl.String))
    return texts.with_columns(row=pl.int_range(pl.len(), dtype=pl.Int64))


def codes_of(*records: Record, of: Landed | None = None) -> ReadCodes:
    return read_codes(records_of(*records), of or landed(), "f.csv")


def amounts_of(*records: Record) -> Amounts:
    return read_amounts(records_of(*records))
