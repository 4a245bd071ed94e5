"""Writes the page on a control list: the total of its codes in a month, each code, and the partners.

What a list means in a store is in `tasks.reading.lists`; the form of the page is `tasks.pages.text.document`.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from schemas.table import readers_schema
from tasks.analysis.reporter.list_movers import MonthCompared, list_movers
from tasks.answers.form.answer import Answer
from tasks.answers.form.quotes import PER_CENT_MAX, with_caveats
from tasks.answers.trade.read import with_names
from tasks.domain.coverage import TOTALS, WORLD
from tasks.domain.doubt.verdict_words import from_words, said_of
from tasks.domain.errors import NoFigure
from tasks.domain.export_controls.control_lists import read_spec
from tasks.domain.export_controls.measures import measure_title
from tasks.domain.labels import capitalised, trade_of
from tasks.domain.numbers import CARE, amount, in_unit
from tasks.domain.periods import Month, first_day, month_number
from tasks.ledger.doubts import Doubts
from tasks.ledger.quotable import COLUMNS, EMPTY_LEDGER, LOOK_BACK, verdicts
from tasks.pages.text import wording
from tasks.pages.text.document import PageAnswer, SectionPart, TablePart, on_an_answer, rows_of
from tasks.pages.text.page_templates import words
from tasks.reading.lists import ListedProducts, code_levels, totals
from tasks.reading.query import query, reporter_of
from tasks.reading.resolver import Resolver
from tasks.reading.series import alike, levels
from tasks.store.files.snapshot import Snapshot

# Letters of the name of goods in the table of codes.
GOODS_LENGTH = 44
PARTNERS_MAX = 12
# The product of the total of a list, which is judged as the series of one.
LISTED = "list"


def on_list(store: Path, snapshot: Snapshot, name: str, month: date, flow: str, language: str) -> PageAnswer:
    """Return the rows of the table `mover` of a list, and its page. Raises NoFigure where no code is known in the month
    and the one before."""
    resolver = Resolver(snapshot)
    listed = resolver.listed([name])
    try:
        rows, left_out = list_movers(store, snapshot, listed, MonthCompared(flow, month))
    except ValueError as error:
        raise NoFigure(str(error)) from None
    rows = with_names(with_caveats(rows, snapshot, language=language), resolver, language)
    measure = str(rows["measure"][0])
    number = month_number(month)
    months = range(number - LOOK_BACK, number + 1)
    known = totals(code_levels(store, listed, flow, WORLD, months, measure), listed)
    total = known[number] | _growths(known, number, measure, language)
    t, whose = words("sheet", language)["list"], reporter_of(snapshot).code
    shared_words = {
        "trade": capitalised(trade_of(whose, flow, language)) if language == "en" else trade_of(whose, flow, language),
        "lists": measure_title(read_spec(name).list, language) or name,
        "month": wording.month_words(f"{month:%Y-%m}", language),
    }
    doubts = tuple(Doubts(snapshot).named(rows["findings"].explode().drop_nulls().sort()))
    headlines = [_total(total, shared_words, measure, language), *_largest(rows, measure, language)]
    parts = listed.rows.filter(coverage="part", is_below=False)["code"].to_list()
    shared = [code for code in parts if listed.products.get(code)]
    headlines += [t["part"].format(count=len(shared))] if shared else []
    of_list = [*listed.notes(language, but=("part",)), *(note.sentence(language) for note in left_out)]
    notes = (*sentences(of_list, language), *_caveats(rows, language))
    answer = Answer(rows, snapshot, notes, doubts, table="mover", language=language)
    sections = [_codes(rows, listed, measure, language), _partners(store, listed, (flow, month, measure), language)]
    title = t["title"].format(**shared_words)
    about = t["about"].format(count=listed.rows.height, snapshot=snapshot.id)
    document = on_an_answer(answer, title, headlines, about, sections, notes, language)
    stem = name.replace(":", "-").replace("@", "-")
    return PageAnswer.of(answer, f"brief-{stem}-{flow}-{month:%Y-%m}-{language}", document)


def sentences(notes: Iterable[str], language: str) -> list[str]:
    """Notes as sentences of a page."""
    return [capitalised(note) + ("." if language == "en" else "。") for note in notes]


def _growths(known: Mapping[int, Mapping[str, Any]], number: int, measure: str, language: str) -> dict[str, str]:
    """Say the growths of the total of a list in words, by their figures, and what keeps them from being quoted."""
    series = {"product": LISTED, "partner": WORLD, "measure": measure}
    rows = [{**series, "period": first_day(month), **row} for month, row in known.items()]
    kinds = {name: kind for name, kind in readers_schema("metric").items() if name in COLUMNS}
    history = pl.DataFrame([{name: row.get(name) for name in kinds} for row in rows], kinds)
    # What the codes are printed to is not weighed: the total has a base of its own.
    steps = pl.DataFrame({"product": [LISTED], "resolution": [0.0], "is_revised": [False]})
    judged = verdicts(history.filter(period=first_day(number)), history, steps, lambda _: EMPTY_LEDGER)
    of_figure = {row["figure"]: row for row in judged.iter_rows(named=True)}
    texts_said = dict[str, str]()
    for figure, row in of_figure.items():
        growth = known[number][figure]
        bare = from_words(row["base"], measure, language)
        texts_said[figure] = bare if growth >= PER_CENT_MAX else in_unit(_signed(growth), "%", language)
    texts_said["said"] = "".join(f" ({verdict})" for row in of_figure.values() if (verdict := said_of(row, language)))
    return texts_said


def _caveats(rows: pl.DataFrame, language: str) -> list[str]:
    """Say why growths of codes are not quoted as they are, each thing once."""
    caveats = rows.filter(kind="product").drop_nulls("caveats").select("product", "caveats")
    return [f"{CARE} {one}" for one in wording.each_once(caveats.iter_rows(), language)]


def _growth(row: Mapping[str, Any], language: str) -> str:
    if row["quote"] == "no":
        return from_words(row["before"], row["measure"], language)
    return _plain(row["change_pct"]) + (CARE if row["quote"] == "care" else "")


def _total(total: dict[str, Any], shared_words: dict[str, str], measure: str, language: str) -> str:
    t = words("sheet", language)["list"]
    shown = {"level": t["why"].get(total["level_status"], total["level_status"])}
    if total["level"] is not None:
        shown["level"] = wording.level(total["level"], measure, language)
    for name in ("mom", "yoy"):
        growth, status = total[f"{name}_pct"], total[f"{name}_status"]
        shown[name] = (
            t[name].format(pct=growth)
            if growth is not None
            else t[f"no_{name}"].format(why=t["why"].get(status, status))
        )
    return f"{t['total'].format(**shared_words, **shown, known=total['codes_known'])}{total['said']}"


def _largest(rows: pl.DataFrame, measure: str, language: str) -> list[str]:
    codes = rows.filter(kind="product")
    if not codes.height:
        return []
    row = codes.row(0, named=True)
    change = wording.level(abs(row["change"]), measure, language)
    sign = "+" if row["change"] > 0 else "−"
    name = f"{row['product']} {row['product_name'] or ''}".strip()
    return [words("sheet", language)["list"]["largest"].format(name=name, change=sign + change)]


def _codes(rows: pl.DataFrame, listed: ListedProducts, measure: str, language: str) -> SectionPart:
    t = words("sheet", language)["list"]
    tiers = listed.rows.select(product="code", tier="tier")
    codes = rows.filter(kind="product").join(tiers, on="product", how="left", maintain_order="left")
    coverage = listed.coverage(language)
    cells = [
        (
            row["product"],
            short_goods(row["product_name"] or ""),
            row["tier"] or "",
            _controlled(*coverage[row["product"]], t),
            *(_shown(row[name], measure, language) for name in ("level", "before", "change")),
            _growth(row, language),
            "–" if row["quote"] == "no" else _plain(row["contribution_pp"]),
        )
        for row in codes.iter_rows(named=True)
    ]
    return SectionPart(t["codes"], [TablePart(t["columns"], rows_of(cells), range(4, 9))])


def _controlled(much: str, goods: str, t: Mapping[str, Any]) -> str:
    """How much of a code is on the list: which goods of it, where that is said."""
    return goods if much == "part" and goods else t["coverage"][much]


def short_goods(name: str) -> str:
    """The name of goods on a line: the first of several, cut where it is long, so that fifty codes print on three
    pages."""
    first, *others = name.split("; ")
    if len(first) > GOODS_LENGTH:
        return f"{first[:GOODS_LENGTH].rstrip()}…"
    return f"{first} …" if others else first


def _partners(store: Path, listed: ListedProducts, series: tuple[str, date, str], language: str) -> SectionPart:
    flow, month, measure = series
    number, t = month_number(month), words("sheet", language)["list"]
    both_months = [Month(one).pair for one in (number - 1, number)]
    figures = query(store, "metric", flow=flow, product=listed.keys, measure=measure, month=both_months)
    traded = figures.drop_nulls("level").filter(~pl.col("partner").is_in(TOTALS))["partner"].cast(pl.String).unique()
    known = levels(store, flow, listed.keys, traded.to_list(), (number - 1, number), measure)
    sums = alike(known, (number,), 1)
    rows = sums.sort(pl.col("change").abs(), "partner", descending=[True, False]).head(PARTNERS_MAX)
    cells = [
        (
            wording.partner(row["partner"], language),
            *(_shown(row[one], measure, language) for one in ("after", "before", "change")),
        )
        for row in rows.iter_rows(named=True)
    ]
    return SectionPart(t["partners"], [TablePart(t["partner_columns"], rows_of(cells), range(1, 4))])


def _shown(value: float | None, measure: str, language: str) -> str:
    sign = "−" if value is not None and value < 0 else ""
    return sign + wording.level_or_dash(value and abs(value), measure, language)


def _signed(value: float) -> str:
    return f"{value:+,.1f}".replace("-", "−")


def _plain(value: float | None) -> str:
    return "–" if value is None else f"{value:+,.1f}" if abs(value) < 1_000 else amount(value)
