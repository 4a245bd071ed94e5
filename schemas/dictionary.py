"""Writes the page that explains every column to readers, from the models: `schemas/DICTIONARY.md`.

`python -m schemas.dictionary` writes it; with `--check` it only compares the page with the models.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from schemas.columns import Column
from schemas.reference import code_tables, control_tables, statement_terms
from schemas.table import Layout, Table, arrow_schema, table_name
from schemas.tables import claim, control_event, metric, release, reported, revision, verdict
from schemas.tables.catalog import ADDED, LAYOUTS

PAGE = Path(__file__).with_name("DICTIONARY.md")
HEAD = """# Dictionary

Every table that Tidewaiter publishes, and the code tables behind them. This page is written by `make dictionary` from the
models in `schemas/`; the same descriptions and units stand in the field metadata of every Parquet file.

Tables filed by month lie under `store/reporter=…/current/<table>/flow=…/year=…/month=…/`; flow, year and month are in the path
and not in the file. Codes are text, months are dates, `_pct` is per cent (660.8 means +660.8 %), missing is null.
"""


# Columns with a fixed set of values that need more than the column's own line.
WORDS = {
    "`kind` of `revision`": revision.REVISIONS,
    "`partners` of `release`": release.PARTNER_SCOPES,
    "`verdict` of `claim`": claim.VERDICTS,
    "`caveat` of `quotability`": verdict.CAVEATS,
    "`valuation` of `statement_terms`": statement_terms.VALUATIONS,
    "`zero` of `statement_terms`": statement_terms.ZEROS,
    "`state` of `control_event` and `event_window`": control_tables.STATES,
    "`coverage` of `event_window`": control_tables.COVERAGE,
    "`status` of `event_window`": control_event.WINDOWS,
}
WORDS_IN_A_LINE_MAX = 8


def page() -> str:
    """The whole page."""
    parts = [HEAD, "## Published tables\n"]
    parts += [_section(name, layout.model, layout) for name, layout in LAYOUTS.items()]
    parts += [_meanings("What is added to rows that are read", ADDED)]
    parts += ["## How figures are made, and why they are missing\n", _statuses()]
    parts += ["## What the words of a column mean\n", *map(_meanings, WORDS, WORDS.values())]
    parts += ["## What an adapter hands on\n", _section("reported", reported.Reported, None)]
    parts += ["## What commands write next to the store\n"]
    parts += [_section("checked_claim", claim.CheckedClaim, None)]
    parts += ["## Code tables (`schemas/reference/*.csv`)\n"]
    parts += [_section(name, model, None) for name, model in code_tables.TABLES.items()]
    return "\n".join(parts)


def _section(name: str, model: type[Table], layout: Layout | None) -> str:
    first = (model.__doc__ or "").strip()
    lines = [f"### {name}\n", " ".join(first.split()) + "\n"]
    if layout is not None:
        kept = "One file for each release" if layout.by_release else "One file"
        filed = f"Filed by the month of `{layout.month_of}`" if layout.month_of else kept
        lines.append(f"{filed}; sorted by {', '.join(f'`{column}`' for column in layout.sort_by)}.\n")
    lines += ["| column | type | unit | null | meaning |", "|---|---|---|---|---|"]
    stored = {field.name: str(field.type) for field in arrow_schema(model)}
    for column, field in model.columns.items():
        # Arrow's name for the items of a list is not part of the type, and a file that was read has another one.
        kind = stored.get(column, "in the path").replace("item: ", "")
        unit = field.unit or ""
        words = ", ".join(f"`{word}`" for word in _words(field))
        meaning = f"{field.description}; one of {words}" if words else field.description
        lines.append(f"| {column} | {kind} | {unit} | {'yes' if field.nullable else ''} | {meaning} |")
    return "\n".join(lines) + "\n"


def _words(column: Column) -> Sequence[str]:
    """The words that a column may hold, where they are few."""
    return column.allowed if len(column.allowed) <= WORDS_IN_A_LINE_MAX else ()


def _meanings(where: str, words: Mapping[str, str]) -> str:
    lines = [f"### {where}\n", "| word | meaning |", "|---|---|"]
    return "\n".join([*lines, *(f"| {word} | {meaning} |" for word, meaning in words.items())]) + "\n"


def _statuses() -> str:
    lines = ["A figure `x` of `metric` stands next to `x_status`.\n", "| status | figure | meaning |", "|---|---|---|"]
    lines += [f"| {name} | there | {meaning} |" for name, meaning in metric.MADE.items()]
    lines += [f"| {name} | null | {meaning} |" for name, meaning in metric.MISSING.items()]
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Write the page, or with --check tell whether it is up to date."""
    assert all(table_name(layout.model) == name for name, layout in LAYOUTS.items())
    if arguments == ["--check"]:
        if PAGE.read_text(encoding="utf-8") == page():
            return 0
        sys.stderr.write(f"{PAGE}: not what the models say. Run make dictionary.\n")
        return 1
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
