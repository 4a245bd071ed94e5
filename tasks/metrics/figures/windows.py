"""Computes the operands of a month: every window is the difference of two prefix sums.

Numbers add up, and so does what is not known: beside the sums of the levels goes the count of the months that are
missing. A window is known where that count is 0. Kinds of release unite over the months of a window.

    rolling(m) = sum(m) - sum(m-12), known where missing(m) = missing(m-12)
"""

import functools
import operator
from collections import defaultdict
from collections.abc import Iterable

import polars as pl

from schemas.figures import operands
from tasks.domain.coverage import FIGURES_LOOK_BACK
from tasks.domain.periods import Month
from tasks.metrics.figures.figures import kinds_of, months_added
from tasks.metrics.levels.grid import Block
from tasks.metrics.levels.levels import Levels
from tasks.metrics.levels.names import MISSING_FROM, NUMBER, status

YEAR = 12
# Every window by its first and last month, counted back from the month; None: January. Those of a year before have the
# same span.
SPANS = {"ytd": None} | {
    name: months - 1 for name in operands() if name.startswith("rolling_") and (months := months_added(name))
}
WINDOWS: dict[str, tuple[int | None, int]] = {
    f"{prefix}{name}": (None if start is None else start + end, end)
    for prefix, end in (("", 0), ("ago_", YEAR))
    for name, start in SPANS.items()
}
# The reason why a window of a month is missing.
WHY = {name: "incomplete_year" if start is None else "incomplete_window" for name, start in SPANS.items()}
STATUS_OF_SPAN = {name: "sum_of_months" if start is None else "computed" for name, start in SPANS.items()}
BEFORE = {"before_": 1, "ago_": 12}


class Windows:
    """The levels of a window of months and their prefix sums. Months outside add nothing and are not asked for."""

    def __init__(self, levels: Levels) -> None:
        self.levels, self.grid = levels, levels.grid
        self._rows = pl.int_range(self.grid.size, dtype=NUMBER, eager=True)
        self._sums, self._missing = dict[int, pl.Series](), dict[int, pl.Series]()
        self._zero = pl.repeat(0, self.grid.size, dtype=pl.Int64, eager=True)
        self._none = pl.repeat(0, self.grid.size, dtype=pl.UInt16, eager=True)
        self._to_add = sorted(levels.months)
        kinds = {kind for one in levels.months.values() for kind in one.kinds.unique() if kind}
        # Most stores have one kind of release, and nothing to unite.
        self._one_kind = max(kinds, default=0) if len(kinds) < 2 else None

    def _move_to(self, block: Block) -> None:
        """Add up to the end of a block, and forget the months on which neither it nor a later one looks back."""
        while self._to_add and self._to_add[0] < block.first + block.size:
            month = self._to_add.pop(0)
            now, before = self.levels.months[month], max(self._sums, default=month)
            total = self._sums.get(before, self._zero)
            self._sums[month] = total if now is self.levels.unknown else total + now.value
            self._missing[month] = self._missing.get(before, self._none) + (now.status >= MISSING_FROM).cast(pl.UInt16)
        # Where there are several kinds, those of all months of a window are united.
        levels_back = FIGURES_LOOK_BACK if self._one_kind is None else YEAR
        sums_back = FIGURES_LOOK_BACK + 1
        for kept, back in ((self._sums, sums_back), (self._missing, sums_back), (self.levels.months, levels_back)):
            for month in [month for month in kept if month < block.first - back]:
                del kept[month]

    def of_months(self, block: Block, keep: pl.Series) -> pl.DataFrame:
        """The chosen rows of some months (row, measure, product, partner, month) with every operand; blocks are asked
        for in their order.

        `level`, `before_level` and `ago_level` with status and kinds; the windows of WINDOWS with kinds, the month's
        own with a status.
        """
        self._move_to(block)
        frame = pl.DataFrame(
            {name: pl.concat(parts, rechunk=True) for name, parts in self._columns(block.months).items()}
        )
        frame = frame.with_columns(
            row=block.tiled(self._rows),
            month=block.month(self.grid.size),
            **{name: block.tiled(self.grid.frame[name]) for name in ("measure", "product", "partner")},
        )
        frame = frame if keep.all() else frame.filter(keep)
        known = {name: pl.col(f"missing_{name}") == 0 for name in WINDOWS}
        only = None if self._one_kind is None else pl.lit(self._one_kind, pl.UInt8)
        united = {name: pl.col(f"united_{name}") if only is None else only for name in WINDOWS}
        levels = [f"{prefix}level" for prefix in ("", *BEFORE)]
        operands = frame.select(
            "row",
            "measure",
            "product",
            "partner",
            "month",
            *(pl.when(pl.col(f"{name}_status") < MISSING_FROM).then(name).alias(name) for name in levels),
            *(f"{prefix}{name}" for prefix in ("", *BEFORE) for name in ("level_status", "kinds")),
            *(pl.when(known[name]).then(name).alias(name) for name in WINDOWS),
            *(
                pl.when(known[name]).then(status(STATUS_OF_SPAN[name])).otherwise(status(why)).alias(f"{name}_status")
                for name, why in WHY.items()
            ),
            *(
                pl.when(known[name]).then(united[name]).otherwise(pl.lit(0, pl.UInt8)).alias(kinds_of(name))
                for name in WINDOWS
            ),
        )
        return self._with_printed_years(operands, block)

    def _columns(self, of_block: Iterable[int]) -> dict[str, list[pl.Series]]:
        """The columns of some months, a series each: levels of the month and of those before, and sums of windows with
        the months that they lack."""
        months, columns = self.levels.months, defaultdict[str, list[pl.Series]](list)
        for month in of_block:
            for prefix, back in {"": 0, **BEFORE}.items():
                one = months[month - back]
                columns[f"{prefix}level"].append(one.value)
                columns[f"{prefix}level_status"].append(one.status)
                columns[f"{prefix}kinds"].append(one.kinds)
            for name, (start, end) in WINDOWS.items():
                last = month - end
                first = Month(last).january if start is None else month - start
                columns[name].append(self._sums[last] - self._sums.get(first - 1, self._zero))
                columns[f"missing_{name}"].append(self._missing[last] - self._missing.get(first - 1, self._none))
                if self._one_kind is None:
                    kinds = (months[one].kinds for one in range(first, last + 1))
                    columns[f"united_{name}"].append(functools.reduce(operator.or_, kinds))
        return columns

    def _with_printed_years(self, frame: pl.DataFrame, block: Block) -> pl.DataFrame:
        """The frame with years to date of the series for which a source prints some."""
        for prefix, back in (("", 0), ("ago_", YEAR)):
            years = [
                self.levels.ytd[month - back].with_columns(month=pl.lit(month, pl.Int32))
                for month in block.months
                if month - back in self.levels.ytd
            ]
            if not years:
                continue
            printed = frame.select("row", "month").join(
                pl.concat(years), on=["row", "month"], how="left", maintain_order="left"
            )
            is_own = printed["ytd_status"].is_not_null()
            names = [name for name in ("ytd", "ytd_status", "ytd_kinds") if f"{prefix}{name}" in frame.columns]
            frame = frame.with_columns(
                pl.when(is_own).then(printed[name]).otherwise(f"{prefix}{name}").alias(f"{prefix}{name}")
                for name in names
            )
        return frame
