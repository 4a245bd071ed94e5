"""Says what moved: which products and partners make the change of a month, what began and stopped, and what was
revised.

A chapter is explained by its headings and these by their codes, each once; what is not named is a row of its own, so
that the rows below a code add up to its change. Nothing is estimated: a series counts only where both of its months are
known. Belongs here: the rows of the table `mover`. Which months are made again is in `analysis`.
"""

import functools
import itertools
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import polars as pl

from schemas.figures import FIGURE_OF, QUOTABLE
from schemas.forms.doubt import NumberDoubt
from schemas.names import VALUES, status
from schemas.table import polars_schema
from tasks.analysis.ground import price_volume
from tasks.analysis.ground.price_volume import Terms
from tasks.domain.classification import part_of
from tasks.domain.coverage import TOTALS, WORLD, covering
from tasks.domain.decisions import counting
from tasks.domain.doubt.doubt_words import doubt_text
from tasks.domain.exchange_rates import rate
from tasks.domain.growth import growth_pct
from tasks.domain.periods import Month, first_day, month_index, month_name, month_number
from tasks.domain.release_ids import MARK
from tasks.domain.reporter import Reporter
from tasks.domain.text import counted
from tasks.domain.units import per_unit
from tasks.ledger.doubts import Doubts, heavy
from tasks.ledger.quotable import COLUMNS, LEDGER_COLUMNS, SIGN_MONTHS, steps_of, verdicts
from tasks.store.snapshots.parquet import Partition, partition_month

MEASURES = (*VALUES, "quantity_kg")
TOP, BELOW, DEPTH_MAX = 5, 3, 2
HS_LENGTHS = (6, 4, 2)
LINE = "line:"
# A record of fewer months is not told.
RECORD_MONTHS_MIN = 12
# A verdict looks back this many months.
VERDICT_MONTHS = 24
# Rows of growths that are judged together: of more, chapter by chapter.
ROWS_JUDGED = 20_000
NUMBERS = ("level", "before", "change")
Row = dict[str, Any]
# Rows of a table: its name, which partitions, which rows, which columns; `read_table` of a snapshot, or the same as of
# a day.
Read = Callable[..., pl.DataFrame]


KEYS, TERMS = ["product", "partner"], Terms._fields


class Base(NamedTuple):
    """What a month is held against: how many months back it lies, the growth whose verdict a page gives, and the number
    of both months that is compared: level, ytd or rolling_12m."""

    back: int
    growth: str
    number: str

    @property
    def is_of_month(self) -> bool:
        """Whether two single months are compared."""
        return self.number == "level"

    def spans(self, month: int) -> tuple[range, range]:
        """The months added up in the base of a month (month number), and in the number itself."""
        first = {"level": month, "ytd": Month(month).january}.get(self.number, month - 11)
        return range(first - self.back, month - self.back + 1), range(first, month + 1)


AGAINST = {
    figure.against: Base(figure.months_back, name, figure.formula[1])
    for name, figure in FIGURE_OF.items()
    if figure.against
}
# Those of the published table; the others are made on request.
PUBLISHED = tuple(against for against, base in AGAINST.items() if base.is_of_month)


class Comparison(NamedTuple):
    """A month (month number), what it is held against (a key of AGAINST), and the measure."""

    month: int
    against: str
    measure: str

    @property
    def months(self) -> tuple[int, int]:
        """The month compared with, and the month itself."""
        return self.month - AGAINST[self.against].back, self.month

    @property
    def names(self) -> tuple[str, str]:
        """The months added up, of the base and of the number itself, as text."""
        spans = AGAINST[self.against].spans(self.month)
        first, second = (
            month_name(span[-1]) if len(span) == 1 else f"{month_name(span[0])} to {month_name(span[-1])}"
            for span in spans
        )
        return first, second


class TradeScope(NamedTuple):
    """Whose trade the rows explain: of all partners together or of one, in all products or in some and their parts."""

    partner: str = WORLD
    products: tuple[str, ...] = ()

    @property
    def where(self) -> pl.Expr:
        """Which rows of a table are about these products."""
        return pl.any_horizontal(*map(part_of, self.products)) if self.products else pl.lit(True)


EVERYTHING = TradeScope()


