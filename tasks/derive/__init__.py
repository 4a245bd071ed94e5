"""Derives the figures that a release changes, in portions, in this process, in others, or on other machines.

Belongs here: which months a release changes, what each portion of products needs, who does a piece, later months
whose records change. Does not belong here: how a figure is computed (`metrics`), which files are published
(`publication`). Only `cluster` here knows Prefect and Dask.
Start at: `derivation`. Add here: an engine that does pieces elsewhere.
"""
