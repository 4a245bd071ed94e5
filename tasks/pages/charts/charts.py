"""Draws the charts of a brief as static SVG: no script, no network, one colour that follows the page in light and
dark.

All charts are Vega-Lite, written as the dictionaries of its documentation and rendered without a browser.
"""

import functools
import itertools
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import vl_convert

from schemas.forms.brief import Facts, MirrorPart
from schemas.names import VALUES
from tasks.pages.text.wording import partner, scale_name

INK, BAR, OTHER = "#010101", "#2f7fc1", "#c8553d"
PALE = 0.07
# Points across: of the text on a screen, and of a phone. The page shows the one that fits, so that its words are as
# large as the text.
WIDTHS = {"broad": 800, "narrow": 366}
# So many months have a label each.
TICKS_MAX = 8
# For a few hundred kilograms whole tonnes would print 0, 0, 0, 1, 1.
TICKS = ",.3~f"
# The heading of the chart says the unit.
AXIS = {"title": None, "tickCount": 5, "format": TICKS}
UPRIGHT = {
    "title": None,
    "labelAngle": 0,
    "labelAlign": "center",
    "labelBaseline": "top",
    "labelOverlap": True,
    "labelSeparation": 8,
    "labelPadding": 6,
}
MASS = "quantity_kg"
# The factor and the unit of an axis, by the least of the largest level, in kilograms or in whole money.
SCALES_OF_MASS = ((1e9, 1e-9, "Mt"), (1e8, 1e-6, "kt"), (0, 1e-3, "t"))
SCALES_OF_MONEY = ((1e10, 1e-9, "billion"), (1e6, 1e-6, "million"), (1e4, 1e-3, "thousand"), (0, 1.0, ""))
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


def month_chart(
    months: Sequence[date],
    world: Sequence[float | None],
    measure: str,
    events: Iterable[Mapping[str, Any]],
    in_doubt: Collection[date] = (),
) -> str:
    """Draw monthly totals, with a numbered line for each control that took effect, and a triangle over each level in
    doubt: an SVG for each width."""
    factor, _ = scale_of(world, measure)
    scaled = (value and value * factor for value in world)
    totals = {f"{month:%Y-%m}": value for month, value in zip(months, scaled, strict=True)}
    ticks = [text for text in totals if len(totals) <= TICKS_MAX or text.endswith(("-01", "-07"))]
    month = field("month", "nominal", sort=[*totals])
    below = {**month, "axis": {"values": ticks, **UPRIGHT}}
    level = field("t", "quantitative")
    bars = _of(totals.items(), "month", "t")
    top = max((value for value in totals.values() if value is not None), default=1.0)
    by_month: dict[str, list[str]] = {}
    for event in events:
        by_month.setdefault(f"{event['day']:%Y-%m}", []).append(str(event["number"]))
    layers = [layer(bars, {"type": "bar", "color": BAR}, x=below, y={**level, "axis": AXIS})]
    if absent := [(month, top) for month, value in totals.items() if value is None]:
        pale = {"type": "bar", "color": INK, "opacity": PALE}
        layers.insert(0, layer(_of(absent, "month", "t"), pale, x=month, y=level))
    if doubted := [(f"{one:%Y-%m}", totals[f"{one:%Y-%m}"], "▲") for one in in_doubt if totals.get(f"{one:%Y-%m}")]:
        over = {"type": "text", "color": INK, "fontSize": 14, "baseline": "bottom"}
        layers.append(layer(_of(doubted, "month", "t", "mark"), over, x=month, y=level, text=field("mark", "nominal")))
    if by_month:
        # The numbers of neighbouring months would overlap, so every second one is placed higher.
        heights = (top * (1.06 + 0.09 * (place % 2)) for place in range(len(by_month)))
        marks = [(one, ",".join(by_month[one]), height) for one, height in zip(by_month, heights, strict=True)]
        rows = _of(marks, "month", "label", "t")
        words = {"type": "text", "color": INK, "fontSize": 14, "fontWeight": "bold", "dy": -6}
        layers.append(layer(rows, {"type": "rule", "color": INK, "strokeDash": [4, 3]}, x=month))
        layers.append(layer(rows, words, x=month, y=level, text=field("label", "nominal")))
    return _svgs(layers, 240, "m")


