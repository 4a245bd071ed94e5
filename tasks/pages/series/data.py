"""Gathers a series for its page: levels by partner and month, what is in doubt, where each number is from, and what was
known on earlier days.

A page computes growth from levels by the calendar. Where `metric` has another figure, or none for a reason of its own,
the figure is an exception and goes with the data, so that a page never shows a growth that is not published. Belongs
here: the numbers of the page and their form as a script. Rounds nothing but growth, to six digits.
"""

import functools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import polars as pl

from schemas.forms.brief import MirrorPart
from schemas.forms.doubt import NumberDoubt
from schemas.names import LANGUAGES, STATUSES, VALUES, status
from schemas.reference.code_tables import code_table
from tasks.analysis.reporter.of_reporter import published_rows
from tasks.answers.form.quotes import beside
from tasks.domain.classification import members, part_of
from tasks.domain.comparability import breaks_of
from tasks.domain.coverage import WORLD
from tasks.domain.doubt.doubt_words import DOUBTS, as_text, doubt_text, doubts_in
from tasks.domain.doubt.verdict_words import from_words, said_of
from tasks.domain.errors import NoFigure
from tasks.domain.growth import growth_pct
from tasks.domain.hashing import json_sha256
from tasks.domain.periods import first_day, month_index, month_number
from tasks.domain.reporter import Reporter
from tasks.domain.units import UNIT_VALUE_OF
from tasks.ledger.doubts import Doubts
from tasks.ledger.merge import current_statements, was_last_on
from tasks.ledger.quotable import numbers_of, verdicts_from
from tasks.pages.brief.context import mirrored
from tasks.pages.brief.facts import events_in, names_of
from tasks.pages.charts.charts import scale_of
from tasks.reading import query
from tasks.reading.citation import cite_rows_in
from tasks.reading.resolver import Resolver
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import read_table

KG = "quantity_kg"
PARTNERS_MAX = 8
# The newest days on which a number of the series changed; each costs a derivation of the product.
DAYS_MAX = 12
DIGITS = 6
# The form of a day in the script of earlier days; one of another form is made again.
PAST_FORM = 2
# Figures that follow from levels: how many months before is the base; a share is of all partners together.
BACK = {"mom_pct": 1, "yoy_pct": 12, "share_pct": 0}
CODE_OF = {name: number for number, name in enumerate(STATUSES)}
LEVELS_OF_CODES = (2, 4, 6)
# The figures in the tables of partners and of parts.
TABLED = ("level", "mom_pct", "yoy_pct", "ytd", "ytd_yoy_pct", "share_pct")

Levels = dict[str, list[list[float | None]]]
Exceptions = dict[str, dict[str, dict[int, dict[int, list[Any]]]]]


@dataclass(frozen=True)
class SeriesState:
    """Levels by measure, partner and month with their statuses, and the figures that do not follow from them."""

    levels: Levels
    statuses: dict[str, list[list[int]]]
    exceptions: Exceptions