class StoreState:
    """What the rows are made of: a state of a store, now or as of a day, and the part of its trade that they
    explain."""

    def __init__(self, read: Read, doubts: Doubts, scope: TradeScope = EVERYTHING) -> None:
        self.read, self.doubts, self.scope = read, doubts, scope
        # Once a month, because each of the next two years looks back on it; a month of a full cube takes some
        # megabytes.
        self.growths, self.levels, self.steps = map(
            functools.lru_cache(2 * VERDICT_MONTHS), (self._growths, self._levels, self._steps)
        )
        self.doubted = functools.cache(self._doubted)

    @functools.cached_property
    def reporter(self) -> str:
        """Whose statistics these are."""
        return Reporter.of(self.read("release")).code

    @functools.cached_property
    def releases(self) -> pl.DataFrame:
        """The releases that count."""
        return counting(self.read("release"), self.read("decision"))

    @property
    def is_whole(self) -> pl.Expr:
        """Which rows of a table are the whole that the others explain."""
        return (pl.col("partner") == self.scope.partner) & self.scope.where

    def _growths(self, flow: str, month: int) -> pl.DataFrame:
        """What a verdict needs of the figures of a month (month number), of all partners or of the one."""
        return self.read("metric", _in([month], flow), self.is_whole, COLUMNS)

    def _levels(self, flow: str, month: int) -> pl.DataFrame:
        """The levels of a month alone, which are a thirtieth of its figures."""
        rows = self.read("record_level", _in([month], flow), self.is_whole)
        in_kg = pl.col("level") / per_unit("quantity_kg")
        level = pl.when(pl.col("measure") == "quantity_kg").then(in_kg).otherwise("level")
        return rows.select("product", "partner", "measure", "period", level=level)

    def _steps(self, flow: str, month: int) -> pl.DataFrame:
        """The largest step of each product's numbers in a month, and until when the last of them was known that is
        revised."""
        rows = self.read("observation", _in([month], flow), None, ("product", "resolution", "known_until"))
        return rows.group_by("product").agg(pl.col("resolution", "known_until").max())

    def _doubted(self, flow: str, partner: str, measure: str, month: int) -> pl.DataFrame:
        """What of the numbers of a month is in doubt: product, doubt, and how much of it."""
        doubted = self.doubts.of_month(flow, partner, measure, month)
        if not doubted.height:
            return doubted.select("product", "doubt", amount="part_pct")
        is_asked = (pl.col("partner") == partner) & (pl.col("measure") == measure)
        is_doubted = pl.col("product").is_in(doubted["product"].unique().to_list())
        levels = self.read("metric", _in([month], flow), is_asked & is_doubted, ("product", "level"))
        weighed = doubted.join(levels.select(pl.col("product").cast(pl.String), "level"), on="product", how="left")
        return weighed.select("product", "doubt", amount=pl.col("level") * pl.col("part_pct") / 100)


def _in(months: Collection[int], flow: str) -> Callable[[Partition], bool]:
    return lambda part: part[0] == flow and partition_month(part) in months


def mover_rows(
    state: StoreState, flow: str, months: Sequence[int], top: int = TOP, against: Sequence[str] = PUBLISHED
) -> pl.DataFrame:
    """Return the rows of the table `mover` of these months (month numbers) of a direction, by comparisons of one
    number; they are in memory together."""
    comparisons = [*itertools.starmap(Comparison, itertools.product(months, against, MEASURES))]
    world = _Levels(state, flow, comparisons, state.is_whole, ["product"])
    trees = {key: _Tree(both, key.month) for key in comparisons if (both := _both(world, key, ["product"])).height}
    # Of one partner there is nobody else to name.
    adding_up = {key: tree for key, tree in trees.items() if tree.adds_up and state.scope.partner == WORLD}
    roots = {code for tree in adding_up.values() for code in tree.below[""]}
    where = pl.col("product").is_in(list(roots)) & ~pl.col("partner").is_in(TOTALS)
    partners = dict[Comparison, tuple[list[Row], int]]()
    if roots:
        levels = _Levels(state, flow, comparisons, where, KEYS)
        partners = {key: _by_partner(levels, tree, key, top) for key, tree in adding_up.items()}
    chosen = {row["partner"] for row in itertools.chain(*(largest for largest, _ in partners.values()))}
    finest = {*itertools.chain(*(tree.finest for tree in adding_up.values()))}
    where = pl.col("product").is_in(list(finest)) & pl.col("partner").is_in(list(chosen))
    of_partners = _Levels(state, flow, comparisons, where, KEYS) if chosen else None
    rows: list[Row] = []
    for comparison, tree in trees.items():
        splits = _Splits(tree, world, of_partners, comparison, state.reporter)
        compared = [*_compared(tree, splits, partners.get(comparison), top), *_left_out(world, tree, comparison)]
        rows += _with_contributions(compared, tree, comparison)
    rows += _revised(state, flow, months, top)
    _judge(rows, state, flow, months)
    return _as_table(rows, flow)


