"""Keeps the value of each number on each day, and every revision.

Belongs here: merging the statements that it is given, revisions, the wide table, the tables of names, which numbers an
open finding is about. Does not belong here: which source's number counts for a month (`domain.precedence`), metrics
(`metrics`), files (`store`), what a release reads of a published state and which file enters the next one
(`publication`). Start at: `merge`. Add here: a table that follows from statements alone.
"""
