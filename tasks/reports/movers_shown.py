"""Writes the rows of `movers` for people: a table each for products, partners, what began and stopped, and revisions."""

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from tasks.domain.labels import capitalised, partner_name, trade_of, written_month
from tasks.reports.terminal import amount

NUMBERS = ("month", "before", "change", "%", "pp of total")
TITLES = {
    "product": "by product",
    "partner": "by partner",
    "began": "began",
    "stopped": "stopped",
    "revision": "largest revisions by the newest release",
}
QUOTES = {"care": "quote with care", "no": "do not quote the percentage"}
NAME_MAX = 44
# Larger amounts are in millions.
MILLIONS_MIN = 1e7
Section = tuple[str, dict[str, list[str]], Sequence[str]]


def sections(rows: pl.DataFrame, against: str, reporter: str) -> Iterator[Section]:
    """Yield the title, the columns and the lines below of each table."""
    factor, unit = _scale(rows)
    flow = rows["flow"][0]
    month = rows.filter(pl.col("kind") != "revision")["period"][0]
    about = f"{capitalised(trade_of(reporter, flow))} in {written_month(month)} against the {against} before, {unit}"
    total = rows.filter(kind="total")
    for kind, title in TITLES.items():
        part = rows.filter(kind=kind)
        if not part.height:
            continue
        if kind == "product":
            # A single product is its own total.
            part = pl.concat([total, part]) if part.filter(depth=0).height > 1 else part
        columns: dict[str, list[str]] = {"": [_name(row) for row in part.iter_rows(named=True)]}
        columns |= {
            name: [_number(row[column], factor, signed=signed) for row in part.iter_rows(named=True)]
            for name, column, signed in (
                ("month", "level", False),
                ("before", "before", False),
                ("change", "change", True),
            )
        }
        if kind in ("product", "partner"):
            columns["%"] = [_per_cent(value) for value in part["change_pct"]]
        if kind in ("product", "partner") and total.height:
            columns["pp of total"] = [_per_cent(value) for value in part["contribution_pp"]]
        notes = [_note(row) for row in part.iter_rows(named=True)]
        if any(notes):
            columns["note"] = notes
        doubts = part["doubt"].drop_nulls().unique(maintain_order=True)
        yield (f"{about}: {title}" if kind == "product" else title), columns, [f"in doubt: {words}" for words in doubts]


def _scale(rows: pl.DataFrame) -> tuple[float, str]:
    """Return the factor and the unit of all numbers of the tables."""
    if rows["measure"][0] == "quantity_kg":
        return 1e-3, "t"
    money = rows["measure"][0].removeprefix("value_").upper()
    return (1e-6, f"million {money}") if rows["level"].max() >= MILLIONS_MIN else (1.0, money)  # type: ignore[operator]


def _name(row: dict[str, Any]) -> str:
    indent = "  " * row["depth"]
    if row["kind"] == "total":
        return "all products"
    if row["kind"] == "revision":
        return f"{row['product']} {partner_name(row['partner'])}, {row['period']:%Y-%m}"
    if row["product"]:
        name = f"{row['product']} {row['product_name'] or ''}".strip()
        return f"{indent}{name if len(name) <= NAME_MAX else name[: NAME_MAX - 1] + '…'}"
    return f"{indent}{partner_name(row['partner']) if row['partner'] else 'others'}"


def _number(value: float | None, factor: float, *, signed: bool) -> str:
    if value is None:
        return "–"
    sign = "+" if signed and value > 0 else ""
    return sign + amount(value * factor)


def _per_cent(value: float | None) -> str:
    return "–" if value is None else f"{value:+,.1f}"


def _note(row: dict[str, Any]) -> str:
    said = [row["note"] or "", QUOTES.get(row["quote"] or "", ""), "in doubt" if row["doubt"] else ""]
    return "; ".join(filter(None, said))
