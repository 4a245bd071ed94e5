"""The numbers of months that were made before, read portion by portion.

Belongs here: which row groups of which files are read for a portion, and how the portions of files become one. What lies in no
row group of a portion is not read. How a number came to be is read of months that figures are made for: no later month
asks. What is far (`base_far`) is read likewise. How a row group becomes columns is in `base_file`.
"""

from collections.abc import Collection, Sequence

import numpy

from tasks.base_file import KEYED, BaseFile, far_rows, has_totals, row_groups, settled_rows
from tasks.keys import Array
from tasks.scope import BASKET
from tasks.series import Portion, kin_of, kindred_chapters
from tasks.settled import Far, Marks, Settled

TYPES_OF_SETTLED = (*[numpy.int32] * 4, *[numpy.uint8] * 4, numpy.int32, numpy.int64)
TYPES_OF_FAR = (
    *[numpy.int32] * 4, numpy.uint8, *[numpy.int32] * 2, *[numpy.int64] * 3, numpy.float64, numpy.float64, numpy.uint8,
)  # fmt: skip
# What is asked of the statistics of a row group; of months that figures are made for also how their numbers came to be.
SAID = ("product", "span", "kinds")


class _Names(dict[str, int]):
    """Names and their numbers; one that is new gets the next. Row groups have thousands of names, so that a call for each would
    take as long as reading them."""

    def __missing__(self, name: str) -> int:
        number = self[name] = len(self)
        return number


class _Products(dict[str, int]):
    """Products and their numbers among `names`, -1 for those of other portions."""

    def __init__(self, portion: Portion, names: _Names) -> None:
        super().__init__()
        self._portion, self._names = portion, names

    def __missing__(self, product: str) -> int:
        number = self[product] = self._names[product] if self._portion.holds(kin_of(product)) else -1
        return number


class Past:
    """The numbers of months that need not be made again, of which some are `told`: figures are made for them. Where files say
    what is far, nothing is read of a month before `since`, unless a cumulative figure of its year counts it. Footers are read
    once, rows when a portion asks for its own."""

    def __init__(self, files: Sequence[BaseFile], told: Collection[tuple[str, int]] = (), since: int = 0) -> None:
        opened = [(file, file.footer()) for file in files]
        befores = {file.month for file in files if not file.months}
        # One window looks back from all flows to the same month.
        assert len(befores) <= 1
        self.before = min(befores, default=None)
        self._since = 0 if self.before is None else min(since, self.before)
        of_year = [footer for file, footer in opened if file.months and file.month // 12 == self._since // 12]
        if any(map(has_totals, of_year)):
            self._since = self._since // 12 * 12
        self._files = [
            (file, footer, row_groups(footer, _asked(file, told)))
            for file, footer in opened
            if file.months and file.month + file.months > self._since
        ]
        self._far = [(file, footer, row_groups(footer, ("product",))) for file, footer in opened if not file.months]

    def read(self, portion: Portion) -> Settled:
        """The settled numbers of a portion, file by file, those of one file in the order of its rows."""
        names = {name: _Names() for name in ("flow", *KEYED)}
        products = _Products(portion, names["product"])
        parts: list[tuple[Array, ...]] = []
        for file, footer, groups in self._files:
            mine = [group for group in groups if _may_hold(portion, group.low, group.high)]
            if not mine:
                continue
            flow = names["flow"][file.flow]
            with file.opened(footer) as opened:
                parts += [settled_rows(opened, group, file, self._since, flow, products, names) for group in mine]
        columns = _joined(parts, TYPES_OF_SETTLED)
        far = self._read_far(portion, names, products)
        settled = Settled(*(list(found) for found in names.values()), *columns)  # type: ignore[arg-type]
        return settled._replace(far=far)

    def _read_far(self, portion: Portion, names: dict[str, _Names], products: _Products) -> Far | None:
        """What is far of a portion; None where the files say nothing of that."""
        if self.before is None:
            return None
        parts = []
        for file, footer, groups in self._far:
            mine = [group for group in groups if _may_hold(portion, group.low, group.high)]
            flow = names["flow"][file.flow]
            with file.opened(footer) as opened:
                parts += [far_rows(opened, group, flow, products, names) for group in mine]
        columns = _joined(parts, TYPES_OF_FAR)
        rows, months, values = columns[:-6], columns[-6:-3], columns[-3:]
        return Far._make([self.before, self._since, *rows, *map(Marks, months, map(_starts, months), values)])

    def rows_of_kin(self) -> dict[str, int]:
        """The most rows that one file has of each kin of products, as the footers tell; baskets are counted with none."""
        most: dict[str, int] = {}
        for _, footer, groups in self._files:
            rows: dict[str, int] = {}
            for group in groups:
                if group.low != BASKET[:2]:
                    kin = kindred_chapters().get(group.low, group.low)
                    rows[kin] = rows.get(kin, 0) + footer.row_group(group.place).num_rows
            most |= {kin: max(count, most.get(kin, 0)) for kin, count in rows.items()}
        return most


def _asked(file: BaseFile, told: Collection[tuple[str, int]]) -> tuple[str, ...]:
    return (*SAID, "how") if file.months == 1 and (file.flow, file.month) in told else SAID


def _may_hold(portion: Portion, low: str, high: str) -> bool:
    """Whether a row group with products from `low` to `high` (two characters of each) can have one of the portion."""
    moved = kindred_chapters()
    if low == high and low != BASKET[:2]:
        return portion.holds(moved.get(low, low))
    # Chapters stand for themselves unless a basket connects them.
    between = (portion.after is None or low < portion.after) and high >= portion.first
    return (
        between
        or low <= BASKET[:2] <= high
        or any(low <= chapter <= high and portion.holds(kin) for chapter, kin in moved.items())
    )


def _starts(months: Array) -> Array:
    """Where the entries of each row begin, of which there is one for each bit."""
    counts = numpy.bitwise_count(months)
    return numpy.cumsum(counts, dtype=numpy.int64) - counts


def _joined(parts: list[tuple[Array, ...]], types: Sequence[type]) -> list[Array]:
    """The columns of all parts in one piece each. What is joined is let go before the next column is; the list is emptied."""
    columns: list[list[Array]] = [list(pieces) for pieces in zip(*parts, strict=True)] or [[] for _ in types]
    parts.clear()
    joined = []
    for pieces, kind in zip(columns, types, strict=True):
        joined.append(numpy.concatenate(pieces) if pieces else numpy.zeros(0, kind))
        pieces.clear()
    return joined
