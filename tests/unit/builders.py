"""Made-up releases and what they say, a line each, for tests of ledger and metrics.

A test says only what it is about; everything else is the plainest case: an export query of HS8 85051110, by month, with
every partner, in kilograms and US dollars. Months are texts (`2025-06`, `2025-01..2025-06`).
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

import polars as pl

from schemas.forms.outcome import HeldFinding, HeldRelease, Outcome
from schemas.frames import Detail, Release
from schemas.table import polars_schema
from tasks.domain.doubt.findings import finding, gather
from tasks.domain.periods import month_number, month_start, read_period

MAGNETS = "85051110"
UNITS = {"quantity_kg_yoy": "basis_point", "value_usd": "USD", "value_cny": "CNY", "value_eur": "EUR"}
SOURCE_OF = {"query": "gacc_query", "published": "published"}
Row = dict[str, Any]


def release(
    name: str = "r1", day: str = "2026-01-20", months: str = "2025-01..2025-12", *, kind: str = "query",
    flow: str | None = "export", products: Iterable[str] = (MAGNETS,), partners: str = "all",
    partner_list: Iterable[str] = (), measures: Iterable[str] = ("quantity", "value_usd"), by_month: bool = True,
    source: str | None = None, reporter: str = "CHN", lost: Iterable[str] = (),
    level: str | None = None, unlisted: Iterable[str] | None = None,
) -> Row:  # fmt: skip
    """A release with its scope, as a row of `release`; a code without a country among its partners has a record in each
    month. Where `level` is not given it is HS8 for quantities, which the site prints there alone, else that of the
    longest code asked for."""
    first, last = span(months)
    digits = 8 if "quantity" in measures else max((len(code) for code in products if code.isdigit()), default=8)
    return {
        "classification": None if kind == "published" else level or f"HS{digits}",
        "release_id": name,
        "source": source or SOURCE_OF.get(kind, kind),
        "kind": kind,
        "reporter": reporter,
        "title": name,
        "raw_sha256": "0" * 64,
        "raw_bytes": 1,
        "encoding": "utf-8",
        "released_on": date.fromisoformat(day),
        "flow": flow,
        "products": list(products),
        "partners": partners,
        "partner_list": list(partner_list),
        "measures": list(measures),
        "first_month": first,
        "last_month": month_start(last),
        "by_month": by_month,
        "lost": list(lost),
        "unlisted": list(unlisted) if unlisted is not None else unlisted_in(partner_list, first, last),
        "records": 1,
        "records_observed": 1,
        "records_quarantined": 0,
    }


def unlisted_in(partners: Iterable[str], first: date, last: date) -> list[str]:
    """The codes without a country among the partners, in each month."""
    months = [
        f"{month // 12}-{month % 12 + 1:02d}"
        for month in range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    ]
    return [f"{key} {month}" for key in partners if ":" in key for month in months]


def number(
    of: Row, partner: str, period: str, value: int, measure: str = "quantity_kg", *, product: str = MAGNETS,
    day: str | None = None, resolution: int = 1, record: int = 1, province: str | None = None, flow: str | None = None,
    of_list: str | None = None,
) -> Row:  # fmt: skip
    """A number that release `of` says, as a row of `detail`."""
    start, end = span(period)
    return {
        "source": of["source"], "kind": of["kind"], "reporter": of["reporter"], "flow": flow or of["flow"] or "export",
        "product": product, "classification": of_list or level_name(product), "partner": partner, "period_start": start,
        "period_end": end, "measure": measure, "value": value,
        "unit": UNITS.get(measure, measure.removeprefix("quantity_")), "resolution": resolution,
        "release_id": of["release_id"], "regime": None, "province": province, "record": record,
        "known_from": date.fromisoformat(day) if day else of["released_on"],
    }  # fmt: skip


def outcome(**change: Any) -> Outcome:
    """What became of a file with exports of two months, which was published with a warning."""
    made = {
        "status": "published",
        "release_id": "r1",
        "title": "june.csv",
        "reporter": "CHN",
        "snapshot_id": "000001-a",
        "flows": ["export"],
        "months": ["2025-05", "2025-06"],
        "products": [MAGNETS],
        "records": 1200,
        "records_observed": 1199,
        "records_quarantined": 1,
        "warnings": ["before"],
        "notes": [],
        "healed": [],
    }
    return Outcome.model_validate(made | change)


def held_release(**change: Any) -> HeldRelease:
    """A release of exports that waits for a decision, cut off at the most rows that the site gives."""
    made = {
        "release_id": "gacc_query-1",
        "raw": "raw/x",
        "raw_sha256": "0" * 64,
        "name": "june.csv",
        "source": "gacc_query",
        "reporter": "CHN",
        "flow": "export",
        "partners": "all",
        "products": None,
        "months": None,
        "released_on": "2025-07-20",
        "title": "June",
        "held_since": "2025-07-20",
        "findings": [held_finding()],
    }
    return HeldRelease.model_validate(made | change)


def held_finding(**change: Any) -> HeldFinding:
    """The finding for which a release is held."""
    made = {
        "check": "row_cap",
        "subject": "the file",
        "observed": "10,000 rows",
        "expected": "fewer",
        "advice": "Ask again.",
    }
    return HeldFinding.model_validate(made | change)


def span(months: str) -> tuple[date, date]:
    found = read_period(months)
    assert found is not None, months
    return found


def level_name(product: str) -> str:
    return f"HS{len(product)}" if product.isdigit() else product.partition(":")[0]


def release_table(*rows: Row) -> Release:
    """Not validated here: thousands of these are made, and the code under test validates what it makes of them."""
    return pl.DataFrame(list(rows), schema=polars_schema("release"))


def detail_table(*rows: Row) -> Detail:
    """Not validated here, see `release_table`."""
    return pl.DataFrame(list(rows), schema=polars_schema("detail"))


# What a check of this name declares.
SCOPE_OF = dict.fromkeys(("few_partners", "partners_missing", "row_cap"), "sums_and_zeros") | {
    "world_total": "totals",
    **dict.fromkeys(("month_without_records", "product_without_records"), "gaps"),
}


def finding_table(*findings: tuple[str, str], severity: str = "error", **columns: Any) -> pl.DataFrame:
    """Findings of the release r1: the check of each, and what it is about: flow, product, partner, months and measure
    with blanks between them, - for one that it does not name. `columns` are others of all of them."""
    return gather("r1", (_finding(check, about.split(), severity, columns) for check, about in findings))


def _finding(check: str, about: list[str], severity: str, columns: dict[str, Any]) -> Row:
    names = (None if name == "-" else name for name in [*about, *["-"] * (5 - len(about))])
    flow, product, partner, months, measure = names
    named = {
        "flow": flow,
        "products": [product] if product else [],
        "partners": [partner] if partner else [],
        "months": tuple(map(month_number, span(months))) if months else None,
        "measure": measure,
        "scope": SCOPE_OF.get(check, "numbers"),
    }
    return finding(check, severity, observed="something", expected="another thing", advice="look", **named | columns)
