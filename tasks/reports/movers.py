"""Says what moved: which products and partners make the change of a month, what began and stopped, and what was revised.

A chapter is explained by its headings and these by their codes, each once; what is not named is a row of its own, so that the rows
below a code add up to its change. Nothing is estimated: a series counts only where both of its months are known. Belongs here: the rows
of the table `mover`. Which months are made again is in `analysis`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from schemas.names import VALUES, status
from schemas.table import polars_schema
from tasks.domain.classification import part_of
from tasks.domain.coverage import TOTALS, WORLD
from tasks.domain.periods import first_day, month_index, month_name, month_number
from tasks.domain.release_ids import MARK
from tasks.domain.text import counted
from tasks.ledger.doubts import Doubts
from tasks.reports import price_volume
from tasks.reports.price_volume import Terms
from tasks.reports.quotable import Judge
from tasks.store.parquet import partition_month

# Months back, and the growth whose verdict is told.
AGAINST = {"month": (1, "mom_pct"), "year": (12, "yoy_pct")}
MEASURES = (*VALUES, "quantity_kg")
TOP, BELOW, DEPTH_MAX = 5, 3, 2
HS_LENGTHS = (6, 4, 2)
LINE = "line:"
# A record of fewer months is not told.
RECORD_MONTHS_MIN = 12
# A verdict looks back this many months.
VERDICT_MONTHS = 24
NUMBERS = ("level", "before", "change")
Row = dict[str, Any]
# Rows of a table: its name, which partitions, which rows, which columns; `read_table` of a snapshot, or the same as of a day.
Read = Callable[..., pl.DataFrame]


# Level, highest_since, lowest_since, and whether the figures that its growths compare with are known to be zero; a tuple, because a month
# has a hundred thousand of them.
Cell = tuple[float, date | None, date | None, bool, bool]
FROM_ZERO = {"month": 3, "year": 4}
# By measure and month the cells of each key.
Cells = dict[tuple[str, int], dict[Any, Cell]]


class State(NamedTuple):
    """What the rows are made of: a state of a store, now or as of a day, and whose it is."""

    read: Read
    doubts: Doubts
    reporter: str


def mover_rows(state: State, flow: str, months: Sequence[int], top: int = TOP) -> pl.DataFrame:
    """Return the rows of the table `mover` of these months (month numbers) of a direction; they are in memory together."""
    reach = {month - back for month in months for back in (0, *(back for back, _ in AGAINST.values()))}
    world = _cells(state.read, flow, reach, pl.col("partner") == WORLD, ["product"])
    trees: dict[tuple[int, str, str], _Tree] = {}
    for month in months:
        for against in AGAINST:
            for measure in MEASURES:
                if both := _both(world, month, against, measure):
                    trees[month, against, measure] = _Tree(both, month)
    roots = {code for tree in trees.values() if tree.adds_up for code in tree.below[""]}
    where = pl.col("product").is_in(list(roots)) & ~pl.col("partner").is_in(TOTALS)
    cells = _cells(state.read, flow, reach, where, ["product", "partner"]) if roots else {}
    partners = {key: _by_partner(cells, tree, *key) for key, tree in trees.items() if tree.adds_up}
    chosen = {one["partner"] for parts in partners.values() for one in parts[:top]}
    finest = {code for tree in trees.values() if tree.adds_up for code in tree.rows if code not in tree.below}
    where = pl.col("product").is_in(list(finest)) & pl.col("partner").is_in(list(chosen))
    cells = _cells(state.read, flow, reach, where, ["product", "partner"]) if chosen else {}
    rows: list[Row] = []
    for (month, against, measure), tree in trees.items():
        splits = _Splits(tree, world, cells, measure, month, against, state.reporter)
        made = [
            *_compared(tree, splits, partners.get((month, against, measure), []), top),
            *_left_out(world, tree, measure, month, against),
        ]
        total = made[0]["before"] if tree.adds_up else sum(row["before"] for row in tree.rows.values())
        for row in made:
            if row["kind"] in ("total", "product", "partner") and total > 0:
                row["contribution_pp"] = row["change"] / total * 100
        rows += [{"month": month, "against": against, "measure": measure, **row} for row in made]
    rows += _revised(state.read, flow, months, top)
    _judge(rows, state, flow, months)
    return _as_table(rows, flow)


def _as_table(rows: list[Row], flow: str) -> pl.DataFrame:
    places: dict[tuple[Any, ...], int] = defaultdict(int)
    for row in rows:
        key = (row["month"], row["against"], row["measure"])
        places[key] += 1
        row |= {"flow": flow, "period": first_day(row.pop("month")), "position": places[key]}
        if row.get("before"):
            row["change_pct"] = (row["level"] / row["before"] - 1) * 100
        row.setdefault("split_status", "not_applicable")
        row.setdefault("depth", 0)
    kinds = polars_schema("mover")
    return pl.DataFrame([{name: row.get(name) for name in kinds} for row in rows], schema=kinds)


def _cells(read: Read, flow: str, months: Iterable[int], where: pl.Expr, keys: list[str]) -> Cells:
    """Read the known levels of quantities and values of these months."""
    wanted, measure = {*months}, pl.col("measure").cast(pl.String)
    of_goods = measure.is_in(MEASURES)
    if "partner" not in keys:
        of_goods |= measure.str.starts_with("quantity_")
    growths = {name: status(growth) for name, (_, growth) in AGAINST.items()}
    columns = (*keys, "period", "measure", "level", "highest_since", "lowest_since", *growths.values())
    rows = read(
        "metric", lambda part: part[0] == flow and partition_month(part) in wanted, where & of_goods & pl.col("level").is_not_null(), columns
    )  # fmt: skip
    found: Cells = defaultdict(dict)
    rows = rows.select(
        "measure", month_index("period"), *keys, "level", "highest_since", "lowest_since",
        *(pl.col(growth).cast(pl.String) == "zero_base" for growth in growths.values()),
    )  # fmt: skip
    first = 2 + len(keys)
    for row in rows.iter_rows():
        key = row[2] if first == 3 else row[2:first]
        found[row[0], row[1]][key] = row[first:]
    return found


def _both(cells: Cells, month: int, against: str, measure: str) -> dict[Any, Row]:
    """Return the series that are known in both months. One without a row in the month before has traded nothing for a year, or is not
    known; the status of its growth says which.
    """
    then, found, from_zero = cells.get((measure, month - AGAINST[against][0]), {}), {}, FROM_ZERO[against]
    for key, cell in cells.get((measure, month), {}).items():
        before = 0.0 if cell[from_zero] else then[key][0] if key in then else None
        if before is not None:
            level, highest, lowest, _, _ = cell
            found[key] = {
                "product": key, "level": level, "before": before, "change": level - before, "highest_since": highest, "lowest_since": lowest,
            }  # fmt: skip
    return found


class _Tree:
    """Products by the code above them: each under the nearest one that is known; of a store without codes, customs' lines."""

    def __init__(self, rows: Mapping[str, Row], month: int) -> None:
        self.month, self.compared = month, rows.keys()
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


