"""Keeps the value of each number on each day, and every revision.

Belongs here: merging statements, precedence of sources, revisions, the wide table. Does not belong here: metrics
(`metrics`), files (`store`).
Start at: `merge`. Add here: a precedence rule.
"""
