"""A figure is in doubt exactly where a number that its trace lists is, and is enough of an operand to move a digit."""

import math
from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from schemas.forms.trace import TracedNumber
from schemas.names import FIGURES, status
from tasks.domain.coverage import FIGURES_LOOK_BACK, TOTALS
from tasks.domain.periods import month_index, month_number
from tasks.domain.units import RATIOS
from tasks.ledger.merge import current_statements
from tasks.lineage.formulas import RECIPES, ExactOperand
from tasks.lineage.operands import KILOGRAMS
from tasks.lineage.point import Point
from tasks.lineage.trace import RECORDS, Tracer
from tasks.metrics.derive import derive_all, derive_months
from tasks.metrics.doubt.figures_in_doubt import BIT
from tasks.metrics.doubt.figures_in_doubt import figures_in_doubt as in_doubt
from tests.draws import draws
from tests.unit import strategies
from tests.unit.builders import MAGNETS, number, release, release_table
from tests.unit.figures import Row, Store, derived_in_doubt, doubts_about, merged
from tests.unit.tracing import tracer_of

KEY = ("product", "partner", "measure")
SERIES = ("flow", "product", "partner", "measure")
ROWS_ASKED = 8
LEAST = Fraction(1, 1000)
# A store that fails is traced thousands of times while it is made smaller; the message names the place as it is.
QUICK = (Phase.explicit, Phase.reuse, Phase.generate)
NAMED, OF_SUMS = "unit_value", "few_partners"
SUM_OF_RANK = {"rank": "level", "ytd_rank": "ytd", "rolling_12m_rank": "added@-11:0"}


@st.composite
def doubted_stores(draw: st.DrawFn) -> tuple[Store, list[tuple[str, str, str]]]:
    """A store and findings about its releases: release, check, subject."""
    store = draw(st.one_of(strategies.histories(most=4), strategies.stores(), strategies.years_so_far()))
    findings = []
    for _ in range(draw(st.integers(1, 3))):
        row, numbers = draw(st.sampled_from(store))
        about = draw(st.sampled_from(numbers))
        month = f"{about['period_end']:%Y-%m}"
        if draw(st.integers(0, 2)) == 0:
            subject = draw(st.sampled_from(("export", f"export {about['product']}", f"export {about['product'][:4]}")))
            findings.append((row["release_id"], OF_SUMS, subject))
            continue
        words = ["export", about["product"], about["partner"], month, about["measure"].removesuffix("_yoy")]
        left_out = draw(st.sampled_from((None, 1, 2, 3, 4)))
        subject = " ".join("-" if place == left_out else word for place, word in enumerate(words))
        findings.append((row["release_id"], NAMED, subject))
    return store, findings


