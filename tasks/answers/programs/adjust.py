"""Hands a series to a tool of seasonal adjustment, and reads back what the tool made of it.

An office trusts its own tool, so nothing of it is imitated here. Belongs here: which months, regressors and dated
interventions a tool is given, and its result beside ours of the table `expectation`. The forms of the files are in
`x13` and `jdemetra`. The result is in no table: it is read from the files of the tool each time, and what has changed
in the series since is said.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

import polars as pl

from schemas.forms.doubt import NumberDoubt
from schemas.questions.adjust import Adjust
from schemas.questions.read import Read
from tasks.analysis.reporter.expectation import new_year_share
from tasks.answers.form.answer import Answer, day_of, store_of
from tasks.answers.trade.read import read
from tasks.domain.doubt.doubt_words import doubt_text, doubts_in
from tasks.domain.export_controls.measure_states import took_effect
from tasks.domain.export_controls.measures import events_of
from tasks.domain.growth import growth_pct
from tasks.domain.periods import first_day, month_number
from tasks.reading import query
from tasks.reading.resolver import Resolver

# What every tool needs, and how far it forecasts.
MONTHS_MIN, AHEAD = 36, 12
# Numbers that were written and read as texts are the same up to this.
SAME = 1e-9


class Intervention(NamedTuple):
    """A level shift from a month (month number) on, and why."""

    month: int
    reason: str


@dataclass(frozen=True)
class Handed:
    """A series for a tool: `first` is the number of the first month; a level is None where there is none. `new_year`
    goes AHEAD months further. `left_out` are interventions at an end of the series, which no tool can tell from it.
    `doubt_of` has by month (month number) what is in doubt of its level, which no tool knows of."""

    title: str
    first: int
    levels: tuple[float | None, ...]
    new_year: tuple[float, ...]
    interventions: tuple[Intervention, ...]
    left_out: tuple[Intervention, ...] = ()
    notes: tuple[str, ...] = ()
    doubt_of: Mapping[int, Sequence[NumberDoubt]] = field(default_factory=dict)

    @property
    def doubts(self) -> tuple[NumberDoubt, ...]:
        """What is in doubt of the series."""
        return tuple(dict.fromkeys(one for doubts in self.doubt_of.values() for one in doubts))

    @property
    def is_positive(self) -> bool:
        """Whether the series has a logarithm."""
        return all(level > 0 for level in self.levels if level is not None)

    def month(self, place: int) -> date:
        """The first day of a month by its place in the series."""
        return first_day(self.first + place)


class Result(NamedTuple):
    """What a tool made of a series: adjusted levels by month, the levels that it was given, and which tool it is."""

    adjusted: dict[date, float]
    given: dict[date, float]
    method: str
    version: str | None


def numbers_by_month(lines: Iterable[tuple[str, str, str]], where: Path) -> dict[date, float]:
    """The numbers of a table that a tool wrote, by month; `lines` have year, month and number as texts.

    Raises ValueError for a month twice or none, and for what is no number of a series (NaN, 1e999): of such a result
    nothing is known.
    """
    values: dict[date, float] = {}
    for year, month, text in lines:
        try:
            day, number = date(int(year), int(month), 1), float(text)
        except ValueError:
            raise ValueError(
                f"{where}: {year}-{month} with {text!r}, no month with a number; run the tool again"
            ) from None
        if day in values or not math.isfinite(number):
            mistake = "stands twice" if day in values else f"has {text}, which is no number of a series"
            raise ValueError(f"{where}: {day:%Y-%m} {mistake}; see what the tool says of its result, and run it again")
        values[day] = number
    return values


def handed(question: Adjust) -> Handed:
    """Return a series for a tool. Raises ValueError for a name that is not in the store and for too few months."""
    snapshot = query.open_published(store_of(question))
    resolver = Resolver(snapshot)
    product, partner = resolver.product(question.product), resolver.partner(question.partner)
    flow, day = resolver.flow([product], question.flow), day_of(question.as_of)
    reporter = query.reporter_of(snapshot).code
    rows = query.query(
        snapshot.store, "metric", flow=flow, product=product, partner=partner, measure=question.measure, as_of=day
    ).sort("period")
    doubts = query.doubts_of(snapshot, day).each_of_rows(rows, ["level"])
    known = rows.drop_nulls("level")
    if known.height < MONTHS_MIN:
        raise ValueError(
            f"{known.height} months of {flow}s of {product}, {partner}, {question.measure} are known, and seasonal"
            f" adjustment needs {MONTHS_MIN}"
        )
    level_of = dict(known.select("period", "level").iter_rows())
    first, last = month_number(min(level_of)), month_number(max(level_of))
    months = range(first, last + 1)
    interventions = sorted({*_measures(product, flow, reporter), *_breaks(rows)})
    inside = [one for one in interventions if first + 1 < one.month < last]
    at_ends = [one for one in interventions if one not in inside and first < one.month <= last]
    return Handed(
        f"{reporter} {flow} {product} {partner} {question.measure}",
        first,
        tuple(level_of.get(first_day(month)) for month in months),
        tuple(new_year_share(month) for month in range(first, last + 1 + AHEAD)),
        _by_month(inside),
        tuple(at_ends),
        tuple(resolver.notes),
        {
            month_number(month): doubts_in(cell)
            for month, cell in zip(rows["period"], doubts, strict=True)
            if cell is not None
        },
    )


def compared(question: Adjust, result: Result) -> Answer:
    """Return the months of a tool's result beside our own adjustment: period, level, adjusted, adjusted_mom_pct,
    seasonally_adjusted (of `expectation`), method, version; and where a level is in doubt, doubt.

    A month whose number is another one now, and one that the tool did not have, are notes.
    """
    series = handed(question)
    months = [series.month(place) for place in range(len(series.levels))]
    read_question = Read(
        question.product,
        table="expectation",
        measure=question.measure,
        flow=question.flow,
        as_of=question.as_of,
        reporter=question.reporter,
        names=False,
        store=question.store,
    )
    answer = read(read_question)
    part = next(iter(answer.parts.values()))
    ours = part.rows.select("period", "seasonally_adjusted") if series_is_judged(part.rows, question) else None
    rows = pl.DataFrame(
        {
            "period": months,
            "level": series.levels,
            "adjusted": [
                # A tool estimates a missing month too, which is nobody's number.
                None if level is None else result.adjusted.get(month)
                for month, level in zip(months, series.levels, strict=True)
            ],
        },
        schema={"period": pl.Date, "level": pl.Float64, "adjusted": pl.Float64},
    )
    empty = pl.DataFrame(schema={"period": pl.Date, "seasonally_adjusted": pl.Float64})
    before = pl.col("adjusted").shift()
    rows = rows.join(ours if ours is not None else empty, on="period", how="left", maintain_order="left").select(
        "period",
        "level",
        "adjusted",
        adjusted_mom_pct=pl.when(before > 0).then(growth_pct(pl.col("adjusted"), before)),
        seasonally_adjusted="seasonally_adjusted",
        method=pl.lit(result.method),
        version=pl.lit(result.version, pl.String),
    )
    if series.doubts:
        doubt = [doubt_text(series.doubt_of.get(month_number(month), ())) or None for month in months]
        rows = rows.with_columns(doubt=pl.Series(doubt, dtype=pl.String))
    notes = (*series.notes, *_changed(series, result))
    return replace(part, rows=rows, notes=notes, table="", doubts=series.doubts)


def series_is_judged(rows: pl.DataFrame, question: Adjust) -> bool:
    """Whether `expectation`, which is of all partners together, is about the series."""
    return rows.height > 0 and not rows["period"].is_duplicated().any() and question.partner.lower() in ("world", "wld")


def _changed(series: Handed, result: Result) -> list[str]:
    now = {series.month(place): level for place, level in enumerate(series.levels) if level is not None}
    other = [
        month
        for month in sorted({*now} & {*result.given})
        if not math.isclose(now[month], result.given[month], rel_tol=SAME)
    ]
    new = sorted({*now} - {*result.adjusted})
    notes = []
    if other:
        month = other[0]
        notes.append(
            f"the tool was given other numbers of {len(other)} months, the first {month:%Y-%m}:"
            f" {result.given[month]:,.15g}, and it is {now[month]:,.15g} now; write its files again and run it"
        )
    if new:
        notes.append(
            f"the tool did not have {len(new)} months, the first {new[0]:%Y-%m}; write its files again and run it"
        )
    return notes


def _measures(product: str, flow: str, reporter: str) -> list[Intervention]:
    """The months in which a control measure took effect on a product."""
    rows = events_of(product, flow, reporter).to_dicts()
    return [
        Intervention(month_number(date.fromisoformat(row["effective_from"])), f"control measure {row['event']}")
        for row in rows
        if took_effect(row)
    ]


def _breaks(rows: pl.DataFrame) -> list[Intervention]:
    """The first months after a change of meaning."""
    changed = rows.filter(pl.col("comparable_from") == pl.col("period"))
    return [Intervention(month_number(month), "definition break") for month in changed["period"]]


def _by_month(interventions: list[Intervention]) -> tuple[Intervention, ...]:
    reasons: dict[int, list[str]] = {}
    for month, reason in interventions:
        reasons.setdefault(month, []).append(reason)
    return tuple(Intervention(month, ", ".join(reasons[month])) for month in sorted(reasons))


def newest(folder: Path, ending: str) -> Path | None:
    """Return the newest file of a folder with an ending; None without one."""
    return max(folder.glob(f"*{ending}"), key=lambda file: file.stat().st_mtime, default=None)
