"""Says what moved: which products and partners make the change of a month, what began and stopped, and what was revised.

A chapter is explained by its headings and these by their codes, each once; what is not named is a row of its own, so that the rows
below a code add up to its change. Nothing is estimated: a series counts only where both of its months are known.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from schemas.layouts import FLOWS
from schemas.names import VALUES, status
from tasks.domain.classification import part_of
from tasks.domain.coverage import WORLD
from tasks.domain.period_words import is_latest, read_months
from tasks.domain.periods import first_day, month_number
from tasks.domain.text import counted
from tasks.ledger.doubts import Doubts
from tasks.reports.questions import totals
from tasks.reports.quotable import Judge
from tasks.store.parquet import path_partition, read_table
from tasks.store.snapshot import Snapshot

# Months back, and the growth whose verdict is told.
AGAINST = {"month": (1, "mom_pct"), "year": (12, "yoy_pct")}
OTHER = {"month": "year", "year": "month"}
MEASURES = (*VALUES, "quantity_kg")
TOP, BELOW, DEPTH_MAX = 5, 3, 2
HS_LENGTHS = (6, 4, 2)
LINE = "line:"
# A record of fewer months is not told.
RECORD_MONTHS_MIN = 12
COLUMNS = {
    "kind": pl.String, "depth": pl.Int64, "parent": pl.String, "product": pl.String, "partner": pl.String, "period": pl.Date,
    "measure": pl.String, "level": pl.Float64, "before": pl.Float64, "change": pl.Float64, "change_pct": pl.Float64,
    "contribution_pp": pl.Float64, "note": pl.String, "quote": pl.String, "doubt": pl.String,
}  # fmt: skip
Row = dict[str, Any]


class Movers(NamedTuple):
    """Rows with the columns COLUMNS, in the order in which they are read, and notes on what they leave out.

    Kinds: `total` (one row), `product` and `partner` (of the world total; without a code or a key: all others together), `began`,
    `stopped`, `revision` (`before` is the number that was revised).
    """

    rows: pl.DataFrame
    notes: list[str]


def flow_of(snapshot: Snapshot, asked: str | None) -> str:
    """Return the direction asked for; otherwise the only one of the store, exports of both."""
    return asked or next((flow for flow in FLOWS if snapshot.entries("metric", flow)), FLOWS[0])


def month_of(snapshot: Snapshot, flow: str, text: str) -> date:
    """Return the first day of the month of a text; `latest` is the newest in which a product has a world total. Raises ValueError."""
    newest = None
    if is_latest(text):
        filed = {path_partition(entry.partition) for entry in snapshot.entries("metric", flow) if entry.rows}
        days = (date(year, month, 1) for _, year, month in sorted(filed, reverse=True))
        newest = next((day for day in days if _levels(snapshot, flow, day, pl.col("partner") == WORLD).height), None)
        if newest is None:
            raise ValueError(f"no world total of {flow}s is known in this store")
    first, last = read_months(text, newest)
    if first != last:
        raise ValueError(f"{text!r} is {first:%Y-%m} to {last:%Y-%m}; name one month")
    return first


def movers(
    snapshot: Snapshot, flow: str, month: date, *, measure: str = "", against: str = "month", top: int = TOP
) -> Movers:
    """Return what made the change of a month on the month or the year before.

    Raises ValueError for another `against`, and for a measure of which no product has both months.
    """
    if against not in AGAINST:
        raise ValueError(f"there is no comparison with the {against!r} before; there are {' and '.join(AGAINST)}")
    back, growth = AGAINST[against]
    months = (month, first_day(month_number(month) - back))
    world = pl.col("partner") == WORLD
    now, then = (_levels(snapshot, flow, one, world, growth) for one in months)
    measure = measure or next((one for one in MEASURES if _both(now, then, one).height), "")
    both = _both(now, then, measure)
    if not both.height:
        known = [one for one in MEASURES if _both(now, then, one).height]
        raise ValueError(
            f"no {measure or 'measure'} of {flow}s is known for the world in both {months[0]:%Y-%m} and {months[1]:%Y-%m}"
            + (
                f"; there is {', '.join(known)}"
                if known
                else f". Ask for another month, or compare with the {OTHER[against]} before."
            )
        )
    tree = _Tree({row["product"]: row for row in both.iter_rows(named=True)}, month)
    total = _sum(tree.rows[code] for code in tree.below[""])
    base = total["before"]
    rows = [{"kind": "total", "depth": 0, **total}] if tree.adds_up else []
    rows += [{"kind": "product", **row} for row in _explained(tree, "", total if tree.adds_up else None, 0, top)]
    if tree.adds_up:
        rows += _partners(snapshot, flow, months, measure, growth, tree, total, top)
    rows += _turned(tree, top)
    rows += _revised(snapshot, flow, measure, top)
    made = pl.DataFrame(rows, schema_overrides=COLUMNS, infer_schema_length=None)
    made = made.with_columns(
        pl.lit(None, kind).alias(name) for name, kind in COLUMNS.items() if name not in made.columns
    )
    made = made.with_columns(
        pl.col("period").fill_null(pl.lit(month)), measure=pl.lit(measure), flow=pl.lit(flow),
        change_pct=pl.when(pl.col("before") != 0).then((pl.col("level") / pl.col("before") - 1) * 100),
        contribution_pp=pl.when(pl.col("kind").is_in(["total", "product", "partner"]) & (base > 0)).then(pl.col("change") / (base or 1.0) * 100),
    )  # fmt: skip
    made = _judged(made, snapshot, flow, measure, growth, months)
    compared = both["product"].implode()
    notes = []
    for one, other, there in ((months[0], months[1], now), (months[1], months[0], then)):
        alone = there.filter(~pl.col("product").is_in(compared), measure=measure).height
        if alone:
            notes.append(
                f"{counted(alone, 'product')} of {one:%Y-%m} cannot be compared: {other:%Y-%m} is not known of them"
            )
    notes += [] if tree.adds_up else ["customs' own lines overlap: they have no total, and none explains another"]
    return Movers(made.select(*COLUMNS), notes)


def _levels(snapshot: Snapshot, flow: str, month: date, where: pl.Expr, growth: str = "mom_pct") -> pl.DataFrame:
    """Return the known levels of a month; `from_zero`: the figure that the growth compares with is known to be zero."""
    part, known = (flow, month.year, month.month), pl.col("measure").is_in(MEASURES) & pl.col("level").is_not_null()
    columns = ("product", "partner", "measure", "level", "highest_since", "lowest_since", status(growth))
    rows = read_table(snapshot, "metric", part.__eq__, where & known, columns)
    keys = pl.col("product", "partner", "measure").cast(pl.String)
    return rows.select(
        keys, "level", "highest_since", "lowest_since", from_zero=pl.col(status(growth)).cast(pl.String) == "zero_base"
    )


def _both(now: pl.DataFrame, then: pl.DataFrame, measure: str) -> pl.DataFrame:
    """Return the series that are known in both months. One without a row in the month before has traded nothing for a year, or is not
    known; the status of its growth says which.
    """
    before = then.filter(measure=measure).select("product", "partner", before="level")
    both = now.filter(measure=measure).join(before, on=["product", "partner"], how="left")
    both = both.with_columns(pl.when("from_zero").then(0.0).otherwise("before").alias("before")).drop_nulls("before")
    return both.with_columns(change=pl.col("level") - pl.col("before"))


class _Tree:
    """Products by the code above them: each under the nearest one that is known; of a store without codes, customs' lines."""

    def __init__(self, rows: Mapping[str, Row], month: date) -> None:
        self.month = month
        codes = [product for product in rows if product.isdecimal()]
        self.adds_up = bool(codes)
        self.rows = {code: rows[code] for code in codes or [product for product in rows if product.startswith(LINE)]}
        self.below: dict[str, list[str]] = defaultdict(list)
        for code in self.rows:
            lengths = (length for length in HS_LENGTHS if length < len(code) and code[:length] in self.rows)
            self.below[code[: next(lengths, 0)] if self.adds_up else ""].append(code)

    def parts(self, code: str) -> list[str]:
        """The codes below one that say more than it does: a single code with the same change says nothing new."""
        parts = self._moved(code)
        while len(parts) == 1 and self.rows[parts[0]]["change"] == self.rows[code]["change"]:
            code = parts[0]
            parts = self._moved(code)
        return parts

    def _moved(self, code: str) -> list[str]:
        return [part for part in self.below.get(code, []) if self.rows[part]["change"]]


