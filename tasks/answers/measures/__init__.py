"""Answers what a measure changed: trade that may have gone by another country after an export control, and duties.

Belongs here: rows and notes of `detours` and `duties`. Does not belong here: the estimate itself (`analysis`), states
of a measure (`controls`), the page about it (`pages.measures`).
"""