@dataclass(frozen=True)
class PageSeries:
    """A product's months in one direction, and all that a page says of them."""

    reporter: Reporter
    flow: str
    product: str
    names: tuple[str, str]
    codes: tuple[str, ...]
    above: tuple[str, ...]
    months: tuple[date, ...]
    partners: tuple[str, ...]
    measures: tuple[str, ...]
    rows: pl.DataFrame = field(repr=False)
    state: SeriesState = field(repr=False)
    every_doubt: dict[tuple[str, str, date], list[NumberDoubt]] = field(repr=False)
    judged: pl.DataFrame = field(repr=False)
    stated: pl.DataFrame = field(repr=False)
    events: list[dict[str, Any]] = field(repr=False)
    breaks: list[tuple[date, str]] = field(repr=False)
    expected: pl.DataFrame = field(repr=False)
    mirrors: list[MirrorPart] = field(repr=False)
    snapshot: Snapshot = field(repr=False)

    @property
    def doubts(self) -> dict[tuple[str, str, date], list[NumberDoubt]]:
        """The doubts about the levels that the page draws, by measure, partner and month."""
        shown = set(self.months)
        return {
            key: doubts
            for key, doubts in self.every_doubt.items()
            if key[0] in self.measures and key[1] in self.partners and key[2] in shown
        }

    @property
    def release_ids(self) -> list[str]:
        """The releases that the levels come from."""
        return self.stated["release_id"].unique().sort().to_list()

    @property
    def measure(self) -> str:
        """The measure that the page opens with."""
        return self.measures[0]

    @property
    def last(self) -> date:
        """The newest month with a figure."""
        return self.months[-1]

    def world(self, measure: str = "") -> list[float | None]:
        """The levels of all partners together; of the first partner where there is no such total."""
        return self.state.levels[measure or self.measure][0]

    @functools.cached_property
    def cited(self) -> dict[str, str]:
        """The citation of the levels in each language; nothing where they are of too many products for one."""
        rows = self.rows.filter(pl.col("measure").is_in(self.measures), pl.col("level").is_not_null())
        return cite_rows_in(LANGUAGES, rows, self.snapshot)

    @functools.cached_property
    def newest_rows(self) -> pl.DataFrame:
        """The rows of `metric` of the newest month in the measure of the page, all partners together first, then the
        largest, with the doubts about each figure as in `with_doubts`."""
        rows = self.rows.filter(pl.col("period") == self.last, pl.col("measure") == self.measure)
        order = pl.col("partner") != WORLD
        rows = rows.drop_nulls("level").sort(order, "level", "partner", descending=[False, True, False])
        return with_doubts(rows, query.doubts_of(self.snapshot))

    def judged_rows(self, language: str) -> pl.DataFrame:
        """The rows of the newest month with the verdicts on their growths, in the words of a language."""
        return beside(self.newest_rows, self.judged, language)


def with_doubts(rows: pl.DataFrame, doubts: Doubts) -> pl.DataFrame:
    """Add to rows of `metric` the doubts about each figure of a table (DOUBTS): `level_doubt`; null where there is
    none."""
    is_any = rows["figures_in_doubt"].null_count() < rows.height
    nothing = pl.repeat(None, rows.height, dtype=DOUBTS, eager=True)
    return rows.with_columns(
        (doubts.each_of_rows(rows, [one]) if is_any else nothing).alias(f"{one}_doubt") for one in TABLED
    )


def rows_of(snapshot: Snapshot, flow: str, product: str) -> pl.DataFrame:
    """Return all rows of `metric` of a product in a direction."""
    rows = read_table(snapshot, "metric", lambda place: place[0] == flow, pl.col("product") == product)
    return rows.with_columns(pl.col("flow", "product", "partner", "measure").cast(pl.String))


def measures_of(rows: pl.DataFrame) -> list[str]:
    """Return the measures that a page of these rows shows, that of the page first; none where there is no figure."""
    known = rows.drop_nulls("level")["measure"].unique().sort().to_list()
    quantities = [one for one in known if one.startswith("quantity_") and one != KG]
    return [*(one for one in (KG, *VALUES) if one in known), *quantities]


def gather(
    resolver: Resolver, product: str, flow: str, day: date, metric_rows: pl.DataFrame | None = None
) -> PageSeries:
    """Return the series of a product; export controls have their states on `day`. `metric_rows` are those of `rows_of`,
    where they are read already. Raises NoFigure."""
    snapshot = resolver.snapshot
    rows = rows_of(snapshot, flow, product) if metric_rows is None else metric_rows
    known, measures = rows.drop_nulls("level"), measures_of(rows)
    if not measures:
        raise NoFigure(
            f"no {flow} of {product} has a figure in this store; tidewaiter list products shows what there is"
        )
    known = known.filter(measure=measures[0])
    ends = known["period"].min(), known["period"].max()
    first, last = (month_number(day) for day in ends)  # type: ignore[arg-type]
    months = tuple(map(first_day, range(first, last + 1)))
    partners, reporter = _partners(known, months), query.reporter_of(snapshot)
    shown = rows.filter(pl.col("partner").is_in(partners), pl.col("period").is_between(months[0], months[-1]))
    return PageSeries(
        reporter=reporter,
        flow=flow,
        product=product,
        names=names_of(product, snapshot, resolver.names),
        codes=tuple(members(product)),
        above=tuple(
            product[:digits]
            for digits in LEVELS_OF_CODES
            if product.isdecimal() and digits < len(product) and product[:digits] in resolver.products
        ),
        months=months,
        partners=tuple(partners),
        measures=tuple(measures),
        rows=rows,
        state=state_of(shown, months, partners, measures),
        every_doubt=_doubts(snapshot, rows),
        judged=_judged(snapshot, rows, rows),
        stated=_stated(snapshot, flow, product, months, partners, measures),
        events=events_in(product, flow, months, day, reporter.code),
        breaks=_breaks(product, measures[0], months, reporter),
        expected=_expected(snapshot, flow, product, months),
        mirrors=mirrored(snapshot.store, product, flow, months[-1], months[0]),
        snapshot=snapshot,
    )


