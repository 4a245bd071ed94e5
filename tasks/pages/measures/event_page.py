"""Writes the page on an export-control measure: what was controlled when, and what trade shows around it.

Each number is of the months from the first day on, against the same months a year before, beside the middle 80 % of
placebo products: those of headings that no measure names. Belongs here: what the page says. Windows are in
`tasks.controls`, detours in `tasks.answers.measures.detours`, both sides in `tasks.analysis.mirror`.
"""

import statistics
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from schemas.forms.doubt import NumberDoubt
from schemas.questions.detours import Detours
from schemas.questions.event_brief import EventBrief
from tasks.analysis.mirror.statements import mirror, partners_of
from tasks.answers.form.answer import Answer, store_of
from tasks.answers.measures.detours import detours
from tasks.answers.trade.read import with_names
from tasks.controls import windows as event_windows
from tasks.domain import clock
from tasks.domain.coverage import TOTALS, WORLD
from tasks.domain.decisions import counting
from tasks.domain.doubt.doubt_words import once_each
from tasks.domain.errors import NoFigure, NothingPublished
from tasks.domain.export_controls.control_lists import Spec
from tasks.domain.export_controls.measure_states import states_on
from tasks.domain.export_controls.measures import codes_of, codes_recorded, event_row, measure_title
from tasks.domain.labels import capitalised, country
from tasks.domain.numbers import amount, in_unit
from tasks.domain.periods import Month, first_day, month_name, month_number
from tasks.domain.text import named as named_few
from tasks.pages.brief.list_page import sentences, short_goods
from tasks.pages.text.document import Document, Note, PageAnswer, SectionPart, TablePart, on_an_answer, rows_of
from tasks.pages.text.page_templates import words
from tasks.pages.text.wording import level, level_or_dash, month_words
from tasks.pages.text.wording import texts as brief_texts
from tasks.reading.lists import ListedProducts, listed_in
from tasks.reading.query import doubts_of, newest_month, open_published, query, reporter_of
from tasks.reading.resolver import Resolver
from tasks.reading.series import alike, levels
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import read_table

KG, USD = "quantity_kg", "value_usd"
# What a row of the table of measures says in Chinese as well.
IN_CHINESE = ("goods", "missing", "users", "action")
YEAR, PARTNERS_MAX, SIDES_MAX = 12, 8, 3
# Of placebos, the middle part that is shown, and how many it takes.
PLACEBOS_MIN = 10


class CodeRow(NamedTuple):
    """What became of a code: its goods, how much of it is controlled and which goods, kilograms since the day and in
    the year before, growth with its status, and values per kilogram."""

    code: str
    goods: str
    coverage: str
    controlled: str
    after: float | None
    before: float | None
    growth: float | None
    status: str
    price_before: float | None
    price_after: float | None
    # Months that are not known in one of both years, and the sums of the others in both.
    gaps: tuple[int, ...]
    alike: tuple[float, float]


def event_brief(question: EventBrief) -> PageAnswer:
    """Return a row for each code of a measure that the store has, and the page. Raises ValueError for a measure that is
    none, and NoFigure where the store has none of its codes or no month since its first day."""
    store, language = store_of(question), question.language
    snapshot = open_published(store)
    row = event_row(question.event, reporter_of(snapshot).code)
    months = _months(snapshot, row, question)
    if not codes_of(row["event"]):
        named = row["missing"] or row["goods"]
        raise NoFigure(
            f"no code of {row['event']} is recorded: {row['document']}, {named}; {row['page'] or row['source']}"
        )
    listed = listed_in(snapshot, [Spec(row["event"])])
    codes = list(listed.keys)
    if not codes:
        raise NoFigure(f"this store has no code of {row['event']}, which has {named_few(listed.rows['code'])}")
    world = _world(snapshot, store, codes, months, question.flow)
    names = with_names(pl.DataFrame({"product": codes}), Resolver(snapshot), language)
    code_rows = [_code_row(store, listed, names.row(place), world, months, question) for place in range(names.height)]
    code_rows.sort(key=lambda one: (one.growth is None, one.coverage != "whole", -(one.before or 0)))
    rows = pl.DataFrame(
        [(one.code, one.coverage, one.after, one.before, one.growth, one.status) for one in code_rows],
        ["product", "coverage", "quantity_kg", "quantity_year_before_kg", "yoy_pct", "status"],
        orient="row",
    )
    # Programs have no table that says what is controlled.
    notes = (*_unknown(code_rows, question), *listed.notes(language))
    doubts = _doubts(snapshot, listed, months, question.flow)
    answer = Answer(rows, snapshot, notes, doubts, table="event_window")
    document = _document(answer, store, row, listed, code_rows, world, months, question)
    return PageAnswer.of(answer, f"measure-{row['event']}-{question.flow}-{language}", document)


