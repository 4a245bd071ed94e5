"""Answers whether goods that no longer go direct may arrive by a third country: a row a hub, with the rate of false
alarms.

Belongs here: from the stores of the exporter, the importer and, where they have one, the hubs, to the levels that
`tasks.analysis.measures.detours` judges, and what must be said beside its rows.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from schemas.names import VALUES
from schemas.questions.detours import Detours as DetoursQuestion
from schemas.store_address import root_given
from schemas.table import polars_schema
from tasks.analysis.measures import detours as screen
from tasks.analysis.measures.detour_interval import HELD_PCT, interval, placebos_of
from tasks.analysis.measures.detours import DetourWindow, Goods, HubScore, Placebos
from tasks.analysis.mirror.sides import HS6, KG, months_of
from tasks.analysis.mirror.statements import pair, pair_of, shared_code
from tasks.answers.form.answer import AnswerOfSides, day_of
from tasks.answers.form.export_notes import RELEASE, Notes, meanings_of
from tasks.domain.coverage import TOTALS
from tasks.domain.doubt.doubt_words import as_text, once_each, together
from tasks.domain.errors import NoFigure
from tasks.domain.export_controls.measures import is_named
from tasks.domain.labels import country
from tasks.domain.numbers import amount
from tasks.domain.period_words import read_months
from tasks.domain.periods import Month, first_day, month_name, month_number
from tasks.ledger.name_tables import names_in
from tasks.reading.query import doubts_of, open_published, query
from tasks.reading.resolver import known_product
from tasks.reading.series import NO_TOTAL, levels_or_parts, national_codes
from tasks.store.bucket.working_copy import at_hand
from tasks.store.places.reporters import stores_of
from tasks.store.snapshots.parquet import read_table

HUBS_MAX, PLACEBOS_MAX = 30, 120
# Months before the date that are read: the base of two years, the noise of one and dates before.
BACK = 36
COUNTRY = r"^[A-Z]{3}$"
USD = "value_usd"


class Stores(NamedTuple):
    """The folders of the exporter, the importer and of hubs that have one, and whose the first two are."""

    exporter: str
    importer: str
    sold: Path
    bought: Path
    hubs: Mapping[str, Path]


class Frame(NamedTuple):
    """What is read of every good alike."""

    stores: Stores
    window: DetourWindow
    measure: str
    day: date | None

    @property
    def months(self) -> range:
        """The months that are read."""
        return range(self.window.since - BACK, self.window.since + self.window.months)


@dataclass(frozen=True)
class DetoursAnswer(AnswerOfSides):
    """Rows of the table `detour`, the highest score first; `flows` has the three flows of the first hub by month."""

    stores: Stores = field(kw_only=True)
    flows: pl.DataFrame = field(kw_only=True)
    placebos: Placebos = field(kw_only=True)

    @property
    def reporters(self) -> tuple[str, ...]:
        """The exporter, the importer, and the hubs that have a store."""
        return self.stores.exporter, self.stores.importer, *self.stores.hubs


def detours(question: DetoursQuestion) -> DetoursAnswer:
    """Return a row for each possible hub. Raises ValueError for a code that customs do not share, a month that is none
    and a reporter without a store, and LookupError where no month since the date is known of both."""
    day, root = day_of(question.as_of), root_given(question.store)
    code = shared_code(question.product)
    is_wider = known_product(question.product) != code
    notes = [f"{question.product} is counted as HS {code}, which holds other goods too"] if is_wider else []
    exporter, importer = pair_of(question.from_, question.to)
    sold, bought = pair(root, exporter, importer)
    window = _window(sold, bought, question)
    stores_of_hubs = {
        hub: at_hand(place) for hub, place in stores_of(root).items() if hub not in (exporter, importer, *TOTALS)
    }
    every = Stores(exporter, importer, sold, bought, stores_of_hubs)
    measure, hubs = _measure_and_hubs(code, every, window, day, question.measure)
    stores = every._replace(hubs={hub: place for hub, place in stores_of_hubs.items() if hub in hubs})
    frame = Frame(stores, window, measure, day)
    goods, by_parts = _read([code], hubs, frame)
    placebos = _placebos(code, hubs, frame)
    growths = {hub: screen.growths_of(placebos, hub, window) for hub in hubs}
    judged = screen.screen(goods[code], window, growths)
    screens = [screen.screen(one, window, growths) for one in placebos]
    rates, scores = screen.placebo_rates(goods[code], screens, window, growths)
    known = placebos_of(screens)
    ends = {one.hub: interval(one, known, window) for one in judged}
    rows = _rows(code, goods[code], judged, hubs, (rates, scores, growths, ends), frame)
    doubts = _doubts(code, rows["hub"].to_list(), frame)
    rows = rows.with_columns(as_text(doubts))
    states = (open_published(sold), open_published(bought), *(open_published(place) for place in stores.hubs.values()))
    return DetoursAnswer(
        rows,
        states[0],
        (*notes, *by_parts, *sentences(rows, rates)),
        once_each(doubts),
        as_of=day,
        table="detour",
        states=states,
        stores=stores,
        flows=_flows(goods[code], rows["hub"][0] if rows.height else None, frame),
        placebos=rates,
    )


def _window(sold: Path, bought: Path, question: DetoursQuestion) -> DetourWindow:
    since = month_number(read_months(question.since)[0])
    months = (months_of(sold, "export"), months_of(bought, "import"))
    last = min(max(one, default=0) for one in months)
    if question.until is not None:
        last = min(last, month_number(read_months(question.until)[1]))
    count = min(last - since + 1, screen.MONTHS_MAX)
    if count < 1:
        ends = [month_name(max(one)) if one else "no month" for one in months]
        raise NoFigure(
            f"no month since {month_name(since)} is known of both: the exporter's store ends with {ends[0]}, the"
            f" importer's with {ends[1]}. Fetch later months, or name an earlier date."
        )
    return DetourWindow(since, count)


def _measure_and_hubs(
    code: str, stores: Stores, window: DetourWindow, day: date | None, wanted: str | None
) -> tuple[str, list[str]]:
    """The measure asked for, otherwise the first in which both legs of a hub are known, and the hubs, the largest."""
    months = range(window.since - screen.YEAR, window.after.stop)
    tried = (wanted,) if wanted else (KG, *VALUES)
    is_third = pl.col("partner").str.contains(COUNTRY)
    is_third &= ~pl.col("partner").is_in([stores.exporter, stores.importer, *TOTALS])
    for measure in tried:
        sides = []
        for place, flow in ((stores.sold, "export"), (stores.bought, "import")):
            thirds = names_in(open_published(place)).partner.filter(is_third)["partner"].to_list()
            rows, _ = levels_or_parts(place, flow, [code], thirds, months, measure, day)
            sides.append(rows.filter(pl.col("level") > 0).group_by("partner").agg(pl.col("level").sum()))
        both = sides[0].join(sides[1], on="partner", suffix="_there")
        rank = pl.min_horizontal("level", "level_there")
        if both.height:
            return measure, both.sort(rank, "partner", descending=[True, False]).head(HUBS_MAX)["partner"].to_list()
    raise NoFigure(
        f"no third country has HS {code} of {stores.exporter} and sends it to {stores.importer} in a measure that both"
        f" stores have ({', '.join(tried)})"
    )


def _read(codes: Collection[str], hubs: Sequence[str], frame: Frame) -> tuple[dict[str, Goods], list[str]]:
    """The levels of goods by hub, and a sentence for each store in which a code is only the sum of national codes."""
    stores, months = frame.stores, frame.months
    notes: list[str] = []

    def side(place: Path, flow: str, partners: Sequence[str], whose: str) -> dict[tuple[str, str], dict[int, float]]:
        rows, parts = levels_or_parts(place, flow, codes, partners, months, frame.measure, frame.day)
        notes.extend(NO_TOTAL.format(whose, code, ", ".join(of_it)) for code, of_it in parts.items())
        by_leg: dict[tuple[str, str], dict[int, float]] = {}
        for product, partner, month, level in rows.select("product", "partner", "month", "level").iter_rows():
            series = by_leg.setdefault((product, partner), {})
            if level is not None:
                series[month] = level
        return by_leg

    sold = side(stores.sold, "export", [stores.importer, *hubs], stores.exporter)
    bought = side(stores.bought, "import", [stores.exporter, *hubs], stores.importer)
    books = {
        hub: (
            side(place, "import", [stores.exporter], hub),
            side(place, "export", [stores.importer], hub),
        )
        for hub, place in stores.hubs.items()
    }
    goods = {}
    for code in codes:
        first = {hub: (sold[code, hub], *_known(books, hub, 0, (code, stores.exporter))) for hub in hubs}
        second = {hub: (bought[code, hub], *_known(books, hub, 1, (code, stores.importer))) for hub in hubs}
        direct = sold[code, stores.importer] or bought[code, stores.exporter]
        goods[code] = Goods(direct, first, second, bought[code, stores.exporter])
    return goods, list(dict.fromkeys(notes))


def _known(
    books: Mapping[str, tuple[Mapping[tuple[str, str], dict[int, float]], ...]],
    hub: str,
    place: int,
    key: tuple[str, str],
) -> tuple[dict[int, float], ...]:
    """What the hub itself says of a leg; nothing where it has no store, or no figure of it."""
    series = books[hub][place].get(key) if hub in books else None
    return (series,) if series else ()


def _placebos(code: str, hubs: Sequence[str], frame: Frame) -> list[Goods]:
    """Goods of other headings, which no measure of the exporter names, and which it sells to the importer; those
    nearest in size."""
    stores, window = frame.stores, frame.window
    pairs = [Month(month).pair for month in range(window.since - screen.YEAR, window.since)]
    given: dict[str, Any] = {"flow": "export", "partner": stores.importer, "measure": frame.measure, "month": pairs}
    rows = query(stores.sold, "metric", **given, as_of=frame.day)
    sums = rows.filter(pl.col("level") > 0).group_by(pl.col("product").cast(pl.String)).agg(pl.col("level").sum())
    level_of_code = sums.filter(pl.col("product").str.starts_with(code))["level"].max()
    others = sums.filter(
        pl.col("product").str.contains(rf"^\d{{{HS6}}}$"), ~pl.col("product").str.starts_with(code[:4])
    )
    size = math.log(float(level_of_code or 1.0))  # type: ignore[arg-type]
    ranked = others.sort((pl.col("level").log() - size).abs(), "product")["product"].to_list()
    chosen: list[str] = []
    for one in ranked:
        if len(chosen) == PLACEBOS_MAX:
            break
        if not is_named(one, stores.exporter):
            chosen.append(one)
    if not chosen:
        return []
    read, _ = _read(chosen, hubs, frame)
    return [read[one] for one in chosen]


def _rows(
    code: str,
    goods: Goods,
    gains: Sequence[HubScore],
    hubs: Sequence[str],
    judged: tuple[
        Placebos, Sequence[float], Mapping[str, tuple[float, float]], Mapping[str, tuple[float, float] | None]
    ],
    frame: Frame,
) -> pl.DataFrame:
    """Rows of the table `detour`: the judged hubs by score, then those that cannot be judged."""
    rates, scores, growths, ends = judged
    stores, window = frame.stores, frame.window
    looked_at = screen.plain_sums(goods.direct, window)
    has_fallen = looked_at is not None and looked_at[1] < looked_at[0]
    # Without a number of the exporter the screen looks at the importer's, which stays what the importer says.
    direct = None if goods.direct is goods.direct_there else looked_at
    other = screen.plain_sums(goods.direct_there, window)
    prices = _prices(code, hubs, frame)
    shared: dict[str, Any] = {
        "product": code,
        "exporter": stores.exporter,
        "importer": stores.importer,
        "since": first_day(window.since),
        "until": first_day(window.after.stop - 1),
        "months": window.months,
        "measure": frame.measure,
        **dict(zip(("direct_before", "direct_after"), direct or (None, None), strict=True)),
        **dict(zip(("direct_other_before", "direct_other_after"), other or (None, None), strict=True)),
        "direct_usd_per_kg": prices.get("direct"),
        "threshold": rates.threshold,
    }
    for name, (fired, tried) in rates.counts.items():
        shared |= {f"placebo_{name}": tried, f"placebo_{name}_fired": fired}
    by_hub = {one.hub: one for one in gains}
    rows = []
    for hub in [*(one.hub for one in gains), *(hub for hub in hubs if hub not in by_hub)]:
        row = shared | {"hub": hub} | _printed(goods, hub, window)
        row |= {"first_usd_per_kg": prices.get(f"first {hub}"), "second_usd_per_kg": prices.get(f"second {hub}")}
        row |= {"first_growth": growths[hub][0], "second_growth": growths[hub][1]}
        if hub in by_hub:
            row |= _of(by_hub[hub], ends[hub], rates, scores, has_fallen=has_fallen)
        else:
            row |= {"status": "not_covered"}
        rows.append(row)
    return pl.DataFrame(rows, schema=polars_schema("detour"))


def _of(
    one: HubScore, ends: tuple[float, float] | None, rates: Placebos, scores: Sequence[float], *, has_fallen: bool
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "lag": one.lag,
        "score": one.score,
        "first_before": one.first.before,
        "first_after": one.first.after,
        "second_before": one.second.before,
        "second_after": one.second.after,
        "ceiling": one.ceiling,
    }
    row |= {"status": "judged", "estimate": min(max(one.estimate, ends[0]), ends[1]) if ends else one.estimate}
    row |= dict(zip(("low", "high"), ends or (None, None), strict=True))
    if scores:
        row["as_high_pct"] = 100 * screen.chance_of(one.score, scores)
    if rates.threshold is None:
        row["status"] = "too_few_placebos"
    elif not has_fallen:
        row |= {"status": "no_fall", "fires": False}
    else:
        row["fires"] = one.score > rates.threshold
    return row


def _printed(goods: Goods, hub: str, window: DetourWindow) -> dict[str, Any]:
    """What is printed of both legs over the whole window: by the exporter or the importer (said), and by the hub
    itself, where it has a store (other)."""
    figures: dict[str, Any] = {}
    for name, legs in (("first", goods.first[hub]), ("second", goods.second[hub])):
        for place, whose in enumerate(("said", "other")):
            sums = screen.plain_sums(legs[place], window) if len(legs) > place else None
            keys = (f"{name}_{whose}_before", f"{name}_{whose}_after")
            figures |= dict(zip(keys, sums or (None, None), strict=True))
    return figures


def _prices(code: str, hubs: Sequence[str], frame: Frame) -> dict[str, float]:
    """US dollars per kilogram of each flow in the months since the date, as the side says that counts it."""
    stores, prices = frame.stores, dict[str, float]()
    for place, flow, partners, name in (
        (stores.sold, "export", [stores.importer, *hubs], "first"),
        (stores.bought, "import", list(hubs), "second"),
    ):
        sums = []
        for measure in (USD, KG):
            rows, _ = levels_or_parts(place, flow, [code], partners, frame.window.after, measure, frame.day)
            sums.append(rows.group_by("partner").agg(pl.col("level").sum(), known=pl.col("level").is_not_null().all()))
        both = sums[0].join(sums[1], on="partner", suffix="_kg").filter("known", "known_kg", pl.col("level_kg") > 0)
        for partner, value, mass in both.select("partner", "level", "level_kg").iter_rows():
            prices["direct" if partner == stores.importer else f"{name} {partner}"] = value / mass
    return prices


def _doubts(code: str, hubs: Sequence[str], frame: Frame) -> pl.Series:
    """What is in doubt of the numbers behind the row of each hub (DOUBTS)."""
    stores, cells = frame.stores, list[pl.Series]()
    legs = [(stores.sold, "export", [stores.importer] * len(hubs)), (stores.sold, "export", hubs)]
    legs += [(stores.bought, "import", hubs)]
    for place, flow, partners in legs:
        snapshot = open_published(place)
        codes = [code, *national_codes(snapshot, [code]).get(code, ())]
        keys = [(at, flow, key, partner) for at, partner in enumerate(partners) for key in codes]
        kinds = {"at": pl.UInt32, "flow": pl.String, "product": pl.String, "partner": pl.String}
        table = pl.DataFrame(keys, kinds, orient="row").with_columns(
            measure=pl.lit(frame.measure),
            begin=pl.lit(frame.window.since - screen.YEAR * screen.YEARS_MAX, pl.Int32),
            end=pl.lit(frame.window.after.stop - 1, pl.Int32),
        )
        cells.append(doubts_of(snapshot, frame.day).each_of_keys(table, len(hubs)))
    return together(cells)


def _flows(goods: Goods, hub: str | None, frame: Frame) -> pl.DataFrame:
    """The direct flow and both legs of a hub by month: `flow`, `period`, `level`."""
    series = {"direct": goods.direct}
    if hub is not None:
        series |= {"first": goods.first[hub][0], "second": goods.second[hub][0]}
    months = range(frame.window.since - 2 * screen.YEAR, frame.window.after.stop)
    rows = [(name, first_day(month), levels.get(month)) for name, levels in series.items() for month in months]
    return pl.DataFrame(rows, {"flow": pl.String, "period": pl.Date, "level": pl.Float64}, orient="row")


def sentences(rows: pl.DataFrame, rates: Placebos) -> list[str]:
    """Return what the rows say, and how often the screen errs, a sentence each."""
    first = rows.row(0, named=True)
    unit = "kg" if first["measure"] == KG else first["measure"].removeprefix("value_").upper()
    span = f"{first['since']:%Y-%m} to {first['until']:%Y-%m}"
    pair_name = f"{first['exporter']} to {first['importer']}"
    lines = []
    for name, whose in (("direct", first["exporter"]), ("direct_other", first["importer"])):
        before, after = first[f"{name}_before"], first[f"{name}_after"]
        counts = f"{pair_name} as {whose} counts it"
        if before is None:
            lines.append(f"{counts}: not known for each month of {span} and of the year before")
            continue
        change = f", {100 * (after / before - 1):+.1f} %" if before else ""
        lines.append(f"{counts}: {after:,.0f} {unit} in {span}, {before:,.0f} by the years before{change}")
    fired = rows.filter(pl.col("fires"))
    lines += [
        f"{row['hub']} fires: an estimate of {row['estimate']:,.0f} {unit} by it ({HELD_PCT} % interval"
        f" {row['low']:,.0f} to {row['high']:,.0f}), at most {row['ceiling']:,.0f}, all that its smaller leg carried;"
        f" {row['as_high_pct']:.1f} % of placebo goods have a hub with as high a score; the screen fires in error on"
        f" {_rate(rates.goods)} of them, and on {_rate(rates.all)} where others' makers sell all that was lost"
        for row in fired.iter_rows(named=True)
    ]
    if rates.threshold is None:
        lines.append(
            f"no hub can fire: {rates.goods[1]} placebo goods, and {screen.PLACEBOS_MIN} are needed to know how often"
            " the screen errs; estimates have no known error rate"
        )
    elif not fired.height:
        why = "the direct flow has not fallen" if (rows["status"] == "no_fall").any() else "no score is high enough"
        lines.append(f"no hub fires: {why}")
    if rates.threshold is not None:
        lines.append("where no detour can be, the screen fires on " + ", ".join(_rate_texts(rates)))
    return [
        *lines,
        "an estimate from trade by month and code: it does not say who shipped what, and goods that were made into"
        " others have other codes",
    ]


def _rate_texts(rates: Placebos) -> list[str]:
    names = {
        "goods": "placebo goods, of headings that no measure names",
        "half": "of them where others' makers sell half of what was lost by the hubs",
        "all": "of them where they sell all of it",
        "pairs": "pairs of legs of two hubs",
        "dates": "earlier dates",
    }
    texts = []
    for name, what in names.items():
        fired, tried = counts = rates.counts[name]
        texts.append(f"{fired} of {tried} {what} ({_rate(counts)})" if tried else f"no {what} to try")
    return texts


def _rate(counts: tuple[int, int]) -> str:
    """A rate of so many of so many with its own interval."""
    if not counts[1]:
        return "an unknown part"
    low, high = screen.between(*counts)
    return f"{100 * counts[0] / counts[1]:.0f} %, {low:.0f} to {high:.0f} % by their number"


def title(rows: pl.DataFrame) -> str:
    """Whose trade it is, of which months."""
    row = rows.row(0, named=True)
    return (
        f"HS {row['product']} from {country(row['exporter'])} to {country(row['importer'])} by a third country,"
        f" {row['since']:%Y-%m} to {row['until']:%Y-%m} against the years before, {_unit(row['measure'])}"
    )


def columns(rows: pl.DataFrame) -> dict[str, list[str]]:
    """Return the columns of the terminal table."""
    factor = 1e-3 if rows["measure"][0] == KG else 1.0

    def shown(name: str) -> list[str]:
        return ["–" if value is None else amount(value * factor) for value in rows[name]]

    cells = {"hub": [country(hub) for hub in rows["hub"]]}
    cells |= {
        "to it": [f"{one} → {other}" for one, other in zip(shown("first_before"), shown("first_after"), strict=True)]
    }
    cells |= {
        "on": [f"{one} → {other}" for one, other in zip(shown("second_before"), shown("second_after"), strict=True)]
    }
    cells["lag"] = ["–" if lag is None else str(lag) for lag in rows["lag"]]
    cells |= {name: shown(name) for name in ("estimate", "ceiling")}
    cells["alarm, %"] = ["–" if rate is None else f"{rate:.1f}" for rate in rows["as_high_pct"]]
    cells["verdict"] = [
        "fires" if fires else "does not fire" if status == "judged" else status.replace("_", " ")
        for fires, status in rows.select("fires", "status").iter_rows()
    ]
    return cells


def workbook_notes(answer: DetoursAnswer) -> Notes:
    """The second sheet of a workbook: what the rows say, what each column means, and the releases of both."""
    facts = [("title", title(answer.rows)), ("citation", answer.citation), *(("note", one) for one in answer.remarks)]
    releases = pl.concat(read_table(state, "release").select("reporter", *RELEASE) for state in answer.states)
    return Notes("detour", facts, meanings_of("detour"), releases)


def _unit(measure: str) -> str:
    return "t" if measure == KG else measure.removeprefix("value_").upper()
