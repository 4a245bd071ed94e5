"""Traces a published metric back to the bytes: operands, ledger numbers, release, raw file, record numbers.

The trace recomputes the metric with exact fractions from the ledger's rows, and not with the code that published it, so
it is an independent check. Only the months in which a code, a unit or a group changed its meaning come from
`comparability`, as they do for the metrics; the oracle of the tests finds them on its own. Belongs here: which row is
requested, the values of its operands, and whether both results agree. `formulas` has the formula of each metric,
`operands` the origin of each operand.
"""

import functools
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import polars as pl

from schemas.figures import FIGURE_OF
from schemas.forms.doubt import NumberDoubt
from schemas.forms.trace import Operand, TracedNumber, TraceReport
from schemas.names import FIGURES, MISSING, status
from tasks.domain.comparability import Change, breaks_of
from tasks.domain.coverage import WORLD
from tasks.domain.doubt.doubt_words import doubt_sentences
from tasks.domain.errors import NoFigure
from tasks.domain.periods import Month, first_day, month_name, month_number
from tasks.domain.reporter import Reporter
from tasks.domain.text import counted, named
from tasks.domain.units import CONSUMPTION, RATIOS
from tasks.ledger.doubts import Doubts
from tasks.lineage.formulas import RECIPES, ExactOperand, first_month, months_behind, months_of
from tasks.lineage.operands import Amount, Origins
from tasks.lineage.point import Point
from tasks.lineage.requested_records import with_requested_records
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import read_table

RELATIVE_ERROR_MAX = 1e-9
BASIS_POINTS = 100
RECORDS = ("highest_since", "lowest_since")
# Why a record has no month: no month was as extreme, or the month before was. Either can be recomputed.
NO_RECORD = ("series_record", "not_extreme")