class _Splits:
    """The changes of codes of a value, split by their finest codes."""

    def __init__(
        self, tree: _Tree, world: Cells, partners: Cells, measure: str, month: int, against: str, reporter: str
    ) -> None:
        self.tree, self.measure, self.months = tree, measure, (month - AGAINST[against][0], month)
        self.is_value = measure in VALUES and tree.adds_up
        self._world, self._partners, self._known = world, partners, dict[str, Terms | str]()
        self._of_partners = _both(partners, month, against, measure) if self.is_value else {}
        self._quantities = sorted({one for one, _ in world if one.startswith("quantity_") and one != "quantity_kg"})
        currency, own = measure.removeprefix("value_").upper(), price_volume.own_currency(reporter)
        self._own = f"value_{own.lower()}" if own else ""
        self._is_own = own == currency
        rates = [price_volume.rate(own, currency, one) if own else None for one in self.months]
        self._rates = (rates[0], rates[1]) if rates[0] and rates[1] else None

    def of(self, code: str) -> Terms | str:
        """Return the terms of a code, or a word of `split_status`."""
        if code not in self._known:
            below = self.tree.below.get(code, [])
            self._known[code] = self.sum(below, self.tree.rows[code]["change"]) if below else self._finest(code)
        return self._known[code]

    def sum(self, codes: Iterable[str], change: float) -> Terms | str:
        """Return the terms of several codes that make up a change."""
        return _add(map(self.of, codes), change)

    def _finest(self, code: str) -> Terms | str:
        quantities = self._pair(self._world, "quantity_kg", code)
        if quantities is None:
            others = [found for one in self._quantities if (found := self._pair(self._world, one, code))]
            quantities = others[0] if len(others) == 1 else (0.0, 0.0)
        own = None if self._is_own else self._pair(self._world, self._own, code)
        return self._split(self.tree.rows[code], quantities, own)

    def of_partner(self, partner: str, change: float) -> Terms | str:
        """Return the terms of a partner's trade in all codes."""
        parts = list[Terms | str]()
        for key, row in self._of_partners.items():
            if key[1] == partner:
                quantities = self._pair(self._partners, "quantity_kg", key) or (0.0, 0.0)
                parts.append(self._split(row, quantities, self._pair(self._partners, self._own, key)))
        return _add(parts, change)

    def _split(self, row: Row, quantities: tuple[float, float], own: tuple[float, float] | None) -> Terms | str:
        values, rates = (row["before"], row["level"]), None if self._is_own else self._rates
        if own and not self._is_own and min(*own, *values) > 0:
            # What the source itself counts with.
            rates = (own[0] / values[0], own[1] / values[1])
        return price_volume.split(values, quantities, rates, lacks_rate=not (self._is_own or rates)) or "no_quantity"

    def _pair(self, cells: Cells, measure: str, key: Any) -> tuple[float, float] | None:
        then, now = cells.get((measure, self.months[0])), cells.get((measure, self.months[1]))
        before, level = then.get(key) if then else None, now.get(key) if now else None
        return (before[0], level[0]) if before and level else None


