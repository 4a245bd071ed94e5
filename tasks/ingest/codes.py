"""Converts printed codes to keys: periods, products, partners, directions and days, regimes and provinces.

Each distinct code or combination is converted once, however many records have it, and joined to its records. Text that
is not a code is a fault of its records; a well-formed code missing from our tables is kept and reported, because
customs may add codes before the tables do. A file about other months than declared, or about several levels at once, is
refused as a whole.

Our own keys for partners and lines, and spans of months, are accepted only where each record has its day: in collected
files. In a download of customs they would be somebody's edit.
"""

from typing import NamedTuple

import polars as pl

from schemas.forms.request import Landed
from schemas.reference.code_tables import GACC_CODES, code_table, partner_codes, valid_in
from tasks.domain.coverage import EVERYTHING, TOTALS, WORLD
from tasks.domain.doubt.findings import Rows, found_in, shown
from tasks.domain.errors import Refused, refuse_first
from tasks.domain.nomenclature import FINEST, LINE, classification
from tasks.domain.periods import month_end, read_period
from tasks.domain.text import clip
from tasks.sources.registry import SOURCES

TURN, SITE = ("period", "partner", "flow", "published_on"), ("regime", "province")
CODES = ("product", *SITE, *TURN)
LINE_NAME = r"^line:[a-z0-9_]+$"
NO_CODE = r"^\b$"
PLACE_CODE = r"^[0-9]{2}$"


class ReadCodes(NamedTuple):
    """The codes of a file as keys.

    `keys` has for each record its row, product, classification, flow, partner, period_start, period_end, known_from,
    regime and province, null where the code cannot be read; `faults` the row and the reason of each such code.
    """

    keys: pl.DataFrame
    faults: pl.DataFrame
    doubts: list[dict[str, str]]


def read_codes(records: pl.DataFrame, landed: Landed, where: str) -> ReadCodes:
    """The keys of each record. Raises Refused where months or levels are not those of one release."""
    products, turns, sites = (records.select(names).unique(maintain_order=True) for names in (["product"], TURN, SITE))
    turns = _read_periods(turns, landed, where)
    products = _read_products(products, landed)
    turns = _read_partners(turns, landed)
    turns = _read_flow_and_day(turns, landed)
    sites = sites.with_columns(
        _fault(name, ~pl.col(name).str.contains(PLACE_CODE), "is not two digits") for name in SITE
    )
    _refuse_other_scope(products, turns, landed, where)
    read = records.select("row", *CODES)
    for frame, names in ((products, ["product"]), (turns, TURN), (sites, SITE)):
        read = read.join(frame, on=names, how="left", nulls_equal=True, maintain_order="left")
    keys = read.select(
        "row",
        "classification",
        "period_start",
        "period_end",
        "known_from",
        *SITE,
        flow="flow_read",
        partner="partner_read",
        product=pl.when(pl.col("product_fault").is_null()).then("product"),
    )
    faults = pl.concat(read.select("row", reason=name).drop_nulls() for name in read.columns if name.endswith("_fault"))
    doubts = [*_doubt_partners(turns, landed), *_doubt_places(sites, "regime"), *_doubt_places(sites, "province")]
    return ReadCodes(keys, faults, doubts)


def _read_periods(combinations: pl.DataFrame, landed: Landed, where: str) -> pl.DataFrame:
    texts = combinations["period"].unique().to_list()
    if None in texts and landed.first_month is None:
        raise Refused(
            "months not declared",
            where=where,
            found="the file has no month column and its months are nowhere declared",
            advice=f'Write months = "2025-01..2025-12" into {where}.toml next to it, or give --month 2025-01..2025-12.',
        )
    rows, end = [], landed.last_month or landed.first_month
    declared = landed.first_month, end and month_end(end)
    for text in texts:
        first, last = (read_period(text) or (None, None)) if text is not None else declared
        if text is not None and first and last != month_end(first) and not SOURCES[landed.source].has_spans:
            first, last = None, None
        fault = None if first else f"period '{clip(text)}' is not a month"
        rows.append({"period": text, "period_start": first, "period_end": last, "period_fault": fault})
    kinds = {"period": pl.String, "period_start": pl.Date, "period_end": pl.Date, "period_fault": pl.String}
    read = pl.DataFrame(rows, schema=kinds)
    _refuse_other_months(read, landed, where)
    return combinations.join(read, on="period", how="left", nulls_equal=True, maintain_order="left")


def _refuse_other_months(read: pl.DataFrame, landed: Landed, where: str) -> None:
    """Refuse a file with months that had not ended when it was made public, or months that were not requested."""
    early = read.filter(pl.col("period_end") >= landed.released_on).sort("period_end", "period", descending=True)
    if early.height and not SOURCES[landed.source].says_day:
        raise Refused(
            "future month",
            where=where,
            found=f"period {early['period'][0] or early['period_end'][0]} in a file of {landed.released_on}",
            advice="Correct released_on, or download again.",
        )
    if landed.first_month is not None and landed.last_month is not None:
        is_requested = (pl.col("period_start") >= landed.first_month) & (
            pl.col("period_end") <= month_end(landed.last_month)
        )
        other = read.filter(~is_requested).sort("period_end", "period")
        if other.height:
            raise Refused(
                "other month",
                where=where,
                found=(
                    f"period {other['period'][0]}, declared are {landed.first_month:%Y-%m} to {landed.last_month:%Y-%m}"
                ),
                advice="Correct months, or drop the right file.",
            )


