"""Writes the lineage of a release as a page: the inputs, outputs and changes of each step, in names and rows; hashes
on another page.
"""

from typing import Any

import polars as pl

Row = dict[str, Any]


def steps(lineage: pl.DataFrame, before: pl.DataFrame, earlier: str | None) -> list[Row]:
    """Return a row for each step, in order; `before` are the records of the release `earlier`, if there is one, to
    compare the code.
    """
    code = dict(before.select("step", "code_sha256").iter_rows())
    return [
        {
            "step": f"{row['position']} {row['step']}",
            "rows in": row["rows_in"],
            "rows out": row["rows_out"],
            "what changed": _changed(row) + _other_code(row, code, earlier),
        }
        for row in lineage.sort("position").iter_rows(named=True)
    ]


def hashes(lineage: pl.DataFrame) -> list[Row]:
    """Return a row for each thing that has a hash, in full, so that one can search for it."""
    rows: list[Row] = []
    for row in lineage.sort("position").iter_rows(named=True):
        step = f"{row['position']} {row['step']}"
        things = [("took", *_named(text)) for text in row["inputs"]] + [
            ("made", *_named(text)) for text in row["outputs"]
        ]
        things += [("by", "code", row["code_sha256"]), ("by", "schema", row["schema_sha256"])]
        rows += [{"step": step, "": how, "what": name, "sha256": sha256} for how, name, sha256 in things]
    return rows


def _changed(row: Row) -> str:
    """Return `made detail, release`, or which outputs equal an input."""
    given = {sha256 for _, sha256 in map(_named, row["inputs"])}
    made = [_named(text) for text in row["outputs"]]
    new = [name for name, sha256 in made if sha256 not in given]
    same = [name for name, sha256 in made if sha256 in given]
    if not new:
        return "nothing" if same else "nothing is made"
    return f"made {', '.join(new)}" + (f"; left as it was: {', '.join(same)}" if same else "")


def _other_code(row: Row, code: dict[str, str], earlier: str | None) -> str:
    is_other = row["step"] in code and code[row["step"]] != row["code_sha256"]
    return f"; by other code than {earlier}" if is_other else ""


def _named(text: str) -> tuple[str, str]:
    name, _, sha256 = text.partition("=")
    return name, sha256
