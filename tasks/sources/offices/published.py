"""Reads figures that others printed: press and customs pages, collected by hand into one CSV.

A collected file allows a month to be published before a query file is available, and a printed figure to be compared
with the ledger later. Each row is one printed figure with publisher, address and day. Printed figures are rounded;
their precision is that of the printed digits and is kept as `resolution`.

Layout: UTF-8, comma, one header line, the columns of COLUMNS in any order.
- period: `2025-06`, or `2025-01..2025-06` for a figure cumulated from January. Any other span is kept for comparison
  with claims, and yields no row of `metric`.
- measure: `quantity`, `value`, or `quantity_yoy` (growth on a year before, of the month or of the cumulated figure).
- value: as printed, a point for decimals, commas between thousands or none. unit: t, kg …, USD, CNY, or %.
- product: HS2, HS4, HS6 or the code of a national list, or `line:<name>` for a line that only its source defines.
partner: ISO 3166-1 alpha-3, or WLD.
- publisher, address: who printed it and where, for every figure.
Such a file covers only the keys it names: a missing key means nothing. Several publishers may print one figure on one
day; the one with most digits is kept.
"""

import polars as pl

from tasks.domain.errors import Refused
from tasks.domain.text import clip
from tasks.sources.adapter.protocol import Parsed, Source
from tasks.sources.adapter.records import as_reported, numbered, require_columns
from tasks.sources.formats import csv

COLUMNS = (
    "flow",
    "product",
    "partner",
    "period",
    "measure",
    "value",
    "unit",
    "published_on",
    "publisher",
    "address",
    "note",
)
MEASURES = ("quantity", "value", "quantity_yoy")


def parse(raw: bytes, where: str) -> Parsed:
    """The figures of a collected file as printed. Raises Refused; `where` names the file in messages."""
    lexed = csv.read_fields(raw, where, lambda title: title == "value")
    require_columns(lexed.fields.columns, COLUMNS, where)
    fields = numbered(lexed.fields, where, "Add the figures.")
    measure = fields["measure"].cast(pl.String)
    _refuse_where(
        ~measure.is_in(MEASURES),
        fields["measure"],
        where,
        rule="measure",
        description="{}",
        advice=f"It is one of {', '.join(MEASURES)}.",
    )
    _refuse_where(
        (measure == "quantity_yoy") & (fields["unit"].cast(pl.String) != "%"),
        fields["unit"],
        where,
        rule="unit of growth",
        description="'{}' for a quantity_yoy",
        advice="A growth is in %.",
    )
    for name in ("publisher", "address"):
        # A dash is not a name.
        _refuse_where(
            ~fields[name].cast(pl.String).str.contains(r"\p{L}"),
            fields[name],
            where,
            rule="no source",
            description="'{}' names nobody",
            advice="Write who printed the figure and where: no figure is published without its source.",
        )
    return Parsed(as_reported(_placed(fields, measure)), lexed.encoding, lexed.normalised)


def _refuse_where(bad: pl.Series, column: pl.Series, where: str, *, rule: str, description: str, advice: str) -> None:
    """Raises Refused where a text of a column is `bad`, with the first such text in `description`."""
    if bad.any():
        row = int(bad.arg_true()[0])
        raise Refused(
            rule,
            f"{where}, record {row + 1}, column {column.name}",
            description.format(clip(column.cast(pl.String)[row])),
            advice,
        )


def _placed(fields: pl.DataFrame, measure: pl.Series) -> pl.DataFrame:
    """Each figure in the column that its measure names."""
    is_value, unit = measure == "value", pl.col("unit")
    return fields.rename({"value": "figure"}).with_columns(
        pl.when(measure == "quantity").then("figure").alias("quantity"),
        pl.when(measure == "quantity").then(unit).alias("quantity_unit"),
        pl.when(is_value).then("figure").alias("value"),
        pl.when(is_value).then(unit).alias("currency"),
        pl.when(measure == "quantity_yoy").then("figure").alias("quantity_yoy"),
    )


SOURCE = Source(
    name="published",
    titles={"en": "figures from print, collected by hand", "zh": "人工收集的公开数字"},
    kind="published",
    needs=(),
    parse=parse,
    reporter="CHN",
    currency="",
    partner_code=r"^[0-9]{3}$",
    has_others=True,
    says_day=True,
    has_lines=True,
    has_spans=True,
    proof="nothing: figures are collected one by one, and each has its own address",
    licence="that of each publication, whose address is in its record",
)
