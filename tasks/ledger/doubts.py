"""Finds the open findings about the releases on which a figure rests, so that no page shows it without them.

A finding of severity error or warning stays open: an approval lets the release be published, and does not make it right.
Findings about the partners of a file concern the sums of partners and what is divided by them; the number of one partner
stands. Other findings concern what their subject names: direction, code, partner, month. Belongs here: which finding
concerns which figure. Pages, exports and verdicts say it in their own words.
"""

import re
from collections.abc import Collection
from datetime import date
from typing import NamedTuple

import polars as pl

from tasks.domain.classification import members, part_of
from tasks.domain.coverage import TOTALS
from tasks.domain.decisions import counting
from tasks.domain.periods import first_day, month_number
from tasks.ledger.merge import current_statements
from tasks.store.parquet import Partition, partition_month, read_table
from tasks.store.snapshot import Snapshot

# Findings about which partners a file has.
OF_SUMS = ("few_partners", "partners_missing", "partner_removed", "world_total", "row_cap", "unknown_partners")
# What rests on the sum of all partners, of whichever partner it is.
ON_THE_SUM = ("share_pct", "rank", "contribution_mom_pp", "contribution_yoy_pp")
# About the law, the file or its codes, not about a number.
OF_NO_NUMBER = ("control_lapsed", "known_release", "product_validity", "copies", "experimental_source", "revised")
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


class Doubts:
    """The open findings of the releases of a snapshot that count; most stores have none."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        releases = counting(read_table(snapshot, "release"), read_table(snapshot, "decision"))
        open_ones = pl.col("severity").is_in(["error", "warning"]) & ~pl.col("check").is_in(OF_NO_NUMBER)
        rows = read_table(snapshot, "finding").filter(
            open_ones, pl.col("release_id").is_in(releases["release_id"].implode())
        )
        self.rows = [Doubt(*row) for row in rows.select(Doubt._fields).iter_rows()]
        self._scopes = {
            row["release_id"]: (row["flow"], month_number(row["first_month"]), month_number(row["last_month"]))
            for row in releases.filter(pl.col("release_id").is_in([one.release_id for one in self.rows])).to_dicts()
        }
        self._resting: dict[tuple[str, str, int], frozenset[str]] = {}

    def of(self, flow: str, product: str, partner: str, months: Collection[int], figure: str = "level") -> list[Doubt]:
        """The doubts about a figure that rests on these months (month numbers) of a product and partner."""
        near = [month for month in months if self._is_near(flow, month)]
        if not near:
            return []
        is_sum = partner in TOTALS or figure in ON_THE_SUM
        behind = frozenset[str]().union(*(self._releases(flow, product, month) for month in near))
        return [
            doubt
            for doubt in self.rows
            if doubt.release_id in behind
            and (is_sum or doubt.check not in OF_SUMS)
            and _concerns(doubt, flow, product, partner, months, is_sum=is_sum)
        ]

    def of_rows(self, rows: pl.DataFrame) -> pl.Series:
        """For rows of `metric` the doubts about any of their figures, as text; null where there is none.

        A figure looks back on its year and on the year before.
        """
        keys = rows.select(pl.col("flow", "product", "partner").cast(pl.String), "period")
        found = {
            key: "; ".join(dict.fromkeys(doubt.words for doubt in self._of_row(*key))) or None
            for key in (keys.unique().iter_rows() if self.rows else ())
        }
        return pl.Series("doubt", [found.get(key) for key in keys.iter_rows()], pl.String)

    def _of_row(self, flow: str, product: str, partner: str, period: date) -> list[Doubt]:
        month = month_number(period)
        return self.of(flow, product, partner, [month, month - 1, *range(month - month % 12, month), month - 12])

    def _is_near(self, flow: str, month: int) -> bool:
        return any(of in (None, flow) and first <= month <= last for of, first, last in self._scopes.values())

    def _releases(self, flow: str, product: str, month: int) -> frozenset[str]:
        """The releases whose numbers of a product and month are current."""
        key = (flow, product, month)
        if key not in self._resting:
            day = first_day(month)

            def is_of_month(part: Partition) -> bool:
                return part[0] == flow and partition_month(part) == month

            rows = read_table(self.snapshot, "observation", is_of_month, part_of(product))
            ids = current_statements(rows).filter(pl.col("period_end") >= day)["release_id"]
            self._resting[key] = frozenset(ids.cast(pl.String))
        return self._resting[key]


def _concerns(doubt: Doubt, flow: str, product: str, partner: str, months: Collection[int], *, is_sum: bool) -> bool:
    """Whether the subject of a finding names what a figure rests on, and nothing else. The name of a file names no number."""
    codes, is_named, spans = [product, *members(product)], doubt.check in OF_SUMS, []
    for word in doubt.subject.split():
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
        elif re.fullmatch(r"[A-Z]{3}|[a-z]+:\w+", word) and not is_sum and word != partner:
            return False
    return is_named and (not spans or any(min(span) <= month <= max(span) for span in spans for month in months))