class Oracle:
    """What is in doubt of the operands of a trace, from the words of the findings."""

    def __init__(self, findings: Iterable[tuple[str, str, str]], store: Store, tracer: Tracer) -> None:
        self.findings, self.tracer = list(findings), tracer
        self.releases = {row["release_id"]: row for row, _ in store}

    def concerned(self, number: TracedNumber, check: str) -> bool:
        return any(self._is_about(number, *one) for one in self.findings if one[1] == check)

    def _is_about(self, number: TracedNumber, release: str, check: str, subject: str) -> bool:
        if number.release_id != release:
            return False
        row, words = self.releases[release], subject.split()
        for word in words:
            if word in ("export", "-"):
                continue
            if word[0].isdigit() and word[4:5] == "-":
                if number.period[-7:] != word:
                    return False
            elif word[0].isdigit():
                if not (number.product.startswith(word) or word.startswith(number.product)):
                    return False
            elif word.startswith(("quantity", "value")):
                if not number.measure.startswith("quantity" if word.startswith("quantity") else word):
                    return False
            elif check == NAMED and word not in TOTALS and number.partner != word:
                return False
        return f"{row['first_month']:%Y-%m}" <= number.period[-7:] <= f"{row['last_month']:%Y-%m}"

    def amount(self, operand: ExactOperand) -> Fraction | float:
        """The doubted part of an operand that is no value per kilogram."""
        found: Fraction | float = Fraction(0)
        for one in operand.shown.numbers:
            if self.concerned(one, NAMED):
                size = abs(one.value * KILOGRAMS.get(one.unit, Fraction(1)))
                found += size or math.inf
        is_sum = operand.point.partner in TOTALS and operand.shown.status != "reported"
        of_partners = [one for one in operand.shown.numbers if one.partner not in TOTALS]
        if is_sum and any(self.concerned(one, OF_SUMS) for one in of_partners):
            found += math.inf
        if operand.shown.status == "zero" and self._lacks(operand.point):
            found += math.inf
        return found

    def _lacks(self, point: Point) -> bool:
        """Whether a release with a doubt about its partners has numbers of the product and none of the partner."""
        numbers = self.tracer.origins._numbers(point)
        parts = self.tracer.origins.records.traced(
            [row for (_, partner, measure), amount in numbers.items() for row in amount.rows
             if partner not in TOTALS and measure == point.measure]
        )  # fmt: skip
        return any(self.concerned(one, OF_SUMS) for one in parts)

    def in_doubt(self, operands: list[ExactOperand]) -> bool:
        """Whether enough of numbers that are added up is in doubt."""
        if any(one.exact is None for one in operands):
            return False
        amount = sum((self.amount(one) for one in operands), Fraction(0))
        size = abs(sum((one.exact or Fraction(0) for one in operands), Fraction(0)))
        return amount > 0 and amount >= LEAST * size


def figures_in_doubt(oracle: Oracle, point: Point, figure: str, row: Row) -> bool:
    """Whether a figure is in doubt by the operands of its trace."""
    tracer = oracle.tracer
    if row[figure] is None:
        return False
    if row[status(figure)] == "implied_base":
        _, (_, printed), _ = tracer.implied(point, figure)
        return any(oracle.concerned(number, NAMED) for number in printed.shown.numbers)
    if point.measure in RATIOS and figure not in RECORDS:
        measures = [point.at(measure=measure) for measure in RATIOS[point.measure]]
        return any(oracle.in_doubt(group) for one in measures for group in groups(oracle, one, figure, row))
    if figure in RECORDS:
        return record_in_doubt(oracle, point, figure, row)
    return any(oracle.in_doubt(group) for group in groups(oracle, point, figure, row))


def groups(oracle: Oracle, point: Point, figure: str, row: Row) -> list[list[ExactOperand]]:
    """The operands of a figure, those that it adds up together."""
    tracer = oracle.tracer
    found = []
    for name in RECIPES[figure][1]:
        operands = tracer.operands(point, (name,), row)
        if name.startswith("ytd"):
            operands = [one for known in operands for one in _months_of(tracer, known)]
        year_ago = point.month - 12
        if name.startswith("added@-23"):
            found += [
                [one for one in operands if (one.point.month <= year_ago) == is_before] for is_before in (True, False)
            ]
        elif name.startswith(("added", "partners", "ytd")):
            found.append(operands)
        else:
            found += [[one] for one in operands]
    if figure in SUM_OF_RANK:
        # Of partners that may be missing the trace lists no number, and their sum is in doubt.
        for partner in (point.partner, "WLD"):
            operands = tracer.operands(point.at(partner=partner), (SUM_OF_RANK[figure],), row)
            found.append([month for one in operands for month in _months_of(tracer, one)])
    return found


