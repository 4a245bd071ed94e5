"""Formats rows for a terminal: what all rows share is printed once above, and what does not fit is counted below.

Figures (`metric`) have names, units and rounded numbers, and the reasons for missing ones are printed below; other rows
have the names of their columns. The other formats have every column and every digit.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any, Literal

import polars as pl
from rich import box
from rich.cells import cell_len, set_cell_size
from rich.console import Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from schemas import figures
from schemas.figures import FIGURE_OF, SHOWN
from schemas.names import FIGURES, MISSING, caveats_of, quote, status
from tasks.domain.coverage import WORLD
from tasks.domain.doubt.verdict_words import from_base
from tasks.domain.labels import product_name, trade_of, written_month
from tasks.domain.numbers import CARE, MARK_WORDS, MARKS, amount, exact
from tasks.domain.text import counted, visible

KEYS = ("flow", "product", "partner", "period", "measure")
TITLES = {name: figure.title for name, figure in FIGURE_OF.items()} | {
    "period": "month",
    "product": "product",
    "partner": "partner",
    "series_start": "unbroken since",
    "comparable_from": "comparable from",
}
# A line has room for a longer title than a column.
LONG = TITLES | {name: figure.line for name, figure in FIGURE_OF.items() if figure.line}
UPRIGHT_MAX = 3
# Why a figure is not there, where its cell says it.
SAID_IN_CELLS = {"not_applicable", "series_record"}
SCALES = {"quantity_kg": (1e-3, "t")}
OF_MEASURE = tuple(name for name, figure in FIGURE_OF.items() if figure.unit == figures.OF_MEASURE)
SIGNED = tuple(name for name, figure in FIGURE_OF.items() if figure.formula[:1] in (("growth",), ("contribution",)))
# A price below this has cents.
PRICE_MAX = 100
NAME_WIDTH_MAX, NAME_WIDTH_OF_TWO, NAME_WIDTH_MIN = 28, 20, 16
# Texts of this length are cut before a column is left out.
LONG_NAMES = ("name", "product_name", "partner_name", "name_zh", "title", "releases")
# What people read comes before the code that it names.
NAME_OF_CODE = {
    "product": ("product_name", "name"),
    "partner": ("partner_name", "name"),
    "code": ("name",),
    "release_id": ("title",),
}
COLUMNS_MIN = 4
FIRST_WIDTH_MAX, FIRST_WIDTH_MIN, WORD_WIDTH_MAX = 20, 18, 10
# Spaces between two columns.
BETWEEN = 3
NONE, RECORD = "–", "record"
# Below a table the reasons of so many growths are told.
REASONS_MAX = 10


def table(
    columns: Mapping[str, Sequence[str | Text]],
    *,
    titles: Mapping[str, str] = MappingProxyType({}),
    above: str = "",
    below: Sequence[str] = (),
    right: Sequence[str] = (),
    header: bool = True,
    lines: bool = False,
) -> Group:
    """Return a terminal table of columns by their names, with a line above and some below; the columns `right` have
    numbers."""
    shown = Table(box=box.SIMPLE_HEAD if header else None, show_header=header, pad_edge=False, show_lines=lines)
    # Names are other people's; their width is that of what is shown.
    columns = {name: [visible(cell) if isinstance(cell, str) else cell for cell in of] for name, of in columns.items()}
    for place, (name, cells) in enumerate(columns.items()):
        _add_column(shown, titles.get(name, name), cells, is_first=place == 0, is_right=name in right)
    for row in zip(*columns.values(), strict=True):
        shown.add_row(*(escape(cell) if isinstance(cell, str) else cell for cell in row))
    # A title and a caption of a table are as narrow as the table; these may be long when it is small.
    texts = [Text(above, style="bold")] if above else []
    return Group(*texts, shown, *(Text(line, style="dim italic") for line in below))


def with_notes_below(
    columns: Mapping[str, Sequence[str]], name: str, width: int
) -> tuple[dict[str, list[str]], list[str]]:
    """Return columns without the column `name` of notes, and a line for each note, where the table would be wider than
    `width` otherwise; a number behind the first cell of a row says which is its."""
    wide = sum(max(map(cell_len, [title, *cells])) + BETWEEN for title, cells in columns.items())
    notes = [note for note in dict.fromkeys(columns.get(name, ())) if note]
    shown = {title: [*cells] for title, cells in columns.items()}
    if wide <= width or not notes:
        return shown, []
    first = next(iter(shown))
    place = {note: f"[{number}]" for number, note in enumerate(notes, 1)}
    marks = (place.get(note, "") for note in shown.pop(name))
    shown[first] = [f"{cell} {mark}".rstrip() for cell, mark in zip(shown[first], marks, strict=True)]
    return shown, [f"{mark} {note}" for note, mark in place.items()]


def _add_column(shown: Table, title: str, cells: Sequence[str | Text], *, is_first: bool, is_right: bool) -> None:
    # A short name in the first column and a day stay whole; longer texts fold.
    is_whole = is_first and all(cell_len(str(cell)) <= FIRST_WIDTH_MAX for cell in cells)
    words = (cell_len(width) for cell in cells for width in str(cell).split())
    least = max((width for width in words if width <= WORD_WIDTH_MAX), default=None)
    if is_first and not is_whole and least is not None:
        # What a row is about stays readable beside numbers.
        least = max(least, min(FIRST_WIDTH_MIN, max(cell_len(str(cell)) for cell in cells)))
    justify: Literal["left", "right"] = "right" if is_right else "left"
    shown.add_column(escape(title), justify=justify, overflow="fold", no_wrap=is_whole, min_width=least)


def listing(rows: pl.DataFrame, width: int, rows_max: int = 0, columns: Sequence[str] = ()) -> Group:
    """Format any rows, with as many of `columns` (all where none are named) as fit; a single row is shown upright, a
    figure with its status.

    Columns without a value are left out, except the level, on which all others rest; a missing figure shows its reason
    instead. Those that were asked for are named below. Long names are cut to the room that the other columns leave.
    """
    chosen = rows.select(columns or _names_first(rows.columns))
    why = _statuses_of(chosen)
    shown = _with_values(chosen, why)
    if rows.height == 1:
        return _listed_upright(chosen, shown, why, rows.width - chosen.width)
    texts = {name: _texts(chosen[name], why.get(name, chosen[name]), rows_max) for name in shown}
    same = [name for name in shown if rows.height and _is_same(chosen[name], why.get(name))]
    need = {name: max(map(cell_len, [name, *texts[name]])) for name in shown if name not in same}
    fitting = _cut_to(need, width)
    cells = {
        name: [_short(text, need[name]) if name in LONG_NAMES else text for text in texts[name]] for name in fitting
    }
    more = f", the first {rows_max} shown" if 0 < rows_max < rows.height else ""
    empty = [name for name in columns if name not in {*shown, *map(status, why)}]
    left = rows.width - len(fitting) - len(same) - len(empty)
    return table(
        cells,
        above=", ".join(f"{name} {texts[name][0]}" for name in same),
        below=["; ".join([counted(rows.height, "row") + more, *_without_value(empty, rows.columns), *_left_out(left)])],
        right=[name for name in fitting if chosen.schema[name].is_numeric()],
    )


def _names_first(columns: Sequence[str]) -> list[str]:
    """Columns with each name before its code."""
    ordered = [*columns]
    for code, names in NAME_OF_CODE.items():
        for name in (one for one in names if {one, code} <= {*ordered}):
            ordered.remove(name)
            ordered.insert(ordered.index(code), name)
            break
    return ordered


def _statuses_of(rows: pl.DataFrame) -> dict[str, pl.Series]:
    """Return the status of each figure whose status is there, too."""
    names = [name for name in rows.columns if name != status(name)]
    return {name: rows[status(name)] for name in names if status(name) in rows.columns}


def _with_values(rows: pl.DataFrame, why: Mapping[str, pl.Series]) -> list[str]:
    """Return the columns to show: of several rows those with a value, and the level, on which others rest."""
    names = [name for name in rows.columns if name not in {*map(status, why)}]
    if rows.height < 2:
        return names
    return [name for name in names if rows[name].null_count() < rows.height or (name == "level" and name in why)]


def _texts(values: pl.Series, reasons: pl.Series, rows_max: int) -> list[str]:
    """Return the texts of the first values, all where `rows_max` is 0: for a missing one its reason."""
    pairs = zip(values[: rows_max or None], reasons[: rows_max or None], strict=True)
    return [_text(reason if value is None else value, values.name) for value, reason in pairs]


def _is_same(values: pl.Series, reasons: pl.Series | None) -> bool:
    """Whether all rows have the same value, or lack it for the same reason."""
    return values.n_unique() == 1 and (values[0] is not None or reasons is None or reasons.n_unique() == 1)


def _listed_upright(rows: pl.DataFrame, shown: Sequence[str], why: Mapping[str, pl.Series], left: int) -> Group:
    """Format a single row, a line for each column."""
    upright = {"column": shown, "value": [_text(rows[name][0], name) for name in shown]}
    if why:
        upright["status"] = [str(why[name][0]) if name in why else "" for name in shown]
    return table(upright, header=False, below=["; ".join(["1 row", *_left_out(left)])])


def _cut_to(need: dict[str, int], width: int) -> list[str]:
    """Return the columns that fit, in their order; the long names in `need` get the width that is left for each."""
    least = {name: min(size, NAME_WIDTH_MIN) if name in LONG_NAMES else size for name, size in need.items()}
    fitting: list[str] = []
    room = width
    # Where not all fits, the names say what a row is about; those in the other language come last.
    for name in sorted(need, key=lambda name: (name in ("name_zh", "releases"), name not in LONG_NAMES)):
        if room < least[name] + BETWEEN and len(fitting) >= COLUMNS_MIN:
            break
        room -= least[name] + BETWEEN
        fitting.append(name)
    names = [name for name in fitting if name in LONG_NAMES]
    # The shortest takes what it needs, and leaves the rest to the longer ones.
    for place, name in enumerate(sorted(names, key=lambda one: need[one])):
        given = min(need[name] - least[name], max(room, 0) // (len(names) - place))
        need[name], room = least[name] + given, room - given
    return [name for name in need if name in fitting]


def _without_value(columns: Sequence[str], others: Sequence[str]) -> list[str]:
    why = " (status says why)" if "status" in others else ""
    return [f"no value in {', '.join(columns)}{why}"] if columns else []


def _left_out(columns: int) -> list[str]:
    return [f"{counted(columns, 'more column')} in the other formats (--format csv)"] if columns else []


def _text(value: Any, name: str) -> str:
    if value is None:
        return ""
    if isinstance(value, pl.Series | list):
        return ", ".join(map(str, value))
    if isinstance(value, date) and (name.endswith("month") or name == "period"):
        return f"{value:%Y-%m}"
    return exact(value) if isinstance(value, float) else str(value)


def figure_table(
    rows: pl.DataFrame,
    rows_max: int,
    width: int,
    columns: Sequence[str] = (),
    lead: str | None = None,
    reporter: str = "",
) -> Group:
    """Format rows of `metric` in the store of `reporter`, with names where they have them; a single figure is shown
    upright.

    `columns` are shown whatever their width, after the keys by which the rows differ, and `lead`, the sort column,
    before the other figures. Of several rows those without any figure are counted below, with their reasons.
    """
    varying = [key for key in KEYS if rows[key].n_unique() > 1]
    above = _about_all(rows, varying, reporter)
    if 0 < rows.height <= UPRIGHT_MAX and not columns and varying in ([], ["measure"]):
        return _upright(rows.head(rows_max).to_dicts(), above)
    rows, without = _without_figure(rows)
    if without and not rows.height:
        return Group(*([Text(above)] if above else []), *(Text(line, style="dim italic") for line in without))
    shown = rows.head(rows_max).to_dicts()
    # If rows have several measures, each level has its unit, which identifies the measure.
    keys = _keys_beside(varying, columns)
    name_width = NAME_WIDTH_OF_TWO if {"product", "partner"} <= {*keys} else NAME_WIDTH_MAX
    unit = scale_of(rows["measure"][0]) if rows["measure"].n_unique() == 1 else None
    names = [*keys, *(columns or _figures_to_show(rows, lead))]
    texts = {name: [_cell(row, name, unit, name_width) for row in shown] for name in names if name in rows.columns}
    titles = {name: _title(name, unit) for name in texts}
    fitting = texts if columns else _fitting(texts, titles, width)
    right = [*filter(_is_number, fitting)]
    below = [_counted_rows(rows, rows_max, fitting), *_legend(shown, [*fitting], keys), *without]
    return table(fitting, titles=titles, above=above, below=below, right=right)


def _is_number(name: str) -> bool:
    return name in FIGURES and not name.endswith("_since")


def _keys_beside(varying: Sequence[str], columns: Sequence[str]) -> list[str]:
    return [key for key in varying if key != "measure" and not {key, f"{key}_name"} & {*columns}]


def _about_all(rows: pl.DataFrame, varying: Sequence[str], reporter: str) -> str:
    same = {key: rows[key][0] for key in KEYS if key not in varying} if rows.height else {}
    return about(rows.row(0, named=True), same, reporter) if same else ""


def _figures_to_show(rows: pl.DataFrame, lead: str | None) -> list[str]:
    """Return the figures of the default table that have a value, and the level; `lead` comes right after it."""
    led = dict.fromkeys([SHOWN[0], *([lead] if lead in FIGURES else []), *SHOWN])
    return [name for name in led if name in rows.columns and (name == "level" or rows[name].null_count() < rows.height)]


def _fitting(texts: Mapping[str, list[str]], titles: Mapping[str, str], width: int) -> dict[str, list[str]]:
    """Return the columns for which there is room, and those that say what a row is about."""
    used, fitting = 0, dict[str, list[str]]()
    for name, cells in texts.items():
        used += max(map(cell_len, [*titles[name].split("\n"), *cells])) + BETWEEN
        if used <= width or name in KEYS:
            fitting[name] = cells
    return fitting


def _counted_rows(rows: pl.DataFrame, rows_max: int, fitting: Collection[str]) -> str:
    """Say how many rows there are, and how many figures had no room."""
    left_out = len([name for name in FIGURES if name in rows.columns and name not in fitting])
    below = counted(rows.height, "row") + (f", the first {rows_max} shown" if rows.height > rows_max else "")
    return below + (f"; {counted(left_out, 'more figure')} with --columns or in the other formats" if left_out else "")


def _without_figure(rows: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """Return the rows that have a figure, and a line about the others."""
    has_figure = pl.any_horizontal(pl.col(name).is_not_null() for name in FIGURES if name in rows.columns)
    known, bare = rows.filter(has_figure), rows.filter(~has_figure)
    if not bare.height:
        return rows, []
    reasons = sorted({_reason(reason, {"series_start": None}) for reason in bare[status("level")]})
    return known, [
        f"{'and ' if known.height else ''}{counted(bare.height, 'row')} without any figure: {'; '.join(reasons)}"
    ]


def about(row: dict[str, Any], same: dict[str, Any], reporter: str) -> str:
    """Describe what all rows share: China's imports of …, from Brazil (BRA), June 2024."""
    flow = trade_of(reporter, same["flow"]) if "flow" in same else "trade"
    parts = [f"{flow} of {_named(row, 'product')}" if "product" in same else flow if "flow" in same else ""]
    if "partner" in same:
        way = {"import": "from", "export": "to"}.get(same.get("flow", ""), "with")
        parts.append(f"{way} {'all partners' if same['partner'] == WORLD else _named(row, 'partner')}")
    parts += [written_month(same["period"])] if "period" in same else []
    return ", ".join(filter(None, [*parts, str(same.get("measure") or "")]))


