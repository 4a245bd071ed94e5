"""Finds the open findings about the releases on which a figure rests, so that no page shows it without them.

A finding of severity error or warning stays open: an approval lets the release be published, and does not make it
right. Findings about the partners of a file concern the sums of partners and what is divided by them; the number of one
partner stands. Other findings concern what their subject names: direction, code, partner, month. Belongs here: which
finding concerns which figure. Pages, exports and verdicts say it in their own words.
"""

import re
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

import polars as pl

from schemas.layouts import FLOWS
from tasks.domain.classification import members, part_of
from tasks.domain.coverage import FIGURES_LOOK_BACK, TOTALS, families_behind
from tasks.domain.decisions import counting
from tasks.domain.periods import month_index, month_name, month_number
from tasks.ledger.merge import was_last_on
from tasks.store.parquet import partition_month, read_table
from tasks.store.snapshot import Snapshot

# Findings about which partners a file has.
OF_SUMS = ("few_partners", "partners_missing", "partner_removed", "world_total", "row_cap", "unknown_partners")
# Findings that name one measure and are about the whole record: a partner without a row, trade that jumped.
OF_ALL_MEASURES = ("partners_missing", "magnitude")
# What rests on the sum of all partners, of whichever partner it is.
ON_THE_SUM = ("share_pct", "rank", "contribution_mom_pp", "contribution_yoy_pp")
# About the law, the file or its codes, not about a number.
OF_NO_NUMBER = ("control_lapsed", "known_release", "product_validity", "copies", "experimental_source", "revised")
# How a row of a table says its months, and how many months before them it rests on, by a column that only this table
# has: `metric`, `event_window` (of `events windows`), `trade_flow`.
MONTHS_BEHIND = {
    "level": ("period", "period", FIGURES_LOOK_BACK),
    "first_month": ("first_month", "last_month", 12),
    "quantity_other": ("period", "period", 0),
}
_MEASURE = re.compile(r"quantity(_\w+)?|value_\w+")
_MONTHS = re.compile(r"\d{4}-\d{2}(\.\.\d{4}-\d{2})?")


class Doubt(NamedTuple):
    """An open finding: the release, the check, what it is about and what was found."""

    release_id: str
    check: str
    subject: str
    observed: str

    @property
    def words(self) -> str:
        """The doubt as part of a sentence: `few_partners, only BRA in all months, …`."""
        return f"{self.check}, {self.observed}"

    def concerns(
        self, flow: str, product: str, partner: str, month: int, figure: str = "level", measure: str | None = None
    ) -> bool:
        """Whether the subject names what a figure of a month rests on, and nothing else; without a `measure`, of any.
        The name of a file names no number."""
        is_sum = partner in TOTALS or figure in ON_THE_SUM
        if self.check in OF_SUMS and not is_sum:
            return False
        codes, is_named, spans = [product, *members(product)], self.check in OF_SUMS, []
        for word in self.subject.split():
            if word in ("export", "import"):
                if word != flow:
                    return False
                is_named = True
            elif _MONTHS.fullmatch(word):
                spans.append([month_number(date.fromisoformat(f"{month}-01")) for month in word.split("..")])
            elif re.fullmatch(r"\d{2,10}|line:\w+", word):
                if not any(word.startswith(code) or code.startswith(word) for code in codes):
                    return False
                is_named = True
            elif _MEASURE.fullmatch(word):
                is_other = measure is not None and not families_behind(word) & families_behind(measure)
                # Money alone is named where the kilograms jumped too.
                if is_other and not (self.check in OF_ALL_MEASURES and word.startswith("value")):
                    return False
            elif re.fullmatch(r"[A-Z]{3}|[a-z]+:\w+", word) and not is_sum and word != partner:
                return False
        return is_named and (not spans or any(min(span) <= month <= max(span) for span in spans))


