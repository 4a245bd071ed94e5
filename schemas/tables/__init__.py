"""Defines one model for every table that Tidewaiter reads or publishes; `catalog` has all of them.

Add a column: one field in one model, then `make dictionary`.
"""
