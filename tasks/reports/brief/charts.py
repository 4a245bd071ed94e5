"""Draws the charts of a brief as static SVG: no script, no network, one colour that follows the page in light and
dark.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import altair
import polars as pl
import vl_convert

from schemas.forms.brief import Facts, MirrorPart
from tasks.reports.brief.wording import partner
from tasks.reports.charts import scale_of

INK, BAR, OTHER = "#010101", "#2f7fc1", "#c8553d"
PALE = 0.07
# Points across: of the text on a screen, and of a phone. The page shows the one that fits, so that its words are as large as the
# text.
WIDTHS = {"broad": 800, "narrow": 366}
# For a few hundred kilograms whole tonnes would print 0, 0, 0, 1, 1.
TICKS = ",.3~f"


def month_chart(facts: Facts) -> str:
    """Draw monthly totals, with a numbered line for each control that took effect: an SVG for each width."""
    factor, _ = scale_of(facts.world, facts.measure)
    totals = {
        f"{month:%Y-%m}": value and value * factor for month, value in zip(facts.months, facts.world, strict=True)
    }
    ticks = [text for text in totals if text.endswith(("-01", "-07"))]
    upright: dict[str, Any] = {
        "labelAngle": 0,
        "labelAlign": "center",
        "labelBaseline": "top",
        "labelOverlap": True,
        "labelPadding": 6,
    }
    month = altair.X("month:N", sort=[*totals])
    axis = altair.X("month:N", sort=[*totals], axis=altair.Axis(values=ticks, title=None, **upright))
    values = altair.Y("t:Q", axis=_axis())
    bars = _of(totals.items(), "month", "t").mark_bar(color=BAR).encode(x=axis, y=values)
    top = max((value for value in totals.values() if value is not None), default=1.0)
    by_month: dict[str, list[str]] = {}
    for event in facts.events:
        by_month.setdefault(f"{event['day']:%Y-%m}", []).append(str(event["number"]))
    layers: list[altair.Chart] = [bars]
    if absent := [(month, top) for month, value in totals.items() if value is None]:
        layers.insert(0, _of(absent, "month", "t").mark_bar(color=INK, opacity=PALE).encode(x=month, y="t:Q"))
    if by_month:
        # The numbers of neighbouring months would overlap, so every second one is placed higher.
        marks = [
            (one, ",".join(by_month[one]), top * (1.06 + 0.09 * (place % 2))) for place, one in enumerate(by_month)
        ]
        base = _of(marks, "month", "label", "t").encode(x=month)
        numbers = base.mark_text(color=INK, fontSize=14, fontWeight="bold", dy=-6).encode(y="t:Q", text="label:N")
        layers += [base.mark_rule(color=INK, strokeDash=[4, 3]), numbers]
    return _svgs(altair.layer(*layers), 240, "m")


def partner_chart(facts: Facts, language: str) -> str:
    """Draw the partners in the month, with a mark for the month before; empty if no partner has a figure."""
    factor, _ = scale_of(partner_levels(facts), facts.measure)
    rows = [
        (
            partner(row.partner, language).removeprefix("the "),
            row.level.value * factor,
            before and before * factor,
        )
        for row in facts.partners[1:]
        for before in [facts.before[row.partner]]
        if isinstance(row.level.value, float)
    ]
    if not rows:
        return ""
    y = altair.Y("name:N", sort=[name for name, _, _ in rows], axis=altair.Axis(title=None, labelLimit=150))
    base, values = _of(rows, "name", "t", "before").encode(y=y), altair.X("t:Q", axis=_axis())
    bars, before = base.mark_bar(color=BAR).encode(x=values), base.mark_tick(color=INK, thickness=3, size=18)
    drawn = altair.layer(bars, before.encode(x="before:Q"))
    return _svgs(drawn, max(60, 26 * len(rows)), "p")


def mirror_chart(part: MirrorPart, place: int) -> str:
    """Draw what the exporter says as a line with points, what the importer says as a dashed one, and the band around it in which
    the exporter's figure is expected.
    """
    factor, _ = scale_of([*part.sold, *part.bought], part.measure)
    months = [f"{month:%Y-%m}" for month in part.months]
    axis = altair.X(
        "month:N", sort=months, axis=altair.Axis(values=months[::3], title=None, labelAngle=0, labelOverlap=True)
    )
    scaled = ([value and value * factor for value in one] for one in (part.sold, part.bought, part.low, part.high))
    base = _of(zip(months, *scaled, strict=True), "month", "sold", "bought", "low", "high").encode(x=axis)
    values = altair.Y("low:Q", axis=_axis(), scale=altair.Scale(zero=True))
    layers = [
        base.mark_area(color=OTHER, opacity=0.25).encode(y=values, y2="high:Q"),
        base.mark_line(color=OTHER, strokeDash=[5, 3], point={"color": OTHER}).encode(y="bought:Q"),
        base.mark_line(color=BAR, point={"color": BAR}).encode(y="sold:Q"),
    ]
    return _svgs(altair.layer(*layers), 150, f"x{place}")


def _of(rows: Iterable[Sequence[Any]], *names: str) -> altair.Chart:
    return altair.Chart(pl.DataFrame([*rows], schema=[*names], orient="row", infer_schema_length=None))


def _axis() -> altair.Axis:
    # The heading of the chart says the unit.
    return altair.Axis(title=None, tickCount=5, format=TICKS)


def partner_levels(facts: Facts) -> list[float]:
    """Return the values of the partner chart."""
    return [float(row.level.value) for row in facts.partners[1:] if isinstance(row.level.value, float)]


# What a drawing says to a machine: the page describes it in words, and readers of screens skip it.
IDLE = r' (?:pointer-events|aria-hidden|aria-roledescription|role|opacity)="(?:none|true|1|[^"\d]*)"|<path class="(?:back|fore)ground"[^>]*/>'


def _svgs(chart: Any, height: int, prefix: str) -> str:
    """Render an SVG for each of the widths, axes and labels included."""
    return "".join(
        _svg(chart.properties(width=width, height=height, autosize=altair.AutoSizeParams(type="fit-x", contains="padding")), f"{prefix}{place}", name)
        for place, (name, width) in enumerate(WIDTHS.items())
    )  # fmt: skip


def _svg(chart: Any, prefix: str, name: str) -> str:
    """Render SVG that scales, takes its colour from the page and shares no id with another chart."""
    axis = {
        "labelColor": INK, "domainColor": INK, "tickColor": INK, "gridColor": INK, "gridOpacity": 0.15,
        "labelFontSize": 13, "titleColor": INK, "titleFontSize": 13, "titleFontWeight": "normal", "titlePadding": 10,
    }  # fmt: skip
    plain = chart.configure(
        background="transparent",
        aria=False,  # the page says in words what the chart shows
        font="sans-serif",
        axis=axis,
        view={"stroke": None},
        padding={"left": 8, "right": 8, "top": 4, "bottom": 4},
    )  # the reader's font may be wider than ours
    svg = vl_convert.vegalite_to_svg(plain.to_json())
    svg = re.sub(IDLE, "", svg.replace(INK, "currentColor"))
    svg = re.sub(r'(id="|url\(#|href="#)', rf"\1{prefix}-", svg)
    return re.sub(
        r'<svg ([^>]*?)width="[^"]*" height="[^"]*"',
        r'<svg \1aria-hidden="true" focusable="false"',
        svg.replace('class="marks"', f'class="{name}"', 1),
        count=1,
    )


def sparkline(values: list[float | None]) -> str:
    """Draw a line of the last months, broken where a month is missing; a single month is a dot."""
    there = [value for value in values if value is not None]
    if not there:
        return ""
    high = max(there) or 1.0
    points = [
        None if value is None else (3 + number * 6, round(21 - value / high * 18, 1))
        for number, value in enumerate(values)
    ]
    runs: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point is None:
            runs.append([])
        else:
            runs[-1].append(point)
    parts = [f'<polyline points="{" ".join(f"{x},{y}" for x, y in run)}"/>' for run in runs if len(run) > 1]
    parts += [f'<circle cx="{run[0][0]}" cy="{run[0][1]}" r="1.6"/>' for run in runs if len(run) == 1]
    return f'<svg class="spark" viewBox="0 0 {6 * len(values)} 24" width="{6 * len(values)}" height="24" aria-hidden="true">{"".join(parts)}</svg>'
