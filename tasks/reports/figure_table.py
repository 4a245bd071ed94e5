"""Formats rows of `metric` for a terminal: names, units, rounded numbers, in 80 columns; a single row is shown upright.

What all rows share is printed once above, figures that no row has are left out, and the reasons for missing figures are
printed below. The other formats have every digit.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl
from rich import box
from rich.cells import cell_len, set_cell_size
from rich.console import Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from schemas.names import FIGURES, MISSING, status
from tasks.domain.coverage import WORLD
from tasks.domain.labels import product_name, trade_of, written_month
from tasks.domain.text import counted
from tasks.reports.terminal import MARK_WORDS, MARKS, amount

KEYS = ("flow", "product", "partner", "period", "measure")
# In this order they are shown as far as there is room.
DEFAULT = (
    "level", "mom_pct", "yoy_pct", "share_pct", "rank", "contribution_mom_pp", "highest_since", "lowest_since", "ytd",
    "ytd_yoy_pct",
)  # fmt: skip
TITLES = {
    "level": "month", "mom_pct": "m/m, %", "yoy_pct": "y/y, %", "ytd": "year to date", "ytd_yoy_pct": "ytd y/y, %",
    "rolling_12m": "12 months", "rolling_12m_yoy_pct": "12 months y/y, %", "seasonal_yoy_pct": "3 months y/y, %", "share_pct": "share, %", "rank": "rank",
    "contribution_mom_pp": "of m/m, pp", "contribution_yoy_pp": "of y/y, pp", "highest_since": "highest since",
    "lowest_since": "lowest since", "period": "month", "product": "product", "partner": "partner",
    "series_start": "unbroken since", "comparable_from": "comparable from",
}  # fmt: skip
# A line has room for a longer title than a column.
LONG = TITLES | {
    "mom_pct": "m/m", "yoy_pct": "y/y", "ytd_yoy_pct": "year to date, y/y", "rolling_12m": "last 12 months",
    "rolling_12m_yoy_pct": "last 12 months, y/y", "seasonal_yoy_pct": "last 3 months, y/y", "share_pct": "share of all partners", "rank": "place among partners",
    "contribution_mom_pp": "part of the total's m/m", "contribution_yoy_pp": "part of the total's y/y",
}  # fmt: skip
UPRIGHT_MAX = 3
SCALES = {"quantity_kg": (1e-3, "t")}
OF_MEASURE = ("level", "ytd", "rolling_12m")
SIGNED = ("_pct", "_pp")
# A price below this has cents.
PRICE_MAX = 100
NAME_WIDTH_MAX, NAME_WIDTH_OF_TWO = 28, 20
LISTED = {
    "change_pct": "change, %",
    "first_month": "from",
    "last_month": "to",
    "name_zh": "Chinese",
    "released_on": "public on",
    "known_from": "from",
    "known_until": "until",
}
IN_COMMON = ("kind", "flow", "flows")
# Spaces between two columns.
BETWEEN = 3
LONG_NAMES, NAME_WIDTH_MIN = ("name", "name_zh", "title", "releases"), 10
# Files of an earlier version have no status of a figure that is newer.
NOT_WRITTEN = "not_written"
NONE = "–"


def figure_table(
    rows: pl.DataFrame,
    rows_max: int,
    width: int,
    columns: Sequence[str] = (),
    lead: str | None = None,
    reporter: str = "",
) -> Group:
    """Format rows of `metric` in the store of `reporter`, with names where they have them; `columns` are shown whatever their width, after the
    keys by which the rows differ, and `lead`, the sort column, before the other figures.
    """
    varying = [key for key in KEYS if rows[key].n_unique() > 1]
    if 0 < rows.height <= UPRIGHT_MAX and not columns and varying in ([], ["measure"]):
        return _upright(rows, reporter)
    shown = rows.head(rows_max).to_dicts()
    # If rows have several measures, each level has its unit, which identifies the measure.
    keys = [key for key in varying if key != "measure" and not {key, f"{key}_name"} & {*columns}]
    name_width = NAME_WIDTH_OF_TWO if {"product", "partner"} <= {*keys} else NAME_WIDTH_MAX
    unit = _unit(rows)
    wanted = [name for name in columns or _led_by(lead) if name in rows.columns]
    if not columns:
        wanted = [name for name in wanted if name == "level" or rows[name].null_count() < rows.height]
    texts = {name: [_cell(row, name, unit, name_width) for row in shown] for name in [*keys, *wanted]}
    titles = {name: _title(name, unit) for name in texts}
    fitting = list(texts) if columns else _fitting(texts, titles, width)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in fitting:
        is_number = name in FIGURES and not name.endswith("_since")
        table.add_column(escape(titles[name]), justify="right" if is_number else "left", overflow="fold")
    for row in zip(*(texts[name] for name in fitting), strict=True):
        table.add_row(*map(escape, row))
    same = {key: rows[key][0] for key in KEYS if key not in varying} if rows.height else {}
    above = Text(about(shown[0], same, reporter), style="bold") if same else None
    left_out = len([name for name in FIGURES if name in rows.columns and name not in fitting])
    below = [
        counted(rows.height, "row") + (f", the first {rows_max} shown" if rows.height > rows_max else "")
        + (f"; {counted(left_out, 'more figure')} with --columns or in the other formats" if left_out else ""),
        *_legend(shown, fitting),
    ]  # fmt: skip
    return Group(*([above] if above else []), table, Text("\n".join(below), style="dim italic"))


def _led_by(lead: str | None) -> list[str]:
    first = [DEFAULT[0], *([lead] if lead in FIGURES else [])]
    return list(dict.fromkeys([*first, *DEFAULT]))


def about(row: dict[str, Any], same: dict[str, Any], reporter: str) -> str:
    """Describe what all rows share: China's imports of …, from Brazil (BRA), June 2024."""
    parts = []
    flow = trade_of(reporter, same["flow"]) if "flow" in same else "trade"
    parts.append(f"{flow} of {_named(row, 'product')}" if "product" in same else flow if "flow" in same else "")
    if "partner" in same:
        way = {"import": "from", "export": "to"}.get(same.get("flow", ""), "with")
        parts.append(f"{way} {'all partners' if same['partner'] == WORLD else _named(row, 'partner')}")
    if "period" in same:
        parts.append(written_month(same["period"]))
    if "measure" in same:
        parts.append(str(same["measure"]))
    return ", ".join(part for part in parts if part)


