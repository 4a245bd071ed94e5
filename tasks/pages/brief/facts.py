"""Gathers the numbers of a brief from the tables and traces them; rounds nothing and writes no text."""

import functools
import itertools
import math
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from schemas.figures import FIGURE_OF
from schemas.forms.brief import DrawnLevel, Fact, Facts, PartnerRow
from schemas.forms.doubt import NumberDoubt
from schemas.forms.outcome import HeldRelease
from schemas.forms.verdict import Verdict
from schemas.names import status
from schemas.reference.code_tables import code_table
from schemas.small_files import read_json
from tasks.analysis.after.first_prints import scorecard, within
from tasks.analysis.reporter.expectation import of_month
from tasks.claims.readings import Readings, growth_of
from tasks.claims.statement import Spot
from tasks.domain.classification import members, part_of
from tasks.domain.coverage import EVERYTHING, FIGURES_LOOK_BACK, WORLD
from tasks.domain.doubt.doubt_words import doubts_in
from tasks.domain.doubt.verdict_words import verdict_of
from tasks.domain.errors import NoFigure
from tasks.domain.export_controls.measure_states import LAPSED, states_on
from tasks.domain.export_controls.measures import events_of, mixed_words
from tasks.domain.labels import printed_name, product_names
from tasks.domain.periods import Month, first_day, month_end, month_number, span_name
from tasks.domain.precision import Interval
from tasks.domain.units import UNIT_VALUE_OF, VALUE_OF
from tasks.ingest.editions import is_outdated
from tasks.ledger.doubts import Doubts
from tasks.ledger.name_tables import NameTables, names_in
from tasks.ledger.quotable import numbers_of, verdicts_from
from tasks.lineage.point import Point
from tasks.lineage.trace import Tracer
from tasks.pages.brief.context import decided, mirrored
from tasks.reading.citation import known_on
from tasks.reading.query import doubts_of, reporter_of
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import path_partition, read_table

MONTHS_SHOWN = 36
MONTHS_SPARK = 13
PARTNERS_MAX = 10
REVISED_MAX = 12
KG = "quantity_kg"
# In dollars, and in yuan if there is no value in dollars.
PRICES, VALUES = tuple(VALUE_OF), tuple(UNIT_VALUE_OF)
HELD = "held"
PRODUCTS_NAMED = 50


def _products(snapshot: Snapshot, flow: str) -> str:
    """List the products of a flow, from its last month back; for a full cube only some."""
    months = sorted((path_partition(entry.partition) for entry in snapshot.entries("metric", flow)), reverse=True)
    products: set[str] = set()
    for month in months:
        products |= {*read_table(snapshot, "metric", month.__eq__, columns=("product",))["product"].unique()}
        if len(products) > PRODUCTS_NAMED:
            return ", ".join([*sorted(products)[:PRODUCTS_NAMED], "and more"])
    return ", ".join(sorted(products)) or "none of this flow"


class ProductTraces:
    """What the figures of every month of a product rest on: its rows of `metric`, their traces, the readings of printed
    numbers, and verdicts on growths. What months have in common is read and traced once. Raises NoFigure."""

    def __init__(self, snapshot: Snapshot, product: str, flow: str) -> None:
        self.snapshot, self.product, self.flow = snapshot, product, flow
        self.tracer = Tracer(snapshot, flow, product)
        self.rows = self.tracer.metric.filter(pl.col("product") == product)
        if not self.rows.height:
            raise NoFigure(f"no {flow} of {product}; products are {_products(snapshot, flow)}")

    @functools.cached_property
    def readings(self) -> Readings:
        """The readings of the numbers of the product and its parts."""
        return Readings(self.snapshot, [self.product, *members(self.product)], others=False)

    @functools.cached_property
    def numbers(self) -> pl.DataFrame:
        """The numbers of the ledger of the product and its parts."""
        return numbers_of(self.snapshot, self.flow, [self.product])

    @functools.lru_cache(2)  # noqa: B019 - a product has few months, which come one after another
    def verdicts(self, month: date) -> dict[tuple[str, str, str], Verdict]:
        """The verdicts on growths of a month, by partner, measure and figure."""
        judged = verdicts_from(self.rows.filter(period=month), self.rows, self.numbers)
        return {(row["partner"], row["measure"], row["figure"]): verdict_of(row) for row in judged.to_dicts()}


