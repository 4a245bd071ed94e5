"""Judges whether a growth may be quoted, against its own series: its base, its past signs, its revisions, its sources.

The limits are rows of `quotability.csv`, each with its reason. The verdict is not about the number, which comes from
the releases, but about how a reader would understand it.
"""

import functools
import itertools
import statistics
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from schemas.figures import FIGURE_OF, QUOTABLE
from schemas.forms.brief import Caveat, Verdict
from schemas.names import CAVEATS, status
from schemas.reference.code_tables import code_table
from tasks.domain.classification import part_of
from tasks.domain.coverage import WORLD
from tasks.domain.periods import Month, month_index, month_number
from tasks.ledger.merge import stood_for_a_day
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import read_table

# How many months back is the base of each growth.
BACK = {name: FIGURE_OF[name].months_back for name in QUOTABLE}
USUAL_MONTHS, USUAL_KNOWN_MIN = 12, 6
SIGN_MONTHS = 6
# What a verdict needs of the table `metric`.
GROWTHS = tuple(name for one in BACK for name in (one, status(one)))
COLUMNS = ("partner", "measure", "period", "level", "ytd", "kinds", *GROWTHS)
# What it needs of the table `observation`.
LEDGER_COLUMNS = (
    "product",
    "partner",
    "measure",
    "period_start",
    "period_end",
    "value",
    "resolution",
    "known_from",
    "known_until",
)
REVISED_MONTHS = 24
Row = Mapping[str, Any]
# A partner, a measure and a month (month number).
Place = tuple[str, str, int]
# What a caveat says in numbers; None where it does not hold.
Numbers = dict[str, float] | None


class Steps(NamedTuple):
    """Of the numbers of a product: the largest step in which one is printed, and whether one was ever revised."""

    largest: int | None
    is_revised: bool


def words_of(snapshot: Snapshot, product: str, flow: str) -> pl.DataFrame:
    """Return the numbers of a product: its own if a release ever had any, otherwise those of its members."""
    return own_or_parts(read_table(snapshot, "observation", lambda part: part[0] == flow, part_of(product)), product)


def own_or_parts(rows: pl.DataFrame, product: str) -> pl.DataFrame:
    """Return the rows of a product, or those of its parts if it has none; `rows` has a column `product`."""
    rows_of_product = rows.filter(pl.col("product") == product)
    return rows_of_product if rows_of_product.height else rows.filter(part_of(product))


def steps_of(ledger_rows: pl.DataFrame) -> Steps:
    """Return the steps of rows of `observation`."""
    largest: Any = ledger_rows["resolution"].max()
    return Steps(largest, ledger_rows["known_until"].null_count() < ledger_rows.height)


