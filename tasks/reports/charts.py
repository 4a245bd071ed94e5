"""Draws series by month, for the plot, the page of a release and the brief.

All charts are Vega-Lite, written as the dictionaries of its documentation and rendered without a browser.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

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
MONTH_AXIS = {
    "title": None, "format": "%Y-%m", "labelAngle": 0, "labelOverlap": True, "labelSeparation": 12, "tickMinStep": 28 * 24 * 3600 * 1000,
}  # fmt: skip
ON_WHITE = {
    "config": {"background": "#ffffff", "font": "sans-serif", "title": {"anchor": "start", "fontWeight": "normal"}}
}
# A part of the specification of a chart.
Spec = dict[str, Any]


def field(name: str, kind: str, **more: Any) -> Spec:
    """A column and how it is shown: kind is `nominal`, `quantitative` or `temporal`.

    >>> field("month", "temporal", title=None)
    {'field': 'month', 'type': 'temporal', 'title': None}
    """
    return {"field": name, "type": kind, **more}


def layer(values: Iterable[Spec], mark: str | Spec, **encoding: Spec) -> Spec:
    """One kind of mark for each row."""
    return {"data": {"values": [*values]}, "mark": mark, "encoding": encoding}


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
    inks = {"domain": shown, "range": list(COLOURS[: len(shown)])}
    colour = field("partner", "nominal", title=None, sort=shown, scale=inks, legend={"orient": "top"})
    size = {"height": 250}
    pictures = [{**lines(values, color=colour), **size, "width": 500, "title": f"by month, {unit}"}]
    # A single bar compares nothing.
    if len(largest) > 1:
        newest = [
            row for row in values if row["month"] == f"{newest_month:%Y-%m-%d}" and row["partner"] != names.get(WORLD)
        ]
        bars = layer(
            newest, {"type": "bar", "size": 24}, x=field("value", "quantitative", title=None, axis={"tickCount": 5}),
            y=field("partner", "nominal", sort=[names[key] for key in largest], axis={"title": None, "labelLimit": 150}),
            color=field("partner", "nominal", legend=None, scale=inks),
        )  # fmt: skip
        title = f"largest partners in {newest_month:%Y-%m}, {unit}"
        pictures.append({**bars, **size, "width": 230, "title": title})
    return png({"hconcat": pictures}, scale=1.25)


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


def lines(values: list[Spec], **encoding: Spec) -> Spec:
    """Draw a line with points for each partner, broken where a month is missing; the axis starts at zero."""
    month = field("month", "temporal", axis=MONTH_AXIS)
    level = field("value", "quantitative", title=None, scale={"zero": True})
    return layer(values, {"type": "line", "point": True, "strokeWidth": 2}, **{"x": month, "y": level} | encoding)


def png(picture: Spec, scale: float = 2) -> bytes:
    """Render as PNG on white, by default at twice the size, so that it is sharp on high-resolution screens."""
    return vl_convert.vegalite_to_png(picture | ON_WHITE, scale=scale)


def svg(picture: Spec) -> bytes:
    """Render as SVG on white."""
    return vl_convert.vegalite_to_svg(picture | ON_WHITE).encode()