def _named(row: dict[str, Any], key: str) -> str:
    name = row.get(f"{key}_name")
    if name is None and key == "product":
        return product_name(row[key])
    return f"{name} ({row[key]})" if name else str(row[key])


def _unit(rows: pl.DataFrame) -> tuple[float, str] | None:
    """Return factor and unit of all levels; None if they are of several measures."""
    measures = rows["measure"].unique()
    return scale_of(measures[0]) if len(measures) == 1 else None


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
    title = TITLES.get(name, name)
    return f"{title}, {unit[1]}" if name in OF_MEASURE and unit else title


def _cell(
    row: dict[str, Any], name: str, unit: tuple[float, str] | None = None, name_width: int = NAME_WIDTH_MAX
) -> str:
    value = row[name]
    if name in ("product", "partner"):
        return _short(f"{value} {row.get(f'{name}_name') or ''}".strip(), name_width)
    if value is None:
        return "" if row.get(status(name)) == "not_applicable" else NONE
    if name in OF_MEASURE:
        scale, label = unit or scale_of(row["measure"])
        number = amount(value * scale) if scale != 1 or abs(value) >= PRICE_MAX else f"{value:,.2f}"
        text = number + ("" if unit else f" {label}")
    elif isinstance(value, date):
        text = f"{value:%Y-%m}"
    elif isinstance(value, float):
        text = f"{value:+,.1f}" if name.endswith(SIGNED) and name != "share_pct" else f"{value:,.1f}"
    else:
        text = str(value)
    return text + (MARKS.get(row[status(name)], "") if name in FIGURES else "")


def _short(text: str, width: int) -> str:
    """Shorten a name to leave room for figures: first without its brackets, then without its end."""
    text = text if cell_len(text) <= width else text.partition(" (")[0]
    return text if cell_len(text) <= width else set_cell_size(text, width - 1).rstrip() + "…"


def _fitting(texts: dict[str, list[str]], titles: dict[str, str], width: int) -> list[str]:
    fitting, used = [], 0
    for name, cells in texts.items():
        used += max(map(cell_len, [titles[name], *cells])) + BETWEEN
        if used > width and name not in KEYS:
            continue
        fitting.append(name)
    return fitting


