"""Checks of a release by itself: whether its file is whole, and of one kind throughout.

The other modules of this room compare it:

- `consistency`: numbers against those of earlier releases
- `unit_values`: quantities and values against one another
- `magnitudes`: values against the months around
- `absences`: months and partners that are missing, by the trade before
- `completeness`: partners and products that were published for the same months, and lines of release pages against
their codes
- `declared_flow` and `declared_months`: the direction, currency and months that were declared
- `same_numbers`: numbers that are published as something else
- `printed_figures`: printed figures against one another
"""

import json
import re

import polars as pl

from schemas import settings
from schemas.reference.code_tables import code_table, valid_in
from tasks.checks.frame.context import EXAMPLES, PAGES, QUANTITY, CheckContext
from tasks.checks.frame.published_months import MONEY
from tasks.checks.frame.registry import check
from tasks.domain.coverage import is_unplaced
from tasks.domain.doubt.findings import Rows, finding, found_in
from tasks.domain.nomenclature import LINE
from tasks.domain.periods import month_number
from tasks.domain.text import counted
from tasks.domain.thresholds import threshold
from tasks.ingest.repeats import COPY, ECHO, causes_first
from tasks.sources.registry import SOURCES

QUARANTINED_SHARE_MAX = 0.001
# Each line of a release page is a figure by itself and part of no sum; where more are unread the layout has changed.
QUARANTINED_LINES_SHARE_MAX = 0.1
# This many records of a product are unlikely to come from one province or under one regime.
ONE_PART_RECORDS_MIN = 50


@check(severity="error", scope="sums_and_zeros")
def _row_cap(context: CheckContext) -> Rows:
    """Find query downloads that stop at a round number of records: the site cuts them off without a warning."""
    row = context.row
    cap = SOURCES[row["source"]].row_cap
    if cap and row["records"] % cap == 0:
        yield finding(
            "row_cap",
            "error",
            values=(row["records"], None, "records"),
            observed=counted(row["records"], "record"),
            expected=f"a number that is no multiple of {cap:,}, where the site cuts a download off",
            advice="Download it in parts, by months or partners, and ingest the parts.",
        )


@check(severity="error", scope="none")
def _experimental_source(context: CheckContext) -> Rows:
    """Find releases of a source of which no whole real file was read; the first waits until a person compared it."""
    source = context.row["source"]
    read = SOURCES[source].experimental
    if not read:
        return
    is_first = context.counting.filter(source=source).is_empty()
    hold = is_first and source not in re.split(r"[\s,]+", settings.text(settings.EXPERIMENTAL))
    compare = "Compare some numbers of this release with the site"
    yield finding(
        "experimental_source",
        "error" if hold else "info",
        source,
        observed=read,
        expected="a source of which whole files have been read",
        advice=f"{compare}, then approve; the next releases of it are not asked about."
        if hold
        else f"{compare} before you cite it.",
    )


@check(severity="error")
def _quarantined(context: CheckContext) -> Rows:
    """Report records that could not be read. Copies and echoes are not among them: their numbers are published."""
    row = context.row
    lost = context.release.quarantine.filter(pl.col("reasons") != [COPY], pl.col("reasons") != [ECHO])
    if not lost.height:
        return
    watched = set(_listed_products(context)["product"])
    hit = sum(_digits(printed) in watched for printed in lost["printed"])
    named = [
        f"record {record}: {reasons[0]}"
        for record, reasons in causes_first(lost).head(EXAMPLES).select("record", "reasons").rows()
    ]
    if lost.height > EXAMPLES:
        named.append(f"and {lost.height - EXAMPLES} more")
    is_page = row["classification"] == LINE and row["kind"] in PAGES
    most = QUARANTINED_LINES_SHARE_MAX if is_page else QUARANTINED_SHARE_MAX
    grave = hit or lost.height / row["records"] > most or _may_be_part_of_any_sum(context)
    yield finding(
        "quarantined",
        "error" if grave else "warning",
        observed=f"{lost.height} of {counted(row['records'], 'record')} set aside"
        + (f", {hit} of them of a watched product" if hit else "")
        + f"; {'; '.join(named)}",
        expected=f"at most {most:.1%} of the records and none of a watched product",
        # A held release is not published, nor are its quarantined records.
        advice="Download again, or approve without them: the table quarantine lists them then."
        if grave
        else "See the table quarantine.",
    )


def _may_be_part_of_any_sum(context: CheckContext) -> bool:
    """Whether a quarantined record of a file by regime or province could be part of any sum."""
    by_site = context.release.detail.select(pl.col("regime", "province").is_not_null().any()).row(0)
    reasons = context.release.quarantine["reasons"].explode()
    return any(by_site) and bool(reasons.str.contains("^(product|partner|period) ").any())


def _digits(printed: str) -> str:
    """Return the digits of the printed product code, without separators."""
    return re.sub(r"[^0-9]", "", json.loads(printed).get("product", ""))


