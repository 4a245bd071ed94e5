"""Renders the page of a series in both languages: the newest month in figures, a chart, partners, parts, files.

Belongs here: what stands on the page without a script, and the words that the script needs. Numbers are rounded here
and nowhere earlier. Does not belong here: which pages there are, and where (`tasks.pages.site.site`).
"""

import functools
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

import polars as pl

from schemas.code_files import money
from schemas.figures import QUOTABLE
from schemas.forms.doubt import NumberDoubt
from schemas.names import MISSING, ORIGINS, STATUSES, caveats_of, status
from schemas.names import quote as quoted
from tasks.answers.form.quotes import beside
from tasks.domain.coverage import WORLD
from tasks.domain.doubt.doubt_words import doubt_sentences, doubt_text, doubts_in
from tasks.domain.doubt.verdict_words import from_base
from tasks.domain.export_controls.measures import mixed_words
from tasks.domain.labels import (
    capitalised,
    country,
    in_full,
    is_group,
    partner_name,
)
from tasks.domain.numbers import CARE, MARKS, in_unit
from tasks.domain.units import UNIT_VALUE_OF
from tasks.pages.brief import lists
from tasks.pages.brief.context import is_withheld
from tasks.pages.brief.watched import file_name
from tasks.pages.charts import charts
from tasks.pages.series import data
from tasks.pages.series.data import KG, TABLED, PageSeries
from tasks.pages.text import wording
from tasks.pages.text.assets import RUNTIME, with_policy
from tasks.pages.text.document import (
    DoubtPart,
    Lines,
    Links,
    Note,
    Part,
    SectionPart,
    TablePart,
    TableRow,
    Text,
    TextRun,
    part_words,
    rows_of,
)
from tasks.pages.text.page_templates import FRONT, LANGUAGES, template, words
from tasks.pages.text.sentences import subject
from tasks.reading.citation import citation, known_on
from tasks.store.snapshots.parquet import read_table

STILL, RECENT, PARTNERS_LISTED, FILES_LISTED, BELOW_LISTED = 48, 12, 25, 12, 60
PER_CENT_MAX = 1_000
LEVELS = ("level", "ytd")


@dataclass(frozen=True)
class PagePlace:
    """What the page knows of the site around it: the single months that have a page, which products and partners have
    one, the address of the site on the web, if it has one, and whether what was known on earlier days is at hand."""

    months: Sequence[str] = ()
    products: frozenset[str] = frozenset()
    partners: frozenset[str] = frozenset()
    address: str = ""
    has_past: bool = True


def stem_of(series: PageSeries) -> str:
    """Return the name of the page's files without their endings."""
    return file_name(series.product, series.flow)


def title_of(series: PageSeries, language: str) -> str:
    """Return the title of the page: China's exports of rare earth magnets."""
    name = wording.texts(language)["name"].format(name_en=series.names[0], name_zh=series.names[1])
    return capitalised(subject(series.reporter.code, series.flow, name, language))