def others_of(series: PageSeries) -> PageSeries:
    """Return the same series with the lines of the partners that the page does not open with, after its first line."""
    known = series.rows.filter(pl.col("period").is_between(series.months[0], series.last)).drop_nulls("level")
    rest = set(known.filter(pl.col("measure").is_in(series.measures))["partner"]) - {*series.partners}
    partners = (series.partners[0], *sorted(rest))
    shown = series.rows.filter(pl.col("partner").is_in(partners))
    state = state_of(shown, series.months, partners, series.measures)
    return replace(
        series, partners=partners, state=state, events=[], breaks=[], expected=series.expected.clear(), mirrors=[]
    )


def _partners(known: pl.DataFrame, months: Sequence[date]) -> list[str]:
    """All partners together, where their total is known, and the largest of the last year that has any."""
    groups = code_table("partner_groups")["group"].unique()
    single = known.filter(~pl.col("partner").is_in([WORLD, *groups]))
    recent = single.filter(pl.col("period") > months[-min(12, len(months))])
    sums = (recent if recent.height else single).group_by("partner").agg(pl.col("level").sum())
    largest = sums.sort("level", "partner", descending=[True, False])["partner"].head(PARTNERS_MAX).to_list()
    return [*([WORLD] if WORLD in known["partner"] else []), *largest]


def state_of(
    rows: pl.DataFrame, months: Sequence[date], partners: Sequence[str], measures: Sequence[str]
) -> SeriesState:
    """Return levels, their statuses, and what does not follow from levels, of rows of `metric`."""
    figures = ("level", *BACK)
    columns = [column for figure in figures for column in (figure, status(figure))]
    cells = {row[:3]: row[3:] for row in rows.select("measure", "partner", "period", *columns).iter_rows()}
    nothing = (None, "not_covered") * len(figures)
    levels: Levels = {}
    statuses: dict[str, list[list[int]]] = {}
    exceptions: Exceptions = {}
    for measure in measures:
        table = [[cells.get((measure, partner, month), nothing) for month in months] for partner in partners]
        levels[measure] = [[_plain(cell[0]) for cell in line] for line in table]
        statuses[measure] = [[CODE_OF[cell[1]] for cell in line] for line in table]
        for place, figure in enumerate(BACK, 1):
            _compare(exceptions, figure, measure, levels[measure], table, place, partners)
    priced = {value: ratio for value, ratio in UNIT_VALUE_OF.items() if {value, KG} <= {*measures}}
    for value, ratio in priced.items():
        table = [[cells.get((ratio, partner, month), nothing) for month in months] for partner in partners]
        _compare_unit_values(exceptions, ratio, levels[value], levels[KG], table, partners)
    return SeriesState(levels, statuses, exceptions)


def _compare_unit_values(
    exceptions: Exceptions, ratio: str, values: Any, masses: Any, table: Any, partners: Sequence[str]
) -> None:
    """Add what does not follow from values and kilograms: a value per kilogram, and its growth."""
    quotients = [
        [money / mass if money is not None and mass else None for money, mass in zip(*lines, strict=True)]
        for lines in zip(values, masses, strict=True)
    ]
    _compare(exceptions, "level", ratio, quotients, table, 0, partners, computed=quotients)
    kept = [
        [None if cell[0] is None else one for one, cell in zip(*lines, strict=True)]
        for lines in zip(quotients, table, strict=True)
    ]
    for place, figure in enumerate(("mom_pct", "yoy_pct"), 1):
        _compare(exceptions, figure, ratio, kept, table, place, partners)


