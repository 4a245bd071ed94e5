"""Describes a release as a row: its months, the requested scope, and lost records.

Belongs here: the scope, which decides whether a missing row means no trade or nothing at all. The statements are in
`normalise`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import polars as pl

from schemas.forms.request import Amended, Landed
from schemas.table import DataFrame, polars_schema
from tasks.domain.coverage import family, is_unplaced, lost_place, unlisted_place
from tasks.domain.findings import finding
from tasks.domain.nomenclature import LINE
from tasks.domain.periods import first_day, month_number, month_start
from tasks.ingest.calendar import last_opened
from tasks.ingest.codes import Read
from tasks.ingest.quantities import Amounts
from tasks.ingest.text_codes import take
from tasks.sources.protocol import Parsed
from tasks.sources.registry import SOURCES

if TYPE_CHECKING:
    from schemas.tables.release import Quarantine, Release


class Said(NamedTuple):
    """The distinct keys of the statements of a release, and the number of their records."""

    products: pl.DataFrame
    turns: pl.DataFrame
    labels: pl.DataFrame
    records: int


def said_of(numbers: pl.DataFrame, codes: Read, amounts: Amounts) -> Said:
    """The keys of these numbers."""
    rows = numbers["row"].unique()
    return Said(
        take(codes.products, codes.product_of.gather(rows).unique().sort()),
        take(codes.turns, codes.turn_of.gather(rows).unique().sort()),
        take(amounts.labels, numbers["label"].unique().sort()),
        len(rows),
    )


def months_of(turns: pl.DataFrame) -> tuple[int, int]:
    """The first and the last month with a statement, as numbers."""
    return month_number(turns["period_start"].min()), month_number(turns["period_end"].max())  # type: ignore[arg-type]


def doubt_months(landed: Landed, turns: pl.DataFrame, where: str) -> list[dict[str, str]]:
    """A finding where months were requested before customs had opened them."""
    if landed.last_month is None:
        return []
    last = _last_month(landed, turns)
    if last >= month_start(landed.last_month):
        return []
    return [
        finding("months_not_opened", "info", where, observed=f"months to {landed.last_month:%Y-%m} in a file of {landed.released_on}",
                expected=f"months to {last:%Y-%m}, the last that customs had opened or that has a record",
                advice="Of later months nothing is said, also not that there was no trade; nothing to do.")
    ]  # fmt: skip


def places_of(rows: pl.Series, codes: Read) -> pl.DataFrame:
    """Product and last day of these records, null where that could not be read."""
    places = rows.unique()
    products, turns = codes.product_of.gather(places), codes.turn_of.gather(places)
    return pl.concat([take(codes.products, products), take(codes.turns, turns)], how="horizontal")


def _last_month(landed: Landed, turns: pl.DataFrame) -> date:
    """The last requested month, as far as customs had opened it when the file was made.

    In a later month a missing row means nothing.
    """
    stated = first_day(months_of(turns)[1])
    if landed.last_month is None:
        return stated
    asked = month_start(landed.last_month)
    if SOURCES[landed.source].kind == "query":
        asked = min(asked, last_opened(landed.released_on))
    return max(stated, asked)


def describe(
    landed: Landed,
    parsed: Parsed,
    said: Said,
    quarantine: DataFrame[Quarantine],
    lost: pl.DataFrame,
    release_id: str,
) -> DataFrame[Release]:
    """The release as a row, with its scope."""
    # The site takes one range of months, so all months between the first and the last in the file were requested.
    turns = said.turns
    unlisted = [key for key in turns["partner"].unique() if is_unplaced(key)]
    first = landed.first_month or first_day(months_of(turns)[0])
    last = _last_month(landed, turns)
    says_day = SOURCES[landed.source].says_day
    has_scope = not (says_day or SOURCES[landed.source].has_spans)
    row = {
        "release_id": release_id, "source": landed.source, "kind": SOURCES[landed.source].kind, "reporter": landed.reporter,
        "title": landed.title, "raw_sha256": landed.raw_sha256, "raw_bytes": landed.raw_bytes, "encoding": parsed.encoding,
        "released_on": turns["known_from"].max() if says_day else landed.released_on,
        "flow": landed.flow or (_flow(turns) if has_scope else None),
        "products": sorted(landed.products or said.products["product"]),
        "classification": None if says_day else _classification(said.products),
        "partners": landed.partners if has_scope else "keys", "partner_list": turns["partner"].unique().sort().to_list(),
        "measures": said.labels.select(family())["family"].unique().sort().to_list(),
        "first_month": first, "last_month": last,
        "by_month": bool((turns["period_start"].dt.month_end() == turns["period_end"]).all()),
        "unlisted": turns.filter(pl.col("partner").is_in(unlisted)).select(unlisted_place()).to_series().unique().sort().to_list(),
        "lost": lost.select(lost_place("product", "period_end")).to_series().unique().sort().to_list(),
        "records": parsed.reported.height, "records_observed": said.records,
        "records_quarantined": quarantine.height,
    }  # fmt: skip
    if landed.amends is not None:
        row |= _widened(row, landed.amends)
    return cast("DataFrame[Release]", pl.DataFrame([row], schema=polars_schema("release")))


def _flow(turns: pl.DataFrame) -> str | None:
    """The only direction of the records of a file; None where they have both."""
    flows = turns["flow"].unique()
    return str(flows[0]) if flows.len() == 1 else None


def _classification(products: pl.DataFrame) -> str:
    """The only level of the codes; lines may be among them."""
    return next((kind for kind in products["classification"] if kind != LINE), LINE)


def _widened(row: Mapping[str, Any], amends: Amended) -> dict[str, Any]:
    """The scope of a row, widened by that of the edition before it.

    Where a correction moved the only number of a product, its old place now means no trade.
    """
    both = {name: sorted({*row[name], *getattr(amends, name)}) for name in ("products", "partner_list", "measures")}
    months = (min(row["first_month"], amends.first_month), max(row["last_month"], amends.last_month))
    return {**both, "first_month": months[0], "last_month": months[1]}
