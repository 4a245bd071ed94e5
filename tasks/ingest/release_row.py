"""Describes a release as a row: its months, the requested scope, and lost records; and lists the names that it prints.

Belongs here: the scope, which decides whether a missing row means no trade or nothing at all, and which name the file
has for which code. The statements are in `normalise`; `ledger.name_tables` merges the names in the store, and
`sources.names` finds damage of the file from its names.
"""

from datetime import date
from typing import Any

import polars as pl

from schemas.forms.request import Landed
from schemas.frames import PrintedName, Quarantine, Release, Reported
from schemas.reference.code_tables import code_table
from schemas.table import polars_schema
from tasks.domain.coverage import family, is_unplaced, lost_place, unlisted_place
from tasks.domain.doubt.findings import finding
from tasks.domain.nomenclature import LINE
from tasks.domain.periods import Month, first_day, month_number, month_start
from tasks.sources.adapter.protocol import Parsed
from tasks.sources.registry import SOURCES

# Invisible characters: control characters, direction marks, blanks without width.
UNSEEN = r"[\x00-\x08\x0e-\x1f\x7f-\x9f\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{2069}\x{feff}]"
CODE = ["subject", "code", "classification"]
CHINESE, LATIN, OTHER = r"\p{Han}", r"\p{Latin}", r"[\p{Hiragana}\p{Katakana}\p{Hangul}]"


def months_of(keys: pl.DataFrame) -> tuple[int, int]:
    """The first and the last month with a statement, as numbers; `keys` are those of the records with one."""
    return month_number(keys["period_start"].min()), month_number(keys["period_end"].max())  # type: ignore[arg-type]


def doubt_months(landed: Landed, keys: pl.DataFrame, where: str) -> list[dict[str, str]]:
    """A finding where months were requested before customs had opened them."""
    if landed.last_month is None:
        return []
    last = _last_month(landed, keys)
    if last >= month_start(landed.last_month):
        return []
    return [
        finding(
            "months_not_opened",
            "info",
            where,
            observed=f"months to {landed.last_month:%Y-%m} in a file of {landed.released_on}",
            expected=f"months to {last:%Y-%m}, the last that customs had opened or that has a record",
            advice="Of later months nothing is said, also not that there was no trade; nothing to do.",
        )
    ]


