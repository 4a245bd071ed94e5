"""Describes in words the known changes in the meaning of a series, for a trace.

Independent of the vectorised code of `comparability`: one series at a time, plain Python over the code tables.
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tasks.domain.classification import BASKET
from tasks.domain.reporter import CHN, Reporter
from tasks.domain.units import VALUE_OF

# The two measures whose quotient is a value per kilogram.
RATIOS = {ratio: (value, "quantity_kg") for ratio, value in VALUE_OF.items()}
Row = dict[str, Any]


@dataclass(frozen=True, order=True)
class Change:
    """A change of meaning, or of the source's code, from `month` (year x 12 + month - 1) on."""

    month: int
    what: str
    source: str


def breaks_of(product: str, partner: str, measure: str, reporter: Reporter) -> list[Change]:
    """The changes in the statistics of the reporter across which the series cannot be compared, in order."""
    names = RATIOS.get(measure, (measure,))
    return sorted({change for name in names for change in _breaks(product, partner, name, reporter)})


def _breaks(product: str, partner: str, measure: str, reporter: Reporter) -> Iterator[Change]:
    """A row of `definition_breaks` for the same product, partner or measure can carry a change over."""
    carried = [row for row in _rows("definition_breaks", reporter) if row["comparable"] == "yes"]
    for place, change in _changes(product, partner, measure, reporter):
        if not any(_names(row, *place) and _month(row["from_month"]) == change.month for row in carried):
            yield change


def _changes(
    product: str, partner: str, measure: str, reporter: Reporter
) -> Iterator[tuple[tuple[str, str, str], Change]]:
    """Each change with the product, partner and measure that it concerns; empty is any."""
    yield from _of_code(product, partner, measure, reporter, "")
    if product.startswith(BASKET):
        for row in _rows("baskets", reporter):
            if BASKET + row["basket"] == product:
                yield from _of_code(row["hs8"], partner, measure, reporter, f"{row['hs8']} in the basket: ")
                yield from _spans(row, (product, "", ""), f"{row['hs8']} %s the basket")
    for row in _rows("partner_groups", reporter):
        if row["group"] == partner:
            yield from _spans(row, ("", partner, ""), f"{row['partner']} %s {partner}")
    for row in _rows("partners", reporter):
        # The dates are those of China customs' codes.
        if reporter.code == CHN and row["partner"] == partner:
            yield from _spans(row, ("", partner, ""), f"code {row['gacc_code']} %s the partner codes")


def _of_code(
    code: str, partner: str, measure: str, reporter: Reporter, prefix: str
) -> Iterator[tuple[tuple[str, str, str], Change]]:
    for row in _rows("hs_revisions", reporter):
        if row["code"] == code[:6]:
            moved = [
                f"{verb} {row[name]}"
                for verb, name in (("gained goods of", "gained_from"), ("lost goods to", "lost_to"))
                if row[name]
            ]
            change = Change(_month(row["from_month"]), f"{prefix}{row['code']} {' and '.join(moved)}", row["source"])
            yield (code, "", ""), change
    for row in _rows("definition_breaks", reporter):
        if (
            row["comparable"] == "no"
            and row["product"] in ("", code)
            and row["partner"] in ("", partner)
            and row["measure"] in ("", measure)
        ):
            place = (row["product"], row["partner"], row["measure"])
            yield place, Change(_month(row["from_month"]), prefix + row["what"], row["source"])


def _spans(row: Row, place: tuple[str, str, str], words: str) -> Iterator[tuple[tuple[str, str, str], Change]]:
    if row["valid_from"]:
        yield place, Change(_month(row["valid_from"]), words % "enters", row["source"])
    if row["valid_to"]:
        yield place, Change(_month(row["valid_to"]) + 1, words % "leaves", row["source"])


def _names(row: Row, product: str, partner: str, measure: str) -> bool:
    return (row["product"], row["partner"], row["measure"]) == (product, partner, measure)


@functools.cache
def _rows(table: str, reporter: Reporter) -> list[Row]:
    return reporter.rows(table).to_dicts()


def _month(text: str) -> int:
    year, month = map(int, text.split("-"))
    return year * 12 + month - 1
