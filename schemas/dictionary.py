"""The page that tells readers what every column means, written from the models: `schemas/DICTIONARY.md`.

`python -m schemas.dictionary` writes it; with `--check` it only says whether the page is what the models say.
"""

import sys
from pathlib import Path

from schemas import claim, code_tables, metric, reported
from schemas.catalog import PUBLISHED
from schemas.table import Layout, Table, arrow_schema, table_name

PAGE = Path(__file__).with_name("DICTIONARY.md")
HEAD = """# Dictionary

Every table that Tidewaiter publishes, and the code tables behind them. This page is written by `make dictionary` from the
models in `schemas/`; the same descriptions and units stand in the field metadata of every Parquet file.

Tables filed by month lie under `store/current/<table>/flow=…/year=…/month=…/`; the three keys are in the path and not in
the file. Codes are text, months are dates, `_pct` is per cent (660.8 means +660.8 %), missing is null.
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD, "## Published tables\n"]
    parts += [_section(name, layout.model, layout) for name, layout in sorted(PUBLISHED.items())]
    parts += ["## How figures are made, and why they are missing\n", _statuses()]
    parts += ["## What an adapter hands on\n", _section("reported", reported.Reported, None)]
    parts += ["## What commands write beside the store\n"]
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
    for column, field in model.to_schema().columns.items():
        kind = stored.get(column, "in the path")
        unit = (field.metadata or {}).get("unit", "")
        lines.append(f"| {column} | {kind} | {unit} | {'yes' if field.nullable else ''} | {field.description} |")
    return "\n".join(lines) + "\n"


def _statuses() -> str:
    lines = ["A figure `x` of `metric` stands beside `x_status`.\n", "| status | figure | meaning |", "|---|---|---|"]
    lines += [f"| {name} | there | {meaning} |" for name, meaning in metric.MADE.items()]
    lines += [f"| {name} | null | {meaning} |" for name, meaning in metric.MISSING.items()]
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Write the page, or with --check tell whether it is up to date."""
    assert all(table_name(layout.model) == name for name, layout in PUBLISHED.items())
    if arguments == ["--check"]:
        if PAGE.read_text(encoding="utf-8") == page():
            return 0
        sys.stderr.write(f"{PAGE}: not what the models say. Run make dictionary.\n")
        return 1
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