def render(series: PageSeries, language: str, place: PagePlace, below: pl.DataFrame, stem: str) -> str:
    """Return the page. `below` has the rows of `metric` of the newest month of the parts of the product."""
    t = wording.texts(language) | words("series", language)
    month = wording.month_words(f"{series.last:%Y-%m}", language)
    world = series.world()
    factor, unit = charts.scale_of(world, series.measure)
    title = title_of(series, language)
    rows = series.judged_rows(language)
    total = rows.filter(pl.col("partner") == series.partners[0])
    reasons = {**ORIGINS, **MISSING, **t["missing_reasons"]}
    doubts = _doubts_of_first(series)
    alt = _alt(series, title, language, t)
    releases = _releases(series)
    stated = is_withheld(releases["source"].unique().to_list())
    first_line = partner_label(series.partners[0], language)
    last = f"{series.last:%Y-%m}"
    still_events = [event for event in series.events if event["day"] >= series.months[-STILL:][0]]
    text = template("series.html.j2").render(
        t=t,
        series=series,
        other=next(one for one in LANGUAGES if one != language),
        up="../",
        front=FRONT,
        runtime=RUNTIME,
        stem=stem,
        title=title,
        description=alt,
        image=_image(series, language, place, stem),
        trail=_trail(series, language, place),
        has_past=place.has_past,
        months_with_pages=place.months,
        month_page=f"{stem}/{last}.{language}.html" if last in place.months else "",
        first=f"{series.months[0]:%Y-%m}",
        last=last,
        month=month,
        mixed=t["mixed"] if mixed_words([series.product], series.reporter.code) else "",
        key=_key(total, series, language, reasons, first_line),
        doubts=doubt_sentences(doubts, language),
        key_caveats=wording.caveats_in(total.to_dicts(), language, functools.partial(name_of, language=language)),
        measures=_measures(series, language, t),
        partners=[(key, partner_label(key, language)) for key in series.partners],
        has_mirror=any(not part.withheld and part.partner in series.partners for part in series.mirrors),
        still_label=f"{first_line}{t['comma']}{wording.scale_name(unit, language)}",
        still=charts.month_chart(
            series.months[-STILL:], world[-STILL:], series.measure, still_events, _doubted(series)
        ),
        alt=alt if series.partners[0] == WORLD else f"{alt}{t['gap']}{t['no_total']}",
        events=Lines(lists.event_lines(series.events, language), "events", numbered=True),
        cited=t["cite"].format(citation=cited_of(series, language)),
        licence=t["licence"] if stated else "",
        parts=[
            _partners(rows, series, language, place, doubts),
            *_below(below, series, language, place, doubts),
            SectionPart(t["as_table"], [_recent(series, factor, reasons, language)], "table", "print"),
            _files(releases, series, language),
            *_months(place, stem, language),
        ],
        **part_words(language),
    )
    return with_policy(text)


def _partners(
    rows: pl.DataFrame, series: PageSeries, language: str, place: PagePlace, doubts: Sequence[NumberDoubt]
) -> SectionPart:
    """The partners of the newest month, the largest first."""
    t = wording.texts(language) | words("series", language)
    about = rows.head(PARTNERS_LISTED + 1).to_dicts()
    table = [_partner_row(row, language, place) for row in about]
    implied = rows.filter(partner=series.partners[0]).select(pl.col(pl.String)).rows()
    parts = [*_figures(t["partner"], t["partner_columns"], table, about, language, doubts)]
    parts += [Note(t["more_partners"].format(count=PARTNERS_LISTED), "soft")] * (rows.height > PARTNERS_LISTED + 1)
    parts += [Note(t["implied"], "soft")] * any("implied_base" in row for row in implied)
    month = wording.month_words(f"{series.last:%Y-%m}", language)
    return SectionPart(t["partners"].format(month=month), parts, "partners")


def _below(
    below: pl.DataFrame, series: PageSeries, language: str, place: PagePlace, doubts: Sequence[NumberDoubt]
) -> Iterator[SectionPart]:
    """What the product is made of in the newest month."""
    t, about = words("series", language), below.head(BELOW_LISTED).to_dicts()
    table = [product_row(row, TABLED[:-1], language, place.products) for row in about]
    parts = [*_figures(t["product"], t["below_columns"], table, about, language, doubts)]
    if about:
        month = wording.month_words(f"{series.last:%Y-%m}", language)
        yield SectionPart(t["below_title"].format(month=month), parts, "below")


def _figures(
    first: str,
    columns: Sequence[str],
    table: Sequence[TableRow],
    about: Sequence[Mapping[str, Any]],
    language: str,
    above: Sequence[NumberDoubt],
) -> Iterator[Part]:
    """A table of figures with the caveats on its growths and its doubts, but for those that are stated above it."""
    yield TablePart([first, *columns], table, range(1, len(columns) + 1), "numbers")
    caveats = wording.caveats_in(about, language, functools.partial(name_of, language=language))
    yield from (Note(line, "caveat") for line in caveats)
    yield DoubtPart(doubts_of_table(about, above))