def _compare(
    exceptions: Exceptions,
    figure: str,
    measure: str,
    levels: list[list[float | None]],
    table: list[list[tuple[Any, ...]]],
    place: int,
    partners: Sequence[str],
    computed: list[list[float | None]] | None = None,
) -> None:
    """Add the figures of a measure that the page would not compute from its levels, with their statuses."""
    for line, cells in enumerate(table):
        for month, cell in enumerate(cells):
            value, why = cell[2 * place : 2 * place + 2]
            if computed is not None:
                from_page = computed[line][month], "computed" if computed[line][month] is not None else why
            else:
                from_page = _follows(figure, levels, line, month, partners)
            if not _is_same(value, from_page[0]) or (value is None and why != from_page[1]) or why == "implied_base":
                of_line = exceptions.setdefault(figure, {}).setdefault(measure, {}).setdefault(line, {})
                of_line[month] = [None if value is None else _rounded(value), CODE_OF[why]]


def _follows(
    figure: str, levels: list[list[float | None]], line: int, month: int, partners: Sequence[str]
) -> tuple[float | None, str]:
    """The figure that a page computes, and why there is none."""
    now = levels[line][month]
    if figure == "share_pct":
        world = levels[0][month] if partners and partners[0] == WORLD else None
        if now is None or not world:
            return None, "not_covered" if now is None else "no_world_total" if world is None else "zero_base"
        return now / world * 100, ""
    before = levels[line][month - BACK[figure]] if month >= BACK[figure] else None
    if now is None:
        return None, "not_covered"
    if before is None:
        return None, "no_base"
    return (growth_pct(now, before), "") if before else (None, "zero_base")


def _is_same(published: float | None, computed: float | None) -> bool:
    if published is None or computed is None:
        return published is computed
    return abs(published - computed) <= 1e-6 * max(1.0, abs(published))


def _plain(value: float | None) -> float | None:
    """A whole number without a decimal point, for a shorter script."""
    return int(value) if value is not None and value == int(value) else value


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _doubts(snapshot: Snapshot, rows: pl.DataFrame) -> dict[tuple[str, str, date], list[NumberDoubt]]:
    """The doubts about levels, by measure, partner and month."""
    marked = rows.filter("in_doubt")
    cells = query.doubts_of(snapshot).each_of_rows(marked, ["level"])
    keys = marked.select("measure", "partner", "period").rows()
    return {key: doubts_in(cell) for key, cell in zip(keys, cells, strict=True) if cell is not None}


def _judged(snapshot: Snapshot, rows: pl.DataFrame, history: pl.DataFrame, day: date | None = None) -> pl.DataFrame:
    """The verdicts on growths of rows of one product; `history` are all its rows, now or as known on a day."""
    flow, product = rows.select("flow", "product").row(0)
    judged = verdicts_from(rows, history, numbers_of(snapshot, flow, [product], day=day))
    return judged.select(pl.lit(flow).alias("flow"), pl.all())


def _quoted(judged: pl.DataFrame, series: PageSeries, lines: Sequence[str]) -> dict[str, Any]:
    """The growths that are not quoted as they are: the places of figure, measure, line and month, and of what is said
    of it, each text once in each language, with what stands in place of one that is not to be quoted."""
    figures, measures = list(BACK), [*series.measures]
    measures += [UNIT_VALUE_OF[one] for one in measures if one in UNIT_VALUE_OF]
    places = {month: number for number, month in enumerate(series.months)}
    is_told = (pl.col("quote") != "yes") & pl.col("figure").is_in(figures) & pl.col("partner").is_in(lines)
    is_told &= pl.col("measure").is_in(measures) & pl.col("period").is_between(series.months[0], series.last)
    texts: dict[tuple[tuple[str, ...], ...], int] = {}
    quotes = []
    for row in judged.filter(is_told).iter_rows(named=True):
        reasons = tuple(
            (said_of(row, one), *([from_words(row["base"], row["measure"], one)] if row["quote"] == "no" else ()))
            for one in LANGUAGES
        )
        keys = figures.index(row["figure"]), measures.index(row["measure"]), lines.index(row["partner"])
        quotes.append([*keys, places[row["period"]], texts.setdefault(reasons, len(texts))])
    names = {"figures": figures, "measures": measures}
    return {"quotes": quotes, "quoted": names, "said": dict(zip(LANGUAGES, zip(*texts, strict=True), strict=False))}