@check(severity="error", scope="sums", of_trade=True)
def _unknown_partners(context: CheckContext) -> Rows:
    """Report partner codes that the table lacks: such a code may be new, but not one with much of the trade."""
    unknown = [key for key in context.row["partner_list"] if is_unplaced(key)]
    if not unknown:
        return
    most = threshold("unknown_partner_hold")
    is_unknown = pl.col("partner").is_in(unknown)
    values = context.statements.filter(MONEY)
    sums = values.group_by("measure").agg(total=pl.col("value").sum(), part=pl.col("value").filter(is_unknown).sum())
    codes = values.filter(is_unknown)["partner"].unique().cast(pl.String).sort().to_list()
    parts = sums.filter(pl.col("total") != 0).with_columns(part=pl.col("part") / pl.col("total"))
    yield from found_in(
        parts.filter(pl.col("part") > most).sort("measure"),
        "unknown_partners",
        "error",
        subject=", ".join(codes[:EXAMPLES]),
        listed="codes",
        codes=codes,
        values=("part", "most", "share"),
        most=most,
        observed="{part:.2%} of {measure}",
        expected="at most {most:.0%} with unknown codes",
        advice="Add the codes to schemas/reference/partners.csv or partner_codes.csv, with their source.",
    )


@check(severity="error", of_trade=True)
def _mixed_units(context: CheckContext) -> Rows:
    """Find one product of one month in two units: a sum in either would leave the other out.

    A second unit next to the first is usual, also if some records lack it; two records that share no unit are not.
    Tonnes next to kilograms are not usual either: both can be converted, but the site prints a code in one unit, so
    somebody wrote one of the two.
    """
    if context.row["partners"] == "keys":
        return
    key = ["flow", "product", "period_end"]
    quantities = context.statements.filter(QUANTITY)
    steps = quantities.group_by(*key, "measure").agg(pl.col("resolution").unique().sort())
    for place in steps.filter(pl.col("resolution").list.len() > 1).sort(*key, "measure").iter_rows(named=True):
        unit = place["measure"].removeprefix("quantity_")
        yield finding(
            "mixed_units",
            "error",
            flow=place["flow"],
            products=[place["product"]],
            months=(month_number(place["period_end"]),) * 2,
            measure=place["measure"],
            listed=[f"{step} {unit}" for step in place["resolution"]],
            observed=f"numbers in steps of {' and '.join(f'{step:,}' for step in place['resolution'])} {unit}",
            expected="one unit for all records",
            advice="Check the unit columns: tonnes taken for kilograms are a thousand times too much or too little.",
        )
    several = quantities.select(*key, "measure").unique().group_by(key).len().filter(pl.col("len") > 1)
    quantities = quantities.join(several, on=key, how="semi")
    counts = quantities.group_by(*key, "measure").agg(pl.col("record").n_unique().alias("with"))
    all_records = quantities.group_by(key).agg(pl.col("record").n_unique().alias("of"))
    uneven = counts.join(all_records, on=key).filter(pl.col("with") < pl.col("of")).select(key).unique().sort(key)
    for place in uneven.iter_rows(named=True):
        of_place = quantities.filter(pl.all_horizontal(pl.col(name) == value for name, value in place.items()))
        sets = {
            tuple(measures)
            for measures in of_place.group_by("record").agg(pl.col("measure").unique().sort())["measure"]
        }
        if any(not (set(one) <= set(other) or set(other) <= set(one)) for one in sets for other in sets):
            yield finding(
                "mixed_units",
                "error",
                flow=place["flow"],
                products=[place["product"]],
                months=(month_number(place["period_end"]),) * 2,
                measure="quantity",
                listed=sorted("+".join(measures) for measures in sets),
                observed=" and ".join(sorted("+".join(measures) for measures in sets)),
                expected="one unit for all records",
                advice="Check the unit columns; no sum over such records is right.",
            )


@check(severity="error", scope="release", of_trade=True)
def _one_part(context: CheckContext) -> Rows:
    """Find queries for one customs regime or province: their sums would look as if they covered the whole trade."""
    row, count = context.row, context.row["records_observed"]
    for name, words in (("regime", "customs regime"), ("province", "province")):
        codes = context.release.detail[name].drop_nulls().unique()
        if row["partners"] != "keys" and count >= ONE_PART_RECORDS_MIN and codes.len() == 1:
            yield finding(
                f"one_{name}",
                "error",
                listed=[codes[0]],
                observed=f"all {count:,} records have {words} {codes[0]}",
                expected=f"more than one {words} among {count:,} records, or no column of them",
                advice=f"Download the query for every {words}; approve it if all of this trade really has the one.",
            )


def _listed_products(context: CheckContext) -> pl.DataFrame:
    """The watched products of the goods list of the release: equal digits of another list are other goods."""
    products = code_table("products").select("product", "classification", "valid_from", "valid_to")
    of_release = context.row["classification"]
    return products if of_release is None else products.filter(pl.col("classification").is_in([of_release, LINE]))


@check(severity="warning", scope="none")
def _product_validity(context: CheckContext) -> Rows:
    """Find watched codes in months for which the table has none: another edition of the tariff had other codes."""
    months = context.statements.select("product", "period_end").unique().with_columns(pl.col("product").cast(pl.String))
    listed = months.join(_listed_products(context), on="product").with_columns(
        month=pl.col("period_end").dt.strftime("%Y-%m")
    )
    valid = listed.filter(valid_in(pl.col("month")))
    outside = listed.join(valid, on=["product", "month"], how="anti").group_by("product").agg(pl.col("month").min())
    yield from found_in(
        outside.sort("product"),
        "product_validity",
        "warning",
        "product",
        observed="a figure of {month}",
        expected="months of schemas/reference/products.csv",
        advice="Another edition of the tariff may mean other goods by this code; check, or mend the table.",
    )