def _months(snapshot: Snapshot, row: dict[str, Any], question: EventBrief) -> range:
    first = month_number(date.fromisoformat(row["effective_from"]))
    newest = newest_month(snapshot, question.flow)
    last = min(first + question.months - 1, month_number(newest)) if newest else first - 1
    if last < first:
        ends = f"ends with {newest:%Y-%m}" if newest else "has no figures"
        raise NoFigure(f"no month since {row['effective_from']} is known: this store {ends}")
    return range(first, last + 1)


class WorldSeries(NamedTuple):
    """The kilograms of all partners of the codes by month, the growths of placebos in the same months, and the middle
    part of these; None where they are too few."""

    series: dict[str, dict[int, Any]]
    placebos: list[float]
    band: tuple[float, float] | None


def _world(snapshot: Snapshot, store: Path, codes: Sequence[str], months: range, flow: str) -> WorldSeries:
    every = [*range(months.start - YEAR, months.stop - YEAR), *months]
    known = event_windows.by_product(event_windows.in_kilograms(_metric(store, flow, every)))
    headings = tuple({code[:4] for code in codes})
    names = [one for one in event_windows.placebos(known, reporter_of(snapshot).code) if not one.startswith(headings)]
    releases = counting(read_table(snapshot, "release"), read_table(snapshot, "decision"))
    wanted = {name: known.get(name, {}) for name in [*codes, *names]}
    series = event_windows.with_zeros(wanted, every, releases, flow, WORLD)
    growths = [event_windows.compare(series[name], months.start, len(months))[2] for name in names]
    known_growths = [growth for growth in growths if growth is not None]
    cuts = statistics.quantiles(known_growths, n=10) if len(known_growths) >= PLACEBOS_MIN else []
    return WorldSeries(series, known_growths, (cuts[0], cuts[-1]) if cuts else None)


def _code_row(
    store: Path,
    listed: ListedProducts,
    name: tuple[str, str | None],
    world: WorldSeries,
    months: range,
    question: EventBrief,
) -> CodeRow:
    """What became of one product, by its code and the name of its goods."""
    code, goods = name
    before = range(months.start - YEAR, months.stop - YEAR)
    now, then, growth, status = event_windows.compare(world.series[code], months.start, len(months))
    of_code = listed.coverage(question.language)
    coverage, controlled = next(
        (of_code[one] for one in (code[:digits] for digits in range(len(code), 1, -1)) if one in of_code), ("", "")
    )
    values = _values(store, question.flow, code, [*before, *months])
    before_price, price = (_price(values, span, mass) for span, mass in ((before, then), (months, now)))
    known = {month: row["level"] for month, row in world.series[code].items() if row["level"] is not None}
    both = [month for month in months if month in known and month - YEAR in known]
    gaps = tuple(month for month in months if month not in both)
    alike = (sum(known[month] for month in both), sum(known[month - YEAR] for month in both))
    goods = short_goods(goods or "")
    return CodeRow(code, goods, coverage, controlled, now, then, growth, status, before_price, price, gaps, alike)


