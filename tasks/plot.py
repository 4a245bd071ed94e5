"""A series as a picture file: months on the calendar, gaps where a month is missing, lines where export controls took effect."""

from datetime import date

import altair
import polars as pl
import vl_convert

from tasks.control_events import MIXED, MIXED_WORDS, events_of, members
from tasks.display import partner_name, product_name
from tasks.trace import NoFigure

PICTURES = (".png", ".svg")
UNITS = {"quantity_kg": (1e-3, "tonnes"), "value_usd": (1e-6, "million USD"), "value_cny": (1e-6, "million CNY")}
COLOURS = ["#1f6fb2", "#c4511d", "#2b8a57", "#8a4fb0", "#8c6d1f", "#b03060"]


def draw(rows: pl.DataFrame, product: str, partners: list[str], measure: str, form: str) -> bytes:
    """The bytes of a PNG or SVG; `rows` are of the table metric. Raises NoFigure, and ValueError for another form."""
    if form not in PICTURES:
        raise ValueError(
            f"{form or 'a name without an ending'} is no picture that can be drawn; end the name in .png or .svg"
        )
    shown = rows.filter((pl.col("measure") == measure) & pl.col("partner").is_in(partners)).sort("partner", "period")
    known = shown.filter(pl.col("level").is_not_null())
    if absent := sorted(set(partners) - set(known["partner"])):
        there = rows.filter(pl.col("level").is_not_null())
        raise NoFigure(
            f"nothing to draw of {product}, {measure}, partner {', '.join(absent)}; there are measures "
            f"{', '.join(there['measure'].unique().sort()) or 'none'} and partners {', '.join(there['partner'].unique().sort()) or 'none'}"
        )
    factor, unit = UNITS.get(measure, (1.0, measure))
    last = max(known["period"])
    first = min(known["period"])
    values = [
        {
            "month": f"{row['period']:%Y-%m-%d}",
            "value": None if row["level"] is None else row["level"] * factor,
            "partner": partner_name(row["partner"]),
        }
        for row in shown.iter_rows(named=True)
        if first <= row["period"] <= last
    ]
    x = altair.X(
        "month:T", axis=altair.Axis(title=None, format="%Y-%m", labelAngle=0, labelOverlap=True, labelSeparation=12)
    )
    lines = altair.Chart(pl.DataFrame(values)).mark_line(point=True, strokeWidth=2).encode(
        x=x, y=altair.Y("value:Q", title=unit, scale=altair.Scale(zero=True)),
        color=altair.Color("partner:N", title=None, scale=altair.Scale(range=COLOURS), legend=altair.Legend(orient="top")),
    )  # fmt: skip
    marks = [
        {"month": day.isoformat(), "label": row["document"]}
        for row in events_of(product).iter_rows(named=True)
        if (day := _effect(row)) and first <= day <= last
    ]
    layers: list[altair.Chart] = [lines]
    if marks:
        base = altair.Chart(pl.DataFrame(marks)).encode(x="month:T")
        layers += [
            base.mark_rule(strokeDash=[4, 3], color="#444444"),
            base.mark_text(angle=270, align="right", dx=-4, dy=-7, color="#444444", fontSize=10).encode(
                y=altair.value(0), text="label:N"
            ),
        ]
    subtitle = MIXED_WORDS if MIXED in members(product) else ""
    chart = altair.layer(*layers).properties(
        width=720, height=360, title=altair.TitleParams(product_name(product), subtitle=subtitle, anchor="start")
    )
    drawing = chart.configure(background="#ffffff", font="sans-serif").to_json()
    return (
        vl_convert.vegalite_to_png(drawing, scale=2) if form == ".png" else vl_convert.vegalite_to_svg(drawing).encode()
    )


def _effect(row: dict[str, str]) -> date | None:
    """The day on which a measure took effect, if it ever did."""
    return (
        date.fromisoformat(row["effective_from"])
        if row["effective_from"] and row["state"] != "never_in_force"
        else None
    )
