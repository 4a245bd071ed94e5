"""Draws a series to a picture file: months on the calendar, gaps where a month is missing, lines where export
controls took effect.
"""

import itertools
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import polars as pl
import vl_convert

from schemas.forms.doubt import NumberDoubt
from tasks.domain.doubt.doubt_words import doubt_sentences
from tasks.domain.errors import NoFigure
from tasks.domain.export_controls.measure_states import took_effect
from tasks.domain.export_controls.measures import events_of, mixed_words
from tasks.domain.labels import DOUBTED, capitalised, partner_name, product_name, product_names, trade_of
from tasks.domain.periods import month_end
from tasks.domain.reporter import Reporter
from tasks.domain.text import named
from tasks.pages.charts.charts import Spec, field, layer, scale_of
from tasks.pages.text import wording
from tasks.pages.text.sentences import subject
from tasks.pages.text.wording import scale_name, texts

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
# Separates the reporter, product and partner of a line; no key contains it.
BETWEEN = "\t"
# A longer note would leave the picture.
CHARACTERS_A_LINE = {"en": 130, "zh": 65}
# The names of more lines would leave the picture; the height of one, of the largest level.
LABELS_MAX, LABEL_HEIGHT = 12, 0.045


class DrawnLines(NamedTuple):
    """What is drawn of one reporter: `rows` of the table metric in its store, of one direction; a line for each product
    and partner. `captions` stand below the picture: sources, what values mean; and the `doubts`."""

    rows: pl.DataFrame
    products: list[str]
    partners: list[str]
    reporter: Reporter
    captions: Sequence[str] = ()
    doubts: Iterable[NumberDoubt] = ()

    @property
    def trade(self) -> tuple[str, str]:
        """Whose trade it is, and its direction."""
        return self.reporter.code, self.rows["flow"][0]


def draw(
    drawn: Sequence[DrawnLines],
    measure: str,
    form: str,
    language: str = "en",
    scale: float = 2,
    notes: Sequence[str] = (),
) -> bytes:
    """Return the bytes of a PNG or SVG, with a line for each reporter, product and partner, and `notes` below it. A PNG
    has `scale` dots a point.

    Raises NoFigure, and ValueError for another form.
    """
    if form not in PICTURES:
        raise ValueError(
            f"{form or 'a name without an ending'} is no picture that can be drawn; end the name in .png or .svg"
        )
    shown = pl.concat(known_levels(lines, measure) for lines in drawn)
    names = _names_of_lines(drawn, language)
    factor, unit = scale_of(shown["level"], measure)
    first, last = min(shown["period"]), max(shown["period"])
    values = _values(shown, names, pl.date_range(first, last, "1mo", eager=True).to_list(), factor)
    ink = _ink(list(names.values()), len({code for lines in drawn for code in lines.products}))
    events = [one for one in _took_effect(drawn) if first <= one[0] <= month_end(last)]
    below = _below(drawn, events, language)
    wrapped = [line for text in (*below, *notes) for line in textwrap.wrap(text, CHARACTERS_A_LINE[language])]
    place = {
        "x": field("month", "temporal", axis=MONTH_AXIS | NOTES_BELOW | {"title": wrapped or None}),
        "y": field("value", "quantitative", title=None, scale={"zero": True}),
    }
    layers = [layer(values, {"type": "line", "point": True, "strokeWidth": 2}, **place, color=ink)]
    layers += [_at_the_lines(values, last, ink)] if len(names) <= LABELS_MAX else []
    layers += _doubted(values, ink)
    layers += _marks([day for day, _ in events])
    bold = {"fontWeight": "bold", "fontSize": 16, "offset": 14}
    heading = {"text": _title(drawn, language), "subtitle": [scale_name(unit, language)], **bold}
    chart = {"layer": layers, "width": 720, "height": 360, "title": heading}
    if form == ".png":
        return vl_convert.vegalite_to_png(chart | ON_WHITE, scale=scale)
    return vl_convert.vegalite_to_svg(chart | ON_WHITE).encode()


def _below(drawn: Sequence[DrawnLines], events: Sequence[tuple[date, Mapping[str, Any]]], language: str) -> list[str]:
    """What stands below the lines: the events, what is mixed in them, their captions and doubts."""
    t = texts(language)
    below = [f"{number}  {day}  {t['event'].format(**row)}" for number, (day, row) in enumerate(events, 1)]
    below += [t["mixed"] for lines in drawn for _ in mixed_words(lines.products, lines.reporter.code)]
    for lines in drawn:
        in_doubt = (t["in_doubt"].format(doubt=words) for words in doubt_sentences(lines.doubts, language))
        below += [*lines.captions, *(f"{DOUBTED} {words}" for words in in_doubt)]
    return below


def _names_of_lines(drawn: Sequence[DrawnLines], language: str) -> dict[str, str]:
    """Name each line by its reporter, product and partner, as far as there are several of them."""
    names: dict[str, str] = {}
    several_products, several_partners = (
        len({key for lines in drawn for key in getattr(lines, of)}) > 1 for of in ("products", "partners")
    )
    for lines in drawn:
        for code, to in itertools.product(lines.products, lines.partners):
            parts = [capitalised(trade_of(*lines.trade, language))] if len(drawn) > 1 else []
            parts += [_name(code, lines.reporter, language)] if several_products else []
            parts += [_partner(to, language)] if several_partners or not parts else []
            names[BETWEEN.join((lines.reporter.code, code, to))] = texts(language)["comma"].join(parts)
    return names


def known_levels(lines: DrawnLines, measure: str) -> pl.DataFrame:
    """Return the rows with a level of these lines, whose key is in `partner`. Raises NoFigure for a line without."""
    known = lines.rows.filter(pl.col("level").is_not_null(), measure=measure)
    absent = [
        (code, to)
        for code, to in itertools.product(lines.products, lines.partners)
        if not known.filter(product=code, partner=to).height
    ]
    if lines.products and not absent:
        whose = pl.lit(lines.reporter.code)
        known = known.filter(pl.col("product").is_in(lines.products), pl.col("partner").is_in(lines.partners))
        return known.with_columns(partner=pl.concat_str(whose, "product", "partner", separator=BETWEEN))
    code = absent[0][0] if absent else "these goods"
    gone = [to for of, to in absent if of == code] or lines.partners
    others = lines.rows.filter(pl.col("level").is_not_null(), product=code)
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


def _title(drawn: Sequence[DrawnLines], language: str) -> str:
    """Whose trade in what, with whom where it is one partner; of several reporters the goods if all have one code."""
    first, comma = drawn[0], texts(language)["comma"]
    products, partners = ({key for lines in drawn for key in getattr(lines, of)} for of in ("products", "partners"))
    name = _name(first.products[0], first.reporter, language)
    if len(drawn) == len(products) == 1:
        return capitalised(subject(*first.trade, name, language))
    parts = [name] if len(products) == 1 else [trade_of(*lines.trade, language) for lines in drawn]
    parts += [_partner(to, language) for to in partners if len(partners) == 1]
    return capitalised(comma.join(parts))


def _took_effect(drawn: Sequence[DrawnLines]) -> list[tuple[date, dict[str, str]]]:
    """Return the measures about the products of each reporter that ever took effect, in order, with their days."""
    rows = (
        row
        for lines in drawn
        for code in lines.products
        for row in events_of(code, lines.trade[1], lines.reporter.code).iter_rows(named=True)
    )
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
