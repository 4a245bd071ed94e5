"""Writes what the models say of their columns: `DICTIONARY.md` for people and `tables.json` for programs; and
`reference/checked.json`, the hashes of the code tables that fit their models.

`python -m schemas.dictionary` writes all three; with `--check` it only compares them with the models and the tables.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from schemas import code_files
from schemas.layouts import LAYOUTS
from schemas.model import Table, allowed_by, columns_of, unique_of
from schemas.names import ADDED, CAVEATS, EXPECTATIONS, MISSING, ORIGINS, REVISIONS, VERDICTS
from schemas.reference import code_tables, control_tables, models, statement_terms
from schemas.table import FILE, arrow_schema
from schemas.tables import analysis, control_event, release
from schemas.tables.catalog import MODELS

PAGE = Path(__file__).with_name("DICTIONARY.md")
HEAD = """# Dictionary

Every table that Tidewaiter publishes, and the code tables behind them. This page is written by `make dictionary` from
the models in `schemas/`; the same descriptions and units stand in the field metadata of every Parquet file.

Tables filed by month lie under `store/reporter=…/current/<table>/flow=…/year=…/month=…/`, `mover` under
`store/mover/reporter=…/current/`, and `expectation` likewise; flow, year and month are in the path and not in the file.
Codes are text, months are dates, `_pct` is per cent (660.8 means +660.8 %), missing is null.
"""


# Columns with a fixed set of values that need more than the column's own line.
WORDS = {
    "`kind` of `revision`": REVISIONS,
    "`status` of `expectation`": EXPECTATIONS,
    "`split_status` of `mover`": analysis.SPLITS,
    "`partners` of `release`": release.PARTNER_SCOPES,
    "`verdict` of `claim`": VERDICTS,
    "`caveat` of `quotability`": CAVEATS,
    "`valuation` of `statement_terms`": statement_terms.VALUATIONS,
    "`zero` of `statement_terms`": statement_terms.ZEROS,
    "`state` of `control_event` and `event_window`": control_tables.STATES,
    "`coverage` of `event_window`": control_tables.COVERAGE,
    "`status` of `event_window`": control_event.WINDOWS,
    "`status` of `detour`": control_event.DETOURS,
    "`status` of `duty`": control_event.DUTIES,
}
WORDS_IN_A_LINE_MAX = 8


def page() -> str:
    """The whole page."""
    parts = [HEAD, "## Published tables\n"]
    parts += [_section(name, MODELS[name]) for name in LAYOUTS]
    parts += [_meanings("What is added to rows that are read", ADDED)]
    parts += ["## How figures are made, and why they are missing\n", _statuses()]
    parts += ["## What the words of a column mean\n", *map(_meanings, WORDS, WORDS.values())]
    parts += ["## What an adapter hands on\n", _section("reported", MODELS["reported"])]
    parts += ["## What commands make on request\n"]
    parts += [_section(name, MODELS[name]) for name in ("checked_claim", "event_window", "detour", "duty")]
    parts += ["## Code tables (`schemas/reference/*.csv`)\n"]
    parts += [_section(name, model) for name, model in models.TABLES.items()]
    return "\n".join(parts)


def tables() -> str:
    """What the models say of each table and of each of its columns, a line each."""
    parts = []
    for name, model in MODELS.items():
        lines = [json.dumps(column, ensure_ascii=False) for column in columns_of(model)]
        # The first paragraph says what the rows are.
        what = json.dumps(" ".join((model.__doc__ or "").partition("\n\n")[0].split()), ensure_ascii=False)
        unique = json.dumps(unique_of(model))
        parts.append(f'"{name}": {{"what": {what}, "unique": {unique}, "columns": [\n' + ",\n".join(lines) + "\n]}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def checked() -> str:
    """The hash of each packaged code table. Raises BrokenTable where a row breaks its model."""
    for file in sorted(code_files.FOLDER.glob("*.csv")):
        code_tables.read_codes(file, file.stem)
    return json.dumps(code_tables.hashes(), indent=0) + "\n"


def _section(name: str, model: type[Table]) -> str:
    layout = LAYOUTS.get(name)
    lines = [f"### {name}\n", " ".join((model.__doc__ or "").split()) + "\n"]
    if layout is not None:
        kept = "One file for each release" if layout.by_release else "One file"
        filed = f"Filed by the month of `{layout.month_of}`" if layout.month_of else kept
        lines.append(f"{filed}; sorted by {', '.join(f'`{column}`' for column in layout.sort_by)}.\n")
    lines += ["| column | type | unit | null | meaning |", "|---|---|---|---|---|"]
    # All columns of code tables are texts.
    stored = {field.name: str(field.type) for field in arrow_schema(name)} if name in MODELS else {}
    for column in columns_of(model):
        # Arrow's name for the items of a list is not part of the type, and a file that was read has another one.
        kind = stored.get(column.name, "in the path" if stored else "string").replace("item: ", "")
        allowed = allowed_by(model, column.name)
        words = ", ".join(f"`{value}`" for value in allowed) if len(allowed) <= WORDS_IN_A_LINE_MAX else ""
        meaning = f"{column.description}; one of {words}" if words else column.description
        lines.append(
            f"| {column.name} | {kind} | {column.unit or ''} | {'yes' if column.nullable else ''} | {meaning} |"
        )
    return "\n".join(lines) + "\n"


def _meanings(where: str, words: Mapping[str, str]) -> str:
    lines = [f"### {where}\n", "| word | meaning |", "|---|---|"]
    return "\n".join([*lines, *(f"| {term} | {meaning} |" for term, meaning in words.items())]) + "\n"


def _statuses() -> str:
    lines = ["A figure `x` of `metric` stands next to `x_status`.\n", "| status | figure | meaning |", "|---|---|---|"]
    lines += [f"| {name} | there | {meaning} |" for name, meaning in ORIGINS.items()]
    lines += [f"| {name} | null | {meaning} |" for name, meaning in MISSING.items()]
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Write page and file, or with --check tell whether they are up to date."""
    if arguments != ["--check"]:
        FILE.write_text(tables(), encoding="utf-8")
        PAGE.write_text(page(), encoding="utf-8")
        code_tables.CHECKED.write_text(checked(), encoding="utf-8")
        return 0
    written = ((FILE, tables), (PAGE, page), (code_tables.CHECKED, checked))
    stale = [file for file, text_of in written if file.read_text(encoding="utf-8") != text_of()]
    for file in stale:
        sys.stderr.write(f"{file}: not what the models say. Run make dictionary.\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