class Gatherer:
    """Figures of one product and month, each with its trace."""

    def __init__(self, behind: ProductTraces, month: date) -> None:
        self.product, self.flow, self.month, self.number = behind.product, behind.flow, month, month_number(month)
        self.tracer, self.rows = behind.tracer, behind.rows
        self.measure = self._measure()
        self.readings, self.verdicts, self.count = behind.readings, behind.verdicts, 0

    def look_up(self) -> None:
        """Look up the coverage of all that the figures of the page may rest on."""
        # A record rests on every month since the series began.
        earliest = min(self.number - FIGURES_LOOK_BACK, month_number(self.series_start or self.month))
        months = range(earliest, self.number + 1)
        partners = [*self.rows["partner"].cast(pl.String).unique().sort(), EVERYTHING]
        measures = sorted({self.measure, VALUE_OF.get(self.price(), self.measure)})
        keys = itertools.product(sorted({self.product, *members(self.product)}), partners, measures, months)
        points = [Point(self.flow, *key) for key in keys]
        self.tracer.origins.look_up(points)
        self.tracer.origins.look_up_whole(points)

    @functools.cached_property
    def series_start(self) -> date | None:
        """The first of the months of all partners together that can be compared. Raises NoFigure."""
        world = Point(self.flow, self.product, WORLD, self.measure, self.number)
        start = self.tracer.row(world, "highest_since")["series_start"]
        assert start is None or isinstance(start, date)
        return start

    def _measure(self) -> str:
        """The measure of the page: kilograms where any are known in the month, otherwise money. Raises NoFigure."""
        rows = self.rows.filter(pl.col("period") == self.month)
        known = {*rows.filter(pl.col("level").is_not_null() | pl.col("ytd").is_not_null())["measure"]}
        for measures_of_rows in (known, {*rows["measure"]}):
            if chosen := next((measure for measure in (KG, *VALUES) if measure in measures_of_rows), ""):
                return chosen
        shown = self.rows.filter(pl.col("measure").is_in([KG, *VALUES]))["period"].sort().dt.strftime("%Y-%m")
        there_is = f"there is {shown[0]} to {shown[-1]}" if shown.len() else "there is no such month"
        nothing = f"no {self.flow} of {self.product} in {self.month:%Y-%m}"
        if not rows.height:
            raise NoFigure(f"{nothing}; {there_is}")
        measures = ", ".join(sorted({*rows["measure"].cast(pl.String)}))
        raise NoFigure(
            f"{nothing} is counted in kilograms or in money, of which a brief is made; {there_is}. What there is,"
            f" {measures}, is shown by tidewaiter read metric --product {self.product} --flow {self.flow} --month"
            f" {self.month:%Y-%m}"
        )

    def price(self) -> str:
        """The measure of the unit value: the one that all partners together have in the month, dollars before other
        money."""
        rows = self.rows.filter((pl.col("period") == self.month) & (pl.col("partner") == WORLD))
        known, named = {*rows.filter(pl.col("level").is_not_null())["measure"]}, {*rows["measure"]}
        return next((measure for measures in (known, named) for measure in PRICES if measure in measures), PRICES[0])

    def has_values(self) -> bool:
        """Whether the product has a value in any currency."""
        return self.rows.filter(pl.col("measure").is_in(VALUES) & pl.col("level").is_not_null()).height > 0

    def fact(self, partner: str, figure: str, back: int = 0, measure: str = "") -> Fact:
        """Return one figure, of the measure of the page if no other is asked for; traced if it has a value."""
        measure = measure or self.measure
        point = Point(self.flow, self.product, partner, measure, self.number - back)
        self.count += 1
        day = first_day(point.month)
        about: dict[str, Any] = {
            "id": f"s{self.count}",
            "partner": partner,
            "month": day,
            "figure": figure,
            "measure": measure,
        }
        try:
            row = self.tracer.row(point, figure)
        except NoFigure:
            return Fact(**about, value=None, status="not_covered")
        value = row[figure]
        trace = self.tracer.trace(point, figure) if value is not None else None
        plain = f"{value:%Y-%m}" if isinstance(value, date) else value
        left_open = self.left_open(partner, figure, measure) if value is not None and figure.endswith("_pct") else None
        return Fact(
            **about,
            value=plain,
            status=row[status(figure)],
            trace=trace,
            doubts=trace.doubted if trace else [],
            step=_step(left_open, value) if left_open else 0.1,
            low=float(left_open.low) if left_open else None,
            verdict=self.verdicts(day).get((partner, measure, figure)),
        )

    def left_open(self, partner: str, figure: str, measure: str) -> Interval | None:
        """Return the interval that the printed digits behind a growth or a share allow, in per cent."""
        first = Month(self.number).january if FIGURE_OF[figure].is_so_far else self.number
        spot = self.readings.canonical(
            Spot(self.flow, self.product, partner, VALUE_OF.get(measure, measure), first, self.number)
        )
        base = spot.shifted(-(FIGURE_OF[figure].months_back or 12))
        if figure == "share_pct":
            intervals = self.readings.share(spot)
        elif measure in PRICES:
            pairs = zip(self.readings.unit_value(spot), self.readings.unit_value(base), strict=False)
            intervals = [growth for now, before in pairs if (growth := growth_of(now, before))]
        else:
            intervals = self.readings.growth(spot, base)
        return min((reading.strict for reading in intervals), key=lambda one: one.width, default=None)

    def is_within_union(self) -> bool:
        """Whether the reporter is a group and its own members are among the partners of the month."""
        groups = code_table("partner_groups").filter(pl.col("group") == self.tracer.reporter.code)
        return self.rows.filter(period=self.month)["partner"].cast(pl.String).is_in(groups["partner"].implode()).any()

    def expected(self) -> dict[str, Any] | None:
        """Return what the world total was expected to be, as columns of the table expectation."""
        world = (pl.col("partner") == WORLD) & (pl.col("measure") == self.measure)
        return of_month(self.rows.filter(world), self.number)

    def levels(self, partner: str, months: int) -> list[float | None]:
        """Return the levels of the last months."""
        return [self._levels.get((partner, first_day(self.number - back))) for back in range(months - 1, -1, -1)]

    @functools.cached_property
    def _levels(self) -> dict[tuple[str, date], float | None]:
        """The levels in the measure of the page, by partner and month."""
        rows = self.rows.filter(pl.col("measure") == self.measure).select("partner", "period", "level")
        return {(partner, period): level for partner, period, level in rows.iter_rows()}

    def drawn(self, partners: Sequence[str], doubts: Doubts) -> Iterator[DrawnLevel]:
        """Yield the levels that are drawn: of all partners together those of the chart, of each partner those of its
        line."""
        rows = self.rows.filter(pl.col("partner").is_in([*partners]) & (pl.col("measure") == self.measure))
        months = range(self.number - MONTHS_SHOWN + 1, self.number + 1)
        in_doubt: dict[tuple[str, int], list[NumberDoubt]] = {}
        parts = doubts.parts(self.flow, self.product, partners, months, self.measure)
        for place, doubt in zip(parts.select("partner", "month").rows(), doubts_in(parts["doubt"]), strict=True):
            in_doubt.setdefault(place, []).append(doubt)
        for row in rows.sort("partner", "period").iter_rows(named=True):
            month = month_number(row["period"])
            shown = MONTHS_SHOWN if row["partner"] == WORLD else MONTHS_SPARK
            if self.number - shown < month <= self.number:
                about = in_doubt.get((row["partner"], month), [])
                yield DrawnLevel(row["partner"], row["period"], row["level"], row["level_status"], about)

    def partners(self) -> list[str]:
        """Return all partners together, then those that contribute most to the change on the month before, up or
        down, then the largest of the month, or of the year to date if no partner has a single month. The largest
        is always included.
        """
        groups = code_table("partner_groups")["group"].unique().to_list()
        rows = self.rows.filter(
            (pl.col("period") == self.month)
            & (pl.col("measure") == self.measure)
            & (pl.col("partner") != WORLD)
            & ~pl.col("partner").is_in(groups)
        )
        figure = "level" if rows["level"].count() else "ytd"
        known = rows.drop_nulls(figure).sort(figure, "partner", descending=[True, False])
        moved = pl.col("contribution_mom_pp").abs()
        ordered = known.sort(moved, descending=True, nulls_last=True, maintain_order=True)["partner"].to_list()
        chosen, largest = ordered[:PARTNERS_MAX], known["partner"].head(1).to_list()
        return [WORLD, *(chosen if {*largest} <= {*chosen} else [*chosen[:-1], *largest])]


