"""Writes rows as CSV, as CSV that a spreadsheet can open safely, JSON, Parquet or a workbook.

The ending of a file decides its format; for standard output the caller names it.
"""

import io
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl

from tasks.reports.export_notes import Notes

# Spreadsheets treat the full-width signs like the others.
FORMULA_SIGNS = r"^[=+\-@＝＋－＠\t\r\n]"
NUMBER = r"^[+-]?\d[\d.,]*\s*%?$"
TABLE, LINES, DOCUMENT, WORKBOOK, SAFE = "table", "json", "json document", "xlsx", "csv-safe"
ENDINGS = {
    ".csv": "csv", ".json": DOCUMENT, ".jsonl": LINES, ".ndjson": LINES, ".parquet": "parquet", ".xlsx": WORKBOOK,
}  # fmt: skip


def write(rows: pl.DataFrame, form: str, output: Path | None, notes: Callable[[], Notes] | None = None) -> None:
    """Write `rows` to a file, in the format of its ending, or to standard output as csv, csv-safe, json (one object a line)
    or parquet; a terminal table becomes csv there. A workbook has a second sheet with `notes`.

    Raises ValueError for what `form_of` refuses.
    """
    kind, data = form_of(form, output), io.BytesIO()
    if kind == LINES:
        rows.write_ndjson(data)
    elif kind == DOCUMENT:
        rows.write_json(data)
    elif kind == "parquet":
        rows.write_parquet(data)
    elif kind == WORKBOOK:
        # Most commands write no workbook and need not pay for the import.
        from tasks.reports.workbook_out import workbook

        data.write(workbook(rows, notes() if notes else None))
    else:
        flat = _flat(rows)
        (_harmless(flat) if kind == SAFE else flat).write_csv(data)
    if output is not None:
        output.write_bytes(data.getvalue())
    else:
        sys.stdout.buffer.write(data.getvalue())
        sys.stdout.buffer.flush()


def form_of(form: str, output: Path | None) -> str:
    """Return the format in which rows are written: that of the ending of a file, otherwise the named one.

    Raises ValueError if the ending is unknown or contradicts the named format, or if the folder is missing. So a
    command can refuse before it does the work.
    """
    if output is None:
        if form == WORKBOOK:
            raise ValueError("--format xlsx: a workbook is no text; give --output NAME.xlsx")
        return form
    kind = ENDINGS.get(output.suffix.lower())
    if kind is None:
        *most, last = ENDINGS
        found = f"there is no format for the ending {output.suffix}" if output.suffix else "the name has no ending"
        raise ValueError(f"{output}: {found}; end the name in {', '.join(most)} or {last}")
    if (form, kind) == (SAFE, "csv"):
        kind = SAFE
    if form != TABLE and form != kind.split()[0]:
        raise ValueError(
            f"{output}: --format {form} does not go with the ending {output.suffix}; leave one of them out, or end the name in .{form}"
        )
    require_folder_of(output)
    return kind


def require_folder_of(output: Path) -> None:
    """Raises ValueError if the folder of an output file is missing, or if something is there that is no file: to open a pipe
    waits for its reader.
    """
    if output.exists() and not output.is_file():
        raise ValueError(f"{output}: a folder, a pipe or a device, and no file. Give another name.")
    if not output.parent.is_dir():
        raise ValueError(f"{output}: there is no folder {output.parent}. Make it, or name a file in another.")


def _flat(rows: pl.DataFrame) -> pl.DataFrame:
    lists = [name for name, kind in rows.schema.items() if isinstance(kind, pl.List)]
    return rows.with_columns(pl.col(lists).cast(pl.List(pl.String)).list.join("; "))


def _harmless(rows: pl.DataFrame) -> pl.DataFrame:
    """Put an apostrophe before a text that a spreadsheet would run as a formula, as OWASP advises; numbers stay."""
    texts = pl.col(pl.String)
    runs = texts.str.contains(FORMULA_SIGNS) & ~texts.str.contains(NUMBER)
    return rows.with_columns(pl.when(runs).then("'" + texts).otherwise(texts).name.keep())