def _add(parts: Iterable[Terms | str], change: float) -> Terms | str:
    """Add up terms that must make up a change, which are whole units but for the last bits of a sum."""
    known = list[Terms]()
    for part in parts:
        if isinstance(part, str):
            return part
        known.append(part)
    added = price_volume.add(known)
    return added if abs(added.volume + added.price + (added.currency or 0.0) - change) < 0.5 else "not_broken_down"


def _with_terms(row: Row, splits: _Splits, terms: Terms | str) -> Row:
    if not splits.is_value:
        return row
    if isinstance(terms, str):
        return {**row, "split_status": terms}
    return {**row, "volume_effect": terms.volume, "price_effect": row["change"] - terms.volume - (terms.currency or 0.0), "currency_effect": terms.currency, "split_status": terms.status}  # fmt: skip


def _sum(rows: Iterable[Row]) -> Row:
    levels = [(row["level"], row["before"]) for row in rows]
    level, before = sum(now for now, _ in levels), sum(then for _, then in levels)
    return {"level": level, "before": before, "change": level - before}


def _by_change(row: Row) -> tuple[float, str]:
    return -abs(row["change"]), str(row.get("product") or row.get("partner"))


def _compared(tree: _Tree, splits: _Splits, partners: list[Row], top: int) -> Iterator[Row]:
    """Yield the total, its parts by products and by partners, and what began and stopped."""
    total = None
    if tree.adds_up:
        total = _with_terms(_sum(tree.rows[code] for code in tree.below[""]), splits, "not_applicable")
        if splits.is_value:
            total = _with_terms(total, splits, splits.sum(tree.below[""], total["change"]))
        yield {"kind": "total", **total}
    for row in _explained(tree, splits, "", total, 0, top):
        yield {"kind": "product", **row}
    if total is not None:
        yield from _partners(splits, partners, total, top)
    yield from _turned(tree, top)


