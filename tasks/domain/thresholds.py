"""Looks up the bounds from which a number is doubted, in `schemas/reference/check_thresholds.csv`."""

from schemas.reference.code_tables import code_table


def threshold(name: str) -> float:
    """Return the value of a threshold. Raises LookupError if the table does not have it."""
    values = code_table("check_thresholds").filter(name=name)["value"]
    if values.is_empty():
        raise LookupError(f"schemas/reference/check_thresholds.csv has no threshold {name}. Add a row with its reason.")
    return float(values[0])


def whole_threshold(name: str) -> int:
    """Return a threshold that is a count."""
    return int(threshold(name))
