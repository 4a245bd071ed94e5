"""Made-up decisions about releases, a line each."""

from datetime import date
from typing import Any

import polars as pl

from schemas.frames import Decision
from schemas.table import polars_schema

Row = dict[str, Any]


def decision(kind: str, release_id: str, day: str, number: int = 1, *, replaced_by: str | None = None) -> Row:
    return {
        "decision_id": f"{kind}-{release_id}-{number:02d}", "release_id": release_id, "number": number, "kind": kind,
        "decided_on": date.fromisoformat(day), "decided_by": "Li Wei", "reason": "cut off", "replaced_by": replaced_by,
    }  # fmt: skip


def decision_table(*rows: Row) -> Decision:
    return pl.DataFrame(list(rows), schema=polars_schema("decision"))
