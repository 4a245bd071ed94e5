"""Keeps the value of each number on each day, and every revision.

Belongs here: merging statements, revisions, the wide table. Does not belong here: which source's number counts for a
month (`domain.precedence`), metrics (`metrics`), files (`store`).
Start at: `merge`.
"""
