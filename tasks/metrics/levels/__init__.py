"""What each series is worth in each month: names as integers, covered months, sums over codes and partners, levels and
years to date.

Belongs here: statements of the ledger to levels with their reasons. Does not belong here: what compares months
(`figures`), what a doubt does to a sum (`doubt`).
"""