def _named(row: dict[str, Any], key: str) -> str:
    name = row.get(f"{key}_name")
    if name is None and key == "product":
        return product_name(row[key])
    return f"{name} ({row[key]})" if name else str(row[key])


def scale_of(measure: str) -> tuple[float, str]:
    """Return the factor that makes a level of a measure readable, and the unit that results."""
    if measure in SCALES:
        return SCALES[measure]
    if measure.startswith("unit_value_"):
        currency, _, per = measure.removeprefix("unit_value_").partition("_per_")
        return 1.0, f"{currency.upper()}/{per}"
    if measure.startswith("value_"):
        # A suffix after the currency is a second valuation, such as CIF.
        return 1e-6, f"m {measure.removeprefix('value_').upper().replace('_', ' ')}"
    return 1.0, measure.removeprefix("quantity_").replace("_", " ")


def _title(name: str, unit: tuple[float, str] | None) -> str:
    title = TITLES.get(name, name).replace("to date", "to\ndate").replace("ytd ", "ytd\n")
    return f"{title}, {unit[1]}" if name in OF_MEASURE and unit else title


def _cell(row: dict[str, Any], name: str, unit: tuple[float, str] | None = None, width: int = NAME_WIDTH_MAX) -> str:
    value = row[name]
    if name in ("product", "partner"):
        return _short(f"{value} {row.get(f'{name}_name') or ''}".strip(), width)
    if value is None:
        return {"not_applicable": "", "series_record": RECORD}.get(row.get(status(name), ""), NONE)
    if row.get(quote(name)) == "no":
        return from_base(row, name)
    if name in OF_MEASURE:
        scale, label = unit or scale_of(row["measure"])
        number = amount(value * scale) if scale != 1 or abs(value) >= PRICE_MAX else f"{value:,.2f}"
        text = number + ("" if unit else f" {label}")
    elif isinstance(value, date):
        text = f"{value:%Y-%m}"
    elif isinstance(value, float):
        text = f"{value:+,.1f}" if name in SIGNED else f"{value:,.1f}"
    else:
        text = str(value)
    return (
        text + (MARKS.get(row[status(name)], "") if name in FIGURES else "") + CARE * (row.get(quote(name)) == "care")
    )


