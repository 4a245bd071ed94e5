"""Looks up the bounds from which a number is doubted, in `schemas/reference/check_thresholds.csv`."""

import functools

from schemas.reference.code_tables import code_table


def threshold(name: str) -> float:
    """Return the value of a threshold. Raises LookupError if the table does not have it."""
    values = _values()
    if name not in values:
        raise LookupError(f"schemas/reference/check_thresholds.csv has no threshold {name}. Add a row with its reason.")
    return values[name]


@functools.cache
def _values() -> dict[str, float]:
    """Every threshold: a release asks for some hundreds."""
    rows = code_table("check_thresholds").select("name", "value").iter_rows()
    return {name: float(value) for name, value in rows}


def whole_threshold(name: str) -> int:
    """Return a threshold that is a count."""
    return int(threshold(name))
