"""The current value of each number on each day, and what was revised.

Belongs here: merging statements, precedence of sources, revisions, the wide table. Does not belong here: figures (`metrics`), files (`store`).
Start at: `merge`. Add here: a precedence rule.
"""