def gather(
    snapshot: Snapshot,
    store: Path,
    product: str,
    flow: str,
    month: date,
    day: date | None = None,
    names: NameTables | None = None,
    behind: ProductTraces | None = None,
) -> Facts:
    """Gather all facts of the brief; export controls have their states on `day`, by default the day of the newest
    release. `names` are those of the snapshot, and `behind` what the product's figures rest on, where they are read
    already. Raises NoFigure if the store has no such product or month.
    """
    day = day or date.fromisoformat(snapshot.about["released_on"])
    gatherer = Gatherer(behind or ProductTraces(snapshot, product, flow), month)
    partners = gatherer.partners()
    gatherer.look_up()
    rows = [
        PartnerRow(
            partner=partner,
            level=gatherer.fact(partner, "level"),
            mom=gatherer.fact(partner, "mom_pct"),
            contribution=gatherer.fact(partner, "contribution_mom_pp"),
            yoy=gatherer.fact(partner, "yoy_pct"),
            ytd=gatherer.fact(partner, "ytd"),
            ytd_yoy=gatherer.fact(partner, "ytd_yoy_pct"),
            share=gatherer.fact(partner, "share_pct"),
            rank=gatherer.fact(partner, "rank"),
            rank_before=gatherer.fact(partner, "rank", back=1),
            recent=gatherer.levels(partner, MONTHS_SPARK),
        )
        for partner in partners
    ]
    codes = members(product)
    named = names_of(product, snapshot, names)
    reporter = gatherer.tracer.reporter
    before = {partner: gatherer.levels(partner, 2)[0] for partner in partners}
    months = [first_day(gatherer.number - back) for back in range(MONTHS_SHOWN - 1, -1, -1)]
    prices = [gatherer.fact(WORLD, figure, measure=gatherer.price()) for figure in ("level", "mom_pct", "yoy_pct")]
    before_it = first_day(gatherer.number - 1)
    of_it = (flow, before_it.year, before_it.month)
    # The day on which the month before was first published, regardless of later revisions.
    since = read_table(snapshot, "observation", of_it.__eq__, part_of(product))["known_from"].min()
    assert since is None or isinstance(since, date)
    revised, more = _revised(snapshot, product, flow, since)
    releases = read_table(snapshot, "release")
    page = Facts(
        flow=flow,
        product=product,
        name_en=named[0],
        name_zh=named[1],
        printed_name=printed_name(product, reporter.nomenclature),
        codes=codes,
        month=month,
        measure=gatherer.measure,
        snapshot_id=snapshot.id,
        world_before=gatherer.fact(WORLD, "level", back=1),
        highest_since=gatherer.fact(WORLD, "highest_since"),
        lowest_since=gatherer.fact(WORLD, "lowest_since"),
        partners=rows,
        months=months,
        world=gatherer.levels(WORLD, MONTHS_SHOWN),
        before=before,
        drawn=[*gatherer.drawn(partners, doubts_of(snapshot))],
        events=events_in(product, flow, months, day, reporter.code),
        states_on=day,
        unit_value=prices[0],
        unit_value_mom=prices[1],
        unit_value_yoy=prices[2],
        has_values=gatherer.has_values(),
        mix_moved_pp=_mix_moved(rows, before),
        series_start=gatherer.series_start,
        revised_since=since,
        revised=revised,
        revised_more=more,
        decisions=decided(snapshot, product, flow, month, since),
        held=held_of(store, snapshot, flow, [product, *codes]),
        mirror=mirrored(store, product, flow, month),
        first_prints=within(scorecard(snapshot, flow, product, WORLD, gatherer.measure)),
        mixed_code=bool(mixed_words([product], reporter.code)),
        within_union=gatherer.is_within_union(),
        expected=gatherer.expected(),
        reporter=reporter.code,
        known_on=str(known_on(releases, read_table(snapshot, "decision"))),
    )
    return page.model_copy(update={"doubts": list(dict.fromkeys(one for fact in page.facts() for one in fact.doubts))})


