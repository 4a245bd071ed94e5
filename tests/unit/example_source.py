"""Ruritania, Royal Customs: monthly trade by HS6 and country. An invented source, to show what an adapter is.

Who and when: the Royal Customs publish a month on the 10th of the month after, as one CSV a direction.

Layout: UTF-8, comma, one header line: month (2025-06), code (HS6), country (ISO 3166-1 alpha-2, as in the list geonom),
tonnes, euros. The row with the country WORLD is the total of the month and code; it is compared with the sum of the
others and not published.

Unsure: nothing, since all of it is invented.
"""

import polars as pl

from tasks.domain.errors import Refused
from tasks.sources.adapter.protocol import Parsed, Source
from tasks.sources.adapter.records import as_reported
from tasks.sources.adapter.totals import part_totals
from tasks.sources.formats import csv

COLUMNS = ["month", "code", "country", "tonnes", "euros"]


def parse(raw: bytes, where: str) -> Parsed:
    """The records of a file as printed. Raises Refused; `where` names the file in messages."""
    lexed = csv.read_fields(raw, where, lambda title: title in ("tonnes", "euros"))
    if lexed.fields.columns != COLUMNS:
        raise Refused(
            "columns",
            where=f"{where}, header",
            found=", ".join(lexed.fields.columns),
            advice=f"The columns are {', '.join(COLUMNS)}.",
        )
    rows = lexed.fields.with_row_index("record", 1).with_columns(pl.col("month", "code", "country").cast(pl.String))
    # A code that the table of partners lacks and that looks like one is part of the total as well.
    parted = part_totals(
        rows.select("record", "month", "code", partner="country", number="euros"),
        "geonom",
        ("month", "code"),
        where,
        {"^[A-Z]{2}$": "WORLD"},
        "month",
    )
    records = rows.select(
        record=pl.int_range(1, rows.height + 1, dtype=pl.UInt32), period="month", product="code", partner="country",
        quantity="tonnes", quantity_unit=pl.lit("t"), value="euros", currency=pl.lit("EUR"),
    )  # fmt: skip
    # Where only some countries were asked for, a printed total is the only word on it.
    single, totals = (as_reported(records.filter(mask)) for mask in (parted.kept, parted.totals))
    return Parsed(
        single, lexed.encoding, parted.notes, parted.doubts, totals=totals, short=parted.short, proof=parted.proof
    )


SOURCE = Source(
    name="ruritania",
    kind="query",
    needs=("flow",),
    parse=parse,
    reporter="RUR",
    currency="EUR",
    partner_code="^[A-Z]{2}$",
    code_list="geonom",
    nomenclature="CN8",
    proof="the end of its last line, and the printed total of all countries",
)
