"""Determines the level of every series in every month: printed, summed, zero by scope, or missing with a reason.

Where a place (product and partner) has a number in one measure and not in another, the other is not zero: the goods are
counted in another unit. A level is not zero either if a code below it has a number.
"""

import functools
from collections.abc import Iterator
from typing import NamedTuple

import polars as pl

from tasks.domain.periods import january_of, year_of
from tasks.metrics.levels.grid import KEY, Block, Grid
from tasks.metrics.levels.names import MISSING_FROM, NUMBER, STATUS, bit_of, status
from tasks.metrics.levels.sums import PRINTED, SUM, UNKNOWN
from tasks.metrics.levels.year_to_date import chained_years


class MonthLevels(NamedTuple):
    """A month of all series, a value by row of the grid.

    `value` is 0 where the number is not known, `kinds` are those behind it; `seen` says whether a number of the month,
    own or of a part, belongs to the series.
    """

    value: pl.Series
    status: pl.Series
    kinds: pl.Series
    seen: pl.Series


class Levels:
    """The levels of a window of months, and the printed years to date: `ytd` by month (row, ytd, ytd_status,
    ytd_kinds).

    `chained` are the months and totals of which these years were made, where there are any.
    """

    def __init__(
        self, grid: Grid, rows: pl.DataFrame, spans: pl.DataFrame, at_once: int, kind: int | None = None
    ) -> None:
        """`rows` are the numbers of the months, printed and summed (`sums.add_up`), `spans` the printed figures of
        others; so many months are computed `at_once`. `kind` is that of all rows if there is only one.
        """
        self.grid, self.months, self.ytd = grid, dict[int, MonthLevels](), dict[int, pl.DataFrame]()
        self.chained: tuple[pl.DataFrame, pl.DataFrame] | None = None
        row, seen = grid.rows_of(rows), spans_seen(spans)
        seen = seen.select("month", row=grid.rows_of(seen))
        for block in blocks(grid.names.first, grid.names.months, at_once):
            printed = seen.filter(pl.col("month").is_in(block.months))
            if _is_unknown(grid, block, rows, printed):
                self.months |= dict.fromkeys(block.months, self.unknown)
            else:
                self.months |= _months(grid, block, rows, row, printed, kind)
        self._chain(spans)

    @functools.cached_property
    def unknown(self) -> MonthLevels:
        """A month of which no release speaks: one for all of them, of which a new store has two years."""
        nothing = _zeros(self.grid.size, pl.UInt8)
        return MonthLevels(nothing.cast(pl.Int64), nothing + STATUS["not_covered"], nothing, nothing.cast(pl.Boolean))

    def _chain(self, spans: pl.DataFrame) -> None:
        """Replace the months of the series for which a source prints years to date: see `year_to_date`."""
        printed = spans.filter(span="ytd")
        if not printed.height:
            return
        series = printed.select(*KEY, year=year_of(pl.col("month"))).unique()
        parts = []
        for (year,), of_year in series.partition_by("year", as_dict=True).items():
            some = of_year.select(*KEY, row=self.grid.rows_of(of_year))
            parts += [self._long(some, month) for month in range(year * 12, year * 12 + 12) if month in self.months]
        self.chained = pl.concat(parts), printed
        chain = chained_years(*self.chained)
        chain = chain.with_columns(row=self.grid.rows_of(chain))
        for (month,), rows in chain.partition_by("month", as_dict=True).items():
            now, row = self.months[month], rows["row"]
            self.months[month] = now._replace(
                value=now.value.scatter(row, rows["level"].fill_null(0)),
                status=now.status.scatter(row, rows["level_status"]),
                kinds=now.kinds.scatter(
                    row, pl.select(pl.when(rows["level"].is_not_null()).then(rows["kinds"]).otherwise(0)).to_series()
                ),
            )
            self.ytd[month] = rows.select("row", "ytd", "ytd_status", "ytd_kinds")

    def _long(self, some: pl.DataFrame, month: int) -> pl.DataFrame:
        now, row = self.months[month], some["row"]
        rows = some.select(
            *KEY,
            month=pl.lit(month, pl.Int32),
            level=now.value.gather(row),
            level_status=now.status.gather(row),
            kinds=now.kinds.gather(row),
        )
        return rows.with_columns(level=pl.when(pl.col("level_status") < MISSING_FROM).then("level"))


def spans_seen(spans: pl.DataFrame) -> pl.DataFrame:
    """The series and months with printed figures of other spans; for a year to date every month since January."""
    of_years = (
        spans.filter(pl.col("span").is_in(["ytd", "ytd_yoy"]))
        .select(*KEY, month=pl.int_ranges(january_of(pl.col("month")), pl.col("month") + 1, dtype=pl.Int32))
        .explode("month")
    )
    return pl.concat([spans.filter(span="yoy").select(*KEY, "month"), of_years]).unique()


def blocks(first: int, count: int, at_once: int) -> Iterator[Block]:
    """Months in blocks of at most so many."""
    for start in range(first, first + count, at_once):
        yield Block(start, min(at_once, first + count - start))


