"""Draws a series to a picture file: months on the calendar, gaps where a month is missing, lines where export
controls took effect.
"""

import itertools
import textwrap
from collections.abc import Sequence
from datetime import date

import polars as pl
import vl_convert

from tasks.domain.errors import NoFigure
from tasks.domain.export_controls.measure_states import took_effect
from tasks.domain.export_controls.measures import events_of, mixed_words
from tasks.domain.labels import capitalised, partner_name, product_name, product_names, trade_of
from tasks.domain.periods import month_end
from tasks.domain.reporter import Reporter
from tasks.domain.text import named
from tasks.pages.charts.charts import Spec, field, layer, scale_of
from tasks.pages.text import wording
from tasks.pages.text.sentences import subject
from tasks.pages.text.wording import scale_name, texts
from tasks.reading.query import Keys, several

PICTURES = (".png", ".svg")
COLOURS = ("#1f3a5f", "#c8553d", "#b07a1c", "#3f7d68", "#7f6a93", "#6f7276")
# Ticks closer than a month would print the same month several times.
MONTH_AXIS = {
    "title": None,
    "format": "%Y-%m",
    "labelAngle": 0,
    "labelOverlap": True,
    "labelSeparation": 12,
    "tickMinStep": 28 * 24 * 3600 * 1000,
}
# What explains the picture stands below it: a reader sees the title, the unit and the lines first.
NOTES_BELOW = {
    "titleAnchor": "start",
    "titleAlign": "left",
    "titleX": 0,
    "titleFontSize": 11,
    "titleFontWeight": "normal",
    "titleColor": "#444444",
    "titlePadding": 14,
}
ON_WHITE = {
    "config": {"background": "#ffffff", "font": "sans-serif", "title": {"anchor": "start", "fontWeight": "normal"}}
}
# Separates the product and the partner of a line; no key contains it.
BETWEEN = "\t"
# A longer note would leave the picture.
CHARACTERS_A_LINE = {"en": 130, "zh": 65}
# The names of more lines would leave the picture; the height of one, of the largest level.
LABELS_MAX, LABEL_HEIGHT = 12, 0.045


def draw(
    rows: pl.DataFrame,
    product: Keys,
    partners: list[str],
    measure: str,
    form: str,
    reporter: Reporter,
    cited: Sequence[str] = (),
    language: str = "en",
    scale: float = 2,
) -> bytes:
    """Return the bytes of a PNG or SVG, with a line for each product and partner; `rows` are of the table metric in
    the store of `reporter`, `cited` are lines with their sources and doubts. A PNG has `scale` dots a point.

    Raises NoFigure, and ValueError for another form.
    """
    if form not in PICTURES:
        raise ValueError(
            f"{form or 'a name without an ending'} is no picture that can be drawn; end the name in .png or .svg"
        )
    products, t = several(product) or [], texts(language)
    names = _names_of_lines(products, partners, reporter, language)
    shown = _shown(rows, measure, list(names))
    factor, unit = scale_of(shown["level"], measure)
    first, last = min(shown["period"]), max(shown["period"])
    values = _values(shown, names, pl.date_range(first, last, "1mo", eager=True).to_list(), factor)
    ink = _ink(list(names.values()), len(products))
    flow = rows["flow"][0]
    events = [one for one in _took_effect(products, flow, reporter.code) if first <= one[0] <= month_end(last)]
    notes = [f"{number}  {day}  {t['event'].format(**row)}" for number, (day, row) in enumerate(events, 1)]
    notes += [t["mixed"] for _ in mixed_words(products, reporter.code)]
    notes += [line for text in cited for line in textwrap.wrap(text, CHARACTERS_A_LINE[language])]
    place = {
        "x": field("month", "temporal", axis=MONTH_AXIS | NOTES_BELOW | {"title": notes or None}),
        "y": field("value", "quantitative", title=None, scale={"zero": True}),
    }
    layers = [layer(values, {"type": "line", "point": True, "strokeWidth": 2}, **place, color=ink)]
    layers += [_at_the_lines(values, last, ink)] if len(names) <= LABELS_MAX else []
    layers += _doubted(values, ink)
    layers += _marks([day for day, _ in events])
    bold = {"fontWeight": "bold", "fontSize": 16, "offset": 14}
    title = _title(products, partners, flow, reporter, language)
    heading = {"text": title, "subtitle": [scale_name(unit, language)], **bold}
    chart = {"layer": layers, "width": 720, "height": 360, "title": heading}
    if form == ".png":
        return vl_convert.vegalite_to_png(chart | ON_WHITE, scale=scale)
    return vl_convert.vegalite_to_svg(chart | ON_WHITE).encode()


def _names_of_lines(products: list[str], partners: list[str], reporter: Reporter, language: str) -> dict[str, str]:
    """Name each line by its product and partner, as far as there are several of them."""
    names: dict[str, str] = {}
    for code, to in itertools.product(products, partners):
        parts = [_name(code, reporter, language)] if len(products) > 1 else []
        parts += [_partner(to, language)] if len(products) == 1 or len(partners) > 1 else []
        names[f"{code}{BETWEEN}{to}"] = texts(language)["comma"].join(parts)
    return names


