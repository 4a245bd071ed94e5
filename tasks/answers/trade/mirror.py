"""Answers what both sides of a flow say: a row a month, the columns of a terminal, and the lines below that say what
they mean.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from schemas.questions import mirror as questions
from schemas.store_address import root_given
from tasks.analysis.mirror.statements import BothSides, between
from tasks.analysis.mirror.verdicts import REASONS
from tasks.answers.form.answer import AnswerOfSides, day_of
from tasks.answers.form.export_notes import RELEASE, Notes, meanings_of
from tasks.domain.labels import capitalised, country
from tasks.domain.numbers import amount, tonnes
from tasks.sources.registry import restricted

RATES = "by exchange rates of the European Central Bank, mean of the month"


@dataclass(frozen=True)
class MirrorAnswer(AnswerOfSides):
    """Both sides of a flow; the states are those of the exporter and of the importer."""

    mirror: BothSides = field(kw_only=True)

    @property
    def beside_result(self) -> tuple[str, ...]:
        """Nothing: each row says why both differ, and what is in doubt."""
        return ()

    @property
    def releases(self) -> pl.DataFrame:
        """The releases of both that cover the months."""
        return self.mirror.releases

    @property
    def reporters(self) -> tuple[str, ...]:
        """The exporter and the importer."""
        return self.rows["exporter"][0], self.rows["importer"][0]


def mirror(question: questions.MirrorTrade) -> MirrorAnswer:
    """Return what both sides of a flow say, by month. Raises ValueError for a code that customs do not share or a
    reporter without a store, and LookupError where neither has a figure."""
    day, root = day_of(question.as_of), root_given(question.store)
    both_sides = between(root, question.product, question.exporter, question.importer, question.month, day)
    return MirrorAnswer(
        both_sides.rows,
        both_sides.states[0],
        tuple(notes(both_sides)),
        as_of=day,
        table="mirror",
        states=both_sides.states,
        mirror=both_sides,
    )


def columns(rows: pl.DataFrame) -> dict[str, list[str]]:
    """Return the columns of the terminal table: what each side says, the ratios, the lag and the reason; `rows` are of
    the table mirror.

    A month of which neither side has a figure is left out: the lines below say which and why.
    """
    figures = pl.col("export_kg", "import_kg", "export_stated", "import_stated")
    rows = rows.filter(pl.any_horizontal(figures.is_not_null()))
    money = f"million {rows['currency'][0]}"
    shown: dict[str, list[str]] = {"month": [f"{month:%Y-%m}" for month in rows["period"]]}
    shown |= {"sold, t": _each(rows["export_kg"], tonnes), "bought, t": _each(rows["import_kg"], tonnes)}
    shown["ratio"] = _each(rows["kg_ratio"], "{:.2f}".format)
    values = ("export_value", "import_value", "fob_low", "fob_high")
    sold, bought, low, high = (_each(rows[name] / 10**6, amount) for name in values)
    band = [one if one == other else f"{one} to {other}" for one, other in zip(low, high, strict=True)]
    shown |= {f"sold, {money}": sold, f"bought, {money}": bought, f"bought, free on board, {money}": band}
    shown["lag"] = _each(rows["lag"], str)
    # A code would be cut anywhere in a narrow terminal.
    shown["reason"] = [reason.replace("_", " ") for reason in rows["reason"]]
    return {name: cells for name, cells in shown.items() if any(cell != "–" for cell in cells)}


def title(rows: pl.DataFrame) -> str:
    """Whose trade it is: the goods, and who sells them to whom."""
    row = rows.row(0, named=True)
    return f"HS {row['product']} from {country(row['exporter'])} to {country(row['importer'])}, as each side counts it"


def notes(both_sides: BothSides) -> list[str]:
    """Say what the columns and reasons mean, what is in doubt, and which published states were read."""
    rows, reasons = both_sides.rows, {*both_sides.rows["reason"]}
    row = rows.row(0, named=True)
    lines = [f"{reason.replace('_', ' ')}: {words}" for reason, words in REASONS.items() if reason in reasons]
    lines += terms(rows)
    lines += [
        f"in doubt, {month:%Y-%m}: {doubt}" for month, doubt in rows.select("period", "doubt").iter_rows() if doubt
    ]
    missing = rows.filter(pl.col("why") != "").group_by("why", maintain_order=True).agg("period")
    for why, months in missing.iter_rows():
        first, last = (f"{month:%Y-%m}" for month in (months[0], months[-1]))
        lines.append(f"{first if first == last else f'{first} to {last}, {len(months)} months'}: {why}")
    states = zip((row["exporter"], row["importer"]), both_sides.snapshots, strict=True)
    lines.append("; ".join(f"{capitalised(country(whose))}: snapshot {name}" for whose, name in states))
    return [*lines, *(source.forbids for source in restricted(both_sides.releases["source"]))]


def terms(rows: pl.DataFrame) -> list[str]:
    """Say how the values are compared: valuations, exchange rates and margins with their sources; nothing where there
    are no values."""
    if not (rows["export_value"].count() or rows["import_value"].count()):
        return []
    row = rows.row(0, named=True)
    valuations = (rows[f"{side}_valuation"].drop_nulls().unique().sort() for side in ("export", "import"))
    sold, bought = (" and ".join(names) or "valuation not known" for names in valuations)
    lines = [f"sold: {sold}, by destination; bought: {bought}, by origin"]
    others = sorted({row["export_currency"], row["import_currency"]} - {row["currency"]})
    lines += [f"{' and '.join(others)} in {row['currency']} {RATES}"] if others else []
    margins = rows.drop_nulls("margin_source").unique(["margin_pct", "margin_source"], maintain_order=True)
    lines += [
        f"freight and insurance: {margin:g} % of the value free on board, two points more or less ({source})"
        for margin, source in margins.select("margin_pct", "margin_source").iter_rows()
    ]
    if observed := rows["observed_margin_pct"].drop_nulls().sort().to_list():
        lines.append(
            f"freight and insurance as the importer prints them: {observed[0]:.1f} to {observed[-1]:.1f} % of the value"
            " without"
        )
    return lines


def workbook_notes(both_sides: BothSides) -> Notes:
    """The second sheet of a workbook: the same lines, what each column means, and the releases."""
    facts = [("title", title(both_sides.rows)), *(("note", line) for line in notes(both_sides))]
    return Notes("mirror", facts, meanings_of("mirror"), both_sides.releases.select("reporter", *RELEASE))


def _each(values: Any, write: Callable[[Any], str]) -> list[str]:
    return ["–" if value is None else write(value) for value in values]
