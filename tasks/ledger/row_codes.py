"""Encodes rows as whole numbers: one number for a key of many columns, which sorts, groups and joins much faster."""

from collections.abc import Sequence

import polars as pl

CODES_MAX = 2**62


def coded(columns: Sequence[str], *frames: pl.DataFrame) -> list[pl.Series]:
    """A number for each row of each frame: equal rows in `columns` have equal numbers, in row order, missing first."""
    heights = [frame.height for frame in frames]
    total, codes = pl.zeros(sum(heights), dtype=pl.Int64, eager=True), 1
    for name in columns:
        values = pl.concat([frame[name] for frame in frames])
        if _is_one(values):
            continue
        ranks, count = _ranked(values)
        if codes * count > CODES_MAX:
            total, codes = _dense(total)
        total, codes = total * count + ranks, codes * count
    starts = [sum(heights[:place]) for place in range(len(heights))]
    return [total.slice(start, height) for start, height in zip(starts, heights, strict=True)]


def numbered(columns: Sequence[str], frame: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """Numbers from 0 for the distinct rows of `columns` in their order: that of each row, and a row of each number."""
    codes = coded(columns, frame)[0]
    order = codes.arg_sort()
    sorted_codes = codes.gather(order)
    begins = sorted_codes.ne_missing(sorted_codes.shift(1))
    numbers = (begins.cast(pl.Int64).cum_sum() - 1).alias("number")
    placed = pl.zeros(frame.height, dtype=pl.Int64, eager=True).scatter(order, numbers)
    return placed.alias("number"), order.filter(begins)


def in_order_of(codes: pl.Series, frame: pl.DataFrame) -> pl.DataFrame:
    """The rows of `frame` in the order of their codes. Constant columns are not gathered."""
    if codes.is_sorted():
        return frame
    order = codes.arg_sort()
    return pl.DataFrame([values if _is_one(values) else values.gather(order) for values in frame.iter_columns()])


def _is_one(values: pl.Series) -> bool:
    return bool(values.eq_missing(values[0]).all()) if values.len() else True


def _ranked(values: pl.Series) -> tuple[pl.Series, int]:
    """The rank of each value among the distinct ones, and a number above all ranks."""
    if values.dtype != pl.String:
        return _dense(values)
    # Each distinct text is looked up and ranked once.
    texts = values.cast(pl.Categorical)
    numbers = texts.to_physical()
    firsts = values.gather(numbers.arg_unique()).drop_nulls().sort()
    order = firsts.cast(texts.dtype).to_physical()
    most: int = order.max()  # type: ignore[assignment]
    places = pl.repeat(0, most + 1, dtype=pl.Int64, eager=True).scatter(
        order, pl.int_range(1, order.len() + 1, eager=True)
    )
    return places.gather(numbers).fill_null(0), order.len() + 1


def _dense(values: pl.Series) -> tuple[pl.Series, int]:
    ranks = values.rank("dense").cast(pl.Int64).fill_null(0)
    return ranks, int(ranks.max() or 0) + 1  # type: ignore[arg-type]