class Judge:
    """Verdicts on the growths of one product.

    `metric` are its rows of that table, `steps` and `read_ledger` are of its rows of `observation`: of the product
    itself, or of its members if only these have any. Most products were never revised, and most bases are far above any
    step: these need no look at single numbers, and their rows are not read.
    """

    def __init__(self, metric: pl.DataFrame, steps: Steps, read_ledger: Callable[[], pl.DataFrame]) -> None:
        rows = metric.select(COLUMNS).with_columns(pl.col("partner", "measure").cast(pl.String))
        self._rows: dict[Place, Row] = {
            (row["partner"], row["measure"], month_number(row["period"])): row for row in rows.iter_rows(named=True)
        }
        self._steps, self._read_ledger = steps, read_ledger
        limits = code_table("quotability").select("caveat", "figure", "limit")
        self._limits = {(caveat, figure): float(limit) for caveat, figure, limit in limits.iter_rows()}

    @functools.cached_property
    def _ledger_rows(self) -> pl.DataFrame:
        single = pl.col("period_start").dt.month_start() == pl.col("period_end").dt.month_start()
        return self._read_ledger().filter(single, stood_for_a_day()).with_columns(month=month_index("period_start"))

    def verdict(self, partner: str, measure: str, figure: str, month: date) -> Verdict | None:
        """Return the verdict on a growth; None if there is none, or if the figure is not a growth."""
        if figure not in BACK:
            return None
        place = (partner, measure, month_number(month))
        row = self._rows.get(place)
        if row is None or row[figure] is None:
            return None
        checks = {
            "nearly_nothing": self._nearly_nothing,
            "low_base": self._low_base,
            "sign_flips": self._sign_flips,
            "revision_noise": self._revision_noise,
            "coverage": self._coverage,
            "implied_base": self._implied_base,
        }
        assert [*checks] == [*CAVEATS]
        caveats = []
        for name, check in checks.items():
            limit = self._limits.get((name, figure), self._limits.get((name, "*")))
            numbers = None if limit is None else check(place, figure, row, limit)
            if numbers is not None:
                caveats.append(Caveat(name=name, numbers=numbers))
        answer = "yes" if not caveats else "no" if caveats[0].name == "nearly_nothing" else "care"
        return Verdict.model_validate({"answer": answer, "caveats": tuple(caveats)})

    def _base(self, place: Place, figure: str, row: Row) -> float | None:
        """Return the base of the growth, as published, otherwise as the growth implies it."""
        column = "ytd" if FIGURE_OF[figure].is_so_far else "level"
        before = self._rows.get((*place[:2], place[2] - BACK[figure]))
        if before is not None and before[column] is not None:
            return float(before[column])
        ratio = 1 + row[figure] / 100
        return row[column] / ratio if ratio > 0 and row[column] is not None else None

    def _nearly_nothing(self, place: Place, figure: str, row: Row, limit: float) -> Numbers:
        base = self._base(place, figure, row)
        if base is None or self._steps.largest is None or base >= limit * self._steps.largest:
            return None
        last = place[2] - BACK[figure]
        first = Month(last).january if FIGURE_OF[figure].is_so_far else last
        statements = self._statements(place, range(first, last + 1))
        steps = statements.filter(pl.col("known_until").is_null())["resolution"].max()
        if not isinstance(steps, int) or base >= limit * steps:
            return None
        return {"base": base, "step": float(steps)}

    def _low_base(self, place: Place, figure: str, row: Row, limit: float) -> Numbers:
        base, last = self._base(place, figure, row), place[2] - BACK[figure]
        months = ((*place[:2], last - back) for back in range(1, USUAL_MONTHS + 1))
        known = [
            past_row["level"]
            for month in months
            if (past_row := self._rows.get(month)) and past_row["level"] is not None
        ]
        if base is None or len(known) < USUAL_KNOWN_MIN:
            return None
        usual = statistics.median(known)
        return {"base": base, "usual": usual} if base < limit * usual else None

    def _sign_flips(self, place: Place, figure: str, row: Row, limit: float) -> Numbers:
        months = ((*place[:2], place[2] - back) for back in range(SIGN_MONTHS))
        growths = [past_row[figure] for month in months if (past_row := self._rows.get(month)) and past_row[figure]]
        flips = sum(one * other < 0 for one, other in itertools.pairwise(growths))
        return {"flips": float(flips)} if flips >= limit else None

    def _revision_noise(self, place: Place, figure: str, row: Row, limit: float) -> Numbers:
        if not self._steps.is_revised:
            return None
        statements = self._statements(place, range(place[2] - REVISED_MONTHS + 1, place[2] + 1)).sort("known_from")
        keys = statements.group_by("month", "product", "partner").agg(
            pl.col("value").first().alias("first"), pl.col("value").last().alias("last"), pl.col("resolution").first()
        )
        months = keys.group_by("month").agg(pl.col("first", "last", "resolution").sum())
        move = (pl.col("last") - pl.col("first")).abs()
        # A number that was first printed with fewer digits does not change when more digits follow.
        is_moved = (move > pl.col("resolution")) & (pl.col("first") > 0)
        moved = months.filter(is_moved).select(move / pl.col("first")).to_series()
        largest = moved.max()
        if not isinstance(largest, float) or abs(row[figure]) > limit * (100 + row[figure]) * largest:
            return None
        return {"largest": 100 * largest, "revised": float(moved.len()), "months": float(months.height)}

    def _coverage(self, place: Place, figure: str, row: Row, limit: float) -> Numbers:
        kinds = (row["kinds"] or "").count("+") + 1
        return {"kinds": float(kinds)} if kinds > limit else None

    def _implied_base(self, place: Place, figure: str, row: Row, limit: float) -> Numbers:
        return {} if row[status(figure)] == "implied_base" else None

    def _statements(self, place: Place, months: Sequence[int]) -> pl.DataFrame:
        """Return the numbers of months of a series, of any day: its own, otherwise those of its partners."""
        partner, measure, _ = place
        rows = self._ledger_rows.filter(pl.col("measure") == measure, pl.col("month").is_in([*months]))
        rows_of_series = rows.filter(pl.col("partner") == partner)
        if rows_of_series.height:
            return rows_of_series
        groups = code_table("partner_groups")
        members = groups.filter(pl.col("group") == partner)["partner"].unique()
        if members.len():
            return rows.filter(pl.col("partner").is_in(members.implode()))
        return rows.filter(pl.col("partner") != WORLD) if partner == WORLD else rows_of_series