class Tracer:
    """Traces metrics of one flow of a snapshot, or of one product of it; opening it reads the needed rows once."""

    def __init__(self, snapshot: Snapshot, flow: str, product: str | None = None) -> None:
        self.snapshot, self.flow = snapshot, flow
        where = None if product is None else pl.col("product") == product
        self.metric = read_table(snapshot, "metric", lambda partition: partition[0] == flow, where)
        self.reporter = Reporter.of(read_table(snapshot, "release"))
        self.origins, self.doubts = Origins(snapshot, flow, product), Doubts(snapshot)
        # The level of a partner is an operand of every rank, and that of the world of every share.
        self._levels: dict[Point, ExactOperand] = {}
        # Those of all partners are the operands of the rank of each.
        self._ranked: dict[tuple[Point, str], list[ExactOperand]] = {}

    @functools.cached_property
    def _places(self) -> dict[tuple[Any, ...], int]:
        keys = self.metric.select("product", "partner", "measure", "period")
        return {key: place for place, key in enumerate(keys.iter_rows())}

    def trace(self, point: Point, figure: str) -> TraceReport:
        """The trace of one metric of the table `metric`. Raises NoFigure where the table has no such row."""
        if figure not in FIGURES:
            raise NoFigure(f"there is no metric {figure!r}; there are {', '.join(FIGURES)}")
        row = self.row(point, figure)
        formula, names, compute = RECIPES[figure]
        if row[status(figure)] == "implied_base":
            formula, operands, again = self.implied(point, figure)
        else:
            operands = self.operands(point, names, row)
            is_asked = row[figure] is not None or row[status(figure)] in NO_RECORD
            again = compute(operands, point) if is_asked else None
        # Where the month before is as extreme, that is the month left out.
        expected = first_day(point.month - 1) if row[status(figure)] == "not_extreme" else row[figure]
        cut = self.breaks(point, figure, names, row)
        doubted = self._doubts(point, figure, row)
        kinds = frozenset[str]().union(*(operand.kinds for operand in operands)) if row[figure] is not None else ()
        return TraceReport(
            reporter=self.reporter.code,
            nomenclature=self.reporter.nomenclature,
            flow=point.flow,
            product=point.product,
            partner=point.partner,
            month=month_name(point.month),
            measure=point.measure,
            metric=figure,
            value=_plain(row[figure]),
            status=row[status(figure)],
            formula=formula,
            operands=[operand.shown for operand in operands],
            recomputed=_plain(again),
            decisions=self.origins.decided.lines([point, *(operand.point for operand in operands)]),
            kinds="+".join(sorted(kinds)) or None,
            doubts=doubt_sentences(doubted),
            doubted=doubted,
            breaks=[f"{month_name(change.month)}: {change.what} ({change.source})" for change in cut or ()],
            agrees=_agree(expected, again) and _is_published(row[status(figure)], cut) and _hold(operands),
            snapshot_id=self.snapshot.id,
        )

    def _doubts(self, point: Point, figure: str, row: dict[str, Any]) -> list[NumberDoubt]:
        """The open findings about the figure; of a record that the table does not have, those about its month."""
        in_doubt = (row["figures_in_doubt"] or "").split("+")
        is_in_doubt = figure in in_doubt or (figure in RECORDS and "level" in in_doubt)
        if row[figure] is None or not is_in_doubt:
            return []
        return self.doubts.of(
            point.flow, point.product, point.partner, months_behind(figure, point), figure, point.measure
        )

    def breaks(self, point: Point, figure: str, names: tuple[str, ...], row: dict[str, Any]) -> list[Change] | None:
        """The changes between the months of the metric; None where they do not matter to it."""
        if figure == "ytd" and row["ytd_status"] == "reported":
            return None
        first = min(first_month(point, name) for name in names)
        if figure in RECORDS:
            start = row["series_start"] or row["period"]
            first = point.month - 1 if row[status(figure)] == "definition_break" else month_number(start)
        known = breaks_of(point.product, point.partner, point.measure, self.reporter)
        return [change for change in known if first < change.month <= point.month]

    def row(self, point: Point, figure: str = "level") -> dict[str, Any]:
        """The row of `metric`, with its records if `figure` is one: they may rest on the whole history of the product.
        Raises NoFigure, which lists what exists instead.
        """
        place = self._places.get((point.product, point.partner, point.measure, first_day(point.month)))
        if place is not None:
            if figure in RECORDS:
                return with_requested_records(self.metric[place : place + 1], self.snapshot).row(0, named=True)
            return self.metric.row(place, named=True)
        of_it = (pl.col("product") == point.product) & (pl.col("partner") == point.partner)
        similar = self.metric.filter(of_it)
        missing = (
            f"no {point.flow} of {point.product}, partner {point.partner}, {point.measure}, in"
            f" {month_name(point.month)}"
        )
        if decided := self.origins.decided.lines([point]):
            missing += f"; {'; '.join(decided)}"
        if not similar.height:
            others = read_table(
                self.snapshot, "metric", lambda partition: partition[0] != self.flow, of_it, columns=("flow",)
            )
            if others.height:
                raise NoFigure(f"{missing}; of this product and partner there are only {others['flow'][0]}s")
            partners = self.metric.filter(pl.col("product") == point.product)["partner"].unique()
            alternatives = f"{counted(partners.len(), 'partner')}: {named(partners)}" if partners.len() else "nothing"
            raise NoFigure(f"{missing}; of this product there {'are' if partners.len() > 1 else 'is'} {alternatives}")
        months = " to ".join(similar["period"].sort().dt.strftime("%Y-%m").gather([0, -1]))
        raise NoFigure(
            f"{missing}; of this product and partner there is {months} in"
            f" {', '.join(similar['measure'].unique().sort())}"
        )

    def operands(self, point: Point, names: tuple[str, ...], row: dict[str, Any]) -> list[ExactOperand]:
        """The operands of the metric at `point`."""
        return [known for name in names for known in self._operand(point, name, row)]

    def _operand(self, point: Point, name: str, row: dict[str, Any]) -> list[ExactOperand]:
        """The operand of this name: level@-12 is the level twelve months before."""
        what, _, shift = name.partition("@")
        if what.startswith("world_"):
            return self._operand(point.at(partner=WORLD), name.removeprefix("world_"), row)
        if what.startswith("partners_"):
            every = point.at(partner=WORLD)
            if (every, what) not in self._ranked:
                self._ranked[every, what] = self._of_partners(every, name.removeprefix("partners_"), row)
            return self._ranked[every, what]
        if what == "consumption":
            return [self._level(point.at(measure=CONSUMPTION))]
        if what == "ytd":
            return [self._ytd(point.at(month=point.month + int(shift or 0)))]
        if what in ("months", "added"):
            # The mean price of a year is its value by its mass, not a sum of prices.
            measures = RATIOS.get(point.measure, (point.measure,)) if what == "added" else (point.measure,)
            months = months_of(point, shift, row)
            return [self._level(point.at(month=month, measure=measure)) for measure in measures for month in months]
        return [self._level(point.at(month=point.month + int(shift or 0)))]

    def _of_partners(self, every: Point, name: str, row: dict[str, Any]) -> list[ExactOperand]:
        """The operand of this name of each partner with a place by it, named after the partner."""
        place = {"level": "rank", "ytd": "ytd_rank"}.get(name, "rolling_12m_rank")
        of_group = (pl.col("product") == every.product) & (pl.col("measure") == every.measure)
        rows = self.metric.filter(of_group, pl.col(place).is_not_null(), period=first_day(every.month))
        return [
            replace(known, shown=known.shown.model_copy(update={"name": f"{known.shown.name}, {partner}"}))
            for partner in rows["partner"].sort()
            for known in self._operand(every.at(partner=partner), name, row)
        ]

    def _level(self, point: Point) -> ExactOperand:
        if point not in self._levels:
            self._levels[point] = self._new_level(point)
        return self._levels[point]

    def _new_level(self, point: Point) -> ExactOperand:
        if point.measure in RATIOS:
            return self._unit_value(point, "level")
        level_status = self._status(point)
        if level_status == "ytd_difference":
            totals = self._chain(point)
            now, before = totals.get(point.month), totals.get(point.month - 1)
            amount = now if now is None or Month(point.month).is_january else before and now.with_other(before, -1)
        else:
            amount = self.origins.level(point, level_status)
        return self._known_amount(f"level {month_name(point.month)}", amount, level_status, point)

    def _status(self, point: Point, name: str = "level_status") -> str:
        """The status of the level, or of the year to date; without a row in the table, what that means."""
        try:
            return str(self.row(point)[name])
        except NoFigure:
            if name == "ytd_status":
                return "incomplete_year"
            return "zero" if self.origins.covers(point) else "not_covered"

    def _chain(self, point: Point) -> dict[int, Amount]:
        """The year's totals, from the months that are known by themselves."""
        january = Month(point.month).january
        year = [point.at(month=month) for month in range(january, january + 12)]
        levels = {
            month_point.month: level
            for month_point in year
            if (level := self.origins.level(month_point, self._status(month_point))) is not None
        }
        # A year so far that every partner was asked for adds up without its months.
        so_far = [month_point for month_point in year if self._status(month_point, "ytd_status") == "sum"]
        of_partners = {
            month_point.month: total for month_point in so_far if (total := self.origins.year_sum(month_point))
        }
        return self.origins.chain(point, levels, of_partners)

    def _ytd(self, point: Point) -> ExactOperand:
        if point.measure in RATIOS:
            return self._unit_value(point, "ytd")
        ytd_status = self._status(point, "ytd_status")
        if ytd_status == "sum_of_months":
            first = Month(point.month).january
            months = [self._level(point.at(month=month)) for month in range(first, point.month + 1)]
            exact = sum((known.exact or Fraction(0) for known in months), Fraction(0))
            numbers = [number for known in months for number in known.shown.numbers]
            kinds = frozenset[str]().union(*(known.kinds for known in months))
            return _known(f"ytd {month_name(point.month)}", exact, ytd_status, numbers, point, kinds)
        if ytd_status in ("ytd_difference", "ytd_sum"):
            amount = self._chain(point).get(point.month)
        elif ytd_status == "sum":
            amount = self.origins.year_sum(point)
        else:
            amount = self.origins.printed_ytd(point) if ytd_status == "reported" else None
        return self._known_amount(f"ytd {month_name(point.month)}", amount, ytd_status, point)

    def _known_amount(self, name: str, amount: Amount | None, rule: str, point: Point) -> ExactOperand:
        if amount is None:
            return _known(name, None, rule, [], point, frozenset())
        return _known(name, amount.exact, rule, self.origins.records.traced(amount.rows), point, amount.kinds)

    def _unit_value(self, point: Point, what: str) -> ExactOperand:
        value, mass = (getattr(self, f"_{what}")(point.at(measure=measure)) for measure in RATIOS[point.measure])
        exact = value.exact / mass.exact if value.exact is not None and mass.exact else None
        numbers = [*value.shown.numbers, *mass.shown.numbers]
        return _known(
            f"{what} {month_name(point.month)}, value / kg", exact, "computed", numbers, point, value.kinds | mass.kinds
        )

    def implied(self, point: Point, figure: str) -> tuple[str, list[ExactOperand], Fraction | None]:
        """A printed growth without a base: the growth is the metric, and its implied base is shown."""
        is_so_far = FIGURE_OF[figure].is_so_far
        now_operand = self._ytd(point) if is_so_far else self._level(point)
        growth = self.origins.printed_growth(point, cumulative=is_so_far)
        printed = growth.exact / BASIS_POINTS if growth is not None else None
        known = self._known_amount(f"printed {figure} {month_name(point.month)}", growth, "reported", point)
        known.shown.value, known.exact = float(printed) if printed is not None else None, printed
        if growth is not None and printed is not None and now_operand.exact is not None:
            half = Fraction(growth.rows[0]["resolution"], BASIS_POINTS) / 2
            now = now_operand.exact
            low, high = (now / (1 + (printed + sign * half) / 100) for sign in (1, -1))
            known.shown.note = (
                f"implies a base of {float(low):,.0f} to {float(high):,.0f}, which no source at hand prints"
            )
        return "the growth as printed; its base is implied", [now_operand, known], printed


def _known(
    name: str, exact: Fraction | None, rule: str, numbers: list[TracedNumber], point: Point, kinds: frozenset[str]
) -> ExactOperand:
    value = float(exact) if exact is not None else None
    label = name if point.partner != WORLD else f"{name}, world"
    return ExactOperand(Operand(name=label, value=value, status=rule, numbers=numbers), exact, point, kinds)


def _is_published(rule: str, cut: list[Change] | None) -> bool:
    """Whether a metric across a change of definition is null, with the status `definition_break` or another reason."""
    return cut is None or (bool(cut) if rule == "definition_break" else not cut or rule in MISSING)


def _hold(operands: list[ExactOperand]) -> bool:
    """Whether every number of the ledger equals that of its release."""
    return all(number.holds for operand in operands for number in operand.shown.numbers)


def _agree(published: Any, again: Any) -> bool:
    if published is None or again is None:
        return published is None and again is None
    if isinstance(published, date):
        return bool(published == again)
    return abs(float(published) - float(again)) <= RELATIVE_ERROR_MAX * max(1.0, abs(float(published)))


def _plain(value: Any) -> float | str | None:
    return None if value is None else f"{value:%Y-%m}" if isinstance(value, date) else float(value)