def _with_contributions(rows: list[Row], tree: "_Tree", comparison: Comparison) -> Iterator[Row]:
    """Yield the rows of a comparison, each with its part of the change of the total, which is the first row where
    products add up, and one without a product with the codes that it is a sum of."""
    total = rows[0]["before"] if tree.adds_up else sum(row["before"] for row in tree.rows.values())
    total_now = rows[0]["level"] if tree.adds_up else 0
    for row in rows:
        is_part = row["kind"] in ("total", "product", "partner") and total > 0
        part = {"contribution_pp": row["change"] / total * 100} if is_part else {}
        if is_part and total_now > 0:
            share, before = (100 * row[name] / whole for name, whole in (("level", total_now), ("before", total)))
            part |= {"share_pct": share, "share_change_pp": share - before}
        of_codes = {} if row.get("product") else {"roots": tree.below[""]}
        yield {**comparison._asdict(), **row, **part, **of_codes}


def _as_table(rows: list[Row], flow: str) -> pl.DataFrame:
    dated = [row | {"flow": flow, "period": first_day(row["month"])} for row in rows]
    before = pl.col("before")
    return pl.DataFrame(dated, schema=polars_schema("mover")).with_columns(
        pl.col("split_status").fill_null("not_applicable"),
        pl.col("depth").fill_null(0),
        position=pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("period", "against", "measure"),
        change_pct=pl.when(before != 0).then(growth_pct(pl.col("level"), before)),
    )