def _breaks(product: str, measure: str, months: Sequence[date], reporter: Reporter) -> list[tuple[date, str]]:
    """The changes of definition across which the total cannot be compared, in these months."""
    breaks = breaks_of(product, WORLD, measure, reporter)
    return [(first_day(one.month), one.what) for one in breaks if months[0] < first_day(one.month) <= months[-1]]


def _expected(snapshot: Snapshot, flow: str, product: str, months: Sequence[date]) -> pl.DataFrame:
    """What was expected of the world totals, as far as it is published."""
    rows = published_rows(snapshot, "expectation", flow, list(map(month_number, months)))
    return rows.filter(pl.col("expected").is_not_null(), product=product)


def as_script(series: PageSeries, name: str = "SERIES", **more: Any) -> str:
    """Return what the page draws, and `more`, as a script: `SERIES={…}`."""
    places = {month: number for number, month in enumerate(series.months)}
    lines = {partner: number for number, partner in enumerate(series.partners)}
    every = list(dict.fromkeys(map(tuple, series.doubts.values())))
    doubts: dict[str, list[list[int]]] = {}
    for (measure, partner, month), of_level in series.doubts.items():
        doubts.setdefault(measure, []).append([lines[partner], places[month], every.index(tuple(of_level))])
    data = {
        "reporter": series.reporter.code,
        "flow": series.flow,
        "product": series.product,
        "snapshot": series.snapshot.id,
        "first": month_number(series.months[0]),
        "partners": series.partners,
        "measures": {name: scale_of(_values(series.state.levels[name]), name) for name in series.measures},
        "levels": series.state.levels,
        "statuses": {name: _folded(one) for name, one in series.state.statuses.items()},
        "other": _packed(series.state.exceptions),
        "doubts": doubts,
        "sentences": {language: [doubt_text(one, language) for one in every] for language in LANGUAGES},
        **_quoted(series.judged, series, series.partners),
        "events": [[_place(event["day"], series.months), event["number"]] for event in series.events],
        "breaks": [[places[month], words] for month, words in series.breaks],
        "expected": _bands(series, places),
        "mirrors": [_mirror(part, places) for part in series.mirrors if not part.withheld],
    }
    return f"{name}={_json(data | more)}"


def _values(levels: list[list[float | None]]) -> Iterable[float | None]:
    return (value for line in levels for value in line)


def _folded(statuses: list[list[int]]) -> list[list[int]]:
    """Runs of the same status: the status and how many months it lasts, one after another."""
    by_line = []
    for line in statuses:
        runs: list[int] = []
        for code in line:
            if runs and runs[-2] == code:
                runs[-1] += 1
            else:
                runs += [code, 1]
        by_line.append(runs)
    return by_line


def _place(day: date, months: Sequence[date]) -> float:
    """The place of a day among the months: half way through the second month is 1.5."""
    return round(month_number(day) - month_number(months[0]) + (day.day - 1) / 31, 2)


def _bands(series: PageSeries, places: Mapping[date, int]) -> dict[str, list[list[Any]]]:
    names = ("expected", "low", "high", "unusual")
    by_measure: dict[str, list[list[Any]]] = {}
    for month, measure, *values in series.expected.select("period", "measure", *names).iter_rows():
        if measure in series.measures:
            numbers = [value if value is None or isinstance(value, bool) else _rounded(value) for value in values]
            by_measure.setdefault(measure, []).append([places[month], *numbers])
    return by_measure


def _mirror(part: MirrorPart, places: Mapping[date, int]) -> dict[str, Any]:
    """What both sides say of each month: the place of the month, what was sold, what was bought."""
    rows = [
        [places[month], *both]
        for month, *both in zip(part.months, part.sold, part.bought, strict=True)
        if month in places
    ]
    return {"partner": part.partner, "measure": part.measure, "product": part.product, "rows": rows}