def _short(text: str, width: int) -> str:
    """Shorten a name to leave room for figures: first without its brackets, then without its end."""
    text = text if cell_len(text) <= width else text.partition(" (")[0]
    return text if cell_len(text) <= width else set_cell_size(text, width - 1).rstrip() + "…"


def _legend(rows: list[dict[str, Any]], names: Sequence[str], keys: Sequence[str]) -> list[str]:
    figures = [name for name in names if name in FIGURES]
    used = {MARKS.get(row[status(name)], "") for row in rows for name in figures if row[name] is not None}
    missing = sorted({row[status(name)] for row in rows for name in figures if row[name] is None} - SAID_IN_CELLS)
    lines = [f"{mark} {words}" for mark, words in MARK_WORDS.items() if mark in used]
    lines += [f"{NONE} {'; '.join(_reason(reason, rows[0]) for reason in missing)}" for _ in missing[:1]]
    return lines + _caveats(rows, figures, keys)


def _caveats(rows: list[dict[str, Any]], figures: Sequence[str], keys: Sequence[str]) -> list[str]:
    """Say of growths why they are not quoted as they are, those that are not to be quoted first, of each of these rows
    by the keys in which they differ."""
    lines_said = [
        f"{', '.join([*(_cell(row, key).partition(' ')[0] for key in keys), LONG[name]])}: {row[caveats_of(name)]}"
        for answer in ("no", "care")
        for row in rows
        for name in figures
        if row[name] is not None and row.get(caveats_of(name)) and row[quote(name)] == answer
    ]
    more = [f"and {counted(len(lines_said) - REASONS_MAX, 'more growth')} with --format csv"]
    return [f"{CARE} {line}" for line in lines_said[:REASONS_MAX]] + more * (len(lines_said) > REASONS_MAX)


