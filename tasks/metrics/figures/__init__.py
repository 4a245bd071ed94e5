"""Computes figures from levels: growth, windows of months, shares, ranks, contributions, highest and lowest since.

Belongs here: a formula of `FIGURE_OF`, the months that it looks back on, its status. Does not belong here: levels
themselves (`levels`), the rows of the table (`rows`). Add here: a formula.
"""