def _packed(exceptions: Exceptions) -> dict[str, Any]:
    """The exceptions of each figure, measure and line as the number of its runs, of which equal ones stand once: a run
    is the first month, how many months it lasts, the value and the status."""
    runs: list[list[Any]] = []
    numbers: dict[str, dict[str, dict[int, int]]] = {}
    for figure, measures in exceptions.items():
        for measure, lines in measures.items():
            for line, months in lines.items():
                of_line = _runs(months)
                if of_line not in runs:
                    runs.append(of_line)
                numbers.setdefault(figure, {}).setdefault(measure, {})[line] = runs.index(of_line)
    return {"figures": numbers, "runs": runs}


def _runs(months: Mapping[int, list[Any]]) -> list[Any]:
    """Runs of months with the same value and status, flat: first month, how many, value, status, and so on."""
    flat: list[Any] = []
    for month in sorted(months):
        if flat and flat[-4] + flat[-3] == month and flat[-2:] == months[month]:
            flat[-3] += 1
        else:
            flat += [month, 1, *months[month]]
    return flat


def origins_as_script(series: PageSeries) -> str:
    """Return where each number is from, as a script: `ORIGINS={…}`. A page loads it when somebody asks."""
    stated = series.stated
    pairs = stated.select("release_id", "known_from").unique(maintain_order=True)
    releases = read_table(series.snapshot, "release").filter(pl.col("release_id").is_in(pairs["release_id"].implode()))
    releases = releases.sort("released_on", "release_id")
    ids = {name: number for number, name in enumerate(releases["release_id"])}
    origins = {pair: number for number, pair in enumerate(pairs.rows())}
    points: dict[str, list[list[int]]] = {}
    lines = {partner: number for number, partner in enumerate(series.partners)}
    for measure, partner, month, release, known, record, count in stated.iter_rows():
        place = month - month_number(series.months[0])
        points.setdefault(measure, []).append([lines[partner], place, origins[release, known], record or 0, count])
    data = {
        "origins": [[ids[release], str(day)] for release, day in origins],
        "releases": releases.select(
            pl.coalesce("title", "release_id"), "release_id", "raw_sha256", pl.col("released_on").cast(pl.String)
        ).rows(),
        "points": _shared(points),
    }
    return f"ORIGINS={_json(data)}"


def _shared(points: dict[str, list[list[int]]]) -> dict[str, Any]:
    """The points of each measure; those of an earlier measure by its name, where they are the same."""
    distinct: dict[str, Any] = {}
    for measure, rows in points.items():
        same = next((name for name, others in points.items() if others == rows and name in distinct), None)
        distinct[measure] = same or rows
    return distinct


def _stated(
    snapshot: Snapshot,
    flow: str,
    product: str,
    months: Sequence[date],
    partners: Sequence[str],
    measures: Sequence[str],
) -> pl.DataFrame:
    """The ledger's numbers behind each level: measure, partner, month (number), the newest release, the day from which
    the last of them is known, the record where it is one number, and how many they are."""
    key = ("product", "partner", "period_start", "period_end", "measure")
    columns = (*key, "release_id", "record", "known_from", "known_until")
    rows = read_table(snapshot, "observation", lambda place: place[0] == flow, part_of(product), columns=columns)
    begin, end = month_index("period_start").cast(pl.Int64), month_index("period_end").cast(pl.Int64)
    single = current_statements(rows).filter(pl.col("measure").is_in(measures), begin == end).with_columns(month=begin)
    keys = ["measure", "partner", "month"]
    printed = single.filter(pl.col("product") == product, pl.col("partner").is_in(partners))
    printed = printed.unique(keys, keep="last", maintain_order=True)
    # A printed total counts, and not the partners that are printed beside it.
    of_code = ["product", "measure", "month"]
    of_world = single.filter(pl.col("partner") != WORLD).with_columns(partner=pl.lit(WORLD))
    of_world = of_world.join(single.filter(partner=WORLD), on=of_code, how="anti")
    rest = pl.concat([of_world, single]).filter(pl.col("partner").is_in(partners)).join(printed, on=keys, how="anti")
    aggregates = {
        "release_id": pl.col("release_id").sort_by("known_from").last(),
        "known_from": pl.col("known_from").max(),
        "record": pl.when(pl.len() == 1).then(pl.col("record").first()),
        "count": pl.len().cast(pl.Int64),
    }
    behind = pl.concat([one.group_by(keys).agg(**aggregates) for one in (printed, rest)])
    within = pl.col("month").is_between(month_number(months[0]), month_number(months[-1]))
    return behind.filter(within).sort(keys)


