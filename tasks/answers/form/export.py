"""Writes rows as CSV, as CSV that a spreadsheet can open safely, JSON, Parquet or a workbook.

The ending of a file decides its format; for standard output the caller names it. A spreadsheet may read a text as a
formula and a code as a number; in a workbook each cell has an explicit type, names follow codes, and a second sheet has
units and sources.
"""

import io
import itertools
import sys
from collections.abc import Callable, Iterable, Sequence, Set
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import polars.selectors as cs

from tasks.answers.form.export_notes import RELEASE, Notes
from tasks.domain.labels import partner_name, product_names
from tasks.domain.nomenclature import OTHERS
from tasks.store.snapshots.outside import file_outside, write_outside

# Spreadsheets treat the full-width signs like the others.
FORMULA_SIGNS = r"^[=+\-@＝＋－＠\t\r\n]"
NUMBER = r"^[+-]?\d[\d.,]*\s*%?$"
TABLE, LINES, DOCUMENT, WORKBOOK, SAFE = "table", "json", "json document", "xlsx", "csv-safe"
ENDINGS = {
    ".csv": "csv",
    ".json": DOCUMENT,
    ".jsonl": LINES,
    ".ndjson": LINES,
    ".parquet": "parquet",
    ".xlsx": WORKBOOK,
}
ROWS_MAX = 2**20 - 1
# The limits of a spreadsheet for a number and a text.
DIGITS_MAX = 15
LETTERS_MAX = 32_000
WIDTH_MAX = 40
# A day in a narrower cell is shown as ###, and a large number by its power of ten.
NUMBER_WIDTH = 10
NOTES = "units and sources"
# How numbers are shown: growths with one decimal, others in groups of three digits, small ones with their decimals.
PERCENT, WHOLE, SMALL = "#,##0.0", "#,##0", "#,##0.0##"
DECIMALS_BELOW = 100
# Numbers that count nothing.
PLAIN = ("year", "month", "record", "number")
# Units that the name of a column says, and none.
UNITS_IN_NAMES = ("", "%", "percentage points", "see measure")
# So many key columns stay in sight beside the figures: more would fill a screen.
KEYS_FROZEN_MAX = 5
DAY = {"num_format": "yyyy-mm-dd"}
# As a spreadsheet colours what is to be looked at.
DOUBT = {"bg_color": "#FFEB9C", "font_color": "#7F4F00", "italic": True}