def names_of(product: str, snapshot: Snapshot, names: NameTables | None = None) -> tuple[str, str]:
    """Return the English and the Chinese name: from the code tables, otherwise as a source prints it, otherwise the
    code.
    """
    if (known := product_names(product, reporter_of(snapshot).nomenclature)) is not None:
        return known
    plain = f"HS {product}" if product.isdecimal() else product
    for row in (names or names_in(snapshot)).product.filter(product=product).iter_rows(named=True):
        return row["name"] or plain, row["printed_zh"] or row["name"] or plain
    return plain, plain


def events_in(product: str, flow: str, months: Sequence[date], state_day: date, reporter: str) -> list[dict[str, Any]]:
    """Return the measures that took effect in these months: their rows, with number, day, and the term that decides the
    state."""
    last, events, states = month_end(months[-1]), list[dict[str, Any]](), states_on(state_day)
    for row in events_of(product, flow, reporter).iter_rows(named=True):
        day, state = date.fromisoformat(row["effective_from"] or row["announced_on"]), states[row["event"]]
        if months[0] <= day <= last:
            words = state.name
            # A lapse also covers the end of a suspension, and that of a single paragraph; a suspension may have no last
            # day.
            if words == LAPSED and state.by != row["event"]:
                words += "_paragraph" if state.part else "_suspension"
            elif words == "suspended" and state.until is None:
                words += "_open"
            of_term = {"state": words, "since": state.since, "until": state.until, "part": state.part}
            address = row["page"] or row["source"]
            events.append({**row, **of_term, "number": len(events) + 1, "day": day, "address": address})
    return events


