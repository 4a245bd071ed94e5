"""Defines one model for every table that Tidewaiter reads or publishes; `catalog` has all of them.

Belongs here: name, type, unit, range and meaning of each column, keys and order of a table. Does not belong here: how a
row is computed (`tasks`), code lists (`reference`).

Add a column: one field in one model, then `make dictionary`.
"""
