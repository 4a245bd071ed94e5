"""Levels, sums, year to date and figures, in Polars only.

Belongs here: everything between the statements that are current and the rows of `metric`. Does not belong here: which statement
is current (`series`, `ledger`), what a release covers (`scope`), how files are written and published.
"""
