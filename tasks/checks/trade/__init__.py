"""Checks whether the trade of a release is complete and plausible beside the months before it.

Belongs here: missing partners and products, partners or products that do not add up to their totals, sizes and prices
that no month had. Does not belong here: whether the file was declared rightly (`declared`). Add here: a check of
numbers.
"""