def _files(releases: pl.DataFrame, series: PageSeries, language: str) -> SectionPart:
    """The releases that the numbers come from, and the command that lists their records."""
    t, rows = words("series", language), releases.head(FILES_LISTED)
    cells = rows.select("title", "release_id", pl.col("released_on").cast(pl.String), "raw_sha256").rows()
    month = f"{series.last:%Y-%m}"
    command = f"tidewaiter trace {series.product} --flow {series.flow} --partner WLD --month {month}"
    table = TablePart(t["file_columns"], rows_of(cells), look="files", heads=False)
    return SectionPart(
        t["files"], [table, Note([f"{t['trace_note']} ", TextRun(command, look="code")], "soft")], "files", "closed"
    )


def _months(place: PagePlace, stem: str, language: str) -> Iterator[SectionPart]:
    """The pages of single months."""
    if place.months:
        links = [(name, f"{stem}/{name}.{language}.html") for name in place.months]
        yield SectionPart(words("series", language)["month_pages"], [Links(links)], "months", "closed")


def _image(series: PageSeries, language: str, place: PagePlace, stem: str) -> str:
    """Return the address of the picture of a page; empty where the site has no address."""
    if not place.address:
        return ""
    return f"{place.address.rstrip('/')}/{series.reporter.code}/{quote(stem)}.{language}.png"


def _trail(series: PageSeries, language: str, place: PagePlace) -> list[tuple[str, str]]:
    """Return the pages above a page, with their names."""
    above = [code for code in series.above if code in place.products]
    return [
        (capitalised(country(series.reporter.code, language)), f"index.{language}.html"),
        *((code, f"{file_name(code, series.flow)}.{language}.html") for code in above),
    ]


def _doubts_of_first(series: PageSeries) -> list[NumberDoubt]:
    """Return what is in doubt about the number that a page begins with."""
    return [
        doubt
        for (measure, partner, day), doubts in series.doubts.items()
        if _is_first(series, measure, partner, day)
        for doubt in doubts
    ]


def doubts_of_table(rows: Sequence[Mapping[str, Any]], above: Sequence[NumberDoubt] = ()) -> list[NumberDoubt]:
    """Return what is in doubt in a table and is not stated above it: a title alone is not seen on paper, by a finger,
    or by a reader of screens."""
    stated = {doubt.by_itself for doubt in above}
    every = (doubt for row in rows for figure in TABLED for doubt in doubts_in(row[f"{figure}_doubt"]))
    return [doubt for doubt in every if doubt.by_itself not in stated]


def _doubted(series: PageSeries) -> list[date]:
    """Return the months of which the number of the first line is in doubt."""
    return [
        day for measure, partner, day in series.doubts if (measure, partner) == (series.measure, series.partners[0])
    ]


def script_words(language: str) -> str:
    """Return the words of the script of the pages in a language, as a script: `WORDS={…}`."""
    t = wording.texts(language)
    of_script = words("series", language)["script"]
    reasons = {**ORIGINS, **MISSING, **t["missing_reasons"]} | {
        one: of_script[one] for one in ("not_known", "not_kept")
    }
    units = {KG: t["units"].get("kg", "kg")} | {
        name: t["units"].get(name.removeprefix("value_").upper(), name.removeprefix("value_").upper())
        for name in UNIT_VALUE_OF
    }
    script = {**of_script, "statuses": STATUSES, "reasons": reasons, "units": units, "flows": t["flows"]}
    return f"WORDS={json.dumps(script, ensure_ascii=False, separators=(',', ':'))}"