def _months_of(tracer: Tracer, ytd: ExactOperand) -> list[ExactOperand]:
    """The operand, or the months of it where it is a year to date that adds them up."""
    if ytd.shown.status != "sum_of_months":
        return [ytd]
    months = range(ytd.point.month // 12 * 12, ytd.point.month + 1)
    return [tracer._level(ytd.point.at(month=month)) for month in months]


def record_in_doubt(oracle: Oracle, point: Point, figure: str, row: Row) -> bool:
    """Whether a month of the two years before could be another one than it seems, or the month itself is in doubt."""
    if figures_in_doubt(oracle, point, "level", row):
        return True
    sign = 1 if figure == "highest_since" else -1
    named, own = month_number(row[figure]), sign * row["level"]
    for month in range(max(named, point.month - 23), point.month):
        past = point.at(month=month)
        part = 0.0
        for measure in RATIOS.get(point.measure, (point.measure,)):
            operand = oracle.tracer._level(past.at(measure=measure))
            amount = oracle.amount(operand)
            part += math.inf if math.isinf(amount) else float(amount / abs(operand.exact)) if operand.exact else 0.0
        level = float(oracle.tracer._level(past).exact)
        if part == 0:
            continue
        size = math.inf if math.isinf(part) else part * level
        if (month == named and sign * level - size < own) or (month > named and sign * level + size >= own):
            return True
    return False


@given(doubted_stores())
@draws(24, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], phases=QUICK)
def test_a_figure_is_in_doubt_exactly_where_its_trace_is(drawn: tuple[Store, list[Any]]) -> None:
    store, findings = drawn
    found = derived_in_doubt(store, *findings)
    tracer = tracer_of(store, listed=True)
    oracle = Oracle(findings, store, tracer)
    rows = found.metric.filter(flow="export").sort(found.metric.columns[:6])
    in_doubt = rows.filter("in_doubt")
    some = [
        rows.gather_every(max(1, rows.height // ROWS_ASKED)),
        in_doubt.gather_every(max(1, in_doubt.height // ROWS_ASKED)),
    ]
    for row in pl.concat(some).unique(maintain_order=True).iter_rows(named=True):
        point = Point(*(row[name] for name in SERIES), month_number(row["period"]))
        expected = [figure for figure in FIGURES if figures_in_doubt(oracle, point, figure, row)]
        assert (row["figures_in_doubt"] or "") == "+".join(expected), (point, findings)
        assert row["in_doubt"] == bool(expected)
        level_is_doubted = found.doubts.filter(**{name: row[name] for name in (*SERIES, "period")}).height > 0
        assert row["level"] is None or level_is_doubted == ("level" in expected), point


@given(doubted_stores())
@draws(6, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], phases=QUICK)
def test_a_month_by_itself_has_the_doubts_that_it_has_among_all(
    drawn: tuple[Store, list[tuple[str, str, str]]],
) -> None:
    """A release derives the months that it can change, and the others stay as they are."""
    store, findings = drawn
    releases, doubts = release_table(*(row for row, _ in store)), doubts_about(store, *findings)
    words = current_statements(merged(store)).filter(pl.col("flow") == "export")
    whole = derive_all(words, releases, all_records=False, doubts=doubts)
    months = whole.metric.select(month_index("period")).unique().to_series().sort().to_list()
    for month in {*months[-1:], *months[len(months) // 2 :][:1]}:
        of_years = month_index("period_end").is_between((month - FIGURES_LOOK_BACK) // 12 * 12, month // 12 * 12 + 11)
        earlier = whole.levels.filter(month_index("period") < month)
        alone = [*derive_months("export", [month], [words.filter(of_years)], releases, earlier, doubts=doubts)]
        for table, columns in (
            ("metric", ["figures_in_doubt", "in_doubt"]),
            ("doubts", ["part_pct", "release_id", "number"]),
        ):
            found, expected = (
                pl.concat(getattr(one, table) for one in some)
                .filter(month_index("period") == month)
                .select(*KEY, *columns)
                .with_columns(pl.col(pl.Categorical).cast(pl.String))
                .sort(*KEY, *columns)
                for some in ([whole.__class__(*(one.clear() for one in whole)), *alone], [whole])
            )
            assert_frame_equal(found, expected)


YEAR = [f"2025-{month:02d}" for month in range(1, 13)]


def test_a_window_weighs_the_doubt_of_one_of_its_months() -> None:
    """Of December's 100,000 kg a part is in doubt that is 0.4 % of it, and 0.03 % of the twelve months."""
    row = release()
    numbers = [number(row, "USA", month, 99_600) for month in YEAR] + [number(row, "OMN", month, 400) for month in YEAR]
    found = derived_in_doubt([(row, numbers)], ("r1", NAMED, f"export {MAGNETS} OMN 2025-12 quantity_kg"))
    december = found.metric.filter(measure="quantity_kg", product=MAGNETS, period=date(2025, 12, 1))
    in_doubt = dict(december.select("partner", "figures_in_doubt").iter_rows())

    def figures_of(partner: str, *without: str) -> str:
        """The figures that a partner has a value of."""
        (row,) = december.filter(partner=partner).to_dicts()
        return "+".join(name for name in FIGURES if row[name] is not None and name not in without)

    assert {"level", "mom_pct", "ytd", "rolling_12m", "average_3m", "rank"} < {*figures_of("OMN").split("+")}
    of_spans = [name for name in FIGURES if name.startswith(("ytd", "rolling_12m"))]
    assert in_doubt == {
        "OMN": figures_of("OMN", "highest_since"),
        "USA": "share_pct+rank",
        "WLD": figures_of("WLD", *of_spans, "rank", "highest_since", "lowest_since"),
        "EU27": "share_pct",
    }
    assert {*found.doubts.filter(product=MAGNETS, measure="quantity_kg")["partner"]} == {"OMN", "WLD"}


@pytest.mark.parametrize(
    ("first_quarter", "doubted", "ytd_in_doubt"),
    [
        # Month by month: a sum of the months so far.
        (["2025-01", "2025-02", "2025-03"], "2025-02", ["2025-02", "2025-03", "2025-04", "2025-05", "2025-06"]),
        (["2025-01", "2025-02", "2025-03"], "2025-05", ["2025-05", "2025-06"]),
        # A printed quarter, and months that are added to it.
        (["2025-01..2025-03"], "2025-03", ["2025-03", "2025-04", "2025-05", "2025-06"]),
        (["2025-01..2025-03"], "2025-04", ["2025-04", "2025-05", "2025-06"]),
        (["2025-01..2025-03"], "2025-06", ["2025-06"]),
    ],
)
def test_a_year_to_date_remembers_the_doubts_of_the_months_before(
    first_quarter: list[str], doubted: str, ytd_in_doubt: list[str]
) -> None:
    before = release("r1", months="2025-01..2025-03", by_month=len(first_quarter) > 1)
    later = release("r2", months="2025-04..2025-06")
    store = [
        (before, [number(before, "USA", period, 300 // len(first_quarter)) for period in first_quarter]),
        (later, [number(later, "USA", month, 100) for month in ("2025-04", "2025-05", "2025-06")]),
    ]
    name = "r1" if doubted <= "2025-03" else "r2"
    rows = derived_in_doubt(store, (name, NAMED, f"export {MAGNETS} USA {doubted} quantity_kg")).metric.filter(
        measure="quantity_kg", product=MAGNETS, partner="USA"
    )
    figures = {f"{month:%Y-%m}": (of or "").split("+") for month, of in rows["period", "figures_in_doubt"].iter_rows()}
    assert [month for month, of in sorted(figures.items()) if "ytd" in of] == ytd_in_doubt
    levels = [month for month, of in sorted(figures.items()) if "level" in of]
    assert levels == ([doubted] if len(first_quarter) > 1 or name == "r2" else [])


@pytest.mark.parametrize("doubted", ["value_usd_consumption", "value_usd_duty"])
def test_a_rate_of_duty_is_in_doubt_where_the_duty_or_the_imports_are(doubted: str) -> None:
    row = release(measures=["value_usd_consumption", "value_usd_duty"], months="2025-06")
    numbers = [
        number(row, "CHN", "2025-06", 100, "value_usd_consumption"),
        number(row, "CHN", "2025-06", 47, "value_usd_duty"),
    ]
    found = derived_in_doubt([(row, numbers)], ("r1", NAMED, f"export {MAGNETS} CHN 2025-06 {doubted}"))
    duty = found.metric.filter(product=MAGNETS, partner="CHN", measure="value_usd_duty")
    assert "of_consumption_pct" in duty["figures_in_doubt"][0].split("+")


def test_a_window_adds_up_the_doubts_of_its_months() -> None:
    """Of each of three months 0.2 % is in doubt, which is a third of that of the three."""
    row = release()
    numbers = [number(row, "USA", month, 99_800) for month in YEAR] + [number(row, "OMN", month, 200) for month in YEAR]
    findings = [("r1", NAMED, f"export {MAGNETS} OMN {month} quantity_kg") for month in YEAR[-3:]]
    for some, weighs in ((findings[:1], False), (findings, True)):
        world = derived_in_doubt([(row, numbers)], *some).metric.filter(
            measure="quantity_kg", product=MAGNETS, partner="WLD", period=date(2025, 12, 1)
        )
        assert ("average_3m" in (world["figures_in_doubt"][0] or "").split("+")) is weighs


def test_small_doubts_are_told_where_they_weigh_together() -> None:
    """Each of two partners is 0.06 % of the sum."""
    row = release(months="2025-06")
    numbers = [number(row, name, "2025-06", value) for name, value in (("USA", 998_800), ("OMN", 600), ("QAT", 600))]
    subjects = [f"export {MAGNETS} {partner} 2025-06 quantity_kg" for partner in ("OMN", "QAT")]
    for findings, told in ((subjects[:1], 0), (subjects, 2)):
        found = derived_in_doubt([(row, numbers)], *(("r1", NAMED, one) for one in findings))
        of_world = found.doubts.filter(partner="WLD", product=MAGNETS, measure="quantity_kg")
        assert of_world.height == told
        world = found.metric.filter(partner="WLD", product=MAGNETS, measure="quantity_kg")
        assert world["in_doubt"].to_list() == [told > 0]


@pytest.mark.parametrize(
    ("doubted", "in_doubt"),
    # May is named as the last month that was as high; had March been twice as high, it would be.
    [("2025-05", True), ("2025-04", False), ("2025-08", True), ("2025-07", False), ("2025-12", True)],
)
def test_a_record_is_in_doubt_where_a_month_could_be_another_one(doubted: str, *, in_doubt: bool) -> None:
    row = release()
    levels = [10, 10, 60, 100, 100, 20, 20, 60, 20, 20, 20, 90]
    numbers = [number(row, "WLD", month, level) for month, level in zip(YEAR, levels, strict=True)]
    row |= {"partner_list": ["WLD"]}
    found = derived_in_doubt([(row, numbers)], ("r1", NAMED, f"export {MAGNETS} WLD {doubted} quantity_kg"))
    december = found.metric.filter(measure="quantity_kg", product=MAGNETS, partner="WLD", period=date(2025, 12, 1)).row(
        0, named=True
    )
    assert december["highest_since"] == date(2025, 5, 1)
    assert ("highest_since" in (december["figures_in_doubt"] or "").split("+")) is in_doubt


@pytest.mark.parametrize(
    ("operands", "named"),
    [
        (["level"], "level+yoy_pct"),
        (["ago_level"], "yoy_pct"),
        (["printed_yoy"], None),
        (["rolling_12m"], None),
        ([], None),
    ],
)
def test_a_figure_that_is_there_is_named_by_its_operands(operands: list[str], named: str | None) -> None:
    figures = dict.fromkeys(FIGURES) | {"level": 1.0, "yoy_pct": 2.0}
    row = figures | {status(name): None for name in FIGURES} | {"doubted": sum(BIT[name] for name in operands)}
    frame = pl.DataFrame(row).with_columns(pl.col("doubted").cast(pl.UInt32), yoy_status=pl.lit(0, pl.UInt8))
    assert in_doubt(frame, per_kilogram=False).to_list() == [named]