def _metric(store: Path, flow: str, months: Sequence[int]) -> pl.DataFrame:
    pairs = [Month(month).pair for month in months]
    rows = query(store, "metric", flow=flow, partner=WORLD, month=pairs)
    return rows.filter(event_windows.places(WORLD)).select(event_windows.LOOKED_AT)


def _values(store: Path, flow: str, code: str, months: Sequence[int]) -> dict[int, float]:
    pairs = [Month(month).pair for month in months]
    rows = query(store, "metric", flow=flow, product=code, partner=WORLD, measure=USD, month=pairs).drop_nulls("level")
    return {month_number(period): value for period, value in rows.select("period", "level").iter_rows()}


def _price(values: dict[int, float], months: range, mass: float | None) -> float | None:
    if not mass or any(month not in values for month in months):
        return None
    return sum(values[month] for month in months) / mass


def _doubts(snapshot: Snapshot, listed: ListedProducts, months: range, flow: str) -> tuple[NumberDoubt, ...]:
    table = pl.DataFrame(
        [(key, flow, WORLD, months.start - YEAR, months.stop - 1) for key in listed.keys],
        ["product", "flow", "partner", "begin", "end"],
        orient="row",
    ).with_columns(pl.col("begin", "end").cast(pl.Int32))
    return once_each(doubts_of(snapshot).each_of_keys(table))


def _document(
    answer: Answer,
    store: Path,
    row: dict[str, Any],
    listed: ListedProducts,
    code_rows: Sequence[CodeRow],
    world: WorldSeries,
    months: range,
    question: EventBrief,
) -> Document:
    language = question.language
    t = words("sheet", language)["measure"]
    row = row | ({name: row[f"{name}_zh"] for name in IN_CHINESE} if language == "zh" else {})
    span = " – ".join(month_words(month_name(month), language) for month in (months.start, months.stop - 1))
    sections = [
        _facts(row, t),
        _codes(code_rows, t, span, language),
        _partners(store, listed, months, question, t),
        _sides(store, listed, months, question, answer.snapshot),
        _detours(store, listed, months, question, answer.snapshot),
    ]
    headlines = [
        *_headlines(code_rows, span, t, language),
        _band(world, t),
        *_recorded(row, listed, t),
        *([t["short"].format(known=len(months), asked=question.months)] if len(months) < question.months else []),
    ]
    title, about = measure_title(row["event"], language), t["about"].format(snapshot=answer.snapshot.id)
    of_list = sentences(listed.notes(language, but=("about", "held", "part")), language)
    return on_an_answer(answer, title, headlines, about, sections, [*_unknown(code_rows, question), *of_list], language)


def _headlines(code_rows: Sequence[CodeRow], span: str, t: dict[str, Any], language: str) -> list[str]:
    """The largest codes, wholly controlled ones first, and how many have no growth."""
    known = [one for one in code_rows if one.growth is not None]
    lines = []
    for place, one in enumerate(known[:3]):
        numbers = {"after": level(one.after or 0, KG, language), "before": level(one.before or 0, KG, language)}
        growth = in_unit(f"{one.growth:+,.1f}".replace("-", "−"), "%", language)
        name = f"{one.code} {one.goods}".strip()
        lines.append(t["code" if place else "first"].format(code=name, **numbers, growth=growth, span=span))
    if silent := len(code_rows) - len(known):
        lines.append(t["silent"].format(count=silent))
    return lines


def _band(world: WorldSeries, t: dict[str, Any]) -> str:
    """How much products of headings that no measure names changed in the same months."""
    count = len(world.placebos)
    if world.band is None:
        return str(t["no_band"].format(count=count))
    low, high = (f"{cut:+.0f}".replace("-", "−") for cut in world.band)
    return str(t["band"].format(low=low, high=high, count=count))


