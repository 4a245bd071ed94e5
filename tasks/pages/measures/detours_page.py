"""Writes the page on detours, and draws the direct flow and both legs of a hub before and after."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import vl_convert

from tasks.analysis.measures.detour_interval import HELD_PCT
from tasks.analysis.measures.detours import between
from tasks.answers.measures.detours import DetoursAnswer
from tasks.domain.labels import country
from tasks.domain.numbers import amount
from tasks.pages.charts.charts import Spec, field, layer, scale_of
from tasks.pages.charts.plot import COLOURS, MONTH_AXIS, ON_WHITE, PICTURES
from tasks.pages.text.document import Chart, Document, Note, SectionPart, TablePart, on_an_answer, rows_of
from tasks.pages.text.page_templates import words
from tasks.pages.text.wording import level, level_or_dash, month_words, scale_name
from tasks.store.snapshots.outside import file_outside, write_outside

HUBS_SHOWN = 12


def document_of(answer: DetoursAnswer, language: str) -> Document:
    """Return the page of an answer."""
    t, rows = words("sheet", language)["detours"], answer.rows
    first = rows.row(0, named=True)
    hub = country(first["hub"], language)
    places = {
        "product": first["product"],
        "exporter": country(first["exporter"], language),
        "importer": country(first["importer"], language),
        "since": month_words(f"{first['since']:%Y-%m}", language),
        "until": month_words(f"{first['until']:%Y-%m}", language),
    }
    caption = t["caption"].format(**places, hub=hub)
    sections = [
        SectionPart(t["chart"].format(hub=hub), [Chart(draw_flows(answer, language).decode(), caption)]),
        _hubs(rows, language),
        _sides(rows, language),
        _rates(first, language),
    ]
    headlines = _headlines(rows, places, language)
    title = t["title"].format(**places)
    return on_an_answer(answer, title, headlines, t["about"], sections, answer.notes, language)


def write_picture(answer: DetoursAnswer, place: Path, language: str) -> Path:
    """Write the three flows as a picture. Raises ValueError for an ending of no picture."""
    if place.suffix not in PICTURES:
        raise ValueError(f"{place}: no picture that can be drawn; end the name in .png or .svg")
    file_outside(place)
    write_outside(place, draw_flows(answer, language, place.suffix))
    return place


def _headlines(rows: pl.DataFrame, places: dict[str, str], language: str) -> list[str]:
    t, first = words("sheet", language)["detours"], rows.row(0, named=True)
    measure, before, after = first["measure"], first["direct_before"], first["direct_after"]
    lines = []
    if before:
        change = f"{100 * (after / before - 1):+.1f} %".replace("-", "−")
        numbers = {"after": level(after, measure, language), "before": level(before, measure, language)}
        lines.append(t["direct"].format(**places, **numbers, change=change))
    else:
        lines.append(t["no_direct"].format(**places))
    fired = rows.filter(pl.col("fires")).to_dicts()
    for row in fired:
        numbers = {name: level(row[name], measure, language) for name in ("estimate", "low", "high", "ceiling")}
        hub, rate = country(row["hub"], language), f"{row['as_high_pct']:.1f} %"
        errs = {"errs": _rate(row, "goods"), "errs_replaced": _rate(row, "all")}
        lines.append(t["fires"].format(hub=hub, rate=rate, held=HELD_PCT, **numbers, **errs))
    if not fired:
        lines.append(t[first["status"] if first["status"] != "judged" else "none"])
    return lines


def _hubs(rows: pl.DataFrame, language: str) -> SectionPart:
    t = words("sheet", language)["detours"]
    cells = []
    for row in rows.head(HUBS_SHOWN).iter_rows(named=True):
        legs = [
            level_or_dash(row[name], row["measure"], language)
            for name in ("first_before", "first_after", "second_before", "second_after")
        ]
        numbers = [level_or_dash(row[name], row["measure"], language) for name in ("estimate", "ceiling")]
        prices = [_price(row[f"{name}_usd_per_kg"]) for name in ("first", "second")]
        rate = "–" if row["as_high_pct"] is None else f"{row['as_high_pct']:.1f}"
        lag = "–" if row["lag"] is None else str(row["lag"])
        verdict = t["verdicts"]["fires" if row["fires"] else row["status"]]
        cells.append((country(row["hub"], language), *legs, lag, *prices, *numbers, rate, verdict))
    table = TablePart(t["columns"], rows_of(cells), range(1, len(t["columns"]) - 1))
    return SectionPart(t["hubs"], [Note(t["computed"]), table])


def _sides(rows: pl.DataFrame, language: str) -> SectionPart:
    """What both sides of each flow print: seller and buyer, no number computed."""
    t, first = words("sheet", language)["detours"], rows.row(0, named=True)
    cells = []
    sides = {"direct": ("direct", "direct_other"), "first": ("first_said", "first_other")}
    sides["second"] = ("second_other", "second_said")
    for name, row in [
        ("direct", first),
        *((leg, row) for row in rows.head(3).to_dicts() for leg in ("first", "second")),
    ]:
        hub = country(row["hub"], language)
        numbers = [row[f"{side}_{when}"] for side in sides[name] for when in ("before", "after")]
        shown = [level_or_dash(number, row["measure"], language) for number in numbers]
        cells.append((t["flows"][name].format(hub=hub), *shown))
    return SectionPart(t["sides"], [TablePart(t["side_columns"], rows_of(cells), range(1, len(t["side_columns"])))])


def _rates(first: dict[str, Any], language: str) -> SectionPart:
    t = words("sheet", language)["detours"]
    cells = []
    for name in t["placebos"]:
        tried, fired = first[f"placebo_{name}"], first[f"placebo_{name}_fired"]
        rate = _rate(first, name) if tried and first["threshold"] is not None else "–"
        cells.append((t["placebos"][name], str(tried), str(fired), rate))
    return SectionPart(t["rates"], [Note(t["proof"]), TablePart(t["rate_columns"], rows_of(cells), range(1, 4))])


def _rate(row: dict[str, Any], name: str) -> str:
    """The rate at which the screen errs, with its own interval."""
    tried, fired = row[f"placebo_{name}"], row[f"placebo_{name}_fired"]
    low, high = between(fired, tried)
    return f"{100 * fired / tried:.0f} % ({low:.0f}–{high:.0f})" if tried else "–"


def _price(value: float | None) -> str:
    return "–" if value is None else amount(value)


def draw_flows(answer: DetoursAnswer, language: str, form: str = ".svg") -> bytes:
    """Return a picture, SVG or PNG, of the three flows by month, with a line where the date is."""
    t, first = words("sheet", language)["detours"], answer.rows.row(0, named=True)
    factor, unit = scale_of(answer.flows["level"], first["measure"])
    hub = country(first["hub"], language)
    values: list[Spec] = [
        {
            "month": f"{row['period']:%Y-%m-%d}",
            "value": None if row["level"] is None else row["level"] * factor,
            "flow": t["flows"][row["flow"]].format(hub=hub),
        }
        for row in answer.flows.iter_rows(named=True)
    ]
    names: Sequence[str] = list(dict.fromkeys(str(row["flow"]) for row in values))
    ink = field("flow", "nominal", title=None, sort=names, scale={"range": list(COLOURS)}, legend={"orient": "top"})
    since = [{"month": f"{first['since']:%Y-%m-%d}"}]
    layers = [
        layer(
            values,
            {"type": "line", "point": True, "strokeWidth": 2},
            x=field("month", "temporal", axis=MONTH_AXIS),
            y=field("value", "quantitative", title=scale_name(unit, language), scale={"zero": True}),
            color=ink,
        ),
        layer(since, {"type": "rule", "strokeDash": [4, 3], "color": "#444444"}, x=field("month", "temporal")),
    ]
    chart = {"layer": layers, "width": 720, "height": 300}
    if form == ".png":
        return vl_convert.vegalite_to_png(chart | ON_WHITE, scale=2)
    return vl_convert.vegalite_to_svg(chart | ON_WHITE).encode()
