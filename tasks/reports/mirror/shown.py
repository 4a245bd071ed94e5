"""Formats both sides of a flow for a terminal: columns by month, and the lines below that say what they mean."""

from collections.abc import Callable
from typing import Any

from tasks.domain.labels import capitalised, country
from tasks.reports.mirror.statements import Mirror
from tasks.reports.mirror.verdicts import REASONS
from tasks.reports.terminal import amount, tonnes

LICENCE = "The numbers of UN Comtrade may not be given to others without its permission."


def columns(found: Mirror) -> dict[str, list[str]]:
    """Return the columns of the terminal table: what each side says, the ratios, the lag and the reason."""
    rows, money = found.rows, f"million {found.currency}"
    shown: dict[str, list[str]] = {"month": [f"{month:%Y-%m}" for month in rows["period"]]}
    if rows["export_kg"].count() or rows["import_kg"].count():
        shown |= {"sold, t": _each(rows["export_kg"], tonnes), "bought, t": _each(rows["import_kg"], tonnes)}
        shown["ratio"] = _each(rows["kg_ratio"], "{:.2f}".format)
    if found.currency:
        shown |= {
            f"sold, {money}": _each(rows["export_value"], _millions),
            f"bought, {money}": _each(rows["import_value"], _millions),
        }
        low, high = (_each(rows[name], _millions) for name in ("fob_low", "fob_high"))
        shown[f"bought, free on board, {money}"] = [
            one if one == other else f"{one} to {other}" for one, other in zip(low, high, strict=True)
        ]
    shown["lag"] = _each(rows["lag"], str)
    shown["reason"] = rows["reason"].to_list()
    return {name: cells for name, cells in shown.items() if any(cell != "–" for cell in cells)}


def title(found: Mirror) -> str:
    """Whose trade it is: the goods, and who sells them to whom."""
    row = found.rows.row(0, named=True)
    return f"HS {row['product']} from {country(row['exporter'])} to {country(row['importer'])}, as each side counts it"


def notes(found: Mirror) -> list[str]:
    """Say what the columns and reasons mean, what is in doubt, and which published states were read."""
    row, there = found.rows.row(0, named=True), {*found.rows["reason"]}
    lines = [f"{reason}: {words}" for reason, words in REASONS.items() if reason in there]
    sold, bought = found.valuations
    if found.currency:
        lines.append(
            f"sold: {sold or 'valuation not known'}, by destination; bought: {bought or 'valuation not known'}, by origin"
        )
    if found.currency and row["margin_pct"] is None:
        lines.append(
            "values are not compared: the valuation of a side, or the margin of the pair in the code table import_margins, is not known"
        )
    lines += [
        f"in doubt, {month:%Y-%m}: {doubt}"
        for month, doubt in found.rows.select("period", "doubt").iter_rows()
        if doubt
    ]
    states = zip((row["exporter"], row["importer"]), found.snapshots, strict=True)
    lines.append("; ".join(f"{capitalised(country(whose))}: snapshot {name}" for whose, name in states))
    return [*lines, *([LICENCE] if "un_comtrade" in found.sources else [])]


def _each(values: Any, write: Callable[[Any], str]) -> list[str]:
    return ["–" if value is None else write(value) for value in values]


def _millions(value: float) -> str:
    return amount(value / 10**6)