def _explained(tree: _Tree, splits: _Splits, parent: str, whole: Row | None, depth: int, count: int) -> Iterator[Row]:
    """Yield the codes that moved most, each followed by what explains it, and the rest of the change as a row of its own."""
    parts = [tree.rows[code] for code in (tree.parts(parent) if parent else tree.below[""])]
    chosen = [row for row in sorted(parts, key=_by_change)[:count] if row["change"]]
    shown = list[Row]()
    for row in chosen:
        place = {"depth": depth, "parent": parent or None, "product": row["product"], "note": _note(row, tree.month)}
        of_code = {name: row[name] for name in NUMBERS}
        shown.append(_with_terms(of_code, splits, splits.of(row["product"]) if splits.is_value else ""))
        yield place | shown[-1]
        if depth < DEPTH_MAX and tree.parts(row["product"]):
            yield from _explained(tree, splits, row["product"], shown[-1], depth + 1, BELOW)
    if whole is not None:
        yield from _rest(whole, shown, {"depth": depth, "parent": parent or None}, len(parts) - len(chosen))


def _rest(whole: Row, shown: list[Row], place: Row, count: int) -> Iterator[Row]:
    """Yield what a whole has besides the rows that are shown, with the terms of its change where all of them are known."""
    rest = {name: whole[name] - sum(row[name] for row in shown) for name in NUMBERS}
    if not any(rest.values()):
        return
    if "split_status" in whole:
        every = [whole, *shown]
        unsplit = [row["split_status"] for row in every if row.get("volume_effect") is None]
        rest["split_status"] = unsplit[0] if unsplit else whole["split_status"]
        if not unsplit:
            for name in ("volume_effect", "price_effect", "currency_effect"):
                known = whole[name] is not None
                rest[name] = whole[name] - sum(row[name] or 0.0 for row in shown) if known else None
    yield {**place, **rest, "note": counted(count, "other") if count else "not broken down"}


def _note(row: Row, month: int) -> str | None:
    """Say that a series began or stopped, or that the month is the highest or lowest for a year or more."""
    if not row["before"]:
        return "began"
    if not row["level"]:
        return "stopped"
    for name in ("highest", "lowest"):
        since = row.get(f"{name}_since")
        if since is not None and month - month_number(since) >= RECORD_MONTHS_MIN:
            return f"{name} since {since:%Y-%m}"
    return None


def _by_partner(cells: Cells, tree: _Tree, month: int, against: str, measure: str) -> list[Row]:
    """Return the change of each partner's trade in all these codes, the largest first."""
    roots, found = {*tree.below[""]}, defaultdict[str, list[Row]](list)
    for (code, partner), row in _both(cells, month, against, measure).items():
        if code in roots:
            found[partner].append(row)
    # A record is that of a single series.
    notes = {partner: _note(rows[0] if len(rows) == 1 else _sum(rows), month) for partner, rows in found.items()}
    parts = ({"partner": partner, **_sum(rows), "note": notes[partner]} for partner, rows in found.items())
    return sorted(parts, key=_by_change)


def _partners(splits: _Splits, parts: list[Row], total: Row, top: int) -> Iterator[Row]:
    """Yield the partners whose trade moved most."""
    shown = list[Row]()
    for part in parts[:top]:
        if part["change"]:
            terms = splits.of_partner(part["partner"], part["change"]) if splits.is_value else ""
            shown.append(_with_terms({name: part[name] for name in NUMBERS}, splits, terms))
            yield {"kind": "partner", "partner": part["partner"], **shown[-1], "note": part["note"]}
    yield from _rest(total, shown, {"kind": "partner"}, len(parts) - len(shown))


def _turned(tree: _Tree, top: int) -> Iterator[Row]:
    """Yield the finest codes whose trade began or stopped, the largest first."""
    finest = [row for code, row in tree.rows.items() if code not in tree.below]
    for kind, none, some in (("began", "before", "level"), ("stopped", "level", "before")):
        turned = [row for row in finest if not row[none] and row[some]]
        for row in sorted(turned, key=_by_change)[:top]:
            yield {"kind": kind, **{name: row[name] for name in ("product", *NUMBERS)}}


