"""Defines a release and what belongs to it: its records as text, its scope, its findings, its quarantined records, the
steps that made it, and what was decided about it later.

Every adapter in `tasks/sources` brings its layout into the shape of `Reported`. A decision deletes nothing that was
published. It says from which day on the ledger reads without the release that it is about; the days before stay as they
were.
"""

import polars as pl
from pandera.polars import PolarsData, dataframe_check

from schemas.fit import nothing_is_lost
from schemas.layouts import FLOWS
from schemas.model import Table, column, optional
from schemas.names import KINDS, NATIONAL, SCOPE_WORDS, SCOPES


class Reported(Table):
    """One record of the raw file a row, as printed."""

    record: pl.UInt32 = column("number of the record in the raw file, the first data record is 1", ge=1)
    flow: pl.Categorical = optional("direction as printed, null where the file does not say")
    period: pl.Categorical = optional("period as printed, null where the file has no such column")
    product: pl.Categorical = optional("product code as printed, null where the file has no such column")
    product_name: pl.Categorical = optional("product name as printed")
    partner: pl.Categorical = optional("partner code as printed, null where the file has no such column")
    partner_name: pl.Categorical = optional("partner name as printed")
    regime: pl.Categorical = optional("customs regime code as printed")
    province: pl.Categorical = optional("code of the place where the trader is registered, as printed")
    quantity: pl.String = optional("first quantity as printed")
    quantity_unit: pl.Categorical = optional("unit of the first quantity as printed")
    supplementary_quantity: pl.String = optional("second quantity as printed")
    supplementary_unit: pl.Categorical = optional("unit of the second quantity as printed")
    value: pl.String = optional("value as printed")
    currency: pl.Categorical = optional("currency of the value: USD or CNY")
    quantity_yoy: pl.String = optional("printed growth of the quantity on the year before", "%")
    published_on: pl.Categorical = optional("day on which the figure was printed, as printed")
    publisher: pl.Categorical = optional("who printed the figure")
    address: pl.Categorical = optional("where the figure was printed")
    note: pl.Categorical = optional("remark of whoever collected the figure")


PARTNER_SCOPES = {
    "all": "every partner there is: a missing row means no trade, and the world is the sum",
    "listed": "those in the file",
    "keys": "none: each record speaks for its own partner, product and month, and for nothing else",
}
LEVELS = ("HS2", "HS4", "HS6", *NATIONAL, "line")
SEVERITIES = ("error", "warning", "info", "held")


class Release(Table):
    """One release a row: who said what about which months, when, and what the file was asked for.

    The scope decides what a missing row means: inside it there was no trade, outside it nothing is known.
    """

    release_id: pl.String = column(
        "source and hash of bytes and scope; the same file with the same scope is the same release. Of an edition with"
        " corrections also its number, 00 for the first one, and their hash"
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
        "partner codes of the file that no list named, each with a month in which it has a record: gacc:888 2025-06; in"
        " such a month no group of partners is covered"
    )
    lost: list[str] = column(
        "where records were set aside: product and month, * where it could not be read, and the measure family where"
        " one number alone is hidden; there a missing row means nothing"
    )
    records: pl.UInt32 = column("data records in the raw file")
    records_observed: pl.UInt32 = column("records that became observations")
    records_quarantined: pl.UInt32 = column("records set aside with a reason")

    @dataframe_check
    @classmethod
    def nothing_is_lost(cls, data: PolarsData) -> pl.LazyFrame:
        """Records in = observed + quarantined."""
        return data.lazyframe.select(nothing_is_lost())