def _read_products(read: pl.DataFrame, landed: Landed) -> pl.DataFrame:
    code, source = pl.col("product"), SOURCES[landed.source]
    is_line = pl.lit(source.has_lines) & code.str.contains(LINE_NAME)
    level = pl.when(is_line).then(pl.lit(LINE)).otherwise(classification(code, source.nomenclature))
    digits = FINEST[source.nomenclature]
    return read.with_columns(level.alias("classification")).with_columns(
        _fault("product", pl.col("classification").is_null(), f"is no HS code of 2, 4, 6 or {digits} digits")
    )


def _refuse_other_scope(products: pl.DataFrame, turns: pl.DataFrame, landed: Landed, where: str) -> None:
    """Refuse both directions in one file, codes of several levels, and products that were not requested."""
    source, requested = SOURCES[landed.source], landed.products or (EVERYTHING,)
    # The scope of a release is of one direction: where it has no row there was no trade in that direction.
    flows = turns.filter(pl.col("flow_fault").is_null())["flow_read"].unique()
    codes = products.filter(pl.col("classification") != LINE)
    levels = codes["classification"].unique().sort().to_list()
    # Then the file or its declaration is the wrong one.
    other = [
        code
        for code in codes["product"].unique().sort()
        if not code.startswith(requested) and EVERYTHING not in requested
    ]
    refuse_first(
        where,
        (
            len(flows) > 1 and not (source.says_day or source.has_spans),
            "both flows",
            "exports and imports in one file",
            "Download or ask for each direction by itself.",
        ),
        (
            len(levels) > 1 and not source.says_day,
            "mixed levels",
            f"codes of several levels: {', '.join(levels)}; their sum would count twice",
            "Download each level by itself.",
        ),
        (
            other,
            "other product",
            f"product {''.join(other[:1])} ({len(other)} such), declared are {clip(', '.join(requested))}",
            "Correct products, or drop the right file.",
        ),
    )


def _read_partners(read: pl.DataFrame, landed: Landed) -> pl.DataFrame:
    """Partner keys, by the code that is valid in the period's last month; unknown codes are kept."""
    source = SOURCES[landed.source]
    partners = partner_codes(source.code_list)
    read = read.with_columns(month=pl.col("period_end").dt.strftime("%Y-%m"))
    pairs = read.select("partner", "month").unique()
    known = (
        pairs.join(partners.select("code", "valid_from", "valid_to", key="partner"), left_on="partner", right_on="code")
        .filter(valid_in(pl.col("month")))
        .select("partner", "month", "key")
    )
    own_keys = [*partners["partner"].unique(), *TOTALS] if source.says_day else []
    code = pl.col("partner")
    looks_like_code = code.str.contains(source.partner_code or NO_CODE)
    return (
        read.join(known, on=["partner", "month"], how="left", maintain_order="left")
        .with_columns(
            pl.when(code.is_null())
            .then(pl.lit(WORLD))
            .when(pl.col("key").is_not_null())
            .then(pl.col("key"))
            .when(looks_like_code)
            .then(pl.lit(f"{source.code_list}:") + code)
            .when(code.is_in(own_keys))
            .then(code)
            .alias("partner_read"),
            is_unknown=pl.col("key").is_null() & pl.col("month").is_not_null() & looks_like_code,
        )
        .with_columns(_fault("partner", pl.col("partner_read").is_null(), "is no partner code"))
    )


def _doubt_partners(read: pl.DataFrame, landed: Landed) -> Rows:
    table = "partners" if SOURCES[landed.source].code_list == GACC_CODES else "partner_codes"
    first_months = read.filter("is_unknown").group_by("partner").agg(pl.col("month").min()).sort("partner")
    return found_in(
        first_months,
        "unknown_partner",
        "warning",
        subject="partner {partner}",
        observed="code {partner} in {month}",
        expected=f"a code of schemas/reference/{table}.csv that holds in that month",
        advice=(
            "It is published as it stands. It may be a member of a group (EU27), so no group is covered in the months"
            " of this file until one is read with the code in the table: add it, then read the file into a new store,"
            " or a later one into this."
        ),
    )


def _doubt_places(read: pl.DataFrame, name: str) -> Rows:
    code, listed = pl.col("code"), code_table(f"{name}s")["code"].to_list()
    codes = read.select(code=name).unique().sort("code").filter(code.str.contains(PLACE_CODE), ~code.is_in(listed))
    return found_in(
        codes,
        f"unknown_{name}",
        "warning",
        subject=f"{name} {{code}}",
        observed="code {code}",
        expected=f"a code of schemas/reference/{name}s.csv",
        advice="It is published as it stands; add the code to the table.",
    )


def _read_flow_and_day(read: pl.DataFrame, landed: Landed) -> pl.DataFrame:
    flow = pl.coalesce("flow", pl.lit(landed.flow, dtype=pl.String))
    day = pl.col("published_on").str.to_date("%Y-%m-%d", strict=False)
    says_day = pl.lit(SOURCES[landed.source].says_day)
    is_no_day = day.is_null() | (day <= pl.col("period_end")) | (day > pl.lit(landed.released_on, dtype=pl.Date))
    return read.with_columns(
        flow.alias("flow_read"),
        pl.when(says_day).then(day).otherwise(pl.lit(landed.released_on, dtype=pl.Date)).alias("known_from"),
        _fault("flow", flow.is_null() | ~flow.is_in(["export", "import"]), "is neither export nor import"),
        _fault(
            "published_on", says_day & is_no_day, f"is no day after the period and up to {landed.released_on}"
        ).alias("day_fault"),
    )


def _fault(name: str, is_fault: pl.Expr, rule: str) -> pl.Expr:
    return (
        pl.when(is_fault).then(pl.format("{} '{}' {}", pl.lit(name), shown(name), pl.lit(rule))).alias(f"{name}_fault")
    )