def others_as_script(series: PageSeries) -> str:
    """Return the lines of the partners that a page does not open with, and their names, as a script: `MORE={…}`."""
    others = data.others_of(series)
    names = {language: [partner_label(key, language) for key in others.partners] for language in LANGUAGES}
    return data.as_script(others, "MORE", names=names)


def whole_series(series: PageSeries) -> bytes:
    """Return every figure of the series as CSV, a row a partner, month and measure, with its status and doubt."""
    figures = ("level", "mom_pct", "yoy_pct", "share_pct")
    growths = [name for name in QUOTABLE if name in figures]
    columns = [column for figure in figures for column in (figure, status(figure))]
    columns += [column(name) for name in growths for column in (quoted, caveats_of)]
    kept = series.rows.filter(pl.col("level").is_not_null() | pl.col("yoy_pct").is_not_null())
    kept = beside(kept.sort("measure", "partner", "period"), series.judged, "en", growths)
    keys = kept.select("measure", "partner", "period").rows()
    doubts = series.every_doubt
    return (
        kept.select(
            pl.lit(series.reporter.code).alias("reporter"),
            "flow",
            "product",
            "partner",
            pl.Series("partner_name", [_safe(partner_name(key[1])) for key in keys], dtype=pl.String),
            pl.col("period").dt.strftime("%Y-%m"),
            "measure",
            *columns,
            pl.Series("doubt", [_safe(doubt_text(doubts.get(key, ()))) or None for key in keys], dtype=pl.String),
            pl.lit(series.snapshot.id).alias("snapshot"),
        )
        .write_csv()
        .encode()
    )


def _safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def partner_label(key: str, language: str) -> str:
    """Return the name of a partner, or of all together, as the label of a line or a row."""
    if key == WORLD:
        return str(wording.texts(language)["world"])
    return partner_name(key) if language == "en" else wording.partner(key, language)


def _is_first(series: PageSeries, measure: str, partner: str, day: date) -> bool:
    return (measure, partner, day) == (series.measure, series.partners[0], series.last)


