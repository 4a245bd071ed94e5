"""Computes months of `metric` from the statements of those months and of the two years before: one way for one month
and many.

    statements -> numbers, with every valid sum (`sums`) -> levels of every series and month (`levels`) -> windows
    (`windows`) -> values of other rows (`rows`), records (`records`) -> figures (`figures`)

No month needs the figures of another one. The records of the few series that have them in `metric` look back further,
on the published levels in the table `record_level`.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple, cast

import polars as pl

from schemas.frames import Metric, Release
from schemas.table import empty_frame, polars_schema
from tasks.domain import comparability
from tasks.domain.coverage import FIGURES_LOOK_BACK, QUIET_MONTHS, years_as_months
from tasks.domain.periods import Month, index_month, month_index, year_of
from tasks.domain.precedence import SPANS, printed_numbers
from tasks.domain.units import per_unit
from tasks.metrics.doubt.doubts import NONE_OPEN, Marked, Years, mark
from tasks.metrics.doubt.figures_in_doubt import operands_in_doubt, records_in_doubt
from tasks.metrics.figures.records import PublishedLevels, with_records
from tasks.metrics.figures.windows import Windows
from tasks.metrics.levels.coverage import cover
from tasks.metrics.levels.grid import MASS, Block, Grid
from tasks.metrics.levels.levels import Levels, blocks
from tasks.metrics.levels.names import MISSING_FROM, NUMBER, Names, bit_of, status
from tasks.metrics.levels.sums import add_up, add_up_years, only_kind, wide
from tasks.metrics.rows import as_metric, in_order, per_kilogram, with_others

NAMED = ["product", "partner", "measure"]
NO_LEVELS = empty_frame("record_level")
# Months are computed together as long as they have so many rows, and large ones one by one.
ROWS_AT_ONCE = 200_000


class DerivedRows(NamedTuple):
    """The rows of some months, each table in the order of months and in its own."""

    metric: pl.DataFrame
    levels: pl.DataFrame
    doubts: pl.DataFrame


def derive_all(
    observation: pl.DataFrame,
    releases: Release,
    wanted: pl.DataFrame | None = None,
    *,
    all_records: bool = True,
    doubts: pl.DataFrame = NONE_OPEN,
) -> DerivedRows:
    """All metrics, and the numbers in doubt, from one statement a number (`ledger.merge.current_statements` or `as_of`)
    and the scopes of the releases.

    For a past day, `releases` are those that were public on it. `wanted` (flow, month index) limits the months of the
    result. `doubts` are the open findings about the releases (`ledger.doubts.open_doubts`). For a correct month
    `observation` must reach back LOOK_BACK_MONTHS and QUIET_MONTHS before it, and to the December of its year; numbers
    outside make no difference. Without `all_records` only the series with records in the table `metric` get them.
    """
    parts_of_tables = [DerivedRows(*(empty_frame(table) for table in ("metric", "record_level", "doubt")))]
    for flow in sorted(observation["flow"].cast(pl.String).unique()):
        statements = observation.filter(pl.col("flow") == flow)
        ends = statements.select(first=month_index("period_end").min(), last=month_index("period_end").max())
        first, last = ends.row(0)
        scope = releases.select(month_index("last_month").max()).item()
        months = range(Month(first).january, min(max(last, last if scope is None else scope), last + QUIET_MONTHS) + 1)
        shown = None if wanted is None else {*wanted.filter(pl.col("flow") == flow)["month"]}
        all_months = derive_months(
            flow, months, [statements], releases, doubts=doubts, all_records=all_records, shown=shown
        )
        parts_of_tables += all_months
    order = [pl.col(name).cast(pl.String) for name in ("flow", "measure", "product", "partner")]
    tables = (
        pl.concat(parts).sort(order[0], "period", *order[1:], maintain_order=True)
        for parts in zip(*parts_of_tables, strict=True)
    )
    return DerivedRows(*tables)


def derive(
    observation: pl.DataFrame,
    releases: Release,
    wanted: pl.DataFrame | None = None,
    *,
    all_records: bool = True,
    doubts: pl.DataFrame = NONE_OPEN,
) -> Metric:
    """The metrics of `derive_all` alone."""
    return derive_all(observation, releases, wanted, all_records=all_records, doubts=doubts).metric


def derive_months(
    flow: str,
    months: Collection[int],
    statements: Iterable[pl.DataFrame],
    releases: Release,
    earlier: pl.DataFrame = NO_LEVELS,
    *,
    doubts: pl.DataFrame = NONE_OPEN,
    all_records: bool = False,
    shown: Collection[int] | None = None,
    at_once: int = ROWS_AT_ONCE,
) -> Iterator[DerivedRows]:
    """The rows of some months of a portion of products, month by month.

    `statements` are the current ones of the months, of the FIGURES_LOOK_BACK months before them and, for years with
    printed totals, of whole years, in parts that share no month; `earlier` the published levels of earlier months, for
    records. `shown` limits the months with rows in `metric`, where the others are there for their levels alone. Raises
    OverflowError for a sum that is too large.
    """
    contradicted = doubts.filter("both_sides")["products"].explode().drop_nulls()
    printed = printed_numbers(statements, releases, {*doubts["release_id"]}, {*contradicted})
    first, last = min(months) - FIGURES_LOOK_BACK, max(months)
    if (printed["span"] == "ytd").any():
        first = Month(first).january
        in_year = printed.filter(year_of(pl.col("month")) == Month(last).year)["month"].max()
        last = max(last, cast("int", in_year or last))
    printed = printed.filter(pl.col("month").is_between(first, last))
    if printed.is_empty():
        return
    products, partners, measures = (printed[name].unique().cast(pl.String) for name in NAMED)
    names = Names.of(products, partners, measures, first, last, releases=releases)
    coverage = cover(names, flow, releases)
    coded = names.numbered(printed).select(*NAMED, "month", "span", "value", kinds=bit_of(pl.col("priority")))
    doubted = names.numbered(printed.drop_nulls("release")).with_columns(pl.col("release", "span").cast(pl.String))
    del printed
    spans = coded.filter(~pl.col("span").is_in(["month", "ytd"])).with_columns(made=status("reported"))
    years = coded.filter(span="ytd").drop("span")
    printed_years = None
    if years.height:
        covered = cover(names, flow, years_as_months(releases))
        years = add_up_years(years, covered)
        printed_years = Years(years, covered)
        spans = pl.concat([spans, years.with_columns(span=pl.lit("ytd", SPANS)).select(spans.columns)])
    of_months = coded.filter(span="month")
    rows, kind = wide(of_months, names), only_kind(of_months)
    # The rows have all of these numbers of two years.
    del coded, of_months
    rows = add_up(rows, coverage)
    grid = Grid(pl.concat([rows.select(NAMED), spans.select(NAMED)]).unique(), coverage)
    count = max(1, at_once // grid.size)
    levels = Levels(grid, rows, spans, count, kind)
    marked = mark(levels, grid, doubted, printed_years, flow, doubts)
    portion = _Portion(flow, grid, levels, spans, marked, all_records=all_records)
    del rows
    portion.remember(earlier)
    portion.see(range(first, min(months)))
    for block in blocks(min(months), max(months) - min(months) + 1, count):
        wanted = {*block.months} & {*months}
        yield portion.derived(block, wanted, wanted if shown is None else wanted & {*shown})


class _Portion:
    def __init__(
        self, flow: str, grid: Grid, levels: Levels, spans: pl.DataFrame, marked: Marked, *, all_records: bool
    ) -> None:
        self.marked = marked
        self.flow, self.grid, self.levels, self.windows = flow, grid, levels, Windows(levels)
        growth = spans.filter(pl.col("span") != "ytd")
        self.growth = growth.with_columns(row=grid.rows_of(growth))
        self.pairs = grid.masses()
        # The month of the last number of each series, far in the past at first.
        self.last_seen = pl.repeat(-(10**6), grid.size, dtype=pl.Int32, eager=True)
        is_recorded = pl.repeat(True, grid.size, eager=True)
        if not all_records:
            is_recorded = grid.frame.select(grid.names.is_recorded).to_series()
        self.recorded = is_recorded.arg_true()
        self.recorded_pairs = self.pairs.filter(is_recorded.gather(self.pairs["worth"]))
        series = grid.frame.select(NAMED)
        ratios = series[self.recorded_pairs["worth"]].with_columns(measure=self.recorded_pairs["measure"])
        # The series with records, plain ones before values per kilogram.
        self.series = pl.concat([series[self.recorded], ratios])
        self.published = PublishedLevels(self.series.height)
        self.doubted_levels = self._doubted_levels()

    def remember(self, earlier: pl.DataFrame) -> None:
        """Take over the published levels of earlier months."""
        names, at = self.grid.names, self.series.with_row_index("at")
        texts = at.select("at", *(names.named(name).cast(pl.String) for name in NAMED))
        rows = earlier.with_columns(pl.col(NAMED).cast(pl.String)).join(texts, on=NAMED)
        rows = rows.with_columns(month=month_index("period")).sort("month")
        for (month,), rows_of_month in rows.partition_by("month", as_dict=True, maintain_order=True).items():
            level = pl.repeat(None, at.height, dtype=pl.Float64, eager=True).scatter(
                rows_of_month["at"], rows_of_month["level"]
            )
            kinds = pl.repeat(0, at.height, dtype=pl.UInt8, eager=True).scatter(
                rows_of_month["at"], rows_of_month["kinds"]
            )
            self.published.put(cast("int", month), level, kinds)

    def derived(self, block: Block, months: Collection[int], shown: Collection[int]) -> DerivedRows:
        """The rows of some months: levels of `months`, figures of those that are `shown`."""
        self.published.drop(block.first)
        grid, month = self.grid, block.month(self.grid.size)
        last_seen = self.last_seen_in(block)
        size = grid.names.size("product")
        product = block.offset(grid.product, size)
        known = grid.is_known(block).scatter(product.filter(last_seen == month), True)
        keep = (month - last_seen <= QUIET_MONTHS) & known.gather(product) & month.is_in([*months])
        levels = self._record(block, keep, months)
        keep = keep & month.is_in([*shown])
        if not keep.any():
            return DerivedRows(empty_frame("metric"), levels, empty_frame("doubt"))
        place = pl.select(pl.when(keep).then(keep.cum_sum() - 1)).to_series().cast(NUMBER)
        plain = self.windows.of_months(block, keep)
        plain = plain.with_columns(comparable_from=self._changes_of(plain))
        plain = with_others(plain, grid, block, place, self.growth.filter(pl.col("month").is_in(block.months)))
        if self.marked.any:
            bits = operands_in_doubt(plain, grid, block, place, self.levels.ytd, self.marked)
            plain = plain.with_columns(doubted=bits)
        pairs = self._pairs(self.pairs, block, place).drop_nulls(["worth", "mass"])
        valued = plain.select("product", "partner", "month")[pairs["worth"]].with_columns(measure=pairs["measure"])
        ratios = per_kilogram(plain, pairs.with_columns(changed=self._changes_of(valued)))
        of_plain = block.offset(self.recorded, grid.size)
        of_pairs = self._pairs(self.recorded_pairs, block, place)
        at_ratio = of_pairs.join(
            pairs.select("worth").with_row_index("at"), on="worth", how="left", maintain_order="left"
        )["at"]
        records = self._records(block)
        parts = [
            (ratios, at_ratio, records.filter(records["is_ratio"]), True),
            (plain, place.gather(of_plain), records.filter(~records["is_ratio"]), False),
        ]
        # Each has some fifty columns: the operands are gone when the figures are put in order.
        del plain, ratios
        frames = [self._figures(*parts.pop()), self._figures(*parts.pop())]
        doubts = self.marked.rows(grid, self.flow, block, place)
        return DerivedRows(in_order(frames[0], frames[1], grid.names), levels, doubts)

    def _figures(self, frame: pl.DataFrame, at: pl.Series, records: pl.DataFrame, is_ratio: bool) -> pl.DataFrame:
        """The figures of operands, with the records of the rows `at` which they stand."""
        has_record = at.is_not_null()
        frame = with_records(frame, at.filter(has_record), records.filter(has_record))
        if self.marked.any:
            bits = frame["doubted"]
            of_records = bits.gather(at.filter(has_record)) | records["doubted"].filter(has_record)
            frame = frame.with_columns(doubted=bits.scatter(at.filter(has_record), of_records))
        return as_metric(frame, self.grid.names, self.flow, is_ratio=is_ratio)

    def see(self, months: Iterable[int]) -> None:
        """Take note of the months before those that are derived."""
        for month in months:
            self._see(month)

    def last_seen_in(self, block: Block) -> pl.Series:
        """By month and series the last month with a number."""
        return pl.concat([self._see(month) for month in block.months], rechunk=True)

    def _see(self, month: int) -> pl.Series:
        """The last month with a number of each series, up to a month that follows on the one before."""
        levels = self.levels.months[month]
        if levels is not self.levels.unknown:
            now = pl.repeat(month, self.grid.size, dtype=pl.Int32, eager=True)
            self.last_seen = now.zip_with(levels.seen, self.last_seen)
        return self.last_seen

    def _pairs(self, pairs: pl.DataFrame, block: Block, place: pl.Series) -> pl.DataFrame:
        """Where values and their masses are among the rows of some months."""
        ends = {name: place.gather(block.offset(pairs[name], self.grid.size)) for name in ("worth", "mass")}
        return pl.DataFrame({**ends, "measure": block.tiled(pairs["measure"])})

    def _changes_of(self, rows: pl.DataFrame) -> pl.Series:
        """The month of the last change of definition of each row (product, partner, measure, month)."""
        return comparability.changes(rows, self.grid.names.labels, self.grid.names.reporter)

    def _records(self, block: Block) -> pl.DataFrame:
        """The records of the series that have them, of some months; `is_ratio` marks values per kilogram."""
        count = self.recorded.len()
        rows = pl.DataFrame({name: block.tiled(self.series[name]) for name in NAMED})
        rows = rows.with_columns(month=block.month(self.series.height))
        changed = self._changes_of(rows)
        is_ratio = block.tiled(pl.int_range(self.series.height, eager=True) >= count)
        if self.recorded_pairs.height:
            ends = []
            for end in ("worth", "mass"):
                of_end = self.grid.frame.select(NAMED)[self.recorded_pairs[end]]
                of_end = pl.DataFrame({name: block.tiled(of_end[name]) for name in NAMED})
                ends.append(self._changes_of(of_end.with_columns(month=block.month(of_end.height // block.size))))
            changed_ratios = pl.select(pl.max_horizontal(changed.filter(is_ratio), *ends)).to_series()
            changed = changed.scatter(is_ratio.arg_true(), changed_ratios)
        records = self.published.records(block, changed).with_columns(is_ratio=is_ratio)
        if not self.marked.any:
            return records
        return records.with_columns(doubted=records_in_doubt(records, self.published, self.doubted_levels, block))

    def _doubted_levels(self) -> pl.DataFrame:
        """The doubted parts of levels of the series with records, as parts of the level: `at`, month, part; a value
        per kilogram has those of both."""
        parts = self.marked.amounts.select(
            "row", "month", part=pl.col("amount") / pl.col("level").cast(pl.Float64).abs()
        )
        count = self.recorded.len()
        plain = pl.DataFrame({"row": self.recorded}).with_row_index("at")
        ratios = [
            pl.DataFrame({"row": self.recorded_pairs[end]}).with_row_index("at").with_columns(pl.col("at") + count)
            for end in ("worth", "mass")
        ]
        every = parts.join(pl.concat([plain, *ratios]), on="row")
        return every.group_by("at", "month").agg(pl.col("part").sum())

    def _record(self, block: Block, keep: pl.Series, months: Collection[int]) -> pl.DataFrame:
        """Note the levels of the series with records, and return those that are published and known as rows of
        `record_level`."""
        parts, pairs = [empty_frame("record_level")], self.recorded_pairs
        kept, schema = block.split(keep), polars_schema("record_level")
        for month in sorted(months):
            now = self.levels.months[month]
            is_known = kept[month] & (now.status < MISSING_FROM)
            frame = pl.DataFrame([now.value.alias("level"), now.kinds.alias("kinds"), is_known.alias("is_known")])
            plain, worth, mass = (frame[rows] for rows in (self.recorded, pairs["worth"], pairs["mass"]))
            amounts = plain.select(pl.when("is_known").then(pl.col("level").cast(pl.Float64)), "kinds")
            both = worth.hstack(mass.rename({name: f"{name}_mass" for name in mass.columns}))
            has_ratio = pl.col("is_known") & pl.col("is_known_mass") & (pl.col("level_mass") > 0)
            ratio = both.select(
                level=pl.when(has_ratio).then(pl.col("level") / pl.col("level_mass") * per_unit(MASS)),
                kinds=pl.col("kinds") | pl.col("kinds_mass"),
            )
            levels = pl.concat([amounts, ratio])
            self.published.put(month, levels["level"], levels["kinds"])
            rows = self.series.hstack(levels).drop_nulls("level").sort("measure", "product", "partner")
            parts.append(
                rows.with_columns(month=pl.lit(month, pl.Int32))
                .select(
                    flow=pl.lit(self.flow, dtype=schema["flow"]),
                    **{name: self.grid.names.named(name) for name in NAMED},
                    period=index_month("month"),
                    level="level",
                    kinds="kinds",
                )
                .select(list(schema))
            )
        return pl.concat(parts)