def _upright(rows: list[dict[str, Any]], above: str) -> Group:
    """Format a few rows as columns, a line for each figure; figures that apply to none of them are left out."""
    names = [
        name for name in FIGURES if any(row[name] is not None or row[status(name)] != "not_applicable" for row in rows)
    ]
    measures = {row["measure"]: [_with_unit(row, name) for name in names] for row in rows}
    why = {} if len(rows) > 1 else {"why": [_why(rows[0], name) for name in names]}
    return table(
        {"": [LONG[name] for name in names], **measures, **why},
        above=above,
        right=[*measures],
        header=len(rows) > 1,
        below=_legend(rows, names, ["measure"]) if len(rows) > 1 else (),
    )


def _with_unit(row: dict[str, Any], name: str) -> str:
    text = _cell(row, name)
    if row[name] is None or row.get(quote(name)) == "no":
        return text
    return text + {"_pct": " %", "_pp": " pp"}.get(name[name.rfind("_") :], "")


def _why(row: dict[str, Any], name: str) -> str:
    why = row[status(name)]
    if row[name] is None:
        return _reason(why, row)
    return "; ".join(filter(None, (MARK_WORDS.get(MARKS.get(why, ""), ""), row.get(caveats_of(name)))))


def _reason(reason: str, row: dict[str, Any]) -> str:
    start, words = row["series_start"], MISSING.get(reason, reason)
    return words.replace("series_start", f"{start:%Y-%m}") if start else words
