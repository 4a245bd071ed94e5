"""Builds findings, the rows in which checks report doubts."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import polars as pl

from schemas.frames import Finding
from schemas.table import polars_schema
from tasks.domain.periods import month_name, span_name

Rows = Iterator[dict[str, Any]]
SHOWN_LENGTH = 60
# How large the doubted amount is, where the doubt is about one.
SHARES = ("goods_share", "file_share")


def finding(
    check: str,
    severity: str,
    subject: str,
    *,
    observed: object,
    expected: object,
    advice: str,
    shares: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """One finding; the release id is added when the rows are gathered. `shares` are SHARES, of a doubted amount."""
    texts = {"observed": str(observed), "expected": str(expected), "advice": advice}
    return {"check": check, "severity": severity, "subject": subject, **texts, **(shares or {})}


def found_in(
    rows: pl.DataFrame,
    check: str,
    severity: str,
    subject: str,
    *,
    observed: str,
    expected: str,
    advice: str,
    **others: object,
) -> Rows:
    """A finding for each row. All but the name of the check are templates: they name columns of the rows, `others`,
    `at`, the month of an index `month`, and `span`, the months from `period_start` to `period_end`. Rows with
    SHARES give them to their findings.
    """
    for row in rows.iter_rows(named=True):
        known = {**row, **others}
        if "at" not in known and isinstance(row.get("month"), int):
            known["at"] = month_name(row["month"])
        if "period_start" in row:
            known["span"] = span_name(row["period_start"], row["period_end"])
        severity_of_it, about, seen, wanted, remedy = (
            text.format_map(known) for text in (severity, subject, observed, expected, advice)
        )
        shares = {name: row[name] for name in SHARES if name in row}
        yield finding(check, severity_of_it, about, observed=seen, expected=wanted, advice=remedy, shares=shares)


def graded(is_error: str | pl.Expr) -> pl.Expr:
    """The `severity` of rows: an error where this holds, else a warning."""
    return pl.when(is_error).then(pl.lit("error")).otherwise(pl.lit("warning")).alias("severity")


def gather(release_id: str, rows: Iterable[dict[str, Any]]) -> Finding:
    """The rows as the table `finding`, without repetitions, in the table's order."""
    frame = pl.DataFrame([{"release_id": release_id, **row} for row in rows], schema=polars_schema("finding"))
    return frame.unique().sort("release_id", "check", "subject", "observed")


def shown(text: str) -> pl.Expr:
    """A column's text from an input file, short and plain enough for a terminal; `text.clip` does the same for single
    texts."""
    few = pl.col(text).cast(pl.String).fill_null("").str.slice(0, SHOWN_LENGTH)
    return few.str.replace_all(r"[\p{C}\p{Zl}\p{Zp}]", "?")
