"""Draws series by month, for the plot, the page of a release and the brief.

All charts use Vega-Lite through Altair and are rendered without a browser. The import takes a second, so callers import
this module inside a function.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

import altair
import polars as pl
import vl_convert

from schemas.names import VALUES
from tasks.domain.coverage import WORLD

COLOURS = ("#1f3a5f", "#c8553d", "#b07a1c", "#3f7d68", "#7f6a93", "#6f7276")
PARTNERS_MAX = 5
MASS = "quantity_kg"
# The factor and the unit of an axis, by the least of the largest level, in kilograms or in whole money.
SCALES_OF_MASS = ((1e9, 1e-9, "Mt"), (1e8, 1e-6, "kt"), (0, 1e-3, "t"))
SCALES_OF_MONEY = ((1e10, 1e-9, "billion"), (1e6, 1e-6, "million"), (1e4, 1e-3, "thousand"), (0, 1.0, ""))
# Ticks closer than a month would print the same month several times.
MONTH_AXIS = altair.Axis(
    title=None,
    format="%Y-%m",
    labelAngle=0,
    labelOverlap=True,
    labelSeparation=12,
    tickMinStep=28 * 24 * 3600 * 1000,
)


def scale_of(values: Iterable[float | None], measure: str) -> tuple[float, str]:
    """Return the factor for levels of a measure on an axis, and the unit that results: t, kt, Mt, million USD.

    >>> scale_of([353_000.0, None, 3_188_000.0], "quantity_kg"), scale_of([9_719_544_000.0], "quantity_kg")
    ((0.001, 't'), (1e-09, 'Mt'))
    >>> scale_of([2_164_000.0], "value_usd"), scale_of([570.0], "value_usd")
    ((1e-06, 'million USD'), (1.0, 'USD'))
    """
    if measure not in (MASS, *VALUES):
        return 1.0, measure
    largest = max((abs(value) for value in values if value is not None), default=0.0)
    scales = SCALES_OF_MASS if measure == MASS else SCALES_OF_MONEY
    factor, unit = next((factor, unit) for least, factor, unit in scales if largest >= least)
    return factor, unit if measure == MASS else f"{unit} {measure.removeprefix('value_').upper()}".lstrip()


def chart(rows: pl.DataFrame, names: dict[str, str], unit: str, scale: float) -> bytes:
    """Draw a PNG of one product: the world and the largest partners by month, and those partners in the newest month.

    `rows` are of one product and measure (columns period, partner, level); `names` maps partners to their names.
    """
    newest_month = rows.filter(pl.col("level").is_not_null())["period"].max()
    assert isinstance(newest_month, date), "a picture is of something"
    parts = rows.filter(pl.col("partner") != WORLD, pl.col("level").is_not_null(), period=newest_month)
    largest = parts.sort("level", "partner", descending=[True, False]).head(PARTNERS_MAX)["partner"].to_list()
    order = [WORLD, *largest]
    values = on_calendar(rows, order, names, scale)
    shown = [names[key] for key in order if key in names]
    inks = altair.Scale(domain=shown, range=list(COLOURS[: len(shown)]))
    colour = altair.Color("partner:N", title=None, sort=shown, scale=inks, legend=altair.Legend(orient="top"))
    left = lines(values).encode(color=colour).properties(width=500, height=250, title=f"by month, {unit}")
    pictures: list[Any] = [left]
    # A single bar compares nothing.
    if len(largest) > 1:
        newest = [
            row for row in values if row["month"] == f"{newest_month:%Y-%m-%d}" and row["partner"] != names.get(WORLD)
        ]
        bars = altair.Chart(pl.DataFrame(newest)).mark_bar(size=24).encode(
            x=altair.X("value:Q", title=None, axis=altair.Axis(tickCount=5)),
            y=altair.Y("partner:N", sort=[names[key] for key in largest], axis=altair.Axis(title=None, labelLimit=150)),
            color=altair.Color("partner:N", legend=None, scale=inks),
        )  # fmt: skip
        pictures.append(
            bars.properties(width=230, height=250, title=f"largest partners in {newest_month:%Y-%m}, {unit}")
        )
    return png(altair.hconcat(*pictures), scale=1.25)


def on_calendar(rows: pl.DataFrame, partners: list[str], names: dict[str, str], scale: float) -> list[dict[str, Any]]:
    """Return every month from the first with a figure to the last, for each partner; the value of a missing month is
    null.

    So that no line crosses a missing month.
    """
    known = rows.filter(pl.col("level").is_not_null() & pl.col("partner").is_in(partners))
    first, last = known["period"].min(), known["period"].max()
    if not isinstance(first, date) or not isinstance(last, date):
        return []
    levels = {(row["partner"], row["period"]): row["level"] * scale for row in known.iter_rows(named=True)}
    there = [partner for partner in partners if partner in set(known["partner"])]
    months = pl.date_range(first, last, "1mo", eager=True).to_list()
    return [
        {"month": f"{month:%Y-%m-%d}", "value": levels.get((partner, month)), "partner": names[partner]}
        for partner in there
        for month in months
    ]


def lines(values: list[dict[str, Any]], title: str | None = None) -> altair.Chart:
    """Draw a line with points for each partner, broken where a month is missing; the axis starts at zero."""
    data = pl.DataFrame(values, schema={"month": pl.String, "value": pl.Float64, "partner": pl.String})
    drawn: altair.Chart = altair.Chart(data).mark_line(point=True, strokeWidth=2).encode(
        x=altair.X("month:T", axis=MONTH_AXIS), y=altair.Y("value:Q", title=title, scale=altair.Scale(zero=True))
    )  # fmt: skip
    return drawn


def png(picture: Any, scale: float = 2) -> bytes:
    """Render as PNG on white, by default at twice the size, so that it is sharp on high-resolution screens."""
    return vl_convert.vegalite_to_png(_on_white(picture), scale=scale)


def svg(picture: Any) -> bytes:
    """Render as SVG on white."""
    return vl_convert.vegalite_to_svg(_on_white(picture)).encode()


def _on_white(picture: Any) -> str:
    drawing: str = picture.configure(
        background="#ffffff", font="sans-serif", title={"anchor": "start", "fontWeight": "normal"}
    ).to_json()
    return drawing
