"""Checks whether the trade of a release is complete and plausible beside the months before it.

Belongs here: missing partners and products, parts that do not add up to totals, sizes and values of a unit that no
month had. Does not belong here: whether the file was declared rightly (`declared`). Add here: a check of numbers.
"""
