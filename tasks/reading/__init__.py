"""Finds the rows of published tables that a question means.

Belongs here: opening a published state, filters of a table, names and codes as people write them, rows as of a day, the
reason why a cell has no number, vintages, groups of partners, the citation of rows. Does not belong here: computing new
figures (`metrics`, `analysis`), words and rounding (`answers`, `pages`). Start at: `query`. Add here: a way of naming a
product, a partner or a day.
"""