def _recorded(row: dict[str, Any], listed: ListedProducts, t: dict[str, Any]) -> list[str]:
    """What of the text is recorded, and what not; and that a regime goes on, where it does."""
    count = codes_recorded(row["event"])
    in_statistics = {"codes": len(listed.products), "held": sum(map(bool, listed.products.values()))}
    sentence = t["recorded"].get(row["recorded"], "").format(count=count, missing=row["missing"], **in_statistics)
    lines = [sentence] if sentence else []
    return [*lines, t["prolongs"].format(regime=row["prolongs"])] if row["prolongs"] else lines


def _facts(row: dict[str, Any], t: dict[str, Any]) -> SectionPart:
    state = states_on(clock.today())[row["event"]]
    until = row["effective_until"] or t["open"]
    to = t["all"] if row["destinations"] == "all" else row["destinations"].replace(";", t["comma"])
    users = t["users"].format(users=row["users"]) if row["users"] else ""
    lines = [
        t["announced"].format(announced=row["announced_on"] or t["unknown"], first=row["effective_from"], until=until),
        t["goods"].format(goods=row["goods"]),
        t["does"].format(action=capitalised(row["action"]), destinations=to + users),
        t["state"].format(
            state=t["states"][state.name],
            by=t["by"].format(event=state.by, until=state.until or t["open"]) if state.by else "",
        ),
        t["page"].format(page=row["page"], day=row["page_on"] or t["unknown"]) if row["page"] else t["no_page"],
    ]
    if row["source"] != row["page"]:
        lines.append(t["source"].format(source=row["source"]))
    if row["date_note"]:
        lines.append(t["date_note"].format(note=row["date_note"]))
    return SectionPart(t["facts"], [*map(Note, lines)])


def _codes(code_rows: Sequence[CodeRow], t: dict[str, Any], span: str, language: str) -> SectionPart:
    cells = []
    for one in code_rows:
        growth = "–" if one.growth is None else f"{one.growth:+,.1f}"
        prices = ["–" if price is None else amount(price) for price in (one.price_before, one.price_after)]
        masses = [level_or_dash(mass, KG, language) for mass in (one.before, one.after)]
        why = "" if one.growth is not None else t["why"].get(one.status, one.status.replace("_", " "))
        controlled = (
            one.controlled if one.coverage == "part" and one.controlled else t["coverage"].get(one.coverage, "")
        )
        cells.append((one.code, one.goods, controlled, *masses, growth, *prices, why))
    return SectionPart(t["codes"].format(span=span), [TablePart(t["columns"], rows_of(cells), range(3, 8))])


def _partners(
    store: Path, listed: ListedProducts, months: range, question: EventBrief, t: dict[str, Any]
) -> SectionPart:
    """The partners of the codes that are wholly controlled, together, or of all codes where there is none; those with
    the largest change first."""
    of_code = listed.coverage(question.language)
    whole = tuple(key for code, keys in listed.products.items() if of_code[code][0] == "whole" for key in keys)
    keys = whole or listed.keys
    before = range(months.start - YEAR, months.stop - YEAR)
    pairs = [Month(month).pair for month in (*before, *months)]
    rows = query(store, "metric", flow=question.flow, product=keys, measure=KG, month=pairs).drop_nulls("level")
    traded = rows.filter(~pl.col("partner").is_in(TOTALS))["partner"].cast(pl.String).unique()
    known = levels(store, question.flow, keys, traded.to_list(), [*before, *months], KG)
    sums = alike(known, months, YEAR)
    shown = sums.sort(pl.col("change").abs(), "partner", descending=[True, False]).head(PARTNERS_MAX)
    language = question.language
    cells = [
        (
            country(row["partner"], language),
            level(row["before"], KG, language),
            level(row["after"], KG, language),
            ("+" if row["change"] > 0 else "−" if row["change"] < 0 else "") + level(abs(row["change"]), KG, language),
            str(row["months"]),
        )
        for row in shown.iter_rows(named=True)
    ]
    table = TablePart(t["partner_columns"], rows_of(cells), range(1, 5))
    title = t["partners_whole" if whole else "partners"].format(count=len(keys))
    return SectionPart(title, [Note(t["partner_note"]), table])