def _legend(rows: list[dict[str, Any]], names: Sequence[str]) -> list[str]:
    figures = [name for name in names if name in FIGURES]
    used = {MARKS.get(row[status(name)], "") for row in rows for name in figures if row[name] is not None}
    missing = sorted({_status(row, name) for row in rows for name in figures if row[name] is None} - {"not_applicable"})
    lines = [f"{mark} {words}" for mark, words in MARK_WORDS.items() if mark in used]
    return lines + [f"{NONE} {'; '.join(_reason(reason, rows[0]) for reason in missing)}" for _ in missing[:1]]


def _upright(rows: pl.DataFrame, reporter: str) -> Group:
    """Format a few rows as columns, a line for each figure; figures that apply to none of them are left out."""
    table = Table(box=None, show_header=rows.height > 1, pad_edge=False)
    table.add_column(no_wrap=True)
    shown = rows.to_dicts()
    for row in shown:
        table.add_column(row["measure"], justify="right", no_wrap=True)
    if rows.height == 1:
        table.add_column(style="dim", overflow="fold")
    for name in FIGURES:
        if all(row[name] is None and row[status(name)] == "not_applicable" for row in shown):
            continue
        why = [escape(_why(shown[0], name))] if rows.height == 1 else []
        table.add_row(LONG[name], *(escape(_with_unit(row, name)) for row in shown), *why)
    same = {key: rows[key][0] for key in KEYS if rows[key].n_unique() == 1}
    below = _legend(shown, FIGURES) if rows.height > 1 else []
    return Group(
        Text(about(shown[0], same, reporter), style="bold"), table, *(Text(line, style="dim italic") for line in below)
    )


def _with_unit(row: dict[str, Any], name: str) -> str:
    text = _cell(row, name)
    if row[name] is None:
        return text
    return f"{text} %" if name.endswith("_pct") else f"{text} pp" if name.endswith("_pp") else text


def _why(row: dict[str, Any], name: str) -> str:
    made = _status(row, name)
    return _reason(made, row) if row[name] is None else MARK_WORDS.get(MARKS.get(made, ""), "")


def _status(row: dict[str, Any], name: str) -> str:
    return str(row[status(name)] or NOT_WRITTEN)


def _reason(reason: str, row: dict[str, Any]) -> str:
    if reason == NOT_WRITTEN:
        return "the version that published this month did not compute it"
    start = row["series_start"]
    words = MISSING.get(reason, reason)
    return words.replace("series_start", f"{start:%Y-%m}") if start else words


def listing(rows: pl.DataFrame, width: int) -> Group:
    """Format any rows in one line each: names take the room that codes, days and numbers leave, and are cut; where it is
    too small for all of them the first one is shown. What all rows share is printed above.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    there = [name for name in rows.columns if rows[name].null_count() < rows.height]
    common = [name for name in there if name in IN_COMMON and rows[name].n_unique() == 1]
    shown = [name for name in there if name not in common]
    texts = {name: [_listed(value, name) for value in rows[name]] for name in shown}
    titles = {name: LISTED.get(name, name.replace("_", " ")) for name in shown}
    need = {name: max(map(cell_len, [titles[name], *cells])) for name, cells in texts.items()}
    names = [name for name in shown if name in LONG_NAMES]
    room = width - sum(need[name] + BETWEEN for name in shown if name not in names)
    while len(names) > 1 and room < len(names) * (NAME_WIDTH_MIN + BETWEEN):
        # A second name is left out before a code or a day is broken.
        shown.remove(names[-1])
        del texts[names.pop()]
    for place, name in enumerate(sorted(names, key=lambda one: need[one])):
        # The shortest takes what it needs, and leaves the rest to the longer ones.
        need[name] = max(min(need[name], room // (len(names) - place) - BETWEEN), NAME_WIDTH_MIN)
        room -= need[name] + BETWEEN
    for name in shown:
        is_number = rows.schema[name].is_numeric()
        table.add_column(titles[name], justify="right" if is_number else "left", width=need[name], overflow="fold")
    for row in zip(*texts.values(), strict=True):
        table.add_row(*(escape(_short(text, need[name])) for name, text in zip(shown, row, strict=True)))
    above = ", ".join(str(rows[name][0]) for name in common)
    return Group(*([Text(above, style="bold")] if above else []), table)


def _listed(value: object, name: str) -> str:
    if value is None:
        return ""
    return f"{value:%Y-%m}" if isinstance(value, date) and name.endswith("month") else str(value)