class Doubts:
    """The open findings of the releases of a snapshot that count, now or at the end of a day; most stores have none."""

    def __init__(self, snapshot: Snapshot, day: date | None = None) -> None:
        self.snapshot = snapshot
        self._is_current = pl.col("known_until").is_null() if day is None else was_last_on(day)
        releases = counting(read_table(snapshot, "release"), read_table(snapshot, "decision"), day or date.max)
        open_ones = pl.col("severity").is_in(["error", "warning"]) & ~pl.col("check").is_in(OF_NO_NUMBER)
        rows = read_table(snapshot, "finding").filter(
            open_ones, pl.col("release_id").is_in(releases["release_id"].implode())
        )
        self.rows = [Doubt(*row) for row in rows.select(Doubt._fields).iter_rows()]
        doubted = releases.filter(pl.col("release_id").is_in([one.release_id for one in self.rows]))
        # The months of which they speak, by direction.
        self._near = {
            flow: {
                month
                for row in doubted.filter(pl.col("flow").is_null() | (pl.col("flow") == flow)).iter_rows(named=True)
                for month in range(month_number(row["first_month"]), month_number(row["last_month"]) + 1)
            }
            for flow in FLOWS
        }
        self._current: dict[tuple[str, int], pl.DataFrame] = {}
        self._resting: dict[tuple[str, str, int], list[Doubt]] = {}

    def of(
        self,
        flow: str,
        product: str,
        partner: str,
        months: Iterable[int],
        figure: str = "level",
        measure: str | None = None,
    ) -> list[str]:
        """The doubts about a figure that rests on these months (month numbers) of a product, partner and measure, in
        words; without a measure those about any."""
        return list(
            dict.fromkeys(
                doubt.words
                for month in months
                if month in self._near[flow]
                # What its subject says is read sooner than the numbers of a month.
                for doubt in self.rows
                if doubt.concerns(flow, product, partner, month, figure, measure)
                and doubt in self._about(flow, product, month)
            )
        )

    def of_rows(self, rows: pl.DataFrame) -> pl.Series:
        """For rows of a table of MONTHS_BEHIND the doubts about any of their figures, as text; null where there is
        none.

        A doubt about an earlier month on which some figure of the row rests names that month.
        """
        first, last, back = next(found for column, found in MONTHS_BEHIND.items() if column in rows.columns)
        measure = pl.col("measure").cast(pl.String) if "measure" in rows.columns else pl.lit(None, pl.String)
        keys = rows.select(
            pl.col("flow", "product", "partner").cast(pl.String),
            begin=month_index(first),
            end=month_index(last),
            measure=measure,
        )
        found = {key: self._of_row(back, *key) for key in (keys.unique().iter_rows() if self.rows else ())}
        return pl.Series("doubt", [found.get(key) for key in keys.iter_rows()], pl.String)

    def _of_row(
        self, back: int, flow: str, product: str, partner: str, first: int, last: int, measure: str | None
    ) -> str | None:
        own = self.of(flow, product, partner, range(first, last + 1), measure=measure)
        earlier: dict[str, list[int]] = {}
        for month in range(first - back, first):
            for words in self.of(flow, product, partner, [month], measure=measure):
                earlier.setdefault(words, []).append(month)
        before = [
            f"{words} ({month_name(min(months))}{f' to {month_name(max(months))}' if len(months) > 1 else ''})"
            for words, months in earlier.items()
            if words not in own
        ]
        return "; ".join([*own, *before]) or None

    def _about(self, flow: str, product: str, month: int) -> list[Doubt]:
        """The doubts about releases whose numbers of a product and month are current."""
        if (flow, product, month) not in self._resting:
            ids = self._of_month(flow, month).filter(part_of(product))["release_id"]
            self._resting[flow, product, month] = [doubt for doubt in self.rows if doubt.release_id in ids]
        return self._resting[flow, product, month]

    def _of_month(self, flow: str, month: int) -> pl.DataFrame:
        """The products and releases of the current numbers of a month."""
        if (flow, month) not in self._current:
            rows = read_table(
                self.snapshot,
                "observation",
                lambda part: part[0] == flow and partition_month(part) == month,
                self._is_current & pl.col("release_id").is_in([doubt.release_id for doubt in self.rows]),
            )
            self._current[flow, month] = rows.select(pl.col("product", "release_id").cast(pl.String)).unique()
        return self._current[flow, month]
