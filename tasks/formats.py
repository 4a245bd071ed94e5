"""Rows in the formats in which people and scripts take them along: CSV that a spreadsheet may open, JSON lines, Parquet."""

import io
import sys
from pathlib import Path

import polars as pl

# Spreadsheets take the full-width signs for the others.
FORMULA_SIGNS = r"^[=+\-@＝＋－＠\t\r\n]"
NUMBER = r"^[+-]?\d[\d.,]*\s*%?$"


def write(rows: pl.DataFrame, form: str, output: Path | None) -> None:
    """`rows` as csv, json (one object a line) or parquet, to a file or to standard output; what would be a table on a terminal is
    csv there. Raises ValueError where the folder of the file is missing."""
    if output is not None:
        require_folder_of(output)
    data = io.BytesIO()
    if form == "json":
        rows.write_ndjson(data)
    elif form == "parquet":
        rows.write_parquet(data)
    else:
        _harmless(_flat(rows)).write_csv(data)
    if output is not None:
        output.write_bytes(data.getvalue())
    else:
        sys.stdout.buffer.write(data.getvalue())
        sys.stdout.buffer.flush()


def require_folder_of(output: Path) -> None:
    """Raises ValueError where the folder into which a file is to be written is missing."""
    if not output.parent.is_dir():
        raise ValueError(f"{output}: there is no folder {output.parent}. Make it, or name a file in another.")


def _flat(rows: pl.DataFrame) -> pl.DataFrame:
    lists = [name for name, kind in rows.schema.items() if isinstance(kind, pl.List)]
    return rows.with_columns(pl.col(lists).list.join("; "))


def _harmless(rows: pl.DataFrame) -> pl.DataFrame:
    """A text that a spreadsheet would run as a formula gets an apostrophe before it, as OWASP advises; a number is none."""
    texts = pl.col(pl.String)
    runs = texts.str.contains(FORMULA_SIGNS) & ~texts.str.contains(NUMBER)
    return rows.with_columns(pl.when(runs).then("'" + texts).otherwise(texts).name.keep())