class _Levels:
    """The known numbers of quantities and values of some months (month numbers), by measure and month: the keys, the
    number as `level`, since when that of a month is the highest and lowest, and for each comparison whether the figure
    compared with is known to be zero.
    """

    def __init__(
        self, state: StoreState, flow: str, comparisons: Sequence[Comparison], where: pl.Expr, keys: list[str]
    ) -> None:
        (number,) = {AGAINST[comparison.against].number for comparison in comparisons}
        months = {month for comparison in comparisons for month in comparison.months}
        measure = pl.col("measure").cast(pl.String)
        of_goods = measure.is_in(MEASURES)
        if "partner" not in keys:
            of_goods |= measure.str.starts_with("quantity_")
        growths = {name: status(base.growth) for name, base in AGAINST.items() if base.number == number}
        records = [
            pl.when(pl.lit(number == "level")).then(name).alias(name) for name in ("highest_since", "lowest_since")
        ]
        rows = state.read(
            "metric",
            _in(months, flow),
            where & of_goods & pl.col(number).is_not_null(),
            (*keys, "period", "measure", number, "highest_since", "lowest_since", *growths.values()),
        )
        rows = rows.select(
            measure,
            month_index("period").alias("month"),
            *keys,
            *records,
            *(
                (pl.col(growth).cast(pl.String) == "zero_base").alias(f"{name}_from_zero")
                for name, growth in growths.items()
            ),
            level=number,
        )
        self._none, self._of = rows.clear(), rows.partition_by(["measure", "month"], as_dict=True)
        self._keys, self.measures = keys, {measure for measure, _ in self._of}
        self._add_silent(state, flow, comparisons)

    def _add_silent(self, state: StoreState, flow: str, comparisons: Iterable[Comparison]) -> None:
        """Add 0 for series of a base without a row now, because they have had no number for a year, where releases
        cover all months that are added up."""
        for comparison in comparisons:
            before, now = self.of(comparison.measure, comparison.months)
            gone = before.join(now, on=self._keys, how="anti")
            months = AGAINST[comparison.against].spans(comparison.month)[1]
            if not gone.height or len(months) == 1:
                continue
            partner = pl.col("partner") if "partner" in self._keys else pl.lit(state.scope.partner)
            cells = gone.select(pl.lit(flow).alias("flow"), "product", "measure", partner.alias("partner"))
            cells = cells.cast(pl.String).with_columns(month=pl.lit([*months], pl.List(pl.Int32)))
            known = covering(cells.explode("month"), state.releases).group_by("product", "partner").len()
            silent = gone.join(known.filter(len=len(months)), on=self._keys, how="semi")
            nothing = pl.lit(comparison.month, self._none.schema["month"]).alias("month"), pl.lit(0.0).alias("level")
            self._of[comparison.measure, comparison.month] = pl.concat([now, silent.with_columns(nothing)])

    def of(self, measure: str, months: tuple[int, int]) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return the levels of a measure in two months."""
        before, now = (self._of.get((measure, month), self._none) for month in months)
        return before, now


def _pairs(levels: _Levels, comparison: Comparison, measure: str, keys: list[str]) -> pl.DataFrame:
    """Return the levels of both months of each series of a measure that has them: the keys, `mass_before` and
    `mass`."""
    before, now = levels.of(measure, comparison.months)
    return now.join(before, on=keys).select(*keys, mass_before="level_right", mass="level")


def _both(levels: _Levels, comparison: Comparison, keys: list[str]) -> pl.DataFrame:
    """Return the series that are known in both months, with before, level, change and records. One without a row in the
    month before has traded nothing for a year, or is not known; the status of its growth says which.
    """
    before, now = levels.of(comparison.measure, comparison.months)
    both = now.join(before.select(*keys, before="level"), on=keys, how="left", maintain_order="left")
    known = pl.when(f"{comparison.against}_from_zero").then(0.0).otherwise("before")
    both = both.with_columns(before=known).drop_nulls("before")
    both = both.with_columns(change=pl.col("level") - pl.col("before"))
    return both.select(*keys, *NUMBERS, "highest_since", "lowest_since")


class _Tree:
    """Products by the code above them: each under the nearest one that is known; of a store without codes, customs'
    lines."""

    def __init__(self, both: pl.DataFrame, month: int) -> None:
        rows = {row["product"]: row for row in both.iter_rows(named=True)}
        self.month, self.compared = month, rows.keys()
        codes = [product for product in rows if product.isdecimal()]
        self.adds_up = bool(codes)
        self.rows = {code: rows[code] for code in codes or [product for product in rows if product.startswith(LINE)]}
        self.below: dict[str, list[str]] = defaultdict(list)
        for code in self.rows:
            lengths = (length for length in HS_LENGTHS if length < len(code) and code[:length] in self.rows)
            self.below[code[: next(lengths, 0)] if self.adds_up else ""].append(code)

    @property
    def finest(self) -> list[str]:
        """The codes of which no other is a part."""
        return [code for code in self.rows if code not in self.below]

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
    """The changes of codes and of partners of a value, split by their finest codes."""

    def __init__(
        self, tree: _Tree, world: _Levels, of_partners: _Levels | None, comparison: Comparison, reporter: str
    ) -> None:
        # Of months added up there is neither one price nor one rate.
        is_of_month = AGAINST[comparison.against].is_of_month
        self.tree, self.is_value = tree, is_of_month and comparison.measure in VALUES and tree.adds_up
        self._comparison = comparison
        self._known, self._of_partners = dict[str, Terms | str](), dict[str, Terms | str]()
        if not self.is_value:
            return
        currency, own_currency = comparison.measure.removeprefix("value_").upper(), price_volume.own_currency(reporter)
        self._is_own, self._own_measure = (
            own_currency == currency,
            f"value_{own_currency.lower()}" if own_currency and own_currency != currency else "",
        )
        needs_rate = bool(own_currency) and not self._is_own
        rates = [rate(str(own_currency), currency, one) if needs_rate else None for one in comparison.months]
        self._rates = dict(zip(("rate_before", "rate"), rates if all(rates) else (None, None), strict=True))
        is_finest, masses = pl.col("product").is_in(tree.finest), _pairs(world, comparison, "quantity_kg", ["product"])
        # Another unit counts where a code has no kilograms, and no third unit.
        units = sorted(one for one in world.measures if one.startswith("quantity_") and one != "quantity_kg")
        others = pl.concat([masses.clear(), *(_pairs(world, comparison, one, ["product"]) for one in units)])
        others = others.filter(pl.col("product").is_unique()).join(masses, on="product", how="anti")
        codes = self._split(world, pl.concat([masses, others]), ["product"]).filter(is_finest)
        self._known |= {code: _terms(*row) for code, *row in codes.select("product", *TERMS).iter_rows()}
        if of_partners is not None:
            masses = _pairs(of_partners, comparison, "quantity_kg", KEYS)
            partners = self._split(of_partners, masses, KEYS).filter(is_finest)
            sums = partners.group_by("partner").agg(
                pl.col("change").sum(),
                pl.when(~pl.col("volume").has_nulls()).then(pl.col("volume").sum()),
                pl.when(pl.col("currency").count() > 0).then(pl.col("currency").sum()),
                pl.col("lacks_rate").any(),
            )
            self._of_partners |= {partner: _terms(*row) for partner, *row in sums.select("partner", *TERMS).iter_rows()}

    def of(self, code: str) -> Terms | str:
        """Return the terms of a code, or a word of `split_status`."""
        if code not in self._known:
            self._known[code] = self.sum(self.tree.below[code], self.tree.rows[code]["change"])
        return self._known[code]

    def sum(self, codes: Iterable[str], change: float) -> Terms | str:
        """Return the terms of several codes that make up a change."""
        return price_volume.add(map(self.of, codes), change)

    def of_partner(self, partner: str, change: float) -> Terms | str:
        """Return the terms of a partner's trade in all codes."""
        return price_volume.add([self._of_partners.get(partner, Terms(0.0, 0.0, None))], change)

    def _split(self, levels: _Levels, masses: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
        """Return the keys and TERMS of each series of the value that is known in both months."""
        rows = _both(levels, self._comparison, keys).join(masses, on=keys, how="left", maintain_order="left")
        rows = rows.with_columns(pl.col("mass_before", "mass").fill_null(0.0))
        rows = rows.with_columns(pl.lit(value, pl.Float64).alias(name) for name, value in self._rates.items())
        if self._own_measure:
            # What the source itself counts with.
            own_values = _pairs(levels, self._comparison, self._own_measure, keys).rename(
                {"mass_before": "own_before", "mass": "own"}
            )
            rows = rows.join(own_values, on=keys, how="left", maintain_order="left")
            is_known = pl.col("own").is_not_null() & (pl.min_horizontal("own_before", "own", "before", "level") > 0)
            for name, amount, value in (("rate_before", "own_before", "before"), ("rate", "own", "level")):
                stated = pl.col(amount) / pl.col(value)
                rows = rows.with_columns(pl.when(is_known).then(stated).otherwise(name).alias(name))
        lacks = pl.lit(not self._is_own) & pl.col("rate").is_null()
        return rows.with_columns(*price_volume.split(), lacks_rate=lacks)


def _terms(change: float, volume: float | None, currency: float | None, lacks_rate: bool) -> Terms | str:
    return "no_quantity" if volume is None else Terms(change, volume, currency, lacks_rate)


def _with_terms(row: Row, splits: _Splits, terms: Terms | str) -> Row:
    if not splits.is_value:
        return row
    if isinstance(terms, str):
        return {**row, "split_status": terms}
    return {
        **row,
        "volume_effect": terms.volume,
        "price_effect": row["change"] - terms.volume - (terms.currency or 0.0),
        "currency_effect": terms.currency,
        "split_status": terms.status,
    }


def _sum(rows: Iterable[Row]) -> Row:
    levels = [(row["level"], row["before"]) for row in rows]
    level, before = sum(now for now, _ in levels), sum(then for _, then in levels)
    return {"level": level, "before": before, "change": level - before}


def _by_change(row: Row) -> tuple[float, str]:
    return -abs(row["change"]), str(row.get("product") or row.get("partner"))


def _compared(tree: _Tree, splits: _Splits, partners: tuple[list[Row], int] | None, top: int) -> Iterator[Row]:
    """Yield the total, its parts by products and by partners where there are `partners`, and what began and stopped."""
    total = None
    if tree.adds_up:
        total = _sum(tree.rows[code] for code in tree.below[""])
        if splits.is_value:
            total = _with_terms(total, splits, splits.sum(tree.below[""], total["change"]))
        yield {"kind": "total", **total}
    for row in _explained(tree, splits, "", total, 0, top):
        yield {"kind": "product", **row}
    if total is not None and partners is not None:
        yield from _partners(splits, *partners, total)
    yield from _turned(tree, top)


def _explained(tree: _Tree, splits: _Splits, parent: str, whole: Row | None, depth: int, count: int) -> Iterator[Row]:
    """Yield the codes that moved most, each followed by what explains it, and the rest of the change as a row of its
    own."""
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
    """Yield what a whole has besides the rows that are shown, with the terms of its change where all of them are
    known."""
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


def _by_partner(levels: _Levels, tree: _Tree, comparison: Comparison, top: int) -> tuple[list[Row], int]:
    """Return the largest changes of partners' trade in all these codes, and how many partners there are."""
    both = _both(levels, comparison, KEYS).filter(pl.col("product").is_in(tree.below[""]))
    # A record is that of a single series.
    records = (
        pl.when(pl.len() == 1).then(pl.col(name).first()).alias(name) for name in ("highest_since", "lowest_since")
    )
    sums = both.group_by("partner").agg(pl.col("level", "before").sum(), *records)
    sums = sums.with_columns(change=pl.col("level") - pl.col("before"))
    largest = sums.sort(pl.col("change").abs(), "partner", descending=[True, False]).head(top)
    return [row | {"note": _note(row, comparison.month)} for row in largest.iter_rows(named=True)], sums.height


def _partners(splits: _Splits, largest: list[Row], count: int, total: Row) -> Iterator[Row]:
    """Yield the partners whose trade moved most."""
    shown = list[Row]()
    for part in largest:
        if part["change"]:
            terms = splits.of_partner(part["partner"], part["change"]) if splits.is_value else ""
            shown.append(_with_terms({name: part[name] for name in NUMBERS}, splits, terms))
            yield {"kind": "partner", "partner": part["partner"], **shown[-1], "note": part["note"]}
    yield from _rest(total, shown, {"kind": "partner"}, count - len(shown))


def _turned(tree: _Tree, top: int) -> Iterator[Row]:
    """Yield the finest codes whose trade began or stopped, the largest first."""
    finest = [tree.rows[code] for code in tree.finest]
    for kind, none, some in (("began", "before", "level"), ("stopped", "level", "before")):
        turned = [row for row in finest if not row[none] and row[some]]
        for row in sorted(turned, key=_by_change)[:top]:
            yield {"kind": kind, **{name: row[name] for name in ("product", *NUMBERS)}}


def _left_out(world: _Levels, tree: _Tree, comparison: Comparison) -> Iterator[Row]:
    """Yield what cannot be compared, in words."""
    (before, now), (then, month) = world.of(comparison.measure, comparison.months), comparison.names
    for one, other, known in ((month, then, now), (then, month, before)):
        if alone := len({*known["product"]} - tree.compared):
            note = f"{counted(alone, 'product')} of {one} cannot be compared: {other} is not known of them"
            yield {"kind": "left_out", "note": note}
    if not tree.adds_up:
        note = "customs' own lines overlap: they have no total, and none explains another"
        yield {"kind": "left_out", "note": note}


def _revised(state: StoreState, flow: str, months: Sequence[int], top: int) -> Iterator[Row]:
    """Yield the largest revisions by the releases, and decisions about them, of which each month is the newest."""
    read, scope = state.read, state.scope
    releases = read("release").filter(pl.col("flow").is_null() | (pl.col("flow") == flow))
    newest = {name: month_number(last) for name, last in releases.select("release_id", "last_month").iter_rows()}
    first = {name.partition(MARK)[0]: month for name, month in newest.items()}
    newest |= {
        decision_id: first[name]
        for decision_id, name in read("decision").select("decision_id", "release_id").iter_rows()
        if name in first
    }
    wanted = [name for name, month in newest.items() if month in {*months}]
    if not wanted:
        return
    rows = read("revision", lambda part: part[0] == flow, pl.col("new_release_id").is_in(wanted))
    rows = rows.drop_nulls(["old_value", "new_value"]).filter(pl.col("measure").is_in(MEASURES), scope.where)
    rows = rows if scope.partner == WORLD else rows.filter(partner=scope.partner)
    rows = rows.with_columns(
        month=pl.col("new_release_id").replace_strict(newest, return_dtype=pl.Int64),
        change=(pl.col("new_value") - pl.col("old_value")).cast(pl.Float64),
    )
    rows = rows.sort(pl.col("change").abs(), "product", "partner", descending=[True, False, False])
    for row in rows.group_by("month", "measure", maintain_order=True).head(top).iter_rows(named=True):
        yield {
            "month": row["month"],
            "against": "month",
            "measure": row["measure"],
            "kind": "revision",
            "product": row["product"],
            "partner": row["partner"],
            "revised_month": row["period_start"].replace(day=1),
            "level": float(row["new_value"]),
            "before": float(row["old_value"]),
            "change": row["change"],
        }


def _doubts_of(row: Row, state: StoreState, flow: str) -> list[NumberDoubt]:
    """The doubts about the two numbers that a row compares; about all goods together, also of one partner, those about
    the codes that add up to them, as far as they weigh in the sum."""
    base = AGAINST[row["against"]]
    pair = (row["month"], row["month"] - base.back)
    partner, measure = row.get("partner") or state.scope.partner, row["measure"]
    if (product := row.get("product")) and base.is_of_month:
        # Effects of volume and price rest on kilograms too.
        of_measure = measure if row.get("volume_effect") is None else None
        return state.doubts.of(flow, product, partner, pair, measure=of_measure)
    doubts, products = list[NumberDoubt](), [product] if product else row.get("roots", [])
    for span, total in zip(base.spans(row["month"]), (row.get("before"), row.get("level")), strict=True):
        parts = pl.concat(state.doubted(flow, partner, measure, month) for month in span)
        if parts.height and (parts := parts.filter(pl.col("product").is_in(products))).height:
            doubts += heavy(parts.drop("product"), total or 0)
    return list(dict.fromkeys(doubts))


def _judged_by(state: StoreState, flow: str, reach: range, months: int, compared: Collection[Base]) -> pl.DataFrame:
    """The figures by which growths of the last months are judged. Signs are looked for among the growths of a few
    months; of all others the level is enough, where no months are added up."""
    first = reach[-1] - months - SIGN_MONTHS + 1 if all(base.is_of_month for base in compared) else reach[0]
    figures = (state.growths(flow, month) if month >= first else state.levels(flow, month) for month in reach)
    return pl.concat(figures, how="diagonal_relaxed")


def _judge(rows: list[Row], state: StoreState, flow: str, months: Sequence[int]) -> None:
    """Add the doubts about the rows, and of the growth of each product whether it may be quoted: yes, care or no; what
    is in doubt is quoted with care at best."""
    # The growth of twelve months has no verdict.
    is_judged = {against: base.growth in QUOTABLE for against, base in AGAINST.items()}
    judged = [row for row in rows if row.get("product") and row["kind"] == "product" and is_judged[row["against"]]]
    shown = sorted({row["product"] for row in judged})
    quotes = _quotes(shown, {AGAINST[row["against"]] for row in rows}, state, flow, months)
    for row in rows:
        doubts = _doubts_of(row, state, flow)
        row["doubt"], row["findings"] = doubt_text(doubts) or None, sorted({one.finding for one in doubts})
    for row in judged:
        quote = quotes.get((row["product"], row["measure"], row["month"], AGAINST[row["against"]].growth))
        row["quote"] = "care" if row["doubt"] and quote == "yes" else quote


def _quotes(
    shown: Sequence[str], compared: Collection[Base], state: StoreState, flow: str, months: Sequence[int]
) -> dict[tuple[Any, ...], str]:
    """Whether the growths of products may be quoted, by product, measure, month (month number) and growth."""
    reach = range(min(months) - VERDICT_MONTHS, max(months) + 1)
    every = _judged_by(state, flow, reach, max(months) - min(months), compared).filter(pl.col("product").is_in(shown))
    steps = pl.concat(state.steps(flow, month) for month in reach)
    steps = steps_of(steps.group_by("product").agg(pl.col("resolution", "known_until").max()), shown)
    is_asked = month_index("period").is_in([*months])
    growths = {base.growth for base in compared} & {*QUOTABLE}

    def read(products: Sequence[str]) -> pl.DataFrame:
        above = [one for one in products if not any(one != other and one.startswith(other) for other in products)]
        return state.read("observation", _in(reach, flow), pl.any_horizontal(*map(part_of, above)), LEDGER_COLUMNS)

    quotes: dict[tuple[Any, ...], str] = {}
    # The numbers of a whole nomenclature would take gigabytes.
    chapters = itertools.groupby(shown, key=lambda product: product[:2] if product.isdecimal() else product)
    for together in [shown] if shown and every.height <= ROWS_JUDGED else (products for _, products in chapters):
        of_chapter = every.filter(pl.col("product").is_in([*together]))
        growth_verdicts = verdicts(of_chapter.filter(is_asked), of_chapter, steps, read, growths)
        keys = growth_verdicts.select("product", "measure", month_index("period"), "figure").rows()
        quotes |= dict(zip(keys, growth_verdicts["quote"], strict=True))
    return quotes
