"""Computes metrics from the ledger: levels, sums, growth, shares, ranks, records.

Belongs here: pure functions from frames to the table `metric`. Does not belong here: reading files, texts for people.
Add here: a metric.
"""