def partner_chart(facts: Facts, language: str) -> str:
    """Draw the partners in the month, with a mark for the month before; empty if no partner has a figure."""
    factor, _ = scale_of(partner_levels(facts), facts.measure)
    rows = [
        (partner(row.partner, language).removeprefix("the "), row.level.value * factor, before and before * factor)
        for row in facts.partners[1:]
        if isinstance(row.level.value, float)
        for before in [facts.before[row.partner]]
    ]
    if not rows:
        return ""
    y = field("name", "nominal", sort=[name for name, _, _ in rows], axis={"title": None, "labelLimit": 150})
    values = _of(rows, "name", "t", "before")
    tick = {"type": "tick", "color": INK, "thickness": 3, "size": 18}
    bars = layer(values, {"type": "bar", "color": BAR}, x=field("t", "quantitative", axis=AXIS), y=y)
    before = layer(values, tick, x=field("before", "quantitative"), y=y)
    return _svgs([bars, before], max(60, 26 * len(rows)), "p")


def mirror_chart(part: MirrorPart, place: int) -> str:
    """Draw what the exporter says as a line with points, what the importer says as a dashed one, and the band around it
    in which the exporter's figure is expected.
    """
    factor, _ = scale_of([*part.sold, *part.bought], part.measure)
    months = [f"{month:%Y-%m}" for month in part.months]
    axis = {"values": months[::3], "title": None, "labelAngle": 0, "labelOverlap": True, "labelSeparation": 8}
    month = field("month", "nominal", sort=months, axis=axis)
    scaled = ([value and value * factor for value in one] for one in (part.sold, part.bought, part.low, part.high))
    rows = _of(zip(months, *scaled, strict=True), "month", "sold", "bought", "low", "high")
    low = field("low", "quantitative", axis=AXIS, scale={"zero": True})
    line = {"type": "line", "point": {"color": OTHER}, "color": OTHER, "strokeDash": [5, 3]}
    layers = [
        layer(rows, {"type": "area", "color": OTHER, "opacity": 0.25}, x=month, y=low, y2={"field": "high"}),
        layer(rows, line, x=month, y=field("bought", "quantitative")),
        layer(rows, {"type": "line", "point": {"color": BAR}, "color": BAR}, x=month, y=field("sold", "quantitative")),
    ]
    return _svgs(layers, 150, f"x{place}")


def _of(rows: Iterable[Sequence[Any]], *names: str) -> list[Spec]:
    return [dict(zip(names, row, strict=True)) for row in rows]


def partner_levels(facts: Facts) -> list[float]:
    """Return the values of the partner chart."""
    return [float(row.level.value) for row in facts.partners[1:] if isinstance(row.level.value, float)]


# What a drawing says to a machine, and what holds without being said: the page describes it in words, and readers of
# screens skip it.
IDLE = (
    r' (?:pointer-events|aria-hidden|aria-roledescription|role|opacity)="(?:none|true|1|[^"\d]*)"'
    r'| class="(?:mark|role)-[^"]*"| stroke-width="1"| [xy]2="0"| font-(?:family="sans-serif"|size="13px")'
    r'|<path class="(?:back|fore)ground"[^>]*/>'
)
# Inside a tag: the labels of an axis keep their decimals.
COORDINATE = r"\d+\.\d{3,}(?=[^<>]*>)"


# What the page has, and no words for readers of screens: the page says what the chart shows. The reader's font may be
# wider than ours.
CONFIG = {
    "background": "transparent",
    "aria": False,
    "font": "sans-serif",
    "view": {"stroke": None},
    "padding": {"left": 8, "right": 8, "top": 4, "bottom": 4},
    "axis": {
        "labelColor": INK,
        "domainColor": INK,
        "tickColor": INK,
        "gridColor": INK,
        "gridOpacity": 0.15,
        "labelFontSize": 13,
        "titleColor": INK,
        "titleFontSize": 13,
        "titleFontWeight": "normal",
        "titlePadding": 10,
    },
}