def _is_unknown(grid: Grid, block: Block, rows: pl.DataFrame, printed: pl.DataFrame) -> bool:
    """Whether no release speaks of any of these months."""
    has_rows = any(f"c{month}" in rows.columns for month in block.months)
    return not (has_rows or printed.height or grid.coverage.known["month"].is_in(block.months).any())


def _months(
    grid: Grid, block: Block, rows: pl.DataFrame, row: pl.Series, printed: pl.DataFrame, kind: int | None
) -> dict[int, MonthLevels]:
    size, at = grid.size * block.size, block.offset(row, grid.size)

    def column(name: str, kind: type[pl.DataType]) -> pl.Series:
        nothing = _zeros(rows.height, kind)
        months = (f"{name}{month}" for month in block.months)
        values = pl.concat([rows[one] if one in rows.columns else nothing for one in months], rechunk=True)
        return _zeros(size, kind).scatter(at, values)

    value, codes = column("v", pl.Int64), column("c", pl.UInt8)
    of_row = column("k", pl.UInt8) if kind is None else pl.repeat(kind, 1, dtype=pl.UInt8, eager=True)
    has_row = codes > 0
    here, below = _traded(grid, block, has_row)
    place = block.offset(grid.place, grid.places.height)
    frame = pl.DataFrame(
        [
            codes.alias("code"),
            grid.priority(block).alias("priority"),
            here.gather(place).alias("here"),
            below.gather(place).alias("below"),
        ]
    )
    has, covered = pl.col("code").is_between(PRINTED, SUM), pl.col("priority").is_not_null()
    zero = ~has & covered & ~pl.col("here") & ~pl.col("below")
    why = (
        pl.when(has)
        .then(pl.when(pl.col("code") == PRINTED).then(status("reported")).otherwise(status("sum")))
        .when(zero)
        .then(status("zero"))
        .when((pl.col("code") == UNKNOWN) | (covered & pl.col("here")))
        .then(status("other_unit"))
        .otherwise(status("not_covered"))
    )
    kinds = pl.when(has).then(pl.lit(of_row)).when(zero).then(bit_of(pl.col("priority"))).otherwise(pl.lit(0, pl.UInt8))
    states = frame.select(status=why, kinds=kinds)
    of_block = (pl.col("month") - block.first).cast(NUMBER) * grid.size
    seen = _seen(grid, block, has_row.scatter(printed.select(pl.col("row") + of_block).to_series(), True))
    columns = (value, states["status"], states["kinds"], seen)
    split = [block.split(column) for column in columns]
    return {month: MonthLevels(*(column[month] for column in split)) for month in block.months}


def _zeros(size: int, kind: type[pl.DataType]) -> pl.Series:
    return pl.repeat(0, size, dtype=kind, eager=True)


def _traded(grid: Grid, block: Block, has_row: pl.Series) -> tuple[pl.Series, pl.Series]:
    """By place, whether it or a part of it has a number in any measure; and whether a code below has one."""
    size = grid.places.height
    nothing = pl.repeat(False, size * block.size, eager=True)
    months = pl.DataFrame({"month": [*block.months]}, schema={"month": pl.Int32})

    def spread(to: pl.Series, by: pl.Series, *all_links: pl.DataFrame) -> pl.Series:
        for links in all_links:
            if links.height:
                valid = links.join(months, how="cross")
                if "begin" in links.columns:
                    valid = valid.filter(pl.col("month").is_between("begin", "end"))
                offset = (pl.col("month") - block.first).cast(NUMBER) * size
                places = valid.select(pl.col("source", "target") + offset)
                to = to.scatter(places["target"].filter(by.gather(places["source"])), True)
        return to

    has_number = nothing.clone().scatter(block.offset(grid.place, size).filter(has_row), True)
    parts = spread(has_number.clone(), has_number, grid.baskets)
    here = spread(parts.clone(), parts, grid.worlds, grid.members)
    if not grid.coverage.is_mixed:
        return here, nothing
    below = spread(nothing.clone(), has_number, grid.below, grid.worlds_below, grid.members_below)
    # A basket of HS codes is not zero either where a code below one of them has a number.
    baskets = spread(nothing.clone(), has_number, grid.baskets_below)
    return here, spread(below | baskets, baskets, grid.worlds, grid.members)


def _seen(grid: Grid, block: Block, has_number: pl.Series) -> pl.Series:
    """The series with a number, and those published with them: totals of partners, and the world of the levels
    above."""
    size = grid.groups.height
    nothing, group = pl.repeat(False, size * block.size, eager=True), block.offset(grid.group, size)
    is_total = block.tiled(grid.is_total)
    parts = nothing.clone().scatter(group.filter(has_number & ~is_total), True)
    codes = nothing.clone().scatter(group.filter(has_number), True)
    above = nothing
    for links in grid.above:
        below, upper = block.offset(links["below"], size), block.offset(links["above"], size)
        above = above.scatter(upper.filter(codes.gather(below)), True)
    return has_number | (is_total & parts.gather(group)) | (block.tiled(grid.is_world) & above.gather(group))