def _measures(series: PageSeries, language: str, t: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The choices of a measure: its name, the factor and the unit of an axis, and what a person reads."""
    choices, moneys = [], money()
    for name in series.measures:
        factor, unit = charts.scale_of((v for line in series.state.levels[name] for v in line), name)
        plain = name.removeprefix("quantity_")
        currency = moneys.get(name, {}).get("name_zh" if language == "zh" else "name_en", "")
        kind = "value" if currency else name if name == KG else "quantity"
        label = t["chart_measures"][kind].format(unit=plain, money=currency)
        shown = wording.scale_name(unit, language) if name in (KG, *UNIT_VALUE_OF) else plain
        choices.append({"name": name, "factor": factor, "unit": shown, "label": label})
    for value, ratio in UNIT_VALUE_OF.items():
        if value in series.measures and KG in series.measures:
            code = value.removeprefix("value_").upper()
            unit = t["units"].get(f"{code}/kg", f"{code}/kg")
            label = t["chart_measures"]["unit_value"].format(money=t["units"].get(code, code))
            choices.append({"name": ratio, "factor": 1, "unit": unit, "label": label})
    return choices


def growth_text(row: Mapping[str, Any], figure: str, reasons: Mapping[str, str], language: str) -> tuple[str, str]:
    """Return a growth or a share of a row of `metric` as text, and its status in words where that must be said; of one
    that is not to be quoted what it is from, and why."""
    value, why = row[figure], row[status(figure)]
    if value is None:
        return "–", reasons[why]
    words_said = row.get(caveats_of(figure)) or ""
    if row.get(quoted(figure)) == "no":
        return from_base(row, figure, language), words_said
    sign = "+" if value > 0 and figure != "share_pct" else ""
    text = f"{sign}{value:,.1f}" if value < PER_CENT_MAX else f"> +{PER_CENT_MAX:,}"
    mark = MARKS.get(why, "")
    return text.replace("-", "−") + mark + CARE * bool(words_said), words_said or (reasons[why] if mark else "")


def name_of(row: Mapping[str, Any], language: str) -> str:
    """Return the name of a row of partners or of parts."""
    return (
        str(row["product_name"] or row["product"]) if "product_name" in row else partner_label(row["partner"], language)
    )


def level_text(value: float | None, measure: str, language: str, why: str) -> tuple[str, str]:
    """Return a level with its unit, and the reason where there is none."""
    if value is None:
        return "–", why
    if measure == KG or measure in UNIT_VALUE_OF:
        return wording.level(value, measure, language), ""
    return in_unit(f"{value:,.0f}", measure.removeprefix("quantity_"), language), ""


def _key(
    newest: pl.DataFrame, series: PageSeries, language: str, reasons: Mapping[str, str], line: str
) -> list[tuple[str, str, str]]:
    """The figures of the newest month: name, text, and a reason where there is none. A large figure has three digits,
    and all of them in its title."""
    t = wording.texts(language) | words("series", language)
    if not newest.height:
        return []
    row = newest.row(0, named=True)
    month = wording.month_words(f"{series.last:%Y-%m}", language)
    names = {"level": f"{line}{t['comma']}{month}", "mom_pct": t["chart_figures"]["mom_pct"]}
    names |= {"yoy_pct": t["chart_figures"]["yoy_pct"], "ytd": t["figures"]["ytd"], "ytd_yoy_pct": t["ytd_growth"]}
    rounded = row | {figure: row[figure] and float(f"{row[figure]:.3g}") for figure in LEVELS}
    cells, short = cells_of(row, names, language, reasons), cells_of(rounded, names, language, reasons)
    figures = list[tuple[str, str, str]]()
    for figure, (text, why), (level, _) in zip(names, cells, short, strict=True):
        if figure in LEVELS and level != text:
            figures.append((names[figure], level, t["semicolon"].join(filter(None, (text, why)))))
        else:
            is_percentage = figure not in LEVELS and row[figure] is not None and row[quoted(figure)] != "no"
            figures.append((names[figure], text + t["script"]["percent"] * is_percentage, why))
    return figures


def cells_of(
    row: Mapping[str, Any], figures: Iterable[str], language: str, reasons: Mapping[str, str]
) -> list[tuple[str, str]]:
    """Return figures of a row of `with_doubts` as texts with reasons, each marked that is in doubt; the row says each
    doubt at the first figure that has it."""
    in_doubt, cells, stated = wording.texts(language)["in_doubt"], [], set[NumberDoubt]()
    for figure in figures:
        doubt = doubts_in(row[f"{figure}_doubt"])
        if figure in LEVELS:
            text, why = level_text(row[figure], row["measure"], language, reasons[row[status(figure)]])
        else:
            text, why = growth_text(row, figure, reasons, language)
        if doubt and row[figure] is not None:
            new = {one.by_itself for one in doubt} - stated
            words_said = [why, in_doubt.format(doubt=doubt_text(doubt, language))] if new else [why]
            text, why = f"▲ {text}", wording.texts(language)["semicolon"].join(filter(None, words_said))
            stated |= new
        cells.append((text, why))
    return cells


def _figure_cells(row: Mapping[str, Any], figures: Iterable[str], language: str) -> list[Text]:
    reasons = {**ORIGINS, **MISSING, **wording.texts(language)["missing_reasons"]}
    return [[TextRun(text, title=why)] for text, why in cells_of(row, figures, language, reasons)]


def _partner_row(row: Mapping[str, Any], language: str, place: PagePlace) -> TableRow:
    """A row of the table of partners."""
    t, key = words("series", language), row["partner"]
    name = partner_label(key, language) + (t["group"] if is_group(key) and key != WORLD else "")
    address = f"partner-{quote(key.replace(':', '-'))}.{language}.html" if key in place.partners else ""
    cells = [[TextRun(name, address)], *_figure_cells(row, TABLED, language)]
    return TableRow(cells, look="total" if key == WORLD else "", partner=key)


def product_row(
    row: Mapping[str, Any], figures: Iterable[str], language: str, with_pages: Collection[str], shown: str = ""
) -> TableRow:
    """Return the row of a product with its figures; it leads to its page, if it has one, where `shown` is chosen."""
    code, name = row["product"], in_full(row["product_name"] or "")
    address = f"{quote(file_name(code, row['flow']))}.{language}.html{shown}" if code in with_pages else ""
    text = f"{code if code.isdigit() else ''} {name or code}".strip()
    return TableRow([[TextRun(text, address)], *_figure_cells(row, figures, language)])


def _recent(series: PageSeries, factor: float, reasons: Mapping[str, str], language: str) -> TablePart:
    """The newest months of each partner, in the unit of the chart."""
    levels, codes = series.state.levels[series.measure], series.state.statuses[series.measure]
    months = list[TableRow]()
    for number in range(len(series.months) - 1, max(-1, len(series.months) - 1 - RECENT), -1):
        cells = list[Text]([f"{series.months[number]:%Y-%m}"])
        for line, values in enumerate(levels):
            doubt = series.doubts.get((series.measure, series.partners[line], series.months[number]))
            value = values[number]
            text = "–" if value is None else _amount(value * factor) + (" ▲" if doubt else "")
            why = "" if value is not None else reasons[STATUSES[codes[line][number]]]
            cells.append([TextRun(text, title=doubt_text(doubt, language) if doubt else why)])
        months.append(TableRow(cells))
    unit = wording.scale_name(charts.scale_of(series.world(), series.measure)[1], language)
    names = [partner_label(key, language) for key in series.partners]
    title = f"{names[0]}{wording.texts(language)['comma']}{unit}"
    columns = [words("series", language)["month_word"], *names]
    return TablePart(columns, months, range(1, len(columns)), "numbers", title=title)


def _amount(value: float) -> str:
    return (
        f"{value:,.0f}"
        if abs(value) >= 100 or value == int(value)
        else f"{value:,.1f}"
        if abs(value) >= 1
        else f"{value:.2g}"
    )


def _alt(series: PageSeries, title: str, language: str, t: Mapping[str, Any]) -> str:
    """The chart in words: the newest month, the highest and the lowest."""
    known = [(value, day) for value, day in zip(series.world(), series.months, strict=True) if value is not None]
    if not known:
        return title
    (high, high_day), (low, low_day) = max(known), min(known)
    unit = wording.scale_name(charts.scale_of(series.world(), series.measure)[1], language)
    shown = {
        name: level_text(value, series.measure, language, "")[0]
        for name, value in (("latest", known[-1][0]), ("high", high), ("low", low))
    }
    return str(
        t["alt"].format(
            title=title,
            unit=unit,
            first=f"{series.months[0]:%Y-%m}",
            last=f"{known[-1][1]:%Y-%m}",
            high_month=f"{high_day:%Y-%m}",
            low_month=f"{low_day:%Y-%m}",
            **shown,
        )
    )


def _releases(series: PageSeries) -> pl.DataFrame:
    """The releases that the newest words of the series come from, the newest first."""
    ids = series.release_ids
    rows = read_table(series.snapshot, "release").filter(pl.col("release_id").is_in(list(ids)))
    return rows.with_columns(title=pl.coalesce("title", "release_id")).sort(
        "released_on", "release_id", descending=[True, False]
    )


def cited_of(series: PageSeries, language: str) -> str:
    """Return the line to cite the page by, with all files of the series and what its values mean."""
    if (line := series.cited.get(language)) is not None:
        return line
    day = known_on(read_table(series.snapshot, "release"), read_table(series.snapshot, "decision"))
    return citation(_releases(series)["title"].to_list(), series.reporter.code, day, series.snapshot.id, language)