def places_of(lost: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """Product and last day of the records with these numbers (row, family), null where that could not be read, and the
    measure family, null where the whole record was lost."""
    return lost.unique().join(keys, on="row").select("product", "period_end", "family")


def _last_month(landed: Landed, keys: pl.DataFrame) -> date:
    """The last requested month that customs had opened when the file was made: of later ones a missing row means
    nothing."""
    stated = first_day(months_of(keys)[1])
    if landed.last_month is None:
        return stated
    requested = month_start(landed.last_month)
    if SOURCES[landed.source].kind == "query":
        requested = min(requested, last_opened(landed.released_on))
    return max(stated, requested)


def last_opened(day: date) -> date:
    """First day of the last month that China's online query had on `day`: by the calendar, else a month opens on the
    20th of the next."""
    month = month_number(day) - 1
    rows = code_table("release_calendar").filter(kind="query")
    known = {
        (int(year), int(number)): on for year, number, on in rows.select("year", "month", "expected_on").iter_rows()
    }
    while True:
        year, number = Month(month).year, Month(month).number
        rule = first_day(month + (2 if number == 1 else 1)).replace(day=20).isoformat()
        if known.get((year, number), rule) <= day.isoformat():
            return first_day(month)
        month -= 1


def describe(
    landed: Landed,
    parsed: Parsed,
    keys: pl.DataFrame,
    measures: pl.Series,
    quarantine: Quarantine,
    lost: pl.DataFrame,
    release_id: str,
) -> Release:
    """The release as a row, with its scope; `keys` are those of the records with a statement, `measures` what they
    measure."""
    # The site takes one range of months, so all months between the first and the last in the file were requested.
    partners = keys["partner"].unique().sort().to_list()
    unlisted = keys.filter(pl.col("partner").is_in([key for key in partners if is_unplaced(key)]))
    first = landed.first_month or first_day(months_of(keys)[0])
    last = _last_month(landed, keys)
    says_day = SOURCES[landed.source].says_day
    has_scope = not (says_day or SOURCES[landed.source].has_spans)
    flows = keys["flow"].unique()
    # Lines may be among the codes of a level.
    level = next((kind for kind in keys["classification"].unique() if kind != LINE), LINE)
    row: dict[str, Any] = {
        "release_id": release_id,
        "source": landed.source,
        "kind": SOURCES[landed.source].kind,
        "reporter": landed.reporter,
        "title": landed.title,
        "raw_sha256": landed.raw_sha256,
        "raw_bytes": landed.raw_bytes,
        "encoding": parsed.encoding,
        "released_on": keys["known_from"].max() if says_day else landed.released_on,
        "flow": landed.flow or (flows[0] if has_scope and flows.len() == 1 else None),
        "products": sorted(landed.products or keys["product"].unique()),
        "classification": None if says_day else level,
        "partners": landed.partners if has_scope else "keys",
        "partner_list": partners,
        "measures": measures.unique().to_frame("measure").select(family())["family"].unique().sort().to_list(),
        "first_month": first,
        "last_month": last,
        "by_month": bool((keys["period_start"].dt.month_end() == keys["period_end"]).all()),
        "unlisted": unlisted.select(unlisted_place()).to_series().unique().sort().to_list(),
        "lost": lost.select(lost_place("product", "period_end", "family")).to_series().unique().sort().to_list(),
        "records": parsed.reported.height,
        "records_observed": keys.height,
        "records_quarantined": quarantine.height,
    }
    if (before := landed.amends) is not None:
        # Of what the edition before it spoke of, this one speaks too: where a correction moved the only number of a
        # product, its old place now means no trade.
        row |= {name: sorted({*row[name], *getattr(before, name)}) for name in ("products", "partner_list", "measures")}
        row |= {"first_month": min(first, before.first_month), "last_month": max(last, before.last_month)}
    return pl.DataFrame([row], schema=polars_schema("release"))


def printed_names(reported: Reported, keys: pl.DataFrame, landed: Landed) -> PrintedName:
    """Each code of the records of these keys with each name printed for it and the newest month of that name."""
    parts = [
        keys.select(
            subject=pl.lit(subject),
            code=subject,
            classification=level,
            month="period_end",
            name=reported[f"{subject}_name"].gather(keys["row"]),
        )
        .drop_nulls("code")
        .group_by(*CODE, "name")
        .agg(pl.col("month").max().dt.month_start())
        .with_columns(pl.col("name").cast(pl.String))
        for subject, level in (("product", pl.col("classification")), ("partner", pl.lit(None, pl.String)))
    ]
    pairs = pl.concat(parts).with_columns(name=plain_name(), language=language())
    named = pairs.drop_nulls("language").group_by(*CODE, "name", "language").agg(pl.col("month").max())
    bare = pairs.select(CODE).unique().join(named, on=CODE[:2], how="anti")
    names = pl.concat([named.with_columns(printed_on=pl.lit(landed.released_on, dtype=pl.Date)), bare], how="diagonal")
    return names.select(*polars_schema("printed_name")).sort("subject", "code", "name", nulls_last=True)


def plain_name() -> pl.Expr:
    """A printed name in one line: line ends and repeated blanks become one blank, invisible characters are removed."""
    return pl.col("name").str.replace_all(r"\s+", " ").str.replace_all(UNSEEN, "").str.strip_chars()


def language() -> pl.Expr:
    """`zh` for Chinese, `en` for a text in Latin letters; null for other text, such as a code or a mark."""
    name = pl.col("name")
    return (
        pl.when(name.str.contains(OTHER))
        .then(None)
        .when(name.str.contains(CHINESE))
        .then(pl.lit("zh"))
        .when(name.str.contains(LATIN))
        .then(pl.lit("en"))
    )
