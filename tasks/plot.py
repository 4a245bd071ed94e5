"""A series as a picture file: months on the calendar, gaps where a month is missing, lines where export controls took effect."""

from datetime import date

import altair
import polars as pl

from tasks.chart import COLOURS, lines, on_calendar, png, scale_of_tonnes, svg
from tasks.control_events import MIXED, MIXED_WORDS, events_of, holds
from tasks.control_states import took_effect
from tasks.display import named, partner_name, product_name
from tasks.errors import NoFigure
from tasks.periods import month_end

KG_PER_TONNE = 1000
TONNES = {"t": "tonnes", "kt": "thousand tonnes", "Mt": "million tonnes"}
PICTURES = (".png", ".svg")
UNITS = {"value_usd": (1e-6, "million USD"), "value_cny": (1e-6, "million CNY")}


def draw(rows: pl.DataFrame, product: str, partners: list[str], measure: str, form: str, cited: str = "") -> bytes:
    """The bytes of a PNG or SVG; `rows` are of the table metric, `cited` is the line that says where they come from. Raises
    NoFigure, and ValueError for another form."""
    if form not in PICTURES:
        raise ValueError(
            f"{form or 'a name without an ending'} is no picture that can be drawn; end the name in .png or .svg"
        )
    shown = rows.filter(pl.col("measure") == measure)
    known = shown.filter(pl.col("level").is_not_null() & pl.col("partner").is_in(partners))
    if absent := sorted(set(partners) - set(known["partner"])):
        there = rows.filter(pl.col("level").is_not_null())
        raise NoFigure(
            f"nothing to draw of {product}, {measure}, partner {', '.join(absent)}; there are measures "
            f"{named({*there['measure']}) or 'none'} and partners {named({*there['partner']}) or 'none'}"
        )
    factor, unit = UNITS.get(measure, (1.0, measure))
    if measure == "quantity_kg":
        scale, short = scale_of_tonnes(known["level"] / KG_PER_TONNE)
        factor, unit = scale / KG_PER_TONNE, TONNES[short]
    first, last = min(known["period"]), max(known["period"])
    names = {partner: partner_name(partner) for partner in partners}
    drawn = lines(on_calendar(shown, partners, names, factor), unit).encode(
        color=altair.Color("partner:N", title=None, sort=list(names.values()), scale=altair.Scale(range=list(COLOURS)),
                           legend=altair.Legend(orient="top"))
    )  # fmt: skip
    until = month_end(last)
    events = [
        (day, row)
        for row in events_of(product, rows["flow"][0]).iter_rows(named=True)
        if (day := _effect(row)) and first <= day <= until
    ]
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
    notes += [MIXED_WORDS] if holds(product, MIXED) else []
    notes += [cited] if cited else []
    title = f"{str(rows['flow'][0]).capitalize()}s of {product_name(product)}"
    chart = altair.layer(*layers).properties(
        width=720, height=360, title=altair.TitleParams(title, subtitle=notes, fontWeight="bold")
    )
    return png(chart) if form == ".png" else svg(chart)


def _effect(row: dict[str, str]) -> date | None:
    """The day on which a measure took effect, if it ever did."""
    return date.fromisoformat(row["effective_from"]) if took_effect(row) else None