def past_as_script(series: PageSeries, before: str = "") -> str:
    """Return what was known at the end of the newest days on which a number changed, the newest first, as a script:
    `PAST=[…]`. Each day has the levels and exceptions of the months from `since` on; those before are as today.

    `before` is the script of an earlier state; a day of which nothing else is known now is taken from it.
    """
    kept = {(one["day"], one.get("print")): one for one in json.loads(before.removeprefix("PAST=") or "[]")}
    rows = read_table(series.snapshot, "observation", lambda place: place[0] == series.flow, part_of(series.product))
    days = pl.concat([rows["known_from"], rows["known_until"]]).drop_nulls().unique().sort(descending=True)
    states: list[dict[str, Any]] = [{"day": str(day)} for day in days.head(1)]
    for day in days.slice(1, DAYS_MAX - 1).to_list():
        other = (pl.col("known_from") > day) | (pl.col("known_until") > day)
        earliest = rows.filter(other)["period_start"].min()
        # A month that was withdrawn stood after the newest one.
        since: date = min(max(earliest, series.months[0]), series.last)  # type: ignore[type-var, assignment]
        known = rows.filter(was_last_on(day), pl.col("period_end") >= since)
        about = [PAST_FORM, str(since), series.partners, series.measures, sorted(map(str, known.rows()))]
        mark = json_sha256(about)[:16]
        states.append(kept.get((str(day), mark)) or {"day": str(day), "print": mark, **_known_on(series, day, since)})
    return f"PAST={_json(states)}"


def _known_on(series: PageSeries, day: date, since: date) -> dict[str, Any]:
    """Levels, exceptions and doubts as they were known on a day, of the months from `since` on."""
    texts = pl.col("flow", "product", "partner", "measure").cast(pl.String)
    rows = query.table_on(series.snapshot, "metric", day, series.flow, [series.product], since).with_columns(texts)
    is_shown = pl.col("partner").is_in(series.partners) & (pl.col("period") <= series.last)
    rows = rows.filter(is_shown, product=series.product)
    begin = series.months.index(since)
    # The bases of the first months are as today.
    today = series.rows.filter(pl.col("period") < since)
    then = state_of(pl.concat([today, rows]), series.months, series.partners, series.measures)
    marked = rows.filter(pl.col("in_doubt"), pl.col("measure").is_in(series.measures))
    words = as_text(query.doubts_of(series.snapshot, day).each_of_rows(marked, ["level"]))
    keys = marked.select("measure", "partner", "period").rows()
    judged = _judged(series.snapshot, rows, pl.concat([today, rows]), day) if rows.height else series.judged.clear()
    return {
        "since": begin,
        **_quoted(judged, series, series.partners),
        "levels": {name: [line[begin:] for line in lines] for name, lines in then.levels.items()},
        "other": _from(then.exceptions, begin),
        "doubts": [
            [measure, series.partners.index(partner), series.months.index(month), text]
            for (measure, partner, month), text in zip(keys, words, strict=True)
            if text is not None and month in series.months
        ],
    }


def _from(exceptions: Exceptions, begin: int) -> Exceptions:
    kept: Exceptions = {}
    for figure, measures in exceptions.items():
        for measure, lines in measures.items():
            for line, months in lines.items():
                shown = {month: value for month, value in months.items() if month >= begin}
                if shown:
                    kept.setdefault(figure, {}).setdefault(measure, {})[line] = shown
    return kept


# A script ends where a text says so, and two characters end a line in old browsers.
UNSAFE = {"<": "\\u003c", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def _json(data: Any) -> str:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return functools.reduce(lambda escaped, pair: escaped.replace(*pair), UNSAFE.items(), text)