def _sides(store: Path, listed: ListedProducts, months: range, question: EventBrief, snapshot: Snapshot) -> SectionPart:
    """What partners with a store say of each HS code of six digits."""
    t, language = words("sheet", question.language)["measure"], question.language
    root, reporter, others = partners_of(snapshot.store, TOTALS)
    cells = []
    for code in sorted({key[:6] for key in listed.keys}):
        for other in others:
            pair = (reporter, other) if question.flow == "export" else (other, reporter)
            try:
                rows = mirror(root, code, *pair, first_day(months.start), first_day(months.stop - 1)).rows
            except (NoFigure, NothingPublished, ValueError):
                continue
            both = rows.filter(pl.col("export_kg").is_not_null(), pl.col("import_kg").is_not_null())
            if not both.height:
                continue
            sold, bought = float(both["export_kg"].sum()), float(both["import_kg"].sum())
            reasons = [brief_texts(question.language)["mirror_reasons"][one] for one in both["reason"].unique().sort()]
            shown = [level(one, KG, language) for one in (sold, bought)]
            cells.append((code, country(other, language), str(both.height), *shown, t["comma"].join(reasons)))
    if not cells:
        return SectionPart(t["other_side"], [Note(t["no_side"].format(count=len(others)))])
    return SectionPart(
        t["other_side"], [Note(t["side_note"]), TablePart(t["side_columns"], rows_of(cells), range(2, 5))]
    )


def _detours(
    store: Path, listed: ListedProducts, months: range, question: EventBrief, snapshot: Snapshot
) -> SectionPart:
    """The hub with the highest score of each HS code and importer with a store."""
    t, language = words("sheet", question.language)["measure"], question.language
    root, reporter, others = partners_of(snapshot.store, TOTALS)
    cells, notes = [], list[str]()
    if question.flow != "export" or not others:
        return SectionPart(t["detours"], [Note(t["no_detours"].format(count=len(others)))])
    for code in sorted({key[:6] for key in listed.keys}):
        for other in others[:SIDES_MAX]:
            detours_question = Detours(
                code,
                from_=reporter,
                to=other,
                since=month_name(months.start),
                until=month_name(months.stop - 1),
                store=root,
            )
            try:
                answer = detours(detours_question)
            except (LookupError, ValueError) as error:
                notes.append(t["not_screened"].format(code=code, importer=country(other, language), why=error))
                continue
            row = answer.rows.row(0, named=True)
            verdict = "fires" if row["fires"] else row["status"]
            numbers = [level_or_dash(row[name], row["measure"], language) for name in ("estimate", "ceiling")]
            rate = "–" if row["as_high_pct"] is None else f"{row['as_high_pct']:.1f}"
            hub = f"{country(row['hub'], language)}: {t['verdicts'][verdict]}"
            cells.append((code, country(other, language), hub, *numbers, rate))
    table = [TablePart(t["detour_columns"], rows_of(cells), range(3, 6))] if cells else []
    return SectionPart(t["detours"], [Note(t["detour_note"]), *map(Note, notes), *table])


def _unknown(code_rows: Sequence[CodeRow], question: EventBrief) -> list[str]:
    t, lines = words("sheet", question.language)["measure"], list[str]()
    for one in code_rows:
        if one.growth is None:
            gaps = ", ".join(map(month_name, one.gaps)) or t["none"]
            after, before = (level(mass, KG, question.language) for mass in one.alike)
            lines.append(t["without"].format(code=one.code, months=gaps, after=after, before=before))
    shared = sum(one.coverage == "part" for one in code_rows)
    return [*lines, *([t["shared"].format(count=shared)] if shared else []), t["not_why"]]