def _mix_moved(rows: list[PartnerRow], before: dict[str, float | None]) -> float | None:
    """Compute how far the shares of the partners moved, in percentage points, among partners with a figure in both
    months.
    """
    world_now, world_before = rows[0].level.value, before.get(WORLD)
    # Without trade there are no shares.
    if not isinstance(world_now, float) or not world_now or not world_before:
        return None
    moves = [
        abs(row.level.value / world_now - (earlier / world_before)) * 100
        for row in rows[1:]
        if isinstance(row.level.value, float) and (earlier := before[row.partner]) is not None
    ]
    return sum(moves) / 2 if moves else None


def _revised(snapshot: Snapshot, product: str, flow: str, since: date | None) -> tuple[list[dict[str, Any]], int]:
    """Return what changed after that day, the newest and the largest first, and how many more changes there are."""
    rows = read_table(snapshot, "revision", lambda partition: partition[0] == flow, part_of(product))
    if since is not None:
        rows = rows.filter(pl.col("revised_on") > since)
    move = (pl.col("new_value").fill_null(0) - pl.col("old_value").fill_null(0)).abs()
    order = ("partner", "measure", "product", "regime", "province")
    rows = rows.sort("revised_on", move, *order, descending=[True, True, *[False] * len(order)])
    shown = rows.head(REVISED_MAX)
    revised = [
        {**row, "period": span_name(row["period_start"], row["period_end"])} for row in shown.iter_rows(named=True)
    ]
    return revised, rows.height - shown.height


def held_of(store: Path, snapshot: Snapshot, flow: str, codes: Sequence[str]) -> list[dict[str, Any]]:
    """Return the releases that need a decision and may have numbers of these codes, by the files of the store; a file
    that cannot be read is named. A release that is published by now is left out.
    """
    waiting_releases = []
    for file in sorted((store / HELD).glob("*.json")):
        try:
            release = HeldRelease.model_validate(read_json(file))
        except (OSError, ValueError):
            waiting_releases.append({"title": file.stem, "release_id": "", "since": "", "why": []})
            continue
        is_open = release.waits and not is_outdated(release.release_id, snapshot.about["releases"])
        if is_open and release.concerns(flow, codes):
            waiting: dict[str, Any] = {"since": str(release.held_since), "why": release.by_check}
            waiting_releases.append({"title": release.title, "release_id": release.release_id, **waiting})
    return waiting_releases


def _step(left_open: Interval, value: float) -> float:
    """Return the value of the last digit to show: "353 t against 46.4 t" does not carry a decimal of +660.8 %.

    At least two digits are shown, or all before the decimals: 26 t after 21 t is +24 %, which +20 % must not replace.
    """
    width = float(left_open.width)
    if width <= 0 or not value:
        return 0.1
    size = math.floor(math.log10(abs(value)))
    return max(0.1, min(10.0 ** round(math.log10(width)), 10.0 ** (size - 1 if size > 0 else size)))
