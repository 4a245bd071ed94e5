"""Says where the file of a large month is cut, so that several processes can write it together.

A segment is a range of products whose rows begin a row group of their own. Where a month is cut depends on its rows in
the ledger alone, and never on the machine or on the number of workers: so the bytes of its file do not either.
"""

import bisect
import itertools
from collections.abc import Iterator, Sequence

import polars as pl

from tasks.ledger.precedence import Portion, chapter_group_of, chapter_groups

# Rows of the ledger from which a month is cut. Below, one process derives it in the time that several need to begin.
ROWS_OF_A_LARGE_MONTH = 250_000
# Parts of the nomenclature with about as much trade each: animals and plants, food, minerals, chemicals, plastics to paper, textiles, metals,
# machinery, electrical goods, the rest.
CUTS = ("", "08", "25", "29", "39", "50", "64", "84", "85", "86")
# Baskets and lines come after all codes; they belong to the portions of their codes, so several portions have rows of them.
AFTER_CODES = "A"
WHOLE = ("",)
FIRST_CHAPTER, LAST_CHAPTER = "01", "97"


def segments_of(ledger_rows: int) -> tuple[str, ...]:
    """The first products of the segments of a month; a single one for a month that is not large."""
    if ledger_rows < ROWS_OF_A_LARGE_MONTH:
        return WHOLE
    # Chapters that a basket connects are derived together and do not lie together: each is a segment of its own.
    joined = [
        int(chapter) for chapter, first in chapter_groups().items() if [*chapter_groups().values()].count(first) > 1
    ]
    around = {f"{chapter:02d}" for one in joined for chapter in (one, one + 1)}
    return tuple(sorted({*CUTS, *around, AFTER_CODES}))


def cut(rows: pl.DataFrame, segments: Sequence[str]) -> Iterator[tuple[int, pl.DataFrame]]:
    """Yield the segments that have some of the rows, which are in the order of their products, and these rows."""
    product = rows["product"]
    places = [
        bisect.bisect_left(range(rows.height), first, key=lambda place: str(product[place])) for first in segments
    ]
    for number, (start, end) in enumerate(itertools.pairwise([*places, rows.height])):
        if start < end:
            yield number, rows[start:end]


def portions_of(sizes: dict[str, int], room: int, *, is_cut: bool) -> list[Portion]:
    """Split chapter groups into portions of about `room` series, largest first. Where a month `is_cut`, none of its
    segments is in two portions, except those after all codes.
    """
    starts, left = [""], room
    for group in sorted(sizes):
        if sizes[group] > left and left < room and not is_cut:
            starts.append(group)
            left = room
        left -= sizes[group]
    if is_cut:
        starts = [*CUTS]
    portions = [Portion(first, after) for first, after in zip(starts, [*starts[1:], None], strict=True)]
    found = [(sum(size for group, size in sizes.items() if one.holds(group)), one) for one in portions]
    some = [(size, one) for size, one in found if size] or found[:1]
    return [one for _, one in sorted(some, key=lambda pair: (-pair[0], pair[1].first))]


def title_of(flow: str, months: Sequence[int], portion: Portion) -> str:
    """Name the derivation of a portion for people.

    >>> title_of("export", [2026 * 12 + 5], Portion("", "28"))
    'derive 2026-06 export, chapters 01-27'
    """
    first, last = (f"{month // 12}-{month % 12 + 1:02d}" for month in (min(months), max(months)))
    begins = portion.first or FIRST_CHAPTER
    ends = f"{int(portion.after) - 1:02d}" if portion.after and portion.after.isdigit() else LAST_CHAPTER
    goods = "lines of other lists" if not begins.isdigit() else f"chapter {begins}" if begins == ends else f"chapters {begins}-{ends}"  # fmt: skip
    return f"derive {first if first == last else f'{first} to {last}'} {flow}, {goods}"


def group_sizes(products: dict[str, int]) -> dict[str, int]:
    """Add up what is counted by product by chapter group."""
    sizes: dict[str, int] = {}
    for product, size in products.items():
        group = chapter_group_of(product)
        sizes[group] = sizes.get(group, 0) + size
    return sizes
