"""Says how far a group of reporters has reported a month, and adds up its figures only where every member has.

A member that is late or missing lowers the sum of a group without a trace, so there is no sum without it: the status
names it. Belongs here: the status of a reporter's month and the sum over reporters. Each store knows its own reporter
alone; nothing here changes any of them.
"""

import math
from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import Any, Literal, NamedTuple

import polars as pl

from schemas.reference.code_tables import code_table, valid_in
from schemas.store_address import S3Url
from tasks.domain.coverage import EVERYTHING, WORLD, covering, family_of
from tasks.domain.decisions import counting
from tasks.domain.doubt.doubt_words import doubt_text, doubts_in
from tasks.domain.periods import month_index, month_number, month_text
from tasks.ledger.doubts import Doubts, heavy
from tasks.reading import query
from tasks.store.bucket.working_copy import at_hand
from tasks.store.files.snapshot import open_snapshot
from tasks.store.places.reporters import stores_of
from tasks.store.snapshots.parquet import read_table

Status = Literal["complete", "partial", "missing"]
NO_STORE = "no store of this reporter"
NOT_ASKED = "no release of this month covers the product"
IN_PART = "its releases of this month cover only a part of it"


class ReporterFigure(NamedTuple):
    """What one reporter says about a month: the figure where it is complete, otherwise why there is none; and what is
    in doubt."""

    reporter: str
    status: Status
    level: float | None
    reason: str = ""


class GroupMonth(NamedTuple):
    """What a group of reporters says about a month; `total` only where every member is complete.

    `printed` is the figure that the source publishes of the group as one, where the group is a reporter itself;
    `doubts` is what is in doubt of the total, as far as the doubted parts of the members weigh in it.
    """

    group: str
    status: Status
    total: float | None
    parts: tuple[ReporterFigure, ...]
    printed: float | None = None
    doubts: str = ""

    @property
    def differs(self) -> bool:
        """Whether the printed figure is not the sum of the members; each of them may be rounded to a whole unit."""
        if self.total is None or self.printed is None:
            return False
        return abs(self.total - self.printed) > (len(self.parts) + 1) / 2

    @property
    def absent(self) -> list[str]:
        """The members without a complete figure."""
        return [part.reporter for part in self.parts if part.status != "complete"]


class FigureOfReporters(NamedTuple):
    """A figure of every reporter alike; the partner is the world or one country, and both directions are asked
    apart."""

    flow: str
    product: str
    month: date
    measure: str
    partner: str = WORLD


def members_of(group: str, month: date) -> list[str]:
    """The reporters that are in a group in a month. Raises ValueError for an unknown group."""
    groups = code_table("partner_groups")
    if group not in groups["group"]:
        known = ", ".join(groups["group"].unique().sort())
        raise ValueError(f"there is no group of reporters {group!r}; there is {known}")
    # Trade with the group without a country has a code of a list, and no reporter.
    members = groups.filter(~pl.col("partner").str.contains(":"), group=group)
    members = members.with_columns(month=pl.lit(month_number(month), pl.Int32))
    return members.filter(valid_in(month_text()))["partner"].sort().to_list()


def group_month(
    root: Path | S3Url, group: str, figure: FigureOfReporters, members: Collection[str] | None = None
) -> GroupMonth:
    """What the members of a group say about a month; `members` replaces those of the table of groups."""
    stores = stores_of(root)
    parts = tuple(
        part_of(at_hand(stores[reporter]), reporter, figure)
        if reporter in stores
        else ReporterFigure(reporter, "missing", None, NO_STORE)
        for reporter in (sorted(members) if members is not None else members_of(group, figure.month))
    )
    printed = part_of(at_hand(stores[group]), group, figure).level if group in stores else None
    statuses = {part.status for part in parts}
    if statuses == {"complete"}:
        total = math.fsum(part.level or 0 for part in parts)
        doubted = {
            part.reporter: _doubted(at_hand(stores[part.reporter]), part, figure) for part in parts if part.reason
        }
        heavies = {*heavy(pl.concat(doubted.values()), total)} if doubted else set()
        named = (
            f"{reporter} in doubt: {doubt_text(kept)}"
            for reporter, rows in doubted.items()
            if (kept := [one for one in doubts_in(rows["doubt"]) if one._replace(part_pct=None) in heavies])
        )
        doubts = "; ".join(named)
        return GroupMonth(group, "complete", total, parts, printed, doubts)
    return GroupMonth(group, "missing" if statuses <= {"missing"} else "partial", None, parts, printed)


def _doubted(store: Path, part: ReporterFigure, figure: FigureOfReporters) -> pl.DataFrame:
    """What is in doubt of the figure of a reporter, and how much of it."""
    month = [month_number(figure.month)]
    rows = Doubts(query.open_published(store)).parts(
        figure.flow, figure.product, [figure.partner], month, figure.measure
    )
    return rows.select("doubt", amount=pl.col("part_pct") / 100 * abs(part.level or 0))


def part_of(store: Path, reporter: str, figure: FigureOfReporters) -> ReporterFigure:
    """What one reporter says about a month.

    Where a release covers the figure and no row has it, there was no trade. A figure of the world is covered only
    by releases of every partner, or by a printed total.
    """
    snapshot = open_snapshot(store)
    if snapshot is None:
        return ReporterFigure(reporter, "missing", None, NO_STORE)
    given: dict[str, Any] = figure._asdict() | {"month": (figure.month.year, figure.month.month)}
    rows, month = query.query(store, "metric", **given), month_number(figure.month)
    if rows.height:
        level, why = rows.row(0, named=True)["level"], str(rows["level_status"][0])
        if level is None:
            return ReporterFigure(reporter, "partial", None, why)
        doubts = Doubts(snapshot).of(figure.flow, figure.product, figure.partner, [month], measure=figure.measure)
        return ReporterFigure(reporter, "complete", level, f"in doubt: {doubt_text(doubts)}" if doubts else "")
    releases = counting(read_table(snapshot, "release"), read_table(snapshot, "decision"))
    key = pl.DataFrame([given | {"month": month}], schema_overrides={"month": pl.Int32})
    if covering(key, releases).height:
        return ReporterFigure(reporter, "complete", 0.0)
    of_month = releases.filter(
        pl.col("flow").is_null() | (pl.col("flow") == figure.flow),
        month_index("first_month") <= month,
        month_index("last_month") >= month,
        pl.col("measures").list.contains(family_of(figure.measure)),
    )
    codes = of_month["products"].explode().drop_nulls().unique()
    is_near = (
        code == EVERYTHING or figure.product.startswith(code) or code.startswith(figure.product) for code in codes
    )
    return (
        ReporterFigure(reporter, "partial", None, IN_PART)
        if any(is_near)
        else ReporterFigure(reporter, "missing", None, NOT_ASKED)
    )