def _left_out(world: Cells, tree: _Tree, measure: str, month: int, against: str) -> Iterator[Row]:
    """Yield what cannot be compared, in words."""
    months = (month, month - AGAINST[against][0])
    for one, other in (months, months[::-1]):
        alone = len(world.get((measure, one), {}).keys() - tree.compared)
        if alone:
            note = f"{counted(alone, 'product')} of {month_name(one)} cannot be compared: {month_name(other)} is not known of them"
            yield {"kind": "left_out", "note": note}
    if not tree.adds_up:
        note = "customs' own lines overlap: they have no total, and none explains another"
        yield {"kind": "left_out", "note": note}


def _revised(read: Read, flow: str, months: Sequence[int], top: int) -> Iterator[Row]:
    """Yield the largest revisions by the releases, and decisions about them, of which each month is the newest."""
    releases = read("release").filter(pl.col("flow").is_null() | (pl.col("flow") == flow))
    newest = {name: month_number(last) for name, last in releases.select("release_id", "last_month").iter_rows()}
    first = {name.partition(MARK)[0]: month for name, month in newest.items()}
    newest |= {own: first[name] for own, name in read("decision").select("decision_id", "release_id").iter_rows() if name in first}  # fmt: skip
    wanted = [name for name, month in newest.items() if month in {*months}]
    if not wanted:
        return
    rows = read("revision", lambda part: part[0] == flow, pl.col("new_release_id").is_in(wanted))
    rows = rows.drop_nulls(["old_value", "new_value"]).filter(pl.col("measure").is_in(MEASURES))
    rows = rows.with_columns(
        month=pl.col("new_release_id").replace_strict(newest, return_dtype=pl.Int64),
        change=(pl.col("new_value") - pl.col("old_value")).cast(pl.Float64),
    )
    rows = rows.sort(pl.col("change").abs(), "product", "partner", descending=[True, False, False])
    for row in rows.group_by("month", "measure", maintain_order=True).head(top).iter_rows(named=True):
        yield {
            "month": row["month"], "against": "month", "measure": row["measure"], "kind": "revision", "product": row["product"],
            "partner": row["partner"], "revised_month": row["period_start"].replace(day=1), "level": float(row["new_value"]),
            "before": float(row["old_value"]), "change": row["change"],
        }  # fmt: skip


def _judge(rows: list[Row], state: State, flow: str, months: Sequence[int]) -> None:
    """Add the doubts about the rows, and of the growth of each product whether it may be quoted: yes, care or no."""
    shown = sorted({row["product"] for row in rows if row.get("product") and row["kind"] == "product"})
    near = range(min(months) - VERDICT_MONTHS, max(months) + 1)

    def is_near(part: tuple[str, int, int]) -> bool:
        return part[0] == flow and partition_month(part) in near

    series = state.read("metric", is_near, pl.col("product").is_in(shown) & (pl.col("partner") == WORLD))
    above = [one for one in shown if not any(one != other and one.startswith(other) for other in shown)]
    ledger = state.read("observation", is_near, pl.any_horizontal(False, *map(part_of, above)))
    by_product, own = (frame.partition_by("product", as_dict=True) for frame in (series, ledger))
    judges = {}
    for product in shown:
        words = own.get((product,))
        judges[product] = Judge(by_product[product,], ledger.filter(part_of(product)) if words is None else words)
    for row in rows:
        if product := row.get("product"):
            pair = (row["month"], row["month"] - AGAINST[row["against"]][0])
            told = state.doubts.of(flow, product, row.get("partner") or WORLD, pair)
            row["doubt"] = "; ".join(told) or None
            if row["kind"] == "product":
                growth = AGAINST[row["against"]][1]
                verdict = judges[product].verdict(WORLD, row["measure"], growth, first_day(row["month"]))
                row["quote"] = verdict.word if verdict is not None else None