class Finding(Table):
    """One doubt a row: which check raised it, how serious it is, what it is about, what was found and what was
    expected."""

    release_id: pl.String = column("release that raised it")
    number: pl.UInt32 = column("number of the finding among those of its release", ge=1)
    check: pl.String = column("name of the check")
    severity: pl.String = column(
        "error holds the release, warning and info are published with it; held: a release that waits for a decision"
        " contradicts the numbers that are published",
        isin=list(SEVERITIES),
    )
    subject: pl.String = column("what it is about, for people: a record, a key, the file")
    scope: pl.String = column(
        f"which numbers are in doubt: {'; '.join(f'{name}: {words}' for name, words in SCOPE_WORDS.items())}",
        isin=list(SCOPES),
    )
    flow: pl.String = optional("direction of trade that it is about; null: either of the release")
    products: list[str] = column("codes that it is about, with those below and above them; none: all of the release")
    partners: list[str] = column("partners that it is about; none: all of the release")
    first_month: pl.Date = optional("first month that it is about; null: all months of the release")
    last_month: pl.Date = optional("last month that it is about")
    measure: pl.String = optional("how the names of the measures begin that it is about; null: all")
    both_sides: pl.Boolean = column(
        "the same numbers of other releases contradict those of this one, and are in doubt as they are"
    )
    of_trade: pl.Boolean = column("it is about the trade and not about the file: the same doubt in the next file")
    listed: list[str] = column("keys that it lists: partners that are missing, or the only ones that are there")
    observed: pl.String = column("what was found")
    expected: pl.String = column("what should have been there")
    advice: pl.String = column("what to do")
    observed_value: pl.Float64 = optional("what was found, where it is a number")
    expected_value: pl.Float64 = optional("what should have been there, or its bound, where it is a number")
    unit: pl.String = optional("measure or unit of both: value_usd, quantity_kg, %, records")
    goods_share: pl.Float64 = optional(
        "the doubted amount, as printed or as expected, whichever is larger, as a share of a month of its goods; null"
        " where the doubt is about no amount",
        ge=0,
        le=1,
    )
    file_share: pl.Float64 = optional("the same as a share of all goods and months of the release", ge=0, le=1)


class Quarantine(Table):
    """A record that was set aside: the text as printed, and every reason."""

    release_id: pl.String = column("release it came with")
    record: pl.UInt32 = column("number of the record in the raw file", ge=1)
    reasons: list[str] = column("every rule that it broke: column, rule and the text found")
    printed: pl.String = column("the record as printed, as a JSON object of column and text")


class Lineage(Table):
    """What a step was given and what it made, by hash. Clock, host and run ids are in the lineage events, not here.

    So the table is the same whenever and wherever the release is processed, and can be part of hashed content.
    """

    release_id: pl.String = column("release that was processed")
    position: pl.UInt32 = column("place of the step on the way, the first is 1", ge=1)
    step: pl.String = column("name of the step")
    code_sha256: pl.String = column("hash of the source of Tidewaiter that ran the step, with its code tables")
    schema_sha256: pl.String = column("hash of the schemas of what the step makes")
    inputs: list[str] = column("name=sha256 of each thing the step was given")
    outputs: list[str] = column("name=sha256 of each thing the step made")
    rows_in: pl.Int64 = column("rows of the frames given", "row", ge=0)
    rows_out: pl.Int64 = column("rows of the frames made", "row", ge=0)
    parameters: pl.String = column("small arguments as a JSON object")
    versions: pl.String = column("versions of the libraries that shape the result, as a JSON object")


DECISIONS = {
    "withdrawn": "from that day on it counts as if it had never come; what other releases say of its numbers stands",
    "reinstated": "the withdrawal was taken back: it counts again from that day on",
    "replaced": (
        "the same query came once more on its day: the later landing counts in its place, unless that is withdrawn"
    ),
}


class Decision(Table):
    """One decision about a published release a row, with who decided it and why."""

    decision_id: pl.String = column("name of the decision, by which a revision refers to it")
    release_id: pl.String = column("release that it is about, with all its editions, without the number of one")
    number: pl.UInt32 = column(
        "orders the decisions about a release, and those of a day: a later one has a larger number", ge=1
    )
    kind: pl.String = column("what was decided", isin=list(DECISIONS))
    decided_on: pl.Date = column("day from which it holds; of a replaced release its own day")
    decided_by: pl.String = column("who decided: the name that was given, or the command that did")
    reason: pl.String = column("why")
    replaced_by: pl.String = optional("release that takes its place; null where none does")
