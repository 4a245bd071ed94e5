"""Divides the products of a month into portions that are derived, and filed, by themselves.

Whether a month is divided depends on its rows in the ledger alone, and never on the machine or on the number of workers:
so the bytes of its files do not either.
"""

from collections.abc import Sequence

from tasks.ledger.precedence import Portion

# Rows of the ledger from which a month has a file for each portion. Below, it is one file.
ROWS_OF_A_LARGE_MONTH = 250_000
# Rows of a month from which it is derived in portions, to bound the memory; a smaller one is derived at once.
ROWS_AT_ONCE = 60_000
# Parts of the nomenclature of which none has more than about a fifth of the trade, because the largest bounds the memory: farm
# goods; minerals and chemicals; plastics to paper; textiles; shoes to metals; machines and electrical goods; the rest. Each
# month of each costs readers a file, and us some hundred queries.
CUTS = ("", "20", "36", "50", "64", "84", "86")
WHOLE = Portion("", None)
FIRST_CHAPTER, LAST_CHAPTER = "01", "97"


def is_divided(rows: int) -> bool:
    """Whether a month with so many rows in the ledger has a file for each portion."""
    return rows >= ROWS_OF_A_LARGE_MONTH


def portions_of(rows: int) -> list[Portion]:
    """The portions in which months with at most so many rows in the ledger are derived."""
    if rows < ROWS_AT_ONCE:
        return [WHOLE]
    return [Portion(first, after) for first, after in zip(CUTS, [*CUTS[1:], None], strict=True)]


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
