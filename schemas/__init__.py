"""What is true of each table: columns, types, units, ranges, and the code tables behind them.

Belongs here: one pandera model for every table that Tidewaiter reads or publishes, what follows from a model
(Arrow schema, hash, dictionary page), and the reference data with its loader.
Does not belong here: how a table is computed, where it lies, when. This package imports nothing of ours.
"""