def _svgs(layers: list[Spec], height: int, prefix: str) -> str:
    """Render an SVG for each of the widths, axes and labels included."""
    fitted = {"type": "fit-x", "contains": "padding"}
    drawn: Spec = {"layer": layers, "height": height, "autosize": fitted, "config": CONFIG}
    sizes = enumerate(WIDTHS.items())
    return "".join(
        _svg(json.dumps(drawn | {"width": width}), f"{prefix}{place}", name) for place, (name, width) in sizes
    )


# The charts of months and of both sides are the same in every language, and some of them on several pages.
@functools.lru_cache(maxsize=64)
def _svg(drawn: str, prefix: str, name: str) -> str:
    """Render SVG that scales, takes its colour from the page and shares no id with another chart."""
    svg = vl_convert.vegalite_to_svg(drawn)
    svg = re.sub(IDLE, "", svg.replace(INK, "currentColor"))
    svg = re.sub(COORDINATE, lambda coordinate: f"{float(coordinate[0]):.1f}", svg)
    svg = re.sub(r'(id="|url\(#|href="#)', rf"\1{prefix}-", svg)
    return re.sub(
        r'<svg ([^>]*?)width="[^"]*" height="[^"]*"',
        r'<svg \1aria-hidden="true" focusable="false" font-family="sans-serif" font-size="13px"',
        svg.replace('class="marks"', f'class="{name}"', 1),
        count=1,
    )


def _drawn_runs(points: Iterable[tuple[float, float] | None], radius: float) -> list[str]:
    """Return the elements of a line through points, broken where there is none; a single point is a dot."""
    runs = [[*run] for is_known, run in itertools.groupby(points, key=bool) if is_known]
    lines = [
        f'<polyline points="{" ".join(f"{x},{y}" for x, y in filter(None, run))}"/>' for run in runs if len(run) > 1
    ]
    dots = [
        f'<circle cx="{x}" cy="{y}" r="{radius:g}"/>' for run in runs if len(run) == 1 for x, y in filter(None, run)
    ]
    return lines + dots


def sparkline(values: list[float | None]) -> str:
    """Draw a line of the last months, broken where a month is missing; a single month is a dot."""
    known = [value for value in values if value is not None]
    if not known:
        return ""
    high = max(known) or 1.0
    points = (
        value if value is None else (3 + 6 * n, round(21 - value / high * 18, 1)) for n, value in enumerate(values)
    )
    return (
        f'<svg class="spark" viewBox="0 0 {6 * len(values)} 24" width="{6 * len(values)}" height="24"'
        f' aria-hidden="true">{"".join(_drawn_runs(points, 1.6))}</svg>'
    )


def card_line(months: Sequence[date], values: Sequence[float | None], measure: str, language: str) -> str:
    """Draw a readable line of months for a card: its highest level, the newest month as a dot, the first and the last
    month; broken where a month is missing."""
    known = [value for value in values if value is not None]
    if not known:
        return ""
    factor, unit = scale_of(values, measure)
    unit = scale_name(unit, language)
    high = max(map(abs, known)) or 1.0
    step = 292 / max(1, len(values) - 1)
    points = [
        value if value is None else (round(4 + n * step, 1), round(72 - value / high * 52, 1))
        for n, value in enumerate(values)
    ]
    x, y = [point for point in points if point is not None][-1]
    parts = [*_drawn_runs(points, 2), f'<circle cx="{x}" cy="{y}" r="3.5" fill="currentColor"/>']
    top = f"{high * factor:,.0f}" if high * factor >= 100 else f"{high * factor:,.3g}"
    return (
        '<svg class="line" viewBox="0 0 300 92" aria-hidden="true"><g fill="none" stroke="currentColor"'
        f' stroke-width="2"><path d="M0 72H300M0 20H300" stroke-width="1" opacity=".25"/>{"".join(parts)}</g>'
        f'<g fill="currentColor" font-size="11"><text x="0" y="14">{top} {unit}</text><text x="0" y="88">'
        f'{months[0]:%Y-%m}</text><text x="300" y="88" text-anchor="end">{months[-1]:%Y-%m}</text></g></svg>'
    )