def write(
    rows: pl.DataFrame,
    form: str,
    output: Path | None,
    notes: Callable[[], Notes] | None = None,
    in_doubt: pl.Series | None = None,
) -> None:
    """Write `rows` to a file, in the format of its ending, or to standard output as csv, csv-safe, json (one object a
    line) or parquet; a terminal table becomes csv there. A workbook has a second sheet with `notes`, and colours the
    figures that `in_doubt` names for each row, or its column `figures_in_doubt`.

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
        data.write(workbook(rows, notes() if notes else None, in_doubt))
    else:
        flat = rows.with_columns(cs.list().cast(pl.List(pl.String)).list.join("; "))
        (_harmless(flat) if kind == SAFE else flat).write_csv(data)
    if output is not None:
        write_outside(output, data.getvalue())
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
        mistake = f"there is no format for the ending {output.suffix}" if output.suffix else "the name has no ending"
        raise ValueError(f"{output}: {mistake}; end the name in {', '.join(most)} or {last}")
    if (form, kind) == (SAFE, "csv"):
        kind = SAFE
    if form != TABLE and form != kind.split()[0]:
        raise ValueError(
            f"{output}: --format {form} does not go with the ending {output.suffix}; leave one of them out, or end the"
            f" name in .{form}"
        )
    file_outside(output)
    return kind


def _harmless(rows: pl.DataFrame) -> pl.DataFrame:
    """Put an apostrophe before a text that a spreadsheet would run as a formula, as OWASP advises; numbers stay."""
    texts = pl.col(pl.String)
    runs = texts.str.contains(FORMULA_SIGNS) & ~texts.str.contains(NUMBER)
    return rows.with_columns(pl.when(runs).then("'" + texts).otherwise(texts).name.keep())


def workbook(rows: pl.DataFrame, about: Notes | None, in_doubt: pl.Series | None = None) -> bytes:
    """Return the bytes of the workbook. Raises ValueError if there are more rows than a sheet can contain."""
    # Most commands write no workbook and need not pay for the import.
    import xlsxwriter

    if rows.height > ROWS_MAX:
        raise ValueError(
            f"{rows.height:,} rows, and a sheet holds {ROWS_MAX:,} below its titles: ask for fewer (--product,"
            " --month), or write .csv or .parquet"
        )
    data = io.BytesIO()
    with xlsxwriter.Workbook(data, {"constant_memory": True, "nan_inf_to_errors": True}) as book:
        shapes: dict[str, dict[str, Any]] = {"": {}, "day": DAY} | {
            one: {"num_format": one} for one in (PERCENT, WHOLE, SMALL)
        }
        marks_of: dict[str, dict[str, Any]] = {"": {}, "doubt": DOUBT, "bold": {"bold": True}}
        formats = {
            (mark, shape): book.add_format(look | more)
            for mark, look in marks_of.items()
            for shape, more in shapes.items()
        }
        sheet = book.add_worksheet(about.name[:31] if about else "rows")
        named = with_names(rows)
        _set_widths(sheet, named)
        _write(sheet, formats, 0, [_heads(named, about)], bold=True)
        marks = _doubted(named, in_doubt)
        _write(sheet, formats, 1, named.iter_rows(), marks, names=named.columns)
        sheet.freeze_panes(1, min(_keys_before_figures(named), KEYS_FROZEN_MAX))
        sheet.autofilter(0, 0, named.height, max(named.width - 1, 0))
        # Codes are text on purpose and need no warning mark.
        sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{named.height + 1}"})
        if about:
            notes = book.add_worksheet(NOTES)
            notes.set_column(0, 2, WIDTH_MAX)
            notes.set_column(3, len(RELEASE), NUMBER_WIDTH + 2)
            marked = [("coloured", "what is in doubt")] if any(marks) else []
            place = _write(notes, formats, 0, [*about.facts, *marked])
            for frame in (about.columns, about.releases):
                place = _write(notes, formats, place + 1, [frame.columns], bold=True)
                place = _write(notes, formats, place, frame.iter_rows())
    return data.getvalue()


def _heads(rows: pl.DataFrame, about: Notes | None) -> list[str]:
    """The titles of columns, with the unit where the name says none: that of the measure, if there is only one."""
    units = dict(about.columns.select("column", "unit").iter_rows()) if about else {}
    measures = rows["measure"].unique().to_list() if "measure" in rows.columns else []
    if len(measures) == 1:
        kind, _, unit = str(measures[0]).partition("_")
        measured = unit.upper() if kind == "value" else unit
        units = {name: measured if one == "see measure" else one for name, one in units.items()}
    return [f"{name} ({units[name]})" if units.get(name, "%") not in UNITS_IN_NAMES else name for name in rows.columns]


def _keys_before_figures(rows: pl.DataFrame) -> int:
    """How many columns stand before the first number; none where there is no number."""
    return next((place for place, kind in enumerate(rows.dtypes) if kind.is_numeric()), 0)


def _doubted(rows: pl.DataFrame, in_doubt: pl.Series | None) -> list[Set[int]]:
    """By row the places of the cells to mark: of the figures that are named as in doubt; in a table that has no names
    of figures, of the sentence."""
    place_of = {name: place for place, name in enumerate(rows.columns)}
    if in_doubt is None and "figures_in_doubt" in rows.columns:
        in_doubt = rows["figures_in_doubt"]
    if in_doubt is not None:
        figures = in_doubt.cast(pl.String).fill_null("")
        places = {
            text: frozenset(place_of[name] for name in text.split("+") if name in place_of)
            for text in figures.unique().to_list()
        }
        return [places[text] for text in figures]
    if "doubt" not in rows.columns:
        return []
    marked = frozenset([place_of["doubt"]])
    return [marked if doubt else frozenset() for doubt in rows["doubt"]]


def with_names(rows: pl.DataFrame) -> pl.DataFrame:
    """Add a column of English names after each column of codes, as far as the code tables have names."""
    for column, name_of in (("product", _product_name), ("partner", partner_name)):
        if column in rows.columns and f"{column}_name" not in rows.columns and rows.schema[column] == pl.String:
            names = _names(rows[column], name_of).alias(f"{column}_name")
            if column == "product" and "classification" in rows.columns:
                # The tables name China's codes: equal digits of another list are other goods.
                names = rows.select(pl.when(~pl.col("classification").is_in(OTHERS)).then(names)).to_series()
            rows = rows.insert_column(rows.columns.index(column) + 1, names)
    return rows


def _names(codes: pl.Series, name_of: Callable[[str], str | None]) -> pl.Series:
    known = {code: name_of(code) for code in codes.unique().drop_nulls()}
    return codes.replace_strict(known, default=None, return_dtype=pl.String)


def _product_name(product: str) -> str | None:
    names = product_names(product)
    return names[0] if names else None


def _set_widths(sheet: Any, rows: pl.DataFrame) -> None:
    for place, (name, kind) in enumerate(rows.schema.items()):
        texts = rows[name].head(100) if kind == pl.String else pl.Series([""])
        least = len(name) if kind == pl.String else max(len(name), NUMBER_WIDTH)
        longest = max(least, *map(len, texts.drop_nulls().to_list() or [""]))
        sheet.set_column(place, place, min(WIDTH_MAX, longest) + 2)


def _write(
    sheet: Any,
    formats: dict[tuple[str, str], Any],
    first: int,
    rows: Iterable[Sequence[Any]],
    marks: Sequence[Set[int]] = (),
    *,
    names: Sequence[str] = (),
    bold: bool = False,
) -> int:
    """Write rows of the columns `names` from a row number on, and mark the columns of `marks`; return the number after
    them."""
    place = first
    for row, marked in itertools.zip_longest(rows, marks, fillvalue=()):
        for column, value in enumerate(row):
            mark = "bold" if bold else "doubt" if column in marked else ""
            shape = _shape_of(value, names[column] if names else PLAIN[0])
            _write_cell(sheet, formats[mark, shape], (place, column), value)
        place += 1
    return place


def _shape_of(value: Any, name: str) -> str:
    """How a value of a column is shown: the format of its number, `day`, or as it is."""
    if isinstance(value, date):
        return "day"
    if isinstance(value, bool) or not isinstance(value, int | float) or name in PLAIN:
        return ""
    if name.endswith(("_pct", "_pp")):
        return PERCENT
    return WHOLE if float(value).is_integer() or abs(value) >= DECIMALS_BELOW else SMALL


def _write_cell(sheet: Any, form: Any, place: tuple[int, int], value: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(*place, value)
    elif isinstance(value, date):
        sheet.write_datetime(*place, value, form)
    elif isinstance(value, float) or (isinstance(value, int) and abs(value) < 10**DIGITS_MAX):
        sheet.write_number(*place, value, form)
    else:
        text = "; ".join(map(str, value)) if isinstance(value, list) else str(value)
        if len(text) > LETTERS_MAX:
            text = f"{text[:LETTERS_MAX]} … cut here: {len(text):,} letters, which .csv and .parquet have"
        sheet.write_string(*place, text, form)
