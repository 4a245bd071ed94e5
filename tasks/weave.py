"""Frames that are each in order put together in order, without a row being moved.

Each frame holds other products than the others, so the whole is made of runs of them: where one comes in between, the run
ends and another's begins. The runs are views, so millions of rows are put in order for the price of finding where they end,
and there is never a second copy of them.
"""

from collections.abc import Sequence

import polars as pl


def weave(frames: Sequence[pl.DataFrame], run: Sequence[str]) -> pl.DataFrame:
    """The rows of all frames in the order of the columns `run`, by text where they are codes.

    Each frame must be in that order, and rows that are alike in these columns must all be in one frame.
    """
    starts = pl.concat(_starts(frame, run, number) for number, frame in enumerate(frames))
    ends = starts.select(pl.col("row").shift(-1).over("frame"))["row"]
    heights = pl.Series([frame.height for frame in frames], dtype=pl.UInt32).gather(starts["frame"])
    ordered = starts.with_columns(end=ends.fill_null(heights)).sort(run)
    pieces: list[tuple[int, int, int]] = []
    for number, row, end in ordered.select("frame", "row", "end").iter_rows():
        if pieces and pieces[-1][0] == number and pieces[-1][2] == row:
            pieces[-1] = (number, pieces[-1][1], end)
        else:
            pieces.append((number, row, end))
    return pl.concat([*(frames[number][row:end] for number, row, end in pieces)] or frames, rechunk=False)


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
