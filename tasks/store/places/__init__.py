"""Finds stores, in folders and in buckets alike: those of the reporters below a root, those beside a store, and a store
that is verified while it is read.

Belongs here: names and order of stores, opening one at its address. Does not belong here: the bytes of a snapshot
(`files`), their way into one (`snapshots`, `bucket`).
"""
