"""Defines a release and what belongs to it: its scope, its findings, its quarantined records."""

import polars as pl
from pandera.polars import PolarsData, dataframe_check

from schemas.layouts import FLOWS
from schemas.model import Table, column, optional
from schemas.names import KINDS, NATIONAL

PARTNER_SCOPES = {
    "all": "every partner there is: a missing row means no trade, and the world is the sum",
    "listed": "those in the file",
    "keys": "none: each record speaks for its own partner, product and month, and for nothing else",
}
LEVELS = ("HS2", "HS4", "HS6", *NATIONAL, "line")
SEVERITIES = ("error", "warning", "info")


class Release(Table):
    """One release a row: who said what about which months, when, and what the file was asked for.

    The scope decides what a missing row means: inside it there was no trade, outside it nothing is known.
    """

    release_id: pl.String = column(
        "source and hash of bytes and scope; the same file with the same scope is the same release. Of an edition with corrections "
        "also its number, 00 for the first one, and their hash"
    )
    source: pl.String = column("adapter that read it")
    kind: pl.String = column("kind of release", isin=list(KINDS))
    reporter: pl.String = column("reporting country, ISO 3166-1 alpha-3")
    title: pl.String = optional("file name or title as given")
    raw_sha256: pl.String = column("hash of the raw bytes, their name under store/raw")
    raw_bytes: pl.Int64 = column("size of the raw file", "byte")
    encoding: pl.String = column("how the bytes were read: utf-8, gb18030, xlsx …")
    released_on: pl.Date = column("day from which its figures were public")
    flow: pl.String = optional("direction of trade, null where each record says it", isin=list(FLOWS))
    products: list[str] = column("codes that were asked for; a shorter code asks for all below it; * asks for all")
    classification: pl.String = optional(
        "classification of the codes in the file, null where each record says its own", isin=list(LEVELS)
    )
    partners: pl.String = column("which partners were asked for", isin=list(PARTNER_SCOPES))
    partner_list: list[str] = column("partners in the file")
    measures: list[str] = column("measure families in it: quantity, value_usd, value_cny, quantity_yoy")
    first_month: pl.Date = column("first month asked for")
    last_month: pl.Date = column("last month asked for")
    by_month: pl.Boolean = column("whether the file has a figure for each month, or one for the whole period")
    unlisted: list[str] = column(
        "partner codes of the file that no list named, each with a month in which it has a record: gacc:888 2025-06; in such a "
        "month no group of partners is covered"
    )
    lost: list[str] = column(
        "where records were set aside: product and month, * where it could not be read; there a missing row means nothing"
    )
    records: pl.UInt32 = column("data records in the raw file")
    records_observed: pl.UInt32 = column("records that became observations")
    records_quarantined: pl.UInt32 = column("records set aside with a reason")

    @dataframe_check
    @classmethod
    def nothing_is_lost(cls, data: PolarsData) -> pl.LazyFrame:
        """Records in = observed + quarantined."""
        return data.lazyframe.select(pl.col("records") == pl.col("records_observed") + pl.col("records_quarantined"))


class Finding(Table):
    """One doubt a row: which check raised it, how serious it is, what it is about, what was found and what was expected."""

    release_id: pl.String = column("release that raised it")
    check: pl.String = column("name of the check")
    severity: pl.String = column(
        "error holds the release, warning and info are published with it", isin=list(SEVERITIES)
    )
    subject: pl.String = column("what it is about: a record, a key, the file")
    observed: pl.String = column("what was found")
    expected: pl.String = column("what should have been there")
    advice: pl.String = column("what to do")


class Quarantine(Table):
    """A record that was set aside: the text as printed, and every reason."""

    release_id: pl.String = column("release it came with")
    record: pl.UInt32 = column("number of the record in the raw file", ge=1)
    reasons: list[str] = column("every rule that it broke: column, rule and the text found")
    printed: pl.String = column("the record as printed, as a JSON object of column and text")