def _sum(rows: Iterable[Row]) -> Row:
    levels = [(row["level"], row["before"]) for row in rows]
    level, before = sum(now for now, _ in levels), sum(then for _, then in levels)
    return {"level": level, "before": before, "change": level - before}


def _by_change(row: Row) -> tuple[float, str]:
    return -abs(row["change"]), str(row.get("product") or row.get("partner"))


def _explained(tree: _Tree, parent: str, whole: Row | None, depth: int, count: int) -> Iterator[Row]:
    """Yield the codes that moved most, each followed by what explains it, and the rest of the change as a row of its own."""
    parts = [tree.rows[code] for code in (tree.parts(parent) if parent else tree.below[""])]
    chosen = [row for row in sorted(parts, key=_by_change)[:count] if row["change"]]
    for row in chosen:
        yield {"depth": depth, "parent": parent or None, "product": row["product"], "note": _note(row, tree.month)} | {
            name: row[name] for name in ("level", "before", "change")
        }
        if depth < DEPTH_MAX and tree.parts(row["product"]):
            yield from _explained(tree, row["product"], row, depth + 1, BELOW)
    if whole is not None:
        yield from _rest(whole, chosen, {"depth": depth, "parent": parent or None}, len(parts) - len(chosen))


def _rest(whole: Row, chosen: list[Row], place: Row, count: int) -> Iterator[Row]:
    shown = _sum(chosen)
    rest = {name: whole[name] - shown[name] for name in ("level", "before", "change")}
    if any(rest.values()):
        yield {**place, **rest, "note": f"{count:,} others" if count else "not broken down"}


