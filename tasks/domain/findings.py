"""Builds findings, the rows in which checks report doubts."""

from collections.abc import Iterable, Iterator

import polars as pl

from schemas.frames import Finding
from schemas.table import polars_schema

Rows = Iterator[dict[str, str]]
SHOWN_LENGTH = 60


def finding(
    check: str, severity: str, subject: str, *, observed: object, expected: object, advice: str
) -> dict[str, str]:
    """One finding; the release id is added when the rows are gathered."""
    return {
        "check": check,
        "severity": severity,
        "subject": subject,
        "observed": str(observed),
        "expected": str(expected),
        "advice": advice,
    }


def gather(release_id: str, rows: Iterable[dict[str, str]]) -> Finding:
    """The rows as the table `finding`, without repetitions, in the table's order."""
    frame = pl.DataFrame([{"release_id": release_id, **row} for row in rows], schema=polars_schema("finding"))
    return frame.unique().sort("release_id", "check", "subject", "observed")


def shown(text: str) -> pl.Expr:
    """A column's text from an input file, short and plain enough for a terminal.

    `refusal.clip` does the same for single texts.
    """
    return (
        pl.col(text)
        .cast(pl.String)
        .fill_null("")
        .str.slice(0, SHOWN_LENGTH)
        .str.replace_all(r"[\p{C}\p{Zl}\p{Zp}]", "?")
    )