def _shown(rows: pl.DataFrame, measure: str, lines: list[str]) -> pl.DataFrame:
    """Return the rows with a level of these lines, whose key is in `partner`. Raises NoFigure for a line without."""
    known = rows.filter(pl.col("level").is_not_null(), measure=measure)
    known = known.with_columns(partner=pl.concat_str("product", pl.lit(BETWEEN), "partner"))
    absent = sorted({*lines} - {*known["partner"]})
    if not absent:
        return known.filter(pl.col("partner").is_in(lines))
    code = absent[0].split(BETWEEN)[0]
    others = rows.filter(pl.col("level").is_not_null(), product=code)
    gone = [line.split(BETWEEN)[1] for line in absent if line.startswith(code + BETWEEN)]
    raise NoFigure(
        f"nothing to draw of {code}, {measure}, partner {', '.join(gone)}; there are measures "
        f"{named({*others['measure']}) or 'none'} and partners {named({*others['partner']}) or 'none'}"
    )


def _values(shown: pl.DataFrame, names: dict[str, str], months: list[date], factor: float) -> list[Spec]:
    """Return a value for every month of the calendar, so that no line crosses one that is missing."""
    levels = {(line, month): level * factor for line, month, level in shown.select("partner", "period", "level").rows()}
    names_level = pl.col("figures_in_doubt").cast(pl.String).str.split("+").list.contains("level")
    doubted = {*shown.filter(names_level.fill_null(False)).select("partner", "period").iter_rows()}
    return [
        {
            "month": f"{month:%Y-%m-%d}",
            "value": levels.get((line, month)),
            "partner": name,
            "doubt": (line, month) in doubted,
        }
        for line, name in names.items()
        for month in months
    ]


def _ink(names: list[str], products: int) -> Spec:
    """Return the colours of the lines, with a legend where their names do not stand at the lines."""
    inks = {"range": list(COLOURS)} if len(names) <= len(COLOURS) else {"scheme": "tableau20"}
    legend = {"orient": "top", "labelLimit": 0, "columns": 1 if products > 1 else 0}
    is_labelled = len(names) <= LABELS_MAX
    return field("partner", "nominal", title=None, sort=names, scale=inks, legend=None if is_labelled else legend)


def _doubted(values: list[Spec], ink: Spec) -> list[Spec]:
    """Return the mark of each number in doubt, large enough to cover its point."""
    doubted = [row for row in values if row["doubt"] and row["value"] is not None]
    place = {"x": field("month", "temporal"), "y": field("value", "quantitative")}
    mark = {"type": "point", "shape": "triangle-up", "filled": True, "opacity": 1, "size": 110}
    edge = {"stroke": "#ffffff", "strokeWidth": 1}
    return [layer(doubted, mark | edge, **place, color=ink)] if doubted else []


def _marks(days: list[date]) -> list[Spec]:
    """Return lines across the picture with their numbers at the top."""
    if not days:
        return []
    marks = [{"month": day.isoformat(), "number": number} for number, day in enumerate(days, 1)]
    month, number = field("month", "temporal"), {"y": {"value": 0}, "text": field("number", "quantitative")}
    words = {"type": "text", "dy": -8, "color": "#444444", "fontSize": 12, "fontWeight": "bold"}
    return [
        layer(marks, {"type": "rule", "strokeDash": [4, 3], "color": "#444444"}, x=month),
        layer(marks, words, x=month, **number),
    ]


def _title(products: list[str], partners: list[str], flow: str, reporter: Reporter, language: str) -> str:
    if len(products) == 1:
        return capitalised(subject(reporter.code, flow, _name(products[0], reporter, language), language))
    title = capitalised(trade_of(reporter.code, flow, language))
    return f"{title}{texts(language)['comma']}{_partner(partners[0], language)}" if len(partners) == 1 else title


def _took_effect(products: list[str], flow: str, reporter: str) -> list[tuple[date, dict[str, str]]]:
    """Return the measures about these products that ever took effect, in order, with their days."""
    rows = (row for code in products for row in events_of(code, flow, reporter).iter_rows(named=True))
    measures = {row["event"]: row for row in rows if took_effect(row)}.values()
    return sorted(((date.fromisoformat(row["effective_from"]), row) for row in measures), key=lambda one: one[0])


def _at_the_lines(values: list[Spec], last: date, ink: Spec) -> Spec:
    """Write the name of each line at its end, moved as far as it takes that none covers another."""
    ends = {row["partner"]: row["value"] for row in values if row["value"] is not None}
    top = max((abs(row["value"]) for row in values if row["value"] is not None), default=0.0) or 1.0
    placed: list[Spec] = []
    for name, value in sorted(ends.items(), key=lambda end: end[1]):
        least = placed[-1]["at"] + LABEL_HEIGHT * top if placed else value
        placed.append({"partner": name, "at": max(value, least), "month": f"{last:%Y-%m-%d}"})
    end = {"x": field("month", "temporal"), "y": field("at", "quantitative"), "text": field("partner", "nominal")}
    return layer(placed, {"type": "text", "align": "left", "dx": 10, "fontSize": 12}, color=ink, **end)


def _partner(key: str, language: str) -> str:
    return partner_name(key) if language == "en" else wording.partner(key, language)


def _name(product: str, reporter: Reporter, language: str) -> str:
    """Return the name of a product with its code."""
    if language == "en":
        return product_name(product, reporter.nomenclature)
    names = product_names(product, reporter.nomenclature)
    return f"{names[1]}（{product}）" if names else product