def _note(row: Row, month: date) -> str | None:
    """Say that a series began or stopped, or that the month is the highest or lowest for a year or more."""
    if not row["before"]:
        return "began"
    if not row["level"]:
        return "stopped"
    for name in ("highest", "lowest"):
        since = row.get(f"{name}_since")
        if since is not None and month_number(month) - month_number(since) >= RECORD_MONTHS_MIN:
            return f"{name} since {since:%Y-%m}"
    return None


def _partners(
    snapshot: Snapshot,
    flow: str,
    months: tuple[date, date],
    measure: str,
    growth: str,
    tree: _Tree,
    total: Row,
    top: int,
) -> Iterator[Row]:
    """Yield the partners whose trade in all these codes moved most."""
    roots = tree.below[""]
    where = pl.col("product").is_in(roots) & (pl.col("measure") == measure) & ~pl.col("partner").is_in(totals())
    now, then = (_levels(snapshot, flow, one, where, growth) for one in months)
    both = _both(now, then, measure)
    sums = (
        both.group_by("partner")
        .agg(pl.col("level", "before").sum())
        .with_columns(change=pl.col("level") - pl.col("before"))
    )
    parts = sorted(sums.iter_rows(named=True), key=_by_change)
    chosen = [row for row in parts[:top] if row["change"]]
    for row in chosen:
        yield {"kind": "partner", "depth": 0, **row, "note": _note(row, tree.month)}
    yield from _rest(total, chosen, {"kind": "partner", "depth": 0}, len(parts) - len(chosen))


def _turned(tree: _Tree, top: int) -> Iterator[Row]:
    """Yield the finest codes whose trade began or stopped, the largest first."""
    finest = [row for code, row in tree.rows.items() if code not in tree.below]
    for kind, none, some in (("began", "before", "level"), ("stopped", "level", "before")):
        turned = [row for row in finest if not row[none] and row[some]]
        for row in sorted(turned, key=_by_change)[:top]:
            yield {"kind": kind, "depth": 0, **{name: row[name] for name in ("product", "level", "before", "change")}}


def _revised(snapshot: Snapshot, flow: str, measure: str, top: int) -> Iterator[Row]:
    """Yield the largest revisions by the newest release."""
    releases = read_table(snapshot, "release")
    newest = releases["released_on"].max()
    rows = read_table(snapshot, "revision", where=(pl.col("measure") == measure) & (pl.col("revised_on") == newest))
    rows = rows.filter(pl.col("flow") == flow).drop_nulls(["old_value", "new_value"])
    rows = rows.with_columns(change=(pl.col("new_value") - pl.col("old_value")).cast(pl.Float64))
    for row in (
        rows.sort(pl.col("change").abs(), "product", "partner", descending=[True, False, False])
        .head(top)
        .iter_rows(named=True)
    ):
        yield {
            "kind": "revision", "depth": 0, "product": row["product"], "partner": row["partner"], "period": row["period_start"].replace(day=1),
            "level": float(row["new_value"]), "before": float(row["old_value"]), "change": row["change"],
        }  # fmt: skip


def _judged(
    rows: pl.DataFrame, snapshot: Snapshot, flow: str, measure: str, growth: str, months: tuple[date, date]
) -> pl.DataFrame:
    """Add the doubts about the rows, and of the growth of each product whether it may be quoted: yes, care or no."""
    shown = rows.filter(pl.col("kind") == "product")["product"].drop_nulls().unique().to_list()
    if not shown:
        return rows
    of_flow = (pl.col("product").is_in(shown)) & (pl.col("partner") == WORLD)
    series = read_table(snapshot, "metric", lambda part: part[0] == flow, of_flow)
    ledger = read_table(snapshot, "observation", lambda part: part[0] == flow, pl.any_horizontal(map(part_of, shown)))
    words = {}
    for product in shown:
        own = ledger.filter(pl.col("product") == product)
        judge = Judge(
            series.filter(pl.col("product") == product), own if own.height else ledger.filter(part_of(product))
        )
        verdict = judge.verdict(WORLD, measure, growth, months[0])
        words[product] = verdict.word if verdict is not None else None
    doubts = Doubts(snapshot)
    told = [
        "; ".join(doubts.of(flow, row["product"], row["partner"] or WORLD, map(month_number, months))) or None
        if row["product"]
        else None
        for row in rows.iter_rows(named=True)
    ]
    is_product = pl.col("kind") == "product"
    quote = pl.col("product").replace_strict(words, default=None, return_dtype=pl.String)
    return rows.with_columns(quote=pl.when(is_product).then(quote), doubt=pl.Series(told, dtype=pl.String))
