"""Reads the units that sources print: a row of `units.csv`, or one with a scale before it (`10,000 Tons`, `100MP`)."""

import functools
import re

from schemas.reference.code_tables import code_table

SCALE = re.compile(r"^(?P<number>[1-9][\d,]*)?\s*(?P<word>thousand|million)?\s*(?P<unit>\D.*)$", re.IGNORECASE)
SCALES = {"": 1, "thousand": 10**3, "million": 10**6}


@functools.cache
def printed_unit(text: str) -> tuple[str, int] | None:
    """Our unit and the factor of a printed one: a row of `units.csv`, or a row with a scale before it. None where it is neither.

    >>> [printed_unit(text) for text in ("Ton", "10,000 Tons", "100 Million PCS", "100MP", "kangaroo", "7")]
    [('kg', 1000), ('kg', 10000000), ('item', 100000000), ('pair', 100000000), None, None]
    """
    known = _units()
    if text in known:
        return known[text]
    found = SCALE.match(text)
    base = found and {label.lower(): unit for label, unit in known.items()}.get(found["unit"].lower())
    if not found or not base:
        return None
    return base[0], base[1] * int((found["number"] or "1").replace(",", "")) * SCALES[(found["word"] or "").lower()]


@functools.cache
def _units() -> dict[str, tuple[str, int]]:
    rows = code_table("units").select("printed", "unit", "to_unit_factor").iter_rows()
    return {printed: (unit, int(factor)) for printed, unit, factor in rows}
