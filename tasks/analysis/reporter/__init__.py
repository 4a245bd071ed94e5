"""Makes the tables that follow from one reporter's figures: movers, and what a month was expected to be.

Belongs here: rows of `mover` (changes, ranked below their headings) and `expectation`, of one code or of a list, and
publishing them. Does not belong here: two reporters side by side (`mirror`), what was printed first (`after`).
"""
