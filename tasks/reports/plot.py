"""Draws a series to a picture file: months on the calendar, gaps where a month is missing, lines where export
controls took effect.
"""

import textwrap
from datetime import date

import altair
import polars as pl

from tasks.domain.errors import NoFigure
from tasks.domain.labels import capitalised, partner_name, product_name, trade_of
from tasks.domain.measure_states import took_effect
from tasks.domain.measures import events_of, mixed_words
from tasks.domain.periods import month_end
from tasks.domain.reporter import Reporter
from tasks.domain.text import named
from tasks.reports.charts import COLOURS, lines, on_calendar, png, scale_of, svg
from tasks.reports.query import Keys, several

TONNES = {"t": "tonnes", "kt": "thousand tonnes", "Mt": "million tonnes"}
PICTURES = (".png", ".svg")
# Separates the product and the partner of a line; no key contains it.
BETWEEN = "\t"
# A longer note would leave the picture.
CHARACTERS_A_LINE = 110


def draw(
    rows: pl.DataFrame, product: Keys, partners: list[str], measure: str, form: str, reporter: Reporter, cited: str = ""
) -> bytes:
    """Return the bytes of a PNG or SVG, with a line for each product and partner; `rows` are of the table metric in
    the store of `reporter`, `cited` is the line with their sources.

    Raises NoFigure, and ValueError for another form.
    """
    if form not in PICTURES:
        raise ValueError(
            f"{form or 'a name without an ending'} is no picture that can be drawn; end the name in .png or .svg"
        )
    products = several(product) or []
    # A line is named by its product and partner, as far as there are several of them.
    names = {_line(code, to): _label(products, partners, code, to, reporter) for code in products for to in partners}
    known = rows.filter(pl.col("level").is_not_null(), measure=measure).with_columns(
        partner=pl.concat_str("product", pl.lit(BETWEEN), "partner")
    )
    if absent := sorted({*names} - {*known["partner"]}):
        code = absent[0].split(BETWEEN)[0]
        there = rows.filter(pl.col("level").is_not_null(), product=code)
        gone = [line.split(BETWEEN)[1] for line in absent if line.startswith(code + BETWEEN)]
        raise NoFigure(
            f"nothing to draw of {code}, {measure}, partner {', '.join(gone)}; there are measures "
            f"{named({*there['measure']}) or 'none'} and partners {named({*there['partner']}) or 'none'}"
        )
    shown = known.filter(pl.col("partner").is_in(list(names)))
    factor, unit = scale_of(shown["level"], measure)
    first, last = min(shown["period"]), max(shown["period"])
    inks = altair.Scale(range=list(COLOURS)) if len(names) <= len(COLOURS) else altair.Scale(scheme="tableau20")
    drawn = lines(on_calendar(known, list(names), names, factor), TONNES.get(unit, unit)).encode(
        color=altair.Color("partner:N", title=None, sort=list(names.values()), scale=inks,
                           legend=altair.Legend(orient="top", labelLimit=0, columns=1 if len(products) > 1 else 0))
    )  # fmt: skip
    until = month_end(last)
    measures = {
        row["event"]: row
        for code in products
        for row in events_of(code, rows["flow"][0], reporter.code).iter_rows(named=True)
    }
    dated = [(day, row) for row in measures.values() if (day := _effect(row)) and first <= day <= until]
    events = sorted(dated, key=lambda pair: pair[0])
    marks = [{"month": day.isoformat(), "number": number} for number, (day, _) in enumerate(events, 1)]
    layers: list[altair.Chart] = [drawn]
    if marks:
        base = altair.Chart(pl.DataFrame(marks)).encode(x="month:T")
        layers += [
            base.mark_rule(strokeDash=[4, 3], color="#444444"),
            base.mark_text(dy=-8, color="#444444", fontSize=12, fontWeight="bold").encode(
                y=altair.value(0), text="number:Q"
            ),
        ]
    notes = [f"{number}  {day}  {row['body']}: {row['document']}" for number, (day, row) in enumerate(events, 1)]
    notes += mixed_words(products, reporter.code)
    notes += textwrap.wrap(cited, CHARACTERS_A_LINE)
    title = capitalised(trade_of(reporter.code, rows["flow"][0]))
    if len(products) == 1:
        title += f" of {product_name(products[0], reporter.nomenclature)}"
    elif len(partners) == 1:
        title += f", {partner_name(partners[0])}"
    chart = altair.layer(*layers).properties(
        width=720, height=360, title=altair.TitleParams(title, subtitle=notes, fontWeight="bold")
    )
    return png(chart) if form == ".png" else svg(chart)


def _line(product: str, partner: str) -> str:
    return f"{product}{BETWEEN}{partner}"


def _label(products: list[str], partners: list[str], product: str, partner: str, reporter: Reporter) -> str:
    """Return the label of a line: what distinguishes it from the others."""
    if len(products) == 1:
        return partner_name(partner)
    name = product_name(product, reporter.nomenclature)
    return name if len(partners) == 1 else f"{name}, {partner_name(partner)}"


def _effect(row: dict[str, str]) -> date | None:
    """Return the day on which a measure took effect, if it ever did."""
    return date.fromisoformat(row["effective_from"]) if took_effect(row) else None
