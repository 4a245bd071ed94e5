"""Frames that are each in order put together in order, a row group at a time.

Each frame holds other products than the others, so the whole is made of runs of them: where one comes in between, the run
ends and another's begins. Millions of rows are put in order for the price of finding where runs end and of copying them
once; what is copied is let go at once, so there is never a second copy of more than a frame.
"""

import bisect
import itertools
from collections.abc import Iterator, Sequence
from typing import cast

import polars as pl

# Runs of one of these are in one file.
FILE = ("flow", "period")
# Rows that are alike in these are all of one portion.
RUN = (*FILE, "product")
# Flow, year and month: which file a row belongs to.
FileKey = tuple[str, int, int]


class Weaver:
    """Puts together what comes frame by frame, and gives each row group away as soon as nothing can come before it."""

    def __init__(self, rows_per_group: int) -> None:
        self._rows_per_group = rows_per_group
        self._held: dict[FileKey, list[pl.DataFrame]] = {}

    def is_empty(self) -> bool:
        """Whether nothing is held."""
        return not self._held

    def add(self, frame: pl.DataFrame, before: str | None) -> Iterator[tuple[FileKey, pl.DataFrame]]:
        """The row groups that are complete with the rows of `frame`, which are in order, each with the file it belongs to.

        Products from `before` on are still to come, in text order; None ends all files, and their last row groups come too.
        """
        for partition, part in _by_file(frame):
            self._held.setdefault(partition, []).append(part)
        for partition in sorted(self._held):
            ready, rest = _cut(self._held.pop(partition), before)
            groups = _in_groups(weave(ready, RUN, self._rows_per_group), self._rows_per_group) if ready else []
            if groups and before is not None and groups[-1].height < self._rows_per_group:
                rest.append(groups.pop())
            if rest:
                self._held[partition] = rest
            yield from ((partition, group) for group in groups)


def _by_file(frame: pl.DataFrame) -> Iterator[tuple[FileKey, pl.DataFrame]]:
    """The rows of each file, as views."""
    starts = frame.select(pl.any_horizontal(pl.col(FILE).ne_missing(pl.col(FILE).shift())).arg_true()).to_series()
    for start, end in itertools.pairwise([*starts, frame.height]):
        flow, period = frame.select(FILE).row(start)
        yield cast("FileKey", (flow, period.year, period.month)), frame[start:end]


def _cut(frames: list[pl.DataFrame], before: str | None) -> tuple[list[pl.DataFrame], list[pl.DataFrame]]:
    """What comes before a product, and copies of what does not."""
    if before is None:
        return frames, []
    ready, rest = [], []
    for frame in frames:
        # Rows of a file are in the order of their products.
        products = frame["product"]
        count = bisect.bisect_left(range(frame.height), before, key=products.__getitem__)
        ready += [frame[:count]] if count else []
        rest += [copied([frame[count:]])] if count < frame.height else []
    return ready, rest


def _in_groups(rows: pl.DataFrame, rows_per_group: int) -> list[pl.DataFrame]:
    return [rows[start : start + rows_per_group] for start in range(0, rows.height, rows_per_group)]


def weave(frames: list[pl.DataFrame], run: Sequence[str], rows_per_group: int) -> pl.DataFrame:
    """The rows of all frames in the order of the columns `run`, by text where they are codes. The list is emptied.

    Each frame must be in that order, and rows that are alike in these columns must all be in one frame. The whole is in pieces
    of so many rows, the last of each flow and month less: the row groups of its files, which need not be put together again.
    """
    starts = pl.concat(_starts(frame, run, number) for number, frame in enumerate(frames))
    ends = starts.select(pl.col("row").shift(-1).over("frame"))["row"]
    heights = pl.Series([frame.height for frame in frames], dtype=pl.UInt32).gather(starts["frame"])
    ordered = starts.with_columns(end=ends.fill_null(heights)).sort(run)
    begins_file = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift()) for name in run if name in FILE)
    runs: list[tuple[int, int, int, bool]] = []
    for number, row, end, begins in ordered.select("frame", "row", "end", begins_file.alias("begins")).iter_rows():
        if runs and not begins and runs[-1][0] == number and runs[-1][2] == row:
            runs[-1] = (number, runs[-1][1], end, runs[-1][3])
        else:
            runs.append((number, row, end, begins))
    nothing = frames[0].clear()
    last = {number: place for place, (number, *_) in enumerate(runs)}
    groups = [copied(group) for group in _groups(frames, runs, last, rows_per_group)]
    frames.clear()
    return pl.concat(groups or [nothing], rechunk=False)


def _groups(
    frames: list[pl.DataFrame], runs: Sequence[tuple[int, int, int, bool]], last: dict[int, int], rows_per_group: int
) -> Iterator[list[pl.DataFrame]]:
    """The runs cut into groups, each a list of views; a frame is let go when its last run has been given."""
    group: list[pl.DataFrame] = []
    room = rows_per_group
    for place, (number, row, end, begins) in enumerate(runs):
        if begins and group:
            yield group
            group, room = [], rows_per_group
        while row < end:
            part = frames[number][row : min(row + room, end)]
            group.append(part)
            row, room = row + part.height, room - part.height  # noqa: PLW2901
            if not room:
                yield group
                group, room = [], rows_per_group
        if last[number] == place:
            frames[number] = frames[number].clear()
    if group:
        yield group


def copied(views: list[pl.DataFrame]) -> pl.DataFrame:
    """The rows of views in one piece of their own."""
    # A single view is copied too, and for that it must be two: in one piece it would stay a view, and hold the whole.
    first, *others = views
    return pl.concat([first[:1], first[1:], *others], rechunk=True)


def _starts(frame: pl.DataFrame, run: Sequence[str], number: int) -> pl.DataFrame:
    """The first row of each run of rows that are alike in `run`."""
    rows = frame.select(*run, row=pl.int_range(pl.len(), dtype=pl.UInt32))
    rows = rows.filter(pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift()) for name in run))
    return rows.select(
        *(
            pl.col(name).cast(pl.String) if isinstance(kind, pl.Categorical) else name
            for name, kind in rows.schema.items()
        ),
        frame=pl.lit(number, dtype=pl.UInt32),
    )
