"""Defines smallest units, and how many of them make one unit of a measure."""

MILLIGRAMS_PER_KG = 10**6
# Whole numbers up to here are exact as floats.
EXACT_MAX = 2**53
# Twelve months of the largest level, and their sums, fit into 64 bits.
YEAR_MAX = 2**62
LEVEL_MAX = YEAR_MAX // 12
# A value per kilogram is a measure of its own, the quotient of two others.
UNIT_VALUE_OF = {"value_usd": "unit_value_usd_per_kg", "value_cny": "unit_value_cny_per_kg"}
VALUE_OF = {ratio: value for value, ratio in UNIT_VALUE_OF.items()}


def per_unit(measure: str) -> int:
    """How many smallest units make one unit of a measure."""
    return MILLIGRAMS_PER_KG if measure == "quantity_kg" else 1
